"""Norms of articles, and the best k articles of a segment for a block of queries."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels._compile import kernel

#: Scores are rounded to this many parts of 1 before they are compared.
SCORE_STEPS = 1_000_000

#: A ranking key is the score in steps, then the local article number, in one integer.
LOCAL_BITS = 16
LOCAL_MASK = (1 << LOCAL_BITS) - 1


@kernel
def norms(row_ptr, row_term, row_level, level_weight, idf, out_norm):
    """Euclidean length of each article's weights.

    Parameters
    ----------
    row_ptr : int64[n_articles + 1]
    row_term : int32[n_pairs]
    row_level : uint16[n_pairs]
    level_weight : float64[n_levels]
        Weight of a level's term frequency.
    idf : float64[n_terms]
    out_norm : float64[n_articles]
    """
    for article in range(out_norm.size):
        total = 0.0
        for i in range(row_ptr[article], row_ptr[article + 1]):
            weight = level_weight[row_level[i]] * idf[row_term[i]]
            total += weight * weight
        out_norm[article] = math.sqrt(total)


@kernel
def _position(ascending, value):
    """Return how many elements are less than the value."""
    low = 0
    high = ascending.size
    while low < high:
        middle = (low + high) >> 1
        if ascending[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _walk(query_term, query_weight, term, term_ptr, group_ptr, group_level, posting, level_weight,
          sums):  # fmt: skip
    """Add every posting of the query's terms to the articles' sums (float32)."""
    for i in range(query_term.size):
        local_term = _position(term, query_term[i])
        if local_term == term.size or term[local_term] != query_term[i]:
            continue
        for group in range(term_ptr[local_term], term_ptr[local_term + 1]):
            part = np.float32(query_weight[i] * level_weight[group_level[group]])
            for p in range(group_ptr[group], group_ptr[group + 1]):
                sums[posting[p]] += part


@kernel
def _replace_least(heap, size, value):
    """Put a value in place of the least one of a min-heap, ``heap[:size]``."""
    node = 0
    while True:
        child = 2 * node + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[node] = heap[child]
        node = child
    heap[node] = value


@kernel
def _sort_descending(heap):
    """Sort a min-heap."""
    for size in range(heap.size - 1, 0, -1):
        least = heap[0]
        _replace_least(heap, size, heap[size])
        heap[size] = least


@kernel
def _dot(query_term, query_weight, row_term, row_level, first, last, level_weight):
    """Inner product of a query and one row, both by ascending term."""
    total = 0.0
    i = 0
    while i < query_term.size and first < last:
        if query_term[i] < row_term[first]:
            i += 1
        elif query_term[i] > row_term[first]:
            first += 1
        else:
            total += query_weight[i] * level_weight[row_level[first]]
            i += 1
            first += 1
    return total


@kernel
def rank_block(
    query_ptr, query_term, query_weight, query_self, k,
    term, term_ptr, group_ptr, group_level, posting, row_ptr, row_term, row_level, level_weight,
    inverse_norm, prior, factor,
    sums, best, keys, similarities, out_steps, out_local, out_similarity,
):  # fmt: skip
    """Best k articles of a segment for each query of a block, exactly.

    Sums in single precision say which articles can be among the best k; those, and whatever is
    within the rounding error of the k-th, are summed again in double precision from their rows,
    rounded to steps, and ordered by (steps, local number), both descending.

    Parameters
    ----------
    query_ptr : int64[n_queries + 1]
    query_term : int32[n], ascending within a query
    query_weight : float64[n]
        Weights of unit length, times idf.
    query_self : int32[n_queries]
        The local number of the query article, -1 if it is not of this segment.
    k : int
        At least 1, at most n_articles.
    term, term_ptr, group_ptr, group_level, posting, row_ptr, row_term, row_level
        The arrays of a `relnews.postings.Segment`.
    level_weight : float64[n_levels]
    inverse_norm, prior : float64[n_articles]
    factor : float32[n_articles]
        inverse_norm × prior.
    sums : float32[n_articles]
    best : float32[k]
    keys : int64[k]
    similarities : float64[n_articles]
        Scratch.
    out_steps : int64[n_queries, k]
        Scores in steps, best first; 0 where there are fewer than k related articles.
    out_local : int64[n_queries, k]
    out_similarity : float64[n_queries, k]
    """
    n_articles = factor.size
    for query in range(query_self.size):
        terms = query_term[query_ptr[query] : query_ptr[query + 1]]
        weights = query_weight[query_ptr[query] : query_ptr[query + 1]]
        sums[:] = 0
        _walk(terms, weights, term, term_ptr, group_ptr, group_level, posting, level_weight, sums)
        if query_self[query] >= 0:
            sums[query_self[query]] = 0
        best[:] = 0
        for article in range(n_articles):
            sums[article] *= factor[article]
            if sums[article] > best[0]:
                _replace_least(best, k, sums[article])
        # n additions of positive single-precision numbers are off by at most n roundings each.
        slack = 2.0 * (terms.size + 8) * 2.0**-24
        floor = np.float64(best[0]) * (1.0 - slack) - 2.0 / SCORE_STEPS
        keys[:] = 0
        for article in range(n_articles):
            if sums[article] > 0 and sums[article] >= floor:
                dot = _dot(
                    terms, weights, row_term, row_level,
                    row_ptr[article], row_ptr[article + 1], level_weight,
                )  # fmt: skip
                similarity = min(dot * inverse_norm[article], 1.0)
                similarities[article] = similarity
                steps = np.int64(np.rint(similarity * prior[article] * SCORE_STEPS))
                key = (steps << LOCAL_BITS) | article
                if steps > 0 and key > keys[0]:
                    _replace_least(keys, k, key)
        _sort_descending(keys)
        for i in range(k):
            article = keys[i] & LOCAL_MASK
            out_steps[query, i] = keys[i] >> LOCAL_BITS
            out_local[query, i] = article
            out_similarity[query, i] = similarities[article]
