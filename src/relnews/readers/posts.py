"""Posts: records that a system of content has written, in whatever file or table they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from relnews.dates import is_missing
from relnews.readers import ghost_posts, wordpress_api
from relnews.readers.found import Found, Skipped
from relnews.readers.load_report import Problem

#: Kinds of posts of WordPress that are no articles. A site may have kinds of its own that are.
_NO_ARTICLES = frozenset({
    "page", "attachment", "revision", "nav_menu_item", "custom_css", "customize_changeset",
    "oembed_cache", "user_request", "wp_block", "wp_template", "wp_template_part",
    "wp_global_styles", "wp_navigation", "wp_font_family", "wp_font_face",
})  # fmt: skip

_SYSTEMS = (ghost_posts, wordpress_api)


def with_fields(entries: Iterator[Found]) -> Iterator[Found]:
    """Yield entries; posts of Ghost and of WordPress get the fields of an article.

    Their own names and values stay, for a caller who maps them.
    """
    for place, record in entries:
        if not isinstance(record, Mapping):
            yield place, record
        elif system := next((system for system in _SYSTEMS if system.is_post(record)), None):
            values = {name: None if is_missing(value) else value for name, value in record.items()}
            yield from ((place, found) for found in system.found_in(values))
        elif kind := _kind(record):
            yield place, Skipped(Problem.NOT_AN_ARTICLE, f"its type is {kind!r}")
        else:
            yield place, record


def _kind(record: Mapping[str, object]) -> str:
    """Return the kind of a post of WordPress's database that is no article, or nothing."""
    name = "post_type" if "post_type" in record else "wp:post_type"
    kind = record.get(name)
    return kind if isinstance(kind, str) and kind in _NO_ARTICLES else ""
