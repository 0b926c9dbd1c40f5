"""The plugin of `examples/wordpress` in a real WordPress; run by `pytest -m slow`.

Debian's packages wordpress, php-cli, php-mysql, php-xml and mariadb-server have all of it.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import urlopen

import pytest

from relnews import RelatedNews
from serving import serving
from waiting import LIMIT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EXAMPLES = Path(__file__).parents[2] / "examples" / "wordpress"
SITE = Path(__file__).with_name("wordpress_plugin.php")
WORDPRESS = Path("/usr/share/wordpress")
NEEDED = ("php", "mariadbd", "mariadb-install-db")
THEME = (
    "<!DOCTYPE html><html><head><?php wp_head(); ?></head><body><?php while ( have_posts() ) {"
    " the_post(); the_content(); } wp_footer(); ?></body></html>"
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def wait_for(what: Callable[[], object], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_php_is_right() -> None:
    """PHP finds no error in the plugin, and its licence is there."""
    if shutil.which("php") is None:
        pytest.skip("php is not installed")
    files = [*EXAMPLES.rglob("*.php")]
    assert len(files) == 2
    for path in files:
        subprocess.run(["php", "-l", path], check=True, capture_output=True)
    licence = (EXAMPLES / "related-news" / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in licence


class Site(NamedTuple):
    """A WordPress: its address, its archive, and a function that runs a command in it."""

    address: str
    archive: Path
    run: Callable[..., str]

    def page(self, number: str) -> str:
        with urlopen(f"{self.address}/?p={number}", timeout=LIMIT) as answer:
            text: str = answer.read().decode()
        return text

    def linked(self, number: str) -> list[str]:
        """Return the titles in the box of a post."""
        return re.findall(r'<a class="relnews-title"[^>]*>([^<]*)</a>', self.page(number))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Run a database, a WordPress with the plugin, the service, and the receiver."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or not (WORDPRESS / "wp-settings.php").exists():
        pytest.skip(f"needs Debian's wordpress, and {', '.join(missing) or 'its files'}")
    content, data, archive = tmp_path / "content", tmp_path / "data", tmp_path / "news.relnews"
    root = tmp_path / "wordpress"
    shutil.copytree(WORDPRESS, root, ignore=shutil.ignore_patterns("wp-content", "wp-config.php"))
    (root / "wp-config.php").write_text(f"<?php require '{SITE}';")
    (root / "wp-content").symlink_to(content)
    theme = content / "themes" / "classic"
    theme.mkdir(parents=True)
    (theme / "style.css").write_text("/*\nTheme Name: Test\n*/")
    (theme / "index.php").write_text(THEME)
    shutil.copytree(EXAMPLES / "related-news", content / "plugins" / "related-news")
    RelatedNews().fit([{"id": "0", "title": "Welcome", "text": "to the paper"}]).save(archive)
    RelatedNews.open(archive).store_lists(4)  # ranking takes longer than the plugin waits

    link = Path(f"/tmp/relnews-plugin-{os.getpid()}.sock")  # its path has 107 bytes at most
    user = f"--user={getpass.getuser()}"
    subprocess.run(
        ["mariadb-install-db", f"--datadir={data}", user, "--skip-test-db",
         "--auth-root-authentication-method=normal"],
        check=True, capture_output=True,
    )  # fmt: skip
    ports = free_port(), free_port()
    address = f"http://127.0.0.1:{ports[0]}"
    env = {**os.environ, "WP_SOCKET": str(link), "WP_CONTENT": str(content), "WP_ADDRESS": address,
           "RELNEWS_TOKEN": "secret"}  # fmt: skip
    log = (tmp_path / "log").open("w")
    started = [
        subprocess.Popen(command, env=env, stdout=log, stderr=log)
        for command in (
            ["mariadbd", f"--datadir={data}", f"--socket={link}", "--skip-networking", user,
             f"--pid-file={tmp_path / 'pid'}"],
            ["php", "-S", f"127.0.0.1:{ports[0]}", "-t", root],
            [sys.executable, EXAMPLES / "receiver.py", archive, address, str(ports[1])],
        )
    ]  # fmt: skip

    def run(command: str, *values: str, given: object = None) -> str:
        done = subprocess.run(
            ["php", SITE, command, *values], env=env, input=json.dumps(given),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
        return done.stdout

    try:
        client = ["mariadb", f"--socket={link}", "--user=root", "-e", "CREATE DATABASE wordpress"]
        wait_for(lambda: subprocess.run(client, capture_output=True).returncode == 0)
        run("install")
        with serving(archive, "--max-age", "0") as service:
            receiver = f"http://127.0.0.1:{ports[1]}"
            given = {"service": service, "receiver": receiver, "token": "secret", "k": "4",
                     "layout": "<b>", "content": "1"}  # fmt: skip
            kept = json.loads(run("activate", given=given))
            assert kept == {**given, "k": 4, "layout": "list", "content": True}
            yield Site(address, archive, run)
    finally:
        for process in started[::-1]:
            process.send_signal(signal.SIGTERM)
            process.wait()
        log.close()
        link.unlink(missing_ok=True)


@pytest.mark.slow
def test_posts_come_and_go(site: Site) -> None:
    """A published post is in the boxes of others, and gone when it is trashed or a draft again."""

    def publish(title: str, text: str) -> str:
        return site.run("publish", given={"post_title": title, "post_content": text})

    def archived() -> set[str]:
        return {*RelatedNews.open(site.archive).archive_.catalogue.all_ids()} - {"0"}

    one = publish("Ferry crews call a strike", "Ferry crews stop work on Friday.")
    two = publish("Talks to avert the <i>strike</i>", "Ferry crews and the company meet.")
    wait_for(lambda: archived() == {one, two})
    assert site.linked(one) == ["Talks to avert the strike"]
    page = site.page(one)
    assert page.count('class="relnews-list"') == 1
    assert ":where(.relnews)" in page  # the stylesheet is inside
    assert "<related-news src" not in page  # a crawler reads the list
    assert 'class="relnews-cards"' in site.run("block", one)

    three = publish("Ferry fares rise after the strike", "The ferry company raises fares.")
    wait_for(lambda: three in archived())
    assert len(site.linked(one)) == 2
    site.run("trash", three)
    wait_for(lambda: three not in archived())
    assert site.linked(one) == ["Talks to avert the strike"]
    site.run("draft", two)
    wait_for(lambda: two not in archived())
    assert site.linked(one) == []
    assert "relnews-list" not in site.page(one)
    site.run("delete", one)
    wait_for(lambda: archived() == set())
    page = site.run("settings")
    assert 'value="secret"' in page
    assert page.count("<option") == 3


@pytest.mark.slow
def test_the_block_in_the_editor(site: Site, browser: Browser) -> None:
    """An author inserts the block, chooses its layout, and publishes; the page has the list."""
    first = site.run("publish", given={
        "post_title": "Ferry crews call a strike", "post_content": "Ferry crews stop work.",
    })  # fmt: skip
    wait_for(lambda: first in RelatedNews.open(site.archive))
    errors: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(300_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{site.address}/wp-login.php")
        page.get_by_label("Username").fill("jo")
        page.get_by_label("Password", exact=True).fill("pw")
        page.get_by_role("button", name="Log In").click()
        page.wait_for_url("**/wp-admin/**")
        page.goto(f"{site.address}/wp-admin/post-new.php")
        welcome = page.get_by_role("dialog")
        welcome.get_by_role("button", name=re.compile("^Close")).click()
        page.get_by_role("textbox", name="Add title").fill("Talks to avert the ferry strike")
        page.get_by_role("button", name="Toggle block inserter").click()
        page.get_by_role("searchbox").fill("Related News")
        inserter = page.locator(".block-editor-block-types-list__item")
        inserter.get_by_text("Related News", exact=True).click()
        block = page.locator("[data-type='relnews/related-news']")
        block.get_by_text("Related News: nothing yet for this post.").wait_for()
        block.click()
        page.get_by_role("button", name="Settings", exact=True).click()
        page.get_by_label("Layout").select_option("compact")
        page.get_by_role("button", name="Publish", exact=True).click()
        panel = page.get_by_role("region", name="Editor publish")
        panel.get_by_role("button", name="Publish", exact=True).click()
        panel.get_by_role("link", name="View Post").wait_for()
        number = str(page.evaluate("wp.data.select('core/editor').getCurrentPostId()"))
        wait_for(lambda: number in RelatedNews.open(site.archive))
        wait_for(lambda: site.linked(number))
        page.goto(f"{site.address}/?p={number}")
        links = page.locator(".relnews-compact").get_by_role("link")
        assert links.all_inner_texts() == ["Ferry crews call a strike"]
        page.goto(f"{site.address}/wp-admin/post.php?post={number}&action=edit")
        preview = block.get_by_text("Ferry crews call a strike")
        preview.wait_for()
        assert preview.evaluate("e => getComputedStyle(e).textDecorationLine") == "none"
        assert preview.evaluate("e => e.closest('[inert], .components-disabled') !== null")
    assert errors == []
