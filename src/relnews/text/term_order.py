"""Term order: terms in the order of their code points, and terms as strings."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import spelling as kernels
from relnews._kernels._compile import frozen

#: Terms that are decoded at a time.
_SPELLED = 1 << 14

#: Maximum number of rounds of comparison; few terms are still equal after 8 rounds.
_ROUNDS = 8


def sorted_terms(blob: NDArray[np.uint8], term_ptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of distinct terms, in the order of their code points.

    Each round compares the characters that fit in one 64-bit number. Only terms that are still
    equal take part in the next round.

    Parameters
    ----------
    blob : uint8 array
        UTF-8, with 8 bytes to spare.
    term_ptr : int64 array of shape (n_terms + 1,)
        Place of each term in the blob.
    """
    seen = np.zeros(0x110000, dtype=np.uint8)
    highest = kernels.alphabet(blob, int(term_ptr[-1]), seen)
    rank = np.cumsum(seen[: highest + 1], dtype=np.int64)
    rank_bits = int(rank[-1]).bit_length()
    order = np.arange(len(term_ptr) - 1)
    # Places whose terms are not in order yet; the group of equal beginnings of each; and the
    # position of its next character.
    places, group, position = order.copy(), np.zeros(len(order), np.uint64), term_ptr[:-1].copy()
    n_rounds = 0
    while len(places) and n_rounds < _ROUNDS:
        terms = order[places]
        key = np.empty(len(places), dtype=np.uint64)
        kernels.sort_keys(
            blob, term_ptr, terms, group, int(group[-1]).bit_length(), rank, rank_bits, position,
            key,
        )  # fmt: skip
        ranking = np.argsort(key)
        order[places] = terms[ranking]
        key = key[ranking]
        like_last = np.zeros(len(places) + 1, dtype=bool)
        like_last[1:-1] = key[1:] == key[:-1]
        undecided = like_last[:-1] | like_last[1:]
        group = np.cumsum(~like_last[:-1][undecided], dtype=np.uint64)
        places, position = places[undecided], position[ranking[undecided]]
        n_rounds += 1
    if len(places):  # terms with a long common beginning are few: sort them in Python
        bounds = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(places)]
        for a, b in itertools.pairwise(bounds):
            terms = order[places[a:b]].tolist()
            text = {t: blob[term_ptr[t] : term_ptr[t + 1]].tobytes() for t in terms}
            order[places[a:b]] = sorted(terms, key=text.__getitem__)
    return order


def spelled(
    blob: NDArray[np.uint8], term_ptr: NDArray[np.int64], terms: NDArray[np.integer[Any]]
) -> list[str]:
    """Return terms of more than one word as strings.

    Parameters
    ----------
    blob : uint8 array
        Words in UTF-8, with 8 bytes to spare.
    term_ptr : int64 array of shape (n_words + 1,)
        Place of each word in the blob.
    terms : int64 array of shape (n, longest)
        The words of each term; -1 after the last word.
    """
    space = np.append(np.diff(term_ptr) + 1, 0)  # the last entry, at -1, is for no word
    names: list[str] = []
    # In portions: one character outside Latin-1 doubles the memory of the whole string.
    for first in range(0, len(terms), _SPELLED):
        portion = np.ascontiguousarray(terms[first : first + _SPELLED], dtype=np.int64)
        n_bytes = int(space[portion].sum())
        lines = np.empty(n_bytes + 8, dtype=np.uint8)
        kernels.spell(portion, frozen(blob[: term_ptr[-1] + 8]), frozen(term_ptr), lines)
        names += lines[:n_bytes].tobytes().decode("utf-8", "surrogatepass").split("\n")[:-1]
    if len(names) != len(terms):  # stems may have line breaks
        words = [
            blob[i:j].tobytes().decode("utf-8", "surrogatepass")
            for i, j in itertools.pairwise(term_ptr.tolist())
        ]
        return [" ".join(words[i] for i in term if i >= 0) for term in terms.tolist()]
    return names
