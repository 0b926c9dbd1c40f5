"""Ignored terms: words that editors' rules give no weight, and the phrases that have them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from relnews.text.analysis import Analysis
from relnews.text.article_terms import JOINT, is_ignored
from relnews.text.languages import MARK
from relnews.text.vocabulary import LayeredVocabulary, Vocabulary


class IgnoredTerms:
    """The terms of a growing vocabulary that have no weight.

    A phrase is two words with a joint between them. A term is ignored if it is an ignored word, or
    a phrase with an ignored word.

    Parameters
    ----------
    words : collection of str, optional
        Words to ignore, in every language.
    analysis : Analysis, optional
        What counts as a term; by default that of `Analysis()`.
    """

    def __init__(self, words: Collection[str] = (), analysis: Analysis | None = None) -> None:
        self.words = frozenset(words)
        self._analysis = analysis or Analysis()
        #: By language: the words as terms.
        self._of_language: dict[str, frozenset[str]] = {}
        self._known: tuple[Vocabulary, list[int]] | None = None

    def among(self, vocabulary: LayeredVocabulary) -> NDArray[np.bool_] | None:
        """Return whether each term is ignored; None if there are no words to ignore.

        Parameters
        ----------
        vocabulary : LayeredVocabulary
            The terms.

        Returns
        -------
        bool array of shape (n_terms,), or None
        """
        if not self.words:
            return None
        base = vocabulary.base
        if self._known is None or self._known[0] is not base:
            self._known = base, self._numbers(base)
        is_ignored = np.zeros(len(vocabulary), dtype=np.bool_)
        is_ignored[self._known[1]] = True
        is_ignored[[len(base) + number for number in self._numbers(vocabulary.newer)]] = True
        return is_ignored

    def _numbers(self, vocabulary: Vocabulary) -> list[int]:
        """Return the numbers of the ignored terms."""
        ptr, blob = vocabulary.term_ptr[: len(vocabulary) + 1], vocabulary.blob
        text, joint = blob[: int(ptr[-1])].tobytes(), ord(JOINT)
        found = [np.empty(0, dtype=np.int64)]
        for spelling in self._spellings():
            start = np.fromiter(_occurrences(text, spelling), dtype=np.int64)
            term = np.searchsorted(ptr, start, side="right") - 1
            found.append(term[(start == ptr[term]) | (blob[start - 1] == joint)])
        candidates = np.unique(np.concatenate(found))
        terms = vocabulary.decode(candidates)
        return [
            number
            for number, term in zip(candidates.tolist(), terms, strict=True)
            if self._is_ignored(term)
        ]

    def _spellings(self) -> set[bytes]:
        """Return the spellings that the words may have as terms, in any language."""
        languages = self._analysis.own, self._analysis.language_of("en")
        spellings = {language.term(word) for language in languages for word in self.words}
        spellings |= {word.strip().lower() for word in self.words}
        return {word.encode("utf-8", "surrogatepass") for word in spellings if word}

    def _is_ignored(self, term: str) -> bool:
        body, _, code = term.partition(MARK)
        return is_ignored(body, self._words_of(code.rstrip(MARK)))

    def _words_of(self, code: str) -> frozenset[str]:
        if code not in self._of_language:
            language = self._analysis.language_of(code)
            self._of_language[code] = frozenset(map(language.term, self.words)) - {""}
        return self._of_language[code]


def _occurrences(text: bytes, part: bytes) -> Iterator[int]:
    """Yield the places of a part in a text; places may overlap."""
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)
