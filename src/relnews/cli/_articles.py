"""The article that a command is about: an id, or a title or address that no other article has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from relnews.cli._options import usage

if TYPE_CHECKING:
    from relnews.related import RelatedNews
    from relnews.results import RelatedItem

#: Maximum number of articles that an error offers.
_N_OFFERED = 5


def article_id(news: RelatedNews, name: str, *, may_be_unknown: bool = False) -> str:
    """Return the id of the article that a user names.

    Parameters
    ----------
    news : RelatedNews
        The open archive.
    name : str
        An id; or the title or the address of one article. An id comes first.
    may_be_unknown : bool
        Return an unknown name as it is.

    Raises
    ------
    click.ClickException
        If several articles have the name, or none has; it offers the nearest.
    """
    from relnews._checks import shortened
    from relnews.exceptions import unknown_article
    from relnews.storage import titles

    with usage():  # an argument that is not UTF-8 cannot be looked up
        is_id = name in news
    if is_id:
        return name
    catalogue = news.archive_.catalogue
    with catalogue.read_transaction():
        keys = titles.named(catalogue, name)
        if len(keys) == 1:
            return catalogue.ids(keys)[0]
        if not keys and may_be_unknown:
            return name
        if keys:
            shown = shortened(name, 200)
            message = f"{len(keys):,} articles have the title or url {shown}. Give an id:"
        else:
            message = str(unknown_article(name, catalogue.all_ids(), "id, title or url"))
            if not message.endswith("?"):  # it offers no id yet; the name may be a part of one
                keys = titles.nearest(catalogue, re.split(r"[\W_]+", name))
            message += " Articles with a similar title:" if keys else ""
        raise click.ClickException(message + offered(news, keys))


def items_of(news: RelatedNews, keys: Sequence[int]) -> list[RelatedItem]:
    """Return articles, hidden ones too, by their keys."""
    from relnews import results

    return results.items_of(filter(None, news.archive_.catalogue.details(keys)))


def offered(news: RelatedNews, keys: Sequence[int]) -> str:
    """Return the lines of an error that offer articles: date, id and title of the first few."""
    from relnews.export.text import aligned, date_of, printable, title_of

    items = items_of(news, keys[:_N_OFFERED])
    if not items:
        return ""
    table = aligned([(f"  {date_of(item)}", printable(item.id), title_of(item)) for item in items])
    more = f"\n  and {len(keys) - len(items):,} more" if len(keys) > len(items) else ""
    return f"\n{table}{more}"
