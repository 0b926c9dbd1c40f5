"""Gains: nDCG of the lists of every judged article under every choice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.scoring import NO_DAY, SCORE_STEPS
from relnews.archive.archive import Archive
from relnews.options.recency import Recency
from relnews.search.limits import days, factors
from relnews.search.view import View
from relnews.search.weights import Weighting
from relnews.tuning.choices import Choice
from relnews.tuning.rankings import Rankings, ranked, views

#: Articles in a ranking, if the lists are not longer. 2.6 rankings of an article settle its lists
#: under 16 recencies. Rankings of 128 articles are 1.9 for each article, and take a third longer.
DEPTH = 48

#: What rounding to steps takes away, at most, and what the product with a ratio may.
_HALF_STEP = 0.5 + 1e-6

Progress = Callable[[Sequence[Choice]], Iterable[Choice]]


@dataclasses.dataclass(frozen=True, slots=True)
class Judgements:
    """Judged articles of an archive.

    Parameters
    ----------
    key : int64 array of shape (n_queries,)
        Keys of the articles whose lists are judged.
    published : int64 array of shape (n_queries,)
        Their timestamps of publication.
    grades : list of dict of int to int
        For each, the grades of other articles by key.
    without : list of set of int
        For each, the keys of articles that its list must not have.
    """

    key: NDArray[np.int64]
    published: NDArray[np.int64]
    grades: list[dict[int, int]]
    without: list[set[int]]

    def take(self, places: NDArray[np.intp]) -> Judgements:
        """Return some of the judged articles."""
        return Judgements(
            self.key[places],
            self.published[places],
            [self.grades[place] for place in places],
            [self.without[place] for place in places],
        )

    def ideal(self, k: int) -> NDArray[np.float64]:
        """Return the gain of the best list of k judged articles, for each."""
        discounts = _discounts(k)
        gain = np.empty(len(self.grades))
        for number, grades in enumerate(self.grades):
            best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:k]
            gain[number] = np.array(best, dtype=float) @ discounts[: len(best)]
        return gain


@dataclasses.dataclass(frozen=True, slots=True)
class JudgedRankings:
    """Rankings with their grades.

    Parameters
    ----------
    recency : Recency or None
        The recency that articles are ranked under.
    grade : float64 array of shape (n_queries, depth)
        Grade of each article; 0 if it is not judged.
    similarity : float64 array of shape (n_queries, depth)
        Similarities; 0 where an article must not be listed.
    apart : int64 array of shape (n_queries, depth)
        Days between the two articles; -1 if unknown.
    published : int64 array of shape (n_queries, depth)
        Timestamps of publication.
    last : float64 array of shape (n_queries,)
        Largest score, in millionths, of an article beyond the ranking; 0 if there is none.
    """

    recency: Recency | None
    grade: NDArray[np.float64]
    similarity: NDArray[np.float64]
    apart: NDArray[np.int64]
    published: NDArray[np.int64]
    last: NDArray[np.float64]

    def take(self, places: NDArray[np.intp]) -> JudgedRankings:
        """Return the rankings of some of the queries."""
        return JudgedRankings(
            self.recency, self.grade[places], self.similarity[places], self.apart[places],
            self.published[places], self.last[places],
        )  # fmt: skip


def gains(
    archive: Archive, judgements: Judgements, choices: Sequence[Choice], k: int,
    n_jobs: int | None, progress: Progress,
) -> NDArray[np.float64]:  # fmt: skip
    """Return nDCG@k of every choice for every judged article.

    Each weighting is ranked under the recencies in turn, the flattest first. The scores of a list
    under a recency are its similarities times the factors of the days, so a ranking under another
    one is scored again. A list is settled if no article beyond that ranking can enter it: its score
    grows by the largest ratio of the factors, at most. Otherwise it is ranked under this recency.
    As similarities are rounded to millionths first, a score may differ by a millionth from that of
    a list.

    Parameters
    ----------
    archive : Archive
        The archive.
    judgements : Judgements
        The judged articles.
    choices : sequence of Choice
        The settings.
    k : int
        Items of a list.
    n_jobs : int or None
        Number of threads that rank.
    progress : callable
        Gets the weightings to rank, one choice for each, and returns them.

    Returns
    -------
    float64 array of shape (n_choices, n_queries)
    """
    found = np.empty((len(choices), len(judgements.key)))
    by_weighting: dict[Weighting, list[int]] = {}
    for number, choice in enumerate(choices):
        by_weighting.setdefault(choice.weighting(archive.weighting), []).append(number)
    first = {choices[numbers[0]]: numbers for numbers in by_weighting.values()}
    view, title_weight = None, None
    for choice in progress(sorted(first, key=lambda choice: choice.title_weight)):
        if view is None or choice.title_weight != title_weight:
            view, title_weight = views(archive, choice.title_weight), choice.title_weight
        of_weighting = dataclasses.replace(view, weighting=choice.weighting(archive.weighting))
        numbers = first[choice]
        recencies = [choices[number].recency for number in numbers]
        found[numbers] = _gains_of(archive, of_weighting, recencies, judgements, k, n_jobs)
    return found / judgements.ideal(k)


def _gains_of(
    archive: Archive, view: View, recencies: Sequence[Recency | None], judgements: Judgements,
    k: int, n_jobs: int | None,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the discounted gain of the lists of a view under each recency."""
    n = len(judgements.key)
    depth = max(DEPTH, k + max(map(len, judgements.without)))
    found = np.empty((len(recencies), n))
    made: list[tuple[NDArray[np.intp], JudgedRankings]] = []
    steepness = [-factors(recency)[0].mean() for recency in recencies]
    for number in np.argsort(steepness, kind="stable").tolist():
        recency, left = recencies[number], np.arange(n)
        for queries, rankings in reversed(made):
            here = np.flatnonzero(np.isin(queries, left, assume_unique=True))
            if len(here):
                values, is_settled = rescored(rankings.take(here), recency, k)
                settled = queries[here[is_settled]]
                found[number, settled] = values[is_settled]
                left = np.setdiff1d(left, settled, assume_unique=True)
        if len(left):
            part = judgements.take(left)
            rankings = judged_rankings(
                ranked(archive, view, recency, part.key, depth, n_jobs), part
            )
            found[number, left] = listed(rankings, k)
            made.append((left, rankings))
    return found


def judged_rankings(rankings: Rankings, judgements: Judgements) -> JudgedRankings:
    """Return rankings with their grades, without the articles that must not be listed."""
    grade, similarity = np.zeros(rankings.key.shape), rankings.similarity.copy()
    for row, keys in enumerate(rankings.key.tolist()):
        grades, without = judgements.grades[row], judgements.without[row]
        place = {key: i for i, key in enumerate(keys)}
        for key in grades.keys() & place.keys():
            grade[row, place[key]] = max(grades[key], 0)
        similarity[row, [place[key] for key in without & place.keys()]] = 0.0
    day = days(rankings.published).astype(np.int64)
    query_day = days(judgements.published).astype(np.int64)[:, None]
    apart = np.where((day == NO_DAY) | (query_day == NO_DAY), -1, np.abs(day - query_day))
    last = np.rint(rankings.last * SCORE_STEPS)
    return JudgedRankings(rankings.recency, grade, similarity, apart, rankings.published, last)


def rescored(
    rankings: JudgedRankings, recency: Recency | None, k: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the discounted gain of the first k items under a recency, and whether it is final.

    Parameters
    ----------
    rankings : JudgedRankings
        Under this recency or another one.
    recency : Recency or None
        How scores fade.
    k : int
        Items of a list.
    """
    table, undated = factors(recency)
    factor = np.where(
        rankings.apart < 0, undated, table[np.minimum(rankings.apart, len(table) - 1)]
    )
    steps = np.rint(rankings.similarity * factor * SCORE_STEPS)
    # The sort is stable: articles of equal score and date stay in the order of their ids.
    order = np.lexsort((-rankings.published, -steps), axis=1)[:, :k]
    best = np.take_along_axis(steps, order, axis=1)
    grade = np.take_along_axis(rankings.grade, order, axis=1) * (best > 0)
    beyond, ratio = rankings.last, _most_ratio(recency, rankings.recency)
    if ratio > 1:  # otherwise a score of 0 stays 0, whatever it was rounded from
        beyond = np.rint(ratio * (beyond + _HALF_STEP))
    is_full = best.shape[1] == k
    return _gain(grade, k), (beyond == 0) | (is_full & (best[:, -1] > beyond))


def _most_ratio(recency: Recency | None, other: Recency | None) -> float:
    """Return the largest ratio of the factors of a recency and another one."""
    (table, undated), (other_table, other_undated) = factors(recency), factors(other)
    above = np.append(np.broadcast_to(table, max(table.shape, other_table.shape)), undated)
    below = np.append(np.broadcast_to(other_table, len(above) - 1), other_undated)
    return float(np.divide(above, below, out=np.full(len(above), np.inf), where=below > 0).max())


def listed(rankings: JudgedRankings, k: int) -> NDArray[np.float64]:
    """Return the discounted gain of the first k items of rankings by score."""
    order = np.argsort(rankings.similarity == 0, axis=1, kind="stable")[:, :k]
    is_listed = np.take_along_axis(rankings.similarity, order, axis=1) > 0
    return _gain(np.take_along_axis(rankings.grade, order, axis=1) * is_listed, k)


def _gain(grade: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return the discounted gain of lists from the grades of their items, in order."""
    gain: NDArray[np.float64] = grade @ _discounts(k)[: grade.shape[1]]
    return gain


def _discounts(k: int) -> NDArray[np.float64]:
    """Return the weights of the places of a list, as in trec_eval's nDCG."""
    return 1.0 / np.log2(np.arange(2, k + 2))
