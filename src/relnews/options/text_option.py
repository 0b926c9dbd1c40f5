"""TextOption: how people write an option of a list where all values are text."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class TextOption:
    """A list option as people write it, on the command line for example.

    Parameters
    ----------
    name : str
        Keyword of the option in Python.
    help : str
        One sentence that says what the option does.
    value : str, optional
        Stands for the value in a synopsis, such as ``DAYS``.
    kind : type, default=str
        Type of the value: `str`, `int` or `float`.
    choices : tuple of str, optional
        The allowed values; empty if any value of the kind is allowed.
    repeats : bool, default=False
        The option may be given several times; its value is the sequence of what was given.
    parse : callable, optional
        Makes the value for Python from what was given; raises ValueError.
    """

    name: str
    help: str
    value: str | None = None
    kind: type = str
    choices: tuple[str, ...] = ()
    repeats: bool = False
    parse: Callable[[Any], Any] | None = None


def values_by_field(pairs: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each field, given texts such as ``section=World``."""
    fields: dict[str, list[str]] = {}
    for name, value in map(_pair, pairs):
        fields.setdefault(name, []).append(value)
    return fields


def counts_by_name(pairs: Sequence[str]) -> dict[str, int]:
    """Return the number for each name, given texts such as ``source=2``."""
    return {name: _count(number) for name, number in map(_pair, pairs)}


def number_or_none(text: str) -> float | None:
    """Return a number, or None if the text is ``none``."""
    try:
        return None if text == "none" else float(text)
    except ValueError:
        msg = f"expected a number or none, got {text!r}."
        raise ValueError(msg) from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        msg = f"expected FIELD=VALUE, such as section=World, got {text!r}."
        raise ValueError(msg)
    return name, value


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        msg = f"expected a number of items, such as 2, got {text!r}."
        raise ValueError(msg) from None
