"""Columns, matrices and weights against dicts, sorted lists and scikit-learn's transformer."""

import collections

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer

import reference
import strategies
from relnews.estimators.columns import Features, Lookup, idf, matrix, weigh
from relnews.text.counts import Batch, Counter
from relnews.text.rows import Counts
from relnews.text.vocabulary import Vocabulary, Workspace

documents = st.lists(
    st.lists(strategies.any_text(), min_size=1, max_size=4), min_size=1, max_size=5
)
ngram_ranges = st.sampled_from([(1, 1), (1, 2), (1, 4), (2, 3), (3, 3)])


def stop_vocabulary():
    return Vocabulary.of([b"the", b"and"])


def learned(batches, n_counters, ngram_range):
    """Return features counted by several counters in turn, and the counts."""
    counters = [Counter(stop_vocabulary(), ngram_range=ngram_range) for _ in range(n_counters)]
    counted = [
        (i % n_counters, counters[i % n_counters].count(Batch.of(texts, lower=True)))
        for i, texts in enumerate(batches)
    ]
    return Features(counters), counted


def matrix_of(features, counted, n_columns):
    return matrix(features.columns(counted), n_columns, np.int64, 1)


def expected_rows(batches, ngram_range):
    return [
        reference.phrase_counts(text, *ngram_range, {"the", "and"})
        for texts in batches
        for text in texts
    ]


def rows_of(X, names):
    """Return a matrix as one dict for each row."""
    return [
        {names[column]: value for column, value in zip(row.indices, row.data, strict=True)}
        for row in X
    ]


@given(documents, ngram_ranges, st.integers(1, 3))
def test_terms_of_several_counters_are_one_set_of_columns(batches, ngram_range, n_counters):
    """Columns are all terms in alphabetical order, whichever counter met them."""
    features, counted = learned(batches, n_counters, ngram_range)
    terms = features.choose(features.frequencies(counted), 1, np.inf)
    features.number(terms, np.arange(len(terms)))
    expected = expected_rows(batches, ngram_range)
    names = sorted(set().union(*expected))

    assert features.names(terms)() == names
    assert rows_of(matrix_of(features, counted, len(terms)), names) == expected


@given(documents, ngram_ranges, st.integers(1, 3), st.integers(0, 4), st.integers(0, 9))
def test_only_terms_within_bounds_are_chosen(batches, ngram_range, n_counters, low, high):
    """Both bounds of document frequency are inclusive; other terms have no column."""
    features, counted = learned(batches, n_counters, ngram_range)
    frequency = features.frequencies(counted)
    terms = features.choose(frequency, low, high)
    total = features.frequencies(counted, weighted=True)[terms]
    features.number(terms, np.arange(len(terms)))
    expected = expected_rows(batches, ngram_range)
    documents = collections.Counter(name for row in expected for name in row)
    totals = sum(expected, collections.Counter())
    names = [name for name in sorted(documents) if low <= documents[name] <= high]

    assert features.names(terms)() == names
    assert frequency[terms].tolist() == [documents[name] for name in names]
    assert total.tolist() == [totals[name] for name in names]
    assert rows_of(matrix_of(features, counted, len(terms)), names) == [
        {name: row[name] for name in row if name in names} for row in expected
    ]


@pytest.mark.parametrize("n_columns", [1, 2, 33, 511, 512, 513, 1 << 18, (1 << 18) + 1, 10**7])
@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.float32, np.int32])
@pytest.mark.parametrize("n_workers", [1, 3])
def test_rows_of_any_length_are_sorted(n_columns, dtype, n_workers):
    """Rows of any length, even empty, have sorted columns."""
    draw = np.random.default_rng(n_columns)
    lengths = [0, 1, 2, 31, 32, 33, 0, 34, 700, 5000]
    columns = draw.choice(n_columns, min(n_columns, 6000), replace=False).astype(np.int32)
    columns[::5] = -1  # no column
    batches, expected = [], []
    for length in draw.permutation(lengths):
        terms = draw.choice(len(columns), min(length, len(columns)), replace=False)
        count = draw.integers(1, 1000, len(terms)).astype(np.int32)
        n_words = draw.integers(len(terms) + 1)
        words, phrases = (
            Counts(np.array([0, len(chosen), len(chosen)]), chosen.astype(np.int32), count[part])
            for part in (slice(n_words), slice(n_words, None))
            for chosen in (terms[part],)
        )
        batches.append((words, columns, phrases, columns))
        pairs = zip(columns[terms].tolist(), count.tolist(), strict=True)
        expected += [sorted(pair for pair in pairs if pair[0] >= 0), []]
    X = matrix(batches, n_columns, dtype, n_workers)

    assert X.dtype == dtype
    assert X.shape == (len(expected), n_columns)
    assert [
        list(zip(row.indices.tolist(), row.data.tolist(), strict=True)) for row in X
    ] == expected


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("sublinear", [True, False])
@pytest.mark.parametrize("norm", [None, "l1", "l2"])
@pytest.mark.parametrize("use_idf", [True, False])
def test_weights_are_those_of_scikit_learn(dtype, smooth, sublinear, norm, use_idf):
    """Weights of small and large counts equal `TfidfTransformer`'s."""
    draw = np.random.default_rng(0)
    X = sp.random(200, 60, 0.2, "csr", rng=draw)
    X.data = np.ceil(10 ** draw.uniform(0, 6, X.nnz)).astype(dtype)
    X.data[::3] = draw.integers(1, 300, len(X.data[::3]))
    transformer = TfidfTransformer(
        norm=norm, smooth_idf=smooth, sublinear_tf=sublinear, use_idf=use_idf
    ).fit(X)
    expected = transformer.transform(X)
    theirs = transformer.idf_ if use_idf else None
    rtol = 1e-14 if dtype == np.float64 else 2e-6
    if use_idf:
        ours = idf(X, smooth=smooth)
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=rtol)
    weigh(X, sublinear=sublinear, idf=theirs, norm=norm)

    assert X.dtype == expected.dtype == dtype
    np.testing.assert_allclose(X.data, expected.data, rtol=rtol)


NAMES = [
    "peace", "peace talks", "talks", "peace talks in kyiv", "in kyiv", "été", "Peace", "the peace",
    "a", "peace  talks", " talks", "talks ", "peace-talks", "", " ", "\0", "\ud800", "don't",
    "peace\u00a0talks", "北約", "talks 北約", "a talks",
]  # fmt: skip


@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2), (2, 2), (1, 4), (4, 4)])
def test_only_names_that_terms_can_have_are_found(ngram_range):
    """A name is found if it is the right number of tokens joined by single spaces."""
    columns = {name: len(NAMES) - 1 - i for i, name in enumerate(NAMES)}
    texts = ["peace talks in kyiv été", "the peace, the talks - 北約", "", *NAMES]
    lookup = Lookup(columns, stop_vocabulary(), ngram_range)
    found = lookup.count(Batch.of(texts, lower=True), lower=True, min_length=2)
    expected = [
        {
            name: n
            for name, n in reference.phrase_counts(text, *ngram_range, {"the", "and"}).items()
            if name in columns
        }
        for text in texts
    ]

    assert rows_of(matrix([found], len(columns), np.int64, 1), NAMES[::-1]) == expected


@given(documents, documents, ngram_ranges)
def test_looking_up_what_was_learned(batches, others, ngram_range):
    """In other documents only learned terms are counted."""
    features, counted = learned(batches, 1, ngram_range)
    names = features.names(features.choose(features.frequencies(counted), 1, np.inf))()
    columns = {name: column for column, name in enumerate(names)}
    lookup = Lookup(columns, stop_vocabulary(), ngram_range)
    found = [
        lookup.count(Batch.of(texts, lower=True), lower=True, min_length=2) for texts in others
    ]

    assert rows_of(matrix(found, len(names), np.int64, 1), names) == [
        {name: n for name, n in row.items() if name in names}
        for row in expected_rows(others, ngram_range)
    ]


def test_what_is_kept_lasts():
    """Kept copies of any size and type stay unchanged by later copies."""
    workspace, draw = Workspace(), np.random.default_rng(0)
    kept, expected = [], []
    for size in [0, 1, 5000, 20_000, 16_384, 300_000, 70_000, 9_000_000, 17_000, 40_000]:
        for dtype in (np.int32, np.int64):
            numbers = draw.integers(1 << 30, size=size, dtype=dtype)
            kept.append(workspace.keep(numbers))
            expected.append(numbers.copy())
            numbers[:] = -1

    for copy, numbers in zip(kept, expected, strict=True):
        assert copy.dtype == numbers.dtype
        assert np.array_equal(copy, numbers)
