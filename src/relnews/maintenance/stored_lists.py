"""Stored lists: the best candidates of every article, kept exact by updates.

All scores use the statistics of the epoch, which updates do not change. So an update changes a list
only if an article enters or leaves the list.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive.snapshot import Snapshot
from relnews.lists.selector import places_of
from relnews.options import modes
from relnews.options.selection import least_steps
from relnews.results import item_of
from relnews.search.order import newest_key
from relnews.search.segment import Segment
from relnews.search.top_k import Ranked
from relnews.search.view import View
from relnews.storage import integrity
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules
from relnews.storage.list_codec import NO_POSITION, StoredList, check_lists, pack_lists

#: Number of the rules by which items are chosen; it rises when they change. Lists that were stored
#: by other rules are sound: they stay, apart from those that updates choose, until all are stored.
CHOICE = 1

#: Lists ranked at a time.
_BLOCK = 64

#: An entry of a stored list, as `relnews.storage.list_codec` packs it.
_ENTRY = np.dtype(
    [("key", "<i8"), ("steps", "<i4"), ("similarity", "<i4"), ("position", "<i4")]
)  # fmt: skip

#: Keys and scores, in millionths, of the items of a list, in order.
Items = list[tuple[int, int]]

#: Key, score, similarity and position of the candidates of one list.
Columns = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]


class StoredLists:
    """The stored lists of an archive in memory, kept up to date.

    Parameters
    ----------
    catalogue : Catalogue
        Where they are stored.
    k : int
        Items of a list; a change behind the items changes no list.
    candidates : int
        Candidates that a list holds at most.
    """

    def __init__(self, catalogue: Catalogue, k: int, candidates: int) -> None:
        self._catalogue = catalogue
        self._k = k
        self._candidates = candidates
        stored = catalogue.all_entries()
        self._n = len(stored)
        self._key = np.array([key for key, _ in stored], dtype=np.int64)
        self._entry = np.zeros((self._n, candidates), dtype=np.int64)
        self._steps = np.zeros((self._n, candidates), dtype=np.int32)
        self._similarity = np.zeros((self._n, candidates), dtype=np.int32)
        self._position = np.full((self._n, candidates), NO_POSITION, dtype=np.int32)
        self._length = np.zeros(self._n, dtype=np.int32)
        self._is_all = np.zeros(self._n, dtype=bool)
        self._is_alive = np.ones(self._n, dtype=bool)
        # Minimum score, in millionths, with which an article may enter each list.
        self._floor = np.ones(self._n, dtype=np.int64)
        with integrity.damage_in(catalogue.place):
            self._read([packed for _, packed in stored])
        self._rows_of: dict[int, tuple[Segment, NDArray[np.int64]]] = {}

    def update(self, snapshot: Snapshot, added: Sequence[int], removed: Sequence[int]) -> list[int]:
        """Update the lists here and in the catalogue; return the keys whose list changed.

        A list that rules, hidden articles or near-duplicates shorten is ranked when it is read. It
        counts as changed if a candidate changed.

        Parameters
        ----------
        snapshot : Snapshot
            Articles after the update, under the statistics of the epoch.
        added, removed : sequences of int
            Keys of articles.
        """
        view = snapshot.view
        gone = np.array(removed, dtype=np.int64)
        rows = self._find(gone)
        self._is_alive[rows[rows >= 0]] = False
        holders = self._holders(gone)
        before = {row: self._items(row) for row in holders}
        self._drop(holders, gone)
        self._make_room(added)
        self._rank(view, added)
        for row, *entry in self._arrivals(view, added):
            if row not in before:
                before[row] = self._items(row)
            self._insert(row, *entry)
        new = self._find(np.array(added, dtype=np.int64)).tolist()
        self._choose(snapshot, [*before, *new])
        short = [row for row in before if self._is_short(row, self._items(row))]
        self._rank(view, self._key[short].tolist())
        self._choose(snapshot, short)
        self._set_floors(np.array([*before, *new], dtype=np.int64))
        packed = pack_lists(map(self._packed, (*before, *new)))
        self._catalogue.set_entries(zip(self._key[[*before, *new]].tolist(), packed, strict=True))
        changed = self._changed(before, set(removed), snapshot.now)
        keys: list[int] = self._key[[*sorted(changed), *new]].tolist()
        return keys

    def _changed(self, before: Mapping[int, Items], lost: set[int], now: int) -> set[int]:
        """Return the rows whose items changed, apart from articles that a rule excludes.

        Items are compared with the articles that are hidden now, for the day on which they may be
        seen, and without them: where a hidden article has the best score, the cutoff is another.
        """
        after = {row: self._items(row) for row in before}
        keys_of = {row: {key for key, _ in before[row] + after[row]} - lost for row in before}
        keys = [*{int(self._key[row]) for row in keys_of}.union(*keys_of.values())]
        visible = zip(keys, self._catalogue.details(keys, now), strict=True)
        hidden = {key for key, fields in visible if fields is None}
        excluded = self._excluded(keys, keys_of)
        changed, compared = set[int](), list[tuple[int, Items, Items]]()
        for row in before:
            then, since = before[row], after[row]
            stay = {key for key, _ in then} & {key for key, _ in since}
            for left_out in (excluded.get(row, set()), *filter(None, [hidden])):
                # Near-duplicates of an item that is left out may be in the list instead.
                if not stay.isdisjoint(left_out):
                    changed.add(row)
                then, since = (
                    [item for item in items if item[0] not in left_out] for items in (then, since)
                )
                compared.append((row, then, since))
        shown_then = shown([then for _, then, _ in compared])
        shown_since = shown([since for *_, since in compared])
        for (row, _, items), old, new in zip(compared, shown_then, shown_since, strict=True):
            # A short list that the cutoff does not end may have articles that are not stored.
            if old != new or (self._is_short(row, items) and len(new) == len(items)):
                changed.add(row)
        return changed

    def _excluded(
        self, keys: Sequence[int], keys_of: Mapping[int, set[int]]
    ) -> dict[int, set[int]]:
        """Return, for each row, the articles that rules exclude from its list."""
        rules = CompiledRules.of(self._catalogue)
        if not rules.has_exclusions:
            return {}
        details = zip(keys, self._catalogue.details(keys), strict=True)
        items = {key: item_of(fields) for key, fields in details if fields is not None}
        excluded = {}
        for row, candidates in keys_of.items():
            exclusions = rules.exclusions(items[int(self._key[row])])
            excluded[row] = {key for key in candidates if exclusions.rule_of(items[key])}
        return excluded

    def _arrivals(self, view: View, added: Sequence[int]) -> list[tuple[int, int, int, int]]:
        """Return row and entry for each list that an added article may enter."""
        new = set(added)
        # The last floor is for articles without a list: no score reaches it.
        floors = np.append(self._floor[: self._n], np.iinfo(np.int64).max // SCORE_STEPS)
        found = []
        for key in added:
            query = view.queries_of([key])
            for number, scored in enumerate(view.segments):
                rows = self._rows(number, scored.segment)
                local, steps, similarity = scored.reach(query, floors[rows])
                places = rows[local].tolist()
                for row, *scores in zip(places, steps.tolist(), similarity.tolist(), strict=True):
                    if self._is_alive[row] and int(self._key[row]) not in new:
                        found.append((row, key, *scores))
        return found

    def _rank(self, view: View, keys: Sequence[int]) -> None:
        """Rank the lists of articles."""
        for first in range(0, len(keys), _BLOCK):
            block = keys[first : first + _BLOCK]
            rows = self._find(np.array(block, dtype=np.int64)).tolist()
            rankings = view.rank(block, self._candidates, self._catalogue.ids)
            for row, ranked in zip(rows, rankings, strict=True):
                n = self._length[row] = len(ranked.key)
                self._is_all[row] = n < self._candidates
                for column, values in zip(self._columns, candidates_of(ranked), strict=True):
                    column[row, :n] = values

    def _choose(self, snapshot: Snapshot, rows: Sequence[int]) -> None:
        """Choose the items of lists from their candidates."""
        for first in range(0, len(rows), _BLOCK):
            block = rows[first : first + _BLOCK]
            keys = self._key[block].tolist()
            lists = [self._columns_of(row) for row in block]
            positions = positions_of(snapshot, keys, lists, self._is_all[block].tolist(), self._k)
            for (*_, position), chosen in zip(lists, positions, strict=True):
                position[:] = chosen

    def _insert(self, row: int, key: int, steps: int, similarity: int) -> None:
        """Insert an article into a list, at its place by score, date and id."""
        n = int(self._length[row])
        keys, scores, *_ = self._columns_of(row)
        place = int(np.count_nonzero(scores > steps))
        tied = keys[scores == steps].tolist()
        if tied:
            place += self._place_among(key, tied)
        if place == n and not self._is_all[row]:
            return  # an article that is not stored may be better
        if place < self._candidates:
            last = min(n, self._candidates - 1)
            entry = key, steps, similarity, NO_POSITION
            for column, value in zip(self._columns, entry, strict=True):
                column[row, place + 1 : last + 1] = column[row, place:last]
                column[row, place] = value
        # A full list may lack related articles.
        self._is_all[row] &= n + 1 < self._candidates
        self._length[row] = min(n + 1, self._candidates)

    def _place_among(self, key: int, tied: Sequence[int]) -> int:
        """Return the number of tied articles that come before an article."""
        keys = [key, *tied]
        dates, ids = self._catalogue.dates(keys), self._catalogue.ids(keys)
        key_of_article, *tied_keys = map(newest_key, dates, ids)
        return sum(tied_key < key_of_article for tied_key in tied_keys)

    def _drop(self, rows: Sequence[int], gone: NDArray[np.int64]) -> None:
        """Drop articles from lists."""
        is_entry = np.arange(self._candidates) < self._length[rows, None]
        stays = is_entry & ~np.isin(self._entry[rows], gone)
        order = np.argsort(~stays, axis=1, kind="stable")
        for column in self._columns:
            column[rows] = np.take_along_axis(column[rows], order, axis=1)
        self._length[rows] = np.count_nonzero(stays, axis=1)

    def _rows(self, number: int, segment: Segment) -> NDArray[np.int64]:
        """Return the rows of the articles of a segment; -1 for articles without a list."""
        entry = self._rows_of.get(number)
        if entry is None or entry[0] is not segment:
            entry = self._rows_of[number] = segment, self._find(segment.key)
        return entry[1]

    def _holders(self, keys: NDArray[np.int64]) -> list[int]:
        """Return the rows of the lists that hold at least one of these articles."""
        if not len(keys):
            return []
        entry = self._entry[: self._n]
        holds = entry == keys[0] if len(keys) == 1 else np.isin(entry, keys)
        rows, places = np.nonzero(holds)
        is_held = (places < self._length[rows]) & self._is_alive[rows]
        held: list[int] = np.unique(rows[is_held]).tolist()
        return held

    def _find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the lists of articles; -1 for an article without a list."""
        if not self._n:
            return np.full(len(keys), -1)
        stored = self._key[: self._n]
        place = np.minimum(np.searchsorted(stored, keys), self._n - 1)
        return np.where(stored[place] == keys, place, -1)

    def _make_room(self, added: Sequence[int]) -> None:
        """Append empty lists for added articles, whose keys are above all others."""
        first, self._n = self._n, self._n + len(added)
        if self._n > len(self._key):
            for name in (
                "_key", "_entry", "_steps", "_similarity", "_position", "_length", "_is_all",
                "_is_alive", "_floor",
            ):  # fmt: skip
                array = getattr(self, name)
                shape = (self._n + self._n // 8, *array.shape[1:])
                larger = np.zeros(shape, dtype=array.dtype)
                larger[:first] = array[:first]
                setattr(self, name, larger)
        self._key[first : self._n] = added
        self._length[first : self._n] = 0
        self._is_all[first : self._n] = False
        self._is_alive[first : self._n] = True
        self._floor[first : self._n] = 1

    def _read(self, stored: Sequence[bytes]) -> None:
        """Fill the first rows with stored lists, one length at a time."""
        check_lists(stored)
        n_bytes = np.fromiter(map(len, stored), dtype=np.int64, count=len(stored))
        for size in np.unique(n_bytes).tolist():
            rows = np.flatnonzero(n_bytes == size)
            lists = np.frombuffer(b"".join(stored[row] for row in rows.tolist()), np.uint8)
            lists = lists.reshape(len(rows), size)
            table = lists[:, 1:-4].copy().view(_ENTRY)
            n = min(table.shape[1], self._candidates)
            for column, name in zip(self._columns, _ENTRY.names or (), strict=True):
                column[rows, :n] = table[name][:, :n]
            self._length[rows] = n
            self._is_all[rows] = lists[:, 0] != 0
        self._set_floors(np.arange(len(stored)))

    @property
    def _columns(self) -> Columns:
        """Keys, scores, similarities and positions of all lists."""
        return self._entry, self._steps, self._similarity, self._position

    def _columns_of(self, row: int) -> Columns:
        n = self._length[row]
        return (
            self._entry[row, :n], self._steps[row, :n], self._similarity[row, :n],
            self._position[row, :n],
        )  # fmt: skip

    def _items(self, row: int) -> Items:
        keys, steps, _, position = self._columns_of(row)
        return items_of_list(keys, steps, position)

    def _is_short(self, row: int, items: Items) -> bool:
        """Return whether articles that are not stored may fill the list up."""
        return len(items) < self._k and not self._is_all[row]

    def _packed(self, row: int) -> tuple[bool, bytes]:
        return bool(self._is_all[row]), entries_of(self._columns_of(row))

    def _set_floors(self, rows: NDArray[np.int64]) -> None:
        length = self._length[rows]
        last = self._steps[rows, np.maximum(length - 1, 0)]
        has_room = (length == 0) | (self._is_all[rows] & (length < self._candidates))
        self._floor[rows] = np.where(has_room, 1, np.maximum(last, 1))


def differing(snapshot: Snapshot, lists: Sequence[tuple[int, bytes]], k: int) -> Iterator[int]:
    """Yield the keys of stored lists that a ranking does not give.

    Parameters
    ----------
    snapshot : Snapshot
        All articles, under the statistics of the epoch.
    lists : sequence of (int, bytes)
        Key and packed list of articles.
    k : int
        Items of a list.
    """
    for first in range(0, len(lists), _BLOCK):
        block = {key: StoredList.unpack(packed) for key, packed in lists[first : first + _BLOCK]}
        keys, is_all = [*block], [stored.is_all for stored in block.values()]
        lengths = [max(len(stored.entries), 1) for stored in block.values()]
        rankings = snapshot.view.rank(keys, max(lengths), snapshot.ids)
        columns = [
            (others[:length], steps[:length], similarity[:length], position[:length])
            for (others, steps, similarity, position), length in zip(
                map(candidates_of, rankings), lengths, strict=True
            )
        ]
        positions = positions_of(snapshot, keys, columns, is_all, k)
        for (key, stored), found, position in zip(block.items(), columns, positions, strict=True):
            entries = zip(*(column.tolist() for column in (*found[:3], position)), strict=True)
            if [*entries] != stored.entries:
                yield key


def stored_items(catalogue: Catalogue) -> dict[int, list[int]]:
    """Return the shown items of every stored list, by the key of its article."""
    with integrity.damage_in(catalogue.place):
        return {
            key: [item[0] for item, _ in StoredList.unpack(packed).items()]
            for key, packed in catalogue.all_entries()
        }


def candidates_of(ranked: Ranked) -> Columns:
    """Return the candidates of a ranking in stored form, without chosen items."""
    steps, similarity = (
        np.rint(column * SCORE_STEPS).astype(np.int32)
        for column in (ranked.score, ranked.similarity)
    )
    return ranked.key, steps, similarity, np.full(len(steps), NO_POSITION, dtype=np.int32)


def positions_of(
    snapshot: Snapshot,
    keys: Sequence[int],
    lists: Sequence[Columns],
    is_all: Sequence[bool],
    k: int,
) -> Iterable[NDArray[np.int32]]:
    """Yield the positions of each list's candidates, with items chosen as in the stored mode.

    Parameters
    ----------
    snapshot : Snapshot
        The archive, with the view that the lists were ranked over.
    keys : sequence of int
        Keys of the articles that the lists are for.
    lists : sequence of Columns
        Candidates of each list.
    is_all : sequence of bool
        Whether each list has all related articles.
    k : int
        Items of a list.
    """
    rankings = [
        Ranked(key, others, steps / SCORE_STEPS, similarity / SCORE_STEPS)
        for key, (others, steps, similarity, _) in zip(keys, lists, strict=True)
    ]
    # The cutoff applies when a list is read: the best item, and so the cutoff, may change.
    selection = dataclasses.replace(modes.STORED_SELECTION, cutoff=None)
    chosen = places_of(snapshot, rankings, is_all, k, selection)
    for ranked, items in zip(rankings, chosen, strict=True):
        position = np.full(len(ranked.key), NO_POSITION, dtype=np.int32)
        for number, (item, near_duplicates) in enumerate(items or ()):
            position[item] = number
            position[near_duplicates] = -2 - number
        yield position


def items_of_list(
    keys: NDArray[np.int64], steps: NDArray[np.int32], position: NDArray[np.int32]
) -> Items:
    """Return the items of a list, in order."""
    places = np.flatnonzero(position >= 0)
    places = places[np.argsort(position[places], kind="stable")]
    return [*zip(keys[places].tolist(), steps[places].tolist(), strict=True)]


def shown(lists: Sequence[Items]) -> list[list[int]]:
    """Return the keys of the items that the cutoff leaves in each list."""
    best = np.array([items[0][1] if items else 0 for items in lists], dtype=np.int64)
    least = least_steps(modes.STORED_SELECTION.cutoff, best).tolist()
    return [
        [key for key, steps in items if steps >= floor]
        for items, floor in zip(lists, least, strict=True)
    ]


def entries_of(columns: Columns) -> bytes:
    """Return the entries of a list as `relnews.storage.list_codec` packs them."""
    entries = np.empty(len(columns[0]), dtype=_ENTRY)
    for name, column in zip(_ENTRY.names or (), columns, strict=True):
        entries[name] = column
    return entries.tobytes()
