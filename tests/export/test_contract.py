"""The JSON of a list: the same from every interface, and described by its schema."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import click.testing
import jsonschema
import pytest
from hypothesis import given, settings
from starlette.testclient import TestClient

from export.test_html import items, lists
from relnews import RelatedItem, RelatedList, RelatedNews, web
from relnews.cli import main
from relnews.export import feeds, jsonld
from relnews.export import json as json_export
from relnews.results import LIST_VERSION
from relnews.sample import DEMO_ID, sample_articles
from serving import PATIENT, serving

SCHEMA = json_export.schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> RelatedNews:
    folder = tmp_path_factory.mktemp("contract") / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    return RelatedNews.open(folder)


@pytest.fixture(scope="module")
def archive(news: RelatedNews) -> Path:
    folder = news.archive_.catalogue.folder
    assert folder is not None
    return folder


def test_the_schema_is_one() -> None:
    """The schema is valid and has the version of the lists."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["version"] == {
        "description": SCHEMA["properties"]["version"]["description"], "const": LIST_VERSION
    }  # fmt: skip


def test_the_schema_names_every_field() -> None:
    """The schema describes every field; described fields may be absent."""
    described = SCHEMA["$defs"]["item"]["properties"]
    fields = [field.name for field in dataclasses.fields(RelatedItem)]
    assert set(fields) <= set(described)
    assert set(described) - set(fields) <= {"reason"}
    required = [field.name for field in dataclasses.fields(RelatedItem)
                if field.default is dataclasses.MISSING]  # fmt: skip
    assert SCHEMA["$defs"]["item"]["required"] == required


@settings(deadline=None)
@given(lists)
def test_every_list_is_as_the_schema_says(related: RelatedList) -> None:
    """The list of any articles is valid JSON under the schema."""
    text = json_export.dumps(related)
    assert json.loads(text) == related.to_dict()
    VALIDATOR.validate(json.loads(text))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2}, {"version": None}, {"id": 1}, {"related": None}, {"related": [{}]},
        {"related": [{"id": "a", "rank": 0, "score": 0.5, "similarity": 0.5, "title": ""}]},
        {"related": [{"id": "a", "rank": 1, "score": 2.0, "similarity": 0.5, "title": ""}]},
        {"related": [{"id": "a", "rank": 1, "score": 0.5, "similarity": 0.5, "title": None}]},
        {"related": [{"id": "a", "rank": 1, "score": 0.5, "similarity": 0.5, "title": "",
                      "published": "2025-08-22"}]},
        {"related": [{"id": "a", "rank": 1, "score": 0.5, "similarity": 0.5, "title": "",
                      "tags": "a"}]},
        {"related": [{"id": "a", "rank": 1, "score": 0.5, "similarity": 0.5, "title": "",
                      "reason": [1]}]},
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_otherwise(change: dict[str, Any]) -> None:
    """The schema rejects lists of another shape."""
    assert VALIDATOR.is_valid({"version": 1, "id": "a", "related": []})
    assert not VALIDATOR.is_valid({"version": 1, "id": "a", "related": [], **change})


def test_a_field_that_is_only_new_is_no_other_version() -> None:
    """The schema allows additional fields within version 1."""
    item = {"id": "b", "rank": 1, "score": 0.5, "similarity": 0.5, "title": "", "byline": "x",
            "reason": ["guarantees", "kyiv"]}  # fmt: skip
    VALIDATOR.validate({"version": 1, "id": "a", "related": [item], "more": True})


def test_it_is_the_same_from_everywhere(news: RelatedNews, archive: Path, tmp_path: Path) -> None:
    """Python, command line, files and HTTP give the same bytes."""
    expected = json_export.dumps(news.related(DEMO_ID))
    VALIDATOR.validate(json.loads(expected))
    runner = click.testing.CliRunner()
    command = ["related", str(archive), DEMO_ID, "--format", "json"]
    assert runner.invoke(main, command).stdout == f"{expected}\n"
    file = tmp_path / "lists.jsonl"
    assert runner.invoke(main, ["export", str(archive), "-q", "-o", str(file)]).exit_code == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    assert expected in lines
    for line in lines:
        VALIDATOR.validate(json.loads(line))
    client = TestClient(web.app(archive, limits=PATIENT))
    assert client.get(f"/related/{DEMO_ID}.json").text == expected
    news.store_lists()
    assert client.get(f"/related/{DEMO_ID}.json").text == expected
    assert json_export.dumps(RelatedNews().fit(sample_articles()).related(DEMO_ID)) == expected


@settings(deadline=None)
@given(items)
def test_equal_lists_are_equal_bytes(item: RelatedItem) -> None:
    """Equal lists give equal bytes: no order of a dict, no time of day."""
    one, other = RelatedList("a", (item,)), RelatedList("a", (dataclasses.replace(item),))
    assert json_export.dumps(one) == json_export.dumps(other)
    for write in (jsonld.dumps, feeds.atom, feeds.json_feed):
        assert write(one) == write(other)
    assert list(one.to_dict()) == ["version", "id", "related"]


def test_json_ld_is_an_item_list(news: RelatedNews) -> None:
    """JSON-LD names every article once, in order, with its address and date."""
    related = news.related(DEMO_ID)
    described = json.loads(jsonld.dumps(related))
    assert (described["@context"], described["@type"]) == ("https://schema.org", "ItemList")
    assert described["numberOfItems"] == len(related) == 8
    for item, entry in zip(related, described["itemListElement"], strict=True):
        assert item.published
        assert item.source
        assert (entry["@type"], entry["position"]) == ("ListItem", item.rank)
        assert entry["item"] == {
            "@type": "NewsArticle",
            "identifier": item.id,
            "headline": item.title,
            "description": item.dek,
            "url": item.url,
            "datePublished": item.published.isoformat(),
            "articleSection": item.section,
            "keywords": [*item.tags],
            "sourceOrganization": {"@type": "Organization", "name": item.source},
            "inLanguage": item.language,
        }
    nothing = json.loads(jsonld.dumps(RelatedList("a", ())))
    assert nothing["itemListElement"] == []


def test_feeds_are_what_feed_readers_take(news: RelatedNews) -> None:
    """Atom and JSON Feed name every article once, in order, with address and date."""
    feedparser = pytest.importorskip("feedparser")
    related = news.related(DEMO_ID)
    written = feeds.atom(related, heading="More <on> this")
    assert written == feeds.atom(news.related(DEMO_ID), heading="More <on> this")
    read = feedparser.parse(written.encode())
    assert not read.bozo
    assert (read.version, read.feed.title) == ("atom10", "More <on> this")
    feed = json.loads(feeds.json_feed(related))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    for item, entry, record in zip(related, read.entries, feed["items"], strict=True):
        assert item.published
        assert (entry.title, entry.link, entry.summary) == (item.title, item.url, item.dek)
        assert entry.published == entry.updated == item.published.isoformat()
        assert [tag.term for tag in entry.tags] == [item.section, *item.tags] == record["tags"]
        assert entry.author == (item.author or item.source)
        assert (record["id"], record["title"], record["url"]) == (item.id, item.title, item.url)
        assert record["date_published"] == item.published.isoformat()
    assert read.feed.updated == max(entry.updated for entry in read.entries)


def test_feeds_of_little(news: RelatedNews) -> None:
    """Elements that Atom requires are present, even for empty lists and unknown fields."""
    feedparser = pytest.importorskip("feedparser")
    for shown in ((), (RelatedItem("a/b", 1, 0.5, 0.5, "", language="<x>"),)):
        read = feedparser.parse(feeds.atom(RelatedList(None, shown)).encode())
        assert not read.bozo
        assert read.feed.id == "urn:x-relnews:list:"
        assert read.feed.updated == "1970-01-01T00:00:00+00:00"
        assert [
            (entry.id, entry.title, entry.updated, entry.content[0].value) for entry in read.entries
        ] == [
            ("urn:x-relnews:article:a%2Fb", item.id, read.feed.updated, item.id) for item in shown
        ]


# --- the service keeps to its own description ----------------------------------------------------


@pytest.mark.heavy
def test_the_service_does_as_it_says(archive: Path, tmp_path: Path) -> None:
    """Every answer, to right and wrong requests, is one that OpenAPI describes."""
    script = Path(sysconfig.get_path("scripts")) / "st"
    with serving(archive) as address:
        done = subprocess.run(
            [script, "run", f"{address}/openapi.json", "--checks", "all", "--max-examples", "15",
             "--generation-deterministic", "--no-color"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Tested: 8" in done.stdout


def test_the_service_is_described_where_lists_are(archive: Path) -> None:
    """The OpenAPI description uses the schema of lists."""
    client = TestClient(web.app(archive, limits=PATIENT))
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["list"]["properties"].keys() == SCHEMA["properties"].keys()
    assert schemas["item"]["properties"].keys() == SCHEMA["$defs"]["item"]["properties"].keys()
