"""Rows: numbers of articles in flat arrays, one article after another."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """Distinct (article, term) pairs and their counts, article by article.

    Parameters
    ----------
    row_ptr : int64 array of shape (n_articles + 1,)
        Place of each article's first pair; the last entry is n_pairs.
    term, count : int32 arrays of shape (n_pairs,)
        Terms, in the order of their first occurrence in an article, and their counts.
    """

    row_ptr: NDArray[np.int64]
    term: NDArray[np.int32]
    count: NDArray[np.int32]

    @property
    def n_articles(self) -> int:
        """Articles counted."""
        return len(self.row_ptr) - 1

    @property
    def article(self) -> NDArray[np.int32]:
        """The article of each pair, int32 array of shape (n_pairs,)."""
        return np.repeat(np.arange(self.n_articles, dtype=np.int32), np.diff(self.row_ptr))

    def take(self, articles: NDArray[np.int64]) -> Counts:
        """Return the counts of the given articles, in the given order."""
        return Counts(*taken(articles, self.row_ptr, self.term, self.count))

    @classmethod
    def concatenate(cls, parts: Sequence[Counts]) -> Counts:
        """Return the counts of several parts, one part after another."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            joined_ptr([part.row_ptr for part in parts]),
            np.concatenate([part.term for part in parts] or [np.empty(0, np.int32)]),
            np.concatenate([part.count for part in parts] or [np.empty(0, np.int32)]),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Ragged:
    """A sequence of numbers, or of rows of numbers, for each of several articles.

    Parameters
    ----------
    ptr : int64 array of shape (n_articles + 1,)
        Place of each article's first value; the last entry is n.
    value : integer array of shape (n,) or (n, width)
        Values of all articles, one article after another.
    """

    ptr: NDArray[np.int64]
    value: NDArray[np.integer[Any]]

    def take(self, articles: NDArray[np.int64]) -> Ragged:
        """Return the values of the given articles, in the given order."""
        return Ragged(*taken(articles, self.ptr, self.value))

    def without(self, articles: NDArray[np.bool_]) -> Ragged:
        """Return the values, with empty sequences for the marked articles."""
        lengths = np.diff(self.ptr)
        stays = np.repeat(~articles, lengths)
        ptr = np.concatenate([[0], np.cumsum(np.where(articles, 0, lengths))])
        return Ragged(ptr, self.value[stays])

    @classmethod
    def concatenate(cls, parts: Sequence[Ragged]) -> Ragged:
        """Return the values of several parts, one part after another."""
        if len(parts) == 1:
            return parts[0]
        ptr = joined_ptr([part.ptr for part in parts])
        return cls(ptr, np.concatenate([part.value for part in parts]))

    @classmethod
    def gather(cls, values: Sequence[NDArray[np.integer[Any]]]) -> Ragged:
        """Return values that are given article by article."""
        ptr = np.cumsum([0, *map(len, values)], dtype=np.int64)
        return cls(ptr, np.concatenate(values))


def joined_ptr(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return where each article's values begin in the values of several parts, one after another.

    Parameters
    ----------
    parts : sequence of int64 arrays
        Where each article's values begin in a part, and behind that the number of values.
    """
    shifts = np.cumsum([0, *(part[-1] for part in parts)], dtype=np.int64)
    begins = [part[:-1] + shift for part, shift in zip(parts, shifts, strict=False)]
    return np.concatenate([*begins, shifts[-1:]])


def taken(
    articles: NDArray[np.int64], ptr: NDArray[np.int64], *columns: NDArray[Any]
) -> tuple[NDArray[Any], ...]:
    """Return the values of the given articles, in the given order, and first where they begin.

    Parameters
    ----------
    articles : int64 array of shape (n,)
        Places of the articles.
    ptr : int64 array of shape (n_articles + 1,)
        Where each article's values begin.
    *columns : arrays
        Values of all articles.
    """
    if np.array_equal(articles, np.arange(len(ptr) - 1)):
        return ptr, *columns
    row_ptr = np.zeros(len(articles) + 1, dtype=np.int64)
    np.cumsum(np.diff(ptr)[articles], out=row_ptr[1:])
    rows = [*map(slice, ptr[articles].tolist(), ptr[articles + 1].tolist())]
    # Slices need no index of every value, which would be larger than the values.
    taken = (np.concatenate([column[:0], *map(column.__getitem__, rows)]) for column in columns)
    return row_ptr, *taken
