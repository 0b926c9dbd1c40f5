"""View: segments under the statistics of a snapshot, to rank over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews.dates import UNDATED
from relnews.exceptions import ArchiveChangedError
from relnews.options.recency import Recency
from relnews.search.corpus_stats import CorpusStats
from relnews.search.limits import Limits
from relnews.search.query import Queries
from relnews.search.top_k import Ranked, ScoredSegment, rank
from relnews.search.weights import Weighting
from relnews.text.article_terms import Query


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """Immutable set of segments under the statistics of a snapshot, to rank over.

    Parameters
    ----------
    segments : sequence of ScoredSegment
        Segments, none of them empty.
    statistics : CorpusStats
        idf and common terms.
    weighting : Weighting
        How terms and titles weigh.
    recency : Recency or None
        Default decay of scores; None means no decay.
    since, until : int
        Timestamps between which no embargo ends and no article expires.
    """

    segments: Sequence[ScoredSegment]
    statistics: CorpusStats
    weighting: Weighting
    recency: Recency | None
    since: int
    until: int

    def read(self, keys: Sequence[int]) -> list[Query]:
        """Return articles as queries.

        Raises
        ------
        ArchiveChangedError
            If no segment has an article.
        """
        number, place = self.places_of(np.array(keys, dtype=np.int64))
        of_segment = {
            i: iter(self.segments[i].segment.queries(place[number == i]))
            for i in np.unique(number).tolist()
        }
        return [next(of_segment[i]) for i in number.tolist()]

    def places_of(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of each article's segment, and its local number there.

        Raises
        ------
        ArchiveChangedError
            If no segment has an article.
        """
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
        """Return the timestamps of articles, `UNDATED` if unknown."""
        dates = np.full(len(keys), UNDATED)
        for scored in self.segments:
            local = scored.segment.find_all(np.array(keys))
            dates[local >= 0] = scored.segment.published[local[local >= 0]]
        return dates

    def queries_of(self, keys: Sequence[int]) -> Queries:
        """Return articles, at least one, as a block of queries whose scores fade by ``recency``."""
        queries = self.read(keys)
        limits = Limits.none(queries, self.recency)
        return Queries.of(queries, self.statistics, self.weighting, limits)

    def rank(
        self, keys: Sequence[int], k: int, ids: Callable[[Sequence[int]], Sequence[str]]
    ) -> list[Ranked]:
        """Return the best k articles for each of given articles; scores fade by ``recency``.

        Parameters
        ----------
        keys : sequence of int
            Catalogue keys of the articles to rank for, at least one.
        k : int
            Length of the lists, at least 1.
        ids : callable
            Returns the ids of articles by key; called only for ties of score and date.
        """
        return rank(self.segments, self.queries_of(keys), k, ids)

    def only(self, keys: NDArray[np.int64]) -> View:
        """Return the view restricted to given articles: all other articles have a prior of 0."""
        segments = []
        for scored in self.segments:
            local = scored.segment.find_all(keys)
            prior = np.zeros(scored.segment.n_articles)
            prior[local[local >= 0]] = scored.prior[local[local >= 0]]
            segments.append(scored.with_prior(prior))
        return dataclasses.replace(self, segments=segments)
