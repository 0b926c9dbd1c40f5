"""Corpus statistics: after any changes they equal fresh counts."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews._kernels._compile import frozen
from relnews._kernels.wording import IN_TITLE
from relnews.archive.live_segment import LiveSegment, Norms
from relnews.search import weights
from relnews.search.bounds import CommonTerms, Outline
from relnews.search.corpus_stats import CorpusStats, Statistics
from relnews.search.segment import Segment
from relnews.text.article_terms import ArticleTerms
from relnews.text.rows import Counts, Ragged

N_TERMS = 8

articles = st.frozensets(st.integers(0, N_TERMS - 1))

#: True asks for the change so far; a number removes one of the present articles.
steps = st.lists(st.one_of(articles, st.integers(0, 99), st.just(True)), max_size=30)


def terms_of(article):
    return np.array(sorted(article), dtype=np.int32)


def count(statistics, article, sign):
    terms = terms_of(article)
    statistics.add(terms, sign * np.ones(len(terms), dtype=np.int32), sign)


def follow(statistics, steps):
    """Take the steps; yield the present articles and the change whenever a step asks for it."""
    there = []
    for step in [*steps, True]:
        if step is True:
            yield there, statistics.settle()
        elif isinstance(step, frozenset):
            there.append(step)
            count(statistics, step, 1)
        elif there:
            count(statistics, there.pop(step % len(there)), -1)


def frequencies(articles, n_terms):
    return np.array([sum(term in article for article in articles) for term in range(n_terms)])


@given(st.integers(0, 20), st.sampled_from([N_TERMS, 30 * N_TERMS]), steps)
def test_idf_is_what_is_counted_afresh(n_anchor, n_terms, steps):
    """After any updates, frequencies and idf are equal to a fresh count of the articles left.

    Changes concern most of a vocabulary, or a small part of it.
    """
    statistics = Statistics(n_anchor)
    statistics.grow(n_terms)
    before = frequencies([], n_terms)
    for there, change in follow(statistics, steps):
        after = frequencies(there, n_terms)
        idf = weights.inverse_document_frequency(after, len(there))

        assert statistics.n_articles == len(there)
        assert statistics.document_frequency.tolist() == after.tolist()
        np.testing.assert_allclose(statistics.idf(), idf, rtol=0, atol=1e-12)
        assert change.terms.tolist() == np.flatnonzero(before != after).tolist()
        for frequency, told in ((before, change.before), (after, change.after)):
            expected = weights.inverse_document_frequency(frequency[change.terms], n_anchor)
            assert told.tolist() == expected.tolist()
        before = after


def test_whoever_reads_goes_on_with_what_there_was():
    """Settling and growing never modify arrays that were handed out."""
    statistics = Statistics(3)
    statistics.grow(4)
    statistics.settle()
    idf = statistics.idf()
    seen = idf.tolist()
    count(statistics, {1, 2}, 1)
    statistics.grow(9)
    statistics.settle()

    assert idf.tolist() == seen
    assert statistics.idf()[:4].tolist() != seen


def test_terms_that_come_one_by_one_have_no_articles():
    """Reserved room for terms is as empty as new room."""
    statistics = Statistics(3)
    for n_terms in range(1, 40):
        statistics.grow(n_terms)
        assert statistics.document_frequency[-1] == 0
        count(statistics, {n_terms - 1}, 1)
        statistics.settle()
    fresh = Statistics(3)
    fresh.grow(39)
    count(fresh, {*range(39)}, 1)
    fresh.settle()

    assert statistics.document_frequency.tolist() == [1] * 39
    assert statistics.anchored.tolist() == fresh.anchored.tolist()


@given(st.lists(st.integers(0, 12), max_size=6), st.integers(0, 5))
def test_terms_that_come_later_have_no_articles(sizes, n_anchor):
    """New terms get room, have no articles, and weigh accordingly."""
    statistics = Statistics(n_anchor)
    most = 0
    for size in sizes:
        statistics.grow(size)
        most = max(most, size)
        if most:
            count(statistics, {0}, 1)
        change = statistics.settle()

        assert len(statistics.document_frequency) == len(statistics.idf()) == most
        assert change.terms.tolist() == [0] * bool(most)
        assert statistics.document_frequency[1:].tolist() == [0] * max(most - 1, 0)
        n = statistics.n_articles
        assert np.allclose(statistics.idf()[1:], np.log(1 + n) + 1, rtol=0, atol=1e-12)


def test_many_terms_are_added_at_a_time():
    """A segment adds its count of each term, even with empty articles."""
    statistics = Statistics(0)
    statistics.grow(5)
    statistics.add(np.array([1, 4], dtype=np.int32), np.array([7, 2]), 9)
    statistics.add(np.array([1], dtype=np.int32), np.array([-3]), -3)
    statistics.add(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), 1)

    assert statistics.settle().terms.tolist() == [1, 4]
    assert statistics.document_frequency.tolist() == [0, 4, 0, 0, 2]
    assert statistics.n_articles == 7


rows = st.lists(
    st.dictionaries(st.integers(0, N_TERMS - 1), st.integers(1, 9)), min_size=1, max_size=6
)


def a_segment(rows, of_odd=0):
    """Return the segment of articles; odd counts have `of_odd` in their codes."""
    pairs = sorted((local, term, n) for local, row in enumerate(rows) for term, n in row.items())
    _, term, count = np.array(pairs, dtype=np.int32).reshape(-1, 3).T.copy()
    counts = Counts(np.cumsum([0, *map(len, rows)]), term, count << 2 | of_odd * (count % 2))
    n = len(rows)
    nothing = Ragged(np.zeros(n + 1, dtype=np.int64), np.empty(0, dtype=np.int32))
    phrases = Ragged(nothing.ptr, nothing.value.reshape(0, 3))
    return Segment.from_terms(
        ArticleTerms(counts, nothing, phrases),
        np.arange(n),
        np.arange(n),
        [str(i) for i in range(n)],
        N_TERMS,
    )


#: Number of articles of an epoch, and document frequencies of some terms in it.
N_OF_EPOCH = 20
epochs = st.lists(st.integers(0, N_OF_EPOCH), max_size=N_TERMS)


@given(rows, st.booleans(), st.integers(0, 20), steps, st.sampled_from([0.0, 0.1, 0.7]))
def test_lengths_follow_the_statistics(rows, sublinear_tf, n_anchor, steps, tolerance):
    """Norms of a segment's articles equal fresh ones within the tolerance."""
    with mock.patch("relnews.search.corpus_stats.TOLERANCE", tolerance):
        follow_lengths(rows, sublinear_tf, n_anchor, steps)


@given(rows, st.booleans(), epochs, steps, st.sampled_from([0.0, 0.1, 0.7]))
def test_lengths_begin_with_stored_sums(rows, sublinear_tf, epoch, steps, tolerance):
    """Sums under the idf of any epoch lead to the norms of the present articles."""
    with mock.patch("relnews.search.corpus_stats.TOLERANCE", tolerance):
        follow_lengths(rows, sublinear_tf, N_OF_EPOCH, steps, np.array(epoch, dtype=np.int32))


def follow_lengths(rows, sublinear_tf, n_anchor, steps, epoch=None):
    segment = a_segment(rows)
    outline = Outline.none(len(rows))
    member = LiveSegment(None, segment, outline, weights.Weighting(sublinear_tf))
    no_common = CommonTerms(np.empty(0, dtype=np.int32), np.empty((64, 0)), N_TERMS)
    statistics = Statistics(n_anchor) if epoch is None else Statistics(n_anchor, epoch)
    statistics.grow(N_TERMS)
    if epoch is not None:
        member.sums = member.norm_components(statistics.made)
    statistics.add(*segment.document_frequency(), segment.n_articles)
    for there, change in follow(statistics, steps):
        frequency = frequencies([*map(frozenset, rows), *there], N_TERMS)
        idf = weights.inverse_document_frequency(frequency, len(rows) + len(there))
        expected = [
            sum(float(tf(n, sublinear_tf) * idf[term]) ** 2 for term, n in row.items()) ** 0.5
            for row in rows
        ]

        corpus = CorpusStats(frozen(statistics.idf()), 1.0, 4.0, no_common)
        scored = member.scored(corpus, np.ones(len(rows)), statistics, change, None)
        got = scored.arrays.max_inverse_norm * expected
        is_filled = np.array(expected) > 0
        assert (got[is_filled] >= 1 - 1e-9).all()
        if not statistics.norm_tolerance:
            np.testing.assert_allclose(got, is_filled, rtol=1e-9)
        afresh, _ = weights.norms(member.norm_components(statistics.idf()))
        np.testing.assert_allclose(afresh, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_anchor", [20, 5000])
@given(rows, st.booleans(), steps)
def test_bounds_hold_while_the_statistics_move(n_anchor, rows, sublinear_tf, steps):
    """Bounds of lengths and titles hold for the last change, and for those before."""
    segment = a_segment(rows, IN_TITLE)
    weighting = weights.Weighting(sublinear_tf, title_overlap=0.3)
    member = LiveSegment(None, segment, Outline.none(len(rows)), weighting)
    common = CommonTerms(np.array([1, 2], dtype=np.int32), np.empty((64, 0)), N_TERMS)
    statistics = Statistics(n_anchor)
    statistics.grow(N_TERMS)
    statistics.add(*segment.document_frequency(), segment.n_articles)
    # The idf of the first two terms may be off, and others are corrected at once.
    frequency = np.array([n_anchor // 5] * 2 + [1] * (N_TERMS - 2))
    statistics.add(np.arange(N_TERMS, dtype=np.int32), frequency, n_anchor)
    prior = np.ones(len(rows))
    seen = []
    for _, change in follow(statistics, steps):
        idf = frozen(statistics.idf())
        unseen = float(np.log(1.0 + statistics.n_articles)) + 1
        corpus = CorpusStats(idf, unseen, 4 * unseen, common)
        scored = member.scored(corpus, prior, statistics, change, None)
        exact = member.under(Norms.of(member.norm_components(idf)), corpus, prior)
        seen.append((scored, exact))
        for older, truth in seen:
            for got, least in zip(bounds_of(older), bounds_of(truth), strict=True):
                assert (got >= least * (1 - 1e-6)).all()
        assert (scored.arrays.rows.idf == idf).all()


def bounds_of(scored):
    arrays, titles = scored.arrays, scored.titles
    return [
        arrays.max_inverse_norm, arrays.factor, titles.length, titles.per_title, titles.common
    ]  # fmt: skip


def test_common_terms_are_put_right_seldom():
    """The tolerance absorbs a small change; many small changes exceed it."""
    statistics = Statistics(1000)
    statistics.grow(2)
    statistics.add(np.array([0, 1], dtype=np.int32), np.array([1000, 10]), 1000)
    statistics.settle()
    assert statistics.norm_tolerance == 0
    count(statistics, {0, 1}, 1)
    change = statistics.settle()
    assert change.terms.tolist() == [1]
    assert statistics.norm_tolerance > 0
    n = 1
    while 0 not in change.terms:
        count(statistics, {0}, 1)
        change = statistics.settle()
        n += 1
    assert 15 < n < 18
    assert change.after - change.before < -1 / 64
    assert statistics.idf().tolist()[0] == pytest.approx(1)


def tf(n, sublinear_tf):
    return weights.Weighting(sublinear_tf).tf_weight(np.array([n << 2]))[0]
