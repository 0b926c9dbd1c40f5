"""Seismic: inverted lists in blocks with summaries, for learned sparse vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer, Search

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

    from benchmarks.given import Given


class Seismic(Peer):
    """`SeismicIndexLV`, the one for large vocabularies, with its defaults."""

    name, package, module = "seismic", "pyseismic-lsr", "seismic"
    jobs = ("lists", "single")
    note = "Seismic is made for learned sparse vectors, which have fewer terms than articles have."

    @property
    def searches(self) -> list[Search]:
        pairs = ((10, 0.8), (10, 0.9), (40, 0.9), (200, 0.9), (1000, 1.0))
        return [
            Search(f"cut {cut}, factor {factor}", "near", {"cut": cut, "factor": factor})
            for cut, factor in pairs
        ]

    def build(self, given: Given) -> None:
        from seismic import SeismicDatasetLV, SeismicIndexLV, get_seismic_string

        self._kind = get_seismic_string()
        dataset = SeismicDatasetLV()
        for position, (terms, values) in enumerate(self._rows(given.vectors())):
            dataset.add_document(str(position), terms, values)
        self.index = SeismicIndexLV.build_from_dataset(dataset, num_threads=self.threads)

    def _rows(self, X: sp.csr_matrix) -> list[tuple[np.ndarray, np.ndarray]]:
        import numpy as np

        terms, cuts = X.indices.astype(str).astype(self._kind), X.indptr[1:-1]
        return list(zip(np.split(terms, cuts), np.split(X.data, cuts), strict=True))

    def queries(self, given: Given, rows: Any) -> Any:
        import numpy as np

        found = self._rows(given.vectors_of(rows))
        names = np.arange(len(found)).astype(str).astype(self._kind)
        return names, [terms for terms, _ in found], [values for _, values in found]

    def find(self, queries: Any, size: int, cut: int = 10, factor: float = 0.8) -> Any:
        return self.index.batch_search(
            *queries, k=size, query_cut=cut, heap_factor=factor, num_threads=self.threads
        )

    def positions(self, found: Any) -> list[list[int]]:
        return [[int(position) for _, _, position in items] for items in sorted(found, key=_query)]


def _query(one: Any) -> int:
    return int(one[0][0]) if one else -1
