"""The characters of terms: what they are sorted by, and how they are written."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.machine import load_word, store_word
from relnews._kernels.runs import decode_character


@kernel
def alphabet(blob, n_bytes, out_seen):
    """Mark the characters of a text.

    Parameters
    ----------
    blob : uint8[≥ n_bytes]
        UTF-8.
    n_bytes : int
    out_seen : uint8[0x110000]
        Zeros; 1 for code points that occur.

    Returns
    -------
    int
        The highest code point.
    """
    highest = 0
    i = 0
    while i < n_bytes:
        width, point = decode_character(blob, i)
        out_seen[point] = 1
        highest = max(highest, point)
        i += width
    return highest


@kernel
def sort_keys(blob, term_ptr, terms, group, group_bits, rank, rank_bits, position, out_key):
    """Pack a group and the next characters of each term into a number that sorts like them.

    Parameters
    ----------
    blob : uint8[any]
        Terms in UTF-8.
    term_ptr : int64[n_terms + 1]
    terms : int64[n]
    group : uint64[n]
        What comes first, below 2 ** group_bits.
    group_bits : int
    rank : int64[highest code point + 1]
        From 1 on, in the order of code points; below 2 ** rank_bits.
    rank_bits : int
    position : int64[n]
        Where to go on in blob; brought up to date.
    out_key : uint64[n]
        As many characters as there is room for; zeros behind the last.
    """
    n_characters = (64 - group_bits) // rank_bits
    for i in range(terms.size):
        key = group[i]
        at = position[i]
        end = term_ptr[terms[i] + 1]
        n = 0
        while n < n_characters and at < end:
            width, point = decode_character(blob, at)
            key = (key << np.uint64(rank_bits)) | np.uint64(rank[point])
            at += width
            n += 1
        position[i] = at
        out_key[i] = key << np.uint64(rank_bits * (n_characters - n))


@kernel
def spell(words, blob, term_ptr, out_blob):
    """Write terms of one or more words: a space between two, and a line for each term.

    Parameters
    ----------
    words : int64[n_terms, longest]
        Numbers of words; -1 behind the last.
    blob : uint8[≥ 8 + what is in use]
    term_ptr : int64[≥ n_words + 1]
        Where each word begins in blob.
    out_blob : uint8[what they need + 8]
    """
    at = 0
    for term in range(words.shape[0]):
        for i in range(words.shape[1]):
            word = words[term, i]
            if word < 0:
                break
            first = term_ptr[word]
            length = term_ptr[word + 1] - first
            # Eight bytes at a time; what was too much is overwritten by what comes next.
            for byte in range(0, length, 8):
                store_word(out_blob, at + byte, load_word(blob, first + byte))
            at += length
            out_blob[at] = 0x20
            at += 1
        out_blob[at - 1] = 0x0A
