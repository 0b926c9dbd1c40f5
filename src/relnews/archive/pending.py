"""Pending articles: the terms of articles waiting to be flushed into a segment."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.wording import BREAK, PHRASE
from relnews.dates import UNDATED
from relnews.search.vectors import have_length_one, stacked
from relnews.storage.catalogue import StoredCounts
from relnews.text.article_terms import ArticleTerms
from relnews.text.rows import Counts, Ragged


@dataclasses.dataclass(frozen=True, slots=True)
class PendingArticle:
    """The terms of one pending article.

    Parameters
    ----------
    term, code : int32 arrays of shape (n_terms,)
        Terms, ascending, and their codes; see `relnews.text.article_terms.ArticleTerms`.
    text : int32 array of shape (n_words,)
        Words of dek and text in order; see `ArticleTerms`.
    phrases : int32 array of shape (n_phrases, 3)
        First word, last word and phrase of each phrase of the title.
    published : int
        Timestamp; `UNDATED` if unknown.
    id : str
        Id of the article.
    vector : float32 array of shape (n_dimensions,)
        Vector of length 1, or zeros; empty if no article has one.
    """

    term: NDArray[np.int32]
    code: NDArray[np.int32]
    text: NDArray[np.int32]
    phrases: NDArray[np.int32]
    published: int
    id: str
    vector: NDArray[np.float32]

    @classmethod
    def read(cls, stored: StoredCounts, n_terms: int, n_dimensions: int) -> PendingArticle:
        """Return the terms of an article from the catalogue, checked.

        Parameters
        ----------
        stored : StoredCounts
            Row of the catalogue.
        n_terms : int
            Size of the vocabulary.
        n_dimensions : int
            Numbers of a vector; 0 if the archive has none.

        Raises
        ------
        ValueError
            If the row is damaged.
        """
        if stored.key < 0:
            msg = f"an article has the key {stored.key}"
            raise ValueError(msg)
        term, code, text, phrases = [np.frombuffer(blob, "<i4") for blob in stored[1:5]]
        code, vector = code[: len(term)], code[len(term) :].view("<f4").astype(np.float32)
        fits = len(term) == len(code) and (term[1:] > term[:-1]).all() and (code > 0).all()
        if not fits or (len(term) and not 0 <= term[0] <= term[-1] < n_terms):
            msg = "the counts of an article are of terms that the archive does not have"
            raise ValueError(msg)
        words = term[code != PHRASE]
        if (
            len(phrases) % 3
            or not _are_among(term, phrases[2::3])
            or not (_are_among(words, phrases[::3]) and _are_among(words, phrases[1::3]))
            or not _are_among(term, text[text != BREAK])
        ):
            msg = "the words of an article are not among its terms"
            raise ValueError(msg)
        if len(vector) not in (0, n_dimensions) or not have_length_one(vector[None]):
            msg = "the vector of an article is not of length 1, or not as long as the others"
            raise ValueError(msg)
        published = UNDATED if stored.published is None else stored.published
        return cls(term, code, text, phrases.reshape(-1, 3), published, stored.id, vector)


def _are_among(ascending: NDArray[np.int32], values: NDArray[np.int32]) -> bool:
    """Return whether all values are among the ascending ones."""
    if not len(ascending):
        return not len(values)
    place = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    return bool((ascending[place] == values).all())


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


def vectors_of(articles: Sequence[PendingArticle]) -> NDArray[np.float32]:
    """Return the vectors of articles, float32 array of shape (n_articles, n_dimensions)."""
    return stacked([article.vector[None] for article in articles])


def to_store(
    keys: Sequence[int], terms: ArticleTerms, vectors: NDArray[np.float32]
) -> list[tuple[int, list[bytes]]]:
    """Return key and blobs of articles, as `Catalogue.add_counts` takes them.

    The vector of an article stands behind its codes.
    """
    counts = terms.counts
    bounds = (
        itertools.pairwise(ptr.tolist())
        for ptr in (counts.row_ptr, terms.text.ptr, terms.phrases.ptr)
    )
    rows = []
    for key, row, text, phrases, vector in zip(keys, *bounds, vectors, strict=True):
        order = row[0] + np.argsort(counts.term[slice(*row)])
        arrays = (
            counts.term[order], counts.count[order], terms.text.value[slice(*text)],
            terms.phrases.value[slice(*phrases)],
        )  # fmt: skip
        blobs = [array.astype("<i4").tobytes() for array in arrays]
        blobs[1] += vector.astype("<f4").tobytes()
        rows.append((key, blobs))
    return rows
