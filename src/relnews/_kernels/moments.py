"""What the lengths of articles, and the weights of their titles, are made of."""

from __future__ import annotations

import math

from relnews._kernels._compile import kernel
from relnews._kernels.layout import term_of
from relnews._kernels.search import places_among

#: Single precision is rounded by less than this.
_UP = 1.0 + 1e-6


@kernel
def moments(row_ptr, row_low, row_high, row_level, level_weight, level_title, idf, out):
    """Sum (l idf)², l² idf, l², t idf and t over each article's terms.

    l is the weight of the level, and t how much it counts in a title.

    Parameters
    ----------
    row_ptr : int64[n_articles + 1]
    row_low, row_high, row_level
        Arrays of a `relnews.search.segment.Segment`.
    level_weight : float64[n_levels]
    level_title : float64[n_levels]
    idf : float64[n_terms]
    out : float64[n_articles, 5]
    """
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
def sums(moments, shift, out_length, out_title):
    """Write the lengths of articles, and the idf of their titles, all idf being shifted.

    Parameters
    ----------
    moments : float64[n_articles, 5]
    shift : float
    out_length, out_title : float64[n_articles]
    """
    for article in range(out_length.size):
        square = moments[article, 0] + shift * (
            2 * moments[article, 1] + shift * moments[article, 2]
        )
        # What is left by sums that come and go is not less than nothing.
        out_length[article] = math.sqrt(max(square, 0.0))
        out_title[article] = moments[article, 3] + shift * moments[article, 4]


@kernel
def shift_moments(
    changed, from_idf, to_idf, term, term_ptr, group_ptr, group_level, posting, level_weight,
    level_title, moments,
):  # fmt: skip
    """Bring `moments` up to date where the idf of some terms has changed.

    Parameters
    ----------
    changed : int32[n_changed]
        Terms.
    from_idf, to_idf : float64[n_changed]
        What idf they had, and have.
    term, term_ptr, group_ptr, group_level, posting
        The postings of a `relnews.search.segment.Segment`.
    level_weight, level_title : float64[n_levels]
    moments : float64[n_articles, 5]
    """
    places = places_among(term, changed)
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
                moments[articles[p], 0] += square
                moments[articles[p], 1] += linear
            title = level_title[group_level[group]] * (to_idf[i] - from_idf[i])
            if title != 0:
                for p in range(articles.size):
                    moments[articles[p], 3] += title


@kernel
def inverse_length(term, level, level_weight, idf):
    """Return 1 / length of an article, 0 if it has no terms; see `moments` for what it is of."""
    square = 0.0
    for i in range(term.size):
        weight = level_weight[level[i]] * idf[term[i]]
        square += weight * weight
    return 1.0 / math.sqrt(square) if square > 0 else 0.0


@kernel
def inverse_title(term, level, level_title, idf):
    """Return 1 / idf of an article's title, 0 if it has none."""
    title = 0.0
    for i in range(term.size):
        if level_title[level[i]] > 0:
            title += level_title[level[i]] * idf[term[i]]
    return 1.0 / title if title > 0 else 0.0


@kernel
def factors(
    length, title, slack, n_common, dearest, out_inverse_length, out_inverse_title, out_length,
    out_per_title, out_common,
):  # fmt: skip
    """Write what scores are multiplied by at most, and `quoting.RowQuotes` of it, rounded up.

    Parameters
    ----------
    length, title : float64[n_articles]
    slack : float
        How far off they may be, of what they are.
    n_common : int32[n_articles]
        How many common words are in each title.
    dearest : float
        The largest idf of one.
    out_inverse_length, out_inverse_title : float64[n_articles]
        At most; 0 for an article without terms, or title.
    out_length, out_per_title, out_common : float32[n_articles]
    """
    for article in range(length.size):
        long = length[article]
        out_inverse_length[article] = (1.0 + slack) / long if long > 0 else 0.0
        inverse_title = (1.0 + slack) / title[article] if title[article] > 0 else 0.0
        out_inverse_title[article] = inverse_title
        long *= _UP / (1.0 - slack)
        per_title = long * inverse_title
        out_length[article] = long
        out_per_title[article] = per_title
        out_common[article] = min(dearest * n_common[article] * per_title, long)
