"""Verdicts: what rules and a selection have to do with an article's being in a list or not."""

from __future__ import annotations

import dataclasses

import numpy as np

from relnews.archive.archive import Archive
from relnews.lists import explain
from relnews.lists.builder import Desk
from relnews.lists.explain import Explanation, LedgerLine, WhyNot
from relnews.lists.near_duplicates import Candidates, floor_of
from relnews.options.list_options import Plan
from relnews.options.selection import FIELDS, Selection
from relnews.results import RelatedItem, RelatedList, item_of
from relnews.storage.rules import Bars, Book, articles_of

#: Reasons that stand whatever rules and a selection say.
_FINAL = ("unknown", "itself", "embargo", "expired")

#: Reasons of what is not in the ranking at all.
_UNRANKED = ("no shared term", "condition", "score")


def explanation_of(archive: Archive, a: str, b: str, plan: Plan) -> Explanation:
    """Explain the place of an article in the ranking for another, rules included.

    Parameters
    ----------
    archive : Archive
    a, b : str
        Ids; that of the list, and the one that is looked for in it.
    plan : Plan

    Raises
    ------
    UnknownArticleError
        If the archive lacks one of them.
    """
    found = explain.explanation_of(archive, a, b, plan.conditions)
    bars, item = _bars(archive, a, b)
    rule = bars.rule_of(item)
    if rule is not None:
        line = LedgerLine(rule.kind, 0.0, 0.0, str(rule))
        return dataclasses.replace(found, score=0.0, rank=None, ledger=(*found.ledger, line))
    if found.rank is None or not bars:
        return found
    with archive.locked():
        (key, _) = articles_of(archive.catalogue, [a])[a]
    (ranked,) = archive.rank_articles([key], found.rank, plan.conditions)
    before = ranked.key[:-1].tolist()
    with archive.locked():
        details = archive.catalogue.details(before)
    barred = sum(bars.rule_of(item_of(about)) is not None for about in details if about is not None)
    return dataclasses.replace(found, rank=found.rank - barred)


def reason_of(desk: Desk, a: str, b: str, k: int, plan: Plan) -> WhyNot:
    """Say why an article is not in the list of another.

    Parameters
    ----------
    desk : Desk
    a, b : str
        Ids; that of the list, and the one that is looked for in it.
    k : int
    plan : Plan

    Raises
    ------
    UnknownArticleError
        If the archive lacks ``a``.
    """
    archive = desk.archive
    plain = explain.reason_of(archive, a, b, k, plan.conditions)
    is_ranking = plan.selection is None and not plan.fallback and not plan.newest_first
    if plain.reason in _FINAL or (is_ranking and not _is_edited(archive, a)):
        return plain
    found = explanation_of(archive, a, b, plan)
    bars, item = _bars(archive, a, b)
    rule = bars.rule_of(item)
    if rule is not None:
        return WhyNot(a, b, k, "rule", f"{b!r} is left out by a rule: {rule}.")
    made = desk.article(a, k, plan)
    for listed in made:
        if listed.id == b:
            why = "" if listed.reason == ("similar",) else f" ({', '.join(listed.reason)})"
            sentence = f"{b!r} is in the list, at rank {listed.rank:,}{why}."
            return WhyNot(a, b, k, "listed", sentence, listed.rank, listed.score)
    if plain.reason in _UNRANKED:
        return plain
    score = round(found.score, 6)
    if plan.selection is not None:
        verdict = _selected(archive, item, found, made, plan.selection)
        if verdict is not None:
            reason, sentence = verdict
            return WhyNot(a, b, k, reason, sentence, found.rank, found.score)
    last = made[-1].score if made else 0.0
    sentence = (
        f"{b!r} is at rank {found.rank:,} with a score of {score:.6f}; others are preferred, and "
        f"the list is full with {len(made):,}."
    )
    return WhyNot(a, b, k, "rank", sentence, found.rank, found.score, last)


def _selected(
    archive: Archive, item: RelatedItem, found: Explanation, made: RelatedList, given: Selection
) -> tuple[explain.Reason, str] | None:
    """Return what of a selection keeps an article out of a list, and a sentence of it."""
    name = repr(item.id)
    if round(found.score, 6) < given.min_score:
        sentence = f"{name} has a score of {found.score:.6f}, less than {given.min_score:g}."
        return "score", sentence
    similar = _similarities(archive, item.id, [found.a, *made.ids])
    if given.duplicates is not None:
        for other, steps in similar.items():
            if steps >= floor_of(given.duplicates):
                where = (
                    "" if other == found.a else f", which is at rank {made.ids.index(other) + 1}"
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


def _similarities(archive: Archive, identifier: str, others: list[str]) -> dict[str, int]:
    """Return how similar an article is to others, in millionths, by id."""
    with archive.locked():
        view = archive.index.view()
        keys = [key for key, _ in articles_of(archive.catalogue, [identifier, *others]).values()]
    similar = Candidates(view, np.array(keys)).similarities(slice(0, 1), slice(1, len(keys)))
    return dict(zip(others, similar[0].tolist(), strict=True))


def _bars(archive: Archive, a: str, b: str) -> tuple[Bars, RelatedItem]:
    """Return what keeps articles out of the list of one, and what is shown of another."""
    catalogue = archive.catalogue
    with archive.locked():
        found = articles_of(catalogue, [a, b])
        return Book.of(catalogue).bars(found[a][1]), found[b][1]


def _is_edited(archive: Archive, a: str) -> bool:
    """Say whether rules make a list another one than the ranking."""
    with archive.locked():
        book = Book.of(archive.catalogue)
        return book.has_bars or bool(book.pins(a))
