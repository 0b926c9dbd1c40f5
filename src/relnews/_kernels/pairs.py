"""How near articles of any segments are to each other: gather their weights, then compare."""

from __future__ import annotations

import numpy as np

from relnews._kernels import layout, pruning
from relnews._kernels._compile import kernel
from relnews._kernels.moments import inverse_length
from relnews._kernels.scoring import SCORE_STEPS


@kernel
def gather(
    place, local, row_ptr, row_low, row_high, row_level, level_weight, idf, out_ptr, out_term,
    out_weight,
):  # fmt: skip
    """Copy terms and weights of some articles of a segment to their places among others.

    Parameters
    ----------
    place, local : int64[n_some]
        Where each goes to, and its number in the segment.
    row_ptr, row_low, row_high, row_level
        Arrays of a `relnews.search.segment.Segment`.
    level_weight : float64[n_levels]
    idf : float64[n_terms]
    out_ptr : int64[n_places + 1]
        Where the terms of each place begin; given.
    out_term : int32[n_pairs]
    out_weight : float64[n_pairs]
        Of unit length.
    """
    for i in range(place.size):
        first, last = row_ptr[local[i]], row_ptr[local[i] + 1]
        terms = out_term[out_ptr[place[i]] : out_ptr[place[i] + 1]]
        weights = out_weight[out_ptr[place[i]] : out_ptr[place[i] + 1]]
        layout.join(row_low[first:last], row_high[first:last], terms)
        levels = row_level[first:last]
        inverse_norm = inverse_length(terms, levels, level_weight, idf)
        for j in range(terms.size):
            weights[j] = level_weight[levels[j]] * idf[terms[j]] * inverse_norm


@kernel
def compare(
    query_ptr, query_term, query_weight, first, row_ptr, row_term, row_weight, weight, is_in_query,
    shared, out_steps,
):  # fmt: skip
    """Sum the similarities of some articles and some others, by ascending term, and round them.

    Parameters
    ----------
    query_ptr, query_term, query_weight
        As `gather` makes them.
    first : int
        The others are the rows from this one on.
    row_ptr, row_term, row_weight
        As `gather` makes them.
    weight : float64[≥ n_terms]
        Scratch.
    is_in_query : uint64[≥ n_terms / 64 + 1]
        Zeros; and zeros again on return.
    shared : int32[≥ longest row + 1]
        Scratch.
    out_steps : int64[n_queries, n_others]
        In millionths.
    """
    for query in range(out_steps.shape[0]):
        mine = query_term[query_ptr[query] : query_ptr[query + 1]]
        my_weights = query_weight[query_ptr[query] : query_ptr[query + 1]]
        pruning.note(mine, my_weights, weight, is_in_query)
        for other in range(out_steps.shape[1]):
            begin, end = row_ptr[first + other], row_ptr[first + other + 1]
            terms, weights = row_term[begin:end], row_weight[begin:end]
            total = 0.0
            for i in range(pruning.find_shared(is_in_query, terms, shared)):
                total += weight[terms[shared[i]]] * weights[shared[i]]
            out_steps[query, other] = np.int64(np.rint(min(total, 1.0) * SCORE_STEPS))
        pruning.forget(mine, is_in_query)
