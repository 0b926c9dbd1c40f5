"""Exact top-k over segments.

The order is total; see `relnews.search.order`. Scores are rounded to millionths before they are
compared, so that neither the order of additions nor the cut into segments breaks ties.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import norms, pruning, scoring
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import (
    LimitArrays,
    RankedArrays,
    ScoredArticles,
    ScoredRows,
    WeightedPostings,
)
from relnews._kernels.scratch import borrowed
from relnews._kernels.title_match import ArticleTitleMatch, TitleMatch
from relnews._kernels.vectors import ArticleVectors
from relnews.search import order
from relnews.search.bounds import Outline
from relnews.search.corpus_stats import SHIFT_TOLERANCE, CorpusStats
from relnews.search.limits import Limits
from relnews.search.query import Queries
from relnews.search.segment import Segment
from relnews.search.vectors import vector_match

# So few articles are scored one by one. For 124 it takes a sixth longer than walking postings,
# but the first process on a machine compiles a quarter less.
FEW_ARTICLES = 200


class ScoredSegment:
    """Segment under given statistics and priors.

    Parameters
    ----------
    segment : Segment
        Articles to score.
    level_weight, level_title : float64 arrays of shape (n_levels,)
        tf weight of each of the segment's levels, and its weight in a title.
    norm, title : float64 arrays of shape (n_articles,)
        Length of the articles' weights, and sum of the idf of their titles.
    norm_tolerance : float
        Relative error bound of ``norm`` and ``title``. If it is not 0, kernels compute the exact
        values of articles near the top of a list.
    n_common : int32 array of shape (n_articles,)
        Number of common words in each title.
    statistics : CorpusStats
        idf and common terms.
    outline : Outline
        Outline of the articles' weights, not divided by their lengths.
    prior : float64 array of shape (n_articles,), optional
        Factor on each article's score, at least 0; 0 excludes the article. None means 1.
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
        self._n_common, self._norm_tolerance = n_common, norm_tolerance
        self._least_title = statistics.least_title
        self._max_common_idf = _max_common_idf(statistics)
        if norm_tolerance:  # it holds for later statistics, too
            self._max_common_idf += SHIFT_TOLERANCE
        inverses = np.empty_like(norm), np.empty_like(norm)
        length, per_title, in_title = (np.empty(len(norm), dtype=np.float32) for _ in range(3))
        norms.bound_factors(
            (norm, title), norm_tolerance, self._least_title, n_common, self._max_common_idf,
            inverses, (length, per_title, in_title),
        )  # fmt: skip
        max_inverse_norm, inverse_title = inverses
        self.vectors: ArticleVectors | None = None
        if segment.coded_vectors is not None:
            # Sums of an article without words are divided by 1: its vector counts.
            is_empty = max_inverse_norm == 0
            max_inverse_norm[is_empty], length[is_empty] = 1.0, 1.0
            self.vectors = ArticleVectors(*segment.coded_vectors, frozen(length))
        #: The bounds, not frozen: `later` raises them.
        self._bounds = max_inverse_norm, (length, per_title, in_title)
        # Not frozen: kernels replace NaN by the exact values.
        inverse_norm = np.full_like(norm, np.nan) if norm_tolerance else max_inverse_norm
        self.titles = ArticleTitleMatch(
            segment.values, segment.texts, frozen(length), frozen(per_title), frozen(in_title)
        )
        level_weight = frozen(level_weight)
        prior = np.ones(segment.n_articles) if prior is None else prior
        rows = ScoredRows(
            segment.rows, segment.day, level_weight, frozen(level_title), statistics.least_title,
            statistics.idf, inverse_norm, inverse_title, prior,
        )  # fmt: skip
        postings = WeightedPostings(
            segment.postings, level_weight, statistics.idf, statistics.common.is_rare
        )
        self.arrays = ScoredArticles(
            rows, postings, outline.or_none(), frozen(max_inverse_norm), factor=None, most_prior=0.0
        )
        self._set_prior(prior)

    @property
    def prior(self) -> NDArray[np.float64]:
        """Factor on each article's score, at least 0; float64 array of shape (n_articles,)."""
        prior: NDArray[np.float64] = self.arrays.rows.prior
        return prior

    def _set_prior(self, prior: NDArray[np.float64]) -> None:
        """Set the prior, and the factor on bounds that contains it."""
        # Not frozen: the kernel takes this array, or a faded copy in scratch, as the same type.
        factor = (self.arrays.max_inverse_norm * prior).astype(np.float32)
        rows = self.arrays.rows._replace(prior=frozen(prior))
        most_prior = float(prior.max(initial=0.0))
        self.arrays = self.arrays._replace(rows=rows, factor=factor, most_prior=most_prior)

    def later(
        self,
        statistics: CorpusStats,
        prior: NDArray[np.float64],
        changed: NDArray[np.int64],
        components: NDArray[np.float64],
        shift: float,
    ) -> ScoredSegment | None:
        """Return the segment under later statistics, with the same bounds; None if they are off.

        Nothing is computed for all articles: the bounds of some are raised in place. They hold for
        the statistics before as well.

        Parameters
        ----------
        statistics : CorpusStats
            idf that differ by at most `SHIFT_TOLERANCE`, apart from terms that changed, from those
            that the bounds were made for.
        prior : float64 array of shape (n_articles,)
            Factor on each article's score.
        changed : int64 array of shape (n_changed,)
            Places of the changed terms in the segment, -1 for others.
        components : float64 array of shape (n_articles, 5)
            As `relnews.search.weights.norm_components` returns them, with the changed terms.
        shift : float
            Added to the idf that they are made with: the shift of the bounds.
        """
        if _max_common_idf(statistics) > self._max_common_idf:
            return None
        other, before = copy.copy(self), self.arrays.rows
        rows = before._replace(
            idf=statistics.idf, least_title=statistics.least_title,
            inverse_norm=np.full_like(before.inverse_norm, np.nan),
            inverse_title=np.empty_like(before.inverse_title),
        )  # fmt: skip
        postings = self.arrays.postings._replace(
            idf=statistics.idf, is_rare=statistics.common.is_rare
        )
        other.arrays = self.arrays._replace(rows=rows, postings=postings)
        inverse_length, titles = self._bounds
        norms.raise_bounds(
            changed, self.segment.postings, (components, shift), self._norm_tolerance,
            self._least_title, self._n_common, self._max_common_idf, inverse_length, titles,
            before.prior, self.arrays.factor,
        )  # fmt: skip
        if prior is not before.prior:
            other._set_prior(prior)
        return other

    def inverses(self, local: int) -> tuple[float, float]:
        """Return 1 / length of an article's weights, and 1 / weight of its title, or 0."""
        (terms, levels), rows = self.segment.row(local), self.arrays.rows
        return (
            norms.inverse_length(terms, frozen(levels), rows.level_weight, rows.idf),
            norms.inverse_title(
                terms, frozen(levels), rows.level_title, rows.idf, rows.least_title
            ),
        )

    def with_prior(self, prior: NDArray[np.float64]) -> ScoredSegment:
        """Return the same segment under other priors."""
        other = copy.copy(self)
        other._set_prior(prior)
        return other

    def days_to(self, day: float) -> float:
        """Return the number of days between a day and the nearest days of the segment."""
        days = self.segment.day
        return float(max(days[0] - day, day - days[-1], 0))

    def rank(
        self, queries: Queries, k: int, floors: NDArray[np.float64], by_rows: bool
    ) -> tuple[NDArray[Any], ...]:
        """Return the best k articles of the segment for each query.

        Parameters
        ----------
        queries : Queries
            Articles to rank for.
        k : int
            Length of the lists, at least 1; cut to the number of articles.
        floors : float64 array of shape (n_queries,)
            Scores in millionths that k articles of earlier segments reach; updated.
        by_rows : bool
            Whether to score all articles, even if the segment has postings.

        Returns
        -------
        steps, key : int64 arrays of shape (n_queries, k)
            Scores in millionths, best first, 0 behind the end of a list; catalogue keys.
        similarity : float64 array of shape (n_queries, k)
            Similarities, from 0 to 1.
        published : int64 array of shape (n_queries, k)
            Timestamps.
        """
        segment = self.segment
        n = segment.n_articles
        # The last score of a list shorter than k is not reached by k articles.
        reached = floors if k <= n else np.zeros_like(floors)
        k = min(k, n)
        is_walked = segment.has_postings and not by_rows
        rank = self._rank_walking if is_walked else self._rank_rows
        steps, local, similarity = rank(queries, k, reached)
        return steps, segment.key[local], similarity, segment.published[local]

    def reach(
        self, query: Queries, floors: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the articles whose score reaches their own floor.

        Parameters
        ----------
        query : Queries
            Block of a single query.
        floors : int64 array of shape (n_articles,)
            Floor of each article in millionths, at least 1.

        Returns
        -------
        local, steps, similarity : int64 arrays of shape (n,)
            Local numbers, ascending; scores and similarities in millionths.
        """
        if self.segment.has_postings:
            local, steps = np.empty(len(floors), np.int64), np.empty(len(floors), np.int64)
            block, match, floors = query.block, query.title_match, frozen(floors)
            with borrowed(*self._sizes(query)) as (scratch, of_titles):
                titles = match and TitleMatch(match, self.titles, of_titles)
                vectors = query.vectors and vector_match(query.vectors, self.vectors)
                n = scoring.reach_articles(
                    block, self.arrays, query.limits.fading, titles, vectors, floors, scratch,
                    local, steps,
                )  # fmt: skip
                local, steps = local[:n], steps[:n]
                similarity = scratch.similarities[local]
        else:
            all_steps, similarities = self._score_rows(query)
            local = np.flatnonzero(all_steps[0] >= floors)
            steps, similarity = all_steps[0, local], similarities[0, local]
        is_other = local != self.segment.find(int(query.key[0]))
        rounded = np.rint(similarity * scoring.SCORE_STEPS).astype(np.int64)
        return local[is_other], steps[is_other], rounded[is_other]

    def _limits(self, limits: Limits) -> LimitArrays:
        """Return the limits of each query, with local numbers instead of keys and dates."""
        segment = self.segment
        local = segment.find_all(limits.exclude)
        is_here = local >= 0
        ptr = np.concatenate([[0], np.cumsum(is_here.sum(axis=1))])
        first = np.searchsorted(segment.published, limits.after)
        last = np.searchsorted(segment.published, limits.before)
        arrays = map(frozen, (ptr, local[is_here], first, np.maximum(last, first)))
        return LimitArrays._make((*arrays, limits.fading))

    def _sizes(self, queries: Queries) -> tuple[int, int, int, int]:
        """Return the sizes of scratch arrays that are long enough for the segment and queries."""
        n_terms, segment = len(self.arrays.postings.is_rare), self.segment
        return n_terms, segment.n_articles, segment.longest, queries.longest

    def _rank_walking(
        self, queries: Queries, k: int, reached: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return steps, local numbers and similarities of the lists, from postings."""
        shape = (len(queries.key), k)
        ranked = RankedArrays(np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape))
        block, match, sizes = queries.block, queries.title_match, self._sizes(queries)
        limits = self._limits(queries.limits)
        with borrowed(*sizes) as (scratch, of_titles):
            titles = match and TitleMatch(match, self.titles, of_titles)
            vectors = queries.vectors and vector_match(queries.vectors, self.vectors)
            heaps = pruning.heaps_for(k)
            scoring.rank_articles(
                block, self.arrays, limits, titles, vectors, heaps, scratch, reached, ranked
            )
        return ranked

    def _rank_rows(
        self, queries: Queries, k: int, reached: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return steps, local numbers and similarities of the lists, from all rows."""
        steps, similarity = self._score_rows(queries)
        n = steps.shape[1]
        # Of two articles with the same score, the later comes first.
        order = np.argsort(-(steps * n + np.arange(n)), axis=1)[:, :k]
        steps = np.take_along_axis(steps, order, axis=1)
        np.maximum(reached, steps[:, -1], out=reached)
        return steps, order, np.take_along_axis(similarity, order, axis=1)

    def _score_rows(self, queries: Queries) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the steps and similarities of every article for each query."""
        shape = (len(queries.key), self.segment.n_articles)
        steps, similarity = np.empty(shape, dtype=np.int64), np.empty(shape)
        block, match, sizes = queries.block, queries.title_match, self._sizes(queries)
        limits = self._limits(queries.limits)
        with borrowed(*sizes) as (scratch, of_titles):
            titles = match and TitleMatch(match, self.titles, of_titles)
            vectors = queries.vectors and vector_match(queries.vectors, self.vectors)
            scoring.score_articles(
                block, self.arrays.rows, limits, titles, vectors, scratch, steps, similarity
            )
        return steps, similarity


def _max_common_idf(statistics: CorpusStats) -> float:
    """Return the largest idf of a common term."""
    return float(statistics.idf[statistics.common.terms].max(initial=0.0))


@dataclasses.dataclass(frozen=True, slots=True)
class Ranked:
    """Ranked articles of a query, best first.

    Parameters
    ----------
    query : int
        Catalogue key of the query article; `NO_ARTICLE` for a draft.
    key : int64 array of shape (n,)
        Catalogue keys of the articles; n ≤ k.
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
        At least one segment, none of them empty.
    queries : Queries
        Articles to rank for.
    k : int
        Length of the lists, at least 1.
    ids : callable
        Returns the ids of articles by key; called only for ties of score and date across segments.
    """
    floors = np.zeros(len(queries.key))
    # First the segments next to the queries' days: their articles raise the floors for the others.
    day = np.median(queries.limits.fading.query_day)
    places = sorted(range(len(segments)), key=lambda place: segments[place].days_to(day))
    by_rows = sum(segment.segment.n_articles for segment in segments) <= FEW_ARTICLES
    ranked = {place: segments[place].rank(queries, k, floors, by_rows) for place in places}
    parts = [ranked[place] for place in range(len(segments))]
    steps, key, similarity, published = parts[0]
    if len(segments) > 1:  # the order inside a segment already breaks ties
        columns = [np.concatenate(column, axis=1) for column in zip(*parts, strict=True)]
        steps, key, similarity, published = columns
        order.sort_columns(steps, key, similarity, published, ids)
    steps = steps[:, :k]
    score, is_listed = steps / scoring.SCORE_STEPS, steps > 0
    # Behind the end of a list a similarity is whatever was in memory.
    similarity = np.where(is_listed, similarity[:, :k], 0.0)
    similarity = np.round(similarity * scoring.SCORE_STEPS) / scoring.SCORE_STEPS
    lengths = is_listed.sum(axis=1)
    return [
        Ranked(query, key[i, :length], score[i, :length], similarity[i, :length])
        for i, (query, length) in enumerate(
            zip(queries.key.tolist(), lengths.tolist(), strict=True)
        )
    ]
