"""Spool: articles on their way into segments, in temporary files instead of in memory."""

from __future__ import annotations

import functools
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews.maintenance.layout import Rows
from relnews.search.segment import SEGMENT_ARTICLES
from relnews.text.article_terms import ArticleTerms
from relnews.text.rows import Counts, Ragged

#: Bytes of a column that stay in memory; the files of a small archive are never written.
MOST_IN_MEMORY = 1 << 23


class Spool:
    """Articles that are needed a second time. It is read when all are added.

    Parameters
    ----------
    most_pairs : int
        As for `relnews.maintenance.layout.filled`.
    folder : Path or None
        Folder of the files, which have no names; None is the system's temporary folder.
    """

    def __init__(self, most_pairs: int, folder: Path | None) -> None:
        self._most_pairs = most_pairs
        self._columns = [_Column(folder) for _ in range(5)]
        self._term, self._count, self._text, self._phrases, self._vectors = self._columns
        self._keys: list[NDArray[np.int64]] = []
        self.ids: list[str] = []

    def append(self, part: Rows) -> None:
        """Add articles."""
        counts, text, phrases = part.terms.counts, part.terms.text, part.terms.phrases
        self._term.append(counts.row_ptr, counts.term)
        self._count.append(counts.row_ptr, counts.count)
        self._text.append(text.ptr, text.value)
        self._phrases.append(phrases.ptr, phrases.value)
        n, width = part.vectors.shape
        ptr = np.arange(n + 1, dtype=np.int64) * width
        self._vectors.append(ptr, part.vectors.reshape(-1).view(np.int32))
        self._keys.append(np.stack([part.key, part.published]))
        self.ids += part.ids

    def close(self) -> None:
        """Remove the files."""
        for column in self._columns:
            column.file.close()

    @property
    def keys(self) -> NDArray[np.int64]:
        """Keys of all articles."""
        keys: NDArray[np.int64] = self._keys_of_all[0]
        return keys

    @functools.cached_property
    def _keys_of_all(self) -> NDArray[np.int64]:
        """Keys and timestamps, int64 array of shape (2, n_articles)."""
        return np.concatenate(self._keys, axis=1)

    def rows(self, first: int, last: int) -> Rows:
        """Return the articles from place `first` up to, not including, place `last`."""
        counts = Counts(*self._term.read(first, last), self._count.read(first, last)[1])
        text = Ragged(*self._text.read(first, last))
        phrases = Ragged(*self._phrases.read(first, last))
        key, published = self._keys_of_all[:, first:last]
        return Rows(
            ArticleTerms(counts, text, phrases), key, published, self.ids[first:last],
            self._vectors_of(first, last),
        )  # fmt: skip

    def _vectors_of(self, first: int, last: int) -> NDArray[np.float32]:
        """Return the vectors of articles; zeros for those before the first vector of all."""
        ptr, value = self._vectors.read(first, last)
        width = np.diff(ptr)
        vectors = np.zeros((last - first, int(width.max(initial=0))), dtype=np.float32)
        if value.size:
            vectors[width > 0] = value.view(np.float32).reshape(-1, vectors.shape[1])
        return vectors

    def __iter__(self) -> Iterator[Rows]:
        """Yield all articles, as many at a time as fill a segment, in arrays of their own."""
        n_pairs, first = self._term.ptr, 0
        while first < len(self.ids):
            full = int(np.searchsorted(n_pairs, n_pairs[first] + self._most_pairs))
            last = min(max(full, first + 1), first + SEGMENT_ARTICLES, len(self.ids))
            yield self.rows(first, last)
            first = last

    def text(self, place: int) -> NDArray[np.integer[Any]]:
        """Return the words of an article's dek and text."""
        return self._text.read(place, place + 1)[1]


class _Column:
    """Values of articles in a file, one article after another."""

    def __init__(self, folder: Path | None) -> None:
        place = None if folder is None else str(folder)
        self.file = tempfile.SpooledTemporaryFile(MOST_IN_MEMORY, dir=place)  # noqa: SIM115
        self._lengths: list[NDArray[np.int64]] = [np.zeros(1, dtype=np.int64)]
        self._shape: tuple[int, ...] = ()

    def append(self, ptr: NDArray[np.int64], value: NDArray[Any]) -> None:
        """Add the values of more articles; see `Ragged`."""
        self._lengths.append(np.diff(ptr))
        self._shape = value.shape[1:]
        self.file.write(np.ascontiguousarray(value, dtype=np.int32).data)

    @functools.cached_property
    def ptr(self) -> NDArray[np.int64]:
        """Place of each article's first value; complete with the last `append`."""
        return np.cumsum(np.concatenate(self._lengths))

    def read(self, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the values of the articles from place `first` up to, not including, `last`."""
        ptr = self.ptr[first : last + 1]
        value = np.empty((int(ptr[-1] - ptr[0]), *self._shape), dtype=np.int32)
        self.file.seek(int(ptr[0]) * math.prod(self._shape) * value.itemsize)
        self.file.readinto(value.reshape(-1).view(np.uint8).data)
        return ptr - ptr[0], value
