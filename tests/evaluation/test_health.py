"""Health report of an archive's lists, without judgements."""

import datetime as dt
import json
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews._checks import counted
from relnews.evaluation import checkup, health, picture
from relnews.sample import sample_articles
from strategies import archives, archives_with_copies, examples

RECORDS = [
    {"id": "veto", "title": "Kremlin seeks veto", "text": "guarantees", "published": "2025-08-01"},
    {"id": "copy", "title": "Kremlin seeks veto", "text": "guarantees", "published": "2025-08-03"},
    {"id": "push", "title": "Talks push on", "text": "guarantees", "published": "2025-08-11"},
    {"id": "undated", "title": "Talks", "text": "Rome"},
    {"id": "lone", "title": "Aardvark", "text": "Aardvarks only.", "published": "2025-08-01"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with archives: all of `RECORDS`, and all but the copy."""
    folder = tmp_path_factory.mktemp("archives")
    RelatedNews().fit(RECORDS).save(folder / "today.relnews")
    RelatedNews().fit(r for r in RECORDS if r["id"] != "copy").save(folder / "before.relnews")
    return folder


def test_a_small_archive_by_hand():
    """Every figure of a small archive equals the value worked out by hand.

    The copies are not in each other's list, and no list has both.
    """
    news = RelatedNews().fit(RECORDS)
    lists = {related.id: related.ids for related in news.related_all(2)}
    state = health(news, k=2)

    assert lists == {
        "veto": ["push"], "copy": ["push"], "push": ["undated", "copy"], "undated": ["push"],
        "lone": [],
    }  # fmt: skip
    assert state.to_dict() == {
        "k": 2,
        "articles": 5,
        "coverage": 1 / 5,
        "short": 3,
        "empty": 1,
        "orphans": 2,
        # In lists: veto 0, copy 1, push 3, undated 1, lone 0.
        "gini": pytest.approx((-4 * 0 - 2 * 0 + 0 * 1 + 2 * 1 + 4 * 3) / (5 * 5)),
        "hubs": [
            {"id": "push", "title": "Talks push on", "lists": 3},
            {"id": "copy", "title": "Kremlin seeks veto", "lists": 1},
            {"id": "undated", "title": "Talks", "lists": 1},
        ],
        # veto-push 10 days, copy-push twice 8; the other ages are unknown.
        "age_gap_days": 8.0,
        "near_duplicate_rate": 0.0,
    }


def test_ends_of_a_chain_of_versions_are_near_duplicates_in_the_lists():
    """Transitive near-duplicates in a list are counted."""
    words = [f"word{i}" for i in range(60)]
    news = RelatedNews().fit([
        {"id": f"{version}", "text": " ".join(words[3 * version :][:50])} for version in range(3)
    ] + [{"id": "other", "text": "word6 word7 word8 and much else"}])  # fmt: skip
    lists = {related.id: related.ids for related in news.related_all()}
    state = health(news)

    assert news.duplicates() == [("0", "1", "2")]
    assert lists == {
        "0": ["2", "other"], "1": ["other"], "2": ["0", "other"], "other": ["1"],
    }  # fmt: skip
    assert (state.near_duplicates, state.near_duplicate_rate) == (2, 2 / 6)


@given(archives_with_copies(), st.integers(1, 6))
def test_health_is_what_a_loop_over_the_lists_finds(records, k):
    """Every figure equals a loop over the lists, with ties, equal and empty articles."""
    news = RelatedNews().fit(records)
    lists = {related.id: related for related in news.related_all(k)}
    published = {record["id"]: record["published"] for record in records}
    items = [(query, item) for query, one in lists.items() for item in one]
    shown = [item.id for _, item in items]
    gaps = [
        abs(published[query] - item.published) / dt.timedelta(days=1)
        for query, item in items
        if published[query] and item.published
    ]
    groups = [set(ids) for ids in news.duplicates()]
    state = health(news, k)

    assert state.articles == len(lists)
    assert state.full == sum(len(related) == k for related in lists.values())
    assert state.short == sum(0 < len(related) < k for related in lists.values())
    assert state.empty == sum(not related for related in lists.values())
    assert state.orphans == len(lists.keys() - set(shown))
    assert dict(zip(lists, state.in_links.tolist(), strict=True)) == {
        identifier: shown.count(identifier) for identifier in lists
    }
    assert state.near_duplicates == sum(
        any({query, item.id} <= group for group in groups) for query, item in items
    )
    assert [hub.lists for hub in state.hubs] == sorted(
        (n for n in state.in_links.tolist() if n), reverse=True
    )[:5]
    if gaps:
        assert state.age_gap == pytest.approx(statistics.median(gaps))
    else:
        assert np.isnan(state.age_gap)
    assert 0 <= state.gini < 1
    json.dumps(state.to_dict(), allow_nan=False)
    assert str(state).startswith("articles:")


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_gini_is_half_the_mean_difference_by_the_mean(counts):
    """Gini is half the mean difference over the mean, whatever the order and unit."""
    array, n = np.array(counts), len(counts)
    found = checkup.gini(array)

    assert 0 <= found <= (n - 1) / n + 1e-12
    assert (
        found == pytest.approx(checkup.gini(array[::-1])) == pytest.approx(checkup.gini(array * 7))
    )
    if sum(counts):
        differences = sum(abs(a - b) for a in counts for b in counts)
        assert found == pytest.approx(differences / (2 * n * sum(counts)), abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "expected"), [([], 0), ([0, 0], 0), ([3, 3, 3], 0), ([0, 0, 0, 9], 3 / 4)]
)
def test_gini_at_its_ends(counts, expected):
    """Equal values give 0, a single owner (n - 1) / n, and no values 0."""
    assert checkup.gini(np.array(counts, dtype=np.int64)) == pytest.approx(expected)


def test_churn_between_two_builds():
    """Churn is 1 minus the shared items over the longer list, on common articles."""
    today = RelatedNews().fit(RECORDS)
    before = RelatedNews().fit(r for r in RECORDS if r["id"] != "copy")
    # push changed from undated, copy to undated, veto: one of two is shared. The lists of veto,
    # undated and lone are unchanged.
    expected = 1 - (1 + 1 / 2 + 1 + 1) / 4

    for news, other in ((today, before), (before, today)):
        state = health(news, 2, against=other)
        assert state.common == 4
        assert state.churn == pytest.approx(expected)
        assert state.to_dict()["churn"] == pytest.approx(expected)


@given(archives(min_size=1), st.integers(1, 4))
@examples(0.5)
def test_nothing_changes_against_itself(records, k):
    """An archive against itself has churn 0, even with empty lists."""
    news = RelatedNews().fit(records)
    state = health(news, k, against=news)

    assert (state.common, state.churn) == (len(records), 0)


def test_archives_without_common_articles():
    """Churn without common articles is None, null in JSON."""
    other = RelatedNews().fit([{"id": "else", "text": "veto"}])
    state = health(RelatedNews().fit(RECORDS), against=other)

    assert state.to_dict()["common"] == 0
    assert state.to_dict()["churn"] is None
    assert "churn:           unknown share of the lists of 0 common articles" in str(state)


def test_an_archive_of_nothing():
    """Shares of an empty archive are None."""
    state = health(RelatedNews().fit([]))

    assert (state.articles, state.orphans, state.gini) == (0, 0, 0)
    assert state.to_dict()["coverage"] is state.to_dict()["near_duplicate_rate"] is None


@pytest.mark.parametrize("k", [0, -1, 1.5])
def test_k_is_checked(k):
    """A wrong k is refused."""
    with pytest.raises((TypeError, ValueError), match="`k` must be"):
        health(RelatedNews().fit(RECORDS), k)


def test_progress_sees_every_list():
    """Progress counts every list of both archives."""
    seen = []

    def progress(lists, total):
        for related in lists:
            seen.append((related.id, total))
            yield related

    news = RelatedNews().fit(RECORDS)
    health(news, against=news, progress=progress)

    assert seen == [(record["id"], 5) for record in RECORDS] * 2


@pytest.mark.parametrize("articles", [[], RECORDS, [RECORDS[-1]], list(sample_articles())],
                         ids=["none", "few", "one", "sample"])  # fmt: skip
@pytest.mark.parametrize("k", [1, 8, 10**30])
def test_a_picture(articles, k, tmp_path):
    """A picture can be drawn of any archive."""
    state = health(RelatedNews().fit(articles), k)
    picture(state, tmp_path / "a.svg")

    drawn = (tmp_path / "a.svg").read_text("utf-8")
    assert f"full lists: {state.full:,} of {state.articles:,}" in drawn
    assert f"{counted(state.orphans, 'orphan')}, Gini" in drawn


# --- relnews health ------------------------------------------------------------------------------


def test_health_as_text(invoke, folder):
    """The command prints a line for each figure."""
    result = invoke("health", folder / "today.relnews", "-k", 2)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "articles:        5\n"
        "full lists:      20.0% are of length 2\n"
        "short lists:     3\n"
        "empty lists:     1\n"
        "orphans:         2 in no list\n"
        "gini:            0.560 of how many lists articles are in\n"
        "hub:             3 × Talks push on\n"
        "hub:             1 × Kremlin seeks veto\n"
        "hub:             1 × Talks\n"
        "age gap:         8.0 days (median)\n"
        "near-duplicates: 0.0% of the items\n"
    )


def test_health_as_json_with_all_options(invoke, folder, tmp_path):
    """The options reach `health`, and a picture is drawn."""
    result = invoke(
        "health", folder / "today.relnews", "-k", 2, "--against", folder / "before.relnews",
        "--format", "json", "--picture", tmp_path / "h.png", "--n-jobs", 2, "--quiet",
    )  # fmt: skip

    expected = health(
        RelatedNews.open(folder / "today.relnews"),
        2,
        against=RelatedNews.open(folder / "before.relnews"),
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == expected.to_dict()
    assert (tmp_path / "h.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.relnews"], 1, "there is no archive at"),
        (["today.relnews", "--against", "missing.relnews"], 1, "there is no archive at"),
        (["today.relnews", "--picture", "a.gif"], 1, "ends in .png, .svg, .pdf"),
        (["today.relnews", "--picture", "nowhere/a.png"], 1, "there is no folder"),
        (["today.relnews", "-k", "0"], 2, "Invalid value for '-k'"),
        (["today.relnews", "--format", "xml"], 2, "'xml' is not one of"),
        ([], 2, "Missing argument"),
    ],
)
def test_health_that_cannot_be_said(arguments, code, message, invoke, folder, monkeypatch):
    """A failure is a sentence on standard error and nothing on standard output."""
    monkeypatch.chdir(folder)
    result = invoke("health", *arguments)

    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
