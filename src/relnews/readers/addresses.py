"""Addresses: the url of an article that has none, by a pattern; and ids that are made."""

from __future__ import annotations

import datetime as dt
import hashlib
import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from relnews._checks import listed
from relnews.articles import FIELDS
from relnews.readers.field_names import slug_in

#: Names in a pattern besides the fields of an article.
_NAMES = ("slug", "path", "year", "month", "day")

_PARTS_OF_DATE = {"year": "%Y", "month": "%m", "day": "%d"}


class UrlPattern:
    """The address of an article by a pattern such as ``/{section}/{slug}.html``.

    Parameters
    ----------
    pattern : str
        Names in braces are fields of `Article`, ``slug`` (the record's own, or the last part of
        the id), ``path`` (the id), the parts of the date of publication, or other names of the
        record.

    Raises
    ------
    ValueError
        If braces do not match, hold something else than a name, or are missing.
    """

    def __init__(self, pattern: str) -> None:
        try:
            self._parts = [*string.Formatter().parse(pattern)]
        except ValueError as error:
            raise _wrong_pattern(pattern, str(error)) from None
        for _, name, spec, conversion in self._parts:
            if name is not None and (spec or conversion or not name.isidentifier()):
                raise _wrong_pattern(pattern, f"{name!r} is not a name")
        if all(name is None for _, name, _, _ in self._parts):
            raise _wrong_pattern(pattern, "all articles would have one address")

    def url(
        self, values: Mapping[str, Any], record: Mapping[str, object], written: dt.datetime | None
    ) -> tuple[str | None, str]:
        """Return the address of an article, or None and the name that the article lacks.

        Parameters
        ----------
        values : mapping
            Fields of the article.
        record : mapping
            The record as the source has it.
        written : datetime or None
            The date of publication in the time zone that the source writes.
        """
        pieces = []
        for text, name, _, _ in self._parts:
            pieces.append(text)
            if name is not None:
                value = _value(name, values, record, written)
                if not value:
                    return None, name
                pieces.append(quote(value, safe="/" if name in ("path", "id") else ""))
        return "".join(pieces), ""


def slug_of(values: Mapping[str, Any], record: Mapping[str, object]) -> str:
    """Return the slug of an article: the record's own, or the last part of its id.

    Parameters
    ----------
    values, record : mapping
        As for `UrlPattern.url`.
    """
    return slug_in(record) or str(values.get("id", "")).rstrip("/").rpartition("/")[2]


def digest_id(values: Mapping[str, Any]) -> str:
    """Return an id for an article without one: 16 hexadecimal digits of its title and date.

    Parameters
    ----------
    values : mapping
        Fields of the article. Without a title, dek and text stand for it.
    """
    title = values.get("title") or values.get("dek", "") + values.get("text", "")
    published = values.get("published")
    said = f"{title}\0{published.isoformat() if published else ''}"
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _value(
    name: str, values: Mapping[str, Any], record: Mapping[str, object], written: dt.datetime | None
) -> str:
    if name == "slug":
        return slug_of(values, record)
    if name == "path":
        return str(values.get("id", ""))
    published = values.get("published")
    if name in _PARTS_OF_DATE and isinstance(published, dt.datetime):
        is_same = written is not None and written.tzinfo is not None and written == published
        return (written if is_same and written else published).strftime(_PARTS_OF_DATE[name])
    value = values.get(name) if name in FIELDS else record.get(name)
    if isinstance(value, tuple):
        value = value[0] if value else ""
    return "" if value is None else str(value)


def _wrong_pattern(pattern: str, reason: str) -> ValueError:
    """Reject a pattern of addresses."""
    return ValueError(
        "`url` must be a pattern such as '/{section}/{slug}.html', "
        f"got {pattern!r} ({reason}). Names in braces are fields of Article, {listed(_NAMES)}, or "
        "other names of the source."
    )
