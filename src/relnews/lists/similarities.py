"""Similarities: pairwise similarities of the articles of several lists."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import pairs
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import UnitRows
from relnews._kernels.scoring import NO_DAY, SCORE_STEPS
from relnews._kernels.scratch import borrowed
from relnews.lists import containment
from relnews.search.limits import days
from relnews.search.segment import SEGMENT_ARTICLES
from relnews.search.view import View
from relnews.text.rows import Ragged

#: Days beyond which a near-duplicate of an article tells of another occasion, such as the meeting
#: of the next year, and may be in its list, unless it is the same. Of the pairs with a similarity
#: of 0.7 and more, writers of five sites linked 4 of 8 that were further apart, and 1 of 12 others.
OTHER_OCCASION = 180

#: A term with a smaller idf, in more than 5 % of the articles, is common: it is summed only for
#: pairs that can reach the least similarity. Of 4,186 pairs of 92 candidates, out of 1,000
#: articles, 15 can at 5 %, 335 at 3 %; at 10 %, 5 can, but rare terms meet 2.3 times as often.
COMMON_IDF = 4.0

#: Texts that are read together, to be compared word by word.
_TEXTS = 1024


def floor_of(threshold: float) -> int:
    """Return a threshold in the millionths that similarities are compared by."""
    return max(round(threshold * SCORE_STEPS), 1)


def floors_for(
    floor: int, published: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the similarity from which each article is too near to another to be in its list.

    Parameters
    ----------
    floor : int
        Minimum similarity of near-duplicates, in millionths.
    published, other : int64 arrays
        Timestamps of the articles, and of the article of each list; `UNDATED` if unknown.
    """
    day, other_day = days(published).astype(np.int64), days(other).astype(np.int64)
    is_dated = (day != NO_DAY) & (other_day != NO_DAY)
    is_apart = is_dated & (np.abs(day - other_day) > OTHER_OCCASION)
    return np.where(is_apart, max(floor, SCORE_STEPS), floor)


def similarities(view: View, keys: NDArray[np.int64], least: int = 0) -> NDArray[np.int32]:
    """Return the similarities of the articles of each group to each other, in millionths.

    Parameters
    ----------
    view, keys, least
        As for `Similarities`.

    Returns
    -------
    int32 array of shape (n_groups, width, width)
        0 where there is no article.
    """
    found = Similarities(view, keys, least)
    found.complete()
    return found.steps


class Similarities:
    """Similarities of the articles of groups to each other, in millionths.

    A similarity is the cosine of the weights, the containment of the texts if that is larger, and 1
    if the texts are the same. Containment is added by `complete`, or for some articles only by
    `complete_rows`.

    Parameters
    ----------
    view : View
        The segments that hold the articles.
    keys : int64 array of shape (n_groups, width)
        Keys of the articles; negative where a group has fewer.
    least : int, default=0
        At most `LEAST_COSINE`. Instead of a smaller similarity there may be 0, which takes less
        time.

    Attributes
    ----------
    steps : int32 array of shape (n_groups, width, width)
        0 where there is no article.
    """

    def __init__(self, view: View, keys: NDArray[np.int64], least: int = 0) -> None:
        self._view = view
        self.steps = np.zeros((*keys.shape, keys.shape[1]), dtype=np.int32)
        #: Whether the similarities of an article to all others are complete.
        self._is_complete = np.ones(keys.shape, dtype=bool)
        places = keys >= 0
        if not places.any():
            return
        part, local = view.places_of(keys[places])
        code, at = np.unique(part * SEGMENT_ARTICLES + local, return_inverse=True)
        self._articles = np.full(keys.shape, -1)
        self._articles[places] = at
        self._part, self._local = np.divmod(code, SEGMENT_ARTICLES)
        _compare(view, self._part, self._local, self._articles, least, self.steps)
        self._length, number = numbers_of_texts(view, self._part, self._local)
        # Places without an article have a text of their own.
        text = -1 - len(code) - np.arange(keys.size).reshape(keys.shape)
        text[places] = number[at]
        self.steps[text[:, :, None] == text[:, None, :]] = SCORE_STEPS
        self._is_complete = ~places

    def complete(self, most: int | None = None) -> bool:
        """Complete all similarities, unless more pairs than the given number need it.

        Return whether they are complete.
        """
        if not self._is_complete.all():
            needed = _may_be_contained(self.steps)
            if most is not None and np.count_nonzero(needed) > 2 * most:
                return False
            self._add(*np.nonzero(np.triu(needed)))
            self._is_complete[:] = True
        return True

    def complete_rows(self, groups: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        """Complete the similarities of one article of each of some groups, given its place."""
        is_left = ~self._is_complete[groups, rows]
        groups, rows = groups[is_left], rows[is_left]
        self._is_complete[groups, rows] = True
        i, column = np.nonzero(_may_be_contained(self.steps[groups, rows]))
        self._add(groups[i], rows[i], column)

    def _add(
        self, group: NDArray[np.int64], row: NDArray[np.int64], column: NDArray[np.int64]
    ) -> None:
        """Raise the similarities of pairs of articles to their containment."""
        if not len(group):
            return
        pair = np.column_stack([self._articles[group, row], self._articles[group, column]])
        fits = containment.are_as_long(*self._length[pair].T)
        if fits.any():
            group, row, column = group[fits], row[fits], column[fits]
            shares = _shares(self._view, self._part, self._local, pair[fits])
            for first, second in ((row, column), (column, row)):
                before = self.steps[group, first, second]
                self.steps[group, first, second] = np.maximum(before, shares)


def _may_be_contained(steps: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which similarities may be lower than the containment."""
    return (steps >= containment.LEAST_COSINE) & (steps < SCORE_STEPS)


def _compare(
    view: View,
    part: NDArray[np.int64],
    local: NDArray[np.int64],
    articles: NDArray[np.int64],
    least: int,
    out_steps: NDArray[np.int32],
) -> None:
    """Write the cosines of the articles of each group, which are given by part and local number."""
    of_part = [local[part == i] for i in range(len(view.segments))]
    segments = [scored.segment for scored in view.segments]
    lengths = np.concatenate(
        [np.diff(s.row_ptr)[local] for s, local in zip(segments, of_part, strict=True)]
    )
    n_entries = int(np.where(articles < 0, 0, lengths[articles]).sum(axis=1).max()) + 1
    entries = *np.empty((2, n_entries), dtype=np.int32), np.empty(n_entries)
    ptr = frozen(np.concatenate([[0], np.cumsum(lengths)]))
    n = len(lengths)
    term, weight = np.empty(int(ptr[-1]), dtype=np.int32), np.empty(int(ptr[-1]))
    common, rest = np.empty(n, dtype=np.int64), np.empty(n)
    # From a smaller similarity on, nearly all pairs would need their common parts.
    common_idf = COMMON_IDF if least >= containment.LEAST_COSINE else 0.0
    first = 0
    for scored, numbers in zip(view.segments, of_part, strict=True):
        rows, here = scored.arrays.rows, slice(first, first + len(numbers))
        out = UnitRows(ptr[first : here.stop + 1], common[here], term, weight, rest[here])
        if len(numbers):
            pairs.gather(frozen(numbers), rows.terms, rows.level_weight, rows.idf, common_idf, out)
        first = here.stop
    unit_rows = UnitRows._make(map(frozen, (ptr, common, term, weight, rest)))
    with borrowed(len(view.statistics.idf), 0, 0) as (scratch, _):
        pairs.compare(
            frozen(articles), unit_rows, least, scratch.latest,
            (*entries, np.empty(articles.shape[1])), out_steps,
        )  # fmt: skip


def _shares(
    view: View, part: NDArray[np.int64], local: NDArray[np.int64], pair: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the containment of pairs of articles, in millionths."""
    compared, pair = np.unique(pair, return_inverse=True)
    of_pair = part[compared]
    texts = [
        view.segments[i].segment.texts_of(local[compared[of_pair == i]])
        for i in np.unique(of_pair).tolist()
    ]
    return containment.shares(Ragged.concatenate(texts), pair.reshape(-1, 2))


def numbers_of_texts(
    view: View, part: NDArray[np.int64], local: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of words of distinct articles, and a number for the text of each.

    Equal texts of `SAME_WORDS` words or more have equal numbers.
    """
    segments = [scored.segment for scored in view.segments]
    signs = np.empty((len(part), 3), dtype=np.int64)
    for i in np.unique(part).tolist():
        signs[part == i] = segments[i].signs_of_texts(local[part == i])
    number = -1 - np.arange(len(part))
    is_long = np.flatnonzero(signs[:, 0] >= containment.SAME_WORDS)
    # Different signs may have equal codes: then the words differ.
    code = signs[is_long] @ (1 << 42, 1 << 21, 1)
    _, at, times = np.unique(code, return_inverse=True, return_counts=True)
    alike = is_long[times[at] > 1]
    first_places: dict[bytes, int] = {}
    for i in np.unique(part[alike]).tolist():
        segment, here = segments[i], alike[part[alike] == i]
        for places in (here[n : n + _TEXTS] for n in range(0, len(here), _TEXTS)):
            texts = segment.texts_of(local[places])
            ends = texts.ptr.tolist()
            for place, begin, end in zip(places.tolist(), ends[:-1], ends[1:], strict=True):
                digest = hashlib.blake2b(texts.value[begin:end].data).digest()
                number[place] = first_places.setdefault(digest, place)
    return signs[:, 0], number
