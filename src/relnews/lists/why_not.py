"""Why not: the reason why an article is not among the first k items of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from relnews._checks import counted
from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive.snapshot import Snapshot
from relnews.exceptions import UnknownArticleError
from relnews.lists.builder import ListBuilder
from relnews.lists.candidates import CandidateSource, Permitted, Source
from relnews.lists.explain import ScoredPair, score_pair
from relnews.lists.explanation import Reason, WhyNot
from relnews.lists.selector import best_scores
from relnews.lists.similarities import floor_of, floors_for, similarities
from relnews.options.list_options import ListSpec
from relnews.options.selection import FIELDS, Selection, least_steps
from relnews.results import RelatedList

#: Reasons that no rule and no selection can change.
_FINAL: tuple[Literal["itself", "embargo", "expired"], ...] = ("itself", "embargo", "expired")


def why_not(snapshot: Snapshot, a: str, b: str, k: int, spec: ListSpec) -> WhyNot:
    """Return why an article is not in the list of another article, from one ranking.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    a, b : str
        Ids; the answer is about ``b`` in the list of ``a``.
    k : int
        Number of items to look at.
    spec : ListSpec
        Options of the list.

    Raises
    ------
    UnknownArticleError
        If the archive lacks ``a``.
    """
    try:
        keys = snapshot.keys_of([a, b])
    except UnknownArticleError as error:
        snapshot.keys_of([a])
        sentence = str(error)
        return WhyNot(a, b, k, "unknown", sentence[0].upper() + sentence[1:])
    source = CandidateSource(snapshot, snapshot.view.read(keys[:1]), spec.conditions)
    pair = score_pair(snapshot, keys, source, spec.conditions)
    rules = snapshot.rules
    is_final = any(line.name in _FINAL and line.factor == 0 for line in pair.ledger)
    is_ranking = spec.selection is None and not spec.fallback and not spec.newest_first
    is_edited = rules.has_exclusions or bool(rules.pins(a))
    if is_final or (is_ranking and not is_edited):
        return _in_ranking(snapshot, source, pair, k)
    exclusions = rules.exclusions(pair.article)
    rule = exclusions.rule_of(pair.other)
    if rule is not None:
        return WhyNot(a, b, k, "rule", f"{b!r} is left out by a rule: {rule}.")
    items = ListBuilder(snapshot, spec).article(keys[0], pair.article, k, source=source)
    for listed in items:
        if listed.id == b:
            reason = "" if listed.reason == ("similar",) else f" ({', '.join(listed.reason)})"
            sentence = f"{b!r} is in the list, at rank {listed.rank:,}{reason}."
            return WhyNot(a, b, k, "listed", sentence, listed.rank, listed.score)
    if pair.rank is None:
        return _in_ranking(snapshot, source, pair, k)
    (ranked,) = source.best([0], pair.rank)
    before = [] if exclusions.is_empty else snapshot.items(ranked.key[:-1].tolist())
    rank = pair.rank - sum(exclusions.rule_of(item) is not None for item in before)
    if spec.selection is not None:
        permitted = source if exclusions.is_empty else Permitted(source, snapshot, [exclusions])
        found = _by_selection(snapshot, permitted, pair, items, spec.selection)
        if found is not None:
            return WhyNot(a, b, k, *found, rank, pair.score)
    last = items[-1].score if items else 0.0
    sentence = (
        f"{b!r} is at rank {rank:,} with a score of {round(pair.score, 6):.6f}; others are "
        f"preferred, and the list is full with {len(items):,}."
    )
    return WhyNot(a, b, k, "rank", sentence, rank, pair.score, last)


def _in_ranking(snapshot: Snapshot, source: CandidateSource, pair: ScoredPair, k: int) -> WhyNot:
    """Return the place of an article in the ranking, before rules and selection."""
    a, b = pair.article.id, pair.other.id
    if pair.rank is None:
        return WhyNot(a, b, k, *_left_out(pair), None, pair.score)
    if pair.rank <= k:
        sentence = f"{b!r} is in the list, at rank {pair.rank:,}."
        return WhyNot(a, b, k, "listed", sentence, pair.rank, pair.score)
    (ranked,) = source.best([0], k)
    last = float(ranked.score[-1])
    (last_id,) = snapshot.ids(ranked.key[-1:].tolist())
    is_tie = round(pair.score * SCORE_STEPS) == round(last * SCORE_STEPS)
    than = "the same, and is newer or has the smaller id" if is_tie else f"{last:.6f}"
    sentence = (
        f"{b!r} is at rank {pair.rank:,} with a score of {pair.score:.6f}; {last_id!r} at rank "
        f"{k:,} has {than}."
    )
    return WhyNot(a, b, k, "rank", sentence, pair.rank, pair.score, last)


def _left_out(pair: ScoredPair) -> tuple[Reason, str]:
    """Return the first reason why an article is not ranked, and a sentence about it."""
    a, b = pair.article.id, pair.other.id
    broken = {line.name: line.note for line in pair.ledger[1:] if line.factor == 0}
    for name in _FINAL:
        if name in broken:
            return name, f"{b!r} is left out: {broken[name]}."
    if not pair.ledger[0].factor:
        return "no shared term", f"{b!r} shares no term with {a!r}."
    if broken:
        notes = "; ".join(f"{name}: {note}" for name, note in broken.items())
        return "condition", f"{b!r} is left out by a condition: {notes}."
    return "score", f"{b!r} has a score of less than a millionth."


def _by_selection(
    snapshot: Snapshot, source: Source, pair: ScoredPair, items: RelatedList, selection: Selection
) -> tuple[Reason, str] | None:
    """Return why a selection excludes an article from a list, and a sentence about it."""
    item, name = pair.other, repr(pair.other.id)
    if round(pair.score, 6) < selection.min_score:
        sentence = f"{name} has a score of {pair.score:.6f}, less than {selection.min_score:g}."
        return "score", sentence
    if selection.cutoff:
        (best,) = best_scores(snapshot, source, 1, selection)
        if round(pair.score * SCORE_STEPS) < least_steps(selection.cutoff, best):
            sentence = (
                f"{name} has a score of {pair.score:.6f}, less than {100 * selection.cutoff:g} % "
                f"of the best, {best / SCORE_STEPS:.6f}."
            )
            return "cutoff", sentence
    similar = _similarities(snapshot, item.id, [pair.article.id, *items.ids])
    if selection.duplicate_threshold is not None:
        floor = floor_of(selection.duplicate_threshold)
        keys = snapshot.keys_of([item.id, pair.article.id])
        dates = snapshot.view.published(keys)
        (floor_for_article,) = floors_for(floor, dates[:1], dates[1:])
        for other, steps in similar.items():
            if steps >= (floor_for_article if other == pair.article.id else floor):
                where = (
                    ""
                    if other == pair.article.id
                    else f", which is at rank {items.ids.index(other) + 1}"
                )
                sentence = f"{name} is nearly the same as {other!r} ({steps / 1e6:.6f}){where}."
                return "duplicate", sentence
    for field in (field for field in FIELDS if field in selection.caps):
        value = getattr(item, field)
        n = sum(getattr(other, field) == value for other in items)
        if value and n >= selection.caps[field]:
            full = f"the list has {counted(n, 'item')} with the {field} {value!r}"
            return "cap", f"{name} is left out by a cap: {full}."
    if "story" in selection.caps:
        of_story = [other for other in items.ids if similar[other] >= floor_of(selection.story)]
        if of_story:
            return "cap", f"{name} is left out by a cap: {of_story[0]!r} is of the same story."
    return None


def _similarities(snapshot: Snapshot, identifier: str, others: Sequence[str]) -> dict[str, int]:
    """Return the similarity of an article to each other article, in millionths, by id."""
    keys = snapshot.keys_of([identifier, *others])
    steps = similarities(snapshot.view, np.array([keys]))[0, 0, 1:]
    return dict(zip(others, steps.tolist(), strict=True))
