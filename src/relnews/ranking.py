"""Exact top-k over segments.

The order is total: score descending, then newer first, then id. A score is compared by the
millionth, so that neither the order in which parts are summed nor the cut into segments decides
between articles that are equally near.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import scoring
from relnews._kernels._compile import frozen
from relnews.bounds import CommonTerms, Outline, Rows, Scratch
from relnews.postings import FOREVER, UNDATED, Segment, days

#: ``Queries.key`` of a query that is no article of the archive.
NO_ARTICLE = -1


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What else decides which articles are in the lists of a block of queries, and where.

    Parameters
    ----------
    published : int64 array of shape (n_queries,)
        Timestamps that days are counted from, `UNDATED` if unknown.
    after, before : int64 arrays of shape (n_queries,)
        Only articles published from ``after`` on, and not from ``before`` on. Undated ones are
        older than all.
    exclude : sequence of int64 arrays
        Keys of articles that are in no list of the query.
    decay : float64 array of shape (n_days,)
        Factor by the days between article and query; the last one is that of all more.
    undated : float
        Factor if one of them has no date.
    """

    published: NDArray[np.int64]
    after: NDArray[np.int64]
    before: NDArray[np.int64]
    exclude: Sequence[NDArray[np.int64]]
    decay: NDArray[np.float64]
    undated: float

    @classmethod
    def none(cls, keys: Sequence[int]) -> Limits:
        """Return no limits, but that an article is not in its own list."""
        n = len(keys)
        return cls(
            np.full(n, UNDATED), np.full(n, UNDATED), np.full(n, FOREVER),
            [np.array([key]) for key in keys], np.ones(1), 1.0,
        )  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Queries:
    """A block of queries.

    Parameters
    ----------
    key : int64 array of shape (n_queries,)
        The query's own article; `NO_ARTICLE` for a draft.
    ptr : int64 array of shape (n_queries + 1,)
        Where each query's terms begin.
    term : int32 array
        Ascending within a query.
    weight : float64 array
        The query's weights, of length 1, times idf: what an article's tf weight is multiplied by.
    outline : Outline
        Of the weights themselves.
    limits : Limits
    """

    key: NDArray[np.int64]
    ptr: NDArray[np.int64]
    term: NDArray[np.int32]
    weight: NDArray[np.float64]
    outline: Outline
    limits: Limits

    @classmethod
    def of(
        cls,
        queries: Sequence[tuple[int, NDArray[np.int32], NDArray[np.float64]]],
        idf: NDArray[np.float64],
        common: CommonTerms,
        common_factor: NDArray[np.float64] | None = None,
        limits: Limits | None = None,
    ) -> Queries:
        """Gather (key, terms, tf weights) of several queries to a block.

        Parameters
        ----------
        queries : sequence of (int, int32 array, float64 array)
        idf : float64 array of shape (n_terms,)
        common : CommonTerms
        common_factor : float64 array of shape (n_common_terms,), optional
            The idf of common terms, divided by what it was when articles were outlined.
        limits : Limits, optional
            By default an article is not in its own list, and that is all.
        """
        keys, terms, tfs = zip(*queries, strict=True)
        ptr = frozen(np.cumsum([0, *(len(term) for term in terms)], dtype=np.int64))
        term = frozen(np.concatenate(terms))
        weight = np.concatenate([_unit(tf * idf[t]) for t, tf in zip(terms, tfs, strict=True)])
        rows = Rows(ptr, term, frozen(weight), np.ones(len(keys)))
        return cls(
            frozen(np.array(keys, dtype=np.int64)), ptr, term, frozen(weight * idf[term]),
            common.outline([rows], len(rows), common_factor), limits or Limits.none(keys),
        )  # fmt: skip


def _unit(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    return weight / (float(np.sqrt(np.sum(weight**2))) or 1.0)


class ScoredSegment:
    """A segment under given statistics and priors.

    Parameters
    ----------
    segment : Segment
    level_weight : float64 array of shape (n_levels,)
        tf weight of each of the segment's levels.
    inverse_norm : float64 array of shape (n_articles,)
    common : CommonTerms
    outline : Outline
        Of the articles' weights, not divided by their lengths.
    prior : float64 array of shape (n_articles,), optional
        A non-negative factor on each article's score; 0 leaves the article out. 1 by default.
    """

    def __init__(
        self,
        segment: Segment,
        level_weight: NDArray[np.float64],
        inverse_norm: NDArray[np.float64],
        common: CommonTerms,
        outline: Outline,
        prior: NDArray[np.float64] | None = None,
    ) -> None:
        self.segment = segment
        self.level_weight = frozen(level_weight)
        self.inverse_norm = frozen(inverse_norm)
        self.common = common
        self.outline = outline
        self.prior = frozen(np.ones(segment.n_articles) if prior is None else prior)
        # Not frozen: its kernel fades it, or takes it as it is.
        self._factor = (self.inverse_norm * self.prior).astype(np.float32)

    def with_prior(self, prior: NDArray[np.float64]) -> ScoredSegment:
        """Return the same segment under other priors."""
        return ScoredSegment(
            self.segment, self.level_weight, self.inverse_norm, self.common,
            self.outline, prior,
        )  # fmt: skip

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

    def reach(self, query: Queries, floors: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the articles whose score reaches a floor that each has of its own.

        Parameters
        ----------
        query : Queries
            One.
        floors : int64 array of shape (n_articles,)
            In millionths, at least 1.

        Returns
        -------
        local, steps : int64 arrays of shape (n,)
            The articles, ascending, and their scores in millionths.
        """
        if self.segment.has_postings:
            segment = self.segment
            local, steps = np.empty(len(floors), np.int64), np.empty(len(floors), np.int64)
            factor = np.empty(len(floors), np.float32)
            with self._scratch() as scratch:
                n = scoring.reach_articles(
                    query.term, query.weight, frozen(floors),
                    *query.outline.arrays(), *self.outline.arrays(), self.common.is_rare,
                    segment.term, segment.term_ptr, segment.group_ptr, segment.group_level,
                    segment.posting, segment.row_ptr, segment.row_term, segment.row_level,
                    self.level_weight, self.inverse_norm, self.prior,
                    *scratch.arrays(), factor, local, steps,
                )  # fmt: skip
            local, steps = local[:n], steps[:n]
        else:
            every, _ = self._score_rows(query)
            local = np.flatnonzero(every[0] >= floors)
            steps = every[0, local]
        others = local != self.segment.find(int(query.key[0]))
        return local[others], steps[others]

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

    def _rank_walking(
        self, queries: Queries, k: int, reached: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        segment, limits = self.segment, queries.limits
        shape = (len(queries.key), k)
        steps = np.empty(shape, dtype=np.int64)
        local = np.empty(shape, dtype=np.int64)
        similarity = np.empty(shape)
        with self._scratch() as scratch:
            scoring.rank_articles(
                queries.ptr, queries.term, queries.weight, *self._limits(limits), k,
                *queries.outline.arrays(), *self.outline.arrays(), self.common.is_rare,
                segment.term, segment.term_ptr, segment.group_ptr, segment.group_level,
                segment.posting, segment.row_ptr, segment.row_term, segment.row_level,
                self.level_weight, self.inverse_norm, self.prior, self._factor, segment.day,
                frozen(limits.decay), limits.undated, *scratch.arrays(),
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
        with self._scratch() as scratch:
            scoring.score_articles(
                queries.ptr, queries.term, queries.weight, *self._limits(limits),
                segment.row_ptr, segment.row_term, segment.row_level, self.level_weight,
                self.inverse_norm, self.prior, segment.day, frozen(limits.decay), limits.undated,
                scratch.weight, scratch.is_in_query, scratch.shared, scratch.similarities,
                steps, similarity,
            )  # fmt: skip
        return steps, similarity


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
