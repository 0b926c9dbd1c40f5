"""From texts to counts: a growing vocabulary and the term counts of articles, in one pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import counting
from relnews._kernels._compile import Scalar, frozen
from relnews.analysis import MIN_LENGTH, encode, word_characters

#: Text is gathered to batches of so many bytes before a compiled pass goes over it.
BATCH_BYTES = 4 << 20

_FIRST_TABLE = 1 << 14


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """Distinct (article, term) pairs and how often each occurs.

    Parameters
    ----------
    n_articles : int
    article, term, count : int32 arrays of shape (n_pairs,)
        By article, ascending; the terms of an article in no particular order.
    """

    n_articles: int
    article: NDArray[np.int32]
    term: NDArray[np.int32]
    count: NDArray[np.int32]


@dataclasses.dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms and their numbers: an open-addressing table over one blob of UTF-8.

    Parameters
    ----------
    table : uint64 array of shape (power of two,)
        High half: bits of the hash; low half: term number + 1; 0 = empty.
    blob : uint8 array
        The terms, one after another.
    term_ptr : int64 array of shape (n_terms + 1,)
        Where each term begins in the blob.
    n_stop : int
        The terms numbered below are stop words: known, never counted.
    """

    table: NDArray[np.uint64]
    blob: NDArray[np.uint8]
    term_ptr: NDArray[np.int64]
    n_stop: int

    def __len__(self) -> int:
        return len(self.term_ptr) - 1

    def find(self, terms: Vocabulary) -> NDArray[np.int32]:
        """Return the number here of each term of another vocabulary, -1 where there is none."""
        numbers = np.empty(len(terms), dtype=np.int32)
        counting.find_terms(
            self.table, self.blob, self.term_ptr, terms.blob, terms.term_ptr, numbers
        )
        return numbers

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """Return terms as strings."""
        blob, ptr = self.blob, self.term_ptr
        return [blob[ptr[i] : ptr[i + 1]].tobytes().decode() for i in numbers]


class Counter:
    """Counts the terms of articles, given one after another, and gathers their vocabulary.

    Parameters
    ----------
    stop_words : iterable of str
        Their terms, by the same token rule, are the first of the vocabulary and are not counted.
    """

    def __init__(self, stop_words: Iterable[str] = ()) -> None:
        self._table = np.zeros(_FIRST_TABLE, dtype=np.uint64)
        self._blob = np.empty(0, dtype=np.uint8)
        self._term_ptr = np.zeros(1, dtype=np.int64)
        self._last_row = np.empty(0, dtype=np.int32)
        self._last_pair = np.empty(0, dtype=np.int64)
        self._state = np.zeros(counting.STATE_LENGTH, dtype=np.int64)
        self._n_stop = 0
        self._batch = _Batch()
        self._n_articles = 0
        self._counted: list[tuple[NDArray[np.int32], ...]] = []
        self.add([(encode("\n".join(stop_words)), 1)])
        self.take()
        self._n_stop = int(self._state[counting.N_TERMS])

    @property
    def n_articles(self) -> int:
        """Articles added since the last `take`."""
        return self._n_articles

    @property
    def n_pairs(self) -> int:
        """Pairs counted since the last `take`, not regarding the text that still waits."""
        return sum(len(columns[0]) for columns in self._counted)

    @property
    def n_terms(self) -> int:
        """Terms met so far, once the text that waits is counted."""
        return int(self._state[counting.N_TERMS])

    def add(self, parts: Iterable[tuple[bytes, int]]) -> None:
        """Add one article: its texts (lower-cased UTF-8), each with the weight of its words."""
        for text, weight in parts:
            self._batch.add(text, self._n_articles, weight)
        self._n_articles += 1
        if self._batch.n_bytes >= BATCH_BYTES:
            self._count_batch()

    def take(self) -> Counts:
        """Return the counts of the articles added since the last call; they are numbered from 0."""
        self._count_batch()
        columns = [np.concatenate(column) for column in zip(*self._counted, strict=True)]
        counts = Counts(self._n_articles, *columns)
        self._n_articles = 0
        self._counted = []
        # Article numbers begin again: no term was met in any of them yet.
        self._last_row.fill(-1)
        return counts

    def vocabulary(self) -> Vocabulary:
        """Return the terms met so far."""
        n_terms = int(self._state[counting.N_TERMS])
        length = int(self._state[counting.BLOB_LENGTH])
        return Vocabulary(
            frozen(self._table.copy()),
            frozen(self._blob[:length].copy()),
            frozen(self._term_ptr[: n_terms + 1].copy()),
            self._n_stop,
        )

    def _count_batch(self) -> None:
        batch, self._batch = self._batch, _Batch()
        text = np.frombuffer(b"".join(batch.texts) or b"\0", dtype=np.uint8)
        part_ptr = frozen(np.array(batch.ptr, dtype=np.int64))
        part_row = frozen(np.array(batch.rows, dtype=np.int32))
        part_weight = frozen(np.array(batch.weights, dtype=np.int32))
        most_terms = batch.n_bytes // MIN_LENGTH + 1
        self._reserve(batch.n_bytes, most_terms)
        row, term, number = (np.empty(most_terms, dtype=np.int32) for _ in range(3))
        state = self._state
        state[[counting.PART, counting.POSITION, counting.N_PAIRS]] = 0
        while (
            counting.count_terms(
                text, part_ptr, part_row, part_weight, word_characters(), self._n_stop, MIN_LENGTH,
                self._table, self._blob, self._term_ptr, self._last_row, self._last_pair,
                row, term, number, state,
            ) == counting.TABLE_FULL
        ):  # fmt: skip
            self._table = np.zeros(2 * self._table.size, dtype=np.uint64)
            counting.rehash(self._blob, self._term_ptr, state[counting.N_TERMS], self._table)
        n_pairs = int(state[counting.N_PAIRS])
        self._counted.append(tuple(column[:n_pairs].copy() for column in (row, term, number)))

    def _reserve(self, n_bytes: int, n_terms: int) -> None:
        """Make room for what a batch may add at most."""
        terms = int(self._state[counting.N_TERMS]) + n_terms + 1
        self._blob = _grown(self._blob, int(self._state[counting.BLOB_LENGTH]) + n_bytes)
        self._term_ptr = _grown(self._term_ptr, terms + 1)
        self._last_row = _grown(self._last_row, terms)
        self._last_pair = _grown(self._last_pair, terms)


class _Batch:
    """Texts waiting for the compiled pass. An article is never cut: its parts come together."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.ptr = [0]
        self.rows: list[int] = []
        self.weights: list[int] = []

    @property
    def n_bytes(self) -> int:
        return self.ptr[-1]

    def add(self, text: bytes, row: int, weight: int) -> None:
        self.texts.append(text)
        self.ptr.append(self.ptr[-1] + len(text))
        self.rows.append(row)
        self.weights.append(weight)


def _grown(array: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    if size <= array.size:
        return array
    larger = np.empty(max(size, array.size + array.size // 2), dtype=array.dtype)
    larger[: array.size] = array
    return larger
