"""Near-duplicates: articles of nearly the same words, found for one list or a whole archive."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews._kernels.wording import TF_SHIFT
from relnews._parallel import in_order
from relnews.archive.archive import BLOCK
from relnews.archive.snapshot import Snapshot
from relnews.dates import UNDATED
from relnews.lists.similarities import (
    SAME_WORDS,
    floor_of,
    numbers_of_texts,
)
from relnews.options.selection import Keep
from relnews.search.order import newest_key
from relnews.search.query import Limits, Queries
from relnews.search.view import View
from relnews.text.article_terms import NO_ARTICLE, Query

#: What shows the progress of going through an archive: it is given the blocks and their number.
Progress = Callable[[Iterator[NDArray[np.int64]], int], Iterable[NDArray[np.int64]]]


_NO_KEYS = np.empty(0, dtype=np.int64)


def groups_of(
    snapshot: Snapshot,
    threshold: float,
    keep: Keep,
    n_jobs: int | None,
    progress: Progress | None = None,
    wire_sources: Collection[str] = (),
) -> list[tuple[str, ...]]:
    """Return the groups of near-duplicates of an archive.

    Parameters
    ----------
    snapshot : Snapshot
    threshold : float
        The least cosine of the weights of two near-duplicates.
    keep : str
        Which article of a group is canonical: see `Selection`.
    n_jobs : int or None
    progress : callable, optional
    wire_sources : collection of str, optional

    Returns
    -------
    list of tuple of str
        Ids, the canonical one first, the others newest first. The largest group comes first, and
        of one size the one whose canonical id is the smallest.
    """
    view = snapshot.view
    blocks = near_pairs(view, floor_of(threshold), n_jobs)
    shown = blocks if progress is None else progress(blocks, len(_blocks(view)))
    canonical = Canonical(keep, snapshot, wire_sources)
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
    order = sorted((key != canonical, *newest_key(date, id_)) for key, date, id_ in columns)
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
    number = numbers_of_texts(view, part, np.concatenate([_NO_KEYS, *local]))
    place = np.array(_starts(view))[part] + np.concatenate([_NO_KEYS, *local])
    order = np.argsort(number, kind="stable")
    same = np.flatnonzero(np.diff(number[order]) == 0)
    return np.column_stack([place[order[same]], place[order[same + 1]]])


def _one(queries: Queries, i: int) -> Queries:
    """Return one query of a block, by cosine and without limits; arrays are shared."""
    pairs = slice(int(queries.ptr[i]), int(queries.ptr[i + 1]))
    ptr = frozen(queries.ptr[i : i + 2] - queries.ptr[i])
    return Queries(
        queries.key[i : i + 1], ptr, queries.term[pairs], queries.weight[pairs],
        queries.outline.cut(slice(i, i + 1)), Limits.none([NO_ARTICLE]), None,
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


# --- which one to keep ---------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Canonical:
    """Picks the article of a group of near-duplicates that a list shows.

    Parameters
    ----------
    keep : str
        See `Selection`.
    snapshot : Snapshot
    wire_sources : collection of str, optional
        See `Selection`.
    """

    keep: Keep
    snapshot: Snapshot
    wire_sources: Collection[str] = ()

    def of(self, keys: Sequence[int]) -> int:
        """Return the key of the canonical article; between equal ones the smallest id decides.

        Parameters
        ----------
        keys : sequence of int
            Best of the ranking first.
        """
        if self.wire_sources:
            keys = self._from_other_sources(keys)
        if self.keep == "nearest" or len(keys) == 1:
            return keys[0]
        badness: list[tuple[int, ...]]
        if self.keep == "longest":
            badness = [(-length,) for length in _lengths(self.snapshot.view, keys)]
        else:
            sign = -1 if self.keep == "newest" else 1
            dates = self.snapshot.view.published(keys).tolist()
            badness = [(date == UNDATED, sign * date) for date in dates]
        return min(zip(badness, self.ids_of(keys), keys, strict=True))[-1]

    def ids_of(self, keys: Sequence[int]) -> tuple[str, ...]:
        """Return the ids of articles."""
        return tuple(self.snapshot.ids(keys))

    def _from_other_sources(self, keys: Sequence[int]) -> Sequence[int]:
        """Return the articles from other sources than wire sources, or all if there are none."""
        items = zip(keys, self.snapshot.items(keys), strict=True)
        return [key for key, item in items if item.source not in self.wire_sources] or keys


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
