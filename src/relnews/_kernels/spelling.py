"""Characters of terms: keys to sort terms by, and the names of terms."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.machine import load_word, store_word
from relnews._kernels.runs import decode_character


@kernel
def alphabet(blob, n_bytes, out_seen):
    """Mark the characters of a text; return the highest code point.

    Parameters
    ----------
    blob : uint8[≥ n_bytes]
        UTF-8.
    n_bytes : int
        Bytes to read.
    out_seen : uint8[0x110000]
        Zeros on entry; 1 for code points that occur.

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
    """Write a number for each term that sorts like its group and its next characters.

    Parameters
    ----------
    blob : uint8[any]
        Terms in UTF-8.
    term_ptr : int64[n_terms + 1]
        Where each term begins in the blob.
    terms : int64[n]
        Numbers of the terms to sort.
    group : uint64[n]
        Rank of each term's preceding characters, below 2 ** group_bits.
    group_bits : int
        Bits of a group.
    rank : int64[highest code point + 1]
        Rank of each code point, from 1 on, below 2 ** rank_bits; code points that occur ascend.
    rank_bits : int
        Bits of a rank.
    position : int64[n]
        Next byte of each term in the blob; updated.
    out_key : uint64[n]
        Group, then as many ranks as fit into 64 bits; zeros behind the last character.
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
    """Write the names of terms: a space between two words, and a line for each term.

    Parameters
    ----------
    words : int64[n_terms, longest]
        Numbers of each term's words; -1 behind the last.
    blob : uint8[≥ n_bytes + 8]
        Words in UTF-8, one after another.
    term_ptr : int64[≥ n_words + 1]
        Where each word begins in the blob.
    out_blob : uint8[n_out_bytes + 8]
        The lines in UTF-8; the last 8 bytes are padding.
    """
    at = 0
    for term in range(words.shape[0]):
        for i in range(words.shape[1]):
            word = words[term, i]
            if word < 0:
                break
            first = term_ptr[word]
            length = term_ptr[word + 1] - first
            # Always eight bytes; the next word overwrites the surplus.
            for byte in range(0, length, 8):
                store_word(out_blob, at + byte, load_word(blob, first + byte))
            at += length
            out_blob[at] = 0x20
            at += 1
        out_blob[at - 1] = 0x0A
