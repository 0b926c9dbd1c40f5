"""Cosines of vectors: upper bounds for all articles of a segment, exact sums for a few of them.

Bounds come from vectors in 8 bits, whose products are exact integers. The exact cosine is summed in
double precision, number by number, so that it is the same in every segment and block of queries.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from relnews._kernels._compile import inner_kernel
from relnews._kernels.pruning import byte_dot

#: Queries whose bounds are computed together, so that a vector that was loaded serves all of them.
TOGETHER = 16

#: Articles whose vectors in 8 bits stay in the cache while the queries of a group pass.
_TILE = 64

#: Roundings that `add_cosines` adds to the roundings of a sum.
N_SUMS = 4

#: Covers the rounding of bounds in single precision.
_ROUNDING = np.float32(1e-5)


class QueryVectors(NamedTuple):
    """Vectors of a block of queries.

    Parameters
    ----------
    share : float
        Weight of a cosine of 1 in the similarity; above 0.
    unit : float32[n_queries, n_dimensions]
        Vectors of length 1, or zeros.
    codes : int8[n_queries, n_dimensions]
        The same, divided by ``scale``.
    scale, error : float32[n_queries]
        Scale of each row of codes; length of their rounding error.
    """

    share: float
    unit: Any
    codes: Any
    scale: Any
    error: Any


class ArticleVectors(NamedTuple):
    """Vectors of the articles of a segment.

    Parameters
    ----------
    unit, codes, scale, error
        As in `QueryVectors`.
    length : float32[n_articles]
        Upper bound of the length of the weights of words, by which sums are divided.
    """

    unit: Any
    codes: Any
    scale: Any
    error: Any
    length: Any


class VectorMatch(NamedTuple):
    """Arrays that vectors are compared with. Kernels take None instead if vectors do not count.

    Parameters
    ----------
    queries : QueryVectors
        Vectors of the queries.
    articles : ArticleVectors
        Vectors of the articles.
    bounds : float32[TOGETHER, n_articles]
        Scratch: upper bounds of the cosines of a group of queries.
    """

    queries: QueryVectors
    articles: ArticleVectors
    bounds: Any


@inner_kernel
def cosine(query, article, vectors):
    """Return the cosine of a query and an article, or 0 if it is negative."""
    a, b = vectors.queries.unit[query], vectors.articles.unit[article]
    total = 0.0
    for i in range(a.size):
        total += np.float64(a[i]) * np.float64(b[i])
    return max(total, 0.0)


@inner_kernel
def bound_cosines(first_query, first, last, vectors):
    """Write upper bounds of the cosines of the group of queries that begins with a query.

    Parameters
    ----------
    first_query : int
        Number of the first query of the group.
    first, last : int64[n_queries], or tuple of int
        Bounds of articles from local number ``first`` on, and before ``last``, are written.
    vectors : VectorMatch
        Vectors; ``bounds`` is overwritten.
    """
    queries, articles, bounds = vectors
    for begin in range(0, articles.scale.size, _TILE):
        for query in range(first_query, min(first_query + TOGETHER, queries.scale.size)):
            codes, scale, error = queries.codes[query], queries.scale[query], queries.error[query]
            out = bounds[query - first_query]
            for article in range(max(begin, first[query]), min(begin + _TILE, last[query])):
                dot = np.float32(byte_dot(codes, articles.codes[article]))
                most = scale * articles.scale[article] * dot
                # By the Cauchy-Schwarz inequality; the rounded query is at most 1 + error long.
                most += error + (np.float32(1.0) + error) * articles.error[article] + _ROUNDING
                out[article] = max(most, np.float32(0.0))


@inner_kernel
def add_cosines(query, window, vectors, sums):
    """Add the bounds of a query's cosines to the sums of the articles inside a window.

    Sums are divided by the lengths of the articles' words later, so the kernel multiplies by them.
    """
    share, length = np.float32(vectors.queries.share), vectors.articles.length
    bounds = vectors.bounds[query % TOGETHER]
    for article in range(window[0], window[1]):
        sums[article] += share * bounds[article] * length[article]
