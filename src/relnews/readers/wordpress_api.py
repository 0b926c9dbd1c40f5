"""Posts of WordPress as its REST API gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from relnews.readers import _errors
from relnews.readers.found import Former, Found, Skipped
from relnews.readers.html_text import text_of
from relnews.readers.json_decoding import raw_decode
from relnews.readers.load_report import Problem
from relnews.readers.markup import title_of
from relnews.readers.wordpress_shortcodes import without_shortcodes

#: Names of the values that are HTML.
_RENDERED = ("title", "content", "excerpt", "guid")
_FLATTENED = frozenset(f"{name}.rendered" for name in _RENDERED)

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
                if is_post(post):
                    yield from ((f":{number}", found) for found in found_in(post))
                else:
                    code = post.get("code") if isinstance(post, Mapping) else None
                    got = f"the error {code}" if code else "another value"
                    problem = _errors.unreadable_export(got)
                    yield f":{number}", Skipped(Problem.UNREADABLE, problem)


def is_post(record: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a post of the REST API, also one flattened to ``title.rendered``.

    Parameters
    ----------
    record : object
        A value of JSON.
    """
    if not isinstance(record, Mapping):
        return False
    values = [record[name] for name in _RENDERED if name in record]
    return not _FLATTENED.isdisjoint(record) or any(
        isinstance(value, Mapping) and "rendered" in value
        for value in values
        if type(value) is not str
    )


def found_in(post: Mapping[str, Any]) -> Iterator[dict[str, Any] | Skipped | Former]:
    """Yield a post with the fields of an article beside its own values, or why it is skipped.

    Parameters
    ----------
    post : mapping
        A post of the REST API.
    """
    kind = post.get("type") or "post"
    if kind != "post":
        yield Former(str(post.get("id")))
        yield Skipped(Problem.NOT_AN_ARTICLE, f"its type is {kind!r}")
        return
    text = text_of(without_shortcodes(_rendered(post, "content")))
    excerpt = text_of(without_shortcodes(_rendered(post, "excerpt")))
    embedded = _mapping(post.get("_embedded"))
    terms: dict[object, list[str]] = {}
    for group in _list(embedded.get("wp:term")):
        for term in map(_mapping, _list(group)):
            terms.setdefault(term.get("taxonomy"), []).append(title_of(str(term.get("name") or "")))
    authors = [_mapping(author).get("name") for author in _list(embedded.get("author"))]
    media = [*map(_mapping, _list(embedded.get("wp:featuredmedia")))]
    picture = next((medium for medium in media if medium.get("source_url")), {})
    yield {
        **post,
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
        "image": picture.get("source_url") or post.get("jetpack_featured_media_url"),
        "image_alt": picture.get("alt_text"),
    }


def _documents(content: bytes) -> Iterator[object]:
    """Yield the values of JSON that stand after each other, and what is wrong with the rest."""
    position = 0
    try:
        text = content.decode(json.detect_encoding(content)).strip()
        while position < len(text) or not text:
            value, end = raw_decode(text, position)
            yield value
            match = _BLANK.match(text, end)
            position = match.end() if match else end
    except (ValueError, RecursionError) as error:
        yield Skipped(Problem.UNREADABLE, _errors.unreadable_export(f"no JSON ({error})"))


def _rendered(post: Mapping[str, Any], name: str) -> str:
    text = _mapping(post.get(name)).get("rendered", post.get(f"{name}.rendered"))
    return text if isinstance(text, str) else ""


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
