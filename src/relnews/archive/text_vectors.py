"""Vectors of texts: made by a function, by the package wordllama, or given with the articles.

Vectors are not centred: a vector depends on its article alone, so an archive that grew by updates
has the vectors of one that was built at once.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_integer, shortened
from relnews.articles import Article
from relnews.options.vectors import FUNCTION, GIVEN, MOST_DIMENSIONS, WORDLLAMA, Vectors, setting_of
from relnews.text.analysis import Analysis

#: Texts that are tokenized at a time; each token takes about 150 bytes meanwhile.
_TOGETHER = 64


class TextVectors:
    """Makes the vectors of articles.

    Parameters
    ----------
    source : str
        `WORDLLAMA`, `GIVEN` or `FUNCTION`.
    vectors : Vectors
        What the caller passed; None if it is not known here.
    analysis : Analysis
        Tells the language of an article: wordllama is for English texts only.
    """

    def __init__(self, source: str, vectors: Vectors, analysis: Analysis) -> None:
        if vectors is not None and setting_of(vectors) != {"source": source, "dimensions": 0}:
            built = "a function" if source == FUNCTION else repr(source)
            msg = f"the archive was built with vectors of {built}, got {shortened(vectors)}."
            raise ValueError(msg)
        self._source = source
        self._function = vectors if callable(vectors) else None
        self._analysis = analysis

    @classmethod
    def of_setting(
        cls, setting: Mapping[str, Any] | None, vectors: Vectors, analysis: Analysis
    ) -> TextVectors | None:
        """Return what makes the vectors of an archive with a setting; None if it has none."""
        if setting is not None:
            return cls(setting["source"], vectors, analysis)
        if vectors is not None:
            msg = "the archive has no vectors. Build it again with `vectors`, or open it without."
            raise ValueError(msg)
        return None

    def of(self, articles: Sequence[Article], n_dimensions: int) -> NDArray[np.float32]:
        """Return the vectors of articles, at length 1; zeros for an article without one.

        A vector that an article brings is taken before one is made of its text.

        Parameters
        ----------
        articles : sequence of Article
            New articles, or a draft.
        n_dimensions : int
            Numbers of a vector in the archive; 0 if it has no vector yet.

        Returns
        -------
        float32 array of shape (n_articles, n_dimensions)
            The second is 0 if there is no vector yet.
        """
        made = [i for i, article in enumerate(articles) if self._is_made_of(article)]
        rows = dict(zip(made, self._made([articles[i] for i in made]), strict=True))
        rows |= {i: a.vector for i, a in enumerate(articles) if a.vector is not None}
        for i, row in rows.items():
            width = len(row)
            n_dimensions = n_dimensions or width
            if not width or width != n_dimensions:
                raise _wrong_dimensions(articles[i], width, n_dimensions)
        check_integer("dimensions of a vector", n_dimensions, minimum=0, maximum=MOST_DIMENSIONS)
        vectors = np.zeros((len(articles), n_dimensions))
        if rows:
            vectors[[*rows]] = [*rows.values()]
        if not np.isfinite(vectors).all():
            i = int(np.argmin(np.isfinite(vectors).all(axis=1)))
            msg = f"the vector of {_name(articles[i])} has a value that is not a finite number."
            raise ValueError(msg)
        return at_length_one(vectors)

    def _is_made_of(self, article: Article) -> bool:
        if article.vector is not None or self._source == GIVEN:
            return False
        return (
            self._source != WORDLLAMA or self._analysis.language_of(article.language).code == "en"
        )

    def _made(self, articles: Sequence[Article]) -> NDArray[np.float64]:
        """Return the vectors of the texts of articles, float64 array of shape (n, n_dimensions)."""
        if not articles:
            return np.empty((0, 0))
        function = wordllama() if self._source == WORDLLAMA else self._function
        if function is None:
            msg = (
                "the archive has vectors that a function made of the texts, and the function is "
                "not stored. Open the archive with it: RelatedNews.open(path, vectors=function). "
                "Lists of its articles need no function."
            )
            raise ValueError(msg)
        found: Any = function([text_of(article) for article in articles])
        if not hasattr(found, "__array__") and isinstance(found, Iterable):
            found = [*found]  # such as a generator
        try:
            vectors = np.asarray(found, dtype=np.float64)
        except (TypeError, ValueError):
            vectors = np.empty(0)
        if vectors.ndim != 2 or len(vectors) != len(articles):
            msg = (
                f"`vectors` must return one row of numbers for each text: expected the shape "
                f"({len(articles)}, n), got {shortened(found)}."
            )
            raise ValueError(msg)
        return vectors


def text_of(article: Article) -> str:
    """Return the text that an article's vector is made of: title, dek and text, line by line."""
    return "\n".join(part for part in (article.title, article.dek, article.text) if part)


def at_length_one(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return vectors of length 1 in single precision; zeros stay zeros."""
    largest = np.abs(vectors).max(axis=1, initial=0.0, keepdims=True)
    scaled = np.divide(vectors, largest, out=np.zeros_like(vectors), where=largest > 0)
    length = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))[:, None]
    unit = np.divide(scaled, length, out=scaled, where=length > 0)
    single: NDArray[np.float32] = unit.astype(np.float32)
    return single


@functools.cache
def wordllama() -> Callable[[list[str]], NDArray[np.float64]]:
    """Return a function that makes vectors by wordllama: the means of its tokens' vectors.

    The model is in the package; nothing is downloaded.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        import wordllama
    except ImportError as error:
        msg = f"vectors='wordllama' needs wordllama ({error}): pip install 'relnews[vectors]'"
        raise ImportError(msg) from error
    finally:  # its import sets up logging for the whole process
        root.handlers[:] = handlers
        root.setLevel(level)
    # It looks for the tokenizer in `tokenizer`, or in `tokenizers` of its cache.
    folder = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    model.tokenizer.no_padding()

    def vectors(texts: list[str]) -> NDArray[np.float64]:
        means = np.zeros((len(texts), model.embedding.shape[1]))
        for first in range(0, len(texts), _TOGETHER):
            some = texts[first : first + _TOGETHER]
            tokens = model.tokenizer.encode_batch(some, add_special_tokens=False)
            for i, text in enumerate(tokens, start=first):
                if text.ids:
                    means[i] = model.embedding[text.ids].mean(axis=0, dtype=np.float64)
        return means

    return vectors


def _name(article: Article) -> str:
    return repr(article.id) if article.id else "the draft"


def _wrong_dimensions(article: Article, got: int, expected: int) -> ValueError:
    return ValueError(
        f"the vector of {_name(article)} has {got:,} numbers, expected {max(expected, 1):,}, "
        "as all other vectors of the archive have. Use the model that it was built with, or build "
        "it again."
    )
