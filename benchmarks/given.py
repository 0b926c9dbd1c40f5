"""Input of all systems: articles and their vectors, laid out in a folder."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks import generate

#: Weighting of vectors: parameters of TfidfVectorizer. It changes ratios by a factor of up to 2.
WEIGHTS: dict[str, dict[str, Any]] = {
    "raw": {},
    "stop": {"stop_words": "english", "sublinear_tf": True, "min_df": 2},
}

#: Number of articles held back, for the job `update` to add.
NEW = 20

#: Number of articles whose lists are compared with exact lists, and rows per matrix product. Exact
#: lists come from a product in double precision.
CHECKED, BLOCK = 200, 100_000

_PARTS = ("data", "indices", "indptr")


@dataclasses.dataclass(frozen=True)
class Source:
    """Source of the measured articles.

    Parameters
    ----------
    archive : Path or None
        A file that `relnews.read_articles` reads; None generates articles.
    size : int or None
        Maximum number of articles; None means all of the file.
    """

    archive: Path | None
    size: int | None

    @property
    def name(self) -> str:
        """Return the name shown in tables."""
        return self.archive.name if self.archive else "generated articles"

    @functools.cached_property
    def _read(self) -> list[dict[str, Any]]:
        from relnews import read_articles

        return [_record(a) for a in itertools.islice(read_articles(self.archive or ""), self.size)]

    def __len__(self) -> int:
        return len(self._read) if self.archive else self.size or 0

    def articles(self, n: int) -> Iterable[dict[str, Any]]:
        """Return the first n articles."""
        return self._read[:n] if self.archive else generate.articles(n)

    def vectors(self, n: int, weights: str) -> sp.csr_matrix:
        """Return the vectors of the first n articles: float32, unit length, sorted columns."""
        if not self.archive:
            return generate.matrix(n, weights=weights)
        from relnews import TfidfVectorizer

        vectorizer = TfidfVectorizer(dtype=np.float32, **WEIGHTS[weights])
        return sp.csr_matrix(vectorizer.fit_transform(map(text_of, self.articles(n))))


def _record(article: Any) -> dict[str, Any]:
    published = article.published and article.published.isoformat()
    return {"id": article.id, "title": article.title, "text": article.text, "published": published}


def text_of(article: dict[str, Any]) -> str:
    """Return the text that the vector of an article is computed from."""
    return f"{article['title']}\n{article['text']}"


def lay_out(folder: Path, source: Source, size: int, weights: str, k: int, queries: int) -> Given:
    """Write the input of the measured processes.

    Parameters
    ----------
    folder : Path
        Folder to write to.
    source : Source
        Source of the articles.
    size : int
        Number of articles, including the ones held back.
    weights : {"raw", "stop"}
        Weighting of the vectors, a key of `WEIGHTS`.
    k : int
        Items of a list.
    queries : int
        Number of articles whose lists are requested; 0 means all.
    """
    n = size - NEW
    X = source.vectors(size, weights)
    for name in _PARTS:
        np.save(folder / f"{name}.npy", getattr(X[:n], name))
    sp.save_npz(folder / "new.npz", X[n:])
    rows = np.random.default_rng(0).permutation(n)[: queries or n]
    np.save(folder / "rows.npy", rows)
    np.save(folder / "exact.npy", best_similarities(X[:n], rows[:CHECKED], k))
    about = {"n": n, "columns": X.shape[1], "pairs": int(X[:n].nnz), "k": k, "weights": weights}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    if not (folder.parent / "articles.jsonl").exists():
        _write(folder.parent, source.articles(size))
    return Given(folder)


def _write(folder: Path, articles: Iterable[dict[str, Any]]) -> None:
    """Write articles and their offsets."""
    offsets = [0]
    with (folder / "articles.jsonl").open("wb") as lines:
        for article in articles:
            offsets.append(offsets[-1] + lines.write(json.dumps(article).encode() + b"\n"))
    np.save(folder / "offsets.npy", offsets)


def best_similarities(X: sp.csr_matrix, rows: np.ndarray, k: int) -> np.ndarray:
    """Return the k highest similarities of the given rows with other rows, best first.

    Returns
    -------
    ndarray of float64 of shape (n_rows, k)
        Padded with 0 where there are fewer than k other rows.
    """
    Q = X[rows].astype(np.float64)
    best = np.zeros((len(rows), k))
    for first in range(0, X.shape[0], BLOCK):
        part = (Q @ X[first : first + BLOCK].astype(np.float64).T).toarray()
        own = np.flatnonzero((rows >= first) & (rows < first + part.shape[1]))
        part[own, rows[own] - first] = 0
        both = np.concatenate([best, part], axis=1)
        best = -np.sort(np.partition(-both, k - 1, axis=1)[:, :k], axis=1)
    return best


class Given:
    """Reader of the folder that `lay_out` wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] = json.loads((folder / "about.json").read_text("utf-8"))
        self.n, self.k, self.weights = (self.about[name] for name in ("n", "k", "weights"))

    @functools.cached_property
    def rows(self) -> np.ndarray:
        """Return the positions of the articles whose lists are requested."""
        return np.load(self.folder / "rows.npy")

    def vectors(self, *, mapped: bool = False) -> sp.csr_matrix:
        """Return all vectors, memory-mapped so that they take no memory of this process."""
        parts = (np.load(self.folder / f"{name}.npy", "r" if mapped else None) for name in _PARTS)
        return sp.csr_matrix(tuple(parts), shape=(self.n, self.about["columns"]), copy=False)

    def vectors_of(self, rows: Sequence[int] | np.ndarray) -> sp.csr_matrix:
        """Return the vectors of the given rows."""
        return self.vectors(mapped=True)[rows]

    def articles(self) -> Iterator[dict[str, Any]]:
        """Yield the articles, each with its position as its id."""
        with (self.folder.parent / "articles.jsonl").open(encoding="utf-8") as lines:
            for position, line in enumerate(itertools.islice(lines, self.n)):
                yield {**json.loads(line), "id": str(position)}

    def articles_of(self, rows: Iterable[int]) -> list[dict[str, Any]]:
        """Return the articles at the given positions."""
        offsets = np.load(self.folder.parent / "offsets.npy")
        found = []
        with (self.folder.parent / "articles.jsonl").open("rb") as lines:
            for row in rows:
                lines.seek(int(offsets[row]))
                found.append({**json.loads(lines.readline()), "id": str(row)})
        return found

    def new(self) -> list[tuple[dict[str, Any], sp.csr_matrix]]:
        """Return the articles that were held back, and their vectors."""
        X = sp.csr_matrix(sp.load_npz(self.folder / "new.npz"))
        return list(zip(self.articles_of(range(self.n, self.n + X.shape[0])), X, strict=True))

    def share_found(self, lists: Sequence[Sequence[int]]) -> tuple[float, float]:
        """Compare the lists of the first rows with the exact lists.

        Parameters
        ----------
        lists : sequence of sequence of int
            Positions, best first; an article may be in its own list.

        Returns
        -------
        share : float
            Share of the exact lists' items that is found; an item of equal similarity counts.
        difference : float
            Largest difference in similarity from the exact list's item of the same rank.
        """
        exact = np.load(self.folder / "exact.npy")[: len(lists)]
        X = self.vectors(mapped=True)
        similarity = np.zeros_like(exact)
        for i, (row, positions) in enumerate(zip(self.rows, lists, strict=False)):
            others = [p for p in dict.fromkeys(map(int, positions)) if p != row][: self.k]
            found = (X[others].astype(np.float64) @ X[row].astype(np.float64).T).toarray().ravel()
            similarity[i, : len(others)] = -np.sort(-found)
        wanted = exact > 0
        found = (similarity >= exact[:, -1:] - 1e-6) & wanted
        share = found.sum() / max(wanted.sum(), 1)
        return float(share), float(np.abs(similarity - exact).max(initial=0))
