"""Selector: the choice of the items of lists from rankings, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive.snapshot import Snapshot
from relnews.lists import block_selector
from relnews.lists.block_selector import BlockSelector, SelectedItems
from relnews.lists.candidates import Source, deepen
from relnews.options.selection import Selection
from relnews.search.top_k import Ranked

#: Articles that a block of lists has at most, unless a single list has more.
KEPT = 8192

_NO_KEYS = np.empty(0, dtype=np.int64)


def select(
    snapshot: Snapshot,
    source: Source,
    n: int,
    k: int,
    selection: Selection,
    beside: Sequence[NDArray[np.int64]],
    near_draft: NDArray[np.int64] = _NO_KEYS,
) -> list[SelectedItems]:
    """Return the items of n lists.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    source : Source
        The candidates of each list.
    n : int
        Number of lists.
    k : int
        Maximum number of items, including the articles beside the list.
    selection : Selection
        Rules of the choice.
    beside : sequence of int64 array
        For each list, keys of articles shown beside its items. They are not selected; they exclude
        candidates as items do, and count among the k.
    near_draft : int64 array, optional
        Keys of the near-duplicates of the draft that the list is for.
    """
    pool = block_selector.POOL if selection.diversity else 0
    # The time to compare candidates grows with the square of their number: 97 of 100 lists of 8 are
    # full after k + 1.
    depth, few = k + k // 2 + 1 + pool, k + 1 + pool

    def items(
        numbers: Sequence[int], rankings: Sequence[Ranked], is_all: Sequence[bool]
    ) -> list[SelectedItems | None]:
        neighbors = [beside[number] for number in numbers]
        found: list[SelectedItems | None] = []
        for selector in _selectors(snapshot, rankings, is_all, k, selection, neighbors, near_draft):
            found += selector.selected()
        return found

    return deepen(source, range(n), depth, items, few)


def best_scores(
    snapshot: Snapshot,
    source: Source,
    n: int,
    selection: Selection,
    near_draft: NDArray[np.int64] = _NO_KEYS,
) -> list[int]:
    """Return the best score, in millionths, that an item of each of n lists can have.

    The cutoff of the ``selection`` is a share of it. Parameters as for `select`.
    """
    first = Selection(duplicate_threshold=selection.duplicate_threshold, cutoff=None)
    chosen = select(snapshot, source, n, 1, first, [_NO_KEYS] * n, near_draft)
    return [round(items.score[0] * SCORE_STEPS) if items.score else 0 for items in chosen]


def places_of(
    snapshot: Snapshot,
    rankings: Sequence[Ranked],
    is_all: Sequence[bool],
    k: int,
    selection: Selection,
) -> list[list[tuple[int, list[int]]] | None]:
    """Return the items selected from the beginnings of rankings, by their places there.

    Parameters
    ----------
    snapshot : Snapshot
        The archive, with the view that was ranked over.
    rankings : sequence of Ranked
        The beginning of the ranking of each list.
    is_all : sequence of bool
        Whether each ranking is complete.
    k : int
        Maximum number of items.
    selection : Selection
        Rules of the choice.

    Returns
    -------
    list of list of (int, list of int), or None
        Items in order, with their near-duplicates; None if a ranking is too short to decide.
    """
    beside = [_NO_KEYS] * len(rankings)
    return [
        places
        for selector in _selectors(snapshot, rankings, is_all, k, selection, beside)
        for places in selector.places()
    ]


def _selectors(
    snapshot: Snapshot,
    rankings: Sequence[Ranked],
    is_all: Sequence[bool],
    k: int,
    selection: Selection,
    beside: Sequence[NDArray[np.int64]],
    near_draft: NDArray[np.int64] = _NO_KEYS,
) -> Iterator[BlockSelector]:
    """Yield the selectors of blocks of lists, in order."""
    n_ranked = max((len(ranked.key) for ranked in rankings), default=0)
    n_beside = max(map(len, beside), default=0)
    at_once = max(KEPT // (n_ranked + n_beside + 1), 1)
    for start in range(0, len(rankings), at_once):
        block = slice(start, start + at_once)
        yield BlockSelector(
            snapshot, rankings[block], is_all[block], k, selection, beside[block], near_draft
        )
