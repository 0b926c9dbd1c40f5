"""View: segments under the statistics of a moment, to rank over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews.dates import UNDATED
from relnews.exceptions import ArchiveChangedError
from relnews.options.recency import Recency
from relnews.search.corpus_stats import CorpusStats
from relnews.search.query import Limits, Queries
from relnews.search.top_k import Ranked, ScoredSegment, rank
from relnews.search.weights import Weighting
from relnews.text.article_terms import Query


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """What is ranked over: segments under the statistics of a moment. Never changes.

    Parameters
    ----------
    segments : sequence of ScoredSegment
        With articles.
    statistics : CorpusStats
    weighting : Weighting
    recency : Recency or None
        How scores fade unless something else is asked for.
    since, until : int
        The timestamps between which no embargo ends and no article expires.
    """

    segments: Sequence[ScoredSegment]
    statistics: CorpusStats
    weighting: Weighting
    recency: Recency | None
    since: int
    until: int

    @property
    def idf(self) -> NDArray[np.float64]:
        """The idf of every term, float64 array of shape (n_terms,)."""
        return self.statistics.idf

    def place_of(self, key: int) -> tuple[ScoredSegment, int]:
        """Return the segment that has an article, and its place there."""
        for scored in self.segments:
            local = scored.segment.find(key)
            if local >= 0:
                return scored, local
        raise ArchiveChangedError

    def query_of(self, key: int) -> Query:
        """Return an article as a query."""
        scored, local = self.place_of(key)
        return scored.segment.query(local)

    def places_of(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of the segment that has each article, and the place there."""
        number = np.full(len(keys), -1)
        place = np.empty(len(keys), dtype=np.int64)
        for i, scored in enumerate(self.segments):
            local = scored.segment.find_all(keys)
            number[local >= 0] = i
            place[local >= 0] = local[local >= 0]
        if len(keys) and number.min() < 0:
            raise ArchiveChangedError
        return number, place

    def published(self, keys: Sequence[int]) -> NDArray[np.int64]:
        """Return the dates of articles, `UNDATED` if unknown."""
        dates = np.full(len(keys), UNDATED)
        for scored in self.segments:
            local = scored.segment.find_all(np.array(keys))
            dates[local >= 0] = scored.segment.published[local[local >= 0]]
        return dates

    def queries(
        self,
        queries: Sequence[Query],
        limits: Limits | None = None,
        *,
        by_cosine: bool = False,
    ) -> Queries:
        """Gather queries to a block.

        Parameters
        ----------
        queries : sequence of Query
        limits : Limits, optional
            By default an article is not in its own list, and scores fade as usual.
        by_cosine : bool, default=False
            Compare articles by their weights alone, and do not let scores fade.
        """
        keys = [query.key for query in queries]
        if by_cosine:
            pure = dataclasses.replace(self.weighting, title_overlap=0.0)
            return Queries.of(queries, self.statistics, pure, limits)
        if limits is None and self.recency is not None:
            limits = Limits.none(keys, self.published(keys), self.recency)
        return Queries.of(queries, self.statistics, self.weighting, limits)

    def rank(
        self,
        keys: Sequence[int],
        k: int,
        ids: Callable[[Sequence[int]], Sequence[str]],
        limits: Limits | None = None,
    ) -> list[Ranked]:
        """Return the best k articles for some articles."""
        queries = self.queries([self.query_of(key) for key in keys], limits)
        return rank(self.segments, queries, k, ids)

    def only(self, keys: NDArray[np.int64]) -> View:
        """Return the same with only some articles."""
        segments = []
        for scored in self.segments:
            local = scored.segment.find_all(keys)
            prior = np.zeros(scored.segment.n_articles)
            prior[local[local >= 0]] = scored.prior[local[local >= 0]]
            segments.append(scored.with_prior(prior))
        return dataclasses.replace(self, segments=segments)
