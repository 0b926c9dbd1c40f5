"""CountVectorizer and TfidfVectorizer: scikit-learn's, with the work compiled.

Parameters, attributes, results, warnings and errors are scikit-learn's: the classes are subclasses
of its own. Only the counting of terms, the ordering of columns and the weighing are replaced, where
the configuration allows it. scikit-learn does the rest: analyzers and tokenizers that are
callables, character n-grams, and token patterns other than runs of word characters.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from numbers import Integral
from typing import Any, cast

import numpy as np
from sklearn.feature_extraction import text as sklearn_text
from sklearn.utils.validation import check_is_fitted

from relnews.estimators.columns import idf, weigh
from relnews.estimators.documents import Documents
from relnews.text.analysis import stemmer_of

#: Token patterns that the compiled pass covers: runs of word characters with a least length.
_RUNS = re.compile(r"(?:\(\?u\))?(\\b)?(\()?((?:\\w)+)(?:\+|\{([0-9]+),\})(?(2)\))(?:\\b)?")

#: Types of numbers that tf-idf weights are computed in.
_FLOATS = (np.float64, np.float32)

#: Methods that subclasses override to find tokens, as scikit-learn's guide says.
_STEPS = frozenset(
    ["build_analyzer", "build_preprocessor", "build_tokenizer", "decode", "_word_ngrams"]
)

RawDocuments = Iterable[Any]

#: Bound at import. Looked up later it could be ours, patched in, and weights would be weighed.
_SklearnTfidf = sklearn_text.TfidfVectorizer


class _Compiled:
    """Replaces the slow steps of scikit-learn's ``fit_transform`` and ``transform``.

    scikit-learn checks parameters and warns. It then counts, orders columns and drops rare terms in
    three steps; the compiled pass does them in one.
    """

    _is_compiled = False

    @property
    def vocabulary_(self) -> dict[str, int]:
        """The terms and their columns; names are made at the first access."""
        try:
            vocabulary = vars(self)["vocabulary_"]
        except KeyError:
            msg = f"{type(self).__name__!r} object has no attribute 'vocabulary_'"
            raise AttributeError(msg) from None
        if callable(vocabulary):
            names = vocabulary()
            vocabulary = self.vocabulary_ = dict(zip(names, range(len(names)), strict=True))
        return cast(dict[str, int], vocabulary)

    @vocabulary_.setter
    def vocabulary_(self, vocabulary: dict[str, int] | Callable[[], list[str]]) -> None:
        vars(self)["vocabulary_"] = vocabulary

    @vocabulary_.deleter
    def vocabulary_(self) -> None:
        del vars(self)["vocabulary_"]

    def _count_vocab(self, raw_documents: RawDocuments, fixed_vocab: bool) -> tuple[Any, Any]:
        min_length = _min_length(self)
        self._is_compiled = min_length is not None
        if min_length is None:
            return super()._count_vocab(raw_documents, fixed_vocab)  # type: ignore[misc,no-any-return]
        documents = Documents(self, raw_documents, min_length)
        if fixed_vocab:
            return self.vocabulary_, documents.look_up()
        return documents.learn()

    def build_analyzer(self) -> Callable[[Any], list[str]]:
        """Return a function from a document to its terms.

        Returns
        -------
        analyzer : callable
        """
        analyzer: functools.partial[list[str]] = super().build_analyzer()  # type: ignore[misc]
        if self.stemmer is None or self.analyzer != "word":  # type: ignore[attr-defined]
            return analyzer
        stemmer = functools.cache(cast(Callable[[str], str], stemmer_of(self.stemmer)))  # type: ignore[attr-defined]
        ngrams = analyzer.keywords["ngrams"]
        return functools.partial(
            analyzer, ngrams=functools.partial(_stemmed_ngrams, stemmer=stemmer, ngrams=ngrams)
        )

    def _sort_features(self, X: Any, vocabulary: dict[str, int]) -> Any:
        return X if self._is_compiled else super()._sort_features(X, vocabulary)  # type: ignore[misc]

    def _limit_features(self, X: Any, vocabulary: dict[str, int], *limits: Any) -> Any:
        if self._is_compiled:
            return X
        return super()._limit_features(X, vocabulary, *limits)  # type: ignore[misc]

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())  # type: ignore[call-overload]
        state.pop("_lookup", None)  # made again from the vocabulary when it is needed
        if "vocabulary_" in state:
            state["vocabulary_"] = self.vocabulary_
        return state


class CountVectorizer(_Compiled, sklearn_text.CountVectorizer):  # type: ignore[misc]
    """scikit-learn's ``CountVectorizer``, compiled.

    Parameters
    ----------
    input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer, stop_words, \
token_pattern, ngram_range, analyzer, max_df, min_df, max_features, vocabulary, binary, dtype
        As in `sklearn.feature_extraction.text.CountVectorizer`.
    stemmer : str or callable, default=None
        Called once with each distinct token, after stop words are removed; its result (a str) is
        counted instead of the token, unless it is empty. Only for words. A str is a language of
        PyStemmer (``pip install "relnews[stem]"``), such as "english".
    n_jobs : int, default=None
        Threads that count; -1 is all cores. The result does not depend on it.

    Attributes
    ----------
    vocabulary_, fixed_vocabulary_
        As in scikit-learn.
    """

    def __init__(
        self,
        *,
        input: str = "content",  # noqa: A002
        encoding: str = "utf-8",
        decode_error: str = "strict",
        strip_accents: str | Callable[[str], str] | None = None,
        lowercase: bool = True,
        preprocessor: Callable[[Any], str] | None = None,
        tokenizer: Callable[[str], list[str]] | None = None,
        stop_words: str | list[str] | None = None,
        token_pattern: str | None = r"(?u)\b\w\w+\b",
        ngram_range: tuple[int, int] = (1, 1),
        analyzer: str | Callable[[Any], Iterable[str]] = "word",
        max_df: float = 1.0,
        min_df: float = 1,
        max_features: int | None = None,
        vocabulary: Mapping[str, int] | Iterable[str] | None = None,
        binary: bool = False,
        dtype: Any = np.int64,
        stemmer: str | Callable[[str], str] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            input=input, encoding=encoding, decode_error=decode_error,
            strip_accents=strip_accents, lowercase=lowercase, preprocessor=preprocessor,
            tokenizer=tokenizer, stop_words=stop_words, token_pattern=token_pattern,
            ngram_range=ngram_range, analyzer=analyzer, max_df=max_df, min_df=min_df,
            max_features=max_features, vocabulary=vocabulary, binary=binary, dtype=dtype,
        )  # fmt: skip
        self.stemmer = stemmer
        self.n_jobs = n_jobs


class TfidfVectorizer(_Compiled, sklearn_text.TfidfVectorizer):  # type: ignore[misc]
    """scikit-learn's ``TfidfVectorizer``, compiled.

    Parameters
    ----------
    input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer, analyzer, \
stop_words, token_pattern, ngram_range, max_df, min_df, max_features, vocabulary, binary, dtype, \
norm, use_idf, smooth_idf, sublinear_tf
        As in `sklearn.feature_extraction.text.TfidfVectorizer`.
    stemmer, n_jobs
        As in `CountVectorizer`.

    Attributes
    ----------
    vocabulary_, fixed_vocabulary_, idf_
        As in scikit-learn.
    """

    def __init__(
        self,
        *,
        input: str = "content",  # noqa: A002
        encoding: str = "utf-8",
        decode_error: str = "strict",
        strip_accents: str | Callable[[str], str] | None = None,
        lowercase: bool = True,
        preprocessor: Callable[[Any], str] | None = None,
        tokenizer: Callable[[str], list[str]] | None = None,
        analyzer: str | Callable[[Any], Iterable[str]] = "word",
        stop_words: str | list[str] | None = None,
        token_pattern: str | None = r"(?u)\b\w\w+\b",
        ngram_range: tuple[int, int] = (1, 1),
        max_df: float = 1.0,
        min_df: float = 1,
        max_features: int | None = None,
        vocabulary: Mapping[str, int] | Iterable[str] | None = None,
        binary: bool = False,
        dtype: Any = np.float64,
        norm: str | None = "l2",
        use_idf: bool = True,
        smooth_idf: bool = True,
        sublinear_tf: bool = False,
        stemmer: str | Callable[[str], str] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            input=input, encoding=encoding, decode_error=decode_error,
            strip_accents=strip_accents, lowercase=lowercase, preprocessor=preprocessor,
            tokenizer=tokenizer, analyzer=analyzer, stop_words=stop_words,
            token_pattern=token_pattern, ngram_range=ngram_range, max_df=max_df, min_df=min_df,
            max_features=max_features, vocabulary=vocabulary, binary=binary, dtype=dtype,
            norm=norm, use_idf=use_idf, smooth_idf=smooth_idf, sublinear_tf=sublinear_tf,
        )  # fmt: skip
        self.stemmer = stemmer
        self.n_jobs = n_jobs

    def fit_transform(self, raw_documents: RawDocuments, y: Any = None) -> Any:
        """Learn vocabulary and idf; return the weighted document-term matrix.

        Parameters
        ----------
        raw_documents : iterable
            As ``input`` says: str or bytes, files, or their names.
        y : None
            Ignored.

        Returns
        -------
        X : sparse matrix of shape (n_samples, n_features)
        """
        self._check_params()
        self._tfidf = sklearn_text.TfidfTransformer(
            norm=self.norm, use_idf=self.use_idf, smooth_idf=self.smooth_idf,
            sublinear_tf=self.sublinear_tf,
        )  # fmt: skip
        X = super(_SklearnTfidf, self).fit_transform(raw_documents)
        if self._is_compiled and X.dtype in _FLOATS and X.shape[0]:
            self._tfidf.n_features_in_ = X.shape[1]
            if self.use_idf:
                self._tfidf.idf_ = idf(X, smooth=self.smooth_idf)
        else:
            self._tfidf.fit(X)
        return _weighted(X, self._tfidf, self.n_jobs)

    def transform(self, raw_documents: RawDocuments) -> Any:
        """Return documents as weights by the learned vocabulary and idf.

        Parameters
        ----------
        raw_documents : iterable
            As ``input`` says: str or bytes, files, or their names.

        Returns
        -------
        X : sparse matrix of shape (n_samples, n_features)
        """
        check_is_fitted(self, msg="The TF-IDF vectorizer is not fitted")
        X = super(_SklearnTfidf, self).transform(raw_documents)
        return _weighted(X, self._tfidf, self.n_jobs)


def _stemmed_ngrams(
    tokens: Iterable[str],
    stop_words: Collection[str] = (),
    *,
    stemmer: Callable[[str], str],
    ngrams: Callable[[list[str]], list[str]],
) -> list[str]:
    """Return the n-grams of the stems of tokens without stop words."""
    return ngrams(list(filter(None, (stemmer(t) for t in tokens if t not in stop_words))))


def _min_length(vectorizer: Any) -> int | None:
    """Return the least length of a token; None if scikit-learn has to find the tokens."""
    if vectorizer.analyzer != "word" or vectorizer.tokenizer is not None:
        return None
    kind: Any = type(vectorizer)
    if _overrides(kind) or not _STEPS.isdisjoint(vars(vectorizer)):
        return None
    sizes = vectorizer.ngram_range
    has_words = all(isinstance(n, Integral) for n in sizes) and 1 <= sizes[0] <= sizes[1]
    if not has_words or not _is_known(vectorizer.dtype):
        return None
    return _shortest_run(str(vectorizer.token_pattern))


@functools.lru_cache
def _shortest_run(token_pattern: str) -> int | None:
    """Return the least length of a run that a pattern matches; None for other patterns."""
    pattern = _RUNS.fullmatch(token_pattern)
    if pattern is None:
        return None
    named = len(pattern[3]) // 2
    # \w\w+ is two or more; \w\w{3,} is four or more; \w{0,} has empty tokens.
    return (named if pattern[4] is None else named - 1 + int(pattern[4])) or None


@functools.lru_cache
def _overrides(kind: Hashable) -> bool:
    """Return whether a class overrides a step that finds tokens."""
    return any(getattr(kind, step) is not getattr(CountVectorizer, step) for step in _STEPS)


def _is_known(dtype: Any) -> bool:
    """Return whether kernels count in this type exactly as scikit-learn does."""
    try:
        return dtype is not None and np.dtype(dtype) in (np.int64, np.int32, *_FLOATS)
    except TypeError:
        return False


def _is_finite(transformer: Any, idf_: Any) -> bool:
    """Return whether every idf is finite; checked once for each array."""
    if getattr(transformer, "_finite_idf", None) is not idf_:
        if not np.isfinite(idf_).all():
            return False
        transformer._finite_idf = idf_
    return True


def _weighted(X: Any, transformer: sklearn_text.TfidfTransformer, n_jobs: int | None) -> Any:
    """Return counts as tf-idf weights; X may be changed."""
    n_rows, n_columns = X.shape
    idf_ = getattr(transformer, "idf_", None)
    if (
        X.dtype not in _FLOATS
        or not n_rows
        or n_columns != getattr(transformer, "n_features_in_", None)
        or (idf_ is not None and not (len(idf_) == n_columns and _is_finite(transformer, idf_)))
    ):
        return transformer.transform(X, copy=False)  # or raises scikit-learn's error
    weigh(
        X, sublinear=transformer.sublinear_tf, idf=idf_, norm=transformer.norm,
        n_jobs=n_jobs,
    )  # fmt: skip
    return X
