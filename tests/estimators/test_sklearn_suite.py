"""scikit-learn's own tests of its text vectorizers, with our two classes in place of theirs."""

import importlib.util
import sys
from unittest import mock

import pytest
from sklearn.feature_extraction import text

from relnews.estimators.vectorizers import CountVectorizer, TfidfVectorizer

#: scikit-learn's tests expect that warnings are not errors.
pytestmark = pytest.mark.filterwarnings("ignore")

#: Tests that do not apply, with the reason.
LEFT_OUT = {
    "test_tfidf_transformer_sparse": "of TfidfTransformer alone, and warns when it is collected"
}

suite = pytest.importorskip(
    "sklearn.feature_extraction.tests.test_text",
    reason="scikit-learn is installed without its tests",
)
# Import the module a second time with our classes under the names that it imports.
_spec = importlib.util.spec_from_file_location("relnews_sklearn_suite", suite.__file__)
ours = sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)  # tests pickle from it
with mock.patch.multiple(text, CountVectorizer=CountVectorizer, TfidfVectorizer=TfidfVectorizer):
    _spec.loader.exec_module(ours)

globals().update(
    {
        name: test
        for name, test in vars(ours).items()
        if name.startswith("test_") and name not in LEFT_OUT
    }
)


def test_the_suite_is_run_with_our_classes():
    """The tests above run with our classes, and there are dozens of them."""
    assert ours.CountVectorizer is CountVectorizer
    assert ours.TfidfVectorizer is TfidfVectorizer
    assert sum(name.startswith("test_") for name in globals()) > 60
