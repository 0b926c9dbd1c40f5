"""MatrixSegment: up to 65,536 rows of a matrix, laid out to be ranked by the kernels."""

from __future__ import annotations

import dataclasses

import numpy as np

from relnews._kernels import nearest
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import CodedPostings, SparseSegment
from relnews.search.bounds import CommonTerms, Rows, blocks


@dataclasses.dataclass(frozen=True, slots=True)
class MatrixSegment:
    """Up to 65,536 rows: postings of rare terms, outlines of common ones.

    Parameters
    ----------
    first : int
        Position of the first row.
    n_rows : int
        Number of rows.
    longest : int
        Number of terms of the longest row.
    arrays : SparseSegment
    n_bytes : int
        Bytes of the arrays, without the matrix's own.
    """

    first: int
    n_rows: int
    longest: int
    arrays: SparseSegment
    n_bytes: int

    @classmethod
    def of(cls, first: int, rows: Rows, common: CommonTerms) -> MatrixSegment:
        """Return the segment of rows: their postings and outlines."""
        n_terms = len(common.is_rare)
        largest = np.zeros(n_terms)
        nearest.largest_values(rows.arrays(), largest)
        scale = frozen(np.where(common.is_rare, largest / 255, 0))
        frequency = np.bincount(rows.term, minlength=n_terms)
        ptr = np.zeros(n_terms + 1, dtype=np.int64)
        np.cumsum(np.where(scale > 0, frequency, 0), out=ptr[1:])
        posting = np.empty(int(ptr[-1]), dtype=np.uint16)
        code = np.empty(len(posting), dtype=np.uint8)
        nearest.lay_out_codes(rows.arrays(), scale, ptr[:-1].copy(), posting, code)
        outline = common.outline(map(rows.cut, blocks(len(rows))), len(rows))
        factor = np.ones(len(rows), dtype=np.float32)
        postings = CodedPostings(*map(frozen, (ptr, scale, posting, code)))
        arrays = SparseSegment(rows.arrays(), postings, outline.or_none(), frozen(factor))
        n_bytes = sum(array.nbytes for array in (*outline, *postings, rows.factor, factor))
        return cls(first, len(rows), rows.longest, arrays, n_bytes)
