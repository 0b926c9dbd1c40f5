"""A list as a feed for feed readers: Atom or JSON Feed."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import quote
from xml.etree import ElementTree as ET

from relnews.export.html import headline, linkable
from relnews.export.json import line
from relnews.results import RelatedItem, RelatedList

#: Characters that XML cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: Language tags that XML and JSON Feed accept.
_LANGUAGE = re.compile("[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")

#: Atom requires a date. A fixed date keeps the bytes of equal lists equal.
_NO_DATE = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def atom(related: RelatedList, *, heading: str = "Related News") -> str:
    """Return a list as an Atom feed (RFC 4287).

    Parameters
    ----------
    related : RelatedList
        The list.
    heading : str, default="Related News"
        Title of the feed.

    Returns
    -------
    str
        XML, to be encoded as UTF-8. All texts are plain text; U+FFFD replaces a character that XML
        cannot hold. Only ``http:``, ``https:`` and relative addresses are written. An item without
        a date is dated 1970. Equal lists give equal texts.
    """
    feed = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})
    _put(feed, "id", _name("list", related.id or ""))
    _put(feed, "title", heading)
    dates = (item.published or _NO_DATE for item in related)
    _put(feed, "updated", max(dates, default=_NO_DATE).isoformat())
    _put(_put(feed, "author"), "name", heading)
    _put(feed, "generator", "relnews")
    for item in related:
        _put_entry(feed, item)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(feed, encoding="unicode")}\n'


def json_feed(related: RelatedList, *, heading: str = "Related News") -> str:
    """Return a list as a JSON Feed, version 1.1.

    Parameters
    ----------
    related : RelatedList
        The list.
    heading : str, default="Related News"
        Title of the feed.

    Returns
    -------
    str
        One line. Only ``http:``, ``https:`` and relative addresses are written. Equal lists give
        equal lines.
    """
    return line({
        "version": "https://jsonfeed.org/version/1.1",
        "title": heading,
        "items": [_item(item) for item in related],
    })  # fmt: skip


def _put_entry(feed: ET.Element, item: RelatedItem) -> None:
    language = _language(item)
    entry = _put(feed, "entry", **({"xml:lang": language} if language else {}))
    _put(entry, "id", _name("article", item.id))
    _put(entry, "title", headline(item))
    _put(entry, "updated", (item.published or _NO_DATE).isoformat())
    if item.published:
        _put(entry, "published", item.published.isoformat())
    if author := item.author or item.source:
        _put(_put(entry, "author"), "name", author)
    address = linkable(item.url)
    if address:
        _put(entry, "link", rel="alternate", href=address)
    for term in filter(None, dict.fromkeys((item.section, *item.tags))):
        _put(entry, "category", term=term)
    # Atom requires an address or a content.
    if item.dek or not address:
        _put(entry, "summary" if address else "content", item.dek or headline(item))


def _put(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    clean = {name: _NO_XML.sub("\ufffd", value) for name, value in attributes.items()}
    element = ET.SubElement(parent, tag, clean)
    element.text = _NO_XML.sub("\ufffd", text)
    return element


def _item(item: RelatedItem) -> dict[str, object]:
    author = item.author or item.source
    known: dict[str, object] = {
        "id": item.id,
        "url": linkable(item.url),
        "title": headline(item),
        "content_text": item.dek or headline(item),
        "image": linkable(item.image),
        "date_published": item.published.isoformat() if item.published else None,
        "authors": [{"name": author}] if author else None,
        "tags": [*filter(None, dict.fromkeys((item.section, *item.tags)))],
        "language": _language(item),
    }
    return {name: value for name, value in known.items() if value or name in ("id", "content_text")}


def _language(item: RelatedItem) -> str | None:
    return item.language if _LANGUAGE.fullmatch(item.language or "") else None


def _name(kind: str, identifier: str) -> str:
    """Return an identifier as a URN, for Atom."""
    return f"urn:x-relnews:{kind}:{quote(identifier, safe='')}"
