"""Rules: what editors say of lists, kept in the archive.

They are applied when a list is read or made, so that a rule holds from the next list on. Nothing
here needs numpy, for a stored list is read under rules, too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

from relnews import _checks, dates
from relnews._checks import shortened
from relnews.results import RelatedItem, item_of
from relnews.storage.catalogue import Catalogue

#: What a rule can say of an article: ``title`` is a pattern, the others are as they are.
FIELDS = ("id", "section", "tag", "title")

#: The setting that rules are kept in.
_SETTING = "rules"

#: The setting that the words are kept in which stored lists were made without.
_IGNORED_THEN = "ignored"

#: What a rule does, in words, with what it is of.
_SENTENCES = {
    "pin": "the list of {a} begins with {b}",
    "block": "no list of {a} has {b}",
    "never": "{a} and {b} are never in each other's lists",
    "hide": "{a} is in no list",
    "ignore": "the word {a!r} counts nothing",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """What an editor says of lists.

    Parameters
    ----------
    kind : 'pin', 'block', 'never', 'hide' or 'ignore'
        The list of ``a`` begins with ``b``; no list of ``a`` has ``b``; neither of both has the
        other; no list at all has ``a``; the word ``a`` counts nothing.
    a, b : str
        Articles, as ``id=…``, ``section=…``, ``tag=…`` or ``title=…``. In a title ``*`` stands for
        anything, and large and small letters are the same. Those of a pin are ids, and what is
        ignored is a word. ``b`` is empty if there is nothing to say.
    """

    kind: Literal["pin", "block", "never", "hide", "ignore"]
    a: str
    b: str = ""

    def __str__(self) -> str:
        return _SENTENCES[self.kind].format(a=self.a, b=self.b)


class Rules:
    """The rules of an archive, in the order in which they were made; each change is durable.

    ``len(rules)``, ``rules[0]`` and ``for rule in rules`` are of those of this moment.

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
        """Let the list of an article begin with others, in their order.

        They take the place of what was pinned there; none at all takes the pins away. A pin sleeps
        while its article is gone or hidden, and while another rule keeps it out.

        Parameters
        ----------
        article : str
            Id of the article that the list is for.
        others : str or iterable of str
            Ids.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them; then nothing is changed.
        """
        ids = [others] if isinstance(others, str) else [*dict.fromkeys(map(str, others))]
        _check_pins(article, ids)
        self._check_known([article, *ids])
        pins = [Rule("pin", f"id={article}", f"id={other}") for other in ids]
        self._change(lambda rules: [
            *(one for one in rules if one.kind != "pin" or one.a != f"id={article}"), *pins,
        ])  # fmt: skip

    def block(self, article: str, other: str, *, both_ways: bool = False) -> None:
        """Keep an article out of the list of another.

        Parameters
        ----------
        article, other : str
            Ids: that of the list, and the one that is not wanted in it.
        both_ways : bool, default=False
            Keep the first out of the list of the second as well.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them.
        """
        self._check_known([article, other])
        kind: Literal["never", "block"] = "never" if both_ways else "block"
        self._add(Rule(kind, f"id={article}", f"id={other}"))

    def never(self, some: str, others: str) -> None:
        """Keep two kinds of articles out of each other's lists.

        Parameters
        ----------
        some, others : str
            ``tag=…``, ``section=…``, ``title=…`` or ``id=…``; both may be the same.
        """
        self._add(Rule("never", some, others))

    def hide(self, some: str) -> None:
        """Keep a kind of articles out of all lists. They have lists of their own.

        Parameters
        ----------
        some : str
            ``tag=…``, ``section=…``, ``title=…`` or ``id=…``.
        """
        self._add(Rule("hide", some))

    def ignore(self, *words: str) -> None:
        """Let words count nothing, as if no article had them: the name of the site, say.

        They add nothing to a similarity, neither by themselves nor in a phrase of a title, and
        nothing to what it is divided by. Stored lists are ranked when they are read until
        `RelatedNews.compute_lists` makes them without these words.

        Parameters
        ----------
        *words : str
            Each is one word or several with spaces between them, every one of which is ignored. A
            word is compared as those of articles are: large and small letters, and spellings that
            are one, are the same. One that no article has does nothing until one has it.
        """
        one_by_one = (word for some in map(str, words) for word in some.split() or [some])
        self._add(*(Rule("ignore", word) for word in one_by_one))

    def drop(self, *rules: Rule) -> None:
        """Take rules back; one that is there no more is no error."""
        self._change(lambda kept: [rule for rule in kept if rule not in rules])

    def replace(self, rules: Iterable[Rule]) -> None:
        """Let these be all rules: those of another archive, say, or none.

        Ids need not be those of articles of this archive: their rules sleep.
        """
        new = [*dict.fromkeys(rules)]
        self._change(lambda _: new)

    def sleeping(self) -> dict[Rule, str]:
        """Return the rules that do nothing now, and why."""
        with self._catalogue.state:
            rules, book = self._rules(), Book.of(self._catalogue)
            named = [
                part[3:]
                for rule in rules if rule.kind != "ignore"
                for part in (rule.a, rule.b) if part[:3] == "id="
            ]  # fmt: skip
            items = articles_of(self._catalogue, [*dict.fromkeys(named)])
            shown = articles_of(self._catalogue, [*items], dates.now())
        asleep: dict[Rule, str] = {}
        for rule in rules:
            if rule.kind == "ignore":
                if not self._has_word(rule.a):
                    asleep[rule] = "no article has the word"
                continue
            ids = [part[3:] for part in (rule.a, rule.b) if part.startswith("id=")]
            gone = [identifier for identifier in ids if identifier not in items]
            if gone:
                asleep[rule] = f"{gone[0]!r} is not in the archive"
            elif rule.kind == "pin" and ids[1] not in shown:
                asleep[rule] = f"{ids[1]!r} is under embargo, or has expired"
            elif rule.kind == "pin":
                bar = book.bars(items[ids[0]][1]).rule_of(items[ids[1]][1])
                if bar is not None:
                    asleep[rule] = f"another rule is stronger: {bar}"
        return asleep

    def _rules(self) -> tuple[Rule, ...]:
        return Book.of(self._catalogue).rules

    def _add(self, *new: Rule) -> None:
        self._change(lambda rules: [*dict.fromkeys([*rules, *new])])

    def _check_known(self, identifiers: Sequence[str]) -> None:
        known = self._catalogue.digests(identifiers)
        for identifier in identifiers:
            if identifier not in known:
                raise _checks.unknown_article(identifier, self._catalogue.all_ids())

    def _change(self, change: Callable[[Sequence[Rule]], list[Rule]]) -> None:
        with self._catalogue.transaction():
            before = Book.of(self._catalogue)
            rules = change(before.rules)
            value = [[rule.kind, rule.a, rule.b] for rule in rules]
            after = _book(value)  # refuses what is no rule
            self._catalogue.set(_SETTING, value)
        if before.ignored != after.ignored:
            self._catalogue.mark_changed()


class Bars:
    """The rules that keep articles out of one list.

    Parameters
    ----------
    bars : iterable of (str, Rule)
        ``id=…``, ``section=…``, ``tag=…`` or ``title=…``, and the rule that it is from.
    others : Bars, optional
        They count as well.
    """

    def __init__(self, bars: Iterable[tuple[str, Rule]], others: Bars | None = None) -> None:
        self._exact: dict[str, Rule] = {}
        self._titles: list[tuple[str, Rule]] = []
        self._others = others
        for some, rule in bars:
            if some.startswith("title="):
                self._titles.append((some, rule))
            else:
                self._exact.setdefault(some, rule)

    def __bool__(self) -> bool:
        return bool(self._exact or self._titles or self._others)

    def rule_of(self, item: RelatedItem) -> Rule | None:
        """Return a rule that keeps an article out, None if none does."""
        for name in _names_of(item) if self._exact else ():
            if name in self._exact:
                return self._exact[name]
        for some, rule in self._titles:
            if fits(some.removeprefix("title="), item.title):
                return rule
        return self._others.rule_of(item) if self._others else None


class Book:
    """All rules, laid out to be looked up.

    Parameters
    ----------
    rules : sequence of Rule
    ignored_then : tuple of str, optional
        The words that stored lists were made without.

    Attributes
    ----------
    rules : tuple of Rule
    ignored : tuple of str
        The words that count nothing, each once and in order.
    ignored_then : tuple of str
    """

    def __init__(self, rules: Sequence[Rule], ignored_then: tuple[str, ...] = ()) -> None:
        self.rules = tuple(rules)
        self.ignored = tuple(sorted({rule.a for rule in rules if rule.kind == "ignore"}))
        self.ignored_then = ignored_then
        self._pins: dict[str, list[str]] = {}
        # What is kept out of the lists of articles with some name; titles are to be compared.
        self._pairs: dict[str, list[tuple[str, Rule]]] = {}
        for rule in rules:
            if rule.kind == "pin":
                self._pins.setdefault(rule.a[3:], []).append(rule.b[3:])
            if rule.kind in ("block", "never"):
                self._pairs.setdefault(rule.a, []).append((rule.b, rule))
            if rule.kind == "never":
                self._pairs.setdefault(rule.b, []).append((rule.a, rule))
        self._titles = [some for some in self._pairs if some.startswith("title=")]
        self._hidden = Bars((rule.a, rule) for rule in rules if rule.kind == "hide")

    @classmethod
    def of(cls, catalogue: Catalogue) -> Book:
        """Return the rules of an archive, as they are now."""
        return catalogue.cached(
            _SETTING, lambda rules: _book(rules, catalogue.setting(_IGNORED_THEN))
        )

    def note_lists(self, catalogue: Catalogue) -> None:
        """Note that stored lists are made without the words that are ignored now."""
        if self.outdates_lists:
            catalogue.set(_IGNORED_THEN, self.ignored)

    def __bool__(self) -> bool:
        return bool(self.rules)

    @property
    def outdates_lists(self) -> bool:
        """Whether stored lists were made without other words than those that are ignored now."""
        return self.ignored != self.ignored_then

    @property
    def has_bars(self) -> bool:
        """Whether any rule keeps articles out of lists."""
        return bool(self._hidden or self._pairs)

    def concerns(self, identifier: str) -> bool:
        """Say whether any rule may be about the list of this article alone."""
        return bool(self._pairs) or identifier in self._pins

    def pins(self, identifier: str | None) -> Sequence[str]:
        """Return the ids of what is pinned to the list of an article."""
        return self._pins.get(identifier or "", ())

    def pinned_to(self, identifiers: Iterable[str]) -> list[str]:
        """Return the ids of the articles whose lists some articles are pinned to."""
        some = {*identifiers}
        return [owner for owner, pins in self._pins.items() if not some.isdisjoint(pins)]

    def bars(self, article: RelatedItem | None) -> Bars:
        """Return what keeps others out of the list of an article; of a draft, if there is none."""
        if article is None or not self._pairs:
            return self._hidden
        titles = (some for some in self._titles if fits(some[6:], article.title))
        names = [*_names_of(article), *titles]
        own = [bar for name in names for bar in self._pairs.get(name, ())]
        return Bars(own, self._hidden) if own else self._hidden


def articles_of(
    catalogue: Catalogue, identifiers: Sequence[str], now: int | None = None
) -> dict[str, tuple[int, RelatedItem]]:
    """Return the keys of articles, and what lists show of them, by id and in the order of the ids.

    Parameters
    ----------
    catalogue : Catalogue
    identifiers : sequence of str
        Those that the archive lacks are left out.
    now : int, optional
        A timestamp: what is not to be seen then is left out.
    """
    known = catalogue.digests(identifiers) if identifiers else {}
    keys = [known[identifier][0] for identifier in identifiers if identifier in known]
    return {
        about[0]: (key, item_of(about))
        for key, about in zip(keys, catalogue.details(keys, now), strict=True)
        if about is not None
    }


def pinned(
    catalogue: Catalogue, book: Book, article: RelatedItem, now: int
) -> dict[str, tuple[int, RelatedItem]]:
    """Return what is pinned to the list of an article and may be seen there, in order.

    Parameters
    ----------
    catalogue : Catalogue
    book : Book
    article : RelatedItem
    now : int
        A timestamp.
    """
    pins = book.pins(article.id)
    bars = book.bars(article)
    return {
        identifier: (key, dataclasses.replace(item, why=("pinned",)))
        for identifier, (key, item) in (articles_of(catalogue, pins, now) if pins else {}).items()
        if bars.rule_of(item) is None
    }


def fits(pattern: str, title: str) -> bool:
    """Say whether a title is what a pattern says; ``*`` stands for anything.

    Parameters
    ----------
    pattern, title : str
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
    """Yield what rules can call an article by, but for its title."""
    yield f"id={article.id}"
    if article.section is not None:
        yield f"section={article.section}"
    for tag in article.tags:
        yield f"tag={tag}"


def _book(stored: object, ignored_then: object = None) -> Book:
    """Read rules as they are stored, and the words that stored lists were made without."""
    rows = [] if stored is None else _check_rules(stored, FIELDS)
    then = () if ignored_then is None else _check_ignored(ignored_then)
    return Book([Rule(*row) for row in rows], then)


def _check_pins(article: str, others: Sequence[str]) -> None:
    """Reject an article that is pinned to its own list."""
    if article in others:
        msg = f"`others` must be other articles, got {shortened(article)}, which the list is for."
        raise ValueError(msg)


def _check_rules(rows: Any, fields: tuple[str, ...]) -> list[tuple[Any, str, str]]:
    """Return rules as they are stored, or raise ValueError or TypeError."""
    if not isinstance(rows, list):
        msg = f"rules must be a list, got {type(rows).__name__}"
        raise TypeError(msg)
    for row in rows:
        if not isinstance(row, (list, tuple)) or not all(isinstance(one, str) for one in row):
            msg = f"a rule must be a list of strings, got {shortened(row)}."
            raise TypeError(msg)
        kind, *parts = row
        if kind not in ("pin", "block", "never", "hide", "ignore") or len(parts) != 2:
            msg = (
                "a rule must be a pin, block, never, hide or ignore of one or two, got "
                f"{shortened(row)}."
            )
            raise ValueError(msg)
        if (kind in ("hide", "ignore")) != (not parts[1]):
            msg = f"a rule to hide or ignore is of one, any other of two, got {shortened(row)}."
            raise ValueError(msg)
        if kind == "ignore":
            _check_ignored([parts[0]])
            continue
        for some in parts[: 1 if kind == "hide" else 2]:
            name, _, value = some.partition("=")
            if name not in (("id",) if kind == "pin" else fields) or not value:
                expected = ["id=…"] if kind == "pin" else [f"{field}=…" for field in fields]
                msg = f"a rule names articles as {' or '.join(expected)}, got {shortened(some)}."
                raise ValueError(msg)
    return [tuple(row) for row in rows]


def _check_ignored(words: Any) -> tuple[str, ...]:
    """Return words to ignore, or raise ValueError or TypeError."""
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        msg = f"words to ignore must be a list of strings, got {shortened(words)}."
        raise TypeError(msg)
    for word in words:
        if word.split() != [word]:
            msg = f"a word to ignore is one word, without spaces, got {shortened(word)}."
            raise ValueError(msg)
    return tuple(words)
