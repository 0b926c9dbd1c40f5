"""Columns: the terms that become columns of a matrix, their order, and the matrix."""

from __future__ import annotations

import collections
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relnews import _parallel
from relnews._kernels import rows
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import CountArrays
from relnews.text.counts import Batch, Counter, Phrases, count_words, term_runs
from relnews.text.rows import Counts
from relnews.text.term_order import spelled
from relnews.text.vocabulary import Runs, Vocabulary, Workspace

#: Number types of the kernels.
_KERNEL_TYPES = {np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.float32)}

#: Below this many elements, starting a thread takes longer than weighing.
_WORTH_A_THREAD = 1 << 18

#: Counts of a batch: number of the worker, counts of words, counts of phrases.
Counted = tuple[int, tuple[Counts, Counts | None]]

#: Counts of words, their columns, counts of phrases, their columns. -1 is no column.
Columns = tuple[Counts, NDArray[np.int32], Counts, NDArray[np.int32]]

#: Empty terms, counts or columns.
_NOTHING = np.empty(0, dtype=np.int32)

#: Common numbers of a counter's terms; a slice for the counter that already has them.
Map = NDArray[np.int32] | slice


class Features:
    """The terms of several counters, as one set of columns.

    Parameters
    ----------
    counters : sequence of Counter
        Each with its own numbers for words and phrases.
    """

    def __init__(self, counters: Sequence[Counter]) -> None:
        first, *others = counters
        self._words, self._phrases = first.words, first.phrases
        # The numbers of the first counter stay.
        self._word_maps: list[Map] = [slice(len(self._words))]
        self._phrase_maps: list[Map] = [slice(len(self._phrases or ()))]
        for other in others:
            numbers = self._words.merge(other.words)
            self._word_maps.append(numbers)
            if self._phrases is not None and other.phrases is not None:
                self._phrase_maps.append(self._phrases.merge(other.phrases, numbers))
        self._n_words, self._n_phrases = len(self._words), len(self._phrases or ())
        self._word_columns: list[NDArray[np.int32]] = []
        self._phrase_columns: list[NDArray[np.int32]] = []

    def frequencies(
        self, counted: Sequence[Counted], *, weighted: bool = False
    ) -> NDArray[np.int64]:
        """Return the document frequency of each term, or its total count if weighted.

        Parameters
        ----------
        counted : sequence of Counted
            Counts by batch.
        weighted : bool, default=False
            Sum counts instead of documents.

        Returns
        -------
        int64 array of shape (n_words + n_phrases,)
        """
        total = np.zeros(self._n_words + self._n_phrases, dtype=np.int64)
        totals = total[: self._n_words], total[self._n_words :]
        for kind, maps in enumerate([self._word_maps, self._phrase_maps]):
            parts = [
                totals[kind] if isinstance(numbers, slice) else np.zeros(len(numbers), np.int64)
                for numbers in maps
            ]
            for worker, both in counted:
                counts = both[kind]
                if counts is not None:
                    rows.add_frequencies(counts.term, counts.count, weighted, parts[worker])
            for numbers, part in zip(maps, parts, strict=True):
                if not isinstance(numbers, slice):
                    rows.add(part, numbers, totals[kind])
        return total

    def choose(self, frequency: NDArray[np.int64], low: float, high: float) -> NDArray[np.int64]:
        """Return the terms with frequencies within bounds, ordered by code points.

        Parameters
        ----------
        frequency : int64 array of shape (n_words + n_phrases,)
            Document frequency of each term.
        low, high : float
            Inclusive bounds; terms in no document are left out.
        """
        kept = np.flatnonzero((frequency >= max(low, 1)) & (frequency <= high))
        return kept[self._order(kept)]

    def number(self, terms: NDArray[np.int64], columns: NDArray[np.integer[Any]]) -> None:
        """Assign columns to terms; -1 is no column."""
        numbers = np.full(self._n_words + self._n_phrases, -1, dtype=np.int32)
        numbers[terms] = columns
        words, phrases = numbers[: self._n_words], numbers[self._n_words :]
        self._word_columns = [frozen(words[numbers]) for numbers in self._word_maps]
        self._phrase_columns = [frozen(phrases[numbers]) for numbers in self._phrase_maps]

    def columns(self, counted: Sequence[Counted]) -> list[Columns]:
        """Return counts with the columns of their terms."""
        return [
            (words, self._word_columns[worker], none(words.n_articles), _NOTHING)
            if phrases is None
            else (words, self._word_columns[worker], phrases, self._phrase_columns[worker])
            for worker, (words, phrases) in counted
        ]  # fmt: skip

    def names(self, terms: NDArray[np.int64]) -> Callable[[], list[str]]:
        """Return a function that makes the names of terms; it keeps only the bytes it needs."""
        spelling = terms[:, None] if self._phrases is None else self._spelling(terms)
        words = self._words
        n_bytes = int(words.term_ptr[len(words)]) + 8
        return functools.partial(
            spelled, words.blob[:n_bytes].copy(), words.term_ptr[: len(words) + 1].copy(), spelling
        )

    def _order(self, terms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the sort order of terms, word by word: a space sorts before any letter."""
        rank = np.empty(len(self._words), dtype=np.int64)
        rank[self._words.sort()] = np.arange(len(rank))
        if self._phrases is None:
            return np.argsort(rank[terms])
        words = self._spelling(terms)
        ranks = np.where(words >= 0, rank[words] + 1, 0)
        bits = int(len(rank) + 1).bit_length()
        per_key = 63 // bits
        keys = []
        for first in range(0, ranks.shape[1], per_key):
            key = np.zeros(len(terms), dtype=np.int64)
            for column in ranks[:, first : first + per_key].T:
                key = (key << bits) | column
            keys.append(key)
        return np.argsort(keys[0]) if len(keys) == 1 else np.lexsort(keys[::-1])

    def _spelling(self, terms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the words of terms, int64 array of shape (n, longest), padded with -1."""
        assert self._phrases is not None
        is_word = terms < self._n_words
        words = np.full((len(terms), self._phrases.longest), -1, dtype=np.int64)
        words[is_word, 0] = terms[is_word]
        words[~is_word] = _spelled(self._phrases, terms[~is_word] - self._n_words)
        return words


def _spelled(phrases: Phrases, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the words of phrases, int64 array of shape (n, longest), padded with -1."""
    if phrases.longest == 2:
        return np.column_stack(phrases.parts(numbers)[:2])
    words = np.full((len(numbers), phrases.longest), -1, dtype=np.int64)
    length = np.ones(len(numbers), dtype=np.int64)
    # Filled from the last word to the first, then shifted to the left.
    current, at = numbers, np.arange(len(numbers))
    column = phrases.longest - 1
    while len(at):
        first, last, goes_on = phrases.parts(current)
        words[at, column] = last
        length[at] += 1
        words[at[~goes_on], column - 1] = first[~goes_on]
        at, current = at[goes_on], first[goes_on]
        column -= 1
    width = words.shape[1]
    places = np.arange(width) + (width - length)[:, None]
    shifted = np.take_along_axis(words, np.minimum(places, width - 1), axis=1)
    return np.where(places < width, shifted, -1)


def none(n_rows: int) -> Counts:
    """Return the counts of empty rows."""
    return Counts(np.zeros(n_rows + 1, dtype=np.int64), _NOTHING, _NOTHING)


#: Replaces the counts of a batch that are in the matrix already.
_USED_UP: Columns = (none(0), _NOTHING, none(0), _NOTHING)


def matrix(counted: list[Columns], n_columns: int, dtype: Any, n_workers: int) -> sp.csr_matrix:
    """Return counts as a matrix with its columns in order.

    Parameters
    ----------
    counted : list of (words, their columns, phrases, their columns)
        By batch; column -1 leaves a term out. The counts are overwritten, and freed one batch
        after another.
    n_columns : int
        Columns of the matrix.
    dtype : dtype
        Number type of the matrix.
    n_workers : int
        Threads.
    """
    dtype = np.dtype(dtype)
    first_rows = [0, *itertools.accumulate(words.n_articles for words, *_ in counted)]
    indptr = np.zeros(first_rows[-1] + 1, dtype=np.int64)
    lengths = indptr[1:]

    def renumber(batches: range) -> None:
        for batch in batches:
            length = lengths[first_rows[batch] :]
            words, word_columns, phrases, phrase_columns = counted[batch]
            for counts, columns in ((words, word_columns), (phrases, phrase_columns)):
                if len(counts.term):
                    rows.to_columns(counts.row_ptr, counts.term, counts.count, columns, length)

    _each_part(renumber, len(counted), n_workers)
    longest = int(lengths.max(initial=0))
    lengths.cumsum(out=lengths)
    nnz = int(indptr[-1])
    data = np.empty(nnz, dtype=dtype if dtype in _KERNEL_TYPES else np.int64)
    indices = np.empty(nnz, dtype=np.int32 if nnz < 1 << 31 else np.int64)

    def fill(batches: range) -> None:
        scratch = (*np.empty((2, longest), np.uint64), np.empty(rows.N_PLACES, np.int64))
        for batch in batches:
            words, _, phrases, _ = counted[batch]
            # The next rows will reuse the memory of these counts.
            counted[batch] = _USED_UP
            rows.fill(
                CountArrays(words.row_ptr, words.term, words.count),
                CountArrays(phrases.row_ptr, phrases.term, phrases.count),
                frozen(indptr[first_rows[batch] : first_rows[batch + 1] + 1]),
                n_columns, *scratch, indices, data,
            )  # fmt: skip

    _each_part(fill, len(counted), n_workers)
    # SciPy wants indices and indptr of one type; other number types are converted at the end.
    indptr = indptr.astype(indices.dtype, copy=False)
    return _csr(data.astype(dtype, copy=False), indices, indptr, n_columns)


def _each_part(function: Callable[[range], None], n: int, n_workers: int) -> None:
    """Call a function with parts of range(n), several for each thread."""
    if n_workers == 1:
        function(range(n))
        return
    step = n // (4 * n_workers) + 1
    parts = (range(i, min(i + step, n)) for i in range(0, n, step))
    collections.deque(_parallel.in_order(function, parts, n_workers), maxlen=0)


def _csr(
    data: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any], n_columns: int
) -> sp.csr_matrix:
    result = sp.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, n_columns))
    result.has_sorted_indices = True
    result.has_canonical_format = True
    return result


def idf(counts: Any, *, smooth: bool) -> NDArray[Any]:
    """Return the idf of the columns of a matrix of counts, as ``TfidfTransformer`` computes it.

    Parameters
    ----------
    counts : CSR matrix of float32 or float64
        Counts of terms.
    smooth : bool
        Add a document that has every term.
    """
    frequency = np.zeros(counts.shape[1], dtype=np.int64)
    rows.add_frequencies(counts.indices, counts.indices, False, frequency)
    n, df = counts.shape[0] + int(smooth), frequency.astype(counts.dtype) + int(smooth)
    result: NDArray[Any] = np.log(np.full_like(df, n) / df) + 1
    return result.astype(counts.dtype, copy=False)


def weigh(
    counts: Any,
    *,
    sublinear: bool,
    idf: NDArray[Any] | None,
    norm: str | None,
    n_jobs: int | None = None,
) -> None:
    """Turn a matrix of counts (float32 or float64) into tf-idf weights, in place.

    Parameters
    ----------
    counts : CSR matrix
        Counts of terms; replaced by weights.
    sublinear : bool
        Weigh a count tf by 1 + ln(tf).
    idf : array of shape (n_columns,) or None
        Factor of each column; None is 1.
    norm : {'l1', 'l2'} or None
        Norm that each row is divided by.
    n_jobs : int, default=None
        Threads; a small matrix is weighed by one.
    """
    dtype = counts.data.dtype
    idf = np.empty(0, dtype=dtype) if idf is None else np.asarray(idf, dtype=dtype)
    idf, norm_number = frozen(idf), {None: 0, "l1": 1, "l2": 2}[norm]

    def weigh_rows(part: range) -> None:
        rows.weigh(
            counts.indptr[part.start : part.stop + 1], counts.indices, counts.data, sublinear,
            _logarithms(dtype), idf, norm_number,
        )  # fmt: skip

    n_workers = 1 if counts.nnz < _WORTH_A_THREAD else _parallel.n_workers(n_jobs)
    _each_part(weigh_rows, counts.shape[0], n_workers)


@functools.cache
def _logarithms(dtype: Any) -> NDArray[Any]:
    """Return 1 + ln(i) of small numbers i, as numpy computes it."""
    return frozen(1 + np.log(np.maximum(np.arange(256, dtype=dtype), 1)))


class Lookup:
    """A given vocabulary, prepared for the compiled pass to look terms up.

    Parameters
    ----------
    vocabulary : mapping of str to int
        Columns by term.
    stop : Vocabulary
        Stop words.
    ngram_range : (int, int)
        Least and most words of a term.
    """

    def __init__(
        self, vocabulary: Mapping[str, int], stop: Vocabulary, ngram_range: tuple[int, int]
    ) -> None:
        min_n, max_n = ngram_range
        self.n_stop = len(stop)
        self._counts_words = min_n == 1
        self.words = stop
        items = [(name, column) for name, column in vocabulary.items() if isinstance(name, str)]
        names = [name.encode("utf-8", "surrogatepass") for name, _ in items]
        columns = np.array([column for _, column in items], dtype=np.int32)
        if not ((columns >= 0) & (columns < len(vocabulary))).all():
            msg = f"a vocabulary of size {len(vocabulary)} must have columns from 0 on"
            raise ValueError(msg)
        # A name can be met if it consists of words with a single space between them.
        runs = Runs.of(names, [name.isascii() for name in names], lower=False)
        word = self.words.number(runs, 1)
        begins = np.searchsorted(runs.start[: runs.n], runs.part_ptr)
        n_words = np.diff(begins)
        lengths = np.zeros(runs.n + 1, dtype=np.int64)
        np.cumsum(runs.end[: runs.n] - runs.start[: runs.n], out=lengths[1:])
        gaps = runs.text[runs.end[: runs.n]] == 0x20
        inner = np.zeros(runs.n + 1, dtype=np.int64)
        np.cumsum(gaps, out=inner[1:])
        whole = (
            np.diff(lengths[begins]) + n_words - 1 == np.array([len(name) for name in names])
        ) & (n_words > 0)
        # The byte behind a part's last word is the space that ends the part.
        whole &= np.diff(inner[begins]) == n_words
        self.word_column = np.full(len(self.words), -1, dtype=np.int32)
        singles = np.flatnonzero(whole & (n_words == 1))
        self.word_column[word[begins[singles]]] = columns[singles]
        # One entry for each thread that counts.
        self._idle: collections.deque[tuple[Workspace, NDArray[np.int32], Phrases | None]]
        self._idle = collections.deque()
        self.words = self.words.freeze()
        self.word_column = frozen(self.word_column)
        self.phrases: Phrases | None = None
        self.phrase_column = np.empty(0, dtype=np.int32)
        if max_n > 1:
            self.phrases = Phrases(min_n, max_n)
            batch = Batch()
            for name in names:
                batch.add([(name, True, 1)])
            counts = self.phrases.count(runs, word, batch, 0)
            self.phrase_column = np.full(len(self.phrases), -1, dtype=np.int32)
            # The phrase of all n words of a name is counted last.
            wanted = np.flatnonzero(whole & (n_words >= self.phrases.min_n) & (n_words <= max_n))
            self.phrase_column[counts.term[counts.row_ptr[wanted + 1] - 1]] = columns[wanted]
            self.phrase_column = frozen(self.phrase_column)

    def count(self, batch: Batch, *, lower: bool, min_length: int) -> Columns:
        """Return words, their columns, phrases and their columns of a batch."""
        try:
            workspace, tally, phrases = self._idle.pop()
        except IndexError:
            workspace = Workspace()
            tally = np.zeros(len(self.words), dtype=np.int32)
            phrases = None if self.phrases is None else self.phrases.copy()
        runs = Runs.of(batch.texts, batch.is_ascii, lower=lower, workspace=workspace)
        word = self.words.find(runs, min_length)
        terms = term_runs(runs, word, batch)
        words = count_words(runs, terms, batch, self.n_stop, tally if self._counts_words else None)
        if phrases is None:
            counts = none(batch.n_rows)
        else:
            counts = phrases.count(runs, word, batch, self.n_stop, grow=False)
        self._idle.append((workspace, tally, phrases))
        return words, self.word_column, counts, self.phrase_column
