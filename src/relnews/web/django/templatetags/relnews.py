"""``{% load relnews %}``: Related News in a template of Django."""

from __future__ import annotations

import functools

from django import template
from django.conf import settings
from markupsafe import Markup

from relnews.web.box import Box

register = template.Library()


@register.simple_tag  # type: ignore[untyped-decorator]
def related_news(
    id: object,  # noqa: A002 (the field's own name)
    k: int = 8,
    heading: str = "Related News",
    heading_level: int = 2,
) -> Markup:
    """Return the list of an article as a ``<section>``; see `relnews.web.Box`."""
    return _box(settings.RELNEWS_ARCHIVE, str(heading), heading_level)(id, k)


@functools.lru_cache(maxsize=32)
def _box(archive: str, heading: str, heading_level: int) -> Box:
    return Box(archive, heading=heading, heading_level=heading_level)
