"""Lists of pins and ranked candidates: their length, their order, their boundaries."""

import pytest

from relnews import RelatedNews, Selection


def stories(n, **about):
    """Return articles that share words, and have a word each that no other article has."""
    return [
        {"id": f"{i}", "title": "flood", "text": f"river dike levee crest w{i}a w{i}b", **about}
        for i in range(n)
    ]


@pytest.mark.parametrize("mode", ["similar", "news", "same_story", "more"])
@pytest.mark.parametrize("k", [1, 2, 3, 5, 20])
def test_pins_are_among_the_k_items(mode, k):
    """A list has k items with its pins, whether or not the mode has a selection."""
    news = RelatedNews(stop_words=None).fit(stories(9, published="2025-08-22"))
    news.rules.pin("0", ["8", "7"])
    ids = news.related("0", k, mode=mode).ids

    assert ids[:2] == ["8", "7"][:k]
    assert len(ids) == len({*ids}) == min(k, 8)


@pytest.mark.parametrize("k", [1, 3, 8])
def test_pins_are_among_the_k_items_of_all_lists(k):
    """The same holds where many lists are built together, and beside other blocks."""
    news = RelatedNews(stop_words=None).fit(stories(9, published="2025-08-22"))
    news.rules.pin("0", ["8", "7"])
    first = next(iter(news.related_all(k, mode="similar")))
    assert first == news.related("0", k, mode="similar")
    blocks = news.related_blocks("0", {"same_story": 1, "similar": k})
    assert [len(block) for block in blocks.values()] == [1, min(k, 7)]


def test_pins_have_no_score():
    """Score and similarity of a pinned item are 0; a rule of one list changes no other one."""
    news = RelatedNews(stop_words=None).fit(stories(9))
    news.rules.pin("0", "8")
    news.rules.block("1", "2")
    assert [(item.score, item.similarity) for item in news.related("0", 1)] == [(0.0, 0.0)]
    lists = [*news.related_all(8)]
    assert lists == [news.related(f"{i}", 8) for i in range(9)]
    assert "2" not in lists[1].ids
    assert "2" in lists[3].ids


def test_pins_exclude_their_near_duplicates():
    """A list has no version of a pinned item."""
    articles = stories(9)
    news = RelatedNews(stop_words=None).fit([*articles, articles[8] | {"id": "8b"}])
    news.rules.pin("0", ["8", "7"])
    ids = news.related("0", 20).ids

    assert ids == ["8", "7", "1", "2", "3", "4", "5", "6"]


def test_undated_articles_are_the_last_of_the_newest():
    """Mode newest orders by date; articles without a date come after all others."""
    dates = [None, "1960-01-01", None, "2025-08-23", "1970-01-01", None, "2025-08-22"]
    articles = [
        article | {"published": date} for article, date in zip(stories(7), dates, strict=True)
    ]
    query = {
        "id": "query",
        "title": "flood",
        "text": "river dike levee crest",
        "published": "2025-08-22",
    }
    ids = RelatedNews(stop_words=None).fit([*articles, query]).related("query", mode="newest").ids

    assert ids[:4] == ["3", "6", "4", "1"]
    assert {*ids[4:]} == {"0", "2", "5"}


@pytest.mark.parametrize("newest_first", [False, True])
def test_an_item_may_have_exactly_the_minimum_score(newest_first):
    """A score equal to `min_score` is enough; a millionth less is not."""
    options = {"mode": "newest"} if newest_first else {}
    news = RelatedNews(stop_words=None, recency=None).fit([
        *stories(3), {"id": "far", "title": "flood", "text": "river of another country"},
    ])  # fmt: skip
    scores = {item.id: item.score for item in news.related("0", mode="similar")}
    least = min(scores.values())
    assert [*scores.values()].count(least) == 1

    def ids(min_score):
        selection = Selection(min_score=min_score, duplicate_threshold=None)
        return {*news.related("0", selection=selection, **options).ids}

    assert ids(least) == {*scores}
    assert ids(round(least + 0.000001, 6)) == {*scores} - {"far"}


@pytest.mark.parametrize("article", [0, 1, 2])
def test_a_near_duplicate_of_a_draft_has_at_least_the_threshold(article):
    """A cosine equal to the threshold excludes an article; a millionth less does not."""
    news = RelatedNews(stop_words=None, title_overlap=0, recency=None).fit(stories(3))
    draft = {"title": "flood dike", "text": f"river w{article}a w{article}b dike levee"}
    items = news.related_to_text(**draft, mode="similar")
    cosine = items[0].similarity
    assert items[0].id == f"{article}"
    assert items[1].similarity < cosine < 1

    def ids(threshold):
        selection = Selection(duplicate_threshold=threshold)
        return news.related_to_text(**draft, selection=selection).ids

    assert f"{article}" not in ids(cosine)
    assert f"{article}" in ids(round(cosine + 0.000001, 6))
