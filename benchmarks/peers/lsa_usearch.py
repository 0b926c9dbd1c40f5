"""LSA and usearch: 200 dense dimensions in a hierarchical graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer, Search

if TYPE_CHECKING:
    from benchmarks.given import Given

_COORDINATES = 200


class LsaUsearch(Peer):
    """`TruncatedSVD` and `Index`; `expansion` is the search effort."""

    name, package, module = "LSA 200 + usearch", "usearch", "usearch"
    jobs = ("lists", "single")
    note = "LSA has a similarity of its own; a query's coordinates are known and not timed."

    @property
    def searches(self) -> list[Search]:
        found = [Search(f"expansion {n}", "other", {"expansion": n}) for n in (64, 16, 256)]
        return [*found, Search("by all", "other", {"expansion": 0})]

    def build(self, given: Given) -> None:
        import numpy as np
        from sklearn.decomposition import TruncatedSVD
        from usearch.index import Index

        X = given.vectors()
        size = min(_COORDINATES, min(X.shape) - 1)
        coordinates = TruncatedSVD(size, random_state=0).fit_transform(X).astype(np.float32)
        self.index = Index(ndim=size, metric="cos", dtype="f32")
        self.index.add(
            np.arange(len(coordinates), dtype=np.uint64), coordinates, threads=self.threads
        )

    def queries(self, given: Given, rows: Any) -> Any:
        import numpy as np

        del given
        return np.array(self.index.get(np.asarray(rows, dtype=np.uint64)), dtype=np.float32)

    def find(self, queries: Any, size: int, expansion: int = 64) -> Any:
        self.index.expansion_search = expansion or 64
        return self.index.search(queries, size, threads=self.threads, exact=not expansion)

    def positions(self, found: Any) -> Any:
        import numpy as np

        return np.atleast_2d(found.keys).tolist()
