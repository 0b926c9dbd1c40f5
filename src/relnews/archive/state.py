"""ArchiveState: segments, pending articles and statistics of an archive at a generation."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews import _parallel, dates
from relnews._kernels._compile import frozen
from relnews.archive.live_segment import LiveSegment, Norms
from relnews.archive.pending import PendingArticle, joined, vectors_of
from relnews.archive.text_vectors import TextVectors
from relnews.options.recency import Recency
from relnews.options.vectors import SETTING as VECTORS
from relnews.search import weights
from relnews.search.bounds import CommonTerms, Outline
from relnews.search.corpus_stats import CorpusStats, Statistics
from relnews.search.epoch import Epoch
from relnews.search.order import oldest_first
from relnews.search.segment import Segment
from relnews.search.top_k import ScoredSegment
from relnews.search.view import View
from relnews.search.weights import Weighting
from relnews.storage import integrity
from relnews.storage.arrays import Arrays, Store
from relnews.storage.catalogue import FolderEntry
from relnews.storage.compiled_rules import CompiledRules
from relnews.text.analysis import Analysis
from relnews.text.ignored_terms import IgnoredTerms
from relnews.text.vocabulary import LayeredVocabulary, Vocabulary

#: Pending articles are laid out in groups of this size; only the last group is laid out again when
#: an article is added.
PENDING_TOGETHER = 64


class ArchiveState:
    """State of an archive for ranking, in memory or mapped; `refresh` brings it up to date.

    Parameters
    ----------
    store : Store
        Catalogue and arrays.
    analysis : Analysis
        What counts as a term.
    weighting : Weighting
        Weights of terms in text and title.
    recency : Recency or None
        How scores fade by default; None means no fading.
    n_stop : int
        Terms numbered below are stop words.
    vectors : TextVectors, optional
        Makes the vectors of drafts. None if the archive has no vectors.

    Attributes
    ----------
    generation : int
        Number of committed changes that the state includes.
    vocabulary : LayeredVocabulary
        Terms and their numbers.
    live_segments : dict of int to LiveSegment
        Segments by the numbers of their folders.
    pending : dict of int to PendingArticle
        Articles waiting to be flushed into a segment, by key.
    statistics : Statistics
        Document frequencies now.
    epoch : Epoch
        Document frequencies when the epoch began, and the common terms.
    ignored : IgnoredTerms
        Words that editors' rules ignore now.
    """

    vocabulary: LayeredVocabulary
    epoch: Epoch
    statistics: Statistics

    def __init__(
        self, store: Store, analysis: Analysis, weighting: Weighting, recency: Recency | None,
        n_stop: int, vectors: TextVectors | None = None,
    ) -> None:  # fmt: skip
        self.store = store
        self._place = store.catalogue.place
        self.analysis = analysis
        self.weighting = weighting
        self.recency = recency
        self.n_stop = n_stop
        self.vectors = vectors
        self.reset()

    def reset(self) -> None:
        """Clear the state, which may include parts of a failed change."""
        self.generation = -1
        self.live_segments: dict[int, LiveSegment] = {}
        self.pending: dict[int, PendingArticle] = {}
        self._sequence = 0
        self._vocabulary_number = -1
        self._epoch_number = -1
        #: The epoch whose idf `Statistics.made` has; -1 after the first view.
        self._made_of = -1
        self._forgotten: dict[str, int] = {}
        self.ignored = self._ignored_of_epoch = IgnoredTerms((), self.analysis)
        self._expiring = self._expires = np.empty(0, dtype=np.int64)
        #: Terms that the epoch counted, and their idf, to measure the drift; None until then.
        self._of_epoch: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None
        #: By first and last place in `pending`: these articles as a segment.
        self._pending_segments: dict[tuple[int, int], LiveSegment] = {}
        self._view: View | None = None
        self._epoch_view: View | None = None
        self._next_epoch_view: View | None = None

    def refresh(self, generation: int) -> None:
        """Apply the changes committed since the last call.

        Parameters
        ----------
        generation : int
            Generation of the catalogue in the open read transaction.
        """
        try:
            self.apply_commits()
        except BaseException:
            self.reset()  # an interrupt leaves nothing half applied
            raise
        self.generation = generation

    def apply_commits(self) -> None:
        """Bring the state up to date with the catalogue in the open transaction."""
        catalogue = self.store.catalogue
        sealed, seed, n_articles, vectors = catalogue.settings("sealed", "seed", "epoch", VECTORS)
        n_dimensions = vectors["dimensions"] if vectors else 0
        entries = catalogue.folders()
        with integrity.damage_in(self._place):
            n_terms = self._refresh_vocabulary(entries, int(seed))
            if self._epoch_number != -1 and n_terms < len(self.statistics.document_frequency):
                # The archive was compacted: words are gone, and the others have new numbers.
                self.reset()
                n_terms = self._refresh_vocabulary(entries, int(seed))
            self._refresh_epoch(entries, int(n_articles), n_terms)
            self._refresh_segments(entries, n_terms, n_dimensions)
            self._refresh_pending(int(sealed or 0), n_terms, n_dimensions)
            self._refresh_removed()
            if self.generation == -1 and self.n_articles < len(catalogue):
                msg = "articles of the catalogue are in no segment, or their counts are missing"
                raise ValueError(msg)
            self._refresh_ignored()
        expiries = catalogue.expiries()
        self._expiring = np.array([*expiries], dtype=np.int64)
        self._expires = np.array([*expiries.values()], dtype=np.int64)
        self._view = self._epoch_view = self._next_epoch_view = None

    @property
    def n_articles(self) -> int:
        """Number of articles of the archive."""
        return self.statistics.n_articles

    def view(self, now: int | None = None) -> View:
        """Return the view of the articles that readers may see, under the present statistics.

        Parameters
        ----------
        now : int, optional
            Timestamp of the moment at which they may see them. None means now.
        """
        now = dates.now() if now is None else now
        view = self._view
        if view is None or not view.since <= now < view.until:
            change = self.statistics.settle()
            self._made_of = -1
            idf = self.statistics.idf()
            is_ignored = self.ignored.among(self.vocabulary)
            if is_ignored is not None:
                idf[is_ignored] = 0.0
                change = change.without(is_ignored)
            try:
                view = self._view_of(
                    idf, functools.partial(
                        LiveSegment.scored, statistics=self.statistics, change=change,
                        is_ignored=is_ignored,
                    ), self.n_articles, now,
                )  # fmt: skip
            except BaseException:
                self.reset()  # an interrupt may leave only part of the norms updated
                raise
            self._view = view
        return view

    def epoch_view(self) -> View:
        """Return the view that stored lists are ranked over, under the statistics of the epoch."""
        if self._epoch_view is None:
            idf = self.epoch.idf(len(self.vocabulary))
            is_ignored = self._ignored_of_epoch.among(self.vocabulary)
            if is_ignored is not None:
                idf[is_ignored] = 0.0

            def scored(
                live: LiveSegment, corpus: CorpusStats, prior: NDArray[np.float64]
            ) -> ScoredSegment:
                if live.epoch_norms is None:
                    live.epoch_norms = Norms.of(live.norm_components(idf))
                return live.under(live.epoch_norms, corpus, prior)

            self._epoch_view = self._view_of(idf, scored, self.epoch.n_articles)
        return self._epoch_view

    def next_epoch_view(self) -> View:
        """Return the `epoch_view` that there would be if an epoch began now."""
        if self._next_epoch_view is None:
            frequency = self.statistics.document_frequency
            idf = weights.inverse_document_frequency(frequency, self.n_articles)
            is_ignored = self.ignored.among(self.vocabulary)
            if is_ignored is not None:
                idf[is_ignored] = 0.0
            self._next_epoch_view = self._view_of(idf, _exact, self.n_articles)
        return self._next_epoch_view

    def drift(self) -> float:
        """Return the largest relative change of an idf since the epoch, among terms in use."""
        if self._of_epoch is None:
            # Late: a process that only ranks does without 16 bytes a term.
            n_terms = len(self.epoch.document_frequency)
            in_use = np.flatnonzero(self.epoch.document_frequency)
            self._of_epoch = in_use, self.epoch.idf(n_terms)[in_use]
        in_use, before = self._of_epoch
        now = self.statistics.document_frequency[in_use]
        after = weights.inverse_document_frequency(now, self.n_articles)
        return float(np.abs(after / before - 1)[now > 0].max(initial=0.0))

    def outlined(self, segment: Segment) -> Arrays:
        """Return the outline of a segment and its sums, in the present epoch, to store."""
        idf = self.epoch.idf(len(self.vocabulary))
        live = LiveSegment(None, segment, Outline.none(0), self.weighting)
        return live.outlined(self.epoch.common, idf)

    def segment_of(self, key: int) -> LiveSegment | None:
        """Return the segment that has an article, removed or not; None if no segment has it."""
        return next(
            (live for live in self.live_segments.values() if live.segment.find(key) >= 0), None
        )

    # --- applying commits ------------------------------------------------------------------------

    def _refresh_vocabulary(self, entries: Sequence[FolderEntry], seed: int) -> int:
        """Bring the vocabulary up to date; return its number of terms."""
        (entry,) = (entry for entry in entries if entry.kind == "vocabulary")
        if entry.number != self._vocabulary_number:
            arrays = self.store.arrays(entry)
            integrity.check_vocabulary(arrays)
            base = Vocabulary(**arrays, seed=seed)
            self.vocabulary = LayeredVocabulary(base)
            self._vocabulary_number = entry.number
        n_terms = len(self.vocabulary)
        newer = self.store.catalogue.terms(n_terms)
        if newer:
            older = self.vocabulary.newest(len(self.vocabulary.base))
            self.vocabulary = LayeredVocabulary(self.vocabulary.base, [*older, *newer])
            n_terms += len(newer)
        return n_terms

    def _refresh_epoch(self, entries: Sequence[FolderEntry], n_articles: int, n_terms: int) -> None:
        (entry,) = (entry for entry in entries if entry.kind == "epoch")
        is_first = self._epoch_number == -1
        if entry.number != self._epoch_number:
            arrays = self.store.arrays(entry)
            integrity.check_epoch(arrays, n_terms, n_articles)
            common = CommonTerms.restore(arrays["terms"], arrays["basis"], n_terms)
            self.epoch = Epoch(n_articles, arrays["document_frequency"], common)
            self._epoch_number = entry.number
            self._forgotten = self.store.catalogue.setting("forgotten") or {}
            self._of_epoch = None
            for live in self.live_segments.values():
                live.epoch_norms = None
        n_known = len(self.epoch.document_frequency)
        if self._forgotten and n_known < n_terms:
            self.epoch = self.epoch.recalling(self.vocabulary.newest(n_known), self._forgotten)
            if self.epoch.document_frequency[n_known:].any():
                self._of_epoch, self._made_of = None, -1
        if len(self.epoch.common.is_rare) < n_terms:
            common = self.epoch.common.resized(n_terms + n_terms // 8)
            self.epoch = dataclasses.replace(self.epoch, common=common)
        if is_first:
            self.statistics = Statistics(n_articles, self.epoch.document_frequency)
            self._made_of = self._epoch_number
        self.statistics.grow(n_terms)

    def _refresh_segments(
        self, entries: Sequence[FolderEntry], n_terms: int, n_dimensions: int
    ) -> None:
        outlines = {entry.segment: entry for entry in entries if entry.kind == "outline"}
        current = {entry.number: entry for entry in entries if entry.kind == "segment"}
        live_segments = self.live_segments
        stale = [
            (entry, outlines[number]) for number, entry in current.items()
            if number not in live_segments
            or live_segments[number].outline_number != outlines[number].number
        ]  # fmt: skip
        loaded = _parallel.in_threads(
            lambda entries: self._load_segment(*entries, n_terms, n_dimensions), stale,
            min(len(stale), os.cpu_count() or 1),
        ) if stale else []  # fmt: skip
        for (entry, outline), (segment, outlined) in zip(stale, loaded, strict=True):
            if segment is not None:
                live = LiveSegment(entry, segment, Outline.none(0), self.weighting)
                live_segments[entry.number] = live
                self.statistics.add(*segment.document_frequency(), segment.n_articles)
            live = live_segments[entry.number]
            live.take_outline(self.epoch.common, outlined)
            if self._made_of != self._epoch_number:
                live.sums = None
            live.outline_number = outline.number
        for number in self.live_segments.keys() - current.keys():
            live = self.live_segments.pop(number)
            dead = live.segment.article_terms(np.flatnonzero(~live.is_alive)).counts
            terms, frequency = live.segment.document_frequency()
            self.statistics.add(terms, -frequency, -live.segment.n_articles)
            self.statistics.add(*_frequency(dead.term), dead.n_articles)

    def _load_segment(
        self, entry: FolderEntry, outline: FolderEntry, n_terms: int, n_dimensions: int
    ) -> tuple[Segment | None, Arrays]:
        """Return the segment of a folder, None if it is there, and its outline; both checked."""
        if entry.number in self.live_segments:
            return None, self.store.arrays(outline)
        segment = Segment(**self.store.arrays(entry))
        fits = segment.is_sound(n_terms) and segment.vectors.shape[1] in (0, n_dimensions)
        integrity.check_segment(fits)
        return segment, self.store.arrays(outline)

    def _refresh_pending(self, sealed: int, n_terms: int, n_dimensions: int) -> None:
        for key in [key for key in self.pending if key < sealed]:
            self._close(key)
        last = max(self.pending, default=sealed - 1)
        stored_counts = self.store.catalogue.counts(last)
        for stored in stored_counts:
            article = PendingArticle.read(stored, n_terms, n_dimensions)
            self.pending[stored.key] = article
            n = len(article.term)
            self.statistics.add(article.term, np.ones(n, dtype=np.int32), 1)

    def _refresh_removed(self) -> None:
        for sequence, key in self.store.catalogue.removals(self._sequence):
            self._sequence = sequence
            if key in self.pending:
                self._close(key)
            elif (live := self.segment_of(key)) is not None:
                local = live.segment.find(key)
                if live.is_alive[local]:
                    live.remove(local)
                    term, _ = live.segment.row(local)
                    self.statistics.add(term, -np.ones(len(term), dtype=np.int32), -1)

    def _refresh_ignored(self) -> None:
        rules = CompiledRules.of(self.store.catalogue)
        if self.ignored.words != {*rules.ignored}:
            self.ignored = IgnoredTerms(rules.ignored, self.analysis)
            for live in self.live_segments.values():
                live.forget_norms()
        if self._ignored_of_epoch.words != {*rules.ignored_in_lists}:
            self._ignored_of_epoch = IgnoredTerms(rules.ignored_in_lists, self.analysis)

    def _close(self, key: int) -> None:
        term = self.pending.pop(key).term
        self.statistics.add(term, -np.ones(len(term), dtype=np.int32), -1)
        self._pending_segments = {}

    # --- views -----------------------------------------------------------------------------------

    def _view_of(
        self,
        idf: NDArray[np.float64],
        scored: Callable[[LiveSegment, CorpusStats, NDArray[np.float64]], ScoredSegment],
        n_articles: int,
        now: int | None = None,
    ) -> View:
        common = self.epoch.common
        idf = frozen(idf)
        then = self.epoch.document_frequency[common.terms]
        idf_then = weights.inverse_document_frequency(then, self.epoch.n_articles)
        unseen = float(weights.inverse_document_frequency(np.zeros(1, np.int32), n_articles)[0])
        statistics = CorpusStats(
            idf, unseen, self.weighting.least_title * unseen, common, idf[common.terms] / idf_then
        )
        until = dates.FOREVER
        segments = []
        for live in self._all_segments():
            if now is None:
                prior = frozen(live.is_alive.astype(np.float64))
            else:
                prior, changes = live.prior(now, self._expiring, self._expires)
                until = min(until, changes)
            make = _exact if live.entry is None else scored
            segments.append(make(live, statistics, prior))
        return View(
            segments, statistics, self.weighting, self.recency, 0 if now is None else now, until
        )

    def _all_segments(self) -> list[LiveSegment]:
        """Return the segments, with the pending articles as up to two more segments."""
        n = len(self.pending)
        last = n - n % PENDING_TOGETHER
        cuts = [(i, j) for i, j in ((0, last), (last, n)) if i < j]
        self._pending_segments = {
            cut: self._pending_segments.get(cut) or self._lay_out(*cut) for cut in cuts
        }
        segments = [live for live in self.live_segments.values() if live.segment.n_articles]
        return [*segments, *self._pending_segments.values()]

    def _lay_out(self, first: int, last: int) -> LiveSegment:
        """Return a range of pending articles as a segment."""
        pending = [*self.pending.items()][first:last]
        published = np.array([article.published for _, article in pending], dtype=np.int64)
        ids = [article.id for _, article in pending]
        order = oldest_first(published, ids)  # a segment copies nothing that is in its order
        keys, articles = zip(*map(pending.__getitem__, order.tolist()), strict=True)
        segment = Segment.of_rows(
            joined(articles), np.array(keys), published[order], [ids[i] for i in order.tolist()],
            vectors_of(articles),
        )  # fmt: skip
        return LiveSegment(None, segment, Outline.none(segment.n_articles), self.weighting)


def _exact(live: LiveSegment, corpus: CorpusStats, prior: NDArray[np.float64]) -> ScoredSegment:
    """Return a segment under given statistics, with exact norms."""
    return live.under(Norms.of(live.norm_components(corpus.idf)), corpus, prior)


def _frequency(term: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    return np.unique(term, return_counts=True)
