"""Documents: the input of a vectorizer, and its vocabulary and counts."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp

from relnews import _parallel
from relnews.estimators.columns import Columns, Counted, Features, Lookup, matrix
from relnews.text.analysis import stemmer_of
from relnews.text.counts import BATCH_BYTES, Batch, Counter
from relnews.text.vocabulary import Vocabulary


class Documents:
    """Documents as texts for the compiled pass, and the vocabulary and counts that it returns.

    Parameters
    ----------
    vectorizer : CountVectorizer
        The parameters of the pass.
    documents : iterable
        As ``vectorizer.input`` says: str or bytes, files, or their names.
    min_length : int
        Characters of the shortest term.
    """

    def __init__(self, vectorizer: Any, documents: Iterable[Any], min_length: int) -> None:
        self._documents = documents
        self._min_length = min_length
        self._vectorizer = vectorizer
        self._holds_text = vectorizer.input == "content"
        self._is_plain = vectorizer.preprocessor is None and not vectorizer.strip_accents
        self._lower = vectorizer.lowercase and self._is_plain

    def learn(self) -> tuple[Callable[[], list[str]], Any]:
        """Return a function that names the columns, in scikit-learn's order, and the counts."""
        vectorizer = self._vectorizer
        vectorizer.build_analyzer()  # checks parameters, and stop words once
        features, counted = self._count()
        n_documents = sum(words.n_articles for _, (words, _) in counted)
        frequency = features.frequencies(counted)
        if not frequency.any():
            msg = "empty vocabulary; perhaps the documents only contain stop words"
            raise ValueError(msg)
        low, high = (
            float(bound if isinstance(bound, Integral) else bound * n_documents)
            for bound in (vectorizer.min_df, vectorizer.max_df)
        )
        if high < low:  # scikit-learn raises its error later
            return list, sp.csr_matrix((n_documents, 0), dtype=vectorizer.dtype)
        terms = features.choose(frequency, low, high)
        if vectorizer.max_features is not None and len(terms) > vectorizer.max_features:
            if not vectorizer.binary:
                frequency = features.frequencies(counted, weighted=True)
            # Sorted as in scikit-learn, ties included.
            totals = frequency[terms].astype(_total_dtype(vectorizer.dtype))
            terms = terms[np.sort((-totals).argsort()[: vectorizer.max_features])]
        if not len(terms):
            msg = "After pruning, no terms remain. Try a lower min_df or a higher max_df."
            raise ValueError(msg)
        features.number(terms, np.arange(len(terms)))
        names, columns = features.names(terms), features.columns(counted)
        # Tables are freed now, and counts one after another: the matrix takes their memory.
        del features, counted
        n_workers = _parallel.n_workers(vectorizer.n_jobs)
        return names, matrix(columns, len(terms), vectorizer.dtype, n_workers)

    def look_up(self) -> Any:
        """Return the counts of the terms of a fitted or given vocabulary."""
        vectorizer = self._vectorizer
        vocabulary, n_workers = vectorizer.vocabulary_, 1
        if vectorizer.stop_words is not None or not self._is_plain:
            vectorizer.build_analyzer()  # checks parameters, and stop words once
        if vectorizer.stemmer is not None:
            # Stems are known only after the words have been met.
            features, counted = self._count()
            n_workers = _parallel.n_workers(vectorizer.n_jobs)
            terms = features.choose(features.frequencies(counted), 1, np.inf)
            columns = [vocabulary.get(name, -1) for name in features.names(terms)()]
            features.number(terms, np.array(columns, dtype=np.int32))
            return matrix(features.columns(counted), len(vocabulary), vectorizer.dtype, n_workers)
        lookup = _lookup(vectorizer)

        def count(_: None, texts: list[str]) -> Columns:
            batch = Batch.of(texts, lower=self._lower)
            return lookup.count(batch, lower=self._lower, min_length=self._min_length)

        batches = self._batches()
        first = list(itertools.islice(batches, 2))
        if len(first) == 2:
            n_workers = _parallel.n_workers(vectorizer.n_jobs)
        found = _parallel.with_each(count, [None] * n_workers, itertools.chain(first, batches))
        return matrix([counts for _, counts in found], len(vocabulary), vectorizer.dtype, n_workers)

    def _count(self) -> tuple[Features, list[Counted]]:
        """Return all terms of the documents, and their counts by batch."""
        vectorizer = self._vectorizer
        stop = _stop_words(vectorizer)
        counters = [
            Counter(
                stop.copy(), min_length=self._min_length, lower=self._lower,
                ngram_range=vectorizer.ngram_range, stemmer=stemmer_of(vectorizer.stemmer),
            )
            for _ in range(_parallel.n_workers(vectorizer.n_jobs))
        ]  # fmt: skip

        def count(counter: Counter, texts: list[str]) -> Any:
            return counter.count(Batch.of(texts, lower=self._lower))

        counted = list(_parallel.with_each(count, counters, self._batches()))
        if vectorizer.stemmer is not None and vectorizer.ngram_range[1] > 1:
            stems = [counter.words for counter in counters]
            if any((stem.blob[: stem.term_ptr[len(stem)]] <= ord(" ")).any() for stem in stems):
                msg = "stems that n-grams are made of must not contain spaces"
                raise ValueError(msg)
        return Features(counters), counted

    def _batches(self) -> Iterator[list[str]]:
        """Yield the texts in batches of about `BATCH_BYTES` characters."""
        texts: list[str] = []
        length = 0
        for document in self._documents:
            is_ready = self._is_plain and self._holds_text and isinstance(document, str)
            text = document if is_ready else self._text(document)
            texts.append(text)
            length += len(text)
            if length >= BATCH_BYTES:
                yield texts
                texts, length = [], 0
        if texts:
            yield texts

    @functools.cached_property
    def _preprocess(self) -> Callable[[Any], Any]:
        preprocess: Callable[[Any], Any] = self._vectorizer.build_preprocessor()
        return preprocess

    def _text(self, document: Any) -> str:
        document = self._vectorizer.decode(document)
        if not (self._is_plain and isinstance(document, str)):
            document = self._preprocess(document)
        if not isinstance(document, str):
            self._vectorizer.build_tokenizer()(document)  # raises scikit-learn's error
        return document  # type: ignore[no-any-return]


def _lookup(vectorizer: Any) -> Lookup:
    """Return the lookup of the vocabulary, cached until the vocabulary changes."""
    vocabulary = vectorizer.vocabulary_
    # The vocabulary itself, not its id: the next one may have the same address.
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
    """Return the type of the sums of a column in scikit-learn."""
    return sp.csr_matrix((1, 1), dtype=dtype).sum(axis=0).dtype
