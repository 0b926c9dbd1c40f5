"""Snapshot: an archive at one moment, to rank over and to read from."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.tokens import UNKNOWN
from relnews.archive.commit import Commit
from relnews.archive.state import ArchiveState
from relnews.articles import Article
from relnews.dates import timestamp
from relnews.options.conditions import FieldFilter, ResolvedConditions
from relnews.options.vectors import SETTING as VECTORS
from relnews.results import RelatedItem, RelatedList, item_of, items_of
from relnews.search.limits import Limits
from relnews.search.query import Queries
from relnews.search.top_k import Ranked, rank
from relnews.search.view import View
from relnews.storage import integrity, list_reader
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules, pinned
from relnews.text import repeated_lines
from relnews.text.analysis import Analysis
from relnews.text.article_terms import NO_ARTICLE, NO_VECTOR, ArticleBatch, Query
from relnews.text.vocabulary import LayeredVocabulary, Workspace

#: Number of filters whose views are cached.
_FILTERS = 32

#: Maximum number of articles whose fields are cached. Lists of all show each about eight times.
_DETAILS = 1 << 14


@dataclasses.dataclass(slots=True)
class _Known:
    """Caches that all snapshots of one state share."""

    filtered: dict[FieldFilter, View] = dataclasses.field(default_factory=dict)
    details: dict[int, tuple[Any, ...]] = dataclasses.field(default_factory=dict)
    newest: tuple[list[int], dict[str, list[int]]] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """An archive at one moment; it never shows a later state.

    Arrays are immutable. Each read of the catalogue is a transaction that first checks that nothing
    was committed since. Otherwise it raises `ArchiveChangedError`, and `Archive.answer` takes a
    later snapshot.

    Parameters
    ----------
    view : View
        The segments, under the statistics of this moment.
    rules : CompiledRules
        The editors' rules.
    now : int
        Timestamp of the moment.
    generation : int
        Number of committed changes.
    """

    view: View
    rules: CompiledRules
    now: int
    generation: int
    _catalogue: Catalogue
    _state: ArchiveState
    _known: _Known = dataclasses.field(default_factory=_Known)

    @property
    def commit(self) -> Commit:
        """The commit of the archive's folder that this is a snapshot of."""
        with self._catalogue.read_transaction(self.generation):
            return Commit.of(self._catalogue)

    # --- articles --------------------------------------------------------------------------------

    @property
    def analysis(self) -> Analysis:
        """The analysis of the archive: what counts as a term."""
        return self._state.analysis

    def article(self, identifier: str) -> tuple[int, RelatedItem]:
        """Return the key of an article, and the article as lists show it.

        Raises
        ------
        UnknownArticleError
            If the archive lacks it.
        """
        with self._catalogue.read_transaction(self.generation):
            key, fields = self._catalogue.article(identifier)
        return key, item_of(fields)

    def keys(self) -> list[int]:
        """Return the keys of all articles, in the order of the archive."""
        with self._catalogue.read_transaction(self.generation):
            return sorted(self._catalogue.keys())

    def keys_of(self, ids: Sequence[str]) -> list[int]:
        """Return the keys of articles.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of the articles.
        """
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.keys_of(ids)

    def ids(self, keys: Sequence[int]) -> list[str]:
        """Return the ids of articles."""
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.ids(keys)

    def dates(self, keys: Sequence[int]) -> list[int | None]:
        """Return the timestamps of publication; None for an unknown date."""
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.dates(keys)

    def details(self, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return the columns of articles that `relnews.results.item_of` takes."""
        known = self._known.details
        found = {key: known.get(key) for key in keys}
        missing = [key for key, details in found.items() if details is None]
        with self._catalogue.read_transaction(self.generation):
            read = dict(zip(missing, self._catalogue.details(missing), strict=True))
        if len(known) + len(read) > _DETAILS:
            known.clear()
        known |= cast("dict[int, tuple[Any, ...]]", read)
        found |= read
        return cast("list[tuple[Any, ...]]", [found[key] for key in keys])

    def items(self, keys: Sequence[int]) -> list[RelatedItem]:
        """Return articles as lists show them."""
        return items_of(self.details(keys))

    def visible_items(self, keys: Sequence[int]) -> dict[int, RelatedItem]:
        """Return the articles that readers may see at this moment, as lists show them, by key."""
        with self._catalogue.read_transaction(self.generation):
            details = self._catalogue.details(keys, self.now)
        return {
            key: item_of(fields)
            for key, fields in zip(keys, details, strict=True) if fields is not None
        }  # fmt: skip

    def expires(self, key: int) -> int | None:
        """Return the timestamp at which an article expires; None if it never does."""
        with self._catalogue.read_transaction(self.generation):
            return self._catalogue.expires(key)

    def pinned(self, article: RelatedItem) -> dict[int, RelatedItem]:
        """Return the pins of an article's list that readers may see, in order, by key."""
        with self._catalogue.read_transaction(self.generation):
            return dict(pinned(self._catalogue, self.rules, article, self.now).values())

    def newest(self, section: str | None) -> list[int]:
        """Return the keys of the articles of a section, newest first; None means all articles."""
        if self._known.newest is None:
            all_keys: list[int] = []
            by_section: dict[str, list[int]] = {}
            with self._catalogue.read_transaction(self.generation):
                for key, name in self._catalogue.newest():
                    all_keys.append(key)
                    by_section.setdefault(name or "", []).append(key)
            self._known.newest = all_keys, by_section
        all_keys, by_section = self._known.newest
        return all_keys if section is None else by_section.get(section, [])

    def stored_lists(self, keys: Sequence[int], k: int) -> dict[int, RelatedList | None]:
        """Return the stored lists of articles by key; None for a list that has to be built."""
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
        """Yield the vocabulary and the document frequencies, which no writer changes meanwhile.

        Errors inside are reported as a damaged archive.
        """
        catalogue = self._catalogue
        with catalogue.read_transaction(self.generation), integrity.damage_in(catalogue.place):
            yield self._state.vocabulary, self._state.statistics.document_frequency

    def query_of(self, draft: Article) -> Query:
        """Return a draft as a query of terms of the archive, published now if it has no date."""
        published = timestamp(draft.published)
        vector = self._vector_of(draft)
        batch = ArticleBatch(self.analysis, self._state.ignored.words)
        batch.add(draft)
        runs = batch.runs(Workspace())
        n_stop = self._state.n_stop
        with self.terms() as (vocabulary, frequency):
            term = batch.find(runs, vocabulary.find, n_stop)
            # A term that only removed articles had is as unknown as a new term.
            is_term = term >= n_stop
            term[is_term] = np.where(frequency[term[is_term]] > 0, term[is_term], UNKNOWN)
            repeated = self._catalogue.cached(repeated_lines.of_setting, repeated_lines.SETTING)
        if repeated is not None:
            among = functools.partial(repeated.among, is_draft=True)
            kept = batch.without_lines(runs, term, n_stop, among)
            runs, term = runs.subset(kept), term[kept]
        words = batch.terms(runs, term, n_stop, np.zeros(len(frequency), dtype=np.int32))
        order = np.argsort(words.counts.term)
        return Query(
            NO_ARTICLE, words.counts.term[order], words.counts.count[order], words.text.value,
            words.phrases.value, batch.n_unknown(runs, term),
            self.now if published is None else published, vector,
        )  # fmt: skip

    def _vector_of(self, draft: Article) -> NDArray[np.float32]:
        """Return the vector of a draft; empty if vectors do not count."""
        vectors = self._state.vectors
        if vectors is None or not self.view.weighting.vector_weight:
            return NO_VECTOR
        with self._catalogue.read_transaction(self.generation):
            n_dimensions = self._catalogue.setting(VECTORS)["dimensions"]
        vector: NDArray[np.float32] = vectors.of([draft], n_dimensions)[0]
        return vector

    # --- ranking ---------------------------------------------------------------------------------

    def rank(
        self,
        queries: Sequence[Query],
        depth: int,
        conditions: ResolvedConditions | None = None,
    ) -> list[Ranked]:
        """Return the ranking of each query.

        Parameters
        ----------
        queries : sequence of Query
            Articles of the archive, as `View.read` returns them, and drafts, as `query_of` does.
        depth : int
            Maximum number of candidates of each ranking.
        conditions : ResolvedConditions, optional
            Conditions on the candidates. None means every other article, and the archive's recency.
        """
        view, excluded = self._view_under(conditions), self._excluded_by(conditions)
        if not view.segments:
            none = np.empty(0, np.int64), np.empty(0), np.empty(0)
            return [Ranked(query.key, *none) for query in queries]
        limits = Limits.of(queries, view.recency, conditions, self.now, excluded)
        block = Queries.of(queries, view.statistics, view.weighting, limits)
        return rank(view.segments, block, depth, self.ids)

    def _excluded_by(self, conditions: ResolvedConditions | None) -> list[int]:
        """Return the keys of the articles that conditions exclude by their ids."""
        if conditions is None or not conditions.exclude:
            return []
        with self._catalogue.read_transaction(self.generation):
            return [key for key, _ in self._catalogue.digests(conditions.exclude).values()]

    def _view_under(self, conditions: ResolvedConditions | None) -> View:
        """Return the view of the articles that match the filters of conditions."""
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
