"""CountVectorizer and TfidfVectorizer against scikit-learn's, in everything they do."""

import copy
import functools
import gzip
import inspect
import itertools
import json
import pickle
import random
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction import text as sklearn_text
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_checks

import reference
import strategies
from relnews.estimators import documents as documents_module
from relnews.estimators.vectorizers import CountVectorizer, TfidfVectorizer
from strategies import examples

THEIRS = {
    CountVectorizer: sklearn_text.CountVectorizer,
    TfidfVectorizer: sklearn_text.TfidfVectorizer,
}

# --- running both --------------------------------------------------------------------------------


def attempt(function, *args):
    """Return the result or the exception of a call, and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function(*args)
        except Exception as error:
            value = error
    return value, [(warning.category, str(warning.message)) for warning in caught]


def attempts(vectorizer, documents, others):
    """Return the outcomes of every method of a vectorizer."""
    yield attempt(vectorizer.fit_transform, documents)
    yield attempt(getattr, vectorizer, "vocabulary_")
    yield attempt(getattr, vectorizer, "fixed_vocabulary_")
    yield attempt(vectorizer.get_feature_names_out)
    yield attempt(getattr, vectorizer, "idf_")
    transformed = attempt(vectorizer.transform, others)
    yield transformed
    yield attempt(vectorizer.inverse_transform, transformed[0])
    yield attempt(lambda: vectorizer.fit(others).transform(documents))


def in_order(matrix):
    """Return a matrix with sorted columns; scikit-learn's flag says that they are."""
    matrix = matrix.copy()
    matrix.has_sorted_indices = False
    matrix.sort_indices()
    return matrix


def assert_equal(ours, theirs):
    """Compare two values of any type, matrices with sorted rows."""
    if isinstance(theirs, AttributeError) and "object has no attribute" in str(theirs):
        assert type(ours) is AttributeError
    elif isinstance(theirs, Exception):
        assert (type(ours), str(ours)) == (type(theirs), str(theirs))
    elif sp.issparse(theirs):
        assert type(ours) is type(theirs)
        assert ours.shape == theirs.shape
        ours, theirs = in_order(ours), in_order(theirs)
        for name in ("indptr", "indices", "data"):
            assert_equal(getattr(ours, name), getattr(theirs, name))
    elif isinstance(theirs, np.ndarray):
        assert ours.dtype == theirs.dtype
        rtol = {"float32": 2e-6, "float64": 1e-14}.get(theirs.dtype.name)
        if rtol is None:
            np.testing.assert_array_equal(ours, theirs)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=rtol)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for value, other in zip(ours, theirs, strict=True):
            assert_equal(value, other)
    else:
        assert ours == theirs


def assert_same(cls, documents, others=("peace talks", ""), *, n_jobs=None, **parameters):
    """Call everything of our class and scikit-learn's, and compare step by step."""
    ours = attempts(cls(n_jobs=n_jobs, **parameters), documents, others)
    theirs = attempts(THEIRS[cls](**parameters), documents, others)
    for (our_value, our_warnings), (their_value, their_warnings) in zip(ours, theirs, strict=True):
        assert_equal(our_value, their_value)
        assert our_warnings == their_warnings


# --- any documents, any parameters ---------------------------------------------------------------

TOKEN_PATTERNS = [
    # Compiled:
    r"(?u)\b\w\w+\b", r"\b\w\w+\b", r"\w+", r"(?u)\b\w+\b", r"\b\w{3,}\b", r"\w\w{2,}",
    r"\b(\w\w\w+)\b", r"(\w{2,})", r"\b\w+", r"\w+\b", r"\w{01,}",
    # Left to scikit-learn:
    r"\w{0,}", r"\w\w", r"[a-z]+", r"\w{2,3}", r"(?:\w)+", r"(\w)(\w)", r"\w{٢,}", r"\S+", r"\w*",
    r"\b(\w\w+", r"(?i)\w+", r"\w{,}", None,
]  # fmt: skip
NGRAM_RANGES = [
    (1, 2), (2, 2), (1, 4), (2, 3), (3, 3), (1, 50), (40, 50), (2, 1), (0, 1), (0, 2), (-1, 1),
]  # fmt: skip
TERMS = [
    *strategies.WORDS, "the nato", "nato  kyiv", " kyiv", "kyiv ", "", " ", "can't", "x y z",
    "a\ud800", "nato kyiv the and", "nato\u00a0kyiv", "nato-kyiv", "été nato", "i̇stanbul",
]  # fmt: skip

documents_of_any_kind = st.lists(strategies.any_text(), max_size=6)
numbers_of_documents = st.one_of(st.integers(1, 4), st.floats(0, 1), st.sampled_from([0, 1.5, "2"]))
vocabularies = st.one_of(
    st.lists(st.sampled_from(TERMS), max_size=8),
    st.lists(st.sampled_from(TERMS), max_size=8, unique=True).map(tuple),
    st.sets(st.sampled_from(TERMS)),
    st.lists(st.sampled_from(TERMS), unique=True).map(
        lambda terms: {term: len(terms) - 1 - i for i, term in enumerate(terms)}
    ),
    st.dictionaries(st.sampled_from(TERMS), st.integers(0, 2), max_size=3),
)
PARAMETERS = {
    "lowercase": st.just(False),
    "strip_accents": st.sampled_from(["ascii", "unicode", str.upper, "both"]),
    "preprocessor": st.just(str.title),
    "tokenizer": st.just(str.split),
    "stop_words": st.one_of(
        st.just("english"), st.lists(st.sampled_from(TERMS)), st.sampled_from(["german", ("the",)])
    ),
    "token_pattern": st.sampled_from(TOKEN_PATTERNS),
    "ngram_range": st.sampled_from(NGRAM_RANGES),
    "analyzer": st.sampled_from(["char", "char_wb", str.split, "words"]),
    "max_df": numbers_of_documents,
    "min_df": numbers_of_documents,
    "max_features": st.integers(0, 9),
    "vocabulary": vocabularies,
    "binary": st.just(True),
    "dtype": st.sampled_from([np.float64, np.float32, "float32", np.int32, np.int64, bool, "u1"]),
}
TFIDF_PARAMETERS = PARAMETERS | {
    "norm": st.sampled_from(["l1", None, "l3"]),
    "use_idf": st.just(False),
    "smooth_idf": st.just(False),
    "sublinear_tf": st.just(True),
}


@st.composite
def parameters(draw, values):
    """Return values for a few parameters."""
    names = draw(st.lists(st.sampled_from(sorted(values)), max_size=4, unique=True))
    return {name: draw(values[name]) for name in names}


@examples(4)
@given(
    documents_of_any_kind,
    documents_of_any_kind,
    parameters(PARAMETERS),
    st.sampled_from([None, None, 2]),
    st.sampled_from([1, 40, 1 << 19]),
)
def test_counts_of_anything(documents, others, parameters, n_jobs, batch_bytes):
    """Any documents and parameters give scikit-learn's matrix and vocabulary, or its errors."""
    with mock.patch.object(documents_module, "BATCH_BYTES", batch_bytes):
        assert_same(CountVectorizer, documents, others, n_jobs=n_jobs, **parameters)


@examples(4)
@given(
    documents_of_any_kind,
    documents_of_any_kind,
    parameters(TFIDF_PARAMETERS),
    st.sampled_from([None, None, 2]),
    st.sampled_from([1, 40, 1 << 19]),
)
def test_weights_of_anything(documents, others, parameters, n_jobs, batch_bytes):
    """Any documents and parameters give scikit-learn's weights and idf."""
    with mock.patch.object(documents_module, "BATCH_BYTES", batch_bytes):
        assert_same(TfidfVectorizer, documents, others, n_jobs=n_jobs, **parameters)


both = pytest.mark.parametrize("cls", THEIRS)


@both
@pytest.mark.parametrize("documents", [[], ["peace talks"]])
def test_a_wrong_parameter_of_a_given_vocabulary(cls, documents):
    """`transform` refuses a wrong parameter even if there are no documents."""
    assert_same(cls, ["peace"], documents, vocabulary=["peace"], strip_accents="both")


TEXTS = ["peace talks talks in kyiv", "Peace in Kyiv", "", "the NATO summit", "nato in kyiv"]
SHORT = ["a b cd efg", "été x 北約峰會 북 x_1", "a", "'’", "nato2 ab\u0301c"]


@both
@pytest.mark.parametrize("token_pattern", TOKEN_PATTERNS)
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_token_patterns(cls, token_pattern, ngram_range):
    """Compiled token patterns find the tokens of scikit-learn; others are left to it."""
    assert_same(cls, SHORT, TEXTS, token_pattern=token_pattern, ngram_range=ngram_range)


@both
@pytest.mark.parametrize("ngram_range", NGRAM_RANGES)
@pytest.mark.parametrize("stop_words", [None, ["in", "the", "cd"]])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_ngram_ranges(cls, ngram_range, stop_words, n_jobs):
    """Any range of n-grams gives scikit-learn's counts, compiled or not."""
    with mock.patch.object(documents_module, "BATCH_BYTES", 20):
        assert_same(
            cls, TEXTS, SHORT, n_jobs=n_jobs, ngram_range=ngram_range, stop_words=stop_words
        )


@both
@pytest.mark.parametrize("ngram_range", [(1, 1), (2, 3)])
@pytest.mark.parametrize(
    "vocabulary", [TERMS[::2], dict(zip(TERMS, itertools.count())), set(TERMS)]
)
@pytest.mark.parametrize("stop_words", [None, ["the", "nato"]])
def test_given_vocabularies(cls, ngram_range, vocabulary, stop_words):
    """A given vocabulary may have impossible terms, whose columns are empty."""
    texts = [*TERMS, " ".join(TERMS), "the nato kyiv nato kyiv"]
    assert_same(
        cls, texts, TEXTS, ngram_range=ngram_range, vocabulary=vocabulary, stop_words=stop_words
    )


# --- documents and parameters of odd types -------------------------------------------------------


class Text(str):
    """A subclass of str."""

    __slots__ = ()


def _name(value):
    """Return the name of a parameter without its memory address."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


@both
@pytest.mark.parametrize(
    "documents",
    [
        [],
        ["peace", None],
        ["peace", 3],
        ["peace", np.nan],
        ["peace", float("nan")],
        [["peace", "talks"]],
        [bytearray(b"peace")],
        [memoryview(b"peace")],
        [b"peace talks", "été".encode(), "talks"],
        [b"peace \xff\xfe talks"],
        np.array(["peace talks", "Talks"]),
        np.array([b"peace talks", b"Talks"]),
        np.array([["peace talks", "Talks"]]),
        [Text("Peace talks"), np.str_("Talks")],
        {"peace": 1, "talks": 2},
        "peace talks",
        b"peace talks",
        None,
        5,
        ["peace\0talks\0", "\0", "kyiv"],
        ["peace\ud800talks \udfff kyiv"],
        ["\u0130stanbul ΟΔΟΣ ΟΔΟΣ. \u212a\u212a \u023a\u023a"],
        ["a b c", "1 2"],
    ],
    ids=_name,
)
@pytest.mark.parametrize("decode_error", ["strict", "ignore", "replace"])
@pytest.mark.parametrize("lowercase", [True, False])
def test_documents_of_odd_types(cls, documents, decode_error, lowercase):
    """Documents of any type are accepted or refused as in scikit-learn."""
    assert_same(cls, documents, decode_error=decode_error, lowercase=lowercase)


@both
@pytest.mark.parametrize(
    "parameters",
    [
        {"encoding": "latin-1"},
        {"encoding": "none such"},
        {"input": "none such"},
        {"input": "file"},
        {"input": "filename"},
        {"preprocessor": str.encode},
        {"preprocessor": lambda text: None},
        {"preprocessor": lambda text: Text(text.upper())},
        {"strip_accents": lambda text: None},
        {"stop_words": ["peace", 3, None, "", b"talks", "the nato", "Kyiv"]},
        {"stop_words": ["peace", []]},
        {"stop_words": ["peace", "peace"]},
        {"stop_words": []},
        {"stop_words": ["peace", "talks", "in", "kyiv", "the", "nato", "summit"]},
        {"vocabulary": ["peace", 3]},
        {"vocabulary": [("peace",), "talks"]},
        {"vocabulary": [b"peace", "talks"]},
        {"vocabulary": {"peace": 0.0}},
        {"vocabulary": {"peace": np.int64(1), "talks": np.int8(0)}},
        {"vocabulary": "peace"},
        {"vocabulary": 5},
        {"vocabulary": ["x" * 100_000, "peace", "y " * 50_000]},
        {"ngram_range": [1, 2]},
        {"ngram_range": ("1", "2")},
        {"ngram_range": (1, 2, 3)},
        {"ngram_range": (None, 1)},
        {"ngram_range": (1, 2.0)},
        {"ngram_range": (1.5, 2)},
        {"ngram_range": (np.int64(1), np.int8(2))},
        {"ngram_range": (1, 10**9)},
        {"ngram_range": (10**9, 10**9)},
        {"lowercase": np.True_},
        {"lowercase": 1},
        {"min_df": True},
        {"min_df": 10**30},
        {"max_df": 10**30},
        {"max_df": np.int64(2)},
        {"max_df": np.float32(0.5)},
        {"min_df": 3, "max_df": 2},
        {"max_features": np.int32(2)},
        {"max_features": 10**30},
        {"token_pattern": r"\w{4294967294,}"},
        {"token_pattern": r"\w{99999999999999999999,}"},
        {"token_pattern": rb"\w\w+"},
    ],
    ids=_name,
)
def test_parameters_of_odd_values(cls, parameters):
    """Odd values of parameters do what they do in scikit-learn."""
    assert_same(cls, TEXTS, **parameters)


@both
@pytest.mark.parametrize(
    "dtype", [None, int, float, "f4", "i4", "u4", "i8", bool, "i1", "u1", "f2", ">f8", "c16",
              np.longdouble, object, "U5", "none such", 3]
)  # fmt: skip
@pytest.mark.parametrize("max_features", [None, 2])
def test_types_of_numbers(cls, dtype, max_features):
    """Counts have the requested type, even if they overflow it."""
    documents = [*TEXTS, "war " * 300, "peace " * 256]

    assert_same(cls, documents, documents, dtype=dtype, max_features=max_features)


@both
def test_files_and_their_names(cls, tmp_path):
    """Files are read by name or object; a missing file is an error."""
    paths = [tmp_path / f"{i}.txt" for i in range(len(TEXTS))]
    for path, text in zip(paths, TEXTS, strict=True):
        path.write_text(text, encoding="utf-8")
    expected = cls().fit_transform(TEXTS)

    assert_equal(cls(input="filename").fit_transform(paths), expected)
    files = [path.open("rb") for path in paths]
    assert_equal(cls(input="file").fit_transform(files), expected)
    for file in files:
        file.close()
    assert_same(cls, [*paths, tmp_path / "missing.txt"], paths, input="filename")


@both
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_documents_are_read_once_and_one_after_another(cls, n_jobs):
    """A generator of documents is read once, and its error is raised."""

    def broken():
        yield "peace"
        raise ZeroDivisionError

    with mock.patch.object(documents_module, "BATCH_BYTES", 1):
        X = cls(n_jobs=n_jobs).fit_transform(text for text in TEXTS)
        with pytest.raises(ZeroDivisionError):
            cls(n_jobs=n_jobs).fit(broken())

    assert_equal(X, THEIRS[cls]().fit_transform(TEXTS))


@both
@pytest.mark.parametrize("interface", ["spmatrix", "sparray"])
def test_matrix_or_array(cls, interface):
    """The matrix has the sparse type that scikit-learn is configured for."""
    if "sparse_interface" not in sklearn.get_config():
        pytest.skip("this scikit-learn has matrices only")
    with sklearn.config_context(sparse_interface=interface):
        assert_same(cls, TEXTS)


@both
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_columns_are_in_order_and_the_flags_say_so(cls, ngram_range):
    """Matrices are in canonical format, and their flags say so."""
    vectorizer = cls(ngram_range=ngram_range)
    for X in (vectorizer.fit_transform(TEXTS), vectorizer.transform(TEXTS)):
        assert X.has_canonical_format
        assert all((np.diff(row.indices) > 0).all() for row in X)


# --- extreme documents ---------------------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_million_empty_documents(n_jobs):
    """A million empty documents give a million empty rows."""
    X = CountVectorizer(n_jobs=n_jobs).fit_transform(["", "peace", *[""] * 1_000_000])

    assert X.shape == (1_000_002, 1)
    assert X.indices.tolist() == [0]


def test_a_document_of_20_megabytes():
    """A document of 20 MB is counted like a short one."""
    words = [f"w{i:x}" for i in range(5000)]
    vectorizer = CountVectorizer(ngram_range=(1, 2))
    X = vectorizer.fit_transform([" ".join(words * 800), "w1 w2"])

    assert vectorizer.get_feature_names_out().tolist() == sorted(
        [*words, *(f"{a} {b}" for a, b in zip(words, [*words[1:], "w0"], strict=True))]
    )
    assert set(X[0].data.tolist()) == {800, 799}  # the last word precedes the first one only once
    assert X[1].data.tolist() == [1, 1, 1]


@both
def test_tokens_of_a_megabyte(cls):
    """Tokens may be a megabyte long and differ only at their ends."""
    long = "x" * 1_000_000
    assert_same(cls, [f"{long}a {long}b", f"{long}b é{long}", "x"], ngram_range=(1, 2))


@both
def test_many_documents_with_many_ties(cls):
    """Of equally frequent terms the ones that scikit-learn keeps are kept."""
    documents = [f"w{i} v{i % 7} w{i // 2} common" for i in range(500)]
    for max_features in (1, 50, 400):
        assert_same(cls, documents, max_features=max_features, ngram_range=(1, 3), min_df=1)


# --- threads -------------------------------------------------------------------------------------


def texts_of(data_folder, n):
    """Return the texts of real articles in twenty languages and four scripts."""
    paths = [data_folder / "digitalgov" / "docs.jsonl.gz"]
    paths += sorted((data_folder / "unicode").glob("*.jsonl.gz"))
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line)["text"] for line in itertools.islice(lines, n))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"ngram_range": (1, 3), "stop_words": "english", "min_df": 2},
        {"ngram_range": (2, 2), "max_features": 5000, "dtype": np.float32},
    ],
    ids=_name,
)
def test_n_jobs_changes_nothing(data_folder, parameters):
    """Any number of threads gives the same vocabulary and matrix, byte by byte."""
    texts = list(texts_of(data_folder, 150))
    results = []
    for n_jobs in (1, 2, 5):
        vectorizer = CountVectorizer(n_jobs=n_jobs, **parameters)
        matrices = vectorizer.fit_transform(texts), vectorizer.transform(texts)
        for X in matrices:
            arrays = [X.indptr.tobytes(), X.indices.tobytes(), X.data.tobytes()]
            results.append((list(vectorizer.vocabulary_.items()), arrays))
    theirs = sklearn_text.CountVectorizer(**parameters)

    assert all(result == results[0] for result in results)
    assert_equal(X, theirs.fit_transform(texts))
    assert vectorizer.vocabulary_ == theirs.vocabulary_


@both
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 3), (2, 2)])
def test_transforming_in_several_threads(cls, ngram_range):
    """Many threads may use a fitted vectorizer at a time."""
    draw = random.Random(0)
    words = [f"w{i:x}" for i in range(3000)]
    texts = [" ".join(draw.choices(words, k=50)) for _ in range(800)]
    parts = [texts[i::40] for i in range(40)]
    vectorizer = cls(ngram_range=ngram_range).fit(texts[::2])
    expected = [vectorizer.transform(part) for part in parts]
    vectorizer = copy.deepcopy(vectorizer)  # no lookup table yet
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(vectorizer.transform, parts))

    for result, one in zip(results, expected, strict=True):
        assert_equal(result, one)


# --- stemmers ------------------------------------------------------------------------------------


def stem(token):
    """Return the first three letters of a token, or an empty string."""
    return token[:3] if token != "summit" else ""


def their_stems(text, stop_words=()):
    tokens = reference.tokens(text)
    return list(filter(None, (stem(token) for token in tokens if token not in stop_words)))


@both
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2), (2, 3)])
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("stop_words", [None, ["in", "peace", "tal"]])
def test_stems(cls, ngram_range, n_jobs, stop_words):
    """Stems equal a tokenizer's that stems after removing stop words."""
    texts = [*TEXTS, "talk talking a", "x"]
    tokenizer = functools.partial(their_stems, stop_words=stop_words or ())
    theirs = THEIRS[cls](tokenizer=tokenizer, token_pattern=None, ngram_range=ngram_range)
    parameters = {"ngram_range": ngram_range, "stop_words": stop_words, "stemmer": stem}
    with mock.patch.object(documents_module, "BATCH_BYTES", 10):
        ours = cls(n_jobs=n_jobs, **parameters)
        results = list(attempts(ours, texts, ["talker in kyiv", "summit", "tal"]))
    expected = list(attempts(theirs, texts, ["talker in kyiv", "summit", "tal"]))

    for (one, _), (other, _) in zip(results, expected, strict=True):
        assert_equal(one, other)


@pytest.mark.parametrize("parameters", [{}, {"token_pattern": "[a-z]+"}, {"analyzer": "char"}])
def test_the_stemmer_is_asked_once_for_each_distinct_token(parameters):
    """The stemmer is called once per distinct token, never for stop words."""
    stemmer = mock.Mock(side_effect=str.upper)
    with mock.patch.object(documents_module, "BATCH_BYTES", 10):
        vectorizer = CountVectorizer(stemmer=stemmer, **parameters).fit(TEXTS)
    asked = [call.args[0] for call in stemmer.call_args_list]

    if "analyzer" in parameters:
        assert not asked
    else:
        assert sorted(asked) == ["in", "kyiv", "nato", "peace", "summit", "talks", "the"]
        assert sorted(vectorizer.vocabulary_) == [word.upper() for word in sorted(asked)]


@both
@pytest.mark.parametrize("parameters", [{}, {"ngram_range": (1, 2), "n_jobs": 2}])
def test_a_language_of_pystemmer(cls, parameters):
    """A language's name selects its stemmer, which survives clone and copy."""
    stem_word = pytest.importorskip("Stemmer").Stemmer("english").stemWord
    texts = ["Guarantees guaranteed", "the talks, talking"]
    vectorizer = copy.deepcopy(clone(cls(stemmer="english", **parameters)))
    expected = cls(stemmer=stem_word, **parameters)

    assert_equal(vectorizer.fit_transform(texts), expected.fit_transform(texts))
    assert vectorizer.vocabulary_ == expected.vocabulary_
    assert "guarante" in vectorizer.vocabulary_
    assert vectorizer.build_analyzer()("a guarantee")[0] == "guarante"


def test_a_language_without_a_stemmer_is_an_error():
    """The error lists the languages and suggests a similar one."""
    pytest.importorskip("Stemmer")
    with pytest.raises(ValueError, match=r"one of .*german.*got 'germna'. Did you mean 'german'"):
        CountVectorizer(stemmer="germna").fit(TEXTS)


def test_pystemmer_may_be_missing():
    """The error says how to install PyStemmer."""
    with (
        mock.patch.dict("sys.modules", {"Stemmer": None}),
        pytest.raises(ImportError, match=r"needs PyStemmer.*pip install 'relnews\[stem\]'"),
    ):
        CountVectorizer(stemmer="english").fit(TEXTS)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_stems_of_several_words(n_jobs):
    """A stem may have spaces, except with n-grams, where it would be ambiguous."""
    vectorizer = CountVectorizer(stemmer=lambda token: f"{token} x", n_jobs=n_jobs)
    names = vectorizer.fit(TEXTS).get_feature_names_out()
    counts = vectorizer.transform(["nato in kyiv"])
    vectorizer.set_params(ngram_range=(1, 2))

    assert names[counts.indices].tolist() == ["in x", "kyiv x", "nato x"]
    with pytest.raises(ValueError, match="must not contain spaces"):
        vectorizer.fit(TEXTS)


@pytest.mark.parametrize("texts", [[], [""], ["a b"], ["summit"]])
def test_no_stem_at_all(texts):
    """An empty vocabulary after stemming is an error."""
    with pytest.raises(ValueError, match="empty vocabulary"):
        CountVectorizer(stemmer=stem).fit(texts)


# --- estimators ----------------------------------------------------------------------------------


@both
def test_parameters_are_those_of_scikit_learn_and_two_more(cls):
    """Parameters have scikit-learn's names, defaults and order; `clone` keeps them."""
    theirs = inspect.signature(THEIRS[cls]).parameters
    ours = inspect.signature(cls).parameters
    vectorizer = cls(stemmer=stem, n_jobs=3, min_df=2)

    assert [*ours] == [*theirs, "stemmer", "n_jobs"]
    assert {name: ours[name].default for name in theirs} == {
        name: parameter.default for name, parameter in theirs.items()
    }
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in ours.values())
    assert clone(vectorizer).get_params() == vectorizer.get_params()
    assert not hasattr(vectorizer, "set_output")  # scikit-learn's has none, either
    assert isinstance(vectorizer, THEIRS[cls])


@both
def test_names_are_made_when_they_are_asked_for(cls):
    """`vocabulary_` is a dict on access, in every state of the vectorizer."""
    theirs = THEIRS[cls](ngram_range=(1, 2)).fit(TEXTS).vocabulary_
    vectorizer = cls(ngram_range=(1, 2))
    assert not hasattr(vectorizer, "vocabulary_")

    vectorizer.fit(TEXTS)
    for fitted in (copy.deepcopy(vectorizer), copy.copy(vectorizer), vectorizer):
        assert fitted.vocabulary_ == theirs
        assert type(fitted.vocabulary_) is dict
        assert fitted.vocabulary_ is fitted.vocabulary_
    first = vectorizer.vocabulary_
    vectorizer.fit(TEXTS[:1])
    assert vectorizer.vocabulary_.keys() < first.keys()
    vectorizer.vocabulary_ = {"peace": 0}
    assert vectorizer.vocabulary_ == {"peace": 0}
    del vectorizer.vocabulary_
    assert not hasattr(vectorizer, "vocabulary_")


@both
@pytest.mark.parametrize("module", [pickle, joblib])
def test_pickling(cls, module, tmp_path):
    """A pickled vectorizer transforms as before; caches are not pickled."""
    vectorizer = cls(ngram_range=(1, 2), n_jobs=2).fit(TEXTS)
    expected = vectorizer.transform(TEXTS)
    with (tmp_path / "vectorizer").open("wb") as file:
        module.dump(vectorizer, file)
    with (tmp_path / "vectorizer").open("rb") as file:
        loaded = module.load(file)

    assert "_lookup" in vars(vectorizer)
    assert "_lookup" not in vars(loaded)
    assert loaded.get_params() == vectorizer.get_params()
    assert_equal(loaded.transform(TEXTS), expected)
    assert_equal(vectorizer.transform(TEXTS), expected)


@both
def test_fitting_again_replaces_everything(cls):
    """A second fit leaves nothing of the first, even with other parameters."""
    vectorizer = cls().fit(TEXTS)
    vectorizer.transform(TEXTS)
    vectorizer.set_params(ngram_range=(2, 2), stop_words=["in"]).fit(TEXTS[:2])
    fresh = cls(ngram_range=(2, 2), stop_words=["in"]).fit(TEXTS[:2])

    assert vectorizer.vocabulary_ == fresh.vocabulary_
    assert_equal(vectorizer.transform(TEXTS), fresh.transform(TEXTS))


@both
@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.vocabulary_.update(summit=len(v.vocabulary_)),
        lambda v: v.vocabulary_.pop("talks"),
        lambda v: setattr(v, "vocabulary_", {"nato": 1, "summit": 0}),
        lambda v: setattr(v, "vocabulary_", {**v.vocabulary_, "kyiv": 1, "in": 0}),
        lambda v: setattr(v, "vocabulary_", {}),
        lambda v: v.set_params(stop_words=["kyiv"]),
        lambda v: v.stop_words.append("kyiv"),
        lambda v: v.set_params(ngram_range=(2, 2)),
        lambda v: v.set_params(lowercase=False),
        lambda v: v.set_params(binary=True),
        lambda v: v.set_params(token_pattern=r"\w{5,}"),
        lambda v: v.set_params(analyzer="char"),
        lambda v: vars(v).update(norm=None, sublinear_tf=True),
    ],
)  # fmt: skip
def test_changes_after_fitting_are_honoured(cls, change):
    """Parameters and vocabulary may change between calls of `transform`."""

    def changed(vectorizer):
        vectorizer.fit(TEXTS)
        vectorizer.transform(TEXTS)
        change(vectorizer)
        return vectorizer.transform(TEXTS)

    ours, theirs = (
        attempt(changed, c(stop_words=["the"], max_features=4)) for c in (cls, THEIRS[cls])
    )

    assert_equal(ours[0], theirs[0])


def test_vocabularies_one_after_another_are_never_mixed_up():
    """Each new vocabulary is read, even at the memory address of an old one."""
    vectorizer = CountVectorizer(vocabulary=["a0", "a1"])
    for i in range(200):
        vectorizer.vocabulary_ = {f"w{i}": 0, f"v{i}": 1}
        if i % 3 == 0:
            assert vectorizer.transform([f"v{i} v{i}"]).toarray().tolist() == [[0, 2]]


def test_columns_outside_of_the_matrix_are_refused():
    """A changed vocabulary with columns outside the matrix is an error."""
    vectorizer = TfidfVectorizer().fit(TEXTS)
    for column in (-1, 10**6):
        vectorizer.vocabulary_ = {**vectorizer.vocabulary_, "kyiv": column}
        with pytest.raises(ValueError, match="columns"):
            vectorizer.transform(TEXTS)


@pytest.mark.parametrize("idf", [[1.0, 2.0], [1, 2], [np.inf, 1.0], [1.0], [1.0, 2.0, 3.0]])
@pytest.mark.parametrize("parameters", [{}, {"use_idf": False}, {"norm": None}])
def test_idf_is_set(idf, parameters):
    """The idf can be set before or after fit, as in scikit-learn."""

    def transformed(vectorizer):
        vectorizer.idf_ = np.array(idf)
        return vectorizer.transform(TEXTS)

    for fitted in (False, True):
        pair = [
            c(vocabulary=["peace", "kyiv"], **parameters)
            for c in (TfidfVectorizer, sklearn_text.TfidfVectorizer)
        ]
        if fitted:
            pair = [vectorizer.fit(TEXTS) for vectorizer in pair]
        ours, theirs = (attempt(transformed, vectorizer) for vectorizer in pair)
        assert_equal(ours[0], theirs[0])


@both
@pytest.mark.parametrize(
    ("method", "override"),
    [
        ("build_tokenizer", lambda self: str.split),
        ("build_preprocessor", lambda self: lambda text: text.upper().replace("PEACE", "war")),
        ("build_analyzer", lambda self: lambda text: [text[:2], text[:3]]),
        ("decode", lambda self, text: text[::-1]),
        ("get_stop_words", lambda self: frozenset(["peace"])),
        ("_word_ngrams", lambda self, tokens, stop_words=None: tokens[:1]),
    ],
)
@pytest.mark.parametrize("on_instance", [False, True])
def test_subclasses_that_override_a_step(cls, method, override, on_instance):
    """Overridden methods of scikit-learn's guide are called."""
    results = []
    for c in (cls, THEIRS[cls]):
        if on_instance:
            vectorizer = c()
            setattr(vectorizer, method, functools.partial(override, vectorizer))
        else:
            vectorizer = type("Vectorizer", (c,), {method: override})()
        results.append((vectorizer.fit_transform(TEXTS), vectorizer.transform(TEXTS)))

    for ours, theirs in zip(*results, strict=True):
        assert_equal(ours, theirs)


@both
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"vocabulary": ["kyiv", "peace"]},
        {"vocabulary": ["kyiv", "peace"], "token_pattern": re.compile(r"\w+")},
        {"vocabulary": ["kyiv", "peace"], "stop_words": ("kyiv",)},
        {"vocabulary": ["kyiv", "peace"], "stop_words": "german"},
        {"vocabulary": {"kyiv": 1, "peace": 0}, "ngram_range": [2, 1]},
        {"vocabulary": {"kyiv": 1}},
        {"vocabulary": []},
    ],
    ids=_name,
)
def test_transforming_without_fitting(cls, parameters):
    """A given vocabulary is enough to count; other vectorizers are not fitted."""
    ours, theirs = (attempt(c(**parameters).transform, TEXTS) for c in (cls, THEIRS[cls]))

    assert_equal(ours[0], theirs[0])


@both
def test_metadata_is_routed_as_by_scikit_learn(cls):
    """No metadata is requested, and texts are no metadata."""
    with sklearn.config_context(enable_metadata_routing=True):
        ours, theirs = (c().get_metadata_routing() for c in (cls, THEIRS[cls]))

    assert str(ours) == str(theirs)


def test_grid_search_in_a_pipeline():
    """A grid search over n-grams and norms has scikit-learn's scores."""
    texts = [*("peace talks in kyiv", "talks on peace", "war or peace") * 4,
             *("summit of nato", "the nato talks", "nato or war") * 4]  # fmt: skip
    labels = [0] * 12 + [1] * 12
    grid = {"text__ngram_range": [(1, 1), (1, 2)], "text__norm": ["l1", "l2"]}
    scores = []
    for c in (TfidfVectorizer, sklearn_text.TfidfVectorizer):
        pipeline = Pipeline([("text", c()), ("classifier", MultinomialNB())])
        search = GridSearchCV(pipeline, grid, cv=3).fit(texts, labels)
        scores.append(search.cv_results_["mean_test_score"].tolist())

    assert scores[0] == scores[1]


@both
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
    ],
    ids=lambda check: check.__name__,
)
def test_checks_of_estimators(cls, check):
    """The classes pass scikit-learn's estimator checks that need no numeric table."""
    check(cls.__name__, cls())


@both
def test_stop_words_that_tokens_cannot_be_are_warned_of_with_a_vocabulary_too(cls):
    """Inconsistent stop words cause a warning with a given vocabulary, too."""
    parameters = {"vocabulary": ["nato"], "stop_words": ["the nato"]}
    for vectorizer in (cls(**parameters), THEIRS[cls](**parameters)):
        with pytest.warns(UserWarning, match="inconsistent with your preprocessing"):
            vectorizer.transform(TEXTS) if cls is CountVectorizer else vectorizer.fit_transform(
                TEXTS
            )


# --- in the place of scikit-learn's --------------------------------------------------------------


def test_patching_scikit_learn_does_not_weigh_twice():
    """Our class in the place of scikit-learn's gives the same weights."""
    documents = ["talks push on", "talks on the veto", "dike gives way"]
    expected = sklearn_text.TfidfVectorizer().fit_transform(documents)
    new = sklearn_text.TfidfVectorizer().fit(documents).transform(["veto talks veto"])

    with mock.patch.object(sklearn_text, "TfidfVectorizer", TfidfVectorizer):
        vectorizer = sklearn_text.TfidfVectorizer()
        assert type(vectorizer) is TfidfVectorizer
        assert abs(vectorizer.fit_transform(documents) - expected).max() < 1e-15
        assert abs(vectorizer.transform(["veto talks veto"]) - new).max() < 1e-15
        assert abs(vectorizer.fit(documents).transform(documents) - expected).max() < 1e-15
