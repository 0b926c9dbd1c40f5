"""Compare the generator with real articles: terms, lengths, similarities, and cost of lists.

::

    python -m benchmarks.generator_check archive_en_100k.jsonl.xz --limit 100k

The last lines decide: a list of generated articles should cost as much as a list of real articles.
Pruning depends on the similarities of neighbours; the table shows where they differ.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks import generate
from benchmarks.generate import count
from benchmarks.given import WEIGHTS, Source
from benchmarks.worker import seconds

#: Number of timed rows, and how many times both matrices take turns.
ROWS, RUNS, K = 1000, 5, 8


def main() -> None:
    """Print both sides, one kind of vectors after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="articles, a file for read_articles")
    parser.add_argument("--limit", type=count, default=None, help="articles read of it")
    parser.add_argument("--vectors", default="raw,stop", help="default: raw,stop")
    options = parser.parse_args()
    source = Source(options.archive, options.limit)
    for weights in options.vectors.split(","):
        if weights not in WEIGHTS:
            parser.error(f"no vectors {weights}; there are {', '.join(WEIGHTS)}")
        real = source.vectors(len(source), weights)
        made = generate.matrix(len(source), weights=weights)
        print(f"\nvectors “{weights}”\n\n| | real | generated | ratio |\n|---|---|---|---|")
        one, other = figures(real), figures(made)
        for name, cost in zip(("ms a list", "index, bytes a pair"), costs(real, made), strict=True):
            one[name], other[name] = cost
        for name, value in one.items():
            ratio = other[name] / value if value else np.nan
            print(f"| {name} | {value:,.4g} | {other[name]:,.4g} | {ratio:.2f} |", flush=True)


def costs(*matrices: sp.csr_matrix) -> list[tuple[float, ...]]:
    """Return milliseconds per list and bytes per pair of each matrix, measured in turn."""
    from relnews import CosineNeighbors

    indexes = [CosineNeighbors(n_jobs=1).fit(X) for X in matrices]
    rows = [
        X[np.random.default_rng(0).permutation(X.shape[0])[: min(ROWS, X.shape[0])]]
        for X in matrices
    ]
    runs = [
        [seconds(lambda: index.similar(Q, K + 1)) / Q.shape[0]  # noqa: B023
         for index, Q in zip(indexes, rows, strict=True)]
        for _ in range(RUNS + 1)
    ][1:]  # fmt: skip
    times = tuple(1000 * statistics.median(side) for side in zip(*runs, strict=True))
    sizes = tuple(index.n_bytes_ / X.nnz for index, X in zip(indexes, matrices, strict=True))
    return [times, sizes]


def figures(X: sp.csr_matrix) -> dict[str, float]:
    """Return the compared statistics of a matrix."""
    n = X.shape[0]
    df = np.sort(np.bincount(X.indices, minlength=X.shape[1]))[::-1].astype(float)
    length = np.diff(X.indptr)
    found: dict[str, Any] = {"articles": n, "terms": X.shape[1], "pairs per article": length.mean()}
    for share in (5, 25, 50, 75, 95):
        found[f"pairs per article, {share} %"] = np.percentile(length, share)
    found["postings per query"] = (df * df).sum() / n
    for share in (10, 5, 1):
        found[f"terms in more than {share} % of articles"] = (df > n * share / 100).sum()
    for articles in (1, 2, 5):
        found[f"terms in {articles} article{'s'[: articles - 1]}"] = (df == articles).sum()
    for rank in (1, 10, 100, 1000, 10_000, 100_000):
        if rank <= len(df):
            found[f"articles of term {rank:,}"] = df[rank - 1]
    for size in (1000, 10_000):
        if size < n:
            rows = np.random.default_rng(0).choice(n, size, replace=False)
            found[f"terms of {size:,} articles"] = len(np.unique(X[rows].indices))
    # The baseline: the similarity of two unrelated articles.
    random = np.random.default_rng(0)
    one, other = random.integers(n, size=(2, 4000))
    chance = np.asarray(X[one].multiply(X[other]).sum(axis=1)).ravel()
    for share in (25, 50, 75):
        found[f"similarity of two articles, {share} %"] = np.percentile(chance, share)
    rows = np.sort(random.choice(n, min(n, 300), replace=False))
    similarity = (X[rows] @ X.T).toarray()
    similarity[np.arange(len(rows)), rows] = -1
    best = -np.sort(-similarity, axis=1)
    for k in (1, 8, 20):
        for share in (5, 25, 50, 75, 95):
            found[f"similarity {k}, {share} %"] = np.percentile(best[:, k - 1], share)
    return found


if __name__ == "__main__":
    main()
