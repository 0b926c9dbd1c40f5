"""Exact top-k without walking the postings of common terms.

The terms of a query fall in two. Rare ones are walked: their postings are added to the sums of the
articles (rows). Of the common ones each row has an outline (`relnews.bounds`), which says how much
they can add at most. Three bounds, each tighter and dearer than the last, sort out all but a few
rows, and those are summed from their terms:

1. the length of the common part, for every row: sum + ‖q‖ ‖d‖;
2. its sketch, some coordinates in 8 bits, and the length of the rest: sum + q̂·d̂ + ‖q′‖ ‖d′‖;
3. its codes, every common term in 8 bits.
"""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels._compile import kernel, nan_free_kernel
from relnews._kernels.machine import prefetch

#: Rows whose first bounds are looked at together.
_BLOCK = 64

#: Rows that are drawn nearer, by their first bound, to find a floor to begin with.
_SEEDS = 40

#: Rows whose sketches, and codes, are fetched ahead of their use.
_SKETCHES_AHEAD = 12
_CODES_AHEAD = 3

#: No score is less, so that only rows that have something in common with the query are found.
LEAST = 1e-30

_ONE = np.uint64(1)
_SIX = np.uint64(6)
_LOW_SIX = np.uint64(63)


@kernel
def densify(row_ptr, row_term, row_value, factor, column_of, rows, out):
    """Write the common terms of rows as rows of a dense matrix.

    Parameters
    ----------
    row_ptr : int64[n_rows + 1]
    row_term : int32 or int64[n_pairs]
    row_value : float32 or float64[n_pairs]
    factor : float64[n_rows]
        What the values of each row are multiplied by.
    column_of : int32[n_terms]
        Column of each common term; -1 for others.
    rows : int64[n]
        Which rows.
    out : float64[n, width]
        Zeros.
    """
    for i in range(rows.size):
        row = rows[i]
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            column = column_of[row_term[pair]]
            if column >= 0:
                out[i, column] = row_value[pair] * factor[row]


@kernel
def largest_values(row_ptr, row_term, row_value, factor, out_largest):
    """Find the largest value of each term, each row's values multiplied by its factor."""
    for row in range(factor.size):
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            term = row_term[pair]
            out_largest[term] = max(out_largest[term], row_value[pair] * factor[row])


@kernel
def lay_out_codes(row_ptr, row_term, row_value, factor, scale, cursor, out_posting, out_code):
    """Write the postings of terms: rows, and values in 8 bits, rounded up.

    Parameters
    ----------
    row_ptr, row_term, row_value, factor
        As for `densify`.
    scale : float64[n_terms]
        What a code is multiplied by; 0 for terms that have no postings.
    cursor : int64[n_terms]
        Where each term's postings begin; on return, where they end.
    out_posting : uint16[n_postings]
    out_code : uint8[n_postings]
    """
    for row in range(factor.size):
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            term = row_term[pair]
            if scale[term] > 0:
                code = math.ceil(row_value[pair] * factor[row] / scale[term])
                out_posting[cursor[term]] = row
                out_code[cursor[term]] = np.uint8(min(code, 255))
                cursor[term] += 1


@nan_free_kernel
def _highest(sums, norm, factor, query_norm):
    """Return the highest first bound of some rows."""
    highest = np.float32(0)
    for row in range(sums.size):
        highest = max(highest, (sums[row] + query_norm * norm[row]) * factor[row])
    return highest


@kernel
def _byte_dot(a, b):
    """Return the inner product of two rows of 8-bit numbers."""
    total = np.int32(0)
    for i in range(a.size):
        total += np.int32(a[i]) * np.int32(b[i])
    return total


@kernel
def _dot(weight, is_in_query, shared, row_term, row_value):
    """Return the inner product of a query and a row, summed by ascending term.

    A bit for each term says first which are shared, without a branch; only those are looked up.
    """
    n = np.uint64(0)
    for i in range(row_term.size):
        term = np.uint64(row_term[i])
        shared[n] = i
        n += (is_in_query[term >> _SIX] >> (term & _LOW_SIX)) & _ONE
    total = 0.0
    for i in range(np.int64(n)):
        total += weight[np.uint64(row_term[shared[i]])] * row_value[shared[i]]
    return total


@kernel
def _sift(score, tie, size, new_score, new_tie):
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


@kernel
def _seed_floor(
    sums, n_rows, query_norm, norm, factor, highest, query_sketch, sketch_scale, sketch, scale,
    k, weight, is_in_query, shared, row_ptr, row_term, row_value, inverse_norm,
    bound, place, estimate, nearest, score, tie,
):  # fmt: skip
    """Return a score that k rows reach: that of promising rows, summed exactly.

    The rows of the highest first bounds are taken, of those the ones with the highest estimates by
    their sketches, and of those the k-th best score.
    """
    n_seeds = bound.size
    bound[:] = 0
    place[:] = -1
    for block in range(0, n_rows, _BLOCK):
        if highest[block // _BLOCK] > bound[0]:
            for row in range(block, min(block + _BLOCK, n_rows)):
                first = (sums[row] + query_norm * norm[row]) * factor[row]
                if first > bound[0]:
                    _sift(bound, place, n_seeds, np.float64(first), row)
    estimate[:] = 0
    nearest[:] = -1
    for i in range(n_seeds):
        row = place[i]
        if row >= 0:
            common = sketch_scale * scale[row] * np.float32(_byte_dot(query_sketch, sketch[row]))
            about = np.float64((sums[row] + common) * factor[row])
            if about > estimate[0]:
                _sift(estimate, nearest, estimate.size, about, row)
    score[:] = 0
    tie[:] = -1
    for i in range(nearest.size):
        row = nearest[i]
        if row >= 0:
            pairs = slice(row_ptr[row], row_ptr[row + 1])
            found = _dot(weight, is_in_query, shared, row_term[pairs], row_value[pairs])
            found = min(found * inverse_norm[row], 1.0)
            if found > score[0]:
                _sift(score, tie, k, found, row)
    return score[0]


@kernel
def rank_rows(
    query_ptr, query_term, query_weight, query_self, k,
    q_sketch, q_sketch_scale, q_sketch_error, q_rest, q_codes, q_codes_scale, q_codes_error, q_norm,
    column_of, sketch, sketch_scale, sketch_error, rest, codes, codes_scale, codes_error, norm,
    factor, post_ptr, post_scale, posting, code, row_ptr, row_term, row_value, inverse_norm,
    weight, is_in_query, sums, floors, out_score, out_row,
):  # fmt: skip
    """Best k rows of a segment for each query of a block, exactly.

    Parameters
    ----------
    query_ptr : int64[n_queries + 1]
    query_term : int32[n], ascending within a query
    query_weight : float64[n]
        Not negative; of unit length for each query.
    query_self : int64[n_queries]
        The row that is the query itself, -1 if none is.
    k : int
        At least 1, at most n_rows.
    q_sketch … q_norm
        The outlines of the queries' common terms; see `relnews.bounds.Outline`.
    column_of : int32[n_terms]
        -1 for the terms that are walked.
    sketch … norm
        The outlines of the rows.
    factor : float32[n_rows]
        What bounds are multiplied by.
    post_ptr : int64[n_terms + 1]
    post_scale : float64[n_terms]
    posting : uint16[n_postings]
    code : uint8[n_postings]
        A posting's value is at most code × post_scale.
    row_ptr, row_term, row_value
        The rows; terms ascending.
    inverse_norm : float64[n_rows]
    weight : float64[n_terms]
    is_in_query : uint64[n_terms / 64 + 1]
        Zeros; and zeros again on return.
    sums : float32[n_rows]
        Scratch.
    floors : float64[n_queries]
        Scores that k rows are known to reach; brought up to date.
    out_score : float64[n_queries, k]
        Best first; 0 where fewer than k rows have anything in common with the query.
    out_row : int64[n_queries, k]
        Of equal scores the first row is the better one.
    """
    n_rows = norm.size
    highest = np.empty((n_rows + _BLOCK - 1) // _BLOCK, dtype=np.float32)
    near, nearer = np.empty(n_rows + 1, dtype=np.int32), np.empty(n_rows + 1, dtype=np.int32)
    longest = 0
    for row in range(n_rows):
        longest = max(longest, row_ptr[row + 1] - row_ptr[row])
    shared = np.empty(longest + 1, dtype=np.int32)
    score, tie = np.empty(k, dtype=np.float64), np.empty(k, dtype=np.int64)
    n_seeds = min(2 * k + _SEEDS, n_rows)
    bound, place = np.empty(n_seeds, dtype=np.float64), np.empty(n_seeds, dtype=np.int64)
    n_nearest = min(2 * k, n_seeds)
    estimate, nearest = np.empty(n_nearest, dtype=np.float64), np.empty(n_nearest, dtype=np.int64)
    sketch_bytes, codes_bytes = sketch.reshape(sketch.size), codes.reshape(codes.size)
    sketch_width, codes_width = sketch.shape[1], codes.shape[1]
    for query in range(query_self.size):
        terms = query_term[query_ptr[query] : query_ptr[query + 1]]
        weights = query_weight[query_ptr[query] : query_ptr[query + 1]]
        # n additions in single precision are off by at most n roundings each; twice that, and a
        # few more for what bounds are made of.
        slack = 2.0 * (terms.size + 16) * 2.0**-24
        sums[:n_rows] = 0
        for i in range(terms.size):
            term = np.uint64(terms[i])
            weight[term] = weights[i]
            is_in_query[term >> _SIX] |= _ONE << (term & _LOW_SIX)
            first = post_ptr[terms[i]]
            n = post_ptr[terms[i] + 1] - first
            part = np.float32(weights[i] * post_scale[terms[i]] * (1.0 + slack))
            articles, values = posting[first : first + n], code[first : first + n]
            for p in range(n):
                sums[articles[p]] += part * np.float32(values[p])
        if query_self[query] >= 0:
            sums[query_self[query]] = -1e30

        # The first bound of every row, and the highest of each block of rows.
        query_norm = np.float32(q_norm[query] * (1.0 + 4.0 * slack))
        for block in range(0, n_rows, _BLOCK):
            rows = slice(block, min(block + _BLOCK, n_rows))
            highest[block // _BLOCK] = _highest(sums[rows], norm[rows], factor[rows], query_norm)
        if floors[query] <= 0:
            floors[query] = _seed_floor(
                sums, n_rows, query_norm, norm, factor, highest, q_sketch[query],
                q_sketch_scale[query], sketch, sketch_scale, k, weight, is_in_query, shared,
                row_ptr, row_term, row_value, inverse_norm, bound, place, estimate,
                nearest, score, tie,
            )  # fmt: skip
        floor = np.float32(max(floors[query] * (1.0 - slack), LEAST))
        n_near = np.uint64(0)
        for block in range(0, n_rows, _BLOCK):
            if highest[block // _BLOCK] >= floor:
                for row in range(block, min(block + _BLOCK, n_rows)):
                    near[n_near] = row
                    first_bound = (sums[row] + query_norm * norm[row]) * factor[row]
                    n_near += np.uint64(first_bound >= floor)

        # The second, by sketches.
        n_nearer = np.uint64(0)
        error = np.float32(q_sketch_error[query] + 4.0 * slack * q_norm[query])
        length = np.float32(q_norm[query] + q_sketch_error[query])
        for i in range(np.int64(n_near)):
            row = near[i]
            nearer[n_nearer] = row
            if sketch_width == 0:
                n_nearer += _ONE
                continue
            ahead = np.int64(near[min(i + _SKETCHES_AHEAD, np.int64(n_near) - 1)]) * sketch_width
            for line in range(0, sketch_width, 64):
                prefetch(sketch_bytes, ahead + line)
            dot = np.float32(_byte_dot(q_sketch[query], sketch[row]))
            second_bound = (
                sums[row] + q_sketch_scale[query] * sketch_scale[row] * dot
                + error * norm[row] + length * sketch_error[row] + q_rest[query] * rest[row]
            ) * factor[row]  # fmt: skip
            n_nearer += np.uint64(second_bound >= floor)

        # The third, by codes; whatever still reaches the floor is summed exactly.
        error = np.float32(q_codes_error[query] + 4.0 * slack * q_norm[query])
        length = np.float32(q_norm[query] + q_codes_error[query])
        score[:] = 0
        tie[:] = -n_rows
        for i in range(np.int64(n_nearer)):
            row = nearer[i]
            if codes_width:
                ahead = np.int64(nearer[min(i + _CODES_AHEAD, np.int64(n_nearer) - 1)])
                for line in range(0, codes_width, 64):
                    prefetch(codes_bytes, ahead * codes_width + line)
                dot = np.float32(_byte_dot(q_codes[query], codes[row]))
                third_bound = (
                    sums[row] + q_codes_scale[query] * codes_scale[row] * dot
                    + error * norm[row] + length * codes_error[row]
                ) * factor[row]  # fmt: skip
                if third_bound < floor:
                    continue
            pairs = slice(row_ptr[row], row_ptr[row + 1])
            found = _dot(weight, is_in_query, shared, row_term[pairs], row_value[pairs])
            found = min(found * inverse_norm[row], 1.0)
            if found > score[0] or (found == score[0] and found > 0 and -row > tie[0]):
                _sift(score, tie, k, found, -row)
                floor = max(floor, np.float32(score[0] * (1.0 - slack)))
        floors[query] = max(floors[query], score[0])
        for i in range(terms.size):
            is_in_query[np.uint64(terms[i]) >> _SIX] = 0
        for i in range(k - 1, -1, -1):
            out_score[query, i] = score[0]
            out_row[query, i] = -tie[0]
            _sift(score, tie, k, math.inf, 0)
