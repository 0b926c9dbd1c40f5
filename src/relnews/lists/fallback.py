"""The newest articles of an archive, which fill lists that similarity leaves short."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from relnews.archive.archive import Archive
from relnews.lists.near_duplicates import Candidates, floor_of
from relnews.options.list_options import ListSpec
from relnews.results import RelatedItem, item_of
from relnews.storage.rules import Bars
from relnews.text.article_terms import NO_ARTICLE

#: Articles that are looked at, at a time.
_BLOCK = 64


class Latest:
    """The newest articles of an archive, remembered until it changes.

    Parameters
    ----------
    archive : Archive
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._known: tuple[int, list[int], dict[str, list[int]]] = -1, [], {}

    def permitted(
        self,
        of_section: bool,
        query: int,
        article: RelatedItem,
        bars: Bars,
        listed: Collection[int],
        plan: ListSpec,
        now: int,
    ) -> Iterator[int]:
        """Yield the keys of the newest articles that may be in a list.

        Parameters
        ----------
        of_section : bool
            Only those of the section of the article that the list is for.
        query : int
            Key of that article, or `NO_ARTICLE`.
        article : RelatedItem
            What is known of it.
        bars : Bars
        listed : collection of int
            Keys that are in the list already.
        plan : ListSpec
        now : int
            A timestamp.
        """
        if of_section and not article.section:
            return
        keys = self._keys(article.section if of_section else None)
        for first in range(0, len(keys), _BLOCK):
            some = [
                key for key in keys[first : first + _BLOCK] if key != query and key not in listed
            ]
            with self._archive.locked():
                details = self._archive.catalogue.details(some, now)
            permitted = []
            for key, about in zip(some, details, strict=True):
                if about is None:
                    continue
                item = item_of(about)
                if plan.admits(item, article, now) and bars.rule_of(item) is None:
                    permitted.append(key)
            yield from self._others(query, permitted, plan)

    def _keys(self, section: str | None) -> list[int]:
        """Return the articles of a section, or all, newest first."""
        generation, every, by_section = self._known
        with self._archive.locked():
            catalogue = self._archive.catalogue
            now = catalogue.generation()
            if generation != now:
                every, by_section = [], {}
                for key, name in catalogue.newest():
                    every.append(key)
                    by_section.setdefault(name or "", []).append(key)
                self._known = now, every, by_section
        return every if section is None else by_section.get(section, [])

    def _others(self, query: int, keys: Sequence[int], plan: ListSpec) -> Sequence[int]:
        """Return the articles that are no near-duplicates of the one that the list is for."""
        threshold = None if plan.selection is None else plan.selection.duplicate_threshold
        if threshold is None or query == NO_ARTICLE or not keys:
            return keys
        with self._archive.locked():
            view = self._archive.index.view()
        candidates = Candidates(view, np.array([query, *keys]))
        similar = candidates.similarities(slice(0, 1), slice(1, len(keys) + 1))[0]
        return [key for key, one in zip(keys, similar, strict=True) if one < floor_of(threshold)]
