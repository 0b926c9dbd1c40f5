"""Kinds of editors' rules, one class each: accepted parts, sentence, and effects on lists.

A new kind is a class here and its line in `KINDS`. It then has a command, ``relnews rules NAME``,
and `Rules.add` accepts it. This module needs neither NumPy nor the catalogue.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from relnews._checks import shortened

#: Fields by which a rule names articles. The value of ``title`` is a pattern.
FIELDS = ("id", "section", "tag", "title")


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """An editor's rule for lists.

    Parameters
    ----------
    kind : str
        ``pin``: the list of ``a`` begins with ``b``. ``block``: no list of ``a`` has ``b``.
        ``never``: ``a`` and ``b`` are never in each other's lists. ``hide``: no list has ``a``.
        ``ignore``: the word ``a`` is ignored.
    a : str
        Articles, as ``id=…``, ``section=…``, ``tag=…`` or ``title=…``. In a title ``*`` stands for
        any text, and case does not matter. A pin takes only ``id=…``. For ``ignore``, a word.
    b : str, default=''
        Other articles; empty for ``hide`` and ``ignore``.
    """

    kind: str
    a: str
    b: str = ""

    def __str__(self) -> str:
        return KINDS[self.kind].say(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The effects of a rule on lists.

    Parameters
    ----------
    pins : sequence of (str, str)
        Id of an article, and the id of an article that its list begins with.
    exclusions : sequence of (str or None, str)
        The articles whose lists the rule changes, None for all lists, and the articles that it
        excludes from them; both as ``id=…``, ``section=…``, ``tag=…`` or ``title=…``.
    ignored : sequence of str
        Words that have no weight.
    """

    pins: Sequence[tuple[str, str]] = ()
    exclusions: Sequence[tuple[str | None, str]] = ()
    ignored: Sequence[str] = ()

    def articles(self) -> list[str]:
        """Return the articles that the rule excludes or whose lists it changes, as ``field=…``."""
        names = (name for pair in self.exclusions for name in pair if name is not None)
        return [*dict.fromkeys(names)]

    def ids(self) -> list[str]:
        """Return the ids that the rule names, in their order, each once."""
        named = (name.removeprefix("id=") for name in self.articles() if name.startswith("id="))
        return [*dict.fromkeys([*(identifier for pin in self.pins for identifier in pin), *named])]

    def titles(self) -> list[str]:
        """Return the whole titles that the rule names: patterns without ``*``."""
        names = self.articles()
        patterns = [name.removeprefix("title=") for name in names if name.startswith("title=")]
        return [pattern for pattern in patterns if "*" not in pattern]


class RuleKind(abc.ABC):
    """A kind of rules. The docstring of a kind is the help of its command.

    Attributes
    ----------
    name : str
        Name in stored rules and on the command line.
    sentence : str
        The rule in words, with ``{a}`` and ``{b}`` for its parts; no full stop.
    n_parts : int
        1 if a rule of this kind has only ``a``, 2 if it has ``a`` and ``b``.
    fields : tuple of str
        Fields by which the parts may name articles.
    examples : tuple of tuple of str
        Parts of rules, for the help.
    """

    name: ClassVar[str]
    sentence: ClassVar[str]
    n_parts: ClassVar[int] = 2
    fields: ClassVar[tuple[str, ...]] = FIELDS
    examples: ClassVar[tuple[tuple[str, ...], ...]] = ()

    def parse(self, a: str, b: str) -> Rule:
        """Return a rule of this kind, or raise ValueError if its parts are wrong.

        Parameters
        ----------
        a, b : str
            The parts as entered or stored; ``b`` is empty if the kind has one part.
        """
        if bool(b) != (self.n_parts == 2):
            single = " or ".join(kind.name for kind in KINDS.values() if kind.n_parts == 1)
            row = shortened([self.name, a, b])
            msg = f"a rule to {single} is of one, any other of two, got {row}."
            raise ValueError(msg)
        for part in (a, b)[: self.n_parts]:
            self.check_part(part)
        return Rule(self.name, a, b)

    def check_part(self, part: str) -> None:
        """Raise ValueError if a part does not name articles by one of the fields.

        Parameters
        ----------
        part : str
            The part as entered or stored.
        """
        field, _, value = part.partition("=")
        if field not in self.fields or not value:
            expected = " or ".join(f"{field}=…" for field in self.fields)
            msg = f"a rule names articles as {expected}, got {shortened(part)}."
            raise ValueError(msg)

    def say(self, rule: Rule) -> str:
        """Return a rule of this kind as a sentence.

        Parameters
        ----------
        rule : Rule
            A rule of this kind.
        """
        return self.sentence.format(a=rule.a, b=rule.b)

    @abc.abstractmethod
    def apply(self, rule: Rule) -> Effects:
        """Return the effects of a rule of this kind.

        Parameters
        ----------
        rule : Rule
            A rule of this kind.
        """


class Pin(RuleKind):
    """Begin the list of an article with another article."""

    name = "pin"
    sentence = "the list of {a} begins with {b}"
    fields = ("id",)

    def apply(self, rule: Rule) -> Effects:
        """Pin ``b`` to the list of ``a``."""
        return Effects(pins=[(rule.a.removeprefix("id="), rule.b.removeprefix("id="))])


class Block(RuleKind):
    """Exclude articles from the lists of other articles."""

    name = "block"
    sentence = "no list of {a} has {b}"

    def apply(self, rule: Rule) -> Effects:
        """Exclude ``b`` from the lists of ``a``."""
        return Effects(exclusions=[(rule.a, rule.b)])


class Never(RuleKind):
    """Exclude two kinds of articles from each other's lists."""

    name = "never"
    sentence = "{a} and {b} are never in each other's lists"
    examples = (("tag=obituary", "section=Celebrities"), ("tag=court", "tag=court"))

    def apply(self, rule: Rule) -> Effects:
        """Exclude ``a`` and ``b`` from each other's lists."""
        return Effects(exclusions=[(rule.a, rule.b), (rule.b, rule.a)])


class Hide(RuleKind):
    """Exclude a kind of articles from all lists."""

    name = "hide"
    n_parts = 1
    sentence = "{a} is in no list"
    examples = (("section=Corrections",), ("title=Live: *",), ("id=SOME-ID",))

    def apply(self, rule: Rule) -> Effects:
        """Exclude ``a`` from all lists."""
        return Effects(exclusions=[(None, rule.a)])


class Ignore(RuleKind):
    """Give a word no weight, as if no article had it."""

    name = "ignore"
    n_parts = 1
    sentence = "the word {a!r} is ignored"

    def check_part(self, part: str) -> None:
        """Raise ValueError if a part is not one word."""
        if part.split() != [part]:
            msg = f"a word to ignore is one word, without spaces, got {shortened(part)}."
            raise ValueError(msg)

    def apply(self, rule: Rule) -> Effects:
        """Ignore the word ``a``."""
        return Effects(ignored=[rule.a])


#: All kinds of rules by name.
KINDS: dict[str, RuleKind] = {
    kind.name: kind for kind in (Pin(), Block(), Never(), Hide(), Ignore())
}


def effects_of(rule: Rule) -> Effects:
    """Return the effects of a rule of any kind.

    Parameters
    ----------
    rule : Rule
        A rule of any kind.
    """
    return KINDS[rule.kind].apply(rule)


def parse_rules(rows: Any) -> list[Rule]:
    """Return rules from their stored form.

    Parameters
    ----------
    rows : list of [kind, a, b]
        One row of strings for each rule.

    Raises
    ------
    TypeError
        If the rows are not lists of strings.
    ValueError
        If a row is not a rule.
    """
    if not isinstance(rows, list):
        msg = f"rules must be a list, got {type(rows).__name__}"
        raise TypeError(msg)
    return [_parse_row(row) for row in rows]


def parse_words(words: Any) -> tuple[str, ...]:
    """Return words to ignore from their stored form.

    Parameters
    ----------
    words : list of str
        The words, without spaces.

    Raises
    ------
    TypeError
        If it is not a list of strings.
    ValueError
        If a string is not one word.
    """
    if not _is_strings(words):
        msg = f"words to ignore must be a list of strings, got {shortened(words)}."
        raise TypeError(msg)
    for word in words:
        KINDS["ignore"].check_part(word)
    return tuple(words)


def _parse_row(row: Any) -> Rule:
    if not _is_strings(row):
        msg = f"a rule must be a list of strings, got {shortened(row)}."
        raise TypeError(msg)
    if len(row) != 3 or row[0] not in KINDS:
        *names, last = KINDS
        kinds = f"{', '.join(names)} or {last}"
        msg = f"a rule must be a {kinds} of one or two, got {shortened(row)}."
        raise ValueError(msg)
    kind, a, b = row
    return KINDS[kind].parse(a, b)


def _is_strings(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(entry, str) for entry in value)
