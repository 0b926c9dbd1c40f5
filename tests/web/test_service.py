"""Lists over HTTP: requests, answers, and what stays hidden."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import click.testing
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from relnews import RelatedNews, web
from relnews.cli import main
from relnews.export import feeds, html, jsonld
from relnews.export import json as json_export
from relnews.sample import DEMO_ID, sample_articles
from relnews.storage.catalogue import Catalogue
from relnews.web import drafts
from relnews.web.formats import preferred, takes_gzip
from relnews.web.responses import ResponseCache, cache_control_of
from relnews.web.source import Source
from relnews.web.workers import Workers
from serving import PATIENT, children_of, serving
from waiting import LIMIT, until

#: Ids with a meaning in HTTP, addresses, file systems or regular expressions.
ODD_IDS = [
    "2025/08/22/talks", "/leading", "trailing/", "//", "a//b", "a%2Fb", "100%", "%", "%00", "a b",
    "a+b", "a?k=1", "a#b", "a;b", "a&id=b", "ünï/✓", "خبر", "x.json", "x.html", ".jsonld", ".",
    "x.atom", "x.feed",
    "..", "../../etc/passwd", "a/../b", "line\nbreak", "line\n",
    "\r\nSet-Cookie: a=b", "nul\x00nul", "<script>", "'; DROP TABLE articles; --",
    "\\", "{id}", "C:\\x", "health", "\u2028x", "\ufeff",
]  # fmt: skip


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> RelatedNews:
    """Return the sample archive, opened from a folder, its lists stored."""
    folder = tmp_path_factory.mktemp("web") / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    news = RelatedNews.open(folder)
    news.store_lists(8)
    return news


@pytest.fixture(scope="module")
def archive(news: RelatedNews) -> Path:
    folder = news.archive_.catalogue.folder
    assert folder is not None
    return folder


@pytest.fixture(scope="module")
def client(archive: Path) -> TestClient:
    return TestClient(web.app(archive, limits=PATIENT), raise_server_exceptions=False)


@pytest.fixture
def living(tmp_path: Path) -> tuple[RelatedNews, TestClient]:
    """Return an archive to change, and a client of a service over its folder."""
    RelatedNews().fit(sample_articles()).save(tmp_path / "archive.relnews")
    news = RelatedNews.open(tmp_path / "archive.relnews")
    news.store_lists(8)
    service = web.app(tmp_path / "archive.relnews", limits=PATIENT)
    return news, TestClient(service, raise_server_exceptions=False)


# --- forms ---------------------------------------------------------------------------------------

WRITERS = {
    "application/json": json_export.dumps,
    "text/html": html.fragment,
    "application/ld+json": jsonld.dumps,
    "application/atom+xml": feeds.atom,
    "application/feed+json": feeds.json_feed,
}


@pytest.mark.parametrize(
    ("suffix", "accept", "media_type"),
    [
        ("", None, "application/json"),
        ("", "*/*", "application/json"),
        ("", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("", "application/ld+json", "application/ld+json"),
        ("", "application/*;q=0.5, text/html;q=0.4", "application/json"),
        ("", "*/*, application/json;q=0", "text/html"),
        (".json", "text/html", "application/json"),
        (".html", "application/json", "text/html"),
        (".jsonld", None, "application/ld+json"),
        (".atom", None, "application/atom+xml"),
        (".jsonfeed", "text/html", "application/feed+json"),
        ("", "application/feed+json, application/json;q=0.9", "application/feed+json"),
        ("", "application/atom+xml, application/rss+xml", "application/atom+xml"),
    ],
)
def test_the_form_is_what_the_suffix_or_the_client_says(
    news: RelatedNews, client: TestClient, suffix: str, accept: str | None, media_type: str
) -> None:
    """Suffix or Accept header choose JSON, HTML or JSON-LD, byte for byte as exported."""
    answer = client.get(f"/related/{DEMO_ID}{suffix}", headers={"accept": accept or ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.text == WRITERS[media_type](news.related(DEMO_ID))
    assert ("Accept," in answer.headers["vary"]) == (not suffix)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("image/png", None),
        ("application/json;q=0", None),
        ("application/json;q=x", None),
        ("application/json;q=nan, text/html;q=0.1", ".html"),
        ("TEXT/HTML ; Q=1.0", ".html"),
        ("text/*, application/ld+json;q=0.9", ".html"),
        ("application/json;version=1;q=0.2, application/ld+json;q=0.3", ".jsonld"),
        (",,;;q=,", None),
    ],
)
def test_what_a_client_wants_most(accept: str, expected: str | None) -> None:
    """Qualities and ranges follow RFC 9110; an invalid quality counts as 0."""
    chosen = preferred(accept)
    assert (chosen.suffix if chosen else None) == expected


@pytest.mark.parametrize("k", [1, 5, 16, 50])
def test_k_is_what_is_asked_for(news: RelatedNews, client: TestClient, k: int) -> None:
    """The list has k items as `RelatedNews` gives them, ranked if too few are stored."""
    answer = client.get(f"/related/{DEMO_ID}", params={"k": k})
    assert answer.json() == news.related(DEMO_ID, k).to_dict()


def test_lists_are_ranked_where_none_are_stored(tmp_path: Path) -> None:
    """An archive without stored lists can be served."""
    news = RelatedNews().fit(sample_articles())
    news.save(tmp_path / "archive.relnews")
    client = TestClient(web.app(tmp_path / "archive.relnews", limits=PATIENT))
    assert client.get(f"/related/{DEMO_ID}").json() == news.related(DEMO_ID).to_dict()


def test_the_html_has_the_heading_of_the_site(archive: Path) -> None:
    """The application sets the heading and its level."""
    client = TestClient(web.app(archive, heading="Mehr <dazu>", heading_level=3, limits=PATIENT))
    markup = client.get(f"/related/{DEMO_ID}.html").text
    assert re.search(r"<h3 id=[^>]+>Mehr &lt;dazu&gt;</h3>", markup)


# --- ids -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run `relnews serve` over articles with odd ids; yield its address."""
    folder = tmp_path_factory.mktemp("served") / "archive.relnews"
    news = RelatedNews().fit(
        {"id": one, "title": f"Talks {i % 5} resume", "text": f"Delegation{i} arrives"}
        for i, one in enumerate(ODD_IDS)
    )
    assert len(news) == len(ODD_IDS)
    news.save(folder)
    RelatedNews.open(folder).store_lists()
    with serving(folder) as address:
        yield address


def get(served: str, target: str, **headers: str) -> tuple[int, dict[str, Any]]:
    """Send a target unchanged, which no client library would."""
    connection = http.client.HTTPConnection(served.removeprefix("http://"), timeout=LIMIT)
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


@pytest.mark.parametrize("identifier", ODD_IDS, ids=range(len(ODD_IDS)))
def test_ids_may_hold_anything(served: str, identifier: str) -> None:
    """Any id, percent-encoded, works in path and query."""
    quoted = quote(identifier, safe="")
    for target in (f"/related/{quoted}.json?k=2", f"/related?id={quoted}&k=2"):
        status, body = get(served, target)
        assert (status, body["id"], len(body["related"])) == (200, identifier, 2)


@pytest.mark.parametrize(
    "target",
    [
        "/related/..%2f..%2fetc%2fpasswd.json.json", "/related/%2e%2e/catalogue.sqlite",
        "/related/",
        "/related/%ff%fe", "/related/%ZZ", "/../archive.relnews", "/catalogue.sqlite", "//related",
        "/related-news.js/../x", "/related.json/x", "/RELATED/health", "/",
    ],
)  # fmt: skip
def test_no_address_leads_elsewhere(served: str, target: str) -> None:
    """Unknown ids are 404, and no path leads to a file."""
    assert get(served, target)[0] == 404


# --- problems ------------------------------------------------------------------------------------


def check_problem(answer: Any, status: int) -> None:
    """Check that an answer is a problem by RFC 9457 without internal details."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"title", "status", "detail"}
    assert body["status"] == status
    assert not re.search(r"Traceback|\w+Error|/tmp|sqlite|relnews\.", answer.text)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/related/unknown", 404),
        ("/nothing", 404),
        ("/health/", 404),
        ("/related", 400),
        ("/related?id=a&id=b", 400),
        (f"/related/{DEMO_ID}?id=b", 400),
        (f"/related/{DEMO_ID}?k=0", 400),
        (f"/related/{DEMO_ID}?k=51", 400),
        (f"/related/{DEMO_ID}?k=-1", 400),
        (f"/related/{DEMO_ID}?k=", 400),
        (f"/related/{DEMO_ID}?k=1&k=2", 400),
        (f"/related/{DEMO_ID}?k=%D9%A3", 400),
        (f"/related/{DEMO_ID}?k={'9' * 5000}", 400),
        (f"/related/{DEMO_ID}?{'&'.join('abcdefghijklmnopqrstuvwxyz')}", 400),
        (f"/related/{'x' * 1025}", 400),
    ],
)
def test_what_is_not_in_order_is_said(client: TestClient, target: str, status: int) -> None:
    """A wrong request gets a status and a sentence."""
    check_problem(client.get(target), status)


def test_methods_that_there_are_not(client: TestClient) -> None:
    """Another method is answered with the allowed methods."""
    for target, allowed in (
        (f"/related/{DEMO_ID}", {"GET", "HEAD"}),
        ("/related", {"GET", "HEAD", "POST"}),
        ("/health", {"GET", "HEAD"}),
    ):
        answer = client.delete(target)
        check_problem(answer, 405)
        assert set(answer.headers["allow"].split(", ")) == allowed


def test_no_form_will_do(client: TestClient) -> None:
    """A client that accepts no offered format is told the formats."""
    check_problem(client.get(f"/related/{DEMO_ID}", headers={"accept": "image/png"}), 406)


def test_a_damaged_archive_is_not_described(
    living: tuple[RelatedNews, TestClient],
) -> None:
    """The client gets a general error; the log has the details."""
    news, client = living
    catalogue = news.archive_.catalogue
    with catalogue.transaction():
        catalogue.set_entries([(catalogue.key_of(DEMO_ID) or 0, b"\0nonsense")])
    check_problem(client.get(f"/related/{DEMO_ID}"), 500)
    (folder,) = catalogue.folder.glob("*.sqlite") if catalogue.folder else ()
    folder.write_bytes(b"nothing of a database")
    for target in ("/health", "/ready"):
        check_problem(client.get(target), 503)


# --- drafts --------------------------------------------------------------------------------------

DRAFT = {
    "title": "Allies discuss guarantees for Kyiv",
    "text": "Ukraine and the Kremlin. \U0001f600",
}


def test_drafts_need_the_function_of_the_vectors(tmp_path: Path) -> None:
    """Vectors of an unknown function leave lists of articles; given ones leave drafts, too."""
    words = ("dike gauge levee", "dike mayor vote", "dike insurance claim")
    stories = [{"id": f"s{i}", "text": text, "vector": [1, i]} for i, text in enumerate(words)]
    RelatedNews(vectors=lambda texts: [[1, len(text)] for text in texts]).fit(
        [{"id": story["id"], "text": story["text"]} for story in stories],
        folder=tmp_path / "made",
    )
    RelatedNews(vectors="given").fit(stories, folder=tmp_path / "given")
    for name, status in (("made", 501), ("given", 200)):
        client = TestClient(web.app(tmp_path / name, limits=PATIENT))
        assert client.get("/ready").status_code == 200
        assert len(client.get("/related/s0").json()["related"]) == 2
        answer = client.post("/related", json={"text": "dike flood"})
        assert answer.status_code == status
        if status == 501:
            check_problem(answer, status)


def test_drafts_are_ranked(news: RelatedNews, client: TestClient) -> None:
    """A draft gets the list of `related_to_text` in the requested format."""
    expected = news.related_to_text(DRAFT["text"], title=DRAFT["title"], k=3)
    answer = client.post("/related", json={**DRAFT, "k": 3.0})
    assert answer.json() == expected.to_dict()
    assert answer.headers["cache-control"] == "no-store"
    assert (
        client.post("/related", json={**DRAFT, "k": 3, "language": "en-GB"}).json() == answer.json()
    )
    assert not client.post("/related", json={**DRAFT, "language": "de"}).json()["related"]
    answer = client.post("/related", json={**DRAFT, "k": 3}, headers={"accept": "text/html"})
    assert answer.text == html.fragment(expected)
    assert client.post("/related.jsonld", json={"title": "Xylophone zeppelin"}).json()[
        "numberOfItems"
    ] == 0  # fmt: skip


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ({}, 422),
        ({"title": " ", "text": "\n"}, 422),
        ({"title": 1}, 422),
        ({"title": None, "text": "a"}, 422),
        ({"title": "a", "k": "3"}, 422),
        ({"title": "a", "k": True}, 422),
        ({"title": "a", "k": 2.5}, 422),
        ({"title": "a", "k": 51}, 422),
        ({"title": "a", "txt": "b"}, 422),
        ({"title": "a", "language": 1}, 422),
        ({"title": "a", "language": None}, 422),
        ({"title": "a", "language": "Deutsch!"}, 422),
        ([DRAFT], 400),
        ("a", 400),
    ],
)
def test_drafts_that_are_none(client: TestClient, record: object, status: int) -> None:
    """Missing, mistyped or unknown fields are refused."""
    check_problem(client.post("/related", json=record), status)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 500_000, 400),
        (b'{"k": ' + b"9" * 10_000 + b"}", 400),
        (b'{"title": "' + b"a" * drafts.MOST_BYTES + b'"}', 413),
    ],
)
def test_bodies_that_are_no_json(client: TestClient, content: bytes, status: int) -> None:
    """Any bad body gets a sentence; a body that is too long is not read."""
    headers = {"content-type": "application/json"}
    check_problem(client.post("/related", content=content, headers=headers), status)
    pieces = (content[i : i + 65536] for i in range(0, len(content), 65536))
    check_problem(client.post("/related", content=pieces, headers=headers), status)


def test_bodies_that_arrive_together_have_a_limit(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All bodies together take limited memory; what was refused is counted no longer."""
    monkeypatch.setattr(drafts, "_MOST_ARRIVING", 1000)
    headers = {"content-type": "application/json"}
    for _ in range(3):
        answer = client.post("/related", content=b" " * 2000, headers=headers)
        check_problem(answer, 503)
        assert answer.headers["connection"] == "close"
    assert client.post("/related", json=DRAFT).status_code == 200


def test_a_form_of_a_page_cannot_post(client: TestClient) -> None:
    """Only JSON is accepted, so that no other site's form can post."""
    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.post(
            "/related", content=json.dumps(DRAFT), headers={"content-type": media_type}
        )
        check_problem(answer, 415)


def test_ranking_has_a_limit_of_time(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a slow ranking, and too many at a time are refused."""
    for seconds in (0.2, 2.0, 20.0):  # a busy machine is slow to send as many as are too many
        monkeypatch.setattr(Workers, "ask", lambda *_, seconds=seconds: time.sleep(5 * seconds))
        service = web.app(archive, limits=web.Limits(ranking_timeout=seconds))
        with TestClient(service, raise_server_exceptions=False) as client:
            answer = client.post("/related", json=DRAFT)
            check_problem(answer, 503)
            assert answer.headers["retry-after"] == "1"
            with concurrent.futures.ThreadPoolExecutor(60) as threads:
                answers = [*threads.map(lambda _: client.post("/related", json=DRAFT), range(60))]
            assert {answer.status_code for answer in answers} == {503}
            assert client.get(f"/related/{DEMO_ID}").status_code == 200
        sentences = {answer.json()["detail"] for answer in answers}
        if len(sentences) == 2:
            return
    raise AssertionError(sentences)


# --- caches --------------------------------------------------------------------------------------


def test_a_client_need_not_load_what_it_has(client: TestClient) -> None:
    """A request with the current ETag is answered without a body."""
    first = client.get(f"/related/{DEMO_ID}")
    tag = first.headers["etag"]
    assert client.get(f"/related/{DEMO_ID}", params={"k": 3}).headers["etag"] != tag
    for known in (tag, tag.removeprefix("W/"), f'"a", {tag}', "*"):
        again = client.get(f"/related/{DEMO_ID}", headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "cache-control", "vary"):
            assert again.headers[name] == first.headers[name]
    for unknown in ('"a"', tag[:-2], ""):
        answer = client.get(f"/related/{DEMO_ID}", headers={"if-none-match": unknown})
        assert answer.content == first.content


def test_head_is_get_without_a_body(client: TestClient) -> None:
    """HEAD has the headers of GET, including the length."""
    for target in (f"/related/{DEMO_ID}", "/health", "/related-news.js"):
        head, whole = client.head(target), client.get(target)
        assert head.content == b""
        assert head.headers == whole.headers


def test_long_lists_are_packed(client: TestClient) -> None:
    """A client that accepts gzip gets the same list packed."""
    plain = client.get(f"/related/{DEMO_ID}", headers={"accept-encoding": "identity"})
    packed = client.get(f"/related/{DEMO_ID}", headers={"accept-encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.content == plain.content  # the client unpacks answers
    assert packed.headers["etag"] == plain.headers["etag"]
    short = client.post("/related", json={"title": "Xylophone"})
    assert "content-encoding" not in short.headers


@pytest.mark.parametrize("target", ["/related-news.js", "/related-news.css", "/openapi.json"])
def test_the_module_and_the_description_are_packed(client: TestClient, target: str) -> None:
    """A client that accepts gzip gets the same bytes packed, under the same ETag."""
    plain = client.get(target, headers={"accept-encoding": "identity"})
    packed = client.get(target, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.content == plain.content
    for name in ("etag", "vary", "content-type", "cache-control"):
        assert packed.headers[name] == plain.headers[name]
    assert "Accept-Encoding" in plain.headers["vary"]


def test_the_module_is_small(client: TestClient) -> None:
    """The module is below 3 kB as it is sent."""
    packed = client.get("/related-news.js", headers={"accept-encoding": "gzip"})
    assert int(packed.headers["content-length"]) < 3000


@pytest.mark.parametrize(
    ("header", "expected"),
    [("gzip", True), ("*", True), ("gzip;q=0", False), ("*;q=0", False), ("identity", False),
     ("", False), ("br;q=1.0, gzip;q=0.8", True), ("gzip;q=0, *", False), ("GZip", True)],
)  # fmt: skip
def test_who_takes_gzip(header: str, expected: bool) -> None:
    """Accept-Encoding is respected, including q=0."""
    assert takes_gzip(header) is expected


def test_lists_of_old_articles_may_be_kept_longer() -> None:
    """A list may be cached for a hundredth of the article's age, within limits."""
    now = dt.datetime.now(dt.UTC)
    for days, most, expected in ((0, 3600, 60), (1, 3600, 864), (400, 3600, 3600), (400, 0, 0),
                                 (-1, 3600, 60), (0, 30, 30)):  # fmt: skip
        header = cache_control_of(now - dt.timedelta(days=days), most)
        assert header == f"public, max-age={expected}"
    assert cache_control_of(None, 3600) == "public, max-age=60"


def test_what_was_committed_is_served_at_once(living: tuple[RelatedNews, TestClient]) -> None:
    """The first request after a commit sees it; unchanged lists keep their ETags."""
    news, client = living
    ids = [related.id for related in news.related_all()]
    before = {
        identifier: client.get(f"/related/{identifier}").headers["etag"] for identifier in ids
    }
    story = next(story for story in sample_articles() if story.id == DEMO_ID)
    half = story.text[: len(story.text) // 2]  # all of it would be a near-duplicate
    twin = {"id": "twin", "title": story.title, "text": half, "published": "2025-08-23"}
    report = news.partial_fit([twin])
    assert client.get(f"/related/{DEMO_ID}").json()["related"][0]["id"] == "twin"
    after = {identifier: client.get(f"/related/{identifier}").headers["etag"] for identifier in ids}
    changed = {identifier for identifier in ids if before[identifier] != after[identifier]}
    assert changed == set(report.changed or ()) - {"twin"}
    assert 0 < len(changed) < len(ids)
    news.remove("twin")
    assert {
        identifier: client.get(f"/related/{identifier}").headers["etag"] for identifier in ids
    } == before
    check_problem(client.get("/related/twin"), 404)


def test_another_archive_in_the_same_folder(living: tuple[RelatedNews, TestClient]) -> None:
    """A new archive in the folder is served without a restart, for drafts, too."""
    news, client = living
    assert client.get(f"/related/{DEMO_ID}").status_code == 200
    assert client.post("/related", json=DRAFT).json()["related"]
    folder = news.archive_.catalogue.folder
    assert folder is not None
    RelatedNews().fit([{"id": "a", "title": "Ferry strike"}, {"id": "b", "title": "Ferry"}]).save(
        folder
    )
    check_problem(client.get(f"/related/{DEMO_ID}"), 404)
    assert [item["id"] for item in client.get("/related/a").json()["related"]] == ["b"]
    answer = client.post("/related", json={"title": "ferry strike"}).json()
    assert [item["id"] for item in answer["related"]] == ["b"]
    assert client.post("/related", json=DRAFT).json()["related"] == []


def test_what_was_committed_is_ranked_at_once(living: tuple[RelatedNews, TestClient]) -> None:
    """Drafts and deep lists see a commit, those of processes that have ranked before, too."""
    news, client = living
    story = next(story for story in sample_articles() if story.id == DEMO_ID)
    for number in range(3):
        news.partial_fit([{
            "id": "twin", "title": story.title, "text": story.text[: len(story.text) // 2],
            "dek": str(number), "published": story.published,
        }])  # fmt: skip
        draft = client.post("/related", json={"title": story.title, "k": 30})
        deep = client.get(f"/related/{DEMO_ID}?k=30")
        for answer in (draft, deep):
            deks = {item["id"]: item["dek"] for item in answer.json()["related"]}
            assert deks["twin"] == str(number)


def test_an_article_that_expires_goes_without_a_commit(
    living: tuple[RelatedNews, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No list shows an article a second after its expiry."""
    news, _ = living
    stories = {story.id: story for story in sample_articles()}
    story, other = stories[DEMO_ID], stories[news.related(DEMO_ID).ids[0]]
    now = 1_900_000_000
    expires = dt.datetime.fromtimestamp(now + 2, dt.UTC)
    news.partial_fit([
        {"id": "twin", "title": story.title, "text": story.text[: len(story.text) // 2],
         "published": story.published, "expires": expires},
        {"id": "copy", "title": other.title, "text": other.text, "expires": expires},
    ])  # fmt: skip
    monkeypatch.setattr(time, "time", lambda: float(now))
    monkeypatch.setattr(time, "time_ns", lambda: now * 10**9)
    # Rankings in a process of their own would have the clock of the machine.
    folder = news.archive_.catalogue.folder or Path()
    source = Source(folder)
    monkeypatch.setattr(Workers, "ask", lambda _, function, *args: function(source, *args))
    client = TestClient(web.app(folder, limits=PATIENT))
    first = client.get(f"/related/{DEMO_ID}")
    twin, original, *_ = first.json()["related"]
    assert (twin["id"], original["id"], original["near_duplicates"]) == ("twin", other.id, ["copy"])
    now += 2
    second = client.get(f"/related/{DEMO_ID}", headers={"if-none-match": first.headers["etag"]})
    assert second.status_code == 200
    assert not {"twin", "copy"} & set(re.findall(r"\w+", second.text))


def test_what_is_ready_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache of answers has a maximum size."""
    monkeypatch.setattr("relnews.web.responses._MOST", 3)
    monkeypatch.setattr("relnews.web.responses.time", types.SimpleNamespace(time=lambda: 0.0))
    source = types.SimpleNamespace(generation=lambda: 1, follow=lambda: None)
    cache = ResponseCache(source)  # type: ignore[arg-type]
    sizes = []
    for i in range(10):
        cached = cache.current()
        cached[i] = None  # type: ignore[assignment]
        sizes.append(len(cached))
    assert max(sizes) == 3


def test_readers_beside_a_writer(tmp_path: Path) -> None:
    """While a process commits, every answer is a whole current list."""
    stories = [*sample_articles()]
    RelatedNews().fit(stories).save(tmp_path / "archive.relnews")
    news = RelatedNews.open(tmp_path / "archive.relnews")
    news.store_lists(8)
    story = next(story for story in stories if story.id == DEMO_ID)
    committed = 0

    def read(_: int) -> None:
        for _ in range(40):
            least = committed
            answer = client.get(f"/related/{DEMO_ID}")
            assert answer.status_code == 200
            first, *others = answer.json()["related"]
            assert len(others) == 7
            assert int(first["dek"]) >= least if first["id"] == "twin" else least == 0

    with (
        TestClient(web.app(tmp_path / "archive.relnews", limits=PATIENT)) as client,
        concurrent.futures.ThreadPoolExecutor(4) as threads,
    ):
        reading = [threads.submit(read, i) for i in range(4)]
        for number in range(1, 16):
            news.partial_fit([{
                "id": "twin", "title": story.title, "text": story.text[: len(story.text) // 2],
                "dek": str(number), "published": story.published,
            }])  # fmt: skip
            committed = number
        for reader in reading:
            reader.result()


# --- the rest ------------------------------------------------------------------------------------


def test_the_process_that_answers_does_not_rank(archive: Path) -> None:
    """It imports neither NumPy nor Numba, for drafts and deep lists either."""
    script = f"""
import sys
from starlette.testclient import TestClient
from relnews import web
client = TestClient(web.app({str(archive)!r}, limits=web.Limits(ranking_timeout=600)))
assert client.get("/related/{DEMO_ID}").json()["related"]
assert client.get("/related/{DEMO_ID}.html").text
deep = "/related/winter-storms-lift-sicilian-reservoirs-but-not-to-safety?k=40"
assert client.get(deep).json()["related"][39]
assert client.post("/related", json={DRAFT}).json()["related"]
assert client.get("/metrics").text
print([name for name in ("numpy", "numba", "scipy", "sklearn") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_pages_of_other_sites_may_ask_if_they_are_named(archive: Path) -> None:
    """Only the given origins are allowed, for drafts, too."""
    client = TestClient(web.app(archive, origins=["https://news.example"], limits=PATIENT))
    for origin, allowed in (("https://news.example", True), ("https://evil.example", False)):
        answer = client.get(f"/related/{DEMO_ID}", headers={"origin": origin})
        assert (answer.headers.get("access-control-allow-origin") == origin) == allowed
        assert "Origin" in answer.headers["vary"]
        preflight = client.options(
            "/related",
            headers={
                "origin": origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type",
            },
        )
        assert (preflight.status_code == 200) == allowed
    anyone = TestClient(web.app(archive, origins=["*"], limits=PATIENT))
    answer = anyone.get(f"/related/{DEMO_ID}", headers={"origin": "https://a.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    nobody = TestClient(web.app(archive, limits=PATIENT))
    answer = nobody.get(f"/related/{DEMO_ID}", headers={"origin": "https://a.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "settings",
    [
        {"origins": "https://news.example"},
        {"origins": ["news.example"]},
        {"origins": ["https://news.example/path"]},
        {"origins": 1},
        {"max_age": -1},
        {"max_age": "60"},
        {"heading_level": 7},
        {"limits": 10},
        {"access_log": "apache"},
    ],
)
def test_settings_that_cannot_be(archive: Path, settings: dict[str, Any]) -> None:
    """A wrong setting is an error at once, not at the first request."""
    with pytest.raises((TypeError, ValueError), match=f"`{next(iter(settings))}` must be"):
        web.app(archive, **settings)


def test_an_archive_that_is_not_there(tmp_path: Path) -> None:
    """A wrong path is an error at once."""
    with pytest.raises(FileNotFoundError):
        web.app(tmp_path / "archive.relnews")


def test_nothing_is_open_before_the_first_request(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its first request the application has no connection, so it can be forked."""
    opened: list[Path] = []
    real = Catalogue.open
    monkeypatch.setattr(Catalogue, "open", lambda folder: opened.append(folder) or real(folder))
    application, box = web.app(archive, limits=PATIENT), web.Box(archive)
    assert opened == []
    assert TestClient(application).get(f"/related/{DEMO_ID}").status_code == 200
    assert box(DEMO_ID)
    assert opened == [archive, archive]


def test_health(living: tuple[RelatedNews, TestClient]) -> None:
    """/health gives the served generation and the number of articles."""
    news, client = living
    for n in (124, 125):
        health = client.get("/health").json()
        generation = news.archive_.catalogue.generation()
        assert health == {"status": "ok", "generation": generation, "articles": n}
        news.partial_fit([{"id": "late", "title": "Late"}])


def test_health_looks_at_the_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health and readiness follow the folder: gone, back, damaged, or another one in its place."""
    now = 1_900_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    folder = tmp_path / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    RelatedNews.open(folder).store_lists()
    client = TestClient(web.app(folder, limits=PATIENT), raise_server_exceptions=False)
    checks = ("/health", "/ready")
    for target in checks:
        assert client.get(target).json()["articles"] == 124
    assert client.get(f"/related/{DEMO_ID}").status_code == 200

    folder.rename(tmp_path / "moved")
    now += 1
    for target in checks:
        check_problem(client.get(target), 503)
    assert "there is no archive at" in caplog.text
    # What is open is served until there is another archive.
    assert client.get(f"/related/{DEMO_ID}").status_code == 200

    RelatedNews().fit([{"id": "a", "title": "Ferry strike"}, {"id": "b", "title": "Ferry"}]).save(
        folder
    )
    now += 1
    for target in checks:  # the second time it is not opened again
        assert client.get(target).json()["articles"] == 2
    check_problem(client.get(f"/related/{DEMO_ID}"), 404)
    assert [item["id"] for item in client.get("/related/a").json()["related"]] == ["b"]
    assert client.post("/related", json={"title": "ferry"}).json()["related"]

    (folder / "catalogue.sqlite").write_bytes(b"nothing of a database")
    now += 1
    for target in checks:
        check_problem(client.get(target), 503)


def test_ready_means_that_lists_can_be_made(tmp_path: Path) -> None:
    """Where no lists are stored, one has to be ranked."""
    folder = tmp_path / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    client = TestClient(web.app(folder, limits=PATIENT), raise_server_exceptions=False)
    assert client.get("/ready").json()["status"] == "ok"
    for array in folder.glob("*.segment/*"):
        array.unlink()
    other = TestClient(web.app(folder, limits=PATIENT), raise_server_exceptions=False)
    assert other.get("/health").status_code == 200
    check_problem(other.get("/ready"), 500)


def test_metrics(archive: Path) -> None:
    """Metrics count requests by route and status, and lists by source."""
    client = TestClient(web.app(archive, limits=PATIENT))
    for target in (f"/related/{DEMO_ID}", f"/related/{DEMO_ID}?k=40", "/related/unknown", "/x"):
        client.get(target)
    for _ in range(20):
        client.get(f"/related/{DEMO_ID}")
    client.post("/related", json=DRAFT)
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }
    assert found["relnews_requests_total", "200", "related"] == 22
    assert found["relnews_requests_total", "404", "related"] == 1
    assert found["relnews_requests_total", "404", "other"] == 1
    assert found["relnews_requests_total", "200", "draft"] == 1
    assert found["relnews_request_seconds_count", "related"] == 23
    assert found["relnews_lists_total", "ranked"] == 1
    assert found["relnews_lists_total", "ready"] + found["relnews_lists_total", "stored"] == 21
    assert found["relnews_lists_total", "ready"] >= 17
    assert found["relnews_articles",] == 124
    assert found["relnews_generation",] >= 2
    # Two applications in a process have separate metrics.
    other = TestClient(web.app(archive, limits=PATIENT))
    assert "relnews_lists_total{" not in other.get("/metrics").text


def test_the_element_is_served(client: TestClient) -> None:
    """The module of <related-news> is served as a cacheable script."""
    answer = client.get("/related-news.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert 'customElements.define("related-news"' in answer.text
    again = client.get("/related-news.js", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    style = client.get("/related-news.css")
    assert style.headers["content-type"].startswith("text/css")
    assert style.text == html.stylesheet()


def test_dates_are_in_the_language_of_the_service(archive: Path) -> None:
    """HTML has dates in the language that the service is told; an unknown one is an error."""
    client = TestClient(web.app(archive, language="de", limits=PATIENT))
    assert 'lang="de" dir="ltr">18. August 2025' in client.get(f"/related/{DEMO_ID}.html").text
    with pytest.raises(ValueError, match="`language` must be a language tag"):
        web.app(archive, language="xx")


def test_the_etag_of_the_element_is_that_of_its_bytes(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another module has another ETag, and a client that has the old one gets it."""
    files = types.SimpleNamespace(files=lambda _: tmp_path)
    monkeypatch.setattr("relnews.web.element.resources", files)
    answers = []
    for script in ("1;", "2;", "1;"):
        (tmp_path / "related-news.js").write_text(script)
        client = TestClient(web.app(archive, limits=PATIENT))
        known = answers[-1].headers["etag"] if answers else '"none"'
        answers.append(client.get("/related-news.js", headers={"if-none-match": known}))
    assert [answer.text for answer in answers] == ["1;", "2;", "1;"]
    tags = [answer.headers["etag"] for answer in answers]
    assert tags[0] == tags[2] != tags[1]
    assert client.get("/openapi.json").headers["etag"] not in tags


def test_serve_says_what_is_missing(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing archive, a used port or a missing library is one line."""
    runner = click.testing.CliRunner()
    result = runner.invoke(main, ["serve", str(tmp_path / "none.relnews")])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = runner.invoke(main, ["serve", str(archive), "--port", port])
    assert result.exit_code == 1
    assert "Address already in use" in result.stderr
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert "relnews[web]" in runner.invoke(main, ["serve", str(archive)]).stderr


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("'prometheus_client'] = None",
         "the web service needs prometheus_client, which is not installed"),
        ("'starlette.applications'] = types.ModuleType('starlette.applications')",
         "the web service cannot be imported: cannot import name 'Starlette' from "
         "'starlette.applications' (unknown location). Install its packages again"),
        ("'relnews.web.routes'] = None",
         "the web service cannot be imported: import of relnews.web.routes halted; None in "
         "sys.modules. Install its packages again"),
    ],
)  # fmt: skip
def test_serve_names_the_cause_of_an_import_error(broken: str, message: str, archive: Path) -> None:
    """Only a package that is not installed is called so; the cause of another error is shown."""
    code = f"import sys, types; sys.modules[{broken}\nfrom relnews.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve", str(archive)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == f"Error: {message}: pip install 'relnews[web]'\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_when_it_is_told(number: signal.Signals, archive: Path) -> None:
    """Neither an interrupt from the terminal nor a request to end is an error."""
    command = [sys.executable, "-c", "from relnews.cli import main; main()"]
    with subprocess.Popen(
        [*command, "serve", str(archive), "--port", "0"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1].removesuffix("/related/ID")
        assert get(address, "/health")[0] == 200
        process.send_signal(number)
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_serve_answers_what_was_asked_before_it_ends(archive: Path) -> None:
    """A list that is being ranked when the request to end comes is still sent."""
    command = [sys.executable, "-c", "from relnews.cli import main; main()"]
    patient = {**os.environ, "RELNEWS_SERVE_RANKING_TIMEOUT": "600", "RELNEWS_SERVE_PORT": "0"}
    with subprocess.Popen(
        [*command, "serve", str(archive)], stderr=subprocess.PIPE, text=True, env=patient
    ) as process:
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1].removesuffix("/related/ID")
        host, port = address.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=LIMIT)
        draft = json.dumps({"title": "Talks push for guarantees"})
        connection.request("POST", "/related", draft, {"Content-Type": "application/json"})
        until(lambda: children_of(process.pid))  # what ranks starts with the request
        process.terminate()
        answer = connection.getresponse()
        assert answer.status == 200
        assert json.loads(answer.read())["related"]
        connection.close()
    assert process.returncode == 0


def test_every_option_of_serve_is_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """RELNEWS_SERVE_ and the name of an option give its value; several are parted by spaces."""
    command, wanted = main.commands["serve"], {}
    for option in command.params:
        if isinstance(option, click.Option):
            (name,) = (name.removeprefix("--") for name in option.opts)
            text = {"IntRange": "3", "FloatRange": "3", "Path": __file__}.get(
                type(option.type).__name__, "x"
            )
            text = option.type.choices[-1] if isinstance(option.type, click.Choice) else text
            monkeypatch.setenv(f"RELNEWS_SERVE_{name.replace('-', '_').upper()}", text)
            wanted[name.replace("-", "_")] = (text,) if option.multiple else option.type(text)
    monkeypatch.setenv("RELNEWS_SERVE_ORIGIN", "https://a.example https://b.example")
    wanted["origin"] = ("https://a.example", "https://b.example")
    found = command.make_context("serve", ["archive.relnews"]).params
    assert wanted == {name: value for name, value in found.items() if name != "archive"}
    assert len(wanted) == 20


def test_packing_is_the_same_each_time(client: TestClient) -> None:
    """Equal lists are equal bytes, packed, too."""
    with client.stream("GET", f"/related/{DEMO_ID}", headers={"accept-encoding": "gzip"}) as one:
        raw = b"".join(one.iter_raw())
    assert raw == gzip.compress(gzip.decompress(raw), 6, mtime=0)
