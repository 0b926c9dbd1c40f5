"""Weights against scikit-learn's TfidfTransformer."""

import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer

from relnews import RelatedNews
from relnews._kernels.arguments import ArticleRows
from relnews.search import weights


@pytest.mark.parametrize("sublinear", [True, False])
@given(
    counts=st.lists(st.lists(st.integers(0, 40), min_size=6, max_size=6), min_size=1, max_size=8)
)
def test_weights_are_those_of_scikit_learn(counts, sublinear):
    """Weights tf × idf ÷ norm equal TfidfTransformer's, empty rows and columns included."""
    matrix = sp.csr_matrix(np.array(counts, dtype=np.float64))
    expected = TfidfTransformer(sublinear_tf=sublinear).fit(matrix)
    values, level = np.unique(matrix.data.astype(np.int32), return_inverse=True)
    frequency = np.bincount(matrix.indices, minlength=6)

    idf = weights.inverse_document_frequency(frequency, len(counts))
    tf = weights.Weighting(sublinear).tf_weight(values << 2)
    rows = ArticleRows(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.uint16),
        np.zeros(len(level), np.uint8), level.astype(np.uint16),
    )  # fmt: skip
    norms, _ = weights.norms(weights.norm_components(rows, tf, np.zeros(len(tf)), idf))
    ours = matrix.copy()
    ours.data = tf[level] * idf[matrix.indices]
    ours = sp.diags(weights.inverse(norms)) @ ours

    np.testing.assert_allclose(idf, expected.idf_, rtol=1e-13)
    np.testing.assert_allclose(
        ours.toarray(), expected.transform(matrix).toarray(), rtol=1e-12, atol=0
    )


@given(
    st.lists(st.dictionaries(st.integers(0, 5), st.integers(1, 40)), min_size=1, max_size=6),
    st.lists(st.integers(0, 100), min_size=6, max_size=6),
    st.integers(0, 1000),
    st.integers(0, 1000),
)
def test_lengths_follow_a_shift_of_all_idf(rows, frequency, n_before, n_after):
    """After a change of the number of articles norms equal fresh ones."""
    row_ptr = np.cumsum([0, *map(len, rows)])
    low = np.array([term for row in rows for term in row], dtype=np.uint16)
    high = np.zeros(len(low), dtype=np.uint8)
    count = np.array([n for row in rows for n in row.values()], dtype=np.int32)
    values, level = np.unique(count, return_inverse=True)
    codes = values << 2 | values & 3  # arbitrary flags of titles and phrases
    title = weights.title_weight(codes)
    of_level = weights.Weighting().tf_weight(codes), title
    pairs = ArticleRows(row_ptr, low, high, level.astype(np.uint16)), *of_level
    before, after = (
        weights.inverse_document_frequency(np.minimum(frequency, n_before), n)
        for n in (n_before, n_after)
    )
    shift = np.log((1 + n_after) / (1 + n_before))
    components = weights.norm_components(*pairs, before)

    np.testing.assert_allclose(before + shift, after, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        weights.norms(components, shift), weights.norms(weights.norm_components(*pairs, after)),
        rtol=1e-9, atol=1e-7,
    )  # fmt: skip
    expected = [
        sum((1 + np.log(n) + (n & 2 > 0)) ** 2 * before[term] ** power for term, n in row.items())
        for power in (2, 1, 0)
        for row in rows
    ] + [
        sum(((n & 2 > 0) + 2 * (n & 1)) * before[term] ** power for term, n in row.items())
        for power in (1, 0)
        for row in rows
    ]
    np.testing.assert_allclose(components.T.ravel(), expected, rtol=1e-12, atol=1e-12)


def test_how_a_term_weighs():
    """A term weighs by the logarithm of its count and by being in the title."""
    code = np.array([1, 2, 4, 5, 6, 12, 14])  # phrase, title, once, both, …, three times

    np.testing.assert_allclose(
        weights.Weighting(title_weight=0.5).tf_weight(code),
        [0, 0.5, 1, 1, 1.5, 1 + np.log(3), 1.5 + np.log(3)],
    )
    assert weights.Weighting(False, 2).tf_weight(code).tolist() == [0, 2, 1, 1, 3, 3, 5]
    assert weights.title_weight(code).tolist() == [2, 1, 0, 2, 1, 0, 1]


@pytest.mark.parametrize(
    "parameters",
    [{"title_weight": -1}, {"title_overlap": "0"}, {"title_overlap": 1e9}, {"least_title": -1}],
)
def test_weights_of_titles_are_checked(parameters):
    """A wrong title weight is refused by name."""
    (name,) = parameters
    with pytest.raises(ValueError, match=f"`{name}` must be a number from 0 to 1000"):
        weights.Weighting(**parameters)


def test_an_article_without_terms_weighs_nothing():
    """The inverse norm of an empty row is 0, not infinite."""
    assert weights.inverse(np.array([0.0, 2.0])).tolist() == [0.0, 0.5]


def test_a_short_title_counts_little():
    """A text with the one word of a title does not contain as much as one with a long title."""
    articles = [
        {"id": "query", "title": "x", "text": "Internet bans: the minister explains new rules"},
        {"id": "short", "title": "What is the Internet?", "text": "Rules of networks"},
        {"id": "long", "title": "The minister explains new rules", "text": "Rules of networks"},
        *({"id": f"f{i}", "title": f"filler {i}", "text": "filler"} for i in range(9)),
    ]  # fmt: skip
    news = RelatedNews(recency=None).fit(articles)
    assert news.related("query").ids[:2] == ["long", "short"]
    whole, cosine = (
        news.explain("query", "short").similarity
        for news in (news, RelatedNews(recency=None, title_overlap=0).fit(articles))
    )
    idf, unseen = math.log((1 + 12) / (1 + 2)) + 1, math.log(1 + 12) + 1
    assert whole == pytest.approx((cosine + 0.1 * idf / (4 * unseen)) / 1.2, abs=2e-6)


def test_archives_of_earlier_versions_have_no_least_title():
    """Their setting does not name it, and their stored lists stay what they are."""
    setting = {"sublinear_tf": True, "title_weight": 1.0, "title_overlap": 0.1}
    assert weights.Weighting.of_setting(setting).least_title == 0
    assert weights.Weighting.of_setting({**setting, "least_title": 4}) == weights.Weighting()
