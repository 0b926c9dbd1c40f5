"""Exact top-k without walking the postings of common terms: the bounds.

The terms of a query fall in two. Rare ones are walked: their postings are added to the sums of the
articles (rows). Of the common ones each row has an outline (`relnews.search.bounds`), which bounds
what they add. Three bounds, each tighter and costlier than the last, leave a few rows, the
survivors, and those are summed from their terms:

1. the length of the common part, for every row: sum + ‖q‖ ‖d‖;
2. its sketch, some coordinates in 8 bits, and the length of the rest: sum + q̂·d̂ + ‖q′‖ ‖d′‖;
3. its codes, every common term in 8 bits.

`relnews._kernels.scoring` ranks the articles of a segment so, `relnews._kernels.nearest` the rows
of any matrix.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from relnews._kernels._compile import kernel, nan_free_kernel
from relnews._kernels.machine import prefetch

#: Rows whose first bounds are looked at together: not neighbours but one of each of so many equal
#: parts of all, so that the highest bounds of all blocks are found side by side.
_BLOCK = 8

#: Rows that are drawn nearer, by their first bound, to find a floor to begin with.
SEEDS = 40

#: Rows whose sketches, and codes, are fetched ahead of their use.
_SKETCHES_AHEAD = 12
_CODES_AHEAD = 3

#: The sum of a row that is not to be found.
LEFT_OUT = np.float32(-1e30)

_ONE = np.uint64(1)
_SIX = np.uint64(6)
_LOW_SIX = np.uint64(63)


class CommonPart(NamedTuple):
    """The common terms of one query, its roundings in single precision allowed for.

    Parameters
    ----------
    norm : float32
        The length of the part, at most.
    sketch : int8[n_coordinates]
    sketch_scale, sketch_error, sketch_norm : float32
        Scale of the sketch; the length of what it has lost, and of itself, at most.
    residual_norm : float32
        The length of what is outside of the space of the sketches.
    codes : uint8[width]
    codes_scale, codes_error, codes_norm : float32
        As those of the sketch.
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


class Seeds(NamedTuple):
    """Scratch arrays to find a floor with.

    Parameters
    ----------
    bound, place : float64, int64[2 k + SEEDS]
    estimate : float64[2 k]
    row : int64[2 k]
    """

    bound: Any
    place: Any
    estimate: Any
    row: Any


@kernel
def seeds_of(k):
    """Return scratch arrays to find a floor for k rows with."""
    n = 2 * k + SEEDS
    return Seeds(
        np.empty(n, dtype=np.float64), np.empty(n, dtype=np.int64),
        np.empty(2 * k, dtype=np.float64), np.empty(2 * k, dtype=np.int64),
    )  # fmt: skip


@kernel
def common_part(outline, query, tolerance):
    """Return the common terms of one query of a block as a `CommonPart`.

    Parameters
    ----------
    outline : relnews.search.bounds.Outline
        Of the block.
    query : int
    tolerance : float
        Relative error bound of sums; see `rounding`.
    """
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
    column_of : int32[n_terms]
        Column of each common term; -1 for others.
    out : float64[n_rows, width]
        Zeros.
    """
    row_ptr, row_term, row_value, factor = rows
    for row in range(factor.size):
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            column = column_of[row_term[pair]]
            if column >= 0:
                out[row, column] = row_value[pair] * factor[row]


@kernel
def project(rows, basis, out):
    """Add up, for each row, the vectors of a basis times its values, many of which are 0.

    Parameters
    ----------
    rows : float64[n_rows, width]
    basis : float64[width, n_coordinates]
    out : float64[n_rows, n_coordinates]
        Zeros.
    """
    for row in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            value = rows[row, column]
            if value != 0:
                for i in range(basis.shape[1]):
                    out[row, i] += value * basis[column, i]


@nan_free_kernel
def _raise(sums, norm, factor, query_norm, highest):
    """Raise the highest first bound of each block to that of one more row of it."""
    for block in range(sums.size):
        bound = (sums[block] + query_norm * norm[block]) * factor[block]
        highest[block] = max(highest[block], bound)


@kernel
def _byte_dot(a, b):
    """Return the inner product of two rows of 8-bit numbers."""
    total = np.int32(0)
    for i in range(a.size):
        total += np.int32(a[i]) * np.int32(b[i])
    return total


@kernel
def rounding(n_terms):
    """Return how far off, of its size, a sum or bound of so many terms in single precision is.

    n additions are off by at most n roundings each; this is twice that, and a few more.
    """
    return 2.0 * (n_terms + 16) * 2.0**-24


@kernel
def note(query_term, query_weight, weight, is_in_query):
    """Put a query's weights where they are looked up by term, and a bit for each."""
    for i in range(query_term.size):
        term = np.uint64(query_term[i])
        weight[term] = query_weight[i]
        is_in_query[term >> _SIX] |= _ONE << (term & _LOW_SIX)


@kernel
def forget(query_term, is_in_query):
    """Clear the bits of a query."""
    for i in range(query_term.size):
        is_in_query[np.uint64(query_term[i]) >> _SIX] = 0


@kernel
def find_shared(is_in_query, row_term, out_shared):
    """Write the places of the terms that a row shares with the query; return how many they are.

    Without a branch: only what is found is looked up afterwards.
    """
    n = np.uint64(0)
    for i in range(row_term.size):
        term = np.uint64(row_term[i])
        out_shared[n] = i
        n += (is_in_query[term >> _SIX] >> (term & _LOW_SIX)) & _ONE
    return np.int64(n)


@kernel
def _n_blocks(n_rows):
    """Return how many blocks there are: row r is in block r modulo this."""
    return -(-n_rows // _BLOCK)


@kernel
def first_bounds(sums, norm, factor, query_norm, out_highest):
    """Write the highest first bound of each block of rows."""
    n = _n_blocks(norm.size)
    out_highest[:n] = 0
    for first in range(0, norm.size, n):
        rows = slice(first, min(first + n, norm.size))
        _raise(sums[rows], norm[rows], factor[rows], query_norm, out_highest)


@kernel
def find_seeds(sums, norm, factor, common, sketch, scale, highest, seeds):
    """Choose rows that are likely to be among the best, to find a floor to begin with.

    The row of the highest first bound is taken from each of the best blocks, and of those rows the
    ones with the highest estimates by their sketches.

    Parameters
    ----------
    sums, norm, factor : float32[n_rows]
    common : CommonPart
        Of the query.
    sketch, scale
        ``sketch`` and ``sketch_scale`` of the rows' `relnews.search.bounds.Outline`.
    highest : float32[≥ n_blocks]
        See `first_bounds`.
    seeds : Seeds
        On return ``row`` has rows in no order; -1 for none.
    """
    query_norm, query_sketch, query_scale = common.norm, common.sketch, common.sketch_scale
    bound, place, estimate, out_row = seeds
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
    estimate[:] = 0
    out_row[:] = -1
    for i in range(place.size):
        row = place[i]
        if row >= 0:
            dot = query_scale * scale[row] * np.float32(_byte_dot(query_sketch, sketch[row]))
            about = np.float64((sums[row] + dot) * factor[row])
            if about > estimate[0]:
                replace_least(estimate, out_row, estimate.size, about, row)


@kernel
def survivors(sums, factor, common, outline, floor, highest, near, out_row):
    """Find the rows whose first and second bounds reach the floor.

    Parameters
    ----------
    sums, factor : float32[n_rows]
    common : CommonPart
        Of the query.
    outline : relnews.search.bounds.Outline
        Of the rows.
    floor : float32
    highest : float32[≥ n_blocks]
        See `first_bounds`.
    near, out_row : int32[n_rows + 1]
        Out: the rows, ascending, that pass the first bound, and both.

    Returns
    -------
    int
        How many pass both.
    """
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
    if sketch.shape[1] == 0:
        # Not by slices: the messages of their errors take a second to compile.
        for i in range(np.int64(n_near)):
            out_row[i] = near[i]
        return np.int64(n_near)
    last = np.int64(n_near) - 1
    n = np.uint64(0)
    for i in range(np.int64(n_near)):
        fetch(sketch, near[min(i + _SKETCHES_AHEAD, last)])
        row = near[i]
        out_row[n] = row
        dot = query_scale * scale[row] * np.float32(_byte_dot(query_sketch, sketch[row]))
        lost = query_error * norm[row] + sketch_norm * error[row]
        lost += query_residual * residual_norm[row]
        n += np.uint64((sums[row] + dot + lost) * factor[row] >= floor)
    return np.int64(n)


@kernel
def next_survivor(i, n, sums, factor, common, outline, floor, rows):
    """Return the first place, from i on, of a row whose third bound reaches the floor.

    Parameters
    ----------
    i, n : int
        Places in ``rows``.
    sums, factor : float32[n_rows]
    common : CommonPart
        Of the query.
    outline : relnews.search.bounds.Outline
        Of the rows.
    floor : float32
    rows : int32[≥ n]
        What `survivors` wrote.

    Returns
    -------
    int
        n if there is no such row.
    """
    codes, scale, error, norm = (
        outline.codes, outline.codes_scale, outline.codes_error, outline.norm
    )  # fmt: skip
    while i < n:
        fetch(codes, rows[min(i + _CODES_AHEAD, n - 1)])
        row = np.int64(rows[i])
        dot = common.codes_scale * scale[row] * np.float32(_byte_dot(common.codes, codes[row]))
        lost = common.codes_error * norm[row] + common.codes_norm * error[row]
        if (sums[row] + dot + lost) * factor[row] >= floor:
            break
        i += 1
    return i


@kernel
def fetch(rows, row):
    """Begin to load a row of bytes."""
    for line in range(0, rows.shape[1], 64):
        prefetch(rows[row], line)


@kernel
def fetch_pairs(row_term, first):
    """Begin to load the terms of a row; what follows the first lines is loaded unasked."""
    for line in range(first, min(first + 64, row_term.size), 16):
        prefetch(row_term, line)


@kernel
def offer(score, tie, size, new_score, new_tie):
    """Put an element into a min-heap of (score, tie) if it beats the least; say whether.

    A score of 0 beats nothing.
    """
    is_better = new_score > score[0] or (
        new_score == score[0] and new_score > 0 and new_tie > tie[0]
    )
    if is_better:
        replace_least(score, tie, size, new_score, new_tie)
    return is_better


@kernel
def replace_least(score, tie, size, new_score, new_tie):
    """Put an element in place of the least one of a min-heap of (score, tie)."""
    node = 0
    while True:
        child = 2 * node + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            score[other] < score[child]
            or (score[other] == score[child] and tie[other] < tie[child])
        ):
            child = other
        if score[child] > new_score or (score[child] == new_score and tie[child] >= new_tie):
            break
        score[node], tie[node] = score[child], tie[child]
        node = child
    score[node], tie[node] = new_score, new_tie
