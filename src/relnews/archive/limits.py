"""Limits: the conditions on lists in the form that the search takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews.dates import UNDATED
from relnews.options.conditions import ResolvedConditions
from relnews.search.decay import decay_of, undated_factor
from relnews.search.query import Limits


def limits_of(
    conditions: ResolvedConditions,
    keys: Sequence[int],
    published: NDArray[np.int64],
    now: int,
    excluded: Sequence[int],
) -> Limits:
    """Return the conditions on lists in the form that the search takes.

    Parameters
    ----------
    conditions : ResolvedConditions
        Their filters are not part of the result: the search ranks over a view of matching articles.
    keys : sequence of int
        Keys of the articles that the lists are for.
    published : int64 array of shape (n_keys,)
        Timestamps of these articles.
    now : int
        Timestamp of the moment of ranking.
    excluded : sequence of int
        Keys of the articles that no list may have.
    """
    windows = [conditions.window(now if date == UNDATED else date) for date in published.tolist()]
    after, before = np.array(windows, dtype=np.int64).reshape(-1, 2).T.copy()
    recency = conditions.recency
    if recency is not None and recency.anchor != "article":
        published = np.array(
            [recency.anchored(date, now) for date in published.tolist()], dtype=np.int64
        )
    return Limits(
        published, after, before, [np.array([key, *excluded]) for key in keys],
        decay_of(recency), undated_factor(recency),
    )  # fmt: skip
