"""Updates: articles come and go, segments are sealed and merged, epochs begin.

New articles wait in the catalogue, with their counts, until there are enough for a segment.
Segments are merged in levels, eight of one to one of the next, so that an article is written about
four times: with its counts, as part of a small segment, of a middle one and of a full one; once
more if it is left over when a full one closes. One call is one transaction.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_integer, check_real
from relnews._parallel import in_order
from relnews.archive import archive
from relnews.archive.archive import Archive
from relnews.archive.live_segment import Epoch, Member
from relnews.archive.pending import joined, to_store
from relnews.archive.state import Index
from relnews.articles import Article
from relnews.dates import UNDATED
from relnews.maintenance.stored_lists import StandingLists, entries_of, with_slots
from relnews.results import Drift, UpdateReport
from relnews.search.bounds import CommonTerms
from relnews.search.segment import SEGMENT_ARTICLES, Segment
from relnews.storage import integrity
from relnews.storage.compiled_rules import CompiledRules
from relnews.storage.list_codec import Entries
from relnews.text.article_terms import WordCounter, Wording
from relnews.text.vocabulary import Vocabulary

#: So many articles make a segment.
OPEN_ARTICLES = 1024

#: So many segments of a level make one of the next.
FANOUT = 8

#: New terms are looked up in a second table until there are so many, and this share of all.
NEWER_TERMS = 1 << 16
NEWER_SHARE = 0.25

#: Candidates that are stored for each item of a list: those behind the items move up when articles
#: go, so that the list need not be ranked again.
CANDIDATES_PER_ITEM = 2

#: Articles are entered so many at a time.
_CHUNK = 4096


@dataclasses.dataclass(frozen=True, slots=True)
class _Rows:
    """Articles that are to be laid out."""

    words: Wording
    key: NDArray[np.int64]

    def cut(self, first: int, last: int) -> _Rows:
        """Return some of the articles."""
        return _Rows(self.words.take(np.arange(first, last)), self.key[first:last])


class Updates:
    """Changes an archive.

    Parameters
    ----------
    archive : Archive
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._store = archive.store
        self._catalogue = archive.catalogue
        self._counter: WordCounter | None = None
        self._standing: tuple[int, StandingLists] | None = None

    # --- what is asked for -----------------------------------------------------------------------

    def add(self, articles: Iterable[Article]) -> UpdateReport:
        """Add articles, or replace those with the same ids."""
        with self._change() as index:
            report = UpdateReport()
            added: list[int] = []
            removed: list[int] = []
            chunk: list[Article] = []
            for article in articles:
                chunk.append(article)
                if len(chunk) == _CHUNK:
                    report = self._enter(chunk, report, added, removed)
                    chunk = []
                    self._lay_out(index)
            report = self._enter(chunk, report, added, removed)
            self._lay_out(index)
            return self._finish(index, report, added, removed)

    def remove(self, identifiers: Sequence[str]) -> UpdateReport:
        """Remove articles; ids that the archive does not have are an error, and nothing is done."""
        with self._change() as index:
            keys = self._catalogue.keys_of(identifiers)
            self._catalogue.remove(keys)
            index.take_in()
            self._merge(index)
            return self._finish(index, UpdateReport(removed=tuple(identifiers)), [], keys)

    def store_lists(self, k: int, max_drift: float | None, n_jobs: int | None) -> UpdateReport:
        """Begin an epoch, and store the best candidates of every article."""
        check_integer("k", k, minimum=1, maximum=10_000)
        if max_drift is not None:
            check_real("max_drift", max_drift, 0, math.inf)
        candidates = CANDIDATES_PER_ITEM * k
        with self._change() as index:
            changed = self._begin_lists(index, k, candidates, n_jobs)
            settings = {"k": k, "candidates": candidates, "max_drift": max_drift}
            self._catalogue.set("lists", settings)
            return UpdateReport(changed=tuple(self._catalogue.ids(changed)), drift=Drift(0.0))

    def compact(self) -> None:
        """Write everything anew: full segments, nothing of what was removed, one vocabulary."""
        with self._change() as index:
            keep = index.statistics.document_frequency > 0
            keep[: self._archive.n_stop] = True
            keep[index.epoch.common.terms] = True
            if self._has_lists():
                keep[: len(index.epoch.document_frequency)] |= index.epoch.document_frequency > 0
            number = (np.cumsum(keep) - 1).astype(np.int32)
            members = [*index.members.values()]
            self._write_rows(len(keep), self._all_rows(index, members), number)
            self._drop_members(index, members)
            self._close_open(index)
            self._write_vocabulary(index, np.flatnonzero(keep))
            self._renumber_epoch(index, keep, number)
            index.forget()
            index.take_in()
            archive.start_epoch(index, keep_statistics=self._has_lists())
            index.take_in()

    # --- the steps -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _change(self) -> Iterator[Index]:
        """Commit what is done inside, or nothing of it."""
        with self._archive.locked():
            index = self._archive.index
            try:
                with self._store.transaction():
                    self._archive.refresh()
                    index = self._archive.index
                    if self._standing is not None and self._standing[0] != index.generation:
                        self._standing = None  # another process has changed them
                    yield index
            except BaseException:
                index.forget()  # it may have taken in what was not committed
                self._counter = self._standing = None
                raise
            index.generation = self._catalogue.generation()
            if self._standing is not None:
                self._standing = index.generation, self._standing[1]

    def _enter(
        self, articles: Sequence[Article], report: UpdateReport, added: list[int],
        removed: list[int],
    ) -> UpdateReport:  # fmt: skip
        """Count articles and enter them; return what is to be reported."""
        if not articles:
            return report
        catalogue = self._catalogue
        known = catalogue.digests([article.id for article in articles])
        digests = [article.digest() for article in articles]
        fresh = [
            (article, digest) for article, digest in zip(articles, digests, strict=True)
            if known.get(article.id, (0, b""))[1] != digest
        ]  # fmt: skip
        replaced = [article.id for article, _ in fresh if article.id in known]
        gone = [known[identifier][0] for identifier in replaced]
        catalogue.remove(gone)
        removed += gone
        first = catalogue.next_key()
        keys = range(first, first + len(fresh))
        catalogue.add(
            (dataclasses.replace(article, text="") for article, _ in fresh), keys,
            (digest for _, digest in fresh),
        )  # fmt: skip
        self._count([article for article, _ in fresh], keys)
        added += keys
        new = {article.id for article, _ in fresh}
        return dataclasses.replace(
            report,
            added=(*report.added, *(i for i in (a.id for a, _ in fresh) if i not in known)),
            replaced=(*report.replaced, *replaced),
            unchanged=(*report.unchanged, *(a.id for a in articles if a.id not in new)),
        )

    def _count(self, articles: Sequence[Article], keys: Sequence[int]) -> None:
        """Enter the counts of articles, and the terms that are new."""
        if not articles:
            return
        index = self._archive.index
        counter = self._counter
        if counter is None or counter.vocabulary is not index.vocabulary:
            counter = self._counter = WordCounter(
                self._archive.analysis, index.vocabulary, self._archive.n_stop
            )
        n_known = len(index.vocabulary)
        for article in articles:
            counter.add(article)
        words = counter.take()
        self._catalogue.add_terms(n_known, index.vocabulary.newest(n_known))
        self._catalogue.add_counts(to_store(keys, words))
        index.statistics.grow(len(index.vocabulary))

    def _lay_out(self, index: Index) -> None:
        """Make a segment of the articles that wait, if there are enough of them."""
        index.take_in()
        if len(index.open) >= OPEN_ARTICLES:
            self._write_rows(len(index.vocabulary), [_open_rows(index)])
            self._close_open(index)
            index.take_in()
            if not self._has_lists() and index.n_articles > 2 * index.epoch.n_articles:
                archive.start_epoch(index)
                index.take_in()
        self._merge(index)
        newer = len(index.vocabulary.newer)
        if newer > max(NEWER_TERMS, NEWER_SHARE * len(index.vocabulary.base)):
            self._write_vocabulary(index, None)
            index.take_in()

    def _merge(self, index: Index) -> None:
        """Merge segments while there are too many of a level, and any that is mostly gone."""
        while members := _to_merge([*index.members.values()]):
            self._write_rows(len(index.vocabulary), map(_alive_rows, members))
            self._drop_members(index, members)
            index.take_in()

    def _write_rows(
        self, n_terms: int, rows: Iterable[_Rows], number: NDArray[np.int32] | None = None
    ) -> None:
        """Write rows as segments, their terms renumbered if new numbers are given."""
        catalogue, index = self._catalogue, self._archive.index
        for some in _filled(rows):
            keys = some.key.tolist()
            dates = np.array([_date(date) for date in catalogue.dates(keys)], dtype=np.int64)
            segment = Segment.from_wording(
                some.words, some.key, dates, catalogue.ids(keys), n_terms
            )
            outline = index.outline(segment)
            if number is not None:
                segment = segment.renumbered(number)
            archive.put_segment(self._store, segment, outline.named())

    def _all_rows(self, index: Index, members: Sequence[Member]) -> Iterator[_Rows]:
        yield from map(_alive_rows, sorted(members, key=lambda m: int(m.segment.key.min())))
        yield _open_rows(index)

    def _drop_members(self, index: Index, members: Sequence[Member]) -> None:
        """Take segments, and what was removed of them, out."""
        gone = {member.entry.number for member in members if member.entry is not None}
        for entry in self._catalogue.folders():
            if entry.number in gone or entry.segment in gone:
                self._store.drop(entry)
        for member in members:
            self._catalogue.clear_removals(member.segment.key[~member.is_alive].tolist())

    def _close_open(self, index: Index) -> None:
        """Forget what is kept of articles for as long as they are in no segment."""
        catalogue = self._catalogue
        catalogue.clear_counts()
        catalogue.set("sealed", catalogue.next_key())
        removed = [key for _, key in catalogue.removals(0)]
        catalogue.clear_removals(key for key in removed if index.member_of(key) is None)

    def _write_vocabulary(self, index: Index, keep: NDArray[np.int64] | None) -> None:
        """Write one vocabulary, of all terms or some, in place of the last and the newer ones."""
        vocabulary = index.vocabulary.flat()
        if keep is not None:
            ptr, blob = vocabulary.term_ptr, vocabulary.blob
            vocabulary = Vocabulary.of(
                blob[ptr[i] : ptr[i + 1]].tobytes() for i in keep.tolist()
            ).freeze()
        for entry in self._catalogue.folders():
            if entry.kind == "vocabulary":
                self._store.drop(entry)
        archive.put_vocabulary(self._store, vocabulary)
        self._catalogue.clear_terms()

    def _renumber_epoch(
        self, index: Index, keep: NDArray[np.bool_], number: NDArray[np.int32]
    ) -> None:
        """Write the epoch under new numbers of terms."""
        epoch = index.epoch
        known = len(epoch.document_frequency)
        common = epoch.common
        terms = number[common.terms]
        for entry in self._catalogue.folders():
            if entry.kind == "epoch":
                self._store.drop(entry)
        archive.put_epoch(
            self._store,
            Epoch(
                epoch.n_articles,
                epoch.document_frequency[keep[:known]],
                CommonTerms(terms, common.basis, int(keep.sum())),
            ),
        )

    # --- stored lists ----------------------------------------------------------------------------

    def _has_lists(self) -> bool:
        return self._catalogue.setting("lists") is not None

    def _begin_lists(self, index: Index, k: int, candidates: int, n_jobs: int | None) -> list[int]:
        """Store the lists of a new epoch; return the keys of the articles whose list is another."""
        catalogue = self._catalogue
        with integrity.damage_in(catalogue.folder or ":memory:"):
            stored = {key: Entries.unpack(entries) for key, entries in catalogue.all_entries()}
        before = {key: _shown(entries) for key, entries in stored.items()}
        archive.start_epoch(index)
        CompiledRules.of(catalogue).note_lists(catalogue)
        index.take_in()
        catalogue.clear_entries()
        snapshot = self._archive.snapshot_of(index.epoch_view())
        view = snapshot.view
        keys = catalogue.keys()
        blocks = (keys[i : i + archive.BLOCK] for i in range(0, len(keys), archive.BLOCK))
        changed = []
        for ranked in in_order(
            lambda block: view.rank(block, candidates, catalogue.ids), blocks, n_jobs
        ):
            of = [one.query for one in ranked]
            found = [entries_of(one, candidates) for one in ranked]
            lists = dict(zip(of, with_slots(snapshot, of, found, k), strict=True))
            catalogue.set_entries((key, entries.pack()) for key, entries in lists.items())
            changed += [
                key for key, entries in lists.items()
                if key not in before or before[key] != _shown(entries)
            ]  # fmt: skip
        self._standing = None
        return changed

    def _finish(
        self, index: Index, report: UpdateReport, added: Sequence[int], removed: Sequence[int]
    ) -> UpdateReport:
        """Bring the stored lists up to date, and complete the report."""
        settings = self._catalogue.setting("lists")
        if settings is None:
            return report
        k, candidates, max_drift = (settings[n] for n in ("k", "candidates", "max_drift"))
        if self._standing is None:
            standing = StandingLists(self._catalogue, k, candidates)
            self._standing = index.generation, standing
        changed = self._standing[1].update(
            self._archive.snapshot_of(index.epoch_view()), added, removed
        )
        # What is pinned is in no stored list.
        touched = (*report.added, *report.replaced, *report.removed)
        pinned = self._catalogue.digests(CompiledRules.of(self._catalogue).pinned_to(touched))
        changed += sorted({key for key, _ in pinned.values()} - {*changed})
        drift = Drift(index.drift())
        if max_drift is not None and drift.idf > max_drift:
            changed = sorted({*changed, *self._begin_lists(index, k, candidates, None)})
            drift = Drift(0.0)
        return dataclasses.replace(report, changed=tuple(self._catalogue.ids(changed)), drift=drift)


def _date(timestamp: int | None) -> int:
    return UNDATED if timestamp is None else timestamp


def _shown(entries: Entries) -> list[int]:
    return [entry[0] for entry, _ in entries.shown()]


def _alive_rows(member: Member) -> _Rows:
    return _Rows(member.alive_wording(), member.segment.key[member.is_alive])


def _open_rows(index: Index) -> _Rows:
    return _Rows(joined([*index.open.values()]), np.array([*index.open], dtype=np.int64))


def _filled(rows: Iterable[_Rows]) -> Iterator[_Rows]:
    """Yield rows in as many as a segment takes."""
    waiting: list[_Rows] = []
    n = 0
    for one in rows:
        while n + len(one.key) >= SEGMENT_ARTICLES:
            room = SEGMENT_ARTICLES - n
            yield _joined([*waiting, one.cut(0, room)])
            one = one.cut(room, len(one.key))
            waiting, n = [], 0
        waiting.append(one)
        n += len(one.key)
    if n:
        yield _joined(waiting)


def _joined(rows: Sequence[_Rows]) -> _Rows:
    return _Rows(
        Wording.concatenate([one.words for one in rows]), np.concatenate([one.key for one in rows])
    )


def _to_merge(members: Sequence[Member]) -> list[Member]:
    """Return segments that are to be made one, none if all is in order."""
    levels: dict[int, list[Member]] = {}
    for member in members:
        if 2 * member.n_alive < len(member.is_alive):
            return [member]
        levels.setdefault(_level(member.n_alive), []).append(member)
    crowded = [some for level, some in levels.items() if level < 2 and len(some) >= FANOUT]
    return crowded[0] if crowded else []


def _level(n_articles: int) -> int:
    """Return 0 for a small segment, 1 for a middle one, 2 for one that is not merged any more."""
    return sum(n_articles >= OPEN_ARTICLES * FANOUT**level for level in (1, 2))
