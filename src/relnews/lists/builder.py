"""The desk: makes lists of what is pinned, what is ranked under rules, and what fills them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews import dates
from relnews.archive.archive import Archive
from relnews.articles import Article
from relnews.lists import near_duplicates
from relnews.lists.explain import names_of
from relnews.lists.fallback import Latest
from relnews.lists.selector import select
from relnews.options.list_options import ListSpec
from relnews.options.selection import Selection
from relnews.results import RelatedItem, RelatedList, item_of
from relnews.search.top_k import Ranked
from relnews.storage import integrity, list_reader
from relnews.storage.rules import Bars, Book, articles_of, pinned
from relnews.text.article_terms import NO_ARTICLE

#: Given the numbers of some queries and a length, it returns their rankings, of that length or all.
Rank = Callable[[Sequence[int], int], list[Ranked]]

#: A ranking is looked at again so many times further, if too little of it will do.
_DEEPER = 4

#: The first look for what is to be put into another order.
_FIRST_LOOK = 64

_PINNED = ("pinned",)


class _Line(NamedTuple):
    """An item that is still to be put into words."""

    key: int
    score: float
    similarity: float
    also: tuple[str, ...]
    why: tuple[str, ...]


@dataclasses.dataclass(slots=True)
class _Sheet:
    """A list that is being made.

    Parameters
    ----------
    key : int
        Of the article that it is for, or `NO_ARTICLE`.
    article : RelatedItem
        What is known of that article.
    bars : Bars
        What keeps others out.
    lines : list of _Line
    """

    key: int
    article: RelatedItem
    bars: Bars
    lines: list[_Line]


#: Why what fills a list is there.
_REASONS: dict[str, Callable[[_Sheet], str]] = {
    "section": lambda sheet: f"newest in section {sheet.article.section}",
    "newest": lambda _: "newest",
}


class Desk:
    """Makes the lists of an archive.

    Parameters
    ----------
    archive : Archive
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._catalogue = archive.catalogue
        self._latest = Latest(archive)

    def article(
        self, identifier: str, k: int, plan: ListSpec, beside: Sequence[str] = ()
    ) -> RelatedList:
        """Return the list of one article.

        Parameters
        ----------
        identifier : str
        k : int
        plan : ListSpec
        beside : sequence of str, optional
            Ids of what stands beside the list: it keeps others out as items do.
        """
        with self.archive.locked():  # nothing that another thread has not committed yet
            keys = self.archive.keys_of([identifier])
        return self._make(keys, k, plan, beside=beside)[0]

    def articles(self, keys: list[int], k: int, plan: ListSpec) -> list[RelatedList]:
        """Return the lists of some articles: as they are stored, if they are, or made."""
        with self._catalogue.state:
            known = {
                key: list_reader.list_of(self._catalogue, identifier, entries, k)
                if entries is not None and plan.is_stored_mode
                else None
                for key, identifier, entries in self._catalogue.entries(keys)
            }
        others = [key for key, one in known.items() if one is None]
        made = dict(zip(others, self._make(others, k, plan), strict=True))
        return [made[key] if one is None else one for key, one in known.items()]

    def draft(self, draft: Article, k: int, plan: ListSpec) -> RelatedList:
        """Return the list of a story that is not in the archive."""
        return self._make([NO_ARTICLE], k, plan, draft=draft)[0]

    def _make(
        self,
        keys: Sequence[int],
        k: int,
        plan: ListSpec,
        *,
        draft: Article | None = None,
        beside: Sequence[str] = (),
    ) -> list[RelatedList]:
        if not keys:
            return []
        archive, conditions, now = self.archive, plan.conditions, dates.now()

        def ranked(some: Sequence[int], depth: int) -> list[Ranked]:
            if draft is not None:
                return [archive.rank_draft(draft, depth, conditions)]
            return archive.rank_articles([keys[i] for i in some], depth, conditions)

        with archive.locked():
            page = np.array(
                [key for key, _ in articles_of(self._catalogue, beside).values()], dtype=np.int64
            )
            sheets = self._sheets(keys, draft, plan, now)
            index, generation = archive.index, archive.index.generation
        for sheet in sheets:
            sheet.lines = [line for line in sheet.lines if line.key not in page][:k]
        rank: Rank = ranked
        if plan.newest_first:
            rank = self._newest_of(rank, plan.selection)
        rank = self._permitted(rank, sheets)
        near_draft = self._near_draft(draft, plan.selection)
        self._fill(sheets, rank, k, plan.selection, page, lambda _: plan.reason, near_draft)
        for name in plan.fallback:
            short = [sheet for sheet in sheets if len(sheet.lines) < k]
            # Without scores there is no telling what is better.
            selection = plan.selection and dataclasses.replace(
                plan.selection, diversity=0.0, min_score=0.0
            )
            latest = self._latest_of(name, short, plan, now)
            self._fill(short, latest, k, selection, page, _REASONS[name], near_draft)
        lists = self._worded(sheets, plan.mentions)
        if archive.index is not index or index.generation != generation:
            # What was ranked, chosen or the list is for may be of another state than the rest.
            raise integrity.archive_changed()
        return lists

    # --- what is in a list -----------------------------------------------------------------------

    def _sheets(
        self, keys: Sequence[int], draft: Article | None, plan: ListSpec, now: int
    ) -> list[_Sheet]:
        """Return lists with nothing but pins."""
        book = Book.of(self._catalogue)
        if draft is not None:
            about = RelatedItem("", 0, 0.0, 0.0, draft.title, published=draft.published)
            return [_Sheet(NO_ARTICLE, about, book.bars(about), [])]
        sheets = []
        for key, article in zip(keys, self._items(keys), strict=True):
            pins = pinned(self._catalogue, book, article, now) if book else {}
            lines = [
                _Line(other, 0.0, 0.0, (), _PINNED)
                for other, item in pins.values()
                if plan.admits(item, article, now)
            ]
            sheets.append(_Sheet(key, article, book.bars(article), lines))
        return sheets

    def _fill(
        self,
        sheets: Sequence[_Sheet],
        rank: Rank,
        k: int,
        selection: Selection | None,
        page: NDArray[np.int64],
        why: Callable[[_Sheet], str],
        near_draft: NDArray[np.int64],
    ) -> None:
        """Let lists have k items, if a ranking has so many for them."""
        if not sheets:
            return
        beside = [
            np.array([*(line.key for line in sheet.lines), *page], dtype=np.int64)
            for sheet in sheets
        ]
        if selection is None:
            depth = k + len(page)
            rankings = [
                _cut(ranked, ~np.isin(ranked.key, others))
                for ranked, others in zip(rank(range(len(sheets)), depth), beside, strict=True)
            ]
            also: Sequence[Sequence[tuple[str, ...]]] = [[()] * len(one.key) for one in rankings]
        else:
            # What stands on the page keeps others out, but is not among the k.
            chosen = select(
                self.archive, rank, len(sheets), k + len(page), selection, beside, near_draft
            )
            rankings, also = [one.ranked for one in chosen], [one.also for one in chosen]
        for sheet, ranked, named in zip(sheets, rankings, also, strict=True):
            columns = ranked.key.tolist(), ranked.score.tolist(), ranked.similarity.tolist(), named
            reason = (why(sheet),)
            for row in [*zip(*columns, strict=True)][: k - len(sheet.lines)]:
                sheet.lines.append(_Line(*row, reason))

    def _near_draft(self, draft: Article | None, selection: Selection | None) -> NDArray[np.int64]:
        """Return the near-duplicates of a draft, if they are to be left out."""
        if draft is None or selection is None or selection.duplicate_threshold is None:
            return np.empty(0, dtype=np.int64)
        floor = near_duplicates.floor_of(selection.duplicate_threshold)
        return self.archive.near_draft(draft, floor, near_duplicates.SAME_WORDS)

    def _worded(self, sheets: Sequence[_Sheet], mentions: int) -> list[RelatedList]:
        """Put words to keys, with one look into the catalogue for all lists."""
        keys = sorted({line.key for sheet in sheets for line in sheet.lines})
        with self.archive.locked():
            shown: dict[int, Any] = dict(zip(keys, self._catalogue.details(keys), strict=True))

        def item(sheet: _Sheet, rank: int, line: _Line) -> RelatedItem:
            key, score, similarity, also, why = line
            shared: tuple[str, ...] = ()
            if mentions and sheet.key != NO_ARTICLE:
                shared = names_of(self.archive, sheet.key, key)[:mentions]
            return item_of(shown[key], rank, score, similarity, also, why, shared)

        return [
            RelatedList(
                None if sheet.key == NO_ARTICLE else sheet.article.id,
                tuple(item(sheet, rank, line) for rank, line in enumerate(sheet.lines, start=1)),
            )
            for sheet in sheets
        ]

    def _items(self, keys: Sequence[int]) -> list[RelatedItem]:
        """Return what lists show of articles."""
        details = self._catalogue.details(keys)
        return [item_of(about) for about in details if about]

    # --- rankings --------------------------------------------------------------------------------

    def _permitted(self, rank: Rank, sheets: Sequence[_Sheet]) -> Rank:
        """Return the ranking of what no rule keeps out."""
        if not any(sheet.bars for sheet in sheets):
            return rank
        known: dict[int, RelatedItem] = {}

        def is_permitted(sheet: _Sheet, key: int) -> bool:
            return sheet.bars.rule_of(known[key]) is None

        def permitted(some: Sequence[int], depth: int) -> list[Ranked]:
            found: dict[int, Ranked] = {}
            waiting, asked = list(some), depth + depth // 4 + 1
            while waiting:
                rankings = rank(waiting, asked)
                met = {key for one in rankings for key in one.key.tolist()} - known.keys()
                with self.archive.locked():
                    known.update(zip(met, self._items([*met]), strict=True))
                for i, one in zip(waiting, rankings, strict=True):
                    places = [
                        place for place, key in enumerate(one.key.tolist())
                        if is_permitted(sheets[i], key)
                    ]  # fmt: skip
                    if len(places) >= depth or len(one.key) < asked:
                        found[i] = _cut(one, np.array(places[:depth], dtype=np.int64))
                waiting = [i for i in waiting if i not in found]
                asked *= _DEEPER
            return [found[i] for i in some]

        return permitted

    def _newest_of(self, rank: Rank, selection: Selection | None) -> Rank:
        """Return the ranking by date of what has at least the least score."""
        least = 0.0 if selection is None else selection.min_score

        def newest(some: Sequence[int], depth: int) -> list[Ranked]:
            found: dict[int, Ranked] = {}
            waiting, asked = list(some), max(depth, _FIRST_LOOK)
            while waiting:
                for i, one in zip(waiting, rank(waiting, asked), strict=True):
                    if len(one.key) < asked or one.score[-1] < least:
                        found[i] = self._by_date(_cut(one, one.score >= least), depth)
                waiting = [i for i in waiting if i not in found]
                asked *= _DEEPER
            return [found[i] for i in some]

        return newest

    def _by_date(self, ranked: Ranked, n: int) -> Ranked:
        """Return the newest of a ranking; of one date, the nearest first."""
        with self.archive.locked():
            dates = self._catalogue.dates(ranked.key.tolist())
        order = sorted(
            range(len(dates)), key=lambda place: (dates[place] is None, -(dates[place] or 0))
        )
        return _cut(ranked, np.array(order[:n], dtype=np.int64))

    def _latest_of(self, name: str, sheets: Sequence[_Sheet], plan: ListSpec, now: int) -> Rank:
        """Return the ranking of the newest articles, of a section or of all."""
        met: list[list[int]] = [[] for _ in sheets]
        others = [
            self._latest.permitted(
                name == "section", sheet.key, sheet.article, sheet.bars,
                {line.key for line in sheet.lines}, plan, now,
            )
            for sheet in sheets
        ]  # fmt: skip

        def latest(some: Sequence[int], depth: int) -> list[Ranked]:
            for i in some:
                met[i] += itertools.islice(others[i], depth - len(met[i]))
            return [_unscored(sheets[i].key, met[i][:depth]) for i in some]

        return latest


def _cut(ranked: Ranked, places: NDArray[Any]) -> Ranked:
    """Return some of a ranking."""
    columns = ranked.key[places], ranked.score[places], ranked.similarity[places]
    return Ranked(ranked.query, *columns)


def _unscored(query: int, keys: Sequence[int]) -> Ranked:
    """Return articles that are in an order of their own."""
    nothing = np.zeros(len(keys))
    return Ranked(query, np.array(keys, dtype=np.int64), nothing, nothing)
