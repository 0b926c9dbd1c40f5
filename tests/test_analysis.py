"""What a term is: parameters, parts and the stop list."""

import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from relnews.analysis import Analysis, english_stop_words
from relnews.articles import Article


def test_the_english_list_is_that_of_scikit_learn():
    """Read by itself, the list is the one that scikit-learn publishes."""
    assert english_stop_words() == tuple(sorted(ENGLISH_STOP_WORDS))


def test_parts_carry_the_weight_of_their_field():
    """The title counts title_weight times, dek and text once; empty fields are left out."""
    parts = Analysis(title_weight=4).parts(Article("a", title="Été", text="Peace"))

    assert list(parts) == [("Été".encode(), False, 4), (b"Peace", True, 1)]
    assert list(Analysis(title_weight=0).parts(Article("a", title="x"))) == []


@pytest.mark.parametrize(
    ("parameters", "error", "words"),
    [
        ({"title_weight": -1}, ValueError, "`title_weight` must be from 0 to 1000, got -1"),
        ({"title_weight": 1.5}, TypeError, "`title_weight` must be an integer, got 1.5"),
        ({"title_weight": True}, TypeError, "`title_weight` must be an integer, got True"),
        ({"stop_words": "german"}, ValueError, "`stop_words` must be 'english', an iterable"),
        ({"stop_words": [1]}, ValueError, "`stop_words` must be 'english', an iterable"),
    ],
)
def test_parameters_are_checked(parameters, error, words):
    """A wrong parameter is named, with what was expected and what was got."""
    with pytest.raises(error, match=words):
        Analysis(**parameters)
