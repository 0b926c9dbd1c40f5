"""Share of a title that another text contains: words, and phrases of two consecutive words.

The share is the sum of the idf of the title's words and phrases that the text contains. A walk over
postings finds the words and phrases (both are terms) of an article's title in the query's text. Of
the query's title, the walk finds the words in the article's text, but not the phrases: as an upper
bound, a phrase counts with the rarer of its words (`QueryTitleMatch.title_most`); later, `excess`
looks up both. Common words, which are not walked, count as if every title and every text contained
them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from relnews._kernels import layout
from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.arguments import SegmentTexts
from relnews._kernels.hashing import pair_key, slot_of
from relnews._kernels.scratch import TitleMatchScratch
from relnews._kernels.search import places_among
from relnews._kernels.wording import BREAK, IN_TITLE, NO_PLACE, TF_SHIFT

#: Weight of a phrase of a title, relative to a word of the same idf.
PHRASE_WEIGHT = 2.0

# Bits of a term's kind: the term is in the query's text; in its title.
_OF_TEXT, _OF_TITLE = 1, 2

_ONE = np.uint64(1)


class QueryTitleMatch(NamedTuple):
    """Titles and texts of a block of queries.

    Parameters
    ----------
    share : float
        Weight of a whole title in the similarity; above 0.
    code : int32[n]
        Code of each term, in the order of the query's terms.
    title_part, title_most : float64[n]
        Share of each word in its title; the same plus the phrases that it is the rarer word of.
    text_ptr : int64[n_queries + 1]
        Where each query's words begin.
    text : int32[n_words]
        Words of the texts in reading order; `BREAK` between two texts.
    phrase_ptr : int64[n_queries + 1]
        Where each query's phrases begin.
    first, last : int32[n_phrases]
        Words of each phrase of the titles; the phrases of a title are all different.
    phrase_part : float64[n_phrases]
        Share of each phrase in its title.
    seed : uint64
        Seed of the hashes.
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


class ArticleTitleMatch(NamedTuple):
    """Titles and texts of the articles of a segment.

    Parameters
    ----------
    values : int32[n_levels]
        Code of each level.
    texts : SegmentTexts
        Word order and phrases of the articles.
    length, per_title, common : float32[n_articles]
        Upper bounds: the length of the weights; ``length`` × 1 / idf of the title; ``per_title`` ×
        idf of the common words in the title.
    """

    values: Any
    texts: SegmentTexts
    length: Any
    per_title: Any
    common: Any


class TitleMatch(NamedTuple):
    """Arrays that titles are matched with. Kernels take None instead if titles do not count.

    Parameters
    ----------
    queries : QueryTitleMatch
        Titles and texts of the queries.
    articles : ArticleTitleMatch
        Titles and texts of the articles.
    scratch : TitleMatchScratch
        Tables that `note` fills for one query.
    """

    queries: QueryTitleMatch
    articles: ArticleTitleMatch
    scratch: TitleMatchScratch


@inner_kernel
def _slot(table, n, key, seed):
    """Return the slot of a key among the first n of a table, or an empty slot for it."""
    mask = np.uint64(n - 1)
    slot = slot_of(key, seed, mask)
    while table[slot] != 0 and table[slot] != key:
        slot = (slot + _ONE) & mask
    return slot


@inner_kernel
def table_size(n):
    """Return the number of slots for n pairs of words: a power of two, at most half full."""
    size = 16
    while size < 2 * n:
        size *= 2
    return size


@inner_kernel
def _bit(key, pair_bits):
    """Return the word and the bit that a filter has for a pair of words."""
    hash_ = slot_of(key, _ONE, np.uint64(64 * pair_bits.size - 1))
    return hash_ >> np.uint64(6), _ONE << (hash_ & np.uint64(63))


@kernel
def fill_filter(pairs, out_bits):
    """Set the bit of each pair of words, given without the 1 that `pair_key` adds.

    Parameters
    ----------
    pairs : uint64[n]
        First word (high half) and last word of each pair.
    out_bits : uint64[n_words]
        Zeros on entry; the length is a power of two.
    """
    for i in range(pairs.size):
        word, bit = _bit(pairs[i] + _ONE, out_bits)
        out_bits[word] |= bit


@inner_kernel
def n_sums(query, n_terms, queries):
    """Return an upper bound of the additions to one article's sum, titles included."""
    return 3 * n_terms + queries.text_ptr[query + 1] - queries.text_ptr[query] + 2


@inner_kernel
def note(query, begin, terms, queries, scratch):
    """Enter the title and the text of a query into the scratch arrays; return a table size.

    Parameters
    ----------
    query : int
        Number of the query in the block.
    begin : int
        Where the terms of the query begin in the block.
    terms : int32[n_terms]
        Terms of the query.
    queries : QueryTitleMatch
        Titles and texts of the block.
    scratch : TitleMatchScratch
        Tables to fill.

    Returns
    -------
    int
        Slots in use of ``text_pairs``.
    """
    code, title_part, seed = queries.code, queries.title_part, queries.seed
    kind, part_of = scratch.kind, scratch.title_part
    for i in range(terms.size):
        kind[terms[i]] = (_OF_TEXT if code[begin + i] >> TF_SHIFT else 0) | (
            _OF_TITLE if title_part[begin + i] > 0 else 0
        )
        part_of[terms[i]] = title_part[begin + i]
    text_ptr, text, text_pairs = queries.text_ptr, queries.text, scratch.text_pairs
    n_text = table_size(text_ptr[query + 1] - text_ptr[query])
    text_pairs[:n_text] = 0
    for i in range(text_ptr[query] + 1, text_ptr[query + 1]):
        if text[i - 1] != BREAK and text[i] != BREAK:
            key = pair_key(text[i - 1], text[i])
            text_pairs[_slot(text_pairs, n_text, key, seed)] = key
    return n_text


@inner_kernel
def begin(terms, is_rare, title_most, share, common, length, sums):
    """Write upper bounds of what the query's common words add to the shares of both titles.

    Parameters
    ----------
    terms : int32[n_terms]
        Terms of the query.
    is_rare : bool[any]
        By term: True if it is walked.
    title_most : float64[n_terms]
        `QueryTitleMatch.title_most` of the query's terms.
    share : float
        `QueryTitleMatch.share`.
    common, length : float32[n_articles]
        As in `ArticleTitleMatch`.
    sums : float32[n_articles]
        Out.
    """
    most = 0.0
    for i in range(terms.size):
        if not is_rare[terms[i]]:
            most += title_most[i]
    share, most = np.float32(share), np.float32(share * most)
    for article in range(sums.size):
        sums[article] = share * common[article] + most * length[article]


@inner_kernel
def find_phrases(n_text, texts, scratch):
    """Write the phrases of titles that are in the query's text; return their number.

    Parameters
    ----------
    n_text : int
        Slots in use of ``text_pairs``, as returned by `note`.
    texts : SegmentTexts
        Phrases of the titles of the segment.
    scratch : TitleMatchScratch
        The text of the query; ``phrases`` is written: places among the segment's terms.
    """
    text_pairs, keys, phrases = scratch.text_pairs, scratch.keys, scratch.phrases
    pairs, pair_bits = texts.pair_key, texts.pair_bits
    n, n_found = np.int64(0), np.int64(0)
    for slot in range(n_text):
        key = text_pairs[slot]
        word, bit = _bit(key, pair_bits)
        keys[n] = key - _ONE
        n += (key != 0) & (pair_bits[word] & bit != 0)
    places_among(pairs, keys[:n], phrases)
    for i in range(n):
        place = phrases[i]
        if place < pairs.size and pairs[place] == keys[i]:
            phrases[n_found] = texts.pair_term[place]
            n_found += 1
    return n_found


@inner_kernel
def excess(article, query, rows, postings, titles):
    """Return what the bound of an article counts for phrases of the query's title that it lacks.

    The walk counts a phrase for each article that has the rarer of its words in the text. An
    article without the other word lacks the phrase.

    Parameters
    ----------
    article, query : int
        Local number of the article; number of the query in its block.
    rows : ArticleRows
        Terms and levels of the articles.
    postings : WeightedPostings
        Postings that were walked.
    titles : TitleMatch
        Titles and texts of both.

    Returns
    -------
    float
        In the unit of the sums of `relnews._kernels.walking.walk`.
    """
    queries, values = titles.queries, titles.articles.values
    idf, is_rare = postings.idf, postings.is_rare
    total = 0.0
    for phrase in range(queries.phrase_ptr[query], queries.phrase_ptr[query + 1]):
        first, last = queries.first[phrase], queries.last[phrase]
        has_first, has_last = (
            _is_in_text(first, article, rows, values), _is_in_text(last, article, rows, values)
        )  # fmt: skip
        is_first_rarer = idf[first] > idf[last]
        has_rarer = has_first if is_first_rarer else has_last
        is_counted = has_rarer or not is_rare[first if is_first_rarer else last]
        if is_counted and not (has_first and has_last):
            total += queries.phrase_part[phrase]
    return queries.share * total * titles.articles.length[article]


@inner_kernel
def _is_in_text(term, article, rows, values):
    """Return whether an article has a term in its text."""
    place, end = rows.ptr[article], rows.ptr[article + 1]
    n = end - place
    while n > 1:
        half = n >> 1
        place += half * (layout.term_of(rows.low[place + half], rows.high[place + half]) <= term)
        n -= half
    is_here = n > 0 and layout.term_of(rows.low[place], rows.high[place]) == term
    return is_here and values[rows.level[place]] >> TF_SHIFT > 0


@inner_kernel
def share_of_titles(article, query, terms, levels, shared, n_text, idf, inverse_title, titles):
    """Return the share of the query's title in the article's text, plus the share vice versa.

    Parameters
    ----------
    article, query : int
        Local number of the article; number of the query in its block.
    terms, levels : int32, uint16[n]
        Terms and levels of the article.
    shared : int32[n_shared]
        Places of the terms that the query has, too; ascending.
    n_text : int
        Size of a table, as returned by `note`.
    idf : float64[n_terms]
        idf of each term.
    inverse_title : float
        1 / weight of the article's title; 0 without a title.
    titles : TitleMatch
        Titles and texts of both, the query entered by `note`.

    Returns
    -------
    float
        From 0 to 2.
    """
    query_titles, article_titles, scratch = titles
    texts, values, kind = article_titles.texts, article_titles.values, scratch.kind
    title_part, place_of = scratch.title_part, scratch.place
    of_query, of_article = 0.0, 0.0
    n_words = 0
    for i in range(shared.size):
        place = shared[i]
        term = terms[place]
        value = values[levels[place]]
        if kind[term] & _OF_TITLE and value >> TF_SHIFT:
            of_query += title_part[term]
            place_of[term] = place
            n_words += 1
        if kind[term] & _OF_TEXT and value & IN_TITLE:
            of_article += idf[term]
    if n_words > 0:
        text = texts.text_place[texts.text_ptr[article] : texts.text_ptr[article + 1]]
        phrase_ptr = query_titles.phrase_ptr
        for phrase in range(phrase_ptr[query], phrase_ptr[query + 1]):
            first = _place(query_titles.first[phrase], place_of, terms)
            last = _place(query_titles.last[phrase], place_of, terms)
            if first != NO_PLACE and last != NO_PLACE and _follows(text, first, last):
                of_query += query_titles.phrase_part[phrase]
    if of_article > 0:
        phrase_place, text_pairs = texts.phrase_place, scratch.text_pairs
        for i in range(texts.phrase_ptr[article], texts.phrase_ptr[article + 1]):
            key = pair_key(terms[phrase_place[3 * i]], terms[phrase_place[3 * i + 1]])
            if text_pairs[_slot(text_pairs, n_text, key, query_titles.seed)] == key:
                of_article += PHRASE_WEIGHT * idf[terms[phrase_place[3 * i + 2]]]
        of_article *= inverse_title
    return of_query + of_article


@inner_kernel
def _place(term, place_of, terms):
    """Return the place of a term in a row; `NO_PLACE` if it is not there.

    The place of another row may be left in ``place_of``, or anything.
    """
    place = place_of[term]
    is_here = 0 <= place < terms.size and terms[place] == term
    return place if is_here else NO_PLACE


@inner_kernel
def _follows(text, first, last):
    """Return whether a word of a text follows another, without a branch for each word."""
    first, last = np.uint16(first), np.uint16(last)
    follows = np.uint16(0)
    for i in range(text.size - 1):
        follows |= np.uint16(text[i] == first) & np.uint16(text[i + 1] == last)
    return follows > 0
