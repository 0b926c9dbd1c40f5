"""Counts: the number of times that each article has each term, in one pass over the bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import counting, tokens
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import CountArrays, TermRuns
from relnews._kernels.counting import PhraseScratch
from relnews.text.encoding import encode
from relnews.text.rows import Counts
from relnews.text.vocabulary import Runs, Vocabulary, Workspace

#: Size in bytes of a batch of texts, small enough to stay in the cache from step to step.
BATCH_BYTES = 1 << 19

_FIRST_TABLE = 1 << 15


class Counter:
    """A counter of the terms of articles, added one at a time; it gathers their vocabulary.

    Parameters
    ----------
    stop : Vocabulary, optional
        Words that are not counted; the vocabulary of the counter begins with them.
    n_stop : int, optional
        Words of ``stop`` numbered from here on are counted; by default no word of it is.
    min_length : int, default=2
        Minimum number of characters of a term.
    lower : bool, default=True
        Count lower-cased terms.
    ngram_range : (int, int), default=(1, 1)
        Minimum and maximum number of words of the phrases to count; 1 means words.
    stemmer : callable, optional
        Called once for each distinct term, a str; the returned stem is counted instead.

    Attributes
    ----------
    vocabulary : Vocabulary
        The words so far; `words` has the counted words or stems.
    phrases : Phrases or None
        The phrases so far; None if only words are counted.
    n_stop : int
        Words numbered below are stop words.
    n_pairs : int
        Number of pairs counted since the last `take`, without the text that waits.
    """

    def __init__(
        self,
        stop: Vocabulary | None = None,
        n_stop: int | None = None,
        *,
        min_length: int = 2,
        lower: bool = True,
        ngram_range: tuple[int, int] = (1, 1),
        stemmer: Callable[[str], str] | None = None,
    ) -> None:
        self.vocabulary = Vocabulary.empty() if stop is None else stop
        self.n_stop = len(self.vocabulary) if n_stop is None else n_stop
        self.phrases = Phrases(*ngram_range) if ngram_range[1] > 1 else None
        self.lower = lower
        self._min_length = min_length
        self._counts_words = ngram_range[0] == 1
        self._stems = Stems(stemmer, self.n_stop) if stemmer else None
        self._tally = np.zeros(0, dtype=np.int32)
        self._workspace = Workspace()
        self._batch = Batch()
        self._counted: list[tuple[Counts, Counts | None]] = []
        self.n_pairs = 0

    def add(self, parts: Iterable[tuple[bytes, bool, int]]) -> None:
        """Add an article: its texts as `relnews.text.analysis.encode` returns them, and weights."""
        self._batch.add(parts)
        if self._batch.n_bytes >= BATCH_BYTES:
            self._count_waiting()

    def take(self) -> tuple[Counts, Counts | None]:
        """Return the counts of words and of phrases of the articles added since the last call."""
        if self._batch.n_rows or not self._counted:
            self._count_waiting()
        words, phrases = zip(*self._counted, strict=True)
        self._counted = []
        self.n_pairs = 0
        return (
            Counts.concatenate(words),
            None if self.phrases is None else Counts.concatenate(phrases),
        )

    def count(self, batch: Batch) -> tuple[Counts, Counts | None]:
        """Return the counts of words and of phrases of a batch; None if not counted."""
        runs = Runs.of(batch.texts, batch.is_ascii, lower=self.lower, workspace=self._workspace)
        term = self.vocabulary.number(runs, self._min_length)
        n_stop, n_terms = self.n_stop, len(self.vocabulary)
        if self._stems is not None:
            term = self._stems.replace(term, self.vocabulary)
            n_stop, n_terms = 0, len(self._stems)
        self._tally = zeros(self._tally, n_terms)
        tally = self._tally if self._counts_words else None
        words = count_words(runs, term_runs(runs, term, batch), batch, n_stop, tally)
        if self.phrases is None:
            return words, None
        return words, self.phrases.count(runs, term, batch, n_stop)

    def _count_waiting(self) -> None:
        batch, self._batch = self._batch, Batch()
        words, phrases = self.count(batch)
        self._counted.append((words, phrases))
        self.n_pairs += len(words.term)

    @property
    def words(self) -> Vocabulary:
        """The counted words, or the stems if there is a stemmer."""
        return self.vocabulary if self._stems is None else self._stems.vocabulary


class Batch:
    """Texts waiting for the compiled pass. All parts of an article are in one batch."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.is_ascii: list[bool] = []
        self.rows: list[int] = []
        self.weights: list[int] = []
        self.n_bytes = 0
        self.n_rows = 0

    @classmethod
    def of(cls, texts: Sequence[str], *, lower: bool) -> Batch:
        """Return a batch of articles of one text each."""
        batch = cls()
        batch.is_ascii = list(map(str.isascii, texts))
        batch.texts = [
            text.encode() if is_ascii else encode(text, lower=lower)[0]
            for text, is_ascii in zip(texts, batch.is_ascii, strict=True)
        ]
        batch.n_rows = len(texts)
        batch.rows = list(range(len(texts)))
        batch.weights = [1] * len(texts)
        return batch

    def add(self, parts: Iterable[tuple[bytes, bool, int]]) -> None:
        """Add the parts of one article."""
        for text, is_ascii, weight in parts:
            self.texts.append(text)
            self.is_ascii.append(is_ascii)
            self.rows.append(self.n_rows)
            self.weights.append(weight)
            self.n_bytes += len(text)
        self.n_rows += 1


class Stems:
    """The stems of terms; the stemmer is called once for each term.

    Parameters
    ----------
    stemmer : callable
        A function from a word to its stem, both str.
    n_stop : int
        Terms numbered below are stop words, without stem.
    """

    def __init__(self, stemmer: Callable[[str], str], n_stop: int) -> None:
        self._vocabulary = Vocabulary.empty()
        self._stemmer = stemmer
        self._numbers: dict[str, int] = {}
        self._stem_of = np.full(n_stop, tokens.NOT_A_TERM, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def vocabulary(self) -> Vocabulary:
        """The stems."""
        if len(self._vocabulary) < len(self):
            self._vocabulary = Vocabulary.of(
                stem.encode("utf-8", "surrogatepass") for stem in self._numbers
            )
        return self._vocabulary

    def replace(self, term: NDArray[np.int32], vocabulary: Vocabulary) -> NDArray[np.int32]:
        """Return the numbers of the stems of terms; an empty stem is not a term."""
        known = len(self._stem_of)
        words = vocabulary.decode(np.arange(known, len(vocabulary)))
        new = [self._stemmer(word) for word in words]
        numbers = [
            self._numbers.setdefault(stem, len(self)) if stem else tokens.NOT_A_TERM for stem in new
        ]
        self._stem_of = np.concatenate([self._stem_of, np.array(numbers, dtype=np.int32)])
        is_term = term >= 0
        stem = term.copy()
        stem[is_term] = self._stem_of[term[is_term]]
        return stem


class Phrases:
    """Phrases and their numbers. A phrase of n words is a phrase of n - 1 words, and a word.

    Parameters
    ----------
    min_n, max_n : int
        Minimum and maximum number of words of counted phrases; shorter phrases are only numbered.

    Attributes
    ----------
    longest : int
        Number of words of the longest phrase so far.
    """

    def __init__(self, min_n: int, max_n: int) -> None:
        self.min_n = max(min_n, 2)
        self.max_n = max_n
        self.longest = 1
        self._keys = np.zeros(0, dtype=np.uint64)
        self._table = np.zeros(_FIRST_TABLE, dtype=np.uint64)
        self._seed = 0
        self._n = 0

    def __len__(self) -> int:
        return self._n

    @property
    def keys(self) -> NDArray[np.uint64]:
        """The parts of each phrase in one number, uint64 array of shape (n,); see `parts`."""
        if len(self._keys) < len(self):
            self._keys = np.empty(len(self), dtype=np.uint64)
            counting.phrase_keys(self._table, self._keys)
        return self._keys

    def parts(
        self, numbers: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return the first part and the last word of the given phrases; None means all.

        Returns
        -------
        first, last : int64 arrays of shape (n,)
        is_phrase : bool array of shape (n,)
            Whether the first part is a phrase instead of a word.
        """
        keys = self.keys if numbers is None else self.keys[numbers]
        is_phrase = (keys & counting.OF_PHRASE) != 0
        keys = (keys & ~counting.OF_PHRASE) - np.uint64(1)
        first = (keys >> np.uint64(32)).astype(np.int64)
        return first, (keys & np.uint64(0xFFFFFFFF)).astype(np.int64), is_phrase

    def count(
        self, runs: Runs, term: NDArray[np.int32], batch: Batch, n_stop: int, *, grow: bool = True
    ) -> Counts:
        """Return the counts of the phrases of a batch.

        Parameters
        ----------
        runs : Runs
            The runs of the batch.
        term : int32 array of shape (runs.n,)
            The word of each run.
        batch : Batch
            The texts.
        n_stop : int
            Words numbered below are stop words.
        grow : bool, default=True
            Number and count new phrases; otherwise only known phrases are counted.
        """
        n_runs = np.diff(np.searchsorted(runs.start[: runs.n], runs.part_ptr))
        max_n = max(min(self.max_n, int(n_runs.max(initial=1))), 1)
        self.longest = max(self.longest, max_n)
        most = runs.n * (max_n - 1)
        array = runs.workspace.array
        out = CountArrays(
            np.empty(batch.n_rows + 1, dtype=np.int64),
            array("phrase", most, np.int32), array("phrase_count", most, np.int32),
        )  # fmt: skip
        scratch = PhraseScratch(
            array("words", runs.n, np.int32), array("prefix", runs.n, np.int32),
            array("touched", most, np.uint64),
        )  # fmt: skip
        state = np.zeros(counting.STATE_LENGTH, dtype=np.int64)
        state[counting.N_PHRASES] = len(self)
        while outcome := counting.count_phrases(
            term_runs(runs, term, batch), n_stop, (self.min_n, max_n), grow,
            np.uint64(self._seed), self._table, scratch, state, out,
        ):  # fmt: skip
            self._n = int(state[counting.N_PHRASES])
            self._make_room(most, reseed=outcome == counting.CROWDED)
        self._n = int(state[counting.N_PHRASES])
        n_pairs = int(out.row_ptr[-1])
        keep = runs.workspace.keep
        return Counts(out.row_ptr, keep(out.term[:n_pairs]), keep(out.count[:n_pairs]))

    def merge(self, other: Phrases, word: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the number here of each phrase of `other`, adding new phrases.

        Parameters
        ----------
        other : Phrases
            Phrases over another vocabulary.
        word : int32 array of shape (n_words,)
            The number here of each word there.

        Returns
        -------
        int32 array of shape (len(other),)
        """
        self.longest = max(self.longest, other.longest)
        numbers = np.empty(len(other), dtype=np.int32)
        state = np.array([0, len(self)], dtype=np.int64)
        crowded = False
        while True:
            self._make_room(len(other), reseed=crowded)
            crowded = counting.merge_phrases(
                other.keys, word, np.uint64(self._seed), self._table, state, numbers
            )
            self._n = int(state[1])
            if not crowded:
                return numbers

    def copy(self) -> Phrases:
        """Return the same phrases with a separate tally."""
        other = Phrases(self.min_n, self.max_n)
        other._table, other._seed, other._n = self._table.copy(), self._seed, self._n
        return other

    def _make_room(self, n_new: int, *, reseed: bool) -> None:
        size = self._table.size
        while not counting.has_room(len(self) + n_new, size):
            size *= 2
        if size == self._table.size and not reseed:
            return
        while True:
            if reseed:
                self._seed = int.from_bytes(os.urandom(8), "little")
            table = np.zeros(size, dtype=np.uint64)
            if counting.move_phrases(self._table, np.uint64(self._seed), table):
                self._table = table
                return
            reseed = True


def count_words(
    runs: Runs,
    terms: TermRuns,
    batch: Batch,
    n_stop: int,
    tally: NDArray[np.int32] | None,
) -> Counts:
    """Return the counts of the words of a batch.

    Parameters
    ----------
    runs : Runs
        The runs of the batch.
    terms : TermRuns
        The word of each run, as `term_runs` returns them.
    batch : Batch
        The texts.
    n_stop : int
        Words numbered below are stop words.
    tally : int32 array of shape (≥ n_terms,) or None
        Scratch space; all zeros before and after the call. None counts no word.
    """
    row_ptr = np.zeros(batch.n_rows + 1, dtype=np.int64)
    if tally is None:
        return Counts(row_ptr, np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))
    term = runs.workspace.array("terms", runs.n + 1, np.int32)
    count = runs.workspace.array("count", runs.n, np.int32)
    n_pairs = counting.count_terms(
        terms, frozen(np.array(batch.weights, dtype=np.int32)), n_stop, tally,
        CountArrays(row_ptr, term, count),
    )  # fmt: skip
    keep = runs.workspace.keep
    return Counts(row_ptr, keep(term[:n_pairs]), keep(count[:n_pairs]))


def term_runs(runs: Runs, term: NDArray[np.int32], batch: Batch) -> TermRuns:
    """Return the terms of a batch in the form that kernels take.

    Parameters
    ----------
    runs : Runs
        The runs of the batch.
    term : int32 array of shape (runs.n,)
        The word of each run.
    batch : Batch
        The texts.
    """
    part_row = frozen(np.array(batch.rows, dtype=np.int32))
    return TermRuns(term, runs.start, runs.n, runs.part_ptr, part_row)


def zeros(tally: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Return an array of zeros of at least this size: the given tally if it is long enough."""
    return tally if size <= tally.size else np.zeros(2 * size, dtype=np.int32)
