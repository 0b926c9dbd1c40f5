"""Markup: texts that are HTML, and how to tell that they are."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from relnews.readers.field_values import text_value
from relnews.readers.html_text import text_of

#: Fields that may be written in HTML.
_FIELDS = ("title", "dek", "text")

#: A tag of a body of HTML, as editors write them.
_TAG = re.compile(
    r"<(?:/?(?:p|div|h[1-6]|ul|ol|li|em|strong|b|i|u|span|blockquote|section|article|figure|"
    r"figcaption|table|tr|td|pre|code)(?:\s+[\w:@-]+\s*=[^<>]*)?\s*/?|br\s*/?|hr\s*/?|"
    r"(?:a|img|iframe)\s[^<>]*)>",
    re.IGNORECASE,
)

#: An entity that nobody types into plain text.
_ENTITY = re.compile(
    r"&(?:nbsp|amp|quot|[lr][sd]quo|[mn]dash|hellip|#\d{2,6}|#x[\da-f]{2,5});", re.I
)

_ANY_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});", re.IGNORECASE)

#: Characters of a text that tell whether it is HTML.
_BEGINNING = 4000


def is_mostly_html(records: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether more than half of the texts of records are HTML.

    Parameters
    ----------
    records : sequence of mapping
        Fields of articles to values.
    """
    texts = [
        " ".join([(text_value(record.get(name), name)[0] or "")[:_BEGINNING] for name in _FIELDS])
        for record in records
    ]
    return 2 * sum(map(is_html, texts)) > sum(not text.isspace() for text in texts)


def to_text(values: dict[str, Any]) -> None:
    """Read the fields of an article that may be HTML, in place.

    Parameters
    ----------
    values : dict
        Fields of the article.
    """
    for name in _FIELDS:
        if (value := values.get(name)) and ("<" in value or "&" in value):
            # A headline is a line: a "<" that begins no tag, and what follows it, stays.
            values[name] = text_of(value) if name != "title" else title_of(value)


def characters(title: str) -> str:
    """Return a title with its entities as characters.

    Parameters
    ----------
    title : str
        Such as ``Crews &amp; strike``. Only what ends in a semicolon is an entity: ``AT&T`` and
        ``Terms&notes`` stay.
    """
    return _ANY_ENTITY.sub(lambda match: html.unescape(match[0]), title)


def title_of(title: str) -> str:
    """Return a headline that may be HTML as a line of text; a ``<`` that begins no tag stays.

    Parameters
    ----------
    title : str
    """
    if "<" in title or "&" in title:
        title = characters(_TAG.sub("", title))
    return " ".join(title.split())


def is_html(text: str) -> bool:
    """Return whether a text has tags or entities as editors of HTML write them.

    Parameters
    ----------
    text : str
    """
    return _TAG.search(text) is not None or _ENTITY.search(text) is not None
