"""Merging: which segments become one, and what is left of removed articles in the tables."""

from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

import mutations
from relnews import RelatedNews
from relnews.maintenance import merging


def segments(*sizes):
    """Return segments of so many articles, or of so many living ones out of so many."""
    pairs = [size if isinstance(size, tuple) else (size, size) for size in sizes]
    return [SimpleNamespace(n_alive=n_alive, is_alive=np.ones(n)) for n_alive, n in pairs]


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ([1024] * 7, 0),
        ([1024] * 8, 8),
        ([8191] * 8, 8),
        ([1024] * 7 + [8192], 0),
        ([8192] * 8 + [1024], 8),
        ([65_535] * 8, 8),
        ([65_536] * 20, 0),
        ([65_536, (32_767, 65_536)], 1),
        ([(32_768, 65_536)], 0),
    ],
)
def test_segments_of_a_level_become_one(sizes, merged):
    """Eight of a level become one; full ones stay, and more than half gone is written again."""
    assert len(merging._to_merge(segments(*sizes))) == merged


def test_no_removal_stays_without_a_segment(tmp_path):
    """The table of removed articles is empty when no file has them, pending or in a segment."""
    articles = [{"id": f"a{i}", "text": f"dike breach part{i}"} for i in range(12)]
    RelatedNews().fit(articles).save(tmp_path / "a.relnews")
    news = RelatedNews.open(tmp_path / "a.relnews")
    with mock.patch.multiple(merging, PENDING_ARTICLES=8):
        catalogue = news.archive_.catalogue
        news.partial_fit({"id": f"b{i}", "text": f"dike breach other{i}"} for i in range(4))
        news.remove(["a1", "b2"])
        assert len(catalogue.removals(0)) == 2
        news.partial_fit({"id": f"c{i}", "text": f"dike breach more{i}"} for i in range(5))
        assert [key for _, key in catalogue.removals(0)] == [1]  # b2 waited, and went before it
        news.remove([f"a{i}" for i in range(2, 9)])  # the segment is written again
        assert catalogue.removals(0) == []
        news.remove("a9")
        news.partial_fit([{"id": "d", "text": "dike breach"}])
        news.compact()
    assert catalogue.counts(-1) == []
    assert catalogue.removals(0) == []
    assert news.verify() == []


@pytest.mark.parametrize("has_lists", [False, True])
def test_compaction_keeps_the_bounds_of_common_terms(tmp_path, has_lists):
    """Ranking a compacted archive skips as many postings as before."""
    articles = [{"id": f"a{i}", "text": f"dike breach part{i} lot{i % 2}"} for i in range(30)]
    with mutations.bounded_terms():
        RelatedNews().fit(articles).save(tmp_path / "a.relnews")
        news = RelatedNews.open(tmp_path / "a.relnews")
        if has_lists:
            news.store_lists(2)
        common = news.archive_.state.epoch.common
        n_common = len(common.terms)
        assert n_common
        news.remove("a1")
        news.compact()
        state = news.archive_.state
        assert len(state.epoch.common.terms) == n_common
        kinds = sorted(entry.kind for entry in news.archive_.catalogue.folders())
        assert kinds == ["epoch", "outline", "segment", "vocabulary"]
        (live,) = state.live_segments.values()
        assert live.outline.norm.max() > 0


@pytest.mark.parametrize(("has_lists", "n_articles"), [(False, 6), (True, 6), (False, 3)])
def test_an_epoch_begins_when_an_archive_without_lists_has_doubled(has_lists, n_articles):
    """Stored lists keep their epoch; without them it begins again at more than twice the size."""
    news = RelatedNews().fit({"id": f"a{i}", "text": f"dike breach part{i}"} for i in range(3))
    if has_lists:
        news.store_lists(2)
    with mock.patch.multiple(merging, PENDING_ARTICLES=n_articles):
        news.partial_fit({"id": f"b{i}", "text": f"dike lot{i}"} for i in range(n_articles))
        n_then = 9 if n_articles == 6 and not has_lists else 3
        assert news.archive_.state.epoch.n_articles == n_then
        assert news.archive_.catalogue.setting("epoch") == n_then
        if has_lists:
            expected = [*news.related_all(2)]
            news.compact()
            assert news.archive_.state.epoch.n_articles == 3
            assert [*news.related_all(2)] == expected
            assert news.verify() == []
        else:
            news.compact()
            assert news.archive_.state.epoch.n_articles == len(news)


def test_no_hash_stays_of_a_word_that_came_after_the_epoch():
    """Only words that stored lists depend on are known again by a hash."""
    news = RelatedNews().fit({"id": f"a{i}", "text": f"dike breach part{i}"} for i in range(4))
    news.store_lists(2)
    news.partial_fit([{"id": "late", "text": "dike afterwards"}])
    news.remove("late")
    news.compact()
    assert not news.archive_.catalogue.setting("forgotten")
    news.remove("a0")
    news.compact()
    assert [*news.archive_.catalogue.setting("forgotten").values()] == [1]


@pytest.mark.parametrize(("n_new", "is_written"), [(4, False), (5, True)])
@pytest.mark.parametrize("by", ["number", "share"])
def test_many_new_terms_become_a_vocabulary(n_new, is_written, by):
    """New terms wait in their table up to a number and a share of the others."""
    news = RelatedNews(stop_words=None).fit(
        [{"id": "a", "text": " ".join(f"w{i}" for i in range(10))}]
    )
    limits = {"NEWER_TERMS": 4, "NEWER_SHARE": 0.1} if by == "number" else {
        "NEWER_TERMS": 1, "NEWER_SHARE": 0.4,
    }  # fmt: skip
    with mock.patch.multiple(merging, **limits):
        news.partial_fit([{"id": "b", "text": " ".join(f"v{i}" for i in range(n_new))}])
    assert len(news.archive_.state.vocabulary.newer) == (0 if is_written else n_new)
    assert len(news.archive_.state.vocabulary) == 10 + n_new
    assert news.verify() == []
