"""LiveSegment: a segment of an open archive, with its removed articles and its norms."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import norms as kernels
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import ArticleRows
from relnews.dates import FOREVER
from relnews.search import weights
from relnews.search.bounds import OUTLINE_DTYPES, CommonTerms, Outline, Rows, blocks, sampled
from relnews.search.corpus_stats import SHIFT_TOLERANCE, Change, CorpusStats, Statistics
from relnews.search.segment import Segment
from relnews.search.top_k import ScoredSegment
from relnews.search.weights import Weighting
from relnews.storage import integrity
from relnews.storage.arrays import SUMS, Arrays
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

    Attributes
    ----------
    sums : float64 array of shape (n_articles, 5) or None
        `norm_components` under the idf that `Statistics` begin with, as they are stored; None if
        they are not known.
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
        self._n_common: tuple[NDArray[np.int32], NDArray[np.int32]] | None = None
        self.is_alive = np.ones(segment.n_articles, dtype=bool)
        self.epoch_norms: Norms | None = None
        self.sums: NDArray[np.float64] | None = None
        self._components: NDArray[np.float64] | None = None
        #: The segment as it was ranked last, the shift and the outline that its bounds are of.
        self._scored: tuple[ScoredSegment, float, Outline] | None = None
        #: What is hidden, and the priors that follow.
        self._prior: tuple[tuple[int, bytes], NDArray[np.float64]] | None = None

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

    def _follow(
        self, statistics: Statistics, change: Change, is_ignored: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Bring the sums of the norms up to date; return the places of the terms that changed.

        A place is -1 for a term that the segment lacks.
        """
        places = np.empty(len(change.terms), dtype=np.int64)
        components = self._components
        if components is None:
            self._scored = None
            if self.sums is not None and is_ignored is None:
                components = self.sums.copy()
        if components is None:
            components = self.norm_components(statistics.made, is_ignored)
        elif self.segment.has_postings and len(places):
            kernels.update_components(
                frozen(change.terms), frozen(change.before), frozen(change.after),
                self.segment.postings, self.level_weight, self.level_title, places, components,
            )  # fmt: skip
        self._components = components
        return places

    def scored(
        self,
        corpus: CorpusStats,
        prior: NDArray[np.float64],
        statistics: Statistics,
        change: Change,
        is_ignored: NDArray[np.bool_] | None,
    ) -> ScoredSegment:
        """Return the segment under the present statistics.

        Its bounds stay as in the last call, as long as the idf have shifted little since.

        Parameters
        ----------
        corpus : CorpusStats
            The present statistics, as kernels take them.
        prior : float64 array of shape (n_articles,)
            Factor on the score of each article.
        statistics : Statistics
            The present statistics.
        change : Change
            Change of the idf since the last call.
        is_ignored : bool array of shape (n_terms,), optional
            Terms without weight.
        """
        changed = self._follow(statistics, change, is_ignored)
        assert self._components is not None
        shift, outline = statistics.shift, self.outline
        scored = None
        if self._scored is not None:
            before, at, outlined = self._scored
            if outlined is outline and abs(shift - at) <= SHIFT_TOLERANCE:
                scored = before.later(corpus, prior, changed, self._components, at)
                shift = at
        if scored is None:
            shift, tolerance = statistics.shift, statistics.norm_tolerance
            if tolerance:
                tolerance += SHIFT_TOLERANCE
            norms = Norms.of(self._components, shift, tolerance)
            scored = self.under(norms, corpus, prior)
        # Exact norms are of one moment.
        self._scored = (scored, shift, outline) if statistics.norm_tolerance else None
        return scored

    def under(
        self, norms: Norms, statistics: CorpusStats, prior: NDArray[np.float64]
    ) -> ScoredSegment:
        """Return the segment under given statistics and norms."""
        return ScoredSegment(
            self.segment, self.level_weight, self.level_title, norms.length, norms.title,
            norms.tolerance, self.n_common(statistics.common), statistics, self.outline, prior,
        )  # fmt: skip

    def prior(
        self, now: int, expiring: NDArray[np.int64], expires: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], int]:
        """Return the priors at a moment, and the next timestamp at which they change.

        Removed and hidden articles have a prior of 0, others of 1.

        Parameters
        ----------
        now : int
            Timestamp of the moment.
        expiring, expires : int64 arrays of shape (n,)
            Keys of all articles that expire, and the timestamps at which they do.
        """
        published = self.segment.published
        first = int(np.searchsorted(published, now, side="right"))
        until = int(published[first]) if first < len(published) else FOREVER
        gone = np.empty(0, dtype=np.int64)
        if len(expiring):
            local = self.segment.find_all(expiring)
            local, expires = local[local >= 0], expires[local >= 0]
            gone = local[expires <= now]
            until = min(until, int(expires[expires > now].min(initial=FOREVER)))
        hidden = first, gone.tobytes()
        if self._prior is None or self._prior[0] != hidden:
            prior = self.is_alive.astype(np.float64)
            prior[first:] = prior[gone] = 0.0
            self._prior = hidden, frozen(prior)
        return self._prior[1], until

    def remove(self, local: int) -> None:
        """Mark an article as removed."""
        self.is_alive[local] = False
        self._prior = None

    def forget_norms(self) -> None:
        """Compute norms from all terms next time, because the ignored words changed."""
        self._components = self.sums = None

    def take_outline(self, common: CommonTerms, arrays: Arrays) -> None:
        """Set the outline and the sums from the arrays that `outlined` returns."""
        n, sums = self.segment.n_articles, arrays.get(SUMS)
        self.outline = common.restore_outline([arrays[name] for name in OUTLINE_DTYPES], n)
        self.sums = None if sums is None else integrity.checked_sums(sums.reshape(n, 5))

    def outlined(self, common: CommonTerms, idf: NDArray[np.float64]) -> Arrays:
        """Return the outline of the segment and its sums, to store.

        Parameters
        ----------
        common : CommonTerms
            Common terms of the epoch.
        idf : float64 array of shape (n_terms,)
            idf of the epoch.
        """
        outline = common.outline(self.all_rows(idf), self.segment.n_articles)
        return outline.named() | {SUMS: self.norm_components(idf)}

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
        if self._n_common is None or self._n_common[0] is not common.terms:
            self._n_common = common.terms, self.segment.titles_with(common.terms)
        return self._n_common[1]

    def alive_terms(self) -> ArticleTerms:
        """Return the terms of the articles that were not removed."""
        return self.segment.article_terms(np.flatnonzero(self.is_alive))
