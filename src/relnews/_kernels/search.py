"""Binary search: for many values at once, and for a run of values."""

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


@inner_kernel
def within(local, window):
    """Return the ascending local numbers that are in a window.

    Parameters
    ----------
    local : uint16[n]
        Local numbers.
    window : pair of int
        First local number of the window, and the one behind its last.
    """
    if local.size == 0 or (local[0] >= window[0] and local[-1] < window[1]):
        return local
    first, last = np.searchsorted(local, window[0]), np.searchsorted(local, window[1])
    return local[first:last]
