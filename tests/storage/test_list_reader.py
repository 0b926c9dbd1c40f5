"""Stored lists as they are read: their length, and when they have to be built."""

import pytest

from relnews import RelatedNews
from relnews.storage.list_reader import date_and_list, stored_list

N = 7


@pytest.fixture(scope="module")
def news():
    """Return an archive with stored lists of five items; more articles are related."""
    news = RelatedNews(stop_words=None).fit(
        {"id": f"{i}", "title": f"flood {i}0", "text": f"river dike w{i}a w{i}b w{i}c"}
        for i in range(N + 1)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relnews.maintenance.updates.CANDIDATES_PER_ITEM", 1)
        news.store_lists(5)
    return news


@pytest.mark.parametrize("k", [1, 2, 4, 5])
def test_a_stored_list_has_k_items(news, k):
    """The first k items of a stored list are those of a ranked one."""
    catalogue = news.archive_.catalogue
    stored = stored_list(catalogue, "0", k)
    assert stored is not None
    assert len(stored) == k
    assert stored == news.related("0", k, fallback=())
    assert date_and_list(catalogue, "0", k) == (None, stored)


@pytest.mark.parametrize("k", [6, 7, 50])
def test_a_longer_list_has_to_be_built(news, k):
    """A list of more items than are stored is not cut; it is ranked."""
    catalogue = news.archive_.catalogue
    assert stored_list(catalogue, "0", k) is None
    assert date_and_list(catalogue, "0", k) == (None, None)
    assert len(news.related("0", k)) == min(k, N)


def test_a_longer_list_than_stored_has_all_related_articles():
    """Where the candidates are all related articles, more of them than items are shown, too."""
    news = RelatedNews(stop_words=None).fit(
        {"id": f"{i}", "text": f"river dike w{i}a w{i}b w{i}c"} for i in range(N + 1)
    )
    news.store_lists(5)
    assert [len(news.related("0", k)) for k in (5, 6, 50)] == [5, 6, N]
    news.store_lists(N + 1)
    assert len(stored_list(news.archive_.catalogue, "0", 50)) == N


def test_an_article_that_is_not_there(news):
    """An unknown id has no list and no date."""
    assert stored_list(news.archive_.catalogue, "unknown", 5) is None
    assert date_and_list(news.archive_.catalogue, "unknown", 5) is None
