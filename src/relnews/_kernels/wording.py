"""Word order of the texts of a batch, and folding of plurals."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel

# The code of an article's term. Bit 0: a phrase of the title. Bit 1: a word of the
# title. Bits from 2 on: number of occurrences in the text.
PHRASE, IN_TITLE, TF_SHIFT = 1, 2, 2

#: Word between two texts of one article, so that no phrase spans both.
BREAK = -1

#: `BREAK` among places in a row.
NO_PLACE = np.uint16(0xFFFF)

_A, _E, _I, _S, _U, _Y = (np.uint8(ord(letter)) for letter in "aeisuy")


@kernel
def fold_plurals(text, start, end, n_runs, part_ptr, part_folds, has_ies):
    """Fold plurals in place, in English by the three rules of Harman's S stemmer.

    In English -ies becomes -y, except in -eies and -aies. Every other -s goes, except in -us, -ss.
    Words of up to three characters stay, in French of up to four: *mois* is not *moi*.

    Parameters
    ----------
    text : uint8[n_bytes]
        Lower-cased UTF-8; -ies is overwritten by -y.
    start, end : int32[≥ n_runs]
        First byte of each run, and the byte after its last; ends are updated.
    n_runs : int
        Number of runs.
    part_ptr : int64[n_parts + 1]
        Where each part begins; the last element is above every start.
    part_folds : uint8[n_parts]
        1 if the words of the part are folded.
    has_ies : bool
        Whether the language is English; in French -ies only loses its s.
    """
    least = 4 if has_ies else 5
    part = 0
    for run in range(n_runs):
        while start[run] >= part_ptr[part + 1]:
            part += 1
        last = np.int64(end[run]) - 1
        if not part_folds[part] or text[last] != _S or _is_short(text, start[run], last, least):
            continue
        before, second = text[last - 1], text[last - 2]
        if has_ies and before == _E:
            third = text[last - 3]
            if second == _I and third != _E and third != _A:
                text[last - 2] = _Y
                end[run] = last - 1
                continue
            end[run] = last
        elif before != _U and before != _S:
            end[run] = last


@inner_kernel
def _is_short(text, first, last, least):
    """Return whether a word has fewer than ``least`` characters."""
    n = 0
    for i in range(max(first, last - 19), last + 1):  # a character has up to four bytes
        n += text[i] & 0xC0 != 0x80
    return n < least


@kernel
def words_in_order(runs, part_is_text, n_stop, out_ptr, out):
    """Write the words of each row's texts in reading order, without stop words; return how many.

    Parameters
    ----------
    runs : TermRuns
        Terms of the batch. An unknown word counts as a `BREAK`.
    part_is_text : uint8[n_parts]
        1 if the part is a text whose word order counts.
    n_stop : int
        Terms numbered below are stop words and are skipped.
    out_ptr : int64[n_rows + 1]
        Where each row's words begin in ``out``.
    out : int32[≥ n_runs + n_parts]
        `BREAK` stands between two texts of a row.

    Returns
    -------
    int
        Number of words written, breaks included.
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
def places_in_rows(row_ptr, row_low, row_high, ptr, term, place_of, out):
    """Write terms as places in their row.

    Parameters
    ----------
    row_ptr : int64[n_rows + 1]
        Where each row's terms begin.
    row_low : uint16[n_pairs]
        Low 16 bits of each row's terms: at most 65,535, and every word of ``term`` among them.
    row_high : uint8[n_pairs] or uint16[n_pairs]
        Bits above.
    ptr : int64[n_rows + 1]
        Where each row's words begin in ``term``.
    term : int32[n]
        Words of each row; `BREAK` becomes `NO_PLACE`.
    place_of : uint16[≥ n_terms]
        Scratch.
    out : uint16[n]
        Place of each word in its row.
    """
    for row in range(row_ptr.size - 1):
        for i in range(row_ptr[row], row_ptr[row + 1]):
            place_of[np.int64(row_high[i]) << 16 | row_low[i]] = i - row_ptr[row]
        for i in range(ptr[row], ptr[row + 1]):
            out[i] = NO_PLACE if term[i] == BREAK else place_of[term[i]]


@kernel
def count_in_titles(place, words, postings, values, out):
    """Write the number of given words in the title of each article.

    Parameters
    ----------
    place : int64[n_words]
        Place of each word among the segment's terms, as `places_among` returns it.
    words : int32[n_words]
        The words, all different.
    postings : Postings
        Articles of each term.
    values : int32[n_levels]
        Code of each level.
    out : int32[n_articles]
        Zeros on entry.
    """
    term, term_ptr, group_ptr, group_level, posting = postings
    for i in range(words.size):
        if place[i] == term.size or term[place[i]] != words[i]:
            continue
        for group in range(term_ptr[place[i]], term_ptr[place[i] + 1]):
            if values[group_level[group]] & IN_TITLE:
                for p in range(group_ptr[group], group_ptr[group + 1]):
                    out[posting[p]] += 1
