"""CosineNeighbors: the exact nearest rows of a sparse matrix by cosine, as scikit-learn asks."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from relnews import _parallel
from relnews._kernels import nearest, pruning
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import QueryBlock
from relnews._kernels.scratch import borrowed
from relnews.estimators.matrix_segment import MatrixSegment
from relnews.search.bounds import CommonTerms, Rows, blocks, common_terms, sampled

#: Rows are numbered by 16 bits inside a segment.
SEGMENT_ROWS = 1 << 16

#: Rows ranked by one task, at most.
_BLOCK = 256

Similar = tuple[NDArray[np.float64], NDArray[np.int64]]


class CosineNeighbors(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The exact nearest rows of a matrix by cosine similarity.

    Rows are compared by the cosine of their angle, as
    ``NearestNeighbors(metric="cosine", algorithm="brute")`` does, but without multiplying every
    row with every other: see :doc:`/explanation/how-it-works`.

    Parameters
    ----------
    n_neighbors : int, default=8
        Rows to find in calls that do not give a number.
    n_jobs : int, default=None
        Threads; -1 is all cores. The result does not depend on it.
    memory_limit : int, default=2**28
        Bytes of scratch memory for a call, besides its result and about 1 MB for each thread. It
        sets how many rows are ranked at a time.
    max_terms : int, default=None
        Terms of each query to compare by, those with the largest values: faster, but no longer
        exact. None uses all.

    Attributes
    ----------
    n_features_in_, n_samples_fit_ : int
        Columns and rows of the fitted matrix.
    n_bytes_ : int
        Bytes of the index, without the matrix itself.

    Notes
    -----
    Similarities below 1e-30 count as 0.
    """

    def __init__(
        self,
        n_neighbors: int = 8,
        *,
        n_jobs: int | None = None,
        memory_limit: int = 1 << 28,
        max_terms: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_jobs = n_jobs
        self.memory_limit = memory_limit
        self.max_terms = max_terms

    def fit(self, X: Any, y: Any = None) -> CosineNeighbors:
        """Index the rows of a matrix.

        Parameters
        ----------
        X : {sparse matrix, array} of shape (n_samples, n_features)
            Kept, not copied, if it is CSR with sorted columns.
        y : None
            Ignored.

        Returns
        -------
        self
        """
        X = _csr(validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32]))
        _positive("n_neighbors", self.n_neighbors)
        _positive("memory_limit", self.memory_limit)
        if self.max_terms is not None:
            _positive("max_terms", self.max_terms)
        self._X = X
        self._inverse_norm = frozen(_inverse_norms(X))
        self.n_samples_fit_ = X.shape[0]
        self._is_signed = bool((X.data < 0).any())
        self._segments: list[MatrixSegment] = []
        if not self._is_signed:
            rows = _rows(X, self._inverse_norm)
            frequency = np.bincount(X.indices, minlength=X.shape[1])
            self._common = CommonTerms.of(
                common_terms(frequency, len(rows)), X.shape[1],
                map(rows.cut, sampled(blocks(len(rows)))),
            )  # fmt: skip
            cuts = (
                slice(i, min(i + SEGMENT_ROWS, len(rows)))
                for i in range(0, len(rows), SEGMENT_ROWS)
            )
            self._segments = list(
                _parallel.in_order(
                    lambda cut: MatrixSegment.of(cut.start, rows.cut(cut), self._common),
                    cuts, self.n_jobs,
                )
            )  # fmt: skip
        self.n_bytes_ = sum(segment.n_bytes for segment in self._segments)
        return self

    def similar(self, X: Any = None, k: int | None = None) -> Similar:
        """Return the k most similar rows of the fitted matrix for each row.

        Parameters
        ----------
        X : {sparse matrix, array} of shape (n_queries, n_features), default=None
            The rows to compare; None compares every row of the fitted matrix with the others.
        k : int, default=None
            Rows to return; ``n_neighbors`` by default, and no more than there are.

        Returns
        -------
        similarities : float64 array of shape (n_queries, k)
            Best first; of equal similarities the first row. Rows without a common term come last.
        positions : int64 array of shape (n_queries, k)
            Rows of the fitted matrix.
        """
        check_is_fitted(self)
        k = _positive("k", self.n_neighbors if k is None else k)
        queries, inverse_norm = self._queries(X)
        return self._rank(queries, inverse_norm, X is None, min(k, self._n_available(X)))

    def kneighbors(
        self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True
    ) -> Any:
        """Find the nearest rows, as ``NearestNeighbors.kneighbors`` does.

        Parameters
        ----------
        X : {sparse matrix, array} of shape (n_queries, n_features), default=None
            None is every row of the fitted matrix, without itself.
        n_neighbors : int, default=None
            Rows to return; the estimator's by default.
        return_distance : bool, default=True
            Return distances as well as positions.

        Returns
        -------
        distances : float64 array of shape (n_queries, n_neighbors)
            1 - similarity, nearest first; only with return_distance.
        positions : int64 array of shape (n_queries, n_neighbors)
            Rows of the fitted matrix.
        """
        check_is_fitted(self)
        k = _positive("n_neighbors", self.n_neighbors if n_neighbors is None else n_neighbors)
        queries, inverse_norm = self._queries(X)
        if k > self._n_available(X):
            sign = "<" if X is None else "<="
            msg = (
                f"Expected n_neighbors {sign} n_samples_fit, but n_neighbors = {k}, "
                f"n_samples_fit = {self.n_samples_fit_}, n_samples = {queries.shape[0]}"
            )
            raise ValueError(msg)
        similarities, positions = self._rank(queries, inverse_norm, X is None, k)
        return (_distance(similarities), positions) if return_distance else positions

    def kneighbors_graph(
        self, X: Any = None, n_neighbors: int | None = None, mode: str = "connectivity"
    ) -> Any:
        """Return the nearest rows as a sparse graph, as ``NearestNeighbors`` does.

        Parameters
        ----------
        X, n_neighbors
            As for `kneighbors`.
        mode : {'connectivity', 'distance'}, default='connectivity'
            Values of the graph: ones or distances.

        Returns
        -------
        graph : CSR matrix of shape (n_queries, n_samples_fit)
        """
        if mode not in ("connectivity", "distance"):
            msg = f"Unsupported mode, must be one of 'connectivity' or 'distance', got {mode!r}"
            raise ValueError(msg)
        distances, positions = self.kneighbors(X, n_neighbors)
        n, k = positions.shape
        data = distances.ravel() if mode == "distance" else np.ones(n * k)
        ptr = np.arange(0, n * k + 1, k) if k else np.zeros(n + 1, dtype=np.int64)
        is_array = get_config().get("sparse_interface") == "sparray"
        as_configured: Any = sp.csr_array if is_array else sp.csr_matrix
        return as_configured((data, positions.ravel(), ptr), shape=(n, self.n_samples_fit_))

    def radius_neighbors(
        self,
        X: Any = None,
        radius: float = 1.0,
        return_distance: bool = True,
        sort_results: bool = False,
    ) -> Any:
        """Find all rows within a distance, as ``NearestNeighbors.radius_neighbors`` does.

        Every row is compared with every other.

        Parameters
        ----------
        X : {sparse matrix, array} of shape (n_queries, n_features), default=None
            None is every row of the fitted matrix, without itself.
        radius : float, default=1.0
            The largest distance; 1 is everything, unless values are signed.
        return_distance : bool, default=True
            Return distances as well as positions.
        sort_results : bool, default=False
            Sort the rows by distance.

        Returns
        -------
        distances : object array of shape (n_queries,)
            An array for each query; only with return_distance.
        positions : object array of shape (n_queries,)
            An array of rows of the fitted matrix for each query.
        """
        check_is_fitted(self)
        if sort_results and not return_distance:
            msg = "return_distance must be True if sort_results is True."
            raise ValueError(msg)
        found: list[tuple[NDArray[np.float64], NDArray[np.int64]]] = []
        for first, similarities in self._products(*self._queries(X)):
            for i, row in enumerate(_distance(similarities)):
                near = np.flatnonzero(row <= radius)
                if X is None:
                    near = near[near != first + i]
                if sort_results:
                    near = near[np.argsort(row[near], kind="stable")]
                found.append((row[near], near))
        distances, positions = np.empty((2, len(found)), dtype=object)
        for i, (distance, position) in enumerate(found):
            distances[i], positions[i] = distance, position
        return (distances, positions) if return_distance else positions

    def transform(self, X: Any) -> Any:
        """Return distances to the nearest rows as a graph, as ``KNeighborsTransformer`` does.

        Parameters
        ----------
        X : {sparse matrix, array} of shape (n_queries, n_features)
            The rows to compare.

        Returns
        -------
        graph : CSR matrix of shape (n_queries, n_samples_fit)
            ``n_neighbors`` + 1 values in each row, as a fitted row is its own nearest.
        """
        check_is_fitted(self)
        return self.kneighbors_graph(X, self.n_neighbors + 1, mode="distance")

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Fit, and return the graph of the fitted rows; see `transform`."""
        return self.fit(X).transform(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _n_available(self, X: Any) -> int:
        return int(self.n_samples_fit_) - (X is None)

    def _queries(self, X: Any) -> tuple[Any, NDArray[np.float64]]:
        """Return the rows to compare, and 1 / length of each."""
        if X is None:
            return self._X, self._inverse_norm
        if not self._is_plain(X):
            X = validate_data(
                self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
            )
        X = _csr(X)
        return X, _inverse_norms(X)

    def _is_plain(self, X: Any) -> bool:
        """Return whether X needs no check: scikit-learn's take a third of the time of a list."""
        return (
            isinstance(X, sp.csr_matrix)
            and X.dtype.char in "df"
            and X.shape[0] > 0
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")
            and bool(np.isfinite(X.data.sum()))
        )

    def _rank(
        self, queries: Any, inverse_norm: NDArray[np.float64], are_fitted: bool, k: int
    ) -> Similar:
        if self.max_terms is not None:
            _positive("max_terms", self.max_terms)
            queries = _strongest(queries, self.max_terms)
        similarities = np.zeros((queries.shape[0], k))
        positions = np.zeros((queries.shape[0], k), dtype=np.int64)
        if not k:
            return similarities, positions
        # Sorting all rows is faster than keeping a long list in order.
        if self._is_signed or k > max(1024, self.n_samples_fit_ // 64) or (queries.data < 0).any():
            for first, block in self._products(queries, inverse_norm):
                for i, row in enumerate(block, first):
                    similarities[i], positions[i] = _best(row, k, i if are_fitted else -1)
            return similarities, positions

        rows = _rows(queries, inverse_norm)
        own = np.arange(len(rows)) if are_fitted else np.full(len(rows), -1)

        def rank(first: int) -> None:
            block = slice(first, min(first + size, queries.shape[0]))
            similarities[block], positions[block] = self._rank_block(rows.cut(block), own[block], k)

        size = self._block_size(k)
        starts = range(0, queries.shape[0], size)
        if len(starts) == 1:  # not worth a thread
            rank(0)
            return similarities, positions
        for _ in _parallel.in_order(rank, starts, self.n_jobs):
            pass
        return similarities, positions

    def _block_size(self, k: int) -> int:
        """Return how many rows to rank at a time."""
        per_row = 40 * self._common.width + 16 * k * (len(self._segments) + 2) + 256
        n_workers = _parallel.n_workers(self.n_jobs)
        return int(min(max(self.memory_limit // (per_row * n_workers), 1), _BLOCK))

    def _rank_block(self, queries: Rows, own: NDArray[np.int64], k: int) -> Similar:
        n = len(queries)
        weights = queries.value * np.repeat(queries.factor, np.diff(queries.ptr))
        outline = self._common.outline([queries], n)
        block = QueryBlock(
            frozen(queries.ptr), frozen(queries.term), frozen(weights), outline.or_none()
        )
        floors = np.zeros(n)
        scores, rows = [], []
        for segment in self._segments:
            size = min(k, segment.n_rows)
            score, row = np.empty((n, size)), np.empty((n, size), dtype=np.int64)
            local = own - segment.first
            local[(local < 0) | (local >= segment.n_rows)] = -1
            # What is the last of a shorter list is not what k rows reach.
            reached = floors if size == k else np.zeros(n)
            with borrowed(self.n_features_in_, segment.n_rows, segment.longest) as (scratch, _):
                heaps = pruning.heaps_for(size)
                nearest.rank_rows(
                    block, frozen(local), segment.arrays, heaps, scratch, reached, score, row
                )
            scores.append(score)
            rows.append(row + segment.first)
        score, row = np.concatenate(scores, axis=1), np.concatenate(rows, axis=1)
        order = np.lexsort((row, -score), axis=1)[:, :k]
        score = np.take_along_axis(score, order, axis=1)
        row = np.take_along_axis(row, order, axis=1)
        for i in np.flatnonzero(score[:, -1] == 0):
            _fill_up(score[i], row[i], int(own[i]), self.n_samples_fit_)
        return score, row

    def _products(
        self, queries: sp.csr_matrix, inverse_norm: NDArray[np.float64]
    ) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Yield the position of the first query of a block, and the block's similarities."""
        columns = self._X.astype(np.float64).T.tocsr()
        size = max(int(self.memory_limit // (24 * max(self.n_samples_fit_, 1))), 1)
        for first in range(0, queries.shape[0], size):
            some = queries[first : first + size].astype(np.float64)
            # In the order of the kernels, so that the last digit is the same.
            some.data *= np.repeat(inverse_norm[first : first + size], np.diff(some.indptr))
            block = (some @ columns).toarray()
            block *= self._inverse_norm
            yield first, np.clip(block, -1.0, 1.0)


def _csr(X: Any) -> Any:
    """Return a CSR matrix with sorted distinct columns and no zeros; copied only if needed."""
    X = sp.csr_matrix(X)  # so that flags about its order are not set on the caller's
    if not X.has_canonical_format or not X.data.all():
        X = X.copy()
        X.sum_duplicates()
        X.eliminate_zeros()
    return X


def _inverse_norms(X: sp.csr_matrix) -> NDArray[np.float64]:
    """Return 1 / length of each row, and 0 for rows of zeros."""
    inverse_norm = np.empty(X.shape[0])
    nearest.inverse_norms(frozen(X.indptr), frozen(X.data), inverse_norm)
    return inverse_norm


def _rows(X: sp.csr_matrix, factor: NDArray[np.float64]) -> Rows:
    return Rows(X.indptr.astype(np.int64), X.indices, X.data, factor)


def _strongest(X: sp.csr_matrix, n: int) -> sp.csr_matrix:
    """Return the n largest values of each row by magnitude; ties go to the first columns."""
    row = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    order = np.lexsort((X.indices, -np.abs(X.data), row))
    place = np.arange(len(order)) - X.indptr[row]
    kept = np.sort(order[place < n])
    ptr = np.concatenate([[0], np.cumsum(np.minimum(np.diff(X.indptr), n))])
    return sp.csr_matrix((X.data[kept], X.indices[kept], ptr), shape=X.shape)


def _best(row: NDArray[np.float64], k: int, own: int) -> Similar:
    """Return the k highest similarities of a query and their rows; ties go to the first row."""
    if own >= 0:
        row = row.copy()
        row[own] = -np.inf
    floor = np.partition(row, len(row) - k)[len(row) - k]
    position = np.flatnonzero(row >= floor)
    position = position[np.argsort(-row[position], kind="stable")][:k]
    return row[position], position


def _fill_up(score: NDArray[np.float64], row: NDArray[np.int64], own: int, n_rows: int) -> None:
    """Fill the end of a list with the first rows that it lacks, in place."""
    n = int(np.count_nonzero(score))
    taken = np.append(row[:n], own)
    first = np.arange(min(n_rows, len(score) + len(taken)))
    row[n:] = first[~np.isin(first, taken)][: len(row) - n]


def _distance(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(1.0 - similarity, 0.0, 2.0)


def _positive(name: str, value: Any) -> int:
    """Return a positive integer, or raise scikit-learn's errors."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        msg = f"{name} does not take {type(value)} value, enter integer value"
        raise TypeError(msg)
    if value <= 0:
        msg = f"Expected {name} > 0. Got {value}"
        raise ValueError(msg)
    return int(value)
