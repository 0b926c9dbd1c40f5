"""Reader of WordPress: its export (WXR), and saved pages of its REST API."""

from __future__ import annotations

import html
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple
from xml.etree import ElementTree as ET

from relnews.readers import _errors, visibility, wordpress_api
from relnews.readers.documents import DocumentReader
from relnews.readers.found import Former, Found, Skipped
from relnews.readers.html_text import text_of
from relnews.readers.load_report import Problem
from relnews.readers.markup import title_of
from relnews.readers.visibility import plain_name
from relnews.readers.wordpress_shortcodes import without_shortcodes
from relnews.readers.xml_entries import Head, entries, name_of
from relnews.readers.xml_mending import IS_HTML

#: A missing date: of a draft, or of a post of which only the local time is known.
_NO_DATE = re.compile(r"0000-00-00|.*-0001")

#: A comment at the beginning or the end of a block of the editor.
_BLOCK = re.compile(r"<!-- /?wp:[^<>]*-->")

#: Custom fields in which plugins keep the category that counts as the main one.
_PRIMARY = ("_yoast_wpseo_primary_category", "rank_math_primary_category")

#: Kinds of items that were no posts before.
_PARTS = ("attachment", "revision", "nav_menu_item")

#: What an item has once; one that has it twice has run into another.
_SINGLE = ("title", "link", "wp:post_id")

#: The beginning of an element of an item, which no element that is read as HTML has.
_FIELD = re.compile(r"<(title|link|dc:creator|(?:content|excerpt):encoded|wp:\w+)[\s>]")

#: Custom fields of plugins that say who may see a post.
_SAYING = visibility.PLUGIN_SWITCHES | visibility.ROBOTS | visibility.RESTRICTIONS

#: What PublishPress Future does to a post when its time has come, if it stays public.
_STAYS = re.compile(r"(?:un)?stick|category.*")
_ACTION = re.compile(r'"expireType";s:\d+:"([\w-]*)"')


class _Site(NamedTuple):
    """What an export says of all its posts."""

    authors: dict[str, str]
    categories: dict[str, str]
    language: str | None


class Reader(DocumentReader):
    """The posts of an export of WordPress, or of pages of its REST API.

    An export names the picture of a post by the number of an attachment, which may come after the
    post or in another file. Such a post waits for it.
    """

    format = "wordpress"

    _pictures: dict[str, dict[str, str]]  # address and alt of each attachment, by its number
    _waiting: dict[str, list[tuple[str, dict[str, Any]]]]  # posts, by the number of their picture

    def _records(self) -> Iterator[Found]:
        self._pictures, self._waiting = {}, {}
        yield from super()._records()
        yield from itertools.chain.from_iterable(self._waiting.values())

    def _stream(self, stream: BinaryIO, name: str) -> Iterator[Found]:
        beginning = getattr(stream, "peek", lambda _: b"")(100)
        if beginning.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"[", b"{"):
            yield from super()._stream(stream, name)
        else:
            yield from self._posts(stream, name)

    def _parse(self, content: bytes, name: str) -> Iterator[Found]:
        return wordpress_api.records(content)

    def _posts(self, stream: BinaryIO, name: str) -> Iterator[Found]:
        """Yield the posts of an export."""
        site = _Site({}, {}, None)
        number = 0
        for part in entries(stream):
            place = f"{name}:{number}" if number else name
            if isinstance(part, Head):
                if number == 0 and (problem := _problem(part)):
                    yield place, Skipped(Problem.UNREADABLE, problem)
                    return
                if part.root is not None:
                    site = _site(part.root)
            else:
                number += 1
                place = f"{name}:{number}"
                if part.element is None:
                    yield place, Skipped(Problem.UNREADABLE, part.mended[0])
                    continue
                yield from self._post(part.element, site, place)
            if part.mended:
                yield place, Skipped(Problem.MENDED, "; ".join(part.mended))
        if number == 0 and not (site.authors or site.categories):
            yield name, Skipped(Problem.UNREADABLE, _errors.unreadable_export("no item in it"))

    def _post(self, item: ET.Element, site: _Site, place: str) -> Iterator[Found]:
        """Yield the record of an item as soon as its picture is known, and those that waited."""
        values = _values(item)
        several = [name for name in _SINGLE if len(values.get(name, ())) > 1]
        for child in item:
            if IS_HTML in child.attrib:
                several += _FIELD.findall(child.text or "")
        if several:
            yield place, Skipped(Problem.UNREADABLE, _errors.several_in_item(several[0]))
            return
        kind = " ".join(values.get("wp:post_type", ())) or "post"
        if kind == "attachment":
            number = _first(values, "wp:post_id")
            image = {
                "image": _first(values, "wp:attachment_url"),
                "image_alt": _custom_fields(item).get("_wp_attachment_image_alt", ""),
            }
            self._pictures.setdefault(number, image)
            for waiting, record in self._waiting.pop(number, ()):
                yield waiting, record | image
        if kind != "post":
            if kind not in _PARTS:
                yield place, Former(_id_of(values))
            yield place, Skipped(Problem.NOT_AN_ARTICLE, f"its type is {kind!r}")
            return
        custom = _custom_fields(item)
        record = _record(item, values, custom, site)
        picture = custom.get("_thumbnail_id", "0")
        if picture in self._pictures:
            record |= self._pictures[picture]
        elif picture != "0":
            self._waiting.setdefault(picture, []).append((place, record))
            return
        yield place, record


def _problem(head: Head) -> str:
    """Return why a document is no export, or an empty text."""
    if head.root is None:
        return head.problem or _errors.unreadable_export("")
    name = name_of(head.root.tag)
    return head.problem if name in ("rss", "channel") else _errors.unreadable_export(f"<{name}>")


def _site(root: ET.Element) -> _Site:
    """Return what the beginning of an export says of all its posts."""
    channel = next((child for child in root if name_of(child.tag) == "channel"), root)
    authors = {}
    categories = {}
    for child in channel:
        values = _values(child)
        if login := _first(values, "wp:author_login"):
            authors[login] = _first(values, "wp:author_display_name")
        if number := _first(values, "wp:term_id"):
            categories[number] = _first(values, "wp:category_nicename")
    language = _first(_values(channel), "language")
    return _Site(authors, categories, language or None)


def _record(
    item: ET.Element, values: Mapping[str, list[str]], custom: Mapping[str, str], site: _Site
) -> dict[str, Any]:
    """Return the fields of a post, and what WordPress says of who may see it."""
    terms: dict[str, dict[str, str]] = {}
    for child in item:
        if child.tag == "category" and child.text:
            names = terms.setdefault(child.get("domain", "category"), {})
            names.setdefault(child.get("nicename", child.text), html.unescape(child.text.strip()))
    sections = terms.get("category", {})
    primary = next((site.categories.get(custom[name]) for name in _PRIMARY if name in custom), None)
    login = _first(values, "dc:creator")
    dates = (_first(values, name) for name in ("wp:post_date_gmt", "pubDate", "wp:post_date"))
    return {
        "id": _id_of(values),
        "title": title_of(_first(values, "title")),
        "dek": _text(_first(values, "excerpt:encoded")),
        "text": _text("\n".join(values.get("content:encoded", ()))),
        "published": next((date for date in dates if date and not _NO_DATE.search(date)), None),
        "expires": _expiry(custom),
        "url": _first(values, "link") or None,
        "section": sections.get(primary or "") or next(iter(sections.values()), None),
        "tags": [*terms.get("post_tag", {}).values()],
        "author": site.authors.get(login) or login or None,
        "language": next(iter(terms.get("language", ())), site.language),
        "slug": _first(values, "wp:post_name") or None,
        # Several states, in an item that was mended, are none that is known.
        "status": " ".join(values.get("wp:status", ())) or "missing",
        "password": _first(values, "wp:post_password") or None,
        "meta": {name: value for name, value in custom.items() if plain_name(name) in _SAYING},
    }


def _values(element: ET.Element) -> dict[str, list[str]]:
    """Return the texts of the children of an element that are not blank, by name."""
    values: dict[str, list[str]] = {}
    for child in element:
        text = child.text
        if text and (text := text.strip()):
            name = name_of(child.tag)
            if name in values:
                values[name].append(text)
            else:
                values[name] = [text]
    return values


def _id_of(values: Mapping[str, list[str]]) -> str:
    return _first(values, "wp:post_id") or _first(values, "guid") or _first(values, "link")


def _text(content: str) -> str:
    """Return the text of a content or an excerpt."""
    # Comments of blocks go first: they are half of the markup, and one pattern is faster.
    return text_of(without_shortcodes(_BLOCK.sub("", content)))


def _first(values: Mapping[str, list[str]], name: str) -> str:
    return values[name][0] if name in values else ""


def _custom_fields(item: ET.Element) -> dict[str, str]:
    """Return the custom fields of a post by key; the first of a key has it alone."""
    fields: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for child in item:
        if child.tag.endswith("}postmeta"):
            texts = {part.tag.rpartition("}")[2]: part.text or "" for part in child}
            name = texts.get("meta_key", "")
            counts[name] += 1
            name = name if counts[name] == 1 else f"{name} ({counts[name]})"
            fields[name] = texts.get("meta_value", "").strip()
    return fields


def _expiry(custom: Mapping[str, str]) -> str | None:
    """Return the time, in seconds, at which PublishPress Future or Unpublish takes a post down."""
    action = _ACTION.search(custom.get("_expiration-date-options", ""))
    kind = custom.get("_expiration-date-type") or (action[1] if action else "")
    if custom.get("_expiration-date-status", "saved") == "saved" and not _STAYS.fullmatch(kind):
        expiry = custom.get("_expiration-date")
    else:
        expiry = None
    return expiry or custom.get("unpublish_timestamp")
