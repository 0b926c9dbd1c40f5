"""Updates: adds and removes articles and stores lists; each call is one transaction.

New articles and their counts wait in the catalogue until they fill a segment; see
`relnews.maintenance.merging`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from relnews._checks import check_integer, check_real
from relnews._parallel import has_processes
from relnews.archive.archive import Archive
from relnews.archive.commit import Commit
from relnews.archive.pending import to_store
from relnews.archive.state import ArchiveState
from relnews.articles import Article
from relnews.exceptions import ArchiveChangedError
from relnews.maintenance import merging
from relnews.maintenance.build import Entered, chunks_of, enter
from relnews.maintenance.epoch_lists import store_all
from relnews.maintenance.shards import check_no_shard
from relnews.maintenance.stored_lists import CHOICE, StoredLists, stored_items
from relnews.options.recency import Recency
from relnews.results import Drift, UpdateReport
from relnews.search.weights import Weighting
from relnews.storage.compiled_rules import CompiledRules
from relnews.storage.rules import drop_rules_of_the_gone
from relnews.text import repeated_lines
from relnews.text.article_terms import ArticleCounter

T = TypeVar("T")

#: Stored candidates for each item of a list. Candidates behind the items move up after a removal,
#: so that few removals need a new ranking.
CANDIDATES_PER_ITEM = 2


class Updates:
    """The writer of an archive.

    Parameters
    ----------
    archive : Archive
        The archive to change.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._store = archive.store
        self._catalogue = archive.catalogue
        self._counter: ArticleCounter | None = None
        self._lists: tuple[int, StoredLists] | None = None

    def add(
        self, articles: Iterable[Article], gone: Callable[[], Sequence[str]] = tuple
    ) -> UpdateReport:
        """Add articles, or replace articles of the same ids; return the report.

        Parameters
        ----------
        articles : iterable of Article
            Their ids are distinct.
        gone : callable
            Returns ids that are not public, known when ``articles`` is read to its end. Articles
            with such an id are removed, also if they were just added.
        """
        with self._change() as state:
            entered = Entered()
            for chunk in chunks_of(articles):
                n_known = len(state.vocabulary)
                rows = enter(
                    self._catalogue, self._counter_of(state), chunk, entered, self._archive.vectors
                )
                self._catalogue.add_terms(n_known, state.vocabulary.newest(n_known))
                self._catalogue.add_counts(to_store(rows.key.tolist(), rows.terms, rows.vectors))
                merging.lay_out(state)
            removed = {id_: key for id_, (key, _) in self._catalogue.digests(gone()).items()}
            if removed:
                self._catalogue.remove([*removed.values()])
                state.apply_commits()
                merging.merge(state)
            report = UpdateReport(
                _without(entered.added, removed),
                _without(entered.replaced, removed),
                _without(removed, {*entered.added}),
                _without(entered.unchanged, removed),
            )
            keys = _without(entered.keys, {*removed.values()})
            gone_keys = _without(removed.values(), {*entered.keys})
            return self._finish(state, report, keys, [*entered.gone, *gone_keys])

    def remove(self, identifiers: Sequence[str]) -> UpdateReport:
        """Remove articles; if the archive lacks an id, raise and remove none."""
        with self._change() as state:
            keys = self._catalogue.keys_of(identifiers)
            self._catalogue.remove(keys)
            state.apply_commits()
            merging.merge(state)
            return self._finish(state, UpdateReport(removed=tuple(identifiers)), [], keys)

    def store_lists(self, k: int, max_drift: float | None, n_jobs: int | None) -> UpdateReport:
        """Begin an epoch and store the candidates of every article; return the report."""
        check_integer("k", k, minimum=1, maximum=10_000)
        if max_drift is not None:
            check_real("max_drift", max_drift, 0, math.inf)
        candidates = CANDIDATES_PER_ITEM * k
        with self._change() as state:
            commit = Commit.of(self._catalogue) if has_processes(n_jobs) else None
            settings = {"k": k, "candidates": candidates, "max_drift": max_drift}
            changed = self._begin_lists(state, settings, n_jobs, commit)
            return UpdateReport(changed=tuple(self._catalogue.ids(changed)), drift=Drift(0.0))

    def reweigh(
        self, weighting: Weighting, recency: Recency | None, made: str, n_jobs: int | None
    ) -> UpdateReport:  # fmt: skip
        """Change how titles, vectors and dates count, and store lists again, if any are.

        Outlines and stored lists are made with the weights, so an epoch begins. ``made`` is the
        name of the build that the weights are for; if another one is there now, nothing changes.
        """
        with self._change() as state:
            if self._catalogue.setting("made") != made:
                msg = "the archive was built again, or given other settings, while new ones were "
                msg += "chosen for it, and keeps those that it has. Choose again."
                raise ArchiveChangedError(msg)
            self._catalogue.set_all(
                {
                    "weighting": dataclasses.asdict(weighting),
                    "recency": None if recency is None else dataclasses.asdict(recency),
                    "made": os.urandom(8).hex(),  # so that every reader reads the settings again
                }
            )
            self._archive.apply_commits()
            state = self._archive.state
            settings = self._catalogue.setting("lists")
            if settings is None:
                merging.begin_epoch(state)
                state.apply_commits()
                return UpdateReport()
            changed = self._begin_lists(state, settings, n_jobs)
            return UpdateReport(changed=tuple(self._catalogue.ids(changed)), drift=Drift(0.0))

    def compact(self) -> UpdateReport:
        """Rewrite all files without anything of removed articles; return the report."""
        with self._change() as state:
            dropped = drop_rules_of_the_gone(self._catalogue)
            merging.compact(state)
            CompiledRules.of(self._catalogue).forget_words(self._catalogue, self._archive.has_word)
            state.apply_commits()
        self._catalogue.rewrite()
        return UpdateReport(dropped_rules=tuple(map(str, dropped)))

    @contextlib.contextmanager
    def _change(self) -> Iterator[ArchiveState]:
        """Yield the state to change; commit the whole change, or nothing after an error."""
        with self._catalogue.state_lock:
            self._catalogue.check_not_changing()  # before the state of the outer call is reset
            state = self._archive.state
            try:
                with self._store.transaction():
                    self._archive.apply_commits()
                    state = self._archive.state
                    generation = state.generation
                    check_no_shard(self._catalogue)
                    if self._lists is not None and self._lists[0] != generation:
                        self._lists = None  # another process has changed the lists
                    yield state
                    is_changed = self._catalogue.has_changes()
                    state = self._archive.state  # another one if settings have changed
            except BaseException:
                state.reset()  # the state may include changes that were not committed
                self._counter = self._lists = None
                raise
            state.generation = generation + is_changed
            if self._lists is not None:
                self._lists = state.generation, self._lists[1]

    def _counter_of(self, state: ArchiveState) -> ArticleCounter:
        """Return a counter that starts from the vocabulary of the archive."""
        if self._counter is None or self._counter.vocabulary is not state.vocabulary:
            repeated = self._catalogue.cached(repeated_lines.of_setting, repeated_lines.SETTING)
            self._counter = ArticleCounter(
                self._archive.analysis, state.vocabulary, state.n_stop, repeated
            )
        return self._counter

    def _begin_lists(
        self,
        state: ArchiveState,
        settings: dict[str, Any],
        n_jobs: int | None = None,
        commit: Commit | None = None,
    ) -> list[int]:
        """Store the lists of a new epoch; return the keys of the articles whose list changed."""
        k, candidates = settings["k"], settings["candidates"]
        before = stored_items(self._catalogue)
        merging.begin_epoch(state)
        CompiledRules.of(self._catalogue).note_lists(self._catalogue)
        state.apply_commits()
        self._catalogue.clear_entries()
        snapshot = self._archive.snapshot_of(state.epoch_view())
        after = store_all(self._catalogue, snapshot, k, candidates, n_jobs, commit)
        self._lists = None
        changed = [key for key, items in after if before.get(key) != items]
        self._catalogue.set("lists", settings | {"choice": CHOICE})
        return changed

    def _finish(
        self,
        state: ArchiveState,
        report: UpdateReport,
        added: Sequence[int],
        removed: Sequence[int],
    ) -> UpdateReport:
        """Bring the stored lists up to date; return the completed report."""
        settings = self._catalogue.setting("lists")
        if settings is None:
            return report
        k, candidates, max_drift = (settings[n] for n in ("k", "candidates", "max_drift"))
        if self._lists is None:
            lists = StoredLists(self._catalogue, k, candidates)
            self._lists = state.generation, lists
        changed = self._lists[1].update(
            self._archive.snapshot_of(state.epoch_view()), added, removed
        )
        # Pinned articles are in no stored list.
        touched = (*report.added, *report.replaced, *report.removed)
        pinned = self._catalogue.digests(CompiledRules.of(self._catalogue).pinned_to(touched))
        changed += sorted({key for key, _ in pinned.values()} - {*changed})
        drift = Drift(state.drift())
        if max_drift is not None and drift.idf > max_drift:
            changed = sorted({*changed, *self._begin_lists(state, settings)})
            drift = Drift(0.0)
        return dataclasses.replace(report, changed=tuple(self._catalogue.ids(changed)), drift=drift)


def _without(values: Iterable[T], left_out: Container[T]) -> tuple[T, ...]:
    return tuple(value for value in values if value not in left_out)
