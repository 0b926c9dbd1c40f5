"""CosineNeighbors against the reference and scikit-learn: exact, whatever is pruned."""

import contextlib
import gzip
import inspect
import itertools
import json
import pickle
import tracemalloc
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cluster import DBSCAN
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsTransformer, NearestNeighbors
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import reference
from relnews import CosineNeighbors, TfidfVectorizer
from relnews.estimators import neighbors
from relnews.search import bounds
from strategies import examples

#: Similarities that differ by less are a tie, since sums are rounded.
TIE = 1e-12

# --- comparing -----------------------------------------------------------------------------------


@contextlib.contextmanager
def forced(segment_rows=1 << 16, *, worth_pruning=0, common=0.1, most_common=1024, sketch=128):
    """Cut small matrices into segments, and prune rows by their bounds."""
    with (
        mock.patch.object(neighbors, "SEGMENT_ROWS", segment_rows),
        mock.patch.multiple(
            bounds,
            WORTH_PRUNING=worth_pruning,
            COMMON=common,
            MOST_COMMON=most_common,
            SKETCH=sketch,
        ),
    ):
        yield


def dicts_of(X):
    """Return a matrix as one dict for each row, without zeros."""
    X = sp.csr_matrix(X, dtype=np.float64)
    X.sum_duplicates()
    indices, data = X.indices.tolist(), X.data.tolist()
    return [
        {column: value for column, value in zip(indices[a:b], data[a:b], strict=True) if value}
        for a, b in itertools.pairwise(X.indptr.tolist())
    ]


def by_kind(query, rows, positions):
    """Group rows with bit-identical similarities.

    Equal rows form a group, and so do all rows that share nothing with the query.
    """
    groups = defaultdict(list)
    for position in positions:
        row = rows[position]
        kind = tuple(sorted(row.items())) if query.keys() & row.keys() else None
        groups[kind].append(position)
    return groups


def assert_best(answer, X, Y, k, expected=None):
    """Compare with the reference's order of all rows; Y None means X without the row itself.

    Similarities must be equal to rounding. Positions must be equal, except that rows within a tie
    may be exchanged; equal rows may not.
    """
    rows = dicts_of(X)
    queries = rows if Y is None else dicts_of(Y)
    if expected is None:
        expected = reference.cosine_neighbors(rows, queries, len(rows), Y is None)
    similarities, positions = answer
    size = min(k, len(rows) - (Y is None))
    best = [[similarity for similarity, _ in row] for row in expected]

    assert (similarities.dtype, positions.dtype) == (np.float64, np.int64)
    assert similarities.shape == positions.shape == (len(queries), size)
    np.testing.assert_allclose(similarities, [row[:size] for row in best], rtol=1e-12, atol=1e-14)
    for number, query in enumerate(queries):
        ours, which = similarities[number].tolist(), positions[number].tolist()
        value = dict(zip(which, ours, strict=True))
        order = [(-value[position], position) for position in which]
        assert order == sorted(order)
        # A run is a sequence in which each difference is within a tie.
        ends = np.flatnonzero(-np.diff(best[number]) > TIE) + 1
        for start, end in itertools.pairwise([0, *ends.tolist(), len(best[number])]):
            if start >= size:
                break
            run = sorted(position for _, position in expected[number][start:end])
            chosen = sorted(which[start:end])
            assert set(chosen) <= set(run)
            alike = by_kind(query, rows, run)
            for kind, some in by_kind(query, rows, chosen).items():
                assert some == alike[kind][: len(some)]
                values = {value[position] for position in some}
                assert values == {0.0} if kind is None else len(values) == 1


def brute_force(X, Y):
    """Return the reference's result, for matrices that are too large for loops."""
    exclude_self = Y is None
    X, Y = (sp.csr_matrix(M, dtype=np.float64) for M in (X, X if Y is None else Y))
    lengths = np.outer(*(np.sqrt(np.asarray(M.power(2).sum(axis=1)).ravel()) for M in (Y, X)))
    products = (Y @ X.T).toarray()
    similarities = np.divide(products, lengths, out=np.zeros(lengths.shape), where=lengths > 0)
    if exclude_self:
        np.fill_diagonal(similarities, -2)
    orders = np.argsort(-similarities, axis=1, kind="stable")[:, : X.shape[0] - exclude_self]
    return [
        list(zip(row[order].tolist(), order.tolist(), strict=True))
        for row, order in zip(similarities, orders, strict=True)
    ]


def assert_exact(model, X, Y, k, expected=None):
    """Compare lists of k with the reference, and with the lists of all rows."""
    answer = model.similar(Y, k)
    assert_best(answer, X, Y, k, expected)
    everything = model.similar(Y, min(X.shape[0], 1000))
    assert_same_bytes(answer, [values[:, :k] for values in everything])


def assert_same_bytes(answer, other):
    """Compare two answers bit by bit."""
    for a, b in zip(answer, other, strict=True):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())


# --- any small matrix ----------------------------------------------------------------------------

VALUES = [
    [0, 0, 0, 1, 2, 0.5],
    [0, 1],
    [1],
    [0, 0, 1e-3, 0.1, 1 / 3, 1, 7, 1e3],
    [0, 0, 0, -1, 1, 2, -0.5],
    [0, -1, 1],
]


@st.composite
def pairs_of_matrices(draw, max_rows=12, max_columns=7):
    """Return rows and queries of few values: ties, equal rows, empty rows."""
    n_columns = draw(st.integers(1, max_columns))
    values = st.sampled_from(draw(st.sampled_from(VALUES)))
    row = st.lists(values, min_size=n_columns, max_size=n_columns)
    if draw(st.booleans()):  # few distinct rows
        row = st.sampled_from(draw(st.lists(row, min_size=1, max_size=3)))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    return [
        sp.csr_matrix(np.array(draw(st.lists(row, min_size=1, max_size=size)), dtype=dtype))
        for size in (max_rows, 5)
    ]


@examples(3)
@given(
    pairs_of_matrices(),
    st.integers(1, 14),
    st.sampled_from([1, 2, 3, 5, 1 << 16]),
    st.sampled_from([0, 0, 1, 4, 1 << 16]),
    st.sampled_from([0.0, 0.1, 0.1, 0.5, 1.0]),
    st.sampled_from([None, None, 2]),
)
def test_lists_equal_the_reference(matrices, k, segment_rows, worth_pruning, common, n_jobs):
    """Every list equals the reference, ties and zeros included, for any segments."""
    X, Y = matrices
    with forced(segment_rows, worth_pruning=worth_pruning, common=common):
        model = CosineNeighbors(n_jobs=n_jobs).fit(X)
        assert_exact(model, X, None, k)
        assert_exact(model, X, Y, k)


# --- bounds --------------------------------------------------------------------------------------
#
# A bound that is too small loses rows. These tests noticed each of the following changes, made by
# hand one at a time: `bounds._ROUNDING` set to 0.9999 (a test below sets it to 0.99), the errors of
# `bounds._quantize` or `Outline.residual_norm` to 0, `pruning.rounding` to 0; a summand of `lost`
# left out in `pruning.survivors` or `next_survivor`; the codes of postings rounded to the nearest,
# not up; `floors` kept from a segment that has fewer than k rows; ties of `heap.replace_least`
# reversed.

SPREADS = {
    "equal": lambda draw, shape: np.ones(shape),
    "even": lambda draw, shape: draw.uniform(0.1, 1, shape),
    "skewed": lambda draw, shape: 10 ** draw.uniform(-3, 3, shape),
}
STEPS = [1e-2, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9]


def near_ties(seed, n, n_common, n_rare, step, spread, filled=1.0, scaled=False):
    """Return rows that differ from a base row by small steps, and queries of other directions.

    Most rows have the common columns. Groups of rows share rare columns with high or low values.
    A few rows are equal or multiples.
    """
    draw = np.random.default_rng(seed)
    weigh = SPREADS[spread]
    base = np.concatenate(
        [weigh(draw, n_common), weigh(draw, n_rare) * draw.choice([step, 1], n_rare)]
    )
    rows = base * (1 + step * draw.uniform(-1, 1, (n, len(base))))
    kept = draw.random(rows.shape) < filled
    kept[:, n_common:] = np.arange(n)[:, None] % 12 == np.arange(n_rare) % 12
    rows *= kept
    rows[:: max(n // 4, 1)] = rows[-1]
    if scaled:
        rows *= 10 ** draw.uniform(-3, 3, (n, 1))
    only_common = np.arange(len(base)) < n_common
    queries = [
        *(weigh(draw, (3, len(base))) * only_common),
        *weigh(draw, (3, len(base))),
        base * only_common,
        only_common * 1.0,
        np.eye(len(base))[0],
        rows[n // 2],
    ]
    return sp.csr_matrix(rows), sp.csr_matrix(np.array(queries))


@examples(2)
@given(
    st.builds(
        near_ties,
        st.integers(0, 1 << 32),
        st.integers(4, 40),
        st.integers(1, 24),
        st.sampled_from([0, 0, 24]),
        st.sampled_from(STEPS),
        st.sampled_from(sorted(SPREADS)),
        st.sampled_from([1.0, 0.6]),
        st.booleans(),
    ),
    st.sampled_from([1, 2, 3, 8]),
    st.sampled_from([11, 1 << 16]),
    st.sampled_from([0.1, 0.1, 1.0]),
    st.sampled_from([3, 1024]),
    st.sampled_from([2, 128]),
)
def test_near_ties_are_not_decided_by_the_bounds(
    matrices, k, segment_rows, common, most_common, sketch
):
    """Similarities that differ by parts of a billion are ordered correctly."""
    X, Y = matrices
    with forced(segment_rows, common=common, most_common=most_common, sketch=sketch):
        model = CosineNeighbors().fit(X)
        assert_exact(model, X, None, k)
        assert_exact(model, X, Y, k)


@pytest.mark.parametrize("step", [1e-2, 1e-6, 1e-9])
@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("filled", [1.0, 0.3])
def test_near_ties_among_thousands_of_rows(step, spread, filled):
    """Near-ties are ordered with more common columns than a sketch has dimensions."""
    X, Y = near_ties(0, 2000, 200, 60, step, spread, filled, scaled=True)
    with forced(700):
        model = CosineNeighbors().fit(X)
        assert_exact(model, X, Y, 8, brute_force(X, Y))


@pytest.mark.parametrize("common", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("n_columns", [40, 700])
def test_ties_of_many_equal_values(common, n_columns):
    """Rows with equally many ones tie exactly, whatever single precision makes of the sums."""
    draw = np.random.default_rng(1)
    X = np.zeros((400, n_columns))
    for row in X:
        row[draw.permutation(n_columns)[: n_columns // 2]] = 1
    Y = (draw.random((40, n_columns)) < 0.7) * 1.0
    with forced(150, common=common):
        model = CosineNeighbors().fit(X)
        assert_exact(model, X, Y, 8, brute_force(X, Y))


@pytest.mark.parametrize("more", [-1, 500])
def test_real_sizes_of_things(more):
    """With default limits few rows are not bounded and many rows are."""
    n = bounds.WORTH_PRUNING + more
    draw = np.random.default_rng(2)
    some, common = sp.random(n, 400, 0.05, rng=draw), sp.csr_matrix(draw.random((n, 8)).round(1))
    X = sp.hstack([common, some], "csr")
    Y = (X[::97] + sp.random(len(range(0, n, 97)), 408, 0.02, rng=draw)).tocsr()

    assert_exact(CosineNeighbors().fit(X), X, Y, 8, brute_force(X, Y))


def test_a_bound_that_is_too_tight_is_noticed():
    """The tests above fail if lengths are taken a little too small."""
    X, Y = near_ties(0, 2000, 200, 60, 1e-6, "even", scaled=True)
    with forced(700), mock.patch.object(bounds, "_ROUNDING", 0.99):
        answer = CosineNeighbors(8).fit(X).similar(Y)

    with pytest.raises(AssertionError):
        assert_best(answer, X, Y, 8, brute_force(X, Y))


# --- what must not matter ------------------------------------------------------------------------


def stories(n, *, signed=False, seed=0):
    """Return a matrix like a matrix of texts, with equal and empty rows."""
    draw = np.random.default_rng(seed)
    X = sp.random(n, 300, 0.04, "lil", rng=draw)
    X[:, :6] = draw.random((n, 6)) * (draw.random((n, 6)) < 0.6)
    X[n // 3] = X[n // 2] = X[n // 5]
    X[n // 4] = 0
    X = X.tocsr()
    if signed:
        X.data *= draw.choice([-1, 1], X.nnz)
    return X


@pytest.mark.parametrize("signed", [False, True])
def test_threads_segments_and_memory_do_not_matter(signed):
    """Lists are bit-identical for any threads, segments and memory limit."""
    X, Y = stories(300, signed=signed), stories(40, signed=signed, seed=1)
    model = CosineNeighbors().fit(X)
    expected = model.similar(), model.similar(Y), model.kneighbors(Y, 40)
    for n_jobs, memory_limit, segment_rows in itertools.product(
        (None, 1, 2, -1), (1, 20_000, 1 << 28), (100, 1 << 16)
    ):
        with forced(segment_rows):
            model = CosineNeighbors(n_jobs=n_jobs, memory_limit=memory_limit).fit(X)
            answers = model.similar(), model.similar(Y), model.kneighbors(Y, 40)
        for answer, other in zip(answers, expected, strict=True):
            assert_same_bytes(answer, other)


@pytest.mark.parametrize("signed", [False, True])
def test_queries_of_the_fitted_rows(signed):
    """Fitted rows as queries find the same rows as without a query, and themselves."""
    X = stories(200, signed=signed)
    with forced(70):
        model = CosineNeighbors(8).fit(X)
        for others, found in zip(model.similar()[1], model.similar(X, 9)[1], strict=True):
            own = len(set(found) - set(others))
            assert own == 1
        _, found = model.similar(X, 200)
        _, others = model.similar(None, 200)

    for number in range(200):
        assert found[number][found[number] != number].tolist() == others[number].tolist()


def test_a_long_list_begins_with_a_short_one():
    """Lists of over a thousand items, found in another way, begin with the short list."""
    X = stories(1500)
    X = X.multiply(3.0 ** (np.arange(1500)[:, None] % 5)).tocsr()
    model = CosineNeighbors().fit(X)
    similarities, positions = model.similar(X[:50], 1400)

    for k in (1, 8, 1000):
        assert_same_bytes(model.similar(X[:50], k), (similarities[:, :k], positions[:, :k]))


@pytest.mark.parametrize("signed", [False, True])
def test_one_model_is_asked_by_many_threads(signed):
    """Concurrent calls each get their own answer."""
    X = stories(500, signed=signed)
    parts = [X[i : i + 25] for i in range(0, 500, 25)]
    with forced(200):
        model = CosineNeighbors().fit(X)
        expected = [model.similar(part) for part in parts]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(model.similar, parts))

    for answer, other in zip(answers, expected, strict=True):
        assert_same_bytes(answer, other)


def unsorted(X):
    """Return the matrix with the columns of each row in descending order."""
    X = X.copy()
    for a, b in itertools.pairwise(X.indptr):
        X.indices[a:b] = X.indices[a:b][::-1].copy()
        X.data[a:b] = X.data[a:b][::-1].copy()
    X.has_sorted_indices = X.has_canonical_format = False
    return X


def in_halves(X):
    """Return the matrix with each entry stored twice, with half its value."""
    return sp.csr_matrix((X.data.repeat(2) / 2, X.indices.repeat(2), X.indptr * 2), shape=X.shape)


def with_zeros(X):
    """Return the matrix with zeros stored before and among its entries."""
    row = np.arange(X.shape[0]).repeat(np.diff(X.indptr))
    entries = sp.coo_matrix(
        (
            np.concatenate([X.data, 0 * X.data]),
            (np.concatenate([row, row]), np.concatenate([X.indices, X.indices // 2])),
        ),
        shape=X.shape,
    )
    return entries.tocsr()


def with_long_indices(X):
    """Return the matrix with 64-bit indices."""
    X = X.copy()
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


FORMATS = [
    sp.csc_matrix, sp.coo_matrix, sp.lil_matrix, sp.csr_array, sp.coo_array, sp.csr_matrix.toarray,
    unsorted, in_halves, with_zeros, with_long_indices,
    lambda X: np.asfortranarray(X.toarray()), lambda X: X.toarray().tolist(),
]  # fmt: skip


@pytest.mark.parametrize("as_given", FORMATS)
def test_formats(as_given):
    """Every matrix format that scikit-learn takes is accepted and not modified."""
    X, Y = stories(120), stories(20, seed=1)
    given = as_given(X), as_given(Y)
    before = pickle.dumps(given)
    expected = CosineNeighbors().fit(X).similar(Y)
    with forced(50):
        model = CosineNeighbors().fit(given[0])

        assert_same_bytes(model.similar(given[1]), expected)
        assert_same_bytes(model.similar(), CosineNeighbors().fit(X).similar())
    assert pickle.dumps(given) == before


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16, np.float32, object])
def test_types_of_numbers(dtype):
    """Every number type gives the right similarities."""
    X, Y = ((stories(80, seed=seed).toarray() * 9).round().astype(dtype) for seed in (0, 1))
    with forced(30):
        model = CosineNeighbors().fit(X)
        assert_exact(model, X, Y, 8)
        if dtype not in (np.float16, object):
            assert_same_bytes(model.similar(sp.csr_matrix(Y)), model.similar(Y))


def test_rows_and_queries_of_different_types():
    """Rows and queries may differ in precision."""
    X, Y = stories(80), stories(20, seed=1)
    for row_type, query_type in ((np.float32, np.float64), (np.float64, np.float32)):
        with forced(30):
            answer = CosineNeighbors().fit(X.astype(row_type)).similar(Y.astype(query_type))

        assert_best(answer, X.astype(row_type), Y.astype(query_type), 8)


def test_hashed_features():
    """A million columns, mostly empty, with negative values, are ranked."""
    texts = [f"peace talks w{i % 7} w{i % 5} story{i}" for i in range(60)]
    for alternate_sign in (True, False):
        X = HashingVectorizer(alternate_sign=alternate_sign).transform(texts)
        with forced(25):
            assert_exact(CosineNeighbors().fit(X), X, None, 8)


def test_memory_is_kept_within_its_limit():
    """Memory stays below the limit where all products would take over 100 MB."""
    for signed in (False, True):
        X = stories(4000, signed=signed)
        model = CosineNeighbors(memory_limit=1 << 20).fit(X)
        expected = model.similar()  # kernels are compiled
        tracemalloc.start()
        answer = model.similar()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert peak < 20e6
        assert_same_bytes(answer, expected)


# --- lists that end ------------------------------------------------------------------------------


def test_lists_are_filled_up():
    """A list with too few similar rows is filled with the first other rows."""
    X = np.array([[0, 0, 1], [1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 2]], dtype=float)
    with forced(2):
        model = CosineNeighbors(9).fit(X)

        assert model.similar()[1].tolist() == [
            [4, 1, 2, 3], [3, 0, 2, 4], [0, 1, 3, 4], [1, 0, 2, 4], [0, 1, 2, 3]
        ]  # fmt: skip
        assert model.similar([[0, 0, 0]])[1].tolist() == [[0, 1, 2, 3, 4]]
        assert model.similar([[0, 3, 0]], 2)[1].tolist() == [[3, 0]]
        similarities, positions = model.similar([[0, 0, -1]])
    assert positions.tolist() == [[1, 2, 3, 0, 4]]
    assert similarities.tolist() == [[0, 0, 0, -1, -1]]


def test_one_row_has_no_other():
    """The list of a single row has no columns."""
    model = CosineNeighbors().fit([[1.0, 2.0]])
    similarities, positions = model.similar()

    assert (similarities.shape, positions.shape) == ((1, 0), (1, 0))
    assert model.similar([[2, 4]])[1].tolist() == [[0]]


def test_equal_rows_are_perfectly_similar():
    """Of equal rows the first comes first, and no similarity exceeds 1."""
    X = np.random.default_rng(0).random((1, 50)).repeat(500, axis=0)
    X[::2] *= 3
    with forced(200):
        similarities, positions = CosineNeighbors(4).fit(X).similar()

    assert similarities.max() <= 1
    assert similarities.min() > 1 - 1e-15
    assert set(positions[100].tolist()) <= set(range(8))


# --- as scikit-learn has it ----------------------------------------------------------------------


def both(X, n_neighbors=8, **parameters):
    """Return our class and scikit-learn's, fitted."""
    theirs = NearestNeighbors(n_neighbors=n_neighbors, metric="cosine", algorithm="brute")
    return CosineNeighbors(n_neighbors, **parameters).fit(X), theirs.fit(X)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("n_neighbors", [None, 1, 50])
def test_distances_are_those_of_scikit_learn(signed, n_neighbors):
    """Distances equal scikit-learn's, with and without a query."""
    X, Y = stories(150, signed=signed), stories(30, signed=signed, seed=1)
    with forced(60):
        ours, theirs = both(X)
        for queries in (None, Y):
            distances, positions = ours.kneighbors(queries, n_neighbors)
            expected, _ = theirs.kneighbors(queries, n_neighbors)

            np.testing.assert_allclose(distances, expected, atol=1e-6)
            assert (distances >= 0).all()
            only = ours.kneighbors(queries, n_neighbors, return_distance=False)
            assert_same_bytes([positions], [only])
            assert_same_bytes([positions], [ours.similar(queries, n_neighbors)[1]])


def without_ties(n, *, signed=False, seed=0):
    """Return dense rows without equal distances."""
    X = np.random.default_rng(seed).normal(size=(n, 20))
    return X if signed else np.abs(X)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("mode", ["connectivity", "distance"])
def test_graphs_are_those_of_scikit_learn(signed, mode):
    """Graphs have scikit-learn's entries in the same order."""
    X, Y = without_ties(150, signed=signed), without_ties(30, signed=signed, seed=1)
    ours, theirs = both(X)
    for queries, n_neighbors in itertools.product((None, Y), (None, 3)):
        graphs = [model.kneighbors_graph(queries, n_neighbors, mode) for model in (ours, theirs)]
        assert_same_graph(*graphs)


def assert_same_graph(ours, theirs):
    assert type(ours) is type(theirs)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    np.testing.assert_array_equal(ours.indptr, theirs.indptr)
    np.testing.assert_array_equal(ours.indices, theirs.indices)
    np.testing.assert_allclose(ours.data, theirs.data, atol=1e-6)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("radius", [0.0, 0.2, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("memory_limit", [1, 1 << 28])
def test_rows_within_a_radius_are_those_of_scikit_learn(signed, radius, memory_limit):
    """Rows within a radius equal scikit-learn's, sorted on request."""
    X, Y = without_ties(100, signed=signed), without_ties(30, signed=signed, seed=1)
    X[50:55] = 0
    ours, theirs = both(X, memory_limit=memory_limit)
    for queries, sort_results in itertools.product((None, Y), (False, True)):
        found = ours.radius_neighbors(queries, radius, sort_results=sort_results)
        expected = theirs.radius_neighbors(queries, radius, sort_results=True)

        assert all(isinstance(array, np.ndarray) and array.dtype == object for array in found)
        assert all(array.shape == expected[0].shape for array in found)
        for distances, positions, *others in zip(*found, *expected, strict=True):
            assert distances.dtype == np.float64
            if not sort_results:
                order = np.lexsort((positions, distances))
                distances, positions = distances[order], positions[order]
            np.testing.assert_allclose(distances, others[0], atol=1e-6)
            order = np.lexsort((others[1], others[0].round(9)))  # rows of zeros tie
            assert positions.tolist() == others[1][order].tolist()
    only = ours.radius_neighbors(Y, radius, return_distance=False)
    assert [positions.tolist() for positions in only] == [
        positions.tolist() for positions in ours.radius_neighbors(Y, radius)[1]
    ]


@pytest.mark.parametrize("signed", [False, True])
def test_transformed_as_by_scikit_learn(signed):
    """The graph equals `KNeighborsTransformer`'s: a row is its own nearest."""
    X, Y = without_ties(100, signed=signed), without_ties(30, signed=signed, seed=1)
    ours = CosineNeighbors(5)
    theirs = KNeighborsTransformer(n_neighbors=5, metric="cosine", algorithm="brute")

    graph = ours.fit_transform(X)
    assert_same_graph(graph, theirs.fit_transform(X))
    assert_same_graph(ours.transform(Y), theirs.transform(Y))
    assert np.diff(graph.indptr).tolist() == [6] * 100
    assert graph.indices[::6].tolist() == list(range(100))


@pytest.mark.parametrize("interface", ["spmatrix", "sparray"])
def test_matrix_or_array(interface):
    """The graph has the sparse type that scikit-learn is configured for."""
    if "sparse_interface" not in sklearn.get_config():
        pytest.skip("this scikit-learn has matrices only")
    with sklearn.config_context(sparse_interface=interface):
        ours, theirs = (model.kneighbors_graph() for model in both(without_ties(20)))
        assert_same_graph(ours, theirs)


@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks expect that warnings are not errors
@parametrize_with_checks([CosineNeighbors(), CosineNeighbors(2, n_jobs=2, max_terms=3)])
def test_checks_of_estimators(estimator, check):
    """The class passes scikit-learn's checks."""
    check(estimator)


def test_signatures_are_those_of_scikit_learn():
    """Arguments have scikit-learn's names, order and defaults."""
    for name in ("fit", "kneighbors", "kneighbors_graph", "radius_neighbors"):
        ours, theirs = (
            inspect.signature(getattr(cls, name)).parameters
            for cls in (CosineNeighbors, NearestNeighbors)
        )
        assert list(ours) == list(theirs)
        for parameter in ours.keys() - {"radius"}:
            assert ours[parameter].default == theirs[parameter].default


def test_attributes():
    """Fitted attributes are the ones of scikit-learn's models."""
    X = stories(100)
    model = CosineNeighbors()

    assert model.fit(X) is model
    assert (model.n_features_in_, model.n_samples_fit_) == (300, 100)
    assert isinstance(model.n_bytes_, int)
    assert model.n_bytes_ > 0
    assert model.fit(X[:50, :200]).n_bytes_ > 0
    assert (model.n_features_in_, model.n_samples_fit_) == (200, 50)
    named = pd.DataFrame(X.toarray(), columns=[f"term{i}" for i in range(300)])
    assert model.fit(named).feature_names_in_.tolist() == named.columns.tolist()


@pytest.mark.parametrize("signed", [False, True])
def test_copies(signed, tmp_path):
    """A clone is unfitted; a pickle gives the same lists, memory-mapped, too."""
    X = stories(100, signed=signed)
    with forced(40):
        model = CosineNeighbors(3, n_jobs=2, max_terms=50).fit(X)
        expected = model.similar()

        assert clone(model).get_params() == model.get_params()
        with pytest.raises(NotFittedError):
            clone(model).similar()
        assert_same_bytes(pickle.loads(pickle.dumps(model)).similar(), expected)  # noqa: S301
        joblib.dump(model, tmp_path / "model.joblib")
        mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
        assert_same_bytes(mapped.similar(), expected)


TEXTS = [f"{' '.join(words)} story{i}" for i, words in enumerate(
    [("peace", "talks", "kyiv"), ("peace", "talks", "nato"), ("drought", "sicily", "farmers"),
     ("drought", "farmers", "water"), ("peace", "kyiv", "nato")] * 6
)]  # fmt: skip
TOPICS = [0, 0, 1, 1, 0] * 6


def test_in_a_pipeline_after_a_vectorizer():
    """A pipeline turns texts into a graph of neighbours."""
    pipeline = make_pipeline(TfidfVectorizer(), CosineNeighbors(4))
    graph = pipeline.fit_transform(TEXTS)
    X = TfidfVectorizer().fit_transform(TEXTS)

    assert_same_graph(graph, CosineNeighbors(4).fit_transform(X))
    assert pipeline.transform(["peace talks", "water"]).shape == (2, 30)


def test_before_a_clustering():
    """Clusters equal the ones from scikit-learn's distances."""
    X = TfidfVectorizer().fit_transform(TEXTS)
    pipeline = make_pipeline(CosineNeighbors(29), DBSCAN(eps=0.6, metric="precomputed"))
    labels = pipeline.fit_predict(X)

    assert labels.tolist() == DBSCAN(eps=0.6, metric="cosine").fit_predict(X).tolist()
    assert len(set(labels)) > 1


def test_before_a_classifier():
    """A grid search over both steps has the scores of scikit-learn's transformer."""
    X = without_ties(60)
    y = (X[:, :10].sum(axis=1) > X[:, 10:].sum(axis=1)).astype(int)
    scores = []
    for transformer in (
        CosineNeighbors(), KNeighborsTransformer(metric="cosine", algorithm="brute")
    ):  # fmt: skip
        pipeline = Pipeline(
            [("graph", transformer), ("classifier", KNeighborsClassifier(metric="precomputed"))]
        )
        grid = {"graph__n_neighbors": [5, 9], "classifier__n_neighbors": [1, 5]}
        search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
        scores.append(search.cv_results_["mean_test_score"].tolist())

    assert scores[0] == scores[1]
    assert min(scores[0]) > 0.5


# --- errors --------------------------------------------------------------------------------------

GOOD = np.eye(4, 3) + 1


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.kneighbors(GOOD, 0),
        lambda model: model.kneighbors(GOOD, -1),
        lambda model: model.kneighbors(GOOD, 1.5),
        lambda model: model.kneighbors(GOOD, 5),
        lambda model: model.kneighbors(GOOD.tolist(), 5),
        lambda model: model.kneighbors(None, 4),
        lambda model: model.kneighbors(GOOD[:, :2]),
        lambda model: model.kneighbors(GOOD[0]),
        lambda model: model.kneighbors(GOOD[:0]),
        lambda model: model.kneighbors(GOOD * np.nan),
        lambda model: model.kneighbors(sp.csr_matrix(GOOD * np.inf)),
        lambda model: model.kneighbors_graph(GOOD, 5),
        lambda model: model.kneighbors_graph(GOOD, mode="none such"),
        lambda model: model.radius_neighbors(GOOD, return_distance=False, sort_results=True),
        lambda model: model.radius_neighbors(GOOD[:, :2], 1.0),
        lambda model: model.fit(GOOD[:0]),
        lambda model: model.fit(GOOD[0]),
        lambda model: model.fit(GOOD * np.nan),
        lambda model: model.fit(GOOD * 1j),
        lambda model: clone(model).kneighbors(GOOD),
        lambda model: clone(model).kneighbors_graph(GOOD),
        lambda model: clone(model).radius_neighbors(GOOD, 1.0),
    ],
)
def test_errors_are_those_of_scikit_learn(call):
    """Errors have scikit-learn's type and begin with its words."""
    errors = []
    for model in both(GOOD, 2):
        with pytest.raises((ValueError, TypeError)) as caught:
            call(model)
        errors.append(caught.value)
    ours, theirs = errors

    assert type(ours) is type(theirs)
    words = str(theirs).replace("NearestNeighbors", "CosineNeighbors").split()
    assert str(ours).split()[:3] == words[:3]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"n_neighbors": 0}, ValueError),
        ({"n_neighbors": 2.5}, TypeError),
        ({"n_neighbors": None}, TypeError),
        ({"memory_limit": 0}, ValueError),
        ({"memory_limit": "1 GB"}, TypeError),
        ({"max_terms": 0}, ValueError),
        ({"max_terms": 0.5}, TypeError),
    ],
)
def test_parameters_are_checked_when_fitting(parameters, error):
    """`fit` names a wrong parameter."""
    (name,) = parameters
    model = CosineNeighbors(**parameters)

    with pytest.raises(error, match=name):
        model.fit(GOOD)


@pytest.mark.parametrize(("k", "error"), [(0, ValueError), (-3, ValueError), (1.5, TypeError)])
def test_lists_have_one_row_or_more(k, error):
    """A k above the number of rows means all rows; a k below 1 is an error."""
    model = CosineNeighbors().fit(GOOD)

    with pytest.raises(error, match="k"):
        model.similar(GOOD, k)
    assert model.similar(GOOD, 10**12)[1].shape == (4, 4)
    assert model.similar(GOOD, np.int8(2))[1].shape == (4, 2)


def test_nothing_is_found_before_fitting():
    """Each method raises before fit."""
    model = CosineNeighbors()
    for method in (model.similar, model.kneighbors, model.radius_neighbors, model.transform):
        with pytest.raises(NotFittedError):
            method(GOOD)


# --- approximately -------------------------------------------------------------------------------


@given(st.integers(0, 1 << 32), st.integers(1, 12), st.booleans())
def test_only_the_largest_values_of_a_query_count(seed, max_terms, signed):
    """`max_terms` drops the products of a query's smaller values, not its length."""
    X, Y = (stories(n, signed=signed, seed=seed + n) for n in (30, 8))
    cut = Y.toarray()
    for row in cut:
        row[np.argsort(-np.abs(row), kind="stable")[max_terms:]] = 0
    lengths = [np.sqrt(np.square(M).sum(axis=1)) for M in (cut, Y.toarray())]
    share = np.divide(*lengths, out=np.zeros(8), where=lengths[1] > 0).tolist()
    lists = reference.cosine_neighbors(dicts_of(X), dicts_of(cut), 30, False)
    expected = [
        [(similarity * factor, position) for similarity, position in row]
        for row, factor in zip(lists, share, strict=True)
    ]
    with forced(11):
        answer = CosineNeighbors(max_terms=max_terms).fit(X).similar(Y)

    assert_best(answer, X, cut, 8, expected)


def test_of_equal_values_the_first_columns_count():
    """A fitted row as a query keeps its largest values, the first of equal ones."""
    X = np.array([[3, 1, 1, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 9]])
    similarities, positions = CosineNeighbors(3, max_terms=2).fit(X).similar(X[:1])

    assert positions.tolist() == [[0, 1, 2]]
    np.testing.assert_allclose(similarities, [[10 / 12, 1 / 12**0.5, 0]])
    _, positions = CosineNeighbors(3, max_terms=2).fit(X).similar()
    assert positions.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def test_as_many_terms_as_there_are_is_exact():
    """A `max_terms` that cuts nothing gives exact lists."""
    X = stories(100)
    exact = CosineNeighbors().fit(X).similar()

    assert_same_bytes(CosineNeighbors(max_terms=300).fit(X).similar(), exact)
    assert_same_bytes(CosineNeighbors(max_terms=10**9).fit(X).similar(), exact)


# --- real news -----------------------------------------------------------------------------------


def texts_of(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [f"{record['title']}\n{record['text']}" for record in map(json.loads, lines)]


@pytest.mark.parametrize(
    "files",
    [["lee/docs", "lee/background"], ["wikinews_de/docs"], ["cnrec/docs"]],
    ids=lambda files: files[0],
)
@pytest.mark.parametrize(
    "parameters", [{}, {"sublinear_tf": True, "stop_words": "english", "dtype": np.float32}]
)
def test_real_news(data_folder, files, parameters):
    """Lists of real articles equal brute force, with and without bounds."""
    texts = [text for file in files for text in texts_of(data_folder / f"{file}.jsonl.gz")]
    X = TfidfVectorizer(**parameters).fit_transform(texts)
    with forced(300):
        model = CosineNeighbors().fit(X)
        answer = model.similar()
    unforced = CosineNeighbors().fit(X).similar()

    assert_best(answer, X, None, 8, brute_force(X, None))
    assert_same_bytes(answer, unforced)
