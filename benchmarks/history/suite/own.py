"""Measurements of asv for each commit: relnews alone, on the same generated articles.

This file also measures older commits. Therefore it uses the public interface only, and imports the
generator of this working copy.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

# The generator of this working copy, whatever the commit of relnews.
sys.path.append(str(Path(__file__).parents[3]))

import numpy as np
from benchmarks import generate

import relnews

#: Number of articles; a smoke run uses fewer.
SIZE = int(os.environ.get("RELNEWS_HISTORY_SIZE", "20000"))

#: Number of lists per measurement.
QUERIES = min(500, SIZE)


class Vectorizers:
    """Texts to vectors."""

    timeout = 600

    def setup_cache(self) -> list[str]:
        return [f"{a['title']}\n{a['text']}" for a in generate.articles(SIZE)]

    def setup(self, texts: list[str]) -> None:
        relnews.TfidfVectorizer().fit_transform(texts[:100])  # compiles

    def time_fit_transform(self, texts: list[str]) -> None:
        relnews.TfidfVectorizer().fit_transform(texts)

    def peakmem_fit_transform(self, texts: list[str]) -> None:
        relnews.TfidfVectorizer().fit_transform(texts)


class Rows:
    """Nearest rows of a matrix."""

    def setup(self) -> None:
        self.X = generate.matrix(SIZE)
        self.index = relnews.CosineNeighbors(n_jobs=1).fit(self.X)
        self.Q = self.X[np.random.default_rng(0).permutation(SIZE)[:QUERIES]]
        self.query = self.Q[:1]
        self.index.similar(self.query, 9)

    def time_fit(self) -> None:
        relnews.CosineNeighbors(n_jobs=1).fit(self.X)

    def time_lists(self) -> None:
        self.index.similar(self.Q, 9)

    def time_one_list(self) -> None:
        self.index.similar(self.query, 9)

    def track_bytes_a_pair(self) -> float:
        return self.index.n_bytes_ / self.X.nnz


class Archive:
    """The archive of a site."""

    timeout = 600

    def setup(self) -> None:
        self.articles = list(generate.articles(SIZE))
        self.ids = [a["id"] for a in self.articles[:: max(SIZE // QUERIES, 1)]]
        self.news = relnews.RelatedNews().fit(self.articles)
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "archive"
        self.news.save(self.path)
        self.opened = relnews.RelatedNews.open(self.path)
        self.opened.partial_fit([{**self.articles[0], "id": "new"}])
        self.opened.related("new")

    def teardown(self) -> None:
        self.folder.cleanup()

    def time_fit(self) -> None:
        relnews.RelatedNews().fit(self.articles)

    def time_lists(self) -> None:
        for identifier in self.ids:
            self.news.related(identifier)

    def time_open_and_find(self) -> None:
        relnews.RelatedNews.open(self.path).related(self.ids[0])

    def time_add_and_find(self) -> None:
        self.opened.partial_fit([{**self.articles[0], "id": "new"}])
        self.opened.related("new")

    def track_megabytes(self) -> float:
        files = [path for path in self.path.rglob("*") if path.is_file()]
        return sum(path.stat().st_size for path in files) / 1e6
