"""Exact top-k rows of a sparse matrix for a block of queries, by cosine."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels import heap, pruning
from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.machine import prefetch
from relnews._kernels.pruning import LEFT_OUT

#: Postings are prefetched this many terms ahead, in each of two steps, and this many cache lines of
#: them. Prefetching took the 99th percentile of a list from 3.13 to 2.64 ms.
_AHEAD = 4
_LINES = 4

#: Lowest floor. Rows that share no term with the query, with similarity 0, stay below it.
LEAST = 1e-30


@kernel
def inverse_norms(row_ptr, row_value, out):
    """Write 1 / length of each row; 0 for a row of zeros."""
    for row in range(out.size):
        square = 0.0
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            square += np.float64(row_value[pair]) * np.float64(row_value[pair])
        norm = math.sqrt(square)
        out[row] = 1.0 / norm if norm > 0 else 0.0


@kernel
def largest_values(rows, out_largest):
    """Write the largest value of each term, after the factors of the rows.

    Parameters
    ----------
    rows : SparseRows
        Rows of the segment.
    out_largest : float64[n_terms]
        Zeros on entry.
    """
    row_ptr, row_term, row_value, factor = rows
    for row in range(factor.size):
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            term = row_term[pair]
            out_largest[term] = max(out_largest[term], row_value[pair] * factor[row])


@kernel
def lay_out_codes(rows, scale, cursor, out_posting, out_code):
    """Write the postings of terms: the row, and the value in 8 bits, rounded up.

    Parameters
    ----------
    rows : SparseRows
        Rows of the segment.
    scale : float64[n_terms]
        Factor from a code to a value; 0 for terms without postings.
    cursor : int64[n_terms]
        Where each term's postings begin; on return, where they end.
    out_posting : uint16[n_postings]
        Row of each posting.
    out_code : uint8[n_postings]
        Value of each posting, divided by the term's scale.
    """
    row_ptr, row_term, row_value, factor = rows
    for row in range(factor.size):
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            term = row_term[pair]
            if scale[term] > 0:
                code = math.ceil(row_value[pair] * factor[row] / scale[term])
                out_posting[cursor[term]] = row
                out_code[cursor[term]] = np.uint8(min(code, 255))
                cursor[term] += 1


@inner_kernel
def _walk(query_term, query_weight, postings, pad, sums):
    """Add upper bounds of the rare terms' parts of the similarity to the rows' float32 sums."""
    post_ptr, post_scale, posting, code = postings
    last = query_term.size - 1
    for i in range(query_term.size):
        prefetch(post_ptr, np.int64(query_term[min(i + 2 * _AHEAD, last)]))
        begin = post_ptr[query_term[min(i + _AHEAD, last)]]
        for line in range(begin, min(begin + 32 * _LINES, posting.size), 32):
            prefetch(posting, line)
        for line in range(begin, min(begin + 32 * _LINES, posting.size), 64):
            prefetch(code, line)
        first = post_ptr[query_term[i]]
        n = post_ptr[query_term[i] + 1] - first
        part = np.float32(query_weight[i] * post_scale[query_term[i]] * pad)
        rows, values = posting[first : first + n], code[first : first + n]
        for p in range(n):
            sums[rows[p]] += part * np.float32(values[p])


@inner_kernel
def _similarity(row, rows, scratch):
    """Return the similarity of the query and a row, from 0 to 1, summed by ascending term."""
    row_ptr, row_term, row_value, inverse_norm = rows
    weight, shared = scratch.weight, scratch.shared
    first, last = row_ptr[row], row_ptr[row + 1]
    terms, values = row_term[first:last], row_value[first:last]
    total = 0.0
    for i in range(pruning.find_shared(scratch.is_in_query, terms, shared)):
        total += weight[np.uint64(terms[shared[i]])] * values[shared[i]]
    return min(total * inverse_norm[row], 1.0)


@kernel
def rank_rows(queries, own, segment, heaps, scratch, floors, out_score, out_row):
    """Write the exact top-k rows of a segment for each query of a block.

    Parameters
    ----------
    queries : QueryBlock
        Queries at unit length.
    own : int64[n_queries]
        Row of the query itself, which is left out; -1 if the segment does not have it.
    segment : SparseSegment
        Rows to rank.
    heaps : relnews._kernels.pruning.Heaps
        Heaps for lists of k rows; k is at most n_rows.
    scratch : relnews._kernels.scratch.Scratch
        Long enough for the segment; ``is_in_query`` is zeros again on return.
    floors : float64[n_queries]
        Scores that k rows of earlier segments reach; updated.
    out_score : float64[n_queries, k]
        Best first; 0 if fewer than k rows share a term with the query.
    out_row : int64[n_queries, k]
        Rows in the same order; of equal scores, the lower row comes first.
    """
    rows, outline, factor = segment.rows, segment.outline, segment.factor
    n_rows = factor.size
    sums, highest = scratch.sums[:n_rows], scratch.highest
    near, nearer = scratch.near, scratch.nearer
    score, tie = heaps.score, heaps.tie
    k = score.size
    for query in range(own.size):
        terms = queries.term[queries.ptr[query] : queries.ptr[query + 1]]
        weights = queries.weight[queries.ptr[query] : queries.ptr[query + 1]]
        tolerance = pruning.rounding(terms.size)
        pruning.note(terms, weights, scratch.weight, scratch.is_in_query)
        sums[:] = 0
        _walk(terms, weights, segment.postings, 1.0 + tolerance, sums)
        if own[query] >= 0:
            sums[own[query]] = LEFT_OUT
        common = pruning.common_part(queries.outline, query, tolerance)
        pruning.first_bounds(sums, factor, common, outline, highest)
        score[:] = 0
        tie[:] = -n_rows
        if floors[query] <= 0:
            n = pruning.find_seeds(sums, factor, common, outline, highest, heaps, nearer)
            for i in range(n):
                pruning.fetch_pairs(rows.term, rows.ptr[nearer[min(i + 1, n - 1)]])
                row = np.int64(nearer[i])
                heap.offer(score, tie, k, _similarity(row, rows, scratch), -row)
                sums[row] = LEFT_OUT
            floors[query] = score[0]
        floor = np.float32(max(floors[query] * (1.0 - tolerance), LEAST))
        n = pruning.survivors(sums, factor, common, outline, floor, highest, near, nearer)
        i = -1
        while True:
            i = pruning.next_survivor(i + 1, n, sums, factor, common, outline, floor, nearer)
            if i == n:
                break
            row = np.int64(nearer[i])
            if heap.offer(score, tie, k, _similarity(row, rows, scratch), -row):
                floor = max(floor, np.float32(score[0] * (1.0 - tolerance)))
        floors[query] = max(floors[query], score[0])
        pruning.forget(terms, scratch.is_in_query)
        for i in range(k - 1, -1, -1):
            out_score[query, i] = score[0]
            out_row[query, i] = -tie[0]
            heap.replace_least(score, tie, k, math.inf, k)
