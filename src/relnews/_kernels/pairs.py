"""Similarities of given articles of any segments: gather their weights, then compare them."""

from __future__ import annotations

import numpy as np

from relnews._kernels import layout, pruning
from relnews._kernels._compile import kernel
from relnews._kernels.norms import inverse_length
from relnews._kernels.scoring import SCORE_STEPS


@kernel
def gather(place, local, rows, level_weight, idf, out):
    """Copy the terms and unit weights of articles of a segment to their rows of the output.

    Parameters
    ----------
    place, local : int64[n]
        Row of each article in the output; its local number in the segment.
    rows : ArticleRows
        Terms and levels of the segment's articles.
    level_weight : float64[n_levels]
        tf weight of each level.
    idf : float64[n_terms]
        idf of each term.
    out : UnitRows
        Out: terms and weights; ``ptr`` is set by the caller.
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
    """Write the similarities of queries and rows, summed by ascending term and rounded.

    Parameters
    ----------
    queries : UnitRows
        Articles to compare.
    first : int
        First row to compare with; n_others rows follow each other.
    rows : UnitRows
        Articles to compare them with.
    scratch : relnews._kernels.scratch.Scratch
        ``is_in_query`` is zeros again on return.
    out_steps : int64[n_queries, n_others]
        Similarities in millionths.
    """
    row_ptr, row_term, row_weight = rows.ptr, rows.term, rows.weight
    weight, is_in_query, shared = scratch.weight, scratch.is_in_query, scratch.shared
    for query in range(out_steps.shape[0]):
        query_terms = queries.term[queries.ptr[query] : queries.ptr[query + 1]]
        query_weights = queries.weight[queries.ptr[query] : queries.ptr[query + 1]]
        pruning.note(query_terms, query_weights, weight, is_in_query)
        for other in range(out_steps.shape[1]):
            begin, end = row_ptr[first + other], row_ptr[first + other + 1]
            terms, weights = row_term[begin:end], row_weight[begin:end]
            total = 0.0
            for i in range(pruning.find_shared(is_in_query, terms, shared)):
                total += weight[terms[shared[i]]] * weights[shared[i]]
            out_steps[query, other] = np.int64(np.rint(min(total, 1.0) * SCORE_STEPS))
        pruning.forget(query_terms, is_in_query)
