"""Counts of words and phrases in each article, from the term number of each token.

Phrases (n-grams) get numbers from a second open-addressing table. The key of a phrase of n words is
the number of its first n - 1 words and the number of its last word. The table outgrows every cache,
so its slots are prefetched `_AHEAD` words ahead.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.hashing import pair_key, slot_of
from relnews._kernels.machine import prefetch
from relnews._kernels.tokens import UNKNOWN

# Slots of ``state`` of `count_phrases`.
ROW, PART, RUN, N_PHRASES, N_PAIRS = range(5)
STATE_LENGTH = 5

DONE, TABLE_FULL, CROWDED = 0, 1, 2

#: Probes for a phrase before the table gets another seed.
LONGEST_PROBE = 1024

#: Bit of a phrase's key that is set if its first part is a phrase itself.
OF_PHRASE = np.uint64(1 << 63)

_ONE = np.uint64(1)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)

#: Words that a slot is prefetched ahead of its use. 32, 64 and 128 were 20 to 50 % slower:
#: each phrase misses all caches, and more than a dozen misses under way are no faster.
_AHEAD = 12

#: Runs skipped at a time when looking for the end of a part.
_STRIDE = 16


class PhraseScratch(NamedTuple):
    """Scratch arrays of `count_phrases`.

    Parameters
    ----------
    words, prefix : int32[≥ most runs of a part]
        Words of a part; number of the word or phrase that begins at each of them.
    touched : uint64[≥ most runs of a row × (max_n - 1)]
        Slots of the row's phrases.
    """

    words: Any
    prefix: Any
    touched: Any


@kernel
def count_terms(runs, part_weight, n_stop, tally, out):
    """Count the terms of each row (article) of a batch; return the number of pairs.

    Parameters
    ----------
    runs : TermRuns
        Terms of the batch.
    part_weight : int32[n_parts]
        Added to the count for each word of a part.
    n_stop : int
        Terms numbered below are stop words and are not counted.
    tally : int32[≥ n_terms]
        Zeros; and zeros again on return.
    out : CountArrays
        Room for n_runs + 1 pairs. Each row's terms come in the order of their first occurrence.

    Returns
    -------
    int
        The number of pairs.
    """
    term, start, n_runs, part_ptr, part_row = runs
    out_row_ptr, out_term, out_count = out
    n_pairs = np.uint64(0)
    run = 0
    part = 0
    for row in range(out_row_ptr.size - 1):
        first = n_pairs
        out_row_ptr[row] = n_pairs
        while part < part_row.size and part_row[part] == row:
            weight = part_weight[part]
            part += 1
            # With the end found first, tallying a word takes 1.8 ns instead of 3.1.
            last = _last_run(start, run, n_runs, part_ptr[part])
            for i in range(run, last):
                # Without a branch: the processor cannot predict stop words or new words.
                counts = term[i] >= n_stop
                number = np.uint64(term[i] if counts else 0)
                so_far = tally[number]
                out_term[n_pairs] = term[i]
                n_pairs += np.uint64(counts & (so_far == 0))
                tally[number] = so_far + (weight if counts else 0)
            run = last
        for pair in range(first, n_pairs):
            number = np.uint64(out_term[pair])
            out_count[pair] = tally[number]
            tally[number] = 0
    out_row_ptr[out_row_ptr.size - 1] = n_pairs
    return n_pairs


@inner_kernel
def _last_run(start, run, n_runs, end):
    """Return the first run, from ``run`` on, that does not begin before ``end``."""
    while run + _STRIDE < n_runs and start[run + _STRIDE] < end:
        run += _STRIDE
    while run < n_runs and start[run] < end:
        run += 1
    return run


@inner_kernel
def _find(table, key, seed, mask):
    """Return the slot of a key, or an empty slot for it; the table's size after too many probes."""
    slot = slot_of(key, seed, mask)
    for _ in range(LONGEST_PROBE):
        found = table[slot << _ONE]
        if found == key or found == 0:
            return slot
        slot = (slot + _ONE) & mask
    return mask + _ONE


@kernel
def has_room(n_phrases, size):
    """Return whether a table of ``size`` elements may hold this number of phrases.

    Up to three slots in four are filled: fresh memory costs more than longer probes.
    """
    return 8 * n_phrases <= 3 * size


@kernel
def count_phrases(runs, n_stop, lengths, grow, seed, table, scratch, state, out):
    """Count the phrases of min_n to max_n words of each row of a batch; return the outcome.

    Stop words and runs that are no terms are skipped: the words on both sides are neighbours. An
    unknown word belongs to no phrase and separates the words on both sides.

    Parameters
    ----------
    runs, n_stop
        As for `count_terms`.
    lengths : pair of int
        Minimum and maximum number of words of a phrase, min_n and max_n; both at least 2.
    grow : bool
        Number new phrases; otherwise new phrases are not counted.
    seed : uint64
        Seed of the hashes.
    table : uint64[2 × power of two]
        Two elements a slot: the key; the number + 1 (high half) and the row's tally (low half).
    scratch : PhraseScratch
        Overwritten.
    state : int64[STATE_LENGTH]
        Position to continue from; updated.
    out : CountArrays
        Counts of phrases; room for n_runs × (max_n - 1) pairs.

    Returns
    -------
    int
        `DONE`. `TABLE_FULL`: call again with a larger table. `CROWDED`: call again with a table
        under another seed.
    """
    term, start, n_runs, part_ptr, part_row = runs
    out_row_ptr, out_phrase, out_count = out
    words, prefix, touched = scratch
    min_n, max_n = lengths
    mask = np.uint64(table.size // 2 - 1)
    row = state[ROW]
    part = state[PART]
    run = state[RUN]
    n_phrases = state[N_PHRASES]
    n_pairs = state[N_PAIRS]
    outcome = DONE
    while row < out_row_ptr.size - 1:
        # The runs of this row. The row is begun only if the table has room for all its phrases.
        last_part = part
        while last_part < part_row.size and part_row[last_part] == row:
            last_part += 1
        n_runs_of_row = 0
        while (
            run + n_runs_of_row < n_runs
            and last_part > part
            and start[run + n_runs_of_row] < part_ptr[last_part]
        ):
            n_runs_of_row += 1
        most = n_runs_of_row * (max_n - 1)
        if grow and not has_room(n_phrases + most, table.size):
            outcome = TABLE_FULL
            break
        out_row_ptr[row] = n_pairs
        n_touched = 0
        first_phrase = n_phrases
        while part < last_part and outcome == DONE:
            n_words = 0
            while run < n_runs and start[run] < part_ptr[part + 1]:
                words[n_words] = term[run]
                prefix[n_words] = term[run]
                n_words += np.uint64((term[run] == UNKNOWN) | (term[run] >= n_stop))
                run += 1
            for n in range(2, max_n + 1):
                flag = np.uint64(0) if n == 2 else OF_PHRASE
                for i in range(n_words - n + 1):
                    ahead = i + _AHEAD
                    if ahead + n <= n_words and prefix[ahead] >= 0:
                        key = pair_key(prefix[ahead], words[ahead + n - 1]) | flag
                        prefetch(table, np.int64(slot_of(key, seed, mask) << _ONE))
                    if prefix[i] < 0 or words[i + n - 1] < 0:
                        prefix[i] = UNKNOWN
                        continue
                    key = pair_key(prefix[i], words[i + n - 1]) | flag
                    slot = _find(table, key, seed, mask)
                    if slot > mask:
                        if grow:
                            outcome = CROWDED
                            break
                        prefix[i] = UNKNOWN
                        continue
                    if table[slot << _ONE] == 0:
                        if not grow:
                            prefix[i] = UNKNOWN
                            continue
                        table[slot << _ONE] = key
                        n_phrases += 1
                        table[(slot << _ONE) | _ONE] = np.uint64(n_phrases) << _HALF
                    entry = table[(slot << _ONE) | _ONE]
                    prefix[i] = np.int64(entry >> _HALF) - 1
                    if n >= min_n:
                        touched[n_touched] = slot
                        n_touched += entry & _LOW == 0
                        table[(slot << _ONE) | _ONE] = entry + _ONE
                if outcome != DONE:
                    break
            part += 1
        for i in range(n_touched):
            place = (touched[i] << _ONE) | _ONE
            entry = table[place]
            if outcome == DONE:
                out_phrase[n_pairs] = np.int64(entry >> _HALF) - 1
                out_count[n_pairs] = entry & _LOW
                n_pairs += 1
            table[place] = entry & ~_LOW
        if outcome != DONE:
            # The caller begins the row again with another table; its new numbers are kept.
            state[N_PHRASES] = max(n_phrases, first_phrase)
            return outcome
        row += 1
        state[ROW] = row
        state[PART] = part
        state[RUN] = run
        state[N_PAIRS] = n_pairs
        state[N_PHRASES] = n_phrases
    if outcome == DONE:
        out_row_ptr[out_row_ptr.size - 1] = n_pairs
    return outcome


@kernel
def move_phrases(table, seed, out_table):
    """Enter the phrases of a table into an empty table; return whether all of them fit.

    With the same seed, slots keep their order, so both tables are read and written from end to end.

    Returns
    -------
    bool
        False if a phrase found no slot within `LONGEST_PROBE`.
    """
    mask = np.uint64(out_table.size // 2 - 1)
    for place in range(0, table.size, 2):
        key = table[place]
        if key != 0:
            slot = _find(out_table, key, seed, mask)
            if slot > mask:
                return False
            out_table[slot << _ONE] = key
            out_table[(slot << _ONE) | _ONE] = table[place + 1]
    return True


@kernel
def merge_phrases(phrase_key, word, seed, table, state, out_number):
    """Look up the phrases of another table and enter new phrases; return whether it is crowded.

    Parameters
    ----------
    phrase_key : uint64[n_phrases]
        Keys in the other table, by number.
    word : int32[n_words]
        Number in this table of each word of the other table.
    seed, table
        As for `count_phrases`; with room for all phrases.
    state : int64[2]
        Phrase to continue from, and number of phrases in the table; updated.
    out_number : int32[n_phrases]
        Number in this table of each phrase of the other table.

    Returns
    -------
    bool
        Whether the caller has to make a table with another seed, and call again.
    """
    mask = np.uint64(table.size // 2 - 1)
    n_phrases = state[1]
    is_crowded = False
    for phrase in range(state[0], phrase_key.size):
        state[0] = phrase
        ahead = min(phrase + _AHEAD, phrase_key.size - 1)
        if not phrase_key[ahead] & OF_PHRASE:
            key = _renumbered(phrase_key[ahead], word, out_number)
            prefetch(table, np.int64(slot_of(key, seed, mask) << _ONE))
        key = _renumbered(phrase_key[phrase], word, out_number)
        slot = _find(table, key, seed, mask)
        if slot > mask:
            is_crowded = True
            break
        if table[slot << _ONE] == 0:
            n_phrases += 1
            table[slot << _ONE] = key
            table[(slot << _ONE) | _ONE] = np.uint64(n_phrases) << _HALF
        out_number[phrase] = np.int64(table[(slot << _ONE) | _ONE] >> _HALF) - 1
    state[1] = n_phrases
    return is_crowded


@inner_kernel
def _renumbered(key, word, phrase):
    """Return the key under the numbers of this table; shorter phrases have lower numbers."""
    flag = key & OF_PHRASE
    parts = (key & ~OF_PHRASE) - _ONE
    first = parts >> _HALF
    return pair_key(phrase[first] if flag else word[first], word[parts & _LOW]) | flag


@kernel
def phrase_keys(table, out_key):
    """Write the key of each phrase, in the order of their numbers."""
    for place in range(0, table.size, 2):
        if table[place] != 0:
            out_key[np.int64(table[place + 1] >> _HALF) - 1] = table[place]
