"""Records: each becomes an Article or a named problem."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from relnews.articles import FIELDS, Article
from relnews.exceptions import ArticleError
from relnews.readers.load_report import EXAMPLES_NAMED, LoadReport, Problem
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import RecordParser, articles_from

GOOD = {"id": "good", "title": "A title", "text": "Some text."}

#: A record with each problem, and a part of the expected message.
PROBLEMS: dict[Problem, tuple[dict[str, typing.Any], str]] = {
    Problem.MISSING_ID: ({"title": "No id", "text": "Text."}, "non-empty `id`"),
    Problem.DUPLICATE_ID: (GOOD, "'good'; the first one is kept"),
    Problem.NO_WORDS: ({"id": "empty", "title": " ", "text": "\n"}, "'empty'"),
    Problem.UNREADABLE_STATE: ({**GOOD, "id": "a", "draft": "maybe"}, "`draft` is 'maybe'"),
    Problem.UNREADABLE_DATE: ({"id": "a", "text": "T", "published": "soon"}, "got 'soon'"),
    Problem.UNREADABLE_EXPIRY: ({"id": "a", "text": "T", "expires": "soon"}, "got 'soon'"),
    Problem.NO_TEXT: ({"id": "short", "title": "Only a title"}, "'short'"),
    Problem.AMBIGUOUS_DATE: (
        {"id": "a", "text": "T", "published": "01/02/2024"},
        "'01/02/2024' is read as 01 February 2024",
    ),
    Problem.MENDED: ({"id": "a", "text": "T", "image": {"url": "x"}}, "`image` is a dict"),
}

#: Faults that only readers of files find, and those that an option allows.
OTHER_FAULTS = {Problem.UNREADABLE, Problem.BAD_DATE}


def take(
    source: object, *, strict: bool = False, **options: object
) -> tuple[list[Article], LoadReport]:
    """Return the articles of a source, and its load report."""
    load_report = LoadReport(strict=strict)
    return list(articles_from(source, load_report, ReadSpec.of(options))), load_report


def parse(record: dict[str, object], origin: str = "here", **options: object) -> Article:
    """Return the article of a record."""
    parser = RecordParser(ReadSpec.of(options), LoadReport())
    (article,) = parser.articles(iter([(origin, record)]))
    return article


def one(**values: object) -> Article:
    """Return an article without problems."""
    (article,), load_report = take([{"id": "a", "text": "Some text.", **values}])
    assert not load_report.problems
    return article


def published(value: object) -> dt.datetime | None:
    return one(published=value).published


# --- problems ------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", PROBLEMS)
def test_problem_is_counted_and_named(problem: Problem) -> None:
    """Each kind of problem is counted, named with its place, and does not stop the rest."""
    assert PROBLEMS.keys() | OTHER_FAULTS == {problem for problem in Problem if problem.is_fault}
    record, words = PROBLEMS[problem]
    articles, load_report = take([GOOD, record, {**GOOD, "id": "last"}])
    assert load_report.problems == {problem: 1}
    (sentence,) = load_report.examples[problem]
    assert sentence.startswith(f"article 2: {problem.value}: ")
    assert words in sentence
    kept = problem.consequence.startswith("kept")
    assert [article.id for article in articles] == ["good", *[record.get("id")] * kept, "last"]
    assert load_report.loaded == len(articles) == 3 - load_report.skipped - load_report.withheld
    assert load_report.seen == 3


@pytest.mark.parametrize("problem", PROBLEMS)
def test_strict_raises_at_the_first_problem(problem: Problem) -> None:
    """A strict load report raises the sentence that a lenient one counts."""
    record, words = PROBLEMS[problem]
    with pytest.raises(ArticleError, match=r"^article 2: ") as caught:
        take([GOOD, record, {"id": "never seen"}], strict=True)
    assert words in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_every_consequence_is_worded() -> None:
    """The summary says for each problem whether records were skipped, withheld or kept."""
    for problem in Problem:
        assert problem.consequence.split(",")[0] in ("skipped", "withheld", "kept")
        assert problem.value.startswith("withheld: ") == (problem.consequence == "withheld")


def test_summary_names_a_few_and_counts_the_rest() -> None:
    """The summary has one line per problem: first examples and a count."""
    broken = [{"text": f"No id {number}."} for number in range(EXAMPLES_NAMED + 3)]
    _, load_report = take([GOOD, *broken, {"id": "b", "title": "T"}])
    lines = load_report.summary().splitlines()
    assert lines[0] == "2 articles loaded, 8 skipped"
    assert lines[1] == "  only 2 of 10 records became articles"
    assert lines[2] == "  missing id: 8 (skipped)"
    assert lines[3].startswith("    article 2: missing id: ")
    assert lines[3 + EXAMPLES_NAMED] == "    … and 3 more"
    assert lines[-2] == "  no text: 1 (kept, title only)"


def test_two_problems_of_one_record_are_both_counted() -> None:
    """A record with two problems is kept and counted under both."""
    record = {"id": "a", "title": "T", "published": "soon"}
    articles, load_report = take([record], unreadable_dates="keep")
    assert [article.published for article in articles] == [None]
    assert load_report.problems == {Problem.NO_TEXT: 1, Problem.BAD_DATE: 1}


def test_dek_alone_is_words() -> None:
    """An article with words in its dek only is kept."""
    articles, load_report = take([{"id": "a", "dek": "The line under it"}])
    assert articles == [Article("a", dek="The line under it")]
    assert load_report.problems == {Problem.NO_TEXT: 1}


@pytest.mark.parametrize("identifier", ["", "  ", None, float("nan"), pd.NA])
def test_blank_id_is_missing(identifier: object) -> None:
    """An id without a visible character counts as missing."""
    articles, load_report = take([GOOD, {**GOOD, "id": identifier}])
    assert len(articles) == 1
    assert load_report.problems == {Problem.MISSING_ID: 1}


# --- kinds of rows -------------------------------------------------------------------------------


@dataclasses.dataclass
class Story:
    """A custom class of articles."""

    id: str
    title: str
    text: str
    published: str | None = None
    lang: str = "en"


class Row(typing.NamedTuple):
    """A row of a database driver."""

    id: str
    title: str
    text: str
    published: str | None = None
    lang: str = "en"


class Polars:
    """The used part of a polars data frame."""

    def iter_rows(self, *, named: bool) -> Iterator[dict[str, object]]:
        assert named
        return iter(RECORDS)


RECORDS: list[dict[str, typing.Any]] = [
    {"id": "a", "title": "A", "text": "1", "published": "2025-08-22", "lang": "en"},
    {"id": "b", "title": "B", "text": "2", "published": None, "lang": "en"},
]
FRAME = pd.DataFrame(RECORDS)
EXPECTED = [
    Article("a", "A", text="1", published=dt.datetime(2025, 8, 22, tzinfo=dt.UTC), language="en"),
    Article("b", "B", text="2", language="en"),
]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda: RECORDS, id="dicts"),
        pytest.param(lambda: iter(RECORDS), id="iterator"),
        pytest.param(lambda: EXPECTED, id="articles"),
        pytest.param(lambda: [Story(**record) for record in RECORDS], id="dataclasses"),
        pytest.param(lambda: [Row(**record) for record in RECORDS], id="named tuples"),
        pytest.param(lambda: FRAME, id="data frame"),
        pytest.param(lambda: FRAME.iterrows(), id="iterrows"),
        pytest.param(lambda: FRAME.itertuples(), id="itertuples"),
        pytest.param(lambda: [FRAME.loc[0], FRAME.loc[1]], id="series"),
        pytest.param(lambda: FRAME.to_dict("records"), id="frame to dicts"),
        pytest.param(Polars, id="polars"),
    ],
)
def test_every_kind_of_row(source: typing.Any) -> None:
    """Equal rows give equal articles, whatever their type."""
    articles, load_report = take(source())
    assert articles == EXPECTED
    assert not load_report.problems


def test_data_frame_columns_need_not_be_identifiers() -> None:
    """Column names may be any strings or numbers."""
    frame = pd.DataFrame({"id": ["a"], "text": ["T"], "body text": ["x"], 7: ["y"]})
    articles, _ = take(frame)
    assert articles == [Article("a", text="T")]


def test_data_frame_with_gaps() -> None:
    """NaN, NaT, None and pandas.NA in a data frame mean an unknown value."""
    frame = pd.DataFrame(
        {
            "id": ["a", "b"],
            "title": ["A", None],
            "text": [float("nan"), "Text."],
            "published": [pd.NaT, pd.Timestamp("2025-08-22 14:05")],
            "section": pd.array(["news", pd.NA], dtype="string"),
            "author": [np.nan, "Staff"],
        }
    )
    articles, load_report = take(frame)
    when = dt.datetime(2025, 8, 22, 14, 5, tzinfo=dt.UTC)
    assert articles == [
        Article("a", "A", section="news"),
        Article("b", text="Text.", published=when, author="Staff"),
    ]
    assert load_report.problems == {Problem.NO_TEXT: 1}


def test_data_frame_with_lists_as_arrays() -> None:
    """Tags may be arrays, as Parquet gives them."""
    frame = pd.DataFrame({"id": ["a"], "text": ["T"], "tags": [np.array(["x", "y"], object)]})
    assert take(frame)[0][0].tags == ("x", "y")


@pytest.mark.parametrize("source", ["text", b"bytes", GOOD, Article("a"), 7, None])
def test_source_must_hold_articles(source: object) -> None:
    """A path, a single record or a number is refused with the accepted types."""
    with pytest.raises(TypeError, match=r"read_articles\(path\)"):
        take(source)


@pytest.mark.parametrize("row", ["text", 7, None, ("a", "b"), Story])
def test_row_must_have_names(row: object) -> None:
    """A row without field names is refused with its number."""
    with pytest.raises(TypeError, match=r"^article 2 must be a mapping"):
        take([GOOD, row])


# --- articles that a reader has made -------------------------------------------------------------


def test_article_of_a_reader_is_admitted_as_it_is() -> None:
    """An article from a reader is not checked and reported twice."""
    article = Article("a", "Only a title", origin="news.jsonl:1")
    articles, load_report = take([article, {"id": "b", "title": "B"}, article])
    assert articles[0] is article
    assert load_report.problems == {Problem.NO_TEXT: 1, Problem.DUPLICATE_ID: 1}
    assert load_report.examples[Problem.NO_TEXT] == ["article 2: no text: 'b'"]
    assert load_report.examples[Problem.DUPLICATE_ID][0].startswith("news.jsonl:1: duplicate id: ")


def test_article_without_origin_is_checked() -> None:
    """An article made by a caller is checked like a dict."""
    made = Article("a", "Only a title", published=dt.datetime(2025, 8, 22))
    (article,), load_report = take([made])
    assert article.published == dt.datetime(2025, 8, 22, tzinfo=dt.UTC)
    assert article.origin == "article 1"
    assert load_report.problems == {Problem.NO_TEXT: 1}


def test_origin_of_a_record_is_where_it_was_found() -> None:
    """A data field named origin does not replace the record's origin."""
    article = parse({**GOOD, "origin": "Reuters"}, "news.jsonl:17")
    assert article.origin == "news.jsonl:17"
    assert not {"origin", "place"} & {*FIELDS}


def test_origin_is_no_part_of_an_article() -> None:
    """Articles that differ only in origin are equal and have equal reprs."""
    here, there = Article("a", origin="here"), Article("a", origin="there")
    assert here == there
    assert repr(here) == repr(there)


# --- names ---------------------------------------------------------------------------------------


def test_aliases() -> None:
    """`lang` and `topics` are understood without being mapped."""
    article = one(lang="de", topics=["Politik"])
    assert (article.language, article.tags) == ("de", ("Politik",))


@pytest.mark.parametrize("alias", ["summary", "description", "excerpt"])
def test_aliases_of_dek(alias: str) -> None:
    """The dek may come under the names that sites use, and is not the text."""
    assert one(**{alias: "The line"}).dek == "The line"
    assert one(**{alias: "The line"}).text == "Some text."


def test_the_first_alias_with_a_value_counts() -> None:
    """Aliases are tried in the order of `ALIASES`."""
    record = {"excerpt": "third", "description": "second", "summary": None}
    assert one(**record).dek == "second"
    assert one(**record | {"summary": "first"}).dek == "first"
    assert one(**record | {"dek": ""}).dek == "second"


def test_own_name_goes_before_alias() -> None:
    """A field's own name goes before its alias, unless its value is unknown."""
    assert one(lang="de", language="en").language == "en"
    assert one(lang="de", language=None).language == "de"
    assert one(topics=["x"], tags=float("nan")).tags == ("x",)


def test_mapped_name_goes_before_all() -> None:
    """A mapped field is taken from the mapped name only."""
    record = {"id": "a", "text": "teaser", "body": "Text.", "lang": "de", "locale": "fr"}
    fields = {"text": "body", "language": "locale", "title": "absent"}
    article = parse(record, fields=fields)
    assert article == Article("a", text="Text.", language="fr")


def test_unknown_names_are_ignored() -> None:
    """Fields that an article does not have are left out."""
    assert one(slug="x", comments=[1, 2]) == Article("a", text="Some text.")


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"), [(17, "17"), (0, "0"), (np.int64(17), "17"), ("017", "017")]
)
def test_id_may_be_a_number(value: object, expected: str) -> None:
    """A number as id becomes its string."""
    assert one(id=value).id == expected


def test_number_and_string_are_the_same_id() -> None:
    """Ids are compared as strings."""
    _, load_report = take([{**GOOD, "id": 1}, {**GOOD, "id": "1"}])
    assert load_report.problems == {Problem.DUPLICATE_ID: 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("\ud800", "\ufffd"),
        ("a\ud83d", "a\ufffd"),
        ("a\udc00b", "a\ufffdb"),
        ("\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        ("\ufeffé", "\ufeffé"),
        ("a\0é", "a\0é"),
        ("a\0", "a\0"),
    ],
)
def test_text_can_always_be_encoded(value: str, expected: str) -> None:
    """Lone surrogates become U+FFFD; everything else stays, NUL included."""
    article = one(id=f"x{value}", title=value, text=value, url=value, tags=[value])
    got = (article.title, article.text, article.url, *article.tags)
    assert article.id == f"x{expected}"
    assert got == (expected,) * 4
    str(article).encode()


@pytest.mark.parametrize("value", [None, "", float("nan"), np.float64("nan"), pd.NaT, pd.NA])
def test_unknown_values(value: object) -> None:
    """Every value for "unknown" gives an undated article without tags."""
    article = one(published=value, tags=value)
    assert (article.published, article.tags) == (None, ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["b", "a"], ("b", "a")),
        (("b", "a"), ("b", "a")),
        ({"a"}, ("a",)),
        (frozenset({"a"}), ("a",)),
        (np.array(["b", "a"]), ("b", "a")),
        (pd.Series(["b", "a"]), ("b", "a")),
        (["New York, NY", " a ", "", None], ("New York, NY", "a")),
        ("b, a,,", ("b", "a")),
        ([1987, 2], ("1987", "2")),
        (np.array([]), ()),
    ],
)
def test_tags(value: object, expected: tuple[str, ...]) -> None:
    """Tags are any list of strings, or a string with commas, in order."""
    assert one(tags=value).tags == expected


WHEN = dt.datetime(2025, 8, 22, 14, 5, tzinfo=dt.UTC)
DAY = dt.datetime(2025, 8, 22, tzinfo=dt.UTC)
TWO_HOURS_EAST = dt.timezone(dt.timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-08-22", DAY),
        ("20250822", DAY),
        (" 2025-08-22\n", DAY),
        ("2025-08-22T14:05", WHEN),
        ("2025-08-22 14:05", WHEN),
        ("2025-08-22T14:05Z", WHEN),
        ("2025-08-22T16:05+02:00", WHEN),
        ("2025-08-22T14:05:00.000001Z", WHEN.replace(microsecond=1)),
        (dt.date(2025, 8, 22), DAY),
        (WHEN, WHEN),
        (WHEN.replace(tzinfo=None), WHEN),
        (WHEN.astimezone(TWO_HOURS_EAST), WHEN),
        (np.datetime64("2025-08-22"), DAY),
        (np.datetime64("2025-08-22T14:05"), WHEN),
        (np.datetime64("2025-08-22T14:05:00.000000999", "ns"), WHEN),
        (pd.Timestamp("2025-08-22 14:05"), WHEN),
        (pd.Timestamp("2025-08-22 16:05", tz="Europe/Berlin"), WHEN),
        (pd.Timestamp("1500-01-01"), dt.datetime(1500, 1, 1, tzinfo=dt.UTC)),
        ("0001-01-01", dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        (np.datetime64("NaT", "s"), None),
    ],
)
def test_dates(value: object, expected: dt.datetime | None) -> None:
    """Every kind of date becomes a datetime in UTC; without a time zone it is in UTC."""
    got = published(value)
    assert got == expected
    if got is not None:
        assert type(got) is dt.datetime
        assert got.tzinfo is dt.UTC


@pytest.mark.parametrize(
    "value",
    [
        "2025-13-01",
        "14:05",
        "yesterday",
        "0001-01-01T00:00+05:00",
        "9999-12-31T23:59-05:00",
        np.datetime64("20000-01-01"),
        17558,
        17.5,
        np.int64(17558),
        ["2025-08-22"],
        {"date": "2025-08-22"},
    ],
)
def test_bad_dates(value: object) -> None:
    """An article whose date cannot be read is withheld, or kept without a date if that is asked."""
    record = {**GOOD, "published": value}
    articles, load_report = take([record])
    assert not articles
    (sentence,) = load_report.examples[Problem.UNREADABLE_DATE]
    assert "article 1: withheld: unreadable date of publication: 'good': expected a" in sentence
    articles, load_report = take([record], unreadable_dates="keep")
    assert [article.published for article in articles] == [None]
    assert "article 1: bad date: 'good': expected a" in load_report.examples[Problem.BAD_DATE][0]


def test_true_is_no_date() -> None:
    """A switch of the name of the date says that the article is public, and it is undated."""
    for value in (True, "yes", 1, "true"):
        assert one(published=value).published is None
