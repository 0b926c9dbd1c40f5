"""Weights against scikit-learn's TfidfTransformer."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer

from relnews import weights


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
    tf = weights.tf_weight(values, sublinear=sublinear)
    norms = weights.row_norms(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), level.astype(np.uint16),
        tf, idf,
    )  # fmt: skip
    ours = matrix.copy()
    ours.data = tf[level] * idf[matrix.indices]
    ours = sp.diags(weights.inverse(norms)) @ ours

    np.testing.assert_allclose(idf, expected.idf_, rtol=1e-13)
    np.testing.assert_allclose(
        ours.toarray(), expected.transform(matrix).toarray(), rtol=1e-12, atol=0
    )


def test_an_article_without_terms_weighs_nothing():
    """The inverse norm of an empty row is 0, not infinite."""
    assert weights.inverse(np.array([0.0, 2.0])).tolist() == [0.0, 0.5]
