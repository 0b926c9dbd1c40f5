"""Baselines: lists that look at no word, to say what a score is worth."""

from __future__ import annotations

import random
from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING

from relnews.articles import Article
from relnews.results import SHOWN

if TYPE_CHECKING:
    from relnews.related import RelatedNews

#: What the baselines are called.
BASELINES = LATEST, SAME_SECTION, RANDOM = "latest", "same section", "random"

#: Articles whose details are looked up at a time.
_BLOCK = 10_000


def baselines(
    articles: Iterable[Article], queries: Iterable[str], k: int = 8
) -> dict[str, dict[str, list[str]]]:
    """Return the runs of all baselines that the articles allow, by name.

    Parameters
    ----------
    articles : iterable of Article
        The archive, from `read_articles` or `articles_of`.
    queries : iterable of str
        Ids of some of them.
    k : int, default=8

    Returns
    -------
    dict of str to run
        Those of `BASELINES`, without one whose lists are all empty: the articles have no dates or
        no sections.
    """
    articles, queries = list(articles), list(queries)
    runs = {
        LATEST: latest(articles, queries, k),
        SAME_SECTION: same_section(articles, queries, k),
        RANDOM: at_random(articles, queries, k),
    }
    return {name: run for name, run in runs.items() if any(run.values())}


def latest(articles: Iterable[Article], queries: Iterable[str], k: int = 8) -> dict[str, list[str]]:
    """List the newest articles that were there when the query appeared.

    If they are fewer than k, those that came soonest after it follow. A query without a date gets
    the newest of all; articles without a date are in no list.

    Parameters
    ----------
    articles : iterable of Article
    queries : iterable of str
    k : int, default=8
    """
    timeline = _Timeline(articles)
    return {query: timeline.around(query, k) for query in queries}


def same_section(
    articles: Iterable[Article], queries: Iterable[str], k: int = 8
) -> dict[str, list[str]]:
    """List as `latest` does, of the query's own section alone.

    Parameters
    ----------
    articles : iterable of Article
    queries : iterable of str
        The list of one without a section is empty.
    k : int, default=8
    """
    members: dict[str, list[Article]] = {}
    section: dict[str, str] = {}
    for article in articles:
        if article.section:
            section[article.id] = article.section
            members.setdefault(article.section, []).append(article)
    timelines = {name: _Timeline(group) for name, group in members.items()}
    return {
        query: timelines[section[query]].around(query, k) if query in section else []
        for query in queries
    }


def at_random(
    articles: Iterable[Article], queries: Iterable[str], k: int = 8, seed: int = 0
) -> dict[str, list[str]]:
    """List articles at random.

    Parameters
    ----------
    articles : iterable of Article
    queries : iterable of str
    k : int, default=8
    seed : int, default=0
        With the articles and the query it determines the list, whatever the other queries are.
    """
    ids = [article.id for article in articles]
    size = min(k + 1, len(ids))
    drawn = {query: random.Random(f"{seed} {query}").sample(ids, size) for query in queries}
    return {query: [one for one in some if one != query][:k] for query, some in drawn.items()}


def articles_of(news: RelatedNews) -> list[Article]:
    """Return the articles of an archive in its order, without their texts, which it does not keep.

    Parameters
    ----------
    news : RelatedNews
    """
    catalogue = news.archive_.catalogue
    keys = catalogue.keys()
    return [
        Article(**dict(zip(SHOWN, about, strict=True)))
        for start in range(0, len(keys), _BLOCK)
        for about in catalogue.details(keys[start : start + _BLOCK])
        if about is not None
    ]


class _Timeline:
    """The dated ones of some articles, oldest first."""

    def __init__(self, articles: Iterable[Article]) -> None:
        dated = [(a.published, a.id) for a in articles if a.published is not None]
        dated.sort(key=itemgetter(1), reverse=True)  # of one date, as in every list: by id
        dated.sort(key=itemgetter(0))
        self.ids = [identifier for _, identifier in dated]
        self.place = {identifier: i for i, identifier in enumerate(self.ids)}

    def around(self, query: str, k: int) -> list[str]:
        """Return the k before an article, newest first, and if need be those after it."""
        place = self.place.get(query, len(self.ids))
        before = self.ids[max(0, place - k) : place][::-1]
        return before + self.ids[place + 1 : place + 1 + k - len(before)]
