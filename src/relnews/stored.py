"""Stored lists, read: by id, without touching the index. Needs no numpy, so that it is at once."""

from __future__ import annotations

import time
from collections.abc import Sequence

from relnews import _validation
from relnews.catalogue import Catalogue
from relnews.entries import Entries
from relnews.exceptions import ArchiveChangedError
from relnews.lists import RelatedItem, RelatedList

#: Scores are stored in so many parts of 1.
_STEPS = 1_000_000

#: How often a list is read again because the archive has changed meanwhile.
_ATTEMPTS = 10


def stored_list(catalogue: Catalogue, identifier: str, k: int) -> RelatedList | None:
    """Return the stored list of an article, None if there is none with so many items.

    Parameters
    ----------
    catalogue : Catalogue
    identifier : str
    k : int
    """
    for _ in range(_ATTEMPTS):
        with catalogue.state:
            stored = catalogue.entries_of(identifier)
            if stored is None:
                return None
            try:
                return list_of(catalogue, identifier, stored, k)
            except ArchiveChangedError:  # what was on the list is gone since
                continue
    raise _validation.archive_changed()


def list_of(catalogue: Catalogue, identifier: str, stored: bytes, k: int) -> RelatedList | None:
    """Return a list, given what is stored of it; None if fewer than k of it can be seen now."""
    with _validation.damage_in(catalogue.folder or ":memory:"):
        pairs, is_all = Entries.unpack(stored)
    if len(pairs) < k and not is_all:
        return None
    items = _items(catalogue, pairs[:k])
    if len(items) < min(k, len(pairs)):  # some of them are not to be seen now
        items = _items(catalogue, pairs)[:k]
        if len(items) < k and not is_all:
            return None
    return RelatedList(identifier, tuple(items))


def _items(catalogue: Catalogue, pairs: Sequence[tuple[int, int]]) -> list[RelatedItem]:
    now = time.time_ns() // 1000
    items: list[RelatedItem] = []
    for (_, steps), about in zip(
        pairs, catalogue.details([key for key, _ in pairs], now), strict=True
    ):
        if about is not None:
            score = steps / _STEPS
            items.append(RelatedItem(about[0], len(items) + 1, score, score, *about[1:]))
    return items
