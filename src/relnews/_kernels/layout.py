"""Layout of a segment: counts to sorted rows and to postings grouped by value; checks of both.

Stable counting sorts put the pairs into (term, level, article) order for the postings, and into
(article, term) order for the rows, in linear time.
"""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.wording import NO_PLACE, PHRASE

#: Catalogue keys are below this.
_KEYS = np.iinfo(np.int64).max


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
        Local term number, level and local article number of each pair.
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
    n_groups = 0
    last_term = -1
    last_level = -1
    for i in range(order.size):
        pair = order[i]
        if term[pair] != last_term or level[pair] != last_level:
            if term[pair] != last_term:
                last_term = term[pair]
                out_term_ptr[last_term] = n_groups
            last_level = level[pair]
            out_group_ptr[n_groups] = i
            out_group_level[n_groups] = last_level
            n_groups += 1
        out_article[i] = article[pair]
    out_term_ptr[out_term_ptr.size - 1] = n_groups
    out_group_ptr[n_groups] = order.size
    return n_groups


@kernel
def term_of(low, high):
    """Return the number of a term from its low 16 bits and the bits above."""
    return np.int64(high) << 16 | np.int64(low)


@kernel
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
def _none_above(numbers, limit):
    """Return whether all numbers are below a limit and none is negative."""
    highest = np.int64(-1)
    lowest = np.int64(0)
    for i in range(numbers.size):
        highest = max(highest, np.int64(numbers[i]))
        lowest = min(lowest, np.int64(numbers[i]))
    return highest < limit and lowest >= 0


@kernel
def _ascends(ptr, last):
    """Return whether pointers begin with 0, never decrease, and end with ``last``."""
    # The range is checked first: differences of pointers out of range may wrap around.
    if ptr[0] != 0 or ptr[ptr.size - 1] != last or not _none_above(ptr, last + 1):
        return False
    lowest = ptr[0]
    for i in range(1, ptr.size):
        lowest = min(lowest, ptr[i] - ptr[i - 1])
    return lowest >= 0


@kernel
def _are_of_rows(row_ptr, ptr, place, width, may_break):
    """Return whether each place is a place of its row, or `NO_PLACE` if breaks are allowed."""
    for row in range(row_ptr.size - 1):
        n = row_ptr[row + 1] - row_ptr[row]
        if n > NO_PLACE and ptr[row + 1] > ptr[row]:
            return False
        highest = np.int64(-1)
        for i in range(width * ptr[row], width * ptr[row + 1]):
            highest = max(highest, -1 if may_break and place[i] == NO_PLACE else np.int64(place[i]))
        if highest >= n:
            return False
    return True


@kernel
def _are_words(row_ptr, row_level, values, phrase_ptr, phrase_place):
    """Return whether the first and the last word of each phrase are words, not phrases."""
    for row in range(row_ptr.size - 1):
        for i in range(3 * phrase_ptr[row], 3 * phrase_ptr[row + 1], 3):
            for place in phrase_place[i : i + 2]:
                if values[row_level[row_ptr[row] + place]] == PHRASE:
                    return False
    return True


@kernel
def _rows_ascend(row_ptr, row_low, row_high, n_terms):
    """Return whether the terms of each row ascend and are below n_terms."""
    for row in range(row_ptr.size - 1):
        lowest, last = np.int64(1), np.int64(-1)
        for i in range(row_ptr[row], row_ptr[row + 1]):
            term = term_of(row_low[i], row_high[i])
            lowest = min(lowest, term - last)
            last = term
        if lowest <= 0 or last >= n_terms:
            return False
    return True


@kernel
def is_sound(n_terms, key, published, values, rows, postings, texts):
    """Return whether the arrays of a segment point only into each other; lengths are not checked.

    Parameters
    ----------
    n_terms : int
        Terms in the vocabulary.
    key, published : int64[n_articles]
        Catalogue key and timestamp of each article.
    values : int32[n_levels]
        The distinct codes, which must ascend.
    rows : ArticleRows
        Terms of each article.
    postings : Postings
        Articles of each term.
    texts : SegmentTexts
        Word order and phrases.
    """
    row_ptr, row_low, row_high, row_level = rows
    term, term_ptr, group_ptr, group_level, posting = postings
    if not (
        _ascends(row_ptr, row_low.size)
        and _ascends(term_ptr, group_level.size)
        and _ascends(group_ptr, posting.size)
        and _none_above(term, n_terms)
        and _none_above(row_level, values.size)
        and _none_above(group_level, values.size)
        and _none_above(posting, published.size)
        and _none_above(key, _KEYS)
        and _none_above(texts.pair_term, term.size)
        and _ascends(texts.text_ptr, texts.text_place.size)
        and _ascends(texts.phrase_ptr, texts.phrase_place.size // 3)
        and _are_of_rows(row_ptr, texts.text_ptr, texts.text_place, 1, True)
        and _are_of_rows(row_ptr, texts.phrase_ptr, texts.phrase_place, 3, False)
    ):
        return False
    last = 0
    for i in range(values.size):
        if values[i] <= last:
            return False
        last = values[i]
    for i in range(1, published.size):
        if published[i] < published[i - 1]:
            return False
    for i in range(1, term.size):
        if term[i] <= term[i - 1]:
            return False
    return _rows_ascend(row_ptr, row_low, row_high, n_terms) and _are_words(
        row_ptr, row_level, values, texts.phrase_ptr, texts.phrase_place
    )
