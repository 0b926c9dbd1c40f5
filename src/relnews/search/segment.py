"""Segment: the immutable index of up to 65,536 articles, in both directions."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import layout, scoring, wording
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import ArticleRows, Postings, SegmentTexts
from relnews.dates import UNDATED
from relnews.search import segment_layout
from relnews.search.order import oldest_first
from relnews.search.segment_layout import SEGMENT_DTYPES
from relnews.text.article_terms import ArticleTerms, Query, Ragged
from relnews.text.counts import Counts

#: Articles are numbered by 16 bits inside a segment.
SEGMENT_ARTICLES = 1 << scoring.LOCAL_BITS


#: Microseconds.
_DAY = 86_400_000_000


@dataclasses.dataclass(frozen=True)
class Segment:
    """Terms of some articles, by article (rows) and by term (postings), as flat arrays.

    How an article has a term is a code, which is kept as a level: an index into the few distinct
    ``values``. Nothing here depends on
    other segments or on document frequencies, so a segment never changes.

    Parameters
    ----------
    key : int64 array of shape (n_articles,)
        The articles' keys in the catalogue.
    published : int64 array of shape (n_articles,)
        Microseconds since 1970 (UTC), `UNDATED` if unknown; ascending, so that a time window is a
        contiguous range, and of two equal scores the later article is the one to prefer.
    values : int32 array of shape (n_levels,)
        The distinct codes, ascending; see `relnews.text.article_terms.ArticleTerms`.
    row_ptr : int64 array of shape (n_articles + 1,)
    row_low : uint16 array of shape (n_pairs,)
        The low 16 bits of each article's terms, which ascend.
    row_high : uint8 array of shape (n_pairs,)
        The bits above; uint16 if a term is numbered 2**24 or higher.
    row_level : uint16 array of shape (n_pairs,)
    term : int32 array of shape (n_local_terms,)
        The terms that occur in the segment, ascending.
    term_ptr : int32 array of shape (n_local_terms + 1,)
        Where each term's groups begin.
    group_ptr : int32 array of shape (n_groups + 1,)
        Where each group's articles begin.
    group_level : uint16 array of shape (n_groups,)
        The code that all articles of a group have; ascending within a term.
    posting : uint16 array of shape (n_pairs,)
        Article numbers, ascending within a group.
    text_ptr : int64 array of shape (n_articles + 1,)
    text_place : uint16 array
        The words of each article's texts in their order, as places in its row, and
        `relnews._kernels.wording.NO_PLACE` between two texts. A row of more than 65,535 terms has
        none.
    phrase_ptr : int64 array of shape (n_articles + 1,)
    phrase_place : uint16 array of shape (3 n_phrases,)
        First word, last word and phrase of each phrase of the title, as places in the row.
    pair_key : uint64 array
        The first word (high half) and the last word (low half) of every phrase of the titles,
        ascending; none without postings.
    pair_term : int32 array
        Which of ``term`` each phrase is.
    """

    key: NDArray[np.int64]
    published: NDArray[np.int64]
    values: NDArray[np.int32]
    row_ptr: NDArray[np.int64]
    row_low: NDArray[np.uint16]
    row_high: NDArray[np.unsignedinteger[Any]]
    row_level: NDArray[np.uint16]
    term: NDArray[np.int32]
    term_ptr: NDArray[np.int32]
    group_ptr: NDArray[np.int32]
    group_level: NDArray[np.uint16]
    posting: NDArray[np.uint16]
    text_ptr: NDArray[np.int64]
    text_place: NDArray[np.uint16]
    phrase_ptr: NDArray[np.int64]
    phrase_place: NDArray[np.uint16]
    pair_key: NDArray[np.uint64]
    pair_term: NDArray[np.int32]

    @classmethod
    def from_terms(
        cls,
        words: ArticleTerms,
        key: NDArray[np.int64],
        published: NDArray[np.int64],
        ids: Sequence[str],
        n_terms: int,
    ) -> Segment:
        """Lay out the counts of articles.

        Parameters
        ----------
        words : ArticleTerms
            Of at most 65,536 articles.
        key, published : int64 arrays of shape (n_articles,)
        ids : sequence of str
        n_terms : int
            Terms in the vocabulary.
        """
        order = oldest_first(published, ids)
        counts = words.counts
        segment_layout.check_pairs(len(counts.term), segment_layout.MOST_PAIRS)
        local_of = np.empty(counts.n_articles, dtype=np.int32)
        local_of[order] = np.arange(counts.n_articles, dtype=np.int32)
        article = frozen(local_of[counts.article])
        values, level = segment_layout.levels(counts.count)
        frequency = np.bincount(counts.term, minlength=n_terms)
        term = np.flatnonzero(frequency).astype(np.int32)
        local_term_of = np.empty(n_terms, dtype=np.int32)
        local_term_of[term] = np.arange(len(term), dtype=np.int32)
        local_term = frozen(local_term_of[counts.term])

        # Stable counting sorts, least significant key first.
        by_article = segment_layout.order_by(article, np.arange(len(article)), counts.n_articles)
        by_level = segment_layout.order_by(level, by_article, len(values))
        by_term = segment_layout.order_by(local_term, by_level, len(term))
        by_row = segment_layout.order_by(
            article, segment_layout.order_by(local_term, by_article, len(term)), len(order)
        )

        posting = np.empty(len(article), dtype=np.uint16)
        term_ptr = np.empty(len(term) + 1, dtype=np.int32)
        group_ptr = np.empty(len(article) + 1, dtype=np.int32)
        group_level = np.empty(len(article), dtype=np.uint16)
        n_groups = layout.group_postings(
            local_term, level, article, by_term, posting, term_ptr, group_ptr, group_level
        )
        row_ptr = frozen(segment_layout.run_starts(article, counts.n_articles))
        row_term = frozen(counts.term[by_row])
        return cls(
            key=frozen(key[order]),
            published=frozen(published[order]),
            values=frozen(values),
            row_ptr=row_ptr,
            **segment_layout.halves(row_term),
            row_level=frozen(level[by_row].astype(np.uint16)),
            term=frozen(term),
            term_ptr=frozen(term_ptr),
            group_ptr=frozen(group_ptr[: n_groups + 1].copy()),
            group_level=frozen(group_level[:n_groups].copy()),
            posting=frozen(posting),
            **segment_layout.places(row_ptr, row_term, words, order),
            **segment_layout.pairs(words.phrases, local_term_of),
        )

    @classmethod
    def of_rows(
        cls,
        words: ArticleTerms,
        key: NDArray[np.int64],
        published: NDArray[np.int64],
        ids: Sequence[str],
    ) -> Segment:
        """Return a segment of few articles, without postings.

        Parameters
        ----------
        words : ArticleTerms
            Each article's terms ascending.
        key, published : int64 arrays of shape (n_articles,)
        ids : sequence of str
        """
        order = oldest_first(published, ids)
        counts = words.counts.take(order)
        values, level = segment_layout.levels(counts.count)
        nothing = np.empty(0, dtype=np.int64)
        return cls(
            key=frozen(key[order]), published=frozen(published[order]), values=frozen(values),
            row_ptr=frozen(counts.row_ptr), **segment_layout.halves(counts.term),
            row_level=frozen(level.astype(np.uint16)),
            **{name: frozen(nothing.astype(SEGMENT_DTYPES[name])) for name in _OF_POSTINGS},
            **segment_layout.places(frozen(counts.row_ptr), frozen(counts.term), words, order),
        )  # fmt: skip

    def renumbered(self, number: NDArray[np.int32]) -> Segment:
        """Return the same with other term numbers, which are in the same order.

        Parameters
        ----------
        number : int32 array of shape (n_terms,)
            The new number of each term.
        """
        row_term, term = number[self.terms()], frozen(number[self.term])
        first, last = (number[word].astype(np.uint64) for word in _words_of(self.pair_key))
        pair_key = frozen(first << segment_layout.HALF | last)
        return dataclasses.replace(
            self, **segment_layout.halves(row_term), term=term, pair_key=pair_key
        )

    @property
    def n_articles(self) -> int:
        """Articles in the segment."""
        return len(self.published)

    def find(self, key: int) -> int:
        """Return the place of an article, -1 if it is not of this segment."""
        return int(self.find_all(np.array([key]))[0])

    def find_all(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places of articles, -1 where one is not of this segment."""
        if not self.n_articles:
            return np.full(len(keys), -1)
        place = np.searchsorted(self.key, keys, sorter=self._by_key)
        local = self._by_key[np.minimum(place, self.n_articles - 1)]
        return np.where(self.key[local] == keys, local, -1)

    @functools.cached_property
    def _by_key(self) -> NDArray[np.int64]:
        return np.argsort(self.key)

    @functools.cached_property
    def day(self) -> NDArray[np.int32]:
        """The articles' `days`, int32 array of shape (n_articles,)."""
        return frozen(days(self.published))

    @functools.cached_property
    def longest(self) -> int:
        """How many terms the longest row has."""
        return int(np.diff(self.row_ptr).max(initial=0))

    @property
    def has_postings(self) -> bool:
        """Whether the segment can be walked by term."""
        return len(self.term_ptr) > 0

    @functools.cached_property
    def rows(self) -> ArticleRows:
        """The terms of each article, as kernels take them."""
        return ArticleRows(self.row_ptr, self.row_low, self.row_high, self.row_level)

    @functools.cached_property
    def postings(self) -> Postings:
        """The articles of each term, as kernels take them."""
        return Postings(
            self.term, self.term_ptr, self.group_ptr, self.group_level, self.posting
        )  # fmt: skip

    @functools.cached_property
    def texts(self) -> SegmentTexts:
        """Word order and phrases, as kernels take them."""
        return SegmentTexts(
            self.text_ptr, self.text_place, self.phrase_ptr, self.phrase_place, self.pair_key,
            self.pair_term,
        )  # fmt: skip

    def article_terms(self, local: NDArray[np.int64]) -> ArticleTerms:
        """Return the terms of some of the articles."""
        counts = Counts(self.row_ptr, self.terms(), self.values[self.row_level]).take(local)
        text = Ragged(self.text_ptr, self.text_place).take(local)
        phrases = Ragged(self.phrase_ptr, self.phrase_place.reshape(-1, 3)).take(local)
        # Terms instead of places.
        begin = np.repeat(counts.row_ptr[:-1], np.diff(text.ptr))
        is_word = text.value != wording.NO_PLACE
        in_order = np.full(len(text.value), wording.BREAK, dtype=np.int32)
        in_order[is_word] = counts.term[(begin + text.value)[is_word]]
        begin = np.repeat(counts.row_ptr[:-1], np.diff(phrases.ptr))
        triples = counts.term[begin[:, None] + phrases.value].reshape(-1, 3)
        return ArticleTerms(counts, Ragged(text.ptr, in_order), Ragged(phrases.ptr, triples))

    def terms(self, pairs: slice | NDArray[np.integer[Any]] = slice(None)) -> NDArray[np.int32]:
        """Return the terms of some pairs, all by default."""
        return frozen(self.row_high[pairs].astype(np.int32) << 16 | self.row_low[pairs])

    def row(self, local: int) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """Return the terms of one article, ascending, and their levels."""
        pairs = slice(int(self.row_ptr[local]), int(self.row_ptr[local + 1]))
        return self.terms(pairs), self.row_level[pairs]

    def query(self, local: int) -> Query:
        """Return one article as a query."""
        term, level = self.row(local)
        place = self.text_place[self.text_ptr[local] : self.text_ptr[local + 1]]
        is_word = place != wording.NO_PLACE
        text = np.full(len(place), wording.BREAK, dtype=np.int32)
        text[is_word] = term[place[is_word]]
        phrases = slice(3 * int(self.phrase_ptr[local]), 3 * int(self.phrase_ptr[local + 1]))
        return Query(
            int(self.key[local]), term, self.values[level], text,
            term[self.phrase_place[phrases]].reshape(-1, 3),
        )  # fmt: skip

    def signs_of_texts(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what is seen at once of texts: how long each is, its first word and its last.

        Returns
        -------
        int64 array of shape (n, 3)
            A word that is none is -1.
        """
        begin, end = self.text_ptr[local], self.text_ptr[local + 1]
        signs = np.full((len(local), 3), -1, dtype=np.int64)
        signs[:, 0] = end - begin
        some = np.flatnonzero(end > begin)
        for column, at in ((1, begin), (2, end - 1)):
            place = self.text_place[at[some]]
            is_word = place != wording.NO_PLACE
            row = self.row_ptr[local[some[is_word]]]
            signs[some[is_word], column] = self.terms(row + place[is_word])
        return signs

    def with_text(self, text: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return the articles that have a text, which is not empty, word for word."""
        some = np.flatnonzero(np.diff(self.text_ptr) == len(text))
        is_near = (self.signs_of_texts(some)[:, 1:] == (text[0], text[-1])).all(axis=1)
        same = [i for i in some[is_near].tolist() if np.array_equal(self.query(i).text, text)]
        return np.array(same, dtype=np.int64)

    def titles_with(self, terms: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return how many of some words are in the title of each article."""
        n = np.zeros(self.n_articles, dtype=np.int32)
        if self.has_postings:
            wording.count_in_titles(
                frozen(np.searchsorted(self.term, terms)), terms, self.postings, self.values, n
            )
        return n

    def document_frequency(self) -> tuple[NDArray[np.int32], NDArray[np.integer[Any]]]:
        """Return the terms of the segment, and how many of the articles have each.

        Returns
        -------
        terms : int32 array of shape (n_local_terms,)
            Ascending.
        frequency : integer array of shape (n_local_terms,)
        """
        if self.has_postings:
            return self.term, np.diff(self.group_ptr[self.term_ptr])
        return np.unique(self.terms(), return_counts=True)

    def is_sound(self, n_terms: int) -> bool:
        """Say whether the arrays fit each other, so that no kernel reads outside of them."""
        n, n_pairs, n_groups = self.n_articles, len(self.row_low), len(self.group_level)
        lengths_fit = (
            0 < len(self.key) == n <= SEGMENT_ARTICLES
            and len(self.row_ptr) == n + 1
            and len(self.row_high) == len(self.row_level) == len(self.posting) == n_pairs
            and len(self.term_ptr) == len(self.term) + 1
            and len(self.group_ptr) == n_groups + 1
            and len(self.text_ptr) == len(self.phrase_ptr) == n + 1
            and len(self.phrase_place) % 3 == 0
            and len(self.pair_key) == len(self.pair_term)
        )
        return lengths_fit and bool(
            layout.is_sound(
                n_terms, self.key, self.published, self.values, self.rows, self.postings, self.texts
            )
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


#: The arrays that are empty without postings.
_OF_POSTINGS = (
    "term", "term_ptr", "group_ptr", "group_level", "posting", "pair_key", "pair_term",
)  # fmt: skip


def days(published: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the days of timestamps, counted from 1970 in UTC; `scoring.NO_DAY` if unknown."""
    return np.where(published == UNDATED, scoring.NO_DAY, published // _DAY).astype(np.int32)


def _words_of(pair_key: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the words that pairs are of."""
    low = np.uint64((1 << 32) - 1)
    return (pair_key >> segment_layout.HALF).astype(np.int64), (pair_key & low).astype(np.int64)
