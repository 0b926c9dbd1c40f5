"""Runs of word characters in UTF-8 texts.

`fold` lower-cases the text and marks the bytes of word characters. `edges` packs the marks into one
bit a byte and finds the runs by counting zeros, 64 bytes at a time.
"""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.machine import (
    load_half,
    load_word,
    store_half,
    trailing_zeros,
)  # fmt: skip

#: Bytes that may be read past the end of a text.
PADDING = 64

# An entry of the table of code points: the lower-cased code point, whether it is written twice,
# whether lower-casing changes it, and the kind of character as bits of a byte.
POINT = np.uint32((1 << 21) - 1)
TWICE = np.uint32(1 << 21)
CHANGES = np.uint32(1 << 22)
KIND_SHIFT = np.uint32(24)

#: Kind of a byte: part of a word character; of a capital letter; of a small letter.
WORD, CAPITAL, SMALL = 1, 2, 4

_EACH_BYTE = np.uint32(0x01010101)
_WORD_BITS = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)
_GATHER = np.uint64(0x0102040810204080)


@inner_kernel
def fold(text, part_ptr, part_is_ascii, characters, lower, out_text, out_kind, out_part_ptr):
    """Lower-case a batch of texts and mark the bytes of word characters.

    Parameters
    ----------
    text : uint8[n_bytes + PADDING]
        All parts in UTF-8, one after another; lone surrogates may be encoded.
    part_ptr : int64[n_parts + 1]
        Where each part begins in ``text``.
    part_is_ascii : uint8[n_parts]
        1 if all bytes of the part are below 0x80.
    characters : uint32[0x110000]
        The lower-cased code point of each code point, with `CHANGES` if it differs, `TWICE` if it
        is written twice, and its kind above `KIND_SHIFT`. The caller has already lower-cased
        characters whose lower case is several characters or depends on their neighbours.
    lower : bool
        Lower-case the text; otherwise bytes are only classified.
    out_text, out_kind : uint8[≥ 2 n_bytes + n_parts + PADDING]
        Lower-cased text; the kind of each byte as bits. A space ends each part.
    out_part_ptr : int64[n_parts + 1]
        Where each part begins in ``out_text``.

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
                _fold_ascii(text[i : i + n], lower, out_text[at : at + n], out_kind[at : at + n])
                i += n
                at += n
            # A few ASCII characters, mostly spaces, between other characters are folded here, too.
            while i < end and (text[i] >= 0x80 or load_word(text, i) & _HIGH_BITS):
                width, point = decode_character(text, i)
                entry = characters[point]
                # Always four bytes; the next character overwrites the surplus. 18 ms instead of 50
                # for 9 MB of Arabic.
                store_half(out_kind, at, np.uint32((entry >> KIND_SHIFT) * _EACH_BYTE))
                if lower and entry & CHANGES:
                    at += _encode(np.int64(entry & POINT), out_text, at)
                    if entry & TWICE:
                        at += _encode(np.int64(entry & POINT), out_text, at)
                else:
                    store_half(out_text, at, load_half(text, i))
                    at += width
                i += width
        out_text[at] = 0x20
        out_kind[at] = 0
        at += 1
    out_part_ptr[part_is_ascii.size] = at
    for i in range(at, at + PADDING):
        out_text[i] = 0
        out_kind[i] = 0
    return at


@inner_kernel
def _ascii_run(text, start, end):
    """Return the number of ASCII bytes from ``start`` on."""
    i = start
    while i + 8 <= end and not load_word(text, i) & _HIGH_BITS:
        i += 8
    while i < end and text[i] < 0x80:
        i += 1
    return i - start


@inner_kernel
def _fold_ascii(text, lower, out_text, out_kind):
    """Fold ASCII text, in a loop that the compiler vectorizes to 64 bytes at a time.

    Arguments are slices: with an offset in the index the compiler does not vectorize.
    """
    for i in range(text.size):
        byte = text[i]
        capital = lower & (np.uint8(byte - 65) < 26)
        out_text[i] = np.uint8(byte + (32 if capital else 0))
        letter = np.uint8((byte | 32) - 97) < 26
        digit = np.uint8(byte - 48) < 10
        small = letter & (byte > 96)
        out_kind[i] = np.uint8((letter | digit | (byte == 95)) + 2 * capital + 4 * small)


@inner_kernel
def decode_character(text, i):
    """Return the width in bytes and the code point of the character at i."""
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


@inner_kernel
def _encode(point, out_text, at):
    """Write a code point in UTF-8; return its width in bytes."""
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


@inner_kernel
def edges(kind, n_bytes, out_start, out_end):
    """Write the start and end of each run of word bytes; return the number of runs.

    Parameters
    ----------
    kind : uint8[≥ n_bytes + PADDING]
        Kind of each byte, and 0 from n_bytes - 1 on.
    n_bytes : int
        Bytes in use.
    out_start, out_end : int32[≥ n_bytes / 2 + 1]
        First byte of each run, and the byte after its last.

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
            # The highest byte of the product holds the lowest bits of eight bytes.
            eight = load_word(kind, first + 8 * i) & _WORD_BITS
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
def find_runs(
    text, part_ptr, part_is_ascii, characters, lower, kind, out_text, out_part_ptr, out_start,
    out_end,
):  # fmt: skip
    """Fold a batch of texts and write its runs; return their number. See `fold` and `edges`."""
    n_bytes = fold(text, part_ptr, part_is_ascii, characters, lower, out_text, kind, out_part_ptr)
    return edges(kind, n_bytes, out_start, out_end)
