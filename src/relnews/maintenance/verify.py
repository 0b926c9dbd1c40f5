"""Verify: find damage in an archive, and traces of an article that was removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from relnews import dates
from relnews.archive.archive import Archive
from relnews.exceptions import ArchiveChangedError, ArchiveFormatError
from relnews.storage import integrity
from relnews.storage.catalogue import Catalogue
from relnews.storage.list_codec import StoredList

#: How often an archive is looked at again because it has changed meanwhile.
_ATTEMPTS = 10


def problems_of(archive: Archive) -> list[str]:
    """Return the problems of an archive; an empty list if there are none.

    All arrays are read and compared with their checksums. Every article has to be in one segment,
    and stored lists have to hold articles of the archive, in order.

    Parameters
    ----------
    archive : Archive

    Raises
    ------
    ArchiveFormatError
        If it cannot even be read.
    """
    catalogue = archive.catalogue
    for _ in range(_ATTEMPTS):
        generation = catalogue.generation()
        try:
            with catalogue.read_transaction():
                return [*_problems(archive)]
        except ArchiveFormatError:
            # Folders go when a change is committed meanwhile that does not need them.
            if generation == catalogue.generation():
                raise
    raise ArchiveChangedError


def _problems(archive: Archive) -> Iterator[str]:
    catalogue = archive.catalogue
    yield from (f"the catalogue is damaged: {problem}" for problem in catalogue.problems())
    for entry in catalogue.folders():
        archive.store.arrays(entry)
    archive.refresh()
    state = archive.state
    places = Counter([*state.pending])
    for live in state.live_segments.values():
        places.update(live.segment.key[live.is_alive].tolist())
    articles = catalogue.keys()
    for key in articles:
        if places[key] != 1:
            yield f"article {catalogue.ids([key])[0]!r} is in {places[key]} segments, expected 1"
    gone = places.keys() - set(articles)
    if gone:
        yield f"{len(gone):,} articles are in a segment, but not in the catalogue"
    lists = catalogue.all_entries()
    for key, stored in lists:
        yield from _problems_of_list(key, stored, places)
    if catalogue.setting("lists") is not None:
        without = set(articles) - {key for key, _ in lists}
        if without:
            yield f"{len(without):,} articles have no stored list"


def traces_of(archive: Archive, identifier: str) -> Iterator[str]:
    """Yield the places where an article that should be in no list still is.

    Parameters
    ----------
    archive : Archive
    identifier : str
        An article that was removed, is under embargo, or has expired.
    """
    catalogue = archive.catalogue
    key = catalogue.key_of(identifier)
    if key is None:
        with integrity.damage_in(catalogue.folder or ":memory:"):
            listed = {
                key
                for _, stored in catalogue.all_entries()
                for key, *_ in StoredList.unpack(stored).entries
            }
        gone = listed - set(catalogue.keys())
        if gone:
            yield f"stored lists hold {len(gone):,} articles that are gone"
        return
    if not _is_hidden(catalogue, key):
        yield f"{identifier!r} is in the archive, and neither under embargo nor expired"
        return
    archive.refresh()
    for scored in archive.state.view().segments:
        local = scored.segment.find(key)
        if local >= 0 and scored.prior[local] > 0:
            yield f"{identifier!r} is ranked"


def _problems_of_list(key: int, stored: bytes, places: Counter[int]) -> Iterator[str]:
    try:
        candidates = StoredList.unpack(stored)
    except (ValueError, TypeError) as error:
        yield f"the stored list of article {key} cannot be read: {error}"
        return
    keys = candidates.keys()
    steps = np.array([score for _, score, *_ in candidates.entries])
    if not places[key]:
        yield f"there is a stored list of article {key}, which is gone"
    if key in keys or len(set(keys)) < len(keys) or any(not places[other] for other in keys):
        yield f"the stored list of article {key} holds itself, one twice, or one that is gone"
    if (steps <= 0).any() or (np.diff(steps) > 0).any():
        yield f"the stored list of article {key} is not in order"


def _is_hidden(catalogue: Catalogue, key: int) -> bool:
    return catalogue.details([key], dates.now()) == [None]
