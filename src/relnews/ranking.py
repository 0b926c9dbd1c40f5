"""Exact top-k over segments.

The order is total: score descending, then newer first, then id. A score is compared by the
millionth, so that neither the order in which parts are summed nor the cut into segments decides
between articles that are equally near.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import scoring
from relnews._kernels._compile import frozen
from relnews.bounds import CommonTerms, Outline, Rows, Scratch
from relnews.postings import Segment

#: ``Queries.number`` of a query that is no article of the archive.
NO_ARTICLE = -1


@dataclasses.dataclass(frozen=True, slots=True)
class Queries:
    """A block of queries.

    Parameters
    ----------
    number : int64 array of shape (n_queries,)
        The query's own article number, never in its list; `NO_ARTICLE` for a draft.
    ptr : int64 array of shape (n_queries + 1,)
        Where each query's terms begin.
    term : int32 array
        Ascending within a query.
    weight : float64 array
        The query's weights, of length 1, times idf: what an article's tf weight is multiplied by.
    outline : Outline
        Of the weights themselves.
    """

    number: NDArray[np.int64]
    ptr: NDArray[np.int64]
    term: NDArray[np.int32]
    weight: NDArray[np.float64]
    outline: Outline

    @classmethod
    def of(
        cls,
        queries: Sequence[tuple[int, NDArray[np.int32], NDArray[np.float64]]],
        idf: NDArray[np.float64],
        common: CommonTerms,
    ) -> Queries:
        """Gather (number, terms, weights) of several queries to a block.

        Parameters
        ----------
        queries : sequence of (int, int32 array, float64 array)
            The weights are of length 1.
        idf : float64 array of shape (n_terms,)
        common : CommonTerms
        """
        numbers, terms, weights = zip(*queries, strict=True)
        ptr = frozen(np.cumsum([0, *(len(term) for term in terms)], dtype=np.int64))
        term = frozen(np.concatenate(terms))
        weight = frozen(np.concatenate(weights))
        rows = Rows(ptr, term, weight, np.ones(len(numbers)))
        return cls(
            frozen(np.array(numbers, dtype=np.int64)), ptr, term, frozen(weight * idf[term]),
            common.outline([rows], len(rows)),
        )  # fmt: skip


class ScoredSegment:
    """A segment under given statistics and priors.

    Parameters
    ----------
    segment : Segment
    base : int
        Article number of the segment's first article.
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
        base: int,
        level_weight: NDArray[np.float64],
        inverse_norm: NDArray[np.float64],
        common: CommonTerms,
        outline: Outline,
        prior: NDArray[np.float64] | None = None,
    ) -> None:
        self.segment = segment
        self.base = base
        self.level_weight = frozen(level_weight)
        self.inverse_norm = frozen(inverse_norm)
        self.common = common
        self.outline = outline
        self.prior = frozen(np.ones(segment.n_articles) if prior is None else prior)
        self._longest = int(np.diff(segment.row_ptr).max(initial=0))
        self._factor = frozen((self.inverse_norm * self.prior).astype(np.float32))

    def with_prior(self, prior: NDArray[np.float64]) -> ScoredSegment:
        """Return the same segment under other priors."""
        return ScoredSegment(
            self.segment, self.base, self.level_weight, self.inverse_norm, self.common,
            self.outline, prior,
        )  # fmt: skip

    def rank(
        self, queries: Queries, k: int, floors: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the best k articles of the segment for each query.

        Parameters
        ----------
        queries : Queries
        k : int
        floors : float64 array of shape (n_queries,)
            Scores in millionths that k articles of other segments reach; brought up to date.

        Returns
        -------
        steps, number : int64 arrays of shape (n_queries, k)
            Scores in millionths, best first, 0 where the list has ended; article numbers.
        similarity : float64 array of shape (n_queries, k)
        """
        segment = self.segment
        n = segment.n_articles
        # What is the last of a shorter list is not what k articles reach.
        reached = floors if k <= n else np.zeros_like(floors)
        k = min(k, n)
        own = queries.number - self.base
        own = np.where((own >= 0) & (own < n), own, -1)
        shape = (len(own), k)
        steps = np.empty(shape, dtype=np.int64)
        local = np.empty(shape, dtype=np.int64)
        similarity = np.empty(shape)
        is_rare = self.common.is_rare
        with Scratch.borrowed(len(is_rare), segment.n_articles, self._longest) as scratch:
            scoring.rank_articles(
                queries.ptr, queries.term, queries.weight, frozen(own), k,
                *queries.outline.arrays(), *self.outline.arrays(), is_rare,
                segment.term, segment.term_ptr, segment.group_ptr, segment.group_level,
                segment.posting, segment.row_ptr, segment.row_term, segment.row_level,
                self.level_weight, self.inverse_norm, self.prior, self._factor,
                *scratch.arrays(), reached, steps, local, similarity,
            )  # fmt: skip
        return steps, local + self.base, similarity

    def published(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the dates of articles of this segment."""
        return self.segment.published[number - self.base]


@dataclasses.dataclass(frozen=True, slots=True)
class Ranked:
    """The list of one query: articles by number, best first.

    Parameters
    ----------
    query : int
        Number of the query article, or `NO_ARTICLE`.
    number : int64 array of shape (n,)
        n ≤ k.
    score, similarity : float64 arrays of shape (n,)
        Rounded to millionths; every score is positive.
    """

    query: int
    number: NDArray[np.int64]
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
        Gives the ids of article numbers; asked only where score and date are equal across segments.
    """
    floors = np.zeros(len(queries.number))
    parts = [segment.rank(queries, k, floors) for segment in segments]
    steps, number, similarity = (
        np.concatenate(column, axis=1) for column in zip(*parts, strict=True)
    )
    if len(segments) > 1:  # one segment's articles are numbered in the order that ties go by
        published = np.concatenate(
            [segment.published(part[1]) for segment, part in zip(segments, parts, strict=True)],
            axis=1,
        )
        _sort(steps, number, similarity, published, ids)
    lengths = (steps[:, :k] > 0).sum(axis=1)
    return [
        Ranked(
            int(queries.number[query]),
            number[query, :length],
            steps[query, :length] / scoring.SCORE_STEPS,
            np.round(similarity[query, :length] * scoring.SCORE_STEPS) / scoring.SCORE_STEPS,
        )
        for query, length in enumerate(lengths)
    ]


def _sort(
    steps: NDArray[np.int64],
    number: NDArray[np.int64],
    similarity: NDArray[np.float64],
    published: NDArray[np.int64],
    ids: Callable[[Sequence[int]], Sequence[str]],
) -> None:
    """Put the columns of every query in order, in place: by steps, then date, then id."""
    columns = (steps, number, similarity, published)
    order = np.lexsort((published, steps), axis=1)[:, ::-1]
    for column in columns:
        column[:] = np.take_along_axis(column, order, axis=1)
    tied = (np.diff(steps, axis=1) == 0) & (np.diff(published, axis=1) == 0) & (steps[:, 1:] > 0)
    for query in np.flatnonzero(tied.any(axis=1)):
        names = np.array(ids(number[query].tolist()), dtype=object)
        place = np.argsort(np.argsort(names))
        by_id = np.lexsort((-place, published[query], steps[query]))[::-1]
        for column in columns:
            column[query] = column[query, by_id]
