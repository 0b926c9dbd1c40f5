"""Values that are no texts: mended if it is obvious, counted, and never the loss of an article."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews.articles import TUPLES, Article
from relnews.readers.field_values import text_values
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.records import articles_from

#: Fields that are carried along to lists.
CARRIED = ("url", "section", "author", "source", "language", "image", "tags")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["name", "url", "rendered", "value", "text", "children", "x"]), inner,
        max_size=3,
    ), max_leaves=10,
)  # fmt: skip


def read(**values: Any) -> tuple[Article, LoadReport]:
    report = LoadReport()
    record = {"id": "a", "title": "A title", "text": "Some text.", **values}
    (article,) = articles_from([record], report)
    assert (report.loaded, report.seen) == (1, 1)
    return article, report


@given(st.dictionaries(st.sampled_from(CARRIED), json_values, max_size=7))
def test_no_value_of_a_carried_field_costs_an_article(values: dict[str, Any]) -> None:
    """Whatever is in a field that is only carried, the article comes in, with texts."""
    article, report = read(**values)
    assert set(report.problems) <= {Problem.MENDED}
    for name in CARRIED:
        value = getattr(article, name)
        if name in TUPLES:
            assert all(isinstance(part, str) and part.strip() == part != "" for part in value)
        else:
            assert value is None or (isinstance(value, str) and value.strip() == value != "")
    json.dumps([article.author, article.tags, article.image], ensure_ascii=False).encode()


@given(json_values)
def test_no_value_of_a_text_is_an_error(value: Any) -> None:
    """Any value of a text field becomes a text."""
    for name in ("title", "dek", "text"):
        article, _ = read(**{name: value, "summary": "So that it has words."})
        assert isinstance(getattr(article, name), str)


@given(json_values)
def test_any_id(value: Any) -> None:
    """Any value of an id becomes a text, or the record is counted."""
    report = LoadReport()
    records = [{"id": value, "text": "T"}, {"id": "fine", "text": "T"}]
    articles = [*articles_from(records, report)]
    assert all(isinstance(article.id, str) and article.id.strip() for article in articles)
    assert report.seen == 2


@given(st.lists(st.text("abc é", min_size=1).filter(str.strip), min_size=1, max_size=4))
def test_authors_are_joined(names: list[str]) -> None:
    """Authors are joined by commas, whether they are texts or objects."""
    names = [name.strip() for name in names]
    for author in (names, [{"name": name, "id": 7} for name in names]):
        article, report = read(author=author)
        assert article.author == ", ".join(names)
        assert report.problems == {Problem.MENDED: 1}
        assert "`author` is a list, its parts are joined" in report.summary()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"image": {"src": "/a.jpg", "alt": " The pier "}}, ("/a.jpg", "The pier")),
        ({"image": [{"url": "/a.jpg", "altText": "The pier"}]}, ("/a.jpg", "The pier")),
        ({"image": {"image": "/a.jpg", "alt": ["The pier"]}}, ("/a.jpg", "The pier")),
        ({"image": {"url": "/a.jpg", "alt": "Quay"}, "imageAlt": "Pier"}, ("/a.jpg", "Pier")),
        ({"image": {"url": "/a.jpg", "alt": ""}}, ("/a.jpg", None)),
        ({"image": "/a.jpg", "alt": "Pier"}, ("/a.jpg", None)),
        ({"image": "/a.jpg", "image.alt": "The pier"}, ("/a.jpg", "The pier")),
        ({"image": "/a.jpg", "image_alt": True}, ("/a.jpg", None)),
        ({"image": []}, (None, None)),
    ],
)
def test_alternative_texts_of_images(record: dict[str, Any], expected: Any) -> None:
    """An image that is an object may have its alternative text with it; an own field wins."""
    (article,) = articles_from([{"id": "a", "text": "T", **record}], LoadReport())
    assert (article.image, article.image_alt) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("image", [{"url": "/a.jpg"}, {"url": "/b.jpg"}], "/a.jpg"),
        ("image", {"@type": "ImageObject", "contentUrl": "/a.jpg"}, "/a.jpg"),
        ("image", ["/a.jpg"], "/a.jpg"),
        ("image", False, None),
        ("image", True, None),
        ("image", np.False_, None),
        ("image", {"sizes": {"large": 1}}, None),
        ("url", {"href": "/a"}, "/a"),
        ("language", "en-GB  ", "en-GB"),
        ("author", "  ", None),
        ("section", ["Island", "News"], "Island"),
        ("section", {"name": "Island", "slug": "i"}, "Island"),
        ("section", 17, "17"),
        ("section", 17.0, "17"),
        ("author", {"name": "Ada", "url": "/ada"}, "Ada"),
        ("author", {"original": "By Ada"}, "By Ada"),
        ("author", [], None),
        ("source", {"name": "Wire"}, "Wire"),
        ("language", ["de", "en"], "de"),
        ("title", {"rendered": "Strike"}, "Strike"),
        ("title", {"main": "Strike", "kicker": None}, "Strike"),
        ("title", b"Strike", "Strike"),
        ("text", {"rendered": "Some text.", "protected": False}, "Some text."),
        ("text", ["One.", "Two."], "One.\nTwo."),
        ("tags", [{"name": "ferry"}, {"name": "strike"}], ("ferry", "strike")),
        ("tags", [{"name": "subject", "value": "ferry"}], ("ferry",)),
        ("tags", '["ferry", "New York, NY"]', ("ferry", "New York, NY")),
        ("tags", "[ferry, strike", ("[ferry", "strike")),
        ("tags", {"ferry": 1, "strike": 2}, ("ferry", "strike")),
        ("tags", {"name": "ferry"}, ("ferry",)),
        ("tags", 5, ("5",)),
        ("tags", [["x"]], ()),
    ],
)
def test_what_is_obvious(name: str, value: Any, expected: Any) -> None:
    """Lists, objects and numbers become what they obviously mean."""
    article, _ = read(**{name: value})
    assert getattr(article, name) == expected


SPANS = [{"text": "Crews "}, {"text": "stop", "bold": True}, {"text": " work."}]
LEXICAL = {
    "root": {
        "children": [
            {"type": "paragraph", "children": SPANS},
            {"type": "paragraph", "children": [{"text": "Talks."}]},
        ]
    }
}
PORTABLE = [
    {"_type": "block", "children": SPANS},
    {"_type": "block", "children": [{"text": "Talks."}]},
]
PROSEMIRROR = {
    "type": "doc",
    "content": [
        {"type": "paragraph", "content": SPANS},
        {"type": "paragraph", "content": [{"text": "Talks."}]},
    ],
}
EDITOR_JS = {
    "time": 1,
    "blocks": [
        {"type": "paragraph", "data": {"text": "Crews stop work."}},
        {"type": "paragraph", "data": {"text": "Talks."}},
    ],
}


@pytest.mark.parametrize("document", [LEXICAL, PORTABLE, PROSEMIRROR, EDITOR_JS])
def test_documents_of_editors(document: Any) -> None:
    """The text of an editor's document is its blocks, one a line."""
    article, report = read(text=document)
    assert article.text == "Crews stop work.\nTalks."
    assert report.problems == {Problem.MENDED: 1}


def test_a_document_that_nobody_would_write() -> None:
    """A document of any depth is read or left out, and never an error."""
    deep: Any = "x"
    for _ in range(5000):
        deep = {"children": [deep]}
    article, _ = read(text=deep)
    assert article.text == ""
    for name in ("draft", "published", "status", "image", "tags", "id", "title"):
        report = LoadReport()
        [*articles_from([{"id": "a", "text": "T", name: deep}], report)]
        assert report.seen == 1


def test_what_is_mended_is_counted() -> None:
    """The summary adds up, and names what was mended with its place."""
    report = LoadReport()
    records = [{"id": n, "text": "T", "image": {"url": "x"}, "author": ["A"]} for n in range(3)]
    assert len([*articles_from(records, report)]) == 3
    assert report.problems == {Problem.MENDED: 6}
    assert (
        "article 1: mended: '0': `image` is a dict, one of its values is taken" in report.summary()
    )


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("a, b", ("a", "b")), ("a; b", ("a", "b")), ("a|b", ("a", "b")),
        ("Smith, J; Doe, A", ("Smith, J", "Doe, A")), ("Q&amp;A; b", ("Q&A", "b")),
        ("Q&A, b", ("Q&A", "b")), ("one tag", ("one tag",)),
    ],
)  # fmt: skip
def test_what_parts_tags(value: str, tags: tuple[str, ...]) -> None:
    """Tags are parted at bars, or else semicolons, or else commas."""
    assert text_values(value, "tags") == (tags, "")
