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

from relnews._kernels import moments, scoring
from relnews._kernels._compile import frozen
from relnews._kernels.quoting import QuoteScratch, RowQuotes
from relnews.search.bounds import Outline, Scratch
from relnews.search.query import Figures, Limits, Queries
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
    slack : float
        How far off these may be, of what they are. If so, those of the articles that come near the
        top of a list are summed anew.
    n_common : int32 array of shape (n_articles,)
        How many common words are in each title.
    figures : Figures
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
        slack: float,
        n_common: NDArray[np.int32],
        figures: Figures,
        outline: Outline,
        prior: NDArray[np.float64] | None = None,
    ) -> None:
        self.segment = segment
        self.level_weight = frozen(level_weight)
        self.common = figures.common
        self.outline = outline
        dearest = float(figures.idf[figures.common.terms].max(initial=0.0))
        most, inverse_title = np.empty_like(norm), np.empty_like(norm)
        length, per_title, common = (np.empty(len(norm), dtype=np.float32) for _ in range(3))
        moments.factors(
            norm, title, slack, n_common, dearest, most, inverse_title, length, per_title, common
        )
        self._most = frozen(most)
        # Not frozen: kernels write what is not known.
        self._inverse_norm = np.full_like(most, np.nan) if slack else most
        self.quotes = RowQuotes(
            segment.values, frozen(level_title), segment.text_ptr, segment.text_place,
            segment.phrase_ptr, segment.phrase_place, segment.pair_key, segment.pair_term,
            inverse_title, frozen(length), frozen(per_title), frozen(common), figures.idf,
        )  # fmt: skip
        self._set_prior(np.ones(segment.n_articles) if prior is None else prior)

    def _set_prior(self, prior: NDArray[np.float64]) -> None:
        self.prior = frozen(prior)
        # Not frozen: its kernel fades it, or takes it as it is.
        self._factor = (self._most * self.prior).astype(np.float32)

    def inverses(self, local: int) -> tuple[float, float]:
        """Return 1 / length of an article's weights, and 1 / idf of its title; 0 if it has none."""
        (terms, levels), idf = self.segment.row(local), self.quotes.idf
        return (
            moments.inverse_length(terms, frozen(levels), self.level_weight, idf),
            moments.inverse_title(terms, frozen(levels), self.quotes.level_title, idf),
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
            segment = self.segment
            local, steps = np.empty(len(floors), np.int64), np.empty(len(floors), np.int64)
            factor = np.empty(len(floors), np.float32)
            limits = query.limits
            with self._scratch() as scratch, self._pair_scratch(query) as pairs:
                n = scoring.reach_articles(
                    query.ptr, query.term, query.weight,
                    frozen(days(limits.published).astype(np.int64)), frozen(floors),
                    *query.outline.arrays(), *self.outline.arrays(), self.common.is_rare,
                    segment.term, segment.term_ptr, segment.group_ptr, segment.group_level,
                    segment.posting, segment.row_ptr, segment.row_low, segment.row_high,
                    segment.row_level, self.level_weight, self._inverse_norm, self._most,
                    self.prior, segment.day, frozen(limits.decay), limits.undated, query.quotes,
                    self.quotes, pairs, *scratch.arrays(), factor, local, steps,
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

    def _limits(self, limits: Limits) -> tuple[NDArray[np.int64], ...]:
        """Return what excludes articles, by local number, and the day of each query."""
        segment = self.segment
        local = [segment.find_all(keys) for keys in limits.exclude]
        local = [places[places >= 0] for places in local]
        ptr = np.cumsum([0, *map(len, local)], dtype=np.int64)
        first = np.searchsorted(segment.published, limits.after)
        last = np.searchsorted(segment.published, limits.before)
        exclude = np.concatenate([np.empty(0, dtype=np.int64), *local])
        return tuple(map(frozen, (ptr, exclude, first, np.maximum(last, first),
                                  days(limits.published).astype(np.int64))))  # fmt: skip

    def _scratch(self) -> AbstractContextManager[Scratch]:
        return Scratch.borrowed(
            len(self.common.is_rare), self.segment.n_articles, self.segment.longest
        )

    def _pair_scratch(self, queries: Queries) -> AbstractContextManager[QuoteScratch]:
        return _borrowed(len(self.common.is_rare), queries.longest_text, queries.longest_title)

    def _rank_walking(
        self, queries: Queries, k: int, reached: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        segment, limits = self.segment, queries.limits
        shape = (len(queries.key), k)
        steps = np.empty(shape, dtype=np.int64)
        local = np.empty(shape, dtype=np.int64)
        similarity = np.empty(shape)
        with self._scratch() as scratch, self._pair_scratch(queries) as pairs:
            scoring.rank_articles(
                queries.ptr, queries.term, queries.weight, *self._limits(limits), k,
                *queries.outline.arrays(), *self.outline.arrays(), self.common.is_rare,
                segment.term, segment.term_ptr, segment.group_ptr, segment.group_level,
                segment.posting, segment.row_ptr, segment.row_low, segment.row_high,
                segment.row_level, self.level_weight, self._inverse_norm, self.prior, self._factor,
                segment.day, frozen(limits.decay), limits.undated, queries.quotes, self.quotes,
                pairs, *scratch.arrays(),
                np.empty(segment.n_articles if len(limits.decay) > 1 else 0, np.float32),
                reached, steps, local, similarity,
            )  # fmt: skip
        return steps, local, similarity

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
        segment, limits = self.segment, queries.limits
        shape = (len(queries.key), segment.n_articles)
        steps, similarity = np.empty(shape, dtype=np.int64), np.empty(shape)
        with self._scratch() as scratch, self._pair_scratch(queries) as pairs:
            scoring.score_articles(
                queries.ptr, queries.term, queries.weight, *self._limits(limits),
                segment.row_ptr, segment.row_low, segment.row_high, segment.row_level,
                self.level_weight, self._inverse_norm, self.prior, segment.day,
                frozen(limits.decay), limits.undated, queries.quotes, self.quotes, pairs,
                scratch.weight, scratch.is_in_query, scratch.shared, scratch.similarities, steps,
                similarity,
            )  # fmt: skip
        return steps, similarity


@contextlib.contextmanager
def _borrowed(n_terms: int, n_words: int, n_phrases: int) -> Iterator[QuoteScratch]:
    """Lend what titles are compared with, to one thread at a time."""
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


def _scratch_of(n_terms: int, n_words: int, n_phrases: int) -> QuoteScratch:
    n_text, n_title = (1 << max(2 * n - 1, 15).bit_length() for n in (n_words, n_phrases))
    return QuoteScratch(
        np.empty(n_terms, np.uint8), np.empty(n_terms), np.zeros(1 << 16, np.uint8),
        np.empty(n_text, np.uint64), np.empty(n_title, np.uint64), np.empty(n_title, np.int32),
        np.empty(n_title, np.uint8),
    )  # fmt: skip


_IDLE: collections.deque[QuoteScratch] = collections.deque()


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
        _sort(steps, key, similarity, published, ids)
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


def _sort(
    steps: NDArray[np.int64],
    key: NDArray[np.int64],
    similarity: NDArray[np.float64],
    published: NDArray[np.int64],
    ids: Callable[[Sequence[int]], Sequence[str]],
) -> None:
    """Put the columns of every query in order, in place: by steps, then date, then id."""
    columns = (steps, key, similarity, published)
    order = np.lexsort((published, steps), axis=1)[:, ::-1]
    for column in columns:
        column[:] = np.take_along_axis(column, order, axis=1)
    tied = (np.diff(steps, axis=1) == 0) & (np.diff(published, axis=1) == 0) & (steps[:, 1:] > 0)
    for query in np.flatnonzero(tied.any(axis=1)):
        listed = steps[query] > 0
        place = np.zeros(len(listed), dtype=np.int64)
        names = np.array(ids(key[query, listed].tolist()), dtype=object)
        place[listed] = np.argsort(np.argsort(names))
        by_id = np.lexsort((-place, published[query], steps[query]))[::-1]
        for column in columns:
            column[query] = column[query, by_id]
