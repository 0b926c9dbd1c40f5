"""Qdrant Edge: sparse vectors in a shard on disk, inside the process."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer

if TYPE_CHECKING:
    import scipy.sparse as sp

    from benchmarks.given import Given

#: Points per operation.
_BATCH = 1000


class QdrantEdge(Peer):
    """`EdgeShard` with one sparse vector a point."""

    name, package, module = "qdrant-edge", "qdrant-edge-py", "qdrant_edge"
    jobs = ("lists", "single", "cold", "update")
    note = "Qdrant Edge writes an update to its log without waiting for the disk."

    def build(self, given: Given) -> None:
        from qdrant_edge import EdgeConfig, EdgeShard, EdgeSparseVectorParams

        self._path = given.folder / "qdrant-edge"
        self._path.mkdir()
        config = EdgeConfig(
            sparse_vectors={"text": EdgeSparseVectorParams()}, max_search_threads=self.threads
        )
        self.shard = EdgeShard.create(str(self._path), config)
        rows = enumerate(_rows(given.vectors()))
        while batch := list(itertools.islice(rows, _BATCH)):
            self._upsert(batch)
        self.shard.optimize()
        self.shard.flush()

    def _upsert(self, rows: Iterable[tuple[int, tuple[list[int], list[float]]]]) -> None:
        from qdrant_edge import Point, SparseVector, UpdateOperation

        points = [Point(position, {"text": SparseVector(*row)}) for position, row in rows]
        self.shard.update(UpdateOperation.upsert_points(points))
        self._next = points[-1].id + 1

    def queries(self, given: Given, rows: Any) -> list[Any]:
        return _queries(given.vectors_of(rows))

    def find(self, queries: list[Any], size: int) -> Any:
        from qdrant_edge import QueryBatchRequest, QueryRequest

        requests = [QueryRequest(limit=size, query=query) for query in queries]
        if len(requests) == 1:
            return [self.shard.query(requests[0])]
        return self.shard.query_batch(QueryBatchRequest(requests))

    def positions(self, found: Any) -> list[list[int]]:
        return [[point.id for point in points] for points in found]

    def save(self, folder: Path, given: Given) -> None:
        import shutil

        del given
        self.shard.flush()
        shutil.copytree(self._path, folder)

    def cold(self, folder: Path, row: int, size: int) -> list[int]:
        from qdrant_edge import EdgeShard, Query

        self.shard = EdgeShard.load(str(folder))
        # The shard keeps the vectors of its points.
        (point,) = self.shard.retrieve([row], with_payload=False, with_vector=True)
        return self.positions(self.find([Query.Nearest(point.vector["text"], "text")], size))[0]

    def add(self, article: dict[str, Any], vector: sp.csr_matrix) -> None:
        del article
        self._upsert((self._next, row) for row in _rows(vector))

    def new_query(self, article: dict[str, Any], vector: sp.csr_matrix) -> list[Any]:
        del article
        return _queries(vector)


def _rows(X: sp.csr_matrix) -> Iterable[tuple[list[int], list[float]]]:
    for first, end in zip(X.indptr[:-1], X.indptr[1:], strict=True):
        yield X.indices[first:end].tolist(), X.data[first:end].tolist()


def _queries(X: sp.csr_matrix) -> list[Any]:
    from qdrant_edge import Query, SparseVector

    return [Query.Nearest(SparseVector(*row), "text") for row in _rows(X)]
