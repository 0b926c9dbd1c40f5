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
from relnews.search.weights import Weighting
from relnews.tuning.choices import Choice
from relnews.tuning.rankings import NO_ARTICLE, Rankings, ranked, views

#: Articles in a ranking by similarity. It settles 98 of 100 lists under a half-life of 180 days and
#: a floor of 0.5, and one in eight under 30 days and 0.25; the others are ranked by score.
DEPTH = 128

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

    grade: NDArray[np.float64]
    similarity: NDArray[np.float64]
    apart: NDArray[np.int64]
    published: NDArray[np.int64]
    last: NDArray[np.float64]


def gains(
    archive: Archive, judgements: Judgements, choices: Sequence[Choice], k: int,
    n_jobs: int | None, progress: Progress,
) -> NDArray[np.float64]:  # fmt: skip
    """Return nDCG@k of every choice for every judged article.

    Each weighting is ranked once. The scores of a list under a recency are its similarities times
    the factors of the days, so the rankings are scored again for each recency. A list is settled
    if no article beyond the ranking can enter it: factors are at most 1. Otherwise it is ranked
    under this recency. As similarities are rounded to millionths first, a score may differ by a
    millionth from that of a list.

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
    found = np.zeros((len(choices), len(judgements.key)))
    by_weighting: dict[Weighting, list[int]] = {}
    for number, choice in enumerate(choices):
        by_weighting.setdefault(choice.weighting(archive.weighting), []).append(number)
    first = {choices[numbers[0]]: numbers for numbers in by_weighting.values()}
    view, title_weight = None, None
    for choice in progress(sorted(first, key=lambda choice: choice.title_weight)):
        if view is None or choice.title_weight != title_weight:
            view, title_weight = views(archive, choice.title_weight), choice.title_weight
        weighting = choice.weighting(archive.weighting)
        rankings = ranked(archive, view, weighting, None, judgements.key, DEPTH, n_jobs)
        judged = judged_rankings(rankings, judgements)
        for number in first[choice]:
            recency = choices[number].recency
            found[number], is_settled = rescored(judged, recency, k)
            left = np.flatnonzero(~is_settled)
            if len(left):
                part = judgements.take(left)
                depth = k + max(map(len, part.without))
                rankings = ranked(archive, view, weighting, recency, part.key, depth, n_jobs)
                found[number, left] = listed(judged_rankings(rankings, part), k)
    return found / judgements.ideal(k)


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
    last = np.where(rankings.key[:, -1] == NO_ARTICLE, 0.0, rankings.similarity[:, -1])
    return JudgedRankings(grade, similarity, apart, rankings.published, np.rint(last * SCORE_STEPS))


def rescored(
    rankings: JudgedRankings, recency: Recency | None, k: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the discounted gain of the first k items under a recency, and whether it is final.

    Parameters
    ----------
    rankings : JudgedRankings
        By similarity.
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
    is_full = best.shape[1] == k
    is_settled = (rankings.last == 0) | (is_full & (best[:, -1] > rankings.last))
    return _gain(grade, k), is_settled


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
