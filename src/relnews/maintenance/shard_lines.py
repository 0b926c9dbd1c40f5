"""Shard lines: which lines repeat in all shards together, and articles without them."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.lines import NO_LINE
from relnews.maintenance.layout import Rows
from relnews.maintenance.shards import Shard
from relnews.results import RepeatedLine
from relnews.text import repeated_lines
from relnews.text.lines import hash_of_source
from relnews.text.repeated_lines import RepeatedLines

#: Lines whose hashes are compared at a time.
LINES_TOGETHER = 1 << 22

#: Returns whether each article of a shard, given by its key there, is in the new archive.
Stay = Callable[[Shard, NDArray[np.int64]], NDArray[np.bool_]]


class _Line(NamedTuple):
    """A line that may repeat, where it stands first.

    Parameters
    ----------
    new_key, key : int
        Key of the article in the new archive, and in its shard.
    shard : Shard
        The shard.
    source : str or None
        Source of the article.
    hash : str
        Hash of the line, in hexadecimal digits.
    before, n_words : int
        Number of words of the article before the line, and of the line.
    """

    new_key: int
    key: int
    shard: Shard
    source: str | None
    hash: str
    before: int
    n_words: int


def lines_that_repeat(
    shards: Sequence[Shard], stay: Stay
) -> tuple[RepeatedLines, list[RepeatedLine]]:
    """Return the lines that repeat in the articles that stay, as hashes and with their words.

    Parameters
    ----------
    shards : sequence of Shard
        All shards.
    stay : callable
        See `Stay`.
    """
    n_of_source = Counter[str | None]()
    candidates = _candidates(shards)
    n_articles = np.zeros(len(candidates), dtype=np.int64)
    first: dict[int, _Line] = {}
    for shard in shards:
        keys, lines = shard.lines()
        stays = stay(shard, keys)
        n_of_source.update(itertools.compress(lines.sources, stays))
        article, in_source = lines.article, lines.hash_in_source()
        is_here = repeated_lines.is_among(in_source, candidates) & (lines.hash != NO_LINE)
        places = np.flatnonzero(is_here & stays[article])
        number = np.searchsorted(candidates, in_source[places])
        pairs = np.unique(number * max(len(keys), 1) + article[places])
        n_articles += np.bincount(pairs // max(len(keys), 1), minlength=len(candidates))
        numbers, firsts = np.unique(number, return_index=True)
        for candidate, place in zip(numbers.tolist(), places[firsts].tolist(), strict=True):
            row = int(article[place])
            found = _Line(
                int(keys[row]) + shard.shift, int(keys[row]), shard, lines.sources[row],
                f"{int(lines.hash[place]):016x}", int(lines.n_words[lines.ptr[row] : place].sum()),
                int(lines.n_words[place]),
            )  # fmt: skip
            if candidate not in first or found.new_key < first[candidate].new_key:
                first[candidate] = found
    repeat = [
        (line, int(n_articles[candidate]))
        for candidate, line in first.items()
        if n_articles[candidate] >= repeated_lines.LEAST_ARTICLES
        and n_articles[candidate] / n_of_source[line.source] >= repeated_lines.LEAST_SHARE
    ]
    of_source: dict[str, list[str]] = {}
    for line, _ in repeat:
        of_source.setdefault(f"{hash_of_source(line.source):016x}", []).append(line.hash)
    return RepeatedLines(of_source), _spelled(repeat)


def _candidates(shards: Sequence[Shard]) -> NDArray[np.uint64]:
    """Return the hashes, in their sources, of lines that stand often enough to repeat, ascending.

    Each pass compares the lines of some hashes, so that memory does not grow with the input.
    """
    n_passes = 1 + sum(shard.n_lines() for shard in shards) // LINES_TOGETHER
    found = []
    for number in range(n_passes):
        hashes = []
        for shard in shards:
            in_source = shard.lines()[1].hash_in_source()
            hashes.append(in_source[in_source % np.uint64(n_passes) == number])
        ascending = np.sort(np.concatenate(hashes))
        found.append(repeated_lines.frequent(ascending))
    return np.sort(np.concatenate(found))


def _spelled(lines: Sequence[tuple[_Line, int]]) -> list[RepeatedLine]:
    """Return lines, given with their numbers of articles, with their words; most frequent first."""
    by_shard: dict[int, list[tuple[_Line, int]]] = {}
    for line, n_articles in lines:
        by_shard.setdefault(line.shard.part, []).append((line, n_articles))
    found = []
    for of_shard in by_shard.values():
        shard = of_shard[0][0].shard
        vocabulary = shard.vocabulary()
        texts = shard.texts({line.key for line, _ in of_shard}, len(vocabulary))
        for line, n_articles in of_shard:
            terms = texts[line.key][line.before : line.before + line.n_words]
            words = repeated_lines.spelled(terms, vocabulary)
            found.append(RepeatedLine(line.source, words, n_articles))
    return repeated_lines.most_frequent_first(found)


class Cutter:
    """Cuts repeated lines out of the articles of a shard.

    Parameters
    ----------
    shard : Shard
        The shard.
    repeated : RepeatedLines or None
        The lines; None cuts nothing.
    n_terms : int
        Size of its vocabulary.
    """

    def __init__(self, shard: Shard, repeated: RepeatedLines | None, n_terms: int) -> None:
        self._key = np.empty(0, dtype=np.int64)
        if repeated is None or not len(repeated):
            return
        self._repeated, self._tally = repeated, np.zeros(n_terms, dtype=np.int32)
        key, self._lines = shard.lines()
        #: Places in the lines, and keys, of the articles that have such a line.
        self._place = np.unique(self._lines.article[repeated.among(self._lines)])
        self._key = key[self._place]

    def is_cut(self, key: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether articles have a line that is cut out."""
        return np.isin(key, self._key)

    def cut(self, rows: Rows) -> Rows:
        """Return articles without the lines, in another order."""
        is_cut = self.is_cut(rows.key)
        if not is_cut.any():
            return rows
        cut = rows.take(np.flatnonzero(is_cut))
        lines = self._lines.take(self._place[np.searchsorted(self._key, cut.key)])
        terms = self._repeated.cut_out(cut.terms.copy(), lines, self._tally)
        cut = dataclasses.replace(cut, terms=terms)
        return Rows.concatenate([cut, rows.take(np.flatnonzero(~is_cut))])
