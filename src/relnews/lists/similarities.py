"""Similarities: pairwise similarities of the articles of several lists."""

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
from relnews._kernels.scratch import borrowed
from relnews.lists import containment
from relnews.lists.containment import Table
from relnews.search.segment import SEGMENT_ARTICLES
from relnews.search.view import View

#: Articles whose weights are held at a time.
KEPT = 4096

_NO_KEYS = np.empty(0, dtype=np.int64)


def floor_of(threshold: float) -> int:
    """Return a threshold in the millionths that similarities are compared by."""
    return max(round(threshold * SCORE_STEPS), 1)


class Similarities:
    """Articles whose pairwise similarities are wanted.

    Parameters
    ----------
    view : View
        The segments that hold the articles.
    keys : int64 array of shape (n,)
        The articles. Methods identify them by their places here, from 0 to n - 1.
    """

    def __init__(self, view: View, keys: NDArray[np.int64]) -> None:
        self._view = view
        self._part, self._local = view.places_of(keys)

    @functools.cached_property
    def _kept(self) -> UnitRows | None:
        """The weights of all articles, gathered when first needed; None if above `KEPT`."""
        n = len(self._part)
        return self._gather(slice(0, n)) if n <= KEPT else None

    def within(self, groups: Sequence[slice]) -> list[NDArray[np.int64]]:
        """Return the similarities within each group, as `between` does.

        Parameters
        ----------
        groups : sequence of slice
            Places; at most `KEPT` articles in all.

        Returns
        -------
        list of int64 array of shape (n_group, n_group)
        """
        tables = [np.empty((group.stop - group.start,) * 2, dtype=np.int64) for group in groups]
        weights = self._kept
        assert weights is not None
        with borrowed(len(self._view.statistics.idf), 0, weights.longest) as (scratch, _):
            for group, table in zip(groups, tables, strict=True):
                rows = weights._replace(ptr=weights.ptr[group.start : group.stop + 1])
                pairs.compare(rows, group.start, weights, scratch, table)
        self._unite_copies([*zip(tables, groups, groups, strict=True)])
        return tables

    def between(self, articles: slice, others: slice) -> NDArray[np.int64]:
        """Return the similarities of articles to other articles, in millionths.

        A similarity is the cosine of the weights, the containment of the texts if that is larger,
        and 1 if the texts are the same.

        Parameters
        ----------
        articles, others : slice
            Places of the articles.

        Returns
        -------
        int64 array of shape (n_articles, n_others)
        """
        n_rows = articles.stop - articles.start
        steps = np.empty((n_rows, others.stop - others.start), dtype=np.int64)
        if self._kept is not None:
            rows = self._kept._replace(ptr=self._kept.ptr[articles.start : articles.stop + 1])
            self._compare(rows, self._kept, others.start, steps)
        else:
            queries = self._gather(articles)
            for first in range(others.start, others.stop, KEPT):
                rows = self._gather(slice(first, min(first + KEPT, others.stop)))
                part = np.empty((len(steps), len(rows.ptr) - 1), dtype=np.int64)
                self._compare(queries, rows, 0, part)
                steps[:, first - others.start :][:, : part.shape[1]] = part
        self._unite_copies([(steps, articles, others)])
        return steps

    def _unite_copies(self, tables: Sequence[Table]) -> None:
        """Raise the cosines of articles one of which has the text of the other."""
        part, local, article, length, text = self._articles
        for steps, rows, columns in tables:
            steps[text[rows, None] == text[None, columns]] = SCORE_STEPS
        segments = [scored.segment for scored in self._view.segments]
        containment.contain(
            tables, article, length, lambda i: segments[part[i]].text(int(local[i]))
        )

    @functools.cached_property
    def _articles(self) -> tuple[NDArray[np.int64], ...]:
        """Distinct articles.

        Segment and local number of each; the article at each place; number of words of each; and
        at each place the number of the article's text: equal texts have equal numbers.
        """
        code, article = np.unique(self._part * SEGMENT_ARTICLES + self._local, return_inverse=True)
        part, local = np.divmod(code, SEGMENT_ARTICLES)
        length, text = numbers_of_texts(self._view, part, local)
        return part, local, article, length, text[article]

    def _compare(
        self, queries: UnitRows, rows: UnitRows, first: int, out_steps: NDArray[np.int64]
    ) -> None:
        with borrowed(len(self._view.statistics.idf), 0, rows.longest) as (scratch, _):
            pairs.compare(queries, first, rows, scratch, out_steps)

    def _gather(self, articles: slice) -> UnitRows:
        """Return the weights, of unit length, of the articles at these places."""
        part, local = self._part[articles], self._local[articles]
        of_part = [(s, np.flatnonzero(part == i)) for i, s in enumerate(self._view.segments)]
        lengths = np.empty(len(part), dtype=np.int64)
        for scored, places in of_part:
            row_ptr, rows = scored.segment.row_ptr, local[places]
            lengths[places] = row_ptr[rows + 1] - row_ptr[rows]
        ptr = frozen(np.concatenate([[0], np.cumsum(lengths)]))
        term, weight = np.empty(int(ptr[-1]), dtype=np.int32), np.empty(int(ptr[-1]))
        gathered = UnitRows(ptr, term, weight, int(lengths.max(initial=0)))
        for scored, places in of_part:
            segment_rows = scored.arrays.rows
            pairs.gather(
                frozen(places),
                frozen(local[places]),
                segment_rows.terms,
                segment_rows.level_weight,
                segment_rows.idf,
                gathered,
            )
        return gathered._replace(term=frozen(term), weight=frozen(weight))


def numbers_of_texts(
    view: View, part: NDArray[np.int64], local: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of words of distinct articles, and their texts as `same_texts` does."""
    segments = [scored.segment for scored in view.segments]
    length = np.empty(len(part), dtype=np.int64)
    for number, segment in enumerate(segments):
        rows = local[part == number]
        length[part == number] = segment.text_ptr[rows + 1] - segment.text_ptr[rows]
    _, at, times = np.unique(length, return_inverse=True, return_counts=True)
    signs = np.full((len(part), 3), -1, dtype=np.int64)
    may_be_same = (times[at] > 1) & (length >= containment.SAME_WORDS)
    for number in np.unique(part[may_be_same]).tolist():
        places = may_be_same & (part == number)
        signs[places] = segments[number].signs_of_texts(local[places])
    return length, same_texts(signs, lambda i: segments[part[i]].text(int(local[i])))


def same_texts(
    signs: NDArray[np.int64], text_of: Callable[[int], NDArray[np.integer[Any]]]
) -> NDArray[np.int64]:
    """Return a number for each text: equal for equal texts of `SAME_WORDS` words or more.

    Parameters
    ----------
    signs : int64 array of shape (n, 3)
        Length, first word and last word of each text; see `Segment.signs_of_texts`.
    text_of : callable
        Given a place, it returns the words; called only for texts with equal signs.
    """
    number = -1 - np.arange(len(signs))
    seen = [*map(tuple, signs.tolist())]
    times = Counter(seen)
    first_places: dict[bytes, int] = {}
    for place, sign in enumerate(seen):
        if sign[0] >= containment.SAME_WORDS and times[sign] > 1:
            words = text_of(place).astype("<i4").tobytes()
            number[place] = first_places.setdefault(hashlib.blake2b(words).digest(), place)
    return number
