"""Selection: which of the ranked articles make a list that is worth printing."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews import _validation
from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive import Archive
from relnews.duplicates import (
    KEPT,
    PREFERENCES,
    Candidates,
    Prefer,
    Preference,
    articles_of,
    floor_of,
)
from relnews.ranking import Ranked

#: Fields that a list can be capped by.
FIELDS = ("section", "source", "author")

#: With a diversity, the next item is the best of so many candidates.
POOL = 50

#: A ranking is looked at a little further than the list is long, then to so many times more.
_DEEPER = 4

#: A ranking of so many articles is short.
_SHORT = 32

#: A similarity that nothing has, in millionths.
_NOTHING = SCORE_STEPS + 1


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """What keeps a ranked article out of a list, or puts it further down.

    The ranking is gone through until the list is full: it has k items if k can be chosen. What is
    chosen depends on the ranking alone, so that the same archive always gives the same list.

    Parameters
    ----------
    duplicates : float or None, default=0.9
        Of articles whose similarity is at least this, the list has only one, and none that is so
        similar to the article that the list is for. ``also`` of an item names those that were met
        before the list was full. None keeps all.
    prefer : 'latest', 'earliest', 'longest' or callable, default='latest'
        Which of them is the one: the newest, the oldest (undated ones last), or that with the most
        words, those of the title counting as they do in the ranking; of equal ones the smallest
        id. A function is given two `Article` or more, without texts and by ascending id, and
        returns one of them.
    diversity : float, default=0
        λ, from 0 to 1: the next item is the one, of the 50 best that may still be in the list, with
        the largest (1 - λ) · score - λ · similarity to the item that it is most similar to.
    caps : mapping of str to int, optional
        ``section``, ``source`` or ``author`` to how many items may have the same one.
    min_score : float, default=0
        Items have at least this score.
    """

    duplicates: float | None = 0.9
    prefer: Prefer = "latest"
    diversity: float = 0.0
    caps: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)
    min_score: float = 0.0

    def __post_init__(self) -> None:
        if self.duplicates is not None:
            _validation.check_share("duplicates", self.duplicates, above=True)
        _validation.check_prefer(self.prefer, PREFERENCES)
        _validation.check_share("diversity", self.diversity)
        _validation.check_caps(self.caps, FIELDS)
        object.__setattr__(self, "caps", dict(self.caps))  # whatever becomes of the caller's
        _validation.check_share("min_score", self.min_score)


@dataclasses.dataclass(frozen=True, slots=True)
class Selected:
    """The list of one query.

    Parameters
    ----------
    ranked : Ranked
        What was chosen, in order.
    also : sequence of tuple of str
        For each item the ids of its near-duplicates.
    """

    ranked: Ranked
    also: Sequence[tuple[str, ...]]


def select(
    archive: Archive,
    rank: Callable[[Sequence[int], int], list[Ranked]],
    n: int,
    k: int,
    selection: Selection,
) -> list[Selected]:
    """Return the lists of n queries.

    Parameters
    ----------
    archive : Archive
    rank : callable
        Given the numbers of some of the queries and a length, it returns their rankings.
    n, k : int
    selection : Selection
    """
    index = archive.index
    with archive.locked():
        view, generation = index.view(), index.generation
    preference = Preference(selection.prefer, view, archive.catalogue)
    selected: dict[int, Selected] = {}
    waiting = list(range(n))
    depth = k + k // 2 + 1 + (POOL if selection.diversity else 0)
    while waiting:
        at_once = max(KEPT // depth, 1)
        for first in range(0, len(waiting), at_once):
            some = waiting[first : first + at_once]
            rankings = [_above(one, selection.min_score) for one in rank(some, depth)]
            candidates = Candidates(view, np.concatenate([one.key for one in rankings]))
            start = 0
            for number, ranked in zip(some, rankings, strict=True):
                is_all = len(ranked.key) < depth
                choice = _Choice(ranked, is_all, k, selection, candidates, start, preference)
                start += len(ranked.key)
                if choice.is_made:
                    selected[number] = choice.selected()
        waiting = [number for number in waiting if number not in selected]
        depth *= _DEEPER
    if archive.index is not index or index.generation != generation:
        # Similarities are of another state than rankings.
        raise _validation.archive_changed()
    return [selected[number] for number in range(n)]


def _above(ranked: Ranked, min_score: float) -> Ranked:
    """Return the part of a ranking that has at least some score."""
    n = int(np.count_nonzero(_steps(ranked.score) >= round(min_score * SCORE_STEPS)))
    return Ranked(ranked.query, ranked.key[:n], ranked.score[:n], ranked.similarity[:n])


def _steps(score: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(score * SCORE_STEPS).astype(np.int64)


class _Choice:
    """The items of one list, chosen from the beginning of a ranking.

    Articles are called by their places in the ranking.

    Parameters
    ----------
    ranked : Ranked
    is_all : bool
        There is nothing behind it.
    k : int
    selection : Selection
    candidates : Candidates
        The articles of the ranking, and others.
    start : int
        Place of the first of the ranking among them.
    preference : Preference

    Attributes
    ----------
    is_made : bool
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
        candidates: Candidates,
        start: int,
        preference: Preference,
    ) -> None:
        self._ranked = ranked
        self._is_all = is_all
        self._k = k
        self._selection = selection
        self._candidates = candidates
        self._all = slice(start, start + len(ranked.key))
        self._preference = preference
        self._steps = _steps(ranked.score)
        # Similarities of some to all articles; how many items each is a near-duplicate of.
        self._similar: dict[int, NDArray[np.int64]] = {}
        self._n_near = np.zeros(len(ranked.key), dtype=np.int64)
        threshold = selection.duplicates
        self._compares = threshold is not None or selection.diversity > 0
        self._floor = _NOTHING if threshold is None else floor_of(threshold)
        # A near-duplicate of the article that the list is for is one for good.
        self._n_near[_steps(ranked.similarity) >= self._floor] = k + 1
        self._values = self._capped_values()
        self._n_of: Counter[tuple[str, str]] = Counter()
        self._n_met = 0
        self.items: list[int] = []
        self.is_made = self._fill()
        if self.is_made and self._settle():
            self._fill()  # where a version took a place, there may be room for what it displaced

    def selected(self) -> Selected:
        """Return what was chosen."""
        ranked, items = self._ranked, self.items
        chosen = Ranked(
            ranked.query, ranked.key[items], ranked.score[items], ranked.similarity[items]
        )
        return Selected(chosen, self._also())

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

    def _has_room(self, place: int, leaving: int | None = None) -> bool:
        """Say whether no cap keeps an article out, an item having left perhaps."""
        left = () if leaving is None else self._values_of(leaving)
        caps = self._selection.caps
        return all(
            self._n_of[value] - (value in left) < caps[value[0]] for value in self._values_of(place)
        )

    def _best(self, pool: Sequence[int]) -> int:
        """Return the article to be the next item; of equally good ones the first."""
        diversity = self._selection.diversity
        if not diversity or not self.items:
            return pool[0]
        nearest = np.max([self._similar_to(item)[pool] for item in self.items], axis=0)
        value = (1 - diversity) * self._steps[pool] - diversity * nearest
        return pool[int(np.argmax(value))]

    def _enter(self, item: int) -> None:
        """Let an item keep others out."""
        self._n_of.update(self._values_of(item))
        if self._compares:
            self._n_near += self._similar_to(item) >= self._floor

    def _leave(self, item: int) -> None:
        """Undo what `_enter` does."""
        self._n_of.subtract(self._values_of(item))
        self._n_near -= self._similar_to(item) >= self._floor

    def _similar_to(self, item: int) -> NDArray[np.int64]:
        """Return how similar all articles are to an item."""
        if item not in self._similar:
            # Of a short ranking the next articles are probably the next items.
            n, is_short = len(self._steps), len(self._steps) <= _SHORT
            stop = min(item + self._k, n) if is_short else item + 1
            first = self._all.start
            table = self._candidates.similarities(slice(first + item, first + stop), self._all)
            self._similar.update(zip(range(item, stop), table, strict=True))
        return self._similar[item]

    def _capped_values(self) -> list[tuple[tuple[str, str], ...]]:
        """Return the fields that are capped, with their values, of every article."""
        caps = self._selection.caps
        if not caps:
            return []
        return [
            tuple((name, value) for name in caps if (value := getattr(article, name)))
            for article in articles_of(self._preference.catalogue, self._ranked.key.tolist())
        ]

    def _values_of(self, place: int) -> tuple[tuple[str, str], ...]:
        return self._values[place] if self._values else ()

    # --- near-duplicates -------------------------------------------------------------------------

    def _settle(self) -> bool:
        """Give the place of each item to the version of it that is preferred; say if any did."""
        before = list(self.items)
        turned_down = self._turned_down()
        for i, item in enumerate(before):
            # What is a version of another item as well cannot be beside that one.
            versions = [
                place
                for place in self._near(item, turned_down)
                if self._n_near[place] == 1 and self._has_room(place, item)
            ]
            if versions:
                place_of = {int(self._ranked.key[place]): place for place in (item, *versions)}
                self._leave(item)
                self.items[i] = place_of[self._preference.of(list(place_of))]
                self._enter(self.items[i])
        return self.items != before

    def _also(self) -> list[tuple[str, ...]]:
        """Return the ids of what was turned down for each item; nothing is named twice."""
        left = self._turned_down()
        named: list[tuple[str, ...]] = []
        for item in self.items:
            others = self._near(item, left)
            left = sorted({*left} - {*others})
            keys = self._ranked.key[others].tolist() if others else []
            named.append(self._preference.ids_of(keys) if keys else ())
        return named

    def _turned_down(self) -> list[int]:
        """Return the articles that were met, and are no items because they are near to some."""
        n_near = self._n_near[: self._n_met]
        # An item is near to itself; what is near to the article itself counts more than k.
        near = np.flatnonzero((n_near > 0) & (n_near <= self._k)).tolist()
        return [] if len(near) <= len(self.items) else [p for p in near if p not in self.items]

    def _near(self, item: int, places: Sequence[int]) -> list[int]:
        """Return those of some articles that are near-duplicates of an item."""
        similar = self._similar_to(item)
        return [place for place in places if similar[place] >= self._floor]
