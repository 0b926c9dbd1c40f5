"""Baselines: lists that ignore all words, to say what a score is worth."""

from __future__ import annotations

import random
from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING

from relnews.articles import Article
from relnews.results import SHOWN

if TYPE_CHECKING:
    from relnews.related import RelatedNews

#: Names of the baselines.
BASELINES = LATEST, SAME_SECTION, RANDOM = "latest", "same section", "random"

#: Articles whose details are looked up at a time.
_BLOCK = 10_000


def baselines(
    news: RelatedNews, queries: Iterable[str], k: int = 8
) -> dict[str, dict[str, list[str]]]:
    """Return runs that ignore all words, by name, to compare scores with.

    Parameters
    ----------
    news : RelatedNews
        The archive.
    queries : iterable of str
        Ids of its articles.
    k : int, default=8
        Items of a list, at most.

    Returns
    -------
    dict of str to dict of str to list of str
        ``latest``: the newest articles that were there when the query appeared, and if need be
        those that came next. ``same section``: the same within the section of the query.
        ``random``: drawn at random, the same for each call. An archive without dates or without
        sections has no such run.
    """
    articles, queries = articles_of(news), list(queries)
    runs = {
        LATEST: latest(articles, queries, k),
        SAME_SECTION: same_section(articles, queries, k),
        RANDOM: at_random(articles, queries, k),
    }
    return {name: run for name, run in runs.items() if any(run.values())}


def latest(articles: Iterable[Article], queries: Iterable[str], k: int = 8) -> dict[str, list[str]]:
    """Return the newest articles that were there when the query appeared, by query.

    If they are fewer than k, the first articles after the query follow. A query without a date gets
    the newest of all; articles without a date are in no list.
    """
    timeline = _Timeline(articles)
    return {query: timeline.around(query, k) for query in queries}


def same_section(
    articles: Iterable[Article], queries: Iterable[str], k: int = 8
) -> dict[str, list[str]]:
    """Return as `latest` articles of the query's section; a query without a section has none."""
    articles_in: dict[str, list[Article]] = {}
    section: dict[str, str] = {}
    for article in articles:
        if article.section:
            section[article.id] = article.section
            articles_in.setdefault(article.section, []).append(article)
    timelines = {name: _Timeline(group) for name, group in articles_in.items()}
    return {
        query: timelines[section[query]].around(query, k) if query in section else []
        for query in queries
    }


def at_random(
    articles: Iterable[Article], queries: Iterable[str], k: int = 8, seed: int = 0
) -> dict[str, list[str]]:
    """Return k articles drawn at random by query; articles, query and seed determine each list."""
    ids = [article.id for article in articles]
    size = min(k + 1, len(ids))
    drawn = {query: random.Random(f"{seed} {query}").sample(ids, size) for query in queries}
    return {query: [item for item in items if item != query][:k] for query, items in drawn.items()}


def articles_of(news: RelatedNews) -> list[Article]:
    """Return the articles of an archive in its order, without texts, which it does not keep."""
    catalogue = news.archive_.catalogue
    keys = catalogue.keys()
    return [
        Article(**dict(zip(SHOWN, about, strict=True)))
        for start in range(0, len(keys), _BLOCK)
        for about in catalogue.details(keys[start : start + _BLOCK])
        if about is not None
    ]


class _Timeline:
    """The dated articles among several, oldest first."""

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
