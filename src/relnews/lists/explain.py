"""Explain: the terms that two articles share, the score that follows, and its rank.

All numbers are of the ranking of a snapshot: they use the word statistics of that moment, not the
statistics of the epoch that stored lists use.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from relnews._kernels.scoring import NO_DAY
from relnews.archive.snapshot import Snapshot
from relnews.dates import FOREVER, UNDATED, moment
from relnews.lists.candidates import CandidateSource
from relnews.lists.explanation import Explanation, LedgerLine
from relnews.lists.shared_terms import Parts, SharedTerm, parts_of, shared_terms
from relnews.lists.surface_forms import names
from relnews.options.conditions import ResolvedConditions
from relnews.options.list_options import ListSpec
from relnews.options.recency import Recency
from relnews.results import RelatedItem
from relnews.search.limits import days, fading_of

_MICROSECONDS_OF_A_DAY = 86_400_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class ScoredPair:
    """Score and rank of an article in the list of another article, before editors' rules.

    Parameters
    ----------
    article, other : RelatedItem
        The rank is that of ``other`` in the list of ``article``.
    parts : Parts
        What adds to the similarity.
    ledger : tuple of LedgerLine
        The factors from the similarity to the score.
    rank : int or None
        Rank of ``other`` among all articles that may be in the list; None if it may not.
    """

    article: RelatedItem
    other: RelatedItem
    parts: Parts
    ledger: tuple[LedgerLine, ...]
    rank: int | None

    @property
    def score(self) -> float:
        """The score that orders the list; higher is better."""
        return self.ledger[-1].product


def explain(snapshot: Snapshot, a: str, b: str, spec: ListSpec) -> Explanation:
    """Return the explanation of an article's place in a ranking, under editors' rules.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    a, b : str
        Ids; the place is that of ``b`` in the list of ``a``.
    spec : ListSpec
        Options of the list.

    Raises
    ------
    UnknownArticleError
        If the archive lacks one of the two.
    """
    keys = snapshot.keys_of([a, b])
    source = CandidateSource(snapshot, snapshot.view.read(keys[:1]), spec.conditions)
    pair = score_pair(snapshot, keys, source, spec.conditions)
    score, rank, ledger = pair.score, pair.rank, pair.ledger
    exclusions = snapshot.rules.exclusions(pair.article)
    rule = exclusions.rule_of(pair.other)
    if rule is not None:
        score, rank = 0.0, None
        ledger = (*ledger, LedgerLine(rule.kind, 0.0, 0.0, str(rule)))
    elif rank is not None and not exclusions.is_empty:
        (ranked,) = source.best([0], rank)
        before = snapshot.items(ranked.key[:-1].tolist())
        rank -= sum(exclusions.rule_of(item) is not None for item in before)
    similarity, terms = pair.ledger[0].product, shared_terms(snapshot, pair.parts)
    spelled = _spelled(snapshot, terms, [pair.article, pair.other])
    return Explanation(
        a, b, similarity, score, rank, terms, ledger, spelled, pair.parts.vectors
    )  # fmt: skip


def score_pair(
    snapshot: Snapshot,
    keys: Sequence[int],
    source: CandidateSource,
    conditions: ResolvedConditions | None,
) -> ScoredPair:
    """Return score and rank of an article in the list of another, before editors' rules.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    keys : sequence of int
        The article that the list is for, and the article whose rank is wanted.
    source : CandidateSource
        The ranking of the first article, as query 0.
    conditions : ResolvedConditions or None
        Conditions on the list; None means no condition.
    """
    parts = parts_of(snapshot.view, keys)
    article, other = snapshot.items(keys)
    ledger = _ledger(parts.similarity, _rules(snapshot, keys, other, conditions))
    rank = source.rank_of(0, keys[1]) if ledger[-1].product > 0 else None
    return ScoredPair(article, other, parts, ledger, rank)


def names_of(snapshot: Snapshot, a: int, b: int) -> tuple[str, ...]:
    """Return the terms that two articles share, spelled as in `Explanation.names`.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    a, b : int
        Keys of the articles.
    """
    terms = shared_terms(snapshot, parts_of(snapshot.view, [a, b]))
    return _spelled(snapshot, terms, snapshot.items([a, b]))


def _spelled(
    snapshot: Snapshot, terms: Sequence[SharedTerm], items: Sequence[RelatedItem]
) -> tuple[str, ...]:
    """Return the shared terms of two articles of one language, as the articles spell them."""
    parts = {tuple(term.term.split(" ")): term.part for term in terms}
    language = snapshot.analysis.language_of(items[0].language)
    return names(parts, [(item.title, item.dek) for item in items], language)


# --- the ledger ----------------------------------------------------------------------------------

#: Name, factor and note of a rule.
_Rule = tuple[str, float, str]


def _ledger(similarity: float, rules: Iterable[_Rule]) -> tuple[LedgerLine, ...]:
    """Return the lines of a ledger, multiplying the factors of rules."""
    lines = [LedgerLine("similarity", similarity, similarity)]
    for name, factor, note in rules:
        lines.append(LedgerLine(name, factor, lines[-1].product * factor, note))
    return tuple(lines)


def _rules(
    snapshot: Snapshot,
    keys: Sequence[int],
    item: RelatedItem,
    conditions: ResolvedConditions | None,
) -> Iterator[_Rule]:
    """Yield the factors of the score, in the order of the ledger."""
    now = snapshot.now
    published_a, published_b = snapshot.view.published(keys).tolist()
    if keys[0] == keys[1]:
        yield "itself", 0.0, "an article is not in its own list"
    if published_b > now:
        yield "embargo", 0.0, f"under embargo until {_when(published_b)}"
    expires = snapshot.expires(keys[1])
    if expires is not None and expires <= now:
        yield "expired", 0.0, f"expired {_when(expires)}"
    recency = (conditions and conditions.recency) or snapshot.view.recency
    if recency is not None:
        yield _recency(recency, published_a, published_b, now)
    if conditions is None:
        return
    yield from _window(published_a, published_b, conditions, now)
    if conditions.filters:
        yield from _fields(item, conditions)
    if conditions.exclude:
        is_excluded = item.id in conditions.exclude
        note = f"{'among' if is_excluded else 'not among'} the excluded"
        yield "exclude", _factor(not is_excluded), note


def _recency(recency: Recency, published_a: int, published_b: int, now: int) -> _Rule:
    """Return the factor of the days between two articles."""
    begin = recency.anchored(published_a, now)
    fading = fading_of(np.array([begin]), recency)
    day_a, day_b = int(fading.query_day[0]), int(days(np.array([published_b]))[0])
    if NO_DAY in (day_a, day_b):
        return "recency", fading.undated, "no date to go by"
    apart = abs(day_a - day_b)
    factor = float(fading.decay[min(apart, len(fading.decay) - 1)])
    if recency.anchor == "article":
        return "recency", factor, f"{_days(apart)} apart"
    anchor = "now" if recency.anchor == "now" else _when(begin)
    return "recency", factor, f"{_days(apart)} from {anchor}"


def _window(
    published_a: int, published_b: int, conditions: ResolvedConditions, now: int
) -> Iterator[_Rule]:
    """Yield the conditions on the date; an undated article fulfils no condition."""
    is_dated = published_b != UNDATED
    published = f"published {_when(published_b)}" if is_dated else "no date"
    if conditions.after != UNDATED:
        note = f"{published}, wanted from {_when(conditions.after)} on"
        yield "after", _factor(is_dated and published_b >= conditions.after), note
    if conditions.before != FOREVER:
        note = f"{published}, wanted before {_when(conditions.before)}"
        yield "before", _factor(is_dated and published_b < conditions.before), note
    if conditions.within is not None:
        center = now if published_a == UNDATED else published_a
        apart = abs(published_b - center)
        wanted = f"wanted within {_days(conditions.within / _MICROSECONDS_OF_A_DAY)}"
        distance = f"{_days(apart / _MICROSECONDS_OF_A_DAY)} apart" if is_dated else "no date"
        is_near = is_dated and apart <= conditions.within
        yield "within", _factor(is_near), f"{distance}, {wanted}"
    if conditions.when is not None:
        center = now if published_a == UNDATED else published_a
        is_there = published_b < center if conditions.when == "before" else published_b > center
        note = f"{published}, wanted {conditions.when} {_when(center)}"
        yield "when", _factor(is_dated and is_there), note


def _fields(item: RelatedItem, conditions: ResolvedConditions) -> Iterator[_Rule]:
    """Yield the conditions on fields."""
    for field, wanted in conditions.filters:
        value: str | tuple[str, ...] | None = getattr(item, field)
        values = () if value is None else (value,) if isinstance(value, str) else value
        is_wanted = not {*values}.isdisjoint(wanted)
        note = f"{_either(values, ', ')}, wanted {_either(wanted, ' or ')}"
        yield field, _factor(is_wanted), note


def _factor(is_fulfilled: bool) -> float:
    return 1.0 if is_fulfilled else 0.0


def _when(timestamp: int) -> str:
    date = moment(timestamp)
    assert date is not None
    return f"{str(date.replace(tzinfo=None)).removesuffix(':00')} UTC"


def _days(n: float) -> str:
    return f"{n:,.6g} {'day' if n == 1 else 'days'}"


def _either(values: Sequence[str], between: str) -> str:
    return between.join(map(repr, values)) or "none"
