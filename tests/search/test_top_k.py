"""Exact top-k against the reference: ties, priors, exclusion, segments."""

import dataclasses
import itertools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from relnews.archive import workers
from relnews.archive.archive import Archive
from relnews.articles import Article
from relnews.dates import UNDATED
from relnews.maintenance import build as building
from relnews.maintenance import layout
from relnews.maintenance.updates import Updates
from relnews.options.conditions import ResolvedConditions
from relnews.options.recency import Recency
from relnews.readers.load_report import LoadReport
from relnews.readers.records import articles_from
from relnews.search import bounds, top_k
from relnews.search.top_k import rank
from relnews.search.weights import Weighting
from relnews.storage.arrays import Store
from relnews.text.analysis import Analysis
from relnews.text.article_terms import NO_ARTICLE
from strategies import archives, examples, texts

STOP_WORDS = ("the", "and", "can't")
WEIGHTING = Weighting()


def built(articles, *settings):
    """Return an archive in memory, given analysis, weighting and recency."""
    store = Store.in_memory()
    building.fill(store, articles_from(articles, LoadReport()), *settings, False, None, gone=list)
    return Archive(store)


def build(
    articles, *, segment_articles=1 << 16, weighting=WEIGHTING, normalization="english",
    recency=None, common=0.1, n_late=0,
):  # fmt: skip
    """Return an archive in which common terms are bounded and the last articles are pending.

    Pending articles are in no segment and not counted in the epoch.
    """
    first, late = articles[: len(articles) - n_late], articles[len(articles) - n_late :]
    with (
        mock.patch.object(layout, "SEGMENT_ARTICLES", segment_articles),
        mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=common),
    ):
        archive = built(first, Analysis(STOP_WORDS, normalization), weighting, recency)
    if late:
        Updates(archive).add(articles_from(late, LoadReport()))
        assert len(archive.state.pending) == n_late
    return archive


def lists_of(archive, k):
    """Return {id: [(id, score, similarity), …]} of every article."""
    blocks = workers.by_blocks(
        archive, lambda snapshot, keys: snapshot.rank(snapshot.view.read(keys), k), n_jobs=1
    )
    lists = {}
    for ranked in itertools.chain.from_iterable(blocks):
        (own,) = archive.catalogue.ids([ranked.query])
        lists[own] = in_words(archive, ranked)
    return lists


def in_words(archive, ranked):
    ids = archive.catalogue.ids(ranked.key.tolist())
    return list(zip(ids, ranked.score.tolist(), ranked.similarity.tolist(), strict=True))


#: Share of articles that are pending, the last ones.
late = st.sampled_from([0.0, 0.0, 0.3, 1.0])

#: Terms that more than this share of the articles have are bounded instead of walked.
shares = st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0])


#: Parameters of the weights.
weightings = st.builds(
    Weighting, st.booleans(), st.sampled_from([0.0, 1.0, 2.5]), st.sampled_from([0.0, 0.1, 1.0]),
    st.sampled_from([0.0, 4.0, 20.0]),
)  # fmt: skip

recencies = st.none() | st.builds(Recency, st.sampled_from([1.0, 180.0]), st.floats(0, 1))


@given(
    archives(), st.integers(1, 16), st.sampled_from([1, 2, 3, 5, 1 << 16]), weightings,
    st.sampled_from(["english", None]), recencies, shares, late, st.sampled_from([0, 0, 10]),
)  # fmt: skip
def test_lists_equal_the_reference(
    articles, k, segment_articles, weighting, normalization, recency, common, late, few
):
    """Every list equals the reference, ties included, for any segments and bounds."""
    archive = build(
        articles, segment_articles=segment_articles, weighting=weighting,
        normalization=normalization, recency=recency, common=common,
        n_late=int(late * len(articles)),
    )  # fmt: skip
    expected = reference.related_news(
        articles, k, stop_words=STOP_WORDS, normalization=normalization,
        **dataclasses.asdict(weighting),
        recency=None if recency is None else (recency.half_life, recency.floor),
    )  # fmt: skip

    with mock.patch.object(top_k, "FEW_ARTICLES", few):
        assert lists_of(archive, k) == expected


#: Words whose phrases are in some titles and texts; in others only one of both words is.
some_words = st.lists(
    st.sampled_from(["river", "dike", "flood", "crest", "levee", "dam"]), min_size=1, max_size=5
)


@examples(2)
@given(
    st.lists(st.tuples(some_words, some_words), min_size=8, max_size=24), st.integers(1, 3),
    st.sampled_from([4, 1 << 16]), shares,
)  # fmt: skip
def test_phrases_of_titles_are_in_the_bounds(words, k, segment_articles, common):
    """Lists equal the reference where whether a text has a phrase of a title decides."""
    articles = [
        {"id": f"{i:02d}", "title": " ".join(title), "text": " ".join(text) + f" own{i}" * (i % 5)}
        for i, (title, text) in enumerate(words)
    ]
    weighting = Weighting(title_weight=0.0, title_overlap=1.0, least_title=0.0)
    archive = build(
        articles, segment_articles=segment_articles, weighting=weighting, common=common
    )  # fmt: skip
    expected = reference.related_news(articles, k, stop_words=(), **dataclasses.asdict(weighting))

    assert lists_of(archive, k) == expected


@given(
    archives(), st.integers(1, 16), st.sampled_from([1, 2, 3, 5, 1 << 16]), recencies, shares,
    st.sampled_from([0, 1, 30, 400]), st.sampled_from(["before", "after", None]),
)  # fmt: skip
def test_a_window_leaves_out_what_is_outside_of_it(
    articles, k, segment_articles, recency, common, days, when
):
    """The list within a window is the whole ranking without the articles outside."""
    archive = build(articles, segment_articles=segment_articles, recency=recency, common=common)
    snapshot = archive.snapshot()
    conditions = ResolvedConditions.of({"within": days, "when": when})
    queries = snapshot.view.read(snapshot.keys())
    published = {query.key: query.published for query in queries}
    for query in queries:
        (whole,) = snapshot.rank([query], len(articles))
        (found,) = snapshot.rank([query], k, conditions)
        date = snapshot.now if query.published == UNDATED else query.published
        first, last = conditions.window(date)
        inside = [first <= published[key] < last for key in whole.key.tolist()]
        for name in ("key", "score", "similarity"):
            assert getattr(whole, name)[inside][:k].tolist() == getattr(found, name).tolist()


@given(
    archives(min_size=1),
    texts(),
    texts(),
    st.integers(1, 16),
    st.sampled_from([2, 1 << 16]),
    shares,
    late,
)
def test_a_draft_equals_the_reference(articles, title, text, k, segment_articles, common, late):
    """A draft is ranked by the archive's idf; unknown words are ignored."""
    n_late = int(late * len(articles))
    archive = build(articles, segment_articles=segment_articles, common=common, n_late=n_late)
    counts = [reference.Words(article, STOP_WORDS) for article in articles]
    idf = reference.inverse_document_frequency(counts)
    query = reference.Words({"title": title, "text": text}, STOP_WORDS)
    rows = [
        (article["id"], article["published"], reference.unit_weights(c, idf))
        for article, c in zip(articles, counts, strict=True)
    ]
    expected = reference.ranking(reference.unit_weights(query, idf), rows, k)

    snapshot = archive.snapshot()
    (ranked,) = snapshot.rank([snapshot.query_of(Article("", title=title, text=text))], k)

    assert in_words(archive, ranked) == expected


priors = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 3), st.sampled_from([0.25, 1e-9]))


@given(
    archives(min_size=1), st.data(), st.integers(1, 16), st.sampled_from([3, 1 << 16]), shares, late
)
def test_priors_multiply_the_score_and_zero_leaves_out(
    articles, data, k, segment_articles, common, late
):
    """Priors multiply similarities before the ranking; a prior of 0 excludes."""
    n_late = int(late * len(articles))
    archive = build(articles, segment_articles=segment_articles, common=common, n_late=n_late)
    factor = {article["id"]: data.draw(priors) for article in articles}
    counts = [reference.Words(article, STOP_WORDS) for article in articles]
    idf = reference.inverse_document_frequency(counts)
    rows = [
        (article["id"], article["published"], reference.unit_weights(c, idf))
        for article, c in zip(articles, counts, strict=True)
    ]
    chosen = data.draw(st.sampled_from(articles))["id"]
    weights = next(weights for i, _, weights in rows if i == chosen)
    expected = reference.ranking(
        weights, rows, k, exclude=chosen, priors=[factor[i] for i, _, _ in rows]
    )

    view = archive.state.view()
    segments = []
    for scored in view.segments:
        ids = archive.catalogue.ids(scored.segment.key.tolist())
        segments.append(scored.with_prior(np.array([factor[i] for i in ids])))
    query = view.queries_of([archive.catalogue.key_of(chosen)])
    (ranked,) = rank(segments, query, k, archive.catalogue.ids)

    assert in_words(archive, ranked) == expected


#: Floors near to the score, and far from it.
floors = st.sampled_from([-400_000, -1, 0, 1, 400_000, 1 << 42])


@given(
    archives(min_size=1), st.data(), st.sampled_from([3, 1 << 16]), st.floats(0, 1), shares, late
)
def test_reach_is_whoever_scores_as_much(articles, data, segment_articles, prior, common, late):
    """Articles that reach their own floors are found, with and without postings."""
    n_late = int(late * len(articles))
    archive = build(articles, segment_articles=segment_articles, common=common, n_late=n_late)
    counts = [reference.Words(article, STOP_WORDS) for article in articles]
    idf = reference.inverse_document_frequency(counts)
    weights = {
        a["id"]: reference.unit_weights(c, idf) for a, c in zip(articles, counts, strict=True)
    }
    chosen = data.draw(st.sampled_from(articles))["id"]
    view = archive.state.view()
    query = view.queries_of([archive.catalogue.key_of(chosen)])
    for scored in view.segments:
        ids = archive.catalogue.ids(scored.segment.key.tolist())
        priors = np.array([data.draw(st.sampled_from([0.0, prior, 1.0])) for _ in ids])
        cosines = [reference.similarity(weights[chosen], weights[i]) for i in ids]
        score = [
            reference.rounded(cosine * factor)
            for cosine, factor in zip(cosines, priors.tolist(), strict=True)
        ]
        floor = [max(1, steps + data.draw(floors)) for steps in score]
        local, steps, similarity = scored.with_prior(priors).reach(query, np.array(floor))

        expected = [
            (i, score[i]) for i in range(len(ids)) if score[i] >= floor[i] and ids[i] != chosen
        ]
        assert list(zip(local.tolist(), steps.tolist(), strict=True)) == expected
        assert similarity.tolist() == [reference.rounded(cosines[i]) for i, _ in expected]


@examples(0.5)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=3, max_size=40),
    st.integers(1, 6),
)
def test_near_ties_are_not_decided_by_single_precision(shape, k):
    """Scores closer than single precision resolves are ordered correctly.

    Scores of long articles that differ in one rare word among hundreds differ by parts of a
    millionth. Sums in single precision would order them by rounding errors.
    """
    common = " ".join(f"common{i:03d}" for i in range(300))
    articles = [
        {
            "id": f"{i:02d}",
            "text": " ".join([common] * 3) + " rest" * rest + f" alone{which}" * 2,
        }
        for i, (which, rest) in enumerate(shape)
    ]
    expected = reference.related_news(articles, k, stop_words=())

    with mock.patch.object(layout, "SEGMENT_ARTICLES", 7):
        archive = built(articles, Analysis(None), Weighting(), None)

    assert lists_of(archive, k) == expected


def test_ties_go_to_the_newer_then_to_the_smaller_id():
    """Equal texts are ordered by date, newest first and undated last, then by id."""
    articles = [
        {"id": "q", "text": "security guarantees"},
        {"id": "old", "text": "security guarantees", "published": "2020-01-01"},
        {"id": "b", "text": "security guarantees", "published": "2025-01-01"},
        {"id": "undated", "text": "security guarantees"},
        {"id": "a", "text": "security guarantees", "published": "2025-01-01"},
        {"id": "other", "text": "drought", "published": "2025-01-01"},
    ]
    for cut, n_late in itertools.product((1, 2, 3, 1 << 16), (0, 2, 4)):
        lists = lists_of(build(articles, segment_articles=cut, n_late=n_late), 8)

        assert [i for i, _, _ in lists["q"]] == ["a", "b", "old", "undated"]
        assert len({score for _, score, _ in lists["q"]}) == 1
        assert lists["other"] == []


def test_segments_are_in_order_of_date():
    """Local numbers follow the date, so that a time window is a range."""
    dates = ["2025-03-01", None, "1900-01-01", "2025-01-01", "1969-12-31T23:59:59"]
    articles = [{"id": str(i), "text": "x1", "published": d} for i, d in enumerate(dates)]
    for n_late in (0, 5):
        archive = build(articles, n_late=n_late)
        (scored,) = archive.state.view().segments
        published = scored.segment.published

        assert published.tolist() == sorted(published.tolist())
        assert published[0] == UNDATED
        keys = scored.segment.key.tolist()
        assert archive.catalogue.ids(keys) == ["1", "2", "4", "3", "0"]
        assert published[2] == -1_000_000


def test_a_segment_closes_at_its_most_pairs():
    """Long articles make smaller segments, which bounds the memory of building."""
    articles = [{"id": str(i), "text": f"word{i} shared terms"} for i in range(10)]
    with (
        mock.patch.object(building, "SEGMENT_PAIRS", 6),
        mock.patch("relnews.text.article_terms.BATCH_BYTES", 1),
    ):
        archive = build(articles)

    assert len(archive.state.live_segments) == 5
    assert lists_of(archive, 8) == lists_of(build(articles), 8)


def test_block_size_and_n_jobs_do_not_matter():
    """Any block size and number of threads give the same lists in order."""
    articles = [
        {
            "id": str(i),
            "text": f"w{i % 7} w{i % 5} w{i % 3} story",
            "published": f"2025-01-{i % 9 + 1:02d}",
        }
        for i in range(60)
    ]
    archive = build(articles, segment_articles=17)
    expected = lists_of(archive, 8)
    for block in (1, 7, 1000):
        for n_jobs in (1, 2, -1):
            with mock.patch("relnews.archive.archive.BLOCK", block):
                blocks = workers.by_blocks(
                    archive,
                    lambda snapshot, keys: snapshot.rank(snapshot.view.read(keys), 8),
                    n_jobs,
                )
                ranked = list(itertools.chain.from_iterable(blocks))
            ids = archive.catalogue.ids([ranking.query for ranking in ranked])
            assert ids == [article["id"] for article in articles]
            assert dict(zip(ids, (in_words(archive, r) for r in ranked), strict=True)) == expected


def test_a_draft_has_no_key_and_an_empty_archive_no_list():
    """A draft against an empty archive has an empty list."""
    snapshot = build([]).snapshot()
    (ranked,) = snapshot.rank([snapshot.query_of(Article("", text="anything"))], 3)

    assert ranked.query == NO_ARTICLE
    assert len(ranked.key) == 0


@pytest.mark.parametrize("k", [1, 5, 300])
def test_an_archive_of_equal_articles(k):
    """Of equal articles the k newest are listed, never the article itself."""
    articles = [
        {"id": f"{i:03d}", "text": "peace talks", "published": f"2025-01-{i % 28 + 1:02d}"}
        for i in range(100)
    ]
    lists = lists_of(build(articles, segment_articles=33), k)
    newest_first = sorted(articles, key=lambda a: a["published"], reverse=True)

    for identifier, items in lists.items():
        others = [a["id"] for a in newest_first if a["id"] != identifier]
        assert [i for i, _, _ in items] == others[:k]
        # The titles are in no text, so that the cosine alone counts.
        assert {score for _, score, _ in items} == {round(1 / 1.2, 6)}
