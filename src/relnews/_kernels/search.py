"""Binary search for many values at once."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel


@inner_kernel
def places_among(ascending, values):
    """Return the number of elements less than each value.

    All searches advance in step: while the processor fetches an element for one search, it compares
    for the others.

    Parameters
    ----------
    ascending : integer array of shape (n,)
        Sorted array to search.
    values : integer array of the same dtype
        Values to look up, in any order.

    Returns
    -------
    int64 array
        Place of each value; n if every element is less.
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
