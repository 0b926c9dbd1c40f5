"""Shards: archives of the parts of an input, from which one archive is merged.

A shard counts all lines of its articles, and keeps their hashes, because only the whole input tells
which lines repeat. Its terms are in the order of their code points. So the terms of several shards
get new numbers in the same order, and no segment has to be sorted again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_integer
from relnews.archive.pending import PendingArticle, joined, to_store, vectors_of
from relnews.articles import Article
from relnews.exceptions import ArchiveFormatError
from relnews.maintenance import layout
from relnews.maintenance.build import SEGMENT_PAIRS, Entered, chunks_of, enter, settings_of
from relnews.maintenance.layout import Rows
from relnews.maintenance.spool import Spool
from relnews.options.recency import Recency
from relnews.search.bounds import CommonTerms, Outline
from relnews.search.epoch import Epoch
from relnews.search.segment import Segment
from relnews.search.segment_layout import ascends
from relnews.search.weights import Weighting
from relnews.storage import integrity
from relnews.storage.arrays import Arrays, Store
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules
from relnews.storage.settings import SHARD
from relnews.text.analysis import Analysis
from relnews.text.article_terms import MOST_PLACES, ArticleCounter
from relnews.text.lines import Lines
from relnews.text.vocabulary import Vocabulary

#: Settings that all shards of an input have in common.
SETTINGS = ("analysis", "weighting", "recency", "n_stop")

#: Settings of the source, from which an update goes on; equal in all shards that have them.
SOURCE_SETTINGS = ("fields", "watermark")

#: Missing parts that an error names.
_NAMED = 10


def fill_shard(
    store: Store, articles: Iterable[Article], analysis: Analysis, weighting: Weighting,
    recency: Recency | None, ignore_repeated_lines: bool, *,
    about: Callable[[], Mapping[str, object]],
    gone: Callable[[], Sequence[str]],
    withheld: Callable[[], Sequence[str]],
) -> None:  # fmt: skip
    """Write a part of an input to an empty store, in as much memory as `build.fill` takes.

    Parameters
    ----------
    store : Store
        Store of the shard.
    articles : iterable of Article
        Their ids are distinct, and their places ascend.
    analysis, weighting, recency
        As for `relnews.maintenance.build.fill`.
    ignore_repeated_lines : bool
        Whether the archive that is merged ignores repeated lines.
    about : callable
        Returns the first five values of the setting `SHARD`, known when ``articles`` is read to
        its end, as are the next two.
    gone : callable
        Returns ids of articles that are left out.
    withheld : callable
        Returns ids of records that are not public.
    """
    lines: list[Lines] | None = [] if ignore_repeated_lines else None
    counter = ArticleCounter(analysis, lines=lines)
    catalogue, n_stop = store.catalogue, counter.n_stop
    with store.transaction(), contextlib.closing(Spool(SEGMENT_PAIRS, catalogue.folder)) as spool:
        catalogue.set_all(settings_of(analysis, weighting, recency, n_stop))
        for chunk in chunks_of(articles):
            places = [article.place for article in chunk]
            spool.append(enter(catalogue, counter, chunk, Entered(), None, places))
        left_out = [key for key, _ in catalogue.digests(gone()).values()]
        if lines is not None:
            _put_lines(store, Lines.concatenate(lines), spool.keys, left_out)
            lines.clear()

        def rows() -> Iterator[Rows]:
            """Yield the articles that stay."""
            for part in spool:
                stays = np.flatnonzero(~np.isin(part.key, left_out))
                yield part if len(stays) == len(part.key) else part.take(stays)

        has_term = np.ones(len(counter.vocabulary), dtype=np.bool_)
        if left_out:
            has_term[n_stop:] = False
            for part in rows():
                has_term[part.terms.counts.term] = True
            catalogue.remove(left_out)
            catalogue.clear_removals(left_out)
        _lay_out(store, rows(), counter.vocabulary, n_stop, has_term)
        hashes = sorted(map(hash_of_id, withheld()))
        catalogue.set(SHARD, {**about(), "lines": lines is not None, "withheld": hashes})


def _put_lines(
    store: Store, lines: Lines, key: NDArray[np.int64], left_out: Sequence[int]
) -> None:  # fmt: skip
    """Write the lines of articles, but of those that are left out."""
    stays = np.flatnonzero(~np.isin(key, left_out))
    taken = lines.take(stays)
    arrays: Arrays = {
        "key": key[stays], "line_ptr": taken.ptr, "n_words": taken.n_words, "hash": taken.hash
    }  # fmt: skip
    store.put("lines", arrays)


def _lay_out(
    store: Store, rows: Iterable[Rows], vocabulary: Vocabulary, n_stop: int,
    keep: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Write vocabulary, segments and epoch of a shard.

    Parameters
    ----------
    store : Store
        Store of the shard.
    rows : iterable of Rows
        The articles.
    vocabulary : Vocabulary
        Their terms.
    n_stop : int
        Terms numbered below are stop words.
    keep : bool array of shape (n_terms,)
        Whether each term is spelled in the shard.
    """
    order = vocabulary.sort(n_stop)
    order = order[keep[order]]
    number = np.full(len(vocabulary), -1, dtype=np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    frequency = np.zeros(len(order), dtype=np.int32)

    def short() -> Iterator[Rows]:
        """Yield the articles that a segment has whole; the others wait in the catalogue."""
        for part in rows:
            part = dataclasses.replace(part, terms=part.terms.renumbered(number))
            is_long = np.diff(part.terms.counts.row_ptr) > MOST_PLACES
            if is_long.any():
                long = part.take(np.flatnonzero(is_long))
                store.catalogue.add_counts(to_store(long.key.tolist(), long.terms, long.vectors))
                np.add.at(frequency, long.terms.counts.term, 1)
                part = part.take(np.flatnonzero(~is_long))
            yield part

    for portion in layout.filled(short(), SEGMENT_PAIRS):
        segment = portion.segment(len(order))
        layout.put_segment(store, segment, Outline.none(segment.n_articles).named())
        terms, n_articles = segment.document_frequency()
        frequency[terms] += n_articles.astype(np.int32)
    layout.replace_vocabulary(store, vocabulary.take(order))
    # Nobody ranks a shard, so no term is common.
    no_terms = CommonTerms(np.empty(0, np.int32), np.empty((0, 0)), len(order))
    layout.replace_epoch(store, Epoch(len(store.catalogue), frequency, no_terms))


def hash_of_id(identifier: str) -> str:
    """Return a one-way hash of an id, in hexadecimal digits."""
    name = identifier.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, digest_size=16).hexdigest()


@dataclasses.dataclass(frozen=True)
class Shard:
    """A shard in a folder, open to be merged.

    Parameters
    ----------
    path : Path
        The folder.
    store : Store
        Its catalogue and arrays.
    part, parts : int
        Number of the part, from 1, and of parts.
    input : str
        What the input is; equal for all parts of one input.
    options : dict
        Options by which the input was read; equal for all parts.
    records : int
        Number of records of the part, if its keys begin with 0; otherwise 0.
    has_lines : bool
        Whether repeated lines are to be ignored.
    withheld : frozenset of str
        Hashes of ids that are not public.
    shift : int, default=0
        What is added to its keys in the archive that is merged.
    """

    path: Path
    store: Store
    part: int
    parts: int
    input: str
    options: Mapping[str, object]
    records: int
    has_lines: bool
    withheld: frozenset[str]
    shift: int = 0

    @classmethod
    def open(cls, path: Path) -> Shard:
        """Return the shard in a folder.

        Raises
        ------
        ArchiveFormatError
            If the folder is no shard, has editors' rules, or is damaged.
        """
        store = Store.open(path)
        setting = store.catalogue.setting(SHARD)
        if setting is None:
            raise _not_a_shard(path)
        if CompiledRules.of(store.catalogue).rules:
            msg = (
                f"{path} is the archive of a part, and has editors' rules, which would be lost. "
                "Remove them there, and add them to the merged archive."
            )
            raise ArchiveFormatError(msg)
        with integrity.damage_in(path):
            part, parts, records = (
                check_integer(name, setting[name], minimum=0)
                for name in ("part", "parts", "records")
            )
            return cls(
                path, store, part, parts, str(setting["input"]), dict(setting["options"]), records,
                bool(setting["lines"]), frozenset(map(str, setting["withheld"])),
            )  # fmt: skip

    @functools.cached_property
    def keys(self) -> NDArray[np.int64]:
        """Keys of the articles, ascending."""
        return np.array(self.store.catalogue.keys(), dtype=np.int64)

    @functools.cached_property
    def sources(self) -> list[str | None]:
        """Source of each article; few of the strings are distinct, and each is there once."""
        distinct: dict[str | None, str | None] = {}
        return [distinct.setdefault(name, name) for name in self.store.catalogue.sources()]

    def vocabulary(self) -> Vocabulary:
        """Return the terms: the stop words, then the others in the order of their code points."""
        arrays = self._arrays("vocabulary")
        with integrity.damage_in(self.path):
            integrity.check_vocabulary(arrays)
            return Vocabulary(**arrays, seed=int(self.store.catalogue.setting("seed")))

    def segments(self, n_terms: int) -> Iterator[Segment]:
        """Yield the segments, mapped; ``n_terms`` is the size of the vocabulary."""
        for entry in self.store.catalogue.folders():
            if entry.kind == "segment":
                with integrity.damage_in(self.path):
                    segment = Segment(**self.store.arrays(entry))
                    integrity.check_segment(segment.is_sound(n_terms))
                yield segment

    def rows(self, segment: Segment, marked: NDArray[np.bool_]) -> Rows:
        """Return the marked articles of a segment, without their ids."""
        local = np.flatnonzero(marked)
        terms = segment.article_terms(local)
        columns = segment.key[local], segment.published[local], [""] * len(local)
        return Rows(terms, *columns, segment.vectors[local])

    def pending(self, n_terms: int) -> Rows:
        """Return the articles that are in no segment; ``n_terms`` is the size of the vocabulary."""
        stored = self.store.catalogue.counts(-1)
        with integrity.damage_in(self.path):
            articles = [PendingArticle.read(counts, n_terms, 0) for counts in stored]
        keys = np.array([counts.key for counts in stored], dtype=np.int64)
        dates = np.array([article.published for article in articles], dtype=np.int64)
        ids = [article.id for article in articles]
        return Rows(joined(articles), keys, dates, ids, vectors_of(articles))

    def texts(self, keys: set[int], n_terms: int) -> dict[int, NDArray[np.integer[Any]]]:
        """Return the words of the texts of articles, by key."""
        wanted = np.array(sorted(keys), dtype=np.int64)
        texts: dict[int, NDArray[np.integer[Any]]] = {}
        for segment in self.segments(n_terms):
            local = segment.find_all(wanted)
            for key, place in zip(wanted.tolist(), local.tolist(), strict=True):
                if place >= 0:
                    texts[key] = segment.text(place)
        if len(texts) < len(keys):
            pending = self.pending(n_terms)
            bounds = itertools.pairwise(pending.terms.text.ptr.tolist())
            for key, (first, last) in zip(pending.key.tolist(), bounds, strict=True):
                texts[key] = pending.terms.text.value[first:last]
        return texts

    def n_lines(self) -> int:
        """Return the number of lines of all articles."""
        return len(self._arrays("lines")["hash"])

    def lines(self) -> tuple[NDArray[np.int64], Lines]:
        """Return the keys of the articles, ascending, and their lines."""
        arrays = self._arrays("lines")
        key, ptr = arrays["key"], arrays["line_ptr"]
        with integrity.damage_in(self.path):
            is_sound = (
                np.array_equal(key, self.keys)
                and len(ptr) == len(key) + 1
                and ascends(ptr, len(arrays["hash"]))
                and len(arrays["n_words"]) == len(arrays["hash"])
            )
            if not is_sound:
                msg = "the lines of its articles do not fit the articles"
                raise ValueError(msg)
        return key, Lines(ptr, arrays["n_words"], arrays["hash"], self.sources)

    def _arrays(self, kind: str) -> Arrays:
        with integrity.damage_in(self.path):
            (entry,) = (entry for entry in self.store.catalogue.folders() if entry.kind == kind)
        return self.store.arrays(entry)


def opened(paths: Iterable[Path]) -> list[Shard]:
    """Return the shards in the order of their parts, with their shifts.

    Raises
    ------
    ArchiveFormatError
        If the shards are not all parts of one input, each once, built with the same settings.
    """
    shards = sorted(map(Shard.open, paths), key=lambda shard: shard.part)
    if not shards:
        msg = "expected the archives of all parts of an input, got none."
        raise ValueError(msg)
    first = shards[0]
    for shard in shards[1:]:
        why = _difference(first, shard)
        if why:
            raise _not_of_one_input(first, shard, why)
    by_part: dict[int, Shard] = {}
    for shard in shards:
        if shard.part in by_part:
            msg = (
                f"{by_part[shard.part].path} and {shard.path} are both part {shard.part} of "
                f"{shard.parts}. Give each part once."
            )
            raise ArchiveFormatError(msg)
        by_part[shard.part] = shard
    missing = [f"{n}/{first.parts}" for n in range(1, first.parts + 1) if n not in by_part]
    if missing:
        msg = (
            f"parts are missing: {', '.join(missing[:_NAMED])}"
            + (f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else "")
            + ". Build each with `relnews build --part`, and give all of them."
        )
        raise ArchiveFormatError(msg)
    ends = itertools.accumulate(shard.records for shard in shards)
    return [
        dataclasses.replace(shard, shift=end - shard.records)
        for shard, end in zip(shards, ends, strict=True)
    ]


def check_no_shard(catalogue: Catalogue) -> None:
    """Raise ValueError if an archive that is to be changed is a shard."""
    setting = catalogue.setting(SHARD)
    if setting is not None:
        msg = (
            f"{catalogue.folder or 'the archive'} is part {setting['part']} of {setting['parts']} "
            "of an input, and cannot be changed. Merge all parts with `relnews merge`, and change "
            "the archive that it writes."
        )
        raise ValueError(msg)


def _difference(first: Shard, other: Shard) -> str:
    """Return how two shards are not of one build; empty if they are."""
    if first.parts != other.parts:
        return f"one is of {first.parts:,} parts, the other of {other.parts:,}"
    settings = zip(
        SETTINGS, first.store.catalogue.settings(*SETTINGS),
        other.store.catalogue.settings(*SETTINGS), strict=True,
    )  # fmt: skip
    names = [name for name, one, two in settings if one != two]
    if first.has_lines != other.has_lines:
        names.append("repeated lines")
    names += [n for n in first.options if first.options[n] != other.options.get(n)]
    if names:
        return f"they differ in {', '.join(names)}"
    if first.input != other.input:
        return f"their input differs: {first.input}, and {other.input}"
    return ""


def _not_of_one_input(first: Shard, other: Shard, why: str) -> ArchiveFormatError:
    return ArchiveFormatError(
        f"{first.path} and {other.path} are not parts of one build: {why}. Build the one that is "
        "old again, from the same articles and with the same options."
    )


def _not_a_shard(path: Path) -> ArchiveFormatError:
    return ArchiveFormatError(
        f"{path} is not the archive of a part, so it cannot be merged. Expected what "
        "`relnews build --part` writes."
    )
