"""bm25s: BM25 by sparse matrices, compiled by Numba."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer, Search, language_of, stop_words_of

if TYPE_CHECKING:
    import numpy as np

    from benchmarks.given import Given


class Bm25s(Peer):
    """The default settings and the Numba backend; the query is the whole article."""

    name, package, module, reads = "bm25s", "bm25s", "bm25s", "articles"
    jobs = ("vectorise", "lists", "single", "cold", "relevance")
    note = "bm25s ranks by BM25; vectorising is its tokenising and its index; queries are tokens."

    @property
    def searches(self) -> list[Search]:
        return [Search("", "other")]

    def vectorise(self, texts: list[str]) -> Any:
        return self._indexed(_tokens(texts))

    def _indexed(self, tokens: Any) -> Any:
        from bm25s import BM25

        index = BM25(backend="numba")
        index.index(tokens, show_progress=False)
        return index

    def build(self, given: Given) -> None:
        self.index = self._indexed(_tokens([_text(a) for a in given.articles()]))

    def queries(self, given: Given, rows: Sequence[int] | np.ndarray) -> Any:
        # The index numbers words in its own way, so that a query is a list of words.
        return _tokens([_text(a) for a in given.articles_of(rows)], ids=False)

    def find(self, queries: Any, size: int) -> Any:
        return self.index.retrieve(
            queries, k=size, show_progress=False, n_threads=self.threads if len(queries) > 1 else 0
        )

    def positions(self, found: Any) -> Any:
        return found[0].tolist()

    def save(self, folder: Path, given: Given) -> None:
        self.index.save(str(folder), show_progress=False)
        texts = {row: _text(a) for row, a in zip(given.rows.tolist(),
                 given.articles_of(given.rows), strict=True)}  # fmt: skip
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")

    def cold(self, folder: Path, row: int, size: int) -> list[int]:
        from bm25s import BM25

        # Numba would spend seconds compiling for a single list.
        self.index = BM25.load(str(folder), mmap=True, override_params={"backend": "numpy"})
        text = json.loads((folder / "texts.json").read_text("utf-8"))[str(row)]
        return self.positions(self.find(_tokens([text], ids=False), size))[0]

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        import numpy as np

        stop_words = "en" if language_of(articles) == "en" else stop_words_of(articles)
        tokens = _tokens([_text(a) for a in articles], stop_words, ids=False)
        index = self._indexed(tokens)
        return np.array([index.get_scores(tokens[query]) for query in queries])


def _text(article: dict[str, Any]) -> str:
    return f"{article['title']}\n{article['text']}"


def _tokens(texts: list[str], stop_words: str | list[str] = "en", *, ids: bool = True) -> Any:
    from bm25s import tokenize

    return tokenize(texts, stopwords=stop_words, return_ids=ids, show_progress=False)
