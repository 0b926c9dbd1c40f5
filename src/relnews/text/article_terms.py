"""Article terms: what an archive keeps of the words of articles, counted in one pass over bytes."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import wording
from relnews._kernels._compile import frozen
from relnews._kernels.wording import IN_TITLE, PHRASE, TF_SHIFT
from relnews.articles import Article
from relnews.text.analysis import MIN_LENGTH, Analysis, encode
from relnews.text.counts import BATCH_BYTES, Batch, Counts, count_words, term_runs, zeros
from relnews.text.vocabulary import Runs, Vocabulary, Workspace

#: ``Query.key`` of a query that is no article of the archive.
NO_ARTICLE = -1

#: Stands between the two words of a phrase, which is a word itself then.
JOINT = "_"

#: Rows with more terms have no places for the words of their text: no phrase is found there.
MOST_PLACES = 65_535


@dataclasses.dataclass(frozen=True, slots=True)
class Ragged:
    """A sequence of numbers, or of rows of numbers, for each of several articles.

    Parameters
    ----------
    ptr : int64 array of shape (n_articles + 1,)
        Where each article's begin.
    value : integer array of shape (n,) or (n, width)
    """

    ptr: NDArray[np.int64]
    value: NDArray[np.integer[Any]]

    def take(self, articles: NDArray[np.int64]) -> Ragged:
        """Return those of some articles, in the given order."""
        lengths = np.diff(self.ptr)[articles]
        ptr = np.zeros(len(articles) + 1, dtype=np.int64)
        np.cumsum(lengths, out=ptr[1:])
        places = np.arange(ptr[-1]) + np.repeat(self.ptr[articles] - ptr[:-1], lengths)
        return Ragged(ptr, self.value[places])

    def without(self, articles: NDArray[np.bool_]) -> Ragged:
        """Return the same, of some articles nothing."""
        lengths = np.diff(self.ptr)
        stays = np.repeat(~articles, lengths)
        ptr = np.concatenate([[0], np.cumsum(np.where(articles, 0, lengths))])
        return Ragged(ptr, self.value[stays])

    @classmethod
    def concatenate(cls, parts: Sequence[Ragged]) -> Ragged:
        """Return those of the articles of several, one after another."""
        shifts = np.cumsum([0, *(len(part.value) for part in parts)])
        ptr = [part.ptr[:-1] + n for part, n in zip(parts, shifts, strict=False)]
        return cls(np.concatenate([*ptr, shifts[-1:]]), np.concatenate([p.value for p in parts]))

    @classmethod
    def gather(cls, values: Sequence[NDArray[np.integer[Any]]]) -> Ragged:
        """Return what is given article by article."""
        ptr = np.cumsum([0, *map(len, values)], dtype=np.int64)
        return cls(ptr, np.concatenate(values))


@dataclasses.dataclass(frozen=True, slots=True)
class ArticleTerms:
    """The terms of articles.

    Parameters
    ----------
    counts : Counts
        Distinct (article, term) pairs, with codes: the bit `PHRASE` of a phrase of the title, the
        bit `IN_TITLE` of a word of it, and above these how often the term is in dek and text.
    text : Ragged
        The words of dek and text in their order, without stop words; `wording.BREAK` between two.
    phrases : Ragged
        First word, last word and phrase, all different, of the title; shape (n, 3).
    """

    counts: Counts
    text: Ragged
    phrases: Ragged

    @property
    def n_articles(self) -> int:
        """Articles."""
        return self.counts.n_articles

    def take(self, articles: NDArray[np.int64]) -> ArticleTerms:
        """Return the terms of some of the articles, in the given order."""
        return ArticleTerms(
            self.counts.take(articles), self.text.take(articles), self.phrases.take(articles)
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
    """An article, of the archive or not, that a list is wanted for.

    Parameters
    ----------
    key : int
        Of the article; `NO_ARTICLE` for a draft.
    term : int32 array of shape (n_terms,)
        Its terms, ascending.
    code : int32 array of shape (n_terms,)
        How it has them; see `ArticleTerms`.
    text : int32 array of shape (n_words,)
        The words of its text in their order, `wording.BREAK` between two texts.
    phrases : int32 array of shape (n_phrases, 3)
        First word, last word and phrase of each phrase of its title; -1 for what is no term.
    n_unknown : int
        How many words of its title are no terms.
    """

    key: int
    term: NDArray[np.int32]
    code: NDArray[np.int32]
    text: NDArray[np.integer[Any]]
    phrases: NDArray[np.integer[Any]]
    n_unknown: int = 0


class ArticleCounter:
    """Counts the terms of articles and gathers their vocabulary.

    Parameters
    ----------
    analysis : Analysis
    vocabulary : Vocabulary, optional
        The terms to start from. None means the stop words.
    n_stop : int, default=0
        How many terms of `vocabulary` are stop words.

    Attributes
    ----------
    vocabulary : Vocabulary
        The terms counted so far.
    n_stop : int
        Terms numbered below are stop words.
    """

    def __init__(
        self, analysis: Analysis, vocabulary: Vocabulary | None = None, n_stop: int = 0
    ) -> None:
        if vocabulary is None:
            vocabulary = Vocabulary.of_texts(["", *sorted(analysis.own.stopped)], MIN_LENGTH)
            n_stop = len(vocabulary)
        self.vocabulary = vocabulary
        self.n_stop = n_stop
        self._analysis = analysis
        self._tally = np.zeros(0, dtype=np.int32)
        self._workspace = Workspace()

    def count(self, articles: Iterable[Article]) -> ArticleTerms:
        """Return the terms of articles, entering new ones in the vocabulary."""
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
        term = self.vocabulary.number(runs, MIN_LENGTH)
        self._tally = zeros(self._tally, len(self.vocabulary))
        return batch.terms(runs, term, self.n_stop, self._tally)


def is_ignored(term: str, ignored: Collection[str]) -> bool:
    """Say whether a term is one of some words, or has one of them between its joints."""
    jointed = f"{JOINT}{term}{JOINT}"
    return any(f"{JOINT}{word}{JOINT}" in jointed for word in ignored)


class ArticleBatch:
    """Articles waiting for the compiled pass.

    The title of an article is two parts: its words, each once, and its phrases. Every text is one
    more.

    Parameters
    ----------
    analysis : Analysis
    ignored : collection of str, optional
        Words that are not counted in titles, nor phrases with them.

    Attributes
    ----------
    parts : Batch
        With the code of one occurrence as the weight of each.
    """

    def __init__(self, analysis: Analysis, ignored: Collection[str] = ()) -> None:
        self.parts = Batch()
        self._analysis = analysis
        self._ignored = ignored
        #: For each article the places, among the words of its title, that its phrases are made of.
        self.phrases: list[list[tuple[int, int]]] = []

    def add(self, article: Article) -> None:
        """Add one article."""
        language = self._analysis.language_of(article.language)
        words = language.words(article.title)
        ignored = {*map(language.term, self._ignored)}
        counted = dict.fromkeys(word for word in words if not is_ignored(word, ignored))
        place = {word: i for i, word in enumerate(counted)}
        phrases: dict[str, tuple[int, int]] = {}
        for first, last in itertools.pairwise(words):
            phrase = f"{first}{JOINT}{last}"
            if first in place and last in place and not is_ignored(phrase, ignored):
                phrases.setdefault(phrase, (place[first], place[last]))
        for stopped in phrases.keys() & language.stopped:
            del phrases[stopped]
        self.phrases.append([*phrases.values()])
        texts = [language.text(place), language.text(phrases), *language.texts(article)]
        weights = itertools.chain((IN_TITLE, PHRASE), itertools.repeat(1 << TF_SHIFT))
        encoded = zip(map(encode, texts), weights, strict=False)
        self.parts.add([(*text, weight) for text, weight in encoded])

    def runs(self, workspace: Workspace) -> Runs:
        """Return the words, spelt as they are counted."""
        runs = Runs.of(self.parts.texts, self.parts.is_ascii, lower=True, workspace=workspace)
        if self._analysis.own.folds:
            wording.fold_plurals(
                runs.text, runs.start, runs.end, runs.n, runs.part_ptr, self._is_text
            )
        return runs

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
            Terms numbered below do not count.
        tally : int32 array of shape (≥ n_terms,)
            Zeros, and zeros again afterwards.
        """
        counts = count_words(runs, term, self.parts, n_stop, tally)
        room = runs.workspace.array("in_order", runs.n + len(self.parts.texts), np.int32)
        ptr = np.empty(self.parts.n_rows + 1, dtype=np.int64)
        n = wording.words_in_order(
            term_runs(runs, term, self.parts), self._is_text, n_stop, ptr, room
        )
        return ArticleTerms(counts, Ragged(ptr, room[:n].copy()), self._phrases_of(runs, term))

    def n_unknown(self, runs: Runs, term: NDArray[np.int32]) -> int:
        """Return how many words of the titles are no terms."""
        begin = np.searchsorted(runs.start[: runs.n], runs.part_ptr).tolist()
        of_titles = [
            term[first:last]
            for first, last, weight in zip(begin, begin[1:], self.parts.weights, strict=False)
            if weight == IN_TITLE
        ]
        return sum(int(np.count_nonzero(some < 0)) for some in of_titles)

    @property
    def _is_text(self) -> NDArray[np.uint8]:
        return frozen(
            (np.array(self.parts.weights, dtype=np.int64) >> TF_SHIFT > 0).astype(np.uint8)
        )

    def _phrases_of(self, runs: Runs, term: NDArray[np.int32]) -> Ragged:
        """Return the phrases of the titles as numbers of terms."""
        begin = np.searchsorted(runs.start[: runs.n], runs.part_ptr)
        weights = np.array(self.parts.weights)
        words, phrases = begin[:-1][weights == IN_TITLE], begin[:-1][weights == PHRASE]
        n = np.array([*map(len, self.phrases)], dtype=np.int64)
        ptr = np.concatenate([[0], np.cumsum(n)])
        pairs = [pair for some in self.phrases for pair in some]
        places = np.array(pairs, dtype=np.int64).reshape(-1, 2) + np.repeat(words, n)[:, None]
        own = np.arange(ptr[-1]) + np.repeat(phrases - ptr[:-1], n)
        return Ragged(ptr, term[np.column_stack([places, own])].reshape(-1, 3))
