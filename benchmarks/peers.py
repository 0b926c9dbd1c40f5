"""Ways to find the nearest rows of a sparse matrix: relnews and its peers, each as a `Side`."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

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


def sides(X: sp.csr_matrix, names: Iterable[str], size: int, *, n_threads: int) -> list[Side]:
    """Return ways to find neighbours.

    Parameters
    ----------
    X : csr_matrix
        What they are found in.
    names : iterable of str
        Some of `SIDES`, in the order in which sides are returned.
    size : int
        How many rows to find, the row itself among them.
    n_threads : int
    """
    names = list(names)
    by_term = X.T.tocsr() if {"sparse_dot_topn", "splade_index"} & set(names) else None
    return [side for name in names for side in SIDES[name](X, by_term, size, n_threads)]


def relnews(X: sp.csr_matrix, _: Any, size: int, n_threads: int) -> list[Side]:
    """Return ours."""
    from relnews import CosineNeighbors

    ours = CosineNeighbors(n_jobs=n_threads).fit(X)
    return [Side("relnews", lambda Q: ours.similar(Q, size), lambda found: found[0])]


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
    """Keep every thread of this process on one core, those of a pool too; only Linux can."""
    if sys.platform != "linux":
        yield
        return
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


SIDES: dict[str, Callable[..., list[Side]]] = {
    "relnews": relnews,
    "sparse_dot_topn": sparse_dot_topn,
    "splade_index": splade_index,
    "scikit-learn": scikit_learn,
}
