"""A change from inside the articles of a change is refused by name, before anything is touched."""

import pytest

from relnews import RelatedNews

ARTICLES = [{"id": str(i), "text": f"talks on guarantees, part{i % 7}"} for i in range(20)]

ADDED = [
    {"id": "outer", "text": "talks on guarantees"},
    {"id": "last", "text": "talks in part2"},
]

CALLS = {
    "remove": lambda news: news.remove("3"),
    "partial_fit": lambda news: news.partial_fit([{"id": "inner", "text": "talks"}]),
    "store_lists": lambda news: news.store_lists(3),
    "compact": lambda news: news.compact(),
    "rules": lambda news: news.rules.hide("section=World"),
    "backup": lambda news: news.backup("never.relnews"),
}


@pytest.fixture(params=["memory", "folder"])
def news(request, tmp_path):
    """Return an archive in memory or in a folder."""
    built = RelatedNews().fit(ARTICLES)
    if request.param == "memory":
        return built
    built.save(tmp_path / "a.relnews")
    return RelatedNews.open(tmp_path / "a.relnews")


def lists(news):
    """Return every list."""
    return [*news.related_all(4)]


@pytest.mark.parametrize("call", CALLS)
def test_a_change_inside_a_change_names_the_nesting(call, news):
    """The error says what is nested; the archive stays as it was."""
    before = lists(news)

    def articles():
        yield {"id": "outer", "text": "talks on guarantees"}
        CALLS[call](news)

    with pytest.raises(RuntimeError, match="inside the articles that partial_fit reads") as caught:
        news.partial_fit(articles())
    assert "transaction" not in str(caught.value)
    assert lists(news) == before
    assert "outer" not in news
    assert news.verify() == []


@pytest.mark.parametrize("call", CALLS)
def test_the_outer_change_goes_on_after_a_refused_call(call, news):
    """A generator that catches the error changes the archive as if it had not called."""

    def articles():
        yield ADDED[0]
        with pytest.raises(RuntimeError):
            CALLS[call](news)
        yield ADDED[1]

    news.partial_fit(articles())
    added = [
        {"id": "outer", "text": "talks on guarantees"},
        {"id": "last", "text": "talks in part2"},
    ]
    assert lists(news) == lists(RelatedNews().fit([*ARTICLES, *added]))
    assert news.verify() == []
