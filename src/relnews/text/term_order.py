"""Terms as strings: the order of their code points, and their names."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import spelling as kernels
from relnews._kernels._compile import frozen

#: Terms that are made strings at a time.
_SPELLED = 1 << 14

#: Terms that have more in common than is compared so many times are few.
_ROUNDS = 8


def sorted_terms(blob: NDArray[np.uint8], term_ptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of terms, all different, in the order of their code points.

    As many characters as a number has room for are compared at a time; only terms that are still
    equal go on to the next.

    Parameters
    ----------
    blob : uint8 array
        UTF-8, with 8 bytes to spare.
    term_ptr : int64 array of shape (n_terms + 1,)
    """
    seen = np.zeros(0x110000, dtype=np.uint8)
    highest = kernels.alphabet(blob, int(term_ptr[-1]), seen)
    rank = np.cumsum(seen[: highest + 1], dtype=np.int64)
    rank_bits = int(rank[-1]).bit_length()
    order = np.arange(len(term_ptr) - 1)
    # The places whose terms are not in order yet, which of them have the same beginning, and where
    # each goes on.
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
    if len(places):  # dozens of characters in common
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
    terms : int64 array of shape (n, longest)
        The numbers of the words of each; -1 behind the last.
    """
    space = np.append(np.diff(term_ptr) + 1, 0)  # at -1 for none
    names: list[str] = []
    # Some at a time: one other character makes all of a string wide.
    for first in range(0, len(terms), _SPELLED):
        some = np.ascontiguousarray(terms[first : first + _SPELLED], dtype=np.int64)
        n_bytes = int(space[some].sum())
        lines = np.empty(n_bytes + 8, dtype=np.uint8)
        kernels.spell(some, frozen(blob[: term_ptr[-1] + 8]), frozen(term_ptr), lines)
        names += lines[:n_bytes].tobytes().decode("utf-8", "surrogatepass").split("\n")[:-1]
    if len(names) != len(terms):  # stems may have line breaks
        words = [
            blob[i:j].tobytes().decode("utf-8", "surrogatepass")
            for i, j in itertools.pairwise(term_ptr.tolist())
        ]
        return [" ".join(words[i] for i in term if i >= 0) for term in terms.tolist()]
    return names
