"""Mapped archive: an archive read by NumPy alone, to rank over only once."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews import dates
from relnews._kernels.hashing import SECRET, STEP
from relnews._kernels.tokens import LONGEST_PROBE, UNKNOWN
from relnews._kernels.wording import BREAK, IN_TITLE, PHRASE, TF_SHIFT
from relnews.archive.pending import PendingArticle
from relnews.articles import Article
from relnews.options.recency import Recency
from relnews.search.segment import Segment
from relnews.search.weights import Weighting, inverse_document_frequency, title_weight
from relnews.storage import integrity
from relnews.storage.arrays import Arrays, Store
from relnews.storage.catalogue import Catalogue
from relnews.text.analysis import Analysis
from relnews.text.article_terms import NO_ARTICLE, ArticleBatch, Query

#: Postings that are summed at a time, to bound the memory of temporary arrays.
_AT_ONCE = 1 << 18

_MASK, _SECRET, _STEP = (1 << 64) - 1, int(SECRET), int(STEP)


class Part:
    """Postings of a segment, or of articles waiting to be flushed into a segment.

    Parameters
    ----------
    articles : Segment or sequence of PendingArticle
        The segment, or articles that wait to be flushed into a segment.
    key : int64 array of shape (n_articles,), optional
        Catalogue keys of the waiting articles; not needed for a segment.

    Attributes
    ----------
    key, published, values, term, term_ptr, group_ptr, level, posting, pair_key, pair_term
        As in a `Segment`.
    is_alive : bool array of shape (n_articles,)
        False for removed articles.
    """

    def __init__(self, articles: Segment | Sequence[PendingArticle], key: Any = None) -> None:
        self.articles = articles
        if isinstance(articles, Segment):
            self.key, self.published = articles.key, articles.published
            self.values: NDArray[np.int32] = articles.values
            self.term = articles.term
            self.term_ptr: NDArray[Any] = articles.term_ptr
            self.group_ptr: NDArray[Any] = articles.group_ptr
            self.level: NDArray[Any] = articles.group_level
            self.posting: NDArray[Any] = articles.posting
            self.pair_key, self.pair_term = articles.pair_key, articles.pair_term
        else:
            self.key = np.array(key, dtype=np.int64)
            published = [article.published for article in articles]
            self.published = np.array(published, dtype=np.int64)
            terms = np.concatenate([article.term for article in articles])
            order = np.argsort(terms, kind="stable")
            self.term, first = np.unique(terms[order], return_index=True)
            self.term_ptr = np.append(first, len(terms))
            self.group_ptr = np.arange(len(terms) + 1)  # each pair is its own group
            codes = np.concatenate([article.code for article in articles])[order]
            self.values, self.level = np.unique(codes, return_inverse=True)
            lengths = [len(article.term) for article in articles]
            self.posting = np.repeat(np.arange(len(articles)), lengths)[order]
            phrases = np.concatenate([article.phrases for article in articles])
            self.pair_key, where = np.unique(pairs_of(*phrases[:, :2].T), return_index=True)
            self.pair_term = np.searchsorted(self.term, phrases[where, 2])
        # `np.repeat` takes differences of these pointers: damaged ones could exhaust the memory.
        integrity.check_segment(
            _ascends(self.term_ptr, self.level) and _ascends(self.group_ptr, self.posting)
        )
        self.is_alive = np.ones(len(self.key), dtype=bool)

    def article(self, local: int) -> Query | PendingArticle:
        """Return an article."""
        articles = self.articles
        return articles.query(local) if isinstance(articles, Segment) else articles[local]

    def with_text(self, text: NDArray[Any]) -> NDArray[np.int64]:
        """Return the places of the articles whose text is equal to a text."""
        articles = self.articles
        if isinstance(articles, Segment):
            return articles.with_text(text)
        same = [i for i, article in enumerate(articles) if np.array_equal(article.text, text)]
        return np.array(same, dtype=np.int64)

    def places(self, terms: NDArray[np.int32]) -> Iterator[tuple[int, int]]:
        """Yield pairs of an index into ``terms`` and the place of that term in this part."""
        return matches(self.term, terms)

    def groups(self, place: int) -> slice:
        """Return the groups of a term."""
        return slice(int(self.term_ptr[place]), int(self.term_ptr[place + 1]))

    def add(self, groups: slice, weight: NDArray[Any], sums: NDArray[np.float64]) -> None:
        """Add the weight of each group of a term to the sums of its articles."""
        if weight.any():
            ptr = self.group_ptr[groups.start : groups.stop + 1]
            # Each article has a term at most once, so no index occurs twice.
            sums[self.posting[ptr[0] : ptr[-1]]] += np.repeat(weight, np.diff(ptr))

    def totals(
        self, weighting: Weighting, idf: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lengths of the articles' weights, and the sums of the idf of their titles.

        Both are float64 arrays of shape (n_articles,).
        """
        n = len(self.key)
        squares, titles = np.zeros(n), np.zeros(n)
        weight, of_title = weighting.tf_weight(self.values), title_weight(self.values)
        begin = self.group_ptr[self.term_ptr]
        cuts = np.searchsorted(begin, np.arange(0, begin[-1], _AT_ONCE))
        for i, j in itertools.pairwise([*cuts, len(self.term)]):
            groups = slice(int(self.term_ptr[i]), int(self.term_ptr[j]))
            level, sizes = (
                self.level[groups],
                np.diff(self.group_ptr[groups.start : groups.stop + 1]),
            )
            of_group = np.repeat(idf[self.term[i:j]], np.diff(self.term_ptr[i : j + 1]))
            articles = self.posting[begin[i] : begin[j]]
            squared = np.repeat((weight[level] * of_group) ** 2, sizes)
            squares += np.bincount(articles, squared, n)
            in_title = np.repeat(of_title[level] * of_group, sizes)
            pairs = np.flatnonzero(in_title)
            titles += np.bincount(articles[pairs], in_title[pairs], n)
        return np.sqrt(squares), titles


class MappedArchive:
    """Archive at the present moment, its arrays mapped from files.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive, in a read transaction.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        setting, store, entries = catalogue.setting, Store(catalogue), catalogue.folders()
        self.catalogue = catalogue
        self.now = dates.now()
        self.analysis = Analysis.of_setting(setting("analysis"))
        self.weighting = Weighting.of_setting(setting("weighting"))
        self.recency = None if (recency := setting("recency")) is None else Recency(**recency)
        self.n_stop = int(setting("n_stop"))
        (self._words,) = (store.arrays(entry) for entry in entries if entry.kind == "vocabulary")
        integrity.check_vocabulary(self._words)
        self._seed = int(setting("seed"))
        first = len(self._words["term_ptr"]) - 1
        self._newer = {word: number for number, word in enumerate(catalogue.terms(first), first)}
        segments = [Segment(**store.arrays(entry)) for entry in entries if entry.kind == "segment"]
        self.parts = [Part(segment) for segment in segments]
        opened = catalogue.counts(int(setting("sealed") or 0) - 1)
        n_terms = first + len(self._newer)
        if opened:
            articles = [PendingArticle.read(stored, n_terms, 0) for stored in opened]
            self.parts.append(Part(articles, [stored.key for stored in opened]))
        self.frequency = np.zeros(n_terms, dtype=np.int64)
        for part in self.parts:
            self.frequency[part.term] += np.diff(part.group_ptr[part.term_ptr])
        for _, key in catalogue.removals(0):
            for part, segment in zip(self.parts, segments, strict=False):
                if (local := segment.find(key)) >= 0 and part.is_alive[local]:
                    part.is_alive[local] = False
                    self.frequency[segment.row(local)[0]] -= 1
        n_articles = sum(int(np.count_nonzero(part.is_alive)) for part in self.parts)
        self.idf = inverse_document_frequency(self.frequency, n_articles)
        self.unseen = float(inverse_document_frequency(np.zeros(1, dtype=np.int64), n_articles)[0])
        self.least_title = self.weighting.least_title * self.unseen
        self._expires = {key for key, date in catalogue.expiries().items() if date <= self.now}

    def is_shown(self, part: Part) -> NDArray[np.bool_]:
        """Return whether each article of a part may be shown now, bool array."""
        shown = part.is_alive & (part.published <= self.now)
        return shown & ~np.isin(part.key, [*self._expires]) if self._expires else shown

    def query(self, draft: Article) -> Query:
        """Return a draft as a query, in the terms of the archive."""
        batch = ArticleBatch(self.analysis)
        batch.add(draft)
        weights, parts = batch.parts.weights, []
        for text, weight in zip(batch.parts.texts, weights, strict=True):
            written = text.decode("utf-8", "surrogatepass")
            is_text = weight >> TF_SHIFT
            parts.append(self.analysis.own.in_prepared(written) if is_text else written.split())
        number = self._numbers({word for words in parts for word in words})
        of_part = [[number[word] for word in words] for words in parts]
        code: dict[int, int] = {}
        in_order = list[int]()
        for numbers, weight in zip(of_part, weights, strict=True):
            for term in numbers:
                if term >= self.n_stop:
                    code[term] = code.get(term, 0) + weight
            if weight >> TF_SHIFT:
                in_order += [BREAK] * bool(in_order)
                in_order += [term for term in numbers if term >= self.n_stop or term == UNKNOWN]
        title, phrase_terms = of_part[weights.index(IN_TITLE)], of_part[weights.index(PHRASE)]
        pairs = zip(batch.phrases[0], phrase_terms, strict=True)
        phrases = [(title[i], title[j], phrase) for (i, j), phrase in pairs]
        terms = sorted(code)
        return Query(
            NO_ARTICLE, np.array(terms, dtype=np.int32),
            np.array([code[term] for term in terms], dtype=np.int32),
            np.array(in_order, dtype=np.int32), np.array(phrases, dtype=np.int32).reshape(-1, 3),
            sum(term < 0 for term in title),
        )  # fmt: skip

    def _numbers(self, words: Iterable[str]) -> dict[str, int]:
        """Return the term number of each word; `UNKNOWN` if no article has it."""
        numbers = {}
        for word in words:
            encoded = word.encode("utf-8", "surrogatepass")
            number = self._newer.get(encoded, _number(self._words, encoded, self._seed))
            is_known = number < self.n_stop or self.frequency[number] > 0
            numbers[word] = number if is_known else UNKNOWN
        return numbers


def _ascends(ptr: NDArray[Any], of: NDArray[Any]) -> bool:
    """Return whether pointers begin with 0, never decrease, and end with the length of ``of``."""
    ends = len(ptr) > 0 and ptr[0] == 0 and ptr[-1] == len(of)
    return bool(ends and (ptr[1:] >= ptr[:-1]).all())


def pairs_of(first: NDArray[Any], last: NDArray[Any]) -> NDArray[np.uint64]:
    """Return a number for each pair of consecutive words, except pairs with an unknown word."""
    known = (first >= 0) & (last >= 0)
    return first[known].astype(np.uint64) << np.uint64(32) | last[known].astype(np.uint64)


def matches(ascending: NDArray[Any], wanted: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Yield the index in ``wanted`` and the place in ``ascending`` of each common element."""
    wanted, order = np.unique(wanted, return_index=True)
    place = np.searchsorted(ascending, wanted)
    place[place == len(ascending)] = 0
    found = ascending[place] == wanted if len(ascending) else np.zeros(len(place), dtype=bool)
    yield from zip(order[found].tolist(), place[found].tolist(), strict=True)


def _number(words: Arrays, word: bytes, seed: int) -> int:
    """Return the number of a word, `UNKNOWN` if the vocabulary does not have it.

    The hash and the probes are the same as in `relnews._kernels.tokens`.
    """
    table, ptr, n = words["table"], words["term_ptr"], len(word)

    def eight_bytes(first: int) -> int:
        """Return eight bytes of the word as a number in the machine's byte order."""
        return int.from_bytes(word[first : first + 8], sys.byteorder)

    key = eight_bytes(0)
    if n > 8:
        key = (_fold(seed ^ n ^ key, _SECRET) + _STEP) & _MASK
        for first in range(8, n - 8, 8):
            key = (_fold(key ^ eight_bytes(first), _SECRET) + _STEP) & _MASK
        key = _fold(key ^ eight_bytes(n - 8), _SECRET)
    slot = _fold(key ^ seed, _SECRET ^ n) >> 20
    for probe in range(LONGEST_PROBE + 1):
        at = 2 * ((slot + probe) % (len(table) // 2))
        entry = int(table[at + 1])
        number = (entry & 0xFFFFFFFF) - 1
        if not entry:
            break
        is_like = int(table[at]) == key and entry >> 32 == n
        if is_like and words["blob"][ptr[number] : ptr[number + 1]].tobytes() == word:
            return number
    return UNKNOWN


def _fold(a: int, b: int) -> int:
    """Return the exclusive or of both halves of a 128-bit product, as `multiply_fold` does."""
    product = a * b
    return (product ^ product >> 64) & _MASK
