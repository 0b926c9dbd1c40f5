"""Exact top-k without walking the postings of common terms: upper bounds instead.

The kernel walks the postings of a query's rare terms and adds them to the sums of the articles
(rows). Common terms are bounded: each row has an outline of its common terms
(`relnews.search.bounds`). Three bounds, each tighter and costlier than the one before, leave a few
rows, the survivors. Only survivors are summed exactly from their terms.

1. the length of the common part: sum + ‖q‖ ‖d‖. Of 100,000 rows, a median of 200 and a mean of
   2,600 reach the floor;
2. its sketch, 128 coordinates in 8 bits, and the length of the rest: sum + q̂·d̂ + ‖q′‖ ‖d′‖;
3. its codes, every common term in 8 bits: about 30 rows are left.

Where no term is common, outlines are None, the sum is the bound, and no other bound is compiled.

`relnews._kernels.scoring` ranks the articles of a segment this way, `relnews._kernels.nearest` the
rows of any matrix.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import inner_kernel, kernel, nan_free_kernel
from relnews._kernels.heap import replace_least
from relnews._kernels.machine import prefetch

#: Rows of a block: one row of each of 8 equal parts of all rows, so that the compiler vectorizes
#: over blocks. 65,536 rows take 7 µs; blocks of 64 neighbouring rows took 46.
_BLOCK = 8

#: Rows with the highest first bounds, beyond 2 k, whose estimates give the first floor.
SEEDS = 40

#: Rows that sketches and codes are prefetched ahead of their use, which took a fifth off the time
#: of a list.
_SKETCHES_AHEAD = 12
_CODES_AHEAD = 3

#: Sum of a row that must not be found: its bounds stay below every floor.
LEFT_OUT = np.float32(-1e30)

_ONE = np.uint64(1)
_SIX = np.uint64(6)
_LOW_SIX = np.uint64(63)


class CommonPart(NamedTuple):
    """Common terms of one query, with room for roundings in single precision.

    Parameters
    ----------
    norm : float32
        Upper bound of the length of the common part.
    sketch : int8[n_coordinates]
        Coordinates in the space of the sketches, divided by ``sketch_scale``.
    sketch_scale, sketch_error, sketch_norm : float32
        Scale of the sketch; upper bounds of the length of its rounding error and of its length.
    residual_norm : float32
        Length of the component outside the space of the sketches.
    codes : uint8[width]
        Weights of the common terms, divided by ``codes_scale``.
    codes_scale, codes_error, codes_norm : float32
        As for the sketch.
    """

    norm: Any
    sketch: Any
    sketch_scale: Any
    sketch_error: Any
    sketch_norm: Any
    residual_norm: Any
    codes: Any
    codes_scale: Any
    codes_error: Any
    codes_norm: Any


class Heaps(NamedTuple):
    """Min-heaps for the lists of a block of queries, and for their seeds.

    Parameters
    ----------
    score, tie : float64, int64[k]
        The best rows so far.
    bound, place : float64, int64[2 k + SEEDS]
        Min-heap of first bounds and their blocks.
    estimate : float64[n_seeds]
        Min-heap of estimates.
    row : int64[n_seeds]
        Row of each estimate.
    """

    score: NDArray[np.float64]
    tie: NDArray[np.int64]
    bound: NDArray[np.float64]
    place: NDArray[np.int64]
    estimate: NDArray[np.float64]
    row: NDArray[np.int64]


def heaps_for(k: int) -> Heaps:
    """Return heaps for lists of k rows of a segment.

    The first floor comes from 5/4 k seeds. With 2 k, 10,000 rows took 2 to 6 % longer, since more
    rows were summed exactly; 1,000 articles sum 20 for lists of 13 in place of 26.
    """
    arrays = ((np.empty(n), np.empty(n, np.int64)) for n in (k, 2 * k + SEEDS, k + k // 4 + 1))
    return Heaps._make(itertools.chain.from_iterable(arrays))


@inner_kernel
def common_part(outline, query, tolerance):
    """Return the common terms of one query of a block as a `CommonPart`; None without outline.

    Parameters
    ----------
    outline : relnews.search.bounds.Outline or None
        Outline of the block of queries.
    query : int
        Number of the query in the block.
    tolerance : float
        Relative error bound of sums; see `rounding`.
    """
    if outline is None:
        return None
    norm = np.float32(outline.norm[query] * (1.0 + 4.0 * tolerance))
    extra = 4.0 * tolerance * outline.norm[query]
    return CommonPart(
        norm, outline.sketch[query], outline.sketch_scale[query],
        np.float32(outline.sketch_error[query] + extra), norm + outline.sketch_error[query],
        outline.residual_norm[query], outline.codes[query], outline.codes_scale[query],
        np.float32(outline.codes_error[query] + extra), norm + outline.codes_error[query],
    )  # fmt: skip


@kernel
def densify(rows, column_of, out):
    """Write the common terms of rows as rows of a dense matrix.

    Parameters
    ----------
    rows : SparseRows
        Rows to write.
    column_of : int32[n_terms]
        Column of each common term; -1 for a rare term.
    out : float64[n_rows, width]
        Zeros on entry.
    """
    row_ptr, row_term, row_value, factor = rows
    for row in range(factor.size):
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            column = column_of[row_term[pair]]
            if column >= 0:
                out[row, column] = row_value[pair] * factor[row]


@kernel
def project(rows, basis, out):
    """Write the product of dense rows, most of whose values are 0, and a basis.

    Parameters
    ----------
    rows : float64[n_rows, width]
        Dense rows.
    basis : float64[width, n_coordinates]
        One vector for each column of ``rows``.
    out : float64[n_rows, n_coordinates]
        Zeros on entry.
    """
    for row in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            value = rows[row, column]
            if value != 0:
                for i in range(basis.shape[1]):
                    out[row, i] += value * basis[column, i]


@nan_free_kernel
def _raise(sums, norm, factor, query_norm, highest):
    """Raise the highest first bound of each block by one more row of the block."""
    for block in range(sums.size):
        bound = (sums[block] + query_norm * norm[block]) * factor[block]
        highest[block] = max(highest[block], bound)


@inner_kernel
def byte_dot(a, b):
    """Return the inner product of two rows of at most 32,768 8-bit numbers, int32.

    Numba makes int64 of a product and of a sum; cast back, they take less than half the time.
    """
    total = np.int32(0)
    for i in range(a.size):
        total = np.int32(total + np.int32(np.int32(a[i]) * np.int32(b[i])))
    return total


@kernel
def rounding(n_terms):
    """Return a relative error bound of a sum of n_terms products in single precision.

    n additions are off by at most n roundings; the bound is twice that, plus 32 roundings.
    """
    return 2.0 * (n_terms + 16) * 2.0**-24


@inner_kernel
def note(query_term, query_weight, weight, is_in_query):
    """Enter a query's weights, by term, and set the bit of each of its terms."""
    for i in range(query_term.size):
        term = np.uint64(query_term[i])
        weight[term] = query_weight[i]
        is_in_query[term >> _SIX] |= _ONE << (term & _LOW_SIX)


@inner_kernel
def forget(query_term, is_in_query):
    """Clear the bits of a query."""
    for i in range(query_term.size):
        is_in_query[np.uint64(query_term[i]) >> _SIX] = 0


@inner_kernel
def find_shared(is_in_query, row_term, out_shared):
    """Write the places of the terms that a row shares with the query; return their number.

    Without a branch; testing a bit for each term takes half the time of merging two sorted lists.
    """
    n = np.uint64(0)
    for i in range(row_term.size):
        term = np.uint64(row_term[i])
        out_shared[n] = i
        n += (is_in_query[term >> _SIX] >> (term & _LOW_SIX)) & _ONE
    return np.int64(n)


@inner_kernel
def _n_blocks(n_rows):
    """Return the number of blocks: row r belongs to block r modulo this number."""
    return -(-n_rows // _BLOCK)


@inner_kernel
def first_bounds(sums, factor, common, outline, out_highest):
    """Write the highest first bound of each block of rows; nothing without outline."""
    if outline is None:
        return
    norm, query_norm = outline.norm, common.norm
    n = _n_blocks(norm.size)
    out_highest[:n] = 0
    for first in range(0, norm.size, n):
        rows = slice(first, min(first + n, norm.size))
        _raise(sums[rows], norm[rows], factor[rows], query_norm, out_highest)


@inner_kernel
def find_seeds(sums, factor, common, outline, highest, heaps, out_row):
    """Write rows that are likely to be in the list, to find the first floor; return their number.

    The row of the highest first bound is taken from each of the best blocks. Of these rows, those
    with the highest estimates by their sketches are chosen; without outline, those of the highest
    sums.

    Parameters
    ----------
    sums, factor : float32[n_rows]
        Sums of rare terms; factors on scores.
    common : CommonPart or None
        Common part of the query.
    outline : relnews.search.bounds.Outline or None
        Outline of the rows.
    highest : float32[≥ n_blocks]
        Highest first bound of each block; see `first_bounds`.
    heaps : Heaps
        Heaps of the seeds.
    out_row : int32[n_rows + 1]
        Out: at most n_seeds rows, unordered.

    Returns
    -------
    int
        Number of rows.
    """
    bound, place, estimate, chosen = heaps.bound, heaps.place, heaps.estimate, heaps.row
    estimate[:] = 0
    chosen[:] = -1
    if outline is None:
        for row in range(factor.size):
            about = np.float64(sums[row] * factor[row])
            if about > estimate[0]:
                replace_least(estimate, chosen, estimate.size, about, row)
        return _write_chosen(chosen, out_row)
    norm, sketch, scale = outline.norm, outline.sketch, outline.sketch_scale
    query_norm, query_sketch, query_scale = common.norm, common.sketch, common.sketch_scale
    bound[:] = 0
    place[:] = -1
    n_blocks = _n_blocks(norm.size)
    for block in range(n_blocks):
        if highest[block] > bound[0]:
            replace_least(bound, place, bound.size, np.float64(highest[block]), block)
    for i in range(place.size):
        if place[i] >= 0:
            most = np.float32(0)
            for row in range(place[i], norm.size, n_blocks):
                first_bound = (sums[row] + query_norm * norm[row]) * factor[row]
                if first_bound > most:
                    most, place[i] = first_bound, row
            fetch(sketch, place[i])
    for i in range(place.size):
        row = place[i]
        if row >= 0:
            dot = query_scale * scale[row] * np.float32(byte_dot(query_sketch, sketch[row]))
            about = np.float64((sums[row] + dot) * factor[row])
            if about > estimate[0]:
                replace_least(estimate, chosen, estimate.size, about, row)
    return _write_chosen(chosen, out_row)


@inner_kernel
def _write_chosen(chosen, out_row):
    """Write the rows that are not -1; return their number."""
    n = 0
    for i in range(chosen.size):
        if chosen[i] >= 0:
            out_row[n] = chosen[i]
            n += 1
    return n


@kernel
def survivors(sums, factor, common, outline, floor, highest, near, out_row):
    """Write the rows whose first and second bounds reach the floor; return their number.

    Parameters
    ----------
    sums, factor : float32[n_rows]
        Sums of rare terms; factors on scores.
    common : CommonPart or None
        Common part of the query.
    outline : relnews.search.bounds.Outline or None
        Outline of the rows.
    floor : float32
        Score to reach.
    highest : float32[≥ n_blocks]
        Highest first bound of each block; see `first_bounds`.
    near, out_row : int32[n_rows + 1]
        Out, ascending: rows that pass the first bound; rows that pass both.

    Returns
    -------
    int
        Number of rows that pass both bounds.
    """
    n = np.uint64(0)
    if outline is None:
        for row in range(factor.size):
            out_row[n] = row
            n += np.uint64(sums[row] * factor[row] >= floor)
        return np.int64(n)
    norm, sketch, scale = outline.norm, outline.sketch, outline.sketch_scale
    error, residual_norm = outline.sketch_error, outline.residual_norm
    query_norm, query_sketch, query_scale = common.norm, common.sketch, common.sketch_scale
    query_error, sketch_norm = common.sketch_error, common.sketch_norm
    query_residual = common.residual_norm
    n_blocks = _n_blocks(norm.size)
    high = out_row
    n_high = np.uint64(0)
    for block in range(n_blocks):
        high[n_high] = block
        n_high += np.uint64(highest[block] >= floor)
    n_near = np.uint64(0)
    for first in range(0, norm.size, n_blocks):
        for i in range(np.int64(n_high)):
            row = first + high[i]
            if row >= norm.size:
                break
            near[n_near] = row
            first_bound = (sums[row] + query_norm * norm[row]) * factor[row]
            n_near += np.uint64(first_bound >= floor)
    last = np.int64(n_near) - 1
    for i in range(np.int64(n_near)):
        fetch(sketch, near[min(i + _SKETCHES_AHEAD, last)])
        row = near[i]
        out_row[n] = row
        dot = query_scale * scale[row] * np.float32(byte_dot(query_sketch, sketch[row]))
        lost = query_error * norm[row] + sketch_norm * error[row]
        lost += query_residual * residual_norm[row]
        n += np.uint64((sums[row] + dot + lost) * factor[row] >= floor)
    return np.int64(n)


@inner_kernel
def next_survivor(i, n, sums, factor, common, outline, floor, rows):
    """Return the first place, from i on, of a row whose third bound reaches the floor.

    Parameters
    ----------
    i, n : int
        First place to look at; number of rows.
    sums, factor : float32[n_rows]
        As for `survivors`.
    common : CommonPart or None
        Common part of the query.
    outline : relnews.search.bounds.Outline or None
        Outline of the rows.
    floor : float32
        Score to reach.
    rows : int32[≥ n]
        Rows that `survivors` wrote.

    Returns
    -------
    int
        n if there is no such row.
    """
    if outline is None:
        while i < n and sums[rows[i]] * factor[rows[i]] < floor:
            i += 1
        return i
    codes, scale, error, norm = (
        outline.codes, outline.codes_scale, outline.codes_error, outline.norm
    )  # fmt: skip
    while i < n:
        fetch(codes, rows[min(i + _CODES_AHEAD, n - 1)])
        row = np.int64(rows[i])
        dot = common.codes_scale * scale[row] * np.float32(byte_dot(common.codes, codes[row]))
        lost = common.codes_error * norm[row] + common.codes_norm * error[row]
        if (sums[row] + dot + lost) * factor[row] >= floor:
            break
        i += 1
    return i


@inner_kernel
def fetch(rows, row):
    """Prefetch a row of bytes."""
    for line in range(0, rows.shape[1], 64):
        prefetch(rows[row], line)


@inner_kernel
def fetch_pairs(row_term, first):
    """Prefetch the first four cache lines of a row's terms; the processor loads what follows."""
    for line in range(first, min(first + 64, row_term.size), 16):
        prefetch(row_term, line)
