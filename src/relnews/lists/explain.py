"""Explain: what two articles share, how that becomes a score, and why one is not in a list.

All of it is of the ranking of now: the word statistics of this moment, not those that stored lists
are made with.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np

from relnews import _checks, dates
from relnews._kernels.scoring import NO_DAY, SCORE_STEPS
from relnews.archive.archive import Archive
from relnews.archive.limits import limits_of
from relnews.archive.live_segment import View
from relnews.dates import FOREVER, UNDATED, moment
from relnews.lists.shared_terms import SharedTerm, shared_terms
from relnews.lists.surface_forms import names
from relnews.options.conditions import ResolvedConditions
from relnews.options.recency import Recency
from relnews.results import RelatedItem, item_of
from relnews.search.segment import days
from relnews.storage import integrity

#: Shared terms that a table shows.
_SHOWN = 12

#: A list is looked through for an article: so many items first, then so many times more.
_FIRST_LOOK = 64
_NEXT_LOOK = 8

_MICROSECONDS_OF_A_DAY = 86_400_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class LedgerLine:
    """A rule on the way from the similarity to the score.

    Parameters
    ----------
    name : str
        ``similarity``, which the ledger starts from; ``recency``; a condition that was given
        (``after``, ``before``, ``within``, ``only``, ``exclude``, or the field that ``where`` asks
        for); what keeps an article out of every list: ``embargo``, ``expired``, and ``itself``; or
        an editor's rule: ``block``, ``never``, ``hide``.
    factor : float
        The similarity itself in the first line; 0 where a rule leaves the article out.
    product : float
        Of this factor and all before it.
    note : str
        What the rule looked at.
    """

    name: str
    factor: float
    product: float
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """Why an article has the score, and the rank, that it has in the list of another.

    Parameters
    ----------
    a, b : str
        Ids: ``b`` is looked for in the list of ``a``.
    similarity : float
        The item of a list has it rounded to 6 decimals.
    score : float
        What the list is ordered by; rounded in the item, too.
    rank : int or None
        Place of ``b`` among all articles that may be in the list of ``a``; None if it may not.
    terms : tuple of SharedTerm
        Largest part first. The parts add up to the similarity.
    ledger : tuple of LedgerLine
        From the similarity to the score, rule by rule.
    names : tuple of str
        The shared terms as the two articles spell them, strongest first; what stands next to each
        other in the title or dek of both is one phrase.
    """

    a: str
    b: str
    similarity: float
    score: float
    rank: int | None
    terms: tuple[SharedTerm, ...]
    ledger: tuple[LedgerLine, ...]
    names: tuple[str, ...]

    def reader_line(self, n: int = 3, *, lead: str = "Both mention: ") -> str:
        """Return a line for readers, such as "Both mention: NATO, security guarantees, Rutte".

        Parameters
        ----------
        n : int, default=3
            How many of the names; the strongest.
        lead : str, default="Both mention: "
            What it begins with.

        Returns
        -------
        str
            Plain text, not escaped for HTML; empty if the articles share no term.
        """
        _checks.check_integer("n", n, minimum=1)
        return lead + ", ".join(self.names[:n]) if self.names else ""

    def to_dict(self) -> dict[str, object]:
        """Return the explanation as plain JSON values."""
        return {
            "a": self.a,
            "b": self.b,
            "similarity": self.similarity,
            "score": self.score,
            "rank": self.rank,
            "terms": [dataclasses.asdict(term) for term in self.terms],
            "ledger": [dataclasses.asdict(line) for line in self.ledger],
            "names": list(self.names),
        }

    def __str__(self) -> str:
        rank = "in no list" if self.rank is None else f"rank {self.rank:,}"
        return f"{self._table_of_terms()}\n\n{self._table_of_rules()}\n\n{rank}"

    def _table_of_terms(self) -> str:
        if not self.terms:
            return "no shared term"
        rows = [
            (one.term, f"{one.part:.6f}", _times(one.tf_a, one.in_title_a),
             _times(one.tf_b, one.in_title_b), f"{one.idf:.3f}", f"{one.df:,}")
            for one in self.terms[:_SHOWN]
        ]  # fmt: skip
        others = self.terms[_SHOWN:]
        if others:
            part = math.fsum(one.part for one in others)
            rows.append((f"… {len(others):,} more", f"{part:.6f}", "", "", "", ""))
        return _aligned([("shared term", "part", "in a", "in b", "idf", "df"), *rows])

    def _table_of_rules(self) -> str:
        rows = [
            (one.name, f"{one.factor:.6f}", f"{one.product:.6f}", one.note) for one in self.ledger
        ]
        return _aligned([("rule", "factor", "product", ""), *rows], notes=True)


#: Why an article is not among the k, or ``listed`` if it is.
Reason = Literal[
    "unknown", "itself", "embargo", "expired", "rule", "no shared term", "condition", "score",
    "duplicate", "cap", "rank", "listed",
]  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class WhyNot:
    """Why an article is not among the first k of another's list.

    Parameters
    ----------
    a, b : str
        Ids: ``b`` is looked for in the list of ``a``.
    k : int
    reason : str
        ``unknown``: not in the archive; ``itself``; ``embargo``; ``expired``; ``no shared term``;
        ``rule``: an editor keeps it out; ``condition``: one leaves it out; ``score``: below a
        millionth, or the least score of a selection; ``duplicate``: nearly the same as the article
        or an item; ``cap``: the list has enough of the kind; ``rank``: others are preferred;
        ``listed``: it is in the list.
    sentence : str
        The same in words.
    rank : int or None
        Place of ``b`` among all articles that may be in the list; None if it may not.
    score : float
    last : float or None
        The score of the k-th, if k others are preferred.
    """

    a: str
    b: str
    k: int
    reason: Reason
    sentence: str
    rank: int | None = None
    score: float = 0.0
    last: float | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the answer as plain JSON values."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        return self.sentence


# --- explain -------------------------------------------------------------------------------------


def explanation_of(
    archive: Archive, a: str, b: str, conditions: ResolvedConditions | None
) -> Explanation:
    """Explain the place of an article in the list of another, under the statistics of now.

    Parameters
    ----------
    archive : Archive
    a, b : str
        Ids of articles; that of the list, and the one that is looked for in it.
    conditions : ResolvedConditions or None

    Raises
    ------
    UnknownArticleError
        If the archive lacks one of them.
    """
    keys = archive.keys_of([a, b])
    index = archive.index
    with archive.locked(), integrity.damage_in(archive.catalogue.folder or ":memory:"):
        view, generation = index.view(), index.generation
        terms = shared_terms(view, keys, index.vocabulary, index.statistics.document_frequency)
    similarity = min(math.fsum(term.part for term in terms), 1.0)
    ledger = _ledger(similarity, _rules(archive, view, keys, b, conditions))
    score = ledger[-1].product
    rank = _rank(archive, keys, conditions) if score > 0 else None
    if archive.index is not index or index.generation != generation:
        # The rank is of another state than the score.
        raise integrity.archive_changed()
    shared_names = _names(archive, terms, _items(archive, keys))
    return Explanation(a, b, similarity, score, rank, terms, ledger, shared_names)


def names_of(archive: Archive, a: int, b: int) -> tuple[str, ...]:
    """Return what two articles share, as `Explanation.names` has it.

    Parameters
    ----------
    archive : Archive
    a, b : int
        Keys.
    """
    index = archive.index
    with archive.locked(), integrity.damage_in(archive.catalogue.folder or ":memory:"):
        frequency = index.statistics.document_frequency
        terms = shared_terms(index.view(), [a, b], index.vocabulary, frequency)
        items = _items(archive, [a, b])
    return _names(archive, terms, items)


def _names(
    archive: Archive, terms: Sequence[SharedTerm], items: Sequence[RelatedItem]
) -> tuple[str, ...]:
    """Return the shared terms of two articles, which are in one language, as they spell them."""
    parts = {tuple(term.term.split(" ")): term.part for term in terms}
    language = archive.analysis.language_of(items[0].language)
    return names(parts, [(item.title, item.dek) for item in items], language)


def _items(archive: Archive, keys: Sequence[int]) -> list[RelatedItem]:
    """Return what lists show of articles."""
    details = archive.catalogue.details(keys)
    return [item_of(about) for about in details if about]


def _rank(
    archive: Archive, keys: Sequence[int], conditions: ResolvedConditions | None
) -> int | None:
    """Return the place of the second article in the list of the first, however far down it is."""
    query, wanted = keys
    k = _FIRST_LOOK
    while True:
        (ranked,) = archive.rank_articles([query], k, conditions)
        places = np.flatnonzero(ranked.key == wanted)
        if len(places):
            return int(places[0]) + 1
        if len(ranked.key) < k:
            return None
        k *= _NEXT_LOOK


# --- the ledger ----------------------------------------------------------------------------------

#: Name, factor and note of a rule.
_Rule = tuple[str, float, str]


def _ledger(similarity: float, rules: Iterable[_Rule]) -> tuple[LedgerLine, ...]:
    """Multiply the factors of rules, line by line."""
    lines = [LedgerLine("similarity", similarity, similarity)]
    for name, factor, note in rules:
        lines.append(LedgerLine(name, factor, lines[-1].product * factor, note))
    return tuple(lines)


def _rules(
    archive: Archive, view: View, keys: Sequence[int], b: str, conditions: ResolvedConditions | None
) -> Iterator[_Rule]:
    """Yield what is multiplied with the similarity, in the order in which it is told."""
    catalogue = archive.catalogue
    now = dates.now()
    published_a, published_b = view.published(keys).tolist()
    if keys[0] == keys[1]:
        yield "itself", 0.0, "an article is not in its own list"
    if published_b > now:
        yield "embargo", 0.0, f"under embargo until {_when(published_b)}"
    expires = catalogue.expiries().get(keys[1])
    if expires is not None and expires <= now:
        yield "expired", 0.0, f"expired {_when(expires)}"
    conditions = archive.with_recency(conditions or ResolvedConditions.of({}))
    if conditions.recency is not None:
        yield _recency(archive, view, keys, conditions, conditions.recency, now)
    yield from _window(published_a, published_b, conditions, now)
    if conditions.filters:
        (item,) = _items(archive, keys[1:])
        yield from _fields(item, conditions)
    if conditions.exclude:
        is_excluded = b in conditions.exclude
        note = f"{'among' if is_excluded else 'not among'} the excluded"
        yield "exclude", _factor(not is_excluded), note


def _recency(
    archive: Archive, view: View, keys: Sequence[int], conditions: ResolvedConditions,
    recency: Recency, now: int,
) -> _Rule:  # fmt: skip
    limits = limits_of(conditions, keys[:1], view.published(keys[:1]), now, archive.catalogue)
    dates = np.append(limits.published, view.published(keys[1:]))
    day_a, day_b = days(dates).tolist()
    if NO_DAY in (day_a, day_b):
        return "recency", limits.undated, "no date to go by"
    apart = abs(day_a - day_b)
    factor = float(limits.decay[min(apart, len(limits.decay) - 1)])
    if recency.anchor == "article":
        return "recency", factor, f"{_days(apart)} apart"
    anchor = "now" if recency.anchor == "now" else _when(int(limits.published[0]))
    return "recency", factor, f"{_days(apart)} from {anchor}"


def _window(
    published_a: int, published_b: int, conditions: ResolvedConditions, now: int
) -> Iterator[_Rule]:
    """Yield the conditions on the date; an article without one fulfils none."""
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
        got = () if value is None else (value,) if isinstance(value, str) else value
        is_wanted = not {*got}.isdisjoint(wanted)
        yield field, _factor(is_wanted), f"{_either(got, ', ')}, wanted {_either(wanted, ' or ')}"


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


# --- why not -------------------------------------------------------------------------------------


def reason_of(
    archive: Archive, a: str, b: str, k: int, conditions: ResolvedConditions | None
) -> WhyNot:
    """Say why an article is not among the first k of another's list, under the statistics of now.

    Parameters
    ----------
    archive : Archive
    a, b : str
        Ids; that of the list, and the one that is looked for in it.
    k : int
    conditions : ResolvedConditions or None

    Raises
    ------
    UnknownArticleError
        If the archive lacks ``a``.
    """
    (key,) = archive.keys_of([a])
    if archive.catalogue.key_of(b) is None:
        sentence = str(_checks.unknown_article(b, archive.catalogue.all_ids()))
        return WhyNot(a, b, k, "unknown", sentence[0].upper() + sentence[1:])
    found = explanation_of(archive, a, b, conditions)
    if found.rank is None:
        return WhyNot(a, b, k, *_left_out(found), None, found.score)
    if found.rank <= k:
        sentence = f"{b!r} is in the list, at rank {found.rank:,}."
        return WhyNot(a, b, k, "listed", sentence, found.rank, found.score)
    (ranked,) = archive.rank_articles([key], k, conditions)
    if len(ranked.key) < k:
        raise integrity.archive_changed()
    last = float(ranked.score[-1])
    (last_id,) = archive.catalogue.ids(ranked.key[-1:].tolist())
    is_tie = round(found.score * SCORE_STEPS) == round(last * SCORE_STEPS)
    than = "the same, and is newer or has the smaller id" if is_tie else f"{last:.6f}"
    sentence = (
        f"{b!r} is at rank {found.rank:,} with a score of {found.score:.6f}; {last_id!r} at rank "
        f"{k:,} has {than}."
    )
    return WhyNot(a, b, k, "rank", sentence, found.rank, found.score, last)


def _left_out(found: Explanation) -> tuple[Reason, str]:
    """Return the first reason why an article is in no list, and a sentence of it."""
    broken = {line.name: line.note for line in found.ledger[1:] if line.factor == 0}
    hidden: tuple[Literal["itself", "embargo", "expired"], ...] = ("itself", "embargo", "expired")
    for name in hidden:
        if name in broken:
            return name, f"{found.b!r} is left out: {broken[name]}."
    if not found.terms:
        return "no shared term", f"{found.b!r} shares no term with {found.a!r}."
    if broken:
        notes = "; ".join(f"{name}: {note}" for name, note in broken.items())
        return "condition", f"{found.b!r} is left out by a condition: {notes}."
    return "score", f"{found.b!r} has a score of less than a millionth."


def _times(tf: int, in_title: bool) -> str:
    """Return how often a text has a term, and whether the title has it."""
    return " + ".join([f"{tf}"] * (tf > 0) + ["title"] * in_title)


def _aligned(rows: Sequence[Sequence[str]], *, notes: bool = False) -> str:
    """Return rows as columns: names on the left, then numbers, and notes last."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:], strict=True)]
        if notes:
            cells[-1] = numbers[-1]
        lines.append("  ".join([f"{name:<{widths[0]}}", *cells]).rstrip())
    return "\n".join(lines)
