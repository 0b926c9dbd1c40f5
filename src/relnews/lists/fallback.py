"""Fallback: the newest articles of an archive, to fill lists with too few similar articles."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from relnews.archive.snapshot import Snapshot
from relnews.lists.candidates import unscored
from relnews.lists.similarities import floor_of, floors_for, similarities
from relnews.options.list_options import ListSpec
from relnews.results import RelatedItem
from relnews.search.top_k import Ranked
from relnews.storage.compiled_rules import Exclusions
from relnews.text.article_terms import NO_ARTICLE

#: Articles whose fields are read at a time; a list needs a few of them.
_BLOCK = 64


class NewestArticles:
    """A source of candidates: the newest articles, of a section or of all.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    spec : ListSpec
        Options of the lists.
    of_section : bool
        Only articles of the section of the list's article; otherwise of all sections.
    lists : sequence of (int, RelatedItem, Exclusions, collection of int)
        For each list: the key of its article, `NO_ARTICLE` for a draft; that article as lists
        show it; the rules that exclude articles; and the keys that are already in the list.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        spec: ListSpec,
        of_section: bool,
        lists: Sequence[tuple[int, RelatedItem, Exclusions, Collection[int]]],
    ) -> None:
        self._snapshot = snapshot
        self._spec = spec
        self._of_section = of_section
        self._queries = [key for key, *_ in lists]
        self._found: list[list[int]] = [[] for _ in lists]
        self._coming = [self._newest(*query) for query in lists]

    def best(self, numbers: Sequence[int], depth: int) -> list[Ranked]:
        """Return the newest articles for lists, `depth` each at most."""
        for number in numbers:
            found = self._found[number]
            found += itertools.islice(self._coming[number], max(depth - len(found), 0))
        return [unscored(self._queries[n], self._found[n][:depth]) for n in numbers]

    def _newest(
        self, query: int, article: RelatedItem, exclusions: Exclusions, listed: Collection[int]
    ) -> Iterator[int]:
        """Yield the keys of the newest articles that may be in a list."""
        if self._of_section and not article.section:
            return
        snapshot, spec = self._snapshot, self._spec
        keys = snapshot.newest(article.section if self._of_section else None)
        for start in range(0, len(keys), _BLOCK):
            block = [
                key for key in keys[start : start + _BLOCK] if key != query and key not in listed
            ]
            permitted = [
                key
                for key, item in snapshot.visible_items(block).items()
                if spec.admits(item, article, snapshot.now) and exclusions.rule_of(item) is None
            ]
            yield from self._distinct(query, permitted)

    def _distinct(self, query: int, keys: Sequence[int]) -> Sequence[int]:
        """Return the articles that are not near-duplicates of the article of the list."""
        threshold = (
            None if self._spec.selection is None else self._spec.selection.duplicate_threshold
        )
        if threshold is None or query == NO_ARTICLE or not keys:
            return keys
        view = self._snapshot.view
        steps = similarities(view, np.array([[query, *keys]]))[0, 0, 1:]
        floors = floors_for(floor_of(threshold), view.published(keys), view.published([query]))
        return [key for key, is_far in zip(keys, steps < floors, strict=True) if is_far]
