"""Options of reading are the same in Python and on the command line, and are checked at once."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from relnews import RelatedNews, read_articles
from relnews.cli import main
from relnews.readers import read_sql
from relnews.readers.read_options import ReadOptions, ReadSpec

NAMES = [*ReadOptions.__annotations__]


def test_every_place_has_every_option() -> None:
    """The checked options and the commands have the names of the documented ones."""
    # What an archive remembers, and first records of another place, are no options.
    assert {*inspect.signature(ReadSpec).parameters} == {*NAMES, "remembered", "first"}
    for command, names in (("build", NAMES), ("update", {*NAMES} - {"part"})):
        options = {name for option in main.commands[command].params for name in option.opts}
        for name in names:
            spelling = "--field" if name == "fields" else f"--{name.replace('_', '-')}"
            assert spelling in options


def calls(folder: Path, options: dict[str, Any]) -> list[Any]:
    """Return the functions that take options of reading, called with them."""
    path = folder / "a.jsonl"
    path.write_text('{"id": 1, "text": "T"}', encoding="utf-8")
    return [
        lambda: read_articles(path, **options),
        lambda: read_sql("sqlite://", "SELECT 1 AS id", **options),
        lambda: RelatedNews().fit([{"id": 1, "text": "T"}], **options),
        lambda: RelatedNews().partial_fit([{"id": 1, "text": "T"}], **options),
    ]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (
            {"markup": "xml"},
            ValueError,
            "`markup` must be one of 'auto', 'html', 'text', got 'xml'",
        ),
        ({"unreadable_dates": "drop"}, ValueError, "`unreadable_dates` must be one of"),
        ({"date_order": "ymd"}, ValueError, "`date_order` must be one of 'dmy', 'mdy', None"),
        ({"include_unlisted": "yes"}, ValueError, "`include_unlisted` must be one of"),
        ({"fields": ["text"]}, TypeError, "`fields` must map fields of Article"),
        ({"fields": {"body": "text"}}, ValueError, "got the field 'body'"),
        ({"fields": {"text": ["body", "content"]}}, TypeError, "must name one field of the source"),
        ({"url": "/{a b}"}, ValueError, "`url` must be a pattern"),
    ],
)
def test_wrong_options(
    options: dict[str, Any], error: type[Exception], words: str, tmp_path: Path
) -> None:
    """A wrong value is refused by every function, before anything is read."""
    for call in calls(tmp_path, options):
        with pytest.raises(error) as caught:
            call()
        assert words in str(caught.value)


def test_unknown_options(tmp_path: Path) -> None:
    """A name that is no option is refused."""
    for call in calls(tmp_path, {"field": {"text": "body"}}):
        with pytest.raises(TypeError, match="field"):
            call()


def test_a_reader_has_its_own_options(tmp_path: Path) -> None:
    """Options are given to the function that makes the reader, not to `fit`."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "body": "T"}', encoding="utf-8")
    with pytest.raises(TypeError, match="`articles` is a reader; give `fields` to `read_articles`"):
        RelatedNews().fit(read_articles(path), fields={"text": "body"})


RECORDS = [
    {"id": "a", "text": "<p>One</p>", "published": "01/02/2024"},
    {"id": "b", "text": "<p>Two</p>", "draft": True},
    {"id": "c", "text": "<p>Three</p>", "published": "soon"},
    {"id": "d", "headline": "Four", "published": "2024-02-01"},
]

SUMMARIES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "default": ({}, ["2 articles loaded, 0 skipped, 2 withheld", "texts are read as HTML"]),
    "unlisted": ({"include_unlisted": True}, ["3 articles loaded, 0 skipped, 1 withheld"]),
    "dates": ({"unreadable_dates": "keep"}, ["3 articles loaded", "bad date: 1 (kept, undated)"]),
    "order": ({"date_order": "mdy"}, ["2 articles loaded"]),
    "markup": ({"markup": "text"}, ["2 articles loaded"]),
    "fields": ({"fields": {"title": "headline"}}, ["2 articles loaded"]),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_python_and_the_command_line_agree(name: str, tmp_path: Path, invoke: Any) -> None:
    """Each option does the same in `fit`, `read_articles` and `relnews build`."""
    options, expected = SUMMARIES[name]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, RECORDS)), encoding="utf-8")
    arguments: list[str] = []
    for option, value in options.items():
        spelling = f"--{option.replace('_', '-')}"
        if option == "fields":
            arguments += ["--field", *(f"{field}={theirs}" for field, theirs in value.items())]
        else:
            arguments += [spelling] if value is True else [spelling, value]
    result: Result = invoke("build", path, "-o", tmp_path / "a.relnews", *arguments)
    of_file = RelatedNews().fit(read_articles(path, **options))
    of_records = RelatedNews().fit(RECORDS, **options)
    opened = RelatedNews.open(tmp_path / "a.relnews")
    for words in expected:
        assert words in result.stderr
        assert words in of_file.load_report_.summary()
        assert words in of_records.load_report_.summary()
    if name != "order":
        assert "ambiguous date: 1" in result.stderr
    else:
        assert "ambiguous" not in result.stderr
    assert len(opened) == len(of_file) == len(of_records)
