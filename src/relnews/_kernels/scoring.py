"""Norms of articles, and the best k articles of a segment for a block of queries."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels import pruning
from relnews._kernels._compile import kernel
from relnews._kernels.pruning import sift

#: Scores are rounded to this many parts of 1 before they are compared.
SCORE_STEPS = 1_000_000

#: Articles of a segment are numbered by so many bits.
LOCAL_BITS = 16


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
def _walk(
    query_term, query_weight, is_rare, term, term_ptr, group_ptr, group_level, posting,
    level_weight, sums,
):  # fmt: skip
    """Add every posting of the query's rare terms to the articles' sums (float32)."""
    for i in range(query_term.size):
        if not is_rare[query_term[i]]:
            continue
        local_term = _position(term, query_term[i])
        if local_term == term.size or term[local_term] != query_term[i]:
            continue
        for group in range(term_ptr[local_term], term_ptr[local_term + 1]):
            part = np.float32(query_weight[i] * level_weight[group_level[group]])
            articles = posting[group_ptr[group] : group_ptr[group + 1]]
            for p in range(articles.size):
                sums[articles[p]] += part


@kernel
def _steps(
    article, weight, is_in_query, shared, row_ptr, row_term, row_level, level_weight, inverse_norm,
    prior, out_similarity,
):  # fmt: skip
    """Return the score of the query and an article in steps, summed by ascending term."""
    first, last = row_ptr[article], row_ptr[article + 1]
    terms, levels = row_term[first:last], row_level[first:last]
    total = 0.0
    for i in range(pruning.find_shared(is_in_query, terms, shared)):
        total += weight[np.uint64(terms[shared[i]])] * level_weight[levels[shared[i]]]
    similarity = min(total * inverse_norm[article], 1.0)
    out_similarity[article] = similarity
    return np.rint(similarity * prior[article] * SCORE_STEPS)


@kernel
def rank_articles(
    query_ptr, query_term, query_weight, query_self, k,
    q_sketch, q_sketch_scale, q_sketch_error, q_rest, q_codes, q_codes_scale, q_codes_error, q_norm,
    sketch, sketch_scale, sketch_error, rest, codes, codes_scale, codes_error, norm, is_rare,
    term, term_ptr, group_ptr, group_level, posting, row_ptr, row_term, row_level, level_weight,
    inverse_norm, prior, factor,
    weight, is_in_query, shared, sums, highest, near, nearer, similarities, floors,
    out_steps, out_local, out_similarity,
):  # fmt: skip
    """Best k articles of a segment for each query of a block, exactly.

    Rare terms are walked, common ones bounded; whatever can be among the best k is summed again in
    double precision from its row, rounded to steps, and ordered by (steps, local number), both
    descending.

    Parameters
    ----------
    query_ptr : int64[n_queries + 1]
    query_term : int32[n], ascending within a query
    query_weight : float64[n]
        Weights of unit length, times idf.
    query_self : int64[n_queries]
        The local number of the query article, -1 if it is not of this segment.
    k : int
        At least 1, at most n_articles.
    q_sketch … q_norm
        The outlines of the queries' weights; see `relnews.bounds.Outline`.
    sketch … norm
        The outlines of the articles' weights, not divided by their lengths.
    is_rare : bool[n_terms]
        Which terms are walked.
    term, term_ptr, group_ptr, group_level, posting, row_ptr, row_term, row_level
        The arrays of a `relnews.postings.Segment`.
    level_weight : float64[n_levels]
    inverse_norm, prior : float64[n_articles]
    factor : float32[n_articles]
        inverse_norm × prior.
    weight : float64[≥ n_terms]
        Scratch.
    is_in_query : uint64[≥ n_terms / 64 + 1]
        Zeros; and zeros again on return.
    shared : int32[≥ longest row + 1]
    sums, highest : float32[≥ n_articles]
    near, nearer : int32[≥ n_articles + 1]
    similarities : float64[≥ n_articles]
        Scratch.
    floors : float64[n_queries]
        Steps that k articles are known to reach; brought up to date.
    out_steps : int64[n_queries, k]
        Scores in steps, best first; 0 where there are fewer than k related articles.
    out_local : int64[n_queries, k]
    out_similarity : float64[n_queries, k]
    """
    n = factor.size
    sums = sums[:n]
    steps, local = np.empty(k, dtype=np.float64), np.empty(k, dtype=np.int64)
    n_seeds = 2 * k + pruning.SEEDS
    bound, place = np.empty(n_seeds, dtype=np.float64), np.empty(n_seeds, dtype=np.int64)
    estimate, seed = np.empty(2 * k, dtype=np.float64), np.empty(2 * k, dtype=np.int64)
    for query in range(query_self.size):
        terms = query_term[query_ptr[query] : query_ptr[query + 1]]
        weights = query_weight[query_ptr[query] : query_ptr[query + 1]]
        slack = pruning.rounding(terms.size)
        pruning.note(terms, weights, weight, is_in_query)
        sums[:] = 0
        _walk(
            terms, weights, is_rare, term, term_ptr, group_ptr, group_level, posting, level_weight,
            sums,
        )  # fmt: skip
        if query_self[query] >= 0:
            sums[query_self[query]] = -1e30
        length = np.float32(q_norm[query] * (1.0 + 4.0 * slack))
        pruning.first_bounds(sums, norm, factor, length, highest)
        if floors[query] <= 0:
            pruning.seeds(
                sums, norm, factor, length, highest, q_sketch[query], q_sketch_scale[query],
                sketch, sketch_scale, bound, place, estimate, seed,
            )  # fmt: skip
            steps[:] = 0
            local[:] = -1
            for article in seed:
                if article >= 0:
                    found = _steps(
                        article, weight, is_in_query, shared, row_ptr, row_term, row_level,
                        level_weight, inverse_norm, prior, similarities,
                    )  # fmt: skip
                    if found > steps[0]:
                        sift(steps, local, k, found, article)
            floors[query] = steps[0]
        floor = _floor(floors[query], slack)
        extra = 4.0 * slack * q_norm[query]
        n_nearer = pruning.survivors(
            sums, norm, factor, length, highest, floor, q_sketch[query], q_sketch_scale[query],
            np.float32(q_sketch_error[query] + extra), length + q_sketch_error[query],
            q_rest[query], sketch, sketch_scale, sketch_error, rest, near, nearer,
        )  # fmt: skip
        steps[:] = 0
        local[:] = -1
        for i in range(n_nearer):
            pruning.fetch(codes, nearer[min(i + pruning.CODES_AHEAD, n_nearer - 1)])
            article = np.int64(nearer[i])
            third_bound = pruning.third_bound(
                article, sums[article], factor, q_codes[query], q_codes_scale[query],
                np.float32(q_codes_error[query] + extra), length + q_codes_error[query],
                codes, codes_scale, codes_error, norm,
            )  # fmt: skip
            if third_bound < floor:
                continue
            found = _steps(
                article, weight, is_in_query, shared, row_ptr, row_term, row_level, level_weight,
                inverse_norm, prior, similarities,
            )  # fmt: skip
            if found > steps[0] or (found == steps[0] and found > 0 and article > local[0]):
                sift(steps, local, k, found, article)
                floor = max(floor, _floor(steps[0], slack))
        floors[query] = max(floors[query], steps[0])
        pruning.forget(terms, is_in_query)
        for i in range(k - 1, -1, -1):
            out_steps[query, i] = np.int64(steps[0])
            out_local[query, i] = max(local[0], 0)
            out_similarity[query, i] = similarities[max(local[0], 0)]
            sift(steps, local, k, math.inf, 0)


@kernel
def _floor(steps, slack):
    """Return a bound, in single precision, that is reached by whatever rounds to so many steps."""
    return np.float32((max(steps, 1.0) - 0.501) / SCORE_STEPS * (1.0 - slack))
