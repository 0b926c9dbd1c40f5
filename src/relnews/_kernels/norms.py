"""Lengths of articles and weights of their titles, updated as idf changes."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
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
        out_length[article], out_title[article] = _norms_of(components[article], shift)


@inner_kernel
def _norms_of(components, shift):
    """Return the norms of one article; see `norms`."""
    square = components[0] + shift * (2 * components[1] + shift * components[2])
    # After updates, rounding may leave a sum just below zero.
    return math.sqrt(max(square, 0.0)), components[3] + shift * components[4]


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
        Out: places of the terms among the segment's terms; -1 if the segment lacks the term.
    components : float64[n_articles, 5]
        Updated in place.
    """
    term, term_ptr, group_ptr = postings.term, postings.term_ptr, postings.group_ptr
    group_level, posting = postings.group_level, postings.posting
    places_among(term, changed, places)
    for i in range(changed.size):
        local_term = places[i]
        if local_term == term.size or term[local_term] != changed[i]:
            places[i] = -1
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
        inverse, inverse_title, long, per_title, in_title = _bounds_of(
            length[article], title[article], norm_tolerance, least_title,
            max_common_idf * n_common[article],
        )  # fmt: skip
        out_inverse_length[article] = inverse
        out_inverse_title[article] = inverse_title
        out_length[article] = long
        out_per_title[article] = per_title
        out_common[article] = in_title


@kernel
def raise_bounds(
    places, postings, norms, norm_tolerance, least_title, n_common, max_common_idf, inverse_length,
    titles, prior, factor,
):  # fmt: skip
    """Raise the bounds of `bound_factors` for the articles that have given terms.

    No bound falls, so that rankings with earlier norms may use them as well.

    Parameters
    ----------
    places : int64[n_changed]
        Places of the terms among the segment's terms; -1 if the segment lacks the term.
    postings : Postings
        Articles of each term.
    norms : pair of float64[n_articles, 5] and float
        Components and shift; see `norms`.
    norm_tolerance, least_title, n_common, max_common_idf, titles
        As for `bound_factors`.
    inverse_length : float64[n_articles]
        Upper bounds of 1 / length.
    prior : float64[n_articles]
        Factor on each score.
    factor : float32[n_articles]
        ``inverse_length`` × ``prior``.
    """
    components, shift = norms
    out_length, out_per_title, out_common = titles
    term_ptr, group_ptr, posting = postings.term_ptr, postings.group_ptr, postings.posting
    for i in range(places.size):
        place = places[i]
        if place < 0:
            continue
        for p in range(group_ptr[term_ptr[place]], group_ptr[term_ptr[place + 1]]):
            article = posting[p]
            length, title = _norms_of(components[article], shift)
            inverse, _, long, per_title, in_title = _bounds_of(
                length, title, norm_tolerance, least_title, max_common_idf * n_common[article]
            )
            inverse_length[article] = max(inverse_length[article], inverse)
            out_length[article] = max(out_length[article], np.float32(long))
            out_per_title[article] = max(out_per_title[article], np.float32(per_title))
            out_common[article] = max(out_common[article], np.float32(in_title))
            with_prior = np.float32(inverse_length[article] * prior[article])
            factor[article] = max(factor[article], with_prior)


@inner_kernel
def _bounds_of(length, title, norm_tolerance, least_title, common_idf):
    """Return the bounds of `bound_factors` for one article.

    ``common_idf`` is an upper bound of the idf of the common words in its title.
    """
    inverse = (1.0 + norm_tolerance) / length if length > 0 else 0.0
    inverse_title = (1.0 + norm_tolerance) / max(title, least_title) if title > 0 else 0.0
    long = length * (_UP / (1.0 - norm_tolerance))
    per_title = long * inverse_title
    return inverse, inverse_title, long, per_title, min(common_idf * per_title, long)
