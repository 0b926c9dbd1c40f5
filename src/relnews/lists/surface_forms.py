"""Names: what two articles share, as they spell it, for a line that readers see."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from relnews.text.analysis import Language

#: Words of a phrase, at most.
_LONGEST_PHRASE = 4

#: A word, or an abbreviation with points such as U.S.
_RUN = re.compile(r"U\.S\.(?:A\.)?|\w+")

#: Some words, lower-cased.
_Words = tuple[str, ...]


def names(
    parts: Mapping[_Words, float], texts: Sequence[Iterable[str]], language: Language
) -> tuple[str, ...]:
    """Return shared terms as they are spelled, strongest first; phrases of both are kept together.

    Parameters
    ----------
    parts : mapping of tuple of str to float
        The words of each shared term, and its part of the similarity.
    texts : sequence of iterable of str
        Title and dek of each of the articles.
    language : Language
    """
    spelling = _spelling((text for some in texts for text in some), language)
    shared = {word for words in parts for word in words}
    phrases = set.intersection(*(_phrases(some, shared, language) for some in texts))
    strength = {words: _strength(words, parts) for words in phrases | parts.keys()}
    chosen: list[_Words] = []
    taken: set[str] = set()
    for words in sorted(strength, key=lambda words: (-len(words), -strength[words], words)):
        if taken.isdisjoint(words):
            chosen.append(words)
            taken.update(words)
    chosen.sort(key=lambda words: (-strength[words], words))
    return tuple(" ".join(spelling.get(word, word) for word in words) for words in chosen)


def _spelling(texts: Iterable[str], language: Language) -> dict[str, str]:
    """Return how words are written, by what they are as terms.

    A word that is written small anywhere is: a headline may have begun with it, or have a capital
    at every word. Of several others it is the most frequent, the first of those that tie.
    """
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        for run in _RUN.findall(text):
            seen.setdefault(language.term(run), Counter())[run] += 1
    written: dict[str, str] = {}
    for term, forms in seen.items():
        small = [form for form in forms if form.islower()]
        written[term] = small[0] if small else forms.most_common(1)[0][0]
    return written


def _phrases(texts: Iterable[str], shared: set[str], language: Language) -> set[_Words]:
    """Return the runs of two and more shared words that have nothing but space between them."""
    phrases: set[_Words] = set()
    for text in texts:
        words: list[str] = []
        end = 0
        for run in _RUN.finditer(text):
            word = language.term(run.group())
            if not text[end : run.start()].isspace() or word not in shared:
                words.clear()
            end = run.end()
            if word in shared:
                words.append(word)
                longest = words[-_LONGEST_PHRASE:]
                phrases.update(tuple(longest[first:]) for first in range(len(longest) - 1))
    return phrases


def _strength(words: _Words, parts: Mapping[_Words, float]) -> float:
    """Return what a phrase adds to the similarity: the parts of all terms in it."""
    n = len(words)
    inside = {words[i:j] for i in range(n) for j in range(i + 1, n + 1)}
    return math.fsum(parts.get(some, 0.0) for some in inside)
