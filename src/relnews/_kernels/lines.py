"""Lines of the texts of a batch: their words, their hashes, and cutting them out."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.hashing import SECRET, STEP
from relnews._kernels.machine import load_word, multiply_fold
from relnews._kernels.wording import BREAK, TF_SHIFT

#: Hash of the `BREAK` between two texts, which is of no line.
NO_LINE = np.uint64(0)

# What becomes of a line. A break stays unless nothing is left before it.
STAYS, GOES, IS_BREAK = 0, 1, 2

_NEW_LINE = 0x0A
_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
_WORD_BITS = np.uint64(64)


@kernel
def mark_line_starts(runs, out):
    """Write 1 for each run that a line feed separates from the run before it, otherwise 0.

    Parameters
    ----------
    runs : RunArrays
        Runs of a batch, before names are marked, which overwrites the byte after a run.
    out : uint8[≥ n_runs]
        The marks.
    """
    text, start, end, n_runs = runs
    gap = np.int64(0)
    for run in range(n_runs):
        out[run] = 0
        for i in range(gap, start[run]):
            if text[i] == _NEW_LINE:
                out[run] = 1
        gap = np.int64(end[run])


@kernel
def lines_in_order(runs, starts_line, terms, part_is_text, n_stop, out_ptr, out_words, out_hash):
    """Write the lines of each row's texts; together they have the words of `words_in_order`.

    Parameters
    ----------
    runs : RunArrays
        Runs of the batch.
    starts_line : uint8[≥ n_runs]
        1 if the run is the first of its line, as `mark_line_starts` writes it.
    terms : TermRuns
        Terms of the same runs.
    part_is_text : uint8[n_parts]
        1 if the part is a text whose lines count.
    n_stop : int
        Terms numbered below are stop words and are skipped.
    out_ptr : int64[n_rows + 1]
        Where each row's lines begin. Lines without words are left out.
    out_words : int32[≥ n_runs + n_parts]
        Number of words of each line.
    out_hash : uint64[≥ n_runs + n_parts]
        Hash of the spelling of its words, or `NO_LINE` for the `BREAK` between two texts. It does
        not depend on the numbers of terms.
    """
    text, start, end, n_runs = runs
    term, _, _, part_ptr, part_row = terms
    n = 0
    run = 0
    part = 0
    for row in range(out_ptr.size - 1):
        out_ptr[row] = n
        while part < part_row.size and part_row[part] == row:
            if part_is_text[part] and n > out_ptr[row]:
                out_words[n] = 1
                out_hash[n] = NO_LINE
                n += 1
            n_words = 0
            key = np.uint64(0)
            while run < n_runs and start[run] < part_ptr[part + 1]:
                if part_is_text[part]:
                    if n_words > 0 and starts_line[run]:
                        out_words[n] = n_words
                        out_hash[n] = _not_zero(key)
                        n += 1
                        n_words = 0
                        key = np.uint64(0)
                    if term[run] >= n_stop or term[run] == BREAK:
                        key = _with_word(key, text, np.int64(start[run]), np.int64(end[run]))
                        n_words += 1
                run += 1
            if n_words > 0:
                out_words[n] = n_words
                out_hash[n] = _not_zero(key)
                n += 1
            part += 1
    out_ptr[out_ptr.size - 1] = n


@inner_kernel
def _not_zero(key):
    """Return a hash that is not `NO_LINE`."""
    return key if key != NO_LINE else np.uint64(1)


@inner_kernel
def _with_word(key, text, first, last):
    """Return the hash of a line with one more word, eight bytes at a time."""
    length = np.uint64(last - first)
    while last - first > 8:
        key = multiply_fold(key ^ load_word(text, first), SECRET) + STEP
        first += 8
    n_bits = np.uint64(8 * (last - first))
    word = load_word(text, first) & (_ONES >> (_WORD_BITS - n_bits))
    return multiply_fold(key ^ word, SECRET ^ length) + STEP


@kernel
def cut_lines(line_ptr, line_words, line_fate, counts, text_ptr, text, tally):
    """Cut lines out of the counts and the word order of articles, in place.

    Parameters
    ----------
    line_ptr : int64[n_rows + 1]
        Where each row's lines begin.
    line_words : int32[n_lines]
        Number of words of each line.
    line_fate : uint8[n_lines]
        `STAYS`, `GOES` or `IS_BREAK`.
    counts : CountArrays
        Terms and codes of each row; pairs without an occurrence left go.
    text_ptr : int64[n_rows + 1]
        Where each row's words begin in ``text``.
    text : int32[n_words]
        Words of each row's lines in order.
    tally : int32[≥ n_terms]
        Scratch space; all zeros before and after the call.
    """
    row_ptr, term, code = counts
    n_words = 0
    n_pairs = 0
    word = 0
    pair = 0
    for row in range(line_ptr.size - 1):
        last = row_ptr[row + 1]
        text_ptr[row] = n_words
        row_ptr[row] = n_pairs
        for line in range(line_ptr[row], line_ptr[row + 1]):
            fate = line_fate[line]
            goes = fate == GOES or (fate == IS_BREAK and n_words == text_ptr[row])
            for _ in range(line_words[line]):
                if not goes:
                    text[n_words] = text[word]
                    n_words += 1
                elif text[word] >= 0:
                    tally[text[word]] += 1
                word += 1
        while pair < last:
            left = code[pair] - (tally[term[pair]] << TF_SHIFT)
            tally[term[pair]] = 0
            if left > 0:
                term[n_pairs] = term[pair]
                code[n_pairs] = left
                n_pairs += 1
            pair += 1
    text_ptr[text_ptr.size - 1] = n_words
    row_ptr[row_ptr.size - 1] = n_pairs
