"""CountVectorizer and TfidfVectorizer: scikit-learn's, with the work compiled.

Parameters, attributes, results, warnings and errors are scikit-learn's: the classes are subclasses
of its own, and only the counting of terms, the ordering of columns and the weighing are replaced,
where the configuration allows it. What is left to scikit-learn: analyzers and tokenizers that are
callables, character n-grams, and token patterns other than runs of word characters.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction import text as sklearn_text
from sklearn.utils.validation import check_is_fitted

from relnews import _parallel
from relnews.counts import BATCH_BYTES, Batch, Counter, Counts
from relnews.features import Columns, Features, Lookup, idf, matrix, weigh
from relnews.vocabulary import Vocabulary

#: Token patterns that the compiled pass covers: runs of at least so many word characters.
_RUNS = re.compile(r"(?:\(\?u\))?(\\b)?(\()?((?:\\w)+)(?:\+|\{([0-9]+),\})(?(2)\))(?:\\b)?")

#: Types of numbers that tf-idf weights are computed in.
_FLOATS = (np.float64, np.float32)

#: What subclasses override to find tokens their own way, as scikit-learn's guide says.
_STEPS = ("build_analyzer", "build_preprocessor", "build_tokenizer", "decode", "_word_ngrams")

Documents = Iterable[Any]


class _Compiled:
    """The steps of scikit-learn's ``fit_transform`` and ``transform`` that are replaced.

    scikit-learn goes on to check parameters and to warn, and asks for the counts, for columns in
    order, and for only those that are frequent enough. Compiled, all three are one step.
    """

    _is_compiled = False

    def _count_vocab(self, raw_documents: Documents, fixed_vocab: bool) -> tuple[Any, Any]:
        min_length = _min_length(self)
        if fixed_vocab and self.stemmer is not None:  # type: ignore[attr-defined]
            min_length = None
        self._is_compiled = min_length is not None
        if min_length is None:
            return super()._count_vocab(raw_documents, fixed_vocab)  # type: ignore[misc,no-any-return]
        texts = _Texts(self, raw_documents)
        if fixed_vocab:
            return self.vocabulary_, _look_up(self, texts, min_length)  # type: ignore[attr-defined]
        return _learn(self, texts, min_length)

    def build_analyzer(self) -> Callable[[Any], list[str]]:
        """Return a function from a document to its terms.

        Returns
        -------
        analyzer : callable
        """
        analyzer: functools.partial[list[str]] = super().build_analyzer()  # type: ignore[misc]
        if self.stemmer is None or self.analyzer != "word":  # type: ignore[attr-defined]
            return analyzer
        stemmer = functools.cache(self.stemmer)  # type: ignore[attr-defined]
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
        return state


class CountVectorizer(_Compiled, sklearn_text.CountVectorizer):  # type: ignore[misc]
    """scikit-learn's ``CountVectorizer``, compiled.

    Parameters
    ----------
    input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer, stop_words, \
token_pattern, ngram_range, analyzer, max_df, min_df, max_features, vocabulary, binary, dtype
        As in `sklearn.feature_extraction.text.CountVectorizer`.
    stemmer : callable, default=None
        Called once with each distinct token, after stop words are removed; what it returns (a
        str) is counted in its place, or nothing if that is empty. Only for words.
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
        stemmer: Callable[[str], str] | None = None,
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
        stemmer: Callable[[str], str] | None = None,
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

    def fit_transform(self, raw_documents: Documents, y: Any = None) -> Any:
        """Learn vocabulary and idf, return the weighted document-term matrix.

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
        X = super(sklearn_text.TfidfVectorizer, self).fit_transform(raw_documents)
        if self._is_compiled and X.dtype in _FLOATS and X.shape[0]:
            self._tfidf.n_features_in_ = X.shape[1]
            if self.use_idf:
                self._tfidf.idf_ = idf(X, smooth=self.smooth_idf)
        else:
            self._tfidf.fit(X)
        return _weighted(X, self._tfidf, self.n_jobs)

    def transform(self, raw_documents: Documents) -> Any:
        """Weigh documents by the vocabulary and idf learned before.

        Parameters
        ----------
        raw_documents : iterable
            As ``input`` says: str or bytes, files, or their names.

        Returns
        -------
        X : sparse matrix of shape (n_samples, n_features)
        """
        check_is_fitted(self, msg="The TF-IDF vectorizer is not fitted")
        X = super(sklearn_text.TfidfVectorizer, self).transform(raw_documents)
        return _weighted(X, self._tfidf, self.n_jobs)


def _stemmed_ngrams(
    tokens: Iterable[str],
    stop_words: Collection[str] = (),
    *,
    stemmer: Callable[[str], str],
    ngrams: Callable[[list[str]], list[str]],
) -> list[str]:
    """Return the n-grams of the stems of the tokens that are no stop words."""
    return ngrams(list(filter(None, (stemmer(t) for t in tokens if t not in stop_words))))


def _min_length(vectorizer: Any) -> int | None:
    """Return the length of the shortest token, None if scikit-learn has to find the tokens."""
    if vectorizer.analyzer != "word" or vectorizer.tokenizer is not None:
        return None
    if any(_is_overridden(vectorizer, step) for step in _STEPS):
        return None
    pattern = _RUNS.fullmatch(str(vectorizer.token_pattern))
    sizes = vectorizer.ngram_range
    has_words = all(isinstance(n, Integral) for n in sizes) and 1 <= sizes[0] <= sizes[1]
    if pattern is None or not has_words or not _is_known(vectorizer.dtype):
        return None
    named = len(pattern[3]) // 2
    # \w\w+ is two or more; \w\w{3,} is four or more; \w{0,} has empty tokens.
    return (named if pattern[4] is None else named - 1 + int(pattern[4])) or None


def _is_overridden(vectorizer: Any, step: str) -> bool:
    """Say whether a method is that of a subclass."""
    method = getattr(getattr(vectorizer, step), "__func__", None)
    return method is not getattr(CountVectorizer, step)


def _is_known(dtype: Any) -> bool:
    """Say whether counts of this type are exact, and none that scikit-learn takes otherwise."""
    try:
        return dtype is not None and np.dtype(dtype) in (np.int64, np.int32, *_FLOATS)
    except TypeError:
        return False


class _Texts:
    """Documents as the texts that the compiled pass takes.

    Parameters
    ----------
    vectorizer : CountVectorizer
    documents : iterable

    Attributes
    ----------
    lower : bool
        The compiled pass has to lower-case.
    """

    def __init__(self, vectorizer: Any, documents: Documents) -> None:
        vectorizer.build_analyzer()  # checks parameters, and stop words once
        self.documents = documents
        self.lower = (
            vectorizer.lowercase
            and vectorizer.preprocessor is None
            and not vectorizer.strip_accents
        )
        self._decode = vectorizer.decode
        self._holds_text = vectorizer.input == "content"
        self._preprocess = vectorizer.build_preprocessor()
        self._tokenize = vectorizer.build_tokenizer()
        self._is_plain = self.lower or (
            vectorizer.preprocessor is None and not vectorizer.strip_accents
        )

    def batches(self, n_bytes: int) -> Iterator[list[str]]:
        """Yield the texts, some of them at a time, of about n_bytes together."""
        texts: list[str] = []
        length = 0
        for document in self.documents:
            is_ready = self._is_plain and self._holds_text and isinstance(document, str)
            text = document if is_ready else self._text(document)
            texts.append(text)
            length += len(text)
            if length >= n_bytes:
                yield texts
                texts, length = [], 0
        if texts:
            yield texts

    def _text(self, document: Any) -> str:
        document = self._decode(document)
        if not (self._is_plain and isinstance(document, str)):
            document = self._preprocess(document)
        if not isinstance(document, str):
            self._tokenize(document)  # says what is wrong with it
        return document  # type: ignore[no-any-return]


def _learn(vectorizer: Any, texts: _Texts, min_length: int) -> tuple[dict[str, int], Any]:
    """Return the vocabulary that scikit-learn's rules make of documents, and their counts."""
    stop = _stop_words(vectorizer)
    n_workers = _parallel.n_workers(vectorizer.n_jobs)
    counters = [
        Counter(
            stop.copy(), min_length=min_length, lower=texts.lower,
            ngram_range=vectorizer.ngram_range, stemmer=vectorizer.stemmer,
        )
        for _ in range(n_workers)
    ]  # fmt: skip

    def count(counter: Counter, batch: list[str]) -> tuple[Counts, Counts | None]:
        return counter.count(Batch.of(batch, lower=texts.lower))

    batches = texts.batches(_batch_bytes(n_workers))
    counted = list(_parallel.with_each(count, counters, batches))
    n_documents = sum(words.n_articles for _, (words, _) in counted)
    if vectorizer.stemmer is not None and vectorizer.ngram_range[1] > 1:
        stems = [counter.words for counter in counters]
        if any((stem.blob[: stem.term_ptr[len(stem)]] <= ord(" ")).any() for stem in stems):
            msg = "stems that n-grams are made of must not contain spaces"
            raise ValueError(msg)
    features = Features(counters)
    frequency = features.frequencies(counted)
    if not frequency.any():
        msg = "empty vocabulary; perhaps the documents only contain stop words"
        raise ValueError(msg)
    low, high = (
        float(bound if isinstance(bound, Integral) else bound * n_documents)
        for bound in (vectorizer.min_df, vectorizer.max_df)
    )
    if high < low:  # scikit-learn goes on to say so
        return {}, sp.csr_matrix((n_documents, 0), dtype=vectorizer.dtype)
    terms = features.choose(frequency, low, high)
    if vectorizer.max_features is not None and len(terms) > vectorizer.max_features:
        if not vectorizer.binary:
            frequency = features.frequencies(counted, weighted=True)
        # As scikit-learn sorts them, ties included.
        totals = frequency[terms].astype(_total_dtype(vectorizer.dtype))
        terms = terms[np.sort((-totals).argsort()[: vectorizer.max_features])]
    if not len(terms):
        msg = "After pruning, no terms remain. Try a lower min_df or a higher max_df."
        raise ValueError(msg)
    features.number(terms)
    columns = [
        (words, features.word_columns[worker], phrases,
         None if phrases is None else features.phrase_columns[worker])
        for worker, (words, phrases) in counted
    ]  # fmt: skip
    result = matrix(columns, features.n_columns, vectorizer.dtype, n_workers)
    return features.names(), result


def _look_up(vectorizer: Any, texts: _Texts, min_length: int) -> Any:
    """Return the counts of the terms of a fitted or given vocabulary."""
    lookup = _lookup(vectorizer)
    n_workers = _parallel.n_workers(vectorizer.n_jobs)

    def count(_: None, batch: list[str]) -> Columns:
        encoded = Batch.of(batch, lower=texts.lower)
        return lookup.count(encoded, lower=texts.lower, min_length=min_length)

    batches = texts.batches(_batch_bytes(n_workers))
    counted = _parallel.with_each(count, [None] * n_workers, batches)
    columns = [counts for _, counts in counted]
    return matrix(columns, len(vectorizer.vocabulary_), vectorizer.dtype, n_workers)


def _batch_bytes(n_workers: int) -> int:
    """Return how much text to count at a time; threads that hand over less often wait less."""
    return BATCH_BYTES if n_workers == 1 else 4 * BATCH_BYTES


def _lookup(vectorizer: Any) -> Lookup:
    """Return what terms are looked up in; kept until the vocabulary is another one."""
    vocabulary = vectorizer.vocabulary_
    # The vocabulary itself, for the next one may be where it was.
    key = (vocabulary, len(vocabulary), vectorizer.ngram_range, vectorizer.get_stop_words())
    known, lookup = getattr(vectorizer, "_lookup", (None, None))
    if known != key or lookup is None:
        lookup = Lookup(vocabulary, _stop_words(vectorizer), vectorizer.ngram_range)
        vectorizer._lookup = key, lookup
    return lookup


def _stop_words(vectorizer: Any) -> Vocabulary:
    words = vectorizer.get_stop_words() or ()
    return Vocabulary.of(
        sorted(
            word.encode("utf-8", "surrogatepass")
            for word in set(words)
            if isinstance(word, str) and word
        )
    )


def _total_dtype(dtype: Any) -> Any:
    """Return the type that scikit-learn has the sums of a column in."""
    return sp.csr_matrix((1, 1), dtype=dtype).sum(axis=0).dtype


def _is_finite(transformer: Any, idf_: Any) -> bool:
    """Say whether every idf is a number; asked once for each array of them."""
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
        return transformer.transform(X, copy=False)  # or says what is wrong
    weigh(
        X, sublinear=transformer.sublinear_tf, idf=idf_, norm=transformer.norm,
        n_jobs=n_jobs,
    )  # fmt: skip
    return X
