"""splade-index: the compiled retrieval of an index for sparse embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer

if TYPE_CHECKING:
    import scipy.sparse as sp

    from benchmarks.given import Given


class SpladeIndex(Peer):
    """The retrieval kernel of the package.

    The package's class makes a query's terms and weights with a language model; here they go
    straight to the function that the class calls.
    """

    name, package, module = "splade-index", "splade-index", "splade_index"
    jobs = ("lists", "single")
    note = "Of splade-index the compiled retrieval is called, without the language model before it."

    def build(self, given: Given) -> None:
        by_term = given.vectors().T.tocsr()
        self.index = {
            "data": by_term.data,
            "indices": by_term.indices,
            "indptr": by_term.indptr,
            "num_docs": by_term.shape[1],
        }

    def find(self, queries: sp.csr_matrix, size: int) -> Any:
        import numpy as np
        from splade_index.numba.retrieve_utils import _retrieve_numba_functional

        cuts = queries.indptr[1:-1]
        return _retrieve_numba_functional(
            np.split(queries.indices, cuts), np.split(queries.data, cuts), self.index, k=size,
            n_threads=self.threads, show_progress=False,
        )  # fmt: skip

    def positions(self, found: Any) -> Any:
        return found[0].tolist()
