"""Segment: immutable index of up to 65,536 articles, by article and by term."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import layout, scoring, sequences, title_match, wording
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import ArticleRows, Postings, SegmentTexts
from relnews.search import segment_layout
from relnews.search.limits import days
from relnews.search.order import oldest_first
from relnews.search.vectors import CodedVectors, have_length_one
from relnews.text.article_terms import NO_VECTOR, ArticleTerms, Query
from relnews.text.rows import Counts, Ragged, taken

#: Maximum number of articles of a segment: local numbers have 16 bits.
SEGMENT_ARTICLES = 1 << scoring.LOCAL_BITS


@dataclasses.dataclass(frozen=True)
class Segment:
    """Terms of articles, by article (rows) and by term (postings), as flat arrays.

    The code of an article's term says whether the term is in the title and how often it is in the
    text. It is stored as a level: an index into the few distinct ``values``. No array depends on
    other segments or on document frequencies, so a segment never changes.

    Parameters
    ----------
    key : int64 array of shape (n_articles,)
        Catalogue keys of the articles.
    published : int64 array of shape (n_articles,)
        Microseconds since 1970 (UTC), `UNDATED` if unknown. Ascending, so that a time window is a
        contiguous range, and of two equal scores the later article comes first in a list.
    values : int32 array of shape (n_levels,)
        Distinct codes, ascending; see `relnews.text.article_terms.ArticleTerms`.
    row_ptr : int64 array of shape (n_articles + 1,)
        Where each article's pairs begin.
    row_low : uint16 array of shape (n_pairs,)
        The low 16 bits of each article's terms, which ascend.
    row_high : uint8 array of shape (n_pairs,)
        Bits above; uint16 if a term is numbered 2**24 or higher.
    row_level : uint16 array of shape (n_pairs,)
        Level of each pair.
    term : int32 array of shape (n_local_terms,)
        The terms that occur in the segment, ascending.
    term_ptr : int32 array of shape (n_local_terms + 1,)
        Where each term's groups begin.
    group_ptr : int32 array of shape (n_groups + 1,)
        Where each group's articles begin.
    group_level : uint16 array of shape (n_groups,)
        Level that all articles of a group have; ascending within a term.
    posting : uint16 array of shape (n_pairs,)
        Local article numbers, ascending within a group.
    text_ptr : int64 array of shape (n_articles + 1,)
        Where each article's words begin in ``text_place``.
    text_place : uint16 array
        Words of each article's texts in reading order, as places in its row, and
        `relnews._kernels.wording.NO_PLACE` between two texts. Empty for a row of more than 65,535
        terms.
    phrase_ptr : int64 array of shape (n_articles + 1,)
        Where each article's phrases begin in ``phrase_place``.
    phrase_place : uint16 array of shape (3 n_phrases,)
        First word, last word and phrase of each phrase of the title, as places in the row.
    pair_key : uint64 array
        First word (high half) and last word (low half) of every phrase of the titles, ascending;
        empty without postings.
    pair_term : int32 array
        Place of each phrase in ``term``.
    vector : float32 array of shape (n_articles × n_dimensions,)
        Vectors of the articles, one after another, each of length 1, or zeros for an article
        without one; empty if no article has one.
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
    vector: NDArray[np.float32] = dataclasses.field(default_factory=lambda: NO_VECTOR)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, frozen(getattr(self, field.name)))

    @classmethod
    def from_terms(
        cls,
        words: ArticleTerms,
        key: NDArray[np.int64],
        published: NDArray[np.int64],
        ids: Sequence[str],
        n_terms: int,
        vectors: NDArray[np.float32] = NO_VECTOR,
    ) -> Segment:
        """Return a segment of articles, with postings.

        Parameters
        ----------
        words : ArticleTerms
            Terms of at most 65,536 articles.
        key, published : int64 arrays of shape (n_articles,)
            Catalogue keys and timestamps of the articles.
        ids : sequence of str
            Ids of the articles; they decide between equal timestamps.
        n_terms : int
            Number of terms of the vocabulary.
        vectors : float32 array of shape (n_articles, n_dimensions), optional
            Vectors of the articles; by default they have none.
        """
        order = oldest_first(published, ids)
        arrays = segment_layout.arrays_of(words.take(order), n_terms)
        vector = vectors[order].ravel() if vectors.size else NO_VECTOR
        return cls(key[order], published[order], **arrays, vector=vector)

    @classmethod
    def of_rows(
        cls,
        words: ArticleTerms,
        key: NDArray[np.int64],
        published: NDArray[np.int64],
        ids: Sequence[str],
        vectors: NDArray[np.float32] = NO_VECTOR,
    ) -> Segment:
        """Return a segment of a few articles, without postings.

        Parameters
        ----------
        words : ArticleTerms
            Terms of the articles, ascending within each.
        key, published : int64 arrays of shape (n_articles,)
            Catalogue keys and timestamps of the articles.
        ids : sequence of str
            Ids of the articles; they decide between equal timestamps.
        vectors : float32 array of shape (n_articles, n_dimensions), optional
            Vectors of the articles; by default they have none.
        """
        order = oldest_first(published, ids)
        arrays = segment_layout.rows_of(words.take(order))
        vector = vectors[order].ravel() if vectors.size else NO_VECTOR
        return cls(key[order], published[order], **arrays, vector=vector)

    def renumbered(self, number: NDArray[np.int32]) -> Segment:
        """Return the segment with other term numbers in the same order.

        Parameters
        ----------
        number : int32 array of shape (n_terms,)
            New number of each term; ascending.
        """
        halves = segment_layout.halves(number[self.terms()])
        first, last = (number[word].astype(np.uint64) for word in _words_of(self.pair_key))
        pair_key = first << segment_layout.HALF | last
        return dataclasses.replace(self, **halves, term=number[self.term], pair_key=pair_key)

    @functools.cached_property
    def n_articles(self) -> int:
        """Number of articles in the segment."""
        return len(self.published)

    def find(self, key: int) -> int:
        """Return the local number of an article, -1 if it is not in this segment."""
        return int(self.find_all(np.array([key]))[0])

    def find_all(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the local numbers of articles, -1 for articles that are not in this segment."""
        if not self.n_articles:
            return np.full(keys.shape, -1)
        place = np.searchsorted(self.key, keys, sorter=self._by_key)
        local = self._by_key[np.minimum(place, self.n_articles - 1)]
        return np.where(self.key[local] == keys, local, -1)

    @functools.cached_property
    def _by_key(self) -> NDArray[np.int64]:
        """Local numbers of the articles in ascending order of their keys."""
        return np.argsort(self.key)

    @functools.cached_property
    def day(self) -> NDArray[np.int32]:
        """Days of the articles, int32 array of shape (n_articles,)."""
        return frozen(days(self.published))

    @functools.cached_property
    def longest(self) -> int:
        """Number of terms of the longest row."""
        return int(np.diff(self.row_ptr).max(initial=0))

    @functools.cached_property
    def has_postings(self) -> bool:
        """Whether kernels can walk the segment by term."""
        return len(self.term_ptr) > 0

    @functools.cached_property
    def vectors(self) -> NDArray[np.float32]:
        """Vectors of the articles, float32 array of shape (n_articles, n_dimensions)."""
        return frozen(self.vector.reshape(max(self.n_articles, 1), -1))

    @functools.cached_property
    def coded_vectors(self) -> CodedVectors | None:
        """Vectors of the articles, as kernels compare them; None if no article has one."""
        return CodedVectors.of(self.vectors) if self.vector.size else None

    @functools.cached_property
    def rows(self) -> ArticleRows:
        """Terms of each article, as kernels take them."""
        return ArticleRows(self.row_ptr, self.row_low, self.row_high, self.row_level)

    @functools.cached_property
    def postings(self) -> Postings:
        """Articles of each term, as kernels take them."""
        return Postings(
            self.term, self.term_ptr, self.group_ptr, self.group_level, self.posting
        )  # fmt: skip

    @functools.cached_property
    def texts(self) -> SegmentTexts:
        """Word order and phrases, as kernels take them."""
        # 16 to 32 bits a pair: of other pairs, the filter leaves 3 to 6 %.
        bits = np.zeros(1 << (len(self.pair_key) // 4).bit_length(), dtype=np.uint64)
        title_match.fill_filter(self.pair_key, bits)
        return SegmentTexts(
            self.text_ptr, self.text_place, self.phrase_ptr, self.phrase_place, self.pair_key,
            self.pair_term, frozen(bits),
        )  # fmt: skip

    def article_terms(self, local: NDArray[np.int64]) -> ArticleTerms:
        """Return the terms of the articles with given local numbers."""
        row_ptr, low, high, level = taken(
            local, self.row_ptr, self.row_low, self.row_high, self.row_level
        )
        text = Ragged(self.text_ptr, self.text_place).take(local)
        phrases = Ragged(self.phrase_ptr, self.phrase_place.reshape(-1, 3)).take(local)
        counts = Counts(row_ptr, joined(low, high), self.values[level])
        # The result holds terms; the segment stores places.
        begin = np.repeat(counts.row_ptr[:-1], np.diff(text.ptr))
        is_word = text.value != wording.NO_PLACE
        in_order = np.full(len(text.value), wording.BREAK, dtype=np.int32)
        in_order[is_word] = counts.term[(begin + text.value)[is_word]]
        begin = np.repeat(counts.row_ptr[:-1], np.diff(phrases.ptr))
        triples = counts.term[begin[:, None] + phrases.value].reshape(-1, 3)
        return ArticleTerms(counts, Ragged(text.ptr, in_order), Ragged(phrases.ptr, triples))

    def terms(self, pairs: slice | NDArray[np.integer[Any]] = slice(None)) -> NDArray[np.int32]:
        """Return the terms of given pairs, by default of all pairs."""
        return frozen(joined(self.row_low[pairs], self.row_high[pairs]))

    def row(self, local: int) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """Return the terms of an article, ascending, and their levels."""
        pairs = slice(int(self.row_ptr[local]), int(self.row_ptr[local + 1]))
        return self.terms(pairs), self.row_level[pairs]

    def query(self, local: int) -> Query:
        """Return an article as a query."""
        return self.queries(np.array([local]))[0]

    def queries(self, local: NDArray[np.int64]) -> list[Query]:
        """Return articles as queries."""
        words = self.article_terms(local)
        rows, texts, phrases = (
            [*map(slice, ptr[:-1].tolist(), ptr[1:].tolist())]
            for ptr in (words.counts.row_ptr, words.text.ptr, words.phrases.ptr)
        )
        return [
            Query(
                key, words.counts.term[row], words.counts.count[row], words.text.value[text],
                words.phrases.value[titles], published=published, vector=vector,
            )
            for key, published, row, text, titles, vector in zip(
                self.key[local].tolist(), self.published[local].tolist(), rows, texts, phrases,
                self.vectors[local], strict=True,
            )
        ]  # fmt: skip

    def text(self, local: int) -> NDArray[np.integer[Any]]:
        """Return the words of an article's texts in reading order, as `Query.text` has them."""
        return self.texts_of(np.array([local])).value

    def texts_of(self, local: NDArray[np.int64]) -> Ragged:
        """Return the words of the texts of articles; see `text`."""
        lengths = self.text_ptr[local + 1] - self.text_ptr[local]
        ptr = np.concatenate([[0], np.cumsum(lengths)])
        words = np.empty(int(ptr[-1]), dtype=np.int32)
        sequences.read_texts(frozen(local), self.rows, self.texts, frozen(ptr), words)
        return Ragged(ptr, words)

    def signs_of_texts(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the length, the first word and the last word of the texts of given articles.

        Equal texts have equal signs, so only texts with equal signs are compared word by word.

        Returns
        -------
        int64 array of shape (n, 3)
            -1 stands for a missing word.
        """
        begin, end = self.text_ptr[local], self.text_ptr[local + 1]
        signs = np.full((len(local), 3), -1, dtype=np.int64)
        signs[:, 0] = end - begin
        filled = np.flatnonzero(end > begin)
        place = self.text_place[np.stack([begin[filled], end[filled] - 1])]
        column, article = np.nonzero(place != wording.NO_PLACE)
        pairs = self.row_ptr[local[filled[article]]] + place[column, article]
        signs[filled[article], column + 1] = joined(self.row_low[pairs], self.row_high[pairs])
        return signs

    def with_text(self, text: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return the local numbers of the articles whose text is equal to a text, not empty."""
        as_long = np.flatnonzero(np.diff(self.text_ptr) == len(text))
        is_like = (self.signs_of_texts(as_long)[:, 1:] == (text[0], text[-1])).all(axis=1)
        same = [i for i in as_long[is_like].tolist() if np.array_equal(self.text(i), text)]
        return np.array(same, dtype=np.int64)

    def titles_with(self, terms: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the number of given words in the title of each article, 0 without postings."""
        n = np.zeros(self.n_articles, dtype=np.int32)
        if self.has_postings:
            wording.count_in_titles(
                frozen(np.searchsorted(self.term, terms)), terms, self.postings, self.values, n
            )
        return n

    def document_frequency(self) -> tuple[NDArray[np.int32], NDArray[np.integer[Any]]]:
        """Return the terms of the segment, and the number of its articles that have each.

        Returns
        -------
        terms : int32 array of shape (n_local_terms,)
            Terms, ascending.
        frequency : integer array of shape (n_local_terms,)
            Number of articles, at least 1.
        """
        if self.has_postings:
            return self.term, np.diff(self.group_ptr[self.term_ptr])
        return np.unique(self.terms(), return_counts=True)

    def is_sound(self, n_terms: int) -> bool:
        """Return whether the arrays fit together, so that no kernel reads out of bounds."""
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
            and len(self.vector) % n == 0
        )
        return (
            lengths_fit
            and self._numbers_fit(n_terms)
            and (not self.vector.size or have_length_one(self.vectors))
            and bool(layout.rows_are_sound(n_terms, self.values, self.rows, self.texts))
        )

    def _numbers_fit(self, n_terms: int) -> bool:
        """Return whether what the arrays point to is there, and what must ascend does."""
        ascends, are_below = segment_layout.ascends, segment_layout.are_below
        return (
            ascends(self.row_ptr, len(self.row_low))
            and ascends(self.term_ptr, len(self.group_level))
            and ascends(self.group_ptr, len(self.posting))
            and ascends(self.text_ptr, len(self.text_place))
            and ascends(self.phrase_ptr, len(self.phrase_place) // 3)
            and are_below(self.term, n_terms)
            and are_below(self.row_level, len(self.values))
            and are_below(self.group_level, len(self.values))
            and are_below(self.posting, self.n_articles)
            and are_below(self.key, np.iinfo(np.int64).max)
            and are_below(self.pair_term, len(self.term))
            and bool(np.all(self.values[:1] > 0))
            and bool(np.all(self.values[1:] > self.values[:-1]))
            and bool(np.all(self.term[1:] > self.term[:-1]))
            and bool(np.all(self.published[1:] >= self.published[:-1]))
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store, by name."""
        arrays = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name in segment_layout.OPTIONAL_DTYPES:
            if not arrays[name].size:
                del arrays[name]
        return arrays


def joined(
    row_low: NDArray[np.integer[Any]], row_high: NDArray[np.integer[Any]]
) -> NDArray[np.int32]:
    """Return terms, given as `segment_layout.halves` returns them."""
    terms: NDArray[np.int32] = row_high.astype(np.int32) << 16 | row_low
    return terms


def _words_of(pair_key: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last word of each pair."""
    low = np.uint64((1 << 32) - 1)
    return (pair_key >> segment_layout.HALF).astype(np.int64), (pair_key & low).astype(np.int64)
