"""Analysis: lower case, token rule, united spellings, stop words and languages of terms."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_normalization, check_stop_words, listed
from relnews._kernels._compile import frozen
from relnews._kernels.runs import CHANGES, WORD_BIT
from relnews.articles import Article
from relnews.text.languages import MARK, check_language, code_of, stop_words_of
from relnews.text.unspaced import parted

#: Minimum number of characters of a term, as in scikit-learn's default token pattern.
MIN_LENGTH = 2

_TOKEN = re.compile(r"\b\w\w+\b")

#: Maximum number of cached language tags; archives have far fewer unless tags are invalid.
_TAGS_KNOWN = 1000

#: The pattern begins with a letter instead of ``\b``, because `re` finds a literal prefix faster.
_USA = re.compile(r"U(?<!\wU)\.?S(?:\.?A)?\b\.?")


@dataclasses.dataclass(frozen=True, slots=True)
class Language:
    """The analysis of articles of one language.

    Parameters
    ----------
    suffix : str
        Suffix that distinguishes its terms; empty for the archive's own language.
    stopped : frozenset of str
        Its stop words as terms, without the suffix.
    folds : bool
        Whether to unite English spellings.
    """

    suffix: str
    stopped: frozenset[str]
    folds: bool

    def words(self, text: str) -> list[str]:
        """Return the words of a text in order, without stop words and suffix."""
        return [word for word in _words(text, self.folds) if word not in self.stopped]

    def text(self, words: Iterable[str]) -> str:
        """Return a text whose terms are the given words."""
        return " ".join([word + self.suffix for word in words] if self.suffix else words)

    def texts(self, article: Article) -> list[str]:
        """Return dek and text of an article, prepared for counting; empty texts are left out."""
        texts = [text for text in (article.dek, article.text) if text]
        if self.suffix:
            return [self.text(self.words(text)) for text in texts]
        # The compiled pass lower-cases, finds words and removes plurals.
        return [_spaced(_respelt(text) if self.folds else text) for text in texts]

    def term(self, word: str) -> str:
        """Return a word as a term, without the suffix."""
        if self.folds:
            return singular(_respelt(word).strip().lower())
        return word.strip().lower()


@dataclasses.dataclass(frozen=True)
class Analysis:
    r"""The rules for the terms of an article.

    Terms are the lower-cased maximal runs of two or more word characters, ``(?u)\b\w\w+\b``, of
    title, dek and text, and the phrases of the title: two words in a row, stop words not counted.
    Text without spaces (Chinese, Japanese, Thai) is first split into pairs of characters. Terms of
    two languages are different terms.

    Parameters
    ----------
    stop_words : 'language', 'english', iterable of str or None, default='language'
        Words that are not terms. 'language' means the list of the article's language; see
        `languages`. 'english' means scikit-learn's list. That list and given words apply to all
        articles and pass the token rule: the stop word "can't" stops the term "can". None means
        no stop words.
    normalization : 'english' or None, default='english'
        'english' unites spellings in English articles: a plural loses its s (Harman's S stemmer:
        "talks" is "talk", "guarantees" is "guarantee", "countries" is "country"); US, U.S. and USA
        are "usa", except in a text all in capitals. None keeps all spellings.
    language : str or None, default='en'
        The archive's own language, a BCP 47 tag, for articles that do not name their language.
        None means that all articles are of one language, analysed as English.
    """

    stop_words: str | tuple[str, ...] | None = "language"
    normalization: str | None = "english"
    language: str | None = "en"

    def __post_init__(self) -> None:
        words = check_stop_words(self.stop_words)
        object.__setattr__(self, "stop_words", words)
        check_normalization(self.normalization)
        check_language(self.language)

    def language_of(self, tag: str | None) -> Language:
        """Return the analysis of articles with a language tag; None means an article without."""
        language = self._of_tag.get(tag)
        if language is None:
            code = code_of(tag) if self.language is not None else None
            if code is None or code == self._code:
                language = self.own
            else:
                language = self._language(code, f"{MARK}{code}{MARK}")
            if len(self._of_tag) < _TAGS_KNOWN:
                self._of_tag[tag] = language
        return language

    @functools.cached_property
    def own(self) -> Language:
        """The analysis of articles of the archive's own language."""
        return self._language(self._code, "")

    @functools.cached_property
    def _of_tag(self) -> dict[str | None, Language]:
        return {}

    @functools.cached_property
    def _code(self) -> str:
        return code_of(self.language) or "en"

    def _language(self, code: str, suffix: str) -> Language:
        folds = self.normalization is not None and code == "en"
        if isinstance(self.stop_words, str):
            words = stop_words_of(code if self.stop_words == "language" else "en")
        else:
            words = self.stop_words or ()
        return Language(suffix, _stopped(words, folds), folds)


def _respelt(text: str) -> str:
    if ("US" in text or "U.S" in text) and not text.isupper():
        return _USA.sub(" usa ", text)
    return text


def _spaced(text: str) -> str:
    """Return a text without language marks, and with spaces in scripts that have none."""
    if text.isascii():
        return text
    return parted(text.replace(MARK, " ") if MARK in text else text)


def _words(text: str, folds: bool) -> list[str]:
    """Return the words of a text in order."""
    if folds:
        return [*map(singular, _TOKEN.findall(_spaced(_respelt(text)).lower()))]
    return _TOKEN.findall(_spaced(text).lower())


@functools.lru_cache(maxsize=64)
def _stopped(words: tuple[str, ...], folds: bool) -> frozenset[str]:
    """Return stop words as terms; the stop words "US" and "us" are equal."""
    return frozenset(itertools.chain.from_iterable(_words(word.lower(), folds) for word in words))


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


def stemmer_of(stemmer: str | Callable[[str], str] | None) -> Callable[[str], str] | None:
    """Return a function from word to stem, or None; a str is a language of PyStemmer."""
    if not isinstance(stemmer, str):
        return stemmer
    try:
        import Stemmer
    except ModuleNotFoundError:
        raise _no_pystemmer() from None
    if stemmer not in Stemmer.algorithms():
        raise _unknown_stemmer(stemmer, Stemmer.algorithms())
    stem: Callable[[str], str] = Stemmer.Stemmer(stemmer).stemWord
    return stem


@functools.cache
def word_characters() -> NDArray[np.uint8]:
    r"""Return whether Python's ``\w`` matches each code point.

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
    """Return the lower-cased code point of each code point, with bits for the tokenizer.

    Returns
    -------
    uint32 array of shape (0x110000,)
        The bits are `WORD_BIT` and `CHANGES` of `relnews._kernels.runs`. U+0130, whose lower case
        has two characters, gets no special value; see `encode`.
    """
    code_points = np.arange(0x110000, dtype="<u4").tobytes()
    every_character = code_points.decode("utf-32-le", "surrogatepass").replace("\u0130", "i")
    lower = every_character.lower().encode("utf-32-le", "surrogatepass")
    folded = np.frombuffer(lower, dtype="<u4").astype(np.uint32)
    is_word = word_characters()[folded].astype(np.uint32) * WORD_BIT
    changes = (folded != np.arange(0x110000)).astype(np.uint32) * CHANGES
    return frozen(folded | is_word | changes)


def encode(text: str, *, lower: bool = True) -> tuple[bytes, bool]:
    """Return a text in UTF-8 for `relnews.text.vocabulary.Runs`, and whether it is ASCII.

    Only texts that cannot be lower-cased character by character are lower-cased here.
    """
    if text.isascii():
        return text.encode(), True
    if lower and ("\u0130" in text or "\u03a3" in text):
        text = text.lower()
    return text.encode("utf-8", "surrogatepass"), False


def _no_pystemmer() -> ImportError:
    """Return the error of a missing PyStemmer, with how to install it."""
    return ImportError(
        "a named stemmer needs PyStemmer, which is not installed: pip install 'relnews[stem]'"
    )


def _unknown_stemmer(got: str, known: Iterable[str]) -> ValueError:
    """Return the error of an unknown stemmer, with the languages that have a stemmer."""
    import difflib

    nearest = difflib.get_close_matches(got.lower(), known := list(known), 1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return ValueError(
        f"expected stemmer to be a function or one of {listed(known)}, got {got!r}.{hint}"
    )
