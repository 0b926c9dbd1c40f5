"""Lines: the lines of the texts of articles, as hashes of their words."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews.text.rows import joined_ptr, taken


@dataclasses.dataclass(frozen=True, slots=True)
class Lines:
    """The lines of dek and text of articles, without lines that have no words.

    Parameters
    ----------
    ptr : int64 array of shape (n_articles + 1,)
        Place of each article's first line; the last entry is n_lines.
    n_words : int32 array of shape (n_lines,)
        Number of words of each line, without stop words. The words of an article's lines are its
        words in `ArticleTerms.text`.
    hash : uint64 array of shape (n_lines,)
        Hash of the words, or `NO_LINE` for the break between dek and text; see
        `relnews._kernels.lines`.
    sources : list of str or None
        Source of each article.
    """

    ptr: NDArray[np.int64]
    n_words: NDArray[np.int32]
    hash: NDArray[np.uint64]
    sources: list[str | None]

    @property
    def article(self) -> NDArray[np.int64]:
        """The article of each line, int64 array of shape (n_lines,)."""
        return np.repeat(np.arange(len(self.sources)), np.diff(self.ptr))

    def hash_in_source(self) -> NDArray[np.uint64]:
        """Return a hash of each line and its source, uint64 array of shape (n_lines,)."""
        of_article = np.array([hash_of_source(source) for source in self.sources], dtype=np.uint64)
        return self.hash ^ of_article[self.article]

    def cut(self, first: int, last: int) -> Lines:
        """Return the lines of the articles from place `first` up to, not including, `last`."""
        begin, end = int(self.ptr[first]), int(self.ptr[last])
        return Lines(
            self.ptr[first : last + 1] - begin, self.n_words[begin:end], self.hash[begin:end],
            self.sources[first:last],
        )  # fmt: skip

    def take(self, articles: NDArray[np.int64]) -> Lines:
        """Return the lines of the given articles, in the given order."""
        ptr, n_words, hash_ = taken(articles, self.ptr, self.n_words, self.hash)
        return Lines(ptr, n_words, hash_, [self.sources[place] for place in articles.tolist()])

    @classmethod
    def concatenate(cls, parts: Sequence[Lines]) -> Lines:
        """Return the lines of several parts, one part after another."""
        return cls(
            joined_ptr([part.ptr for part in parts]),
            np.concatenate([np.empty(0, np.int32), *(part.n_words for part in parts)]),
            np.concatenate([np.empty(0, np.uint64), *(part.hash for part in parts)]),
            [source for part in parts for source in part.sources],
        )


@functools.lru_cache(maxsize=1 << 12)
def hash_of_source(source: str | None) -> int:
    """Return a one-way hash of a source, 64 bits."""
    name = (source or "").encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big")
