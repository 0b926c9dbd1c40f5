"""How near articles of any segments are to each other: gather their weights, then compare."""

from __future__ import annotations

import numpy as np

from relnews._kernels import layout, pruning
from relnews._kernels._compile import kernel
from relnews._kernels.norms import inverse_length
from relnews._kernels.scoring import SCORE_STEPS


@kernel
def gather(place, local, rows, level_weight, idf, out):
    """Copy terms and weights of articles of a segment to their places among others.

    Parameters
    ----------
    place, local : int64[n]
        Where each article goes to, and its number in the segment.
    rows : ArticleRows
    level_weight : float64[n_levels]
    idf : float64[n_terms]
    out : relnews.lists.near_duplicates.UnitRows
        Its ``ptr`` is given.
    """
    out_ptr, out_term, out_weight = out.ptr, out.term, out.weight
    for i in range(place.size):
        first, last = rows.ptr[local[i]], rows.ptr[local[i] + 1]
        terms = out_term[out_ptr[place[i]] : out_ptr[place[i] + 1]]
        weights = out_weight[out_ptr[place[i]] : out_ptr[place[i] + 1]]
        layout.join(rows.low[first:last], rows.high[first:last], terms)
        levels = rows.level[first:last]
        inverse_norm = inverse_length(terms, levels, level_weight, idf)
        for j in range(terms.size):
            weights[j] = level_weight[levels[j]] * idf[terms[j]] * inverse_norm


@kernel
def compare(queries, first, rows, scratch, out_steps):
    """Sum the similarities of articles and others, by ascending term, and round them.

    Parameters
    ----------
    queries : relnews.lists.near_duplicates.UnitRows
    first : int
        The others are the rows from this one on.
    rows : relnews.lists.near_duplicates.UnitRows
    scratch : relnews.search.bounds.Scratch
    out_steps : int64[n_queries, n_others]
        In millionths.
    """
    row_ptr, row_term, row_weight = rows.ptr, rows.term, rows.weight
    weight, is_in_query, shared = scratch.weight, scratch.is_in_query, scratch.shared
    for query in range(out_steps.shape[0]):
        mine = queries.term[queries.ptr[query] : queries.ptr[query + 1]]
        my_weights = queries.weight[queries.ptr[query] : queries.ptr[query + 1]]
        pruning.note(mine, my_weights, weight, is_in_query)
        for other in range(out_steps.shape[1]):
            begin, end = row_ptr[first + other], row_ptr[first + other + 1]
            terms, weights = row_term[begin:end], row_weight[begin:end]
            total = 0.0
            for i in range(pruning.find_shared(is_in_query, terms, shared)):
                total += weight[terms[shared[i]]] * weights[shared[i]]
            out_steps[query, other] = np.int64(np.rint(min(total, 1.0) * SCORE_STEPS))
        pruning.forget(mine, is_in_query)
