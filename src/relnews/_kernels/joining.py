"""Joining of runs that are one word, and stop words that are names."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.runs import CAPITAL, SMALL, decode_character

# The apostrophe between two letters. SEPARATES: it ends a word. ENGLISH: it joins, except before
# 's and the like. JOINS: it is a part of the word.
SEPARATES, ENGLISH, JOINS = 0, 1, 2

#: Follows a word that is a name because it is in capitals: a word character.
NAME = 0x5F

#: Maximum number of characters of a stop word that may be a name, as WHO is.
LONGEST_NAME = 4

#: A word in capitals that is longer is no acronym: around it, all words are in capitals.
LONGEST_ACRONYM = 5

_APOSTROPHE, _POINT, _UNDERSCORE = 0x27, 0x2E, 0x5F
_D, _E, _L, _M, _R, _S, _V = (ord(letter) for letter in "delmrsv")


@kernel
def join_runs(text, kind, start, end, n_runs, part_ptr, part_joins, apostrophe):
    """Join runs that are parts of one word, in place; return the number of runs.

    Between two letters, an apostrophe joins by the rule of the language; between two single
    capitals, a point joins: U.N. becomes un.

    Parameters
    ----------
    text, kind : uint8[n_bytes]
        Lower-cased UTF-8, and the kind of each byte. Later parts of a word move to the first.
    start, end : int32[≥ n_runs]
        First byte of each run, and the byte after its last; updated.
    n_runs : int
        Number of runs.
    part_ptr : int64[n_parts + 1]
        Where each part begins; the last element is above every start.
    part_joins : uint8[n_parts]
        1 if the runs of the part are joined.
    apostrophe : int
        `SEPARATES`, `ENGLISH` or `JOINS`.

    Returns
    -------
    int
        Number of runs afterwards.
    """
    part = 0
    n = 0
    gap = np.int64(-2)
    place = np.int64(0)
    before = np.int64(0)
    was_initial = False
    for run in range(n_runs):
        first, last = np.int64(start[run]), np.int64(end[run])
        joins = False
        byte = text[first - 1] if first else np.uint8(0)
        if ((byte == _APOSTROPHE) | (byte == _POINT)) and first == gap + 1:
            while first >= part_ptr[part + 1]:
                part += 1
            if not part_joins[part]:
                pass
            elif text[gap] == _POINT:
                # A run that was joined may lie elsewhere by now.
                if place == gap:
                    was_initial = _is_initial(text, kind, before, gap)
                is_initial = _is_initial(text, kind, first, last)
                joins = was_initial and is_initial
                was_initial = is_initial
            elif apostrophe != SEPARATES:
                joins = _is_letter(text[gap - 1]) and _is_letter(text[first])
                if apostrophe == ENGLISH:
                    joins = joins and not _is_clitic(text, first, last)
                was_initial = _is_initial(text, kind, first, last)
        before = first
        gap = last
        if joins:
            for i in range(first, last):
                text[place] = text[i]
                kind[place] = kind[i]
                place += 1
        else:
            start[n] = first
            n += 1
            place = last
        end[n - 1] = place
    return n


@inner_kernel
def _is_initial(text, kind, first, last):
    """Return whether a run is a single capital letter."""
    return kind[first] & CAPITAL != 0 and decode_character(text, first)[0] == last - first


@inner_kernel
def _is_letter(byte):
    """Return whether a byte of a word character is neither a digit nor an underscore."""
    return byte != _UNDERSCORE and not 48 <= byte < 58


@inner_kernel
def _is_clitic(text, first, last):
    """Return whether a run is s, d, m, re, ve or ll."""
    byte = text[first]
    if last - first == 1:
        return byte in (_S, _D, _M)
    if last - first != 2:
        return False
    second = text[first + 1]
    return (byte in (_R, _V) and second == _E) or (byte == _L and second == _L)


@kernel
def mark_names(text, kind, start, end, n_runs, part_ptr, part_is_text, term, n_stop, out_run):
    """Write `NAME` after stop words that are names; write which, and return how many.

    A stop word of at most `LONGEST_NAME` characters is a name if it is in capitals, its part has a
    small letter, and neither word beside it is a stop word in capitals, or in capitals and longer
    than `LONGEST_ACRONYM`.

    Parameters
    ----------
    text, kind : uint8[n_bytes]
        Lower-cased UTF-8, and the kind of each byte; ``text`` is updated.
    start, end : int32[≥ n_runs]
        First byte of each run, and the byte after its last; ends are updated.
    n_runs : int
        Number of runs.
    part_ptr : int64[n_parts + 1]
        Where each part begins; the last element is above every start.
    part_is_text : uint8[n_parts]
        1 if the part is a text that may have names.
    term : int32[n_runs]
        Term of each run.
    n_stop : int
        Terms numbered below are stop words.
    out_run : int32[≥ n_runs]
        Numbers of the runs of names.

    Returns
    -------
    int
        Number of names.
    """
    part = 0
    checked = -1
    has_small = False
    n = 0
    for run in range(n_runs):
        first = start[run]
        # Both conditions at once: about every second word is a stop word, hardly one in capitals.
        is_capital = kind[first] & kind[end[run] - 1] & CAPITAL != 0
        if not (np.uint32(term[run]) < n_stop) & is_capital:
            continue
        while first >= part_ptr[part + 1]:
            part += 1
        if not part_is_text[part]:
            continue
        length = _capitals(text, kind, first, end[run])
        if not 0 < length <= LONGEST_NAME:
            continue
        is_loud = False
        for beside in (run - 1, run + 1):
            if 0 <= beside < n_runs and part_ptr[part] <= start[beside] < part_ptr[part + 1]:
                is_loud |= _is_loud(text, kind, start[beside], end[beside], term[beside], n_stop)
        if is_loud:
            continue
        if checked != part:
            checked = part
            has_small = False
            for i in range(part_ptr[part], part_ptr[part + 1]):
                if kind[i] & SMALL:
                    has_small = True
                    break
        if has_small:
            out_run[n] = run
            n += 1
    for i in range(n):  # only now, because the loop reads the words beside
        text[end[out_run[i]]] = NAME
        end[out_run[i]] += 1
    return n


@inner_kernel
def _is_loud(text, kind, first, last, term, n_stop):
    """Return whether a run is in capitals, and a stop word or longer than an acronym."""
    length = _capitals(text, kind, first, last)
    return length > LONGEST_ACRONYM or (length > 0 and 0 <= term < n_stop)


@inner_kernel
def _capitals(text, kind, first, last):
    """Return the number of characters of a run in capitals; 0 if it has another character."""
    n = 0
    for i in range(first, last):
        if not kind[i] & CAPITAL:
            return 0
        n += text[i] & 0xC0 != 0x80
    return n
