"""From the runs of a batch to the words of articles in their order, plurals folded."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel

# The bits of a code, which says how an article has a term: as a phrase of the title, in the title,
# and, above those, how often in the text.
PHRASE, IN_TITLE, TF_SHIFT = 1, 2, 2

#: Between two texts of one article: no phrase goes across.
BREAK = -1

#: The same among places in a row.
NO_PLACE = np.uint16(0xFFFF)

_A, _E, _I, _S, _U, _Y = (np.uint8(ord(letter)) for letter in "aeisuy")


@kernel
def fold_plurals(text, start, end, n_runs, part_ptr, part_folds):
    """Take the s off plurals, by the three rules of Harman's S stemmer; in place.

    -ies, but not -eies or -aies, becomes -y; of every other -s, but not of -us or -ss, the s goes.
    Words of up to three characters stay.

    Parameters
    ----------
    text : uint8[n_bytes]
    start, end : int32[≥ n_runs]
    n_runs : int
    part_ptr : int64[n_parts + 1]
        Where each part begins; the last element is above every start.
    part_folds : uint8[n_parts]
        Whether the words of a part are folded.
    """
    part = 0
    for run in range(n_runs):
        while start[run] >= part_ptr[part + 1]:
            part += 1
        last = np.int64(end[run]) - 1
        if not part_folds[part] or text[last] != _S or _is_short(text, start[run], last):
            continue
        before, second = text[last - 1], text[last - 2]
        if before == _E:
            third = text[last - 3]
            if second == _I and third != _E and third != _A:
                text[last - 2] = _Y
                end[run] = last - 1
                continue
            end[run] = last
        elif before != _U and before != _S:
            end[run] = last


@kernel
def _is_short(text, first, last):
    """Say whether a word has no more than three characters."""
    n = 0
    for i in range(max(first, last - 15), last + 1):  # a character has up to four bytes
        n += text[i] & 0xC0 != 0x80
    return n < 4


@kernel
def words_in_order(runs, part_is_text, n_stop, out_ptr, out):
    """Write the words of each row's texts in their order, without stop words.

    Parameters
    ----------
    runs : TermRuns
        A word that is unknown counts as a `BREAK`.
    part_is_text : uint8[n_parts]
    n_stop : int
        Terms numbered below do not count.
    out_ptr : int64[n_rows + 1]
    out : int32[≥ n_runs + n_parts]
        `BREAK` stands between two texts of a row.

    Returns
    -------
    int
        How many were written.
    """
    term, start, n_runs, part_ptr, part_row = runs
    n = 0
    run = 0
    part = 0
    for row in range(out_ptr.size - 1):
        out_ptr[row] = n
        while part < part_row.size and part_row[part] == row:
            if part_is_text[part] and n > out_ptr[row]:
                out[n] = BREAK
                n += 1
            while run < n_runs and start[run] < part_ptr[part + 1]:
                if part_is_text[part] and (term[run] >= n_stop or term[run] == BREAK):
                    out[n] = term[run]
                    n += 1
                run += 1
            part += 1
    out_ptr[out_ptr.size - 1] = n
    return n


@kernel
def places_in_rows(row_ptr, row_term, ptr, term, place_of, out):
    """Write terms as places in their row.

    Parameters
    ----------
    row_ptr : int64[n_rows + 1]
    row_term : int32[n_pairs]
        At most 65,535 a row, among them every one of ``term``.
    ptr : int64[n_rows + 1]
    term : int32[n]
        `BREAK` becomes `NO_PLACE`.
    place_of : uint16[≥ n_terms]
        Scratch.
    out : uint16[n]
    """
    for row in range(row_ptr.size - 1):
        for i in range(row_ptr[row], row_ptr[row + 1]):
            place_of[row_term[i]] = i - row_ptr[row]
        for i in range(ptr[row], ptr[row + 1]):
            out[i] = NO_PLACE if term[i] == BREAK else place_of[term[i]]


@kernel
def count_in_titles(place, words, postings, values, out):
    """Count which of some words are in the titles of articles.

    Parameters
    ----------
    place : int64[n_words]
        Where each of the words is among the terms, if it is.
    words : int32[n_words]
    postings : Postings
    values : int32[n_levels]
        The code of each level.
    out : int32[n_articles]
        Zeros.
    """
    term, term_ptr, group_ptr, group_level, posting = postings
    for i in range(words.size):
        if place[i] == term.size or term[place[i]] != words[i]:
            continue
        for group in range(term_ptr[place[i]], term_ptr[place[i] + 1]):
            if values[group_level[group]] & IN_TITLE:
                for p in range(group_ptr[group], group_ptr[group + 1]):
                    out[posting[p]] += 1
