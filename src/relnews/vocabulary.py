"""Vocabulary: terms and their numbers, growing or fixed, and the runs of a text as terms."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews import _validation
from relnews._kernels import spelling, tokens
from relnews._kernels._compile import Scalar, frozen
from relnews.analysis import encode, folded_characters

_FIRST_TABLE = 1 << 15

#: Seeds that are tried: words collide under one that is not known by chance only, and never again.
_SEEDS = 16

#: Terms that are made strings at a time.
_SPELLED = 1 << 14

#: Terms that have more in common than is compared so many times are few.
_ROUNDS = 8


class Workspace:
    """Arrays that are used again for every batch: fresh memory costs more than the work in it.

    What was given out under a name is overwritten by whoever asks for that name next.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}

    def array(self, name: str, size: int, dtype: type[Scalar]) -> NDArray[Scalar]:
        """Return an array with anything in it."""
        array = self._arrays.get(name)
        if array is None or array.size < size:
            array = self._arrays[name] = np.empty(size + size // 4, dtype=dtype)
        return array[:size]


@dataclasses.dataclass(frozen=True, slots=True)
class Runs:
    """The runs of word characters of some texts.

    Parameters
    ----------
    text : uint8 array
        The folded texts.
    start, end : int32 arrays of shape (≥ n,)
        Where each run is in it.
    n : int
        Runs.
    part_ptr : int64 array of shape (n_parts + 1,)
        Where each part begins in it.
    workspace : Workspace
        Where all this is; whatever is made of it may be put there too.
    """

    text: NDArray[np.uint8]
    start: NDArray[np.integer[Any]]
    end: NDArray[np.integer[Any]]
    n: int
    part_ptr: NDArray[np.int64]
    workspace: Workspace

    @classmethod
    def of(
        cls,
        parts: Sequence[bytes],
        is_ascii: Sequence[bool],
        *,
        lower: bool,
        workspace: Workspace | None = None,
    ) -> Runs:
        """Fold texts and find their runs.

        Parameters
        ----------
        parts : sequence of bytes
            As `relnews.analysis.encode` returns them.
        is_ascii : sequence of bool
            Whether each part is ASCII.
        lower : bool
            Lower-case them.
        workspace : Workspace, optional
            Where to put them.
        """
        workspace = workspace or Workspace()
        source = np.frombuffer(b"".join([*parts, bytes(tokens.PADDING)]), dtype=np.uint8)
        ends = [0, *itertools.accumulate(map(len, parts))]
        source_ptr = np.array(ends, dtype=np.int64)
        n_bytes = ends[-1]
        room = n_bytes + len(parts) + tokens.PADDING
        if not all(is_ascii):
            room += n_bytes // 2  # U+0250 and the like get longer, from two bytes to three
        _validation.check_batch_bytes(room)
        text = workspace.array("text", room, np.uint8)
        is_word = workspace.array("is_word", room, np.uint8)
        part_ptr = np.empty(len(parts) + 1, dtype=np.int64)
        start = workspace.array("start", room // 2 + 1, np.int32)
        end = workspace.array("end", room // 2 + 1, np.int32)
        n = tokens.find_runs(
            source, frozen(source_ptr), frozen(np.array(is_ascii, dtype=np.uint8)),
            folded_characters(), lower, is_word, text, part_ptr, start, end,
        )  # fmt: skip
        return cls(text, start, end, n, part_ptr, workspace)


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
        Where each term begins in the blob.
    seed : int
        What the hashes start from.
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
        """Return a vocabulary to grow."""
        table = np.zeros(_FIRST_TABLE, dtype=np.uint64)
        return cls(table, np.zeros(8, dtype=np.uint8), np.zeros(1, dtype=np.int64), 0)

    @classmethod
    def of(cls, terms: Iterable[bytes]) -> Vocabulary:
        """Return a vocabulary of these terms, which are distinct and not empty, in this order."""
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
        """Return a vocabulary of the same terms that grows by itself."""
        frozen_self = self.freeze()
        return Vocabulary(
            frozen_self.table.copy(),
            frozen_self.blob.copy(),
            frozen_self.term_ptr.copy(),
            self.seed,
        )

    def freeze(self) -> Vocabulary:
        """Return the vocabulary as it is now, with read-only arrays that have just its size."""
        length = int(self.term_ptr[len(self)])
        blob = np.zeros(length + 8, dtype=np.uint8)
        blob[:length] = self.blob[:length]
        return Vocabulary(
            frozen(self.table.copy()), frozen(blob),
            frozen(self.term_ptr[: len(self) + 1].copy()), self.seed,
        )  # fmt: skip

    def find(self, runs: Runs, min_length: int) -> NDArray[np.int32]:
        """Return the number of each run; `tokens.UNKNOWN` or `tokens.NOT_A_TERM` if it has none.

        Parameters
        ----------
        runs : Runs
        min_length : int
            Shorter runs, in characters, are no terms.
        """
        return self._find(runs, min_length)[0]

    def number(self, runs: Runs, min_length: int) -> NDArray[np.int32]:
        """Return the number of each run, entering those that are new.

        Parameters
        ----------
        runs : Runs
        min_length : int
        """
        term, key, hash_ = self._find(runs, min_length)
        n_unknown = int(np.count_nonzero(term == tokens.UNKNOWN))
        if n_unknown:
            self._reserve(n_unknown, len(runs.text))
            state = np.array([0, len(self), self.term_ptr[len(self)]], dtype=np.int64)
            while outcome := tokens.enter_unknown(
                runs.text, runs.start, runs.end, runs.n, key, hash_,
                self.table, self.blob, self.term_ptr, state, term,
            ):  # fmt: skip
                self._n_terms = int(state[tokens.N_TERMS])
                self._rehash(2 * self.table.size, reseed=outcome == tokens.CROWDED)
                key, hash_ = self._keys(runs, min_length)
            self._n_terms = int(state[tokens.N_TERMS])
        return term

    def merge(self, other: Vocabulary) -> NDArray[np.int32]:
        """Return the number here of each term of another vocabulary, entering those that are new.

        Returns
        -------
        int32 array of shape (len(other),)
        """
        if other is self:
            return np.arange(len(self), dtype=np.int32)
        return self.number(other._runs(), 1)

    def sort(self) -> NDArray[np.int64]:
        """Return the numbers of the terms in the order of their code points."""
        return sorted_terms(self.blob, self.term_ptr[: len(self) + 1])

    def decode(self, numbers: NDArray[np.integer[Any]] | None = None) -> list[str]:
        """Return terms as strings, all by default."""
        return self.spell((np.arange(len(self)) if numbers is None else numbers)[:, None])

    def spell(self, terms: NDArray[np.integer[Any]]) -> list[str]:
        """Return terms of more than one word as strings.

        Parameters
        ----------
        terms : int64 array of shape (n, longest)
            The numbers of the words of each; -1 behind the last.
        """
        ptr = self.term_ptr[: len(self) + 1]
        space = np.append(np.diff(ptr) + 1, 0)  # at -1 for none
        names: list[str] = []
        # Some at a time: one other character makes all of a string wide.
        for first in range(0, len(terms), _SPELLED):
            some = np.ascontiguousarray(terms[first : first + _SPELLED], dtype=np.int64)
            n_bytes = int(space[some].sum())
            lines = np.empty(n_bytes + 8, dtype=np.uint8)
            spelling.spell(some, frozen(self.blob[: ptr[-1] + 8]), frozen(ptr), lines)
            names += lines[:n_bytes].tobytes().decode("utf-8", "surrogatepass").split("\n")[:-1]
        if len(names) != len(terms):  # stems may have line breaks
            words = [
                self.blob[i:j].tobytes().decode("utf-8", "surrogatepass")
                for i, j in itertools.pairwise(ptr.tolist())
            ]
            return [" ".join(words[i] for i in term if i >= 0) for term in terms.tolist()]
        return names

    def _find(
        self, runs: Runs, min_length: int
    ) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
        """Return the number, the key and the hash of each run."""
        key = runs.workspace.array("key", runs.n, np.uint64)
        hash_ = runs.workspace.array("hash", runs.n, np.uint64)
        long = runs.workspace.array("long", runs.n + 1, np.int32)
        term = runs.workspace.array("term", runs.n, np.int32)
        tokens.find(
            runs.text, runs.start, runs.end, runs.n, min_length, np.uint64(self.seed),
            frozen(self.table), frozen(self.blob), frozen(self.term_ptr), key, hash_, long,
            term,
        )  # fmt: skip
        return term, key, hash_

    def _keys(self, runs: Runs, min_length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        key = runs.workspace.array("key", runs.n, np.uint64)
        hash_ = runs.workspace.array("hash", runs.n, np.uint64)
        tokens.keys(
            runs.text, runs.start, runs.end, runs.n, min_length, np.uint64(self.seed), key, hash_
        )
        return key, hash_

    def _runs(self) -> Runs:
        """Return the terms where they are: the blob is a text, and they are its runs."""
        ptr = self.term_ptr[: len(self) + 1]
        bounds: NDArray[Any] = ptr if ptr[-1] >= 1 << 31 else ptr.astype(np.int32)
        start, end = bounds[:-1].copy(), bounds[1:].copy()
        return Runs(self.blob, start, end, len(self), ptr, Workspace())

    def _reserve(self, n_terms: int, n_bytes: int) -> None:
        """Make room for what a batch may add at most."""
        self.blob = grown(self.blob, int(self.term_ptr[len(self)]) + n_bytes + 8)
        self.term_ptr = grown(self.term_ptr, len(self) + n_terms + 1)

    def _rehash(self, size: int, *, reseed: bool = False) -> None:
        """Make another table; whoever picks words that collide does not know the next seed."""
        for _ in range(_SEEDS):
            if reseed:
                self.seed = int.from_bytes(os.urandom(8), "little")
            key, hash_ = self._keys(self._runs(), 1)
            self.table = np.zeros(size, dtype=np.uint64)
            if tokens.enter(key, hash_, np.diff(self.term_ptr[: len(self) + 1]), self.table):
                return
            reseed = True
        raise _validation.not_distinct()

    @staticmethod
    def _table_size(n_terms: int) -> int:
        return max(_FIRST_TABLE, 1 << (4 * n_terms).bit_length())


class LayeredVocabulary(Vocabulary):
    """A vocabulary that never changes, and what came after it: terms are numbered on.

    Parameters
    ----------
    base : Vocabulary
        Its arrays may be mapped.
    newer : iterable of bytes
        The terms after those of the base.
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
        """Return the number of each run, entering those that are new."""
        return self._look_up(runs, min_length, self.newer.number)

    def newest(self, first: int) -> list[bytes]:
        """Return the terms numbered from ``first`` on, none of them of the base."""
        newer = self.newer
        ptr = newer.term_ptr[first - len(self.base) : len(newer) + 1].tolist()
        return [newer.blob[i:j].tobytes() for i, j in itertools.pairwise(ptr)]

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
            some = Runs(
                runs.text, runs.start[unknown], runs.end[unknown], len(unknown), runs.part_ptr,
                Workspace(),
            )  # fmt: skip
            found = newer(some, min_length)
            term[unknown] = np.where(found >= 0, found + len(self.base), found)
        return term


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
    highest = spelling.alphabet(blob, int(term_ptr[-1]), seen)
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
        spelling.sort_keys(
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


def grown(array: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    """Return an array of at least this size that begins like the given one."""
    if size <= array.size:
        return array
    larger = np.empty(max(size, array.size + array.size // 2), dtype=array.dtype)
    larger[: array.size] = array
    return larger
