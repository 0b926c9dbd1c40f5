"""A walk over the postings of a query's rare terms."""

from __future__ import annotations

import numpy as np

from relnews._kernels import quoting
from relnews._kernels._compile import kernel
from relnews._kernels.machine import prefetch
from relnews._kernels.search import places_among
from relnews._kernels.wording import TF_SHIFT

#: Terms whose postings are fetched ahead of their use, at each of three steps, and so many lines.
_AHEAD = 4
_LINES = 8


@kernel
def _fetch(ahead, n, which, places, term_ptr, group_ptr, group_level, posting):
    """Begin to load the postings of terms, each step when what it depends on has arrived."""
    if ahead < n:
        prefetch(term_ptr, places[which[ahead]])
    ahead -= _AHEAD
    if 0 <= ahead < n:
        group = term_ptr[places[which[ahead]]]
        prefetch(group_ptr, group)
        prefetch(group_level, group)
    ahead -= _AHEAD
    if 0 <= ahead < n:
        first = group_ptr[term_ptr[places[which[ahead]]]]
        last = group_ptr[term_ptr[places[which[ahead]] + 1]]
        for line in range(first, min(last, first + 32 * _LINES), 32):
            prefetch(posting, line)


@kernel
def walk(
    begin, query_term, query_weight, is_rare, term, term_ptr, group_ptr, group_level, posting,
    level_weight, n_text, queries, quotes, scratch, sums,
):  # fmt: skip
    """Sum what articles have of the query's rare terms (float32), and of either title.

    Of the titles it is no less than they have.
    """
    if queries.share > 0:
        quoting.begin(begin, query_term, is_rare, queries, quotes, sums)
    else:
        sums[:] = 0
    places = places_among(term, query_term)
    which = np.empty(query_term.size, dtype=np.int64)
    n = 0
    for i in range(query_term.size):
        which[n] = i
        is_here = places[i] < term.size and term[places[i]] == query_term[i]
        n += is_here and is_rare[query_term[i]]
    for ahead in range(n + 3 * _AHEAD):
        _fetch(ahead, n, which, places, term_ptr, group_ptr, group_level, posting)
        if ahead < 3 * _AHEAD:
            continue
        i = which[ahead - 3 * _AHEAD]
        local_term = places[i]
        most, idf = 0.0, 0.0
        if queries.share > 0:
            most = queries.title_most[begin + i]
            if queries.code[begin + i] >> TF_SHIFT:
                idf = quotes.idf[query_term[i]]
        for group in range(term_ptr[local_term], term_ptr[local_term + 1]):
            level = group_level[group]
            part = np.float32(query_weight[i] * level_weight[level])
            articles = posting[group_ptr[group] : group_ptr[group + 1]]
            for p in range(articles.size):
                sums[articles[p]] += part
            if queries.share > 0:
                quoting.add_words(
                    most, idf, quotes.values[level], articles, quotes, queries.share, sums
                )
    if queries.share > 0:
        quoting.add_phrases(
            n_text, term, term_ptr, group_ptr, group_level, posting, queries.share, quotes,
            scratch, sums,
        )  # fmt: skip
