"""How much of a title is found in another text: words, and phrases of two words in a row.

The words of a title that a text has, and its phrases, are added up by their idf. A walk over
postings finds what of an article's title is in the query's text: its words, and its phrases, which
are terms. Of the query's title it finds the words only; for a phrase can only be where its words
are, the rarer of them counts for both (`QueryQuotes.title_most`), which is a bound. Common words,
which are not walked, count as if they were in every title and every text.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.machine import multiply_fold
from relnews._kernels.search import places_among
from relnews._kernels.wording import BREAK, IN_TITLE, NO_PLACE, PHRASE, TF_SHIFT

#: A phrase of a title counts as much as so many words of its idf.
PHRASE_WEIGHT = 2.0

# What a term is to a query.
_OF_TEXT, _OF_TITLE = 1, 2

_ONE = np.uint64(1)
_HALF = np.uint64(32)
_SPARE = np.uint64(20)
_SECRET = np.uint64(0x9E3779B97F4A7C15)


class QueryQuotes(NamedTuple):
    """What a block of queries is compared by, besides its weights.

    Parameters
    ----------
    share : float
        How much it counts that all of a title is found; 0 if nothing here is looked at.
    code : int32[n]
        Of each term, in the order of the query's terms.
    title_part, title_most : float64[n]
        What share of its title each word is; and with the phrases that it is the rarer word of.
    text_ptr : int64[n_queries + 1]
    text : int32[n_words]
        The words of the texts in their order; `BREAK` between two texts.
    phrase_ptr : int64[n_queries + 1]
    first, last : int32[n_phrases]
        The words of each phrase of the titles, all different.
    phrase_part : float64[n_phrases]
        What share of its title each phrase is.
    seed : uint64
        What hashes begin with.
    """

    share: float
    code: Any
    title_part: Any
    title_most: Any
    text_ptr: Any
    text: Any
    phrase_ptr: Any
    first: Any
    last: Any
    phrase_part: Any
    seed: Any


class RowQuotes(NamedTuple):
    """What the articles of a segment are compared by, besides their weights.

    Parameters
    ----------
    values : int32[n_levels]
        The code of each level.
    level_title : float64[n_levels]
        How much it counts in a title.
    text_ptr : int64[n_articles + 1]
    text_place : uint16[n_words]
        The words of the texts in their order, as places in the row; `NO_PLACE` between two texts.
    phrase_ptr : int64[n_articles + 1]
    phrase_place : uint16[3 n_phrases]
        First word, last word and phrase, as places in the row.
    pair_key : uint64[n_pairs]
        First word (high half) and last word of every phrase of the titles, ascending.
    pair_term : int32[n_pairs]
        The phrase of each, as its place among the segment's terms.
    inverse_title : float64[n_articles]
        1 / sum of idf of the title; 0 without one, and anything as long as 1 / length is NaN.
    length, per_title, common : float32[n_articles]
        At most: the length of the weights; that times inverse_title; and that times what common
        words can have of the title.
    idf : float64[n_terms]
    """

    values: Any
    level_title: Any
    text_ptr: Any
    text_place: Any
    phrase_ptr: Any
    phrase_place: Any
    pair_key: Any
    pair_term: Any
    inverse_title: Any
    length: Any
    per_title: Any
    common: Any
    idf: Any


class QuoteScratch(NamedTuple):
    """What comparing writes to on the way.

    Parameters
    ----------
    kind : uint8[≥ n_terms]
    title_part : float64[≥ n_terms]
    mark : uint8[65536]
        Zeros; and zeros again on return.
    text_pairs, title_pairs : uint64[power of two]
        With room for twice the words of a text, and of a title.
    place : int32[as title_pairs]
    seen : uint8[≥ phrases of a title]
    """

    kind: Any
    title_part: Any
    mark: Any
    text_pairs: Any
    title_pairs: Any
    place: Any
    seen: Any


@kernel
def _key(first, last):
    """Return the key of two words in a row; it is never 0."""
    return ((np.uint64(first) << _HALF) | np.uint64(last)) + _ONE


@kernel
def _slot(table, n, key, seed):
    """Return the slot of a key among the first n of a table, or the empty one that it goes to."""
    mask = np.uint64(n - 1)
    slot = (multiply_fold(key ^ seed, _SECRET) >> _SPARE) & mask
    while table[slot] != 0 and table[slot] != key:
        slot = (slot + _ONE) & mask
    return slot


@kernel
def table_size(n):
    """Return how many slots n pairs of words need."""
    size = 16
    while size < 2 * n:
        size *= 2
    return size


@kernel
def note(query, query_term, query_ptr, quotes, scratch):
    """Put what a query is compared by where it is looked up.

    Returns
    -------
    n_text, n_title : int
        Slots of the tables that are in use.
    """
    begin = query_ptr[query]
    for i in range(query_term.size):
        code = quotes.code[begin + i]
        scratch.kind[query_term[i]] = (_OF_TEXT if code >> TF_SHIFT else 0) | (
            _OF_TITLE if quotes.title_part[begin + i] > 0 else 0
        )
        scratch.title_part[query_term[i]] = quotes.title_part[begin + i]
    first, end = quotes.text_ptr[query], quotes.text_ptr[query + 1]
    n_text = table_size(end - first)
    scratch.text_pairs[:n_text] = 0
    for i in range(first + 1, end):
        if quotes.text[i - 1] != BREAK and quotes.text[i] != BREAK:
            key = _key(quotes.text[i - 1], quotes.text[i])
            scratch.text_pairs[_slot(scratch.text_pairs, n_text, key, quotes.seed)] = key
    first, end = quotes.phrase_ptr[query], quotes.phrase_ptr[query + 1]
    n_title = table_size(end - first)
    scratch.title_pairs[:n_title] = 0
    for i in range(first, end):
        key = _key(quotes.first[i], quotes.last[i])
        slot = _slot(scratch.title_pairs, n_title, key, quotes.seed)
        scratch.title_pairs[slot] = key
        scratch.place[slot] = i - first
    return n_text, n_title


@kernel
def begin(begin, query_term, is_rare, queries, quotes, sums):
    """Write what every article could have of either title by the common words of the query."""
    common = 0.0
    for i in range(query_term.size):
        if not is_rare[query_term[i]]:
            common += queries.title_most[begin + i]
    share, common = np.float32(queries.share), np.float32(queries.share * common)
    for article in range(sums.size):
        sums[article] = share * quotes.common[article] + common * quotes.length[article]


@kernel
def add_words(most, idf, value, articles, quotes, share, sums):
    """Add what articles have of either title by one word of the query.

    Parameters
    ----------
    most : float
        `QueryQuotes.title_most`.
    idf : float
        0 if the word is not in the query's text.
    value : int
        The code that all of the articles have.
    articles : uint16[n]
    """
    if most > 0 and value >> TF_SHIFT:
        part = np.float32(share * most)
        for p in range(articles.size):
            sums[articles[p]] += part * quotes.length[articles[p]]
    if idf > 0 and value & IN_TITLE:
        part = np.float32(share * idf)
        for p in range(articles.size):
            sums[articles[p]] += part * quotes.per_title[articles[p]]


@kernel
def add_phrases(
    n_text, term, term_ptr, group_ptr, group_level, posting, share, quotes, scratch, sums
):
    """Add what articles have in their titles of the phrases of the query's text.

    Parameters
    ----------
    n_text : int
        Slots of ``scratch.text_pairs`` that are in use.
    term, term_ptr, group_ptr, group_level, posting
        The postings of a `relnews.search.segment.Segment`.
    """
    keys = np.empty(n_text, dtype=np.uint64)
    n = 0
    for slot in range(n_text):
        keys[n] = scratch.text_pairs[slot] - _ONE
        n += scratch.text_pairs[slot] != 0
    keys = keys[:n]
    places = places_among(quotes.pair_key, keys)
    for i in range(n):
        if places[i] == quotes.pair_key.size or quotes.pair_key[places[i]] != keys[i]:
            continue
        place = quotes.pair_term[places[i]]
        part = np.float32(share * PHRASE_WEIGHT * quotes.idf[term[place]])
        for group in range(term_ptr[place], term_ptr[place + 1]):
            if quotes.values[group_level[group]] & PHRASE:
                for p in range(group_ptr[group], group_ptr[group + 1]):
                    sums[posting[p]] += part * quotes.per_title[posting[p]]


@kernel
def share_of_titles(
    article, query, terms, levels, shared, n_shared, n_text, n_title, queries, quotes, scratch
):
    """Return what share of the query's title the article has in its text, and the other way.

    Parameters
    ----------
    terms, levels : int32, uint16[n]
        The row of the article.
    shared : int32[≥ n_shared]
        The places of the terms that the query has, too; ascending.
    n_text, n_title : int
        What `note` returned.

    Returns
    -------
    float
        The two shares, added up.
    """
    of_query, of_article = 0.0, 0.0
    n_marked = 0
    for i in range(n_shared):
        place = shared[i]
        term = terms[place]
        kind = scratch.kind[term]
        value = quotes.values[levels[place]]
        if kind & _OF_TITLE and value >> TF_SHIFT:
            of_query += scratch.title_part[term]
            scratch.mark[place & 0xFFFF] = 1
            n_marked += 1
        if kind & _OF_TEXT and value & IN_TITLE:
            of_article += quotes.idf[term]
    begin, end = quotes.text_ptr[article], quotes.text_ptr[article + 1]
    first = queries.phrase_ptr[query]
    if n_marked > 0 and queries.phrase_ptr[query + 1] > first and end > begin:
        scratch.mark[NO_PLACE] = 0
        scratch.seen[: queries.phrase_ptr[query + 1] - first] = 0
        last = NO_PLACE
        for i in range(begin, end):
            place = quotes.text_place[i]
            if scratch.mark[place] & scratch.mark[last]:
                key = _key(terms[last], terms[place])
                slot = _slot(scratch.title_pairs, n_title, key, queries.seed)
                if scratch.title_pairs[slot] == key:
                    phrase = scratch.place[slot]
                    if not scratch.seen[phrase]:
                        scratch.seen[phrase] = 1
                        of_query += queries.phrase_part[first + phrase]
            last = place
    for i in range(n_shared):
        scratch.mark[shared[i] & 0xFFFF] = 0
    if of_article > 0:
        for i in range(quotes.phrase_ptr[article], quotes.phrase_ptr[article + 1]):
            key = _key(terms[quotes.phrase_place[3 * i]], terms[quotes.phrase_place[3 * i + 1]])
            if scratch.text_pairs[_slot(scratch.text_pairs, n_text, key, queries.seed)] == key:
                of_article += PHRASE_WEIGHT * quotes.idf[terms[quotes.phrase_place[3 * i + 2]]]
        of_article *= quotes.inverse_title[article]
    return of_query + of_article
