"""NMSLIB: a hierarchical graph over sparse vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer, Search

if TYPE_CHECKING:
    import scipy.sparse as sp

    from benchmarks.given import Given


class Nmslib(Peer):
    """HNSW in the space `cosinesimil_sparse_fast`; `ef` is the search effort."""

    name, package, module = "nmslib", "nmslib", "nmslib"
    jobs = ("lists", "single")

    @property
    def searches(self) -> list[Search]:
        return [Search(f"ef {n}", "near", {"ef": n}) for n in (100, 20, 400)]

    def build(self, given: Given) -> None:
        import nmslib

        self.index = nmslib.init(
            method="hnsw", space="cosinesimil_sparse_fast",
            data_type=nmslib.DataType.SPARSE_VECTOR,
        )  # fmt: skip
        self.index.addDataPointBatch(given.vectors())
        self.index.createIndex(
            {"M": 15, "efConstruction": 100, "indexThreadQty": self.threads, "post": 0}
        )

    def find(self, queries: sp.csr_matrix, size: int, ef: int = 100) -> Any:
        self.index.setQueryTimeParams({"efSearch": ef})
        return self.index.knnQueryBatch(queries, k=size, num_threads=self.threads)

    def positions(self, found: Any) -> list[list[int]]:
        return [positions.tolist() for positions, _ in found]
