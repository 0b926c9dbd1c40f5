"""Rules: reads and changes the editors' rules of an archive.

relnews applies them when it reads or makes a list, so a change holds from the next list on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from relnews import _checks, dates
from relnews._checks import shortened
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import (
    SETTING,
    CompiledRules,
    articles_of,
    title_matches,
)
from relnews.storage.rule_kinds import Effects, Rule, effects_of, parse_rules

#: The least similarity of a section or tag that is proposed, as difflib's own. There are fewer than
#: ids and titles: with their 0.75, *Ecomony* does not propose *Economy*.
_LEAST = 0.6


class RulesChange(NamedTuple):
    """One change of the rules of an archive.

    Parameters
    ----------
    before, after : tuple of Rule
        All rules.
    """

    before: tuple[Rule, ...]
    after: tuple[Rule, ...]

    @property
    def added(self) -> list[Rule]:
        """The rules that the change added."""
        return [rule for rule in self.after if rule not in self.before]

    @property
    def removed(self) -> list[Rule]:
        """The rules that the change removed."""
        return [rule for rule in self.before if rule not in self.after]

    def sentences(self, asleep: Mapping[Rule, str]) -> list[str]:
        """Return the change as sentences.

        Parameters
        ----------
        asleep : mapping of Rule to str
            Why rules have no effect; see `Rules.sleeping`.
        """
        if self.after == self.before:
            return ["No change: the rules were like this before."]
        lines = [f"added: {in_words(rule, asleep)}" for rule in self.added]
        lines += [f"removed: {rule}" for rule in self.removed]
        return lines or ["The pins have another order."]


def in_words(rule: Rule, asleep: Mapping[Rule, str]) -> str:
    """Return a rule as a sentence, with the reason why it has no effect if it has none."""
    return f"{rule} (asleep: {asleep[rule]})" if rule in asleep else f"{rule}"


class Rules:
    """The rules of an archive, in the order in which they were made; each change is durable.

    ``len(rules)``, ``rules[0]`` and ``for rule in rules`` read the present rules.

    Attributes
    ----------
    last_change : RulesChange or None
        The last change made through this object, which `revert` takes; None before the first.
        Keep the object for that: `RelatedNews.rules` is a new one each time.

    Examples
    --------
    >>> from relnews import RelatedNews
    >>> news = RelatedNews().fit([
    ...     {"id": "talks", "title": "Talks on guarantees"},
    ...     {"id": "live", "title": "Live: talks on guarantees"},
    ...     {"id": "rates", "title": "How falling rates reach borrowers"},
    ... ])
    >>> news.rules.hide("title=live: *")
    >>> news.rules.pin("talks", ["rates"])
    >>> for rule in news.rules:
    ...     print(rule)
    title=live: * is in no list
    the list of id=talks begins with id=rates
    >>> print(news.related("talks"))
    1. How falling rates reach borrowers
    """

    def __init__(self, catalogue: Catalogue, has_word: Callable[[str], bool]) -> None:
        self._catalogue = catalogue
        self._has_word = has_word
        self.last_change: RulesChange | None = None

    def __len__(self) -> int:
        return len(self._rules())

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules())

    def __getitem__(self, number: int) -> Rule:
        return self._rules()[number]

    def __repr__(self) -> str:
        return f"<Rules: {len(self):,}>"

    def pin(
        self,
        article: str,
        others: str | Iterable[str],
        *,
        place: int | None = None,
        replace: bool = False,
    ) -> None:
        """Begin the list of an article with other articles, in the order given.

        They come after the earlier pins of that list, and an article that is pinned there keeps its
        place; ``place`` and ``replace`` change that. A pin sleeps while its article is removed,
        under embargo or expired, and while another rule excludes it.

        Parameters
        ----------
        article : str
            Id of the article whose list changes.
        others : str or iterable of str
            Ids of the articles to pin.
        place : int, optional
            Number of earlier pins, without the others, that stay in front of the others.
        replace : bool, default=False
            Remove the earlier pins of that list; with an empty iterable, only remove them.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of the articles; then nothing changes.
        ValueError
            If ``article`` is among ``others``, or if there is nothing to pin or to replace.
        """
        if place is not None:
            _checks.check_integer("place", place, minimum=0, maximum=1_000_000)
        ids = _checks.distinct(others)
        _check_others("others", article, ids)
        if not ids and not replace:
            msg = "`others` is empty; give articles to pin, or `replace=True` to remove the pins."
            raise ValueError(msg)
        self._check_known([article, *ids])
        owner = f"id={article}"
        pins = [Rule("pin", owner, f"id={other}") for other in ids]

        def pinned(rules: Sequence[Rule]) -> list[Rule]:
            own = [rule for rule in rules if (rule.kind, rule.a) == ("pin", owner)]
            kept = [rule for rule in own if not replace and (place is None or rule not in pins)]
            new = [pin for pin in pins if pin not in kept]
            cut = len(kept) if place is None else place
            ordered = [*kept[:cut], *new, *kept[cut:]]
            if ordered == own:
                return [*rules]
            return [*(rule for rule in rules if rule not in own), *ordered]

        self._change(pinned)

    def block(self, article: str, other: str, *, both_ways: bool = False) -> None:
        """Exclude an article from the list of another article.

        Parameters
        ----------
        article : str
            Id of the article whose list changes.
        other : str
            Id of the article to exclude.
        both_ways : bool, default=False
            Also exclude ``article`` from the list of ``other``.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of the articles; then nothing changes.
        ValueError
            If both are the same article.
        """
        _check_others("other", article, [other])
        self._check_known([article, other])
        self.add(Rule("never" if both_ways else "block", f"id={article}", f"id={other}"))

    def never(self, articles: str, others: str) -> None:
        """Exclude two kinds of articles from each other's lists.

        Parameters
        ----------
        articles, others : str
            ``tag=…``, ``section=…``, ``title=…`` or ``id=…``; both may be the same.
        """
        self.add(Rule("never", articles, others))

    def hide(self, articles: str) -> None:
        """Exclude a kind of articles from all lists. They keep lists of their own.

        Parameters
        ----------
        articles : str
            ``tag=…``, ``section=…``, ``title=…`` or ``id=…``.
        """
        self.add(Rule("hide", articles))

    def ignore(self, *words: str) -> None:
        """Give words no weight, as if no article had them: the name of the site, for example.

        They add nothing to a similarity, alone or in a phrase of a title, and nothing to the norms
        of articles. Until `RelatedNews.store_lists` stores lists without these words, relnews
        ranks lists when they are read.

        Parameters
        ----------
        *words : str
            Each string is one word, or several words separated by spaces, which are all ignored. A
            word is compared as the words of articles are, so case and equivalent spellings do not
            matter. A word that no article has has no effect until an article has it.
        """
        single = [word for text in map(str, words) for word in text.split() or [text]]
        self.add(*(Rule("ignore", word) for word in single))

    def add(self, *rules: Rule) -> None:
        """Add rules of any kind after the others. A rule that already exists keeps its place.

        Unlike `pin` and `block`, this accepts ids that the archive lacks; such rules sleep.

        Parameters
        ----------
        *rules : Rule
            The rules to add.

        Raises
        ------
        TypeError, ValueError
            If an argument is not a valid rule; then nothing changes.
        """
        self._change(lambda kept: [*dict.fromkeys([*kept, *rules])])

    def drop(self, *rules: Rule) -> None:
        """Remove rules. Removing an unknown rule is no error.

        Parameters
        ----------
        *rules : Rule
            The rules to remove.
        """
        self._change(lambda kept: [rule for rule in kept if rule not in rules])

    def replace(self, rules: Iterable[Rule]) -> None:
        """Replace all rules, for example with the rules of another archive.

        Rules may have ids that the archive lacks; such rules sleep.

        Parameters
        ----------
        rules : iterable of Rule
            The new rules; empty to remove all rules.
        """
        new = [*dict.fromkeys(rules)]
        self._change(lambda _: new)

    def revert(self, change: RulesChange) -> None:
        """Undo a change of the rules; changes that were made since then stay, and their order.

        Parameters
        ----------
        change : RulesChange
            A `last_change`.
        """
        added, removed = {*change.added}, {*change.removed}

        def reverted(rules: Sequence[Rule]) -> list[Rule]:
            there = [rule for rule in rules if rule not in added]
            old = {*there} & {*change.before}
            moved = [rule for rule in change.after if rule in old]
            if [rule for rule in there if rule in old] == moved:  # nobody moved them since
                in_order = iter([rule for rule in change.before if rule in old])
                there = [next(in_order) if rule in old else rule for rule in there]
            place = 0  # behind the rule that was in front
            for rule in change.before:
                if rule in removed and rule not in there:
                    there.insert(place, rule)
                place = there.index(rule) + 1 if rule in there else place
            return there

        self._change(reverted)

    def sleeping(self) -> dict[Rule, str]:
        """Return the rules that have no effect now, each with the reason."""
        with self._catalogue.state_lock:
            compiled = CompiledRules.of(self._catalogue)
            effects = {rule: effects_of(rule) for rule in compiled.rules}
            ids = dict.fromkeys(name for effect in effects.values() for name in effect.ids())
            items = articles_of(self._catalogue, [*ids])
            visible = articles_of(self._catalogue, [*items], dates.now())

        @functools.cache
        def values(field: str) -> Sequence[str]:
            catalogue = self._catalogue
            return catalogue.titles() if field == "title" else catalogue.values_of(field)

        def reason(effect: Effects) -> str | None:
            for identifier in effect.ids():
                if identifier not in items:
                    near = _checks.nearest(identifier, self._catalogue.all_ids())
                    return f"{identifier!r} is not in the archive{_proposal(near)}"
            for articles in effect.articles():
                field, _, value = articles.partition("=")
                if field != "id" and (none := _none_of(field, value, values(field))):
                    return none
            for article, other in effect.pins:
                if other not in visible:
                    return f"{other!r} is under embargo, or has expired"
                (_, item), (_, other_item) = items[article], items[other]
                stronger = compiled.exclusions(item).rule_of(other_item)
                if stronger is not None:
                    return f"another rule is stronger: {stronger}"
            if effect.ignored and not any(map(self._has_word, effect.ignored)):
                return "no article has the word"
            return None

        reasons = {rule: reason(effect) for rule, effect in effects.items()}
        return {rule: why for rule, why in reasons.items() if why is not None}

    def _rules(self) -> tuple[Rule, ...]:
        return CompiledRules.of(self._catalogue).rules

    def _check_known(self, identifiers: Sequence[str]) -> None:
        self._catalogue.keys_of(identifiers)

    def _change(self, change: Callable[[Sequence[Rule]], list[Rule]]) -> None:
        with self._catalogue.transaction():
            before = [*self._rules()]
            rules = change(before)
            for rule in rules:
                _checks.check_instance("rules", rule, Rule, optional=False)
            value = [[rule.kind, rule.a, rule.b] for rule in rules]
            parse_rules(value)  # raises if a rule is wrong
            if rules != before:
                self._catalogue.set(SETTING, value)
        self.last_change = RulesChange(tuple(before), tuple(rules))


def _check_others(name: str, article: str, ids: Sequence[str]) -> None:
    """Raise ValueError if the article that a list is for is among those that it names."""
    if article in ids:
        msg = f"`{name}` must be other articles, got {shortened(article)}, which the list is for."
        raise ValueError(msg)


def _none_of(field: str, value: str, known: Sequence[str]) -> str | None:
    """Return that no article has a value, with the nearest one; None if there are some.

    Parameters
    ----------
    field : str
        ``section``, ``tag`` or ``title``.
    value : str
        The section or tag, or the pattern of titles.
    known : sequence of str
        The values of all articles.
    """
    if field != "title":
        if value in known:
            return None
        near = _checks.nearest(value, known, _LEAST)
    else:
        if any(title_matches(value, title) for title in known):
            return None
        if value.endswith("*"):  # compared with the beginnings of titles
            known = [f"{title[: len(value) - 1]}*" for title in known]
        near = _checks.nearest(value, known)
    return f"no article has the {field} {shortened(value, 200)}{_proposal(near)}"


def _proposal(near: str | None) -> str:
    return f"; did you mean {near!r}?" if near else ""


def drop_rules_of_the_gone(catalogue: Catalogue) -> list[Rule]:
    """Drop the rules that name an article that the archive lacks; return them.

    A rule names an article by its id, or by its whole title. Patterns with ``*``, sections, tags
    and words stay. To be called inside a transaction.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    """
    rules = CompiledRules.of(catalogue).rules
    effects = [effects_of(rule) for rule in rules]
    known = catalogue.digests([name for effect in effects for name in effect.ids()])
    has_titles = any(effect.titles() for effect in effects)
    titles = catalogue.titles() if has_titles else []

    def is_gone(effect: Effects) -> bool:
        return not all(name in known for name in effect.ids()) or not all(
            any(title_matches(pattern, title) for title in titles) for pattern in effect.titles()
        )

    gone = [rule for rule, effect in zip(rules, effects, strict=True) if is_gone(effect)]
    if gone:
        kept = [rule for rule in rules if rule not in gone]
        catalogue.set(SETTING, [[rule.kind, rule.a, rule.b] for rule in kept])
    return gone
