"""Updates: after any sequence of changes the archive equals a fresh fit."""

import datetime as dt
import math
import tempfile
from unittest import mock

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import reference
from relnews import Mode, Recency, RelatedNews, Rule, Selection, UnknownArticleError
from relnews.maintenance import merging
from relnews.maintenance.stored_lists import candidates_of, positions_of
from relnews.options.modes import MODES
from relnews.options.selection import CUTOFF
from relnews.search import bounds
from relnews.storage.list_codec import StoredList
from strategies import DATES, archives_with_copies, examples, texts, vectors

STOP_WORDS = ("the", "and", "can't")
IDS = [f"{letter}{number}" for letter in "ab" for number in range(8)]
K = 3
FADING = (2.0, 0.25)
RECENCY = Recency(*FADING)


@st.composite
def some_articles(draw, max_size=6):
    ids = draw(st.lists(st.sampled_from(IDS), max_size=max_size, unique=True))
    return [
        {
            "id": identifier,
            "title": draw(texts(4)),
            "text": draw(texts()) or "…",
            "published": draw(st.sampled_from(DATES)),
            "vector": draw(vectors),
        }
        for identifier in ids
    ]


def frequencies(articles):
    """Return document frequencies and the number of articles, as an epoch stores them."""
    counts = [reference.Words(article, STOP_WORDS) for article in articles.values()]
    return reference.inverse_document_frequency(counts), len(counts)


def ids(items):
    return [identifier for identifier, *_ in items]


class EpochOfIdf(dict):
    """The idf of an epoch; an unknown term has document frequency 0."""

    def __init__(self, articles):
        idf, n = frequencies(articles)
        super().__init__(idf)
        self.unseen = math.log(1 + n) + 1

    def __contains__(self, term):
        return True

    def __missing__(self, term):
        return self.unseen


class Living(RuleBasedStateMachine):
    """Adds, replaces, removes, saves, opens, compacts and stores lists in any order."""

    vector_weight = 0.0
    cutoff = CUTOFF

    def __init__(self):
        super().__init__()
        self.folders = []

    def teardown(self):
        for folder in self.folders:
            folder.cleanup()

    @initialize(articles=some_articles(12), on_disk=st.booleans())
    def begin(self, articles, on_disk):
        self.articles = {article["id"]: article for article in articles}
        self.news = RelatedNews(
            stop_words=STOP_WORDS,
            recency=RECENCY,
            vectors="given" if self.vector_weight else None,
            vector_weight=self.vector_weight,
        ).fit(articles)
        self.epoch = None
        self.shown = {}
        if on_disk:
            self.save_and_open()

    @rule(articles=some_articles())
    def add(self, articles):
        new = {article["id"]: article for article in articles}
        report = self.news.partial_fit(articles)
        known = self.articles
        same = {i for i, a in new.items() if known.get(i) == a}
        assert set(report.unchanged) == same
        assert set(report.added) == new.keys() - known.keys()
        assert set(report.replaced) == (new.keys() & known.keys()) - same
        self.articles = {i: a for i, a in known.items() if i not in new or i in same} | {
            i: a for i, a in new.items() if i not in same
        }
        self.check_changes(report, set(report.added) | set(report.replaced))

    @rule(data=st.data())
    @precondition(lambda self: self.articles)
    def remove(self, data):
        ids = data.draw(st.lists(st.sampled_from(sorted(self.articles)), min_size=1, unique=True))
        report = self.news.remove(ids)
        assert set(report.removed) == set(ids)
        for identifier in ids:
            del self.articles[identifier]
        self.check_changes(report, set())

    @rule()
    def compact(self):
        self.news.compact()

    @rule(per_item=st.integers(1, 2))
    def store_lists(self, per_item):
        before = dict(self.shown)
        with mock.patch("relnews.maintenance.updates.CANDIDATES_PER_ITEM", per_item):
            report = self.news.store_lists(K)
        self.epoch = EpochOfIdf(self.articles)
        self.shown = self.epoch_lists()
        assert set(report.changed) == {
            i for i, items in self.shown.items() if i not in before or ids(items) != ids(before[i])
        }

    @rule()
    def save_and_open(self):
        self.folders.append(tempfile.TemporaryDirectory(suffix=".relnews"))
        self.news.save(self.folders[-1].name)
        self.news = RelatedNews.open(self.folders[-1].name)

    @invariant()
    def lists_are_those_of_a_fresh_fit(self):
        lists = {related.id: related for related in self.news.related_all(K)}
        if self.epoch is None:
            expected = reference.related_news(
                [*self.articles.values()], K, stop_words=STOP_WORDS, recency=FADING,
                vector_weight=self.vector_weight, cutoff=self.cutoff,
            )  # fmt: skip
        else:
            expected = self.shown
        got = {
            i: [(item.id, item.score, item.similarity) for item in one] for i, one in lists.items()
        }
        assert got == expected
        assert len(self.news) == len(self.articles)
        for identifier in [*self.articles][:2]:
            assert self.news.related(identifier, K) == lists[identifier]

    @invariant()
    def ranking_is_that_of_a_fresh_fit(self):
        """Compare ranked lists, by current statistics, with a fresh fit."""
        expected = reference.related_news(
            [*self.articles.values()], K, stop_words=STOP_WORDS, recency=FADING,
            vector_weight=self.vector_weight, cutoff=self.cutoff,
        )  # fmt: skip
        archive = self.news.archive_
        archive.refresh()
        for identifier in self.articles:
            ranked = self.news.related(identifier, K, fallback=())
            got = [(item.id, item.score, item.similarity) for item in ranked]
            assert got == expected[identifier]

    def epoch_lists(self):
        return self.lists_of(self.epoch)

    def lists_of(self, idf):
        rows = [
            (
                article["id"], article["published"],
                reference.unit_weights(reference.Words(article, STOP_WORDS), idf),
            )
            for article in self.articles.values()
        ]  # fmt: skip
        for (*_, weights), article in zip(rows, self.articles.values(), strict=True):
            weights.vector = reference.unit_vector(article["vector"])
        return {
            i: reference.ranking(
                weights, rows, K, exclude=i,
                priors=[reference.fading(date, other, *FADING) for _, other, _ in rows],
                vector_weight=self.vector_weight,
                cutoff=self.cutoff,
            )
            for i, date, weights in rows
        }  # fmt: skip

    def check_changes(self, report, written):
        if self.epoch is None:
            assert report.changed is None
            return
        before, self.shown = self.shown, self.epoch_lists()
        changed = {
            i
            for i, items in self.shown.items()
            if ids(items) != ids(before.get(i, []))
            or {*ids(items)} & {*report.replaced}
            or i in written
        }
        assert set(report.changed) == changed


def ranked(cutoff):
    """Return modes whose lists keep near-duplicates, which another test covers."""
    return {**MODES, "news": Mode(selection=Selection(duplicate_threshold=None, cutoff=cutoff))}


RANKED = ranked(CUTOFF)


class LivingWithVectors(Living):
    """The same with vectors."""

    vector_weight = 0.5


@pytest.mark.parametrize("machine", [Living, LivingWithVectors])
@pytest.mark.parametrize(
    ("open_articles", "common", "tolerance", "cutoff"),
    [(1, 0.1, 0.0, CUTOFF), (1, 0.1, 0.6, 0.5), (3, 1.0, 0.3, 0.8), (1024, 0.1, 0.02, None)],
)
def test_incremental_is_batch(machine, open_articles, common, tolerance, cutoff):
    """Every list equals a fresh fit: small segments, bounded terms, approximate norms."""
    # Shrinking a series of changes takes longer than reading it.
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    few = examples(0.25, stateful_step_count=10, phases=phases)
    with (
        mock.patch.multiple(merging, PENDING_ARTICLES=open_articles, FANOUT=2, NEWER_TERMS=4),
        mock.patch("relnews.maintenance.build.CHUNK", 4),
        mock.patch("relnews.archive.state.PENDING_TOGETHER", 2),
        mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=common),
        mock.patch("relnews.search.corpus_stats.TOLERANCE", tolerance),
        mock.patch("relnews.options.list_options.MODES", ranked(cutoff)),
        mock.patch("relnews.options.modes.STORED_SELECTION", ranked(cutoff)["news"].selection),
        mock.patch.object(Living, "cutoff", cutoff),
    ):  # fmt: skip
        run_state_machine_as_test(machine, settings=few)


def story(identifier, text, **about):
    return {"id": identifier, "text": text, **about}


def test_an_unknown_id_removes_nothing():
    """An unknown id is an error and nothing is removed."""
    news = RelatedNews().fit([story("a", "security guarantees"), story("b", "guarantees")])
    with pytest.raises(UnknownArticleError, match="'c'"):
        news.remove(["a", "c"])

    assert len(news) == 2
    assert news.related("a").ids == ["b"]


def test_partial_fit_begins_an_archive():
    """`partial_fit` works without a fit before it."""
    news = RelatedNews(stop_words=None)
    report = news.partial_fit([story("a", "security guarantees"), story("b", "guarantees")])

    assert report.added == ("a", "b")
    assert news.related("b").ids == ["a"]


def test_what_is_given_again_is_not_written_again():
    """Unchanged articles are not written again."""
    articles = [story(str(i), f"security guarantees word{i}") for i in range(5)]
    news = RelatedNews().fit(articles)
    news.store_lists()
    report = news.partial_fit([*articles, story("new", "guarantees")])

    assert report.unchanged == ("0", "1", "2", "3", "4")
    assert report.added == ("new",)
    assert news.partial_fit(articles).changed == ()


@pytest.mark.parametrize("is_in_folder", [False, True])
def test_the_generation_rises_only_with_a_change(tmp_path, is_in_folder):
    """A call that changes nothing keeps the generation, on which caches depend."""
    articles = [story("a", "security guarantees"), story("b", "guarantees"), story("c", "veto")]
    news = RelatedNews().fit(articles)
    if is_in_folder:
        news.save(tmp_path / "archive")
        news = RelatedNews.open(tmp_path / "archive")
    generation = news.archive_.catalogue.generation()
    news.rules.drop(Rule("hide", "id=a"))
    assert news.archive_.catalogue.generation() == generation
    news.store_lists(2)
    news.rules.pin("a", "c")
    news.rules.pin("b", "a")
    lists = [*news.related_all(2)]

    def generations():
        return news.archive_.catalogue.generation(), news.archive_.state.generation

    first, _ = generations()
    for change in (
        lambda: news.partial_fit([]),
        lambda: news.partial_fit(articles),
        lambda: news.remove([]),
        lambda: news.rules.pin("a", "c"),
        lambda: news.rules.add(*news.rules),
        lambda: news.rules.drop(Rule("hide", "id=a")),
        lambda: news.rules.replace([*news.rules]),
    ):
        change()
        assert [*news.related_all(2)] == lists
        assert generations() == (first, first)
    for number, change in enumerate((
        lambda: news.partial_fit([*articles[1:], story("a", "guarantees and a veto")]),
        lambda: news.rules.hide("id=b"),
        lambda: news.remove(["c"]),
        lambda: news.compact(),
    ), 1):  # fmt: skip
        change()
        [*news.related_all(2)]
        assert generations() == (first + number, first + number)


def test_problems_of_a_feed_are_reported():
    """The load report counts skipped articles."""
    news = RelatedNews().fit([story("a", "security guarantees")])
    report = news.partial_fit([story("", "x"), story("b", "guarantees"), story("b", "again")])

    assert report.added == ("b",)
    assert "1 article loaded, 2 skipped" in report.load_report
    assert "missing id" in report.load_report


def test_statistics_are_not_frozen():
    """A word that becomes common loses weight in ranked lists at once."""
    articles = [
        story("q", "guarantees summit"),
        story("g", "guarantees alpha"),
        story("s", "summit beta"),
        *(story(f"f{i}", f"filler{i}") for i in range(4)),
    ]
    news = RelatedNews().fit(articles)
    assert news.related("q").ids == ["g", "s"]  # tie, ordered by id
    news.partial_fit([story(f"n{i}", f"guarantees noise{i} more{i}") for i in range(6)])

    assert news.related("q").ids[0] == "s"


def test_an_embargo_ends_and_an_article_expires():
    """Articles under embargo and expired articles are in no list."""
    now = dt.datetime.now(dt.UTC)
    hour = dt.timedelta(hours=1)
    articles = [
        story("a", "security guarantees"),
        story("b", "security guarantees talks", published=now - hour),
        story("later", "security guarantees pact", published=now + hour),
        story("over", "security guarantees aid", published=now - 2 * hour, expires=now - hour),
        story("soon over", "security guarantees veto", expires=now + hour),
    ]
    news = RelatedNews().fit(articles)
    for _ in range(2):
        assert news.related("a").ids == ["b", "soon over"]
        assert set(news.related_to_text("guarantees").ids) == {"a", "b", "soon over"}
        assert {i for related in news.related_all() for i in related.ids} == {"a", "b", "soon over"}
        later = (now + 2 * hour).timestamp() * 1e9
        with mock.patch("time.time_ns", return_value=int(later)):
            assert set(news.related("a").ids) == {"later", "b"}
        assert news.verify_removed("over") == []
        assert news.verify_removed("later") == []
        assert news.verify_removed("b") == [
            "'b' is in the archive, and neither under embargo nor expired"
        ]
        news.store_lists()


def test_lists_begin_anew_past_a_drift():
    """An update beyond `max_drift` starts a new epoch and stores all lists again."""
    articles = [story(str(i), f"security guarantees word{i}") for i in range(20)]
    news = RelatedNews().fit(articles)
    news.store_lists(max_drift=0.2)
    near = news.partial_fit([story("x", "security guarantees")])
    far = news.partial_fit([story(f"y{i}", f"drought harvest{i}") for i in range(40)])

    assert 0 < near.drift.idf <= 0.2
    assert far.drift.idf == 0
    assert far.changed is not None
    assert {f"y{i}" for i in range(40)} <= set(far.changed)


def test_updates_need_no_more_than_a_transaction(tmp_path):
    """Every open archive sees a change at its next list."""
    articles = [story(str(i), f"security guarantees word{i}") for i in range(5)]
    RelatedNews().fit(articles).save(tmp_path / "a.relnews")
    writer, reader = (RelatedNews.open(tmp_path / "a.relnews") for _ in range(2))
    assert len(reader.related("1")) == 4
    generation = reader.archive_.catalogue.generation()
    writer.partial_fit([story("new", "security guarantees word1 talks")])
    assert reader.related("1").ids[0] == "new"
    assert reader.archive_.catalogue.generation() > generation
    writer.remove("new")

    assert "new" not in reader.related("1").ids
    assert "new" not in reader


def test_segments_are_merged_and_what_was_removed_is_reclaimed():
    """There are few segments; `compact` leaves one, without removed articles."""
    with mock.patch.multiple(merging, PENDING_ARTICLES=4, FANOUT=2):
        news = RelatedNews().fit([])
        for i in range(64):
            news.partial_fit([story(str(i), f"security guarantees word{i}")])
        state = news.archive_.state
        assert len(state.live_segments) <= 2 * 3
        news.remove([str(i) for i in range(0, 64, 3)])
        news.compact()
    state = news.archive_.state

    assert len(state.live_segments) == 1
    assert not state.pending
    assert "word3" not in state.vocabulary.flat().decode()
    assert "word4" in state.vocabulary.flat().decode()
    assert news.verify_removed("3") == []


def test_ids_may_have_any_character():
    """Ids may have any characters."""
    odd = ["a\0b", "a", "'; --", "é\n", "🙂"]
    news = RelatedNews().fit([story(identifier, "security guarantees") for identifier in odd])
    report = news.partial_fit([story("a\0b", "security guarantees talks")])

    assert report.replaced == ("a\0b",)
    assert "a\0b" not in news.related("a", exclude=["a\0b"]).ids
    assert news.remove(odd[0]).removed == ("a\0b",)
    assert len(news) == 4


@given(archives_with_copies(max_size=12), st.data(), st.integers(1, 4))
def test_stored_lists_have_no_near_duplicates(articles, data, k):
    """Stored lists are the selection from the epoch's ranking."""
    n = data.draw(st.integers(0, len(articles)))
    news = RelatedNews(stop_words=None).fit(articles[:n])
    per_item = data.draw(st.integers(1, 3))
    with mock.patch("relnews.maintenance.updates.CANDIDATES_PER_ITEM", per_item):
        news.store_lists(k)
    for related in news.related_all(k):
        assert news.related(related.id, k, fallback=()) == related
    news.partial_fit(articles[n:])
    ids = [article["id"] for article in articles]
    news.remove(data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else [])
    archive, catalogue = news.archive_, news.archive_.catalogue
    archive.refresh()
    snapshot = archive.snapshot_of(archive.state.epoch_view())
    for key, packed in catalogue.all_entries():
        stored = StoredList.unpack(packed)
        size = max(len(stored.entries), 1)
        (ranked,) = snapshot.view.rank([key], size, catalogue.ids)
        columns = candidates_of(ranked)
        (positions,) = positions_of(snapshot, [key], [columns], [stored.is_all], k)
        fresh = zip(*(column.tolist() for column in (*columns[:3], positions)), strict=True)
        assert [*fresh] == stored.entries
        shown = stored.items()
        if len(shown) < k and not stored.is_all:
            continue
        (identifier,) = catalogue.ids([key])
        got = news.related(identifier, k)
        assert [catalogue.key_of(item.id) for item in got] == [entry[0] for entry, _ in shown]
        assert [list(item.near_duplicates) for item in got] == [
            catalogue.ids(also) for _, also in shown
        ]


def test_lists_that_were_chosen_by_other_rules_are_sound():
    """Lists of an older choice stay as they are, and are no damage, until they are stored again."""
    text = "plaice harbour quota nets prices cod herring pier auction winter storm fleet"
    news = RelatedNews().fit([
        story("a", "plaice harbour quota boats", published="2025-08-01"),
        story("near", text, published="2025-08-01"),
        story("late", f"{text} late", published="2025-08-09"),
        story("b", "harbour boats", published="2025-08-01"),
    ])  # fmt: skip
    with mock.patch("relnews.options.modes.STORED_SELECTION", Selection(keep="newest")):
        news.store_lists(4)
    assert "late" in news.related("a", 4).ids
    assert len(news.verify()) == 2
    catalogue = news.archive_.catalogue
    settings = catalogue.setting("lists")
    del settings["choice"]
    with catalogue.transaction():
        catalogue.set("lists", settings)
    assert news.verify() == []
    news.partial_fit([story("c", "quota", published="2025-08-02")])
    assert news.verify() == []
    news.store_lists(4)
    assert "near" in news.related("a", 4).ids
    assert news.verify() == []
    assert catalogue.setting("lists")["choice"] == 1


@pytest.mark.parametrize("has_lists", [False, True])
def test_an_article_that_is_no_longer_public_is_removed(has_lists):
    """A record that is withheld takes its article out of the archive, in the same change."""
    stories = [
        story("a", "storm coast"), story("b", "storm harbour"), story("c", "storm coast harbour"),
    ]  # fmt: skip
    news = RelatedNews().fit(stories)
    if has_lists:
        news.store_lists(2)
    report = news.partial_fit([
        story("d", "coast ferry"),
        story("b", "storm harbour", status="private"),
        story("unknown", "storm", published="soon"),
    ])  # fmt: skip
    assert (report.added, report.replaced, report.removed) == (("d",), (), ("b",))
    fresh = RelatedNews().fit([stories[0], stories[2], story("d", "coast ferry")])
    if has_lists:
        news.store_lists(2)
    for identifier in "acd":
        assert news.related(identifier) == fresh.related(identifier)
    assert "b" not in news
    assert news.load_report_.withheld == 2
