"""Article terms: counts, word order and title phrases of articles, made in one pass."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import joining, wording
from relnews._kernels import lines as line_kernels
from relnews._kernels._compile import frozen
from relnews._kernels.wording import BREAK, IN_TITLE, PHRASE, TF_SHIFT
from relnews.articles import Article
from relnews.dates import UNDATED
from relnews.text.analysis import MIN_LENGTH, Analysis
from relnews.text.counts import (
    BATCH_BYTES,
    Batch,
    count_words,
    term_runs,
    zeros,
)
from relnews.text.lines import Lines
from relnews.text.rows import Counts, Ragged
from relnews.text.vocabulary import Runs, Vocabulary, Workspace

if TYPE_CHECKING:
    from relnews.text.repeated_lines import RepeatedLines

#: ``Query.key`` of a draft, which is not in the archive.
NO_ARTICLE = -1

#: ``Query.vector`` of an article without one.
NO_VECTOR = frozen(np.empty(0, dtype=np.float32))

#: Joins the two words of a phrase into one word.
JOINT = "_"

#: Maximum number of terms of an article whose text is searched for phrases: places have 16 bits.
MOST_PLACES = 65_535


@dataclasses.dataclass(frozen=True, slots=True)
class ArticleTerms:
    """The terms of articles.

    Parameters
    ----------
    counts : Counts
        Distinct (article, term) pairs with codes: the bit `PHRASE` for a phrase of the title, the
        bit `IN_TITLE` for a word of the title, and above both the count of the term in dek and
        text.
    text : Ragged
        Words of dek and text in order, without stop words; `wording.BREAK` between dek and text.
    phrases : Ragged
        First word, last word and term of each distinct phrase of the title; shape (n, 3).
    """

    counts: Counts
    text: Ragged
    phrases: Ragged

    @property
    def n_articles(self) -> int:
        """Articles."""
        return self.counts.n_articles

    def take(self, articles: NDArray[np.int64]) -> ArticleTerms:
        """Return the terms of the given articles, in the given order."""
        return ArticleTerms(
            self.counts.take(articles), self.text.take(articles), self.phrases.take(articles)
        )

    def copy(self) -> ArticleTerms:
        """Return the terms in arrays of their own, which can be written."""
        counts, text = self.counts, self.text
        return ArticleTerms(
            Counts(counts.row_ptr.copy(), counts.term.copy(), counts.count.copy()),
            Ragged(text.ptr.copy(), text.value.copy()), self.phrases,
        )  # fmt: skip

    def renumbered(self, number: NDArray[np.int32]) -> ArticleTerms:
        """Return the terms with other numbers.

        Parameters
        ----------
        number : int32 array of shape (n_terms,)
            New number of each term.
        """
        counts, text, phrases = self.counts, self.text.value, self.phrases.value
        return ArticleTerms(
            Counts(counts.row_ptr, number[counts.term], counts.count),
            Ragged(self.text.ptr, np.where(text < 0, text, number[text])),
            Ragged(self.phrases.ptr, np.where(phrases < 0, phrases, number[phrases])),
        )

    @classmethod
    def concatenate(cls, parts: Sequence[ArticleTerms]) -> ArticleTerms:
        """Return the terms of the articles of several parts, one after another."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            Counts.concatenate([part.counts for part in parts]),
            Ragged.concatenate([part.text for part in parts]),
            Ragged.concatenate([part.phrases for part in parts]),
        )

    @classmethod
    def none(cls) -> ArticleTerms:
        """Return the terms of no articles."""
        ptr, nothing = np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int32)
        return cls(
            Counts(ptr, nothing, nothing), Ragged(ptr, nothing), Ragged(ptr, nothing.reshape(0, 3))
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """An article of the archive or a draft that a list is wanted for.

    Parameters
    ----------
    key : int
        Key of the article; `NO_ARTICLE` for a draft.
    term : int32 array of shape (n_terms,)
        Its terms, ascending.
    code : int32 array of shape (n_terms,)
        Codes of the terms; see `ArticleTerms`.
    text : int32 array of shape (n_words,)
        Words of dek and text in order, `wording.BREAK` between dek and text.
    phrases : int32 array of shape (n_phrases, 3)
        First word, last word and term of each phrase of its title; negative if not a term.
    n_unknown : int
        Number of words of its title that are not terms.
    published : int
        Timestamp; `UNDATED` if unknown.
    vector : float32 array of shape (n_dimensions,)
        Vector of length 1; zeros, or empty, if the article has none.
    """

    key: int
    term: NDArray[np.int32]
    code: NDArray[np.int32]
    text: NDArray[np.integer[Any]]
    phrases: NDArray[np.integer[Any]]
    n_unknown: int = 0
    published: int = UNDATED
    vector: NDArray[np.float32] = dataclasses.field(default_factory=lambda: NO_VECTOR)


class ArticleCounter:
    """A counter of the terms of articles, which gathers their vocabulary.

    Parameters
    ----------
    analysis : Analysis
        What counts as a term.
    vocabulary : Vocabulary, optional
        The terms to start from. None means the stop words.
    n_stop : int, default=0
        Number of terms of `vocabulary` that are stop words.
    repeated : RepeatedLines, optional
        Lines to ignore. None means that all lines count.
    lines : list of Lines, optional
        Receives the lines of the counted articles. None means that they are not read.

    Attributes
    ----------
    vocabulary : Vocabulary
        The terms counted so far.
    n_stop : int
        Terms numbered below are stop words.
    """

    def __init__(
        self, analysis: Analysis, vocabulary: Vocabulary | None = None, n_stop: int = 0,
        repeated: RepeatedLines | None = None, lines: list[Lines] | None = None,
    ) -> None:  # fmt: skip
        if vocabulary is None:
            vocabulary = Vocabulary.of_texts(["", *sorted(analysis.own.stopped)], MIN_LENGTH)
            n_stop = len(vocabulary)
        self.vocabulary = vocabulary
        self.n_stop = n_stop
        self._analysis = analysis
        self._repeated, self._lines = repeated, lines
        self._tally = np.zeros(0, dtype=np.int32)
        self._workspace = Workspace()

    def count(self, articles: Iterable[Article]) -> ArticleTerms:
        """Return the terms of articles, adding new terms to the vocabulary."""
        counted = []
        batch = ArticleBatch(self._analysis)
        for article in articles:
            batch.add(article)
            if batch.parts.n_bytes >= BATCH_BYTES:
                counted.append(self._count(batch))
                batch = ArticleBatch(self._analysis)
        if batch.parts.n_rows:
            counted.append(self._count(batch))
        return ArticleTerms.concatenate(counted) if counted else ArticleTerms.none()

    def _count(self, batch: ArticleBatch) -> ArticleTerms:
        runs = batch.runs(self._workspace)
        if self._repeated is None:
            term = batch.find(runs, self.vocabulary.number, self.n_stop)
        else:  # the words of an ignored line do not enter the vocabulary
            term = batch.find(runs, self.vocabulary.find, self.n_stop)
            runs = runs.subset(batch.without_lines(runs, term, self.n_stop, self._repeated.among))
            term = self.vocabulary.number(runs, MIN_LENGTH)
        self._tally = zeros(self._tally, len(self.vocabulary))
        terms = batch.terms(runs, term, self.n_stop, self._tally)
        if self._lines is not None:
            self._lines.append(batch.lines(runs, term, self.n_stop))
        return terms


def is_ignored(term: str, ignored: Collection[str]) -> bool:
    """Return whether a term is an ignored word, or a phrase with an ignored word."""
    jointed = f"{JOINT}{term}{JOINT}"
    return any(f"{JOINT}{word}{JOINT}" in jointed for word in ignored)


class ArticleBatch:
    """Articles waiting for the compiled pass.

    The title of an article becomes two parts: its distinct words, and its phrases. Dek and text are
    one part each.

    Parameters
    ----------
    analysis : Analysis
        What counts as a term.
    ignored : collection of str, optional
        Words that titles are counted without, as are phrases with these words.

    Attributes
    ----------
    parts : Batch
        The parts of all articles; the weight of a part is the code of one occurrence.
    """

    def __init__(self, analysis: Analysis, ignored: Collection[str] = ()) -> None:
        self.parts = Batch()
        self._analysis = analysis
        self._ignored = ignored
        #: Whether each part is dek or text.
        self._is_text = np.empty(0, dtype=np.uint8)
        #: Whether each run is the first of its line.
        self._starts_line = np.empty(0, dtype=np.uint8)
        #: For each article: places, among the words of its title, of the words of its phrases.
        self.phrases: list[list[tuple[int, int]]] = []
        self._sources: list[str | None] = []

    def add(self, article: Article) -> None:
        """Add one article."""
        language = self._analysis.language_of(article.language)
        words = language.words(article.title)
        ignored = {*map(language.term, self._ignored)}
        counted = dict.fromkeys(words)
        if ignored:
            counted = dict.fromkeys(word for word in words if not is_ignored(word, ignored))
        place = {word: i for i, word in enumerate(counted)}
        phrases: dict[str, tuple[int, int]] = {}
        for first, last in itertools.pairwise(words):
            phrase = f"{first}{JOINT}{last}"
            if ignored and (first not in place or last not in place or is_ignored(phrase, ignored)):
                continue
            phrases.setdefault(phrase, (place[first], place[last]))
        for stopped in language.stopped.intersection(phrases):  # the few words are looked up
            del phrases[stopped]
        self.phrases.append([*phrases.values()])
        self._sources.append(article.source or None)
        self.parts.add([
            (*language.encoded(language.text(place)), IN_TITLE),
            (*language.encoded(language.text(phrases)), PHRASE),
            *((*text, 1 << TF_SHIFT) for text in language.texts(article)),
        ])  # fmt: skip

    def runs(self, workspace: Workspace) -> Runs:
        """Return the words of all articles as runs, in the form that is counted."""
        is_text = np.array(self.parts.weights, dtype=np.int64) >> TF_SHIFT > 0
        self._is_text = frozen(is_text.astype(np.uint8))
        runs = Runs.of(
            self.parts.texts, self.parts.is_ascii, lower=True, workspace=workspace,
            characters=self._analysis.characters,
        )  # fmt: skip
        if self._analysis.version > 1:
            n = joining.join_runs(
                runs.text, runs.kind, runs.start, runs.end, runs.n, runs.part_ptr, self._is_text,
                self._analysis.own.apostrophe,
            )  # fmt: skip
            runs = dataclasses.replace(runs, n=n)
        if self._analysis.own.folds:
            wording.fold_plurals(
                runs.text, runs.start, runs.end, runs.n, runs.part_ptr, self._is_text,
                self._analysis.own.code == "en",
            )  # fmt: skip
        return runs

    def find(
        self, runs: Runs, number: Callable[[Runs, int], NDArray[np.int32]], n_stop: int
    ) -> NDArray[np.int32]:
        """Return the term of each run, int32 array of shape (runs.n,).

        Parameters
        ----------
        runs : Runs
            The words of the articles.
        number : callable
            `Vocabulary.number` or `Vocabulary.find` of the terms.
        n_stop : int
            Terms numbered below are stop words. Those that are names become other terms.
        """
        self._starts_line = runs.workspace.array("starts_line", runs.n, np.uint8)
        line_kernels.mark_line_starts(runs.arrays(), self._starts_line)
        term = number(runs, MIN_LENGTH)
        if self._analysis.own.has_names:
            name = runs.workspace.array("name", runs.n, np.int32)
            n = joining.mark_names(
                runs.text, runs.kind, runs.start, runs.end, runs.n, runs.part_ptr, self._is_text,
                term, n_stop, name,
            )  # fmt: skip
            if n:
                names = name[:n].copy()
                term[names] = number(runs.subset(names), MIN_LENGTH)
        return term

    def terms(
        self, runs: Runs, term: NDArray[np.int32], n_stop: int, tally: NDArray[np.int32]
    ) -> ArticleTerms:
        """Return the terms of the articles.

        Parameters
        ----------
        runs : Runs
            The words of the articles.
        term : int32 array of shape (runs.n,)
            The term of each run.
        n_stop : int
            Terms numbered below are stop words and are not counted.
        tally : int32 array of shape (≥ n_terms,)
            Scratch space; all zeros before and after the call.
        """
        terms = term_runs(runs, term, self.parts)
        counts = count_words(runs, terms, self.parts, n_stop, tally)
        room = runs.workspace.array("in_order", runs.n + len(self.parts.texts), np.int32)
        ptr = np.empty(self.parts.n_rows + 1, dtype=np.int64)
        n = wording.words_in_order(terms, self._is_text, n_stop, ptr, room)
        return ArticleTerms(counts, Ragged(ptr, room[:n].copy()), self._phrases_of(runs, term))

    def lines(self, runs: Runs, term: NDArray[np.int32], n_stop: int) -> Lines:
        """Return the lines of the articles; parameters as for `terms`."""
        room = runs.n + len(self.parts.texts)
        n_words = runs.workspace.array("line_words", room, np.int32)
        hashes = runs.workspace.array("line_hash", room, np.uint64)
        ptr = np.empty(self.parts.n_rows + 1, dtype=np.int64)
        line_kernels.lines_in_order(
            runs.arrays(), self._starts_line, term_runs(runs, term, self.parts), self._is_text,
            n_stop, ptr, n_words, hashes,
        )  # fmt: skip
        n = int(ptr[-1])
        return Lines(ptr, n_words[:n].copy(), hashes[:n].copy(), self._sources)

    def without_lines(
        self, runs: Runs, term: NDArray[np.int32], n_stop: int,
        among: Callable[[Lines], NDArray[np.bool_]],
    ) -> NDArray[np.int64]:  # fmt: skip
        """Return the places of the runs without the words of ignored lines.

        Parameters
        ----------
        runs, term, n_stop
            As for `terms`.
        among : callable
            Returns whether each line is ignored.
        """
        lines = self.lines(runs, term, n_stop)
        is_line = lines.hash != line_kernels.NO_LINE
        goes = np.repeat(among(lines)[is_line], lines.n_words[is_line])
        part = np.searchsorted(runs.part_ptr, runs.start[: runs.n], side="right") - 1
        is_word = (self._is_text[part] > 0) & ((term >= n_stop) | (term == BREAK))
        return np.delete(np.arange(runs.n), np.flatnonzero(is_word)[goes])

    def n_unknown(self, runs: Runs, term: NDArray[np.int32]) -> int:
        """Return the number of words of the titles that are not terms."""
        begin = np.searchsorted(runs.start[: runs.n], runs.part_ptr).tolist()
        titles = [
            term[first:last]
            for first, last, weight in zip(begin, begin[1:], self.parts.weights, strict=False)
            if weight == IN_TITLE
        ]
        return sum(int(np.count_nonzero(title < 0)) for title in titles)

    def _phrases_of(self, runs: Runs, term: NDArray[np.int32]) -> Ragged:
        """Return the phrases of the titles as numbers of terms."""
        begin = np.searchsorted(runs.start[: runs.n], runs.part_ptr)
        weights = np.array(self.parts.weights)
        words, phrases = begin[:-1][weights == IN_TITLE], begin[:-1][weights == PHRASE]
        n = np.array([*map(len, self.phrases)], dtype=np.int64)
        ptr = np.concatenate([[0], np.cumsum(n)])
        pairs = [*itertools.chain.from_iterable(self.phrases)]
        places = np.array(pairs, dtype=np.int64).reshape(-1, 2) + np.repeat(words, n)[:, None]
        phrase_places = np.arange(ptr[-1]) + np.repeat(phrases - ptr[:-1], n)
        return Ragged(ptr, term[np.column_stack([places, phrase_places])].reshape(-1, 3))
