"""Bounds: what is kept of the common terms of rows, to say how near two rows can be at most."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import pruning
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import SparseRows

#: A term is common if more than this share of rows have it.
COMMON = 0.1

#: Fewer rows are walked sooner than bounded.
WORTH_PRUNING = 8192

#: No more terms than these are common, and a sketch has so many coordinates.
MOST_COMMON = 1024
SKETCH = 128

#: Rows that are outlined at a time; the basis of the sketches is taken from so many blocks of them.
_BLOCK = 4096
_SAMPLE = 16

#: Single precision is rounded by less than this.
_ROUNDING = 1.0 + 1e-6


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows, as the kernels take them.

    Parameters
    ----------
    ptr : int64 array of shape (n + 1,)
        Where each row's pairs begin.
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

    def cut(self, some: slice) -> Rows:
        """Return some rows that follow each other; arrays are shared."""
        ptr = self.ptr[some.start : some.stop + 1]
        pairs = slice(int(ptr[0]), int(ptr[-1]))
        return Rows(ptr - ptr[0], self.term[pairs], self.value[pairs], self.factor[some])

    @property
    def longest(self) -> int:
        """How many terms the longest row has."""
        return int(np.diff(self.ptr).max(initial=0))

    def arrays(self) -> SparseRows:
        """Return the arrays as kernels take them."""
        return SparseRows(*map(frozen, (self.ptr, self.term, self.value, self.factor)))


class Outline(NamedTuple):
    """The common part of each of n rows, in few bytes and with what that leaves out.

    Parameters
    ----------
    sketch : int8 array of shape (n, SKETCH or 0)
        Coordinates of the part in the space where such parts differ most, divided by
        ``sketch_scale``.
    sketch_scale, sketch_error, residual_norm : float32 arrays of shape (n,)
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
    residual_norm: NDArray[np.float32]
    codes: NDArray[np.uint8]
    codes_scale: NDArray[np.float32]
    codes_error: NDArray[np.float32]
    norm: NDArray[np.float32]

    def frozen(self) -> Outline:
        """Return the same with read-only arrays, as kernels take them."""
        arrays: list[Any] = [frozen(array) for array in self.named().values()]
        return Outline(*arrays)

    def cut(self, rows: slice) -> Outline:
        """Return the outlines of rows that follow each other; arrays are shared."""
        arrays: list[Any] = [array[rows] for array in self]
        return Outline(*arrays)

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
    """The terms that are bounded instead of walked, and the space that sketches are made in.

    Lengths of vectors and products of their coordinates are all there is to a bound: by the
    inequality of Cauchy and Schwarz, what is lost of either vector adds at most its length times
    that of the other. Any basis gives right bounds; a good one gives narrow ones.

    Parameters
    ----------
    terms : int32 array of shape (n,)
        The terms, ascending.
    basis : float64 array of shape (width, SKETCH or less)
        Its columns are of unit length and at right angles.
    n_terms : int
        How many terms there are in all.

    Attributes
    ----------
    width : int
        Common terms, and zeros up to a multiple of 64.
    is_rare : bool array of shape (n_terms,)
        Which terms are walked.
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
        """Return what was stored, its basis in one dimension."""
        width = _width(terms)
        return cls(terms, basis.reshape(width, -1) if width else np.empty((0, 0)), n_terms)

    def resized(self, n_terms: int) -> CommonTerms:
        """Return the same of more terms."""
        return CommonTerms(self.terms, self.basis, n_terms)

    @classmethod
    def of(cls, terms: NDArray[np.int32], n_terms: int, blocks: Iterable[Rows]) -> CommonTerms:
        """Choose the basis by the rows of some blocks: the directions that they extend in most."""
        width = _width(terms)
        common = cls(terms, np.empty((width, 0)), n_terms)
        extent = np.zeros((width, width))
        for rows in blocks:
            part = common._densify(rows)
            extent += part.T @ part
        _, vectors = np.linalg.eigh(extent)
        common.basis = np.ascontiguousarray(vectors[:, ::-1][:, :SKETCH])
        return common

    def outline(
        self, blocks: Iterable[Rows], n: int, factor: NDArray[np.float64] | None = None
    ) -> Outline:
        """Return the outlines of n rows, which come in blocks.

        Parameters
        ----------
        blocks : iterable of Rows
            The rows, in order.
        n : int
            Number of rows of all blocks.
        factor : float64 array of shape (n_common_terms,), optional
            What the values of each common term are multiplied by.
        """
        lengths = np.empty((6, n), dtype=np.float32)
        outline = Outline(
            np.empty((n, self.basis.shape[1]), np.int8), lengths[0], lengths[1], lengths[2],
            np.empty((n, self.width), np.uint8), lengths[3], lengths[4], lengths[5],
        )  # fmt: skip
        first = 0
        for rows in blocks:
            some = slice(first, first + len(rows))
            first = some.stop
            part = self._densify(rows)
            if factor is not None:
                part[:, : len(factor)] *= factor
            point = self._project(part)
            norm_squared = np.einsum("ij,ij->i", part, part)
            inside = np.einsum("ij,ij->i", point, point)
            outline.norm[some] = np.sqrt(norm_squared) * _ROUNDING
            # The difference of squares is only as exact as the squares are.
            residual = np.maximum(norm_squared - inside, 0) + 1e-12 * norm_squared
            outline.residual_norm[some] = np.sqrt(residual) * _ROUNDING
            outline.sketch_scale[some], outline.sketch_error[some] = _quantize(
                point, 127, outline.sketch[some]
            )
            outline.codes_scale[some], outline.codes_error[some] = _quantize(
                part, 255, outline.codes[some]
            )
        return outline.frozen()

    def restore_outline(self, arrays: Sequence[NDArray[Any]], n: int) -> Outline:
        """Return what was stored of n rows, its arrays in one dimension."""
        widths = {"sketch": self.basis.shape[1], "codes": self.width}
        shaped = [
            array.reshape(n, widths[name]) if name in widths else array.reshape(n)
            for name, array in zip(OUTLINE_DTYPES, arrays, strict=True)
        ]
        return Outline(*shaped).frozen()

    def _project(self, part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coordinates of dense rows.

        Not by BLAS, whose threads go on waiting for work where ours have some.
        """
        point = np.zeros((len(part), self.basis.shape[1]))
        if self.width:
            pruning.project(part, frozen(self.basis), point)
        return point

    def _densify(self, rows: Rows) -> NDArray[np.float64]:
        part = np.zeros((len(rows), self.width))
        if self.width:
            pruning.densify(rows.arrays(), self._column_of, part)
        return part


class Scratch(NamedTuple):
    """Arrays that kernels write to while they rank.

    They are used again, for fresh memory costs more than a query.

    Parameters
    ----------
    weight : float64 array of shape (≥ n_terms,)
        By term: its weight in the query.
    is_in_query : uint64 array of shape (≥ n_terms / 64 + 1,)
        Zeros; and zeros again after each kernel.
    shared, terms : int32 arrays of shape (≥ longest row + 1,)
        Places of shared terms; numbers of the terms of a row.
    sums, highest, factor : float32 arrays of shape (≥ n_rows,)
        Sums of rare terms; highest first bound of each block of rows; factors on scores.
    near, nearer : int32 arrays of shape (≥ n_rows + 1,)
        Rows that pass the first bound; rows that pass the second bound too.
    similarities : float64 array of shape (≥ n_rows,)
        Similarities of the articles that were scored.
    """

    weight: NDArray[np.float64]
    is_in_query: NDArray[np.uint64]
    shared: NDArray[np.int32]
    terms: NDArray[np.int32]
    sums: NDArray[np.float32]
    highest: NDArray[np.float32]
    factor: NDArray[np.float32]
    near: NDArray[np.int32]
    nearer: NDArray[np.int32]
    similarities: NDArray[np.float64]

    @classmethod
    @contextlib.contextmanager
    def borrowed(cls, n_terms: int, n_rows: int, longest: int) -> Iterator[Scratch]:
        """Lend arrays that are long enough, to one thread at a time.

        Parameters
        ----------
        n_terms, n_rows : int
            Terms in the vocabulary; rows of the longest segment.
        longest : int
            How many terms the longest row has.
        """
        try:
            scratch = _IDLE.pop()
        except IndexError:
            scratch = cls._of(0, 0, 0)
        sizes = len(scratch.weight), len(scratch.sums), len(scratch.shared) - 1
        wanted = n_terms, n_rows, longest
        if any(size < least for size, least in zip(sizes, wanted, strict=True)):
            scratch = cls._of(*map(max, sizes, wanted))
        yield scratch
        _IDLE.append(scratch)

    @classmethod
    def _of(cls, n_terms: int, n_rows: int, longest: int) -> Scratch:
        shared, terms = np.empty((2, longest + 1), dtype=np.int32)
        sums, highest, factor = np.empty((3, n_rows), dtype=np.float32)
        near, nearer = np.empty((2, n_rows + 1), dtype=np.int32)
        return cls(
            np.empty(n_terms), np.zeros(n_terms // 64 + 1, dtype=np.uint64), shared, terms, sums,
            highest, factor, near, nearer, np.empty(n_rows),
        )  # fmt: skip


_IDLE: collections.deque[Scratch] = collections.deque()


def common_terms(document_frequency: NDArray[np.int64], n_rows: int) -> NDArray[np.int32]:
    """Return the terms that are common, ascending; none if there are but few rows.

    Parameters
    ----------
    document_frequency : int64 array of shape (n_terms,)
        How many rows have each term.
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
    """Return n rows in blocks, as many as are outlined at a time."""
    return [slice(i, min(i + _BLOCK, n)) for i in range(0, n, _BLOCK)]


def sampled(blocks: Sequence[slice]) -> Sequence[slice]:
    """Return some blocks, evenly spread: enough to choose a basis by."""
    return blocks[:: -(-len(blocks) // _SAMPLE)] if blocks else blocks


def _width(terms: NDArray[np.int32]) -> int:
    return -(-len(terms) // 64) * 64


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
