"""Cutoff: a list ends below a share of the best score, whatever its length and its editors want."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews, Selection
from relnews.options.selection import CUTOFF
from relnews.storage.list_reader import stored_list
from strategies import archives_with_copies

WORDS = [
    "flood", "crest", "river", "dike", "levee", "gauge", "pump", "sandbag", "shelter", "ferry",
    "harbour", "tide",
]  # fmt: skip

#: The article of the list, a copy of it, and articles that share fewer and fewer of its words.
STORIES = [
    {"id": "story", "text": " ".join(WORDS), "published": "2025-08-01"},
    {"id": "copy", "text": " ".join(WORDS), "published": "2025-08-01"},
    *(
        {
            "id": f"{n}",
            "text": " ".join([*WORDS[:n], *(f"w{n}x{i}" for i in range(12 - n))]),
            "published": f"2025-08-{n + 2:02}",
        }
        for n in range(10, 0, -1)
    ),
    {"id": "other", "text": "budget vote council", "published": "2025-08-20"},
]


@pytest.fixture(scope="module")
def news():
    return RelatedNews(stop_words=None, recency=None).fit(STORIES)


def ids(news, k=20, **given):
    """Return the list of the story, its copy left out, under a selection."""
    return news.related("story", k, selection=Selection(**given)).ids


def test_an_item_may_have_exactly_the_share(news):
    """The share of the best score is enough; a millionth less is not. A copy is not the best."""
    scores = [item.score for item in news.related("story", 20, selection=Selection(cutoff=None))]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)
    assert scores[0] < news.explain("story", "copy").score
    for n in range(2, 10):
        share = int(scores[n] / scores[0] * 1_000_000) / 1_000_000
        assert len(ids(news, cutoff=share)) == n + 1
        assert len(ids(news, cutoff=share + 0.000_002)) == n
    assert ids(news, cutoff=0) == ids(news, cutoff=None)
    assert ids(news, cutoff=1) == ["10"]
    whole, default = ids(news, cutoff=None), ids(news)
    assert 0 < len(default) < len(whole)
    assert default == ids(news, cutoff=CUTOFF) == whole[: len(default)]


@pytest.mark.parametrize("given", [{}, {"diversity": 0.5}, {"caps": {"story": 1}, "story": 0.5}])
def test_the_length_does_not_move_the_end(news, given):
    """A shorter list is the beginning of a longer one, and all end at the same place."""
    lists = [ids(news, k, cutoff=0.4, **given) for k in range(1, 20)]
    for k, (shorter, longer) in enumerate(itertools.pairwise(lists), start=1):
        assert shorter == longer[: len(shorter)]
        assert len(shorter) == min(k, len(lists[-1]))
    assert 0 < len(lists[-1]) < 10
    assert {*lists[-1]} <= {*ids(news, cutoff=0.4)}


def test_an_item_needs_both_scores(news):
    """With a least score the list ends at the higher of the two."""
    (low,) = (item.score for item in news.related("story", mode="similar", k=20) if item.id == "6")
    assert ids(news, min_score=low, cutoff=None)[-1] == "6"
    assert ids(news, min_score=low, cutoff=0.1)[-1] == "6"
    both = ids(news, min_score=low, cutoff=0.8)
    assert both == ids(news, cutoff=0.8)
    assert len(both) < 6


def test_a_ranking_has_no_end(news):
    """The ranking itself, and modes of it, show all."""
    assert news.related("story", 20, selection=None).ids[1:] == ids(news, cutoff=None)
    assert len(news.related("story", 20, mode="similar")) == 11


def test_what_editors_want_is_not_cut(news):
    """A pin is shown and ends no list; an article that a rule leaves out is not the best."""
    edited = RelatedNews(stop_words=None, recency=None).fit(STORIES)
    edited.rules.pin("story", ["other", "1"])
    before = ids(news, cutoff=0.8)
    assert ids(edited, cutoff=0.8) == ["other", "1", *before]
    edited.rules.pin("story", "10")
    assert {*ids(edited, cutoff=0.8)} == {"other", "1", *before}
    edited.rules.hide("id=10")
    without = RelatedNews(stop_words=None, recency=None).fit(STORIES)
    assert ids(edited, cutoff=0.8)[2:] == [
        item.id
        for item in without.related("story", 20, exclude=["10"], selection=Selection(cutoff=0.8))
    ]
    assert ids(edited, cutoff=0.8)[-1] not in before


def test_the_newest_are_cut_by_score_before_they_are_ordered(news):
    """In mode newest the share is that of the best score, and the order that of dates."""
    chosen = ids(news, cutoff=0.5)
    newest = news.related("story", 20, mode="newest", selection=Selection(cutoff=0.5)).ids
    assert newest == sorted(chosen, key=int, reverse=True)
    assert len(newest) < 10
    few = news.related("story", 2, mode="newest", selection=Selection(cutoff=0.5)).ids
    assert few == newest[:2]
    draft = news.related_to_text(
        " ".join(WORDS), published="2025-08-01", mode="newest", k=20,
        selection=Selection(cutoff=0.5),
    )  # fmt: skip
    assert draft.ids == newest
    assert news.related("story", 20, mode="follow_up", selection=Selection(cutoff=0.5)).ids


def test_a_short_list_is_filled_on_request(news):
    """Articles below the cutoff fill a list if the newest articles may, and say so."""
    items = news.related("story", 5, selection=Selection(cutoff=0.9), fallback=["newest"])
    n = len(ids(news, cutoff=0.9))
    reasons = [item.reason for item in items]
    assert reasons == [("similar",)] * n + [("newest",)] * (5 - n)
    assert items.ids[n] == "other"


def test_a_block_ends_where_its_list_ends(news):
    """An article that another block shows is still the best."""
    blocks = news.related_blocks("story", {"news": 1, "more": 20}, selection=Selection(cutoff=0.5))
    whole = news.related("story", 20, mode="more", selection=Selection(cutoff=0.5))
    assert [*blocks["news"].ids, *blocks["more"].ids] == whole.ids


def test_why_not_gives_the_share(news):
    """The answer has the score, the share and the best score, also where rules and dates count."""
    selection = Selection(cutoff=0.5)
    best = news.related("story", 1)[0].score
    score = news.explain("story", "1").score
    expected = f"'1' has a score of {score:.6f}, less than 50 % of the best, {best:.6f}."
    for mode in ("news", "newest", "follow_up"):
        got = news.why_not("story", "1", 20, mode=mode, selection=selection)
        assert (got.reason, got.sentence) == ("cutoff", expected)
    assert news.why_not("story", "1", 20, selection=Selection(cutoff=None)).reason == "listed"
    assert news.why_not("story", "1", 20).reason == "cutoff"
    assert news.why_not("story", "1", selection=Selection(min_score=0.5)).reason == "score"
    filled = news.why_not("story", "1", 20, selection=selection, fallback=["newest"])
    assert filled.reason == "listed"


@given(archives_with_copies(min_size=1), st.integers(1, 4), st.integers(1, 9))
def test_stored_lists_of_any_length_are_ranked_ones(articles, stored, k):
    """A stored list that is read is the ranked list, also where it ends early."""
    news = RelatedNews(stop_words=None).fit(articles)
    ranked = [*news.related_all(k, fallback=[])]
    news.store_lists(stored)
    for related in ranked:
        found = stored_list(news.archive_.catalogue, related.id, k)
        assert found in (None, related)
        assert news.related(related.id, k).ids == related.ids


def test_a_stored_list_ends_early_too():
    """The end is read, not ranked, for any length, and moves when the best article goes."""
    news = RelatedNews(stop_words=None, recency=None).fit(STORIES)
    whole = ids(news)
    assert 4 < len(whole) < 10
    news.store_lists(8)
    catalogue = news.archive_.catalogue
    for k in (4, 8, 50):
        assert stored_list(catalogue, "story", k).ids == whole[:k]
    best = [f"{n}" for n in range(10, 6, -1)]
    assert "story" in news.remove(best).changed
    assert len(news.related("story", 50).ids) > len(whole) - len(best)
    assert news.related("story").ids == ids(news)
    assert news.verify() == []


def test_a_list_changes_below_an_article_that_is_hidden():
    """The best article is not out yet: the list that readers see changes far below its score."""
    hidden = {**STORIES[2], "published": "2999-01-01"}
    low = [{"id": f"low {n}", "text": f"flood a{n} b{n} c{n} d{n} e{n}"} for n in range(2)]
    news = RelatedNews(stop_words=None, recency=None).fit([STORIES[0], hidden, low[0]])
    news.store_lists(8)
    assert news.related("story").ids == ["low 0"]
    report = news.partial_fit([low[1]])
    assert news.related("story").ids == ["low 0", "low 1"]
    assert "story" in report.changed


def test_a_list_changes_where_a_version_stands_for_an_excluded_one():
    """An article whose near-duplicate a rule excludes changes the list, not the stored items."""
    text = " ".join(WORDS[:9]) + " mayor budget vote"
    news = RelatedNews(stop_words=None, recency=None).fit([
        STORIES[0], {"id": "excluded", "text": text}, STORIES[3],
    ])  # fmt: skip
    news.store_lists(8)
    news.rules.hide("id=excluded")
    before = news.related("story").ids
    report = news.partial_fit([{"id": "version", "text": f"{text} council"}])
    assert {*news.related("story").ids} == {*before, "version"}
    assert "story" in report.changed
