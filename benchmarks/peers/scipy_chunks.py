"""scipy: the product with the transposed matrix, a chunk of rows at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

    from benchmarks.given import Given

#: Rows of a chunk.
_CHUNK = 100


class ScipyChunks(Peer):
    """The ten lines that are commonly written by hand."""

    name, package, module = "scipy", "scipy", "scipy"
    jobs = ("lists", "single", "cold")

    def build(self, given: Given) -> None:
        self.by_term = given.vectors().T.tocsr()

    def find(self, queries: sp.csr_matrix, size: int) -> list[np.ndarray]:
        return [
            row
            for first in range(0, queries.shape[0], _CHUNK)
            for row in _best(queries[first : first + _CHUNK] @ self.by_term, size)
        ]

    def positions(self, found: list[np.ndarray]) -> list[Any]:
        return [row.tolist() for row in found]

    def save(self, folder: Path, given: Given) -> None:
        import scipy.sparse as sp

        folder.mkdir()
        sp.save_npz(folder / "vectors.npz", given.vectors(), compressed=False)
        sp.save_npz(folder / "by_term.npz", self.by_term, compressed=False)

    def cold(self, folder: Path, row: int, size: int) -> Any:
        import scipy.sparse as sp

        query = sp.csr_matrix(sp.load_npz(folder / "vectors.npz"))[row]
        self.by_term = sp.csr_matrix(sp.load_npz(folder / "by_term.npz"))
        return self.find(query, size)[0].tolist()


def _best(similarities: sp.csr_matrix, size: int) -> list[np.ndarray]:
    import numpy as np

    found = []
    for first, end in zip(similarities.indptr[:-1], similarities.indptr[1:], strict=True):
        values, columns = similarities.data[first:end], similarities.indices[first:end]
        if len(values) > size:
            best = np.argpartition(-values, size - 1)[:size]
            values, columns = values[best], columns[best]
        found.append(columns[np.argsort(-values, kind="stable")])
    return found
