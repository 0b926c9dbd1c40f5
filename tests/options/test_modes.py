"""Modes: each gives the list of its parameters, and blocks have no common items."""

import dataclasses
import datetime as dt
import itertools
from unittest import mock

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from lists.test_selector import Greedy
from relnews import Mode, Recency, RelatedList, RelatedNews, Selection
from relnews.export import html, json
from relnews.lists.builder import ListBuilder
from relnews.options import modes
from relnews.options.modes import MODES
from relnews.options.selection import STORY
from relnews.sample import DEMO_ID, sample_articles
from strategies import archives_with_copies, examples
from test_sample import THREAD

DAYS = [None, *(dt.datetime(2025, 8, day, tzinfo=dt.UTC) for day in (1, 2, 9, 20, 21))]


@st.composite
def dated(draw, **sizes):
    """Return articles that are days and weeks apart."""
    articles = draw(archives_with_copies(**sizes))
    for article in articles:
        article["published"] = draw(st.sampled_from(DAYS))
    return articles


class Modal(Greedy):
    """The specification of every mode."""

    def __init__(self, articles):
        super().__init__(articles, 50)
        self.now = dt.datetime.now(dt.UTC)

    def fading(self, query, other):
        """Return the factor of the default recency."""
        dates = [self.article[i]["published"] for i in (query, other)]
        return reference.fading(*dates, 180, 0.5)

    def side(self, query, other):
        """Return the days from an article to another, None if unknown."""
        published = self.article[other]["published"]
        center = self.article[query]["published"] or self.now
        return None if published is None else (published - center) / dt.timedelta(days=1)

    def ranking_of(self, query, factor):
        return self.rank(query, [factor(other) for other in self.article])

    def similar(self, query, k, beside):
        found = [i for i, *_ in self.ranking_of(query, lambda _: 1) if i not in beside]
        return dict.fromkeys(found[:k], "similar")

    def news(self, query, k, beside, **more):
        ranking = self.ranking_of(query, lambda other: self.fading(query, other))
        chosen = self.choose(query, k, {"duplicate_threshold": 0.9, **more}, ranking, beside)
        return dict.fromkeys(chosen, "similar")

    def background(self, query, k, beside):
        ranking = self.ranking_of(
            query, lambda i: ((self.side(query, i) or 0) < 0) * self.fading(query, i)
        )
        given = {"duplicate_threshold": 0.9, "diversity": 0.3}
        return dict.fromkeys(self.choose(query, k, given, ranking, beside), "similar")

    def follow_up(self, query, k, beside):
        ranking = self.ranking_of(
            query, lambda i: ((self.side(query, i) or 0) > 0) * self.fading(query, i)
        )
        given = {"duplicate_threshold": 0.9, "keep": "newest"}
        return dict.fromkeys(self.choose(query, k, given, ranking, beside), "similar")

    def same_story(self, query, k, beside):
        ranking = self.ranking_of(query, lambda i: (
            abs(self.side(query, i) or 0) <= 14 and self.side(query, i) is not None
        ))  # fmt: skip
        given = {"duplicate_threshold": None, "min_score": STORY}
        return dict.fromkeys(self.choose(query, k, given, ranking, beside), "same story")

    def newest(self, query, k, beside):
        ranking = self.ranking_of(query, lambda _: 1)
        ranking = [row for row in ranking if row[1] >= STORY]
        ranking.sort(key=lambda row: self.age(row[0]))
        given = {"duplicate_threshold": 0.9, "keep": "newest"}
        chosen = self.choose(query, k, given, ranking, beside)
        return dict.fromkeys(chosen, "same story")

    def more(self, query, k, beside):
        items = self.news(query, k, beside, diversity=0.3)
        section = self.article[query]["section"]
        self.given = {"duplicate_threshold": 0.9}
        newest = sorted(self.article, key=lambda i: (self.age(i), i))
        for why in (section and f"newest in section {section}", "newest"):
            for candidate in newest if why else ():
                is_wanted = why == "newest" or self.article[candidate]["section"] == section
                if (len(items) < k and is_wanted and candidate != query
                        and self.may_enter(candidate, [*items])):  # fmt: skip
                    items[candidate] = why
        return items

    def age(self, identifier):
        published = self.article[identifier]["published"]
        return float("inf") if published is None else -published.timestamp()


@given(dated(min_size=1), st.data(), st.sampled_from([*MODES]), st.integers(1, 6))
def test_each_mode_is_what_it_says(articles, data, mode, k):
    """Each mode gives the specification's list, with its reasons."""
    news = RelatedNews(title_weight=2, stop_words=None).fit(articles)
    query = data.draw(st.sampled_from(articles))["id"]
    expected = getattr(Modal(articles), mode)(query, k, ())
    got = news.related(query, k, mode=mode)

    assert got.ids == [*expected]
    assert [item.reason for item in got] == [(why,) for why in expected.values()]
    for item in got:
        assert (item.score > 0) == (not item.reason[0].startswith("newest"))
        assert (item.similarity > 0) == (item.score > 0)
    assert got in [*news.related_all(k, mode=mode)]
    assert got == news.related(query, k, mode=MODES[mode])


@given(
    dated(min_size=1), st.data(),
    st.dictionaries(st.sampled_from([*MODES]), st.integers(1, 3), min_size=1),
)  # fmt: skip
def test_blocks_have_nothing_twice(articles, data, sizes):
    """Each block is the list of its mode without the items of earlier blocks."""
    news = RelatedNews(title_weight=2, stop_words=None).fit(articles)
    query = data.draw(st.sampled_from(articles))["id"]
    modal = Modal(articles)
    blocks = news.related_blocks(query, sizes)

    assert [*blocks] == [*sizes]
    beside = []
    for mode, k in sizes.items():
        assert blocks[mode].ids == [*getattr(modal, mode)(query, k, beside)]
        beside += blocks[mode].ids
    assert len({*beside, query}) == len(beside) + 1


def test_blocks_are_of_one_state(tmp_path):
    """A commit between two blocks appears in all of them or in none."""
    RelatedNews().fit(sample_articles()).save(tmp_path / "a.relnews")
    news, writer = (RelatedNews.open(tmp_path / "a.relnews") for _ in range(2))
    sizes = {"news": 2, "background": 2, "more": 2}
    before = news.related_blocks(DEMO_ID, sizes)
    unwanted = [before["news"][0].id, before["more"][0].id]
    make, changes = ListBuilder.article, iter(unwanted)

    def article(builder, *arguments, **beside):
        made = make(builder, *arguments, **beside)
        for change in itertools.islice(changes, 1):
            writer.rules.hide(f"id={change}")
        return made

    with mock.patch.object(ListBuilder, "article", article):
        blocks = news.related_blocks(DEMO_ID, sizes)
    assert {item for related in blocks.values() for item in related.ids}.isdisjoint(unwanted)
    assert blocks == writer.related_blocks(DEMO_ID, sizes)


@given(dated(min_size=1), st.integers(1, 4))
@examples(0.5)
def test_a_list_without_options_is_of_the_default_mode(articles, k):
    """Without options the default mode applies, stored or ranked."""
    news = RelatedNews(stop_words=None).fit(articles)
    expected = [*news.related_all(k, mode=modes.DEFAULT)]

    assert [*news.related_all(k)] == expected
    assert [news.related(related.id, k) for related in expected] == expected
    news.store_lists(k)
    assert [news.related(related.id, k) for related in expected] == expected
    stored = [news.related(related.id, k, mode=modes.STORED) for related in expected]
    assert stored == [
        news.related(related.id, k, mode=modes.STORED, fallback=()) for related in expected
    ]


@pytest.fixture(scope="module")
def news():
    """Return the sample archive."""
    return RelatedNews().fit(sample_articles())


def test_what_is_said_goes_before_the_mode(news):
    """An option given in a call replaces the mode's value, even by None."""
    earlier = news.related(DEMO_ID, 4, mode="background")
    assert all(item.published < dt.datetime(2025, 8, 22, 9, tzinfo=dt.UTC) for item in earlier)
    either = news.related(DEMO_ID, 8, mode="background", when=None)
    assert {item.published > earlier[0].published for item in either} == {False, True}
    plain = news.related(DEMO_ID, 8, mode="news", recency=Recency(floor=1), selection=None)
    assert plain == news.related(DEMO_ID, 8, mode="similar")
    strong = news.related(DEMO_ID, 8, mode="news", recency=Recency(1, 0))
    assert strong.ids == news.related(
        DEMO_ID, 8, mode="similar", recency=Recency(1, 0), selection=Selection()
    ).ids  # fmt: skip
    own = dataclasses.replace(MODES["same_story"], within=3, reason="the same days")
    items = news.related(DEMO_ID, 8, mode=own)
    assert {item.reason for item in items} == {("the same days",)}
    assert items.ids == news.related(DEMO_ID, 8, mode="same_story", within=3).ids


def test_a_story_is_told_from_other_stories(news):
    """In the sample no pair from different threads is as similar as STORY."""
    thread = dict(zip([story.id for story in sample_articles()], THREAD, strict=True))
    lists = [*news.related_all(8, mode="same_story", within=None)]

    assert sum(map(len, lists)) > 100
    for related in lists:
        for item in related:
            assert thread[related.id] == thread[item.id]


def test_age_makes_no_other_story():
    """An article belongs to a story by its similarity, however far its score has faded."""
    about = {"text": "inquiry into ferry disaster"}
    news = RelatedNews(stop_words=None).fit([
        {"id": "1999", **about, "title": "Ferry sinks", "published": "1999-05-01"},
        {"id": "2019", "text": "ferry captain on trial", "published": "2019-05-01"},
        {"id": "2020", "text": "ferry memorial opens", "published": "2020-05-01"},
        *({"id": f"rain {i}", "text": f"rain falls {i}"} for i in range(20)),
    ])  # fmt: skip
    later = news.related("1999", selection=None)
    assert {*later.ids} == {"2019", "2020"}
    assert [item.score < STORY <= item.similarity for item in later] == [True, True]
    assert news.related("1999", mode="newest").ids == ["2020", "2019"]
    assert news.related("1999", mode="same_story", within=None).ids == later.ids


def test_fallback_respects_what_is_asked(news):
    """Fallback items meet the same conditions and carry their reason."""
    items = news.related(
        "how-falling-ecb-rates-reach-borrowers", 8, filters={"section": ["Sport", "Economy"]},
        exclude=["late"], before="2025-03-01", within=20, fallback=("section", "newest"),
    )  # fmt: skip
    assert len(items) < 8, "there are no more"
    whole = news.related(
        "how-falling-ecb-rates-reach-borrowers", 60, filters={"section": ["Economy", "Sport"]},
        after="2025-01-01",
        fallback=["section", "newest"], selection=Selection(min_score=0.1),
    )  # fmt: skip
    kinds = [item.reason[0] for item in whole]
    assert kinds == sorted(kinds, key=["similar", "newest in section Economy", "newest"].index)
    assert {*kinds} == {"similar", "newest in section Economy", "newest"}
    for why in {*kinds} - {"similar"}:
        dates = [item.published for item in whole if item.reason == (why,)]
        assert dates == sorted(dates, reverse=True)
    assert all(item.section in ("Economy", "Sport") for item in whole)
    draft = news.related_to_text("xylophone", fallback=("section", "newest"))
    assert [item.reason for item in draft] == [("newest",)] * 8


def test_fallback_sees_updates():
    """The cached newest articles are dropped after an update."""
    news = RelatedNews().fit([{"id": "a", "text": "rain"}, {"id": "b", "text": "gas"}])
    assert news.related("a", fallback=["newest"]).ids == ["b"]
    news.partial_fit([{"id": "c", "text": "oil", "published": "2020-01-01"}])
    assert news.related("a", fallback=["newest"]).ids == ["c", "b"]
    news.remove("c")
    assert news.related("a", fallback=["newest"]).ids == ["b"]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"mode": "nws"}, ValueError, "`mode` must be one of 'similar', 'news'"),
        ({"mode": 3}, TypeError, "`mode` must be the name of one or a relnews.Mode"),
        ({"fallback": "newest"}, ValueError, "`fallback` must be several of"),
        ({"fallback": ["random"]}, ValueError, "`fallback` must be several of"),
        ({"selection": 3}, TypeError, "`selection` must be a relnews.Selection"),
        ({"when": "past"}, ValueError, "`when` must be one of 'before', 'after'"),
        ({"moed": "news"}, TypeError, "unexpected option 'moed'"),
    ],
)
def test_options_that_are_none(news, given, error, words):
    """A wrong option is refused with the expected and the given value."""
    for ask in (
        lambda: news.related(DEMO_ID, **given),
        lambda: news.related_all(**given),
        lambda: news.related_to_text("x", **given),
        lambda: news.explain(DEMO_ID, DEMO_ID, **given),
    ):
        with pytest.raises(error, match=words):
            ask()


def test_sizes_that_are_none(news):
    """Wrong blocks are refused: a block is a mode and a number."""
    with pytest.raises(TypeError, match="`sizes` must map modes to numbers"):
        news.related_blocks(DEMO_ID, ["newest"])
    with pytest.raises(TypeError, match=r"names the mode of each list, got mode='more'"):
        news.related_blocks(DEMO_ID, {"newest": 1}, mode="more")
    with pytest.raises(ValueError, match="sizes\\['newest'\\]` must be at least 1"):
        news.related_blocks(DEMO_ID, {"newest": 0})
    with pytest.raises(ValueError, match="`mode` must be one of"):
        news.related_blocks(DEMO_ID, {"lates": 1})


def test_a_mode_that_is_none():
    """A custom mode is checked when it is made."""
    with pytest.raises(ValueError, match="`fallback` must be several of"):
        Mode(fallback=("random",))


def test_modes_are_plain_values():
    """Modes can be compared, read and copied with changes, but not modified."""
    assert Mode(recency=Recency(floor=1)) == MODES["similar"]
    assert MODES[modes.DEFAULT]
    with pytest.raises(TypeError):
        MODES["own"] = Mode()
    assert reference.rounded(STORY) == 200_000


def test_items_name_what_they_share(news):
    """`mentions` has the explanation's names as plain text, which HTML escapes."""
    items = news.related(DEMO_ID, 5, mentions=2)
    for item in items:
        assert item.mentions == news.explain(DEMO_ID, item.id).names[:2]
        assert len(item.mentions) == 2
    assert [dataclasses.replace(item, mentions=()) for item in items] == [
        *news.related(DEMO_ID, 5)
    ]  # fmt: skip
    jsonschema.validate(items.to_dict(), json.schema())
    assert "mentions" not in json.dumps(news.related(DEMO_ID, 5))
    assert news.related_to_text("guarantees", mentions=2)[0].mentions == ()
    hostile = dataclasses.replace(items[0], mentions=("<b>NATO</b>", "R&D"))
    html_ = html.fragment(RelatedList(DEMO_ID, (hostile,)), lead="<Both>: ")
    assert "&lt;Both&gt;: <bdi>&lt;b&gt;NATO&lt;/b&gt;</bdi>, <bdi>R&amp;D</bdi></div>" in html_
    assert "relnews-mentions" not in html.fragment(news.related(DEMO_ID, 5))
    with pytest.raises(ValueError, match="`mentions` must be at least 0"):
        news.related(DEMO_ID, mentions=-1)
