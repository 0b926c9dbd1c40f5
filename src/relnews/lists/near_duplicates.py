"""Near-duplicates: articles of nearly the same words, found for one list or a whole archive."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import pairs
from relnews._kernels._compile import frozen
from relnews._kernels.scoring import SCORE_STEPS
from relnews._kernels.wording import TF_SHIFT
from relnews._parallel import in_order
from relnews.archive.archive import BLOCK
from relnews.archive.live_segment import View
from relnews.archive.snapshot import Snapshot
from relnews.dates import UNDATED
from relnews.options.selection import Prefer
from relnews.search.bounds import Outline, Scratch
from relnews.search.query import Limits, Queries
from relnews.search.segment import SEGMENT_ARTICLES
from relnews.text.article_terms import NO_ARTICLE, Query

#: What shows the progress of going through an archive: it is given the blocks and their number.
Progress = Callable[[Iterator[NDArray[np.int64]], int], Iterable[NDArray[np.int64]]]

#: Weights of so many articles are held at a time.
KEPT = 4096

#: Texts of so many words that count, and more, are one text if they are the same; fewer may be the
#: same in articles that have nothing else in common.
SAME_WORDS = 12

_NO_KEYS = np.empty(0, dtype=np.int64)


def floor_of(threshold: float) -> int:
    """Return a threshold in the millionths that similarities are compared by."""
    return max(round(threshold * SCORE_STEPS), 1)


def groups_of(
    snapshot: Snapshot,
    threshold: float,
    prefer: Prefer,
    n_jobs: int | None,
    progress: Progress | None = None,
    agencies: Collection[str] = (),
) -> list[tuple[str, ...]]:
    """Return the groups of near-duplicates of an archive.

    Parameters
    ----------
    snapshot : Snapshot
    threshold : float
        The least cosine of the weights of two near-duplicates.
    prefer : str
        Which article of a group is canonical: see `Selection`.
    n_jobs : int or None
    progress : callable, optional
    agencies : collection of str, optional

    Returns
    -------
    list of tuple of str
        Ids, the canonical one first, the others newest first. The largest group comes first, and
        of one size the one whose canonical id is the smallest.
    """
    view = snapshot.view
    blocks = near_pairs(view, floor_of(threshold), n_jobs)
    shown = blocks if progress is None else progress(blocks, len(_blocks(view)))
    canonical = Canonical(prefer, snapshot, agencies)
    pairs = itertools.chain(shown, [_same_texts(view)])
    groups = [_named(snapshot, canonical.of(keys), keys) for keys in _components(view, pairs)]
    return sorted(groups, key=lambda ids: (-len(ids), ids[0]))


def near_query(view: View, query: Query, threshold: float) -> NDArray[np.int64]:
    """Return the keys of the near-duplicates of a draft, those of the same text included.

    Parameters
    ----------
    view : View
    query : Query
        The draft.
    threshold : float
    """
    queries = view.queries([query], by_cosine=True)
    floor = floor_of(threshold)
    near = [
        scored.segment.key[scored.reach(queries, np.full(scored.segment.n_articles, floor))[0]]
        for scored in view.segments
    ]
    if len(query.text) >= SAME_WORDS:
        near += [s.segment.key[s.segment.with_text(query.text)] for s in view.segments]
    return np.concatenate([_NO_KEYS, *near])


def _named(snapshot: Snapshot, canonical: int, keys: Sequence[int]) -> tuple[str, ...]:
    """Return the ids of a group, the canonical one first and the others newest first."""
    columns = zip(keys, snapshot.dates(keys), snapshot.ids(keys), strict=True)
    order = sorted(
        (key != canonical, date is None, -(date or 0), identifier)
        for key, date, identifier in columns
    )
    return tuple(identifier for *_, identifier in order)


# --- of a whole archive --------------------------------------------------------------------------


def near_pairs(view: View, floor: int, n_jobs: int | None) -> Iterator[NDArray[np.int64]]:
    """Yield the pairs of articles that are at least so similar, each pair once.

    Every article is compared with those that follow it, exactly: what bounds rule out is not
    summed. Blocks of articles go through threads, and what is found of one is yielded at a time.

    Parameters
    ----------
    view : View
    floor : int
        In millionths.
    n_jobs : int or None

    Yields
    ------
    int64 array of shape (n_pairs, 2)
        Articles, numbered through all segments.
    """
    floors = [frozen(np.full(scored.segment.n_articles, floor)) for scored in view.segments]
    return in_order(lambda block: _pairs_of(view, floors, *block), _blocks(view), n_jobs)


def _blocks(view: View) -> list[tuple[int, int]]:
    """Return the number of the segment and the first article of each block."""
    return [
        (number, first)
        for number, scored in enumerate(view.segments)
        for first in range(0, scored.segment.n_articles, BLOCK)
    ]


def _starts(view: View) -> list[int]:
    """Return the number of the first article of each segment, and that of all articles."""
    sizes = [scored.segment.n_articles for scored in view.segments]
    return [*itertools.accumulate(sizes, initial=0)]


def _pairs_of(
    view: View, floors: Sequence[NDArray[np.int64]], number: int, first: int
) -> NDArray[np.int64]:
    """Return the pairs of which the first article is in a block."""
    scored, starts = view.segments[number], _starts(view)
    # What was removed, or is not to be seen now, has a prior of 0.
    shown = first + np.flatnonzero(scored.prior[first : first + BLOCK] > 0)
    if not len(shown):
        return np.empty((0, 2), dtype=np.int64)
    queries = view.queries([scored.segment.query(int(local)) for local in shown], by_cosine=True)
    found = []
    for i, local in enumerate(shown.tolist()):
        query = _one(queries, i)
        for other in range(number, len(view.segments)):
            places, *_ = view.segments[other].reach(query, floors[other])
            places = places[places > local] if other == number else places
            mine = np.full(len(places), starts[number] + local)
            found.append(np.column_stack([mine, starts[other] + places]))
    return np.concatenate(found)


def _same_texts(view: View) -> NDArray[np.int64]:
    """Return pairs of articles that connect those of the same text."""
    # What was removed, or is not to be seen now, has a prior of 0.
    local = [np.flatnonzero(scored.prior > 0) for scored in view.segments]
    part = np.repeat(np.arange(len(local)), [*map(len, local)])
    number = _numbers_of_texts(view, part, np.concatenate([_NO_KEYS, *local]))
    place = np.array(_starts(view))[part] + np.concatenate([_NO_KEYS, *local])
    order = np.argsort(number, kind="stable")
    same = np.flatnonzero(np.diff(number[order]) == 0)
    return np.column_stack([place[order[same]], place[order[same + 1]]])


def _numbers_of_texts(
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


def _one(queries: Queries, i: int) -> Queries:
    """Return one query of a block, without limits; arrays are shared."""
    pairs = slice(int(queries.ptr[i]), int(queries.ptr[i + 1]))
    outline = Outline(*(array[i : i + 1] for array in queries.outline.arrays()))
    return Queries(
        queries.key[i : i + 1], queries.ptr[i : i + 2] - queries.ptr[i], queries.term[pairs],
        queries.weight[pairs], outline, Limits.none([NO_ARTICLE]), queries.quotes,
    )  # fmt: skip


def _components(view: View, blocks: Iterable[NDArray[np.int64]]) -> list[list[int]]:
    """Return the keys of articles that are connected by pairs."""
    starts = _starts(view)
    group = np.arange(starts[-1])
    waiting: list[NDArray[np.int64]] = []
    n_waiting = 0
    for found in blocks:
        waiting.append(found)
        n_waiting += len(found)
        if n_waiting > len(group):  # a thousand copies of one text are half a million pairs
            group, waiting, n_waiting = _merged(group, waiting), [], 0
    group = _merged(group, waiting)
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    keys = np.concatenate([np.empty(0, np.int64), *(s.segment.key for s in view.segments)])
    return [keys[places].tolist() for places in np.split(order, cuts) if len(places) > 1]


def _merged(group: NDArray[np.int64], found: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the groups of articles, those that pairs connect having become one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not found:
        return group
    first, second = group[np.concatenate(found)].T
    n = len(group)
    graph = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    return label.astype(np.int64)[group]


# --- of one list ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class _Weights:
    """The weights, of unit length, of some articles.

    Parameters
    ----------
    ptr : int64 array of shape (n_articles + 1,)
        Where the terms of each begin.
    term : int32 array
        Ascending within an article.
    value : float64 array
    longest : int
        How many terms the longest has.
    """

    ptr: NDArray[np.int64]
    term: NDArray[np.int32]
    value: NDArray[np.float64]
    longest: int

    def cut(self, some: slice) -> _Weights:
        """Return those of some articles; arrays are shared."""
        return dataclasses.replace(self, ptr=self.ptr[some.start : some.stop + 1])


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
    def _kept(self) -> _Weights | None:
        """The weights of all articles, if they are few; gathered when first needed."""
        n = len(self._part)
        return self._gather(slice(0, n)) if n <= KEPT else None

    def within(self, groups: Sequence[slice]) -> list[NDArray[np.int64]]:
        """Return how similar the articles of each group are to each other, as `between` does.

        Parameters
        ----------
        groups : sequence of slice
            Places; at most `KEPT` articles in all.
        """
        weights = self._kept
        assert weights is not None
        tables = [np.empty((group.stop - group.start,) * 2, dtype=np.int64) for group in groups]
        queries = map(weights.cut, groups)
        starts = (group.start for group in groups)
        self._compare([*zip(queries, starts, tables, strict=True)], weights)
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
            self._compare([(self._kept.cut(some), others.start, steps)], self._kept)
        else:
            queries = self._gather(some)
            for first in range(others.start, others.stop, KEPT):
                rows = self._gather(slice(first, min(first + KEPT, others.stop)))
                part = np.empty((len(steps), len(rows.ptr) - 1), dtype=np.int64)
                self._compare([(queries, 0, part)], rows)
                steps[:, first - others.start :][:, : part.shape[1]] = part
        steps[self._text[some, None] == self._text[None, others]] = SCORE_STEPS
        return steps

    @functools.cached_property
    def _text(self) -> NDArray[np.int64]:
        """Numbers of the texts, those of the same text having the same."""
        code, place = np.unique(self._part * SEGMENT_ARTICLES + self._local, return_inverse=True)
        part, local = np.divmod(code, SEGMENT_ARTICLES)
        return _numbers_of_texts(self._view, part, local)[place]

    def _compare(
        self, tasks: Sequence[tuple[_Weights, int, NDArray[np.int64]]], rows: _Weights
    ) -> None:
        """Compare articles with the rows from a place on, and write how similar they are."""
        with Scratch.borrowed(len(self._view.figures.idf), 0, rows.longest) as scratch:
            for queries, first, out_steps in tasks:
                pairs.compare(
                    queries.ptr, queries.term, queries.value, first, rows.ptr, rows.term,
                    rows.value, scratch.weight, scratch.is_in_query, scratch.shared, out_steps,
                )  # fmt: skip

    def _gather(self, some: slice) -> _Weights:
        """Return the weights, of unit length, of the articles of some places."""
        part, local = self._part[some], self._local[some]
        of_part = [(s, np.flatnonzero(part == i)) for i, s in enumerate(self._view.segments)]
        lengths = np.empty(len(part), dtype=np.int64)
        for scored, places in of_part:
            row_ptr, rows = scored.segment.row_ptr, local[places]
            lengths[places] = row_ptr[rows + 1] - row_ptr[rows]
        ptr = frozen(np.concatenate([[0], np.cumsum(lengths)]))
        term, weight = np.empty(int(ptr[-1]), dtype=np.int32), np.empty(int(ptr[-1]))
        for scored, places in of_part:
            segment = scored.segment
            pairs.gather(
                frozen(places), frozen(local[places]), segment.row_ptr, segment.row_low,
                segment.row_high, segment.row_level, scored.level_weight, self._view.idf, ptr,
                term, weight,
            )  # fmt: skip
        return _Weights(ptr, frozen(term), frozen(weight), int(lengths.max(initial=0)))


# --- which one to keep ---------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Canonical:
    """Picks the article of a group of near-duplicates that a list shows.

    Parameters
    ----------
    prefer : str
        See `Selection`.
    snapshot : Snapshot
    agencies : collection of str, optional
        See `Selection`.
    """

    prefer: Prefer
    snapshot: Snapshot
    agencies: Collection[str] = ()

    def of(self, keys: Sequence[int]) -> int:
        """Return the key of the canonical article; of equal ones, of the smallest id."""
        if self.agencies:
            keys = self._not_from_agencies(keys)
            if len(keys) == 1:
                return keys[0]
        badness: list[tuple[int, ...]]
        if self.prefer == "longest":
            badness = [(-length,) for length in _lengths(self.snapshot.view, keys)]
        else:
            sign = -1 if self.prefer == "latest" else 1
            dates = self.snapshot.view.published(keys).tolist()
            badness = [(date == UNDATED, sign * date) for date in dates]
        return min(zip(badness, self.ids_of(keys), keys, strict=True))[-1]

    def ids_of(self, keys: Sequence[int]) -> tuple[str, ...]:
        """Return the ids of articles."""
        return tuple(self.snapshot.ids(keys))

    def _not_from_agencies(self, keys: Sequence[int]) -> Sequence[int]:
        """Return the articles that are not from agencies; all, if there is none."""
        items = zip(keys, self.snapshot.items(keys), strict=True)
        return [key for key, item in items if item.source not in self.agencies] or keys


def _lengths(view: View, keys: Sequence[int]) -> list[int]:
    """Return how many words, stop words not counted, the texts of articles have."""
    lengths = np.zeros(len(keys), dtype=np.int64)
    for scored in view.segments:
        segment = scored.segment
        local = segment.find_all(np.array(keys))
        for i in np.flatnonzero(local >= 0).tolist():
            _, level = segment.row(int(local[i]))
            lengths[i] = (segment.values[level] >> TF_SHIFT).sum()
    return lengths.tolist()
