"""Titles: finds articles by words of their titles, and by a whole title or address.

Titles are compared without case, accents, and how quotes and spaces are written. All articles are
found: those under embargo and expired ones too, for editors only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relnews.storage.catalogue import Catalogue

#: Accents, soft hyphens, zero-width characters and direction marks.
_MARKS = re.compile("[\u0300-\u036f\xad\u200b-\u200f]")


def with_words(catalogue: Catalogue, words: Iterable[str]) -> list[int]:
    """Return the keys of the articles whose title has every word, newest first.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    words : iterable of str
        Beginnings of words; a text with spaces is several. In scripts without capitals a word is
        found inside another, because these scripts have no spaces or write particles onto words.
    """
    tests = _tests(words)
    return [key for key, title in _titles(catalogue) if tests and all(has(title) for has in tests)]


def nearest(catalogue: Catalogue, words: Iterable[str]) -> list[int]:
    """Return the keys of the articles whose title has at least half of the words.

    Titles with more of the words come first, then newer articles. Parameters as for
    `with_words`.
    """
    tests = _tests(words)
    counts = [(sum(has(title) for has in tests), key) for key, title in _titles(catalogue)]
    near = [(count, key) for count, key in counts if count and 2 * count >= len(tests)]
    return [key for _, key in sorted(near, key=lambda pair: -pair[0])]


def named(catalogue: Catalogue, name: str) -> list[int]:
    """Return the keys of the articles with this title or address, newest first.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    name : str
        The whole title, or the address as the archive has it.
    """
    title, url = folded(name), name.strip()
    if not url:
        return []
    return [
        key
        for key, theirs, address in catalogue.headlines()
        if address == url or (title and folded(theirs) == title)
    ]


def folded(text: str) -> str:
    """Return a text in the form in which titles are compared."""
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
        text = re.sub("[‘’]", "'", re.sub("[“”„]", '"', text))
    return " ".join(text.casefold().split())


def _titles(catalogue: Catalogue) -> list[tuple[int, str]]:
    return [(key, folded(title)) for key, title, _ in catalogue.headlines()]


def _tests(words: Iterable[str]) -> list[Callable[[str], bool]]:
    """Return a test of a folded title for each distinct word."""
    parts = dict.fromkeys(part for word in words for part in folded(word).split())
    return [_test(part) for part in parts]


def _test(part: str) -> Callable[[str], bool]:
    """Return the test of a word: where a word begins, or anywhere in scripts without capitals."""
    begins_word = part[0].isdigit() or part[0].lower() != part[0].upper()
    pattern = re.compile((r"(?<!\w)" if begins_word else "") + re.escape(part))
    return lambda title: pattern.search(title) is not None
