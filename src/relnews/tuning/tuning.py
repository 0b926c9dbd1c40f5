"""Tuning: finds settings by cross-validation and decides whether they are better."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_integer, check_n_jobs, counted, shortened
from relnews.archive.archive import Archive
from relnews.dates import UNDATED
from relnews.options.recency import Recency
from relnews.search.weights import Weighting
from relnews.storage.compiled_rules import CompiledRules
from relnews.tuning.choices import Choice, choices
from relnews.tuning.gains import Judgements, Progress, gains
from relnews.tuning.resampling import intervals, p_values

#: Judged articles below which nothing can be told, and above which a sample is enough.
MIN_QUERIES = 40
MAX_QUERIES = 2_000

#: Parts of the judged articles; each is judged by settings that the others chose.
FOLDS = 5

#: Highest grade, as in files of judgements.
MAX_GRADE = 1_000

#: Largest p-value of a gain.
SIGNIFICANCE = 0.05

#: Query to judged article to grade: 0 is not relevant, more is better.
Labels = Mapping[str, Mapping[str, int]]

#: A method of the writer: weighting, recency, name of the build, number of threads.
Reweigh = Callable[[Weighting, Recency | None, str, int | None], object]


@dataclasses.dataclass(frozen=True, slots=True)
class Gain:
    """Gain of chosen settings over the present ones, on articles that did not choose them.

    Parameters
    ----------
    before, after : float
        Mean nDCG of the lists; higher is better.
    low, high : float
        95 % interval of the mean difference.
    p_value : float
        Of the difference.
    """

    before: float
    after: float
    low: float
    high: float
    p_value: float

    @classmethod
    def of(cls, before: NDArray[np.float64], after: NDArray[np.float64]) -> Gain:
        """Return the gain from the nDCG of each article, before and after."""
        ((low, high),) = intervals((after - before)[None])
        (p_value,) = p_values(after[None], before[None])
        return cls(float(before.mean()), float(after.mean()), low, high, p_value)

    @property
    def is_significant(self) -> bool:
        """Whether the interval is above 0."""
        return self.low > 0 and self.p_value < SIGNIFICANCE

    def __str__(self) -> str:
        difference = self.after - self.before
        return (
            f"{self.before:.4f} to {self.after:.4f}, {difference:+.4f} "
            f"[{self.low:+.4f}, {self.high:+.4f}], p = {self.p_value:.4f}"
        )


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """What tuning found.

    Parameters
    ----------
    before, after : Choice
        The settings of the archive, and the settings with the highest mean nDCG.
    now : float
        Mean nDCG under the settings of the archive.
    k : int
        Items of the judged lists.
    queries, judgements : int
        Number of judged lists and of relevant articles.
    by_query : Gain
        Every list is judged under settings that were chosen by four fifths of the others.
    by_time : Gain or None
        The lists of the newer half, judged under settings chosen by the older half; None if too
        few articles have a date.
    best : dict of str to dict of str to float
        Parameter to value to the highest mean nDCG that a setting with this value has.
    """

    before: Choice
    after: Choice
    now: float
    k: int
    queries: int
    judgements: int
    by_query: Gain
    by_time: Gain | None
    best: dict[str, dict[str, float]]

    @property
    def is_better(self) -> bool:
        """Whether the gain is significant, and not reversed on newer articles."""
        is_stable = self.by_time is None or self.by_time.after >= self.by_time.before
        return self.after != self.before and self.by_query.is_significant and is_stable

    def to_dict(self) -> dict[str, Any]:
        """Return the findings as plain JSON values."""
        return {
            **{field.name: getattr(self, field.name) for field in dataclasses.fields(self)},
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "by_query": dataclasses.asdict(self.by_query),
            "by_time": None if self.by_time is None else dataclasses.asdict(self.by_time),
            "is_better": self.is_better,
        }

    def __str__(self) -> str:
        by_time = "too few dates" if self.by_time is None else str(self.by_time)
        lines = [
            f"{counted(self.queries, 'list')}, {counted(self.judgements, 'relevant article')}, "
            f"nDCG@{self.k}",
            f"now:       {self.before}",
            f"best:      {self.after}",
            f"held out:  {self.by_query}",
            f"by time:   {by_time}",
        ]
        if self.after == self.before:
            lines.append("The present settings are the best.")
        elif not self.is_better:
            lines.append("The gain is not significant: the settings stay as they are.")
        else:
            lines.append("The gain is significant.")
        return "\n".join(lines)


class TuningOptions(TypedDict, total=False):
    """Options of `RelatedNews.tune`, by name.

    Parameters
    ----------
    k : int, default=8
        Items of the lists that are judged.
    without : iterable of (str, str), default=()
        Pairs of articles to leave out: the second one is neither judged nor listed for the first.
    apply : bool, default=True
        Whether to change the settings of the archive if the gain is significant.
    progress : callable, optional
        Gets the weightings that are ranked, and returns them. None shows nothing.
    """

    k: int
    without: Iterable[tuple[str, str]]
    apply: bool
    progress: Progress | None


def tuned(
    archive: Archive, reweigh: Reweigh, labels: Labels | None, n_jobs: int | None, *, k: int = 8,
    without: Iterable[tuple[str, str]] = (), apply: bool = True, progress: Progress | None = None,
) -> Tuning:  # fmt: skip
    """Return what tuning finds, and change the settings if they are better.

    Parameters
    ----------
    archive : Archive
        The archive.
    reweigh : callable
        Gives the archive a weighting and a recency, if the named build is still there.
    labels : mapping of str to mapping of str to int, or None
        Judgements. None takes what editors pinned to the lists of articles, with grade 1.
    n_jobs : int or None
        Number of threads that rank.
    k, without, apply, progress
        As for `TuningOptions`.

    Raises
    ------
    ArchiveChangedError
        If better settings were found, and the archive was built again, or given other settings,
        meanwhile.
    TypeError
        If labels are not judgements.
    ValueError
        If fewer than `MIN_QUERIES` articles of the archive have a relevant article in it.
    """
    check_integer("k", k, minimum=1, maximum=10_000)
    check_n_jobs(n_jobs)
    if labels is None:
        pins = CompiledRules.of(archive.catalogue).all_pins()
        labels = {article: dict.fromkeys(others, 1) for article, others in pins.items()}
    archive.refresh()
    made = archive.catalogue.setting("made")
    judgements = judgements_of(archive, labels, without)
    weighting = archive.weighting
    current = Choice(
        weighting.title_weight, weighting.title_overlap, archive.recency,
        None if archive.vectors is None else weighting.vector_weight,
    )  # fmt: skip
    tried = choices(current)
    found = gains(archive, judgements, tried, k, n_jobs, progress or iter)
    tuning = _findings(tried, found, judgements, k)
    if apply and tuning.is_better:
        chosen = tuning.after
        reweigh(chosen.weighting(weighting), chosen.recency, made, n_jobs)
    return tuning


def _findings(
    tried: Sequence[Choice], found: NDArray[np.float64], judgements: Judgements, k: int
) -> Tuning:
    """Return the findings from the nDCG of every choice for every judged article."""
    best = int(found.mean(axis=1).argmax())
    return Tuning(
        tried[0], tried[best], float(found[0].mean()), k, len(judgements.key),
        sum(sum(grade > 0 for grade in grades.values()) for grades in judgements.grades),
        Gain.of(found[0], held_out(found)), by_time(found, judgements.published),
        _best_by_value(tried, found.mean(axis=1)),
    )  # fmt: skip


def judgements_of(
    archive: Archive, labels: Labels, without: Iterable[tuple[str, str]]
) -> Judgements:
    """Return the judgements that apply to an archive, at most `MAX_QUERIES`, spread over time."""
    labels = _checked(labels)
    excluded: dict[str, set[str]] = {}
    for query, other in without:
        excluded.setdefault(str(query), set()).add(str(other))
    names = {*labels, *(name for grades in labels.values() for name in grades)}
    names |= {name for others in excluded.values() for name in others}
    catalogue = archive.catalogue
    with catalogue.read_transaction():
        keys = {name: key for name, (key, _) in catalogue.digests([*names]).items()}
        kept: dict[int, dict[int, int]] = {}
        for query, grades in labels.items():
            out = excluded.get(query, set()) | {query}
            known = {keys[a]: g for a, g in grades.items() if a in keys and a not in out}
            if query in keys and any(grade > 0 for grade in known.values()):
                kept[keys[query]] = known
        published = [UNDATED if date is None else date for date in catalogue.dates([*kept])]
    if len(kept) < MIN_QUERIES:
        msg = (
            f"tuning needs at least {MIN_QUERIES} articles with a relevant article in the archive, "
            f"got {len(kept)} from {counted(len(labels), 'judged article')}. Check that the ids "
            "are those of the archive, or judge more."
        )
        raise ValueError(msg)
    out_of = {
        keys[query]: {keys[other] for other in others if other in keys}
        for query, others in excluded.items()
        if query in keys
    }
    every = Judgements(
        np.array([*kept], dtype=np.int64), np.array(published, dtype=np.int64),
        [*kept.values()], [out_of.get(key, set()) for key in kept],
    )  # fmt: skip
    by_date = np.argsort(every.published, kind="stable")
    n = min(len(by_date), MAX_QUERIES)
    return every.take(by_date[np.linspace(0, len(by_date) - 1, n).astype(np.intp)])


def _checked(labels: Labels) -> dict[str, dict[str, int]]:
    """Return judgements with ids that are text, or raise TypeError or ValueError."""
    if not isinstance(labels, Mapping) or not all(
        isinstance(grades, Mapping) for grades in labels.values()
    ):
        msg = "`labels` must be a dict of dicts of grades such as {'a1': {'a2': 1}}, "
        msg += f"got {shortened(labels)}."
        raise TypeError(msg)
    return {
        str(query): {
            str(other): check_integer("grade", grade, minimum=-MAX_GRADE, maximum=MAX_GRADE)
            for other, grade in grades.items()
        }
        for query, grades in labels.items()
    }


def held_out(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nDCG of every list under the settings that the lists of other folds choose.

    Parameters
    ----------
    found : float64 array of shape (n_choices, n_queries)
        nDCG of every choice.
    """
    order = np.random.default_rng(0).permutation(found.shape[1])
    values = np.empty(found.shape[1])
    for fold in range(FOLDS):
        test = order[fold::FOLDS]
        train = np.setdiff1d(order, test)
        values[test] = found[found[:, train].mean(axis=1).argmax(), test]
    return values


def by_time(found: NDArray[np.float64], published: NDArray[np.int64]) -> Gain | None:
    """Return the gain on the newer half of settings that the older half chooses.

    Parameters
    ----------
    found : float64 array of shape (n_choices, n_queries)
        nDCG of every choice, the present one first.
    published : int64 array of shape (n_queries,)
        Timestamps; `UNDATED` if unknown.
    """
    dated = np.flatnonzero(published != UNDATED)
    dated = dated[np.argsort(published[dated], kind="stable")]
    older, newer = np.array_split(dated, 2)
    if len(newer) < MIN_QUERIES // 2:
        return None
    best = found[:, older].mean(axis=1).argmax()
    return Gain.of(found[0, newer], found[best, newer])


def _best_by_value(tried: Sequence[Choice], means: NDArray[np.float64]) -> dict[str, Any]:
    """Return the highest mean of each value of each parameter."""
    best: dict[str, dict[str, float]] = {}
    for choice, mean in zip(tried, means.tolist(), strict=True):
        recency = choice.recency
        values = {
            "title_weight": f"{choice.title_weight:g}",
            "title_overlap": f"{choice.title_overlap:g}",
            "half_life": "none" if recency is None else f"{recency.half_life:g}",
            "floor": "none" if recency is None else f"{recency.floor:g}",
        }
        if choice.vector_weight is not None:
            values["vector_weight"] = f"{choice.vector_weight:g}"
        for name, value in values.items():
            known = best.setdefault(name, {})
            known[value] = max(known.get(value, 0.0), mean)
    return best
