"""The choice of a list from a ranking, as a `Selection` says it."""

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

#: With a diversity, the next item is the best of so many candidates.
POOL = 50

#: A ranking of so many articles is short, those beside the list included.
_SHORT = 32

#: A similarity that nothing has, in millionths.
_NOTHING = SCORE_STEPS + 1

_NO_KEYS = np.empty(0, dtype=np.int64)

#: Near to so many items is what cannot be one, whatever leaves the list.
_FOR_GOOD = 1 << 40


@dataclasses.dataclass(frozen=True, slots=True)
class SelectedItems:
    """The items of one list.

    Parameters
    ----------
    ranked : Ranked
        The items, in order.
    near_duplicates : sequence of tuple of str
        For each item the ids of its near-duplicates.
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
    source : Source
        The candidates of each list.
    n, k : int
    selection : Selection
    beside : sequence of int64 array
        For each list the keys of articles that stand beside its items. They are not selected, but
        exclude others as items do, and count among the k.
    near_draft : int64 array, optional
        Keys of the articles that are near-duplicates of a draft that the list is for.
    """
    depth = k + k // 2 + 1 + (POOL if selection.diversity else 0)

    def items(
        numbers: Sequence[int], rankings: Sequence[Ranked], is_all: Sequence[bool]
    ) -> list[SelectedItems | None]:
        enough = [_above(ranked, selection.min_score) for ranked in rankings]
        # A ranking that the least score cuts off has no more candidates either.
        is_all = [
            ends or len(above.key) < len(ranked.key)
            for ends, above, ranked in zip(is_all, enough, rankings, strict=True)
        ]
        others = [beside[number] for number in numbers]
        selectors = _selectors(snapshot, enough, is_all, k, selection, others, near_draft)
        return [selector.selected() if selector.is_complete else None for selector in selectors]

    return deepen(source, range(n), depth, items)


def places_of(
    snapshot: Snapshot,
    rankings: Sequence[Ranked],
    is_all: Sequence[bool],
    k: int,
    selection: Selection,
) -> list[list[tuple[int, list[int]]] | None]:
    """Return what is selected from the beginnings of rankings, by the places in them.

    Parameters
    ----------
    snapshot : Snapshot
        The archive, with the view that was ranked over.
    rankings : sequence of Ranked
    is_all : sequence of bool
        Whether there is nothing behind each.
    k : int
    selection : Selection

    Returns
    -------
    list of list of (int, list of int), or None
        Items in order, with their near-duplicates; None if a ranking is too short to tell.
    """
    others = [_NO_KEYS] * len(rankings)
    return [
        [*zip(selector.items, selector.near_duplicates(), strict=True)]
        if selector.is_complete
        else None
        for selector in _selectors(snapshot, rankings, is_all, k, selection, others, _NO_KEYS)
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
    """Yield the selector of each ranking; the weights of a few rankings are gathered together."""
    canonical = Canonical(selection.keep, snapshot, selection.wire_sources)
    floors = floors_of(selection)
    compares = selection.diversity > 0 or min(floors) < _NOTHING
    longest = max((len(ranked.key) for ranked in rankings), default=0)
    at_once = max(KEPT // (longest + 1), 1)
    for start in range(0, len(rankings), at_once):
        block = slice(start, start + at_once)
        keys = [
            np.concatenate([ranked.key, others, _own(ranked)])
            for ranked, others in zip(rankings[block], beside[block], strict=True)
        ]
        similarities = Similarities(snapshot.view, np.concatenate([_NO_KEYS, *keys]))
        starts = [*itertools.accumulate(map(len, keys), initial=0)]
        groups = [slice(*ends) for ends in itertools.pairwise(starts)]
        # Short rankings are compared whole: one kernel call each, instead of one for each item.
        is_short = compares and max(map(len, keys), default=0) <= _SHORT and starts[-1] <= KEPT
        tables = similarities.within(groups) if is_short else [None] * len(keys)
        for ranked, ends, others, first, table in zip(
            rankings[block], is_all[block], beside[block], starts, tables, strict=False
        ):
            yield ListSelector(
                ranked, ends, k, selection, floors, similarities, first, canonical, others,
                near_draft, table,
            )  # fmt: skip


def floors_of(selection: Selection) -> tuple[int, int]:
    """Return the similarities from which on articles are near-duplicates, and of one story."""
    return (
        _NOTHING
        if selection.duplicate_threshold is None
        else floor_of(selection.duplicate_threshold),
        floor_of(selection.story) if "story" in selection.caps else _NOTHING,
    )


def _own(ranked: Ranked) -> NDArray[np.int64]:
    """Return the key of the article that a ranking is for; nothing for a draft."""
    return _NO_KEYS if ranked.query == NO_ARTICLE else np.array([ranked.query])


def _above(ranked: Ranked, min_score: float) -> Ranked:
    """Return the part of a ranking that has at least some score."""
    n = int(np.count_nonzero(_steps(ranked.score) >= round(min_score * SCORE_STEPS)))
    return Ranked(ranked.query, ranked.key[:n], ranked.score[:n], ranked.similarity[:n])


def _steps(score: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(score * SCORE_STEPS).astype(np.int64)


class ListSelector:
    """The items of one list, chosen from the beginning of a ranking.

    Articles are called by their places in the ranking.

    Parameters
    ----------
    ranked : Ranked
    is_all : bool
        There is nothing behind it.
    k : int
    selection : Selection
    floors : (int, int)
        Similarities, in millionths, from which on articles are near-duplicates, and of one story.
    similarities : Similarities
        The articles of the ranking, and others.
    start : int
        Place of the first of the ranking among them; those beside the list follow its last, and
        the article that the list is for comes after them.
    canonical : Canonical
    beside : int64 array
        Keys of the articles beside the list.
    near_draft : int64 array
        Keys of the near-duplicates of a draft.
    table : int64 array of shape (n, n), optional
        Similarities of all these articles to each other. None means to compute them when needed.

    Attributes
    ----------
    is_complete : bool
        The ranking was long enough to say what the list is.
    items : list of int
        What was chosen, in order.
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
        # Similarities of some to all articles; how many items each is a near-duplicate of, and of
        # the story of how many it is.
        self._similar: dict[int, NDArray[np.int64]] = {}
        if table is not None:
            n_keys = len(self._keys)
            self._similar.update(enumerate(table[:n_keys, :n_keys]))
        self._n_near = np.zeros(len(self._keys), dtype=np.int64)
        self._n_of_story = np.zeros(len(self._keys), dtype=np.int64)
        self._floor, self._story = floors
        # A near-duplicate of the article that the list is for is one for good.
        others = near_draft
        if self._floor < _NOTHING and ranked.query != NO_ARTICLE:
            if table is None:
                own = slice(self._all.stop, self._all.stop + 1)
                (similar,) = similarities.between(own, slice(start, start + n))
            else:
                similar = table[len(self._keys), :n]
            others = ranked.key[similar >= self._floor]
        self._n_near[:n][np.isin(ranked.key, others)] = _FOR_GOOD
        self._n_near[:n][np.isin(ranked.key, beside)] = _FOR_GOOD
        self._values = self._capped_values()
        self._n_of: Counter[tuple[str, str]] = Counter()
        self._n_met = 0
        self._beside = [*range(n, len(self._keys))]
        self.items: list[int] = []
        for one in self._beside:
            self._enter(one)
        self.is_complete = self._fill()
        if self.is_complete and self._settle():
            self._fill()  # where a version took a place, there may be room for what it displaced

    def selected(self) -> SelectedItems:
        """Return what was chosen."""
        ranked, items = self._ranked, self.items
        chosen = Ranked(
            ranked.query, ranked.key[items], ranked.score[items], ranked.similarity[items]
        )
        return SelectedItems(chosen, [
            self._canonical.ids_of(self._keys[others].tolist()) if others else ()
            for others in self.near_duplicates()
        ])  # fmt: skip

    # --- filling ---------------------------------------------------------------------------------

    def _fill(self) -> bool:
        """Choose items until the list is full; say whether the ranking was long enough for it."""
        size = POOL if self._selection.diversity else 1
        pool: list[int] = []
        place = 0
        while len(self.items) < self._k:
            pool = [one for one in pool if self._may_enter(one)]
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
        """Say whether an article can be the next item."""
        return not self._n_near[place] and place not in self.items and self._has_room(place)

    def _has_room(self, place: int) -> bool:
        """Say whether no cap keeps an article out."""
        caps = self._selection.caps
        if not all(self._n_of[value] < caps[value[0]] for value in self._values_of(place)):
            return False
        if self._story == _NOTHING or not self._n_of_story[place]:
            return True
        most = caps["story"]
        # Neither it nor an item of its story may have more of one story beside it.
        return bool(self._n_of_story[place] < most) and all(
            self._n_of_story[item] < most
            for item in (*self.items, *self._beside)
            if self._similar_to(item)[place] >= self._story
        )

    def _best(self, pool: Sequence[int]) -> int:
        """Return the article to be the next item; of equally good ones the first."""
        diversity = self._selection.diversity
        others = (*self.items, *self._beside)
        if not diversity or not others:
            return pool[0]
        nearest = np.max([self._similar_to(item)[pool] for item in others], axis=0)
        value = (1 - diversity) * self._steps[pool] - diversity * nearest
        return pool[int(np.argmax(value))]

    def _enter(self, item: int) -> None:
        """Let an item keep others out."""
        self._count(item, 1)

    def _leave(self, item: int) -> None:
        """Undo what `_enter` does."""
        self._count(item, -1)

    def _count(self, item: int, times: int) -> None:
        for value in self._values_of(item):
            self._n_of[value] += times
        if self._floor < _NOTHING:
            self._n_near += times * (self._similar_to(item) >= self._floor)
        if self._story < _NOTHING:
            self._n_of_story += times * (self._similar_to(item) >= self._story)

    def _similar_to(self, item: int) -> NDArray[np.int64]:
        """Return how similar all articles are to an item."""
        if item not in self._similar:
            # Of a short ranking the next articles are probably the next items.
            n, is_short = len(self._keys), len(self._keys) <= _SHORT
            stop = max(min(item + self._k, n) if is_short else 0, item + 1)
            first = self._all.start
            table = self._similarities.between(slice(first + item, first + stop), self._all)
            self._similar.update(zip(range(item, stop), table, strict=True))
        return self._similar[item]

    def _capped_values(self) -> list[tuple[tuple[str, str], ...]]:
        """Return the fields that are capped, with their values, of every article."""
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
        """Give the place of each item to the version of it that is preferred; say if any did."""
        before = list(self.items)
        turned_down = self._turned_down()
        for i, item in enumerate(before):
            versions = self._near(item, turned_down)
            if not versions:
                continue
            self._leave(item)
            self.items.remove(item)
            # What is a version of another item as well cannot be beside that one.
            fitting = [
                place for place in versions if not self._n_near[place] and self._has_room(place)
            ]
            place_of = {int(self._keys[place]): place for place in (item, *fitting)}
            chosen = place_of[self._canonical.of(list(place_of))] if fitting else item
            self.items.insert(i, chosen)
            self._enter(chosen)
        return self.items != before

    def near_duplicates(self) -> list[list[int]]:
        """Return what was turned down for each item; nothing is there twice."""
        left = self._turned_down()
        named: list[list[int]] = []
        for item in self.items:
            others = self._near(item, left)
            left = sorted({*left} - {*others})
            named.append(others)
        return named

    def _turned_down(self) -> list[int]:
        """Return the articles that were met, and are no items because they are near to some."""
        n_near = self._n_near[: self._n_met]
        # An item is near to itself.
        near = np.flatnonzero((n_near > 0) & (n_near < _FOR_GOOD)).tolist()
        return [] if len(near) <= len(self.items) else [p for p in near if p not in self.items]

    def _near(self, item: int, places: Sequence[int]) -> list[int]:
        """Return those of some articles that are near-duplicates of an item."""
        similar = self._similar_to(item)
        return [place for place in places if similar[place] >= self._floor]
