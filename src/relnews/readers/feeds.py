"""Reader of RSS and Atom: the entries of a feed."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

from relnews.readers import _errors
from relnews.readers.documents import DocumentReader
from relnews.readers.html_text import text_of
from relnews.readers.load_report import Problem
from relnews.readers.records import Found, Skipped

try:
    import feedparser
except ModuleNotFoundError as error:
    raise _errors.no_reader(needs="feeds needs feedparser, which is", extra="feeds") from error

#: Harmless findings: a file has no HTTP header that names its type and encoding.
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


class Reader(DocumentReader):
    """The entries of feeds."""

    format = "feed"

    def _parse(self, content: bytes, name: str) -> Iterator[Found]:
        return records(content, name)


def records(content: bytes, name: str) -> Iterator[Found]:
    """Yield the entries of a feed.

    Nothing is fetched from the network, and entities that the feed defines are not expanded.

    Parameters
    ----------
    content : bytes
        RSS or Atom.
    name : str
        Path of the file below the folder.

    Yields
    ------
    place : str
        Number of the entry, from 1.
    record : dict or Skipped
        Fields of an article, or why there is no article.
    """
    # A stream: a string could be an address or a path to be opened.
    try:
        feed = feedparser.parse(io.BytesIO(content), sanitize_html=False)
    except Exception as error:  # the feed makes the parser fail
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_feed(str(error), 0))
        return
    about = feed.get("feed", {})
    for number, entry in enumerate(feed.entries, start=1):
        yield f":{number}", _record(entry, about)
    problem = feed.get("bozo_exception")
    if not isinstance(problem, (*_HARMLESS, type(None))):
        detail = _errors.unreadable_feed(str(problem), len(feed.entries))
        yield "", Skipped(Problem.UNREADABLE, detail)
    elif not feed.entries and not feed.get("version"):
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_feed("", 0))


def _record(entry: Any, feed: Any) -> dict[str, Any]:
    contents = [content.get("value") or "" for content in entry.get("content", ())]
    summary = text_of(entry.get("summary") or "")
    text = text_of(max(contents, key=len, default=""))
    link = entry.get("link") or None
    image = next((picture.get("url") for picture in entry.get("media_thumbnail", ())), None)
    return {
        "id": entry.get("id") or link,
        "title": text_of(entry.get("title") or ""),
        "dek": summary if text and summary != text else "",
        "text": text or summary,
        "published": _date(entry),
        "url": link,
        "tags": [tag.get("term") or "" for tag in entry.get("tags", ())],
        "author": entry.get("author") or None,
        "source": feed.get("title") or None,
        "language": (entry.get("title_detail") or {}).get("language") or feed.get("language"),
        "image": image,
    }


def _date(entry: Any) -> dt.datetime | str | None:
    """Return the date of publication or change of an entry; its text if it cannot be parsed."""
    for name in ("published", "updated", "created"):
        if parsed := entry.get(f"{name}_parsed"):
            year, month, day, hour, minute, second = parsed[:6]
            return dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)
        if entry.get(name):
            return str(entry[name])
    return None
