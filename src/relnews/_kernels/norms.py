"""Lengths of articles and weights of their titles, updated as idf changes."""

from __future__ import annotations

import math

from relnews._kernels._compile import kernel
from relnews._kernels.layout import term_of
from relnews._kernels.search import places_among

#: Factor above the rounding of single precision, so that bounds stay upper bounds.
_UP = 1.0 + 1e-6


@kernel
def norm_components(rows, level_weight, level_title, idf, out):
    """Write the sums of (l idf)², l² idf, l², t idf and t over each article's terms.

    l is the tf weight of the level, and t its weight in a title.

    Parameters
    ----------
    rows : ArticleRows
        Terms and levels of the articles.
    level_weight, level_title : float64[n_levels]
        l and t of each level.
    idf : float64[n_terms]
        idf of each term.
    out : float64[n_articles, 5]
        The five sums of each article, in this order.
    """
    row_ptr, row_low, row_high, row_level = rows.ptr, rows.low, rows.high, rows.level
    for article in range(out.shape[0]):
        square, linear, count = 0.0, 0.0, 0.0
        title, title_count = 0.0, 0.0
        for i in range(row_ptr[article], row_ptr[article + 1]):
            weight = level_weight[row_level[i]]
            weight *= weight
            term_idf = idf[term_of(row_low[i], row_high[i])]
            count += weight
            linear += weight * term_idf
            square += weight * term_idf * term_idf
            title += level_title[row_level[i]] * term_idf
            title_count += level_title[row_level[i]]
        out[article, 0] = square
        out[article, 1] = linear
        out[article, 2] = count
        out[article, 3] = title
        out[article, 4] = title_count


@kernel
def norms(components, shift, out_length, out_title):
    """Write the lengths of articles and the weights of their titles, after a shift of all idf.

    Parameters
    ----------
    components : float64[n_articles, 5]
        See `norm_components`.
    shift : float
        Added to every idf since the components were summed.
    out_length, out_title : float64[n_articles]
        Euclidean length of the weights; sum of the idf of the title.
    """
    for article in range(out_length.size):
        square = components[article, 0] + shift * (
            2 * components[article, 1] + shift * components[article, 2]
        )
        # After updates, rounding may leave a sum just below zero.
        out_length[article] = math.sqrt(max(square, 0.0))
        out_title[article] = components[article, 3] + shift * components[article, 4]


@kernel
def update_components(
    changed, from_idf, to_idf, postings, level_weight, level_title, places, components
):
    """Update `norm_components` after a change of the idf of given terms.

    Parameters
    ----------
    changed : int32[n_changed]
        Terms whose idf has changed.
    from_idf, to_idf : float64[n_changed]
        Their idf before and after.
    postings : Postings
        Articles of each term.
    level_weight, level_title : float64[n_levels]
        As for `norm_components`.
    places : int64[n_changed]
        Scratch.
    components : float64[n_articles, 5]
        Updated in place.
    """
    term, term_ptr, group_ptr = postings.term, postings.term_ptr, postings.group_ptr
    group_level, posting = postings.group_level, postings.posting
    places_among(term, changed, places)
    for i in range(changed.size):
        local_term = places[i]
        if local_term == term.size or term[local_term] != changed[i]:
            continue
        for group in range(term_ptr[local_term], term_ptr[local_term + 1]):
            weight = level_weight[group_level[group]]
            weight *= weight
            linear = weight * (to_idf[i] - from_idf[i])
            square = linear * (to_idf[i] + from_idf[i])
            articles = posting[group_ptr[group] : group_ptr[group + 1]]
            for p in range(articles.size):
                components[articles[p], 0] += square
                components[articles[p], 1] += linear
            title = level_title[group_level[group]] * (to_idf[i] - from_idf[i])
            if title != 0:
                for p in range(articles.size):
                    components[articles[p], 3] += title


@kernel
def inverse_length(term, level, level_weight, idf):
    """Return 1 / length of an article's weights; 0 if it has no terms."""
    square = 0.0
    for i in range(term.size):
        weight = level_weight[level[i]] * idf[term[i]]
        square += weight * weight
    return 1.0 / math.sqrt(square) if square > 0 else 0.0


@kernel
def inverse_title(term, level, level_title, idf, least_title):
    """Return 1 / sum of the idf of an article's title, or 1 / the least; 0 if it has no title."""
    title = 0.0
    for i in range(term.size):
        if level_title[level[i]] > 0:
            title += level_title[level[i]] * idf[term[i]]
    return 1.0 / max(title, least_title) if title > 0 else 0.0


@kernel
def bound_factors(norms, norm_tolerance, least_title, n_common, max_common_idf, inverses, titles):
    """Write upper bounds of the factors on scores and on shares of titles.

    Parameters
    ----------
    norms : pair of float64[n_articles]
        Length of each article; sum of the idf of its title.
    norm_tolerance : float
        Relative error bound of both.
    least_title : float
        Least weight of a title in its share.
    n_common : int32[n_articles]
        Number of common words in each title.
    max_common_idf : float
        Largest idf of a common term.
    inverses : pair of float64[n_articles]
        Out: upper bounds of 1 / length and of 1 / weight of the title; 0 for an article without
        terms or without a title.
    titles : three float32[n_articles]
        Out: `ArticleTitleMatch.length`, ``per_title`` and ``common``.
    """
    length, title = norms
    out_inverse_length, out_inverse_title = inverses
    out_length, out_per_title, out_common = titles
    for article in range(length.size):
        long = length[article]
        out_inverse_length[article] = (1.0 + norm_tolerance) / long if long > 0 else 0.0
        inverse_title = 0.0
        if title[article] > 0:
            inverse_title = (1.0 + norm_tolerance) / max(title[article], least_title)
        out_inverse_title[article] = inverse_title
        long *= _UP / (1.0 - norm_tolerance)
        per_title = long * inverse_title
        out_length[article] = long
        out_per_title[article] = per_title
        out_common[article] = min(max_common_idf * n_common[article] * per_title, long)
