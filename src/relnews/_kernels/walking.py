"""Walk over the postings of a query's rare terms."""

from __future__ import annotations

import numpy as np

from relnews._kernels import title_match
from relnews._kernels._compile import inner_kernel
from relnews._kernels.machine import prefetch
from relnews._kernels.search import places_among, within
from relnews._kernels.wording import IN_TITLE, PHRASE, TF_SHIFT

#: Postings are prefetched this many terms ahead, in each of three steps, and this many cache lines
#: of them: a term waits for three places in memory before its first posting is added.
_AHEAD = 4
_LINES = 8


@inner_kernel
def _fetch(ahead, n, places, postings):
    """Prefetch the postings of n terms in three steps, each after its pointers have arrived."""
    term_ptr, group_ptr, posting = postings.term_ptr, postings.group_ptr, postings.posting
    if ahead < n:
        prefetch(term_ptr, places[ahead])
    ahead -= _AHEAD
    if 0 <= ahead < n:
        group = term_ptr[places[ahead]]
        prefetch(group_ptr, group)
        prefetch(postings.group_level, group)
    ahead -= _AHEAD
    if 0 <= ahead < n:
        first = group_ptr[term_ptr[places[ahead]]]
        last = group_ptr[term_ptr[places[ahead] + 1]]
        for line in range(first, min(last, first + 32 * _LINES), 32):
            prefetch(posting, line)


@inner_kernel
def walk(begin, terms, weights, postings, titles, n_text, window, scratch_places, sums):
    """Write for each article the part of its score that comes from the query's rare terms.

    Parameters
    ----------
    begin : int
        Where the terms of the query begin in its block.
    terms : int32[n_terms]
        Terms of the query.
    weights : float64[n_terms]
        Weight of each term, times idf.
    postings : WeightedPostings
        Postings of the segment.
    titles : TitleMatch or None
        None if titles do not count. The parts of titles that are added are upper bounds.
    n_text : int
        Size of a table, as returned by `title_match.note`; 0 if titles do not count.
    window : pair of int
        First local number that the list may hold, and the one behind the last.
    scratch_places : int64[2, ≥ n_terms]
        Scratch.
    sums : float32[n_articles]
        Out, inside the window: sums before division by the articles' lengths.
    """
    articles, level_weight, all_idf, is_rare = postings
    term, term_ptr, group_ptr, group_level, posting = articles
    first, last = window
    if titles is None:
        sums[first:last] = 0
    else:
        query_titles, article_titles, scratch = titles
        share, code = query_titles.share, query_titles.code[begin : begin + terms.size]
        title_most = query_titles.title_most[begin : begin + terms.size]
        values, common = article_titles.values, article_titles.common
        length, per_title = article_titles.length, article_titles.per_title
        title_match.begin(
            terms, is_rare, title_most, share, common[first:last], length[first:last],
            sums[first:last],
        )  # fmt: skip
    places, which = scratch_places[0], scratch_places[1]
    places_among(term, terms, places)
    n = np.int64(0)  # for a literal, Numba would compile `_fetch` once more
    for i in range(terms.size):
        place = places[i]
        which[n], places[n] = i, place
        is_here = place < term.size and term[place] == terms[i]
        n += is_here and is_rare[terms[i]]
    for ahead in range(n + 3 * _AHEAD):
        _fetch(ahead, n, places, articles)
        if ahead < 3 * _AHEAD:
            continue
        i, place = which[ahead - 3 * _AHEAD], places[ahead - 3 * _AHEAD]
        most, idf = 0.0, 0.0
        if titles is not None:
            most = title_most[i]
            if code[i] >> TF_SHIFT:
                idf = all_idf[terms[i]]
        for group in range(term_ptr[place], term_ptr[place + 1]):
            level = group_level[group]
            part = np.float32(weights[i] * level_weight[level])
            start, end = within(posting, group_ptr[group], group_ptr[group + 1], window)
            local = posting[start:end]
            for p in range(local.size):
                sums[local[p]] += part
            if titles is not None:
                value = values[level]
                if most > 0 and value >> TF_SHIFT:
                    part = np.float32(share * most)
                    for p in range(local.size):
                        sums[local[p]] += part * length[local[p]]
                if idf > 0 and value & IN_TITLE:
                    part = np.float32(share * idf)
                    for p in range(local.size):
                        sums[local[p]] += part * per_title[local[p]]
    if titles is not None:
        n = title_match.find_phrases(n_text, article_titles.texts, scratch)
        _add_phrases(scratch.phrases, n, articles, all_idf, share, article_titles, window, sums)


@inner_kernel
def _add_phrases(phrases, n, postings, idf, share, titles, window, sums):
    """Add the shares of the articles' titles that are phrases of the query's text.

    Parameters
    ----------
    phrases : int64[≥ n]
        Places of the phrases among the segment's terms.
    n : int
        Number of the phrases.
    postings : Postings
        Articles of each term.
    idf : float64[n_terms]
        idf of each term.
    share : float
        `QueryTitleMatch.share`.
    titles : ArticleTitleMatch
        Titles of the articles.
    window : pair of int
        First local number that the list may hold, and the one behind the last.
    sums : float32[n_articles]
        Updated, inside the window.
    """
    values, per_title = titles.values, titles.per_title
    term, term_ptr, group_ptr, group_level, posting = postings
    for ahead in range(n + 3 * _AHEAD):
        _fetch(ahead, n, phrases, postings)
        if ahead < 3 * _AHEAD:
            continue
        place = phrases[ahead - 3 * _AHEAD]
        part = np.float32(share * title_match.PHRASE_WEIGHT * idf[term[place]])
        for group in range(term_ptr[place], term_ptr[place + 1]):
            if values[group_level[group]] & PHRASE:
                start, end = within(posting, group_ptr[group], group_ptr[group + 1], window)
                local = posting[start:end]
                for p in range(local.size):
                    sums[local[p]] += part * per_title[local[p]]
