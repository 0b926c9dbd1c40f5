"""Surface forms: shared terms as the articles spell them, for a line that readers see."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from relnews.text.words import Language

#: Maximum number of words of a phrase.
_LONGEST_PHRASE = 4

#: An abbreviation with points such as U.S., a word, or words with single characters between them
#: that may be one word: O'Brien.
_ABBREVIATION = r"U\.S\.(?:A\.)?"
_WORD = re.compile(rf"{_ABBREVIATION}|\w+")
_CHUNK = re.compile(rf"{_ABBREVIATION}|\w+(?:[^\w\s]{{1,3}}\w+)*")

#: Words, lower-cased.
_Words = tuple[str, ...]


def names(
    parts: Mapping[_Words, float], texts: Sequence[Iterable[str]], language: Language
) -> tuple[str, ...]:
    """Return shared terms as spelled, strongest first; phrases of both articles stay together.

    Parameters
    ----------
    parts : mapping of tuple of str to float
        By the words of a shared term: its part of the similarity.
    texts : sequence of iterable of str
        Title and dek of each article.
    language : Language
        Language of both articles.
    """
    spelling = _spelling(itertools.chain.from_iterable(texts), language)
    shared = {word for words in parts for word in words}
    phrases = set.intersection(*(_phrases(fields, shared, language) for fields in texts))
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
    """Return the written form of each word, by its term.

    A lower-case form wins, because a headline may begin with the word or capitalize every word.
    Otherwise the most frequent form wins; the first form breaks a tie.
    """
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        for run in _runs(text, language):
            seen.setdefault(language.term(run[0]), Counter())[run[0]] += 1
    written: dict[str, str] = {}
    for term, forms in seen.items():
        lower = [form for form in forms if form.islower()]
        written[term] = lower[0] if lower else forms.most_common(1)[0][0]
    return written


def _runs(text: str, language: Language) -> Iterator[re.Match[str]]:
    """Yield the words of a text as it spells them, in order."""
    for chunk in _CHUNK.finditer(text):
        words = [*_WORD.finditer(text, *chunk.span())]
        terms = {language.term(word[0]) for word in words}
        found = language.found(chunk[0])
        # The term of O'Brien is obrien, but that of Obama's is obama.
        if len(words) == 1 or len(found) > 1 or not terms.isdisjoint(found):
            yield from words
            continue
        parts = (_CHUNK.fullmatch(text, chunk.start(), word.end()) for word in words)
        yield next(part for part in parts if part and language.found(part[0]) == found)


def _phrases(texts: Iterable[str], shared: set[str], language: Language) -> set[_Words]:
    """Return the sequences of two or more shared words with only space between the words."""
    phrases: set[_Words] = set()
    for text in texts:
        words: list[str] = []
        end = 0
        for run in _runs(text, language):
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
    """Return the sum of the parts of all terms in a phrase."""
    n = len(words)
    inside = {words[i:j] for i in range(n) for j in range(i + 1, n + 1)}
    return math.fsum(parts.get(term, 0.0) for term in inside)
