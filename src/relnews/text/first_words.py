"""First words: the analysis of archives that were built before `relnews.text.words`."""

from __future__ import annotations

import re

from relnews._kernels.joining import SEPARATES
from relnews.articles import Article
from relnews.text.encoding import encode
from relnews.text.languages import MARK
from relnews.text.unspaced import parted
from relnews.text.words import Language, respelt, singular

_TOKEN = re.compile(r"\b\w\w+\b")


class FirstLanguage(Language):
    r"""The analysis of articles of one language, with the words of scikit-learn.

    Words are the runs of two or more characters that ``\w`` matches, lower-cased. Text is not
    normalized; marks and apostrophes separate words.
    """

    __slots__ = ()

    @property
    def apostrophe(self) -> int:
        """An apostrophe separates words."""
        return SEPARATES

    def found(self, text: str) -> list[str]:
        """Return the words of a text in order, stop words included, without suffix."""
        text = _spaced(respelt(text) if self.folds else text)
        words: list[str] = _TOKEN.findall(text.lower())
        return [*map(singular, words)] if self.folds else words

    def texts(self, article: Article) -> list[tuple[bytes, bool]]:
        """Return dek and text of an article in UTF-8, and whether each is ASCII."""
        texts = [text for text in (article.dek, article.text) if text]
        if self.suffix:
            return [encode(self.text(self.words(text))) for text in texts]
        return [encode(_spaced(respelt(text) if self.folds else text)) for text in texts]

    def encoded(self, text: str) -> tuple[bytes, bool]:
        """Return a text of words in UTF-8, and whether it is ASCII."""
        return encode(text)

    def term(self, word: str) -> str:
        """Return a word as a term, without the suffix."""
        if self.folds:
            return singular(respelt(word).strip().lower())
        return word.strip().lower()


def _spaced(text: str) -> str:
    """Return a text without language marks, and with spaces in scripts that have none."""
    if text.isascii():
        return text
    return parted(text.replace(MARK, " ") if MARK in text else text)
