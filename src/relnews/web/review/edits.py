"""Edits: what the review page reads of an archive, and the rules that it changes and restores."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relnews.export.text import date_of, title_of
from relnews.related import RelatedNews
from relnews.results import SIMILAR, RelatedItem, items_of
from relnews.storage import titles
from relnews.storage.compiled_rules import CompiledRules, Exclusions
from relnews.storage.rule_kinds import Rule, effects_of
from relnews.storage.rules import Rules, RulesChange, in_words

#: Articles that a search returns.
_N_FOUND = 20

#: Names that an item shares with the article, for its reason.
_N_NAMES = 3


class Edits:
    """An archive that an editor reviews. Calls wait for each other.

    Every change of the rules is one transaction. Answers are JSON values.

    Parameters
    ----------
    folder : Path
        Folder of the archive.
    """

    def __init__(self, folder: Path) -> None:
        self._news = RelatedNews.open(folder)
        self._name = folder.name
        self._lock = threading.Lock()
        self._changes: list[RulesChange] = []

    def find(self, words: str) -> dict[str, Any]:
        """Return the articles that a search finds: by id, by title or address, by words of titles.

        Parameters
        ----------
        words : str
            What the editor looks for.
        """
        catalogue = self._news.archive_.catalogue
        with self._lock, catalogue.read_transaction():
            key = catalogue.key_of(words)
            keys = [] if key is None else [key]
            keys += titles.named(catalogue, words) or titles.with_words(catalogue, [words])
            is_near = not keys
            keys = [*dict.fromkeys(keys or titles.nearest(catalogue, [words]))]
            found = [shown for shown in catalogue.details(keys[:_N_FOUND]) if shown is not None]
            articles = [_article(item) for item in items_of(found)]
        return {"articles": articles, "n": len(keys), "near": is_near}

    def list_of(self, identifier: str, k: int) -> dict[str, Any]:
        """Return the list of an article as readers see it, with reasons, and the rules about it.

        Parameters
        ----------
        identifier : str
            Id of the article.
        k : int
            Maximum number of items.

        Raises
        ------
        UnknownArticleError
            If the archive lacks the article.
        """
        with self._lock:
            news = self._news
            related = news.related(identifier, k)
            with_names = news.related(identifier, k, mentions=_N_NAMES)
            named = {item.id: item.mentions for item in with_names}
            catalogue = news.archive_.catalogue
            _, shown = catalogue.article(identifier)
            (article,) = items_of([shown])
            compiled = CompiledRules.of(catalogue)
            asleep = news.rules.sleeping()
            return {
                "archive": self._name,
                "article": _article(article),
                "pins": [*compiled.pins(identifier)],
                "items": [
                    _article(item)
                    | {"score": item.score, "reason": _reason(item, named.get(item.id, ()))}
                    for item in related
                ],
                "rules": [
                    {"kind": rule.kind, "a": rule.a, "b": rule.b, "text": in_words(rule, asleep)}
                    for rule in compiled.rules
                    if _is_about(rule, article)
                ],
                "undo": bool(self._changes),
            }

    def why_not(self, identifier: str, other: str, k: int) -> dict[str, Any]:
        """Return why an article is not among the first k items of a list, as a sentence."""
        with self._lock:
            return {"said": str(self._news.why_not(identifier, other, k))}

    def pin(self, identifier: str, other: str, place: int) -> dict[str, Any]:
        """Pin an article to a place of a list, or move its pin there; return what changed."""
        return self._change(lambda rules: rules.pin(identifier, other, place=place))

    def block(self, identifier: str, other: str) -> dict[str, Any]:
        """Exclude an article from a list; return what changed."""
        return self._change(lambda rules: rules.block(identifier, other))

    def drop(self, kind: str, a: str, b: str) -> dict[str, Any]:
        """Remove a rule; return what changed."""
        return self._change(lambda rules: rules.drop(Rule(kind, a, b)))

    def undo(self) -> dict[str, Any]:
        """Revert the last change that was made here and not undone; return what changed."""
        with self._lock:
            if not self._changes:
                return {"said": "Nothing to undo."}
            rules = self._news.rules
            rules.revert(self._changes[-1])
            self._changes.pop()
            return _said(rules)

    def _change(self, change: Callable[[Rules], None]) -> dict[str, Any]:
        with self._lock:
            rules = self._news.rules
            change(rules)
            made = rules.last_change
            if made is not None and made.before != made.after:
                self._changes.append(made)
            return _said(rules)


def _said(rules: Rules) -> dict[str, Any]:
    assert rules.last_change is not None
    return {"said": "; ".join(rules.last_change.sentences(rules.sleeping()))}


def _article(item: RelatedItem) -> dict[str, Any]:
    """Return the fields of an article that the page shows."""
    return {
        "id": item.id, "title": title_of(item), "date": date_of(item),
        "section": item.section or "", "language": item.language or "",
    }  # fmt: skip


def _reason(item: RelatedItem, names: tuple[str, ...]) -> str:
    """Return why an item is in its list."""
    reason = ", ".join(item.reason)
    if item.reason == SIMILAR and names:
        reason = f"both mention {', '.join(names)}"
    copies = len(item.near_duplicates)
    return f"{reason}; stands for {copies:,} near-duplicates" if copies else reason


def _is_about(rule: Rule, article: RelatedItem) -> bool:
    """Return whether a rule may change the list of an article."""
    effects = effects_of(rule)
    return (
        bool(effects.ignored)
        or any(owner == article.id for owner, _ in effects.pins)
        or any(
            owner is None or Exclusions([(owner, rule)]).rule_of(article) is not None
            for owner, _ in effects.exclusions
        )
    )
