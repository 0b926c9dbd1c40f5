"""Why not: why an article is not among the first k of the list of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from relnews._checks import unknown_article
from relnews._kernels.scoring import SCORE_STEPS
from relnews.archive.snapshot import Snapshot
from relnews.lists.builder import ListBuilder
from relnews.lists.candidates import CandidateSource
from relnews.lists.explain import ScoredPair, score_pair
from relnews.lists.explanation import Reason, WhyNot
from relnews.lists.similarities import Similarities, floor_of
from relnews.options.list_options import ListSpec
from relnews.options.selection import FIELDS, Selection
from relnews.results import RelatedList

#: Reasons that hold whatever rules and a selection say.
_FINAL = ("itself", "embargo", "expired")


def why_not(snapshot: Snapshot, a: str, b: str, k: int, spec: ListSpec) -> WhyNot:
    """Say why an article is not in the list of another, from one ranking.

    Parameters
    ----------
    snapshot : Snapshot
    a, b : str
        Ids; ``b`` is looked for in the list of ``a``.
    k : int
    spec : ListSpec

    Raises
    ------
    UnknownArticleError
        If the archive lacks ``a``.
    """
    (key,) = snapshot.keys_of([a])
    if not snapshot.has(b):
        sentence = str(unknown_article(b, snapshot.all_ids()))
        return WhyNot(a, b, k, "unknown", sentence[0].upper() + sentence[1:])
    keys = snapshot.keys_of([a, b])
    source = CandidateSource.of_articles(snapshot, [key], spec.conditions)
    pair = score_pair(snapshot, keys, source, spec.conditions)
    verdict = _in_ranking(snapshot, source, pair, k)
    rules = snapshot.rules
    is_ranking = spec.selection is None and not spec.fallback and not spec.newest_first
    is_edited = rules.has_exclusions or bool(rules.pins(a))
    if verdict.reason in _FINAL or (is_ranking and not is_edited):
        return verdict
    exclusions = rules.exclusions(pair.article)
    rule = exclusions.rule_of(pair.other)
    if rule is not None:
        return WhyNot(a, b, k, "rule", f"{b!r} is left out by a rule: {rule}.")
    made = ListBuilder(snapshot, spec).article(key, pair.article, k, source=source)
    for listed in made:
        if listed.id == b:
            reason = "" if listed.reason == ("similar",) else f" ({', '.join(listed.reason)})"
            sentence = f"{b!r} is in the list, at rank {listed.rank:,}{reason}."
            return WhyNot(a, b, k, "listed", sentence, listed.rank, listed.score)
    if pair.rank is None:
        return verdict
    (ranked,) = source.best([0], pair.rank)
    before = snapshot.items(ranked.key[:-1].tolist()) if exclusions else []
    rank = pair.rank - sum(exclusions.rule_of(item) is not None for item in before)
    if spec.selection is not None:
        found = _by_selection(snapshot, pair, made, spec.selection)
        if found is not None:
            return WhyNot(a, b, k, *found, rank, pair.score)
    last = made[-1].score if made else 0.0
    sentence = (
        f"{b!r} is at rank {rank:,} with a score of {round(pair.score, 6):.6f}; others are "
        f"preferred, and the list is full with {len(made):,}."
    )
    return WhyNot(a, b, k, "rank", sentence, rank, pair.score, last)


def _in_ranking(snapshot: Snapshot, source: CandidateSource, pair: ScoredPair, k: int) -> WhyNot:
    """Say where an article is in the ranking, rules and selection aside."""
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
    hidden: tuple[Literal["itself", "embargo", "expired"], ...] = ("itself", "embargo", "expired")
    for name in hidden:
        if name in broken:
            return name, f"{b!r} is left out: {broken[name]}."
    if not pair.terms:
        return "no shared term", f"{b!r} shares no term with {a!r}."
    if broken:
        notes = "; ".join(f"{name}: {note}" for name, note in broken.items())
        return "condition", f"{b!r} is left out by a condition: {notes}."
    return "score", f"{b!r} has a score of less than a millionth."


def _by_selection(
    snapshot: Snapshot, pair: ScoredPair, made: RelatedList, given: Selection
) -> tuple[Reason, str] | None:
    """Return why a selection leaves an article out of a list, and a sentence about it."""
    item, name = pair.other, repr(pair.other.id)
    if round(pair.score, 6) < given.min_score:
        sentence = f"{name} has a score of {pair.score:.6f}, less than {given.min_score:g}."
        return "score", sentence
    similar = _similarities(snapshot, item.id, [pair.article.id, *made.ids])
    if given.duplicate_threshold is not None:
        for other, steps in similar.items():
            if steps >= floor_of(given.duplicate_threshold):
                where = (
                    ""
                    if other == pair.article.id
                    else f", which is at rank {made.ids.index(other) + 1}"
                )
                sentence = f"{name} is nearly the same as {other!r} ({steps / 1e6:.6f}){where}."
                return "duplicate", sentence
    for field in (field for field in FIELDS if field in given.caps):
        value = getattr(item, field)
        n = sum(getattr(other, field) == value for other in made)
        if value and n >= given.caps[field]:
            return "cap", f"{name} is left out by a cap: {n:,} items have the {field} {value!r}."
    if "story" in given.caps:
        of_story = [other for other in made.ids if similar[other] >= floor_of(given.story)]
        if of_story:
            return "cap", f"{name} is left out by a cap: {of_story[0]!r} is of the same story."
    return None


def _similarities(snapshot: Snapshot, identifier: str, others: Sequence[str]) -> dict[str, int]:
    """Return how similar an article is to others, in millionths, by id."""
    keys = snapshot.keys_of([identifier, *others])
    steps = Similarities(snapshot.view, np.array(keys)).between(slice(0, 1), slice(1, len(keys)))
    return dict(zip(others, steps[0].tolist(), strict=True))
