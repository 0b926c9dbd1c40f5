"""Exact top-k over segments.

The order is total: score descending, then newer first, then id. A score is compared by the
millionth, so that neither the order in which parts are summed nor the cut into segments decides
between articles that are equally near.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import norms, scoring
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import (
    Fading,
    LimitArrays,
    RankedArrays,
    ScoredArticles,
    ScoredRows,
    WeightedPostings,
)
from relnews._kernels.title_match import ArticleTitleMatch, TitleMatch, TitleMatchScratch
from relnews.search import order
from relnews.search.bounds import Outline, Scratch
from relnews.search.corpus_stats import CorpusStats
from relnews.search.query import Limits, Queries
from relnews.search.segment import Segment, days


class ScoredSegment:
    """A segment under given statistics and priors.

    Parameters
    ----------
    segment : Segment
    level_weight, level_title : float64 arrays of shape (n_levels,)
        tf weight of each of the segment's levels, and how much it counts in a title.
    norm, title : float64 arrays of shape (n_articles,)
        The length of the articles' weights, and the sum of the idf of their titles.
    norm_tolerance : float
        Relative error bound of ``norm`` and ``title``. If it is not 0, those of the articles that
        come near the top of a list are summed again.
    n_common : int32 array of shape (n_articles,)
        How many common words are in each title.
    statistics : CorpusStats
    outline : Outline
        Of the articles' weights, not divided by their lengths.
    prior : float64 array of shape (n_articles,), optional
        A non-negative factor on each article's score; 0 leaves the article out. 1 by default.
    """

    def __init__(
        self,
        segment: Segment,
        level_weight: NDArray[np.float64],
        level_title: NDArray[np.float64],
        norm: NDArray[np.float64],
        title: NDArray[np.float64],
        norm_tolerance: float,
        n_common: NDArray[np.int32],
        statistics: CorpusStats,
        outline: Outline,
        prior: NDArray[np.float64] | None = None,
    ) -> None:
        self.segment = segment
        common, idf = statistics.common, statistics.idf
        max_common_idf = float(idf[common.terms].max(initial=0.0))
        inverses = np.empty_like(norm), np.empty_like(norm)
        length, per_title, in_title = (np.empty(len(norm), dtype=np.float32) for _ in range(3))
        norms.bound_factors(
            (norm, title), norm_tolerance, n_common, max_common_idf, inverses,
            (length, per_title, in_title),
        )  # fmt: skip
        max_inverse_norm, inverse_title = inverses
        # Not frozen: kernels write what is not known.
        inverse_norm = np.full_like(norm, np.nan) if norm_tolerance else max_inverse_norm
        self.titles = ArticleTitleMatch(
            segment.values, segment.texts, frozen(length), frozen(per_title), frozen(in_title)
        )
        ones = np.ones(segment.n_articles)
        level_weight = frozen(level_weight)
        rows = ScoredRows(
            segment.rows, segment.day, level_weight, frozen(level_title), idf, inverse_norm,
            inverse_title, frozen(ones),
        )  # fmt: skip
        postings = WeightedPostings(segment.postings, level_weight, idf, common.is_rare)
        self.arrays = ScoredArticles(
            rows, postings, outline, frozen(max_inverse_norm), ones.astype(np.float32)
        )
        self._set_prior(ones if prior is None else prior)

    @property
    def prior(self) -> NDArray[np.float64]:
        """A non-negative factor on each article's score."""
        prior: NDArray[np.float64] = self.arrays.rows.prior
        return prior

    def _set_prior(self, prior: NDArray[np.float64]) -> None:
        # The factor is not frozen: its kernel fades it, or takes it as it is.
        factor = (self.arrays.max_inverse_norm * prior).astype(np.float32)
        rows = self.arrays.rows._replace(prior=frozen(prior))
        self.arrays = self.arrays._replace(rows=rows, factor=factor)

    def inverses(self, local: int) -> tuple[float, float]:
        """Return 1 / length of an article's weights, and 1 / idf of its title; 0 if it has none."""
        (terms, levels), own = self.segment.row(local), self.arrays.rows
        return (
            norms.inverse_length(terms, frozen(levels), own.level_weight, own.idf),
            norms.inverse_title(terms, frozen(levels), own.level_title, own.idf),
        )

    def with_prior(self, prior: NDArray[np.float64]) -> ScoredSegment:
        """Return the same segment under other priors."""
        other = copy.copy(self)
        other._set_prior(prior)
        return other

    def rank(
        self, queries: Queries, k: int, floors: NDArray[np.float64]
    ) -> tuple[NDArray[Any], ...]:
        """Return the best k articles of the segment for each query.

        Parameters
        ----------
        queries : Queries
        k : int
        floors : float64 array of shape (n_queries,)
            Scores in millionths that k articles of other segments reach; brought up to date.

        Returns
        -------
        steps, key : int64 arrays of shape (n_queries, k)
            Scores in millionths, best first, 0 where the list has ended; articles.
        similarity : float64 array of shape (n_queries, k)
        published : int64 array of shape (n_queries, k)
        """
        segment = self.segment
        n = segment.n_articles
        # What is the last of a shorter list is not what k articles reach.
        reached = floors if k <= n else np.zeros_like(floors)
        k = min(k, n)
        rank = self._rank_walking if segment.has_postings else self._rank_rows
        steps, local, similarity = rank(queries, k, reached)
        return steps, segment.key[local], similarity, segment.published[local]

    def reach(
        self, query: Queries, floors: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the articles whose score reaches a floor that each has of its own.

        Parameters
        ----------
        query : Queries
            One.
        floors : int64 array of shape (n_articles,)
            In millionths, at least 1.

        Returns
        -------
        local, steps, similarity : int64 arrays of shape (n,)
            The articles, ascending, and their scores and similarities in millionths.
        """
        if self.segment.has_postings:
            local, steps = np.empty(len(floors), np.int64), np.empty(len(floors), np.int64)
            with self._scratch() as scratch, self._titles(query) as titles:
                n = scoring.reach_articles(
                    query.arrays(), self.arrays, _fading(query.limits), titles, frozen(floors),
                    scratch, local, steps,
                )  # fmt: skip
                local, steps = local[:n], steps[:n]
                similarity = scratch.similarities[local]
        else:
            every, similarities = self._score_rows(query)
            local = np.flatnonzero(every[0] >= floors)
            steps, similarity = every[0, local], similarities[0, local]
        others = local != self.segment.find(int(query.key[0]))
        rounded = np.rint(similarity * scoring.SCORE_STEPS).astype(np.int64)
        return local[others], steps[others], rounded[others]

    def _limits(self, limits: Limits) -> LimitArrays:
        """Return the limits of each query, articles by local number."""
        segment = self.segment
        local = [segment.find_all(keys) for keys in limits.exclude]
        local = [places[places >= 0] for places in local]
        ptr = np.cumsum([0, *map(len, local)], dtype=np.int64)
        first = np.searchsorted(segment.published, limits.after)
        last = np.searchsorted(segment.published, limits.before)
        exclude = np.concatenate([np.empty(0, dtype=np.int64), *local])
        return LimitArrays(
            frozen(ptr), frozen(exclude), frozen(first), frozen(np.maximum(last, first)),
            _fading(limits),
        )  # fmt: skip

    def _scratch(self) -> AbstractContextManager[Scratch]:
        n_terms = len(self.arrays.postings.is_rare)
        return Scratch.borrowed(n_terms, self.segment.n_articles, self.segment.longest)

    @contextlib.contextmanager
    def _titles(self, queries: Queries) -> Iterator[TitleMatch | None]:
        """Lend what titles are matched by; None if they do not count."""
        own = queries.title_match
        if own is None:
            yield None
            return
        longest = (int(np.diff(ptr).max(initial=0)) for ptr in (own.text_ptr, own.phrase_ptr))
        with _borrowed(len(self.arrays.postings.is_rare), *longest) as scratch:
            yield TitleMatch(own, self.titles, scratch)

    def _rank_walking(
        self, queries: Queries, k: int, reached: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        shape = (len(queries.key), k)
        ranked = RankedArrays(np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape))
        with self._scratch() as scratch, self._titles(queries) as titles:
            scoring.rank_articles(
                queries.arrays(), self.arrays, self._limits(queries.limits), titles, k, scratch,
                reached, ranked,
            )  # fmt: skip
        return ranked

    def _rank_rows(
        self, queries: Queries, k: int, reached: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        steps, similarity = self._score_rows(queries)
        n = steps.shape[1]
        # Of two with the same score the later one is the better.
        order = np.argsort(-(steps * n + np.arange(n)), axis=1)[:, :k]
        steps = np.take_along_axis(steps, order, axis=1)
        np.maximum(reached, steps[:, -1], out=reached)
        return steps, order, np.take_along_axis(similarity, order, axis=1)

    def _score_rows(self, queries: Queries) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        shape = (len(queries.key), self.segment.n_articles)
        steps, similarity = np.empty(shape, dtype=np.int64), np.empty(shape)
        with self._scratch() as scratch, self._titles(queries) as titles:
            scoring.score_articles(
                queries.arrays(), self.arrays.rows, self._limits(queries.limits), titles, scratch,
                steps, similarity,
            )  # fmt: skip
        return steps, similarity


def _fading(limits: Limits) -> Fading:
    query_day = frozen(days(limits.published).astype(np.int64))
    return Fading(query_day, frozen(limits.decay), limits.undated)


@contextlib.contextmanager
def _borrowed(n_terms: int, n_words: int, n_phrases: int) -> Iterator[TitleMatchScratch]:
    """Lend scratch arrays to match titles with, to one thread at a time.

    Parameters
    ----------
    n_terms : int
    n_words, n_phrases : int
        Of the longest text, and of the longest title.
    """
    try:
        scratch = _IDLE.pop()
    except IndexError:
        scratch = _scratch_of(0, 0, 0)
    sizes = len(scratch.kind), len(scratch.text_pairs) // 2, len(scratch.title_pairs) // 2
    wanted = n_terms, n_words, n_phrases
    if any(size < least for size, least in zip(sizes, wanted, strict=True)):
        scratch = _scratch_of(*map(max, sizes, wanted))
    yield scratch
    _IDLE.append(scratch)


def _scratch_of(n_terms: int, n_words: int, n_phrases: int) -> TitleMatchScratch:
    n_text, n_title = (1 << max(2 * n - 1, 15).bit_length() for n in (n_words, n_phrases))
    return TitleMatchScratch(
        np.empty(n_terms, np.uint8), np.empty(n_terms), np.zeros(1 << 16, np.uint8),
        np.empty(n_text, np.uint64), np.empty(n_title, np.uint64), np.empty(n_title, np.int32),
        np.empty(n_title, np.uint8),
    )  # fmt: skip


_IDLE: collections.deque[TitleMatchScratch] = collections.deque()


@dataclasses.dataclass(frozen=True, slots=True)
class Ranked:
    """The list of one query: articles by key, best first.

    Parameters
    ----------
    query : int
        Key of the query article, or `NO_ARTICLE`.
    key : int64 array of shape (n,)
        n ≤ k.
    score, similarity : float64 arrays of shape (n,)
        Rounded to millionths; every score is positive.
    """

    query: int
    key: NDArray[np.int64]
    score: NDArray[np.float64]
    similarity: NDArray[np.float64]


def rank(
    segments: Sequence[ScoredSegment],
    queries: Queries,
    k: int,
    ids: Callable[[Sequence[int]], Sequence[str]],
) -> list[Ranked]:
    """Return the best k articles of all segments for each query.

    Parameters
    ----------
    segments : sequence of ScoredSegment
        With articles; at least one.
    queries : Queries
    k : int
        At least 1.
    ids : callable
        Gives the ids of articles; asked only where score and date are equal across segments.
    """
    floors = np.zeros(len(queries.key))
    parts = [segment.rank(queries, k, floors) for segment in segments]
    steps, key, similarity, published = (
        np.concatenate(column, axis=1) for column in zip(*parts, strict=True)
    )
    if len(segments) > 1:  # the articles of one segment are in the order that ties go by
        order.sort_columns(steps, key, similarity, published, ids)
    lengths = (steps[:, :k] > 0).sum(axis=1)
    return [
        Ranked(
            int(queries.key[query]),
            key[query, :length],
            steps[query, :length] / scoring.SCORE_STEPS,
            np.round(similarity[query, :length] * scoring.SCORE_STEPS) / scoring.SCORE_STEPS,
        )
        for query, length in enumerate(lengths)
    ]
