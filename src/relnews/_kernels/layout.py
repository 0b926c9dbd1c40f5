"""Layout of a segment: counts to sorted rows and to postings grouped by value; checks of both.

Two stable counting sorts put the pairs into (term, level, article) order for the postings, which go
to their rows in this order, so that the terms of a row ascend. All of it takes linear time. The
sorts move the pairs and not their positions: what is read lies in order, and less is in memory.
"""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.wording import NO_PLACE, PHRASE


@kernel
def sort_by_level(row_ptr, term, code, level_of, cursor, out_term, out_article):
    """Write the pairs in (level, article) order.

    Parameters
    ----------
    row_ptr : int64[n_articles + 1]
        Where each article's pairs begin.
    term, code : int32[n]
        Term and code of each pair.
    level_of : int32[> highest code]
        Level of each code.
    cursor : int64[n_levels]
        Where each level's pairs begin in the output; on return, where they end.
    out_term : int32[n]
        Term of each pair.
    out_article : uint16[n]
        Local article number of each pair.
    """
    for article in range(row_ptr.size - 1):
        for pair in range(row_ptr[article], row_ptr[article + 1]):
            level = level_of[code[pair]]
            out_term[cursor[level]] = term[pair]
            out_article[cursor[level]] = article
            cursor[level] += 1


@kernel
def sort_by_term(term, article, level_ptr, cursor, out_article, out_level):
    """Write the pairs in (term, level, article) order.

    Parameters
    ----------
    term : int32[n]
        Term of each pair, in (level, article) order.
    article : uint16[n]
        Local article number of each pair, in the same order.
    level_ptr : int64[n_levels + 1]
        Where each level's pairs begin.
    cursor : int64[> highest term]
        Where each term's pairs begin in the output; on return, where they end.
    out_article, out_level : uint16[n]
        Local article number and level of each pair.
    """
    for level in range(level_ptr.size - 1):
        for pair in range(level_ptr[level], level_ptr[level + 1]):
            place = cursor[term[pair]]
            out_article[place] = article[pair]
            out_level[place] = level
            cursor[term[pair]] += 1


@kernel
def group_postings(pair_ptr, level, out_term_ptr, out_group_ptr, out_group_level):
    """Write where the groups of postings begin; return their number.

    Parameters
    ----------
    pair_ptr : int64[n_terms + 1]
        Where each term's pairs begin.
    level : uint16[n]
        Level of each pair, ascending within a term.
    out_term_ptr : int32[n_terms + 1]
        Where each term's groups begin.
    out_group_ptr : int32[≥ n_groups + 1]
        Where each group's articles begin.
    out_group_level : uint16[≥ n_groups]
        Level of each group.

    Returns
    -------
    int
        The number of groups.
    """
    n_groups = 0
    for term in range(pair_ptr.size - 1):
        out_term_ptr[term] = n_groups
        for pair in range(pair_ptr[term], pair_ptr[term + 1]):
            if pair == pair_ptr[term] or level[pair] != level[pair - 1]:
                out_group_ptr[n_groups] = pair
                out_group_level[n_groups] = level[pair]
                n_groups += 1
    out_term_ptr[out_term_ptr.size - 1] = n_groups
    out_group_ptr[n_groups] = level.size
    return n_groups


@kernel
def fill_rows(low, high, postings, cursor, out_low, out_high, out_level):
    """Write the terms of each article, ascending, and their levels.

    Parameters
    ----------
    low : uint16[n_terms]
        Low 16 bits of each term.
    high : uint8[n_terms] or uint16[n_terms]
        Bits above.
    postings : Postings
        Articles of each term.
    cursor : int64[n_articles]
        Where each article's terms begin in the output; on return, where they end.
    out_low, out_high, out_level
        Low bits, bits above and level of each term; uint16[n], but bits above as `high`.
    """
    _, term_ptr, group_ptr, group_level, posting = postings
    for term in range(term_ptr.size - 1):
        for group in range(term_ptr[term], term_ptr[term + 1]):
            for i in range(group_ptr[group], group_ptr[group + 1]):
                place = cursor[posting[i]]
                out_low[place] = low[term]
                out_high[place] = high[term]
                out_level[place] = group_level[group]
                cursor[posting[i]] += 1


@inner_kernel
def term_of(low, high):
    """Return the number of a term from its low 16 bits and the bits above."""
    return np.int64(high) << 16 | np.int64(low)


@inner_kernel
def join(row_low, row_high, out_term):
    """Write the term numbers of a row, or of consecutive rows.

    Parameters
    ----------
    row_low : uint16[n]
        Low 16 bits of each term.
    row_high : uint8[n] or uint16[n]
        Bits above.
    out_term : int32[≥ n]
        Number of each term.
    """
    for i in range(row_low.size):
        out_term[i] = term_of(row_low[i], row_high[i])


@kernel
def rows_are_sound(n_terms, values, rows, texts):
    """Return whether the rows of a segment ascend, and texts and phrases point into them.

    Pointers and levels must have been checked.

    Parameters
    ----------
    n_terms : int
        Terms in the vocabulary.
    values : int32[n_levels]
        The distinct codes.
    rows : ArticleRows
        Terms of each article, which must ascend and be below n_terms.
    texts : SegmentTexts
        Places of words and phrases, which must be places of the row; `NO_PLACE` breaks a text. The
        first two places of a phrase must be words.
    """
    row_ptr, row_low, row_high, row_level = rows
    text_ptr, text_place = texts.text_ptr, texts.text_place
    phrase_ptr, phrase_place = texts.phrase_ptr, texts.phrase_place
    for row in range(row_ptr.size - 1):
        first, end = row_ptr[row], row_ptr[row + 1]
        n = end - first
        n_places = text_ptr[row + 1] - text_ptr[row] + phrase_ptr[row + 1] - phrase_ptr[row]
        if n > 0 and term_of(row_low[end - 1], row_high[end - 1]) >= n_terms:
            return False
        if not _ascend(row_low[first:end], row_high[first:end]) or (n > NO_PLACE and n_places > 0):
            return False
        if _n_places(text_place[text_ptr[row] : text_ptr[row + 1]]) > n:
            return False
        for i in range(3 * phrase_ptr[row], 3 * phrase_ptr[row + 1], 3):
            word, other, phrase = phrase_place[i], phrase_place[i + 1], phrase_place[i + 2]
            if max(word, other, phrase) >= n:
                return False
            if values[row_level[first + word]] == PHRASE or (
                values[row_level[first + other]] == PHRASE
            ):
                return False
    return True


@inner_kernel
def _ascend(low, high):
    """Return whether the terms of a row ascend; without a branch, the compiler vectorizes it."""
    is_wrong = False
    before_low, before_high = low[: low.size - 1], high[: high.size - 1]
    next_low, next_high = low[1:], high[1:]
    for i in range(next_low.size):
        is_wrong |= (next_high[i] < before_high[i]) | (
            (next_high[i] == before_high[i]) & (next_low[i] <= before_low[i])
        )
    return not is_wrong


@inner_kernel
def _n_places(places):
    """Return the highest place plus one, 0 without places: in 16 bits `NO_PLACE` becomes 0."""
    n = np.uint16(0)
    for i in range(places.size):
        n = max(n, np.uint16(places[i] + 1))
    return n
