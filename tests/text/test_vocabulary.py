"""Terms and their numbers against a dict, a sort and regular expressions."""

import itertools
import re
import string
import sys
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
import strategies
from relnews._kernels.tokens import NOT_A_TERM, UNKNOWN
from relnews.text.encoding import encode
from relnews.text.vocabulary import Runs, Vocabulary

any_text = strategies.any_text()
words = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), unique=True)

#: Lower-casing depends on their neighbours, or gives several characters.
BY_NEIGHBOURS = "\u03a3\u0130"


def runs_of(*texts, lower=True):
    parts, is_ascii = zip(*(encode(text, lower=lower) for text in texts), strict=True)
    return Runs.of(parts, is_ascii, lower=lower)


def vocabulary_of(terms):
    return Vocabulary.of(term.encode("utf-8", "surrogatepass") for term in terms)


def crowd(n, shape="{}"):
    """Return words whose table slots under seed 0 are less than n apart."""
    table_slots = Vocabulary.empty().table.size // 2
    letters = itertools.product(string.ascii_lowercase, repeat=4)
    candidates = [shape.format("".join(four)) for four in letters]
    runs = runs_of(" ".join(candidates))
    _, hash_ = Vocabulary.empty()._keys(runs, 1)
    near = np.flatnonzero((hash_ >> np.uint64(20)) % np.uint64(table_slots) < n)
    assert len(near) > 256 + n  # so a word finds no place
    return [candidates[i] for i in near]


@given(st.lists(any_text, min_size=1, max_size=5), st.integers(1, 4), st.booleans())
def test_terms_are_numbered_by_first_occurrence(texts, min_length, lower):
    """Each run has the number of its first occurrence, in any script and case."""
    vocabulary = Vocabulary.empty()
    numbers = vocabulary.number(runs_of(*texts, lower=lower), min_length).tolist()
    runs = [run for text in texts for run in re.findall(r"\w+", text.lower() if lower else text)]
    known = list(dict.fromkeys(run for run in runs if len(run) >= min_length))

    assert vocabulary.decode() == known
    assert len(vocabulary) == len(known)
    assert numbers == [known.index(run) if len(run) >= min_length else NOT_A_TERM for run in runs]


@given(any_text, any_text)
def test_only_known_terms_are_found(known, asked):
    """`find` tells known terms, unknown terms and short runs apart, and enters none."""
    vocabulary = Vocabulary.empty()
    vocabulary.number(runs_of(known), 2)
    terms = vocabulary.decode()
    expected = [
        NOT_A_TERM if len(run) < 2 else terms.index(run) if run in terms else UNKNOWN
        for run in re.findall(r"\w+", asked.lower())
    ]

    assert vocabulary.find(runs_of(asked), 2).tolist() == expected
    assert vocabulary.freeze().find(runs_of(asked), 2).tolist() == expected
    assert vocabulary.copy().find(runs_of(asked), 2).tolist() == expected
    assert vocabulary.decode() == terms


@given(words, words)
def test_merging_keeps_the_numbers_and_adds_what_is_new(ours, theirs):
    """`merge` returns numbers under which both vocabularies agree."""
    here, there = vocabulary_of(ours), vocabulary_of(theirs)
    numbers = here.merge(there)
    both = here.decode()

    assert both == list(dict.fromkeys([*ours, *theirs]))
    assert [both[number] for number in numbers] == theirs
    assert here.merge(here).tolist() == list(range(len(both)))


def test_a_copy_grows_by_itself():
    """A copy and its original grow independently."""
    original = vocabulary_of(["peace", "talks"])
    copy = original.copy()
    copy.number(runs_of("kyiv"), 2)
    original.number(runs_of("nato"), 2)

    assert copy.decode() == ["peace", "talks", "kyiv"]
    assert original.decode() == ["peace", "talks", "nato"]


def test_a_frozen_vocabulary_is_read_only_and_does_not_change():
    """A frozen vocabulary is read-only and does not see later terms."""
    vocabulary = vocabulary_of(["peace"])
    frozen = vocabulary.freeze()
    vocabulary.number(runs_of("talks"), 2)

    assert frozen.decode() == ["peace"]
    assert not any(array.flags.writeable for array in (frozen.table, frozen.blob, frozen.term_ptr))


@given(words, st.sampled_from([0, 1, 7, 8, 9, 63, 64, 65, 512, 600]))
def test_sorting_is_that_of_strings(terms, n_in_common):
    """Terms are sorted by code points, even with hundreds of equal leading bytes."""
    terms = list(dict.fromkeys([*terms, *("x" * n_in_common + term for term in terms)]))

    assert [terms[i] for i in vocabulary_of(terms).sort()] == sorted(terms)


def test_sorting_puts_prefixes_first():
    """A term comes before its extensions, at every length."""
    terms = [letter * n for letter in "aé北𝔘" for n in range(1, 150)]
    shuffled = np.random.default_rng(0).permutation(terms).tolist()

    assert [shuffled[i] for i in vocabulary_of(shuffled).sort()] == sorted(terms)


@given(words, st.data())
def test_terms_are_decoded_by_number(terms, data):
    """`decode` returns the terms of the given numbers, in that order."""
    numbers = data.draw(st.lists(st.integers(0, len(terms) - 1)) if terms else st.just([]))
    numbers = np.array(numbers, dtype=np.int64)

    assert vocabulary_of(terms).decode(numbers) == [terms[i] for i in numbers]
    assert vocabulary_of(terms).decode() == terms


@pytest.mark.parametrize("shape", ["{}", "{}é", "a_common_beginning_{}_a_common_end"])
def test_words_that_crowd_one_place_get_another_seed(shape):
    """Hundreds of colliding words are numbered correctly, under a new random seed."""
    terms = crowd(16, shape)
    grown = Vocabulary.empty()
    numbers = grown.number(runs_of(" ".join(terms * 2)), 2)
    merged = vocabulary_of(["kyiv"])

    assert numbers.tolist() == [*range(len(terms))] * 2
    assert grown.decode() == terms
    assert grown.seed != 0
    assert grown.table.size <= 2 * Vocabulary.empty().table.size
    assert vocabulary_of(terms).find(runs_of(*terms), 2).tolist() == [*range(len(terms))]
    assert merged.merge(grown).tolist() == [*range(1, len(terms) + 1)]
    assert merged.decode() == ["kyiv", *terms]


def four_letters():
    return map("".join, itertools.product("abcdefghijklmnopqrstuv", repeat=4))


def shapes():
    return {
        "low bytes differ": (f"{four}aaaa" for four in four_letters()),
        "high bytes differ": (f"aaaa{four}" for four in four_letters()),
        "middles differ": (f"beginning{four}_the_end_" for four in four_letters()),
        "few bits differ": map("".join, itertools.product("abcpq", repeat=8)),
        "numbers": (f"{number:08d}" for number in itertools.count()),
        "multiples of 4096": (f"{4096 * number:x}" for number in itertools.count(1)),
        "lengths differ": (chr(0x4E00 + i) * n for n in range(1, 21) for i in range(10_000)),
    }


@pytest.mark.parametrize("shape", shapes())
def test_no_shape_of_words_fills_the_table_unevenly(shape, monkeypatch):
    """200,000 similar words restart about as often as the table doubles."""
    terms = list(itertools.islice(shapes()[shape], 200_000))
    vocabulary = Vocabulary.empty()
    rehash = mock.Mock(side_effect=vocabulary._rehash)
    monkeypatch.setattr(vocabulary, "_rehash", rehash)
    vocabulary.number(runs_of(" ".join(terms)), 1)

    assert vocabulary.decode() == terms
    assert rehash.call_count <= 8
    assert vocabulary.table.size <= 16 * len(terms)


EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("pattern", ["{} ", "x{}y ", "{0}{0}{0}"])
def test_every_character_is_folded_as_by_python(lower, pattern):
    r"""Every code point is lower-cased, and matched by ``\w``, as in `re`."""
    text = "".join(
        map(pattern.format, EVERY_CHARACTER.translate(dict.fromkeys(map(ord, BY_NEIGHBOURS))))
    )
    vocabulary = Vocabulary.empty()
    numbers = vocabulary.number(runs_of(text, lower=lower), 1)
    terms = vocabulary.decode()

    assert [terms[i] for i in numbers] == re.findall(r"\w+", text.lower() if lower else text)


@pytest.mark.parametrize("before", ["", "a", "1", "'", "a'", "\u0345", " ", "\0", "ΣΑ"])
@pytest.mark.parametrize("after", ["", "a", "1", "'", "'a", "\u0345", " ", "\0", "Σ"])
def test_characters_that_depend_on_their_neighbours(before, after):
    """Final sigma and the dotted capital I are lower-cased as by Python, wherever they stand."""
    for character in BY_NEIGHBOURS:
        text = before + character + after
        vocabulary = Vocabulary.empty()
        vocabulary.number(runs_of(text), 1)
        assert vocabulary.decode() == list(dict.fromkeys(reference.tokens(text, 1)))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("\u023a" * 500, ["\u2c65" * 500]),  # from two bytes to three
        ("\u212a" * 500, ["k" * 500]),  # from three bytes to one
        ("\u212akm K\u212a", ["kkm", "kk"]),
        ("ab\0cd\0", ["ab", "cd"]),
        ("ab\ud800cd \udc80", ["ab", "cd"]),
        ("x" * 1_000_000, ["x" * 1_000_000]),
        ("北" * 500_000 + "。北", ["北" * 500_000]),
        ("", []),
        ("\0", []),
    ],
    ids=lambda value: None,
)
def test_extreme_texts(text, terms):
    """Texts may grow or shrink when folded, and have NULs, surrogates and huge terms."""
    vocabulary = Vocabulary.empty()
    vocabulary.number(runs_of(text), 2)

    assert vocabulary.decode() == terms == list(dict.fromkeys(reference.tokens(text)))
