"""Verdicts of why_not: every stated reason is true."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from lists.test_selector import selections
from relnews import RelatedNews, Selection
from relnews.options.selection import CUTOFF
from storage.test_rules import Editor, articles_and_rules, is_barred, is_visible
from strategies import examples


@examples(0.5)
@given(articles_and_rules(min_size=1), st.data(), st.none() | selections, st.integers(1, 5))
def test_every_article_is_accounted_for(drawn, data, given, k):
    """Every article is in the list or has a true reason."""
    articles, rules = drawn
    news = RelatedNews(title_weight=2, stop_words=None).fit(articles)
    news.rules.replace(rules)
    editor = Editor(articles, rules)
    editor.given = {"duplicate_threshold": None} if given is None else given
    editor.query = a = data.draw(st.sampled_from(articles))["id"]
    selection = None if given is None else Selection(**given)
    items = news.related(a, k, selection=selection).ids
    scores = {b: score for b, score, _ in editor.ranked(a)}
    ranked = [*scores]
    for b, article in editor.article.items():
        got = news.why_not(a, b, k, selection=selection)
        explained = news.explain(a, b, selection=selection)
        assert str(got)
        assert (got.reason == "listed") == (b in items)
        assert (explained.rank is None) == (b not in ranked)
        if b in items:
            assert got.rank == items.index(b) + 1
            continue
        if b in ranked:
            assert explained.rank == ranked.index(b) + 1
        near = [item for item in (a, *items) if item != b and editor.near(item, b)]
        if got.reason == "itself":
            assert a == b
        elif got.reason in ("embargo", "expired"):
            assert not is_visible(article, editor.now)
        elif got.reason == "rule":
            assert is_barred(editor.article[a], article, rules)
            assert explained.ledger[-1].factor == explained.score == 0
        elif got.reason == "no shared term":
            assert reference.cosine(editor.weights[a], editor.weights[b]) == 0
        elif got.reason == "score":
            assert scores[b] < given["min_score"]
        elif got.reason == "cutoff":
            eligible = [s for i, s in scores.items() if not editor.is_too_near(i)]
            cutoff = given.get("cutoff", CUTOFF)
            assert scores[b] < reference.least_score(cutoff, eligible)
            assert f"less than {100 * cutoff:g} % of the best, {max(eligible):.6f}" in str(got)
        elif got.reason == "duplicate":
            assert near
        elif got.reason == "cap":
            assert not near
            assert given["caps"]
        else:
            assert got.reason == "rank"
            assert not near
            assert len(items) == k
            assert got.rank == ranked.index(b) + 1


WIRE = "Officials from the alliance said that they are near a deal on guarantees for Kyiv"
STORIES = [
    {"id": "story", "title": "NATO backs Kyiv",
     "text": "Officials of the alliance: guarantees, a deal"},
    {"id": "wire", "title": "Near deal", "text": WIRE, "source": "Wire", "published": "2025-08-22"},
    {"id": "copy", "title": "Near deal", "text": WIRE, "source": "Other",
     "published": "2025-08-21"},
    {"id": "veto", "title": "Veto on guarantees", "text": "Moscow, Kyiv", "source": "Wire"},
    {"id": "gas", "title": "Gas deal", "text": "Moscow and others"},
    {"id": "rain", "title": "Rain", "text": "wet"},
]  # fmt: skip


@pytest.fixture(scope="module")
def news():
    return RelatedNews().fit(STORIES)


def test_a_selection_says_what_it_did(news):
    """A verdict names the near-duplicate's item, the capped field or the minimum score."""
    assert str(news.why_not("story", "copy", selection=Selection())) == (
        "'copy' is nearly the same as 'wire' (1.000000), which is at rank 1."
    )
    assert str(news.why_not("wire", "copy", selection=Selection())) == (
        "'copy' is nearly the same as 'wire' (1.000000)."
    )
    got = news.why_not("story", "veto", selection=Selection(caps={"source": 1}))
    assert (got.reason, got.sentence) == (
        "cap", "'veto' is left out by a cap: the list has 1 item with the source 'Wire'."
    )  # fmt: skip
    got = news.why_not("story", "veto", selection=Selection(caps={"story": 1}, story=0.05))
    assert got.reason == "cap"
    assert "is of the same story" in got.sentence
    got = news.why_not("story", "gas", selection=Selection(min_score=0.3))
    assert (got.reason, got.rank) == ("score", 4)
    assert "less than 0.3" in got.sentence
    got = news.why_not("story", "gas", 1, selection=Selection())
    assert (got.reason, got.rank) == ("rank", 4)
    assert "others are preferred" in got.sentence
    assert news.why_not("story", "wire", selection=Selection()).reason == "listed"
    got = news.why_not("story", "rain", fallback=["newest"])
    assert str(got) == "'rain' is in the list, at rank 4 (newest)."
    assert news.why_not("story", "rain").reason == "no shared term"


def test_modes_are_explained(news):
    """The ledger shows the mode's recency and side in time."""
    got = news.explain("copy", "wire", mode="background")
    assert [line.name for line in got.ledger] == ["similarity", "recency", "when"]
    assert "wanted before" in got.ledger[-1].note
    assert got.rank is None
    assert news.why_not("copy", "wire", mode="background").reason == "condition"
    got = news.explain("wire", "copy", mode="news")
    assert got.ledger[1].name == "recency"
    faded = 0.5 + 0.5 / (1 + 1 / 180)  # a day, of `Recency`'s defaults
    assert got.score == pytest.approx(got.ledger[0].product * faded, abs=1e-6)
    assert math.isclose(got.ledger[-1].product, got.score)


def test_a_rule_is_part_of_the_ledger():
    """The ledger shows editors' rules."""
    news = RelatedNews().fit(STORIES)
    assert news.explain("story", "copy").rank == 2
    news.rules.block("story", "wire")
    news.rules.pin("story", "rain")

    assert str(news.why_not("story", "wire")) == (
        "'wire' is left out by a rule: no list of id=story has id=wire."
    )
    line = news.explain("story", "wire").ledger[-1]
    assert (line.name, line.factor, line.note) == (
        "block", 0.0, "no list of id=story has id=wire"
    )  # fmt: skip
    assert news.explain("story", "copy").rank == 1
    assert str(news.why_not("story", "rain")) == "'rain' is in the list, at rank 1 (pinned)."
    assert news.why_not("story", "veto", 2).reason == "rank"
