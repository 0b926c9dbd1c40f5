"""Analysis: the rules for terms that an archive was built with, by language and version."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_normalization, check_stop_words, listed
from relnews.text.characters import article_characters
from relnews.text.encoding import folded_characters
from relnews.text.first_words import FirstLanguage
from relnews.text.languages import (
    MARK,
    check_language,
    code_of,
    english_stop_words,
    first_stop_words_of,
    stop_words_of,
)
from relnews.text.words import DOTLESS, Language

#: Version of the rules for archives that are built now.
VERSION = 2

#: Languages whose plurals lose their s. In Spanish, Portuguese and German articles, folding of
#: plurals did not help.
FOLDING = ("en", "fr")

#: Minimum number of characters of a term, as in scikit-learn's default token pattern.
MIN_LENGTH = 2

#: Maximum number of cached language tags; archives have far fewer unless tags are invalid.
_TAGS_KNOWN = 1000


@dataclasses.dataclass(frozen=True)
class Analysis:
    """The rules for the terms of an article.

    Terms are the words of two or more characters of title, dek and text, in lower case, and the
    phrases of the title: two words in a row, stop words not counted. Text without spaces (Chinese,
    Japanese, Thai) is first split into pairs of characters. Terms of two languages are different
    terms. See `relnews.text.words`.

    Parameters
    ----------
    stop_words : 'language', 'english', iterable of str or None, default='language'
        Words that are not terms. 'language' means the list of the article's language; see
        `languages`. A short word of that list in capitals is a name and a term: WHO. 'english'
        means scikit-learn's list. That list and given words apply to all articles, and their terms
        are no terms, in capitals or not: "L'État" stops "état" in French. None means no stop words.
    normalization : 'english' or None, default='english'
        'english' unites spellings in English articles: a plural loses its s (Harman's S stemmer:
        "talks" is "talk", "guarantees" is "guarantee", "countries" is "country"); US, U.S. and USA
        are "usa", except in a text all in capitals. In French articles a plural loses its s. None
        keeps all spellings.
    language : str or None, default='en'
        The archive's own language, a BCP 47 tag, for articles that do not name their language.
        None means that all articles are of one language, analysed as English.
    version : int, default=2
        Version of the rules: 1 for archives that were built before the rules had versions.
    """

    stop_words: str | tuple[str, ...] | None = "language"
    normalization: str | None = "english"
    language: str | None = "en"
    version: int = VERSION

    def __post_init__(self) -> None:
        words = check_stop_words(self.stop_words)
        object.__setattr__(self, "stop_words", words)
        check_normalization(self.normalization)
        check_language(self.language)
        if self.version not in (1, VERSION):
            raise _unknown_version(self.version)

    @classmethod
    def of_setting(cls, setting: Mapping[str, Any]) -> Analysis:
        """Return the analysis of an archive from its setting, which had no version at first."""
        return cls(**{"version": 1, **setting})

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

    @property
    def characters(self) -> NDArray[np.uint32]:
        """Table of code points for the compiled pass."""
        return folded_characters() if self.version == 1 else article_characters()

    def _language(self, code: str, suffix: str) -> Language:
        folding = ("en",) if self.version == 1 else FOLDING
        folds = self.normalization is not None and code in folding
        kind, list_of = (
            (FirstLanguage, first_stop_words_of) if self.version == 1 else (Language, stop_words_of)
        )
        by_language = self.stop_words == "language"
        if isinstance(self.stop_words, str):
            words = list_of(code) if by_language else english_stop_words()
        else:
            words = self.stop_words or ()
        stopped = _stopped(words, kind("", frozenset(), folds, code, False))
        # The capital I of a Turkish text is no capital when its words are found.
        has_names = by_language and self.version > 1 and code not in DOTLESS
        return kind(suffix, stopped, folds, code, has_names)


@functools.lru_cache(maxsize=64)
def _stopped(words: tuple[str, ...], language: Language) -> frozenset[str]:
    """Return stop words as terms; the stop words "US" and "us" are equal."""
    found = (language.found(word.lower()) for word in words)
    return frozenset(itertools.chain.from_iterable(found))


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


def _no_pystemmer() -> ImportError:
    """Return the error of a missing PyStemmer, with how to install it."""
    return ImportError(
        "a named stemmer needs PyStemmer, which is not installed: pip install 'relnews[stem]'"
    )


def _unknown_version(got: object) -> ValueError:
    """Return the error of an archive whose rules this version of relnews does not know."""
    return ValueError(f"expected rules for words of version 1 or {VERSION}, got {got!r}.")


def _unknown_stemmer(got: str, known: Iterable[str]) -> ValueError:
    """Return the error of an unknown stemmer, with the languages that have a stemmer."""
    import difflib

    nearest = difflib.get_close_matches(got.lower(), known := list(known), 1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return ValueError(
        f"expected stemmer to be a function or one of {listed(known)}, got {got!r}.{hint}"
    )
