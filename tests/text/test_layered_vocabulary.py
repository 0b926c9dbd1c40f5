"""LayeredVocabulary numbers terms as one growing vocabulary would."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews._kernels import tokens
from relnews.text.counts import Counter
from relnews.text.encoding import encode
from relnews.text.vocabulary import LayeredVocabulary, Runs, Vocabulary
from strategies import any_text

#: Texts with repeated terms, and long terms with a common prefix.
corpora = st.lists(st.one_of(any_text(), st.sampled_from(["nato nato-summit", "x" * 9, "x" * 99])))


def runs_of(texts):
    parts, is_ascii = zip(*map(encode, texts), strict=True) if texts else ((), ())
    return Runs.of(parts, is_ascii, lower=True)


def numbers(vocabulary, texts):
    """Return the number of each run; new runs are entered."""
    return vocabulary.number(runs_of(texts), 2).tolist()


def found(vocabulary, texts):
    return vocabulary.find(runs_of(texts), 2).tolist()


@given(corpora, st.lists(corpora, max_size=3))
def test_terms_have_the_numbers_of_one_vocabulary(first, later):
    """Numbers do not depend on portions of texts or on layers."""
    whole, base = Vocabulary.empty(), Vocabulary.empty()
    assert numbers(whole, first) == numbers(base, first)
    layered = LayeredVocabulary(base.freeze())
    n_base = len(base)
    for texts in later:
        before = len(whole)
        assert found(layered, texts) == found(whole, texts)
        assert len(layered) == before, "looking up enters nothing"
        assert numbers(layered, texts) == numbers(whole, texts)
        assert len(layered) == len(whole)
        assert layered.newest(before) == terms_of(whole)[before:]
    assert layered.newest(n_base) == terms_of(whole)[n_base:]
    assert len(layered.base) == n_base
    assert terms_of(layered.flat()) == terms_of(whole)
    for texts in [first, *later]:
        assert found(layered.flat(), texts) == found(whole, texts)


@given(corpora, corpora)
def test_it_goes_on_from_the_terms_that_came_after_the_base(first, later):
    """Stored with its base apart and read again, the vocabulary is the same."""
    layered = LayeredVocabulary(Vocabulary.of_texts(["nato", *first], 2).freeze())
    n_base = len(layered)
    numbers(layered, later)
    again = LayeredVocabulary(layered.base, layered.newest(n_base))

    assert len(again) == len(layered)
    assert found(again, [*first, *later]) == found(layered, [*first, *later])
    assert numbers(again, ["quokka " + " ".join(later)]) == numbers(
        layered, ["quokka " + " ".join(later)]
    )


def terms_of(vocabulary):
    ptr = vocabulary.term_ptr[: len(vocabulary) + 1].tolist()
    return [vocabulary.blob[i:j].tobytes() for i, j in itertools.pairwise(ptr)]


def test_words_that_are_in_neither_layer_are_unknown():
    """A word in neither layer is unknown; a short run is no term."""
    layered = LayeredVocabulary(Vocabulary.of_texts(["nato talks"], 2).freeze(), [b"veto"])

    assert found(layered, ["veto quokka x nato"]) == [2, tokens.UNKNOWN, tokens.NOT_A_TERM, 0]
    assert len(layered) == 3


def test_the_base_is_never_written():
    """The base is never written: other processes may have it mapped."""
    base = Vocabulary.of_texts(["nato talks"], 2).freeze()
    layered = LayeredVocabulary(base)
    kept = [array.copy() for array in (base.table, base.blob, base.term_ptr)]
    numbers(layered, [f"new{i} word{i}" for i in range(50_000)])

    assert len(layered) == 100_002
    assert len(base) == 2
    for array, before in zip((base.table, base.blob, base.term_ptr), kept, strict=True):
        assert np.array_equal(array, before)
    with pytest.raises(ValueError, match="read-only"):
        base.table[0] = 1


@given(corpora, corpora)
def test_counting_does_not_see_the_layers(first, later):
    """Counting gives the results of a single vocabulary, stop words included."""
    stop = Vocabulary.of_texts(["the nato", *first], 2)
    layered = LayeredVocabulary(stop.copy().freeze())
    counters = Counter(stop, 2), Counter(layered, 2)
    for counter in counters:
        for text in later:
            counter.add([(*encode(text), 2)])
    (one, _), (other, _) = (counter.take() for counter in counters)

    for name in ("row_ptr", "term", "count"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
