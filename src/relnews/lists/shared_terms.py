"""Shared terms: the words and phrases of two articles, and their parts of the similarity."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.title_match import PHRASE_WEIGHT
from relnews._kernels.wording import BREAK, IN_TITLE, TF_SHIFT
from relnews.archive.snapshot import Snapshot
from relnews.search.query import Queries
from relnews.search.view import View
from relnews.search.weights import Weighting
from relnews.text.article_terms import JOINT, Query
from relnews.text.languages import without_mark
from relnews.text.vocabulary import LayeredVocabulary
from relnews.text.words import shown


@dataclasses.dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word of both articles, or a phrase of one title that the other text has.

    Parameters
    ----------
    term : str
        The term as it is compared: lower-cased, and without the s of a plural.
    part : float
        What the term adds to the similarity: the product of its weights in the two articles, and
        its share of the title match if it is in a title and the other text has it.
    tf_a, tf_b : int
        How often dek and text of each article have the term.
    in_title_a, in_title_b : bool
        Whether the term is in the title of each article.
    idf : float
        Inverse document frequency; higher is rarer.
    df : int
        Number of articles of the archive that have the term; for a phrase, in their titles.
    """

    term: str
    part: float
    tf_a: int
    tf_b: int
    in_title_a: bool
    in_title_b: bool
    idf: float
    df: int


#: Number of a term, its part, how often each text has it, and whether each title does.
_Row = tuple[int, float, int, int, bool, bool]


class Parts(NamedTuple):
    """What adds to the similarity of two articles.

    Parameters
    ----------
    words, phrases : list of tuple
        Words; phrases of either title that the other text has. Each with its part.
    vectors : float
        Part of the cosine of the vectors.
    """

    words: list[_Row]
    phrases: list[_Row]
    vectors: float

    @property
    def similarity(self) -> float:
        """The sum of all parts, in [0, 1]."""
        parts = (row[1] for row in itertools.chain(self.words, self.phrases))
        return min(math.fsum(parts) + self.vectors, 1.0)


def shared_terms(snapshot: Snapshot, parts: Parts) -> tuple[SharedTerm, ...]:
    """Return the terms of the parts of a similarity, largest part first."""
    rows = parts.words + parts.phrases
    terms = np.array([row[0] for row in rows], dtype=np.int32)
    with snapshot.terms() as (vocabulary, document_frequency):
        spelled = _spelled(vocabulary, terms)
        frequency = document_frequency[terms].tolist()
    n = len(parts.words)
    spelled[n:] = [term.replace(JOINT, " ") for term in spelled[n:]]
    idf = snapshot.view.statistics.idf[terms].tolist()
    shared = [
        SharedTerm(term, *row[1:], *statistics)
        for term, row, *statistics in zip(spelled, rows, idf, frequency, strict=True)
    ]
    return tuple(sorted(shared, key=lambda term: (-term.part, term.term)))


def parts_of(view: View, keys: Sequence[int]) -> Parts:
    """Return what adds to the similarity of two articles.

    Parameters
    ----------
    view : View
        The segments that hold the articles.
    keys : sequence of int
        Keys of the two articles.
    """
    part, (place_a, place_b) = view.places_of(np.array(keys))
    first, second = view.segments[part[0]], view.segments[part[1]]
    a, b = first.segment.query(place_a), second.segment.query(place_b)
    query = Queries.of([a], view.statistics, view.weighting)
    share = 0.0 if query.title_match is None else float(query.title_match.share)
    (_, inverse_title), (inverse_norm, inverse_title_b) = (
        first.inverses(place_a), second.inverses(place_b)
    )  # fmt: skip
    per_title = [share * inverse_title, share * inverse_title_b]
    code_a = dict(zip(a.term.tolist(), a.code.tolist(), strict=True))
    code_b = dict(zip(b.term.tolist(), b.code.tolist(), strict=True))
    terms = query.block.term.tolist()
    codes_b = [code_b.get(term, 0) for term in terms]
    level_weights = view.weighting.tf_weight(np.array(codes_b, dtype=np.int64)).tolist()
    idfs = view.statistics.idf[query.block.term].tolist()
    rows: list[_Row] = []
    for term, weight, in_b, level_weight, idf in zip(
        terms, query.block.weight.tolist(), codes_b, level_weights, idfs, strict=True
    ):
        in_a = code_a[term]
        part = weight * level_weight * inverse_norm
        if in_a & IN_TITLE and in_b >> TF_SHIFT:
            part += idf * per_title[0]
        if in_b & IN_TITLE and in_a >> TF_SHIFT:
            part += idf * per_title[1]
        if part > 0:
            rows.append(
                (term, part, in_a >> TF_SHIFT, in_b >> TF_SHIFT,
                 bool(in_a & IN_TITLE), bool(in_b & IN_TITLE))
            )  # fmt: skip
    phrases = _phrases(view.statistics.idf, a, b, per_title) if rows else []
    return Parts(rows, phrases, _part_of_vectors(view.weighting, a, b))


def _part_of_vectors(weighting: Weighting, a: Query, b: Query) -> float:
    """Return what the cosine of the vectors of two articles adds to the similarity."""
    if not weighting.vector_weight or not len(a.vector) or not len(b.vector):
        return 0.0
    cosine = float(np.dot(a.vector.astype(np.float64), b.vector.astype(np.float64)))
    return weighting.vector_weight * weighting.scale * max(cosine, 0.0)


def _phrases(
    idf: NDArray[np.float64], a: Query, b: Query, per_title: Sequence[float]
) -> list[_Row]:
    """Return the phrases of either title that the other text has."""
    pairs_a, pairs_b = _pairs(a), _pairs(b)
    found: dict[int, tuple[tuple[int, int], float, bool, bool]] = {}
    for query, pairs, unit, of_a in (
        (a, pairs_b, per_title[0], True),
        (b, pairs_a, per_title[1], False),
    ):
        for first, last, phrase in query.phrases.tolist():
            if pairs[first, last] and unit and idf[phrase] > 0:
                _, part, in_a, in_b = found.get(phrase, ((first, last), 0.0, False, False))
                part += PHRASE_WEIGHT * float(idf[phrase]) * unit
                found[phrase] = (first, last), part, in_a or of_a, in_b or not of_a
    return [
        (phrase, part, pairs_a[pair], pairs_b[pair], in_a, in_b)
        for phrase, (pair, part, in_a, in_b) in found.items()
    ]


def _pairs(query: Query) -> Counter[tuple[int, int]]:
    """Return the number of times that each pair of words occurs in the texts of an article."""
    words = query.text.tolist()
    return Counter(pair for pair in itertools.pairwise(words) if BREAK not in pair)


def _spelled(vocabulary: LayeredVocabulary, terms: NDArray[np.int32]) -> list[str]:
    """Return terms as readers see them, without language marks."""
    n = len(vocabulary.base)
    names = np.empty(len(terms), dtype=object)
    names[terms < n] = vocabulary.base.decode(terms[terms < n])
    names[terms >= n] = vocabulary.newer.decode(terms[terms >= n] - n)
    return [shown(without_mark(term)) for term in names]
