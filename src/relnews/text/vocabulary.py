"""Vocabulary: terms and their numbers, growing or fixed, and the runs of texts."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import tokens
from relnews._kernels._compile import Scalar, frozen
from relnews._kernels.arguments import RunArrays, TermTable
from relnews._kernels.runs import PADDING, find_runs
from relnews.text.encoding import encode, folded_characters
from relnews.text.term_order import sorted_terms, spelled

_FIRST_TABLE = 1 << 15

#: Bytes from which on a copy goes into a large piece; smaller copies reuse freed memory.
_WORTH_A_PIECE = 1 << 16

_LARGEST_PIECE = 1 << 25

#: Terms that are copied at a time.
_TAKEN = 1 << 16

#: Number of seeds to try. Nobody can choose words that collide under an unknown seed.
_SEEDS = 16


class Workspace:
    """Arrays that every batch reuses, because fresh memory costs more time than the work in it.

    A later call with the same name overwrites the array.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}
        self._pieces: dict[np.dtype[Any], NDArray[Any]] = {}
        self._next_piece = 0

    def array(self, name: str, size: int, dtype: type[Scalar]) -> NDArray[Scalar]:
        """Return an array with arbitrary contents."""
        array = self._arrays.get(name)
        if array is None or array.size < size:
            array = self._arrays[name] = np.empty(size + size // 4, dtype=dtype)
        return array[:size]

    def keep(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return a copy that no later call overwrites.

        Copies lie in pieces of memory large enough for huge pages, which the system provides 10×
        faster than small pages.
        """
        if array.nbytes < _WORTH_A_PIECE:
            return array.copy()
        piece = self._pieces.get(array.dtype)
        if piece is None or piece.size < array.size:
            n_bytes = max(array.nbytes, min(self._next_piece, _LARGEST_PIECE))
            self._next_piece = 4 * n_bytes
            piece = np.empty(n_bytes // array.itemsize, dtype=array.dtype)
        copy, self._pieces[array.dtype] = piece[: array.size], piece[array.size :]
        copy[:] = array
        return copy


@dataclasses.dataclass(frozen=True, slots=True)
class Runs:
    """The runs of word characters of texts.

    Parameters
    ----------
    text : uint8 array
        The folded texts in UTF-8.
    start, end : int32 arrays of shape (≥ n,)
        First byte of each run in the text, and the byte after its last byte.
    n : int
        Number of runs.
    part_ptr : int64 array of shape (n_parts + 1,)
        First byte of each part in the text.
    workspace : Workspace
        Memory of these arrays and of arrays made from them.
    kind : uint8 array or None
        Kind of each byte of texts that were folded; see `relnews._kernels.runs`.
    """

    text: NDArray[np.uint8]
    start: NDArray[np.integer[Any]]
    end: NDArray[np.integer[Any]]
    n: int
    part_ptr: NDArray[np.int64]
    workspace: Workspace
    kind: NDArray[np.uint8] | None = None

    @classmethod
    def of(
        cls,
        parts: Sequence[bytes],
        is_ascii: Sequence[bool],
        *,
        lower: bool,
        workspace: Workspace | None = None,
        characters: NDArray[np.uint32] | None = None,
    ) -> Runs:
        """Return the runs of texts, after folding the texts.

        Parameters
        ----------
        parts : sequence of bytes
            As `relnews.text.analysis.encode` returns them.
        is_ascii : sequence of bool
            Whether each part is ASCII.
        lower : bool
            Whether to lower-case the texts.
        workspace : Workspace, optional
            Memory for the arrays. None means new memory.
        characters : uint32 array of shape (0x110000,), optional
            Table of code points. None means `folded_characters()`.
        """
        workspace = workspace or Workspace()
        source = np.frombuffer(b"".join([*parts, bytes(PADDING)]), dtype=np.uint8)
        ends = [0, *itertools.accumulate(map(len, parts))]
        source_ptr = np.array(ends, dtype=np.int64)
        n_bytes = ends[-1]
        room = n_bytes + len(parts) + PADDING
        if not all(is_ascii):
            room += n_bytes // 2  # characters such as U+0250 grow from two bytes to three
        _check_batch_bytes(room)
        text = workspace.array("text", room, np.uint8)
        kind = workspace.array("kind", room, np.uint8)
        part_ptr = np.empty(len(parts) + 1, dtype=np.int64)
        start = workspace.array("start", room // 2 + 1, np.int32)
        end = workspace.array("end", room // 2 + 1, np.int32)
        n = find_runs(
            source, frozen(source_ptr), frozen(np.array(is_ascii, dtype=np.uint8)),
            folded_characters() if characters is None else characters, lower, kind, text, part_ptr,
            start, end,
        )  # fmt: skip
        return cls(text, start, end, n, part_ptr, workspace, kind)

    def subset(self, runs: NDArray[np.integer[Any]]) -> Runs:
        """Return the given runs, in memory of their own."""
        start, end = self.start[runs], self.end[runs]
        return Runs(self.text, start, end, len(runs), self.part_ptr, Workspace())

    def arrays(self) -> RunArrays:
        """Return the runs in the form that kernels take."""
        return RunArrays(self.text, self.start, self.end, self.n)


class Vocabulary:
    """Terms and their numbers: an open-addressing table over one blob of UTF-8.

    Parameters
    ----------
    table : uint64 array of shape (2 × power of two,)
        Pairs of a key, and the length (high half) and number + 1 (low half) of a term; see
        `relnews._kernels.tokens`.
    blob : uint8 array of shape (n_bytes + 8,)
        The terms, one after another, in the order of their first occurrence.
    term_ptr : int64 array of shape (n_terms + 1,)
        First byte of each term in the blob.
    seed : int
        Seed of the hashes.
    """

    def __init__(
        self,
        table: NDArray[np.uint64],
        blob: NDArray[np.uint8],
        term_ptr: NDArray[np.int64],
        seed: int,
    ) -> None:
        self.table = table
        self.blob = blob
        self.term_ptr = term_ptr
        self.seed = seed
        self._n_terms = len(term_ptr) - 1

    @classmethod
    def empty(cls) -> Vocabulary:
        """Return an empty vocabulary that can grow."""
        table = np.zeros(_FIRST_TABLE, dtype=np.uint64)
        return cls(table, np.zeros(8, dtype=np.uint8), np.zeros(1, dtype=np.int64), 0)

    @classmethod
    def of(cls, terms: Iterable[bytes]) -> Vocabulary:
        """Return a vocabulary of terms, distinct and not empty, in the given order."""
        terms = list(terms)
        term_ptr = np.zeros(len(terms) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, terms), np.int64, len(terms)), out=term_ptr[1:])
        blob = np.frombuffer(b"".join([*terms, bytes(8)]), dtype=np.uint8).copy()
        vocabulary = cls(np.zeros(_FIRST_TABLE, dtype=np.uint64), blob, term_ptr, 0)
        vocabulary._rehash(vocabulary._table_size(len(terms)))
        return vocabulary

    @classmethod
    def of_texts(cls, texts: Iterable[str], min_length: int) -> Vocabulary:
        """Return the vocabulary of texts."""
        vocabulary = cls.empty()
        parts, is_ascii = zip(*map(encode, texts), strict=True)
        vocabulary.number(Runs.of(parts, is_ascii, lower=True), min_length)
        return vocabulary

    def __len__(self) -> int:
        return self._n_terms

    def copy(self) -> Vocabulary:
        """Return a vocabulary of the same terms that grows separately."""
        frozen_self = self.freeze()
        return Vocabulary(
            frozen_self.table.copy(),
            frozen_self.blob.copy(),
            frozen_self.term_ptr.copy(),
            self.seed,
        )

    def freeze(self) -> Vocabulary:
        """Return the present vocabulary, with read-only arrays of exactly its size."""
        length = int(self.term_ptr[len(self)])
        blob = np.zeros(length + 8, dtype=np.uint8)
        blob[:length] = self.blob[:length]
        return Vocabulary(
            frozen(self.table.copy()), frozen(blob),
            frozen(self.term_ptr[: len(self) + 1].copy()), self.seed,
        )  # fmt: skip

    def find(self, runs: Runs, min_length: int) -> NDArray[np.int32]:
        """Return the number of each run, or `tokens.UNKNOWN` or `tokens.NOT_A_TERM`.

        Parameters
        ----------
        runs : Runs
            The runs to look up.
        min_length : int
            Minimum number of characters of a term.
        """
        return self._find(runs, min_length)[0]

    def number(self, runs: Runs, min_length: int) -> NDArray[np.int32]:
        """Return the number of each run, adding new terms.

        Parameters
        ----------
        runs : Runs
            The runs to look up.
        min_length : int
            Minimum number of characters of a term.
        """
        term, key, hash_ = self._find(runs, min_length)
        unknown = np.flatnonzero(term == tokens.UNKNOWN)
        if len(unknown):
            self._reserve(len(unknown), len(runs.text))
            state = np.array([0, len(self), self.term_ptr[len(self)]], dtype=np.int64)
            while outcome := tokens.enter_unknown(
                runs.arrays(), unknown, key, hash_,
                TermTable(self.table, self.blob, self.term_ptr), state, term,
            ):  # fmt: skip
                self._n_terms = int(state[tokens.N_TERMS])
                if not self._grow(reseed=outcome == tokens.CROWDED):
                    key, hash_ = self._keys(runs, min_length)
            self._n_terms = int(state[tokens.N_TERMS])
        return term

    def merge(self, other: Vocabulary) -> NDArray[np.int32]:
        """Return the number here of each term of another vocabulary, adding new terms.

        Returns
        -------
        int32 array of shape (len(other),)
        """
        if other is self:
            return np.arange(len(self), dtype=np.int32)
        return self.number(other._runs(), 1)

    def take(self, numbers: NDArray[np.integer[Any]]) -> Vocabulary:
        """Return a vocabulary of the given terms, in the given order."""
        begin, length = self.term_ptr[numbers], np.diff(self.term_ptr)[numbers]
        ptr = np.concatenate([[0], np.cumsum(length)])
        blob = np.zeros(int(ptr[-1]) + 8, dtype=np.uint8)
        for i in range(0, len(numbers), _TAKEN):  # in portions: an index takes 8× as much
            j = min(i + _TAKEN, len(numbers))
            shift = np.repeat(begin[i:j] - ptr[i:j], length[i:j])
            blob[ptr[i] : ptr[j]] = self.blob[shift + np.arange(ptr[i], ptr[j])]
        vocabulary = Vocabulary(np.zeros(0, dtype=np.uint64), blob, ptr, 0)
        vocabulary._rehash(self._table_size(len(numbers)))
        return vocabulary.freeze()

    def is_found(self) -> bool:
        """Return whether a search finds every term: the table, the terms and the seed fit."""
        return np.array_equal(self.find(self._runs(), 1), np.arange(len(self)))

    def sort(self, first: int = 0) -> NDArray[np.int64]:
        """Return the numbers below `first`, then the others by the code points of their terms."""
        others = first + sorted_terms(self.blob, self.term_ptr[first : len(self) + 1])
        return np.concatenate([np.arange(first), others])

    def decode(self, numbers: NDArray[np.integer[Any]] | None = None) -> list[str]:
        """Return terms as strings, all by default."""
        return self.spell((np.arange(len(self)) if numbers is None else numbers)[:, None])

    def spell(self, terms: NDArray[np.integer[Any]]) -> list[str]:
        """Return terms of more than one word as strings.

        Parameters
        ----------
        terms : int64 array of shape (n, longest)
            The words of each term; -1 after the last word.
        """
        return spelled(self.blob, self.term_ptr[: len(self) + 1], terms)

    def _find(
        self, runs: Runs, min_length: int
    ) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
        """Return the number, the key and the hash of each run."""
        key = runs.workspace.array("key", runs.n, np.uint64)
        hash_ = runs.workspace.array("hash", runs.n, np.uint64)
        long = runs.workspace.array("long", runs.n + 1, np.int32)
        term = runs.workspace.array("term", runs.n, np.int32)
        tokens.find(
            runs.arrays(), min_length, np.uint64(self.seed),
            TermTable(frozen(self.table), frozen(self.blob), frozen(self.term_ptr)),
            key, hash_, long, term,
        )  # fmt: skip
        return term, key, hash_

    def _keys(self, runs: Runs, min_length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        key = runs.workspace.array("key", runs.n, np.uint64)
        hash_ = runs.workspace.array("hash", runs.n, np.uint64)
        tokens.keys(runs.arrays(), min_length, np.uint64(self.seed), key, hash_)
        return key, hash_

    def _runs(self) -> Runs:
        """Return the terms as runs of the blob."""
        ptr = self.term_ptr[: len(self) + 1]
        bounds: NDArray[Any] = ptr if ptr[-1] >= 1 << 31 else ptr.astype(np.int32)
        start, end = bounds[:-1].copy(), bounds[1:].copy()
        return Runs(self.blob, start, end, len(self), ptr, Workspace())

    def _reserve(self, n_terms: int, n_bytes: int) -> None:
        """Make room for the maximum that a batch may add."""
        self.blob = grown(self.blob, int(self.term_ptr[len(self)]) + n_bytes + 8)
        self.term_ptr = grown(self.term_ptr, len(self) + n_terms + 1)

    def _grow(self, *, reseed: bool) -> bool:
        """Double the table; return whether the seed stayed the same."""
        size = 2 * self.table.size
        if not reseed:
            table = np.zeros(size, dtype=np.uint64)
            if tokens.move(self.table, np.uint64(self.seed), table):
                self.table = table
                return True
        self._rehash(size, reseed=True)
        return False

    def _rehash(self, size: int, *, reseed: bool = False) -> None:
        """Rebuild the table, with an unpredictable seed after too many collisions."""
        for _ in range(_SEEDS):
            if reseed:
                self.seed = int.from_bytes(os.urandom(8), "little")
            key, hash_ = self._keys(self._runs(), 1)
            self.table = np.zeros(size, dtype=np.uint64)
            if tokens.enter(key, hash_, np.diff(self.term_ptr[: len(self) + 1]), self.table):
                return
            reseed = True
        raise _not_distinct()

    @staticmethod
    def _table_size(n_terms: int) -> int:
        return max(_FIRST_TABLE, 1 << (4 * n_terms).bit_length())


class LayeredVocabulary(Vocabulary):
    """A fixed vocabulary and newer terms, numbered after its terms.

    Parameters
    ----------
    base : Vocabulary
        The fixed vocabulary; its arrays may be mapped.
    newer : iterable of bytes
        Terms to number after the terms of the base.
    """

    def __init__(self, base: Vocabulary, newer: Iterable[bytes] = ()) -> None:
        self.base = base
        newer = [*newer]
        self.newer = Vocabulary.of(newer) if newer else Vocabulary.empty()

    def __len__(self) -> int:
        return len(self.base) + len(self.newer)

    def find(self, runs: Runs, min_length: int) -> NDArray[np.int32]:
        """Return the number of each run; see `Vocabulary.find`."""
        return self._look_up(runs, min_length, self.newer.find)

    def number(self, runs: Runs, min_length: int) -> NDArray[np.int32]:
        """Return the number of each run, adding new terms."""
        return self._look_up(runs, min_length, self.newer.number)

    def newest(self, first: int) -> list[bytes]:
        """Return the terms numbered from ``first`` on."""
        n_base = len(self.base)
        return [*_spelled(self.base, first), *_spelled(self.newer, max(first - n_base, 0))]

    def flat(self) -> Vocabulary:
        """Return one vocabulary of all terms, with the same numbers."""
        vocabulary = self.base.copy()
        vocabulary.merge(self.newer)
        return vocabulary.freeze()

    def _look_up(
        self, runs: Runs, min_length: int, newer: Callable[[Runs, int], NDArray[np.int32]]
    ) -> NDArray[np.int32]:
        term = self.base.find(runs, min_length)
        unknown = np.flatnonzero(term == tokens.UNKNOWN)
        if len(unknown):
            found = newer(runs.subset(unknown), min_length)
            term[unknown] = np.where(found >= 0, found + len(self.base), found)
        return term


def _spelled(vocabulary: Vocabulary, first: int) -> list[bytes]:
    """Return the terms of a vocabulary, numbered from ``first`` on."""
    ptr = vocabulary.term_ptr[first : len(vocabulary) + 1].tolist()
    return [vocabulary.blob[i:j].tobytes() for i, j in itertools.pairwise(ptr)]


def grown(array: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    """Return an array of at least this size that begins with the given array."""
    if size <= array.size:
        return array
    larger = np.empty(max(size, array.size + array.size // 2), dtype=array.dtype)
    larger[: array.size] = array
    return larger


def _check_batch_bytes(n_bytes: int) -> None:
    """Raise ValueError for a single text too long for 32-bit offsets."""
    if n_bytes >= 1 << 31:
        msg = f"a text must have less than 1.4 GB, got about {n_bytes / 1e9:.1f} GB. Split it."
        raise ValueError(msg)


def _not_distinct() -> ValueError:
    """Return the error of terms for which no seed gives a table."""
    return ValueError("the terms of a vocabulary are not distinct")
