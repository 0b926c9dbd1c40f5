"""gensim: its tf-idf, its sparse similarities, and latent semantic indexing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

    from benchmarks.given import Given

_WORD = re.compile(r"(?u)\b\w\w+\b")

#: Topics of the index, as in gensim's tutorials.
_TOPICS = 200


class Gensim(Peer):
    """`TfidfModel` and `SparseMatrixSimilarity`."""

    name, package, module = "gensim", "gensim", "gensim"
    jobs = ("vectorise", "lists", "single", "cold", "relevance")
    note = "gensim weighs terms otherwise than scikit-learn; its lists are of the given vectors."

    def vectorise(self, texts: list[str]) -> Any:
        return _tfidf(texts)[0]

    def build(self, given: Given) -> None:
        from gensim.similarities import SparseMatrixSimilarity

        X = given.vectors()
        # The constructor takes a matrix unchanged.
        self.index = SparseMatrixSimilarity(X, num_features=X.shape[1], num_best=None)

    def find(self, queries: sp.csr_matrix, size: int) -> Any:
        if self.index.num_best != size:
            self.index.num_best = size
        found = self.index[queries]
        # For a single row it returns a list, not a list of lists.
        return [found] if queries.shape[0] == 1 else found

    def positions(self, found: Any) -> list[list[int]]:
        return [[position for position, _ in items] for items in found]

    def save(self, folder: Path, given: Given) -> None:
        import scipy.sparse as sp

        folder.mkdir()
        sp.save_npz(folder / "vectors.npz", given.vectors(), compressed=False)
        self.index.save(str(folder / "index"))

    def cold(self, folder: Path, row: int, size: int) -> list[int]:
        import scipy.sparse as sp
        from gensim.similarities import SparseMatrixSimilarity

        self.index = SparseMatrixSimilarity.load(str(folder / "index"))
        query = sp.csr_matrix(sp.load_npz(folder / "vectors.npz"))[row]
        return self.positions(self.find(query, size))[0]

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        from gensim.similarities import SparseMatrixSimilarity

        vectors, n_terms = _tfidf([f"{a['title']}\n{a['text']}" for a in articles])
        index = SparseMatrixSimilarity(vectors, num_features=n_terms)
        return index[[vectors[query] for query in queries]]


class GensimLsi(Peer):
    """`LsiModel` over the same weights."""

    name, package, module = "gensim, LSI 200", "gensim", "gensim"
    jobs = ("relevance",)

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        from gensim.models import LsiModel
        from gensim.similarities import MatrixSimilarity

        vectors, _ = _tfidf([f"{a['title']}\n{a['text']}" for a in articles])
        topics = LsiModel(vectors, num_topics=_TOPICS, random_seed=0)[vectors]
        index = MatrixSimilarity(topics, num_features=_TOPICS)
        return index[[topics[query] for query in queries]]


def _tfidf(texts: list[str]) -> tuple[list[Any], int]:
    from gensim.corpora import Dictionary
    from gensim.models import TfidfModel

    words = [_WORD.findall(text.lower()) for text in texts]
    dictionary = Dictionary(words)
    counts = [dictionary.doc2bow(tokens) for tokens in words]
    model = TfidfModel(counts, dictionary=dictionary)
    return [model[counted] for counted in counts], len(dictionary)
