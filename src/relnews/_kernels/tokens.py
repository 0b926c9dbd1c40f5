"""From UTF-8 bytes to term numbers: fold case, find runs of word characters, look them up.

Four steps, each over a batch that stays in the cache. `fold` lower-cases and says of every byte
whether it belongs to a word. `edges` packs that into one bit a byte, so that the runs are found by
counting zeros, 64 bytes at a time. `keys` hashes eight bytes at a time, and `find` looks each run
up in the vocabulary, an open-addressing table: slot → (key, length and number). The few that are
new are entered afterwards.
"""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.machine import (
    load_half,
    load_word,
    multiply_fold,
    prefetch,
    store_half,
    store_word,
    trailing_zeros,
)  # fmt: skip

#: Bytes that may be read past the end of a text.
PADDING = 64

#: Slots that a term may be away from where its hash puts it, before the table gets another seed.
LONGEST_PROBE = 256

# Slots of ``state``.
POSITION, N_TERMS, BLOB_LENGTH = range(3)
STATE_LENGTH = 3

# What a run may be instead of a term.
UNKNOWN, NOT_A_TERM = -1, -2

DONE, TABLE_FULL, CROWDED = 0, 1, 2

# An entry of the table of code points: the lower-cased one, whether that is another, and whether it
# is a word character.
POINT = np.uint32((1 << 21) - 1)
CHANGES = np.uint32(1 << 30)
WORD_BIT = np.uint32(1 << 31)

#: Hash of a run that is no term; others are odd.
NO_TERM = np.uint64(0)

#: Runs that a place in the table is fetched ahead of its use.
_AHEAD = 16

_ONE = np.uint64(1)
_HALF = np.uint64(32)
_SPARE = np.uint64(20)
_LOW = np.uint64(0xFFFFFFFF)
_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
_WORD_SHIFT = np.uint32(31)
_EACH_BYTE = np.uint32(0x01010101)
_HIGH_BITS = np.uint64(0x8080808080808080)
_GATHER = np.uint64(0x0102040810204080)
_SECRET = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD6E8FEB86659FD93)


@kernel
def fold(text, part_ptr, part_is_ascii, characters, lower, out_text, out_is_word, out_part_ptr):
    """Lower-case a batch of texts and mark the bytes of word characters.

    Parameters
    ----------
    text : uint8[n_bytes + PADDING]
        Valid UTF-8 (lone surrogates may be encoded) of all parts, one after another.
    part_ptr : int64[n_parts + 1]
    part_is_ascii : uint8[n_parts]
    characters : uint32[0x110000]
        The lower-cased code point of each code point, with `WORD_BIT` if that is a word character
        and `CHANGES` if it is another one.
        Characters that are lower-cased to more than one, or by their neighbours, come lower-cased.
    lower : bool
    out_text, out_is_word : uint8[≥ 2 n_bytes + n_parts + PADDING]
        One more byte, not of a word, ends each part.
    out_part_ptr : int64[n_parts + 1]

    Returns
    -------
    int
        Bytes of out_text in use.
    """
    at = 0
    for part in range(part_is_ascii.size):
        out_part_ptr[part] = at
        i = part_ptr[part]
        end = part_ptr[part + 1]
        while i < end:
            n = end - i if part_is_ascii[part] else _ascii_run(text, i, end)
            if n > 0:
                _fold_ascii(text[i : i + n], lower, out_text[at : at + n], out_is_word[at : at + n])
                i += n
                at += n
            # Among other characters a few of ASCII, spaces most of all, are folded like them.
            while i < end and (text[i] >= 0x80 or load_word(text, i) & _HIGH_BITS):
                width, point = decode_character(text, i)
                entry = characters[point]
                # Four bytes at a time; what was too much is overwritten by the next character.
                store_half(out_is_word, at, np.uint32((entry >> _WORD_SHIFT) * _EACH_BYTE))
                if lower and entry & CHANGES:
                    at += _encode(np.int64(entry & POINT), out_text, at)
                else:
                    store_half(out_text, at, load_half(text, i))
                    at += width
                i += width
        out_text[at] = 0x20
        out_is_word[at] = 0
        at += 1
    out_part_ptr[part_is_ascii.size] = at
    for i in range(at, at + PADDING):
        out_text[i] = 0
        out_is_word[i] = 0
    return at


@kernel
def _ascii_run(text, start, end):
    """Return the number of bytes until the next character that is not ASCII."""
    i = start
    while i + 8 <= end and not load_word(text, i) & _HIGH_BITS:
        i += 8
    while i < end and text[i] < 0x80:
        i += 1
    return i - start


@kernel
def _fold_ascii(text, lower, out_text, out_is_word):
    """Fold ASCII: simple enough for the compiler to do 64 bytes at a time."""
    for i in range(text.size):
        byte = text[i]
        capital = lower & (np.uint8(byte - 65) < 26)
        out_text[i] = np.uint8(byte + (32 if capital else 0))
        letter = np.uint8((byte | 32) - 97) < 26
        digit = np.uint8(byte - 48) < 10
        out_is_word[i] = np.uint8(letter | digit | (byte == 95))


@kernel
def decode_character(text, i):
    """Return the width and the code point of the character at i."""
    byte = np.int64(text[i])
    if byte < 0x80:
        return 1, byte
    if byte < 0xE0:
        return 2, ((byte & 0x1F) << 6) | (text[i + 1] & 0x3F)
    if byte < 0xF0:
        return 3, ((byte & 0x0F) << 12) | ((text[i + 1] & 0x3F) << 6) | (text[i + 2] & 0x3F)
    return 4, (
        ((byte & 0x07) << 18) | ((text[i + 1] & 0x3F) << 12) | ((text[i + 2] & 0x3F) << 6)
        | (text[i + 3] & 0x3F)
    )  # fmt: skip


@kernel
def _encode(point, out_text, at):
    """Write a code point; return its width."""
    if point < 0x80:
        out_text[at] = point
        return 1
    if point < 0x800:
        out_text[at] = 0xC0 | (point >> 6)
        out_text[at + 1] = 0x80 | (point & 0x3F)
        return 2
    if point < 0x10000:
        out_text[at] = 0xE0 | (point >> 12)
        out_text[at + 1] = 0x80 | ((point >> 6) & 0x3F)
        out_text[at + 2] = 0x80 | (point & 0x3F)
        return 3
    out_text[at] = 0xF0 | (point >> 18)
    out_text[at + 1] = 0x80 | ((point >> 12) & 0x3F)
    out_text[at + 2] = 0x80 | ((point >> 6) & 0x3F)
    out_text[at + 3] = 0x80 | (point & 0x3F)
    return 4


@kernel
def edges(is_word, n_bytes, out_start, out_end):
    """Find the runs of word bytes.

    Parameters
    ----------
    is_word : uint8[≥ n_bytes + PADDING]
        0 or 1, and 0 from n_bytes - 1 on.
    n_bytes : int
    out_start, out_end : int32[≥ n_bytes / 2 + 1]

    Returns
    -------
    int
        The number of runs.
    """
    n_starts = 0
    n_ends = 0
    last = np.uint64(0)
    for first in range(0, n_bytes, 64):
        bits = np.uint64(0)
        for i in range(8):
            # The lowest bits of eight bytes, side by side in the highest byte of the product.
            eight = load_word(is_word, first + 8 * i)
            bits |= ((eight * _GATHER) >> np.uint64(56)) << np.uint64(8 * i)
        before = (bits << np.uint64(1)) | last
        last = bits >> np.uint64(63)
        begins = bits & ~before
        ends = before & ~bits
        while begins:
            out_start[n_starts] = first + trailing_zeros(begins)
            n_starts += 1
            begins &= begins - np.uint64(1)
        while ends:
            out_end[n_ends] = first + trailing_zeros(ends)
            n_ends += 1
            ends &= ends - np.uint64(1)
    if n_ends < n_starts:
        out_end[n_ends] = n_bytes
    return n_starts


@kernel
def keys(text, start, end, n_runs, min_length, seed, out_key, out_hash):
    """Compute what each run is compared by, and its hash.

    Up to eight bytes are their own key; of more it is a hash, and the bytes are compared as well.

    Parameters
    ----------
    text : uint8[n_bytes + PADDING]
    start, end : int32[≥ n_runs]
        The runs; none is empty.
    n_runs : int
    min_length : int
        Shorter runs, in characters, are no terms: they get the hash `NO_TERM`.
    seed : uint64
    out_key, out_hash : uint64[≥ n_runs]
    """
    for run in range(n_runs):
        first = np.int64(start[run])
        length = np.int64(end[run]) - first
        word = load_word(text, first)
        if length <= 8:
            word &= _ONES >> np.uint64(64 - 8 * length)
            key = word
        else:
            key = seed ^ np.uint64(length)
            last = first + length - 8
            position = first
            while position < last:
                key = multiply_fold(key ^ load_word(text, position), _SECRET) + _STEP
                position += 8
            key = multiply_fold(key ^ load_word(text, last), _SECRET)
        out_key[run] = key
        out_hash[run] = multiply_fold(key ^ seed, _SECRET ^ np.uint64(length)) | _ONE
        # Only other than ASCII characters have more bytes than one.
        if length < 4 * min_length and (length < min_length or word & _HIGH_BITS or length > 8):
            n_characters = 0
            for i in range(first, first + length):
                n_characters += text[i] & 0xC0 != 0x80
            if n_characters < min_length:
                out_hash[run] = NO_TERM


@kernel
def _same(a, i, b, j, length):
    """Compare more than eight bytes."""
    k = 0
    while k < length - 8:
        if load_word(a, i + k) != load_word(b, j + k):
            return False
        k += 8
    return load_word(a, i + length - 8) == load_word(b, j + length - 8)


@kernel
def find_runs(
    text, part_ptr, part_is_ascii, characters, lower, is_word, out_text, out_part_ptr, out_start,
    out_end,
):  # fmt: skip
    """Fold a batch of texts and find its runs; see `fold` and `edges`."""
    n_bytes = fold(
        text, part_ptr, part_is_ascii, characters, lower, out_text, is_word, out_part_ptr
    )
    return edges(is_word, n_bytes, out_start, out_end)


@kernel
def find(
    text, start, end, n_runs, min_length, seed, table, blob, term_ptr, out_key, out_hash, out_long,
    out_term,
):  # fmt: skip
    """Look every run up in the vocabulary.

    Parameters
    ----------
    text : uint8[n_bytes + PADDING]
    start, end : int32[≥ n_runs]
    n_runs, min_length, seed
        As for `keys`.
    table : uint64[2 × power of two]
        Pairs of a key, and the length (high half) and number + 1 (low half) of a term.
    blob : uint8[n_bytes + 8]
        The terms, one after another.
    term_ptr : int64[n_terms + 1]
    out_key, out_hash : uint64[≥ n_runs]
        What `keys` makes of the runs.
    out_long : int32[≥ n_runs + 1]
        Scratch.
    out_term : int32[≥ n_runs]
        The number of the term; `UNKNOWN` or `NOT_A_TERM`.
    """
    keys(text, start, end, n_runs, min_length, seed, out_key, out_hash)
    key, hash_ = out_key, out_hash
    mask = np.uint64(table.size // 2 - 1)
    n_long = np.uint64(0)
    for run in range(n_runs):
        if run + _AHEAD < n_runs:
            prefetch(table, np.int64(((hash_[run + _AHEAD] >> _SPARE) & mask) << _ONE))
        if hash_[run] == NO_TERM:
            out_term[run] = NOT_A_TERM
            continue
        length = np.int64(end[run]) - np.int64(start[run])
        tag = np.uint64(length) << _HALF
        slot = (hash_[run] >> _SPARE) & mask
        number = np.int64(UNKNOWN)
        for _ in range(LONGEST_PROBE):
            entry = table[(slot << _ONE) | _ONE]
            if table[slot << _ONE] == key[run] and entry & ~_LOW == tag:
                number = np.int64((entry & _LOW) - _ONE)
                break
            if entry == 0:
                break
            slot = (slot + _ONE) & mask
        out_term[run] = number
        out_long[n_long] = run
        n_long += np.uint64((length > 8) & (number != UNKNOWN))
    # The bytes of long ones are compared afterwards, when they have been fetched.
    for i in range(np.int64(n_long)):
        if i + _AHEAD < n_long:
            prefetch(term_ptr, np.int64(out_term[out_long[i + _AHEAD]]))
            prefetch(blob, term_ptr[out_term[out_long[i + _AHEAD // 2]]])
        run = out_long[i]
        length = np.int64(end[run]) - np.int64(start[run])
        if not _same(blob, term_ptr[out_term[run]], text, start[run], length):
            out_term[run] = _search(
                text, start[run], length, key[run], hash_[run], table, blob, term_ptr
            )


@kernel
def _search(text, first, length, key, hash_, table, blob, term_ptr):
    """Return the number of a term of more than eight bytes whose key another one has, too."""
    mask = np.uint64(table.size // 2 - 1)
    tag = np.uint64(length) << _HALF
    slot = (hash_ >> _SPARE) & mask
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
def enter_unknown(text, start, end, n_runs, key, hash_, table, blob, term_ptr, state, term):
    """Enter the runs that `find` did not know into the vocabulary.

    Parameters
    ----------
    text, start, end, n_runs, key, hash_
        As for `find`.
    table : uint64[2 × power of two]
    blob : uint8[≥ bytes in use + n_bytes + 8]
    term_ptr : int64[≥ n_terms + n_runs + 1]
    state : int64[STATE_LENGTH]
        Where to go on from, and where the pass stopped.
    term : int32[≥ n_runs]
        As `find` left it; `UNKNOWN` is replaced.

    Returns
    -------
    int
        `DONE`; `TABLE_FULL` or `CROWDED` when the caller has to make another table, the latter
        with another seed, and call again.
    """
    mask = np.uint64(table.size // 2 - 1)
    n_terms = state[N_TERMS]
    blob_length = state[BLOB_LENGTH]
    outcome = DONE
    for run in range(state[POSITION], n_runs):
        state[POSITION] = run
        if term[run] != UNKNOWN:
            continue
        if 4 * n_terms >= table.size:
            outcome = TABLE_FULL
            break
        first = np.int64(start[run])
        length = np.int64(end[run]) - first
        tag = np.uint64(length) << _HALF
        slot = (hash_[run] >> _SPARE) & mask
        probes = 0
        while table[(slot << _ONE) | _ONE] != 0 and probes < LONGEST_PROBE:
            entry = table[(slot << _ONE) | _ONE]
            if table[slot << _ONE] == key[run] and entry & ~_LOW == tag:
                candidate = (entry & _LOW) - _ONE  # entered a moment ago
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
        for i in range(0, length, 8):
            store_word(blob, blob_length + i, load_word(text, first + i))
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
def enter(key, hash_, length, table):
    """Enter terms that all differ into an empty table.

    Parameters
    ----------
    key, hash_ : uint64[n_terms]
    length : int64[n_terms]
        In bytes.
    table : uint64[2 × power of two]

    Returns
    -------
    bool
        Whether every one found a place near its hash.
    """
    mask = np.uint64(table.size // 2 - 1)
    for term in range(key.size):
        slot = (hash_[term] >> _SPARE) & mask
        probes = 0
        while table[(slot << _ONE) | _ONE] != 0:
            slot = (slot + _ONE) & mask
            probes += 1
            if probes == LONGEST_PROBE:
                return False
        table[slot << _ONE] = key[term]
        table[(slot << _ONE) | _ONE] = (np.uint64(length[term]) << _HALF) | np.uint64(term + 1)
    return True
