"""Snapshot: an archive as it is at a moment, read by NumPy alone, to rank over only once."""

from __future__ import annotations

import itertools
import re
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
from relnews.text.analysis import Analysis, singular
from relnews.text.article_terms import NO_ARTICLE, ArticleBatch, Query

#: Postings that are added up at a time.
_AT_ONCE = 1 << 18

_WORD = re.compile(r"\w\w+")

_MASK, _SECRET, _STEP = (1 << 64) - 1, int(SECRET), int(STEP)


class Part:
    """Articles by term: those of a segment, or those that are in none yet.

    Parameters
    ----------
    articles : Segment or sequence of PendingArticle
    key : int64 array of shape (n_articles,), optional
        Of those that are in none.

    Attributes
    ----------
    key, published, values, term, term_ptr, group_ptr, level, posting, pair_key, pair_term
        As in a `Segment`.
    is_alive : bool array of shape (n_articles,)
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
            self.published = np.array([one.published for one in articles], dtype=np.int64)
            terms = np.concatenate([one.term for one in articles])
            order = np.argsort(terms, kind="stable")
            self.term, first = np.unique(terms[order], return_index=True)
            self.term_ptr = np.append(first, len(terms))
            self.group_ptr = np.arange(len(terms) + 1)  # each pair is a group of its own
            codes = np.concatenate([one.code for one in articles])[order]
            self.values, self.level = np.unique(codes, return_inverse=True)
            lengths = [len(one.term) for one in articles]
            self.posting = np.repeat(np.arange(len(articles)), lengths)[order]
            phrases = np.concatenate([one.phrases for one in articles])
            self.pair_key, where = np.unique(pairs_of(*phrases[:, :2].T), return_index=True)
            self.pair_term = np.searchsorted(self.term, phrases[where, 2])
        # What is repeated by these is not without end.
        integrity.check_segment(
            _ascends(self.term_ptr, self.level) and _ascends(self.group_ptr, self.posting)
        )
        self.is_alive = np.ones(len(self.key), dtype=bool)

    def article(self, local: int) -> Query | PendingArticle:
        """Return one article."""
        own = self.articles
        return own.query(local) if isinstance(own, Segment) else own[local]

    def with_text(self, text: NDArray[Any]) -> NDArray[np.int64]:
        """Return the articles that have a text, word for word."""
        own = self.articles
        if isinstance(own, Segment):
            return own.with_text(text)
        same = [i for i, one in enumerate(own) if np.array_equal(one.text, text)]
        return np.array(same, dtype=np.int64)

    def places(self, terms: NDArray[np.int32]) -> Iterator[tuple[int, int]]:
        """Yield which of some terms articles have, with their places."""
        return matches(self.term, terms)

    def groups(self, place: int) -> slice:
        """Return the groups of a term."""
        return slice(int(self.term_ptr[place]), int(self.term_ptr[place + 1]))

    def add(self, groups: slice, weight: NDArray[Any], sums: NDArray[np.float64]) -> None:
        """Add the weight of each group of a term to the sums of its articles."""
        if weight.any():
            ptr = self.group_ptr[groups.start : groups.stop + 1]
            # No article has a term twice.
            sums[self.posting[ptr[0] : ptr[-1]]] += np.repeat(weight, np.diff(ptr))

    def totals(
        self, weighting: Weighting, idf: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lengths of the articles' weights, and the sums of the idf of their titles."""
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
            some = np.flatnonzero(in_title)
            titles += np.bincount(articles[some], in_title[some], n)
        return np.sqrt(squares), titles


class MappedArchive:
    """An archive as it is now.

    Parameters
    ----------
    catalogue : Catalogue
    """

    def __init__(self, catalogue: Catalogue) -> None:
        setting, store, entries = catalogue.setting, Store(catalogue), catalogue.folders()
        self.catalogue = catalogue
        self.now = dates.now()
        self.analysis = Analysis(**setting("analysis"))
        self.weighting = Weighting(**setting("weighting"))
        self.recency = None if (recency := setting("recency")) is None else Recency(**recency)
        self.n_stop = int(setting("n_stop"))
        (self._words,) = (store.arrays(one) for one in entries if one.kind == "vocabulary")
        integrity.check_vocabulary(self._words)
        self._seed = int(setting("seed"))
        first = len(self._words["term_ptr"]) - 1
        self._newer = {word: number for number, word in enumerate(catalogue.terms(first), first)}
        segments = [Segment(**store.arrays(one)) for one in entries if one.kind == "segment"]
        self.parts = [Part(segment) for segment in segments]
        opened = catalogue.counts(int(setting("sealed") or 0) - 1)
        n_terms = first + len(self._newer)
        if opened:
            articles = [PendingArticle.read(one, n_terms) for one in opened]
            self.parts.append(Part(articles, [one.key for one in opened]))
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
        self._expires = {key for key, date in catalogue.expiries().items() if date <= self.now}

    def is_shown(self, part: Part) -> NDArray[np.bool_]:
        """Say of each article whether it is to be seen now."""
        shown = part.is_alive & (part.published <= self.now)
        return shown & ~np.isin(part.key, [*self._expires]) if self._expires else shown

    def query(self, draft: Article) -> Query:
        """Return a draft by the terms that the archive has."""
        batch = ArticleBatch(self.analysis)
        batch.add(draft)
        weights, parts = batch.parts.weights, []
        for text, weight in zip(batch.parts.texts, weights, strict=True):
            words = _WORD.findall(text.decode("utf-8", "surrogatepass").lower())
            folds = self.analysis.own.folds and weight >> TF_SHIFT
            parts.append([singular(word) for word in words] if folds else words)
        number = self._numbers({word for words in parts for word in words})
        of_part = [[number[word] for word in words] for words in parts]
        code: dict[int, int] = {}
        in_order = list[int]()
        for numbers, weight in zip(of_part, weights, strict=True):
            counted = [one for one in numbers if one >= self.n_stop]
            for one in counted:
                code[one] = code.get(one, 0) + weight
            if weight >> TF_SHIFT:
                in_order += [BREAK] * bool(in_order)
                in_order += [one for one in numbers if one >= self.n_stop or one == UNKNOWN]
        title, own = of_part[weights.index(IN_TITLE)], of_part[weights.index(PHRASE)]
        phrases = [
            (title[i], title[j], one) for (i, j), one in zip(batch.phrases[0], own, strict=True)
        ]
        term = np.array(sorted(code), dtype=np.int32)
        return Query(
            NO_ARTICLE, term,
            np.array([code[one] for one in term.tolist()], dtype=np.int32),
            np.array(in_order, dtype=np.int32), np.array(phrases, dtype=np.int32).reshape(-1, 3),
            sum(one < 0 for one in title),
        )  # fmt: skip

    def _numbers(self, words: Iterable[str]) -> dict[str, int]:
        """Return the numbers of words; `UNKNOWN` of those that no article has."""
        numbers = {}
        for word in words:
            spelt = word.encode("utf-8", "surrogatepass")
            number = self._newer.get(spelt, _number(self._words, spelt, self._seed))
            is_known = number < self.n_stop or self.frequency[number] > 0
            numbers[word] = number if is_known else UNKNOWN
        return numbers


def _ascends(ptr: NDArray[Any], of: NDArray[Any]) -> bool:
    ends = len(ptr) > 0 and ptr[0] == 0 and ptr[-1] == len(of)
    return bool(ends and (ptr[1:] >= ptr[:-1]).all())


def pairs_of(first: NDArray[Any], last: NDArray[Any]) -> NDArray[np.uint64]:
    """Return a number for each pair of words in a row, but for those with an unknown one."""
    known = (first >= 0) & (last >= 0)
    return first[known].astype(np.uint64) << np.uint64(32) | last[known].astype(np.uint64)


def matches(ascending: NDArray[Any], wanted: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Yield the places of what is in both."""
    wanted, order = np.unique(wanted, return_index=True)
    place = np.searchsorted(ascending, wanted)
    place[place == len(ascending)] = 0
    found = ascending[place] == wanted if len(ascending) else np.zeros(len(place), dtype=bool)
    yield from zip(order[found].tolist(), place[found].tolist(), strict=True)


def _number(words: Arrays, word: bytes, seed: int) -> int:
    """Look a word up as `relnews._kernels.tokens` does; return `UNKNOWN` if it is not there."""
    table, ptr, n = words["table"], words["term_ptr"], len(word)

    def part(first: int) -> int:
        return int.from_bytes(word[first : first + 8], sys.byteorder)

    key = part(0)
    if n > 8:
        key = (_fold(seed ^ n ^ key, _SECRET) + _STEP) & _MASK
        for first in range(8, n - 8, 8):
            key = (_fold(key ^ part(first), _SECRET) + _STEP) & _MASK
        key = _fold(key ^ part(n - 8), _SECRET)
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
    product = a * b
    return (product ^ product >> 64) & _MASK
