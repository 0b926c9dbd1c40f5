"""Candidates: rankings of queries, as deep as lists need them, and filters over rankings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from relnews.archive.snapshot import Snapshot
from relnews.options.conditions import ResolvedConditions
from relnews.results import RelatedItem
from relnews.search.top_k import Ranked
from relnews.storage.compiled_rules import Exclusions
from relnews.text.article_terms import Query

#: Factor by which a ranking gets deeper when a list needs more candidates. Most lists are full at
#: the first depth; with a large factor the other lists rank once more, seldom twice.
_DEEPER = 4

#: Depth of the first ranking from which `ByDate` takes the newest candidates.
_FIRST_LOOK = 64

#: Depth of the first ranking in which `rank_of` looks for an article, which is mostly near the top.
_DEEP_LOOK = 1024

Answer = TypeVar("Answer")


class Source(Protocol):
    """A source of the best candidates of queries, which are numbered from 0."""

    def best(self, numbers: Sequence[int], depth: int) -> list[Ranked]:
        """Return the best candidates of queries: `depth` each, or all if there are fewer."""


class CandidateSource:
    """The exact ranking of a block of queries; it keeps the rankings that it has made.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    queries : sequence of Query
        Articles and drafts.
    conditions : ResolvedConditions or None
        Conditions on the candidates; None means no condition.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        queries: Sequence[Query],
        conditions: ResolvedConditions | None,
    ) -> None:
        self._snapshot = snapshot
        self._queries = queries
        self._conditions = conditions
        self._ranked: dict[int, Ranked] = {}
        self._depth: dict[int, int] = {}

    def best(self, numbers: Sequence[int], depth: int) -> list[Ranked]:
        """Return the best candidates of queries: `depth` each, or all if there are fewer."""
        missing = [number for number in numbers if self._depth.get(number, 0) < depth]
        if missing:
            queries = [self._queries[number] for number in missing]
            rankings = self._snapshot.rank(queries, depth, self._conditions)
            for number, ranked in zip(missing, rankings, strict=True):
                self._ranked[number] = ranked
                # A ranking that is shorter than its depth has no more candidates at any depth.
                self._depth[number] = depth if len(ranked.key) == depth else np.iinfo(np.int64).max
        return [first(self._ranked[number], depth) for number in numbers]

    def rank_of(self, number: int, key: int) -> int | None:
        """Return the rank of an article, from 1, among all candidates of a query, or None."""

        def rank(_: object, rankings: Sequence[Ranked], is_all: Sequence[bool]) -> list[int | None]:
            places = np.flatnonzero(rankings[0].key == key)
            if len(places):
                return [int(places[0]) + 1]
            return [0 if is_all[0] else None]

        return deepen(self, [number], _DEEP_LOOK, rank)[0] or None


def deepen(
    source: Source,
    numbers: Sequence[int],
    depth: int,
    answer: Callable[[Sequence[int], Sequence[Ranked], Sequence[bool]], Sequence[Answer | None]],
    few: int | None = None,
) -> list[Answer]:
    """Return an answer for each query, ranking deeper until the candidates suffice.

    Only this function decides how deep a ranking goes.

    Parameters
    ----------
    source : Source
        The source of candidates.
    numbers : sequence of int
        Numbers of the queries.
    depth : int
        Number of candidates of the first ranking.
    answer : callable
        Given numbers of queries, their candidates, and whether these are all candidates, it returns
        an answer for each query; None if the query needs more candidates.
    few : int, optional
        Number of candidates to answer from at first. None means all of the first ranking.

    Returns
    -------
    list
        The answers, in the order of the queries.
    """
    answers: dict[int, Answer] = {}
    waiting = [*numbers]
    look = depth if few is None else few
    while waiting:
        rankings = [first(ranked, look) for ranked in source.best(waiting, depth)]
        is_all = [len(ranked.key) < look for ranked in rankings]
        results = zip(waiting, answer(waiting, rankings, is_all), strict=True)
        answers |= {number: result for number, result in results if result is not None}
        waiting = [number for number in waiting if number not in answers]
        if look == depth:
            depth *= _DEEPER
        look = depth
    return [answers[number] for number in numbers]


class Permitted:
    """The candidates that no editors' rule excludes.

    Parameters
    ----------
    source : Source
        The ranking to filter.
    snapshot : Snapshot
        Used to read the fields of candidates.
    exclusions : sequence of Exclusions
        The rules that exclude articles, for each query.
    """

    def __init__(
        self, source: Source, snapshot: Snapshot, exclusions: Sequence[Exclusions]
    ) -> None:
        self._source = source
        self._snapshot = snapshot
        self._exclusions = exclusions
        self._items: dict[int, RelatedItem] = {}

    def best(self, numbers: Sequence[int], depth: int) -> list[Ranked]:
        """Return the best permitted candidates of queries."""

        def permitted(
            numbers: Sequence[int], rankings: Sequence[Ranked], is_all: Sequence[bool]
        ) -> list[Ranked | None]:
            self._look_up(rankings)
            kept = [
                cut(ranked, self._permitted_places(number, ranked))
                for number, ranked in zip(numbers, rankings, strict=True)
            ]
            return [
                first(ranked, depth) if ends or len(ranked.key) >= depth else None
                for ranked, ends in zip(kept, is_all, strict=True)
            ]

        return deepen(self._source, numbers, depth + depth // 4 + 1, permitted)

    def _look_up(self, rankings: Sequence[Ranked]) -> None:
        new = [*{key for ranked in rankings for key in ranked.key.tolist()} - self._items.keys()]
        self._items.update(zip(new, self._snapshot.items(new), strict=True))

    def _permitted_places(self, number: int, ranked: Ranked) -> NDArray[np.int64]:
        rule_of = self._exclusions[number].rule_of
        return np.flatnonzero([rule_of(self._items[key]) is None for key in ranked.key.tolist()])


class ByDate:
    """The candidates from a least score on, newest first; of equal dates the best first.

    Parameters
    ----------
    source : Source
        The ranking to filter.
    snapshot : Snapshot
        Used to read the fields of candidates.
    least : sequence of float
        The lowest score of a candidate of each query.
    """

    def __init__(self, source: Source, snapshot: Snapshot, least: Sequence[float]) -> None:
        self._source = source
        self._snapshot = snapshot
        self._least = least

    def best(self, numbers: Sequence[int], depth: int) -> list[Ranked]:
        """Return the newest candidates of queries."""

        def newest(
            numbers: Sequence[int], rankings: Sequence[Ranked], is_all: Sequence[bool]
        ) -> list[Ranked | None]:
            least = (self._least[number] for number in numbers)
            return [
                self._newest(cut(ranked, np.flatnonzero(ranked.score >= score)), depth)
                if ends or ranked.score[-1] < score
                else None
                for ranked, ends, score in zip(rankings, is_all, least, strict=True)
            ]

        return deepen(self._source, numbers, max(depth, _FIRST_LOOK), newest)

    def _newest(self, ranked: Ranked, depth: int) -> Ranked:
        dates = self._snapshot.dates(ranked.key.tolist())
        order = sorted(
            range(len(dates)), key=lambda place: (dates[place] is None, -(dates[place] or 0))
        )
        return cut(ranked, np.array(order[:depth], dtype=np.int64))


def cut(ranked: Ranked, places: NDArray[np.int64]) -> Ranked:
    """Return the candidates at the given places of a ranking."""
    columns = ranked.key[places], ranked.score[places], ranked.similarity[places]
    return Ranked(ranked.query, *columns)


def first(ranked: Ranked, depth: int) -> Ranked:
    """Return the first `depth` candidates of a ranking."""
    if len(ranked.key) <= depth:
        return ranked
    return Ranked(ranked.query, ranked.key[:depth], ranked.score[:depth], ranked.similarity[:depth])


def unscored(query: int, keys: Sequence[int]) -> Ranked:
    """Return articles in the given order as a ranking, with scores of 0."""
    zeros = np.zeros(len(keys))
    return Ranked(query, np.array(keys, dtype=np.int64), zeros, zeros)
