"""sparse_dot_topn: the product that keeps the largest of each row."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from benchmarks.peers.base import Peer, Search

if TYPE_CHECKING:
    import scipy.sparse as sp

    from benchmarks.given import Given


class SparseDotTopn(Peer):
    """`sp_matmul_topn`.

    Its code for several threads can be faster than its code for one thread, even on one core. Both
    are measured there, and the faster is reported.
    """

    name, package, module = "sparse_dot_topn", "sparse_dot_topn", "sparse_dot_topn"
    jobs = ("lists", "single")
    note = "Of sparse_dot_topn's two ways on one core, the faster one is its one-core figure."

    @property
    def searches(self) -> list[Search]:
        found = [Search("", "exact", {"n_threads": self.threads})]
        if self.threads == 1:
            found.append(Search("two threads on one core", "exact", {"n_threads": 2}))
        return found

    def build(self, given: Given) -> None:
        self.by_term = given.vectors().T.tocsr()

    def find(self, queries: sp.csr_matrix, size: int, n_threads: int = 1) -> sp.csr_matrix:
        from sparse_dot_topn import sp_matmul_topn

        return sp_matmul_topn(queries, self.by_term, top_n=size, sort=True, n_threads=n_threads)

    def positions(self, found: sp.csr_matrix) -> list[list[int]]:
        columns = found.indices.tolist()
        return [columns[a:b] for a, b in itertools.pairwise(found.indptr.tolist())]
