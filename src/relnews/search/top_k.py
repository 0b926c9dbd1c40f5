"""Exact top-k over segments.

The order is total; see `relnews.search.order`. Scores are rounded to millionths before they are
compared, so that neither the order of additions nor the cut into segments breaks ties.
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
        common, idf = statistics.common, statistics.idf
        max_common_idf = float(idf[common.terms].max(initial=0.0))
        inverses = np.empty_like(norm), np.empty_like(norm)
        length, per_title, in_title = (np.empty(len(norm), dtype=np.float32) for _ in range(3))
        norms.bound_factors(
            (norm, title), norm_tolerance, statistics.least_title, n_common, max_common_idf,
            inverses, (length, per_title, in_title),
        )  # fmt: skip
        max_inverse_norm, inverse_title = inverses
        # Not frozen: kernels replace NaN by the exact values.
        inverse_norm = np.full_like(norm, np.nan) if norm_tolerance else max_inverse_norm
        self.titles = ArticleTitleMatch(
            segment.values, segment.texts, frozen(length), frozen(per_title), frozen(in_title)
        )
        ones = np.ones(segment.n_articles)
        level_weight = frozen(level_weight)
        rows = ScoredRows(
            segment.rows, segment.day, level_weight, frozen(level_title), statistics.least_title,
            idf, inverse_norm, inverse_title, frozen(ones),
        )  # fmt: skip
        postings = WeightedPostings(segment.postings, level_weight, idf, common.is_rare)
        self.arrays = ScoredArticles(
            rows, postings, outline, frozen(max_inverse_norm), ones.astype(np.float32)
        )
        self._set_prior(ones if prior is None else prior)

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
        self.arrays = self.arrays._replace(rows=rows, factor=factor)

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

    def rank(
        self, queries: Queries, k: int, floors: NDArray[np.float64]
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
        rank = self._rank_walking if segment.has_postings else self._rank_rows
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
            with self._scratch() as scratch, self._titles(query) as titles:
                n = scoring.reach_articles(
                    query.arrays(), self.arrays, _fading(query.limits), titles, frozen(floors),
                    scratch, local, steps,
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
        """Lend scratch arrays that are long enough for this segment."""
        n_terms = len(self.arrays.postings.is_rare)
        return Scratch.borrowed(n_terms, self.segment.n_articles, self.segment.longest)

    @contextlib.contextmanager
    def _titles(self, queries: Queries) -> Iterator[TitleMatch | None]:
        """Lend the arrays that titles are matched with; None if titles do not count."""
        titles = queries.title_match
        if titles is None:
            yield None
            return
        longest = (int(np.diff(ptr).max(initial=0)) for ptr in (titles.text_ptr, titles.phrase_ptr))
        with _borrowed(len(self.arrays.postings.is_rare), *longest) as scratch:
            yield TitleMatch(titles, self.titles, scratch)

    def _rank_walking(
        self, queries: Queries, k: int, reached: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return steps, local numbers and similarities of the lists, from postings."""
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
        with self._scratch() as scratch, self._titles(queries) as titles:
            scoring.score_articles(
                queries.arrays(), self.arrays.rows, self._limits(queries.limits), titles, scratch,
                steps, similarity,
            )  # fmt: skip
        return steps, similarity


def _fading(limits: Limits) -> Fading:
    """Return the decay of scores, as kernels take it."""
    query_day = frozen(days(limits.published).astype(np.int64))
    return Fading(query_day, frozen(limits.decay), limits.undated)


@contextlib.contextmanager
def _borrowed(n_terms: int, n_words: int, n_phrases: int) -> Iterator[TitleMatchScratch]:
    """Lend scratch arrays for matching titles, to one thread at a time.

    Parameters
    ----------
    n_terms : int
        Terms in the vocabulary.
    n_words, n_phrases : int
        Words of the longest text; phrases of the longest title.
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
    """Return new scratch arrays for matching titles."""
    n_text, n_title = (1 << max(2 * n - 1, 15).bit_length() for n in (n_words, n_phrases))
    return TitleMatchScratch(
        np.empty(n_terms, np.uint8), np.empty(n_terms), np.zeros(1 << 16, np.uint8),
        np.empty(n_text, np.uint64), np.empty(n_title, np.uint64), np.empty(n_title, np.int32),
        np.empty(n_title, np.uint8),
    )  # fmt: skip


_IDLE: collections.deque[TitleMatchScratch] = collections.deque()


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
    parts = [segment.rank(queries, k, floors) for segment in segments]
    steps, key, similarity, published = (
        np.concatenate(column, axis=1) for column in zip(*parts, strict=True)
    )
    if len(segments) > 1:  # the order inside a segment already breaks ties
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
