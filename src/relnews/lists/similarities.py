"""Similarities: how similar articles of several lists are to each other."""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import pairs
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import UnitRows
from relnews._kernels.scoring import SCORE_STEPS
from relnews.search.bounds import Scratch
from relnews.search.segment import SEGMENT_ARTICLES
from relnews.search.view import View

#: Weights of so many articles are held at a time.
KEPT = 4096

#: Texts of so many words that count, and more, are one text if they are the same; fewer may be the
#: same in articles that have nothing else in common.
SAME_WORDS = 12

_NO_KEYS = np.empty(0, dtype=np.int64)


def floor_of(threshold: float) -> int:
    """Return a threshold in the millionths that similarities are compared by."""
    return max(round(threshold * SCORE_STEPS), 1)


class Similarities:
    """Articles whose pairwise similarities are asked for.

    Parameters
    ----------
    view : View
    keys : int64 array of shape (n,)
        Places, from 0 to n - 1, are what the articles are called by here.
    """

    def __init__(self, view: View, keys: NDArray[np.int64]) -> None:
        self._view = view
        self._part, self._local = view.places_of(keys)

    @functools.cached_property
    def _kept(self) -> UnitRows | None:
        """The weights of all articles, if they are few; gathered when first needed."""
        n = len(self._part)
        return self._gather(slice(0, n)) if n <= KEPT else None

    def within(self, groups: Sequence[slice]) -> list[NDArray[np.int64]]:
        """Return how similar the articles of each group are to each other, as `between` does.

        Parameters
        ----------
        groups : sequence of slice
            Places; at most `KEPT` articles in all.

        Returns
        -------
        list of int64 array of shape (n_group, n_group)
        """
        weights = self._kept
        assert weights is not None
        tables = [np.empty((group.stop - group.start,) * 2, dtype=np.int64) for group in groups]
        with Scratch.borrowed(len(self._view.idf), 0, weights.longest) as scratch:
            for group, table in zip(groups, tables, strict=True):
                pairs.compare(weights.cut(group), group.start, weights, scratch, table)
        for group, table in zip(groups, tables, strict=True):
            table[self._text[group, None] == self._text[None, group]] = SCORE_STEPS
        return tables

    def between(self, some: slice, others: slice) -> NDArray[np.int64]:
        """Return how similar articles are to others, in millionths as scores are.

        It is the cosine of their weights, and 1 if their texts are the same.

        Parameters
        ----------
        some, others : slice
            Places.

        Returns
        -------
        int64 array of shape (n_some, n_others)
        """
        steps = np.empty((some.stop - some.start, others.stop - others.start), dtype=np.int64)
        if self._kept is not None:
            self._compare(self._kept.cut(some), self._kept, others.start, steps)
        else:
            queries = self._gather(some)
            for first in range(others.start, others.stop, KEPT):
                rows = self._gather(slice(first, min(first + KEPT, others.stop)))
                part = np.empty((len(steps), len(rows.ptr) - 1), dtype=np.int64)
                self._compare(queries, rows, 0, part)
                steps[:, first - others.start :][:, : part.shape[1]] = part
        steps[self._text[some, None] == self._text[None, others]] = SCORE_STEPS
        return steps

    @functools.cached_property
    def _text(self) -> NDArray[np.int64]:
        """Numbers of the texts, those of the same text having the same."""
        code, place = np.unique(self._part * SEGMENT_ARTICLES + self._local, return_inverse=True)
        part, local = np.divmod(code, SEGMENT_ARTICLES)
        return numbers_of_texts(self._view, part, local)[place]

    def _compare(
        self, queries: UnitRows, rows: UnitRows, first: int, out_steps: NDArray[np.int64]
    ) -> None:
        with Scratch.borrowed(len(self._view.idf), 0, rows.longest) as scratch:
            pairs.compare(queries, first, rows, scratch, out_steps)

    def _gather(self, some: slice) -> UnitRows:
        """Return the weights, of unit length, of the articles of some places."""
        part, local = self._part[some], self._local[some]
        of_part = [(s, np.flatnonzero(part == i)) for i, s in enumerate(self._view.segments)]
        lengths = np.empty(len(part), dtype=np.int64)
        for scored, places in of_part:
            row_ptr, rows = scored.segment.row_ptr, local[places]
            lengths[places] = row_ptr[rows + 1] - row_ptr[rows]
        ptr = frozen(np.concatenate([[0], np.cumsum(lengths)]))
        term, weight = np.empty(int(ptr[-1]), dtype=np.int32), np.empty(int(ptr[-1]))
        gathered = UnitRows(ptr, term, weight, int(lengths.max(initial=0)))
        for scored, places in of_part:
            own = scored.arrays.rows
            pairs.gather(
                frozen(places),
                frozen(local[places]),
                own.terms,
                own.level_weight,
                own.idf,
                gathered,
            )
        return gathered._replace(term=frozen(term), weight=frozen(weight))


def numbers_of_texts(
    view: View, part: NDArray[np.int64], local: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return numbers for articles, as `same_texts`; each is of a segment, and all differ."""
    signs = np.empty((len(part), 3), dtype=np.int64)
    for number, scored in enumerate(view.segments):
        signs[part == number] = scored.segment.signs_of_texts(local[part == number])
    segments = [scored.segment for scored in view.segments]
    return same_texts(signs, lambda i: segments[part[i]].query(int(local[i])).text)


def same_texts(
    signs: NDArray[np.int64], text_of: Callable[[int], NDArray[np.integer[Any]]]
) -> NDArray[np.int64]:
    """Return numbers for some texts: the same for texts that are the same, and are not short.

    Parameters
    ----------
    signs : int64 array of shape (n, 3)
        How long each is, its first word and its last; see `Segment.signs_of_texts`.
    text_of : callable
        Given a place, it returns the words; asked only where several have the same signs.
    """
    number = -1 - np.arange(len(signs))
    seen = [*map(tuple, signs.tolist())]
    times = Counter(seen)
    known: dict[bytes, int] = {}
    for place, sign in enumerate(seen):
        if sign[0] >= SAME_WORDS and times[sign] > 1:
            words = text_of(place).astype("<i4").tobytes()
            number[place] = known.setdefault(hashlib.blake2b(words).digest(), place)
    return number
