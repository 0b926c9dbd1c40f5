"""Similarities within groups of articles of any segments: gather weights, then compare rows."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels import layout
from relnews._kernels._compile import kernel
from relnews._kernels.scoring import SCORE_STEPS


@kernel
def gather(local, rows, level_weight, idf, out):
    """Copy the terms and unit weights of articles of a segment.

    Parameters
    ----------
    local : int64[n]
        Local numbers of the articles.
    rows : ArticleRows
        Terms and levels of the segment's articles.
    level_weight : float64[n_levels]
        tf weight of each level.
    idf : float64[n_terms]
        idf of each term.
    out : UnitRows
        Out: terms and weights. ``ptr`` is given, and may begin above 0.
    """
    out_ptr, out_term, out_weight = out.ptr, out.term, out.weight
    for i in range(local.size):
        first, last = rows.ptr[local[i]], rows.ptr[local[i] + 1]
        terms = out_term[out_ptr[i] : out_ptr[i + 1]]
        weights = out_weight[out_ptr[i] : out_ptr[i + 1]]
        layout.join(rows.low[first:last], rows.high[first:last], terms)
        levels = rows.level[first:last]
        square = 0.0
        for j in range(terms.size):
            weights[j] = level_weight[levels[j]] * idf[terms[j]]
            square += weights[j] * weights[j]
        inverse_norm = 1.0 / math.sqrt(square) if square > 0 else 0.0
        for j in range(terms.size):
            weights[j] *= inverse_norm


@kernel
def compare(groups, rows, latest, entries, out_steps):
    """Write the similarities within groups of rows, summed by ascending term and rounded.

    The rows of a group are read one after another. Each term leads to its entries in the rows
    before, so the work grows with the terms that rows share, not with their lengths.

    Parameters
    ----------
    groups : int64[n_groups, width]
        Rows of each group; -1 for none.
    rows : UnitRows
        Weights of the articles.
    latest : int32[≥ n_terms]
        By term: number of its latest entry in the group, from 1. Zeros; and zeros again on return.
    entries : (int32[n], int32[n], float64[n], float64[width])
        Scratch; n is above the number of terms of any group.
    out_steps : int32[n_groups, width, width]
        Similarities in millionths. A row is as similar as possible to itself.
    """
    ptr, term, weight = rows.ptr, rows.term, rows.weight
    before, place_of, weight_of, sums = entries
    width = groups.shape[1]
    for group in range(groups.shape[0]):
        n = 0
        for place in range(width):
            row = groups[group, place]
            sums[:place] = 0
            for pair in range(ptr[row], ptr[row + 1] if row >= 0 else ptr[row]):
                n += 1
                entry = latest[term[pair]]
                latest[term[pair]] = n
                before[n], place_of[n], weight_of[n] = entry, place, weight[pair]
                while entry > 0:
                    sums[place_of[entry]] += weight_of[entry] * weight[pair]
                    entry = before[entry]
            out_steps[group, place, place] = SCORE_STEPS
            for other in range(place):
                steps = np.int32(np.rint(min(sums[other], 1.0) * SCORE_STEPS))
                out_steps[group, place, other] = steps
                out_steps[group, other, place] = steps
        for place in range(width):
            row = groups[group, place]
            for pair in range(ptr[row], ptr[row + 1] if row >= 0 else ptr[row]):
                latest[term[pair]] = 0
