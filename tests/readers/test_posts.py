"""Posts of Ghost and WordPress in files of any kind: one rule, wherever they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from relnews import read_articles
from relnews.articles import Article
from relnews.readers.load_report import LoadReport
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import articles_from

LEXICAL = {"root": {"children": [
    {"type": "paragraph", "children": [{"type": "text", "text": "The crews want rest."}]},
]}}  # fmt: skip
GHOST = {
    "id": "g", "title": "Ferry strike", "slug": "ferry", "lexical": json.dumps(LEXICAL),
    "html": None, "comment_id": "g", "type": "post", "status": "published",
    "visibility": "public", "email_only": None, "published_at": "2025-06-02T10:00:00.000Z",
}  # fmt: skip
WORDPRESS: dict[str, Any] = {
    "id": "w", "type": "post", "status": "publish", "slug": "ferry",
    "title": {"rendered": "Ferry &amp; strike"},
    "content": {"rendered": "<p>The crews want <b>rest</b>.</p>", "protected": False},
    "date_gmt": "2025-06-02T10:00:00", "link": "https://g.example/ferry",
}  # fmt: skip

HIDING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *((GHOST, values) for values in (
        {"type": "page"}, {"status": None}, {"status": "draft"}, {"status": "sent"},
        {"visibility": "paid"}, {"email_only": 1}, {"published_at": "soon"},
        {"codeinjection_head": "<meta name='robots' content='noindex'>"},
    )),
    *((WORDPRESS, values) for values in (
        {"type": "page"}, {"status": "private"}, {"password": "x"}, {"date_gmt": "soon"},
        {"content": {"rendered": "", "protected": True}},
        {"meta": {"_members_access_role": "editor"}}, {"acf": {"draft": True}},
        {"yoast_head_json": {"robots": {"index": "noindex"}}},
    )),
]  # fmt: skip

Read = Callable[[list[dict[str, Any]], Path], tuple[list[Article], LoadReport]]


def in_file(name: str, content: Callable[[list[Any]], str], encoding: str = "utf-8") -> Read:
    """Return what reads posts out of a file."""

    def read(posts: list[dict[str, Any]], folder: Path) -> tuple[list[Article], LoadReport]:
        path = folder / name
        path.write_text(content(posts), encoding=encoding)
        reader = read_articles(path)
        return [*reader], reader.load_report

    return read


def in_memory(frame: Callable[[list[dict[str, Any]]], Any]) -> Read:
    """Return what reads posts out of a data frame or a list."""

    def read(posts: list[dict[str, Any]], folder: Path) -> tuple[list[Article], LoadReport]:
        report = LoadReport()
        return [*articles_from(frame(posts), report)], report

    return read


def export(posts: list[Any]) -> dict[str, Any]:
    """Return an export of Ghost."""
    return {"db": [{"meta": {"version": "5"}, "data": {"posts": posts, "posts_meta": []}}]}


WAYS: dict[str, Read] = {
    "lines": in_file("a.jsonl", lambda posts: "\n".join(map(json.dumps, posts))),
    "list": in_file("a.json", json.dumps),
    "UTF-16": in_file("a.json", json.dumps, "utf-16"),
    "posts": in_file("a.json", lambda posts: json.dumps({"posts": posts})),
    "data": in_file("a.json", lambda posts: json.dumps({"data": {"posts": posts}})),
    "dicts": in_memory(list),
    "pandas": in_memory(pd.DataFrame),
    "flattened": in_memory(pd.json_normalize),
    "polars": in_memory(lambda posts: pl.DataFrame(posts, infer_schema_length=None)),
}
OF_GHOST: dict[str, Read] = {
    "export in UTF-16": in_file("a.json", lambda posts: json.dumps(export(posts)), "utf-16"),
    "list of an export": in_file("a.json", lambda posts: json.dumps([export(posts)])),
    "line of an export": in_file("a.jsonl", lambda posts: json.dumps(export(posts)) + "\n"),
}


@pytest.mark.parametrize("way", [*WAYS, *OF_GHOST])
def test_a_post_of_ghost(way: str, tmp_path: Path) -> None:
    """Its body is read out of the document of its editor."""
    (article,), report = (WAYS | OF_GHOST)[way]([GHOST], tmp_path)
    assert (article.id, article.text) == ("g", "The crews want rest.")
    assert report.skipped + report.withheld == 0


@pytest.mark.parametrize("way", WAYS)
def test_a_post_of_wordpress(way: str, tmp_path: Path) -> None:
    """Its title and body are read as HTML."""
    (article,), _ = WAYS[way]([WORDPRESS], tmp_path)
    assert (article.title, article.text) == ("Ferry & strike", "The crews want rest.")
    assert article.url == "https://g.example/ferry"


@pytest.mark.parametrize(("post", "values"), HIDING)
def test_a_post_that_is_not_public(
    post: dict[str, Any], values: dict[str, Any], tmp_path: Path
) -> None:
    """What the reader of an export withholds or skips, all readers do."""
    for name, read in (WAYS | (OF_GHOST if post is GHOST else {})).items():
        articles, report = read([{**post, "id": "shown"}, {**post, **values}], tmp_path)
        assert [article.id for article in articles] == ["shown"], name
        assert report.skipped + report.withheld == 1


def test_tags_and_mails_of_an_export_in_another_file(tmp_path: Path) -> None:
    """The other tables of an export count wherever the export is."""
    document = export([GHOST, {**GHOST, "id": "mail"}])
    document["db"][0]["data"] |= {
        "posts_meta": [{"post_id": "mail", "email_only": 1}],
        "tags": [{"id": "t", "name": "Coast"}], "posts_tags": [{"post_id": "g", "tag_id": "t"}],
        "users": [{"id": "u", "name": "Jo"}], "posts_authors": [{"post_id": "g", "author_id": "u"}],
    }  # fmt: skip
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(document) + "\n", encoding="utf-8")
    reader = read_articles(path)
    (article,) = reader
    assert (article.id, article.tags, article.author) == ("g", ("Coast",), "Jo")
    assert reader.load_report.withheld_ids == ["mail"]


def test_own_names_of_a_post_can_be_mapped() -> None:
    """A caller who maps a name of Ghost or WordPress gets its value."""
    (article,) = articles_from(
        [{**WORDPRESS, "uuid": "u"}], LoadReport(), ReadSpec.of({"fields": {"id": "uuid"}})
    )
    assert (article.id, article.text) == ("u", "The crews want rest.")


@pytest.mark.parametrize("kind", ["page", "attachment", "revision", "nav_menu_item"])
def test_kinds_of_a_table_of_wordpress(kind: str) -> None:
    """Rows of `wp_posts` that are no posts are left out; kinds of a site's own are not."""
    report = LoadReport()
    rows = [{"ID": 1, "post_title": "A", "post_content": "x", "post_type": kind},
            {"ID": 2, "post_title": "B", "post_content": "y", "post_type": "news"}]  # fmt: skip
    assert [article.id for article in articles_from(rows, report)] == ["2"]
    assert report.skipped == 1
