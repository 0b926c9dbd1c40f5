"""Shard merge: writes one archive of the shards of an input, as one build of the input makes it.

Articles go from catalogue to catalogue. Of several with one id the first of the input stays, as in
a build. The vocabularies become one, and segments get its numbers. Only the articles of small
segments, and those with a line that repeats in the whole input, are laid out again, together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews.exceptions import ArchiveFormatError
from relnews.maintenance import layout
from relnews.maintenance.layout import Rows
from relnews.maintenance.shard_lines import Cutter, lines_that_repeat
from relnews.maintenance.shards import SETTINGS, SOURCE_SETTINGS, Shard, hash_of_id, opened
from relnews.results import RepeatedLine
from relnews.search.segment import Segment
from relnews.search.subset import subset
from relnews.search.weights import Weighting
from relnews.storage import integrity
from relnews.storage.arrays import Store
from relnews.storage.backup import store_to_fill
from relnews.storage.compiled_rules import SETTING as RULES
from relnews.storage.database import CATALOGUE
from relnews.text import repeated_lines
from relnews.text.repeated_lines import RepeatedLines
from relnews.text.vocabulary import Vocabulary

#: Articles of a segment that stay a segment of their own.
LARGE = 8192

#: A function that shows progress: it gets the shards and their number, and returns them.
Progress = Callable[[Iterable[Shard], int], Iterable[Shard]]


def merge(
    paths: Sequence[Path], target: Path, progress: Progress | None = None, *, fresh: bool = False
) -> list[RepeatedLine]:
    """Write the archive of all shards of an input; return the lines that it ignores.

    Parameters
    ----------
    paths : sequence of Path
        Folders of the shards, in any order.
    target : Path
        Folder of the archive; an archive in it is replaced in one transaction.
    progress : callable, optional
        Called twice with the shards and their number; returns the shards, as ``tqdm`` does.
    fresh : bool, default=False
        Drop the editors' rules of an archive in the folder instead of keeping them.

    Raises
    ------
    ArchiveFormatError
        If a shard is missing, is there twice, is damaged, or is of another input or analysis.
    FileExistsError
        If the target is one of the shards, or holds something that is not an archive.
    """
    integrity.check_archive_target(target, CATALOGUE)
    shards = opened(paths)
    if target.exists() and any(shard.path.samefile(target) for shard in shards):
        msg = f"{target} is one of the parts that are to be merged. Choose another folder."
        raise FileExistsError(msg)
    with store_to_fill(target) as store, store.transaction():
        return _Merge(store, shards, progress or (lambda shards, _: shards)).run(fresh)


class _Merge:
    """A merge inside a transaction of the new archive.

    Parameters
    ----------
    store : Store
        Store of the new archive.
    shards : sequence of Shard
        All shards, in the order of their parts.
    progress : callable
        As for `merge`.
    """

    def __init__(self, store: Store, shards: Sequence[Shard], progress: Progress) -> None:
        self._store, self._shards, self._progress = store, shards, progress
        #: Keys of the new archive, ascending.
        self._keys = np.empty(0, dtype=np.int64)

    def run(self, fresh: bool) -> list[RepeatedLine]:
        """Write the archive; return the lines that it ignores; ``fresh`` drops editors' rules."""
        store, catalogue = self._store, self._store.catalogue
        own = self._shards[0].store.catalogue
        settings = dict(zip(SETTINGS, own.settings(*SETTINGS), strict=True))
        kept = dict(zip(SOURCE_SETTINGS, own.settings(*SOURCE_SETTINGS), strict=True))
        kept[RULES] = None if fresh else catalogue.setting(RULES)
        for entry in catalogue.folders():
            store.drop(entry)
        there = {name: value for name, value in kept.items() if value is not None}
        catalogue.empty({**settings, **there})
        self._take_articles()
        repeated, ignored = None, list[RepeatedLine]()
        if self._shards[0].has_lines:
            repeated, ignored = lines_that_repeat(self._shards, self._stay)
            catalogue.set(repeated_lines.SETTING, repeated.of_source)
        vocabulary, numbers = self._joined_vocabulary(int(settings["n_stop"]))
        layout.replace_vocabulary(store, vocabulary)
        n_terms = len(vocabulary)
        del vocabulary
        frequency, n_articles = np.zeros(n_terms, dtype=np.int32), 0

        def put(segment: Segment) -> None:
            nonlocal n_articles
            store.put("segment", segment.arrays())
            terms, n_of_term = segment.document_frequency()
            frequency[terms] += n_of_term.astype(np.int32)
            n_articles += segment.n_articles

        for portion in layout.filled(self._rows(numbers, repeated, put)):
            put(portion.segment(n_terms))
        if n_articles != len(self._keys):
            why = f"its parts have the words of {n_articles:,} of {len(self._keys):,} articles"
            raise integrity.damaged_archive(self._shards[0].path.parent, why)
        written = layout.WrittenSegments(store, Weighting.of_setting(settings["weighting"]))
        layout.begin_epoch(store, written, frequency, n_articles, n_terms)
        return ignored

    def _take_articles(self) -> None:
        """Take the articles of all shards, each id once, without ids that one shard withholds."""
        catalogue = self._store.catalogue
        withheld = frozenset[str]().union(*(shard.withheld for shard in self._shards))
        for shard in self._progress(self._shards, len(self._shards)):
            for rows in shard.store.catalogue.all_rows():
                if withheld:
                    rows = [row for row in rows if hash_of_id(row[0]) not in withheld]
                catalogue.add_rows(rows, shard.shift)
        self._keys = np.array(catalogue.keys(), dtype=np.int64)
        if not len(self._keys):
            msg = "the parts have no articles, and no archive was written."
            raise ArchiveFormatError(msg)

    def _stay(self, shard: Shard, key: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether articles of a shard are in the new archive."""
        place = np.searchsorted(self._keys, key + shard.shift)
        stay: NDArray[np.bool_] = np.append(self._keys, -1)[place] == key + shard.shift
        return stay

    def _joined_vocabulary(self, n_stop: int) -> tuple[Vocabulary, list[NDArray[np.int32]]]:
        """Return the terms of all shards in order, and the number of each shard's terms there.

        Terms that only articles have which do not stay are not among them.
        """
        terms = self._shards[0].vocabulary().take(np.arange(n_stop)).copy()
        numbers = []
        for shard in self._shards:
            vocabulary = shard.vocabulary()
            kept = np.flatnonzero(self._has_terms(shard, len(vocabulary), n_stop))
            number = np.full(len(vocabulary), -1, dtype=np.int32)
            number[kept] = terms.merge(
                vocabulary if len(kept) == len(vocabulary) else vocabulary.take(kept)
            )
            numbers.append(number)
        order = terms.sort(n_stop)
        rank = np.full(len(order) + 1, -1, dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return terms.take(order), [frozen(rank[number]) for number in numbers]

    def _has_terms(self, shard: Shard, n_terms: int, n_stop: int) -> NDArray[np.bool_]:
        """Return whether each term of a shard is a stop word, or of an article that stays."""
        has_term = np.ones(n_terms, dtype=np.bool_)
        if not self._stay(shard, shard.keys).all():
            has_term[n_stop:] = False
            for segment in shard.segments(n_terms):
                stay = self._stay(shard, segment.key)
                has_term[shard.rows(segment, stay).terms.counts.term] = True
            has_term[self._pending(shard, n_terms).terms.counts.term] = True
        return has_term

    def _pending(self, shard: Shard, n_terms: int) -> Rows:
        """Return the articles of a shard that are in no segment and stay."""
        pending = shard.pending(n_terms)
        return pending.take(np.flatnonzero(self._stay(shard, pending.key)))

    def _rows(
        self,
        numbers: Sequence[NDArray[np.int32]],
        repeated: RepeatedLines | None,
        put: Callable[[Segment], None],
    ) -> Iterator[Rows]:
        """Yield the articles to lay out, with their new terms; put the others as they are.

        Parameters
        ----------
        numbers : sequence of int32 array
            New numbers of each shard's terms.
        repeated : RepeatedLines or None
            The lines to cut out of articles.
        put : callable
            Writes a segment.
        """
        shards = self._progress(self._shards, len(self._shards))
        for shard, number in zip(shards, numbers, strict=True):
            cutter = Cutter(shard, repeated, len(number))

            def finished(rows: Rows) -> Rows:
                cut = cutter.cut(rows)  # noqa: B023 (called before the next shard)
                key = cut.key + shard.shift  # noqa: B023
                terms = cut.terms.renumbered(number)  # noqa: B023
                ids = self._store.catalogue.ids(key.tolist())
                return dataclasses.replace(cut, terms=terms, key=key, ids=ids)

            for segment in shard.segments(len(number)):
                stay = self._stay(shard, segment.key)
                whole = stay & ~cutter.is_cut(segment.key)
                if np.count_nonzero(whole) >= LARGE:
                    taken = segment if whole.all() else subset(segment, whole)
                    key = frozen(taken.key + shard.shift)
                    put(dataclasses.replace(taken.renumbered(number), key=key))
                    stay &= ~whole
                if stay.any():
                    yield finished(shard.rows(segment, stay))
            yield finished(self._pending(shard, len(number)))
