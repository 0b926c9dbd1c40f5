"""Snapshot: an archive at one moment, to rank over and to read from."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.tokens import UNKNOWN
from relnews.archive.limits import limits_of
from relnews.archive.state import ArchiveState
from relnews.articles import Article
from relnews.dates import timestamp
from relnews.options.conditions import FieldFilter, ResolvedConditions
from relnews.options.recency import Recency
from relnews.results import RelatedItem, RelatedList, item_of, items_of
from relnews.search.query import Limits
from relnews.search.top_k import Ranked, rank
from relnews.search.view import View
from relnews.storage import integrity, list_reader
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules, pinned
from relnews.text.analysis import MIN_LENGTH, Analysis
from relnews.text.article_terms import NO_ARTICLE, ArticleBatch, Query
from relnews.text.vocabulary import LayeredVocabulary, Workspace

#: Filters on fields whose view is remembered.
_FILTERS = 32


@dataclasses.dataclass(slots=True)
class _Known:
    """What was found out about a state once and serves every later snapshot of it."""

    filtered: dict[FieldFilter, View] = dataclasses.field(default_factory=dict)
    newest: tuple[list[int], dict[str, list[int]]] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """An archive at one moment: it shows no later state.

    Arrays are immutable. What is read from the catalogue is read in a transaction that begins by
    making sure that nothing was committed since; otherwise `ArchiveChangedError` is raised, and
    `Archive.answer` takes the next snapshot.

    Parameters
    ----------
    view : View
        The segments, under the statistics of this moment.
    rules : CompiledRules
        The editors' rules.
    now : int
        The timestamp of the moment.
    generation : int
        How many changes were committed.
    """

    view: View
    rules: CompiledRules
    now: int
    generation: int
    _catalogue: Catalogue
    _state: ArchiveState
    _known: _Known = dataclasses.field(default_factory=_Known)

    # --- articles --------------------------------------------------------------------------------

    @property
    def analysis(self) -> Analysis:
        """What counts as a term."""
        return self._state.analysis

    def article(self, identifier: str) -> tuple[int, RelatedItem]:
        """Return the key of an article, and what lists show of it.

        Raises
        ------
        UnknownArticleError
            If the archive lacks it.
        """
        with self._catalogue.read_transaction(self.generation):
            (key,) = self._catalogue.keys_of([identifier])
            (details,) = self._catalogue.details([key])
        return key, item_of(cast("tuple[Any, ...]", details))

    def keys_of(self, ids: Sequence[str]) -> list[int]:
        """Return the keys of articles.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them.
        """
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.keys_of(ids)

    def has(self, identifier: str) -> bool:
        """Tell whether an article is in the archive."""
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.key_of(identifier) is not None

    def all_ids(self) -> list[str]:
        """Return the ids of all articles, in the order of the archive."""
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.all_ids()

    def ids(self, keys: Sequence[int]) -> list[str]:
        """Return the ids of articles."""
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.ids(keys)

    def dates(self, keys: Sequence[int]) -> list[int | None]:
        """Return the timestamps at which articles were published, None if unknown."""
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.dates(keys)

    def details(self, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return the columns of articles that `relnews.results.item_of` takes."""
        with self._catalogue.read_transaction(self.generation):
            return [about for about in self._catalogue.details(keys) if about is not None]

    def items(self, keys: Sequence[int]) -> list[RelatedItem]:
        """Return what lists show of articles."""
        return items_of(self.details(keys))

    def visible_items(self, keys: Sequence[int]) -> dict[int, RelatedItem]:
        """Return what lists show of the articles that readers may see at this moment, by key."""
        with self._catalogue.read_transaction(self.generation):
            details = self._catalogue.details(keys, self.now)
        return {
            key: item_of(about)
            for key, about in zip(keys, details, strict=True) if about is not None
        }  # fmt: skip

    def expires(self, key: int) -> int | None:
        """Return the timestamp at which an article expires, None if it does not."""
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.expiries().get(key)

    def pinned(self, article: RelatedItem) -> dict[int, RelatedItem]:
        """Return what editors pin to the list of an article and readers may see, in order."""
        if not self.rules.pins(article.id):
            return {}
        with self._catalogue.read_transaction(self.generation):
            return dict(pinned(self._catalogue, self.rules, article, self.now).values())

    def newest(self, section: str | None) -> list[int]:
        """Return the keys of all articles, or those of a section, newest first."""
        if self._known.newest is None:
            every: list[int] = []
            by_section: dict[str, list[int]] = {}
            with self._catalogue.read_transaction(self.generation):
                for key, name in self._catalogue.newest():
                    every.append(key)
                    by_section.setdefault(name or "", []).append(key)
            self._known.newest = every, by_section
        every, by_section = self._known.newest
        return every if section is None else by_section.get(section, [])

    def stored_lists(self, keys: Sequence[int], k: int) -> dict[int, RelatedList | None]:
        """Return the stored lists of articles, None where a list has to be built."""
        with self._catalogue.read_transaction(self.generation):
            return {
                key: None
                if stored is None
                else list_reader.list_of(self._catalogue, identifier, stored, k)
                for key, identifier, stored in self._catalogue.entries(keys)
            }

    # --- terms -----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def terms(self) -> Iterator[tuple[LayeredVocabulary, NDArray[np.int32]]]:
        """Lend the vocabulary and the document frequencies; a writer changes neither meanwhile.

        What goes wrong inside is reported as a damaged archive.
        """
        place = self._catalogue.folder or ":memory:"
        with self._catalogue.read_transaction(self.generation), integrity.damage_in(place):
            yield self._state.vocabulary, self._state.statistics.document_frequency

    def query_of(self, draft: Article) -> Query:
        """Return a draft as a query, by the terms that the archive has."""
        batch = ArticleBatch(self.analysis, self._state.ignored.words)
        batch.add(draft)
        runs = batch.runs(Workspace())
        n_stop = self._state.n_stop
        with self.terms() as (vocabulary, frequency):
            term = vocabulary.find(runs, MIN_LENGTH)
            # A term that no article has any more is as unknown as one that none ever had.
            known = term >= n_stop
            term[known] = np.where(frequency[term[known]] > 0, term[known], UNKNOWN)
        words = batch.terms(runs, term, n_stop, np.zeros(len(frequency), dtype=np.int32))
        order = np.argsort(words.counts.term)
        return Query(
            NO_ARTICLE, words.counts.term[order], words.counts.count[order], words.text.value,
            words.phrases.value, batch.n_unknown(runs, term),
        )  # fmt: skip

    # --- ranking ---------------------------------------------------------------------------------

    def rank_articles(
        self, keys: Sequence[int], depth: int, conditions: ResolvedConditions | None = None
    ) -> list[Ranked]:
        """Return the best articles for some articles of the archive.

        Parameters
        ----------
        keys : sequence of int
        depth : int
            How many, at most.
        conditions : ResolvedConditions, optional
            By default every other article may be in a list, and scores fade as the archive says.
        """
        view = self._view_under(conditions)
        published = self.view.published(keys)
        return self._rank(view, [view.query_of(key) for key in keys], published, depth, conditions)

    def rank_draft(
        self, draft: Article, depth: int, conditions: ResolvedConditions | None = None
    ) -> Ranked:
        """Return the best articles for a draft; days are counted from its date, or from now."""
        published = timestamp(draft.published)
        dates = np.array([self.now if published is None else published])
        view = self._view_under(conditions)
        if not view.segments:
            return Ranked(NO_ARTICLE, np.empty(0, np.int64), np.empty(0), np.empty(0))
        return self._rank(view, [self.query_of(draft)], dates, depth, conditions)[0]

    def limits(
        self,
        keys: Sequence[int],
        published: NDArray[np.int64],
        conditions: ResolvedConditions | None,
    ) -> Limits:
        """Return the conditions on the lists of some articles as the kernels take them.

        Parameters
        ----------
        keys : sequence of int
            The articles that the lists are for, or `NO_ARTICLE`.
        published : int64 array of shape (n_keys,)
            The timestamps that dates are compared with.
        conditions : ResolvedConditions or None
        """
        if conditions is None:
            return Limits.none(keys, published, self.view.recency)
        with self._catalogue.read_transaction(self.generation):
            return limits_of(
                self.with_recency(conditions), keys, published, self.now, self._catalogue
            )

    def with_recency(self, conditions: ResolvedConditions) -> ResolvedConditions:
        """Return conditions under which scores fade as the archive says unless they name a way."""
        recency: Recency | None = conditions.recency or self.view.recency
        return dataclasses.replace(conditions, recency=recency)

    def _rank(
        self,
        view: View,
        queries: Sequence[Query],
        published: NDArray[np.int64],
        depth: int,
        conditions: ResolvedConditions | None,
    ) -> list[Ranked]:
        limits = self.limits([query.key for query in queries], published, conditions)
        return rank(view.segments, view.queries(queries, limits), depth, self.ids)

    def _view_under(self, conditions: ResolvedConditions | None) -> View:
        """Return the view of the articles whose fields fulfil conditions."""
        if conditions is None or not conditions.filters:
            return self.view
        filtered = self._known.filtered
        view = filtered.get(conditions.filters)
        if view is None:
            with self._catalogue.read_transaction(self.generation):
                keys = self._catalogue.keys_where(conditions.filters)
                if len(filtered) == _FILTERS:
                    filtered.pop(next(iter(filtered)))
                view = self.view.only(np.array(keys, dtype=np.int64))
                filtered[conditions.filters] = view
        return view
