"""scikit-learn: its vectorizers, and brute-force neighbours."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer, language_of, stop_words_of

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

    from benchmarks.given import Given

#: Rows per query: all similarities of a block are in memory.
_BLOCK = 50


class ScikitLearn(Peer):
    """`TfidfVectorizer`, and `NearestNeighbors` by brute force."""

    name, package, module = "scikit-learn", "scikit-learn", "sklearn"
    jobs = ("vectorise", "lists", "single", "cold", "update", "relevance")
    note = (
        "scikit-learn's brute force normalises and transposes all vectors at every call, so that"
        " one list takes nearly as long as many. Its update fits the neighbours again, and neither"
        " makes the new vector nor changes idf."
    )
    vectorizer: dict[str, Any] = {}  # noqa: RUF012

    def vectorise(self, texts: list[str]) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        return TfidfVectorizer(**self.vectorizer).fit_transform(texts)

    def matrix(self, made: Any) -> sp.csr_matrix:
        return made

    def build(self, given: Given) -> None:
        self._fit(given.vectors())

    def _fit(self, X: sp.csr_matrix) -> None:
        from sklearn.neighbors import NearestNeighbors

        self.vectors = X
        self.index = NearestNeighbors(metric="cosine", algorithm="brute", n_jobs=self.threads)
        self.index.fit(X)

    def find(self, queries: sp.csr_matrix, size: int) -> list[np.ndarray]:
        return [
            self.index.kneighbors(queries[first : first + _BLOCK], size, return_distance=True)[1]
            for first in range(0, queries.shape[0], _BLOCK)
        ]

    def positions(self, found: list[np.ndarray]) -> list[list[int]]:
        return [row for block in found for row in block.tolist()]

    def save(self, folder: Path, given: Given) -> None:
        del given
        folder.mkdir()
        with (folder / "index.pickle").open("wb") as file:
            pickle.dump(self.index, file, protocol=5)

    def cold(self, folder: Path, row: int, size: int) -> Sequence[int]:
        with (folder / "index.pickle").open("rb") as file:
            index = pickle.load(file)  # noqa: S301 (this very benchmark wrote it)
        return index.kneighbors(index._fit_X[row], size)[1][0].tolist()

    def add(self, article: dict[str, Any], vector: sp.csr_matrix) -> None:
        import scipy.sparse as sp

        del article
        self._fit(sp.vstack([self.vectors, vector], format="csr"))

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        X = self.vectorise([f"{a['title']}\n{a['text']}" for a in articles])
        return (X[queries] @ X.T).toarray()


class Sublinear(ScikitLearn):
    """The settings that many users choose: stop words of the language, and sublinear counts."""

    name = "scikit-learn, stop words, sublinear tf"
    jobs = ("relevance",)
    note = ""

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        english = language_of(articles) == "en"
        stop_words = "english" if english else stop_words_of(articles)
        self.vectorizer = {"stop_words": stop_words, "sublinear_tf": True}
        return super().scores(articles, queries)


class Hashing(Peer):
    """`HashingVectorizer` and `TfidfTransformer`: no vocabulary."""

    name, package, module = "scikit-learn, hashing", "scikit-learn", "sklearn"
    jobs = ("vectorise",)
    note = "Hashed terms have no names and can collide."

    def vectorise(self, texts: list[str]) -> Any:
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

        counts = HashingVectorizer(norm=None, alternate_sign=False).transform(texts)
        return TfidfTransformer().fit_transform(counts)
