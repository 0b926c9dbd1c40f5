"""Vectors beside words: lists equal the reference, bounds are bounds, and nothing breaks ties."""

import dataclasses
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import reference
from relnews import Recency, RelatedNews
from relnews.archive.text_vectors import at_length_one
from relnews.maintenance import layout, merging
from relnews.search import bounds
from relnews.search.segment_layout import OPTIONAL_DTYPES
from relnews.search.vectors import CodedVectors, have_length_one, stacked
from strategies import archives, vectors

STOP_WORDS = ("the", "and", "can't")

#: Vectors of few numbers, and of any.
any_vectors = vectors | st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3)


@st.composite
def archives_with_vectors(draw, **sizes):
    articles = draw(archives(**sizes))
    return [{**article, "vector": draw(any_vectors)} for article in articles]


def fitted(articles, *, segment_articles=1 << 16, common=0.1, n_late=0, **parameters):
    """Return an archive in which common terms are bounded and the last articles are pending."""
    parameters = {"stop_words": STOP_WORDS, "recency": None, "vectors": "given"} | parameters
    first = len(articles) - n_late
    with (
        mock.patch.object(layout, "SEGMENT_ARTICLES", segment_articles),
        mock.patch.multiple(bounds, WORTH_PRUNING=0, COMMON=common),
        mock.patch("relnews.readers.load_report.LoadReport.check_loaded"),
    ):
        news = RelatedNews(**parameters, ignore_repeated_lines=False).fit(articles[:first])
    if n_late:
        with mock.patch.object(merging, "FANOUT", 1 << 16):
            news.partial_fit(articles[first:])
    return news


def plain(items):
    return [(item.id, item.score, item.similarity) for item in items]


def lists_of(news, k, **options):
    return {found.id: plain(found) for found in news.related_all(k, selection=None, **options)}


@given(
    archives_with_vectors(), st.integers(1, 16), st.sampled_from([1, 2, 3, 5, 1 << 16]),
    st.sampled_from([0.0, 0.1, 1.0, 50.0]), st.sampled_from([0.0, 0.1, 1.0]),
    st.none() | st.builds(Recency, st.sampled_from([1.0, 180.0]), st.floats(0, 1)),
    st.sampled_from([0.0, 0.1, 0.6, 1.0]), st.sampled_from([0.0, 0.0, 0.3, 1.0]),
)  # fmt: skip
def test_lists_equal_the_reference(
    articles, k, segment_articles, vector_weight, title_overlap, recency, common, late
):
    """Every list equals the reference, ties included, for any segments, weights and bounds."""
    news = fitted(
        articles, segment_articles=segment_articles, common=common, recency=recency,
        n_late=int(late * len(articles)), vector_weight=vector_weight, title_overlap=title_overlap,
    )  # fmt: skip
    expected = reference.related_news(
        articles, k, stop_words=STOP_WORDS, vector_weight=vector_weight,
        title_overlap=title_overlap,
        recency=None if recency is None else (recency.half_life, recency.floor),
    )  # fmt: skip

    assert lists_of(news, k) == expected


@given(archives_with_vectors(min_size=1), st.data(), st.integers(1, 16))
def test_a_draft_equals_the_reference(articles, data, k):
    """A draft is compared by its vector, or by words alone if it has none."""
    news = fitted(articles, vector_weight=0.5)
    draft = data.draw(archives_with_vectors(min_size=1, max_size=1))[0]
    draft["dek"] = ""
    words = [reference.Words(article, STOP_WORDS) for article in (*articles, draft)]
    idf = reference.inverse_document_frequency(words[:-1])
    *rows, query = [reference.unit_weights(found, idf) for found in words]
    for weights, article in zip((*rows, query), (*articles, draft), strict=True):
        weights.vector = reference.unit_vector(article["vector"])
    archive = [
        (article["id"], article["published"], weights)
        for article, weights in zip(articles, rows, strict=True)
    ]
    assume(draft["text"].strip() or draft["title"].strip())
    found = news.related_to_text(
        draft["text"], title=draft["title"], vector=draft["vector"], k=k, selection=None
    )

    assert plain(found) == reference.ranking(query, archive, k, vector_weight=0.5)


@given(st.integers(1, 40), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_codes_are_as_far_off_as_they_say(n, n_dimensions, seed):
    """A vector in 8 bits is at most its error away from the vector."""
    rng = np.random.default_rng(seed)
    unit = at_length_one(rng.normal(size=(n, n_dimensions)) ** 3)
    unit[rng.random(n) < 0.2] = 0
    coded = CodedVectors.of(unit)
    lost = unit - coded.codes * coded.scale[:, None].astype(np.float64)

    assert (np.sqrt((lost**2).sum(axis=1)) <= coded.error * (1 + 1e-5)).all()
    assert have_length_one(unit)


@pytest.mark.parametrize("n_articles", [1, 3, 700])
def test_neither_blocks_nor_threads_nor_segments_change_a_score(n_articles):
    """Lists of many articles are the same one by one, in blocks, in threads and in parts."""
    rng = np.random.default_rng(n_articles)
    words = [f"word{i}" for i in range(40)]
    articles = [
        {
            "id": f"{i}",
            "title": " ".join(rng.choice(words, 4)),
            "text": " ".join(rng.choice(words, 30)),
            "published": f"2025-08-{1 + i % 28:02}",
            "vector": rng.normal(size=33).tolist() if i % 7 else None,
        }
        for i in range(n_articles)
    ]
    whole = fitted(articles, recency=Recency())
    expected = lists_of(whole, 6)
    parts = fitted(articles, segment_articles=150, n_late=n_articles // 5, recency=Recency())
    whole.n_jobs = 3

    assert lists_of(whole, 6) == expected
    assert lists_of(parts, 6) == expected
    for identifier in [*expected][::31]:
        found = whole.related(identifier, 6, selection=None)
        assert plain(found) == expected[identifier]


def test_a_window_leaves_out_what_is_outside_of_it():
    """Conditions and a window cut the ranking with vectors, too."""
    rng = np.random.default_rng(0)
    articles = [
        {"id": f"{i:02}", "text": f"word{i % 5} x{i}", "published": f"2025-08-{i + 1:02}",
         "section": "AB"[i % 2], "vector": rng.normal(size=4).tolist()}
        for i in range(30)
    ]  # fmt: skip
    news = fitted(articles, segment_articles=7)
    whole = lists_of(news, 30)
    window = lists_of(news, 30, within=5)
    section = lists_of(news, 30, filters={"section": "A"})

    for i, items in whole.items():
        assert window[i] == [item for item in items if abs(int(item[0]) - int(i)) <= 5]
        assert section[i] == [item for item in items if int(item[0]) % 2 == 0]


def test_vectors_alone_relate_articles_without_words():
    """Articles that share no word, or have none, are related by their vectors."""
    articles = [
        {"id": "rain", "title": "Rain", "vector": [1, 0.1]},
        {"id": "flood", "title": "Flood", "vector": [1, 0]},
        {"id": "the", "title": "The", "vector": [2, 0]},
        {"id": "vote", "title": "Vote", "vector": [-1, 0]},
    ]
    news = fitted(articles, vector_weight=1.0)

    assert news.related("rain").ids == ["flood", "the"]
    assert news.related("the").ids == ["flood", "rain"]
    assert news.related("vote").ids == []
    assert news.why_not("rain", "vote").reason == "no shared term"


def test_parts_of_an_explanation_add_up():
    """An explanation has what the vectors add, in numbers, text and HTML."""
    articles = [
        {"id": "a", "text": "security guarantees", "vector": [1, 1]},
        {"id": "b", "text": "guarantees", "vector": [1, 0]},
        {"id": "c", "text": "rain", "vector": [1, 0.5]},
    ]
    news = fitted(articles)
    (first, second) = news.related("a", selection=None)
    for item in (first, second):
        found = news.explain("a", item.id)
        parts = [term.part for term in found.terms]
        assert sum(parts) + found.vector_part == pytest.approx(found.similarity, abs=1e-12)
        assert round(found.similarity, 6) == item.similarity
        assert found.to_dict()["vector_part"] == found.vector_part > 0
        assert f"(vectors)  {found.vector_part:.6f}" in " ".join(str(found).split(" " * 2)) or (
            f"{found.vector_part:.6f}" in str(found)
        )
        assert "(vectors)" in found._repr_html_()
    assert news.explain("a", "c").terms == ()
    without = fitted(articles, vectors=None).explain("a", "b")
    assert without.vector_part == 0
    assert "(vectors)" not in str(without)


def test_near_duplicates_are_found_by_words():
    """Vectors do not make two articles near-duplicates."""
    articles = [
        {"id": "a", "text": "security guarantees for Ukraine", "vector": [1, 0]},
        {"id": "b", "text": "security talks", "vector": [1, 0]},
        {"id": "c", "text": "security summit", "vector": [1, 0]},
    ]
    news = fitted(articles, vector_weight=1000.0)

    assert {*news.related("a").ids} == {"b", "c"}


def test_stacking_fills_up_with_zeros():
    """Articles that came before the first vector have zeros."""
    assert stacked([np.ones((1, 0)), np.ones((2, 3))]).tolist() == [[0] * 3, [1] * 3, [1] * 3]
    assert stacked([]).shape == (0, 0)


@pytest.mark.parametrize("vector", [[2.0, 0.0], [np.nan, 0.0], [np.inf, 0.0], [0.5, 0.5]])
def test_a_segment_with_other_vectors_is_damaged(vector):
    """Stored vectors have length 1 or 0, and all articles have as many numbers."""
    news = fitted([{"id": i, "text": i, "vector": [1, 0]} for i in "ab"])
    (live,) = news.archive_.state.live_segments.values()
    n_terms = len(news.archive_.state.vocabulary)
    vectors = np.array([vector, [1.0, 0.0]], dtype=np.float32)

    assert live.segment.is_sound(n_terms)
    assert live.segment.arrays()["vector"].dtype == OPTIONAL_DTYPES["vector"]
    assert not dataclasses.replace(live.segment, vector=vectors.ravel()).is_sound(n_terms)
    assert not dataclasses.replace(live.segment, vector=vectors.ravel()[1:]).is_sound(n_terms)
