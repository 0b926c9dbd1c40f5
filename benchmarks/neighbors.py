"""CosineNeighbors beside its peers, in one run, on the same vectors.

::

    python -m benchmarks.neighbors archive_en_100k.jsonl.xz
    python -m benchmarks.neighbors --generate 1000000 --jobs growth --sizes 100000,1000000

All sides find the best of the same rows in turn, so that a noisy machine is noisy to all. Results
are compared before anything is timed; making an index is timed by the job ``memory`` alone. A row
is among its own neighbours here, on every side: k others are k + 1 rows.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import dataclasses
import functools
import math
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.vectorize import read, timed, without_openblas_settings

WEIGHTS: dict[str, dict[str, Any]] = {
    "raw": {},
    "stop": {"stop_words": "english", "sublinear_tf": True, "min_df": 2},
}

#: relnews differs by less from a product in double precision, which is made for so many rows.
ROUNDING, PRODUCT_ROWS = 1e-6, 50

#: Peers differ by less from relnews: they add up hundreds of numbers in single precision.
SINGLE_ROUNDING = 5e-6

#: Single rows are timed over so many different ones.
SINGLE = 500

#: scikit-learn is given no more rows than these, so many at a time: it is slow, and keeps all
#: similarities of a block.
BRUTE, BRUTE_BLOCK = 200, 50

#: Added to the name of a side.
ON_ONE_CORE = ", 2 threads on one core"


@dataclasses.dataclass(frozen=True)
class Side:
    """One way to find neighbours.

    Parameters
    ----------
    name : str
    find : callable
        Rows to what it returns for them; this is timed.
    similarities : callable
        What `find` returned to the similarities, best first; this is not.
    most : int
        Time no more rows.
    """

    name: str
    find: Callable[[sp.csr_matrix], Any]
    similarities: Callable[[Any], np.ndarray]
    most: int = sys.maxsize


def main() -> None:
    """Run the jobs and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, nargs="?", help="articles as JSON Lines or CSV")
    parser.add_argument("--limit", type=int, default=None, help="articles read of the file")
    parser.add_argument("--vectors", type=Path, metavar="NPZ", help="vectors instead of articles")
    parser.add_argument("--generate", type=int, metavar="N", help="made-up vectors instead")
    parser.add_argument("--weights", default="raw,stop", help="default: raw,stop")
    parser.add_argument("--queries", type=int, default=2000,
                        help="rows that are timed (default: 2000; 0 is all)")  # fmt: skip
    parser.add_argument("--k", type=int, default=8, help="neighbours of each (default: 8)")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each side (default: 5)")
    parser.add_argument("--peers", default="sparse_dot_topn,splade_index,scikit-learn",
                        help="which of these (default: all)")  # fmt: skip
    parser.add_argument("--jobs", default="one-thread,two-threads,single,growth,memory,recall",
                        help="which of these (default: all)")  # fmt: skip
    parser.add_argument("--sizes", default="10000,32000,100000", help="rows for the job growth")
    options = parser.parse_args()
    if sum(bool(s) for s in (options.archive, options.vectors, options.generate)) != 1:
        parser.error("either an archive, or --vectors, or --generate")
    without_openblas_settings()
    jobs = options.jobs.split(",")
    for name, X in vectors(options):
        n = X.shape[0]
        print(f"\n{name}: {n:,} rows, {X.shape[1]:,} columns, {X.nnz / n:.0f} pairs a row, "
              f"{postings(X):,.0f} postings a query; {options.k} neighbours; "
              f"medians of {options.repeat}")  # fmt: skip
        drawn = np.random.default_rng(0).permutation(n)
        drawn = drawn[: min(options.queries, n)] if options.queries else drawn
        if "one-thread" in jobs:
            speed("one thread", X, X[drawn], options, n_threads=1)
        if "two-threads" in jobs:
            speed("two threads", X, X[drawn], options, n_threads=2)
        if "single" in jobs:
            single(X, X[drawn[:SINGLE]], options)
        if "growth" in jobs:
            growth(X, options)
        if "memory" in jobs:
            memory(X, options)
        if "recall" in jobs:
            recall(X, drawn, options)


def vectors(options: argparse.Namespace) -> Iterator[tuple[str, sp.csr_matrix]]:
    """Yield the vectors to work on, of length one and in single precision, as peers want them."""
    from sklearn.preprocessing import normalize

    if options.vectors:
        X = sp.csr_matrix(sp.load_npz(options.vectors), dtype=np.float32)
        yield options.vectors.name, normalize(X)
        return
    texts = read([options.archive], options.limit) if options.archive else []
    for weights in options.weights.split(","):
        if options.generate:
            from benchmarks import generate

            yield f"generated, {weights}", generate.matrix(options.generate, weights=weights)
        else:
            from relnews import TfidfVectorizer

            vectorizer = TfidfVectorizer(dtype=np.float32, **WEIGHTS[weights])
            yield weights, sp.csr_matrix(vectorizer.fit_transform(texts))


def postings(X: sp.csr_matrix) -> float:
    """Return how many pairs the terms of the usual row have."""
    df = np.bincount(X.indices, minlength=X.shape[1]).astype(float)
    return float((df * df).sum() / X.shape[0])


def sides(X: sp.csr_matrix, options: argparse.Namespace, *, n_threads: int) -> list[Side]:
    """Return all ways to find neighbours, relnews first."""
    from relnews import CosineNeighbors

    size = options.k + 1
    ours = CosineNeighbors(n_jobs=n_threads).fit(X)
    found = [Side("relnews", lambda Q: ours.similar(Q, size), lambda found: found[0])]
    peers = options.peers.split(",") if options.peers else []
    by_term = X.T.tocsr() if {"sparse_dot_topn", "splade_index"} & set(peers) else None
    for peer in peers:
        found += PEERS[peer](X, by_term, size, n_threads)
    return found


def sparse_dot_topn(_: Any, by_term: sp.csr_matrix, size: int, n_threads: int) -> list[Side]:
    """Return the product that keeps the largest of each row.

    Its code for several threads can be faster than its code for one, even on one core.
    """
    from sparse_dot_topn import sp_matmul_topn

    def find(Q: sp.csr_matrix, n_threads: int) -> sp.csr_matrix:
        return sp_matmul_topn(Q, by_term, top_n=size, sort=True, n_threads=n_threads)

    def find_on_one_core(Q: sp.csr_matrix) -> sp.csr_matrix:
        with one_core():
            return find(Q, 2)

    def similarities(found: sp.csr_matrix) -> np.ndarray:
        row = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
        dense = np.zeros((found.shape[0], size))
        dense[row, np.arange(found.nnz) - found.indptr[row]] = found.data
        return dense

    found = [Side("sparse_dot_topn", functools.partial(find, n_threads=n_threads), similarities)]
    if n_threads == 1 and sys.platform == "linux":
        found.append(Side(f"sparse_dot_topn{ON_ONE_CORE}", find_on_one_core, similarities))
    return found


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep every thread of this process on one core, those of a pool too."""
    before = os.sched_getaffinity(0)
    try:
        _pin({min(before)})
        yield
    finally:
        _pin(before)


def _pin(cores: set[int]) -> None:
    for thread in Path("/proc/self/task").iterdir():
        # A thread may have ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)


def splade_index(_: Any, by_term: sp.csr_matrix, size: int, n_threads: int) -> list[Side]:
    """Return the compiled retrieval of an index for sparse embeddings.

    The index is the same matrix by columns. Its class makes the query's terms and weights with a
    language model; here they go straight to the function that the class calls.
    """
    from splade_index.numba.retrieve_utils import _retrieve_numba_functional

    index = {
        "data": by_term.data,
        "indices": by_term.indices,
        "indptr": by_term.indptr,
        "num_docs": by_term.shape[1],
    }

    def find(Q: sp.csr_matrix) -> Any:
        cuts = Q.indptr[1:-1]
        return _retrieve_numba_functional(
            np.split(Q.indices, cuts), np.split(Q.data, cuts), index, k=size, n_threads=n_threads
        )

    return [Side("splade-index", find, lambda found: found[1])]


def scikit_learn(X: sp.csr_matrix, _: Any, size: int, n_threads: int) -> list[Side]:
    """Return brute force."""
    from sklearn.neighbors import NearestNeighbors

    theirs = NearestNeighbors(metric="cosine", algorithm="brute", n_jobs=n_threads).fit(X)

    def find(Q: sp.csr_matrix) -> list[np.ndarray]:
        return [
            theirs.kneighbors(Q[first : first + BRUTE_BLOCK], size)[0]
            for first in range(0, Q.shape[0], BRUTE_BLOCK)
        ]

    return [Side("scikit-learn", find, lambda found: 1 - np.concatenate(found), BRUTE)]


PEERS: dict[str, Callable[..., list[Side]]] = {
    "sparse_dot_topn": sparse_dot_topn,
    "splade_index": splade_index,
    "scikit-learn": scikit_learn,
}


def equal(X: sp.csr_matrix, Q: sp.csr_matrix, found: list[Side]) -> float:
    """Exit unless all sides find the same similarities; return how far peers are from relnews."""
    ours, *peers = found
    lists = ours.similarities(ours.find(Q))
    some = Q[:PRODUCT_ROWS].astype(np.float64)
    product = -np.sort(-(some @ X.T.astype(np.float64)).toarray(), axis=1)[:, : lists.shape[1]]
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


def turns(found: list[Side], Q: sp.csr_matrix, repeat: int) -> list[list[float]]:
    """Time all sides in turn: for each, the seconds per row of each run."""
    rows = [Q[: side.most] for side in found]
    runs = [
        [timed(lambda: side.find(some)) / some.shape[0]  # noqa: B023
         for side, some in zip(found, rows, strict=True)]
        for _ in range(repeat)
    ]  # fmt: skip
    return [list(seconds) for seconds in zip(*runs, strict=True)]


def speed(
    work: str, X: sp.csr_matrix, Q: sp.csr_matrix, options: argparse.Namespace, *, n_threads: int
) -> None:
    """Compare and time all sides, and print a line for each peer."""
    found = sides(X, options, n_threads=n_threads)
    worst = equal(X, Q, found)
    ours, *theirs = turns(found, Q, options.repeat)
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


def single(X: sp.csr_matrix, Q: sp.csr_matrix, options: argparse.Namespace) -> None:
    """Print how long one row takes, each by itself."""
    # Threads are of no use to one row.
    found = [side for side in sides(X, options, n_threads=1) if ON_ONE_CORE not in side.name]
    rows = [Q[i] for i in range(Q.shape[0])]
    seconds: list[list[float]] = [[] for _ in found]
    for side in found:
        for row in rows[:20]:
            side.find(row)
    for i, row in enumerate(rows):
        for side, times in zip(found, seconds, strict=True):
            if i < side.most:
                times.append(timed(lambda: side.find(row)))  # noqa: B023
    print("\n| one row at a time | median, ms | 99 %, ms |\n|---|---|---|")
    for side, times in zip(found, seconds, strict=True):
        middle, late = np.percentile(times, [50, 99]) * 1000
        print(f"| {side.name} | {middle:.2f} | {late:.2f} |", flush=True)


def growth(X: sp.csr_matrix, options: argparse.Namespace) -> None:
    """Print the time of a list among the first rows, more and more of them."""
    wanted = [int(size) for size in options.sizes.split(",")]
    sizes = [size for size in wanted if size <= X.shape[0]]
    if not sizes:
        print(f"\ngrowth: fewer than {wanted[0]:,} rows")
        return
    medians = []
    for size in sizes:
        part = X[:size]
        found = sides(part, options, n_threads=1)
        drawn = np.random.default_rng(0).permutation(size)
        drawn = drawn[: min(options.queries or size, size)]
        equal(part, part[drawn], found)
        times = turns(found, part[drawn], options.repeat)
        medians.append([statistics.median(seconds) * 1000 for seconds in times])
        if len(medians) == 1:
            print(f"\n| ms per list, one thread | {' | '.join(side.name for side in found)} |")
            print("|---|" + "---|" * len(found))
        print(f"| {size:,} rows | {' | '.join(f'{x:.3f}' for x in medians[-1])} |", flush=True)
    if len(sizes) > 1:
        more = math.log(sizes[-1] / sizes[0])
        powers = [math.log(b / a) / more for a, b in zip(medians[0], medians[-1], strict=True)]
        print(f"| grows as rows to the power | {' | '.join(f'{x:.2f}' for x in powers)} |")


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


def recall(X: sp.csr_matrix, drawn: np.ndarray, options: argparse.Namespace) -> None:
    """Print how many of the exact neighbours are found by a few terms of each row."""
    from relnews import CosineNeighbors

    Q, k = X[drawn], options.k
    index = CosineNeighbors(n_jobs=1).fit(X)
    exact = without(drawn, index.similar(Q, k + 1)[1])
    slow = [timed(lambda: index.similar(Q, k + 1)) for _ in range(options.repeat)]
    print("\n| max_terms | found of the exact | lists/s | times as fast |\n|---|---|---|---|")
    print(f"| all | 100 % | {len(drawn) / statistics.median(slow):,.0f} | |")
    for n in (64, 32, 16, 8):
        # The index is the same; only queries are cut.
        fewer = copy.copy(index).set_params(max_terms=n)
        some = without(drawn, fewer.similar(Q, k + 1)[1])
        share = np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(exact, some, strict=True)])
        runs = [
            (timed(lambda: index.similar(Q, k + 1)), timed(lambda: fewer.similar(Q, k + 1)))  # noqa: B023
            for _ in range(options.repeat)
        ]
        all_terms, cut = (statistics.median(side) for side in zip(*runs, strict=True))
        print(f"| {n} | {share:.1%} | {len(drawn) / cut:,.0f} | {all_terms / cut:.1f} |",
              flush=True)  # fmt: skip


def without(own: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the lists without the row itself, or without the last if the row is not there."""
    is_own = positions == own[:, None]
    is_own[~is_own.any(axis=1), -1] = True
    return positions[~is_own].reshape(len(own), -1)


if __name__ == "__main__":
    main()
