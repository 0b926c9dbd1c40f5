"""PyNNDescent: a graph of neighbours, found by descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer, Search

if TYPE_CHECKING:
    import scipy.sparse as sp

    from benchmarks.given import Given


class PyNNDescent(Peer):
    """`NNDescent` with its defaults; `epsilon` is the search effort."""

    name, package, module = "pynndescent", "pynndescent", "pynndescent"
    jobs = ("lists", "single")

    @property
    def searches(self) -> list[Search]:
        return [Search(f"epsilon {e}", "near", {"epsilon": e}) for e in (0.1, 0.0, 0.2, 0.4)]

    def compile(self) -> None:
        import scipy.sparse as sp

        self._index_of(sp.random(500, 300, 0.1, format="csr", dtype="f4", random_state=0))

    def build(self, given: Given) -> None:
        self.index = self._index_of(given.vectors())

    def _index_of(self, X: sp.csr_matrix) -> Any:
        from pynndescent import NNDescent

        index = NNDescent(X, metric="cosine", random_state=0, n_jobs=self.threads)
        index.prepare()
        return index

    def find(self, queries: sp.csr_matrix, size: int, epsilon: float = 0.1) -> Any:
        return self.index.query(queries, k=size, epsilon=epsilon)

    def positions(self, found: Any) -> Any:
        return found[0].tolist()
