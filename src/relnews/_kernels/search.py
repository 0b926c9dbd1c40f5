"""Many values looked up in an ascending array together."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel


@kernel
def places_among(ascending, values):
    """Return how many elements are less than each value.

    All are searched for in step, so that what one waits for is fetched while others are looked at.

    Parameters
    ----------
    ascending : integer array of shape (n,)
    values : integer array of the same dtype

    Returns
    -------
    int64 array
    """
    places = np.zeros(values.size, dtype=np.int64)
    n = ascending.size
    while n > 1:
        half = n >> 1
        for i in range(values.size):
            places[i] += half * (ascending[places[i] + half - 1] < values[i])
        n -= half
    if n == 1:
        for i in range(values.size):
            places[i] += ascending[places[i]] < values[i]
    return places
