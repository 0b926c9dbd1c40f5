"""Reader of Ghost: its JSON export, and saved pages of its Content API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from relnews.readers import _errors
from relnews.readers.documents import DocumentReader
from relnews.readers.ghost_bodies import body_of
from relnews.readers.load_report import Problem
from relnews.readers.records import Found, Skipped

#: Bytes of the longest export. It is read whole: tags and authors come after the posts.
LONGEST = 1 << 30

#: What an export has in place of the address of its site.
_SITE = "__GHOST_URL__"


class Reader(DocumentReader):
    """The posts of an export of Ghost, or of pages of its Content API."""

    format = "ghost"

    def _stream(self, stream: BinaryIO, name: str) -> Iterator[Found]:
        content = stream.read(LONGEST + 1)
        if len(content) > LONGEST:
            yield name, Skipped(Problem.UNREADABLE, _errors.document_too_long(LONGEST))
            return
        # An address of one's own comes first, then the rule that Ghost follows by default.
        has_pattern = self._spec.url is not None
        for place, record in records(content):
            if isinstance(record, dict) and not has_pattern and not record["url"]:
                record["url"] = f"/{record['slug']}/" if record["slug"] else None
            yield f"{name}{place}", record


def records(content: bytes) -> Iterator[Found]:
    """Yield the posts of an export, or of a page of the Content API.

    Parameters
    ----------
    content : bytes
        JSON.

    Yields
    ------
    place : str
        Number of the post, from 1.
    record : dict or Skipped
        Fields of an article, or why there is no article.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_ghost(f"no JSON ({error})"))
        return
    tables = _tables(document)
    posts = tables.get("posts")
    if not isinstance(posts, list):
        got = "no posts in it" if isinstance(document, Mapping) else "another value"
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_ghost(got))
        return
    relations = _Relations(tables)
    for number, post in enumerate(posts, start=1):
        if isinstance(post, Mapping):
            yield f":{number}", _record(post, relations)
        else:
            yield f":{number}", Skipped(Problem.UNREADABLE, _errors.unreadable_ghost("no post"))


class _Relations:
    """The tags, authors and other values that an export has in tables of their own.

    Parameters
    ----------
    tables : mapping of str to list
        The tables of an export. A page of the Content API has posts only, with all of it in them.
    """

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.is_export = any(name != "posts" for name in tables)
        self._tags = _by_id(tables.get("tags"))
        self._users = _by_id(tables.get("users"))
        self._meta = {row.get("post_id"): row for row in _rows(tables.get("posts_meta"))}
        self._tags_of = _related(tables.get("posts_tags"), "tag_id")
        self._authors_of = _related(tables.get("posts_authors"), "author_id")

    def tags(self, post: Mapping[str, Any]) -> list[str]:
        """Return the names of the public tags of a post; the first one is the primary tag."""
        tags = _rows(post.get("tags")) or [
            self._tags[number]
            for number in self._tags_of.get(post.get("id"), ())
            if number in self._tags
        ]
        return [
            name
            for tag in tags
            if (name := str(tag.get("name") or ""))
            and not name.startswith("#")
            and tag.get("visibility", "public") == "public"
        ]

    def authors(self, post: Mapping[str, Any]) -> list[str]:
        """Return the names of the authors of a post."""
        numbers = self._authors_of.get(post.get("id")) or [post.get("author_id")]
        authors = _rows(post.get("authors")) or [
            self._users[number] for number in numbers if number in self._users
        ]
        return [str(author["name"]) for author in authors if author.get("name")]

    def meta(self, post: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values of a post that are in the table ``posts_meta``."""
        return self._meta.get(post.get("id"), {})


def _record(post: Mapping[str, Any], relations: _Relations) -> dict[str, Any] | Skipped:
    """Return the fields of a post, and what Ghost says of who may see it."""
    kind = "page" if post.get("page") in (True, 1) else post.get("type") or "post"
    if kind != "post":
        return Skipped(Problem.NOT_AN_ARTICLE, f"its type is {kind!r}")
    meta = relations.meta(post)
    tags = relations.tags(post)
    robots = "noindex" in f"{post.get('codeinjection_head')}{meta.get('codeinjection_head')}"
    image = post.get("feature_image")
    return {
        "id": post.get("id"),
        "title": post.get("title"),
        "dek": post.get("custom_excerpt"),
        "text": body_of(post),
        "published": post.get("published_at"),
        "url": post.get("url"),
        "section": tags[0] if tags else None,
        "tags": tags,
        "author": ", ".join(relations.authors(post)) or None,
        "language": post.get("locale"),
        "image": image.replace(_SITE, "") if isinstance(image, str) else image,
        "slug": post.get("slug"),
        # The Content API gives published posts only, and does not say that they are.
        "status": post.get("status") or ("missing" if relations.is_export else None),
        "visibility": post.get("visibility"),
        "hidden": bool(meta.get("email_only")),
        "noindex": robots,
    }


def _tables(document: object) -> Mapping[str, Any]:
    """Return the tables of an export; of a page of the Content API, the table of its posts."""
    if not isinstance(document, Mapping):
        return {}
    databases = document.get("db")
    if isinstance(databases, list) and databases and isinstance(databases[0], Mapping):
        document = databases[0]
    tables = document.get("data")
    if isinstance(tables, Mapping):
        return tables
    return {"posts": document["posts"]} if "posts" in document else {}


def _rows(table: object) -> list[Mapping[str, Any]]:
    return [row for row in table if isinstance(row, Mapping)] if isinstance(table, list) else []


def _by_id(table: object) -> dict[object, Mapping[str, Any]]:
    return {row.get("id"): row for row in _rows(table)}


def _related(table: object, name: str) -> dict[object, list[object]]:
    """Return the ids of the rows that belong to each post, in their order."""
    related: dict[object, list[object]] = {}
    for row in sorted(_rows(table), key=lambda row: row.get("sort_order") or 0):
        related.setdefault(row.get("post_id"), []).append(row.get(name))
    return related
