"""Term numbers of runs of word characters.

`keys` hashes eight bytes at a time. `find` looks each run up in the vocabulary, an open-addressing
table: slot → (key, length and number). `enter_unknown` then enters the few new terms.
"""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.hashing import SECRET, SPARE, STEP
from relnews._kernels.machine import load_word, multiply_fold, prefetch, store_word

#: Probes for a term before the table gets another seed.
LONGEST_PROBE = 256

# Slots of ``state``.
POSITION, N_TERMS, BLOB_LENGTH = range(3)
STATE_LENGTH = 3

# Numbers of runs without a term: not in the vocabulary; too short.
UNKNOWN, NOT_A_TERM = -1, -2

DONE, TABLE_FULL, CROWDED = 0, 1, 2

#: Hash of a run that is no term; hashes of terms are odd.
NO_TERM = np.uint64(0)

#: Runs that a slot is prefetched ahead of its use: 7.3 ns a word, 9.8 with 16 runs, 7.4 with 256.
_AHEAD = 128

_ONE = np.uint64(1)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
_EACH_BYTE = np.uint64(0x0101010101010101)


@kernel
def keys(runs, min_length, seed, out_key, out_hash):
    """Write the key of each run, by which runs are compared, and its hash.

    A run of up to eight bytes is its own key. The key of a longer run is a hash, and its bytes are
    compared as well.

    Parameters
    ----------
    runs : RunArrays
        Runs of a batch.
    min_length : int
        Minimum length of a term in characters; shorter runs get the hash `NO_TERM`.
    seed : uint64
        Seed of the hashes.
    out_key, out_hash : uint64[≥ n_runs]
        What each run is compared by; its hash, odd, or `NO_TERM`.
    """
    text, start, end, n_runs = runs
    for run in range(n_runs):
        first = np.int64(start[run])
        length = np.int64(end[run]) - first
        word = load_word(text, first)
        n_characters = length
        if length <= 8:
            key = word & (_ONES >> np.uint64(64 - 8 * length))
            # Bytes 10xxxxxx continue a character; the highest byte of the product counts them.
            inner = (key >> np.uint64(7)) & ~(key >> np.uint64(6)) & _EACH_BYTE
            n_characters -= np.int64((inner * _EACH_BYTE) >> np.uint64(56))
        else:
            last = first + length - 8
            key = multiply_fold(seed ^ np.uint64(length) ^ word, SECRET) + STEP
            position = first + 8
            while position < last:
                key = multiply_fold(key ^ load_word(text, position), SECRET) + STEP
                position += 8
            key = multiply_fold(key ^ load_word(text, last), SECRET)
            if length < 4 * min_length:
                for i in range(first, first + length):
                    n_characters -= text[i] & 0xC0 == 0x80
        out_key[run] = key
        out_hash[run] = _hash(key, length, seed) if n_characters >= min_length else NO_TERM


@inner_kernel
def _hash(key, length, seed):
    """Return the hash of a key and the length of its run in bytes; odd."""
    return multiply_fold(key ^ seed, SECRET ^ np.uint64(length)) | _ONE


@inner_kernel
def _same(a, i, b, j, length):
    """Return whether more than eight bytes are equal."""
    k = 0
    while k < length - 8:
        if load_word(a, i + k) != load_word(b, j + k):
            return False
        k += 8
    return load_word(a, i + length - 8) == load_word(b, j + length - 8)


@kernel
def find(runs, min_length, seed, vocabulary, out_key, out_hash, out_long, out_term):
    """Write the term number of every run.

    Parameters
    ----------
    runs : RunArrays
        Runs of a batch.
    min_length, seed
        As for `keys`.
    vocabulary : TermTable
        Terms to look up in.
    out_key, out_hash : uint64[≥ n_runs]
        Out: as `keys` writes them.
    out_long : int32[≥ n_runs + 1]
        Scratch.
    out_term : int32[≥ n_runs]
        Number of the term, `UNKNOWN` or `NOT_A_TERM`.
    """
    keys(runs, min_length, seed, out_key, out_hash)
    text, start, end, n_runs = runs
    table, blob, term_ptr = vocabulary
    key, hash_ = out_key, out_hash
    mask = np.uint64(table.size // 2 - 1)
    n_long = np.uint64(0)
    for run in range(n_runs):
        ahead = min(run + _AHEAD, n_runs - 1)
        prefetch(table, np.int64(((hash_[ahead] >> SPARE) & mask) << _ONE))
        # Most words are in their first slot, which is compared without a branch.
        length = np.int64(end[run]) - np.int64(start[run])
        tag = np.uint64(length) << _HALF
        slot = (hash_[run] >> SPARE) & mask
        entry = table[(slot << _ONE) | _ONE]
        is_here = (table[slot << _ONE] == key[run]) & (entry & ~_LOW == tag)
        number = np.int64(entry & _LOW) - 1 if is_here else np.int64(UNKNOWN)
        number = np.int64(NOT_A_TERM) if hash_[run] == NO_TERM else number
        if number == UNKNOWN and entry != 0:
            number = _behind(table, slot, key[run], tag)
        out_term[run] = number
        out_long[n_long] = run
        n_long += np.uint64((length > 8) & (number >= 0))
    # The bytes of long runs are compared in a second pass, when they have been prefetched.
    for i in range(np.int64(n_long)):
        if i + _AHEAD < n_long:
            prefetch(term_ptr, np.int64(out_term[out_long[i + _AHEAD]]))
            prefetch(blob, term_ptr[out_term[out_long[i + _AHEAD // 2]]])
        run = out_long[i]
        length = np.int64(end[run]) - np.int64(start[run])
        if not _same(blob, term_ptr[out_term[run]], text, start[run], length):
            out_term[run] = _search(text, start[run], length, key[run], hash_[run], vocabulary)


@inner_kernel
def _behind(table, slot, key, tag):
    """Return the number of a term that is behind its first slot; `UNKNOWN` if there is no match."""
    mask = np.uint64(table.size // 2 - 1)
    for _ in range(LONGEST_PROBE):
        slot = (slot + _ONE) & mask
        entry = table[(slot << _ONE) | _ONE]
        if table[slot << _ONE] == key and entry & ~_LOW == tag:
            return np.int64((entry & _LOW) - _ONE)
        if entry == 0:
            break
    return np.int64(UNKNOWN)


@inner_kernel
def _search(text, first, length, key, hash_, vocabulary):
    """Return the number of a term of more than eight bytes, by its bytes: keys may collide."""
    table, blob, term_ptr = vocabulary
    mask = np.uint64(table.size // 2 - 1)
    tag = np.uint64(length) << _HALF
    slot = (hash_ >> SPARE) & mask
    for _ in range(LONGEST_PROBE):
        entry = table[(slot << _ONE) | _ONE]
        if entry == 0:
            break
        if table[slot << _ONE] == key and entry & ~_LOW == tag:
            candidate = np.int64((entry & _LOW) - _ONE)
            if _same(blob, term_ptr[candidate], text, first, length):
                return candidate
        slot = (slot + _ONE) & mask
    return np.int64(UNKNOWN)


@kernel
def enter_unknown(runs, unknown, key, hash_, vocabulary, state, term):
    """Enter unknown runs into the vocabulary; return the outcome.

    Parameters
    ----------
    runs : RunArrays
        Runs of the batch.
    unknown : int64[n_unknown]
        Numbers of the runs that `find` left `UNKNOWN`, ascending.
    key, hash_ : uint64[≥ n_runs]
        As `keys` writes them.
    vocabulary : TermTable
        ``blob`` has room for the bytes of the text, ``term_ptr`` for all unknown runs.
    state : int64[STATE_LENGTH]
        Position to continue from; updated.
    term : int32[≥ n_runs]
        Terms as `find` wrote them; `UNKNOWN` is replaced.

    Returns
    -------
    int
        `DONE`. `TABLE_FULL`: call again with a larger table. `CROWDED`: call again with a table
        under another seed.
    """
    text, start, end, _ = runs
    table, blob, term_ptr = vocabulary
    mask = np.uint64(table.size // 2 - 1)
    n_terms = state[N_TERMS]
    blob_length = state[BLOB_LENGTH]
    outcome = DONE
    for i in range(state[POSITION], unknown.size):
        state[POSITION] = i
        ahead = unknown[min(i + _AHEAD, unknown.size - 1)]
        prefetch(table, np.int64(((hash_[ahead] >> SPARE) & mask) << _ONE))
        run = unknown[i]
        if 4 * n_terms >= table.size:
            outcome = TABLE_FULL
            break
        first = np.int64(start[run])
        length = np.int64(end[run]) - first
        tag = np.uint64(length) << _HALF
        slot = (hash_[run] >> SPARE) & mask
        probes = 0
        while table[(slot << _ONE) | _ONE] != 0 and probes < LONGEST_PROBE:
            entry = table[(slot << _ONE) | _ONE]
            if table[slot << _ONE] == key[run] and entry & ~_LOW == tag:
                candidate = (entry & _LOW) - _ONE  # entered by this call
                if length <= 8 or _same(blob, term_ptr[candidate], text, first, length):
                    term[run] = candidate
                    break
            slot = (slot + _ONE) & mask
            probes += 1
        if term[run] != UNKNOWN:
            continue
        if probes == LONGEST_PROBE:
            outcome = CROWDED
            break
        for byte in range(0, length, 8):
            store_word(blob, blob_length + byte, load_word(text, first + byte))
        blob_length += length
        term[run] = n_terms
        n_terms += 1
        term_ptr[n_terms] = blob_length
        table[slot << _ONE] = key[run]
        table[(slot << _ONE) | _ONE] = tag | np.uint64(n_terms)
    state[N_TERMS] = n_terms
    state[BLOB_LENGTH] = blob_length
    return outcome


@kernel
def is_sound(vocabulary):
    """Return whether the arrays of a vocabulary fit each other, as `find` trusts.

    Parameters
    ----------
    vocabulary : TermTable
        A power of two of slots, of which at least one is empty: it ends a search.
    """
    table, blob, term_ptr = vocabulary
    n_slots = table.size // 2
    fits = table.size % 2 == 0 and n_slots & (n_slots - 1) == 0 and term_ptr.size > 0
    if not fits or term_ptr[0] != 0 or term_ptr[term_ptr.size - 1] != blob.size - 8:
        return False
    # Without branches: half of the slots are empty, in no order.
    before, shortest = term_ptr[: term_ptr.size - 1], np.int64(1)
    for i in range(before.size):
        shortest = min(shortest, term_ptr[i + 1] - before[i])
    n_empty, is_wrong = 0, shortest <= 0
    n_terms = np.uint64(term_ptr.size - 1)
    for slot in range(1, table.size, 2):
        number, length = table[slot] & _LOW, np.int64(table[slot] >> _HALF)
        n_empty += number == 0
        is_wrong |= number > n_terms
        last = min(number, n_terms)
        first = max(last, _ONE) - _ONE
        is_wrong |= (number > 0) & (length != term_ptr[last] - term_ptr[first])
    return n_empty > 0 and not is_wrong


@kernel
def enter(key, hash_, length, table):
    """Enter distinct terms into an empty table; return whether all of them fit.

    Parameters
    ----------
    key, hash_ : uint64[n_terms]
        As `keys` writes them.
    length : int64[n_terms]
        Length of each term in bytes.
    table : uint64[2 × power of two]
        Zeros on entry, with room for all terms.

    Returns
    -------
    bool
        False if a term found no slot within `LONGEST_PROBE`.
    """
    mask = np.uint64(table.size // 2 - 1)
    for term in range(key.size):
        slot = (hash_[term] >> SPARE) & mask
        probes = 0
        while table[(slot << _ONE) | _ONE] != 0:
            slot = (slot + _ONE) & mask
            probes += 1
            if probes == LONGEST_PROBE:
                return False
        table[slot << _ONE] = key[term]
        table[(slot << _ONE) | _ONE] = (np.uint64(length[term]) << _HALF) | np.uint64(term + 1)
    return True


@kernel
def move(table, seed, out_table):
    """Enter the terms of a table into an empty larger table; return whether all of them fit.

    With the same seed, slots keep their order, so both tables are read and written from end to end.

    Returns
    -------
    bool
        False if a term found no slot within `LONGEST_PROBE`.
    """
    mask = np.uint64(out_table.size // 2 - 1)
    for place in range(0, table.size, 2):
        entry = table[place + 1]
        if entry == 0:
            continue
        slot = (_hash(table[place], entry >> _HALF, seed) >> SPARE) & mask
        probes = 0
        while out_table[(slot << _ONE) | _ONE] != 0:
            slot = (slot + _ONE) & mask
            probes += 1
            if probes == LONGEST_PROBE:
                return False
        out_table[slot << _ONE] = table[place]
        out_table[(slot << _ONE) | _ONE] = entry
    return True
