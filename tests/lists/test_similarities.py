"""Similarities within groups of articles equal the reference, pair by pair."""

import itertools
from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import reference
from relnews import RelatedNews
from relnews.lists import containment, similarities
from strategies import archives_with_copies


@given(archives_with_copies(), st.data(), st.sampled_from([0.0, 2.0, 2.5, 10.0]))
def test_similarities_are_those_of_all_pairs(articles, data, common_idf):
    """Whichever terms are common, a pair from the least similarity on is exact, others are 0."""
    words = [reference.Words(a) for a in articles]
    idf = reference.inverse_document_frequency(words)
    weights = [reference.unit_weights(w, idf) for w in words]
    news = RelatedNews(stop_words=None).fit(articles)
    all_keys = news.archive_.catalogue.keys_of([a["id"] for a in articles])
    places = st.lists(st.integers(-1, len(articles) - 1), min_size=3, max_size=3)
    groups = data.draw(st.lists(places, min_size=1, max_size=3))
    keys = np.array([[all_keys[i] if i >= 0 else -1 for i in group] for group in groups])

    view = news.archive_.state.view()
    rows = np.array([data.draw(st.integers(0, 2)) for _ in groups])
    each = np.arange(len(groups))

    with mock.patch.object(similarities, "COMMON_IDF", common_idf):
        found = similarities.similarities(view, keys)
        in_part = similarities.Similarities(view, keys)
        cosines = in_part.steps.copy()
        assert not in_part.complete(most=-1) or (keys < 0).all()
        np.testing.assert_array_equal(in_part.steps, cosines)
        in_part.complete_rows(each, rows)
        np.testing.assert_array_equal(in_part.steps[each, rows], found[each, rows])
        assert in_part.complete()
        np.testing.assert_array_equal(in_part.steps, found)
        least = containment.LEAST_COSINE
        high = similarities.similarities(view, keys, least)

    for i, group in enumerate(groups):
        for (m, a), (n, b) in itertools.combinations(enumerate(group), 2):
            expected = 0
            if min(a, b) >= 0:
                likeness = reference.likeness(
                    words[a], words[b], weights[a], weights[b], containment.SAME_WORDS
                )
                expected = 1_000_000 if a == b else likeness
            assert found[i, m, n] == found[i, n, m] == expected
            assert high[i, m, n] == high[i, n, m] == (expected if expected >= least else 0)
