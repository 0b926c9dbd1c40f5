"""Binary search: for many values at once, and for a run of values."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel


@inner_kernel
def places_among(ascending, values, out_place):
    """Write the number of elements less than each value.

    All searches advance in step: while the processor fetches an element for one search, it compares
    for the others.

    Parameters
    ----------
    ascending : integer array of shape (n,)
        Sorted array to search.
    values : integer array of the same dtype
        Values to look up, in any order.
    out_place : int64 array, at least as long as ``values``
        Place of each value; n if every element is less.
    """
    out_place[: values.size] = 0
    n = ascending.size
    while n > 1:
        half = n >> 1
        for i in range(values.size):
            out_place[i] += half * (ascending[out_place[i] + half - 1] < values[i])
        n -= half
    if n == 1:
        for i in range(values.size):
            out_place[i] += ascending[out_place[i]] < values[i]


@inner_kernel
def place_among(ascending, value):
    """Return the number of elements less than a value; Numba's own takes 5× as long to compile."""
    place, n = 0, ascending.size
    while n > 0:
        half = (n + 1) >> 1
        if ascending[place + half - 1] < value:
            place += half
            n -= half
        else:
            n = half - 1
    return place


@inner_kernel
def within(posting, first, last, window):
    """Return where the local numbers of a group that are in a window begin and end.

    Parameters
    ----------
    posting : uint16[n]
        Local numbers, ascending within a group.
    first, last : int
        Where the group begins and ends.
    window : pair of int
        First local number of the window, and the one behind its last.
    """
    if first == last or (posting[first] >= window[0] and posting[last - 1] < window[1]):
        return np.int64(first), np.int64(last)
    local = posting[first:last]
    begin, end = place_among(local, window[0]), place_among(local, window[1])
    return np.int64(first + begin), np.int64(first + end)
