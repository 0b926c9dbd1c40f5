"""Posts of WordPress as its REST API gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from relnews.readers import _errors
from relnews.readers.html_text import text_of
from relnews.readers.load_report import Problem
from relnews.readers.markup import title_of
from relnews.readers.records import Found, Skipped
from relnews.readers.wordpress_shortcodes import without_shortcodes

_BLANK = re.compile(r"\s*")

#: How an excerpt ends that WordPress makes of the beginning of a text.
_CUT = ("[…]", "[...]", "…", "...")


def records(content: bytes) -> Iterator[Found]:
    """Yield the posts of a saved page of the REST API, ``/wp-json/wp/v2/posts``.

    Parameters
    ----------
    content : bytes
        A list of posts, one post, a list of such lists, or several of these after each other.

    Yields
    ------
    place : str
        Number of the post, from 1.
    record : dict or Skipped
        Fields of an article, or why there is no article.
    """
    number = 0
    for value in _documents(content):
        if isinstance(value, Skipped):
            yield f":{number + 1}" if number else "", value
            return
        pages = value if isinstance(value, list) else [value]
        for page in pages:
            for post in page if isinstance(page, list) else [page]:
                number += 1
                yield f":{number}", record_of(post)


def is_post(record: object) -> bool:
    """Return whether a value is a post of the REST API.

    Parameters
    ----------
    record : object
        A value of JSON.
    """
    return isinstance(record, Mapping) and any(
        isinstance(record.get(name), Mapping) and "rendered" in record[name]
        for name in ("title", "content", "guid", "excerpt")
    )


def record_of(post: object) -> dict[str, Any] | Skipped:
    """Return the fields of a post, and what WordPress says of who may see it.

    Parameters
    ----------
    post : object
        A value of JSON.
    """
    if not isinstance(post, Mapping) or not is_post(post):
        code = post.get("code") if isinstance(post, Mapping) else None
        got = f"the error {code}" if code else "another value"
        return Skipped(Problem.UNREADABLE, _errors.unreadable_export(got))
    kind = post.get("type") or "post"
    if kind != "post":
        return Skipped(Problem.NOT_AN_ARTICLE, f"its type is {kind!r}")
    text = text_of(without_shortcodes(_rendered(post, "content")))
    excerpt = text_of(without_shortcodes(_rendered(post, "excerpt")))
    embedded = _mapping(post.get("_embedded"))
    terms: dict[object, list[str]] = {}
    for group in _list(embedded.get("wp:term")):
        for term in map(_mapping, _list(group)):
            terms.setdefault(term.get("taxonomy"), []).append(title_of(str(term.get("name") or "")))
    authors = [_mapping(author).get("name") for author in _list(embedded.get("author"))]
    pictures = [
        _mapping(media).get("source_url") for media in _list(embedded.get("wp:featuredmedia"))
    ]
    content = _mapping(post.get("content"))
    yoast = _mapping(post.get("yoast_head_json"))
    return {
        "id": post.get("id") or _rendered(post, "guid") or post.get("link"),
        "title": title_of(_rendered(post, "title")),
        "dek": "" if _is_beginning(excerpt, text) else excerpt,
        "text": text,
        "published": post.get("date_gmt") or post.get("date"),
        "url": post.get("link"),
        "section": next(iter(terms.get("category", ())), None),
        "tags": terms.get("post_tag", []),
        "author": ", ".join(str(name) for name in authors if name) or None,
        "language": post.get("lang"),
        "image": next(filter(None, pictures), None) or post.get("jetpack_featured_media_url"),
        "slug": post.get("slug"),
        "status": post.get("status"),
        "password": post.get("password") or (content.get("protected") is True and "set") or None,
        "robots": _mapping(yoast.get("robots")).get("index"),
    }


def _documents(content: bytes) -> Iterator[object]:
    """Yield the values of JSON that stand after each other, and what is wrong with the rest."""
    decoder = json.JSONDecoder()
    position = 0
    try:
        text = content.decode(json.detect_encoding(content)).strip()
        while position < len(text) or not text:
            value, end = decoder.raw_decode(text, position)
            yield value
            match = _BLANK.match(text, end)
            position = match.end() if match else end
    except (ValueError, RecursionError) as error:
        yield Skipped(Problem.UNREADABLE, _errors.unreadable_export(f"no JSON ({error})"))


def _rendered(post: Mapping[str, Any], name: str) -> str:
    return str(_mapping(post.get(name)).get("rendered") or "")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_beginning(excerpt: str, text: str) -> bool:
    """Return whether an excerpt is the beginning of a text, cut off by WordPress."""
    for cut in _CUT:
        if excerpt.endswith(cut):
            words = excerpt.removesuffix(cut).split()
            return text.split(maxsplit=len(words))[: len(words)] == words
    return excerpt.split() == text.split()
