"""Traces: finds what is left of an article that should be gone, in lists and in files."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from relnews import dates
from relnews._checks import counted
from relnews.archive.archive import Archive
from relnews.storage import integrity
from relnews.storage.arrays import folder_name
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules
from relnews.storage.database import CATALOGUE, LOG
from relnews.storage.list_codec import StoredList
from relnews.storage.rule_kinds import effects_of

#: Minimum number of bytes of an id that is searched for in files: shorter ones occur by chance.
_LONG = 5

_COMPACT = "compact the archive"

_OWN = "the archive was built with it"

#: Settings that may have an id, and what to do.
_SETTINGS = {
    "rules": "drop the rule",
    "watermark": "read the database again, which sets another one",
}


def traces_of(archive: Archive, identifier: str) -> Iterator[str]:
    """Yield the places where something is left of an article that should be gone.

    Of an article under embargo, or expired, these are lists. Of a removed article they are files as
    well: what names it, and what may have its words.

    Parameters
    ----------
    archive : Archive
        The archive to search.
    identifier : str
        Id of an article that was removed, is under embargo, or has expired.
    """
    catalogue = archive.catalogue
    key = catalogue.key_of(identifier)
    if key is None:
        yield from _in_lists(catalogue)
        if catalogue.folder is not None:
            with archive.locked():
                archive.refresh()
                yield from _in_arrays(archive)
            yield from _in_catalogue(archive, catalogue.folder, identifier)
    elif catalogue.details([key], dates.now()) != [None]:
        yield f"{identifier!r} is in the archive, and neither under embargo nor expired"
    else:
        archive.refresh()
        for scored in archive.state.view().segments:
            local = scored.segment.find(key)
            if local >= 0 and scored.prior[local] > 0:
                yield f"{identifier!r} is ranked"


def _in_lists(catalogue: Catalogue) -> Iterator[str]:
    with integrity.damage_in(catalogue.place):
        listed = {
            key
            for _, stored in catalogue.all_entries()
            for key, *_ in StoredList.unpack(stored).entries
        }
    gone = listed - set(catalogue.keys())
    if gone:
        yield f"stored lists hold {counted(len(gone), 'removed article')}"


def _in_arrays(archive: Archive) -> Iterator[str]:
    """Yield the arrays with words that only removed articles had."""
    state = archive.state
    for live in state.live_segments.values():
        n_removed = len(live.is_alive) - live.n_alive
        if live.entry is not None and n_removed:
            name = folder_name(live.entry)
            yield f"{name} has the words of {counted(n_removed, 'removed article')}: {_COMPACT}"
    is_unused = state.statistics.document_frequency[: len(state.vocabulary)] == 0
    is_unused[: state.n_stop] = False
    n_base = len(state.vocabulary.base)
    (entry,) = (e for e in archive.catalogue.folders() if e.kind == "vocabulary")
    places = {folder_name(entry): is_unused[:n_base], CATALOGUE: is_unused[n_base:]}
    for name, unused in places.items():
        n_unused = int(np.count_nonzero(unused))
        if n_unused:
            yield f"{name} has {counted(n_unused, 'word')} that no article has any more: {_COMPACT}"


def _in_catalogue(archive: Archive, folder: Path, identifier: str) -> Iterator[str]:
    """Yield rules, leftovers and files that may have the article."""
    catalogue = archive.catalogue
    for rule in CompiledRules.of(catalogue).rules:
        if identifier in effects_of(rule).ids():
            yield f"a rule names it ({rule}): drop the rule, or {_COMPACT}"
    if catalogue.setting("traces"):
        yield f"{CATALOGUE} may have its headline in space that is free now: {_COMPACT}"
    unsearched = set[str]()
    if not catalogue.empty_log():
        unsearched = {CATALOGUE, LOG}
        yield (
            f"{CATALOGUE} and its log have earlier states: another process reads them, or this one "
            "may not write; they go when a process that may write closes the archive"
        )
    for name in archive.store.leftovers():
        yield f"{name} is left of a change that was killed: {_COMPACT}"
    wanted = identifier.encode("utf-8", "surrogatepass")
    if len(wanted) < _LONG or catalogue.has_text(identifier):
        return
    if any(wanted in term for term in archive.state.vocabulary.newest(0)):
        return  # a word of articles that are there
    named = [
        name
        for name in catalogue.setting_names()
        if identifier in json.dumps(catalogue.setting(name), ensure_ascii=False)
    ]
    if named:
        yield from (
            f"the setting {name!r} has the id: {_SETTINGS.get(name, _OWN)}" for name in named
        )
        return
    for path in sorted(folder.rglob("*")):
        is_file = path.is_file() and not path.is_symlink() and path.name not in unsearched
        if is_file and _has(path, wanted):
            yield f"{path.relative_to(folder)} has the id: {_COMPACT}, or delete the file"


def _has(path: Path, wanted: bytes) -> bool:
    """Return whether a file has a string of bytes."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(wanted) >= 0
