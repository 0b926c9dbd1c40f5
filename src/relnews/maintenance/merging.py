"""Merging: articles that wait become segments, and segments become larger ones.

Segments are merged in levels, eight of a level to one of the next, so that an article is written
about four times: with its counts, in a small segment, in a middle one and in a full one; once more
if it is left over when a full one closes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews.archive.live_segment import LiveSegment
from relnews.archive.state import ArchiveState
from relnews.maintenance import layout
from relnews.maintenance.layout import Rows
from relnews.search.bounds import CommonTerms
from relnews.search.epoch import Epoch
from relnews.text.vocabulary import Vocabulary

#: Articles that make a segment.
PENDING_ARTICLES = 1024

#: Segments of a level that are merged to a segment of the next.
FANOUT = 8

#: New terms are looked up in a second table until there are more than so many, and more than this
#: share of the first table.
NEWER_TERMS = 1 << 16
NEWER_SHARE = 0.25


def lay_out(state: ArchiveState) -> None:
    """Apply the change that was entered; seal the waiting articles if they fill a segment."""
    state.apply_commits()
    if len(state.pending) >= PENDING_ARTICLES:
        _write(state, [layout.pending_rows(state)])
        _clear_pending(state)
        state.apply_commits()
        if not has_lists(state) and state.n_articles > 2 * state.epoch.n_articles:
            begin_epoch(state)
            state.apply_commits()
    merge(state)
    newer = len(state.vocabulary.newer)
    if newer > max(NEWER_TERMS, NEWER_SHARE * len(state.vocabulary.base)):
        layout.replace_vocabulary(state.store, state.vocabulary.flat())
        state.apply_commits()


def merge(state: ArchiveState) -> None:
    """Merge segments while a level has too many, and rewrite segments that are mostly removed."""
    while live_segments := _to_merge([*state.live_segments.values()]):
        _write(state, (layout.live_rows(state, live) for live in live_segments))
        _drop(state, live_segments)
        state.apply_commits()


def compact(state: ArchiveState) -> None:
    """Write full segments without removed articles, and one vocabulary of the terms in use."""
    keep = state.statistics.document_frequency > 0
    keep[: state.n_stop] = True
    keep[state.epoch.common.terms] = True
    if has_lists(state):
        keep[: len(state.epoch.document_frequency)] |= state.epoch.document_frequency > 0
    number = (np.cumsum(keep) - 1).astype(np.int32)
    live_segments = [*state.live_segments.values()]
    oldest_first = sorted(live_segments, key=lambda live: int(live.segment.key.min()))
    live = (layout.live_rows(state, live) for live in oldest_first)
    _write(state, itertools.chain(live, [layout.pending_rows(state)]), number)
    _drop(state, live_segments)
    _clear_pending(state)
    layout.replace_vocabulary(state.store, _kept_terms(state, np.flatnonzero(keep)))
    _renumber_epoch(state, keep, number)
    state.reset()
    state.apply_commits()
    begin_epoch(state, keep_statistics=has_lists(state))
    state.apply_commits()


def begin_epoch(state: ArchiveState, *, keep_statistics: bool = False) -> None:
    """Begin an epoch with the present statistics.

    Parameters
    ----------
    state : ArchiveState
    keep_statistics : bool, default=False
        Keep the statistics of the last epoch and choose only the common terms again.
    """
    if keep_statistics:
        frequency, n_articles = state.epoch.document_frequency, state.epoch.n_articles
    else:
        frequency, n_articles = state.statistics.document_frequency.copy(), state.n_articles
    layout.begin_epoch(
        state.store, state.live_segments, frequency, n_articles, len(state.vocabulary)
    )  # fmt: skip


def has_lists(state: ArchiveState) -> bool:
    """Return whether the archive stores lists."""
    return state.store.catalogue.setting("lists") is not None


def _write(
    state: ArchiveState, rows: Iterable[Rows], number: NDArray[np.int32] | None = None
) -> None:  # fmt: skip
    """Write rows as segments, their terms renumbered if new numbers are given."""
    for portion in layout.filled(rows):
        segment = portion.segment(len(state.vocabulary))
        outline = state.outline(segment)
        if number is not None:
            segment = segment.renumbered(number)
        layout.put_segment(state.store, segment, outline)


def _drop(state: ArchiveState, live_segments: Sequence[LiveSegment]) -> None:
    """Drop segments, their outlines, and the notes of what was removed from them."""
    gone = {live.entry.number for live in live_segments if live.entry is not None}
    catalogue = state.store.catalogue
    for entry in catalogue.folders():
        if entry.number in gone or entry.segment in gone:
            state.store.drop(entry)
    for live in live_segments:
        catalogue.clear_removals(live.segment.key[~live.is_alive].tolist())


def _clear_pending(state: ArchiveState) -> None:
    """Delete what is kept of articles only as long as they wait for a segment."""
    catalogue = state.store.catalogue
    catalogue.clear_counts()
    catalogue.set("sealed", catalogue.next_key())
    removed = [key for _, key in catalogue.removals(0)]
    catalogue.clear_removals(key for key in removed if state.segment_of(key) is None)


def _kept_terms(state: ArchiveState, keep: NDArray[np.int64]) -> Vocabulary:
    vocabulary = state.vocabulary.flat()
    ptr, blob = vocabulary.term_ptr, vocabulary.blob
    kept = (blob[ptr[term] : ptr[term + 1]].tobytes() for term in keep.tolist())
    return Vocabulary.of(kept).freeze()


def _renumber_epoch(
    state: ArchiveState, keep: NDArray[np.bool_], number: NDArray[np.int32]
) -> None:
    """Write the epoch under new numbers of terms."""
    epoch, common = state.epoch, state.epoch.common
    frequency = epoch.document_frequency
    layout.replace_epoch(
        state.store,
        Epoch(
            epoch.n_articles,
            frequency[keep[: len(frequency)]],
            CommonTerms(number[common.terms], common.basis, int(keep.sum())),
        ),
    )


def _to_merge(live_segments: Sequence[LiveSegment]) -> list[LiveSegment]:
    """Return the segments to merge into one; an empty list if no level has too many."""
    levels: dict[int, list[LiveSegment]] = {}
    for live in live_segments:
        n_alive = live.n_alive
        if 2 * n_alive < len(live.is_alive):
            return [live]
        levels.setdefault(_level(n_alive), []).append(live)
    crowded = [
        level for number, level in levels.items() if number < 2 and len(level) >= FANOUT
    ]  # fmt: skip
    return crowded[0] if crowded else []


def _level(n_articles: int) -> int:
    """Return 0 for a small segment, 1 for a middle one, 2 for one that is not merged any more."""
    return (n_articles >= PENDING_ARTICLES * FANOUT) + (n_articles >= PENDING_ARTICLES * FANOUT**2)
