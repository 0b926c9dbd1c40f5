"""BlockSelector: the items of a block of lists, chosen from their rankings under a `Selection`.

Arrays have a row for each list, so that NumPy makes one step of all lists at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive.snapshot import Snapshot
from relnews.lists import containment
from relnews.lists.near_duplicates import Canonical
from relnews.lists.similarities import Similarities, floor_of, floors_for
from relnews.options.selection import FIELDS, Selection, least_steps
from relnews.search.top_k import Ranked
from relnews.text.article_terms import NO_ARTICLE

#: If no more pairs than these need their containment, it is computed for all of them at once. Of
#: hundreds of candidates with one text form, such as 400 press releases of a senator about grants,
#: 99,000 pairs need it; a list of 8 looks at 7,000 of them, the pairs of the articles it shows.
AT_ONCE = 2_048

#: With a diversity, the next item is chosen from this many candidates.
POOL = 50


class SelectedItems(NamedTuple):
    """The items of one list, in order.

    Parameters
    ----------
    key : list of int
        Catalogue keys of the articles.
    score, similarity : list of float
        As in `Ranked`.
    near_duplicates : list of tuple of str
        Ids of the near-duplicates of each item.
    """

    key: list[int]
    score: list[float]
    similarity: list[float]
    near_duplicates: list[tuple[str, ...]]


class _Relation(NamedTuple):
    """Articles of which a list may have only a few.

    Parameters
    ----------
    pairs : bool array of shape (n_lists, width, width)
        Whether two articles are related.
    n_shown : int64 array of shape (n_lists, width)
        Number of shown articles that each article is related to.
    most : int
        Each shown article may be related to this many shown articles, itself included.
    floor : int or None
        Articles are related from this similarity on; None for another kind of relation.
    """

    pairs: NDArray[np.bool_]
    n_shown: NDArray[np.int64]
    most: int
    floor: int | None


class BlockSelector:
    """The items of a block of lists, chosen from the beginnings of rankings.

    Places identify the articles of a list: first its candidates, as they rank; then the articles
    beside it; the last place is that of the article that the list is for.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    rankings : sequence of Ranked
        The beginning of the ranking of each list.
    is_all : sequence of bool
        Whether each ranking is complete.
    k : int
        Maximum number of items, including the articles beside the list.
    selection : Selection
        Rules of the choice.
    beside : sequence of int64 array
        Keys of the articles beside each list.
    near_draft : int64 array
        Keys of the near-duplicates of a draft.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        rankings: Sequence[Ranked],
        is_all: Sequence[bool],
        k: int,
        selection: Selection,
        beside: Sequence[NDArray[np.int64]],
        near_draft: NDArray[np.int64],
    ) -> None:
        self._snapshot, self._selection = snapshot, selection
        self._size = POOL if selection.diversity else 1
        n_lists, n_beside = len(rankings), np.array([*map(len, beside)], dtype=np.int64)
        given = np.array([len(ranked.key) for ranked in rankings], dtype=np.int64)
        n = self._n_ranked = int(given.max(initial=0))
        width = n + int(n_beside.max(initial=0)) + 1
        self._key = np.full((n_lists, width), -1, dtype=np.int64)
        self._score, self._similarity = np.zeros((2, n_lists, n))
        for i, (ranked, neighbors) in enumerate(zip(rankings, beside, strict=True)):
            self._key[i, : given[i]] = ranked.key
            self._score[i, : given[i]] = ranked.score
            self._similarity[i, : given[i]] = ranked.similarity
            self._key[i, n : n + len(neighbors)] = neighbors
        self._key[:, -1] = [-1 if r.query == NO_ARTICLE else r.query for r in rankings]
        self._steps = np.rint(self._score * SCORE_STEPS).astype(np.int64)
        self._relations: list[_Relation] = []
        self._relate()
        # Near-duplicates of the list's article can never be items, even if items leave the list.
        is_ranked = np.arange(n) < given[:, None]
        is_candidate = is_ranked & ~self._too_near()
        if len(near_draft):
            is_candidate &= ~np.isin(self._key[:, :n], near_draft)
        best = np.where(is_candidate, self._steps, 0).max(axis=1, initial=0)
        floor = least_steps(selection.cutoff, best)
        floor = np.maximum(floor, round(selection.min_score * SCORE_STEPS))
        is_high = is_ranked & (self._steps >= floor[:, None])
        is_candidate &= is_high
        # A ranking that goes on below the least score has no more candidates either.
        self._n_high = np.count_nonzero(is_high, axis=1)
        self._is_all = np.array(is_all, dtype=bool) | (self._n_high < given)
        if n_beside.any():
            for i, neighbors in enumerate(beside):
                is_candidate[i] &= ~np.isin(self._key[i, :n], neighbors)
        self._is_candidate = is_candidate
        self._is_shown = np.zeros((n_lists, width), dtype=bool)
        self._nearest = np.zeros((n_lists, n), dtype=np.int64)
        self._n_places = np.maximum(min(k, width) - n_beside, 0)  # k may be any number
        self._items = np.full((n_lists, min(k, n)), -1, dtype=np.int64)
        self._n_items = np.zeros(n_lists, dtype=np.int64)
        self._n_met = np.zeros(n_lists, dtype=np.int64)
        for place in range(n, width - 1):
            self._show(np.flatnonzero(self._key[:, place] >= 0), place)
        self._is_complete = np.ones(n_lists, dtype=bool)
        self._fill(np.arange(n_lists))
        # A version that took a place may leave room for a displaced article.
        self._fill(self._settle())

    def _relate(self) -> None:
        """Compare the articles, and relate articles of which a list may have only a few."""
        selection, caps, never = self._selection, self._selection.caps, SCORE_STEPS + 1
        threshold = selection.duplicate_threshold
        self._near_floor = never if threshold is None else floor_of(threshold)
        story_floor = floor_of(selection.story) if "story" in caps else never
        # From this similarity on, two articles can change the choice.
        least = 0 if selection.diversity else min(self._near_floor, story_floor)
        keys = self._key if least < never else np.full_like(self._key, -1)
        least = min(least, containment.LEAST_COSINE)
        self._similarities = Similarities(self._snapshot.view, keys, least)
        self._has_gaps = not self._similarities.complete(AT_ONCE)
        self._similar = self._similarities.steps
        self._near = self._related(self._similar >= self._near_floor, 1, self._near_floor)
        if "story" in caps:
            self._related(self._similar >= story_floor, caps["story"], story_floor)
        self._complete(np.arange(len(keys)), -1)
        fields = [name for name in FIELDS if name in caps]
        if fields:
            is_there = self._key >= 0
            articles = self._snapshot.items(self._key[is_there].tolist())
            for name in fields:
                codes: dict[object, int] = {}
                code = np.full(self._key.shape, -1)
                code[is_there] = [
                    codes.setdefault(value, len(codes)) if (value := getattr(a, name)) else -1
                    for a in articles
                ]
                is_same = (code[:, :, None] == code[:, None, :]) & (code >= 0)[:, :, None]
                self._related(is_same, caps[name])

    def _too_near(self) -> NDArray[np.bool_]:
        """Return the candidates that are too near to the article of their list."""
        is_near = self._near.pairs[:, -1, : self._n_ranked].copy()
        lists, places = np.nonzero(is_near)
        if len(lists):
            published = self._snapshot.view.published
            dates = (published(self._key[lists, i].tolist()) for i in (places, -1))
            steps = self._similar[lists, -1, places]
            is_near[lists, places] = steps >= floors_for(self._near_floor, *dates)
        return is_near

    def _related(self, pairs: NDArray[np.bool_], most: int, floor: int | None = None) -> _Relation:
        relation = _Relation(pairs, np.zeros(pairs.shape[:2], dtype=np.int64), most, floor)
        self._relations.append(relation)
        return relation

    def _complete(self, lists: NDArray[np.int64], places: NDArray[np.int64] | int) -> None:
        """Complete the similarities of an article of each list, before it counts."""
        if self._has_gaps:
            places = np.broadcast_to(places, lists.shape)
            self._similarities.complete_rows(lists, places)
            for relation in self._relations:
                if relation.floor is not None:
                    relation.pairs[lists, places] = self._similar[lists, places] >= relation.floor

    # --- filling ---------------------------------------------------------------------------------

    def _fill(self, lists: NDArray[np.int64]) -> None:
        """Choose items until the lists are full, or their rankings are too short to decide."""
        while True:
            lists = lists[self._n_items[lists] < self._n_places[lists]]
            if not len(lists):
                return
            may_enter = self._may_enter(lists)
            order = np.cumsum(may_enter, axis=1)
            pool = may_enter & (order <= self._size)
            n_pool = np.minimum(order[:, -1], self._size) if pool.size else np.zeros(len(lists))
            is_full = n_pool == self._size
            # The places up to the last of a full pool were looked at; otherwise all were.
            last = np.argmax(order >= self._size, axis=1) + 1 if pool.size else 0
            met = np.where(is_full, last, self._n_high[lists])
            self._n_met[lists] = np.maximum(self._n_met[lists], met)
            self._is_complete[lists[~is_full & ~self._is_all[lists]]] = False
            goes_on = (n_pool > 0) & self._is_complete[lists]
            lists, pool = lists[goes_on], pool[goes_on]
            if not len(lists):
                return
            best = self._best(lists, pool)
            self._items[lists, self._n_items[lists]] = best
            self._n_items[lists] += 1
            self._show(lists, best)

    def _may_enter(self, lists: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which candidates can be the next item of lists."""
        n = self._n_ranked
        shown = self._is_shown[lists]
        may_enter = self._is_candidate[lists] & ~shown[:, :n]
        for relation in self._relations:
            count = relation.n_shown[lists]
            may_enter &= count[:, :n] < relation.most
            # Nor may a related article that is shown exceed the limit. In classes of equal values,
            # and with a limit of 1, this says the same.
            is_full = shown & (count >= relation.most)
            if relation.most > 1 and is_full.any():
                may_enter &= ~(is_full[:, None] @ relation.pairs[lists][:, :, :n])[:, 0]
        return may_enter

    def _best(self, lists: NDArray[np.int64], pool: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the article of each pool to be the next item; the first of equals."""
        diversity = self._selection.diversity
        value: NDArray[Any] = pool
        if diversity:
            value = (1 - diversity) * self._steps[lists] - diversity * self._nearest[lists]
            value[~self._is_shown[lists].any(axis=1)] = 0
            value = np.where(pool, value, -np.inf)
        best: NDArray[np.int64] = value.argmax(axis=1)
        return best

    def _show(self, lists: NDArray[np.int64], places: NDArray[np.int64] | int) -> None:
        """Show an article in each list, and count it."""
        self._complete(lists, places)
        self._is_shown[lists, places] = True
        for relation in self._relations:
            relation.n_shown[lists] += relation.pairs[lists, places]
        if self._selection.diversity:
            nearest = self._similar[lists, places, : self._n_ranked]
            self._nearest[lists] = np.maximum(self._nearest[lists], nearest)

    # --- near-duplicates -------------------------------------------------------------------------

    def _settle(self) -> NDArray[np.int64]:
        """Replace each item by its canonical version; return the lists that changed."""
        if self._selection.keep == "nearest" and not self._selection.wire_sources:
            return np.empty(0, dtype=np.int64)  # the version that opened a place stays
        turned_down = self._turned_down() & self._is_complete[:, None]
        concerned = np.flatnonzero(turned_down.any(axis=1))
        if not len(concerned):
            return concerned
        rank = self._ranks(concerned, turned_down)
        before = self._items.copy()
        for slot in range(self._items.shape[1]):
            lists = concerned[self._n_items[concerned] > slot]
            items = self._items[lists, slot]
            versions = turned_down[lists] & self._near.pairs[lists, items, : self._n_ranked]
            has_versions = versions.any(axis=1)
            lists, items, versions = (
                lists[has_versions],
                items[has_versions],
                versions[has_versions],
            )
            self._is_shown[lists, items] = False
            for relation in self._relations:
                relation.n_shown[lists] -= relation.pairs[lists, items]
            # A version of a second item cannot be beside that item.
            fitting = versions & self._may_enter(lists)
            each = np.arange(len(lists))
            fitting[each, items] = True
            # Between equals the item itself is the first, then the order of the ranking.
            badness = np.where(fitting, 2 * rank[lists], np.iinfo(np.int64).max)
            badness[each, items] -= 1
            self._items[lists, slot] = chosen = np.argmin(badness, axis=1)
            self._show(lists, chosen)
        changed = np.flatnonzero((self._items != before).any(axis=1))
        if self._selection.diversity:
            for i in changed.tolist():
                shown = self._similar[i, self._is_shown[i], : self._n_ranked]
                self._nearest[i] = shown.max(axis=0)
        return changed

    def _ranks(self, lists: NDArray[np.int64], turned_down: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the rank, as canonical version, of the items of lists and of their versions."""
        concerned = np.zeros_like(turned_down)
        concerned[lists] = turned_down[lists] | self._is_shown[lists, : self._n_ranked]
        keys, at = np.unique(self._key[:, : self._n_ranked][concerned], return_inverse=True)
        canonical = Canonical(self._selection.keep, self._snapshot, self._selection.wire_sources)
        rank = np.zeros(concerned.shape, dtype=np.int64)
        rank[concerned] = canonical.ranks(keys.tolist())[at]
        return rank

    def _turned_down(self) -> NDArray[np.bool_]:
        """Return the considered candidates that are near-duplicates of shown articles."""
        n = self._n_ranked
        is_met = self._is_candidate & (np.arange(n) < self._n_met[:, None])
        return is_met & ~self._is_shown[:, :n] & (self._near.n_shown[:, :n] > 0)

    def _near_duplicates(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return lists, the positions of their items, and the candidates that the items name.

        Each article belongs to one item only.
        """
        left = self._turned_down()
        named = np.full(left.shape, -1)
        concerned = np.flatnonzero(left.any(axis=1))
        for slot in range(self._items.shape[1] if len(concerned) else 0):
            lists = concerned[self._n_items[concerned] > slot]
            items = self._items[lists, slot]
            near = left[lists] & self._near.pairs[lists, items, : self._n_ranked]
            named[lists] = np.where(near, slot, named[lists])
            left[lists] &= ~near
        lists, candidates = np.nonzero(named >= 0)
        return lists, named[lists, candidates], candidates

    # --- results ---------------------------------------------------------------------------------

    def places(self) -> list[list[tuple[int, list[int]]] | None]:
        """Return the items of each list by place, with their near-duplicates; None if undecided."""
        near: dict[tuple[int, int], list[int]] = {}
        for i, slot, candidate in np.transpose(self._near_duplicates()).tolist():
            near.setdefault((i, slot), []).append(candidate)
        places: list[list[tuple[int, list[int]]] | None] = [None] * len(self._items)
        for i in np.flatnonzero(self._is_complete).tolist():
            items = self._items[i, : self._n_items[i]].tolist()
            places[i] = [(item, near.get((i, slot), [])) for slot, item in enumerate(items)]
        return places

    def selected(self) -> list[SelectedItems | None]:
        """Return the items of each list; None if a ranking is too short to decide."""
        columns = [
            np.take_along_axis(column[:, : self._n_ranked], self._items, axis=1).tolist()
            for column in (self._key, self._score, self._similarity)
        ]
        selected: list[SelectedItems | None] = [None] * len(self._items)
        for i in np.flatnonzero(self._is_complete).tolist():
            n = int(self._n_items[i])
            selected[i] = SelectedItems._make((*(column[i][:n] for column in columns), [()] * n))
        lists, slots, candidates = self._near_duplicates()
        ids = self._snapshot.ids(self._key[lists, candidates].tolist()) if len(lists) else []
        for i, slot, identifier in zip(lists.tolist(), slots.tolist(), ids, strict=True):
            if (items := selected[i]) is not None:
                items.near_duplicates[slot] += (identifier,)
        return selected
