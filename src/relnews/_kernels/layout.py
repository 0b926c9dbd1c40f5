"""Layout of a segment: counts to sorted rows and to postings grouped by value; checks of both.

Stable counting sorts put the pairs into (term, level, article) order for the postings. In this
order they go to their rows, so that the terms of a row ascend. All of it takes linear time.
"""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.wording import NO_PLACE, PHRASE


@kernel
def order_by(keys, order, cursor, out_order):
    """Put ``order`` into ascending order of ``keys[order[i]]``, stably.

    Parameters
    ----------
    keys : int32[n]
        From 0 to n_keys - 1.
    order : int32[n]
        Positions in ``keys``.
    cursor : int64[n_keys]
        Where each key's run begins in the output; on return, where it ends.
    out_order : int32[n]
        The positions in ascending order of their keys.
    """
    for i in range(order.size):
        position = order[i]
        key = keys[position]
        out_order[cursor[key]] = position
        cursor[key] += 1


@kernel
def group_postings(
    term, level, article, order, out_article, out_term_ptr, out_group_ptr, out_group_level
):
    """Write postings in (term, level, article) order; return the number of groups.

    Parameters
    ----------
    term, level, article : int32[n]
        Term, level and local article number of each pair.
    order : int32[n]
        The pairs by (term, level, article).
    out_article : uint16[n]
        Local article number of each pair, in the new order.
    out_term_ptr : int32[n_terms + 1]
        Where each term's groups begin. Every term has at least one pair.
    out_group_ptr : int32[≥ n_groups + 1]
        Where each group's articles begin.
    out_group_level : uint16[≥ n_groups]
        Level of each group.

    Returns
    -------
    int
        The number of groups.
    """
    n_terms = n_groups = 0
    last_term = -1
    last_level = -1
    for i in range(order.size):
        pair = order[i]
        if term[pair] != last_term or level[pair] != last_level:
            if term[pair] != last_term:
                last_term = term[pair]
                out_term_ptr[n_terms] = n_groups
                n_terms += 1
            last_level = level[pair]
            out_group_ptr[n_groups] = i
            out_group_level[n_groups] = last_level
            n_groups += 1
        out_article[i] = article[pair]
    out_term_ptr[out_term_ptr.size - 1] = n_groups
    out_group_ptr[n_groups] = order.size
    return n_groups


@kernel
def fill_rows(term, level, order, posting, cursor, out_term, out_level):
    """Write the terms of each article, ascending, and their levels.

    Parameters
    ----------
    term, level : int32[n]
        Term and level of each pair.
    order : int32[n]
        The pairs by (term, level, article).
    posting : uint16[n]
        Local article number of each pair, in this order.
    cursor : int64[n_articles]
        Where each article's terms begin in the output; on return, where they end.
    out_term : int32[n]
        Terms.
    out_level : uint16[n]
        Levels.
    """
    for i in range(order.size):
        place = cursor[posting[i]]
        out_term[place] = term[order[i]]
        out_level[place] = level[order[i]]
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
        first = row_ptr[row]
        n = row_ptr[row + 1] - first
        lowest, last = np.int64(1), np.int64(-1)
        for i in range(first, row_ptr[row + 1]):
            term = term_of(row_low[i], row_high[i])
            lowest = min(lowest, term - last)
            last = term
        n_places = text_ptr[row + 1] - text_ptr[row] + phrase_ptr[row + 1] - phrase_ptr[row]
        if lowest <= 0 or last >= n_terms or (n > NO_PLACE and n_places > 0):
            return False
        highest = np.int64(-1)
        for i in range(text_ptr[row], text_ptr[row + 1]):
            highest = max(highest, -1 if text_place[i] == NO_PLACE else np.int64(text_place[i]))
        for i in range(3 * phrase_ptr[row], 3 * phrase_ptr[row + 1]):
            highest = max(highest, np.int64(phrase_place[i]))
        if highest >= n:
            return False
        for i in range(3 * phrase_ptr[row], 3 * phrase_ptr[row + 1], 3):
            for place in phrase_place[i : i + 2]:
                if values[row_level[first + place]] == PHRASE:
                    return False
    return True
