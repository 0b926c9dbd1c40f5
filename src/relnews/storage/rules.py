"""Rules: reads and changes the editors' rules of an archive.

relnews applies them when it reads or makes a list, so a change holds from the next list on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

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


class Rules:
    """The rules of an archive, in the order in which they were made; each change is durable.

    ``len(rules)``, ``rules[0]`` and ``for rule in rules`` read the present rules.

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

    def __len__(self) -> int:
        return len(self._rules())

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules())

    def __getitem__(self, number: int) -> Rule:
        return self._rules()[number]

    def __repr__(self) -> str:
        return f"<Rules: {len(self):,}>"

    def pin(self, article: str, others: str | Iterable[str]) -> None:
        """Begin the list of an article with other articles, in the order given.

        They replace the earlier pins of that list; an empty iterable removes the pins. A pin sleeps
        while its article is removed, under embargo or expired, and while another rule excludes it.

        Parameters
        ----------
        article : str
            Id of the article whose list changes.
        others : str or iterable of str
            Ids of the articles to pin.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of the articles; then nothing changes.
        ValueError
            If ``article`` is among ``others``.
        """
        ids = [others] if isinstance(others, str) else [*dict.fromkeys(map(str, others))]
        if article in ids:
            msg = (
                f"`others` must be other articles, got {shortened(article)}, which the list is for."
            )
            raise ValueError(msg)
        self._check_known([article, *ids])
        pins = [Rule("pin", f"id={article}", f"id={other}") for other in ids]

        def change(rules: Sequence[Rule]) -> list[Rule]:
            before = [rule for rule in rules if rule.kind == "pin" and rule.a == f"id={article}"]
            if before == pins:
                return [*rules]
            return [*(rule for rule in rules if rule not in before), *pins]

        self._change(change)

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
        """
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

    def sleeping(self) -> dict[Rule, str]:
        """Return the rules that have no effect now, each with the reason."""
        with self._catalogue.state_lock:
            compiled = CompiledRules.of(self._catalogue)
            effects = {rule: effects_of(rule) for rule in compiled.rules}
            ids = dict.fromkeys(name for effect in effects.values() for name in effect.ids())
            items = articles_of(self._catalogue, [*ids])
            visible = articles_of(self._catalogue, [*items], dates.now())

        def reason(effect: Effects) -> str | None:
            for identifier in effect.ids():
                if identifier not in items:
                    return f"{identifier!r} is not in the archive"
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
