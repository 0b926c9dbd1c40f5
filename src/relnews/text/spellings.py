"""Spellings of one word: plurals in English and French, and the United States in English."""

from __future__ import annotations

import re

#: The pattern begins with a letter instead of ``\b``, because `re` finds a literal prefix faster.
_USA = re.compile(r"U(?<!\wU)\.?S(?:\.?A)?\b\.?")


def respelt(text: str) -> str:
    """Return a text with US, U.S., USA and U.S.A. as usa, unless it is all in capitals."""
    if ("US" in text or "U.S" in text) and not text.isupper():
        return _USA.sub(" usa ", text)
    return text


def singular(word: str) -> str:
    """Return a word without the s of an English plural, by Harman's S stemmer.

    D. Harman, How effective is suffixing?, JASIS 42 (1991). The compiled pass does the same
    (`relnews._kernels.wording`).
    """
    if len(word) < 4 or not word.endswith("s") or word.endswith(("us", "ss")):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return f"{word[:-3]}y"
    return word[:-1]


def without_s(word: str) -> str:
    """Return a word without the s of a French plural; -ss and -us stay.

    Words of four characters stay, because many are stop words, or others with an s: *mois*.
    """
    if len(word) < 5 or not word.endswith("s") or word.endswith(("us", "ss")):
        return word
    return word[:-1]
