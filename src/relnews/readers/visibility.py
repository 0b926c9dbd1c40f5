"""Visibility: whether a record may be shown to the public, by what its source says of it.

A value that cannot be read keeps the article out: nothing unpublished goes out by mistake.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

from relnews._checks import shortened
from relnews.dates import is_missing
from relnews.readers.load_report import Problem

#: Names of switches that keep an article out if they are on. Names are in lower case here and
#: below, without blanks, hyphens and underscores.
HIDES_IF_ON = frozenset({
    "draft", "isdraft", "private", "isprivate", "unlisted", "hidden", "headless", "noindex",
    "deleted", "isdeleted", "trashed", "eleventyexcludefromcollections", "underscored",
    "robotsnoindex", "unpublished", "disabled", "wip",
})  # fmt: skip

#: Names of switches that keep an article out if they are off.
HIDES_IF_OFF = frozenset({
    "ispublished", "public", "ispublic", "listed", "islisted", "visible", "isvisible",
})  # fmt: skip

#: Names whose value keeps an article out if it is a switch that is off, and otherwise is something
#: else: a date, an address, a mapping.
HIDES_IF_OFF_SWITCH = frozenset({"published", "publish", "permalink", "build", "enabled", "online"})

#: Names of words that say how far an article has come, or who may see it.
STATES = frozenset({
    "status", "poststatus", "publishstatus", "publicationstatus", "workflowstatus", "visibility",
})  # fmt: skip

#: Names of passwords: with one, an article is for a few.
PASSWORDS = frozenset({"password", "postpassword"})

#: States in which everybody may see an article.
PUBLIC_STATES = frozenset({
    "publish", "published", "public", "live", "visible", "listed", "released", "online", "active",
})  # fmt: skip

#: States in which not everybody may, or not yet.
HIDDEN_STATES = frozenset({
    "draft", "autodraft", "private", "trash", "trashed", "deleted", "pending", "pendingreview",
    "future", "scheduled", "inherit", "hidden", "unlisted", "skip", "unpublished", "archived",
    "archive", "review", "inreview", "embargoed", "expired", "internal", "inactive", "offline",
    "password", "members", "paid", "tiers", "filter", "sent", "planned", "new", "rejected",
    "requestconfirm", "requestcompleted", "withdrawn", "spiked", "killed", "onhold", "hold",
})  # fmt: skip

#: YAML 1.1's words of a switch, and what databases and tables write.
_ON = frozenset({"true", "yes", "on", "y", "t", "1"})
_OFF = frozenset({"false", "no", "off", "n", "f", "0", "never"})

#: What Hugo's ``build`` says of a page that is in no list, or that is no page.
_NOT_BUILT = {"list": frozenset({"never", "local"}), "render": frozenset({"never", "link"})}

#: Words of the robots of search engines that ask not to show a page.
_ROBOTS = "robots"
_NOINDEX = re.compile(r"\b(?:noindex|none)\b", re.IGNORECASE)

_SEPARATORS = re.compile(r"[\s_-]+")


class Hidden(NamedTuple):
    """Why a record is withheld.

    Parameters
    ----------
    problem : Problem
        ``NOT_PUBLIC`` or ``UNREADABLE_STATE``.
    detail : str
        The name and the value that decided.
    """

    problem: Problem
    detail: str


def plain_name(name: object) -> str:
    """Return a name in lower case, without blanks, hyphens and underscores."""
    return _SEPARATORS.sub("", str(name)).lower()


def switch(value: object) -> bool | None:
    """Return what a switch says: on, off, or None if the value is no switch.

    Parameters
    ----------
    value : object
        A truth value, 0 or 1, or a word such as ``yes`` or ``off``.
    """
    word = str(value).strip().lower()
    if isinstance(value, float) and value in (0.0, 1.0):
        return value == 1.0
    return True if word in _ON else False if word in _OFF else None


def hidden(record: Mapping[str, object]) -> Hidden | None:
    """Return why a record may not be shown, or None if it may.

    Parameters
    ----------
    record : mapping
        Names to values, as the source has them. A name without a value says nothing.
    """
    for name, value in record.items():
        if (plain := _plain_name(name)) not in _SAYING:
            continue
        if value is None or is_missing(value) or (isinstance(value, str) and not value.strip()):
            continue
        problem = _problem(plain, value)
        if problem is not None:
            said = "set" if plain in PASSWORDS else shortened(value)
            return Hidden(problem, f"`{name}` is {said}")
    return None


def _problem(name: str, value: object) -> Problem | None:
    """Return what is wrong with the value of a name that tells who may see an article."""
    if name in PASSWORDS:
        return Problem.NOT_PUBLIC
    if name == _ROBOTS:
        if isinstance(value, Mapping):
            states = {plain_name(key): switch(state) for key, state in value.items()}
            is_hidden = states.get("noindex") is True or states.get("index") is False
        else:
            is_hidden = _NOINDEX.search(str(value)) is not None
        return Problem.NOT_PUBLIC if is_hidden else None
    state = switch(value)
    if name in HIDES_IF_OFF_SWITCH:
        is_hidden = state is False or (isinstance(value, Mapping) and _is_not_built(value))
        return Problem.NOT_PUBLIC if is_hidden else None
    if name in STATES:
        word = plain_name(value)
        state = True if word in PUBLIC_STATES else False if word in HIDDEN_STATES else state
    elif name in HIDES_IF_ON and state is not None:
        state = not state
    if state is None:
        return Problem.UNREADABLE_STATE
    return None if state else Problem.NOT_PUBLIC


def _is_not_built(build: Mapping[str, object]) -> bool:
    return any(
        switch(build.get(name)) is False or str(build.get(name)).lower() in words
        for name, words in _NOT_BUILT.items()
    )


_plain_name = functools.lru_cache(4096)(plain_name)

_SAYING = HIDES_IF_ON | HIDES_IF_OFF | HIDES_IF_OFF_SWITCH | STATES | PASSWORDS | {_ROBOTS}
