"""Repeated lines: lines that stand in many articles of a source, and articles without them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import lines as kernels
from relnews._kernels.arguments import CountArrays
from relnews.results import RepeatedLine
from relnews.text.article_terms import ArticleTerms
from relnews.text.languages import MARK
from relnews.text.lines import Lines, hash_of_source
from relnews.text.rows import Counts, Ragged
from relnews.text.vocabulary import Vocabulary
from relnews.text.words import shown

#: The setting of an archive that has the lines by source; missing if all lines count.
SETTING = "repeated_lines"

#: A line repeats if it stands in this many articles of a source, and in this share of them.
LEAST_ARTICLES = 20
LEAST_SHARE = 0.005


class RepeatedLines:
    """The lines that stand in many articles of a source, which are cut out of its articles.

    Lines and sources are known by one-way hashes, so that an archive keeps nothing of a text.

    Parameters
    ----------
    of_source : mapping of str to iterable of str
        By the hash of a source: the hashes of its lines; 16 hexadecimal digits each.
    """

    def __init__(self, of_source: Mapping[str, Iterable[str]]) -> None:
        self.of_source = {source: sorted(lines) for source, lines in sorted(of_source.items())}
        pairs = [
            (int(source, 16), int(line, 16))
            for source, lines in self.of_source.items()
            for line in lines
        ]
        source, line = np.array(pairs, dtype=np.uint64).reshape(-1, 2).T
        self._in_source, self._in_any = np.unique(source ^ line), np.unique(line)

    def __len__(self) -> int:
        return sum(map(len, self.of_source.values()))

    def among(self, lines: Lines, *, is_draft: bool = False) -> NDArray[np.bool_]:
        """Return whether each line is ignored, bool array of shape (n_lines,).

        An article in which every line repeats, as in copies of one story, keeps its lines.

        Parameters
        ----------
        lines : Lines
            Lines of articles.
        is_draft : bool, default=False
            Whether the articles are drafts, of which the source is not known: the lines of every
            source are ignored.
        """
        is_line = lines.hash != kernels.NO_LINE
        if is_draft:
            goes = is_among(lines.hash, self._in_any)
        else:
            goes = is_among(lines.hash_in_source(), self._in_source)
        goes &= is_line
        article = lines.article
        n_left = np.bincount(article[is_line & ~goes], minlength=len(lines.sources))
        return goes & (n_left[article] > 0)

    def cut_out(self, terms: ArticleTerms, lines: Lines, tally: NDArray[np.int32]) -> ArticleTerms:
        """Return the terms of articles that were counted with all lines, without repeated lines.

        Parameters
        ----------
        terms : ArticleTerms
            Terms of the articles; their arrays are overwritten.
        lines : Lines
            Lines of the same articles.
        tally : int32 array of shape (≥ n_terms,)
            Scratch space; all zeros before and after the call.
        """
        goes = self.among(lines)
        if not goes.any():
            return terms
        is_break = lines.hash == kernels.NO_LINE
        fate = np.where(is_break, kernels.IS_BREAK, goes).astype(np.uint8)
        counts, text = terms.counts, terms.text
        kernels.cut_lines(
            lines.ptr, lines.n_words, fate, CountArrays(counts.row_ptr, counts.term, counts.count),
            text.ptr, text.value, tally,
        )  # fmt: skip
        n_pairs, n_words = int(counts.row_ptr[-1]), int(text.ptr[-1])
        return ArticleTerms(
            Counts(counts.row_ptr, counts.term[:n_pairs], counts.count[:n_pairs]),
            Ragged(text.ptr, text.value[:n_words]), terms.phrases,
        )  # fmt: skip


def of_setting(setting: Mapping[str, Iterable[str]] | None) -> RepeatedLines | None:
    """Return the lines that an archive ignores; None if there are none."""
    return RepeatedLines(setting) if setting else None


def repeated_in(
    lines: Lines,
    text_of: Callable[[int], NDArray[np.integer[Any]]],
    vocabulary: Vocabulary,
    counted: NDArray[np.bool_],
) -> list[tuple[int, RepeatedLine]]:
    """Return the lines that repeat, each with the place where it stands first.

    Parameters
    ----------
    lines : Lines
        Lines of all articles.
    text_of : callable
        Returns the words of an article, given its number, as in `ArticleTerms.text`.
    vocabulary : Vocabulary
        The terms.
    counted : bool array of shape (n_articles,)
        Whether each article counts.
    """
    article, n_of_source = lines.article, Counter(itertools.compress(lines.sources, counted))
    found = []
    for line, n_articles in sorted(_frequent(lines, counted)):
        number = int(article[line])
        source = lines.sources[number]
        if n_articles / n_of_source[source] < LEAST_SHARE:
            continue
        first = int(lines.n_words[lines.ptr[number] : line].sum())
        terms = text_of(number)[first : first + int(lines.n_words[line])]
        found.append((line, RepeatedLine(source, spelled(terms, vocabulary), n_articles)))
    return found


def spelled(terms: NDArray[np.integer[Any]], vocabulary: Vocabulary) -> str:
    """Return the words of a line."""
    return " ".join(shown(term.partition(MARK)[0]) for term in vocabulary.decode(terms))


def of_lines(lines: Lines, places: Iterable[int]) -> RepeatedLines:
    """Return lines at given places, by their sources."""
    article = lines.article
    of_source: dict[str, list[str]] = {}
    for place in places:
        source = f"{hash_of_source(lines.sources[article[place]]):016x}"
        of_source.setdefault(source, []).append(f"{int(lines.hash[place]):016x}")
    return RepeatedLines(of_source)


def _frequent(lines: Lines, counted: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the lines of at least `LEAST_ARTICLES` articles of a source: first place, articles."""
    known, article = lines.hash_in_source(), lines.article
    is_line = (lines.hash != kernels.NO_LINE) & counted[article]
    candidates = frequent(np.sort(known[is_line]))
    places = np.flatnonzero(is_among(known, candidates) & is_line)
    candidate = np.searchsorted(candidates, known[places])
    n_articles = max(len(lines.sources), 1)
    pairs = np.unique(candidate * n_articles + article[places])
    frequency = np.bincount(pairs // n_articles, minlength=len(candidates)).tolist()
    place = places[np.unique(candidate, return_index=True)[1]].tolist()
    return [(line, n) for line, n in zip(place, frequency, strict=True) if n >= LEAST_ARTICLES]


def frequent(ascending: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the distinct hashes that are there `LEAST_ARTICLES` times, ascending."""
    # A line that is the same 19 lines on stands 20 times, some of them maybe in one article.
    first, last = ascending[: 1 - LEAST_ARTICLES], ascending[LEAST_ARTICLES - 1 :]
    return np.unique(first[first == last])


def most_frequent_first(lines: Iterable[RepeatedLine]) -> list[RepeatedLine]:
    """Return lines in the order in which they are reported."""
    return sorted(lines, key=lambda line: (-line.n_articles, line.words, line.source or ""))


def is_among(hashes: NDArray[np.uint64], ascending: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return whether each hash is one of a few others."""
    if not len(ascending):
        return np.zeros(len(hashes), dtype=np.bool_)
    place = np.minimum(np.searchsorted(ascending, hashes), len(ascending) - 1)
    is_equal: NDArray[np.bool_] = ascending[place] == hashes
    return is_equal
