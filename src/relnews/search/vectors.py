"""Vectors of articles and queries, as kernels compare them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews._kernels.vectors import TOGETHER, ArticleVectors, QueryVectors, VectorMatch
from relnews.search.bounds import blocks, quantize
from relnews.text.article_terms import Query

#: Largest magnitude of a coordinate in 8 bits.
_LARGEST = 127

#: How far the squared length of a vector in single precision is from 1, at most.
_NEARLY = 1e-4


class CodedVectors(NamedTuple):
    """Vectors, and the same in 8 bits with error bounds.

    Parameters
    ----------
    unit : float32 array of shape (n, n_dimensions)
        Vectors of length 1, or zeros.
    codes : int8 array of shape (n, n_dimensions)
        Coordinates divided by ``scale``.
    scale, error : float32 arrays of shape (n,)
        Scale of each vector; length of its rounding error.
    """

    unit: NDArray[np.float32]
    codes: NDArray[np.int8]
    scale: NDArray[np.float32]
    error: NDArray[np.float32]

    @classmethod
    def of(cls, unit: NDArray[np.float32]) -> CodedVectors:
        """Return vectors with their codes."""
        codes = np.empty(unit.shape, dtype=np.int8)
        scale, error = np.empty((2, len(unit)), dtype=np.float32)
        for block in blocks(len(unit)):
            rows = unit[block].astype(np.float64)
            scale[block], error[block] = quantize(rows, _LARGEST, codes[block])
        return cls(frozen(unit), frozen(codes), frozen(scale), frozen(error))


def stacked(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the rows of several arrays; rows of fewer dimensions are zeros in all of them."""
    width = max((part.shape[1] for part in parts), default=0)
    rows = np.zeros((sum(map(len, parts)), width), dtype=np.float32)
    first = 0
    for part in parts if width else ():
        rows[first : first + len(part), : part.shape[1]] = part
        first += len(part)
    return rows


def have_length_one(unit: NDArray[np.float32]) -> bool:
    """Return whether vectors have length 1, nearly, or are zeros, and hold numbers only."""
    for block in blocks(len(unit)):
        square = np.einsum("ij,ij->i", unit[block], unit[block], dtype=np.float64)
        if not ((np.abs(square - 1) < _NEARLY) | (square == 0)).all():
            return False
    return True


def query_vectors(queries: Sequence[Query], share: float) -> QueryVectors | None:
    """Return the vectors of a block of queries; None if no query has one.

    Parameters
    ----------
    queries : sequence of Query
        A query without a vector gets zeros.
    share : float
        Weight of a cosine of 1 in the similarity.
    """
    width = max(len(query.vector) for query in queries)
    if not width:
        return None
    unit = np.zeros((len(queries), width), dtype=np.float32)
    for row, query in zip(unit, queries, strict=True):
        row[: len(query.vector)] = query.vector
    return QueryVectors(share, *CodedVectors.of(unit))


def vector_match(queries: QueryVectors, articles: ArticleVectors | None) -> VectorMatch | None:
    """Return the vectors of queries and articles, as kernels take them; None without articles'."""
    if articles is None:
        return None
    n_together = min(TOGETHER, len(queries.scale))
    bounds = np.empty((n_together, len(articles.scale)), dtype=np.float32)
    return VectorMatch(queries, articles, bounds)
