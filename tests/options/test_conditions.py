"""Conditions on lists: equal to the reference's ranking of the articles that meet them."""

import datetime as dt
import math
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from relnews import RelatedNews, Selection
from relnews.options.recency import Recency
from relnews.search import bounds
from strategies import archives

SECTIONS = ["World", "Sport", None]
NOW = dt.datetime(2025, 8, 25, 23, 59, tzinfo=dt.UTC)
MOMENTS = [None, *(dt.datetime(2025, 8, day, tzinfo=dt.UTC) for day in (1, 2, 3, 4))]

conditions = st.fixed_dictionaries(
    {},
    optional={
        "after": st.sampled_from(MOMENTS),
        "before": st.sampled_from(MOMENTS),
        "within": st.sampled_from([0, 0.5, 1, 2.0, 400]),
        "when": st.sampled_from(["before", "after", None]),
        "filters": st.fixed_dictionaries(
            {},
            optional={
                "section": st.sampled_from(["World", ["World", "Sport"], "Weather", []]),
                "tags": st.sampled_from(["nato", ["nato", "kyiv"], "x"]),
            },
        ),
        "exclude": st.lists(st.integers(0, 13), max_size=4, unique=True),
        "recency": st.builds(
            Recency,
            half_life=st.sampled_from([0.5, 1.0, 30.0]),
            floor=st.sampled_from([0.0, 0.5, 1.0]),
            offset=st.sampled_from([0.0, 0.5, 1.0]),
            anchor=st.sampled_from(["article", "now", "2025-08-02", *MOMENTS[1:3]]),
        ),
    },
)


def fulfils(article, query, given, now):
    """Return whether an article meets all conditions, computed slowly."""
    published = article["published"]
    window = [given.get(name) for name in ("after", "before", "within", "when")]
    if published is None and any(bound is not None for bound in window):
        return False
    after, before, within, when = window
    center = query["published"] or now
    filters = given.get("filters", {})
    return (
        (after is None or published >= after)
        and (before is None or published < before)
        and (within is None or abs(published - center) <= dt.timedelta(days=within))
        and (when != "before" or published < center)
        and (when != "after" or published > center)
        and all(matches(article.get(field), value) for field, value in filters.items())
        and article["id"] not in given.get("exclude", ())
    )


def matches(got, wanted):
    wanted = [wanted] if isinstance(wanted, str) else wanted
    return any(value in wanted for value in (got if isinstance(got, list) else [got]))


def factor(article, query, recency, now):
    anchors = {"article": query["published"], "now": now}
    if recency.anchor not in anchors:
        anchors[recency.anchor] = dt.datetime.fromisoformat(recency.anchor)
    dates = [article["published"], anchors[recency.anchor]]
    if None in dates:
        return (1 + recency.floor) / 2
    days = abs((dates[0].date() - dates[1].date()).days)
    half_lives = max(days - recency.offset, 0) / recency.half_life
    return recency.floor + (1 - recency.floor) / (1 + half_lives)


@given(
    archives(min_size=1), st.data(), conditions, st.integers(1, 6), st.sampled_from([2, 1 << 16]),
    st.sampled_from([0.1, 1.0]), st.booleans(),
)  # fmt: skip
def test_lists_under_conditions_equal_the_reference(
    articles, data, given, k, segment_articles, common, waiting
):
    """The list ranks the articles that meet the conditions, for any segments."""
    for article in articles:
        article["section"] = data.draw(st.sampled_from(SECTIONS))
        article["tags"] = data.draw(st.sampled_from([[], ["nato"], ["kyiv", "nato"]]))
    if "exclude" in given:
        ids = [article["id"] for article in articles]
        given = {**given, "exclude": [ids[i % len(ids)] for i in given["exclude"]]}
    with (
        mock.patch("relnews.maintenance.layout.SEGMENT_ARTICLES", segment_articles),
        mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=common),
    ):
        half = len(articles) // 2 if waiting else len(articles)
        news = RelatedNews(title_weight=2, stop_words=None).fit(articles[:half])
        news.partial_fit(articles[half:])
    query = data.draw(st.sampled_from(articles))
    words = [reference.Words(article) for article in articles]
    idf = reference.inverse_document_frequency(words)
    weights = [reference.unit_weights(w, idf, title_weight=2) for w in words]
    rows = [
        (article["id"], article["published"], w)
        for article, w in zip(articles, weights, strict=True)
    ]
    priors = [
        factor(article, query, given.get("recency", Recency()), NOW)
        * fulfils(article, query, given, NOW)
        for article in articles
    ]
    expected = reference.ranking(
        weights[articles.index(query)], rows, k, exclude=query["id"], priors=priors
    )
    given = {**given, "selection": None}
    with at(NOW):
        got = news.related(query["id"], k, **given)
        every = {related.id: related for related in news.related_all(k, **given)}
        filled = news.related(query["id"], 20, fallback=["newest"], **given)
        explained = [news.explain(query["id"], item.id, **given) for item in got]

    assert [item.id for item in got] == [i for i, *_ in expected]
    for item, (_, score, similarity) in zip(got, expected, strict=True):
        assert item.score == pytest.approx(score, abs=1.1e-6)
        assert item.similarity == pytest.approx(similarity, abs=1.1e-6)
    assert every[query["id"]] == got
    for item, found in zip(got, explained, strict=True):
        assert round(found.score, 6) == pytest.approx(item.score, abs=1.1e-6)
        assert found.rank == item.rank
    # Items that are not ranked meet the same conditions.
    fulfilling = {
        article["id"] for article in articles
        if article is not query and fulfils(article, query, given, NOW)
    }  # fmt: skip
    assert {*filled.ids} == fulfilling


def at(moment):
    return mock.patch("time.time_ns", return_value=int(moment.timestamp()) * 1_000_000_000)


def test_days_are_counted_from_another_time():
    """Days may be counted from an anchor; lists with an anchor are ranked, not read."""
    news = RelatedNews().fit(
        [
            {"id": "q", "text": "security guarantees", "published": "2025-01-01"},
            {"id": "old", "text": "guarantees old", "published": "2025-01-02"},
            {"id": "new", "text": "guarantees new", "published": "2025-08-20"},
            {"id": "undated", "text": "guarantees undated"},
        ]
    )
    news.store_lists()

    def scores(**given):
        found = news.related("q", **given)
        alike = {round(item.score / item.similarity, 3) for item in found}
        return found.ids, sorted(alike, reverse=True)

    without_end = Selection(cutoff=None)
    assert scores(recency=Recency(100, 0)) == scores(recency=Recency(100, 0, anchor="2025-01-01"))
    assert scores(recency=Recency(100, 0))[0] == ["old", "undated", "new"]
    with at(NOW):
        assert scores(recency=Recency(5, 0, anchor="now"), selection=without_end) == (
            ["new", "undated", "old"], [0.5, 0.021],
        )  # fmt: skip
        note = news.explain("q", "new", recency=Recency(5, 0, anchor="now")).ledger[1].note
        assert note == "5 days from now"
    for anchor in ("2025-08-15", dt.date(2025, 8, 15), dt.datetime(2025, 8, 15, 12)):
        recency = Recency(5, 0, anchor=anchor)
        assert scores(recency=recency, selection=without_end)[0] == ["new", "undated", "old"]
        assert (
            news.explain("q", "new", recency=recency)
            .ledger[1]
            .note.startswith("5 days from 2025-08-15")
        )
    draft = {"published": "2025-01-01", "recency": Recency(5, 0, anchor="2025-08-20")}
    assert news.related_to_text("guarantees", **draft).ids[0] == "new"


@pytest.mark.parametrize("anchor", ["soon", "", None, 3, "2025-13-01", float("nan")])
def test_anchors_that_are_none(anchor):
    """A wrong anchor is refused with the accepted values."""
    with pytest.raises(ValueError, match="'article', 'now' or a time: expected an ISO 8601 date"):
        Recency(anchor=anchor)


def test_an_archive_counts_from_its_articles():
    """An archive's recency has no anchor, so that stored lists stay valid."""
    with pytest.raises(ValueError, match="Ask for another one in a call"):
        RelatedNews(recency=Recency(anchor="now")).fit([])
    with pytest.raises(TypeError, match=r"`recency` must be a relnews\.Recency"):
        RelatedNews(recency=365).fit([])
    assert Recency(anchor="2025-08-22") == Recency(anchor=dt.datetime(2025, 8, 22, tzinfo=dt.UTC))


def test_a_draft_has_conditions_too():
    """Days are counted from the draft's date, by default from now."""
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    news = RelatedNews().fit(
        {"id": str(i), "text": f"security guarantees word{i}", "published": now - i * 100 * day}
        for i in range(4)
    )

    assert news.related_to_text("guarantees", within=150).ids == ["0", "1"]
    then = now - 300 * day
    assert news.related_to_text("guarantees", published=then, within=50).ids == ["3"]
    scores = [item.score for item in news.related_to_text("guarantees", recency=Recency(100, 0))]
    assert scores == sorted(scores, reverse=True)
    assert scores[1] == pytest.approx(scores[0] / 2, rel=1e-5)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"after": "yesterday"}, ValueError, "`after`: expected an ISO 8601 date"),
        ({"within": -1}, ValueError, "`within` must be from 0"),
        ({"within": "a day"}, TypeError, "`within` must be a number of days"),
        ({"filters": {"colour": "red"}}, ValueError, "`filters` can name 'section'"),
        ({"filters": {"section": 3}}, TypeError, "`filters` must map 'section' to a string"),
        ({"filters": {"section": ["World", 3]}}, TypeError, "must map 'section' to a string"),
        ({"filters": "World"}, TypeError, "`filters` must map fields to values"),
        ({"recency": 365}, TypeError, "`recency` must be a relnews.Recency"),
        ({"until": "2025"}, TypeError, "unexpected option 'until'"),
    ],
)
def test_conditions_that_are_none(given, error, words):
    """A wrong condition is refused with the expected and the given value."""
    news = RelatedNews().fit([{"id": "a", "text": "guarantees"}])
    with pytest.raises(error, match=words):
        news.related("a", **given)


@pytest.mark.parametrize("given", [(0,), (-1,), (math.nan,), (365, 2), (365, -0.1), (365, 0, -1)])
def test_recency_that_is_none(given):
    """A half-life must be above 0, a floor between 0 and 1."""
    with pytest.raises(ValueError, match=r"`(half_life|floor|offset)` must be"):
        Recency(*given)


def test_dates_may_be_dates_or_strings():
    """Conditions take dates, datetimes and strings."""
    news = RelatedNews().fit(
        {"id": str(day), "text": f"guarantees word{day}", "published": f"2025-08-0{day}"}
        for day in (1, 2, 3)
    )
    for moment in ("2025-08-02", dt.date(2025, 8, 2), dt.datetime(2025, 8, 2, tzinfo=dt.UTC)):
        assert news.related("1", after=moment).ids == ["2", "3"]
        assert news.related("3", before=moment).ids == ["1"]


def test_within_includes_both_ends():
    """An article exactly so many days away is in the list; a microsecond more is too much."""
    dates = {
        "early": "2025-07-31T23:59:59.999999", "first": "2025-08-01", "q": "2025-08-02",
        "last": "2025-08-03", "late": "2025-08-03T00:00:00.000001",
    }  # fmt: skip
    news = RelatedNews().fit(
        {"id": name, "text": f"guarantees word{date}", "published": date}
        for name, date in dates.items()
    )

    assert {*news.related("q", within=1).ids} == {"first", "last"}
    assert {*news.related("q", within=1, fallback=["newest"]).ids} == {"first", "last"}


def test_conditions_see_updates():
    """Cached matches of a condition are dropped after an update."""
    stories = [{"id": str(i), "text": f"guarantees word{i}", "section": "World"} for i in range(4)]
    news = RelatedNews().fit(stories[:3])
    assert news.related("0", filters={"section": "World"}).ids == ["1", "2"]
    news.partial_fit(stories[3:])
    news.remove("1")

    assert news.related("0", filters={"section": "World"}).ids == ["2", "3"]
