"""The reader of CSV: shapes of files, and rows that are broken."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reading import ARTICLES, RECORDS, Read, as_csv, ids, unreadable
from relnews.articles import Article
from relnews.readers import csv_rows
from relnews.readers.csv import DELIMITERS, records
from relnews.readers.found import Skipped
from relnews.readers.lines import LONGEST, Lines
from strategies import examples

# --- shapes of files -----------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_delimiters(read: Read, delimiter: str) -> None:
    """The header decides between the delimiters, which quoted cells may contain."""
    records = [{**record, "title": "One, two; three\tfour|"} for record in RECORDS]
    expected = [dataclasses.replace(a, title="One, two; three\tfour|") for a in ARTICLES]
    assert list(read(as_csv(records, delimiter), "news.csv")) == expected


def test_delimiter_in_a_quoted_name(read: Read) -> None:
    """A delimiter between quotes in the header is ignored."""
    content = 'id;"text, as sent, ""raw""";title\na;Text.;T\n'
    reader = read(content, "news.csv", fields={"text": 'text, as sent, "raw"'})
    assert list(reader) == [Article("a", "T", text="Text.")]


def test_spaces_around_names(read: Read) -> None:
    """Spaces around a name in the header are removed."""
    assert list(read("id, title ,text\na,T,Text.\n", "news.csv")) == [
        Article("a", "T", text="Text.")
    ]


def test_empty_cells_are_unknown(read: Read) -> None:
    """An empty cell counts as a missing value."""
    reader = read("id,title,text,url,published,tags\na,T,Text.,,,\n", "news.csv")
    assert list(reader) == [Article("a", "T", text="Text.")]
    assert not reader.load_report.problems


def test_row_is_named_by_the_line_it_starts_at(read: Read) -> None:
    """A row is named by its first line, counting line breaks in cells."""
    content = 'id,title,text\n"a","T","1\r\n2\r3\n"\n,,\nb,"T\n",x\nc,T\nd,T,x,y\n"e\n",T\n'
    reader = read(content, "news.csv")
    assert [article.origin for article in reader] == ["news.csv:2", "news.csv:7"]
    sentences = unreadable(reader)
    places = [sentence.partition(": unreadable: ")[0] for sentence in sentences]
    assert places == ["news.csv:9", "news.csv:10", "news.csv:11"]
    assert ["got 2" in sentences[0], "got 4" in sentences[1]] == [True, True]
    assert all("expected 3 columns as in the header" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('x,"He said "no"",T', "a quote inside a quoted cell is written twice"),
        (r'x,"He said \"no\"",T', "a quote inside a quoted cell is written twice"),
    ],
)
def test_row_that_is_no_csv(read: Read, row: str, words: str) -> None:
    """A malformed row is named, and the rest is read."""
    reader = read(f"id,title,text\na,T,1\n{row}\nb,T,2\n", "news.csv")
    assert ids(reader) == ["a", "b"]
    (sentence,) = unreadable(reader)
    assert sentence.startswith("news.csv:3: unreadable: expected a row of CSV (")
    assert words in sentence


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b'id,"ti"tle,text\n', "expected a row of CSV"),
        (b'id,"title\n', "a quote is never closed"),
    ],
)
def test_header_that_cannot_be_read(read: Read, header: bytes, words: str) -> None:
    """An unreadable header is an error, since no row can be read."""
    with pytest.raises(ValueError, match=rf"^news\.csv: the first row .*{words}"):
        list(read(header + b"a,T,Text.\n", "news.csv"))


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;"])
def test_separator_line_of_excel(read: Read, line: str) -> None:
    """The line ``sep=;`` before the header names the delimiter, whatever the header has."""
    reader = read(f"\ufeff{line}\r\nid;title, or headline;text\r\na;T;Text.\r\n", "news.csv")
    assert [(article.id, article.origin) for article in reader] == [("a", "news.csv:3")]
    assert reader.load_report.seen == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(read: Read, end: str) -> None:
    """Lines end as on any system."""
    content = end.join(["id,title,text", "a,Ü,Text.", f'b,見出し,"One{end}two"', ""])
    reader = read(content, "news.csv")
    assert [(article.title, article.text) for article in reader] == [
        ("Ü", "Text."),
        ("見出し", f"One{end}two"),
    ]
    assert not reader.load_report.problems


def test_mapped_name_in_another_spelling(read: Read) -> None:
    """A name of `fields` finds its column in other letters, blanks and underscores."""
    content = "Nid, Body_Text ,Title\na,Text.,T\n"
    reader = read(content, "news.csv", fields={"id": "nid", "text": "body text"})
    assert list(reader) == [Article("a", "T", text="Text.")]


def test_empty_cells_behind_the_header(read: Read) -> None:
    """Empty cells behind the columns of the header, and cells without a name, may be missing."""
    reader = read("id,title,text,\na,T,Text.\nb,T,Text.,,,\nc,T,Text.,x\nd,T,Text.,,x\n", "n.csv")
    assert ids(reader) == ["a", "b", "c"]
    assert "got 5" in unreadable(reader)[0]


# --- rows that are broken ------------------------------------------------------------------------

HEADER = "id,title,text\n"
N_ROWS = 200


def rows(n_rows: int = N_ROWS) -> list[str]:
    return [f"{n},Storm {n},Text {n}\n" for n in range(n_rows)]


@pytest.mark.parametrize(
    "row",
    [
        '119,"Open headline,Text 119\n',
        '119,Headline,"Text 119\n',
        '"119,Headline,Text 119\n',
        '119,"He said ""no,Text 119\n',
        '119,"He said "no"",Text 119\n',
        "119,Headline\n",
        "119,Headline, with a comma,Text 119\n",
        "no row at all\n",
        '"""\n',
    ],
)
@pytest.mark.parametrize("place", [0, 1, 119, N_ROWS - 1])
@pytest.mark.parametrize("others", ["plain", "quoted"])
def test_broken_row_costs_itself_only(read: Read, row: str, place: int, others: str) -> None:
    """All other rows are loaded, and the broken one is counted and named with its line."""
    lines = rows()
    if others == "quoted":
        lines = [f'{n},"Storm, and ""wind"" {n}","Text {n}"\n' for n in range(N_ROWS)]
    lines[place] = row
    reader = read(HEADER + "".join(lines), "news.csv")
    assert ids(reader) == [str(n) for n in range(N_ROWS) if n != place]
    (sentence,) = unreadable(reader)
    assert sentence.startswith(f"news.csv:{place + 2}: unreadable: expected ")


def test_two_quotes_that_seem_to_belong_together(read: Read) -> None:
    """A quoted cell that swallows whole rows was never closed."""
    lines = rows()
    lines[50] = '50,"Storm,Text\n'
    lines[90] = '90,Storm",Text\n'
    reader = read(HEADER + "".join(lines), "news.csv")
    assert ids(reader) == [str(n) for n in range(N_ROWS) if n != 50]
    assert "a quoted cell of several rows" in unreadable(reader)[0]


def test_lines_after_a_broken_row_are_no_articles(read: Read) -> None:
    """Lines that belong to a broken row are counted, even if they have as many cells."""
    lines = rows()
    lines[7] = '7,"Storm","He said "no".\nHowever, it rained, and rained.\nThe end."\n'
    reader = read(HEADER + "".join(lines), "news.csv")
    assert ids(reader) == [str(n) for n in range(N_ROWS) if n != 7]
    assert len(unreadable(reader)) == 3
    assert "does not look like the rows before" in unreadable(reader)[1]


@given(
    identifiers=st.lists(st.text("aB1 -_.é/", min_size=1, max_size=6), min_size=2, unique=True),
    data=st.data(),
)
def test_ids_of_any_kind_after_a_stray_quote(identifiers: list[str], data: st.DataObject) -> None:
    """If no later line can close the quote, all rows after it are loaded, whatever their ids."""
    lines = [f"{identifier},Storm,Text\n" for identifier in identifiers]
    place = data.draw(st.integers(0, len(lines) - 1))
    lines[place] = f'{identifiers[place]},"Storm,Text\n'
    found = [record for _, record in records(iter([HEADER, *lines]), "news.csv")]
    loaded = [record["id"] for record in found if not isinstance(record, Skipped)]
    assert loaded == [*identifiers[:place], *identifiers[place + 1 :]]
    assert len(found) == len(lines)


def test_cell_with_lines_that_look_like_rows(read: Read) -> None:
    """A text may have lines with as many commas as a row: they do not begin with an id."""
    text = "First, second, third.\nOne, two, three.\n" * 5
    content = as_csv([{"id": str(n), "text": text} for n in range(5)])
    reader = read(content, "news.csv")
    assert [article.text for article in reader] == [text] * 5
    assert not reader.load_report.problems


def test_row_of_several_lines_with_a_cell_too_many(read: Read) -> None:
    """A row that is well formed, but too long, is a single record."""
    content = HEADER + '1,T,x\n2,"T\nT, T",x,y\n3,T,x\n'
    reader = read(content, "news.csv")
    assert ids(reader) == ["1", "3"]
    assert len(unreadable(reader)) == 1


def test_file_of_broken_rows_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are read in vain only so often, and rows of several lines are read again after it."""
    monkeypatch.setattr(csv_rows, "_IN_VAIN", 10_000)
    n_parsed = 0

    def lines() -> Iterator[str]:
        yield from [HEADER, *(['a",",b\n'] * 20_000), *rows(), '7,T,"two\n', 'lines"\n']

    take = csv_rows._Feed.__next__

    def counted(feed: object) -> str:
        nonlocal n_parsed
        n_parsed += 1
        return take(feed)

    monkeypatch.setattr(csv_rows._Feed, "__next__", counted)
    found = [record for _, record in records(lines(), "news.csv")]
    assert sum(isinstance(record, Skipped) for record in found) == 20_000
    assert found[-1] == {"id": "7", "title": "T", "text": "two\nlines"}
    assert n_parsed < 4 * 20_000


_cell = st.text(st.sampled_from('ab,"\n é;'), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], dict[int, str]]:
    """Return rows of CSV as written, and the broken ones among them by their places."""
    n_rows = draw(st.integers(1, 30))
    written = []
    for number in range(n_rows):
        text = io.StringIO(newline="")
        quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        cells = [str(number), f"Title {draw(_cell)}", f"Text {draw(_cell)}"]
        csv.writer(text, quoting=quoting, lineterminator="\n").writerow(cells)
        written.append(text.getvalue())
    broken = {}
    for place in draw(st.sets(st.integers(0, n_rows - 1), max_size=3)):
        number = f"{place}"
        fault = draw(st.sampled_from(["quote", "missing", "extra", "open"]))
        title, text_cell = draw(st.text("ab ", max_size=5)), draw(st.text("ab ", max_size=5))
        if fault == "missing":
            row = f"{number},{title}"
        elif fault == "extra":
            row = f"{number},{title},{text_cell},x"
        elif fault == "open":
            row = draw(st.sampled_from([f'{number},"{title},{text_cell}', f'{number},{title},"x']))
        else:
            row = f'{number},"{title} "a" {title}",{text_cell}'
        broken[place] = row + "\n"
    return written, broken


@examples(4)
@given(table=tables(), packed=st.booleans())
def test_every_intact_row_is_loaded(table: tuple[list[str], dict[int, str]], packed: bool) -> None:
    """Broken rows at any place cost themselves only, and every row is loaded or counted."""
    written, broken = table
    # Two open quotes in neighbouring rows are a quoted cell with a line break in it.
    assume(all(place + 1 not in broken for place in broken))
    lines = [broken.get(place, row) for place, row in enumerate(written)]
    with Lines(io.BufferedReader(io.BytesIO((HEADER + "".join(lines)).encode()))) as source:
        found = [record for _, record in records(source, "news.csv")]
    loaded = {int(record["id"]): record for record in found if not isinstance(record, Skipped)}
    intact = {
        place: next(csv.reader(io.StringIO(row, newline="")))
        for place, row in enumerate(written)
        if place not in broken
    }
    assert {place: loaded[place]["text"] for place in intact} == {
        place: row[2] for place, row in intact.items()
    }
    assert len(found) >= len(lines)


@given(st.integers(0, 400))
def test_truncated_end(n_bytes: int) -> None:
    """A file that ends in a row loses that row only, and counts what is left of it."""
    text = 'One, "two"\nthree'
    content = as_csv([{"id": f"{n}", "title": "T", "text": text} for n in range(20)])
    n_bytes = max(len(content) - n_bytes, 100)
    with Lines(io.BufferedReader(io.BytesIO(content[:n_bytes]))) as source:
        found = [record for _, record in records(source, "news.csv")]
    loaded = [record for record in found if not isinstance(record, Skipped)]
    whole = content[:n_bytes].count(b",,,,,\r\n")
    assert [record["id"] for record in loaded[:whole]] == [f"{n}" for n in range(whole)]
    # A row may end in front of cells that are empty anyway, but not in its text.
    assert all(record["text"] == text for record in loaded)


# --- bounds --------------------------------------------------------------------------------------


def test_line_without_an_end_in_constant_memory(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A packed line that is too long is skipped and counted, and reading goes on after it."""
    longest = 1 << 20
    for module in ("lines", "csv_rows", "csv"):
        monkeypatch.setattr(f"relnews.readers.{module}.LONGEST", longest, raising=False)
    bomb = b"2,T," + b"x" * (64 << 20)
    packed = gzip.compress(HEADER.encode() + b"1,T,x\n" + bomb + b"\n3,T,x\n", 1)
    reader = read(packed, "news.csv.gz")
    tracemalloc.start()
    try:
        assert ids(reader) == ["1", "3"]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * longest
    (sentence,) = unreadable(reader)
    assert sentence.startswith("news.csv.gz:3: unreadable: expected a record of at most 1,048,576")


def test_quote_without_an_end_in_constant_memory(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quoted cell of more characters than a record may have is given up, and its rows read."""
    monkeypatch.setattr("relnews.readers.csv_rows.LONGEST", 1000)
    lines = rows()
    lines[3] = '3,"Storm,x\n'
    reader = read(HEADER + "".join(lines), "news.csv")
    assert ids(reader) == [str(n) for n in range(N_ROWS) if n != 3]
    assert "at most 1,000 characters" in unreadable(reader)[0]


def test_bound_is_as_documented() -> None:
    """The longest record has 32 Mi characters."""
    assert LONGEST == 32 * 1024 * 1024


# --- the library csv -----------------------------------------------------------------------------


def test_limit_of_others_is_left_alone(read: Read) -> None:
    """A cell may exceed the limit of csv, which other users of csv keep."""
    limit = csv.field_size_limit()
    long = "x" * (limit + 1)
    limits = {limit}
    for article in read(as_csv([{"id": "a", "text": long}] * 3), "news.csv"):
        assert article.text == long
        limits.add(csv.field_size_limit())
    assert limits == {csv.field_size_limit()} == {limit}


def test_a_blank_after_each_delimiter(read: Read) -> None:
    """Where the header has a blank after each delimiter, it is no part of a cell."""
    reader = read('id, title, text\n1, "A, b", x\n2, B, "y\nz"\n', "news.csv")
    assert [(article.title, article.text) for article in reader] == [("A, b", "x"), ("B", "y\nz")]
    (article,) = read("id,title,text\n1, A,x\n", "news.csv")
    assert article.title == " A"
