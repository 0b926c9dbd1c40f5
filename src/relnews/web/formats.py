"""The forms in which a list is served, and which of them a client prefers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import NamedTuple

from relnews.export import feeds, html, json, jsonld
from relnews.results import RelatedList


class Form(NamedTuple):
    """One way to write a list.

    Parameters
    ----------
    suffix : str
    media_type : str
    write : callable
    """

    suffix: str
    media_type: str
    write: Callable[[RelatedList], str]

    @property
    def content_type(self) -> str:
        """What the header says."""
        is_text = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if is_text else self.media_type


def make_forms(heading: str, heading_level: int) -> list[Form]:
    """Return all forms, the one for who does not mind first.

    Parameters
    ----------
    heading : str
    heading_level : int
    """
    fragment = functools.partial(html.fragment, heading=heading, heading_level=heading_level)
    fragment(RelatedList(None, ()))  # refuses a wrong level now
    return [
        Form(".json", "application/json", json.dumps),
        Form(".html", "text/html", fragment),
        Form(".jsonld", "application/ld+json", jsonld.dumps),
        Form(".atom", "application/atom+xml", functools.partial(feeds.atom, title=heading)),
        Form(
            ".jsonfeed", "application/feed+json", functools.partial(feeds.json_feed, title=heading)
        ),
    ]


def split_suffix(path: str, forms: list[Form]) -> tuple[str, Form | None]:
    """Part a path and the form that its suffix names, if it has one."""
    for form in forms:
        if path.endswith(form.suffix):
            return path.removesuffix(form.suffix), form
    return path, None


def preferred(accept: str, forms: list[Form]) -> Form | None:
    """Return the form that a client wants most, None if it wants none of them.

    Parameters
    ----------
    accept : str
        The header; without one every form will do.
    forms : list of Form
    """
    ranges = _qualities(accept or "*/*")

    def quality(form: Form) -> float:
        """Return how much a form is wanted, by the most exact range that has it."""
        names = (form.media_type, f"{form.media_type.partition('/')[0]}/*", "*/*")
        return next((ranges[name] for name in names if name in ranges), 0.0)

    best = max(forms, key=quality)  # the first one of equals
    return best if quality(best) > 0 else None


def takes_gzip(accept_encoding: str) -> bool:
    """Say whether a client can unpack what is packed by gzip.

    Parameters
    ----------
    accept_encoding : str
        The header.
    """
    codings = _qualities(accept_encoding)
    return codings.get("gzip", codings.get("*", 0.0)) > 0


def _qualities(header: str) -> dict[str, float]:
    """Return what a header lists, and how much each is wanted."""
    qualities = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        given = [piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")]
        is_number = given and re.fullmatch(r"[01](?:\.[0-9]{0,3})?", given[0])
        qualities[name] = float(given[0]) if is_number else float(not given)
    return qualities
