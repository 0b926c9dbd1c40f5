"""tantivy: "more like this" of a search engine, with 25 terms and with all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer, Search

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

    from benchmarks.given import Given

#: Bytes of memory before a new segment begins.
_HEAP = 2_000_000_000

#: Options that put all terms into the query. By default it has the 25 terms of highest tf-idf
#: that occur twice in the article and in five articles.
_ALL_TERMS = {"min_doc_frequency": 1, "min_term_frequency": 1, "max_query_terms": 1_000_000}


class Tantivy(Peer):
    """An index in a folder.

    Features that take time without use here are switched off: the number of matching articles,
    positions of words, and the stored article of each hit.
    """

    name, package, module, reads = "tantivy", "tantivy", "tantivy", "articles"
    jobs = ("vectorise", "lists", "single", "cold", "update", "relevance")
    note = (
        "tantivy ranks by BM25; vectorising is making its index; of an article it finds the"
        " address first, which is not timed. Its commit is durable."
    )

    @property
    def searches(self) -> list[Search]:
        return [Search("25 terms", "other"), Search("all terms", "other", _ALL_TERMS)]

    def vectorise(self, texts: list[str]) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            return self._indexed(Path(folder), texts)

    def _indexed(self, folder: Path, texts: Iterable[str]) -> tuple[Any, Any]:
        from tantivy import Index

        index = Index(_schema(), path=str(folder))
        # Each thread writes one segment.
        writer = index.writer(heap_size=_HEAP, num_threads=1)
        for row, text in enumerate(texts):
            self._write(writer, index.schema, row, text)
        writer.commit()
        index.reload()
        self.n = row + 1
        return index, writer

    def _write(self, writer: Any, schema: Any, row: int, text: str) -> None:
        from tantivy import Document

        writer.add_document(Document.from_dict({"text": text, "row": row}, schema))

    def build(self, given: Given) -> None:
        self._folder = given.folder / "tantivy"
        self._folder.mkdir()
        texts = (f"{a['title']}\n{a['text']}" for a in given.articles())
        self.index, self.writer = self._indexed(self._folder, texts)

    def queries(self, given: Given, rows: Sequence[int] | np.ndarray) -> list[Any]:
        del given
        searcher = self.index.searcher()
        return [(searcher, self._address(searcher, int(row))) for row in rows]

    def _address(self, searcher: Any, row: int) -> Any:
        from tantivy import Query

        return searcher.search(Query.term_query(self.index.schema, "row", row), 1).hits[0][1]

    def find(self, queries: list[Any], size: int, **options: int) -> list[Any]:
        from tantivy import Query

        return [
            (searcher, searcher.search(Query.more_like_this_query(address, **options), size,
                                       count=False).hits)
            for searcher, address in queries
        ]  # fmt: skip

    def positions(self, found: list[Any]) -> list[list[int]]:
        return [
            [searcher.doc(address)["row"][0] for _, address in hits] for searcher, hits in found
        ]

    def save(self, folder: Path, given: Given) -> None:
        del given
        self.writer.wait_merging_threads()
        shutil.copytree(self._folder, folder)
        self.writer = self.index.writer(heap_size=_HEAP, num_threads=1)

    def cold(self, folder: Path, row: int, size: int) -> list[int]:
        from tantivy import Index

        self.index = Index.open(str(folder))
        searcher = self.index.searcher()
        return self.positions(self.find([(searcher, self._address(searcher, row))], size))[0]

    def add(self, article: dict[str, Any], vector: sp.csr_matrix) -> None:
        del vector
        text = f"{article['title']}\n{article['text']}"
        self._write(self.writer, self.index.schema, int(article["id"]), text)
        self.writer.commit()
        self.index.reload()

    def new_query(self, article: dict[str, Any], vector: sp.csr_matrix) -> list[Any]:
        del vector
        searcher = self.index.searcher()
        return [(searcher, self._address(searcher, int(article["id"])))]

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        import numpy as np

        found = np.zeros((len(queries), len(articles)))
        with tempfile.TemporaryDirectory() as folder:
            texts = (f"{a['title']}\n{a['text']}" for a in articles)
            self.index, _ = self._indexed(Path(folder), texts)
            searcher = self.index.searcher()
            asked = [(searcher, self._address(searcher, query)) for query in queries]
            for i, (_, hits) in enumerate(self.find(asked, len(articles))):
                for score, address in hits:
                    found[i, searcher.doc(address)["row"][0]] = score
        return found


def _schema() -> Any:
    from tantivy import SchemaBuilder

    builder = SchemaBuilder()
    # "More like this" reads the article's terms from its stored text.
    builder.add_text_field("text", stored=True, index_option="freq")
    builder.add_unsigned_field("row", indexed=True, stored=True)
    return builder.build()
