"""A real WordPress writes its export, and its pages have their boxes; run by `pytest -m slow`.

Debian's packages wordpress, php-cli, php-mysql, php-xml and mariadb-server have all of it.
"""

from __future__ import annotations

import getpass
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relnews import RelatedNews
from relnews.exceptions import LoadWarning
from relnews.readers import read_articles
from relnews.readers.load_report import Problem

pytestmark = pytest.mark.slow

SITE = Path(__file__).with_name("wordpress_site.php")
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "wordpress.md"
NEEDED = ("php", "mariadbd", "mariadb-install-db")

#: Posts in every state, and of other types.
POSTS: list[dict[str, Any]] = [
    {"post_title": "Storm & rain <em>today</em>", "post_status": "publish", "picture": True,
     "content": "<!-- wp:paragraph -->\n<p>storm text one, said the [prime] minister</p>\n"
                "<!-- /wp:paragraph -->\n[gallery ids=\"1,2\"]\n"
                "[caption id=\"a\" width=\"9\"]<img src=\"a.jpg\" /> the quay[/caption]",
     "post_excerpt": "Gales on the coast", "post_date": "2025-06-02 10:00:00"},
    {"post_title": "Storm two", "post_status": "publish", "content": "about ]]> and </item>\x08.",
     "post_date": "2025-06-03 10:00:00", "picture": True},
    {"post_title": "Storm draft", "post_status": "draft", "content": "secret draft"},
    {"post_title": "Storm private", "post_status": "private", "content": "secret private"},
    {"post_title": "Storm pending", "post_status": "pending", "content": "secret pending"},
    {"post_title": "Storm future", "post_status": "future", "content": "secret future",
     "post_date": "2099-01-01 10:00:00", "post_date_gmt": "2099-01-01 10:00:00"},
    {"post_title": "Storm locked", "post_status": "publish", "content": "secret locked",
     "post_password": "pw"},
    {"post_title": "Storm trash", "post_status": "publish", "content": "secret trash",
     "becomes": "trash"},
    {"post_title": "Storm pitch", "post_status": "pitch", "content": "secret pitch"},
    {"post_title": "Storm page", "post_status": "publish", "content": "secret page",
     "post_type": "page"},
    {"post_title": "menu", "post_status": "publish", "content": "secret menu",
     "post_type": "nav_menu_item"},
]  # fmt: skip

Run = Callable[..., str]


@pytest.fixture(scope="module")
def wordpress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Return a function that runs a command in a real WordPress with two themes."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or not Path("/usr/share/wordpress/wp-settings.php").exists():
        pytest.skip(f"needs Debian's wordpress, and {', '.join(missing) or 'its files'}")
    folder = tmp_path_factory.mktemp("wordpress")
    socket = f"/tmp/relnews-{folder.parent.name}.sock"  # a socket's path has 107 bytes at most
    user = f"--user={getpass.getuser()}"
    install = ["mariadb-install-db", f"--datadir={folder / 'data'}", user,
               "--auth-root-authentication-method=normal", "--skip-test-db"]  # fmt: skip
    subprocess.run(install, check=True, capture_output=True)
    server = subprocess.Popen(
        ["mariadbd", f"--datadir={folder / 'data'}", f"--socket={socket}", "--skip-networking",
         f"--pid-file={folder / 'pid'}", user],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        content = folder / "wp-content"
        _write_themes(content)
        client = ["mariadb", f"--socket={socket}", "--user=root", "-e", "CREATE DATABASE wordpress"]
        for _ in range(300):
            if subprocess.run(client, check=False, capture_output=True).returncode == 0:
                break
            time.sleep(0.2)

        def run(command: str, *values: object, stdin: str = "") -> str:
            done = subprocess.run(
                ["php", SITE, socket, content, command, *map(str, values)],
                input=stdin, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr + done.stdout
            return done.stdout

        yield run
    finally:
        server.terminate()
        server.wait()
        Path(socket).unlink(missing_ok=True)


def _write_themes(content: Path) -> None:
    """Write the plugin of the guide, a classic theme, and a block theme."""
    blocks = re.search(r":caption: related-news\.php\n\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    assert blocks
    style = "/*\nTheme Name: Test\n*/"
    files = {
        "mu-plugins/related-news.php": blocks[1],
        "themes/classic/style.css": style,
        "themes/classic/index.php":
            "<?php wp_head(); while ( have_posts() ) { the_post(); the_content(); }",
        "themes/blocks/style.css": style,
        "themes/blocks/templates/index.html":
            "<!-- wp:post-title /--><!-- wp:post-content /-->",
        "themes/placed/style.css": style,
        "themes/placed/templates/index.html":
            "<!-- wp:post-title /--><!-- wp:related-news/list /-->",
    }  # fmt: skip
    for name, text in files.items():
        path = content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def test_what_a_real_wordpress_exports(wordpress: Run, tmp_path: Path) -> None:
    """Only the two public posts come out, whole, and their pages have the elements of their ids."""
    ids = json.loads(wordpress("fill", stdin=json.dumps(POSTS)))
    public = [str(number) for number in ids[:2]]
    path = tmp_path / "export.xml"
    path.write_text(wordpress("export"), "utf-8")
    reader = read_articles(path)
    articles = {article.id: article for article in reader}
    assert [*articles] == public
    one, two = articles.values()
    assert (one.title, one.dek) == ("Storm & rain today", "Gales on the coast")
    assert one.text == "storm text one, said the [prime] minister\nthe quay"
    assert (one.section, one.tags) == ("Island & sea", ("ferry", "pier"))
    assert (one.author, one.language) == ("Jo Lee", "en-US")
    assert one.url == f"http://gazette.example/?p={one.id}"
    assert str(one.published) == "2025-06-02 10:00:00+00:00"
    assert one.image == two.image == "http://gazette.example/wp-content/uploads/quay.jpg"
    assert one.image_alt == two.image_alt == 'The quay & "pier"'
    assert "]]> and" in two.text
    report = reader.load_report
    assert report.withheld == 7
    assert report.skipped == report.problems[Problem.NOT_AN_ARTICLE]

    path = tmp_path / "posts.json"
    path.write_text(wordpress("rest"), "utf-8")
    pages = read_articles(path)
    found = {article.id: article for article in pages}
    assert {*found} == {*public}
    for name in ("title", "dek", "section", "tags", "author", "published", "image", "image_alt"):
        assert getattr(found[one.id], name) == getattr(one, name), name

    with pytest.warns(LoadWarning, match="only 2 of 9 records"):
        news = RelatedNews().fit(reader)
    assert [item.id for item in news.related(one.id)] == [two.id]
    for theme in ("classic", "blocks", "placed"):
        for number in public:
            page = wordpress("page", number, theme)
            assert re.findall(r'<related-news src="([^"]*)"', page) == [
                f"/relnews/related/{number}"
            ]
            assert page.count('<script type="module" src="/relnews/related-news.js">') == 1
    assert "<related-news" not in wordpress("page", ids[9], "blocks")
