"""Definition of a term: parameters, parts and the stop list."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

import reference
import reference_words
from relnews._kernels.wording import BREAK
from relnews.articles import Article
from relnews.text.analysis import Analysis
from relnews.text.article_terms import ArticleCounter
from relnews.text.languages import english_stop_words
from relnews.text.words import singular
from strategies import any_text


def test_the_english_list_is_that_of_scikit_learn():
    """Our English stop list is the list that scikit-learn publishes."""
    assert english_stop_words() == tuple(sorted(ENGLISH_STOP_WORDS))


def test_words_of_a_title():
    """Words of a title come in order, folded, without stop words: US is not us."""
    analysis = Analysis()

    assert analysis.own.words("The U.S. tells us: guarantees, countries, US talks") == [
        "usa", "tell", "guarantee", "country", "usa", "talk"
    ]  # fmt: skip
    assert analysis.own.words("TELL US MORE") == ["tell"]
    assert Analysis(None, None).own.words("The U.S. talks") == ["the", "us", "talks"]
    assert Analysis(["talks"]).own.words("A talk, talks") == []


@given(st.text("aeiosuyé\u0301s", max_size=8))
def test_plurals_lose_their_s_once(word):
    """A folded word is not folded again, here and in the compiled pass."""
    once = singular(word)
    assert singular(once) == once == reference_words.singular(word)
    counter = ArticleCounter(Analysis(None))
    counter.count([Article("a", text=word)])
    expected = reference_words.words_of(word)
    assert counter.vocabulary.decode()[counter.n_stop :] == [*dict.fromkeys(expected)]


@given(any_text(), any_text(), any_text(), st.sampled_from(["english", None]))
def test_wording_is_that_of_the_reference(title, dek, text, normalization):
    """Codes, word order and phrases equal the reference, for any Unicode."""
    article = {"title": title, "dek": dek, "text": text}
    stop_words = ("the", "and", "can't", "US")
    expected = reference.Words(article, stop_words, normalization)
    counter = ArticleCounter(Analysis(stop_words, normalization))
    words = counter.count([Article("a", **article)])
    spelt = counter.vocabulary.decode()

    codes = {
        spelt[term]: code
        for term, code in zip(words.counts.term.tolist(), words.counts.count.tolist(), strict=True)
    }
    assert codes == {
        term: 4 * expected.tf[term] + 2 * (term in expected.title) + (term in expected.phrases)
        for term in expected.terms
    }
    in_order = [None if term == BREAK else spelt[term] for term in words.text.value.tolist()]
    pairs = {pair for pair in itertools.pairwise(in_order) if None not in pair}
    assert pairs == expected.pairs
    phrases = [[spelt[term] for term in phrase] for phrase in words.phrases.value.tolist()]
    assert phrases == [[*pair, phrase] for phrase, pair in expected.phrases.items()]


@pytest.mark.parametrize(
    ("parameters", "error", "words"),
    [
        (
            {"normalization": "german"},
            ValueError,
            "`normalization` must be 'english' or None, got 'german'",
        ),
        ({"stop_words": "german"}, ValueError, "`stop_words` must be 'language', 'english', an"),
        ({"stop_words": [1]}, ValueError, "`stop_words` must be 'language', 'english', an"),
    ],
)
def test_parameters_are_checked(parameters, error, words):
    """A wrong parameter is named with the expected and the given value."""
    with pytest.raises(error, match=words):
        Analysis(**parameters)
