"""One pass from UTF-8 bytes to term counts and a growing vocabulary.

The vocabulary is an open-addressing table over one blob: slot → 32 bits of hash and term number
+ 1, term number → its bytes in the blob. The pass can stop in the middle of an article when the
table is half full and go on after `rehash`, so no bound on the number of new terms is needed.
"""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel

# Slots of ``state``: where the pass stands.
PART, POSITION, N_TERMS, BLOB_LENGTH, N_PAIRS = range(5)
STATE_LENGTH = 5

DONE, TABLE_FULL = 0, 1

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_LOW = np.uint64(0x00000000FFFFFFFF)


@kernel
def _spread(h):
    """Let every bit of an FNV-1a hash reach the bits that the table uses (Fibonacci hashing)."""
    h ^= h >> np.uint64(29)
    h *= _MIX
    return h ^ (h >> np.uint64(32))


@kernel
def _find(table, blob, term_ptr, h, start, length, source):
    """Return the slot of ``source[start : start + length]``, or the empty one that it goes to."""
    mask = np.uint64(table.size - 1)
    slot = h & mask
    while True:
        entry = table[slot]
        if entry == 0:
            return slot
        if entry & _HIGH == h & _HIGH:
            term = np.int64(entry & _LOW) - 1
            first = term_ptr[term]
            if term_ptr[term + 1] - first == length:
                same = True
                for i in range(length):
                    if blob[first + i] != source[start + i]:
                        same = False
                        break
                if same:
                    return slot
        slot = (slot + np.uint64(1)) & mask


@kernel
def _hash(source, start, length):
    h = _FNV_OFFSET
    for i in range(start, start + length):
        h = (h ^ np.uint64(source[i])) * _FNV_PRIME
    return _spread(h)


@kernel
def count_terms(
    text, part_ptr, part_row, part_weight, is_word, n_stop, min_length,
    table, blob, term_ptr, last_row, last_pair, out_row, out_term, out_count, state,
):  # fmt: skip
    """Count the terms of a batch of articles.

    A term is a maximal run of at least ``min_length`` word characters; ASCII letters are
    lower-cased here, other text comes lower-cased. The terms numbered below ``n_stop`` are the
    stop words.

    Parameters
    ----------
    text : uint8[n_bytes]
        Valid UTF-8 of all parts, one after another.
    part_ptr : int64[n_parts + 1]
        Where each part (a title, a body) begins in the text.
    part_row, part_weight : int32[n_parts]
        The article a part belongs to, ascending, and how much each of its words counts.
    is_word : uint8[0x110000]
        Whether a code point is a word character.
    table : uint64[power of two]
    blob : uint8[≥ length in use + n_bytes]
        Past the length in use it is scratch.
    term_ptr : int64[≥ n_terms + 2 + n_bytes / min_length]
    last_row : int32[like term_ptr]
        The last article each term was met in; -1 at first.
    last_pair : int64[like term_ptr]
        Where that pair is in the output.
    out_row, out_term, out_count : int32[≥ pairs + n_bytes / min_length + 1]
        The distinct (article, term) pairs and how often each occurs, by article.
    state : int64[STATE_LENGTH]
        Where to go on from, and where the pass stopped.

    Returns
    -------
    int
        `DONE`, or `TABLE_FULL` when the caller has to `rehash` and call again.
    """
    part = state[PART]
    position = state[POSITION]
    n_terms = state[N_TERMS]
    blob_length = state[BLOB_LENGTH]
    n_pairs = state[N_PAIRS]
    outcome = DONE
    while part < part_row.size:
        end = part_ptr[part + 1]
        row = part_row[part]
        weight = part_weight[part]
        while position < end:
            if 2 * n_terms >= table.size:
                outcome = TABLE_FULL
                break
            # Copy the run to the end of the blob, lower-cased: if it is new it is already in place.
            length = 0
            n_characters = 0
            h = _FNV_OFFSET
            while position < end:
                byte = text[position]
                if byte < 0x80:
                    if not is_word[byte]:
                        position += 1
                        break
                    if 0x41 <= byte <= 0x5A:
                        byte = np.uint8(byte + 0x20)
                    blob[blob_length + length] = byte
                    h = (h ^ np.uint64(byte)) * _FNV_PRIME
                    length += 1
                    position += 1
                else:
                    if byte < 0xE0:
                        width = 2
                        point = np.int64(byte & 0x1F)
                    elif byte < 0xF0:
                        width = 3
                        point = np.int64(byte & 0x0F)
                    else:
                        width = 4
                        point = np.int64(byte & 0x07)
                    for i in range(1, width):
                        point = (point << 6) | np.int64(text[position + i] & 0x3F)
                    if not is_word[point]:
                        position += width
                        break
                    for i in range(width):
                        byte = text[position + i]
                        blob[blob_length + length + i] = byte
                        h = (h ^ np.uint64(byte)) * _FNV_PRIME
                    length += width
                    position += width
                n_characters += 1
            if n_characters < min_length:
                continue
            h = _spread(h)
            slot = _find(table, blob, term_ptr, h, blob_length, length, blob)
            entry = table[slot]
            if entry == 0:
                term = n_terms
                n_terms += 1
                table[slot] = (h & _HIGH) | np.uint64(n_terms)
                blob_length += length
                term_ptr[n_terms] = blob_length
                last_row[term] = -1
            else:
                term = np.int64(entry & _LOW) - 1
            if term < n_stop:
                continue
            if last_row[term] == row:
                out_count[last_pair[term]] += weight
            else:
                last_row[term] = row
                last_pair[term] = n_pairs
                out_row[n_pairs] = row
                out_term[n_pairs] = term
                out_count[n_pairs] = weight
                n_pairs += 1
        if outcome != DONE:
            break
        part += 1
        if part < part_row.size:
            position = part_ptr[part]
    state[PART] = part
    state[POSITION] = position
    state[N_TERMS] = n_terms
    state[BLOB_LENGTH] = blob_length
    state[N_PAIRS] = n_pairs
    return outcome


@kernel
def rehash(blob, term_ptr, n_terms, out_table):
    """Enter all terms into an empty table, ``out_table : uint64[power of two > n_terms]``."""
    mask = np.uint64(out_table.size - 1)
    for term in range(n_terms):
        first = term_ptr[term]
        h = _hash(blob, first, term_ptr[term + 1] - first)
        slot = h & mask
        while out_table[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        out_table[slot] = (h & _HIGH) | np.uint64(term + 1)


@kernel
def find_terms(table, blob, term_ptr, text, text_ptr, out_term):
    """Look up each ``text[text_ptr[i] : text_ptr[i + 1]]``; its term number or -1 into out_term."""
    for i in range(out_term.size):
        start = text_ptr[i]
        length = text_ptr[i + 1] - start
        h = _hash(text, start, length)
        slot = _find(table, blob, term_ptr, h, start, length, text)
        out_term[i] = np.int64(table[slot] & _LOW) - 1
