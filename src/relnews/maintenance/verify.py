"""Verify: finds damage in an archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from relnews.archive.archive import Archive
from relnews.exceptions import ArchiveChangedError, ArchiveFormatError
from relnews.storage.list_codec import StoredList

#: Attempts at a check while other processes change the archive.
_ATTEMPTS = 10


def problems_of(archive: Archive) -> list[str]:
    """Return the problems of an archive; an empty list for a sound archive.

    The check compares all arrays with their checksums. It expects every article in one segment, and
    stored lists of existing articles, in order.

    Parameters
    ----------
    archive : Archive
        The archive to check.

    Raises
    ------
    ArchiveFormatError
        If the archive cannot be read at all.
    """
    catalogue = archive.catalogue
    for _ in range(_ATTEMPTS):
        generation = catalogue.generation()
        try:
            with catalogue.read_transaction():
                return [*_problems(archive)]
        except ArchiveFormatError:
            # A change committed meanwhile may have removed folders.
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
