"""Readers of files: equal articles from every format and packing."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import itertools
import os
import random
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading import ARTICLES, PACKERS, RECORDS, WRITERS, Read, as_csv, as_jsonl, ids, unreadable
from relnews.articles import FIELDS, Article
from relnews.exceptions import ArticleError
from relnews.readers import read_articles
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.records import articles_from


def pipe(monkeypatch: pytest.MonkeyPatch, content: bytes) -> io.BytesIO:
    """Put bytes on standard input."""
    stream = io.BytesIO(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    return stream


# --- opening -------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("ending", [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".JSONL"])
def test_format_and_packing_are_told_from_the_name(read: Read, ending: str, packed: str) -> None:
    """Every documented ending is read, packed or not."""
    content = as_csv(RECORDS) if ending in (".csv", ".tsv") else as_jsonl(RECORDS)
    reader = read(PACKERS[packed](content), f"news.2025{ending}{packed}")
    assert list(reader) == ARTICLES
    assert not reader.load_report.problems


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("name", ["news.jsonl", "news.jsonl.gz", "news.jsonl.xz"])
def test_packing_is_told_from_the_content(read: Read, name: str, packed: str) -> None:
    """The content decides how a file is packed, not its name."""
    assert list(read(PACKERS[packed](as_jsonl(RECORDS)), name)) == ARTICLES


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("ending", WRITERS)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, ending: str, packed: str) -> None:
    """Standard input is read, packed or not, stays open, and has no size."""
    stream = pipe(monkeypatch, PACKERS[packed](WRITERS[ending](RECORDS)))
    reader = read_articles("-", format="csv" if ending == ".csv" else None)
    assert list(reader) == ARTICLES
    assert (reader.bytes_total, reader.bytes_read) == (None, None)
    assert not stream.closed


def test_standard_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem on standard input is named with its line."""
    pipe(monkeypatch, as_jsonl(RECORDS) + b"nonsense\n")
    reader = read_articles("-")
    assert [article.origin for article in reader] == ["<stdin>:1", "<stdin>:2"]
    assert unreadable(reader)[0].startswith("<stdin>:3: unreadable: ")


def test_several_packed_parts_are_one_file(read: Read) -> None:
    """Packed files that were joined with cat are read to the end of the last."""
    for name, pack in PACKERS.items():
        parts = b"".join(pack(as_jsonl([record])) for record in RECORDS)
        assert list(read(parts, f"news.jsonl{name}")) == ARTICLES


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("packed", PACKERS)
def test_empty_file(read: Read, ending: str, packed: str) -> None:
    """An empty file, or a file of blank lines, has no article and no problem."""
    for content in (b"", PACKERS[packed](b""), PACKERS[packed](b"\r\n \n\n")):
        reader = read(content, f"news{ending}")
        assert list(reader) == []
        assert not reader.load_report.problems


@pytest.mark.parametrize("ending", WRITERS)
def test_byte_order_mark_and_line_ends(read: Read, ending: str) -> None:
    """A byte order mark is skipped, and lines may end as on Windows."""
    content = WRITERS[ending](RECORDS).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    expected = [ARTICLES[0].text.replace("\n", "\r\n" if ending == ".csv" else "\n"), "本文"]
    reader = read(b"\xef\xbb\xbf" + content.removesuffix(b"\r\n"), f"news{ending}")
    assert [article.text for article in reader] == expected
    assert not reader.load_report.problems


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_that_the_first_characters_tell(read: Read, ending: str, encoding: str) -> None:
    """UTF-8 and UTF-16 are read with a byte order mark or without."""
    content = WRITERS[ending](RECORDS).decode()
    reader = read(content.encode(encoding), f"news{ending}")
    assert list(reader) == ARTICLES
    assert not reader.load_report.problems


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.csv", "id;title\n1;plain\n2;M\xfcller \x80\n", ":3"),
        ("a.csv", "id;\xdcberschrift;title\n1;x;M\xfcller \x80\n", ":1"),
        ("a.jsonl", '{"id": 1, "title": "M\xfcller \x80"}\n', ":1"),
        ("a.json", '[\n{"id": 1, "title": "M\xfcller \x80"}\n]', ":1"),
        ("a.md", "---\ntitle: M\xfcller \x80\n---\nText.", ""),
        ("a.html", "<title>M\xfcller \x80</title><p>Some text.", None),
    ],
)
def test_windows_1252(read: Read, name: str, content: str, line: str | None) -> None:
    """Bytes that are not UTF-8, as Excel writes them, are characters, and the summary says so."""
    reader = read(content.encode("latin-1"), name)
    *_, article = reader
    assert article.title == "Müller €"
    if line is not None:
        sentence = f"{name}{line}: mended: bytes that are not UTF-8 are read as Windows-1252"
        assert reader.load_report.examples[Problem.MENDED] == [sentence]
    assert reader.load_report.skipped == 0


def test_utf8_with_a_line_of_another_encoding(read: Read) -> None:
    """A line that is not UTF-8 leaves the others as they are."""
    content = "id,title\na,Überschrift\n".encode() + b"b,M\xfcller\nc,\xe8\xa6\x8b\n"
    assert [article.title for article in read(content, "a.csv")] == ["Überschrift", "Müller", "見"]


@pytest.mark.parametrize("ending", WRITERS)
def test_long_text(read: Read, ending: str) -> None:
    """A body of a megabyte is read whole."""
    text = 'word, "quoted"; ü\n' * 60_000
    (article,) = read(WRITERS[ending]([{"id": "a", "text": text}]), f"news{ending}")
    assert article.text == text


def many() -> list[dict[str, object]]:
    """Return articles that do not pack well."""
    draw = random.Random(0)
    return [{"id": str(n), "text": draw.randbytes(400).hex()} for n in range(2_000)]


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("packed", [".gz", ".xz"])
def test_truncated_file(read: Read, ending: str, packed: str) -> None:
    """A truncated packed file gives its whole lines, and the problem names the line."""
    content = PACKERS[packed](WRITERS[ending](many()))
    reader = read(content[: len(content) // 2], f"news{ending}{packed}")
    got = ids(reader)
    assert 500 < len(got) < 1_500
    assert got == [str(n) for n in range(len(got))]
    (sentence,) = unreadable(reader)
    line = len(got) + (2 if ending == ".csv" else 1)
    assert sentence.startswith(f"news{ending}{packed}:{line}: unreadable: the file ends in the mid")


def test_truncated_in_a_quoted_cell(read: Read) -> None:
    """A truncated CSV row gives no article, and each line that is left of it is counted."""
    rows = [{"id": "a", "text": "Whole."}, {"id": "b", "text": "Cut\n" * 9_999}]
    packed = gzip.compress(as_csv(rows))[:-40]
    reader = read(packed, "news.csv.gz")
    assert ids(reader) == ["a"]
    n_lines = zlib.decompressobj(31).decompress(packed).count(b"\n")
    assert n_lines > 1000
    # The header and the first article are lines, too; the damage is counted itself.
    assert reader.load_report.problems == {Problem.UNREADABLE: n_lines - 2 + 1}


@pytest.mark.parametrize("packed", [".gz", ".xz"])
def test_damaged_file(read: Read, packed: str) -> None:
    """A packed file gives the articles before a damaged byte, and a problem."""
    content = bytearray(PACKERS[packed](as_jsonl(many())))
    content[len(content) // 2] ^= 0xFF
    reader = read(bytes(content), f"news.jsonl{packed}")
    got = ids(reader)
    assert got == [str(n) for n in range(len(got))]
    examples = reader.load_report.examples[Problem.UNREADABLE]
    assert any("the file is damaged" in sentence for sentence in examples)


def test_packed_file_with_something_behind_it(read: Read) -> None:
    """Bytes after the packed data are a problem; the articles before are read."""
    reader = read(gzip.compress(as_jsonl(RECORDS)) + b"garbage", "news.jsonl.gz")
    assert list(reader) == ARTICLES
    assert "news.jsonl.gz:3: unreadable: the file is damaged" in unreadable(reader)[0]


def test_strict_raises_at_the_end_of_a_truncated_file(read: Read) -> None:
    """A strict reader raises at the point where the file ends."""
    content = gzip.compress(as_jsonl(RECORDS))[:-12]
    with pytest.raises(ArticleError, match="ends in the middle"):
        list(read(content, "news.jsonl.gz", strict=True))


# --- the reader ----------------------------------------------------------------------------------


def test_origin_is_file_and_line(read: Read) -> None:
    """Each article knows the line that it starts at, blank lines counted."""
    reader = read(b"\n" + as_jsonl(RECORDS[:1]) + b"  \n" + as_jsonl(RECORDS[1:]), "news.jsonl")
    assert [article.origin for article in reader] == ["news.jsonl:2", "news.jsonl:4"]
    reader = read(b"\n" + as_csv(RECORDS), "news.csv")
    assert [article.origin for article in reader] == ["news.csv:3", "news.csv:5"]


#: A line with each problem of a reader, and the expected message.
PROBLEMS = {
    Problem.UNREADABLE: ("{", "expected one JSON object"),
    Problem.MISSING_ID: ('{"text": "T"}', "non-empty `id`"),
    Problem.NO_WORDS: ('{"id": "x"}', "'x'"),
    Problem.NO_TEXT: ('{"id": "x", "title": "T"}', "'x'"),
    Problem.UNREADABLE_DATE: ('{"id": "x", "text": "T", "published": "soon"}', "got 'soon'"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_problem_is_counted_and_named(read: Read, problem: Problem) -> None:
    """Each kind of problem is counted, named with file and line, and does not stop the rest."""
    line, words = PROBLEMS[problem]
    first, last = (as_jsonl([record]) for record in RECORDS)
    reader = read(first + line.encode() + b"\n" + last, "news.jsonl")
    got = list(reader)
    assert [got[0], got[-1]] == ARTICLES
    assert reader.load_report.problems == {problem: 1}
    (sentence,) = reader.load_report.examples[problem]
    assert sentence.startswith(f"news.jsonl:2: {problem.value}: ")
    assert words in sentence


@pytest.mark.parametrize("problem", PROBLEMS)
def test_strict_raises_at_the_first_problem(read: Read, problem: Problem) -> None:
    """A strict reader yields the articles before the problem, then raises."""
    reader = read(as_jsonl(RECORDS) + PROBLEMS[problem][0].encode(), "news.jsonl", strict=True)
    articles = iter(reader)
    assert list(itertools.islice(articles, 2)) == ARTICLES
    with pytest.raises(ArticleError, match=rf"^news\.jsonl:3: {problem.value}: "):
        next(articles)


def test_every_pass_counts_anew(read: Read) -> None:
    """A second pass gives the same articles and a new load report."""
    reader = read(as_jsonl(RECORDS) + b"nonsense\n", "news.jsonl")
    first = (list(reader), reader.load_report)
    second = (list(reader), reader.load_report)
    assert first[0] == second[0] == ARTICLES
    assert first[1] is not second[1]
    assert first[1].problems == second[1].problems == {Problem.UNREADABLE: 1}


def test_two_passes_at_once(read: Read) -> None:
    """Two passes at the same time do not disturb each other."""
    reader = read(as_csv(RECORDS), "news.csv")
    assert list(zip(reader, reader, strict=True)) == [(article, article) for article in ARTICLES]


def test_account_of_a_pass_begins_with_it(read: Read) -> None:
    """`iter` replaces the load report at once, before the first article."""
    reader = read(as_jsonl([*RECORDS, RECORDS[0], {"id": "c", "title": "C"}]), "news.jsonl")
    articles = list(articles_from(iter(reader), reader.load_report))
    assert [article.id for article in articles] == ["a", "b", "c"]
    assert reader.load_report.loaded == 3
    assert reader.load_report.problems == {Problem.DUPLICATE_ID: 1, Problem.NO_TEXT: 1}
    assert reader.load_report.examples[Problem.DUPLICATE_ID][0].startswith("news.jsonl:3: ")


def test_duplicates_are_left_alone(read: Read) -> None:
    """A reader yields repeated ids unchanged."""
    reader = read(as_jsonl(RECORDS * 2), "news.jsonl")
    assert ids(reader) == ["a", "b", "a", "b"]
    assert not reader.load_report.problems


@pytest.mark.parametrize("packed", PACKERS)
def test_progress(read: Read, packed: str) -> None:
    """Progress in bytes on disk grows from none to all, and restarts with each pass."""
    content = PACKERS[packed](as_jsonl(many()))
    reader = read(content, "news.jsonl")
    assert (reader.bytes_read, reader.bytes_total) == (0, len(content))
    for _ in range(2):
        seen = [reader.bytes_read for _ in reader]
        assert seen == sorted(seen)
        assert 0 < seen[0] < len(content) / 2
        assert reader.bytes_read == reader.bytes_total


def test_file_is_closed_when_a_pass_is_left(read: Read) -> None:
    """An abandoned pass leaves no file open (a warning would fail this test)."""
    next(iter(read(gzip.compress(as_jsonl(many())), "news.jsonl")))


def test_lines_are_read_as_they_are_asked_for(read: Read) -> None:
    """The first article arrives before later parts of the file are read."""
    content = as_jsonl(many())
    reader = read(content, "news.jsonl")
    next(iter(reader))
    assert reader.bytes_read < len(content) / 10


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_named_pipe_has_no_size(tmp_path: Path) -> None:
    """A named pipe has no size and no progress."""
    os.mkfifo(tmp_path / "news.jsonl")
    reader = read_articles(tmp_path / "news.jsonl")
    assert (reader.bytes_total, reader.bytes_read) == (None, None)


# --- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", WRITERS)
def test_fields(read: Read, ending: str) -> None:
    """A field is taken from the name that it is mapped to."""
    content = WRITERS[ending]([{"id": "a", "title": "T", "section": "Real text.", "url": "u/1"}])
    reader = read(content, f"news{ending}", fields={"id": "url", "text": "section"})
    assert list(reader) == [Article("u/1", "T", text="Real text.", section="Real text.", url="u/1")]


@pytest.mark.parametrize("field", ["body", "origin", "lang"])
def test_unknown_field(read: Read, field: str) -> None:
    """A mapping of an unknown field is refused with the known fields."""
    with pytest.raises(ValueError, match=f"got the field '{field}'") as caught:
        read("", "news.jsonl", fields={field: "x"})
    assert all(repr(name) in str(caught.value) for name in FIELDS)


def test_mapped_name_that_no_line_has(read: Read) -> None:
    """In JSON Lines a wrong name shows in the load report only."""
    reader = read(as_jsonl(RECORDS), "news.jsonl", fields={"id": "key"})
    assert list(reader) == []
    assert reader.load_report.problems == {Problem.MISSING_ID: 2}


def test_mapped_name_that_the_header_lacks(read: Read) -> None:
    """In CSV a wrong name is an error that lists the header."""
    reader = read("id,title,body\na,T,Text.\n", "news.csv", fields={"text": "content"})
    with pytest.raises(ValueError, match=r"news\.csv.* 'content'.*'id', 'title', 'body'"):
        next(iter(reader))


@pytest.mark.parametrize("name", ["news", "news.txt", "news.gz", "news.jsonl.zst", ".jsonl.bak"])
def test_unknown_extension(read: Read, name: str) -> None:
    """An unknown ending is refused with the known endings."""
    with pytest.raises(
        ValueError, match=r"\.jsonl, .*\.gz or \.xz.*--format csv on the command line"
    ):
        read(as_jsonl(RECORDS), name)
    assert list(read(as_jsonl(RECORDS), name, format="jsonl")) == ARTICLES


def test_format_goes_before_the_name(read: Read) -> None:
    """A given format overrides the file name."""
    assert list(read(as_csv(RECORDS), "news.json", format="csv")) == ARTICLES


def test_unknown_format(read: Read) -> None:
    """An unknown format is refused with the known formats."""
    with pytest.raises(
        ValueError, match=r"'jsonl', 'csv', .*'feed', .*'pelican' or None, got 'xml'"
    ):
        read("", "news.xml", format="xml")


def test_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file is an error before reading, with similar names in the folder."""
    for name in ("absent.jsonl", "absent", "absent.txt"):
        with pytest.raises(FileNotFoundError, match=rf"there is no '.*{name}'\. Check"):
            read_articles(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        read_articles("absent.jsonl")
    assert f"there is no 'absent.jsonl' in {str(Path.cwd())!r}." in str(caught.value)


def test_folder_without_articles(tmp_path: Path) -> None:
    """A folder without a readable file is refused, whatever its name."""
    folder = tmp_path / "news.jsonl"
    folder.mkdir()
    with pytest.raises(IsADirectoryError, match=r"files that end in \.jsonl, .*found none in"):
        read_articles(folder)
    (folder / "a.md").write_text("Text.")
    with pytest.raises(IsADirectoryError, match="no files of the format 'csv'"):
        read_articles(folder, format="csv")


@pytest.mark.parametrize("ending", WRITERS)
def test_folder_of_files(tmp_path: Path, ending: str) -> None:
    """The files of a folder are read in the order of their names, those in its folders too."""
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name, record in [("2", RECORDS[0]), ("sub/1", RECORDS[1]), (".hidden/3", RECORDS[0])]:
        (tmp_path / f"{name}{ending}").write_bytes(WRITERS[ending]([record]))
    reader = read_articles(tmp_path)
    assert list(reader) == ARTICLES
    line = 2 if ending == ".csv" else 1
    assert [article.origin for article in reader] == [f"2{ending}:{line}", f"sub/1{ending}:{line}"]
    assert reader.bytes_read == reader.bytes_total


def test_several_paths(tmp_path: Path) -> None:
    """Files and folders of one format are read one after another, each once."""
    (tmp_path / "a").mkdir()
    for name, record in [("a/1.jsonl", RECORDS[0]), ("2.jsonl", RECORDS[1])]:
        (tmp_path / name).write_bytes(as_jsonl([record]))
    paths = [tmp_path / "2.jsonl", tmp_path / "a", tmp_path / "2.jsonl"]
    reader = read_articles(paths)
    assert [article.origin for article in reader] == ["2.jsonl:1", "a/1.jsonl:1"]
    (tmp_path / "3.csv").write_bytes(as_csv(RECORDS))
    with pytest.raises(ValueError, match=r"formats 'csv', 'jsonl'\. Say which.*--format csv"):
        read_articles([*paths, tmp_path / "3.csv"])
    for wrong in ([], ["-", tmp_path / "2.jsonl"]):
        with pytest.raises(ValueError, match="'-' alone, got"):
            read_articles(wrong)


# --- round trips ---------------------------------------------------------------------------------

_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_word = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
_zones = st.sampled_from([None, dt.UTC, dt.timezone(dt.timedelta(hours=-2))])
_dates = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=_zones)
_tag = _word.map(str.strip).filter(lambda tag: tag and not {*tag} & {*",;|"})
_records = st.lists(
    st.fixed_dictionaries(
        {"id": _word, "title": _words, "text": _words},
        optional={
            "dek": _words,
            "published": st.one_of(_dates, st.dates()).map(lambda date: date.isoformat()),
            "section": _word,
            "url": _word,
            "lang": _word,
            "tags": st.lists(_tag, max_size=3),
        },
    ),
    max_size=5,
)


@given(
    records=_records,
    packed=st.sampled_from(sorted(PACKERS)),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    ensure_ascii=st.booleans(),
    delimiter=st.sampled_from(",;\t"),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[dict[str, object]],
    packed: str,
    mark: bytes,
    ensure_ascii: bool,
    delimiter: str,
) -> None:
    """Articles written as JSON Lines or CSV come back the same, whatever they are packed with."""
    load_report = LoadReport()
    expected = list(articles_from(records, load_report))
    contents = {
        ".jsonl": as_jsonl(records, ensure_ascii=ensure_ascii),
        ".csv": as_csv(records, delimiter),
    }
    for ending, content in contents.items():
        path = tmp_path_factory.getbasetemp() / f"round_trip{ending}{packed}"
        path.write_bytes(PACKERS[packed](mark + content))
        reader = read_articles(path)
        assert list(articles_from(iter(reader), reader.load_report)) == expected
        assert reader.load_report.problems == load_report.problems


# --- real files ----------------------------------------------------------------------------------

#: Number of articles in each set, and number of articles without any words.
SETS = {
    "akita_pt/docs.jsonl.gz": (751, 0),
    "cnrec/docs.jsonl.gz": (300, 0),
    "datanalytics_es/docs.jsonl.gz": (2_374, 0),
    "digitalgov/docs.jsonl.gz": (2_078, 0),
    "fakenews_es/docs.jsonl.gz": (1_543, 0),
    "geotribu_fr/docs.jsonl.gz": (762, 0),
    "gnad10k_test/docs.jsonl.gz": (1_028, 0),
    "isotopp_de/docs.jsonl.gz": (631, 0),
    "lee/background.jsonl.gz": (300, 0),
    "lee/docs.jsonl.gz": (50, 0),
    "reuters21578/docs.jsonl.gz": (21_578, 737),
    "ucsc_press/docs.jsonl.gz": (1_691, 0),
    "unicode/african_16_languages.jsonl.gz": (2_400, 0),
    "unicode/arabic_2000.jsonl.gz": (2_000, 18),
    "unicode/chinese_2000.jsonl.gz": (2_000, 0),
    "wikinews_de/docs.jsonl.gz": (998, 0),
    "wikinews_en_2019_2020/docs.jsonl.gz": (295, 0),
}


@pytest.mark.parametrize("name", SETS)
def test_real_files(data_folder: Path, name: str) -> None:
    """Every set of real news is read completely, and lacks bodies only."""
    total, without_words = SETS[name]
    reader = read_articles(data_folder / name)
    articles = list(articles_from(iter(reader), reader.load_report))
    assert len(articles) == reader.load_report.loaded == total - without_words
    assert (
        reader.load_report.skipped == reader.load_report.problems[Problem.NO_WORDS] == without_words
    )
    assert set(reader.load_report.problems) <= {Problem.NO_WORDS, Problem.NO_TEXT}
    assert all(article.language for article in articles)


def test_no_real_file_is_left_out(data_folder: Path) -> None:
    """The test above covers every set in the folder."""
    assert {p.relative_to(data_folder).as_posix() for p in data_folder.glob("*/*.gz")} == set(SETS)


def test_real_headlines(data_folder: Path) -> None:
    """Headlines with times are read from the start of a large file."""
    reader = read_articles(data_folder / "headlines" / "headlines_300k.jsonl.xz")
    articles = list(itertools.islice(reader, 2_000))
    assert len(articles) == 2_000
    assert all(article.title and article.published for article in articles)
    assert reader.load_report.problems == {Problem.NO_TEXT: 2_000}
    assert 0 < reader.bytes_read < reader.bytes_total / 10
