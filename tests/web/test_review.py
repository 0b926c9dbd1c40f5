"""The review page: its addresses, and what an editor does on it in a real browser."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from relnews import RelatedNews, Rule
from relnews.sample import DEMO_ID, sample_articles
from relnews.web.review.service import make_app
from web.pages import Pages, pages_of

if TYPE_CHECKING:
    from playwright import sync_api
else:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

TOKEN = "a-token_of-this-test"
STORY = "NATO backs Ukraine with new security guarantees"
RATES = "how-falling-ecb-rates-reach-borrowers"
VETO = "kremlin-seeks-veto-on-ukraine-security-guarantees"
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)> guarantees"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the sample archive, with an article whose text is markup."""
    hostile = {"id": HOSTILE, "title": HOSTILE, "section": HOSTILE, "published": "2025-08-21"}
    articles = [*sample_articles(), hostile]
    RelatedNews().fit(articles).save(tmp_path / "my.relnews")
    return tmp_path / "my.relnews"


@pytest.fixture
def client(folder: Path) -> TestClient:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return TestClient(make_app(folder, TOKEN), base_url="http://127.0.0.1", headers=headers)


def of_list(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = (
        client.get("/list_of", params={"identifier": DEMO_ID, "k": 8}).raise_for_status().json()
    )
    return found


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": ""}, 401),
        ({"Authorization": TOKEN}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": "Bearer ü".encode()}, 401),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}, 400),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "127.0.0.1:99"}, 200),
    ],
)
def test_the_archive_needs_the_token(folder: Path, headers: dict[str, Any], status: int) -> None:
    """Without the token, and for another host name, nothing is read and no rule changes."""
    client = TestClient(make_app(folder, TOKEN), base_url="http://127.0.0.1")
    question = {"identifier": DEMO_ID, "other": VETO, "k": 8, "place": 0}
    for name in ("find", "list_of", "why_not"):
        answer = client.get(f"/{name}", params={**question, "words": "x"}, headers=headers)
        assert answer.status_code == status
        assert (VETO in answer.text or "articles" in answer.text) == (status == 200)
    for name in ("pin", "block", "undo"):
        answer = client.post(f"/{name}", json=question, headers=headers)
        assert answer.status_code == status
    assert client.post("/drop", json={}, headers=headers).status_code == max(status, 400)
    if status != 200:
        assert len(RelatedNews.open(folder).rules) == 0


def test_pages_are_their_own(client: TestClient) -> None:
    """The files are public, keep to themselves, and no other origin may read anything."""
    for path in ("/", "/review.js", "/review.css"):
        answer = client.get(path, headers={"Authorization": "", "Origin": "https://evil.example"})
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["cache-control"] == "no-store"
        assert b"innerHTML" not in answer.content


def test_articles_are_found(client: TestClient) -> None:
    """An id, a title, an address and words of a title lead to an article."""
    for words in (DEMO_ID, STORY.upper(), f"/world/2025/08/22/{DEMO_ID}", "nato backs ukraine new"):
        found = client.get("/find", params={"words": words}).json()
        assert [article["id"] for article in found["articles"]] == [DEMO_ID]
        assert (found["n"], found["near"]) == (1, False)
    found = client.get("/find", params={"words": "ecb"}).json()
    assert found["n"] == len(found["articles"]) == 5
    assert client.get("/find", params={"words": "nato backs xylophone"}).json()["near"]
    assert client.get("/find", params={"words": " "}).json()["articles"] == []


def test_the_list_has_reasons_and_rules(client: TestClient, folder: Path) -> None:
    """The list is the one that readers see, with a reason for each item, and its rules."""
    news = RelatedNews.open(folder)
    news.rules.pin(DEMO_ID, [RATES])
    news.rules.hide("section=Wrold")
    news.rules.never("section=World", "tag=x")
    news.rules.block(VETO, RATES)
    news.rules.block(DEMO_ID, VETO)
    found = of_list(client)
    assert [item["id"] for item in found["items"]] == news.related(DEMO_ID, 8).ids
    assert found["article"]["title"] == STORY
    assert found["pins"] == [RATES]
    assert found["items"][0]["reason"] == "pinned"
    assert found["items"][1]["reason"].startswith("both mention ")
    kinds = [rule["kind"] for rule in found["rules"]]
    assert kinds == ["pin", "hide", "never", "block"]
    assert "did you mean 'World'?" in found["rules"][1]["text"]
    said = client.get("/why_not", params={"identifier": DEMO_ID, "other": VETO, "k": 8}).json()
    assert said["said"] == f"{news.why_not(DEMO_ID, VETO)}"


def test_changes_are_rules_and_are_undone(client: TestClient, folder: Path) -> None:
    """Each change is one transaction; undoing goes back through all, and keeps others' rules."""
    news = RelatedNews.open(folder)
    catalogue = news.archive_.catalogue
    pin = [Rule("pin", f"id={DEMO_ID}", f"id={name}") for name in (RATES, VETO)]
    steps = [
        ("pin", {"identifier": DEMO_ID, "other": RATES, "place": 0}, [pin[0]]),
        ("pin", {"identifier": DEMO_ID, "other": VETO, "place": 0}, [pin[1], pin[0]]),
        ("pin", {"identifier": DEMO_ID, "other": VETO, "place": 1}, pin),
        ("drop", {"kind": "pin", "a": pin[0].a, "b": pin[0].b}, [pin[1]]),
        ("block", {"identifier": DEMO_ID, "other": RATES},
         [pin[1], Rule("block", f"id={DEMO_ID}", f"id={RATES}")]),
    ]  # fmt: skip
    states = [[]]
    for name, values, expected in steps:
        generation = catalogue.generation()
        said = client.post(f"/{name}", json=values).raise_for_status().json()["said"]
        assert said.startswith(("added: ", "removed: ", "The pins have another order."))
        assert [*news.rules] == expected
        assert catalogue.latest_generation() == generation + 1
        states.append(expected)
    assert of_list(client)["undo"]
    same = client.post("/block", json=steps[-1][1]).json()["said"]
    assert same.startswith("No change")
    news.rules.hide("tag=court")
    for expected in states[-2::-1]:
        client.post("/undo", json={}).raise_for_status()
        assert [*news.rules] == [*expected, Rule("hide", "tag=court")]
    assert client.post("/undo", json={}).json() == {"said": "Nothing to undo."}
    assert not of_list(client)["undo"]


@pytest.mark.parametrize(
    ("name", "values", "status", "words"),
    [
        ("pin", {"identifier": DEMO_ID, "other": "vet", "place": 0}, 404, "no article has the id"),
        ("pin", {"identifier": DEMO_ID, "other": DEMO_ID, "place": 0}, 400, "other articles"),
        ("pin", {"identifier": DEMO_ID, "other": VETO, "place": -1}, 400, "`place` must be"),
        ("pin", {"identifier": DEMO_ID, "other": VETO, "place": "x"}, 400, "Expected identifier"),
        ("pin", {"identifier": DEMO_ID}, 400, "Expected identifier, other, place."),
        ("pin", {"identifier": DEMO_ID, "other": VETO, "place": True}, 400, "Expected identifier"),
        ("pin", {"identifier": DEMO_ID, "other": VETO, "place": 1e400}, 400, "Expected identifier"),
        ("pin", {"identifier": DEMO_ID, "other": VETO, "place": 1 << 80}, 400, "`place` must be"),
        ("pin", {"identifier": DEMO_ID, "other": None, "place": 0}, 400, "Expected identifier"),
        ("pin", [], 400, "Expected identifier"),
        ("block", {"identifier": "x", "other": VETO}, 404, "no article has the id 'x'"),
    ],
)
def test_wrong_changes(
    client: TestClient, folder: Path, name: str, values: Any, status: int, words: str
) -> None:
    """A wrong change has a sentence, and changes nothing."""
    answer = client.post(f"/{name}", content=json.dumps(values))
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert len(RelatedNews.open(folder).rules) == 0
    assert not of_list(client)["undo"]


def test_the_command(folder: Path) -> None:
    """`relnews review` prints an address with a token, and ends with 0 after a signal."""
    command = [sys.executable, "-c", "from relnews.cli import main; main()", "review", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/#([\w-]{43})\n", process.stderr.readline())
        try:
            assert found
            address, token = found.groups()
            url = f"{address}/find?words=nato"
            with pytest.raises(urllib.error.HTTPError, match="401") as caught:
                urllib.request.urlopen(url)
            caught.value.close()
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request) as answer:
                assert DEMO_ID.encode() in answer.read()
        finally:
            process.terminate()
    assert process.returncode == 0


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(browser: sync_api.Browser) -> Iterator[Pages]:
    with pages_of(browser) as pages:
        yield pages


@pytest.fixture
def page(pages: Pages, folder: Path) -> Iterator[sync_api.Page]:
    """Open the page; at the end, fail on anything unexpected."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(make_app(folder, TOKEN), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    page = pages.take(width=390)
    page.goto(f"http://127.0.0.1:{listener.getsockname()[1]}/#{TOKEN}")
    yield page
    events = pages.give_back()
    server.should_exit = True
    thread.join()
    assert events == []


def open_story(page: sync_api.Page) -> sync_api.Locator:
    """Look the story up by its title, and return its list."""
    page.get_by_label("Title, id or url of an article").fill("nato backs")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Review: {STORY}", exact=True).click()
    entries = page.get_by_role("list", name="Related News", exact=True).get_by_role("listitem")
    sync_api.expect(entries).to_have_count(8)
    return entries


def titles(entries: sync_api.Locator) -> list[str]:
    return entries.locator(".title").all_inner_texts()


def status(page: sync_api.Page, text: str) -> None:
    sync_api.expect(page.get_by_role("status")).to_contain_text(text)


def test_an_editor_drags_pins_and_undoes(page: sync_api.Page, folder: Path) -> None:
    """An item dragged to the top is pinned, pins are reordered by dragging, and undo goes back."""
    page.set_viewport_size({"width": 1280, "height": 1600})  # a drag does not scroll
    entries = open_story(page)
    first = titles(entries)
    entries.nth(4).drag_to(entries.nth(0))
    status(page, "added: ")
    assert titles(entries)[:2] == [first[4], first[0]]
    entries.nth(3).drag_to(entries.nth(1))
    sync_api.expect(page.locator("li.pinned")).to_have_count(2)
    assert titles(entries)[:2] == [first[4], first[2]]
    entries.nth(1).drag_to(entries.nth(0))
    status(page, "The pins have another order.")
    assert titles(entries)[:2] == [first[2], first[4]]
    news = RelatedNews.open(folder)
    assert [item.title for item in news.related(DEMO_ID, 8)] == titles(entries)
    for n_pins in (2, 1, 0):
        page.get_by_role("button", name="Undo", exact=True).click()
        sync_api.expect(page.locator("li.pinned")).to_have_count(n_pins)
    assert titles(entries) == first
    sync_api.expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    sync_api.expect(page.get_by_role("heading", name=STORY, exact=True)).to_be_focused()
    assert len(news.rules) == 0


def test_an_editor_needs_no_mouse(page: sync_api.Page) -> None:
    """Everything works from the keyboard, the focus stays at the article, changes are announced."""
    entries = open_story(page)
    sync_api.expect(page.get_by_role("heading", name=STORY, exact=True)).to_be_focused()
    first = titles(entries)

    def press(name: str, focused: str) -> None:
        page.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Enter")
        sync_api.expect(page.get_by_role("button", name=focused, exact=True)).to_be_focused()

    press(f"Pin: {first[2]}", f"Unpin: {first[2]}")
    status(page, f"added: the list of id={DEMO_ID} begins with")
    press(f"Pin: {first[0]}", f"Move up: {first[0]}")
    press(f"Move up: {first[0]}", f"Move down: {first[0]}")
    assert titles(entries)[:2] == [first[0], first[2]]
    press(f"Move down: {first[0]}", f"Move up: {first[0]}")
    assert titles(entries)[:2] == [first[2], first[0]]
    press(f"Unpin: {first[0]}", f"Pin: {first[0]}")
    page.get_by_role("button", name=f"Block: {first[1]}", exact=True).press("Enter")
    status(page, "added: no list of")
    sync_api.expect(page.get_by_role("heading", name=STORY, exact=True)).to_be_focused()
    assert first[1] not in titles(entries)
    rules = page.get_by_role("list", name="Rules about this list", exact=True)
    sync_api.expect(rules.get_by_role("listitem")).to_have_count(2)
    rules.get_by_role("button", name=re.compile("Remove: no list of")).press("Enter")
    status(page, "removed: no list of")
    assert first[1] in titles(entries)


def test_an_editor_asks_why_not(page: sync_api.Page) -> None:
    """Another article has the reason why it is not in the list, and can be pinned."""
    entries = open_story(page)
    page.get_by_label("Why is another article not here? Its title, id or url").fill(RATES)
    page.keyboard.press("Enter")
    title = "How falling ECB rates reach borrowers"
    page.get_by_role("button", name=f"Why not: {title}", exact=True).click()
    status(page, f"{RATES!r} has a score of 0.0")
    page.get_by_role("list", name="Other articles").get_by_role("button", name="Pin").click()
    sync_api.expect(entries.first).to_contain_text(title)
    sync_api.expect(entries.first).to_contain_text("pinned")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(page: sync_api.Page, scheme: Any) -> None:
    """Axe finds nothing, nothing overflows, and markup in titles is only text."""
    page.emulate_media(color_scheme=scheme)
    entries = open_story(page)
    page.get_by_role("button", name=f"Pin: {titles(entries)[0]}", exact=True).click()
    status(page, "added: ")
    page.get_by_label("Why is another article not here? Its title, id or url").fill("<script>")
    page.keyboard.press("Enter")
    sync_api.expect(page.get_by_text(HOSTILE, exact=True)).to_be_visible()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = axe.Axe().run(page).response
    assert found["violations"] == []
    assert len(found["passes"]) > 10
