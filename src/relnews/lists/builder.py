"""ListBuilder: lists of pinned articles, ranked candidates and fallback articles."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_draft, shortened
from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive.snapshot import Snapshot
from relnews.articles import Article
from relnews.dates import date_of, timestamp
from relnews.lists import near_duplicates
from relnews.lists.block_selector import SelectedItems
from relnews.lists.candidates import ByDate, CandidateSource, Permitted, Source, cut
from relnews.lists.explain import names_of
from relnews.lists.fallback import NewestArticles
from relnews.lists.selector import best_scores, select
from relnews.options.list_options import ListSpec
from relnews.options.selection import Selection, least_steps
from relnews.results import RelatedItem, RelatedList, item_of
from relnews.search.top_k import Ranked
from relnews.storage.compiled_rules import NO_EXCLUSIONS, Exclusions
from relnews.text.article_terms import NO_ARTICLE, Query
from relnews.text.languages import check_language

_NO_KEYS = np.empty(0, dtype=np.int64)

_PINNED = ("pinned",)


class _Entry(NamedTuple):
    """An article in a list that is being built."""

    key: int
    score: float
    similarity: float
    near_duplicates: tuple[str, ...]
    reason: tuple[str, ...]


@dataclasses.dataclass(slots=True)
class _PartialList:
    """A list that is being built.

    Parameters
    ----------
    key : int
        Key of the article that the list is for; `NO_ARTICLE` for a draft.
    article : RelatedItem
        That article as lists show it.
    exclusions : Exclusions
        Rules that exclude articles from this list.
    entries : list of _Entry
        Entries so far, in order.
    """

    key: int
    article: RelatedItem
    exclusions: Exclusions
    entries: list[_Entry]


#: By name of a fallback: the function that returns the reason of its items.
_REASONS: dict[str, Callable[[_PartialList], str]] = {
    "section": lambda partial: f"newest in section {partial.article.section}",
    "newest": lambda _: "newest",
}


def list_of(snapshot: Snapshot, identifier: str, k: int, spec: ListSpec) -> RelatedList:
    """Return the list of at most k items of the article with this id, ranked."""
    key, article = snapshot.article(identifier)
    return ListBuilder(snapshot, spec).article(key, article, k)


def draft_of(
    text: str, title: str, published: dt.datetime | dt.date | str | None, language: str | None,
    vector: Sequence[float] | None = None,
) -> Article:  # fmt: skip
    """Return a draft as an article with an empty id.

    Parameters
    ----------
    text, title : str
        At least one of the two has words.
    published : datetime, date, str or None
        Date of the draft. A string is ISO 8601; None means now.
    language : str or None
        A BCP 47 tag; None means the archive's own language.
    vector : sequence of float or None
        Vector of the draft; None means that it is made of the text, if at all.
    """
    check_draft(title, text)
    check_language(language)
    date = date_of("published", published)
    if vector is not None:
        vector = _vector(vector)
    return Article(
        id="", title=title, text=text, published=date, language=language, vector=vector
    )  # fmt: skip


def _vector(value: object) -> tuple[float, ...]:
    """Return the numbers of a vector; raise ValueError if it is anything else."""
    found: tuple[float, ...] = (math.nan,)
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        found = tuple(map(float, value))  # type: ignore[call-overload]
    if not all(map(math.isfinite, found)):
        msg = f"`vector` must be a list of finite numbers, got {shortened(value)}."
        raise ValueError(msg)
    return found


class ListBuilder:
    """Builder of lists from one snapshot.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    spec : ListSpec
        Options of the lists.
    """

    def __init__(self, snapshot: Snapshot, spec: ListSpec) -> None:
        self._snapshot = snapshot
        self._spec = spec

    def article(
        self,
        key: int,
        article: RelatedItem,
        k: int,
        *,
        beside: Sequence[int] = (),
        source: Source | None = None,
    ) -> RelatedList:
        """Return the list of one article.

        Parameters
        ----------
        key : int
            Key of the article.
        article : RelatedItem
            The article as lists show it.
        k : int
            Maximum number of items.
        beside : sequence of int, optional
            Keys of articles shown beside the list. They exclude candidates as its items do.
        source : Source, optional
            Ranking of the article as query 0. None means a new ranking.
        """
        source = source or self._source(self._snapshot.view.read([key]))
        partials = [self._partial(key, article)]
        return self._build(source, partials, k, np.array(beside, dtype=np.int64), _NO_KEYS)[0]

    def articles(self, keys: Sequence[int], k: int) -> Iterator[RelatedList]:
        """Yield the lists of articles: the stored list, or a built list where none is stored."""
        lists: dict[int, RelatedList | None] = dict.fromkeys(keys)
        if self._spec.is_stored_mode:
            lists = self._snapshot.stored_lists(keys, k)
        missing = [key for key, stored in lists.items() if stored is None]
        if missing:
            source = self._source(self._snapshot.view.read(missing))
            partials = [
                self._partial(key, article)
                for key, article in zip(missing, self._snapshot.items(missing), strict=True)
            ]
            lists.update(zip(missing, self._build(source, partials, k), strict=True))
        return (built for built in lists.values() if built is not None)

    def draft(self, draft: Article, k: int) -> RelatedList:
        """Return the list of a draft, a story that is not in the archive."""
        article = RelatedItem("", 0, 0.0, 0.0, draft.title, published=draft.published)
        query = self._snapshot.query_of(draft)
        source = self._source([query])
        selection = self._spec.selection
        near_draft = _NO_KEYS
        if selection is not None and selection.duplicate_threshold is not None:
            date = timestamp(draft.published)
            near_draft = near_duplicates.near_query(
                self._snapshot.view, query, selection.duplicate_threshold,
                self._snapshot.now if date is None else date,
            )  # fmt: skip
        return self._build(source, [self._partial(NO_ARTICLE, article)], k, _NO_KEYS, near_draft)[0]

    # --- the steps -------------------------------------------------------------------------------

    def _source(self, queries: Sequence[Query]) -> CandidateSource:
        """Return the ranking of queries, under the conditions of the lists."""
        return CandidateSource(self._snapshot, queries, self._spec.conditions)

    def _partial(self, key: int, article: RelatedItem) -> _PartialList:
        """Return a list that has only its pins."""
        snapshot, spec, rules = self._snapshot, self._spec, self._snapshot.rules
        if not rules.rules:
            return _PartialList(key, article, NO_EXCLUSIONS, [])
        exclusions = rules.exclusions(article)
        pins = snapshot.pinned(article) if rules.pins(article.id) else {}
        entries = [
            _Entry(pin, 0.0, 0.0, (), _PINNED)
            for pin, item in pins.items()
            if spec.admits(item, article, snapshot.now)
        ]
        return _PartialList(key, article, exclusions, entries)

    def _build(
        self,
        source: Source,
        partials: Sequence[_PartialList],
        k: int,
        beside: NDArray[np.int64] = _NO_KEYS,
        near_draft: NDArray[np.int64] = _NO_KEYS,
    ) -> list[RelatedList]:
        """Return lists of their pins, then the best candidates, then the newest articles."""
        spec = self._spec
        for partial in partials:
            pins = [entry for entry in partial.entries if entry.key not in beside]
            partial.entries = pins[:k]
        exclusions = [partial.exclusions for partial in partials]
        if not all(of_list.is_empty for of_list in exclusions):
            source = Permitted(source, self._snapshot, exclusions)
        selection = spec.selection
        if spec.newest_first:
            least = self._least_scores(source, len(partials), near_draft)
            source = ByDate(source, self._snapshot, least)
            # The best score is not the first one any more.
            selection = selection and dataclasses.replace(selection, cutoff=None)
        self._fill(partials, source, k, selection, beside, near_draft, lambda _: spec.reason)
        for name in spec.fallback:
            short = [partial for partial in partials if len(partial.entries) < k]
            # Fallback articles have no scores that a diversity or a minimum could compare.
            selection = spec.selection and dataclasses.replace(
                spec.selection, diversity=0.0, min_score=0.0, cutoff=None
            )
            newest = NewestArticles(
                self._snapshot, spec, name == "section",
                [(partial.key, partial.article, partial.exclusions,
                  {entry.key for entry in partial.entries}) for partial in short],
            )  # fmt: skip
            self._fill(short, newest, k, selection, beside, near_draft, _REASONS[name])
        return self._to_results(partials)

    def _least_scores(self, source: Source, n: int, near_draft: NDArray[np.int64]) -> list[float]:
        """Return the least score of the items of each of n lists."""
        selection = self._spec.selection
        if selection is None:
            return [0.0] * n
        min_score, cutoff = selection.min_score, selection.cutoff
        if cutoff is None or cutoff <= min_score:  # no score is above 1
            return [min_score] * n
        best = best_scores(self._snapshot, source, n, selection, near_draft)
        return [max(min_score, least_steps(cutoff, steps) / SCORE_STEPS) for steps in best]

    def _fill(
        self,
        partials: Sequence[_PartialList],
        source: Source,
        k: int,
        selection: Selection | None,
        beside: NDArray[np.int64],
        near_draft: NDArray[np.int64],
        reason_of: Callable[[_PartialList], str],
    ) -> None:
        """Fill each list up to k items from a source, with the reason of `reason_of`."""
        if not partials:
            return
        listed = [
            np.array([*(entry.key for entry in partial.entries), *beside], dtype=np.int64)
            for partial in partials
        ]
        # Articles beside a list exclude candidates from it, but take none of its k places.
        depth = k + len(beside)
        if selection is None:
            chosen = [
                _unselected(ranked, keys)
                for ranked, keys in zip(
                    source.best(range(len(partials)), depth), listed, strict=True
                )
            ]
        else:
            chosen = select(
                self._snapshot, source, len(partials), depth, selection, listed, near_draft
            )
        for partial, selected in zip(partials, chosen, strict=True):
            n, reason = k - len(partial.entries), (reason_of(partial),)
            rows = zip(*(column[:n] for column in selected), itertools.repeat(reason))
            partial.entries += map(_Entry._make, rows)

    def _to_results(self, partials: Sequence[_PartialList]) -> list[RelatedList]:
        """Return lists as callers get them; the fields of each article are read once."""
        keys = sorted({entry.key for partial in partials for entry in partial.entries})
        details = dict(zip(keys, self._snapshot.details(keys), strict=True))
        return [
            RelatedList(
                None if partial.key == NO_ARTICLE else partial.article.id,
                tuple([
                    item_of(details[entry.key], rank, *entry[1:], names)
                    for rank, (entry, names) in enumerate(
                        zip(partial.entries, self._mentions(partial), strict=True), start=1
                    )
                ]),
            )
            for partial in partials
        ]  # fmt: skip

    def _mentions(self, partial: _PartialList) -> list[tuple[str, ...]]:
        """Return the names that each item shares with the article of the list."""
        n = self._spec.mentions
        if not n or partial.key == NO_ARTICLE:
            return [()] * len(partial.entries)
        return [names_of(self._snapshot, partial.key, e.key)[:n] for e in partial.entries]


def _unselected(ranked: Ranked, listed: NDArray[np.int64]) -> SelectedItems:
    """Return the candidates of a ranking that are not yet listed."""
    if len(listed):
        ranked = cut(ranked, np.flatnonzero(~np.isin(ranked.key, listed)))
    columns = ranked.key.tolist(), ranked.score.tolist(), ranked.similarity.tolist()
    return SelectedItems(*columns, [()] * len(ranked.key))
