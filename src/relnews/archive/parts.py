"""Parts: ranges of the articles of an archive whose lists take about as long as each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from relnews.archive.commit import Commit
from relnews.archive.snapshot import Snapshot

#: What a list costs whose article has no terms, in terms.
_FIXED_COST = 100


def part_of(snapshot: Snapshot, number: int, count: int) -> tuple[Commit, list[int]]:
    """Return the commit of a snapshot, and the keys of the articles of a part, in order.

    A part is a range of the archive. Every process that reads the commit gets the same ranges.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    number : int
        Number of the part, from 1.
    count : int
        Number of parts.
    """
    keys = np.array(snapshot.keys(), dtype=np.int64)
    first, last = cuts(_costs(snapshot, keys), number, count)
    found: list[int] = keys[first:last].tolist()
    return snapshot.commit, found


def cuts(costs: NDArray[np.int64], number: int, count: int) -> tuple[int, int]:
    """Return where a part begins and ends.

    Parameters
    ----------
    costs : int64 array
        Costs of the articles, above 0, in the order of the archive.
    number, count : int
        As for `part_of`.
    """
    end = np.cumsum(costs)
    total = int(end[-1]) if len(end) else 0
    shares = [total * (number - 1) // count, total * number // count]
    first, last = np.searchsorted(end, shares, side="right").tolist()
    return first, last


def _costs(snapshot: Snapshot, keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the costs of the lists of articles: each term of an article is looked up."""
    segments = [scored.segment for scored in snapshot.view.segments]
    if not segments:
        return np.zeros(0, dtype=np.int64)
    key = np.concatenate([segment.key for segment in segments])
    n_terms = np.concatenate([np.diff(segment.row_ptr) for segment in segments])
    order = np.argsort(key)
    places = order[np.searchsorted(key, keys, sorter=order)]
    return n_terms[places] + _FIXED_COST
