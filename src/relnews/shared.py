"""Shared terms: what two articles have in common, and how much each of it makes them similar."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews import _validation
from relnews._kernels.title_match import PHRASE_WEIGHT
from relnews._kernels.wording import BREAK, IN_TITLE, TF_SHIFT
from relnews.languages import without_mark
from relnews.members import View
from relnews.ranking import ScoredSegment
from relnews.vocabulary import LayeredVocabulary
from relnews.wording import JOINT, Query


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


def shared_terms(
    view: View,
    keys: Sequence[int],
    vocabulary: LayeredVocabulary,
    document_frequency: NDArray[np.int32],
) -> tuple[SharedTerm, ...]:
    """Return what two articles share, largest part first; the parts add up to the similarity.

    Parameters
    ----------
    view : View
    keys : sequence of int
        Two articles.
    vocabulary : LayeredVocabulary
    document_frequency : int32 array of shape (n_terms,)
    """
    a, b = (view.query_of(key) for key in keys)
    first, second = (_place(view, key) for key in keys)
    query = view.queries([a])
    share = 0.0 if query.title_match is None else float(query.title_match.share)
    (_, inverse_title), (inverse_norm, inverse_title_b) = (
        scored.inverses(place) for scored, place in (first, second)
    )
    per_title = [share * inverse_title, share * inverse_title_b]
    code_b = dict(zip(b.term.tolist(), b.code.tolist(), strict=True))
    code_a = dict(zip(a.term.tolist(), a.code.tolist(), strict=True))
    rows: list[tuple[int, float, int, int, bool, bool]] = []
    for term, weight in zip(query.term.tolist(), query.weight.tolist(), strict=True):
        mine, other = code_a[term], code_b.get(term, 0)
        level_weight = float(view.weighting.tf_weight(np.array([other]))[0])
        part = weight * level_weight * inverse_norm
        idf = float(view.idf[term])
        if mine & IN_TITLE and other >> TF_SHIFT:
            part += idf * per_title[0]
        if other & IN_TITLE and mine >> TF_SHIFT:
            part += idf * per_title[1]
        if part > 0:
            rows.append(
                (term, part, mine >> TF_SHIFT, other >> TF_SHIFT,
                 bool(mine & IN_TITLE), bool(other & IN_TITLE))
            )  # fmt: skip
    words = len(rows)
    if rows:
        rows += _phrases(view, a, b, per_title)
    terms = np.array([row[0] for row in rows], dtype=np.int32)
    spelt = _spelled(vocabulary, terms)
    shared = [
        SharedTerm(
            spelt[i] if i < words else spelt[i].replace(JOINT, " "), *row[1:],
            float(view.idf[row[0]]), int(document_frequency[row[0]]),
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip
    return tuple(sorted(shared, key=lambda one: (-one.part, one.term)))


def _phrases(
    view: View, a: Query, b: Query, per_title: Sequence[float]
) -> list[tuple[int, float, int, int, bool, bool]]:
    """Return the phrases of either title that the other text has."""
    pairs_a, pairs_b = _pairs(a), _pairs(b)
    found: dict[int, tuple[tuple[int, int], float, bool, bool]] = {}
    for query, pairs, unit, of_a in (
        (a, pairs_b, per_title[0], True),
        (b, pairs_a, per_title[1], False),
    ):
        for one, other, phrase in query.phrases.tolist():
            if pairs[one, other] and unit and view.idf[phrase] > 0:
                _, part, in_a, in_b = found.get(phrase, ((one, other), 0.0, False, False))
                part += PHRASE_WEIGHT * float(view.idf[phrase]) * unit
                found[phrase] = (one, other), part, in_a or of_a, in_b or not of_a
    return [
        (phrase, part, pairs_a[pair], pairs_b[pair], in_a, in_b)
        for phrase, (pair, part, in_a, in_b) in found.items()
    ]


def _pairs(query: Query) -> Counter[tuple[int, int]]:
    """Return how often which word follows which in the texts of an article."""
    words = query.text.tolist()
    return Counter(pair for pair in itertools.pairwise(words) if BREAK not in pair)


def _place(view: View, key: int) -> tuple[ScoredSegment, int]:
    """Return the segment that has an article, and its place there."""
    for scored in view.segments:
        local = scored.segment.find(key)
        if local >= 0:
            return scored, local
    raise _validation.archive_changed()


def _spelled(vocabulary: LayeredVocabulary, terms: NDArray[np.int32]) -> list[str]:
    """Return terms as they are shown."""
    n = len(vocabulary.base)
    spelt = np.empty(len(terms), dtype=object)
    spelt[terms < n] = vocabulary.base.decode(terms[terms < n])
    spelt[terms >= n] = vocabulary.newer.decode(terms[terms >= n] - n)
    return [without_mark(term) for term in spelt]
