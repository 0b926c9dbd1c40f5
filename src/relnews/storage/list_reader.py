"""List reader: reads stored lists by id, without arrays and without importing NumPy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from relnews import dates
from relnews.exceptions import ArchiveChangedError
from relnews.results import RelatedItem, RelatedList, item_of
from relnews.storage import integrity
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules, Exclusions, articles_of, pinned
from relnews.storage.list_codec import StoredList

#: Scores and similarities are stored in parts of 1 / `_STEPS`.
_STEPS = 1_000_000

#: Attempts at reading a list while other processes change the archive.
_ATTEMPTS = 10


def stored_list(catalogue: Catalogue, identifier: str, k: int) -> RelatedList | None:
    """Return the stored list of an article; None if the list has to be built.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    identifier : str
        Id of the article.
    k : int
        Maximum number of items.
    """
    for _ in range(_ATTEMPTS):
        with catalogue.read_transaction():
            stored = catalogue.entries_of(identifier)
            if stored is None:
                return None
            try:
                return list_of(catalogue, identifier, stored, k)
            except ArchiveChangedError:  # an article of the list was removed meanwhile
                continue
    raise ArchiveChangedError


def date_and_list(
    catalogue: Catalogue, identifier: str, k: int
) -> tuple[dt.datetime | None, RelatedList | None] | None:
    """Return the date of an article and its stored list, as of one moment.

    Parameters
    ----------
    catalogue : Catalogue
    identifier : str
    k : int

    Returns
    -------
    tuple, or None
        The list as `stored_list` returns it; None if the archive lacks the article.
    """
    with catalogue.read_transaction():
        key = catalogue.key_of(identifier)
        if key is None:
            return None
        with integrity.damage_in(catalogue.place):
            (published,) = dates.moments(catalogue.dates([key]))
        return published, stored_list(catalogue, identifier, k)


def list_of(catalogue: Catalogue, identifier: str, stored: bytes, k: int) -> RelatedList | None:
    """Return a list from its stored bytes; None if the list has to be built.

    A list has to be built if fewer than k items are stored and others may be in it; if the ignored
    words have changed; if the article has pins; or if an item or one of its near-duplicates is
    excluded or hidden now, because the choice of items may then differ.
    """
    try:
        candidates = StoredList.unpack(stored)
    except integrity.DAMAGE as error:
        raise integrity.damaged_archive(catalogue.place, error) from error
    shown = candidates.items(k)
    if len(shown) < k and not _is_whole(catalogue, candidates, len(shown)):
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
    items = _items(catalogue, shown, exclusions, now)
    return None if items is None else RelatedList(identifier, items)


def _is_whole(catalogue: Catalogue, candidates: StoredList, n_shown: int) -> bool:
    """Return whether a longer list of the article has no more items either."""
    n_items = candidates.n_items()
    if n_shown < n_items or not candidates.is_all:
        return n_shown < n_items  # the cutoff ends the list
    # Of all related articles, no more than the k of stored lists became items.
    with integrity.damage_in(catalogue.place):
        return n_items < int(catalogue.setting("lists")["k"])


def _items(
    catalogue: Catalogue,
    shown: Sequence[tuple[tuple[int, int, int, int], list[int]]],
    exclusions: Exclusions,
    now: int,
) -> tuple[RelatedItem, ...] | None:
    """Return the items of a list; None if an item or near-duplicate is hidden or excluded."""
    keys = [key for (item, *_), versions in shown for key in (item, *versions)]
    details: list[Any] = catalogue.details(keys, now)
    if None in details or (
        not exclusions.is_empty and any(exclusions.rule_of(item_of(row)) for row in details)
    ):
        return None
    items: list[RelatedItem] = []
    rows = iter(details)
    for rank, ((_, steps, similarity, _), versions) in enumerate(shown, start=1):
        fields = next(rows)
        ids = tuple([next(rows)[0] for _ in versions]) if versions else ()
        items.append(item_of(fields, rank, steps / _STEPS, similarity / _STEPS, ids))
    return tuple(items)
