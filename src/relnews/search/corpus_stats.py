"""Corpus statistics: document frequencies and the idf computed from them."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from relnews.search import weights
from relnews.search.bounds import CommonTerms

Number = TypeVar("Number", np.int32, np.float64)


#: Lengths of articles are computed with idf that may be off by this much. One more article with a
#: term changes its idf by 1 / (number of articles that have it), so the lengths are updated for a
#: common term once in hundreds of articles. An update takes 0.05 ms; with exact idf it took 1.4 to
#: 2.5 ms. 1/128 took 0.06 ms, 1/32 no less than 1/64.
TOLERANCE = 1.0 / 64

#: The number of articles shifts all idf. Bounds are made again when it has shifted them by more
#: than this: of 100,000 articles, after 195 that were added.
SHIFT_TOLERANCE = 1.0 / 512


#: No terms.
_NONE = np.zeros(0, dtype=np.int32)


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Change of the idf that lengths are computed with, for a fixed number of articles.

    Parameters
    ----------
    terms : int32 array of shape (n,)
        Terms whose idf changes, all different.
    before, after : float64 arrays of shape (n,)
        Their idf before and after.
    """

    terms: NDArray[np.int32]
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    def without(self, is_ignored: NDArray[np.bool_]) -> Change:
        """Return the change without the terms that ``is_ignored`` marks, by term."""
        counts = ~is_ignored[self.terms]
        return Change(self.terms[counts], self.before[counts], self.after[counts])


class Statistics:
    """Document frequencies and idf of a growing vocabulary, updated as articles come and go.

    When the number of articles changes, all idf shift by the same amount. The idf are therefore
    stored for a fixed number of articles (`anchored`) and shifted: an update only touches terms of
    articles that came or went.

    An exact update of the lengths of articles would walk the postings of every changed term. So
    lengths are computed with other idf (`made`), which are updated when they are off by more than
    `TOLERANCE`. Every idf is at least 1, so the relative error of a length is at most `TOLERANCE`.

    Parameters
    ----------
    n_anchor : int
        The fixed number of articles.
    frequency : int32 array of shape (≤ n_terms,), optional
        Document frequencies in these articles, such as the epoch's: `made` begins with their
        idf, and the first `settle` goes on from there. By default no article has a term.

    Attributes
    ----------
    n_articles : int
        Articles that are counted in.
    document_frequency : int32 array of shape (n_terms,)
        Number of them that have each term.
    norm_tolerance : float
        Relative error bound of lengths; 0 means that all lengths are exact.
    """

    def __init__(self, n_anchor: int, frequency: NDArray[np.int32] = _NONE) -> None:
        self.n_articles = 0
        self.document_frequency = np.zeros(len(frequency), dtype=np.int32)
        self._n_anchor = n_anchor
        self._touched: list[NDArray[np.int32]] = []
        #: The document frequencies to begin with; None after the first `settle`.
        self._begin: NDArray[np.int32] | None = frequency
        self.made = self._idf(frequency)
        self.anchored = self.made.copy()
        self.norm_tolerance = 0.0

    def grow(self, n_terms: int) -> None:
        """Extend the arrays to ``n_terms`` terms; no article has the new terms yet."""
        if n_terms > len(self.document_frequency):
            self.document_frequency = _grown(self.document_frequency, n_terms, 0)
            (idf,) = self._idf(np.zeros(1, dtype=np.int32))
            self.anchored = _grown(self.anchored, n_terms, idf)
            self.made = _grown(self.made, n_terms, idf)

    def add(
        self, terms: NDArray[np.int32], frequency: NDArray[np.integer], n_articles: int
    ) -> None:
        """Count articles in, or out if the numbers are negative.

        Parameters
        ----------
        terms : int32 array of shape (n,)
            Terms of these articles, all different.
        frequency : integer array of shape (n,)
            Number of these articles that have each term.
        n_articles : int
            Number of these articles.
        """
        self.document_frequency[terms] += frequency.astype(np.int32)
        self.n_articles += n_articles
        self._touched.append(terms)

    def settle(self) -> Change:
        """Update the idf; return the change of `made` since the last call."""
        if self._begin is not None:
            # Nearly every term of a new process has the idf that it begins with.
            is_changed = self.document_frequency > 0
            is_changed[: len(self._begin)] = (
                self.document_frequency[: len(self._begin)] != self._begin
            )
            terms, self._begin = np.flatnonzero(is_changed).astype(np.int32), None
        else:
            terms = _distinct(self._touched, len(self.document_frequency))
        self._touched = []
        after = self._idf(self.document_frequency[terms])
        self.anchored[terms] = after
        is_off = np.abs(after - self.made[terms]) > TOLERANCE
        if not np.array_equal(self.made[terms[~is_off]], after[~is_off]):
            self.norm_tolerance = TOLERANCE
        change = Change(terms[is_off], self.made[terms[is_off]], after[is_off])
        self.made[change.terms] = change.after
        return change

    @property
    def shift(self) -> float:
        """Difference between idf at the present number of articles and `anchored`."""
        return float(np.log((1.0 + self.n_articles) / (1.0 + self._n_anchor)))

    def idf(self) -> NDArray[np.float64]:
        """Return the idf of every term at the last `settle`, float64 array of shape (n_terms,)."""
        return self.anchored + self.shift

    def _idf(self, frequency: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the idf of document frequencies at the fixed number of articles."""
        return weights.inverse_document_frequency(frequency, self._n_anchor)


def _distinct(parts: list[NDArray[np.int32]], n_terms: int) -> NDArray[np.int32]:
    """Return the terms that occur in any part, each once; the parts have none twice."""
    if len(parts) == 1:
        return parts[0]
    if sum(map(len, parts)) < n_terms // 8:  # an update: nothing goes through all terms
        return np.unique(np.concatenate([np.empty(0, dtype=np.int32), *parts]))
    occurs = np.zeros(n_terms, dtype=np.bool_)
    for terms in parts:
        occurs[terms] = True
    return np.flatnonzero(occurs).astype(np.int32)


def _grown(array: NDArray[Number], n: int, value: float) -> NDArray[Number]:
    """Return an array extended to n elements, the new elements set to ``value``.

    The array is a view of a longer array, with an eighth to spare: nearly every article brings new
    terms. Spare room, and not copying idf, took 0.6 ms off an update of 100,000 articles.
    """
    whole = array if array.base is None else array.base
    if n > len(whole):
        whole = np.full(n + n // 8, value, dtype=array.dtype)
        whole[: len(array)] = array
    return whole[:n]


@dataclasses.dataclass(frozen=True, slots=True)
class CorpusStats:
    """Statistics that weights are computed with.

    Parameters
    ----------
    idf : float64 array of shape (n_terms,)
        idf of each term.
    unseen : float
        idf of a term that no article has.
    least_title : float
        Least weight of a title in its share; see `relnews.search.weights.Weighting`.
    common : CommonTerms
        Terms that are bounded instead of walked.
    common_factor : float64 array of shape (n_common_terms,), optional
        idf of each common term, divided by its idf when articles were outlined. None means 1.
    """

    idf: NDArray[np.float64]
    unseen: float
    least_title: float
    common: CommonTerms
    common_factor: NDArray[np.float64] | None = None
