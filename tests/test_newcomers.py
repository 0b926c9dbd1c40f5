"""A newcomer's path from each kind of source to a list with links, run from an empty folder."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import preloaded

#: The stories that every path brings: of each its id or slug, its title, and its text.
STORIES = [
    (
        "strike",
        "Ferry crews call a strike",
        "Crews of the island ferry stop work over new rosters.",
    ),
    ("talks", "Talks to avert the strike", "The ferry company and the crews met on the island."),
    ("bakery", "Old bakery opens again", "Bread and rolls from Sunday on, at last."),
    ("market", "The market moves", "Stalls and bread will stand by the harbour."),
]
SECRET = "The mayor will resign"

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Enter an empty folder, and return a function that runs Python or `relnews` there."""
    monkeypatch.chdir(tmp_path)

    def run_there(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run_there


def relnews(*arguments: str) -> str:
    """Run the command and return what it prints.

    It is a fork: that of WordPress is started, and has shown that it starts.
    """
    done = subprocess.run(
        [*preloaded.command(), *arguments], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def html_of(archive: str, identifier: str) -> str:
    """Return the fragment of a page, which the newcomer sees at the end."""
    return relnews("related", archive, identifier, "--format", "html")


def test_a_data_frame_with_other_names(run: Run, tmp_path: Path) -> None:
    """A notebook: a frame with columns of its own, some rows not public, becomes lists."""
    rows = [
        {"headline": title, "body": f"<p>{text}</p>", "pub_date": "02/06/2025", "link": f"/{slug}"}
        for slug, title, text in STORIES
    ]
    rows.append({**rows[0], "headline": SECRET, "link": "/secret", "status": "draft"})
    Path("rows.json").write_text(json.dumps(rows), encoding="utf-8")
    Path("notebook.py").write_text(
        "import json, pandas as pd\n"
        "from relnews import RelatedNews\n"
        "with open('rows.json', encoding='utf-8') as file:\n"
        "    frame = pd.DataFrame(json.load(file))\n"
        "news = RelatedNews().fit(frame)\n"
        "print(news.load_report_.summary())\n"
        "print(news.related('/strike'))\n"
        "print(news.related('/strike')[0].url)\n",
        encoding="utf-8",
    )
    printed = run("notebook.py")
    assert "4 articles loaded, 0 skipped, 1 withheld" in printed
    for note in ("title is read from 'headline'", "there is no id; the url is taken",
                 "texts are read as HTML", "ambiguous date: 4"):  # fmt: skip
        assert note in printed
    assert "1. Talks to avert the strike\n" in printed
    assert printed.rstrip().endswith("/talks")
    assert SECRET not in printed


def test_a_static_site_with_subfolders(run: Run, tmp_path: Path) -> None:
    """Markdown in subfolders: a fragment for every page, and every link leads to a page."""
    pytest.importorskip("markdown_it", reason="reading Markdown needs relnews[markdown]")
    for number, (slug, title, text) in enumerate(STORIES):
        folder = tmp_path / "content" / ("island" if number < 2 else "town/shops")
        folder.mkdir(parents=True, exist_ok=True)
        front = f"---\ntitle: {title}\ndate: 2025-06-0{number + 1}\n---\n"
        (folder / f"{slug}.md").write_text(front + text, encoding="utf-8")
    hidden = f"---\ntitle: {SECRET}\ndraft: yes\n---\nFerry crews and the mayor."
    (tmp_path / "content/island/secret.md").write_text(hidden, encoding="utf-8")
    printed = relnews("build", "content", "-o", "site.relnews", "--url", "/{path}.html")
    assert "4 articles loaded, 0 skipped, 1 withheld" in printed
    pages = {
        str(path.relative_to(tmp_path / "content").with_suffix(""))
        for path in (tmp_path / "content").rglob("*.md")
    } - {"island/secret"}
    links = 0
    for page in pages:
        fragment = html_of("site.relnews", page)
        for link in re.findall(r'href="/([^"]+)\.html"', fragment):
            assert link in pages - {page}
            links += 1
        assert SECRET not in fragment
    assert links >= 2
    assert 'href="/island/talks.html"' in html_of("site.relnews", "island/strike")


def test_wordpress(run: Run) -> None:
    """An export of WordPress: its posts, and nothing that is not published."""
    items = "".join(
        f"<item><title>{title}</title><link>https://g.example/{slug}/</link>"
        f"<dc:creator><![CDATA[ada]]></dc:creator>"
        f"<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>"
        f"<excerpt:encoded><![CDATA[]]></excerpt:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:post_date_gmt>2025-06-02 08:00:00</wp:post_date_gmt>"
        f"<wp:post_date>2025-06-02 10:00:00</wp:post_date><wp:post_name>{slug}</wp:post_name>"
        f"<wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>"
        f"<wp:post_password>{password}</wp:post_password></item>"
        for number, (slug, title, text, status, kind, password) in enumerate([
            *((*story, "publish", "post", "") for story in STORIES),
            ("secret", SECRET, "Ferry crews.", "draft", "post", ""),
            ("locked", SECRET, "Ferry crews.", "publish", "post", "pw"),
            ("menu", SECRET, "Ferry crews.", "publish", "nav_menu_item", ""),
        ], start=1)
    )  # fmt: skip
    Path("export.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">'
        f"<channel><title>The Gazette</title><wp:wxr_version>1.2</wp:wxr_version>{items}"
        "</channel></rss>",
        encoding="utf-8",
    )
    printed = run("-m", "relnews", "build", "export.xml", "-o", "wp.relnews")
    assert "4 articles loaded, 1 skipped, 2 withheld" in printed
    fragment = html_of("wp.relnews", "1")
    assert 'href="https://g.example/talks/"' in fragment
    assert SECRET not in fragment


def test_ghost(run: Run) -> None:
    """An export of Ghost: its posts, and nothing that is not published for everybody."""
    posts = [
        {"id": f"{number:024x}", "title": title, "slug": slug, "html": f"<p>{text}</p>",
         "type": kind, "status": status, "visibility": visibility,
         "published_at": "2025-06-02T08:00:00.000Z"}
        for number, (slug, title, text, status, visibility, kind) in enumerate([
            *((*story, "published", "public", "post") for story in STORIES),
            ("secret", SECRET, "Ferry crews.", "draft", "public", "post"),
            ("locked", SECRET, "Ferry crews.", "published", "members", "post"),
            ("about", SECRET, "Ferry crews.", "published", "public", "page"),
        ], start=1)
    ]  # fmt: skip
    meta = {"exported_on": 1748851200000, "version": "5.80.0"}
    data = {"posts": posts, "tags": [], "posts_tags": [], "users": []}
    export = {"db": [{"meta": meta, "data": data}]}
    Path("ghost.json").write_text(json.dumps(export), encoding="utf-8")
    printed = relnews("build", "ghost.json", "-o", "ghost.relnews", "--url", "/{slug}/")
    assert "4 articles loaded" in printed
    fragment = html_of("ghost.relnews", posts[0]["id"])
    assert 'href="/talks/"' in fragment
    assert SECRET not in fragment


def fill(database: Path) -> None:
    """Make the table of a site's own CMS."""
    with sqlite3.connect(database) as connection:
        connection.execute(
            "CREATE TABLE story "
            "(id INTEGER, slug TEXT, headline TEXT, body TEXT, is_public BOOLEAN, created TEXT)"
        )
        connection.executemany(
            "INSERT INTO story VALUES (?, ?, ?, ?, ?, '2025-06-02 08:00:00')",
            [
                *((number, *story, True) for number, story in enumerate(STORIES, start=1)),
                (9, "secret", SECRET, "Ferry crews.", False),
            ],
        )
    connection.close()


def test_django_from_its_database(run: Run, tmp_path: Path) -> None:
    """Django: the archive is built of its table, and a template tag shows the list."""
    pytest.importorskip("django", reason="Django is not installed")
    pytest.importorskip("sqlalchemy", reason="reading a database needs relnews[sql]")
    fill(tmp_path / "db.sqlite3")
    printed = relnews(
        "build", "--sql", "sqlite:///db.sqlite3", "--query", "SELECT * FROM story",
        "--url", "/stories/{slug}/", "-o", "site.relnews",
    )  # fmt: skip
    assert "4 articles loaded, 0 skipped, 1 withheld" in printed
    Path("page.py").write_text(
        "import django\n"
        "from django.conf import settings\n"
        "from django.template import Context, Template\n"
        "backend = {'BACKEND': 'django.template.backends.django.DjangoTemplates'}\n"
        "settings.configure(RELNEWS_ARCHIVE='site.relnews', TEMPLATES=[backend],\n"
        "                   INSTALLED_APPS=['relnews.web.django'])\n"
        "django.setup()\n"
        "template = Template('{% load relnews %}{% related_news story.id %}')\n"
        "print(template.render(Context({'story': {'id': 1}})))\n",
        encoding="utf-8",
    )
    page = run("page.py")
    assert 'href="/stories/talks/"' in page
    assert SECRET not in page


def test_fastapi_from_its_database(run: Run, tmp_path: Path) -> None:
    """FastAPI: the archive is built of its table, and the mounted service answers."""
    for package in ("fastapi", "httpx2", "sqlalchemy"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    fill(tmp_path / "cms.db")
    Path("app.py").write_text(
        "from fastapi import FastAPI\n"
        "from fastapi.testclient import TestClient\n"
        "from relnews import RelatedNews, web\n"
        "from relnews.readers import read_sql\n"
        "stories = read_sql('sqlite:///cms.db', 'SELECT * FROM story', url='/stories/{slug}')\n"
        "RelatedNews().fit(stories).save('news.relnews')\n"
        "print(stories.load_report.summary())\n"
        "app = FastAPI()\n"
        "app.mount('/news', web.app('news.relnews'))\n"
        "print(TestClient(app).get('/news/related/1?k=1').json()['related'][0]['url'])\n",
        encoding="utf-8",
    )
    printed = run("app.py")
    assert "4 articles loaded, 0 skipped, 1 withheld" in printed
    assert printed.rstrip().endswith("/stories/talks")
    assert SECRET not in printed


def test_feeds(run: Run) -> None:
    """A folder of feeds: entries of RSS and Atom, and links to them."""
    items = "".join(
        f"<item><title>{title}</title><link>https://g.example/{slug}</link>"
        f"<pubDate>Mon, 02 Jun 2025 08:00:00 GMT</pubDate><description>{text}</description></item>"
        for slug, title, text in STORIES[:2]
    )
    entries = "".join(
        f"<entry><id>https://g.example/{slug}</id><title>{title}</title>"
        f'<link href="https://g.example/{slug}"/><updated>2025-06-02T08:00:00Z</updated>'
        f"<summary>{text}</summary></entry>"
        for slug, title, text in STORIES[2:]
    )
    Path("feeds").mkdir()
    Path("feeds/island.xml").write_text(
        f'<rss version="2.0"><channel><title>The Gazette</title>{items}</channel></rss>',
        encoding="utf-8",
    )
    Path("feeds/town.atom").write_text(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>The Gazette</title>{entries}</feed>',
        encoding="utf-8",
    )
    printed = relnews("build", "feeds", "-o", "feeds.relnews")
    assert "4 articles loaded, 0 skipped" in printed
    fragment = html_of("feeds.relnews", "https://g.example/strike")
    assert 'href="https://g.example/talks"' in fragment
