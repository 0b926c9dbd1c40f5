"""Standing lists: the best candidates of every article, stored, and kept exact by updates.

All scores are under the statistics of the epoch, which updates do not change. So a list changes
only where an article comes that belongs into it, or where one of it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive.live_segment import View
from relnews.archive.snapshot import Snapshot
from relnews.lists.selector import places_of
from relnews.options.modes import MODES, STORED
from relnews.results import item_of
from relnews.search.segment import Segment
from relnews.search.top_k import Ranked
from relnews.storage import integrity
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules
from relnews.storage.list_codec import NO_SLOT, Entries

#: Lists ranked at a time.
_BLOCK = 64


class StandingLists:
    """The stored lists of an archive, in memory, to be kept up to date.

    Parameters
    ----------
    catalogue : Catalogue
        That they are stored in.
    k : int
        How many items of a list are shown: a change behind them changes no list.
    candidates : int
        How many a list holds at most.
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
        self._slot = np.full((self._n, candidates), NO_SLOT, dtype=np.int32)
        self._length = np.zeros(self._n, dtype=np.int32)
        self._is_all = np.zeros(self._n, dtype=bool)
        self._is_alive = np.ones(self._n, dtype=bool)
        # The score from which on an article may belong into each list.
        self._floor = np.ones(self._n, dtype=np.int64)
        with integrity.damage_in(catalogue.folder or ":memory:"):
            self._read_all([entries for _, entries in stored])
        self._rows_of: dict[int, tuple[Segment, NDArray[np.int64]]] = {}

    def update(self, snapshot: Snapshot, added: Sequence[int], removed: Sequence[int]) -> list[int]:
        """Bring the lists up to date, in the catalogue too; return the keys of those that changed.

        A list that rules leave short is ranked when it is read: it counts as changed if anything
        of it was touched.

        Parameters
        ----------
        snapshot : Snapshot
            All articles, the added ones and not the removed ones, under the statistics of the
            epoch.
        added, removed : sequences of int
            Keys of articles.
        """
        view = snapshot.view
        before = {}
        touched: set[int] = set()
        gone, lost = np.array(removed, dtype=np.int64), set(removed)
        book = CompiledRules.of(self._catalogue)

        def touch(row: int) -> None:
            if row not in touched:
                touched.add(row)
                before[row] = self._shown(row, book, lost)

        rows = self._find(gone)
        self._is_alive[rows[rows >= 0]] = False
        if len(gone):
            for row in self._holders(gone):
                touch(row)
                entries = self._read(row)
                left = [entry for entry in entries.entries if entry[0] not in lost]
                self._write(row, Entries(left, entries.is_all))
        self._make_room(added)
        self._rank(view, added)
        for row, *entry in self._arrivals(view, added):
            touch(row)
            self._insert(row, *entry)
        new = self._find(np.array(added, dtype=np.int64)).tolist()
        self._choose(snapshot, [*touched, *new])
        short = [
            row for row in touched
            if len(self._read(row).shown()) < self._k and not self._is_all[row]
        ]  # fmt: skip
        self._rank(view, self._key[short].tolist())
        self._choose(snapshot, short)
        self._catalogue.set_entries(
            (int(self._key[row]), self._read(row).pack()) for row in (*touched, *new)
        )
        changed = [
            row
            for row in touched
            if before[row] != (now := self._shown(row, book, lost))
            or (book.has_exclusions and len(now) < self._k and not self._is_all[row])
        ]
        return [int(self._key[row]) for row in (*sorted(changed), *new)]

    def _shown(self, row: int, book: CompiledRules, lost: set[int]) -> list[int]:
        """Return the items of a list that no rule keeps out, as far as there is telling."""
        keys = [entry[0] for entry, _ in self._read(row).shown()]
        if not book.has_exclusions:
            return keys
        asked = [int(self._key[row]), *(key for key in keys if key not in lost)]
        article, *others = (
            item_of(about) for about in self._catalogue.details(asked) if about is not None
        )
        bars = book.exclusions(article)
        barred = {
            key for key, item in zip(asked[1:], others, strict=True) if bars.rule_of(item)
        }  # fmt: skip
        return [key for key in keys if key not in barred]

    def _arrivals(self, view: View, added: Sequence[int]) -> list[tuple[int, int, int, int]]:
        """Return where added articles belong into lists of others: row, and entry."""
        new = set(added)
        # One more, which nothing reaches, for articles without a list.
        floors = np.append(self._floor[: self._n], np.iinfo(np.int64).max // SCORE_STEPS)
        found = []
        for key in added:
            query = view.queries([view.query_of(key)])
            for number, scored in enumerate(view.segments):
                rows = self._rows(number, scored.segment)
                local, steps, similarity = scored.reach(query, floors[rows])
                places = rows[local].tolist()
                for row, *scores in zip(places, steps.tolist(), similarity.tolist(), strict=True):
                    if self._is_alive[row] and int(self._key[row]) not in new:
                        found.append((row, key, *scores))
        return found

    def _rank(self, view: View, keys: Sequence[int]) -> None:
        """Make the lists of some articles anew."""
        for first in range(0, len(keys), _BLOCK):
            some = keys[first : first + _BLOCK]
            rows = self._find(np.array(some, dtype=np.int64)).tolist()
            for row, ranked in zip(
                rows, view.rank(some, self._candidates, self._catalogue.ids), strict=True
            ):
                self._write(row, entries_of(ranked, self._candidates))

    def _choose(self, snapshot: Snapshot, rows: Sequence[int]) -> None:
        """Choose the items of lists from their candidates."""
        for first in range(0, len(rows), _BLOCK):
            some = list(rows[first : first + _BLOCK])
            before = [self._read(row) for row in some]
            keys = self._key[some].tolist()
            after = with_slots(snapshot, keys, before, self._k)
            for row, entries in zip(some, after, strict=True):
                self._write(row, entries)

    def _insert(self, row: int, key: int, steps: int, similarity: int) -> None:
        """Put an article into a list, where it belongs by score, date and id."""
        entries, is_all = self._read(row)
        place = sum(score > steps for _, score, *_ in entries)
        tied = [other for other, score, *_ in entries if score == steps]
        if tied:
            place += self._place_among(key, tied)
        if place == len(entries) and not is_all:
            return  # what was behind the list may be better
        entries.insert(place, (key, steps, similarity, NO_SLOT))
        # A full list does not tell of whom there was no room for.
        is_all = is_all and len(entries) < self._candidates
        self._write(row, Entries(entries[: self._candidates], is_all))

    def _place_among(self, key: int, tied: Sequence[int]) -> int:
        """Return how many of some articles are preferred to one with the same score."""
        keys = [key, *tied]
        dates, ids = self._catalogue.dates(keys), self._catalogue.ids(keys)
        order = [
            (date is None, -(date or 0), identifier)
            for date, identifier in zip(dates, ids, strict=True)
        ]
        return sum(other < order[0] for other in order[1:])

    def _rows(self, number: int, segment: Segment) -> NDArray[np.int64]:
        """Return the rows here of the articles of a segment; -1 for those without a list."""
        known = self._rows_of.get(number)
        if known is None or known[0] is not segment:
            known = self._rows_of[number] = segment, self._find(segment.key)
        return known[1]

    def _holders(self, keys: NDArray[np.int64]) -> list[int]:
        """Return the rows of the lists that hold any of some articles."""
        entry = self._entry[: self._n]
        holds = entry == keys[0] if len(keys) == 1 else np.isin(entry, keys)
        rows, places = np.nonzero(holds)
        is_held = (places < self._length[rows]) & self._is_alive[rows]
        held: list[int] = np.unique(rows[is_held]).tolist()
        return held

    def _find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the lists of articles, -1 where there is none."""
        if not self._n:
            return np.full(len(keys), -1)
        known = self._key[: self._n]
        place = np.minimum(np.searchsorted(known, keys), self._n - 1)
        return np.where(known[place] == keys, place, -1)

    def _make_room(self, added: Sequence[int]) -> None:
        """Add empty lists; keys ascend, so that they come last."""
        first, self._n = self._n, self._n + len(added)
        if self._n > len(self._key):
            for name in (
                "_key",
                "_entry",
                "_steps",
                "_similarity",
                "_slot",
                "_length",
                "_is_all",
                "_is_alive",
                "_floor",
            ):
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

    def _read(self, row: int) -> Entries:
        n = self._length[row]
        columns = (column[row, :n].tolist() for column in self._columns)
        return Entries([*zip(*columns, strict=True)], bool(self._is_all[row]))

    def _write(self, row: int, entries: Entries) -> None:
        some = entries.entries[: self._candidates]
        n = self._length[row] = len(some)
        for column, values in zip(self._columns, zip(*some, strict=True), strict=False):
            column[row, :n] = values
        self._is_all[row] = entries.is_all
        self._set_floors(np.array([row]))

    def _read_all(self, stored: Sequence[bytes]) -> None:
        """Fill the first rows with stored lists, those of one length at a time."""
        for entries in stored:
            Entries.check(entries)
        n_bytes = np.fromiter(map(len, stored), dtype=np.int64, count=len(stored))
        for size in np.unique(n_bytes).tolist():
            rows = np.flatnonzero(n_bytes == size)
            lists = np.frombuffer(b"".join(stored[row] for row in rows.tolist()), np.uint8)
            lists = lists.reshape(len(rows), size)
            fields = [("key", "<i8"), ("steps", "<i4"), ("similarity", "<i4"), ("slot", "<i4")]
            table = lists[:, 1:-4].copy().view(np.dtype(fields))
            n = min(table.shape[1], self._candidates)
            for column, (name, _) in zip(self._columns, fields, strict=True):
                column[rows, :n] = table[name][:, :n]
            self._length[rows] = n
            self._is_all[rows] = lists[:, 0] != 0
        self._set_floors(np.arange(len(stored)))

    @property
    def _columns(self) -> tuple[NDArray[Any], ...]:
        """Keys, scores, similarities and slots of all lists."""
        return self._entry, self._steps, self._similarity, self._slot

    def _set_floors(self, rows: NDArray[np.int64]) -> None:
        length = self._length[rows]
        last = self._steps[rows, np.maximum(length - 1, 0)]
        has_room = (length == 0) | (self._is_all[rows] & (length < self._candidates))
        self._floor[rows] = np.where(has_room, 1, np.maximum(last, 1))


def entries_of(ranked: Ranked, candidates: int) -> Entries:
    """Return a list as it is stored, given the best candidates."""
    steps, similarity = (
        np.rint(column * SCORE_STEPS).astype(np.int64).tolist()
        for column in (ranked.score, ranked.similarity)
    )
    slots = [NO_SLOT] * len(steps)
    entries = [*zip(ranked.key.tolist(), steps, similarity, slots, strict=True)]
    return Entries(entries, len(entries) < candidates)


def with_slots(
    snapshot: Snapshot, keys: Sequence[int], lists: Sequence[Entries], k: int
) -> list[Entries]:
    """Return stored lists with what is shown of their candidates, as the stored mode has it.

    Parameters
    ----------
    snapshot : Snapshot
        The archive, with the view that was ranked over.
    keys : sequence of int
        The articles that the lists are for.
    lists : sequence of Entries
    k : int
        How many items are shown.
    """
    selection = MODES[STORED].selection
    assert selection is not None
    rankings = [_ranked(key, one) for key, one in zip(keys, lists, strict=True)]
    is_all = [one.is_all for one in lists]
    chosen = places_of(snapshot, rankings, is_all, k, selection)
    return [
        Entries(_in_slots(one.entries, items or []), one.is_all)
        for one, items in zip(lists, chosen, strict=True)
    ]


def _ranked(key: int, one: Entries) -> Ranked:
    others, steps, similarity, _ = np.array(one.entries, dtype=np.int64).reshape(-1, 4).T
    return Ranked(key, others, steps / SCORE_STEPS, similarity / SCORE_STEPS)


def _in_slots(
    entries: Sequence[tuple[int, int, int, int]], items: Sequence[tuple[int, list[int]]]
) -> list[tuple[int, int, int, int]]:
    slot = dict.fromkeys(range(len(entries)), NO_SLOT)
    for number, (item, also) in enumerate(items):
        slot[item] = number
        slot |= dict.fromkeys(also, -2 - number)
    return [(*entry[:3], slot[place]) for place, entry in enumerate(entries)]
