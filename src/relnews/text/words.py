"""Words: the analysis of articles of one language."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable

from relnews._kernels.joining import ENGLISH, JOINS, LONGEST_ACRONYM, LONGEST_NAME, SEPARATES
from relnews._kernels.joining import NAME as _NAME
from relnews.articles import Article
from relnews.text.characters import (
    is_special,
    lowered,
    settled,
    with_apostrophes,
    word_pattern,
)

#: Follows a stop word that is a name, because it is in capitals: WHO is ``who_``.
NAME = chr(_NAME)

#: Languages in which the capital of the dotless i is I.
DOTLESS = frozenset({"tr", "az"})

#: Languages in which an apostrophe is a letter, or stands for a hard sign, or softens one.
_JOINING = frozenset({"be", "uk", "uz", "haw", "ha", "sw", "gn", "rue", "mt"})

_ASCII_WORD = re.compile(r"\w\w+")

#: Capitals in a row.
_CAPITALS = re.compile("[A-Z]{2,}")

#: Two points near each other may be in initials. It begins with a letter that `re` finds fast.
_MAYBE_INITIALS = re.compile(r"\.[^\W0-9_](?!\w)")

#: The pattern begins with a letter instead of ``\b``, because `re` finds a literal prefix faster.
_USA = re.compile(r"U(?<!\wU)\.?S(?:\.?A)?\b\.?")

_NAMES = re.compile(f"([^{NAME}]+){NAME}(?={NAME}|$)")


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
        Whether to unite spellings: plurals, and in English US and U.S.
    code : str
        The language as `relnews.text.languages.code_of` returns it.
    has_names : bool
        Whether stop words in capitals may be names.
    """

    suffix: str
    stopped: frozenset[str]
    folds: bool
    code: str
    has_names: bool

    @property
    def apostrophe(self) -> int:
        """What an apostrophe between letters does; see `relnews._kernels.joining`."""
        if self.code == "en":
            return ENGLISH
        return JOINS if self.code in _JOINING else SEPARATES

    def words(self, text: str) -> list[str]:
        """Return the words of a text in order, without stop words and suffix."""
        stopped = self.stopped
        return [word for word in self.found(text) if word not in stopped]

    def found(self, text: str) -> list[str]:
        """Return the words of a text in order, stop words included, without suffix."""
        text = self._joined(self._prepared(text if text.isascii() else settled(text)))
        is_ascii = text.isascii()
        if self.has_names and self._may_have_names(text, is_ascii=is_ascii):
            pattern = word_pattern(text)
            words = self._with_names(self._terms(text, pattern), pattern.findall(text), text)
            return [word for word in words if len(word) > 1]
        if is_ascii:
            return self._terms(text, _ASCII_WORD)
        return [word for word in self._terms(text, word_pattern(text)) if len(word) > 1]

    def lines(self, text: str) -> list[list[str]]:
        """Return the words of each line of a text, together what `words` returns."""
        text = self._joined(self._prepared(text if text.isascii() else settled(text)))
        is_ascii = text.isascii()
        may_have_names = self.has_names and self._may_have_names(text, is_ascii=is_ascii)
        pattern = _ASCII_WORD if is_ascii and not may_have_names else word_pattern(text)
        lines = [self._terms(line, pattern) for line in text.split("\n")]
        if may_have_names:
            words = self._with_names([*itertools.chain(*lines)], pattern.findall(text), text)
            of_text = iter(words)
            lines = [[*itertools.islice(of_text, len(line))] for line in lines]
        return [
            [word for word in line if len(word) > 1 and word not in self.stopped] for line in lines
        ]

    def _may_have_names(self, text: str, *, is_ascii: bool) -> bool:
        """Return whether a stop word may be in capitals; cheap, as titles rarely have one."""
        if not is_ascii or text.isupper():
            return not is_ascii
        capitals = _CAPITALS.findall(text)
        return bool(capitals) and not self.stopped.isdisjoint(
            self._terms(" ".join(capitals), _ASCII_WORD)
        )

    def _terms(self, text: str, pattern: re.Pattern[str]) -> list[str]:
        """Return what a pattern finds in a text, in lower case, without plurals."""
        words: list[str] = pattern.findall(lowered(text))
        if self.folds:
            return [*map(singular if self.code == "en" else without_s, words)]
        return words

    def text(self, words: Iterable[str]) -> str:
        """Return a text whose terms are the given words."""
        return " ".join([word + self.suffix for word in words] if self.suffix else words)

    def texts(self, article: Article) -> list[tuple[bytes, bool]]:
        """Return dek and text of an article in UTF-8, and whether each is ASCII.

        Empty texts are left out. The compiled pass lower-cases and finds words.
        """
        return [self._encoded(text) for text in (article.dek, article.text) if text]

    def encoded(self, text: str) -> tuple[bytes, bool]:
        """Return a text of words in UTF-8, and whether it is ASCII."""
        return text.encode("utf-8", "surrogatepass"), text.isascii()

    def term(self, word: str) -> str:
        """Return a word as a term, without the suffix."""
        found = self.found(word)
        return found[0] if len(found) == 1 else word.strip().lower()

    def _encoded(self, text: str) -> tuple[bytes, bool]:
        if self.suffix:
            return self.encoded("\n".join(map(self.text, self.lines(text))))
        if text.isascii():
            return self.encoded(self._prepared(text))
        encoded = text.encode("utf-8", "surrogatepass")
        prepared = self._prepared(settled(text) if is_special(encoded) else text)
        return (encoded, False) if prepared is text else self.encoded(prepared)

    def _prepared(self, text: str) -> str:
        """Return a settled text that can be lower-cased character by character."""
        if self.code in DOTLESS:
            text = text.replace("I", "ı").replace("İ", "I")
        elif self.code == "el" and not text.isascii():
            text = _without_accents(text)
        return respelt(text) if self.folds and self.code == "en" else text

    def _joined(self, text: str) -> str:
        """Return a text without the apostrophes and points that are inside of words."""
        if not text.isascii():
            text = with_apostrophes(text).replace("ß", "ss").replace("ẞ", "SS").replace("İ", "I")
        if "." in text and _MAYBE_INITIALS.search(text):
            text = _initials(word_pattern(text)).sub(_without_points, text)
        if "'" in text and self.apostrophe != SEPARATES:
            text = _apostrophe(self.apostrophe, word_pattern(text)).sub("", text)
        return text

    def _with_names(self, words: list[str], written: list[str], text: str) -> list[str]:
        """Return the words, with `NAME` after stop words that are names."""
        length = [
            len(word) if all(map(str.isupper, run[: len(word)])) else 0
            for word, run in zip(words, written, strict=True)
        ]
        stopped = [n > 0 and word in self.stopped for word, n in zip(words, length, strict=True)]
        if not any(stopped) or not any(map(str.islower, text)):
            return words
        loud = [n > LONGEST_ACRONYM or stop for n, stop in zip(length, stopped, strict=True)]
        beside = [
            before or after
            for before, after in zip([False, *loud], [*loud[1:], False], strict=False)
        ]
        return [
            word + NAME if stop and n <= LONGEST_NAME and not shouted else word
            for word, stop, n, shouted in zip(words, stopped, length, beside, strict=True)
        ]


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


def shown(term: str) -> str:
    """Return a term for readers, with names in capitals."""
    return _NAMES.sub(lambda name: name[1].upper(), term)


def _without_accents(text: str) -> str:
    """Return a text without accents, which Greek capitals do not have."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", parts))


@functools.cache
def _apostrophe(rule: int, run: re.Pattern[str]) -> re.Pattern[str]:
    """Return the pattern of an apostrophe that joins; it begins with a literal for speed."""
    word = run.pattern[:-1]
    inner = rf"'(?<={word}')(?<![0-9_]')(?={word})(?![0-9_])"
    clitics = "[sS]|[dD]|[mM]|[rR][eE]|[vV][eE]|[lL][lL]"
    return re.compile(inner + (rf"(?!(?:{clitics})(?!{word}))" if rule == ENGLISH else ""))


@functools.cache
def _initials(run: re.Pattern[str]) -> re.Pattern[str]:
    """Return the pattern of single letters with points between them."""
    word = run.pattern[:-1]
    return re.compile(rf"(?<!{word})[^\W0-9_](?:\.[^\W0-9_])+(?!{word})")


def _without_points(initials: re.Match[str]) -> str:
    letters = initials[0][::2]
    joints = (
        "" if before.isupper() and after.isupper() else "."
        for before, after in itertools.pairwise(letters)
    )
    return letters[0] + "".join(map("".join, zip(joints, letters[1:], strict=True)))
