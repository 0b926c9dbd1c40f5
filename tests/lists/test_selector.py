"""Selections equal a greedy pass over the reference's whole ranking."""

import contextlib
import itertools
import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

import reference
from relnews import RelatedNews, Selection, read_articles
from relnews.lists import containment, similarities
from relnews.options.recency import Recency
from relnews.options.selection import CUTOFF, KEEP, STORY
from relnews.storage import list_reader
from strategies import archives_with_copies

THRESHOLDS = [0.5, 0.7, 0.8, 0.9, 1.0]

selections = st.fixed_dictionaries(
    {},
    optional={
        "duplicate_threshold": st.sampled_from([None, *THRESHOLDS]),
        "keep": st.sampled_from(KEEP),
        "wire_sources": st.sampled_from([(), ("wire",), ("wire", "own")]),
        "diversity": st.sampled_from([0.0, 0.3, 0.5, 1.0]),
        "caps": st.fixed_dictionaries(
            {},
            optional={name: st.integers(1, 2) for name in ("section", "source", "author")}
            | {"story": st.integers(1, 3)},
        ),
        "story": st.sampled_from([0.2, 0.4, 0.6]),
        "min_score": st.sampled_from([0.0, 0.1, 0.5]),
        "cutoff": st.sampled_from([None, 0.0, 0.3, 0.6, 1.0]),
    },
)


@contextlib.contextmanager
def small_limits(pool, kept):
    """Lower the limits of pool size and text length for small tests."""
    with (
        mock.patch("relnews.lists.block_selector.POOL", pool),
        mock.patch("relnews.lists.selector.KEPT", kept),
        mock.patch("relnews.lists.block_selector.AT_ONCE", 2_048 * (kept % 2)),
        mock.patch("relnews.lists.containment.SAME_WORDS", kept),
        mock.patch("relnews.lists.similarities.OTHER_OCCASION", pool % 2),
    ):
        yield


class Greedy:
    """The specification: a slow greedy pass over a whole ranking."""

    def __init__(self, articles, pool, epoch=None):
        self.pool = pool
        self.article = {article["id"]: article for article in articles}
        self.words = {i: reference.Words(a) for i, a in self.article.items()}
        known = [*map(reference.Words, epoch)] if epoch else [*self.words.values()]
        idf = reference.inverse_document_frequency(known)
        for words in self.words.values():
            idf.update(dict.fromkeys(words.terms - idf.keys(), idf.unseen))
        self.weights = {
            i: reference.unit_weights(words, idf, title_weight=2)
            for i, words in self.words.items()
        }  # fmt: skip

    def similarity(self, a, b):
        return reference.likeness(
            self.words[a], self.words[b], self.weights[a], self.weights[b], containment.SAME_WORDS
        )

    def near(self, a, b):
        threshold = self.given.get("duplicate_threshold", 0.9)
        return threshold is not None and self.similarity(a, b) >= reference.rounded(threshold)

    def is_too_near(self, identifier):
        """Return whether an article is a near-duplicate of the one of the list.

        At another occasion only the same text is a near-duplicate.
        """
        dates = [self.article[i]["published"] for i in (self.query, identifier)]
        if None not in dates:
            first, second = (math.floor(date.timestamp() / 86_400) for date in dates)
            if abs(first - second) > similarities.OTHER_OCCASION:
                is_same = self.similarity(self.query, identifier) >= reference.rounded(1.0)
                return is_same and self.near(self.query, identifier)
        return self.near(self.query, identifier)

    def rank(self, query, priors=None):
        rows = [(i, self.article[i]["published"], w) for i, w in self.weights.items()]
        return reference.ranking(self.weights[query], rows, len(rows), exclude=query, priors=priors)

    def choose(self, query, k, given, ranking, beside=()):
        """Return the chosen ids, and the near-duplicates that each replaces."""
        self.given, self.items, self.query, self.beside = given, [], query, [*beside]
        self.score = {i: reference.rounded(score) for i, score, _ in ranking}
        eligible = [score for i, score in self.score.items() if not self.is_too_near(i)]
        least = max(
            reference.rounded(given.get("min_score", 0.0)),
            reference.least_score(given.get("cutoff", CUTOFF), eligible),
        )
        self.ranking = [i for i, score in self.score.items() if score >= least]
        n_met = self.fill(k)
        self.settle(self.ranking[:n_met])
        n_met = max(n_met, self.fill(k))
        also = {item: [] for item in self.items}
        for other in self.ranking[:n_met]:
            if other not in self.items and not self.is_too_near(other):
                of = next((item for item in self.items if self.near(item, other)), None)
                if of is not None:
                    also[of].append(other)
        return also

    def fill(self, k):
        diversity = self.given.get("diversity", 0.0)
        size = self.pool if diversity else 1
        n_met = 0
        while len(self.items) < k:
            pool = [i for i in self.ranking if self.may_enter(i, self.items)][:size]
            full = len(pool) == size
            n_met = max(n_met, self.ranking.index(pool[-1]) + 1 if full else len(self.ranking))
            if not pool:
                break
            self.items.append(max(pool, key=lambda i: self.value(i, diversity)))
        return n_met

    def value(self, identifier, diversity):
        others = [*self.items, *self.beside]
        nearest = max((self.similarity(identifier, item) for item in others), default=0)
        return (1 - diversity) * self.score[identifier] - diversity * nearest if others else 0

    def may_enter(self, identifier, items):
        items = [*items, *self.beside]
        if identifier in items or self.is_too_near(identifier):
            return False
        if any(self.near(other, identifier) for other in items):
            return False
        caps = dict(self.given.get("caps", {}))
        if "story" in caps and not self.has_room_for_story(identifier, items, caps.pop("story")):
            return False
        for field, most in caps.items():
            value = self.article[identifier][field]
            if value and sum(self.article[item][field] == value for item in items) >= most:
                return False
        return True

    def has_room_for_story(self, identifier, items, most):
        """Return whether adding the item keeps every story within its cap."""
        every = [*items, identifier]
        return all(
            sum(self.of_one_story(item, other) for other in every if other != item) < most
            for item in every
            if item == identifier or self.of_one_story(item, identifier)
        )

    def of_one_story(self, a, b):
        return self.similarity(a, b) >= reference.rounded(self.given.get("story", STORY))

    def settle(self, met):
        for place, item in enumerate(self.items):
            others = [identifier for identifier in self.items if identifier != item]
            versions = [
                identifier
                for identifier in met
                if identifier != item
                and self.near(item, identifier)
                and self.may_enter(identifier, others)
            ]
            if versions:
                self.items[place] = self.preferred([item, *versions])

    def preferred(self, ids):
        keep = self.given.get("keep", "nearest")
        wire_sources = self.given.get("wire_sources", ())
        ids = [
            identifier
            for identifier in ids
            if self.article[identifier]["source"] not in wire_sources
        ] or ids
        if keep == "nearest":
            return ids[0]

        def badness(identifier):
            published = self.article[identifier]["published"]
            if keep == "longest":
                return -sum(self.words[identifier].tf.values()), identifier
            if published is None:
                return math.inf, identifier
            return published.timestamp() * (-1 if keep == "newest" else 1), identifier

        return min(ids, key=badness)


@given(
    archives_with_copies(min_size=1), st.data(), selections, st.integers(1, 6),
    st.sampled_from([2, 1 << 16]), st.booleans(), st.sampled_from([1, 3, 50]),
    st.sampled_from([2, 4096]),
)  # fmt: skip
def test_lists_are_the_greedy_ones_of_the_whole_ranking(
    articles, data, given, k, segment_articles, waiting, pool, kept
):
    """Lists equal the greedy pass and have k items if the ranking allows."""
    with mock.patch("relnews.maintenance.layout.SEGMENT_ARTICLES", segment_articles):
        half = len(articles) // 2 if waiting else len(articles)
        news = RelatedNews(title_weight=2, stop_words=None, recency=None).fit(articles[:half])
        news.partial_fit(articles[half:])
    query = data.draw(st.sampled_from(articles))["id"]
    greedy = Greedy(articles, pool)
    selection = Selection(**given)
    with small_limits(pool, kept):
        expected = greedy.choose(query, k, given, greedy.rank(query))
        got = news.related(query, k, selection=selection)
        every = list(news.related_all(k, selection=selection))
        assert every == [news.related(related.id, k, selection=selection) for related in every]

    assert got.ids == [*expected]
    assert [list(item.near_duplicates) for item in got] == [*expected.values()]
    assert [item.rank for item in got] == list(range(1, len(got) + 1))
    for item in got:
        assert reference.rounded(item.score) == pytest.approx(greedy.score[item.id], abs=1.1)
    assert got in every


@pytest.mark.parametrize("same_words", [2, 12])
@given(archives_with_copies(min_size=1), selections, st.integers(1, 6))
def test_no_list_breaks_a_rule(same_words, articles, given, k):
    """Near-duplicates, caps and the minimum score hold in every list."""
    with mock.patch("relnews.lists.containment.SAME_WORDS", same_words):
        check_rules(articles, given, k)


def check_rules(articles, given, k):
    news = RelatedNews(title_weight=2, stop_words=None).fit(articles)
    greedy = Greedy(articles, 50)
    greedy.given = given
    for related in news.related_all(k, selection=Selection(**given)):
        ids = related.ids
        assert len(set(ids)) == len(ids) <= k
        assert related.id not in ids
        assert not any(greedy.near(a, b) for a, b in itertools.combinations([related.id, *ids], 2))
        assert all(item.score >= given.get("min_score", 0.0) for item in related)
        most = given.get("caps", {}).get("story", len(ids))
        for item in ids:
            assert sum(greedy.of_one_story(item, other) for other in ids if other != item) < most
        for field, most in given.get("caps", {}).items():
            if field == "story":
                continue
            values = [greedy.article[i][field] for i in ids if greedy.article[i][field]]
            assert all(values.count(value) <= most for value in values)
        named = [other for item in related for other in item.near_duplicates]
        assert len({*named, *ids, related.id}) == len(named) + len(ids) + 1
        assert all(
            greedy.near(item.id, other) for item in related for other in item.near_duplicates
        )


@given(archives_with_copies(min_size=1), st.integers(1, 6))
def test_a_selection_of_everything_is_the_ranking(articles, k):
    """A selection without rules is the ranking."""
    news = RelatedNews(stop_words=None).fit(articles)
    everything = Selection(duplicate_threshold=None, cutoff=None)

    assert [*news.related_all(k, selection=everything)] == [*news.related_all(k, selection=None)]


@pytest.mark.parametrize("same_words", [2, 12])
@given(archives_with_copies(min_size=1), st.data(), selections, st.integers(1, 4))
def test_conditions_and_drafts_have_selections_too(same_words, articles, data, given, k):
    """Selections apply to rankings under conditions and of drafts."""
    with mock.patch("relnews.lists.containment.SAME_WORDS", same_words):
        check_drafts(articles, data, given, k)


def check_drafts(articles, data, given, k):
    # A draft has a single text: no phrase spans two texts, and each text has its own capitals.
    articles = [
        {**article, "dek": "", "text": f"{article['dek']}\n{article['text']}"}
        for article in articles
    ]
    news = RelatedNews(title_weight=2, stop_words=None, recency=None).fit(articles)
    query = data.draw(st.sampled_from(articles))
    recency = Recency(half_life=1, floor=0.5)
    greedy = Greedy(articles, 50)
    priors = [
        (article["section"] == "World")
        * reference.fading(article["published"], query["published"], half_life=1, floor=0.5)
        for article in articles
    ]
    expected = greedy.choose(query["id"], k, given, greedy.rank(query["id"], priors))
    selection = Selection(**given)
    got = news.related(
        query["id"], k, selection=selection, filters={"section": "World"}, recency=recency
    )

    assert got.ids == [*expected]
    if query["published"] is None:
        return  # the draft counts as of today, which is another occasion than the articles
    asked = {"published": query["published"], "exclude": [query["id"]], "k": k}
    draft = news.related_to_text(query["text"], title=query["title"], selection=selection, **asked)
    assert draft.items == news.related(query["id"], k, selection=selection).items


@given(archives_with_copies(min_size=2), st.data(), st.integers(1, 4))
def test_stored_lists_are_not_asked(articles, data, k):
    """A list with a selection is ranked, not read from the stored lists."""
    news = RelatedNews(stop_words=None).fit(articles)
    query = data.draw(st.sampled_from(articles))["id"]
    expected = [*news.related_all(k, selection=Selection())]
    news.store_lists(k)

    assert [*news.related_all(k, selection=Selection())] == expected
    assert news.related(query, k, selection=Selection()) in expected


@given(
    archives_with_copies(min_size=2), st.data(), st.integers(1, 4), st.sampled_from([2, 50])
)  # fmt: skip
def test_stored_lists_show_the_nearest_version(articles, data, k, per_item):
    """Through updates, a stored list is the greedy one; the shorter list is its beginning."""
    half = len(articles) // 2
    news = RelatedNews(title_weight=2, stop_words=None, recency=None).fit(articles[:half])
    with mock.patch("relnews.maintenance.updates.CANDIDATES_PER_ITEM", per_item):
        news.store_lists(k)
    news.partial_fit(articles[half:])
    gone = data.draw(st.lists(st.sampled_from(articles), max_size=2))
    news.remove({article["id"] for article in gone})
    greedy = Greedy([a for a in articles if a not in gone], 50, articles[:half])
    for identifier in greedy.article:
        ranking = greedy.rank(identifier)
        expected = greedy.choose(identifier, k, {}, ranking)
        got = list_reader.stored_list(news.archive_.catalogue, identifier, k)
        assert got is not None or per_item == 2
        if got is not None:
            assert {item.id: [*item.near_duplicates] for item in got} == expected
            assert got.ids == [*expected]
            assert got.ids[:1] == [*greedy.choose(identifier, 1, {}, ranking)]


TEXT = "NATO backs Ukraine with new security guarantees and more air defence for Kyiv"


def test_the_preferred_version_takes_the_place_of_the_nearest():
    """The nearest version sets the position, the newest takes it and names the others."""
    other = "Kremlin demands veto on security guarantees for Ukraine"
    news = RelatedNews().fit([
        {"id": "story", "text": "Talks on security guarantees and air defence for Kyiv resume"},
        {"id": "first", "text": TEXT, "published": "2025-08-21", "source": "wire"},
        {"id": "update", "text": f"{TEXT} amid doubts", "published": "2025-08-22"},
        {"id": "undated", "text": TEXT},
        {"id": "veto", "text": other, "published": "2025-08-20"},
    ])  # fmt: skip

    newest = Selection(duplicate_threshold=0.7, keep="newest")
    items = news.related("story", 2, selection=newest)
    assert [(item.id, item.near_duplicates) for item in items] == [
        ("update", ("first", "undated")), ("veto", ())
    ]  # fmt: skip
    record = items[0].to_dict()
    assert record["near_duplicates"] == ["first", "undated"]
    assert "near_duplicates" not in items[1].to_dict()
    for keep, chosen in [("oldest", "first"), ("longest", "update"), ("nearest", "first")]:
        given = Selection(duplicate_threshold=0.7, keep=keep)
        assert news.related("story", 2, selection=given).ids == [chosen, "veto"]
    for keep, chosen in [("oldest", "update"), ("nearest", "undated")]:
        given = Selection(duplicate_threshold=0.7, keep=keep, wire_sources=["wire", "post"])
        assert news.related("story", 2, selection=given).ids == [chosen, "veto"]
    assert news.related("story", 2, selection=Selection(duplicate_threshold=0.7)).ids == [
        "first", "veto"
    ]  # fmt: skip
    # The list is full before the update is met.
    assert news.related("story", 1, selection=newest).ids == ["first"]


def test_the_announcement_of_another_year_may_be_in_the_list():
    """A near-duplicate of another occasion is one version in the list; a copy never is."""
    words = (
        "annual plaice conference opens in the harbour hall with talks on nets quotas and prices"
    )
    news = RelatedNews().fit([
        {"id": "2023", "text": f"{words} hosted by Anna", "published": "2023-06-01"},
        {"id": "2024", "text": f"{words} hosted by Bert", "published": "2024-06-01"},
        {"id": "2025", "text": f"{words} hosted by Carla", "published": "2025-06-01"},
        {"id": "update", "text": f"{words} hosted by Dora", "published": "2025-06-02"},
        {"id": "copy", "text": f"{words} hosted by Carla", "published": "2022-06-01"},
        {"id": "nets", "text": "Fishing nets get a quota", "published": "2025-06-02"},
    ])  # fmt: skip
    given = Selection(duplicate_threshold=0.7)
    items = news.related("2025", selection=given)
    assert [(item.id, item.near_duplicates) for item in items] == [
        ("2024", ("2023",)), ("nets", ())
    ]  # fmt: skip
    assert news.why_not("2025", "2023", selection=given).reason == "duplicate"
    for other in ("update", "copy"):
        assert "nearly the same as '2025'" in news.why_not("2025", other, selection=given).sentence
    newest = news.related("2025", 4, selection=given, fallback=["newest"], when="after")
    assert newest.ids == ["nets"]
    draft = news.related_to_text(
        f"{words} hosted by Carla", published="2025-06-01", selection=given
    )
    assert draft.ids == ["2024", "nets"]


def test_a_version_that_takes_a_place_leaves_room_for_what_it_is_not_near():
    """Articles near only to the replaced version are listed."""
    news = RelatedNews().fit([
        {"id": "story", "text": "beta eta theta iota"},
        {"id": "first", "text": "alpha beta gamma delta", "published": "2025-08-20"},
        {"id": "copy", "text": "alpha beta gamma epsilon", "published": "2025-08-20"},
        {"id": "update", "text": "beta gamma delta zeta", "published": "2025-08-22"},
    ])  # fmt: skip
    assert news.related("story").ids == ["first", "update", "copy"]

    newest = Selection(duplicate_threshold=0.6, keep="newest")
    items = news.related("story", 3, selection=newest)
    assert [(item.id, item.near_duplicates) for item in items] == [
        ("update", ("first",)),
        ("copy", ()),
    ]
    assert news.related("story", 1, selection=newest).ids == ["first"]


def test_a_diverse_list_looks_at_all_of_its_pool():
    """Excluded copies do not shrink the pool of candidates."""
    copies = [{"id": f"copy {i}", "text": "nato kyiv summit alpha"} for i in range(5)]
    news = RelatedNews().fit([
        {"id": "story", "text": "nato kyiv veto pact"}, *copies,
        {"id": "like", "text": "nato kyiv gas summit alpha delta"},
        {"id": "unlike", "text": "kyiv rain beta gamma epsilon zeta"},
    ])  # fmt: skip
    ranked = news.related("story", selection=None)
    assert ranked.ids == [*(article["id"] for article in copies), "like", "unlike"]

    with small_limits(pool=2, kept=4096):
        diverse = Selection(diversity=0.6)
        assert news.related("story", 2, selection=diverse).ids == ["copy 0", "unlike"]


def test_caps_that_cannot_be_filled_go_through_all_of_the_ranking():
    """A list is short only if the whole ranking has no more items."""
    rare = {"id": "rare", "text": "guarantees at last", "section": "Sport"}
    news = RelatedNews().fit([
        *({"id": f"{i}", "text": f"guarantees {i}", "section": "World"} for i in range(300)), rare,
    ])  # fmt: skip
    capped = Selection(duplicate_threshold=None, caps={"section": 1})

    assert [*news.related("7", 8, selection=capped).ids][1:] == ["rare"]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (
            {"duplicate_threshold": 0},
            ValueError,
            "`duplicate_threshold` must be above 0 and at most 1, got 0",
        ),
        (
            {"duplicate_threshold": True},
            TypeError,
            "`duplicate_threshold` must be a number, got True",
        ),
        ({"keep": "latest"}, ValueError, "`keep` must be one of 'nearest', 'newest', 'oldest'"),
        ({"diversity": 1.5}, ValueError, "`diversity` must be from 0 to 1, got 1.5"),
        ({"diversity": math.nan}, ValueError, "`diversity` must be from 0 to 1, got nan"),
        ({"wire_sources": "wire"}, TypeError, "`wire_sources` must be several sources, got 'wire'"),
        ({"wire_sources": 3}, TypeError, "`wire_sources` must be several sources, got 3"),
        ({"caps": ["section"]}, TypeError, "`caps` must map fields to numbers"),
        ({"caps": {"tags": 2}}, ValueError, "`caps` can be on 'section', 'source', 'author'"),
        ({"caps": {"section": 0}}, ValueError, "`caps.'section'.` must be at least 1, got 0"),
        ({"cutoff": 15}, ValueError, "`cutoff` must be from 0 to 1, got 15"),
        ({"cutoff": "none"}, TypeError, "`cutoff` must be a number, got 'none'"),
        ({"min_score": "0.2"}, TypeError, "`min_score` must be a number, got '0.2'"),
    ],
)
def test_selections_that_are_none(given, error, words):
    """A wrong selection is refused with the expected and the given value."""
    with pytest.raises(error, match=words):
        Selection(**given)


def test_a_selection_is_a_value():
    """A selection can be compared and hashed, and is independent of its source."""
    caps = {"section": 2}
    one, other = Selection(caps=caps), Selection(caps={"section": 2})
    caps["section"] = 1

    assert one == other != Selection()
    assert len({one, other, Selection(), Selection()}) == 2


def test_what_is_no_selection():
    """Another object is refused, and `nearest` where there is no query."""
    news = RelatedNews().fit({"id": i, "text": TEXT} for i in "ab")
    with pytest.raises(TypeError, match=r"`selection` must be a relnews.Selection or None"):
        news.related("a", selection=0.9)
    with pytest.raises(ValueError, match="`keep` must be one of 'newest', 'oldest', 'longest'"):
        news.duplicates(keep="nearest")


def test_no_list_of_real_news_has_near_duplicates(data_folder):
    """The lists of 2,000 real articles are full and without near-duplicates."""
    path = data_folder / "archive_en_100k.jsonl.xz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    articles = list(itertools.islice(iter(read_articles(path)), 2000))
    news = RelatedNews(normalization=None, n_jobs=2).fit(articles)
    vectorizer = CountVectorizer(stop_words="english")
    both = vectorizer.fit_transform(
        [a.title for a in articles] + [f"{a.dek}\n{a.text}" for a in articles]
    )
    title, text = both[:2000] > 0, both[2000:].astype(float)
    idf = TfidfTransformer().fit(text + title).idf_
    text.data = 1 + np.log(text.data)
    vectors = normalize((text + title).multiply(idf).tocsr())
    near = (vectors @ vectors.T).toarray() >= 0.9
    position = {article.id: i for i, article in enumerate(articles)}

    for related in news.related_all(selection=Selection(cutoff=None)):
        assert len(related) == 8
        places = [position[i] for i in (related.id, *related.ids)]
        assert np.count_nonzero(near[np.ix_(places, places)]) == 9
    np.fill_diagonal(near, False)
    grouped = {position[i] for group in news.duplicates() for i in group}
    # Articles that contain the text of another are grouped as well.
    assert grouped >= {*np.flatnonzero(near.any(axis=0)).tolist()}


def test_one_text_under_two_headlines_is_one_text():
    """Equal long texts are near-duplicates, whatever their headlines."""
    brief = "Ferry crews on the northern islands will stop work at midnight over pay and rest"
    text, teaser = f"{brief} unions said on Monday", "Read the whole story on our page"
    islanders = "Islanders brace for days without boats, mail, medicine and bread"
    news = RelatedNews().fit(
        [
            {"id": "a", "title": "Walkout looms", "text": text},
            {"id": "b", "title": islanders, "text": text},
            {
                "id": "near",
                "text": brief.replace("northern", "southern").replace("midnight", "dawn"),
            },
            {"id": "short", "title": "Fish is dear", "text": teaser},
            {"id": "too", "title": "Rain until Friday", "text": teaser},
        ]
    )
    apart = Selection(duplicate_threshold=0.99)
    for _ in range(2):
        assert news.duplicates(0.999) == [("a", "b")]
        assert news.explain("a", "b").similarity < 0.8
        assert news.related("a", selection=apart).ids == ["near"]
        assert news.related("b").ids == news.related("b", selection=apart).ids == ["near"]
        assert news.related("near", selection=apart)[0].near_duplicates == ("b",)
        assert news.related("short").ids == ["too"]
        draft = {"title": "Unions call a strike of five thousand seamen", "selection": apart}
        assert news.related_to_text(text, **draft).ids == ["near"]
        assert {*news.related_to_text(teaser, **draft).ids} >= {"short", "too"}
        news.store_lists()
