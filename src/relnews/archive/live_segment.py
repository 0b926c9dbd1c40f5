"""LiveSegment: a segment of an open archive, with its removed articles and its norms."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import norms as kernels
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import ArticleRows
from relnews.search import weights
from relnews.search.bounds import CommonTerms, Outline, Rows, blocks, sampled
from relnews.search.corpus_stats import Change, Statistics
from relnews.search.segment import Segment
from relnews.search.weights import Weighting
from relnews.storage.catalogue import FolderEntry
from relnews.text.article_terms import ArticleTerms


@dataclasses.dataclass(frozen=True, slots=True)
class Norms:
    """Divisors of the weights of articles and of their title matches.

    Parameters
    ----------
    length : float64 array of shape (n_articles,)
        Length of the weights of each article.
    title : float64 array of shape (n_articles,)
        Sum of the idf of the words and phrases of each title.
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
            As `norm_components` returns them.
        shift : float, default=0
            Added to the idf of every term.
        tolerance : float, default=0
            Relative error bound of the norms.
        """
        return cls(*weights.norms(components, shift), tolerance)


class LiveSegment:
    """A segment of an open archive: which articles were removed, and the norms of all.

    Parameters
    ----------
    entry : FolderEntry or None
        Folder of the segment; None for pending articles, which are in no folder.
    segment : Segment
        Arrays of the segment.
    outline : Outline
        Bounds of the common terms of each article.
    weighting : Weighting
        Weights of terms in text and title.
    """

    def __init__(
        self, entry: FolderEntry | None, segment: Segment, outline: Outline, weighting: Weighting
    ) -> None:
        self.entry = entry
        self.segment = segment
        self.outline = outline
        self.outline_number = -1
        values = segment.values
        levels = weighting.tf_weight(values), weights.title_weight(values)
        self.level_weight, self.level_title = map(frozen, levels)
        self._n_common: tuple[CommonTerms, NDArray[np.int32]] | None = None
        self.is_alive = np.ones(segment.n_articles, dtype=bool)
        self.epoch_norms: Norms | None = None
        self._components: NDArray[np.float64] | None = None

    @property
    def n_alive(self) -> int:
        """Number of articles that were not removed."""
        return int(np.count_nonzero(self.is_alive))

    def norm_components(
        self, idf: NDArray[np.float64], is_ignored: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Return the sums that the norms follow from; see `relnews.search.weights`.

        Parameters
        ----------
        idf : float64 array of shape (n_terms,)
            Inverse document frequency of each term.
        is_ignored : bool array of shape (n_terms,), optional
            Terms without weight, even if the idf of all terms shifts.
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
        """Return the norms, given the document frequencies that changed since the last call."""
        if self._components is None:
            self._components = self.norm_components(statistics.made, is_ignored)
        elif self.segment.has_postings and len(change.terms):
            kernels.update_components(
                frozen(change.terms), frozen(change.before), frozen(change.after),
                self.segment.postings, self.level_weight, self.level_title,
                np.empty(len(change.terms), dtype=np.int64), self._components,
            )  # fmt: skip
        return Norms.of(self._components, statistics.shift, statistics.norm_tolerance)

    def forget_norms(self) -> None:
        """Compute norms from all terms next time, because the ignored words changed."""
        self._components = None

    def rows(self, idf: NDArray[np.float64], articles: slice) -> Rows:
        """Return the weights of articles, not divided by their lengths."""
        segment = self.segment
        ptr = segment.row_ptr[articles.start : articles.stop + 1]
        pairs = slice(int(ptr[0]), int(ptr[-1]))
        term = segment.terms(pairs)
        value = self.level_weight[segment.row_level[pairs]] * idf[term]
        return Rows(ptr - ptr[0], term, value, np.ones(articles.stop - articles.start))

    def all_rows(self, idf: NDArray[np.float64]) -> Iterator[Rows]:
        """Yield the weights of all articles, block by block."""
        return (self.rows(idf, block) for block in blocks(self.segment.n_articles))

    def sample(self, idf: NDArray[np.float64], n_segments: int) -> Iterator[Rows]:
        """Yield the weights of a sample of the articles, block by block; see `sampled`."""
        sample = sampled(blocks(self.segment.n_articles), n_segments)
        return (self.rows(idf, block) for block in sample)

    def n_common(self, common: CommonTerms) -> NDArray[np.int32]:
        """Return the number of common words in the title of each article."""
        if self._n_common is None or self._n_common[0] is not common:
            self._n_common = common, self.segment.titles_with(common.terms)
        return self._n_common[1]

    def alive_terms(self) -> ArticleTerms:
        """Return the terms of the articles that were not removed."""
        return self.segment.article_terms(np.flatnonzero(self.is_alive))
