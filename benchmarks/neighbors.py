"""CosineNeighbors beside its peers, in one run, on the same vectors.

::

    python -m benchmarks.neighbors archive_en_100k.jsonl.xz
    python -m benchmarks.neighbors archive_en_100k.jsonl.xz --jobs single --peers tantivy
    python -m benchmarks.neighbors archive_en_100k.jsonl.xz --jobs generated
    python -m benchmarks.neighbors --generate 1M --jobs growth --sizes 10k,100k,1M --peers ""

All sides find the best of the same rows in turn, so that a noisy machine is noisy to all; only the
job ``single`` gives each a process of its own. Results are compared before anything is timed;
making an index is timed by the job ``memory`` alone. A row is among its own neighbours here, on
every side: k others are k + 1 rows.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import functools
import itertools
import math
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks import generate
from benchmarks.peers import SIDES, Side, sides
from benchmarks.single import LISTS, Task, lay_out, single
from benchmarks.vectorize import read, timed, without_openblas_settings

WEIGHTS: dict[str, dict[str, Any]] = {
    "raw": {},
    "stop": {"stop_words": "english", "sublinear_tf": True, "min_df": 2},
}

#: relnews differs by less from a product in double precision, which is made for so many rows, with
#: so many at a time.
ROUNDING, PRODUCT_ROWS, PRODUCT_BLOCK = 1e-6, 50, 100_000

#: Peers differ by less from relnews: they add up hundreds of numbers in single precision.
SINGLE_ROUNDING = 5e-6


def main() -> None:
    """Run the jobs and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, nargs="?", help="articles as JSON Lines or CSV")
    parser.add_argument("--limit", type=count, default=None, help="articles read of the file")
    parser.add_argument("--vectors", type=Path, metavar="NPZ",
                        help="these vectors; an archive beside them is for tantivy")  # fmt: skip
    parser.add_argument("--generate", type=count, metavar="N", help="made-up articles instead")
    parser.add_argument("--weights", default="raw,stop",
                        help="default: raw,stop; of --vectors, which they are")  # fmt: skip
    parser.add_argument("--queries", type=count, default=2000,
                        help="rows that are timed (default: 2000; 0 is all)")  # fmt: skip
    parser.add_argument("--k", type=int, default=8, help="neighbours of each (default: 8)")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each side (default: 5)")
    parser.add_argument("--peers", default="sparse_dot_topn,splade_index,scikit-learn,tantivy",
                        help="default: all of them; tantivy is for the job single")  # fmt: skip
    parser.add_argument("--jobs",
                        default="one-thread,two-threads,single,growth,memory,recall,generated",
                        help="which of these (default: all)")  # fmt: skip
    parser.add_argument("--sizes", default="10k,32k,100k",
                        help="rows for the job growth (default: 10k,32k,100k)")  # fmt: skip
    options = parser.parse_args()
    if bool(options.generate) == bool(options.archive or options.vectors):
        parser.error("either an archive, or --vectors, or --generate")
    if options.vectors and options.weights not in WEIGHTS:
        parser.error("--vectors needs --weights: which of raw and stop they are")
    without_openblas_settings()
    options.jobs, options.peers = parts(options.jobs), parts(options.peers)
    with tempfile.TemporaryDirectory() as folder:
        if "single" in options.jobs:
            write_articles(options, Path(folder))
        for source in sources(options):
            measure(source, Path(folder), options)


def parts(text: str) -> list[str]:
    """Return what commas separate."""
    return [part for part in text.split(",") if part]


def count(text: str) -> int:
    """Return a number that is written as 100000, 100k or 1M."""
    units = {"k": 1000, "M": 1_000_000}
    return int(text[:-1]) * units[text[-1]] if text[-1:] in units else int(text)


def write_articles(options: argparse.Namespace, folder: Path) -> None:
    """Write the articles for the job single, unless there are only vectors."""
    if options.generate:
        lay_out(generate.articles(options.generate), folder)
    elif options.archive:
        from relnews import read_articles

        articles = itertools.islice(read_articles(options.archive), options.limit)
        lay_out(map(record, articles), folder)


def record(article: Any) -> dict[str, Any]:
    """Return what is laid out of an article: what its vector is made of, and the date."""
    published = article.published and article.published.isoformat()
    return {"title": article.title, "text": article.text, "published": published}


@dataclasses.dataclass(frozen=True)
class Source:
    """Vectors to work on, of length one and in single precision, as peers want them.

    Parameters
    ----------
    name : str
    weights : {"raw", "stop"}
    n : int
        How many there are.
    first : callable
        A number to the vectors of so many articles, the first ones.
    """

    name: str
    weights: str
    n: int
    first: Callable[[int], sp.csr_matrix]


def sources(options: argparse.Namespace) -> Iterator[Source]:
    """Yield the vectors to work on, one kind of weights after the other."""
    texts = [] if options.vectors or options.generate else read([options.archive], options.limit)
    for weights in parts(options.weights):
        if options.generate:
            made = functools.partial(generate.matrix, weights=weights)
            yield Source(f"generated, {weights}", weights, options.generate, made)
        elif options.vectors:
            yield of_matrix(stored(options.vectors, options.limit), weights)
        else:
            from relnews import TfidfVectorizer

            vectorizer = TfidfVectorizer(dtype=np.float32, **WEIGHTS[weights])
            yield of_matrix(sp.csr_matrix(vectorizer.fit_transform(texts)), weights)


def stored(path: Path, limit: int | None) -> sp.csr_matrix:
    """Return vectors of a file."""
    from sklearn.preprocessing import normalize

    return normalize(sp.csr_matrix(sp.load_npz(path), dtype=np.float32)[:limit])


def of_matrix(X: sp.csr_matrix, weights: str) -> Source:
    """Return a source of vectors that are there."""
    return Source(weights, weights, X.shape[0], lambda n: X if n == X.shape[0] else X[:n])


def measure(source: Source, folder: Path, options: argparse.Namespace) -> None:
    """Run the jobs on some vectors."""
    print(
        f"\n{source.name}: {source.n:,} rows; {options.k} neighbours; medians of {options.repeat}"
    )
    # What grows is made by that job, as large as it is wanted.
    if options.jobs != ["growth"]:
        measure_all(source, source.first(source.n), folder, options)
    if "growth" in options.jobs:
        growth(source, options)


def measure_all(
    source: Source, X: sp.csr_matrix, folder: Path, options: argparse.Namespace
) -> None:
    """Run the jobs that work on all vectors."""
    n, jobs = source.n, options.jobs
    print(
        f"{X.shape[1]:,} columns, {X.nnz / n:.0f} pairs a row, {postings(X):,.0f} postings a query"
    )
    rows = drawn(n, options)
    if "one-thread" in jobs:
        speed("one thread", X, X[rows], options, n_threads=1)
    if "two-threads" in jobs:
        speed("two threads", X, X[rows], options, n_threads=2)
    if "single" in jobs:
        task = Task("", rows[:LISTS].tolist(), options.k, source.weights, options.repeat)
        single(X, task, options.peers, folder)
    if "memory" in jobs:
        memory(X, options)
    if "recall" in jobs:
        recall(X, rows, options)
    if "generated" in jobs and not options.generate:
        generated(X, rows, source.weights, options)


def drawn(n: int, options: argparse.Namespace) -> np.ndarray:
    """Return the rows that are timed."""
    return np.random.default_rng(0).permutation(n)[: options.queries or n]


def postings(X: sp.csr_matrix) -> float:
    """Return how many pairs the terms of the usual row have."""
    df = np.bincount(X.indices, minlength=X.shape[1]).astype(float)
    return float((df * df).sum() / X.shape[0])


def equal(X: sp.csr_matrix, Q: sp.csr_matrix, found: list[Side]) -> float:
    """Exit unless all sides find the same similarities; return how far peers are from relnews."""
    ours, *peers = found
    lists = ours.similarities(ours.find(Q))
    product = by_product(X, Q[:PRODUCT_ROWS].astype(np.float64), lists.shape[1])
    worst = np.abs(product - lists[:PRODUCT_ROWS]).max()
    if not worst < ROUNDING:
        sys.exit(f"relnews: similarities differ from those of the product by {worst}")
    worst = 0.0
    for peer in peers:
        theirs = peer.similarities(peer.find(Q[: peer.most]))
        difference = float(np.abs(theirs - lists[: len(theirs)]).max())
        if not difference < SINGLE_ROUNDING:
            sys.exit(f"{peer.name}: similarities differ from those of relnews by {difference}")
        worst = max(worst, difference)
    return worst


def by_product(X: sp.csr_matrix, Q: sp.csr_matrix, size: int) -> np.ndarray:
    """Return the highest similarities of some rows, best first, from the product with all."""
    best = np.empty((Q.shape[0], 0))
    for first in range(0, X.shape[0], PRODUCT_BLOCK):
        block = X[first : first + PRODUCT_BLOCK].astype(np.float64)
        similarities = np.concatenate([best, (Q @ block.T).toarray()], axis=1)
        best = -np.sort(-similarities, axis=1)[:, :size]
    return best


def turns(found: list[Side], queries: list[sp.csr_matrix], repeat: int) -> list[list[float]]:
    """Time all sides in turn, each with its queries: the seconds per row of each run."""
    rows = [Q[: side.most] for side, Q in zip(found, queries, strict=True)]
    runs = [
        [timed(lambda: side.find(some)) / some.shape[0]  # noqa: B023
         for side, some in zip(found, rows, strict=True)]
        for _ in range(repeat)
    ]  # fmt: skip
    return [list(seconds) for seconds in zip(*runs, strict=True)]


def ours_and_peers(options: argparse.Namespace) -> list[str]:
    """Return the names of the sides that work on vectors."""
    return ["relnews", *(peer for peer in options.peers if peer in SIDES)]


def speed(
    work: str, X: sp.csr_matrix, Q: sp.csr_matrix, options: argparse.Namespace, *, n_threads: int
) -> None:
    """Compare and time all sides, and print a line for each peer."""
    found = sides(X, ours_and_peers(options), options.k + 1, n_threads=n_threads)
    worst = equal(X, Q, found)
    ours, *theirs = turns(found, [Q] * len(found), options.repeat)
    print("\n| work | peer | its lists/s | relnews, lists/s | ratio | lowest to highest |")
    print("|---|---|---|---|---|---|")
    if not theirs:
        print(f"| {work} | | | {1 / statistics.median(ours):,.0f} | | |", flush=True)
        return
    for side, seconds in zip(found[1:], theirs, strict=True):
        ratios = sorted(a / b for a, b in zip(seconds, ours, strict=True))
        a, b = statistics.median(seconds), statistics.median(ours)
        print(f"| {work} | {side.name} | {1 / a:,.0f} | {1 / b:,.0f} | **{a / b:.1f}** | "
              f"{ratios[0]:.1f} to {ratios[-1]:.1f} |", flush=True)  # fmt: skip
    print(f"\nsimilarities of all sides are equal to {worst:.0e}", flush=True)
    products = [
        (statistics.median(seconds), side.name)
        for side, seconds in zip(found[1:], theirs, strict=True)
        if side.name.startswith("sparse_dot_topn")
    ]
    if len(products) > 1:
        print(f"the one-core figure of sparse_dot_topn is the better one: {min(products)[1]}")


def growth(source: Source, options: argparse.Namespace) -> None:
    """Print the time of a list among the first articles, more and more of them."""
    wanted = sorted(map(count, parts(options.sizes)))
    sizes = [size for size in wanted if size <= source.n]
    if not sizes:
        print(f"\ngrowth: fewer than {wanted[0]:,} rows")
        return
    medians: list[list[float]] = []
    for size in sizes:
        names, times = among(source.first(size), options)
        if not medians:
            print(
                f"\n| ms per list, one thread | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}"
            )
        print_row(f"{size:,} rows", times, ".3f")
        medians.append(times)
    for (a, before), (b, after) in itertools.pairwise(zip(sizes, medians, strict=True)):
        times_as_long = [y / x for x, y in zip(before, after, strict=True)]
        print_row(f"{b:,} rows take so many times what {a:,} take", times_as_long, ".2f")
    if len(sizes) > 1:
        more = math.log(sizes[-1] / sizes[0])
        powers = [math.log(b / a) / more for a, b in zip(medians[0], medians[-1], strict=True)]
        print_row("grows as rows to the power", powers, ".2f")


def among(X: sp.csr_matrix, options: argparse.Namespace) -> tuple[list[str], list[float]]:
    """Return the names of the sides, and the ms that each takes for a list."""
    found = sides(X, ours_and_peers(options), options.k + 1, n_threads=1)
    Q = X[drawn(X.shape[0], options)]
    equal(X, Q, found)
    times = turns(found, [Q] * len(found), options.repeat)
    return [side.name for side in found], [1000 * statistics.median(runs) for runs in times]


def print_row(name: str, numbers: list[float], form: str) -> None:
    """Print a line of a table."""
    print(f"| {name} | {' | '.join(format(number, form) for number in numbers)} |", flush=True)


def generated(
    X: sp.csr_matrix, rows: np.ndarray, weights: str, options: argparse.Namespace
) -> None:
    """Print how long a list takes among made-up articles, beside these."""
    queries, found = [], []
    for matrix in (X, generate.matrix(X.shape[0], weights=weights)):
        found += sides(matrix, ["relnews"], options.k + 1, n_threads=1)
        queries.append(matrix[rows])
        equal(matrix, queries[-1], found[-1:])
    real, made = turns(found, queries, options.repeat)
    ratios = sorted(b / a for a, b in zip(real, made, strict=True))
    a, b = (1000 * statistics.median(runs) for runs in (real, made))
    print("\n| | these, ms a list | generated, ms a list | ratio | lowest to highest |")
    print("|---|---|---|---|---|")
    print(f"| {weights} | {a:.3f} | {b:.3f} | **{b / a:.2f}** | "
          f"{ratios[0]:.2f} to {ratios[-1]:.2f} |", flush=True)  # fmt: skip


def memory(X: sp.csr_matrix, options: argparse.Namespace) -> None:
    """Print what the index takes beyond the vectors, and how long it takes to make."""
    from relnews import CosineNeighbors

    CosineNeighbors().fit(X[:100])
    seconds = statistics.median(timed(lambda: CosineNeighbors(n_jobs=1).fit(X))
                                for _ in range(options.repeat))  # fmt: skip
    extra = CosineNeighbors(n_jobs=1).fit(X).n_bytes_
    own = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
    print("\n| index | MB | bytes per pair | fit, s |\n|---|---|---|---|")
    print(f"| vectors, given | {own / 1e6:,.0f} | {own / X.nnz:.1f} | |")
    print(f"| relnews, beyond them | {extra / 1e6:,.0f} | {extra / X.nnz:.1f} | {seconds:.2f} |")
    if "sparse_dot_topn" in options.peers or "splade_index" in options.peers:
        seconds = statistics.median(timed(X.T.tocsr) for _ in range(options.repeat))
        print(f"| peers, by column | {own / 1e6:,.0f} | {own / X.nnz:.1f} | {seconds:.2f} |")


def recall(X: sp.csr_matrix, rows: np.ndarray, options: argparse.Namespace) -> None:
    """Print how many of the exact neighbours are found by a few terms of each row."""
    from relnews import CosineNeighbors

    Q, k = X[rows], options.k
    index = CosineNeighbors(n_jobs=1).fit(X)
    exact = without(rows, index.similar(Q, k + 1)[1])
    slow = [timed(lambda: index.similar(Q, k + 1)) for _ in range(options.repeat)]
    print("\n| max_terms | found of the exact | lists/s | times as fast |\n|---|---|---|---|")
    print(f"| all | 100 % | {len(rows) / statistics.median(slow):,.0f} | |")
    for n in (64, 32, 16, 8):
        # The index is the same; only queries are cut.
        fewer = copy.copy(index).set_params(max_terms=n)
        some = without(rows, fewer.similar(Q, k + 1)[1])
        share = np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(exact, some, strict=True)])
        runs = [
            (timed(lambda: index.similar(Q, k + 1)), timed(lambda: fewer.similar(Q, k + 1)))  # noqa: B023
            for _ in range(options.repeat)
        ]
        all_terms, cut = (statistics.median(side) for side in zip(*runs, strict=True))
        print(f"| {n} | {share:.1%} | {len(rows) / cut:,.0f} | {all_terms / cut:.1f} |",
              flush=True)  # fmt: skip


def without(own: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the lists without the row itself, or without the last if the row is not there."""
    is_own = positions == own[:, None]
    is_own[~is_own.any(axis=1), -1] = True
    return positions[~is_own].reshape(len(own), -1)


if __name__ == "__main__":
    main()
