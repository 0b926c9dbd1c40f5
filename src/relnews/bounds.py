"""Bounds: what is kept of the common terms of rows, to say how near two rows can be at most."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import pruning
from relnews._kernels._compile import frozen

#: A term is common if more than this share of rows have it.
COMMON = 0.1

#: No more terms than these are common, and a sketch has so many coordinates.
MOST_COMMON = 1024
SKETCH = 128

#: The basis of the sketches is taken from so many rows, and so many are outlined at a time.
_SAMPLE = 8192
_BLOCK = 4096

#: Single precision is rounded by less than this.
_ROUNDING = 1.0 + 1e-6


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows, as the kernels take them.

    Parameters
    ----------
    ptr : int64 array of shape (n + 1,)
    term : int32 or int64 array of shape (n_pairs,)
        Ascending within a row.
    value : float32 or float64 array of shape (n_pairs,)
        Not negative.
    factor : float64 array of shape (n,)
        What the values of each row are multiplied by.
    """

    ptr: NDArray[np.int64]
    term: NDArray[np.integer[Any]]
    value: NDArray[np.floating[Any]]
    factor: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.factor)

    def arrays(self) -> Any:
        """Return the arrays in the order in which kernels take them."""
        return tuple(map(frozen, (self.ptr, self.term, self.value, self.factor)))


@dataclasses.dataclass(frozen=True, slots=True)
class Outline:
    """The common part of each of n rows, in few bytes and with what that leaves out.

    Parameters
    ----------
    sketch : int8 array of shape (n, SKETCH or 0)
        Coordinates of the part in the space where such parts differ most, divided by
        ``sketch_scale``.
    sketch_scale, sketch_error, rest : float32 arrays of shape (n,)
        The length of what is lost by rounding, and of what is outside of that space.
    codes : uint8 array of shape (n, width)
        The part itself, divided by ``codes_scale``.
    codes_scale, codes_error : float32 arrays of shape (n,)
        The length of what is lost by rounding.
    norm : float32 array of shape (n,)
        The length of the part.
    """

    sketch: NDArray[np.int8]
    sketch_scale: NDArray[np.float32]
    sketch_error: NDArray[np.float32]
    rest: NDArray[np.float32]
    codes: NDArray[np.uint8]
    codes_scale: NDArray[np.float32]
    codes_error: NDArray[np.float32]
    norm: NDArray[np.float32]

    def arrays(self) -> Any:
        """Return the arrays in the order in which kernels take them."""
        return tuple(frozen(getattr(self, field.name)) for field in dataclasses.fields(self))


class CommonTerms:
    """The terms that are bounded instead of walked, and the space that sketches are made in.

    Lengths of vectors and products of their coordinates are all there is to a bound: by the
    inequality of Cauchy and Schwarz, what is lost of either vector adds at most its length times
    that of the other. Any basis gives right bounds; a good one gives narrow ones.

    Parameters
    ----------
    rows : Rows
    n_terms : int
    document_frequency : int64 array of shape (n_terms,)
    share : float
        Terms are common that more than this share of the rows have.

    Attributes
    ----------
    column_of : int32 array of shape (n_terms,)
        -1 for the terms that are not common.
    width : int
        Common terms, and zeros up to a multiple of 64.
    """

    def __init__(
        self, rows: Rows, n_terms: int, document_frequency: NDArray[np.int64], share: float
    ) -> None:
        common = np.flatnonzero(document_frequency > share * len(rows))
        if len(common) > MOST_COMMON:
            order = np.argsort(-document_frequency[common], kind="stable")
            common = np.sort(common[order[:MOST_COMMON]])
        self.column_of = np.full(n_terms, -1, dtype=np.int32)
        self.column_of[common] = np.arange(len(common))
        self.column_of = frozen(self.column_of)
        self.width = -(-len(common) // 64) * 64
        sample = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(np.int64)
        part = self._densify(rows, sample)
        _, vectors = np.linalg.eigh(part.T @ part)
        # From the direction of the greatest extent on.
        self._basis = np.ascontiguousarray(vectors[:, ::-1][:, : min(SKETCH, self.width)])

    def outline(self, rows: Rows) -> Outline:
        """Return the outlines of rows; they may be others than those that this was made of."""
        n, width = len(rows), self.width
        lengths = np.empty((6, n), dtype=np.float32)
        outline = Outline(
            np.empty((n, self._basis.shape[1]), np.int8), lengths[0], lengths[1], lengths[2],
            np.empty((n, width), np.uint8), lengths[3], lengths[4], lengths[5],
        )  # fmt: skip
        for first in range(0, n, _BLOCK):
            some = slice(first, min(first + _BLOCK, n))
            part = self._densify(rows, np.arange(some.start, some.stop))
            point = part @ self._basis
            norm_squared = np.einsum("ij,ij->i", part, part)
            inside = np.einsum("ij,ij->i", point, point)
            outline.norm[some] = np.sqrt(norm_squared) * _ROUNDING
            # The difference of squares is only as exact as the squares are.
            rest = np.maximum(norm_squared - inside, 0) + 1e-12 * norm_squared
            outline.rest[some] = np.sqrt(rest) * _ROUNDING
            outline.sketch_scale[some], outline.sketch_error[some] = _quantize(
                point, 127, outline.sketch[some]
            )
            outline.codes_scale[some], outline.codes_error[some] = _quantize(
                part, 255, outline.codes[some]
            )
        return outline

    def _densify(self, rows: Rows, which: NDArray[np.int64]) -> NDArray[np.float64]:
        part = np.zeros((len(which), self.width))
        pruning.densify(*rows.arrays(), self.column_of, frozen(which), part)
        return part


def _quantize(
    rows: NDArray[np.float64], largest: int, out: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Write rows as multiples, up to the largest, of a scale each; return scales and errors."""
    scale = np.abs(rows).max(axis=1, initial=0) / largest
    # As it is read again; a row of zeros, or nearly so, has any.
    scale = np.where(scale > 1e-30, scale, 1).astype(np.float32).astype(np.float64)
    rounded = np.clip(np.rint(rows / scale[:, None]), -largest, largest)
    out[:] = rounded
    lost = rows - rounded * scale[:, None]
    return scale, np.sqrt(np.einsum("ij,ij->i", lost, lost)) * _ROUNDING
