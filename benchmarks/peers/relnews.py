"""relnews: the archive of a site, the rows of a matrix, and the vectorizer."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer, Search

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

    from benchmarks.given import Given


class Vectors(Peer):
    """`TfidfVectorizer`."""

    name, package, module = "TfidfVectorizer", "relnews", "relnews"
    jobs = ("vectorise",)

    def vectorise(self, texts: list[str]) -> Any:
        from relnews import TfidfVectorizer

        return TfidfVectorizer(n_jobs=self.threads).fit_transform(texts)

    def matrix(self, made: Any) -> sp.csr_matrix:
        return made


class Rows(Peer):
    """`CosineNeighbors`."""

    name, package, module = "CosineNeighbors", "relnews", "relnews"
    jobs = ("lists", "single")

    @property
    def searches(self) -> list[Search]:
        fewer = [Search(f"{n} terms", "near", {"max_terms": n}) for n in (64, 32, 16, 8)]
        return [Search("", "exact"), *fewer]

    def compile(self) -> None:
        import scipy.sparse as sp

        from relnews import CosineNeighbors

        rows = sp.eye_array(3, format="csr", dtype="f4")
        CosineNeighbors().fit(rows).similar(rows, 2)

    def build(self, given: Given) -> None:
        from relnews import CosineNeighbors

        self.index = CosineNeighbors(n_jobs=self.threads).fit(given.vectors())

    def find(self, queries: Any, size: int, max_terms: int | None = None) -> Any:
        index = self.index
        if max_terms is not None:
            # The index is the same; only queries are shortened.
            index = copy.copy(index).set_params(max_terms=max_terms)
        return index.similar(queries, size)

    def positions(self, found: Any) -> Any:
        return found[1]


class RelatedNewsArchive(Peer):
    """`RelatedNews` with its own weights, and titles and dates in the lists."""

    name, package, module, reads = "RelatedNews", "relnews", "relnews", "articles"
    jobs = ("vectorise", "lists", "single", "cold", "update", "relevance")
    note = (
        "RelatedNews ranks by its own weights, so its lists differ from the lists of the given"
        " vectors. It finds ids, titles and dates. Vectorising is fitting an archive in memory."
        " Updates are of a folder, durable when they return."
    )

    @property
    def searches(self) -> list[Search]:
        return [Search("", "other")]

    def vectorise(self, texts: list[str]) -> Any:
        from relnews import RelatedNews

        parts = (text.partition("\n") for text in texts)
        articles = [
            {"id": i, "title": title, "text": text} for i, (title, _, text) in enumerate(parts)
        ]
        return RelatedNews(n_jobs=self.threads).fit(articles)

    def compile(self) -> None:
        from relnews import warm_up

        warm_up()

    def build(self, given: Given) -> None:
        from relnews import RelatedNews

        self.news = RelatedNews(n_jobs=self.threads).fit(given.articles())

    def queries(self, given: Given, rows: Sequence[int] | np.ndarray) -> list[str]:
        del given
        return [str(row) for row in rows]

    def find(self, queries: list[str], size: int) -> Any:
        if len(queries) == 1:
            return [self.news.related(queries[0], size - 1)]
        lists = {related.id: related for related in self.news.related_all(size - 1, ids=queries)}
        return [lists[identifier] for identifier in queries]

    def positions(self, found: Any) -> list[list[int]]:
        return [[int(item.id) for item in related] for related in found]

    def save(self, folder: Path, given: Given) -> None:
        from relnews import RelatedNews

        del given
        self.news.save(folder)
        # From here on the archive is in a folder, as a site has it.
        self.news = RelatedNews.open(folder, n_jobs=self.threads)

    def cold(self, folder: Path, row: int, size: int) -> list[str]:
        from relnews import RelatedNews

        # A condition, here one that every article meets, bypasses stored lists.
        return RelatedNews.open(folder).related(str(row), size - 1, exclude=[str(row)]).ids

    def add(self, article: dict[str, Any], vector: sp.csr_matrix) -> None:
        del vector
        self.news.partial_fit([article])

    def new_query(self, article: dict[str, Any], vector: sp.csr_matrix) -> list[str]:
        del vector
        return [article["id"]]

    def forget(self, article: dict[str, Any]) -> None:
        self.news.remove(article["id"])


class StoredLists(RelatedNewsArchive):
    """The same archive with its lists stored."""

    name = "RelatedNews, stored lists"
    jobs = ("cold", "update")
    note = "Stored lists are read, not ranked; an update brings all of them up to date."

    def build(self, given: Given) -> None:
        super().build(given)
        self.news.store_lists(given.k)

    def cold(self, folder: Path, row: int, size: int) -> list[str]:
        from relnews import RelatedNews

        return RelatedNews.open(folder).related(str(row), size - 1).ids
