"""Scores: how many relevant articles lists contain, and how far up."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews import _checks
from relnews.evaluation import _errors
from relnews.evaluation.judgements import Qrels, any_relevant
from relnews.evaluation.runs import Run
from relnews.tuning.resampling import intervals, p_values


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of a run by judgements; higher is better.

    Parameters
    ----------
    name : str
        Name of the run.
    queries : tuple of str
        Queries with a relevant article.
    values : dict of str to float64 array of shape (n_queries,)
        Measure to its value for each query, in [0, 1].
    missing : int
        Queries without a list in the run; their values are 0.
    """

    name: str
    queries: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]
    missing: int

    def means(self) -> dict[str, float]:
        """Return each measure's mean over the queries."""
        return {measure: float(values.mean()) for measure, values in self.values.items()}

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Return the 95 % interval of each mean: percentiles of the means of resampled queries.

        It shows how much the mean depends on the choice of queries. With a single query both ends
        are NaN.
        """
        return dict(zip(self.values, intervals(_stacked(self)), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Return means and intervals as plain JSON values."""
        means, intervals = self.means(), self.intervals()
        return {
            "run": self.name,
            "missing": self.missing,
            "scores": {
                measure: {"mean": mean, **_ends(intervals[measure])}
                for measure, mean in means.items()
            },
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """Difference of two runs by one measure, query by query.

    Parameters
    ----------
    measure : str
        Name of the measure.
    difference : float
        Mean of the first run minus mean of the second.
    low, high : float
        Ends of its 95 % interval, from resampled queries; NaN if there is only one query.
    p_value : float
        Share of random exchanges of each query's two values whose mean difference is at least as
        far from 0: a paired randomization test, two-sided.
    better, equal, worse : int
        Queries whose value is higher, equal or lower in the first run.
    """

    measure: str
    difference: float
    low: float
    high: float
    p_value: float
    better: int
    equal: int
    worse: int

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain JSON values."""
        return {**dataclasses.asdict(self), **_ends((self.low, self.high))}


def score(qrels: Qrels, run: Run, k: int = 8, *, name: str = "run") -> Scores:
    """Measure a run with ir-measures, which calls trec_eval.

    Parameters
    ----------
    qrels : mapping of str to mapping of str to int
        Grades are the gains of nDCG; for the other measures a grade above 0 is relevant. Queries
        without a relevant article are left out.
    run : mapping of str to sequence of str
        Lists, best first.
    k : int, default=8
        Items of each list that are scored.
    name : str, default="run"
        Name of the run in tables and pictures.

    Returns
    -------
    Scores
        nDCG, MAP, recall and MRR, each at k.

    Raises
    ------
    ImportError
        If ir-measures is not installed.
    """
    try:
        import ir_measures
    except ModuleNotFoundError:
        raise _errors.no_ir_measures() from None
    _checks.check_integer("k", k, minimum=1)
    judged = {query: dict(grades) for query, grades in qrels.items() if any_relevant(grades)}
    if not judged:
        raise _errors.nothing_judged(len(qrels), len(qrels), None)
    measures = {
        ir_measures.nDCG @ k: f"nDCG@{k}",
        ir_measures.AP @ k: f"MAP@{k}",
        ir_measures.R @ k: f"recall@{k}",
        ir_measures.RR: f"MRR@{k}",  # of lists that are cut at k
    }
    place = {query: i for i, query in enumerate(judged)}
    values = {measure: np.zeros(len(judged)) for measure in measures}
    for result in ir_measures.iter_calc(list(measures), judged, _countdown(run, judged, k)):
        values[result.measure][place[result.query_id]] = result.value
    return Scores(
        name,
        tuple(judged),
        {label: values[measure] for measure, label in measures.items()},
        sum(query not in run for query in judged),
    )


def compare(first: Scores, second: Scores) -> list[Comparison]:
    """Compare two runs that were measured with the same judgements.

    Parameters
    ----------
    first, second : Scores
        Of the same queries and measures.

    Returns
    -------
    list of Comparison
        One for each measure. The p-values are not corrected for multiple tests: decide beforehand
        which measure counts.
    """
    if first.queries != second.queries or list(first.values) != list(second.values):
        raise _errors.not_comparable(first.name, second.name)
    values_of = _stacked(first), _stacked(second)
    difference = values_of[0] - values_of[1]
    return [
        Comparison(
            measure=measure,
            difference=float(values.mean()),
            low=low,
            high=high,
            p_value=p_value,
            better=int((values > 0).sum()),
            equal=int((values == 0).sum()),
            worse=int((values < 0).sum()),
        )
        for measure, values, (low, high), p_value in zip(
            first.values, difference, intervals(difference), p_values(*values_of), strict=True
        )
    ]


def _countdown(run: Run, queries: Mapping[str, object], k: int) -> dict[str, dict[str, float]]:
    """Return the first k items of each list with scores that do not tie, as trec_eval needs."""
    counted: dict[str, dict[str, float]] = {}
    for query in queries:
        scores = counted[query] = {}
        for article in run.get(query, ())[:k]:
            if article in scores:
                raise _errors.listed_twice(query, article)
            scores[article] = float(-len(scores))
    return counted


def _stacked(scores: Scores) -> NDArray[np.float64]:
    return np.stack(list(scores.values.values()))


def _ends(interval: tuple[float, float]) -> dict[str, float | None]:
    """Return an interval for JSON, which has no NaN."""
    low, high = (None if np.isnan(end) else end for end in interval)
    return {"low": low, "high": high}
