"""Stored lists that are cut off amid articles of equal scores."""

import datetime as dt
import itertools

import pytest

from relnews import RelatedNews

#: Articles that have equal scores in the list of `QUERY`: each has words of its own.
N_TIED = 6
QUERY = {"id": "query", "title": "river", "text": "flood"}


def tied(number, day):
    """Return one of the tied articles, of a day that decides its place."""
    return {
        "id": f"tied{number}", "title": "river",
        "text": " ".join(f"w{number}{letter}" for letter in "abc"),
        "published": dt.date(2025, 8, day).isoformat(),
    }  # fmt: skip


def in_order(articles):
    """Return the ids of tied articles, newest first, then by id."""
    order = sorted(articles.values(), key=lambda article: article["id"])
    order.sort(key=lambda article: article["published"], reverse=True)
    return [article["id"] for article in order]


def items_of(news, k):
    return news.related("query", k, fallback=())


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("day", [1, 12, 17, 28])
@pytest.mark.parametrize("replaced", range(N_TIED))
def test_a_list_that_ends_amid_ties_stays_exact(k, day, replaced):
    """An article leaves, an equal article arrives: no article that was cut off is forgotten.

    The list holds 2·k candidates of six articles with the same score. The article that arrives has
    another date, so another place among them. Afterwards the articles are removed one by one.
    """
    articles = {number: tied(number, 20 - number) for number in range(N_TIED)}
    news = RelatedNews(stop_words=None, recency=None).fit([QUERY, *articles.values()])
    news.store_lists(k)
    assert len({item.score for item in items_of(news, N_TIED)}) == 1
    articles[replaced] = tied(replaced, day)
    news.partial_fit([articles[replaced]])
    while articles:
        expected = in_order(articles)
        assert news.related("query", k).ids == expected[:k]
        del articles[int(expected[0].removeprefix("tied"))]
        news.remove([expected[0]])


def test_arrivals_and_departures_in_one_change():
    """The same, for every pair of articles that change places in one update."""
    for first, second in itertools.permutations(range(N_TIED), 2):
        articles = {number: tied(number, 20 - number) for number in range(N_TIED)}
        news = RelatedNews(stop_words=None, recency=None).fit([QUERY, *articles.values()])
        news.store_lists(2)
        articles[first], articles[second] = tied(first, 2), tied(second, 19)
        news.partial_fit([articles[first], articles[second]])
        assert news.related("query", 2).ids == in_order(articles)[:2]


@pytest.mark.parametrize("n_before", [0, 1, 3])
def test_a_list_with_room_takes_the_last_article(n_before):
    """A list that has all related articles also takes one behind its last, without a ranking."""
    articles = {number: tied(number, 20 - number) for number in range(n_before)}
    news = RelatedNews(stop_words=None, recency=None).fit([QUERY, *articles.values()])
    news.store_lists(4)
    articles[n_before] = tied(n_before, 1)
    report = news.partial_fit([articles[n_before]])
    assert "query" in report.changed
    assert news.related("query", 4).ids == in_order(articles)
