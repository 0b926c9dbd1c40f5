"""Posts of Ghost: of an export, of its Content API, or of a table of its database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relnews.readers.found import Former, Skipped
from relnews.readers.ghost_bodies import body_of
from relnews.readers.load_report import Problem
from relnews.readers.visibility import is_empty

#: What an export has in place of the address of its site.
_SITE = "__GHOST_URL__"

#: Names that say who may see a post. One without a value hides it.
_STATES = ("status", "visibility")

#: Names of a post that no other system has.
_OWN_NAMES = frozenset({"lexical", "mobiledoc", "comment_id"})


def is_post(record: Mapping[str, object]) -> bool:
    """Return whether a record is a post of Ghost, in whatever file or table it is."""
    return not _OWN_NAMES.isdisjoint(record) and "title" in record


def posts_of(document: object) -> list[object] | None:
    """Return the posts of an export or of a page of the Content API; None of anything else.

    A post of an export gets its tags, its authors and its other values out of the other tables, so
    that it is as the Content API gives it.

    Parameters
    ----------
    document : object
        A value of JSON.
    """
    if not isinstance(document, Mapping):
        return None
    tables = _tables(document)
    posts = tables.get("posts")
    if not isinstance(posts, list):
        return None
    if tables.keys() == {"posts"} and "db" not in document:
        return posts
    relations = _Relations(tables)
    return [relations.joined(post) if isinstance(post, Mapping) else post for post in posts]


class _Relations:
    """The tags, authors and other values that an export has in tables of their own.

    Parameters
    ----------
    tables : mapping of str to list
        The tables of an export.
    """

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._tags = _by_id(tables.get("tags"))
        self._users = _by_id(tables.get("users"))
        self._meta = {row.get("post_id"): row for row in _rows(tables.get("posts_meta"))}
        self._tags_of = _related(tables.get("posts_tags"), "tag_id")
        self._authors_of = _related(tables.get("posts_authors"), "author_id")

    def joined(self, post: Mapping[str, Any]) -> dict[str, Any]:
        """Return a post with its tags, authors and values of ``posts_meta``."""
        number = post.get("id")
        tags = self._tags_of.get(number, ())
        authors = self._authors_of.get(number) or [post.get("author_id")]
        meta = self._meta.get(number, {}).items()
        return {
            **post,
            **{name: value for name, value in meta if value and not post.get(name)},
            # An export says them of every post.
            **{name: post.get(name) for name in _STATES},
            "tags": post.get("tags") or [self._tags[tag] for tag in tags if tag in self._tags],
            "authors": post.get("authors")
            or [self._users[user] for user in authors if user in self._users],
        }


def found_in(post: Mapping[str, Any]) -> Iterator[dict[str, Any] | Skipped | Former]:
    """Yield a post with the fields of an article beside its own values, or why it is skipped.

    Parameters
    ----------
    post : mapping
        As the Content API gives it.
    """
    kind = "page" if post.get("page") in (True, 1) else post.get("type") or "post"
    if kind != "post":
        yield Former(str(post.get("id")))
        yield Skipped(Problem.NOT_AN_ARTICLE, f"its type is {kind!r}")
        return
    tags = [
        name
        for tag in _rows(post.get("tags"))
        if (name := str(tag.get("name") or ""))
        and not name.startswith("#")
        and tag.get("visibility", "public") == "public"
    ]
    authors = [str(author["name"]) for author in _rows(post.get("authors")) if author.get("name")]
    image = post.get("feature_image")
    # The Content API gives published posts only, and does not say that they are.
    missing = {name: "missing" for name in _STATES if name in post and is_empty(post[name])}
    yield {
        **post,
        **missing,
        "id": post.get("id"),
        "title": post.get("title"),
        "dek": post.get("custom_excerpt"),
        "text": body_of(post),
        "published": post.get("published_at"),
        "url": post.get("url"),
        "section": tags[0] if tags else None,
        "tags": tags,
        "author": ", ".join(authors) or None,
        "language": post.get("locale"),
        "image": image.replace(_SITE, "") if isinstance(image, str) else image,
        "image_alt": post.get("feature_image_alt"),
        "noindex": "noindex" in str(post.get("codeinjection_head")),
    }


def _tables(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the tables of an export; of a page of the Content API, the table of its posts."""
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
