"""Drift: how far statistics and stored lists are from the present ones."""

from unittest import mock

import pytest

from relnews import RelatedNews
from relnews.lists import inspection
from relnews.results import Drift


@pytest.fixture
def folder(tmp_path):
    """Return an archive whose stored lists are of an earlier epoch."""
    articles = [
        {
            "id": f"a{i}",
            "text": f"dike w{i % 5} x{i % 3} y{i % 4}",
            "published": f"2025-08-{i + 1:02}",
        }
        for i in range(24)
    ]
    folder = tmp_path / "a.relnews"
    RelatedNews(stop_words=None).fit(articles).save(folder)
    RelatedNews.open(folder).store_lists(3)
    return folder


def add_words(folder):
    """Make words common that the stored lists took for rare ones."""
    RelatedNews.open(folder).partial_fit(
        [{"id": f"b{i}", "text": "w1 w2 x1 y3 " + "z" * (i + 1)} for i in range(40)]
    )


def share(news, k):
    """Return the share of all stored lists that a ranking would change today."""
    ids = news.archive_.catalogue.all_ids()
    pairs = [(news.related(i, k).ids, news.related(i, k, exclude=["none"]).ids) for i in ids]
    return sum(stored != ranked for stored, ranked in pairs) / len(pairs)


def test_an_archive_without_stored_lists():
    """Only the statistics are compared."""
    news = RelatedNews().fit([{"id": "a", "text": "dike"}])
    assert news.drift() == Drift(0.0, None)


def test_changes_of_another_process_are_seen(folder):
    """The share is that of all lists if the sample is as large; 0 asks for no lists."""
    news = RelatedNews.open(folder)
    assert news.drift() == Drift(0.0, 0.0)
    add_words(folder)
    found = news.drift(1000)

    assert found.idf > 0.5
    assert 0 < found.lists == share(news, 3) < 1
    assert news.drift(64) == found
    assert news.drift(0) == Drift(found.idf, None)


def test_the_sample_is_spread_over_the_archive(folder):
    """At most the number of lists asked for is compared, evenly spread."""
    news = RelatedNews.open(folder)
    with mock.patch.object(inspection.list_reader, "stored_list", return_value=None) as stored_list:
        news.drift(5)
    compared = [call.args[1] for call in stored_list.call_args_list]
    assert compared == ["a0", "a5", "a10", "a15", "a20"]


def test_all_lists_are_the_stored_ones(folder):
    """However far the statistics are, stored lists are read until they are stored again."""
    news = RelatedNews.open(folder)
    before = [*news.related_all(3)]
    add_words(folder)
    ranked = [*news.related_all(3, exclude=["none"])]
    assert before != ranked[: len(before)]
    assert [*news.related_all(3)] == [news.related(items.id, 3) for items in ranked]
    assert news.store_lists(3).drift == Drift(0.0)
    assert news.drift() == Drift(0.0, 0.0)


def test_a_list_that_cannot_be_read_as_stored_is_not_different(folder):
    """A pin makes a list a ranked one; it counts as not different."""
    news = RelatedNews.open(folder)
    news.rules.pin("a1", "a9")
    assert news.drift(1000) == Drift(0.0, 0.0)
