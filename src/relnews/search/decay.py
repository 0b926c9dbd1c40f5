"""Decay: tables of the factors by which scores fade."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from relnews.options.recency import Recency

#: Length of the table in days: 200 years, further apart than any two articles.
_DAYS = 73_050


@functools.lru_cache(maxsize=16)
def decay_of(recency: Recency | None) -> NDArray[np.float64]:
    """Return the factors after 0, 1, 2, … days, float64 array; the last holds for longer times.

    If scores do not fade (no recency, or a floor of 1), the array has one element.

    Parameters
    ----------
    recency : Recency or None
        None if scores do not fade.
    """
    table: NDArray[np.float64] = np.ones(1)
    if recency is not None:
        days = np.arange(_DAYS if recency.floor < 1 else 1)
        half_lives = np.maximum(days - recency.offset, 0.0) / recency.half_life
        table = recency.floor + (1.0 - recency.floor) / (1.0 + half_lives)
    table.flags.writeable = False
    return table


def undated_factor(recency: Recency | None) -> float:
    """Return the factor if either article has no date."""
    return 1.0 if recency is None else recency.undated
