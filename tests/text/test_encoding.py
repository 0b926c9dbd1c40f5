"""Tables of code points say what Python says of each character."""

import re

import numpy as np

from relnews._kernels.runs import CAPITAL, CHANGES, KIND_SHIFT, POINT, SMALL, WORD
from relnews.text.characters import article_characters
from relnews.text.encoding import folded_characters, word_characters

EVERY = [*map(chr, range(0x110000))]


def has(table, kind):
    """Return whether each code point has a kind."""
    return (table >> np.uint32(KIND_SHIFT) & np.uint32(kind)).astype(bool).tolist()


def test_word_characters_are_those_of_regular_expressions():
    r"""A character is of a word if ``\w`` matches it, beyond the last letter too."""
    assert word_characters().tolist() == [bool(re.match(r"\w", char)) for char in EVERY]


def test_folded_characters_are_lower_case():
    """The table has the lower case of each character but U+0130, and says what changes."""
    table = folded_characters()
    lower = [ord("i" if char == "\u0130" else char.lower()) for char in EVERY]
    assert (table & np.uint32(POINT)).tolist() == lower
    assert (table & np.uint32(CHANGES) > 0).tolist() == [i != at for at, i in enumerate(lower)]
    assert has(table, WORD) == [bool(re.match(r"\w", chr(point))) for point in lower]


def test_articles_know_capital_and_small_letters():
    """Each letter that Python calls upper or lower case is so in the table for articles."""
    table = article_characters()
    special = set(map(ord, "ςΣİßẞ"))
    for kind, of_case in ((CAPITAL, str.isupper), (SMALL, str.islower)):
        found = has(table, kind)
        wrong = {at for at, char in enumerate(EVERY) if found[at] != of_case(char)}
        assert wrong <= special, [*map(hex, wrong)]
