"""Columns of values, as data frames write them, are records."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from reading import Read
from relnews.readers.load_report import Problem

FRAME = pd.DataFrame({
    "title": ["One", "Two", None], "text": ["First.", "Second.", "Third."],
    "tags": [["a"], [], ["b"]],
})  # fmt: skip


@pytest.mark.parametrize("orient", ["split", "columns", "index", "records", "table", "list"])
@pytest.mark.parametrize("index", [[0, 1, 2], ["x", "y", "z"]])
def test_every_orientation_of_a_frame(read: Read, orient: str, index: list[object]) -> None:
    """Each way in which pandas writes a frame has the same articles."""
    frame = FRAME.set_axis(index)
    if orient == "list":
        content = json.dumps(frame.to_dict("list"))
    else:
        content = frame.to_json(orient=orient)
    reader = read(content, "news.json")
    articles = [*reader]
    assert [(article.title, article.text) for article in articles] == [
        ("One", "First."), ("Two", "Second."), ("", "Third."),
    ]  # fmt: skip
    assert articles[0].tags == ("a",)
    has_ids = orient in ("split", "columns", "index") and index[0] == "x"
    assert (articles[0].id == "x") == has_ids
    assert reader.load_report.seen == 3


@pytest.mark.parametrize(
    "record",
    [
        {"title": ["A", "B"], "text": ["x"]}, {"tags": ["a"], "text": "T", "id": "1"},
        {"content": {"rendered": "T"}, "title": {"raw": "A"}},
    ],
)  # fmt: skip
def test_what_is_no_table(read: Read, record: dict[str, object]) -> None:
    """An article with lists and objects is an article."""
    reader = read(json.dumps(record), "news.jsonl")
    assert len([*reader]) == 1
    assert reader.load_report.seen == 1
    assert Problem.UNREADABLE not in reader.load_report.problems
