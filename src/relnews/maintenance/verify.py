"""Verify: finds damage in an archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from relnews._checks import counted
from relnews.archive.archive import Archive
from relnews.dates import UNDATED
from relnews.exceptions import ArchiveChangedError, ArchiveFormatError
from relnews.maintenance.stored_lists import CHOICE, differing
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules
from relnews.storage.list_codec import StoredList

#: Maximum number of stored lists that are ranked again.
_SAMPLE = 100

#: Attempts at a check while other processes change the archive.
_ATTEMPTS = 10


def problems_of(archive: Archive) -> list[str]:
    """Return the problems of an archive; an empty list for a sound archive.

    The check compares all arrays, rows and settings with their checksums. It expects every article
    in one segment, with one date, and stored lists of existing articles, in order. A sample of the
    stored lists is ranked again.

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
        except (ArchiveFormatError, FileNotFoundError):
            # A change committed meanwhile may have removed folders.
            if generation == catalogue.generation():
                raise
    raise ArchiveChangedError


def _problems(archive: Archive) -> Iterator[str]:
    catalogue = archive.catalogue
    yield from (f"the catalogue is damaged: {problem}" for problem in catalogue.problems())
    damaged = [*catalogue.check_all()]
    yield from damaged
    if damaged:
        return  # what follows reads these articles
    catalogue.settings(*catalogue.setting_names())  # compares their checksum
    CompiledRules.of(catalogue)
    catalogue.removals(0)
    for entry in catalogue.folders():
        archive.store.arrays(entry)
    archive.refresh()
    state = archive.state
    published = {key: article.published for key, article in state.pending.items()}
    places = Counter([*state.pending])
    for live in state.live_segments.values():
        keys = live.segment.key[live.is_alive].tolist()
        places.update(keys)
        published.update(zip(keys, live.segment.published[live.is_alive].tolist(), strict=True))
    wrong = [
        *_problems_of_articles(archive, places, published), *_problems_of_lists(catalogue, places)
    ]  # fmt: skip
    yield from wrong
    settings = catalogue.setting("lists")
    if settings is not None and settings.get("choice") == CHOICE and not wrong:
        lists = catalogue.all_entries()
        sample = lists[:: max(-(-len(lists) // _SAMPLE), 1)]
        for key in differing(archive.snapshot_of(state.epoch_view()), sample, settings["k"]):
            yield f"the stored list of article {key} is another than the ranking of its epoch"


def _problems_of_articles(
    archive: Archive, places: Counter[int], published: Mapping[int, int]
) -> Iterator[str]:
    """Yield where articles, their dates and their words differ between catalogue and arrays."""
    catalogue = archive.catalogue
    articles = catalogue.keys()
    for key in articles:
        if places[key] != 1:
            yield f"article {catalogue.ids([key])[0]!r} is in {places[key]} segments, expected 1"
    gone = places.keys() - set(articles)
    if gone:
        yield f"{counted(len(gone), 'article')} in a segment, but not in the catalogue"
    for key, date in zip(articles, catalogue.dates(articles), strict=True):
        if places[key] and published[key] != (UNDATED if date is None else date):
            yield f"article {catalogue.ids([key])[0]!r} has another date in its segment"
    sealed = int(catalogue.setting("sealed") or 0)
    n_early = sum(stored.key < sealed for stored in catalogue.counts(-1))
    if n_early:
        n_articles = counted(n_early, "article")
        yield f"{n_articles} waiting for a segment, but with keys of articles in segments"
    try:
        catalogue.next_key()
        catalogue.check_last_keys()
    except ArchiveFormatError as error:
        yield str(error)
    if not archive.state.vocabulary.base.is_found():
        yield "terms are not found in the vocabulary: its seed is another than when it was written"


def _problems_of_lists(catalogue: Catalogue, places: Counter[int]) -> Iterator[str]:
    lists = catalogue.all_entries()
    for key, stored in lists:
        yield from _problems_of_list(key, stored, places)
    if catalogue.setting("lists") is not None:
        without = set(catalogue.keys()) - {key for key, _ in lists}
        if without:
            yield f"{counted(len(without), 'article')} without a stored list"


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
