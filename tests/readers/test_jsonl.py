"""The reader of JSON: JSON Lines, and the shapes of other documents."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading import ARTICLES, PACKERS, RECORDS, Read, as_jsonl, ids, unreadable
from relnews.articles import FIELDS, Article
from relnews.exceptions import ArticleError
from relnews.readers import read_articles
from relnews.readers.field_names import FieldNames
from relnews.readers.found import Skipped
from relnews.readers.json_document import LONGEST_DOCUMENT
from relnews.readers.jsonl import records
from relnews.readers.lines import Lines
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.records import articles_from
from strategies import examples

# --- JSON Lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "'nonsense' (Expecting value: column 1)"),
        ('{"id": "a", "te', "(Unterminated string starting at: column 13)"),
        ('["a"] {"id": "b"}', "(Extra data: column 7)"),
        ("[1, 2]", "'[1, 2]' (list)"),
        ('"text"', "(str)"),
        ("null", "'null' (NoneType)"),
        ("17", "(int)"),
        ("\0", "(Expecting value: column 1)"),
        ("[INFO] export started", "'[INFO] export started'"),
        ("[" * 100_000, "'[[[["),
        ('{"id": ' * 100_000, '{"id": {"id": {'),
        ('{"id": ' + "1" * 10_000 + "}", "limit"),
        ('{"id": "x", "text": "' + "long " * 1_000, "long…"),
    ],
)
def test_line_that_holds_no_object(read: Read, line: str, words: str) -> None:
    """A line without a JSON object is named with an excerpt."""
    content = as_jsonl(RECORDS).decode()
    for text, number in ((content + line, 3), (f"{line}\n{content}", 1)):
        reader = read(text, "news.jsonl")
        assert list(reader) == ARTICLES
        (sentence,) = unreadable(reader)
        assert sentence.startswith(
            f"news.jsonl:{number}: unreadable: expected one JSON object, got"
        )
        assert words.replace("long…", "…") in sentence
        assert len(sentence) < 300


def test_json_spellings(read: Read) -> None:
    """Escapes, lone surrogates, NaN and numbers are read as Python reads them."""
    line = r'{"id": 17, "title": "\u00fc\ud83d\ude00", "text": "a\ud83d\u0000", "section": NaN}'
    assert list(read(line, "news.jsonl")) == [Article("17", "ü😀", text="a\ufffd\0")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(read: Read, end: str) -> None:
    """Lines end as on any system."""
    assert list(read(as_jsonl(RECORDS).replace(b"\n", end.encode()), "news.jsonl")) == ARTICLES


def test_files_with_byte_order_marks_that_were_joined(read: Read) -> None:
    """A byte order mark at the beginning of any line is skipped."""
    lines = [b"\xef\xbb\xbf" + as_jsonl([record]) for record in RECORDS]
    assert list(read(b"".join(lines), "news.jsonl")) == ARTICLES


# --- documents -----------------------------------------------------------------------------------

#: Documents with the records, and the place of the second record in them.
_dump = json.dumps
_pages = [_dump({"posts": [record], "meta": {"page": n}}) for n, record in enumerate(RECORDS)]
DOCUMENTS = {
    "array": (_dump(RECORDS), r"1:\d+"),
    "indented array": (_dump(RECORDS, indent=2), r"8:3"),
    "array of lines": ("[\n" + ",\n".join(map(_dump, RECORDS)) + "\n]\n", "3:1"),
    "array after blank lines": ("\n [" + ",\n".join(map(_dump, RECORDS)) + "]", "3:1"),
    "arrays, one after another": ("\n".join(_dump([record]) for record in RECORDS), "2:2"),
    "array of arrays": (_dump([[record] for record in RECORDS]), r"1:\d+"),
    "objects, one after another": ("".join(map(_dump, RECORDS)), "1"),
    "indented objects": ("\n".join(_dump(record, indent=1) for record in RECORDS), "7:1"),
    "object with the list": (_dump({"posts": RECORDS}), r"1: posts\[1\]"),
    "indented object": (_dump({"posts": RECORDS}, indent="\t"), r"1:1: posts\[1\]"),
    "unknown name": (_dump({"artikel": RECORDS, "n": 2}), r"1: artikel\[1\]"),
    "deep": (_dump({"data": {"articles": RECORDS, "next": None}}), r"1: data\.articles\[1\]"),
    "search engine": (
        _dump({"hits": {"total": 2, "hits": [{"_source": record} for record in RECORDS]}}),
        r"1: hits\.hits\[1\]",
    ),
    "GraphQL": (
        _dump({"data": {"posts": {"edges": [{"node": record} for record in RECORDS]}}}),
        r"1: data\.posts\.edges\[1\]",
    ),
    "JSON:API": (
        _dump({"data": [{"type": "article", "attributes": record} for record in RECORDS]}),
        r"1: data\[1\]",
    ),
    "JSON Feed": (
        _dump({"version": "1.1", "title": "The Harbour Gazette", "items": RECORDS}),
        r"1: items\[1\]",
    ),
    "in a list": (
        _dump({"export": [{"meta": {}, "data": {"posts": RECORDS, "posts_tags": [{"id": "1"}]}}]}),
        r"1: export\[0\]\.data\.posts\[1\]",
    ),
    "by id": (_dump({record["id"]: record for record in RECORDS}), r"1: \[b\]"),
    "pages": ("\n".join(_pages), r"2: posts\[0\]"),
    "list in parts": (_dump({"harbour": RECORDS[:1], "island": RECORDS[1:]}), r"1: island\[0\]"),
    "table of phpMyAdmin": (
        _dump([{"type": "table", "name": "posts", "data": RECORDS}]),
        r"1:2: data\[1\]",
    ),
}


@pytest.mark.parametrize("shape", DOCUMENTS)
@pytest.mark.parametrize("name", ["news.json", "news.jsonl.gz"])
def test_document(read: Read, name: str, shape: str) -> None:
    """The list of articles is found in a document of any shape, and each article has its place."""
    content, place = DOCUMENTS[shape]
    packed = gzip.compress(content.encode()) if name.endswith(".gz") else content
    reader = read(packed, name)
    articles = list(reader)
    assert articles == ARTICLES
    assert re.fullmatch(f"{re.escape(name)}:{place}", articles[1].origin)
    assert not reader.load_report.problems


@pytest.mark.parametrize("shape", ["array", "indented array", "object with the list"])
def test_document_in_utf16(read: Read, shape: str) -> None:
    """A byte order mark tells UTF-16."""
    assert list(read(DOCUMENTS[shape][0].encode("utf-16"), "news.json")) == ARTICLES


@pytest.mark.parametrize("content", ["[]", "[\n]", " [ ] ", "[[], []]"])
def test_empty_array(read: Read, content: str) -> None:
    """An array without records has no article and no problem."""
    reader = read(content, "news.json")
    assert list(reader) == []
    assert reader.load_report.seen == 0


def test_other_lists_of_a_document_are_named(read: Read) -> None:
    """A list of articles with a known name is read; others that look like articles are counted."""
    document = {"pages": [{"id": "about", "title": "About us"}], "posts": RECORDS}
    reader = read(json.dumps(document), "news.json")
    assert list(reader) == ARTICLES
    assert reader.load_report.problems == {Problem.NOT_AN_ARTICLE: 1}
    assert "pages: not an article: a list of 1 beside posts" in reader.load_report.summary()


@pytest.mark.parametrize(
    "record",
    [
        {"id": "a", "title": "T", "comments": [{"id": "1", "text": "First!", "title": "x"}]},
        {"id": "a", "comments": [{"id": "1", "title": "x", "text": "First!"}]},
        {"id": "a", "attributes": {"title": "T", "content": [{"type": "paragraph", "text": "x"}]}},
        {"id": "a", "text": "x", "posts": [{"id": "1", "title": "Read too"}]},
        {"title": "T", "content": [{"type": "paragraph", "text": "x"}]},
    ],
)
def test_lists_in_an_article_are_parts_of_it(read: Read, record: dict[str, object]) -> None:
    """Comments, paragraphs and related posts of an article are no articles."""
    reader = read(json.dumps(record), "news.jsonl")
    assert len(list(reader)) <= 1
    assert all(article.origin == "news.jsonl:1" for article in reader)
    assert reader.load_report.problems.keys() <= {
        Problem.NO_TEXT, Problem.NO_WORDS, Problem.MENDED,
    }  # fmt: skip


def test_entries_that_are_no_objects(read: Read) -> None:
    """Other entries of a list are counted and named."""
    for content in (json.dumps([RECORDS[0], None, RECORDS[1]]), _dump({"posts": [*RECORDS, 7]})):
        reader = read(content, "news.json")
        assert list(reader) == ARTICLES
        assert "expected one JSON object, got" in unreadable(reader)[0]


# --- damaged documents ---------------------------------------------------------------------------

STORIES = [{"id": str(n), "title": "T", "text": f"Text {n}."} for n in range(200)]


@pytest.mark.parametrize("indent", [None, 1, "\t"])
def test_broken_element_costs_itself_only(read: Read, indent: int | str | None) -> None:
    """Elements on lines of their own are read after one that is broken."""
    elements = [json.dumps(story, indent=indent) for story in STORIES]
    elements[7] = elements[7].replace('"T"', '"T "quoted""')
    reader = read("[\n" + ",\n".join(elements) + "\n]", "news.json")
    assert ids(reader) == [str(n) for n in range(200) if n != 7]
    (sentence,) = unreadable(reader)
    line = 2 + 7 * (1 if indent is None else 5)
    assert sentence.startswith(f"news.json:{line}:1: unreadable: expected one JSON object, got")


def test_first_line_that_is_cut_off(read: Read) -> None:
    """A first line of JSON Lines that ends too early costs itself only."""
    for first in ('{"id": "x",', '{"id": "x", "title":', '{"id": "x", "tags": ["a"', "{"):
        reader = read(f"{first}\n".encode() + as_jsonl(STORIES), "news.jsonl")
        assert ids(reader) == [story["id"] for story in STORIES]
        assert unreadable(reader)[0].startswith("news.jsonl:1:1: unreadable: expected one JSON")


def test_broken_element_of_a_line(read: Read) -> None:
    """In a single line all after a broken element is lost, and the report says so."""
    content = json.dumps(STORIES).replace("Text 7.", 'Text "7".')
    reader = read(content, "news.json")
    assert ids(reader) == [str(n) for n in range(7)]
    assert "all records after it are lost" in unreadable(reader)[0]


@given(
    indent=st.sampled_from([None, 1]),
    packed=st.sampled_from(sorted(PACKERS)),
    share=st.floats(0, 0.999),
)
def test_truncated_array(
    tmp_path_factory: pytest.TempPathFactory, indent: int | None, packed: str, share: float
) -> None:
    """An array that ends in the middle gives its whole elements and one problem."""
    text = json.dumps(STORIES, indent=indent)
    content = text[: int((len(text) - 1) * share) + 1]
    path = tmp_path_factory.getbasetemp() / f"cut.json{packed}"
    path.write_bytes(PACKERS[packed](content.encode()))
    reader = read_articles(path)
    assert ids(reader) == [str(n) for n in range(content.count("}"))]
    assert reader.load_report.problems == {Problem.UNREADABLE: 1}


@pytest.mark.parametrize("shape", ["array", "object"])
def test_damaged_document(read: Read, shape: str) -> None:
    """A packed document that is cut off gives its whole elements, and one problem for the rest."""
    stories = [{"id": str(n), "text": random.Random(n).randbytes(400).hex()} for n in range(900)]
    packed = gzip.compress(json.dumps(stories if shape == "array" else {"posts": stories}).encode())
    reader = read(packed[: len(packed) // 2], "news.json.gz")
    got = ids(reader)
    assert got == [str(n) for n in range(len(got))]
    assert (300 < len(got) < 600) if shape == "array" else not got
    (sentence,) = unreadable(reader)
    assert "the file ends in the middle" in sentence


def test_strict_raises_for_a_truncated_array(read: Read) -> None:
    """A strict reader raises at the point where the document ends."""
    with pytest.raises(ArticleError, match="the file ends in the middle"):
        list(read(json.dumps(STORIES)[:-1], "news.json", strict=True))


# --- bounds --------------------------------------------------------------------------------------

BOMB = b'{"id": "x", "title": "T", "text": "' + b"x" * (64 << 20)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("shape", ["lines", "array"])
def test_bomb_in_constant_memory(
    read: Read, monkeypatch: pytest.MonkeyPatch, shape: str, place: int
) -> None:
    """A packed record that is too long is skipped and counted, and reading goes on after it."""
    longest = 1 << 20
    for module in ("lines", "jsonl", "json_document"):
        monkeypatch.setattr(f"relnews.readers.{module}.LONGEST", longest)
    lines = [json.dumps(story).encode() for story in STORIES[:3]]
    lines[place] = BOMB
    content = b"\n".join(lines) if shape == "lines" else b"[\n" + b",\n".join(lines) + b"]"
    reader = read(gzip.compress(content, 1), "news.jsonl.gz")
    tracemalloc.start()
    try:
        assert ids(reader) == [str(n) for n in range(3) if n != place]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * longest
    assert "expected a record of at most 1,048,576 characters" in unreadable(reader)[0]


def test_long_list_of_one_line(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list in a line may be longer than a record; an object around it has its own bound."""
    for module in ("lines", "jsonl", "json_document"):
        monkeypatch.setattr(f"relnews.readers.{module}.LONGEST", 1000)
    stories = [str(n) for n in range(200)]
    assert ids(read(json.dumps(STORIES), "news.json")) == stories
    assert ids(read(json.dumps({"posts": STORIES}), "news.json")) == stories
    assert ids(read(json.dumps({"posts": STORIES}, indent=1), "news.json")) == stories
    monkeypatch.setattr("relnews.readers.json_document.LONGEST_DOCUMENT", 2000)
    reader = read(json.dumps({"posts": STORIES}), "news.json")
    assert list(reader) == []
    assert "at most 2,000 characters" in unreadable(reader)[0]


def test_bound_of_a_document_is_as_documented() -> None:
    """An object that holds the list has 256 Mi characters at most."""
    assert LONGEST_DOCUMENT == 256 * 1024 * 1024


# --- properties ----------------------------------------------------------------------------------

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda parts: (
        st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3)
    ),
    max_leaves=10,
)
#: Fields that only go along: whatever they are, the article is loaded.
CARRIED = sorted({*FIELDS} - {"id", "title", "dek", "text", "published", "expires"})


@examples(4)
@given(values=st.dictionaries(st.sampled_from(CARRIED), _json), extra=_json)
def test_no_value_of_a_carried_field_costs_the_article(
    values: dict[str, object], extra: object
) -> None:
    """An article is loaded whatever JSON its other fields are."""
    load_report = LoadReport()
    record = {"id": "a", "title": "T", "text": "Text.", **values, "unknown": extra}
    (article,) = articles_from([json.loads(json.dumps(record))], load_report)
    assert (article.id, article.title, article.text) == ("a", "T", "Text.")
    assert load_report.problems.keys() <= {Problem.MENDED}
    assert load_report.seen == load_report.loaded == 1


@examples(4)
@given(content=st.text(st.sampled_from('[]{},:" \n0a\\'), max_size=60) | _json.map(json.dumps))
def test_any_text_ends_with_records_or_reasons(content: str) -> None:
    """Any text is read to its end, and whatever is no object has a reason."""
    with Lines(io.BufferedReader(io.BytesIO(content.encode()))) as lines:
        for _, record in records(lines, FieldNames({})):
            assert isinstance(record, (dict, Skipped))


_story = st.fixed_dictionaries({"title": st.text(min_size=1).filter(str.strip), "other": _json})


@examples(2)
@given(
    stories=st.lists(_story, min_size=1, max_size=5),
    indent=st.sampled_from([None, 1]),
    holder=st.sampled_from([None, "posts", "x"]),
)
def test_every_record_of_a_document_is_found(
    stories: list[dict[str, object]], indent: int | None, holder: str | None
) -> None:
    """An array, and an object around it, have the records that JSON Lines have."""
    stories = [{"id": str(n), **story} for n, story in enumerate(stories)]
    document = stories if holder is None else {holder: stories}
    text = json.dumps(document, indent=indent)
    with Lines(io.BufferedReader(io.BytesIO(text.encode()))) as lines:
        found = [record for _, record in records(lines, FieldNames({}))]
    assert json.dumps(found) == json.dumps(stories)


def test_real_page(data_folder: Path) -> None:
    """An indented JSON object of a real site is an article."""
    (article,) = read_articles(data_folder / "t4k3" / "article.json")
    assert article.id == "nato-backs-ukraine-with-new-security-guarantees"
    assert article.text.startswith("NATO plans")


def test_a_control_character_in_a_text(read: Read) -> None:
    """A tab that is not escaped, as careless programs write it, stays in its text."""
    (article,) = read('{"id": 1, "title": "A\tB"}\n', "news.jsonl")
    assert article.title == "A\tB"
