"""Open articles: what the catalogue keeps of articles that are in no segment yet."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.wording import PHRASE
from relnews.dates import UNDATED
from relnews.storage import integrity
from relnews.storage.catalogue import StoredCounts
from relnews.text.article_terms import ArticleTerms, Ragged
from relnews.text.counts import Counts


@dataclasses.dataclass(frozen=True, slots=True)
class OpenArticle:
    """The terms of one article.

    Parameters
    ----------
    term, code : int32 arrays of shape (n_terms,)
        Ascending by term; see `relnews.text.article_terms.ArticleTerms`.
    text : int32 array of shape (n_words,)
    phrases : int32 array of shape (n_phrases, 3)
    published : int
        Timestamp, `UNDATED` if unknown.
    id : str
    """

    term: NDArray[np.int32]
    code: NDArray[np.int32]
    text: NDArray[np.int32]
    phrases: NDArray[np.int32]
    published: int
    id: str

    @classmethod
    def read(cls, stored: StoredCounts, n_terms: int) -> OpenArticle:
        """Return what was stored, looked through.

        Raises
        ------
        ValueError
            If it cannot be.
        """
        blobs = stored.terms, stored.codes, stored.text, stored.phrases
        integrity.check_counts(stored.key, _checksum(blobs) == stored.checksum)
        term, code, text, phrases = [np.frombuffer(blob, "<i4") for blob in blobs]
        integrity.check_row(term, code, n_terms)
        integrity.check_words(term, code != PHRASE, text, phrases)
        published = UNDATED if stored.published is None else stored.published
        return cls(term, code, text, phrases.reshape(-1, 3), published, stored.id)


def joined(articles: Sequence[OpenArticle]) -> ArticleTerms:
    """Return the terms of articles, one after another."""
    if not articles:
        return ArticleTerms.none()
    ptr = np.cumsum([0, *(len(one.term) for one in articles)], dtype=np.int64)
    counts = Counts(
        ptr, np.concatenate([one.term for one in articles]),
        np.concatenate([one.code for one in articles]),
    )  # fmt: skip
    text = Ragged.gather([one.text for one in articles])
    return ArticleTerms(counts, text, Ragged.gather([one.phrases for one in articles]))


def to_store(keys: Sequence[int], words: ArticleTerms) -> Iterator[tuple[int | bytes, ...]]:
    """Yield the terms of articles as the catalogue keeps them, checksum last."""
    counts = words.counts
    for i, (key, first, last) in enumerate(
        zip(keys, counts.row_ptr[:-1].tolist(), counts.row_ptr[1:].tolist(), strict=True)
    ):
        order = first + np.argsort(counts.term[first:last])
        blobs = [
            array.astype("<i4").tobytes()
            for array in (
                counts.term[order], counts.count[order], words.text.of(i), words.phrases.of(i)
            )
        ]  # fmt: skip
        yield (key, *blobs, _checksum(blobs))


def _checksum(blobs: Sequence[bytes]) -> int:
    checksum = 0
    for blob in blobs:
        checksum = zlib.crc32(blob, checksum)
    return checksum
