"""Shared terms: what two articles have in common, and how much each of it makes them similar."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.title_match import PHRASE_WEIGHT
from relnews._kernels.wording import BREAK, IN_TITLE, TF_SHIFT
from relnews.archive.snapshot import Snapshot
from relnews.search.view import View
from relnews.text.article_terms import JOINT, Query
from relnews.text.languages import without_mark
from relnews.text.vocabulary import LayeredVocabulary


@dataclasses.dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word of both articles, or a phrase of one's title in the other's text.

    Parameters
    ----------
    term : str
        As it is compared: lower-cased, and without the s of a plural.
    part : float
        What it adds to the similarity: the product of its weights in the two articles, and its
        share of a title that it is of if the other text has it.
    tf_a, tf_b : int
        How often dek and text of each article have it.
    in_title_a, in_title_b : bool
        Whether it is in the title.
    idf : float
    df : int
        How many articles of the archive have it; a phrase, in their titles.
    """

    term: str
    part: float
    tf_a: int
    tf_b: int
    in_title_a: bool
    in_title_b: bool
    idf: float
    df: int


def shared_terms(snapshot: Snapshot, keys: Sequence[int]) -> tuple[SharedTerm, ...]:
    """Return what two articles share, largest part first; the parts add up to the similarity.

    Parameters
    ----------
    snapshot : Snapshot
    keys : sequence of int
        Two articles.
    """
    with snapshot.terms() as (vocabulary, document_frequency):
        words, phrases = _words_and_phrases(snapshot.view, keys)
        rows = words + phrases
        terms = np.array([row[0] for row in rows], dtype=np.int32)
        spelled = _spelled(vocabulary, terms)
        frequency = document_frequency[terms].tolist()
    spelled[len(words) :] = [term.replace(JOINT, " ") for term in spelled[len(words) :]]
    idf = snapshot.view.idf[terms].tolist()
    shared = [
        SharedTerm(term, *row[1:], *statistics)
        for term, row, *statistics in zip(spelled, rows, idf, frequency, strict=True)
    ]
    return tuple(sorted(shared, key=lambda term: (-term.part, term.term)))


#: Number of a term, its part, how often each text has it, and whether each title does.
_Row = tuple[int, float, int, int, bool, bool]


def _words_and_phrases(view: View, keys: Sequence[int]) -> tuple[list[_Row], list[_Row]]:
    """Return the words, and then the phrases of a title, that add to a similarity."""
    (first, place_a), (second, place_b) = (view.place_of(key) for key in keys)
    a, b = first.segment.query(place_a), second.segment.query(place_b)
    query = view.queries([a])
    share = 0.0 if query.title_match is None else float(query.title_match.share)
    (_, inverse_title), (inverse_norm, inverse_title_b) = (
        first.inverses(place_a), second.inverses(place_b)
    )  # fmt: skip
    per_title = [share * inverse_title, share * inverse_title_b]
    code_a = dict(zip(a.term.tolist(), a.code.tolist(), strict=True))
    code_b = dict(zip(b.term.tolist(), b.code.tolist(), strict=True))
    terms = query.term.tolist()
    others = [code_b.get(term, 0) for term in terms]
    level_weights = view.weighting.tf_weight(np.array(others, dtype=np.int64)).tolist()
    idfs = view.idf[query.term].tolist()
    rows: list[_Row] = []
    for term, weight, other, level_weight, idf in zip(
        terms, query.weight.tolist(), others, level_weights, idfs, strict=True
    ):
        mine = code_a[term]
        part = weight * level_weight * inverse_norm
        if mine & IN_TITLE and other >> TF_SHIFT:
            part += idf * per_title[0]
        if other & IN_TITLE and mine >> TF_SHIFT:
            part += idf * per_title[1]
        if part > 0:
            rows.append(
                (term, part, mine >> TF_SHIFT, other >> TF_SHIFT,
                 bool(mine & IN_TITLE), bool(other & IN_TITLE))
            )  # fmt: skip
    return rows, _phrases(view.idf, a, b, per_title) if rows else []


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
        for one, other, phrase in query.phrases.tolist():
            if pairs[one, other] and unit and idf[phrase] > 0:
                _, part, in_a, in_b = found.get(phrase, ((one, other), 0.0, False, False))
                part += PHRASE_WEIGHT * float(idf[phrase]) * unit
                found[phrase] = (one, other), part, in_a or of_a, in_b or not of_a
    return [
        (phrase, part, pairs_a[pair], pairs_b[pair], in_a, in_b)
        for phrase, (pair, part, in_a, in_b) in found.items()
    ]


def _pairs(query: Query) -> Counter[tuple[int, int]]:
    """Return how often which word follows which in the texts of an article."""
    words = query.text.tolist()
    return Counter(pair for pair in itertools.pairwise(words) if BREAK not in pair)


def _spelled(vocabulary: LayeredVocabulary, terms: NDArray[np.int32]) -> list[str]:
    """Return terms as they are shown."""
    n = len(vocabulary.base)
    spelt = np.empty(len(terms), dtype=object)
    spelt[terms < n] = vocabulary.base.decode(terms[terms < n])
    spelt[terms >= n] = vocabulary.newer.decode(terms[terms >= n] - n)
    return [without_mark(term) for term in spelt]
