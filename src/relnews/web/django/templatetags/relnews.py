"""``{% load relnews %}``: Related News in a template of Django."""

from __future__ import annotations

import functools

from django import template
from django.conf import settings
from django.utils.translation import get_language
from markupsafe import Markup

from relnews.export.html import known_language
from relnews.web.box import Box

register = template.Library()


@register.simple_tag  # type: ignore[untyped-decorator]
def related_news(
    id: object,  # noqa: A002 (the field's own name)
    k: int = 8,
    heading: str = "Related News",
    heading_level: int = 2,
) -> Markup:
    """Return the list of an article as a ``<section>``; see `relnews.web.Box`.

    Dates are in the language that Django has chosen for the page.
    """
    language = known_language(get_language())
    return _box(settings.RELNEWS_ARCHIVE, str(heading), heading_level, language)(id, k)


@functools.lru_cache(maxsize=32)
def _box(archive: str, heading: str, heading_level: int, language: str) -> Box:
    return Box(archive, heading=heading, heading_level=heading_level, language=language)
