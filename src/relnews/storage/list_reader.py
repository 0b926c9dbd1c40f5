"""Stored lists, read: by id, without touching the index. Needs no numpy, so that it is at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relnews import dates
from relnews.exceptions import ArchiveChangedError
from relnews.results import RelatedItem, RelatedList, item_of
from relnews.storage import integrity
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules, Exclusions, articles_of, pinned
from relnews.storage.list_codec import StoredList

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
        with catalogue.read_transaction():
            stored = catalogue.entries_of(identifier)
            if stored is None:
                return None
            try:
                return list_of(catalogue, identifier, stored, k)
            except ArchiveChangedError:  # what was on the list is gone since
                continue
    raise ArchiveChangedError


def list_of(catalogue: Catalogue, identifier: str, stored: bytes, k: int) -> RelatedList | None:
    """Return a list, given what is stored of it; None if it has to be made.

    It has to be if fewer than k items were chosen, if words are ignored now that counted then, or
    the other way, and if an item, or a near-duplicate that one stands for, cannot be seen now: the
    choice may be another without it.
    """
    try:
        candidates = StoredList.unpack(stored)
    except integrity.DAMAGE as error:
        raise integrity.damaged_archive(catalogue.folder or ":memory:", error) from error
    shown = candidates.items()
    if len(shown) < k and not candidates.is_all:
        return None
    rules, now = CompiledRules.of(catalogue), dates.now()
    if rules.outdates_lists:
        return None
    exclusions = rules.exclusions(None)
    if rules.affects(identifier):
        found = articles_of(catalogue, [identifier]).get(identifier)
        if found is None:
            raise ArchiveChangedError
        _, article = found
        if pinned(catalogue, rules, article, now):
            return None
        exclusions = rules.exclusions(article)
    items = _items(catalogue, shown[:k], exclusions, now)
    return None if items is None else RelatedList(identifier, items)


def _items(
    catalogue: Catalogue,
    shown: Sequence[tuple[tuple[int, int, int, int], list[int]]],
    exclusions: Exclusions,
    now: int,
) -> tuple[RelatedItem, ...] | None:
    """Return the items of a list; None if any, or what it stands for, is not to be seen now."""
    keys = [key for (item, *_), also in shown for key in (item, *also)]
    details: list[Any] = catalogue.details(keys, now)
    if None in details or (
        exclusions and any(exclusions.rule_of(item_of(about)) for about in details)
    ):
        return None
    items: list[RelatedItem] = []
    abouts = iter(details)
    for rank, ((_, steps, similar, _), also) in enumerate(shown, start=1):
        about = next(abouts)
        named = tuple([next(abouts)[0] for _ in also]) if also else ()
        items.append(item_of(about, rank, steps / _STEPS, similar / _STEPS, named))
    return tuple(items)
