"""Similarities within groups of articles of any segments: gather weights, then compare rows."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels import layout
from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.scoring import SCORE_STEPS


@kernel
def gather(local, rows, level_weight, idf, common_idf, out):
    """Copy the terms and unit weights of articles of a segment, rare terms before common terms.

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
    common_idf : float
        A term with an idf below this is common.
    out : UnitRows
        Out: all but ``ptr``, which is given, and may begin above 0.
    """
    out_ptr, out_common, out_term, out_weight, out_rest = out
    for i in range(local.size):
        first, last = rows.ptr[local[i]], rows.ptr[local[i] + 1]
        begin, end = out_ptr[i], out_ptr[i + 1]
        square, common_square = 0.0, 0.0
        for pair in range(first, last):
            term = layout.term_of(rows.low[pair], rows.high[pair])
            weight = level_weight[rows.level[pair]] * idf[term]
            square += weight * weight
            # Half of the terms are common: a branch would be foreseen wrongly too often.
            is_common = idf[term] < common_idf
            end -= is_common
            common_square += weight * weight if is_common else 0.0
            at = end if is_common else begin
            begin += not is_common
            out_term[at], out_weight[at] = term, weight
        inverse_norm = 1.0 / math.sqrt(square) if square > 0 else 0.0
        for pair in range(out_ptr[i], out_ptr[i + 1]):
            out_weight[pair] *= inverse_norm
        out_common[i], out_rest[i] = end, math.sqrt(common_square) * inverse_norm


@inner_kernel
def _product(first, last, other, other_last, term, weight):
    """Return the product of two rows with descending terms, without a branch for each term."""
    product = 0.0
    while first < last and other < other_last:
        here, there = term[first], term[other]
        product += weight[first] * weight[other] if here == there else 0.0
        first += here >= there
        other += there >= here
    return product


@kernel
def compare(groups, rows, least, latest, entries, out_steps):
    """Write the similarities within groups of rows, rounded; pairs below ``least`` get 0.

    The rows of a group are read one after another. Each rare term leads to its entries in the rows
    before, so the work grows with the rare terms that rows share, not with their lengths. The
    common parts of two rows are multiplied only if their lengths let the sum reach ``least``.

    Parameters
    ----------
    groups : int64[n_groups, width]
        Rows of each group; -1 for none.
    rows : UnitRows
        Weights of the articles.
    least : int
        In millionths.
    latest : int32[≥ n_terms]
        By term: number of its latest entry in the group, from 1. Zeros; and zeros again on return.
    entries : (int32[n], int32[n], float64[n], float64[width])
        Scratch; n is above the number of terms of any group.
    out_steps : int32[n_groups, width, width]
        Similarities in millionths. A row is as similar as possible to itself.
    """
    ptr, common, term, weight, rest = rows
    before, place_of, weight_of, sums = entries
    width = groups.shape[1]
    # Sums are rounded by less than 1e-9.
    floor = (least - 0.5) / SCORE_STEPS - 1e-9
    for group in range(groups.shape[0]):
        n = 0
        for place in range(width):
            row = groups[group, place]
            if row < 0:
                continue
            sums[:place] = 0
            for pair in range(ptr[row], common[row]):
                n += 1
                entry = latest[term[pair]]
                latest[term[pair]] = n
                before[n], place_of[n], weight_of[n] = entry, place, weight[pair]
                while entry > 0:
                    sums[place_of[entry]] += weight_of[entry] * weight[pair]
                    entry = before[entry]
            out_steps[group, place, place] = SCORE_STEPS
            for before_it in range(place):
                other = groups[group, before_it]
                if other < 0 or sums[before_it] + rest[row] * rest[other] < floor:
                    continue
                similarity = sums[before_it] + _product(
                    common[row], ptr[row + 1], common[other], ptr[other + 1], term, weight
                )
                steps = np.int32(np.rint(min(similarity, 1.0) * SCORE_STEPS))
                if steps >= least:
                    out_steps[group, place, before_it] = steps
                    out_steps[group, before_it, place] = steps
        for place in range(width):
            row = groups[group, place]
            for pair in range(ptr[row], common[row] if row >= 0 else ptr[row]):
                latest[term[pair]] = 0
