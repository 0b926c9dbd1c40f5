"""The load report adds up: every record has one outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.exceptions import ArticleError, LoadWarning
from relnews.readers import read_articles
from relnews.readers.found import Skipped
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import RecordParser, articles_from

#: Kinds of records, and what becomes of each: loaded, skipped, withheld.
KINDS: list[tuple[dict[str, Any], str]] = [
    ({"text": "T"}, "loaded"),
    ({"title": "T", "image": ["/a.jpg"], "published": "01/02/2024"}, "loaded"),
    ({"text": "T", "tags": {"a": 1}}, "loaded"),
    ({"comment": "no words"}, "skipped"),
    ({"text": "T", "draft": True}, "withheld"),
    ({"text": "T", "status": "nobody knows"}, "withheld"),
    ({"text": "T", "published": "soon"}, "withheld"),
    ({"text": "T", "expires": "late"}, "withheld"),
    ({"text": "T", "embargo": "some day"}, "withheld"),
    ({"text": "T", "draft": "maybe", "published": "soon", "expires": "late"}, "withheld"),
]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 8)), max_size=30))
def test_every_record_has_one_outcome(records: list[tuple[Any, int]]) -> None:
    """Records seen are loaded, skipped or withheld; the first article of an id is loaded.

    Once a record of an id is withheld, all others of it are, also the one that was loaded.
    """
    expected = {"loaded": 0, "skipped": 0, "withheld": 0}
    admitted, withheld = set(), set()
    rows = []
    for (record, outcome), number in records:
        rows.append({"id": str(number), **record})
        if outcome == "withheld":
            if number in admitted - withheld:
                expected["loaded"] -= 1
                expected["withheld"] += 1
            withheld.add(number)
        elif outcome == "loaded":
            outcome = "loaded" if number not in admitted else "skipped"
            outcome = "withheld" if number in withheld else outcome
            admitted |= {number} if outcome == "loaded" else set()
        expected[outcome] += 1
    report = LoadReport()
    articles = [*articles_from(rows, report)]
    assert (report.loaded, report.skipped, report.withheld) == tuple(expected.values())
    assert report.seen == len(rows)
    assert {*report.taken_back()} == {str(number) for number in admitted & withheld}
    assert len(articles) == report.loaded + len(report.taken_back())
    first = report.summary().splitlines()[0]
    noun = "article" if report.loaded == 1 else "articles"
    assert first.startswith(f"{report.loaded} {noun} loaded, {report.skipped} skipped")
    assert ("withheld" in first) == (report.withheld > 0)


def test_what_was_mended_is_not_lost() -> None:
    """A mended record is loaded, and its mends are counted apart."""
    report = LoadReport()
    [*articles_from([{"id": 1, "text": "T", "image": ["/a"], "author": [{"name": "A"}]}], report)]
    assert (report.seen, report.loaded, report.problems[Problem.MENDED]) == (1, 1, 2)


def test_what_is_no_article_is_not_missed() -> None:
    """Menus and pictures of an export are counted, and are no reason for a warning."""
    entries = [
        ("1", {"id": "a", "text": "T"}),
        *((str(n), Skipped(Problem.NOT_AN_ARTICLE, "type is 'attachment'")) for n in range(2, 6)),
    ]
    report = LoadReport(strict=True)
    report.is_admitting = True
    for article in RecordParser(ReadSpec(), report).articles(iter(entries)):
        report.admit(article)
    assert (report.seen, report.loaded, report.skipped) == (5, 1, 4)
    report.check_loaded()
    assert "only" not in report.summary()


def test_drafts_are_no_fault() -> None:
    """A strict report stops at faults, not at drafts."""
    report = LoadReport(strict=True)
    rows = [{"id": 1, "text": "T"}, {"id": 2, "text": "T", "draft": True}]
    assert len([*articles_from(rows, report)]) == 1
    with pytest.raises(ArticleError, match="unreadable state of publication"):
        [*articles_from([{"id": 2, "text": "T", "draft": "perhaps"}], report)]


@pytest.mark.parametrize(
    ("n_good", "n_lost", "outcome"),
    [(0, 1, ArticleError), (1, 2, LoadWarning), (2, 2, None), (5, 1, None)],
)
@pytest.mark.parametrize(
    "lost", [{}, {"text": "T", "draft": True}, {"text": "T", "published": "x"}]
)
def test_fit_says_that_much_was_lost(
    n_good: int, n_lost: int, outcome: type[Exception] | None, lost: dict[str, Any]
) -> None:
    """`fit` raises if nothing is left of the records, and warns if less than half is."""
    rows = [{"id": n, "text": "T"} for n in range(n_good)]
    rows += [{"id": n, **lost} for n in range(100, 100 + n_lost)]
    if outcome is None:
        assert len(RelatedNews().fit(rows)) == n_good
    elif outcome is LoadWarning:
        with pytest.warns(LoadWarning, match=f"only {n_good} of {n_good + n_lost} records"):
            RelatedNews().fit(rows)
    else:
        with pytest.raises(ArticleError, match=rf"no article in {n_lost} records? \("):
            RelatedNews().fit(rows)


def test_an_update_that_brings_nothing_changes_nothing() -> None:
    """`partial_fit` may bring no article: a day without news is no error."""
    news = RelatedNews().fit([{"id": 1, "text": "T"}])
    report = news.partial_fit([{"id": 2, "text": "T", "draft": True}])
    assert (report.added, report.removed, len(news)) == ((), (), 1)
    assert "1 withheld" in report.load_report


def test_a_reader_that_is_iterated_counts_what_it_yields(tmp_path: Path) -> None:
    """Without an archive the articles count that a reader yields; with one, those it admits."""
    (tmp_path / "a.jsonl").write_text('{"id": 1, "title": "T"}\n{"id": 1, "title": "U"}\n3\n')
    reader = read_articles(tmp_path / "a.jsonl")
    assert len([*reader]) == reader.load_report.loaded == 2
    assert reader.load_report.seen == 3
    [*articles_from(reader.articles(report := LoadReport()), report)]
    assert (report.loaded, report.skipped) == (1, 2)
    [*articles_from([article for article in reader if article.id == "2"], report := LoadReport())]
    assert report.loaded == 0


def test_what_is_not_counted_is_said() -> None:
    """A warning that names a number of records says what it leaves out."""
    entries = [{"id": "a", "text": "T"}, {"id": "b"}, {"id": "c"}]
    report = LoadReport()
    [*articles_from(entries, report)]
    assert "only 1 of 3 records became articles\n" in report.summary()
    report.report(Problem.NOT_AN_ARTICLE, "4", "a picture")
    assert "only 1 of 3 records became articles; pictures, menus and the" in report.summary()


def test_ambiguous_dates_name_the_option() -> None:
    """Where dates were ambiguous the summary says how to read them the other way."""
    report = LoadReport()
    [*articles_from([{"id": "a", "text": "T", "published": "01/02/2024"}], report)]
    assert "ambiguous date: 1 (kept, the day is read first; --date-order mdy" in report.summary()
