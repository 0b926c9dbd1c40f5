"""Selector: the choice of the items of a list from a ranking, under a `Selection`."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive.snapshot import Snapshot
from relnews.lists.candidates import Source, deepen
from relnews.lists.near_duplicates import Canonical
from relnews.lists.similarities import KEPT, Similarities, floor_of
from relnews.options.selection import FIELDS, Selection
from relnews.search.top_k import Ranked
from relnews.text.article_terms import NO_ARTICLE

#: With a diversity, the next item is chosen from this many candidates.
POOL = 50

#: Up to this many articles, including the articles beside the list, a ranking is short.
_SHORT = 32

#: A similarity in millionths that no two articles have.
_NOTHING = SCORE_STEPS + 1

_NO_KEYS = np.empty(0, dtype=np.int64)

#: Count of near items of an article that can never be an item, even if items leave the list.
_FOR_GOOD = 1 << 40


@dataclasses.dataclass(frozen=True, slots=True)
class SelectedItems:
    """The items of one list.

    Parameters
    ----------
    ranked : Ranked
        The items, in the order of the list.
    near_duplicates : sequence of tuple of str
        Ids of the near-duplicates of each item.
    """

    ranked: Ranked
    near_duplicates: Sequence[tuple[str, ...]]


def select(
    snapshot: Snapshot,
    source: Source,
    n: int,
    k: int,
    selection: Selection,
    beside: Sequence[NDArray[np.int64]],
    near_draft: NDArray[np.int64] = _NO_KEYS,
) -> list[SelectedItems]:
    """Return the items of n lists.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    source : Source
        The candidates of each list.
    n : int
        Number of lists.
    k : int
        Maximum number of items, including the articles beside the list.
    selection : Selection
        Rules of the choice.
    beside : sequence of int64 array
        For each list, keys of articles shown beside its items. They are not selected; they exclude
        candidates as items do, and count among the k.
    near_draft : int64 array, optional
        Keys of the near-duplicates of the draft that the list is for.
    """
    depth = k + k // 2 + 1 + (POOL if selection.diversity else 0)

    def items(
        numbers: Sequence[int], rankings: Sequence[Ranked], is_all: Sequence[bool]
    ) -> list[SelectedItems | None]:
        enough = [_above(ranked, selection.min_score) for ranked in rankings]
        # A ranking that the minimum score cuts off has no more candidates either.
        is_all = [
            ends or len(above.key) < len(ranked.key)
            for ends, above, ranked in zip(is_all, enough, rankings, strict=True)
        ]
        neighbors = [beside[number] for number in numbers]
        selectors = _selectors(snapshot, enough, is_all, k, selection, neighbors, near_draft)
        return [selector.selected() if selector.is_complete else None for selector in selectors]

    return deepen(source, range(n), depth, items)


def places_of(
    snapshot: Snapshot,
    rankings: Sequence[Ranked],
    is_all: Sequence[bool],
    k: int,
    selection: Selection,
) -> list[list[tuple[int, list[int]]] | None]:
    """Return the items selected from the beginnings of rankings, by their places there.

    Parameters
    ----------
    snapshot : Snapshot
        The archive, with the view that was ranked over.
    rankings : sequence of Ranked
        The beginning of the ranking of each list.
    is_all : sequence of bool
        Whether each ranking is complete.
    k : int
        Maximum number of items, including the articles beside the list.
    selection : Selection
        Rules of the choice.

    Returns
    -------
    list of list of (int, list of int), or None
        Items in order, with their near-duplicates; None if a ranking is too short to decide.
    """
    beside = [_NO_KEYS] * len(rankings)
    return [
        [*zip(selector.items, selector.near_duplicates(), strict=True)]
        if selector.is_complete
        else None
        for selector in _selectors(snapshot, rankings, is_all, k, selection, beside, _NO_KEYS)
    ]


def _selectors(
    snapshot: Snapshot,
    rankings: Sequence[Ranked],
    is_all: Sequence[bool],
    k: int,
    selection: Selection,
    beside: Sequence[NDArray[np.int64]],
    near_draft: NDArray[np.int64],
) -> Iterator[ListSelector]:
    """Yield the selector of each ranking; several rankings share one gathering of weights."""
    canonical = Canonical(selection.keep, snapshot, selection.wire_sources)
    longest = max((len(ranked.key) for ranked in rankings), default=0)
    at_once = max(KEPT // (longest + 1), 1)
    for start in range(0, len(rankings), at_once):
        block = slice(start, start + at_once)
        keys = [
            np.concatenate([ranked.key, neighbors, _own(ranked)])
            for ranked, neighbors in zip(rankings[block], beside[block], strict=True)
        ]
        starts = [*itertools.accumulate(map(len, keys), initial=0)]
        groups = [slice(*ends) for ends in itertools.pairwise(starts)]
        floors = floors_of(selection)
        similarities = Similarities(snapshot.view, np.concatenate([_NO_KEYS, *keys]))
        # Short rankings are compared whole: one kernel call for each list, not for each item.
        compares = selection.diversity > 0 or min(floors) < _NOTHING
        is_short = compares and max(map(len, keys), default=0) <= _SHORT and starts[-1] <= KEPT
        tables = similarities.within(groups) if is_short else [None] * len(keys)
        for ranked, ends, neighbors, first, table in zip(
            rankings[block], is_all[block], beside[block], starts, tables, strict=False
        ):
            yield ListSelector(
                ranked, ends, k, selection, floors, similarities, first, canonical, neighbors,
                near_draft, table,
            )  # fmt: skip


def floors_of(selection: Selection) -> tuple[int, int]:
    """Return, in millionths, the thresholds of a near-duplicate and of one story."""
    return (
        _NOTHING
        if selection.duplicate_threshold is None
        else floor_of(selection.duplicate_threshold),
        floor_of(selection.story) if "story" in selection.caps else _NOTHING,
    )


def _own(ranked: Ranked) -> NDArray[np.int64]:
    """Return the key of the article that a ranking is for; an empty array for a draft."""
    return _NO_KEYS if ranked.query == NO_ARTICLE else np.array([ranked.query])


def _above(ranked: Ranked, min_score: float) -> Ranked:
    """Return the part of a ranking from a minimum score on."""
    n = int(np.count_nonzero(_steps(ranked.score) >= round(min_score * SCORE_STEPS)))
    return Ranked(ranked.query, ranked.key[:n], ranked.score[:n], ranked.similarity[:n])


def _steps(score: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(score * SCORE_STEPS).astype(np.int64)


class ListSelector:
    """The items of one list, chosen from the beginning of a ranking.

    Places in the ranking identify articles.

    Parameters
    ----------
    ranked : Ranked
        The beginning of the ranking.
    is_all : bool
        Whether the ranking is complete.
    k : int
        Maximum number of items, including the articles beside the list.
    selection : Selection
        Rules of the choice.
    floors : (int, int)
        Thresholds of a near-duplicate and of one story, in millionths.
    similarities : Similarities
        Articles of this ranking and of further rankings.
    start : int
        Place in ``similarities`` of the first article of the ranking. The articles beside the list
        follow the ranking, and then the article that the list is for.
    canonical : Canonical
        Chooses among near-duplicates.
    beside : int64 array
        Keys of the articles beside the list.
    near_draft : int64 array
        Keys of the near-duplicates of a draft.
    table : int64 array of shape (n, n), optional
        Similarities of all these articles to each other; None computes them when needed.

    Attributes
    ----------
    is_complete : bool
        Whether the ranking was long enough to decide the list.
    items : list of int
        Places of the chosen articles, in the order of the list.
    """

    def __init__(
        self,
        ranked: Ranked,
        is_all: bool,
        k: int,
        selection: Selection,
        floors: tuple[int, int],
        similarities: Similarities,
        start: int,
        canonical: Canonical,
        beside: NDArray[np.int64],
        near_draft: NDArray[np.int64],
        table: NDArray[np.int64] | None = None,
    ) -> None:
        n = len(ranked.key)
        self._ranked = ranked
        self._is_all = is_all
        self._k = k - len(beside)
        self._selection = selection
        self._similarities = similarities
        self._all = slice(start, start + n + len(beside))
        self._keys = np.concatenate([ranked.key, beside])
        self._canonical = canonical
        self._steps = _steps(ranked.score)
        # By place: similarities to all articles. For each article: the number of items that it is a
        # near-duplicate of, and the number of items of its story.
        self._similar: dict[int, NDArray[np.int64]] = {}
        if table is not None:
            n_keys = len(self._keys)
            self._similar.update(enumerate(table[:n_keys, :n_keys]))
        self._n_near = np.zeros(len(self._keys), dtype=np.int64)
        self._n_of_story = np.zeros(len(self._keys), dtype=np.int64)
        self._floor, self._story = floors
        # A near-duplicate of the article that the list is for can never be an item.
        near_article = near_draft
        if self._floor < _NOTHING and ranked.query != NO_ARTICLE:
            if table is None:
                own = slice(self._all.stop, self._all.stop + 1)
                (similar,) = similarities.between(own, slice(start, start + n))
            else:
                similar = table[len(self._keys), :n]
            near_article = ranked.key[similar >= self._floor]
        self._n_near[:n][np.isin(ranked.key, near_article)] = _FOR_GOOD
        self._n_near[:n][np.isin(ranked.key, beside)] = _FOR_GOOD
        self._values = self._capped_values()
        self._n_of: Counter[tuple[str, str]] = Counter()
        self._n_met = 0
        self._beside = [*range(n, len(self._keys))]
        self.items: list[int] = []
        for neighbor in self._beside:
            self._enter(neighbor)
        self.is_complete = self._fill()
        if self.is_complete and self._settle():
            self._fill()  # a version that took a place may leave room for a displaced article

    def selected(self) -> SelectedItems:
        """Return the chosen items."""
        ranked, items = self._ranked, self.items
        chosen = Ranked(
            ranked.query, ranked.key[items], ranked.score[items], ranked.similarity[items]
        )
        return SelectedItems(chosen, [
            self._canonical.ids_of(self._keys[near].tolist()) if near else ()
            for near in self.near_duplicates()
        ])  # fmt: skip

    # --- filling ---------------------------------------------------------------------------------

    def _fill(self) -> bool:
        """Choose items until the list is full; return whether the ranking was long enough."""
        size = POOL if self._selection.diversity else 1
        pool: list[int] = []
        place = 0
        while len(self.items) < self._k:
            pool = [candidate for candidate in pool if self._may_enter(candidate)]
            while len(pool) < size and place < len(self._steps):
                if self._may_enter(place):
                    pool.append(place)
                place += 1
            self._n_met = max(self._n_met, place)
            if len(pool) < size and not self._is_all:
                return False
            if not pool:
                break
            self.items.append(self._best(pool))
            self._enter(self.items[-1])
        return True

    def _may_enter(self, place: int) -> bool:
        """Return whether an article can be the next item."""
        return not self._n_near[place] and place not in self.items and self._has_room(place)

    def _has_room(self, place: int) -> bool:
        """Return whether every cap leaves room for an article."""
        caps = self._selection.caps
        if not all(self._n_of[value] < caps[value[0]] for value in self._values_of(place)):
            return False
        if self._story == _NOTHING or not self._n_of_story[place]:
            return True
        most = caps["story"]
        # Neither the article nor an item of its story may exceed the cap.
        return bool(self._n_of_story[place] < most) and all(
            self._n_of_story[item] < most
            for item in (*self.items, *self._beside)
            if self._similar_to(item)[place] >= self._story
        )

    def _best(self, pool: Sequence[int]) -> int:
        """Return the article of the pool to be the next item; the first of equals."""
        diversity = self._selection.diversity
        shown = (*self.items, *self._beside)
        if not diversity or not shown:
            return pool[0]
        nearest = np.max([self._similar_to(item)[pool] for item in shown], axis=0)
        value = (1 - diversity) * self._steps[pool] - diversity * nearest
        return pool[int(np.argmax(value))]

    def _enter(self, item: int) -> None:
        """Count an item towards caps and near-duplicates."""
        self._count(item, 1)

    def _leave(self, item: int) -> None:
        """Undo `_enter`."""
        self._count(item, -1)

    def _count(self, item: int, times: int) -> None:
        for value in self._values_of(item):
            self._n_of[value] += times
        if self._floor < _NOTHING:
            self._n_near += times * (self._similar_to(item) >= self._floor)
        if self._story < _NOTHING:
            self._n_of_story += times * (self._similar_to(item) >= self._story)

    def _similar_to(self, item: int) -> NDArray[np.int64]:
        """Return the similarity of every article to an item, in millionths."""
        if item not in self._similar:
            # In a short ranking the next articles are probably the next items: one kernel call.
            n, is_short = len(self._keys), len(self._keys) <= _SHORT
            stop = max(min(item + self._k, n) if is_short else 0, item + 1)
            first = self._all.start
            table = self._similarities.between(slice(first + item, first + stop), self._all)
            self._similar.update(zip(range(item, stop), table, strict=True))
        return self._similar[item]

    def _capped_values(self) -> list[tuple[tuple[str, str], ...]]:
        """Return the capped fields of every article, with their values; empty without caps."""
        caps = [name for name in FIELDS if name in self._selection.caps]
        if not caps:
            return []
        return [
            tuple((name, value) for name in caps if (value := getattr(article, name)))
            for article in self._canonical.snapshot.items(self._keys.tolist())
        ]

    def _values_of(self, place: int) -> tuple[tuple[str, str], ...]:
        return self._values[place] if self._values else ()

    # --- near-duplicates -------------------------------------------------------------------------

    def _settle(self) -> bool:
        """Replace each item by its canonical version; return whether any item changed."""
        before = list(self.items)
        turned_down = self._turned_down()
        for i, item in enumerate(before):
            versions = self._near(item, turned_down)
            if not versions:
                continue
            self._leave(item)
            self.items.remove(item)
            # A version of a second item cannot be beside that item.
            fitting = [
                place for place in versions if not self._n_near[place] and self._has_room(place)
            ]
            place_of = {int(self._keys[place]): place for place in (item, *fitting)}
            chosen = place_of[self._canonical.of(list(place_of))] if fitting else item
            self.items.insert(i, chosen)
            self._enter(chosen)
        return self.items != before

    def near_duplicates(self) -> list[list[int]]:
        """Return the near-duplicates of each item; each article belongs to one item only."""
        left = self._turned_down()
        named: list[list[int]] = []
        for item in self.items:
            near = self._near(item, left)
            left = sorted({*left} - {*near})
            named.append(near)
        return named

    def _turned_down(self) -> list[int]:
        """Return the considered articles that are near-duplicates of items."""
        n_near = self._n_near[: self._n_met]
        # An item is a near-duplicate of itself.
        near = np.flatnonzero((n_near > 0) & (n_near < _FOR_GOOD)).tolist()
        return [] if len(near) <= len(self.items) else [p for p in near if p not in self.items]

    def _near(self, item: int, places: Sequence[int]) -> list[int]:
        """Return the given articles that are near-duplicates of an item."""
        similar = self._similar_to(item)
        return [place for place in places if similar[place] >= self._floor]
