"""Reader of RSS, Atom and JSON Feed: the entries of a feed."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from relnews.readers import _errors
from relnews.readers.documents import DocumentReader
from relnews.readers.field_names import says_visibility
from relnews.readers.found import Found, Skipped
from relnews.readers.html_text import text_of
from relnews.readers.json_decoding import loads
from relnews.readers.load_report import Problem
from relnews.readers.markup import is_html, title_of
from relnews.readers.visibility import distinct
from relnews.readers.xml_entries import Head, entries, name_of
from relnews.readers.xml_mending import IS_HTML

#: Names of the root of a feed.
_ROOTS = frozenset({"rss", "feed", "RDF", "rdf:RDF", "rdf", "channel"})

#: A tag of an entry, wherever it stands.
_ENTRY = re.compile(rb"</?(?:[\w.-]+:)?(?:item|entry)\b")

#: Elements of an entry that have its date of publication, or of its latest change.
_DATES = (
    "pubDate", "published", "issued", "dcterms:issued", "dc:date", "dcterms:created", "created",
    "updated", "modified", "dcterms:modified",
)  # fmt: skip

#: Characters of Windows-1252, which references give by their numbers there.
_C1 = re.compile("[\x80-\x9f]")

#: What may stand before the bracket of JSON.
_BLANKS = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"

_XML = "{http://www.w3.org/XML/1998/namespace}"

#: Types of the texts of Atom; any other one is not a text.
_PLAIN = frozenset({"text", "text/plain"})
_MARKED_UP = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})

#: An author of RSS.
_ADDRESS_AND_NAME = re.compile(r"\S+@\S+\s*\((.+)\)")


class Reader(DocumentReader):
    """The entries of feeds."""

    format = "feed"

    def _parse(self, content: bytes, name: str) -> Iterator[Found]:
        is_json = content[:64].strip(_BLANKS)[:1] == b"{"
        return json_records(content) if is_json else records(content)


class _Feed(NamedTuple):
    """What a feed says of all its entries."""

    title: str | None
    language: str | None
    base: str


def records(content: bytes) -> Iterator[Found]:
    """Yield the entries of a feed.

    Nothing is fetched from the network, and entities that the feed defines are not expanded.

    Parameters
    ----------
    content : bytes
        RSS or Atom.

    Yields
    ------
    place : str
        Number of the entry, from 1.
    record : dict or Skipped
        Fields of an article, or why there is no article; or what was mended.
    """
    feed = _Feed(None, None, "")
    number = 0
    for part in entries(io.BytesIO(content)):
        if isinstance(part, Head):
            if number == 0 and (problem := _problem(part)):
                yield "", Skipped(Problem.UNREADABLE, problem)
                return
            if part.root is not None:
                feed = _feed(part.root)
            place = ""
        else:
            number += 1
            place = f":{number}"
            if part.element is None:
                yield place, Skipped(Problem.UNREADABLE, part.mended[0])
                continue
            if any(name_of(child.tag).startswith("wp:") for child in part.element):
                yield place, Skipped(Problem.UNREADABLE, _errors.feed_is_export())
                continue
            yield place, _record(part.element, feed)
        if part.mended:
            yield place, Skipped(Problem.MENDED, "; ".join(part.mended))
    if number == 0 and not _is_empty(content):
        yield "", Skipped(Problem.UNREADABLE, _errors.hidden_entries())


def json_records(content: bytes) -> Iterator[Found]:
    """Yield the entries of a JSON Feed.

    Parameters
    ----------
    content : bytes
        JSON.

    Yields
    ------
    place : str
        Number of the entry, from 1.
    record : dict or Skipped
        Fields of an article, or why there is no article.
    """
    try:
        feed = loads(content)
        entries = feed["items"]
        if not isinstance(entries, list):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "without a list of items"
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_feed(f"JSON ({reason})"))
        return
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            detail = _errors.expected_json_object(json.dumps(entry), type(entry).__name__)
            yield f":{number}", Skipped(Problem.UNREADABLE, detail)
            continue
        url = entry.get("url") or entry.get("external_url")
        yield (
            f":{number}",
            entry
            | {
                "id": entry.get("id") or url,
                "dek": entry.get("summary"),
                "text": text_of(str(entry.get("content_html") or "")) or entry.get("content_text"),
                "published": entry.get("date_published") or entry.get("date_modified"),
                "url": url,
                "author": entry.get("authors") or entry.get("author") or feed.get("authors"),
                "source": feed.get("title"),
                "language": entry.get("language") or feed.get("language"),
                "image": entry.get("image") or entry.get("banner_image"),
            },
        )


def _is_empty(content: bytes) -> bool:
    """Return whether a feed without entries has no remains of any: it is whole, and has no tag."""
    if _ENTRY.search(content) or b"<!DOCTYPE" in content:
        return False
    try:
        ET.fromstring(content)
    except ET.ParseError:
        return False
    return True


def _problem(head: Head) -> str:
    """Return why a document is no feed, or an empty text."""
    if head.root is None:
        return head.problem or _errors.unreadable_feed("")
    name = name_of(head.root.tag)
    return head.problem if name in _ROOTS else _errors.unreadable_feed(f"<{name}>")


def _feed(root: ET.Element) -> _Feed:
    """Return what the beginning of a feed says of all its entries."""
    about = next((child for child in root if name_of(child.tag) == "channel"), root)
    found = _fields(about)
    title = next((_line(element) for element in found.get("title", ())), "")
    language = root.get(f"{_XML}lang") or about.get(f"{_XML}lang") or _first(found, "language")
    base = root.get(f"{_XML}base") or about.get(f"{_XML}base") or ""
    return _Feed(title or None, language or _first(found, "dc:language") or None, base)


def _record(entry: ET.Element, feed: _Feed) -> dict[str, Any]:
    found = _fields(entry)
    titles = found.get("title", [])
    bodies = [*found.get("content:encoded", ()), *found.get("content", ())]
    text = max(map(_text, bodies), key=len, default="")
    summaries = (
        _text(element)
        for name in ("description", "summary", "dc:description")
        for element in found.get(name, ())
    )
    summary = next(filter(None, summaries), "")
    link = _link(found, entry.get(f"{_XML}base") or feed.base)
    about = (value for name, value in entry.items() if name_of(name) == "rdf:about")
    language = (value for element in titles if (value := element.get(f"{_XML}lang")))
    return _said(entry) | {
        "id": _first(found, "guid") or _first(found, "id") or next(about, "") or link,
        "title": next(filter(None, map(_line, titles)), ""),
        "dek": summary if text and summary != text else "",
        "text": text or summary,
        "published": next((date for name in _DATES if (date := _first(found, name))), None),
        "url": link or None,
        "tags": _tags(found),
        "author": _author(found),
        "source": feed.title,
        "language": entry.get(f"{_XML}lang")
        or next(language, "")
        or _first(found, "dc:language")
        or feed.language,
        **_image(entry),
    }


def _said(entry: ET.Element) -> dict[str, Any]:
    """Return what an entry says of who may see it, as Atom's ``app:control`` and Blogger do."""
    elements = [*entry]
    for element in entry:
        if element.tag.rpartition("}")[2] == "control":
            elements.extend(element)
    pairs = [
        ("expires" if name == "valid" else name, _value(element) or element.get("state", ""))
        for element in elements
        if says_visibility(name := element.tag.rpartition("}")[2]) or name == "valid"
    ]
    names = distinct([name for name, _ in pairs])
    return {name: value for name, (_, value) in zip(names, pairs, strict=True) if value}


def _fields(element: ET.Element) -> dict[str, list[ET.Element]]:
    """Return the children of an element by name."""
    found: dict[str, list[ET.Element]] = {}
    for child in element:
        found.setdefault(name_of(child.tag), []).append(child)
    return found


def _first(found: dict[str, list[ET.Element]], name: str) -> str:
    """Return the first text that is not empty of the elements of a name."""
    return next((text for element in found.get(name, ()) if (text := _value(element))), "")


def _value(element: ET.Element) -> str:
    """Return the characters of an element, without blanks around them."""
    text = (element.text or "") if len(element) == 0 else "".join(element.itertext())
    return _C1.sub(
        lambda match: match[0].encode("latin-1").decode("cp1252", "replace"), text.strip()
    )


def _text(element: ET.Element) -> str:
    """Return the text of a body or a summary."""
    markup = _markup(element)
    if markup is None:
        return ""
    if not markup:
        lines = (" ".join(line.split()) for line in _value(element).split("\n"))
        return "\n".join(filter(None, lines))
    if len(element) == 0:
        return text_of(_value(element))
    for part in element.iter():
        part.tag = part.tag.rpartition("}")[2]
    return text_of(ET.tostring(element, encoding="unicode", method="html"))


def _line(element: ET.Element) -> str:
    """Return the text of a title."""
    if len(element) == 0 and not _type(element):
        return title_of(_value(element)) if _markup(element) else " ".join(_value(element).split())
    return " ".join(_text(element).split())


def _type(element: ET.Element) -> str:
    """Return the type of the text of an element, or an empty text."""
    return "html" if IS_HTML in element.attrib else element.get("type", "").strip().lower()


def _markup(element: ET.Element) -> bool | None:
    """Return whether the text of an element is markup; None if the element has no text."""
    kind = _type(element)
    if kind in _PLAIN and len(element) == 0:
        return False
    if kind in _MARKED_UP or len(element) > 0:
        return True
    if kind:
        return None
    # RSS is HTML. Atom without a type is text, but not all who write it know.
    is_atom = "atom" in element.tag.lower().partition("}")[0]
    return not is_atom or is_html(element.text or "")


def _link(found: dict[str, list[ET.Element]], base: str) -> str:
    """Return the address of the page of an entry, or an empty text."""
    link = _first(found, "link")
    if not link:
        links = (
            element.get("href", "").strip()
            for element in found.get("link", ())
            if element.get("rel", "alternate") == "alternate"
        )
        link = next(filter(None, links), "")
    for guid in found.get("guid", ()):
        if not link and guid.get("isPermaLink", "true") != "false":
            link = value if (value := _value(guid)).startswith(("http:", "https:")) else ""
    try:
        return urljoin(base, link) if base and link else link
    except ValueError:  # an address with a bracket
        return link


def _tags(found: dict[str, list[ET.Element]]) -> list[str]:
    texts = (
        element.get("term") or title_of(_value(element))
        for name in ("category", "dc:subject")
        for element in found.get(name, ())
    )
    return [*dict.fromkeys(filter(None, texts))]


def _author(found: dict[str, list[ET.Element]]) -> str | None:
    names = []
    for name in ("dc:creator", "author"):
        for element in found.get(name, ()):
            parts = _fields(element)
            value = _first(parts, "name") if parts else title_of(_value(element))
            match = _ADDRESS_AND_NAME.fullmatch(value)
            names.append(match[1] if match else value)
    return ", ".join(dict.fromkeys(filter(None, names))) or None


def _image(entry: ET.Element) -> dict[str, str]:
    """Return address and description of the first thumbnail, or of another attached picture."""
    pictures: dict[str, dict[str, str]] = {}
    for around in entry.iter():
        for element in around:
            name = name_of(element.tag)
            url = element.get("href" if name == "link" else "url")
            if not url or name not in ("media:thumbnail", "media:content", "enclosure", "link"):
                continue
            is_thumbnail = name == "media:thumbnail"
            is_picture = element.get("type", element.get("medium", "")).startswith("image")
            if is_thumbnail or (is_picture and element.get("rel") in (None, "enclosure")):
                descriptions = map(_description, (element, around))
                picture = {"image": url, "image_alt": next(filter(None, descriptions), "")}
                pictures.setdefault("thumbnail" if is_thumbnail else "picture", picture)
    return pictures.get("thumbnail") or pictures.get("picture") or {}


def _description(media: ET.Element) -> str:
    """Return the description of a picture, or of the media that it is one of; else nothing."""
    is_media = name_of(media.tag) in ("media:content", "media:group", "media:thumbnail")
    found = (child for child in media if is_media and name_of(child.tag) == "media:description")
    return next(map(_line, found), "")
