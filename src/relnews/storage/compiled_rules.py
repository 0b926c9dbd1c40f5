"""Editors' rules, compiled for lookups: pins and exclusions of a list, ignored words.

This module does not import NumPy, so that reading a stored list does not wait for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

from relnews.results import RelatedItem, item_of
from relnews.storage.catalogue import Catalogue
from relnews.storage.rule_kinds import Rule, effects_of, parse_rules, parse_words

#: The setting with the rules.
SETTING = "rules"

#: The setting with the words that were ignored when the stored lists were made.
_IGNORED_IN_LISTS = "ignored"

#: Stands in that setting for words that went with removed articles.
_FORGOTTEN = "\ufffd"


class Exclusions:
    """The rules that exclude articles from one list.

    Parameters
    ----------
    excluded : iterable of (str, Rule)
        Articles, as ``id=…``, ``section=…``, ``tag=…`` or ``title=…``, and their rule.
    general : Exclusions, optional
        Rules for every list, looked up last.

    Attributes
    ----------
    is_empty : bool
        Whether there is no rule.
    """

    def __init__(
        self, excluded: Iterable[tuple[str, Rule]], general: Exclusions | None = None
    ) -> None:
        self._exact: dict[str, Rule] = {}
        self._titles: list[tuple[str, Rule]] = []
        self._general = general
        for articles, rule in excluded:
            if articles.startswith("title="):
                self._titles.append((articles.removeprefix("title="), rule))
            else:
                self._exact.setdefault(articles, rule)
        has_general = general is not None and not general.is_empty
        self.is_empty: bool = not (self._exact or self._titles or has_general)

    def rule_of(self, item: RelatedItem) -> Rule | None:
        """Return the first rule that excludes an article, or None.

        Parameters
        ----------
        item : RelatedItem
            The article as lists show it.
        """
        for name in _names_of(item) if self._exact else ():
            if name in self._exact:
                return self._exact[name]
        for pattern, rule in self._titles:
            if title_matches(pattern, item.title):
                return rule
        return self._general.rule_of(item) if self._general else None


#: The exclusions of an archive without rules.
NO_EXCLUSIONS = Exclusions(())


class CompiledRules:
    """All rules of an archive, laid out for lookups.

    Parameters
    ----------
    rules : sequence of Rule
        All rules in their order.
    ignored_in_lists : tuple of str, optional
        The words that were ignored when the stored lists were made.

    Attributes
    ----------
    rules : tuple of Rule
        All rules in their order.
    ignored : tuple of str
        The words that are ignored now, sorted, each once.
    ignored_in_lists : tuple of str
        The words that were ignored when the stored lists were made.
    outdates_lists : bool
        Whether other words are ignored now than when the stored lists were made.
    """

    def __init__(self, rules: Sequence[Rule], ignored_in_lists: tuple[str, ...] = ()) -> None:
        self.rules = tuple(rules)
        self.ignored_in_lists = ignored_in_lists
        ignored: set[str] = set()
        hidden: list[tuple[str, Rule]] = []
        self._pins: dict[str, list[str]] = {}
        # By the articles whose lists change. Title patterns cannot be looked up: all are tried.
        self._excluded: dict[str, list[tuple[str, Rule]]] = {}
        for rule in rules:
            effects = effects_of(rule)
            for article, other in effects.pins:
                self._pins.setdefault(article, []).append(other)
            for articles, others in effects.exclusions:
                target = hidden if articles is None else self._excluded.setdefault(articles, [])
                target.append((others, rule))
            ignored.update(effects.ignored)
        self.ignored = tuple(sorted(ignored))
        self.outdates_lists = self.ignored != ignored_in_lists
        self._titles = [name for name in self._excluded if name.startswith("title=")]
        self._hidden = Exclusions(hidden)

    @classmethod
    def of(cls, catalogue: Catalogue) -> CompiledRules:
        """Return the present rules of an archive.

        Parameters
        ----------
        catalogue : Catalogue
            Catalogue of the archive.
        """
        return catalogue.cached(cls._of_settings, SETTING, _IGNORED_IN_LISTS)

    @classmethod
    def _of_settings(cls, stored: object, ignored: object) -> CompiledRules:
        """Return the rules of the two settings."""
        rules = [] if stored is None else parse_rules(stored)
        return cls(rules, () if ignored is None else parse_words(ignored))

    def note_lists(self, catalogue: Catalogue) -> None:
        """Record that the stored lists are now made without the ignored words.

        Parameters
        ----------
        catalogue : Catalogue
            Catalogue of the archive.
        """
        if self.outdates_lists:
            catalogue.set(_IGNORED_IN_LISTS, self.ignored)

    def forget_words(self, catalogue: Catalogue, is_used: Callable[[str], bool]) -> None:
        """Drop the spelling of words that stored lists lack, and that no rule and no article has.

        A mark stays in their place, since the lists are still other ones than without the words.

        Parameters
        ----------
        catalogue : Catalogue
            Catalogue of the archive.
        is_used : callable
            Given a word, it returns whether any article has it.
        """
        words = {
            word if word in self.ignored or is_used(word) else _FORGOTTEN
            for word in self.ignored_in_lists
        }
        if words != {*self.ignored_in_lists}:
            catalogue.set(_IGNORED_IN_LISTS, sorted(words))

    @property
    def has_exclusions(self) -> bool:
        """Whether any rule excludes articles from lists."""
        return bool(self._excluded) or not self._hidden.is_empty

    def affects(self, identifier: str) -> bool:
        """Return whether a rule other than ``hide`` may change the list of this article.

        Parameters
        ----------
        identifier : str
            Id of the article.
        """
        return bool(self._excluded) or identifier in self._pins

    def pins(self, identifier: str | None) -> Sequence[str]:
        """Return the ids that are pinned to the list of an article.

        Parameters
        ----------
        identifier : str or None
            None for a draft, which has no pins.
        """
        return self._pins.get(identifier or "", ())

    def all_pins(self) -> dict[str, list[str]]:
        """Return the ids that are pinned to the list of each article that has pins."""
        return {owner: [*pins] for owner, pins in self._pins.items()}

    def pinned_to(self, identifiers: Iterable[str]) -> list[str]:
        """Return the ids of the articles to whose lists any of these articles is pinned.

        Parameters
        ----------
        identifiers : iterable of str
            Ids of pinned articles.
        """
        wanted = {*identifiers}
        return [owner for owner, pins in self._pins.items() if not wanted.isdisjoint(pins)]

    def exclusions(self, article: RelatedItem | None) -> Exclusions:
        """Return the rules that exclude articles from the list of an article.

        Parameters
        ----------
        article : RelatedItem or None
            None for the rules that hold for every list.
        """
        if article is None or not self._excluded:
            return self._hidden
        titles = (
            name
            for name in self._titles
            if title_matches(name.removeprefix("title="), article.title)
        )
        names = [*_names_of(article), *titles]
        own = [exclusion for name in names for exclusion in self._excluded.get(name, ())]
        return Exclusions(own, self._hidden) if own else self._hidden


def articles_of(
    catalogue: Catalogue, identifiers: Sequence[str], now: int | None = None
) -> dict[str, tuple[int, RelatedItem]]:
    """Return key and shown fields of articles by id, in the order of the ids.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    identifiers : sequence of str
        Ids that the archive lacks are left out.
    now : int, optional
        A timestamp. Articles under embargo or expired at that time are left out; None keeps them.
    """
    digests = catalogue.digests(identifiers) if identifiers else {}
    keys = [digests[identifier][0] for identifier in identifiers if identifier in digests]
    return {
        fields[0]: (key, item_of(fields))
        for key, fields in zip(keys, catalogue.details(keys, now), strict=True)
        if fields is not None
    }


def pinned(
    catalogue: Catalogue, rules: CompiledRules, article: RelatedItem, now: int
) -> dict[str, tuple[int, RelatedItem]]:
    """Return the pins to show in the list of an article, in order, as `articles_of` does.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    rules : CompiledRules
        Its rules.
    article : RelatedItem
        The article whose list it is.
    now : int
        A timestamp. Articles under embargo or expired at that time are left out.
    """
    pins = rules.pins(article.id)
    exclusions = rules.exclusions(article)
    return {
        identifier: (key, dataclasses.replace(item, reason=("pinned",)))
        for identifier, (key, item) in (articles_of(catalogue, pins, now) if pins else {}).items()
        if exclusions.rule_of(item) is None
    }


def title_matches(pattern: str, title: str) -> bool:
    """Return whether a pattern matches a whole title, without regard to case.

    Parameters
    ----------
    pattern : str
        ``*`` stands for any text, the empty text too.
    title : str
        Title of an article.
    """
    title = title.casefold()
    first, *others = pattern.casefold().split("*")
    if not others:
        return title == first
    *middle, last = others
    end = len(title) - len(last)
    if not title.startswith(first) or not title.endswith(last) or len(first) > end:
        return False
    place = len(first)
    for part in middle:
        place = title.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _names_of(article: RelatedItem) -> Iterator[str]:
    """Yield the names by which rules find an article, except its title."""
    yield f"id={article.id}"
    if article.section is not None:
        yield f"section={article.section}"
    for tag in article.tags:
        yield f"tag={tag}"
