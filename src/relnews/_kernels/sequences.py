"""Sequences of three words that two texts have in common, counted by hash tables."""

from __future__ import annotations

import numpy as np

from relnews._kernels import layout
from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.hashing import STEP, pair_key, slot_of
from relnews._kernels.title_match import table_size
from relnews._kernels.wording import BREAK, NO_PLACE

_ONE = np.uint64(1)


@kernel
def read_texts(local, rows, texts, out_ptr, out_word):
    """Copy the words of the texts of articles of a segment, in reading order, to the output.

    Parameters
    ----------
    local : int64[n]
        Local numbers of the articles.
    rows : ArticleRows
        Terms of the segment's articles.
    texts : SegmentTexts
        Texts of the segment's articles.
    out_ptr : int64[n + 1]
        Where the words of each article begin.
    out_word : int32[n_words]
        Out: terms; `BREAK` between two texts.
    """
    for i in range(local.size):
        first, begin = rows.ptr[local[i]], texts.text_ptr[local[i]]
        for at in range(out_ptr[i], out_ptr[i + 1]):
            place = texts.text_place[begin + at - out_ptr[i]]
            out_word[at] = BREAK
            if place != NO_PLACE:
                out_word[at] = layout.term_of(rows.low[first + place], rows.high[first + place])


@inner_kernel
def _slot(words, at, table, seed):
    """Return the slot of the sequence that begins at a word, or an empty slot for it."""
    mask = np.uint64(table.size - 1)
    key = pair_key(words[at], words[at + 1]) + np.uint64(words[at + 2]) * STEP
    slot = slot_of(key, seed, mask)
    while True:
        other = table[slot] - 1
        if other < 0 or (
            words[other] == words[at]
            and words[other + 1] == words[at + 1]
            and words[other + 2] == words[at + 2]
        ):
            return slot
        slot = (slot + _ONE) & mask


@kernel
def count_shared(ptr, words, pairs, seed, table_ptr, tables, out_distinct, out_shared):
    """Write the numbers of distinct sequences of texts, and of sequences that pairs share.

    Parameters
    ----------
    ptr : int64[n_texts + 1]
        Where the words of each text begin.
    words : int32[n_words]
        Words of the texts; negative numbers part two texts.
    pairs : int64[n_pairs, 2]
        Numbers of two texts.
    seed : uint64
        Seed of the hashes.
    table_ptr, tables : int64[n_texts + 1], int32[≥ 4 n_words + 16 n_texts]
        Scratch. Zeros on entry.
    out_distinct : int64[n_texts]
        Distinct sequences of each text.
    out_shared : int64[n_pairs]
        Distinct sequences that both texts have.
    """
    n_texts = out_distinct.size
    for text in range(n_texts):
        table_ptr[text + 1] = table_ptr[text] + table_size(ptr[text + 1] - ptr[text])
    for text in range(n_texts):
        table = tables[table_ptr[text] : table_ptr[text + 1]]
        n = 0
        for at in range(ptr[text], ptr[text + 1] - 2):
            if min(words[at], words[at + 1], words[at + 2]) >= 0:
                slot = _slot(words, at, table, seed)
                n += table[slot] == 0
                table[slot] = at + 1
        out_distinct[text] = n
    for i in range(out_shared.size):
        fewer, more = pairs[i, 0], pairs[i, 1]
        if out_distinct[fewer] > out_distinct[more]:
            fewer, more = more, fewer
        table = tables[table_ptr[more] : table_ptr[more + 1]]
        n = 0
        for slot in range(table_ptr[fewer], table_ptr[fewer + 1]):
            if tables[slot] > 0:
                n += table[_slot(words, np.int64(tables[slot] - 1), table, seed)] > 0
        out_shared[i] = n
