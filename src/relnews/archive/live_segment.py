"""Members: segments as parts of an archive, the statistics of a moment, and what is ranked over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import norms as kernels
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import ArticleRows
from relnews.dates import UNDATED
from relnews.exceptions import ArchiveChangedError
from relnews.options.recency import Recency
from relnews.search import weights
from relnews.search.bounds import CommonTerms, Outline, Rows, blocks, sampled
from relnews.search.corpus_stats import Change, Statistics
from relnews.search.query import CorpusStats, Limits, Queries
from relnews.search.segment import Segment
from relnews.search.top_k import Ranked, ScoredSegment, rank
from relnews.search.weights import Weighting
from relnews.storage.arrays import Arrays
from relnews.storage.catalogue import FolderEntry
from relnews.text.article_terms import ArticleTerms, Query


@dataclasses.dataclass(frozen=True, slots=True)
class Epoch:
    """The statistics of a moment, which outlines and stored lists are made with.

    Parameters
    ----------
    n_articles : int
    document_frequency : int32 array of shape (n_terms,)
        Terms that came later had none.
    common : CommonTerms
    """

    n_articles: int
    document_frequency: NDArray[np.int32]
    common: CommonTerms

    def idf(self, n_terms: int) -> NDArray[np.float64]:
        """Return the idf of all terms, later ones included."""
        frequency = np.zeros(n_terms, dtype=np.int32)
        frequency[: len(self.document_frequency)] = self.document_frequency
        return weights.inverse_document_frequency(frequency, self.n_articles)

    def arrays(self) -> Arrays:
        """Return what is stored, by name."""
        return {
            "document_frequency": self.document_frequency,
            "terms": self.common.terms,
            "basis": self.common.basis,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Norms:
    """What the weights of articles, and what is found of their titles, are divided by.

    Parameters
    ----------
    length : float64 array of shape (n_articles,)
        Of the weights.
    title : float64 array of shape (n_articles,)
        The idf of the words and phrases of the title, added up.
    tolerance : float
        Relative error bound of both.
    """

    length: NDArray[np.float64]
    title: NDArray[np.float64]
    tolerance: float

    @classmethod
    def of(
        cls, components: NDArray[np.float64], shift: float = 0.0, tolerance: float = 0.0
    ) -> Norms:
        """Return the norms that follow from `relnews.search.weights.norm_components`.

        Parameters
        ----------
        components : float64 array of shape (n_articles, 5)
        shift : float, default=0
            Added to the idf of every term.
        tolerance : float, default=0
        """
        return cls(*weights.norms(components, shift), tolerance)


class LiveSegment:
    """A segment as a part of the archive: what of it is gone, and how long its articles are.

    Parameters
    ----------
    entry : FolderEntry or None
        FieldFilter it is kept; None for the articles that are in no segment yet.
    segment : Segment
    outline : Outline
    weighting : Weighting
    """

    def __init__(
        self, entry: FolderEntry | None, segment: Segment, outline: Outline, weighting: Weighting
    ) -> None:
        self.entry = entry
        self.segment = segment
        self.outline = outline
        self.outline_number = -1
        self.level_weight = frozen(weighting.tf_weight(segment.values))
        self.level_title = frozen(weights.title_weight(segment.values))
        self._n_common: tuple[CommonTerms, NDArray[np.int32]] | None = None
        self.is_alive = np.ones(segment.n_articles, dtype=bool)
        self.epoch_norms: Norms | None = None
        self._components: NDArray[np.float64] | None = None

    @property
    def n_alive(self) -> int:
        """Articles that are still of the archive."""
        return int(np.count_nonzero(self.is_alive))

    def norm_components(
        self, idf: NDArray[np.float64], is_ignored: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Return what the norms follow from; see `relnews.search.weights.norm_components`.

        Parameters
        ----------
        idf : float64 array of shape (n_terms,)
        is_ignored : bool array of shape (n_terms,), optional
            Terms that count nothing however all idf shift.
        """
        rows = self.segment.rows
        if is_ignored is not None:
            ignored = is_ignored[self.segment.terms()]
            ptr = rows.ptr - np.searchsorted(np.flatnonzero(ignored), rows.ptr)
            rows = ArticleRows(ptr, rows.low[~ignored], rows.high[~ignored], rows.level[~ignored])
        return weights.norm_components(rows, self.level_weight, self.level_title, idf)

    def norms(
        self, statistics: Statistics, change: Change, is_ignored: NDArray[np.bool_] | None
    ) -> Norms:
        """Return lengths and titles, given what has changed since the last time."""
        if self._components is None:
            self._components = self.norm_components(statistics.made, is_ignored)
        elif self.segment.has_postings and len(change.terms):
            kernels.update_components(
                frozen(change.terms), frozen(change.before), frozen(change.after),
                self.segment.postings, self.level_weight, self.level_title, self._components,
            )  # fmt: skip
        return Norms.of(self._components, statistics.shift, statistics.norm_tolerance)

    def forget_norms(self) -> None:
        """Compute norms from all terms next time: other words are ignored."""
        self._components = None

    def rows(self, idf: NDArray[np.float64], some: slice) -> Rows:
        """Return weights of some articles, not divided by their lengths."""
        segment = self.segment
        ptr = segment.row_ptr[some.start : some.stop + 1]
        pairs = slice(int(ptr[0]), int(ptr[-1]))
        term = segment.terms(pairs)
        value = self.level_weight[segment.row_level[pairs]] * idf[term]
        return Rows(ptr - ptr[0], term, value, np.ones(some.stop - some.start))

    def all_rows(self, idf: NDArray[np.float64]) -> Iterator[Rows]:
        """Yield the weights of all articles, block by block."""
        return (self.rows(idf, some) for some in blocks(self.segment.n_articles))

    def sample(self, idf: NDArray[np.float64]) -> Iterator[Rows]:
        """Yield the weights of some of the articles."""
        return (self.rows(idf, some) for some in sampled(blocks(self.segment.n_articles)))

    def n_common(self, common: CommonTerms) -> NDArray[np.int32]:
        """Return how many common words are in the title of each article."""
        if self._n_common is None or self._n_common[0] is not common:
            self._n_common = common, self.segment.titles_with(common.terms)
        return self._n_common[1]

    def alive_terms(self) -> ArticleTerms:
        """Return the terms of the articles that were not removed."""
        return self.segment.article_terms(np.flatnonzero(self.is_alive))


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


def no_outline(n: int) -> Outline:
    """Return the outline of n articles that are summed, not bounded."""
    none = np.zeros(n, dtype=np.float32)
    sketch, codes = np.empty((n, 0), np.int8), np.empty((n, 0), np.uint8)
    return Outline(sketch, none, none, none, codes, none, none, none).frozen()
