"""Merging: flushes pending articles into segments, and merges segments into larger segments.

Merging has three levels: eight segments of a level become one segment of the next level. So an
article is written about four times: as counts, and in a small, a middle and a full segment. An
article left over when a full segment closes is written once more.
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
from relnews.search.bounds import CommonTerms, Outline
from relnews.search.epoch import Epoch, fingerprint
from relnews.text.vocabulary import Vocabulary

#: Pending articles that fill a small segment.
PENDING_ARTICLES = 1024

#: Segments of a level that become one segment of the next level.
FANOUT = 8

#: New terms stay in a second table until they exceed this number and this share of the first table.
NEWER_TERMS = 1 << 16
NEWER_SHARE = 0.25


def lay_out(state: ArchiveState) -> None:
    """Apply the entered change; flush the pending articles if they fill a segment."""
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
    """Write full segments without removed articles, and one vocabulary of the terms in use.

    A term that no article has any more loses its spelling. If lists are stored, its document
    frequency in their epoch stays under a fingerprint, in case that an article brings it back.
    """
    keep = state.statistics.document_frequency > 0
    keep[: state.n_stop] = True
    forgotten = _forgotten_terms(state, keep) if has_lists(state) else {}
    number = (np.cumsum(keep) - 1).astype(np.int32)
    live_segments = [*state.live_segments.values()]
    oldest_first = sorted(live_segments, key=lambda live: int(live.segment.key.min()))
    live = (layout.live_rows(state, live) for live in oldest_first)
    _write(state, itertools.chain(live, [layout.pending_rows(state)]), number)
    _drop(state, live_segments)
    _clear_pending(state)
    layout.replace_vocabulary(state.store, _kept_terms(state, np.flatnonzero(keep)))
    frequency, n_articles = state.epoch.document_frequency, state.epoch.n_articles
    frequency = frequency[keep[: len(frequency)]]
    # The outlines are made after the new numbers of terms are in use.
    no_terms = CommonTerms(np.empty(0, np.int32), np.empty((0, 0)), int(keep.sum()))
    layout.replace_epoch(state.store, Epoch(n_articles, frequency, no_terms), forgotten)
    state.reset()
    state.apply_commits()
    if has_lists(state):
        layout.begin_epoch(
            state.store, state.live_segments, frequency, n_articles, len(state.vocabulary),
            forgotten,
        )  # fmt: skip
    else:
        begin_epoch(state)
    state.apply_commits()


def begin_epoch(state: ArchiveState) -> None:
    """Begin an epoch with the present statistics.

    Parameters
    ----------
    state : ArchiveState
        State of the archive, up to date.
    """
    layout.begin_epoch(
        state.store, state.live_segments, state.statistics.document_frequency.copy(),
        state.n_articles, len(state.vocabulary),
    )  # fmt: skip


def has_lists(state: ArchiveState) -> bool:
    """Return whether the archive stores lists."""
    return state.store.catalogue.setting("lists") is not None


def _write(
    state: ArchiveState, rows: Iterable[Rows], number: NDArray[np.int32] | None = None
) -> None:  # fmt: skip
    """Write rows as segments: outlined, or with new numbers of terms if these are given."""
    for portion in layout.filled(rows):
        segment = portion.segment(len(state.vocabulary))
        if number is None:
            layout.put_segment(state.store, segment, state.outlined(segment))
        else:
            outline = Outline.none(segment.n_articles)
            layout.put_segment(state.store, segment.renumbered(number), outline.named())


def _drop(state: ArchiveState, live_segments: Sequence[LiveSegment]) -> None:
    """Drop segments, their outlines, and the removals of their articles."""
    gone = {live.entry.number for live in live_segments if live.entry is not None}
    catalogue = state.store.catalogue
    for entry in catalogue.folders():
        if entry.number in gone or entry.segment in gone:
            state.store.drop(entry)
    for live in live_segments:
        catalogue.clear_removals(live.segment.key[~live.is_alive].tolist())


def _clear_pending(state: ArchiveState) -> None:
    """Delete the counts and terms of pending articles, which are in a segment now."""
    catalogue = state.store.catalogue
    catalogue.clear_counts()
    catalogue.set("sealed", catalogue.next_key())
    removed = [key for _, key in catalogue.removals(0)]
    catalogue.clear_removals(key for key in removed if state.segment_of(key) is None)


def _kept_terms(state: ArchiveState, keep: NDArray[np.int64]) -> Vocabulary:
    terms = state.vocabulary.newest(0)
    return Vocabulary.of(terms[term] for term in keep.tolist()).freeze()


def _forgotten_terms(state: ArchiveState, keep: NDArray[np.bool_]) -> dict[str, int]:
    """Return the document frequencies in the epoch of terms that are not spelled any more."""
    frequency = state.epoch.document_frequency
    terms = state.vocabulary.newest(0)
    dropped = np.flatnonzero(~keep[: len(frequency)] & (frequency > 0)).tolist()
    now = {fingerprint(terms[term]): int(frequency[term]) for term in dropped}
    return {**(state.store.catalogue.setting("forgotten") or {}), **now}


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
    """Return 0 for a small segment, 1 for a middle segment, 2 for a full segment."""
    return (n_articles >= PENDING_ARTICLES * FANOUT) + (n_articles >= PENDING_ARTICLES * FANOUT**2)
