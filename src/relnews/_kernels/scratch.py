"""Scratch arrays of kernels that rank, lent to one thread at a time.

They are reused, because fresh memory costs more than a query.
"""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scratch(NamedTuple):
    """Scratch arrays for scoring.

    Parameters
    ----------
    weight : float64 array of shape (≥ n_terms,)
        By term: its weight in the query.
    is_in_query : uint64 array of shape (≥ n_terms / 64 + 1,)
        A bit for each term. Zeros; and zeros again after each kernel.
    latest : int32 array of shape (≥ n_terms,)
        By term: number of its latest entry. Zeros; and zeros again after each kernel.
    shared, terms : int32 arrays of shape (≥ longest row + 1,)
        Places of shared terms; numbers of the terms of a row.
    sums, highest, factor : float32 arrays of shape (≥ n_rows,)
        Sums of rare terms; highest first bound of each block of rows; factors on scores.
    near, nearer : int32 arrays of shape (≥ n_rows + 1,)
        Rows that pass the first bound; rows that pass the second bound too.
    similarities : float64 array of shape (≥ n_rows,)
        Similarities of the articles that were scored.
    places : int64 array of shape (2, ≥ n_terms)
        Places of the terms that are walked.
    """

    weight: NDArray[np.float64]
    is_in_query: NDArray[np.uint64]
    latest: NDArray[np.int32]
    shared: NDArray[np.int32]
    terms: NDArray[np.int32]
    sums: NDArray[np.float32]
    highest: NDArray[np.float32]
    factor: NDArray[np.float32]
    near: NDArray[np.int32]
    nearer: NDArray[np.int32]
    similarities: NDArray[np.float64]
    places: NDArray[np.int64]


class TitleMatchScratch(NamedTuple):
    """Scratch arrays for matching titles.

    Parameters
    ----------
    kind : uint8 array of shape (≥ n_terms,)
        By term: whether it is in the query's text, in its title, or both.
    title_part : float64 array of shape (≥ n_terms,)
        By term: its share in the query's title.
    place : int32 array of shape (≥ n_terms,)
        By term of the query's title: its place in the latest row that has it in its text.
    text_pairs : uint64 array whose length is a power of two
        Hash table; at least twice as long as the words of a text.
    keys : uint64 array, as long
        Pairs of words of the text that may be in a title.
    phrases : int64 array, as long
        Phrases of titles that are in the text.
    """

    kind: NDArray[np.uint8]
    title_part: NDArray[np.float64]
    place: NDArray[np.int32]
    text_pairs: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    phrases: NDArray[np.int64]


#: Arrays that no thread uses, with the sizes that they are long enough for.
_IDLE: collections.deque[tuple[Sequence[int], tuple[Scratch, TitleMatchScratch]]]
_IDLE = collections.deque()


@contextlib.contextmanager
def borrowed(
    n_terms: int, n_rows: int, longest: int, n_words: int = 0
) -> Iterator[tuple[Scratch, TitleMatchScratch]]:
    """Lend scratch arrays that are long enough, to one thread at a time.

    Parameters
    ----------
    n_terms, n_rows : int
        Terms in the vocabulary; rows of the longest segment.
    longest : int
        Number of terms of the longest row.
    n_words : int
        Words of the longest text of the queries.
    """
    wanted = n_terms, n_rows, longest, n_words
    sizes: Sequence[int]
    try:
        sizes, arrays = _IDLE.pop()
    except IndexError:
        sizes, arrays = wanted, _made(*wanted)
    if any(size < least for size, least in zip(sizes, wanted, strict=True)):
        sizes = [*map(max, sizes, wanted)]
        arrays = _made(*sizes)
    yield arrays
    _IDLE.append((sizes, arrays))


def _made(
    n_terms: int, n_rows: int, longest: int, n_words: int
) -> tuple[Scratch, TitleMatchScratch]:
    """Return new scratch arrays."""
    shared, terms = np.empty((2, longest + 1), dtype=np.int32)
    sums, highest, factor = np.empty((3, n_rows), dtype=np.float32)
    near, nearer = np.empty((2, n_rows + 1), dtype=np.int32)
    n_text = 1 << max(2 * n_words - 1, 15).bit_length()
    return Scratch(
        np.empty(n_terms), np.zeros(n_terms // 64 + 1, dtype=np.uint64),
        np.zeros(n_terms, dtype=np.int32), shared, terms, sums, highest, factor, near, nearer,
        np.empty(n_rows), np.empty((2, n_terms), np.int64),
    ), TitleMatchScratch(
        np.empty(n_terms, np.uint8), np.empty(n_terms), np.empty(n_terms, np.int32),
        np.empty(n_text, np.uint64), np.empty(n_text, np.uint64), np.empty(n_text, np.int64),
    )  # fmt: skip
