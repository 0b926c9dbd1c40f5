"""The best rows of a sparse matrix for a block of queries, by cosine."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels import pruning
from relnews._kernels._compile import kernel
from relnews._kernels.machine import prefetch
from relnews._kernels.pruning import LEFT_OUT, sift

#: Terms whose postings are fetched ahead of their use, at each of two steps, and so many lines.
_AHEAD = 4
_LINES = 4

#: No similarity is less, so that only rows that share a term with the query are found.
LEAST = 1e-30


@kernel
def inverse_norms(row_ptr, row_value, out):
    """Write 1 / length of each row, and 0 for rows of zeros."""
    for row in range(out.size):
        square = 0.0
        for pair in range(row_ptr[row], row_ptr[row + 1]):
            square += np.float64(row_value[pair]) * np.float64(row_value[pair])
        norm = math.sqrt(square)
        out[row] = 1.0 / norm if norm > 0 else 0.0


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


@kernel
def _walk(query_term, query_weight, post_ptr, post_scale, posting, code, pad, sums):
    """Add what the query's rare terms are worth, rounded up, to the sums of the rows (float32)."""
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


@kernel
def _similarity(row, weight, is_in_query, shared, row_ptr, row_term, row_value, inverse_norm):
    """Return the similarity of the query and a row, summed by ascending term."""
    first, last = row_ptr[row], row_ptr[row + 1]
    terms, values = row_term[first:last], row_value[first:last]
    total = 0.0
    for i in range(pruning.find_shared(is_in_query, terms, shared)):
        total += weight[np.uint64(terms[shared[i]])] * values[shared[i]]
    return min(total * inverse_norm[row], 1.0)


@kernel
def rank_rows(
    query_ptr, query_term, query_weight, query_self, k,
    q_sketch, q_sketch_scale, q_sketch_error, q_rest, q_codes, q_codes_scale, q_codes_error, q_norm,
    sketch, sketch_scale, sketch_error, rest, codes, codes_scale, codes_error, norm,
    post_ptr, post_scale, posting, code, row_ptr, row_term, row_value, inverse_norm,
    factor, weight, is_in_query, shared, sums, highest, near, nearer, floors, out_score, out_row,
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
        The outlines of the queries' common terms; see `relnews.search.bounds.Outline`.
    sketch … norm
        The outlines of the rows, of unit length each.
    post_ptr : int64[n_terms + 1]
        Common terms have no postings.
    post_scale : float64[n_terms]
    posting : uint16[n_postings]
    code : uint8[n_postings]
        A posting's value is at most code × post_scale.
    row_ptr, row_term, row_value
        The rows; terms ascending.
    inverse_norm : float64[n_rows]
    factor : float32[n_rows]
        Ones.
    weight : float64[≥ n_terms]
        Scratch.
    is_in_query : uint64[≥ n_terms / 64 + 1]
        Zeros; and zeros again on return.
    shared : int32[≥ longest row + 1]
    sums, highest : float32[≥ n_rows]
    near, nearer : int32[≥ n_rows + 1]
        Scratch.
    floors : float64[n_queries]
        Scores that k rows are known to reach; brought up to date.
    out_score : float64[n_queries, k]
        Best first; 0 where fewer than k rows have anything in common with the query.
    out_row : int64[n_queries, k]
        Of equal scores the first row is the better one.
    """
    n_rows = norm.size
    sums = sums[:n_rows]
    score, tie = np.empty(k, dtype=np.float64), np.empty(k, dtype=np.int64)
    n_seeds = 2 * k + pruning.SEEDS
    bound, place = np.empty(n_seeds, dtype=np.float64), np.empty(n_seeds, dtype=np.int64)
    estimate, seed = np.empty(2 * k, dtype=np.float64), np.empty(2 * k, dtype=np.int64)
    for query in range(query_self.size):
        terms = query_term[query_ptr[query] : query_ptr[query + 1]]
        weights = query_weight[query_ptr[query] : query_ptr[query + 1]]
        slack = pruning.rounding(terms.size)
        pruning.note(terms, weights, weight, is_in_query)
        sums[:] = 0
        _walk(terms, weights, post_ptr, post_scale, posting, code, 1.0 + slack, sums)
        if query_self[query] >= 0:
            sums[query_self[query]] = LEFT_OUT
        length = np.float32(q_norm[query] * (1.0 + 4.0 * slack))
        pruning.first_bounds(sums, norm, factor, length, highest)
        score[:] = 0
        tie[:] = -n_rows
        if floors[query] <= 0:
            pruning.seeds(
                sums, norm, factor, length, highest, q_sketch[query], q_sketch_scale[query],
                sketch, sketch_scale, bound, place, estimate, seed,
            )  # fmt: skip
            for i in range(seed.size):
                pruning.fetch_pairs(row_term, row_ptr[max(seed[min(i + 1, seed.size - 1)], 0)])
                row = seed[i]
                if row >= 0:
                    found = _similarity(
                        row, weight, is_in_query, shared, row_ptr, row_term, row_value, inverse_norm
                    )
                    pruning.offer(score, tie, k, found, -row)
                    sums[row] = LEFT_OUT
            floors[query] = score[0]
        floor = np.float32(max(floors[query] * (1.0 - slack), LEAST))
        extra = 4.0 * slack * q_norm[query]
        n = pruning.survivors(
            sums, norm, factor, length, highest, floor, q_sketch[query], q_sketch_scale[query],
            np.float32(q_sketch_error[query] + extra), length + q_sketch_error[query],
            q_rest[query], sketch, sketch_scale, sketch_error, rest, near, nearer,
        )  # fmt: skip
        for i in range(n):
            pruning.fetch(codes, nearer[min(i + pruning.CODES_AHEAD, n - 1)])
            row = np.int64(nearer[i])
            third_bound = pruning.third_bound(
                row, sums[row], factor, q_codes[query], q_codes_scale[query],
                np.float32(q_codes_error[query] + extra), length + q_codes_error[query],
                codes, codes_scale, codes_error, norm,
            )  # fmt: skip
            if third_bound < floor:
                continue
            found = _similarity(
                row, weight, is_in_query, shared, row_ptr, row_term, row_value, inverse_norm
            )
            if pruning.offer(score, tie, k, found, -row):
                floor = max(floor, np.float32(score[0] * (1.0 - slack)))
        floors[query] = max(floors[query], score[0])
        pruning.forget(terms, is_in_query)
        for i in range(k - 1, -1, -1):
            out_score[query, i] = score[0]
            out_row[query, i] = -tie[0]
            sift(score, tie, k, math.inf, 0)
