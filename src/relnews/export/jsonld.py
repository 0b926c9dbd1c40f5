"""A list as JSON-LD: an ``ItemList`` of schema.org, for search engines."""

from __future__ import annotations

from relnews.export.html import linkable
from relnews.export.json import line
from relnews.results import RelatedItem, RelatedList


def to_dict(related: RelatedList) -> dict[str, object]:
    """Return a list as JSON values: an ``ItemList`` of ``NewsArticle``.

    Parameters
    ----------
    related : RelatedList
        The list.

    Returns
    -------
    dict
        Without unknown fields, and with only ``http:``, ``https:`` and relative addresses. Without
        the author: schema.org requires whether it is a person or an organization.
    """
    return {
        "@context": "https://schema.org",
        "@type": "ItemList",
        "itemListOrder": "https://schema.org/ItemListOrderDescending",
        "numberOfItems": len(related),
        "itemListElement": [
            {"@type": "ListItem", "position": item.rank, "item": _article(item)} for item in related
        ],
    }


def dumps(related: RelatedList) -> str:
    """Return a list as one line for a ``<script type="application/ld+json">``.

    Parameters
    ----------
    related : RelatedList
        The list.

    Returns
    -------
    str
        Nothing in it can end the script that it stands in. Equal lists give equal lines.
    """
    return line(to_dict(related))


def _article(item: RelatedItem) -> dict[str, object]:
    known: dict[str, object] = {
        "identifier": item.id,
        "headline": item.title,
        "description": item.dek,
        "url": linkable(item.url),
        "datePublished": item.published.isoformat() if item.published else None,
        "articleSection": item.section,
        "keywords": [*item.tags],
        "sourceOrganization": {"@type": "Organization", "name": item.source}
        if item.source
        else None,
        "inLanguage": item.language,
        "image": linkable(item.image),
    }
    return {"@type": "NewsArticle"} | {name: value for name, value in known.items() if value}
