"""Open articles: what the catalogue keeps of articles that are in no segment yet."""

from __future__ import annotations

import dataclasses
import itertools
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.wording import PHRASE
from relnews.dates import UNDATED
from relnews.storage import integrity
from relnews.storage.schema import StoredCounts
from relnews.text.article_terms import ArticleTerms, Ragged
from relnews.text.counts import Counts


@dataclasses.dataclass(frozen=True, slots=True)
class PendingArticle:
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
    def read(cls, stored: StoredCounts, n_terms: int) -> PendingArticle:
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


def joined(articles: Sequence[PendingArticle]) -> ArticleTerms:
    """Return the terms of articles, one after another."""
    if not articles:
        return ArticleTerms.none()
    ptr = np.cumsum([0, *(len(article.term) for article in articles)], dtype=np.int64)
    term = np.concatenate([article.term for article in articles])
    code = np.concatenate([article.code for article in articles])
    texts = [article.text for article in articles]
    phrases = [article.phrases for article in articles]
    return ArticleTerms(Counts(ptr, term, code), Ragged.gather(texts), Ragged.gather(phrases))


def to_store(keys: Sequence[int], terms: ArticleTerms) -> list[tuple[int | bytes, ...]]:
    """Return the terms of articles as the catalogue keeps them, checksum last."""
    counts = terms.counts
    bounds = (
        itertools.pairwise(ptr.tolist())
        for ptr in (counts.row_ptr, terms.text.ptr, terms.phrases.ptr)
    )
    rows: list[tuple[int | bytes, ...]] = []
    for key, row, text, phrases in zip(keys, *bounds, strict=True):
        order = row[0] + np.argsort(counts.term[slice(*row)])
        blobs = [
            array.astype("<i4").tobytes()
            for array in (
                counts.term[order], counts.count[order], terms.text.value[slice(*text)],
                terms.phrases.value[slice(*phrases)],
            )
        ]  # fmt: skip
        rows.append((key, *blobs, _checksum(blobs)))
    return rows


def _checksum(blobs: Sequence[bytes]) -> int:
    checksum = 0
    for blob in blobs:
        checksum = zlib.crc32(blob, checksum)
    return checksum
