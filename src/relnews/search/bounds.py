"""Outlines of the common terms of rows, from which kernels compute upper bounds of similarities."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import pruning
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import SparseRows

#: Held while BLAS has one thread. The limit is of the whole process, and of two calls at a time the
#: second would restore the limit of the first.
_blas_limit = threading.Lock()

#: A term is common if more than this share of rows have it. 9 to 12 % are equally fast: at 100,000
#: rows a list takes 0.62 to 0.73 ms with 10 %, 1.16 with 5 %, 1.01 with 30 %.
COMMON = 0.1

#: Below this many rows, pruning costs more than it saves.
WORTH_PRUNING = 8192

#: Maximum number of common terms, and number of coordinates of a sketch. 64 coordinates leave twice
#: as many rows, 192 half as many; both take as long in all as 128.
MOST_COMMON = 1024
SKETCH = 128

#: Rows that are outlined at a time, and the maximum number of such blocks from which the basis of
#: the sketches is computed. Blocks of 4096 rows leave the processor's cache and take 1.4× as long.
_BLOCK = 1024
_SAMPLE = 64

#: Factor above the rounding of single precision, so that bounds stay upper bounds.
_ROUNDING = 1.0 + 1e-6


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows of a matrix.

    Parameters
    ----------
    ptr : int64 array of shape (n + 1,)
        Where each row's pairs begin.
    term : int32 or int64 array of shape (n_pairs,)
        Term of each pair, ascending within a row.
    value : float32 or float64 array of shape (n_pairs,)
        Value of each pair; at least 0.
    factor : float64 array of shape (n,)
        Factor on all values of the row.
    """

    ptr: NDArray[np.int64]
    term: NDArray[np.integer[Any]]
    value: NDArray[np.floating[Any]]
    factor: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.factor)

    def cut(self, rows: slice) -> Rows:
        """Return a range of the rows; arrays are shared, except ``ptr``."""
        ptr = self.ptr[rows.start : rows.stop + 1]
        pairs = slice(int(ptr[0]), int(ptr[-1]))
        return Rows(ptr - ptr[0], self.term[pairs], self.value[pairs], self.factor[rows])

    @property
    def longest(self) -> int:
        """Number of terms of the longest row."""
        return int(np.diff(self.ptr).max(initial=0))

    def arrays(self) -> SparseRows:
        """Return the arrays as kernels take them."""
        return SparseRows(*map(frozen, (self.ptr, self.term, self.value, self.factor)))


class Outline(NamedTuple):
    """Common parts (the vectors of common terms) of n rows in 8 bits, with error bounds.

    Parameters
    ----------
    sketch : int8 array of shape (n, SKETCH or 0)
        Coordinates of the part in the space where common parts differ most, divided by
        ``sketch_scale``.
    sketch_scale, sketch_error, residual_norm : float32 arrays of shape (n,)
        Scale of each sketch; length of its rounding error; length of the part's component outside
        that space.
    codes : uint8 array of shape (n, width)
        The part itself, divided by ``codes_scale``.
    codes_scale, codes_error : float32 arrays of shape (n,)
        Scale of each row's codes; length of their rounding error.
    norm : float32 array of shape (n,)
        Length of the part, rounded up.
    """

    sketch: NDArray[np.int8]
    sketch_scale: NDArray[np.float32]
    sketch_error: NDArray[np.float32]
    residual_norm: NDArray[np.float32]
    codes: NDArray[np.uint8]
    codes_scale: NDArray[np.float32]
    codes_error: NDArray[np.float32]
    norm: NDArray[np.float32]

    @classmethod
    @functools.lru_cache(maxsize=8)
    def none(cls, n: int) -> Outline:
        """Return an outline of n rows without common terms: the search sums their scores."""
        sketch, codes = frozen(np.empty((n, 0), np.int8)), frozen(np.empty((n, 0), np.uint8))
        zeros, ones = frozen(np.zeros(n, np.float32)), frozen(np.ones(n, np.float32))
        return cls(sketch, ones, zeros, zeros, codes, ones, zeros, zeros)

    def or_none(self) -> Outline | None:
        """Return the outline as kernels take it: None if no term is common."""
        return self if self.codes.shape[1] else None

    def frozen(self) -> Outline:
        """Return the outline with read-only arrays, as kernels take them."""
        arrays: Sequence[NDArray[Any]] = self
        return Outline._make(map(frozen, arrays))

    def cut(self, rows: slice) -> Outline:
        """Return the outlines of a range of the rows; arrays are shared."""
        return Outline._make(array[rows] for array in self)

    def named(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by the names that they are stored under."""
        return dict(zip(OUTLINE_DTYPES, self, strict=True))


#: Stored name and dtype of every array of an outline, in its order. ``rest`` is `residual_norm`.
OUTLINE_DTYPES: dict[str, np.dtype[Any]] = {
    "sketch": np.dtype(np.int8), "sketch_scale": np.dtype(np.float32),
    "sketch_error": np.dtype(np.float32), "rest": np.dtype(np.float32),
    "codes": np.dtype(np.uint8), "codes_scale": np.dtype(np.float32),
    "codes_error": np.dtype(np.float32), "norm": np.dtype(np.float32),
}  # fmt: skip


class CommonTerms:
    """Terms that are bounded instead of walked, and the basis of the sketches.

    A bound is a product of coordinates plus products of lengths: by the Cauchy-Schwarz inequality,
    the error of a vector adds at most its length times the length of the other vector. Any basis
    gives correct bounds; a good basis gives tight bounds.

    Parameters
    ----------
    terms : int32 array of shape (n,)
        The common terms, ascending.
    basis : float64 array of shape (width, SKETCH or less)
        Orthonormal columns.
    n_terms : int
        Number of terms of the vocabulary.

    Attributes
    ----------
    width : int
        Number of common terms, rounded up to a multiple of 64.
    is_rare : bool array of shape (n_terms,)
        True for terms that are walked.
    """

    def __init__(self, terms: NDArray[np.int32], basis: NDArray[np.float64], n_terms: int) -> None:
        self.terms = terms
        self.basis = basis
        self.width = _width(terms)
        column_of = np.full(n_terms, -1, dtype=np.int32)
        column_of[terms] = np.arange(len(terms))
        self._column_of = frozen(column_of)
        self.is_rare = frozen(column_of < 0)

    @classmethod
    def restore(
        cls, terms: NDArray[np.int32], basis: NDArray[np.float64], n_terms: int
    ) -> CommonTerms:
        """Return the common terms from stored arrays, in which the basis has one dimension."""
        width = _width(terms)
        return cls(terms, basis.reshape(width, -1) if width else np.empty((0, 0)), n_terms)

    def resized(self, n_terms: int) -> CommonTerms:
        """Return the same common terms for a larger vocabulary."""
        return CommonTerms(self.terms, self.basis, n_terms)

    @classmethod
    def of(cls, terms: NDArray[np.int32], n_terms: int, blocks: Iterable[Rows]) -> CommonTerms:
        """Return common terms with a basis of the directions in which sampled rows extend most.

        Parameters
        ----------
        terms : int32 array of shape (n,)
            The common terms, ascending.
        n_terms : int
            Number of terms of the vocabulary.
        blocks : iterable of Rows
            Sampled rows; see `sampled`.
        """
        from threadpoolctl import threadpool_limits

        width = _width(terms)
        common = cls(terms, np.empty((width, 0)), n_terms)
        if not width:
            return common
        extent = np.zeros((width, width))
        # Threads of BLAS spin after a product: with two, this takes up to 6× the processor time.
        with _blas_limit, threadpool_limits(1, "blas"):
            for rows in blocks:
                part = common._densify(rows)
                extent += part.T @ part
            _, vectors = np.linalg.eigh(extent)
        common.basis = np.ascontiguousarray(vectors[:, ::-1][:, :SKETCH])
        return common

    def outline(
        self, blocks: Iterable[Rows], n: int, factor: NDArray[np.float64] | None = None
    ) -> Outline:
        """Return the outlines of n rows.

        Parameters
        ----------
        blocks : iterable of Rows
            The rows, in order.
        n : int
            Number of rows of all blocks.
        factor : float64 array of shape (n_common_terms,), optional
            Factor on the values of each common term. None means 1.
        """
        if not self.width:
            return Outline.none(n)
        lengths = np.empty((6, n), dtype=np.float32)
        outline = Outline(
            np.empty((n, self.basis.shape[1]), np.int8), lengths[0], lengths[1], lengths[2],
            np.empty((n, self.width), np.uint8), lengths[3], lengths[4], lengths[5],
        )  # fmt: skip
        first = 0
        for rows in blocks:
            block = slice(first, first + len(rows))
            first = block.stop
            part = self._densify(rows)
            if factor is not None:
                part[:, : len(factor)] *= factor
            point = self._project(part)
            norm_squared = np.einsum("ij,ij->i", part, part)
            inside = np.einsum("ij,ij->i", point, point)
            outline.norm[block] = np.sqrt(norm_squared) * _ROUNDING
            # 1e-12 covers the rounding of the squares, which their small difference inherits.
            residual = np.maximum(norm_squared - inside, 0) + 1e-12 * norm_squared
            outline.residual_norm[block] = np.sqrt(residual) * _ROUNDING
            outline.sketch_scale[block], outline.sketch_error[block] = quantize(
                point, 127, outline.sketch[block]
            )
            outline.codes_scale[block], outline.codes_error[block] = quantize(
                part, 255, outline.codes[block]
            )
        return outline.frozen()

    def restore_outline(self, arrays: Sequence[NDArray[Any]], n: int) -> Outline:
        """Return the outlines of n rows from stored arrays, which have one dimension each."""
        widths = {"sketch": self.basis.shape[1], "codes": self.width}
        shaped = [
            array.reshape(n, widths[name]) if name in widths else array.reshape(n)
            for name, array in zip(OUTLINE_DTYPES, arrays, strict=True)
        ]
        return Outline(*shaped).frozen()

    def _project(self, part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coordinates of dense rows in the basis.

        Not by BLAS: its threads spin after a product and slow ours down. Two threads were 1.45 to
        1.55 times as fast as one with BLAS, and are 1.9 to 2.0 times as fast without.
        """
        point = np.zeros((len(part), self.basis.shape[1]))
        if self.width:
            pruning.project(part, frozen(self.basis), point)
        return point

    def _densify(self, rows: Rows) -> NDArray[np.float64]:
        """Return the common terms of rows as a dense matrix."""
        part = np.zeros((len(rows), self.width))
        if self.width:
            pruning.densify(rows.arrays(), self._column_of, part)
        return part


def common_terms(document_frequency: NDArray[np.int64], n_rows: int) -> NDArray[np.int32]:
    """Return the common terms, int32 array, ascending; empty below `WORTH_PRUNING` rows.

    Parameters
    ----------
    document_frequency : int64 array of shape (n_terms,)
        Number of rows that have each term.
    n_rows : int
        Rows of all segments.
    """
    if n_rows < WORTH_PRUNING:
        return np.empty(0, dtype=np.int32)
    common = np.flatnonzero(document_frequency > COMMON * n_rows)
    if len(common) > MOST_COMMON:
        order = np.argsort(-document_frequency[common], kind="stable")
        common = np.sort(common[order[:MOST_COMMON]])
    return common.astype(np.int32)


def blocks(n: int) -> list[slice]:
    """Return slices that cut n rows into blocks of `_BLOCK` rows."""
    return [slice(i, min(i + _BLOCK, n)) for i in range(0, n, _BLOCK)]


def sampled(blocks: Sequence[slice], n_segments: int = 1) -> Sequence[slice]:
    """Return blocks of one of `n_segments` segments, evenly spread, to compute a basis from.

    All segments together give about `_SAMPLE` blocks, and each gives one.
    """
    most = -(-_SAMPLE // n_segments)
    return blocks[:: -(-len(blocks) // most)] if blocks else blocks


def _width(terms: NDArray[np.int32]) -> int:
    """Return the number of terms, rounded up to a multiple of 64."""
    return -(-len(terms) // 64) * 64


def quantize(
    rows: NDArray[np.float64], largest: int, out: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Write each row as multiples, up to ``largest``, of its scale; return scales and errors."""
    highest = np.maximum(rows.max(axis=1, initial=0), -rows.min(axis=1, initial=0))
    scale = highest / largest
    # Rounded to float32, as kernels read it. A row of zeros, or nearly so, may have any scale.
    scale = np.where(scale > 1e-30, scale, 1).astype(np.float32).astype(np.float64)
    lost = rows / scale[:, None]  # in one array, because fresh memory costs more than the sums
    np.rint(lost, out=lost)
    out[:] = lost
    lost *= scale[:, None]
    np.subtract(rows, lost, out=lost)
    return scale, np.sqrt(np.einsum("ij,ij->i", lost, lost)) * _ROUNDING
