"""Decay: the factors of a recency, as the kernels read them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from relnews.options.recency import Recency

#: Two hundred years: no two articles are further apart.
_DAYS = 73_050


@functools.lru_cache(maxsize=16)
def decay_of(recency: Recency | None) -> NDArray[np.float64]:
    """Return the factor after 0, 1, 2, … days, float64 array; the last is for all longer times.

    If nothing fades, because there is no recency or its floor is 1, the array has one element.

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
    """Return the factor if one of two articles has no date."""
    return 1.0 if recency is None else recency.undated
