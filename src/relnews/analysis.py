"""What a term is: lower case, the token rule, spellings that are one, and stop words."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import itertools
import re
import runpy
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from relnews import _validation
from relnews._kernels._compile import frozen
from relnews._kernels.runs import CHANGES, WORD_BIT
from relnews.articles import Article

#: A term has at least so many characters, as in scikit-learn's default token pattern.
MIN_LENGTH = 2

_TOKEN = re.compile(r"\b\w\w+\b")

_USA = re.compile(r"\bU\.?S(?:\.?A)?\b\.?")


@dataclasses.dataclass(frozen=True)
class Analysis:
    r"""Which terms an article has.

    Terms are the lower-cased maximal runs of two or more word characters, ``(?u)\b\w\w+\b``, of
    title, dek and text, and the phrases of the title: two words in a row, stop words not counted.
    Text that is written without spaces (Chinese, Japanese, Thai) makes one term of each run between
    punctuation marks.

    Parameters
    ----------
    stop_words : 'english', iterable of str or None, default='english'
        Words that are no terms; 'english' is scikit-learn's list. They go through the token rule
        themselves, so a stop word "can't" stops the term "can".
    folding : 'english' or None, default='english'
        Spellings that are one: a plural loses its s (Harman's S stemmer: "talks" is "talk",
        "guarantees" is "guarantee", "countries" is "country"), and US, U.S. and USA are "usa", in
        a text that is not all in capitals.
    """

    stop_words: str | tuple[str, ...] | None = "english"
    folding: str | None = "english"

    def __post_init__(self) -> None:
        words = _validation.check_stop_words(self.stop_words)
        object.__setattr__(self, "stop_words", words)
        _validation.check_folding(self.folding)

    def texts(self, article: Article) -> list[str]:
        """Return what is counted of an article besides its title, as it is counted."""
        return [self._respelt(text) for text in (article.dek, article.text) if text]

    def title_words(self, title: str) -> list[str]:
        """Return the words of a title in their order, without stop words."""
        words = _TOKEN.findall(self._respelt(title).lower())
        if self.folding:
            words = [singular(word) for word in words]
        return [word for word in words if word not in self.stopped]

    def term(self, word: str) -> str:
        """Return a word as it is compared."""
        word = self._respelt(word).strip().lower()
        return singular(word) if self.folding else word

    def stop_word_list(self) -> Iterable[str]:
        """Return the words themselves, in a fixed order."""
        return english_stop_words() if self.stop_words == "english" else self.stop_words or ()

    @functools.cached_property
    def stopped(self) -> frozenset[str]:
        """What the stop words are as terms."""
        found = (_TOKEN.findall(word.lower()) for word in self.stop_word_list())
        words = itertools.chain.from_iterable(found)
        return frozenset(map(singular, words) if self.folding else words)

    def _respelt(self, text: str) -> str:
        if self.folding and ("US" in text or "U.S" in text) and not text.isupper():
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


@functools.cache
def english_stop_words() -> tuple[str, ...]:
    """Return scikit-learn's list, in a fixed order.

    The file it is in is read by itself: importing scikit-learn takes longer than fitting and
    ranking a small archive.
    """
    package = importlib.util.find_spec("sklearn")
    if package is not None and package.origin is not None:
        path = Path(package.origin).parent / "feature_extraction" / "_stop_words.py"
        if path.is_file():
            return tuple(sorted(runpy.run_path(str(path))["ENGLISH_STOP_WORDS"]))
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return tuple(sorted(ENGLISH_STOP_WORDS))


def stemmer_of(stemmer: str | Callable[[str], str] | None) -> Callable[[str], str] | None:
    """Return a function from a word to its stem; a str is a language that PyStemmer knows."""
    if not isinstance(stemmer, str):
        return stemmer
    try:
        import Stemmer
    except ImportError:
        raise _validation.no_pystemmer() from None
    if stemmer not in Stemmer.algorithms():
        raise _validation.unknown_stemmer(stemmer, Stemmer.algorithms())
    stem: Callable[[str], str] = Stemmer.Stemmer(stemmer).stemWord
    return stem


@functools.cache
def word_characters() -> NDArray[np.uint8]:
    r"""Say of every code point whether Python's ``\w`` matches it.

    Returns
    -------
    uint8 array of shape (0x110000,)
    """
    code_points = np.arange(0x110000, dtype="<u4").tobytes()
    every_character = code_points.decode("utf-32-le", "surrogatepass")
    is_word = np.zeros(0x110000, dtype=np.uint8)
    for run in re.finditer(r"\w+", every_character):
        is_word[run.start() : run.end()] = 1
    return frozen(is_word)


@functools.cache
def folded_characters() -> NDArray[np.uint32]:
    """Return the lower-cased code point of each code point, and whether that is of a word.

    Returns
    -------
    uint32 array of shape (0x110000,)
        With the bits `WORD_BIT` and `CHANGES` of `relnews._kernels.runs`. U+0130, which becomes
        two characters, is as any other; see `encode`.
    """
    code_points = np.arange(0x110000, dtype="<u4").tobytes()
    every_character = code_points.decode("utf-32-le", "surrogatepass").replace("\u0130", "i")
    lower = every_character.lower().encode("utf-32-le", "surrogatepass")
    folded = np.frombuffer(lower, dtype="<u4").astype(np.uint32)
    is_word = word_characters()[folded].astype(np.uint32) * WORD_BIT
    changes = (folded != np.arange(0x110000)).astype(np.uint32) * CHANGES
    return frozen(folded | is_word | changes)


def encode(text: str, *, lower: bool = True) -> tuple[bytes, bool]:
    """Return a text as `relnews.vocabulary.Runs` takes it, and whether it is ASCII.

    Only what cannot be lower-cased one character at a time is lower-cased here.
    """
    if text.isascii():
        return text.encode(), True
    if lower and ("\u0130" in text or "\u03a3" in text):
        text = text.lower()
    return text.encode("utf-8", "surrogatepass"), False
