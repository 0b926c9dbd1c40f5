"""Order of the articles in a list, its only home in Python.

The highest score comes first. Ties go to the newer article, articles without a date last; equal
dates go to the smaller id. `relnews.storage.catalogue.Catalogue.newest` has the same order in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews.dates import UNDATED


def newest_key(published: int | None, identifier: str) -> tuple[int, str]:
    """Return the sort key of an article among others of the same score.

    Parameters
    ----------
    published : int or None
        Microseconds since 1970 (UTC); None or `UNDATED` if there is no date.
    identifier : str
        The article's id.
    """
    return -(UNDATED if published is None else published), identifier


def oldest_first(published: NDArray[np.int64], ids: Sequence[str]) -> NDArray[np.int64]:
    """Return the places of articles in the order of a segment, the reverse of newest first.

    Of two articles of a segment with the same score, the later place comes first in a list.

    Parameters
    ----------
    published : int64 array of shape (n,)
        Timestamps; `UNDATED` if unknown.
    ids : sequence of str
        The articles' ids.
    """
    # Two stable sorts by plain values take half the time of a sort by tuples.
    order = sorted(range(len(ids)), key=ids.__getitem__, reverse=True)
    return np.array(sorted(order, key=published.tolist().__getitem__), dtype=np.int64)


def sort_columns(
    steps: NDArray[np.int64],
    key: NDArray[np.int64],
    similarity: NDArray[np.float64],
    published: NDArray[np.int64],
    ids: Callable[[Sequence[int]], Sequence[str]],
) -> None:
    """Sort the candidates of every query in place.

    Parameters
    ----------
    steps, key, similarity, published : arrays of shape (n_queries, n)
        Score in millionths, 0 if there is no candidate; key; similarity; timestamp.
    ids : callable
        Returns the ids of articles by key; called only for ties of score and date.
    """
    columns = (steps, key, similarity, published)
    order = np.lexsort((published, steps), axis=1)[:, ::-1]
    for column in columns:
        column[:] = np.take_along_axis(column, order, axis=1)
    tied = (np.diff(steps, axis=1) == 0) & (np.diff(published, axis=1) == 0) & (steps[:, 1:] > 0)
    for query in np.flatnonzero(tied.any(axis=1)):
        is_tied = np.append(tied[query], False)
        is_tied[1:] |= tied[query]
        place = np.zeros(len(is_tied), dtype=np.int64)
        names = np.array(ids(key[query, is_tied].tolist()), dtype=object)
        place[is_tied] = np.argsort(np.argsort(names))
        by_id = np.lexsort((-place, published[query], steps[query]))[::-1]
        for column in columns:
            column[query] = column[query, by_id]
