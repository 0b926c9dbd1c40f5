"""Statistics: how many articles have each term, and the idf that follows from it."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from relnews.search import weights
from relnews.search.bounds import CommonTerms

Number = TypeVar("Number", np.int32, np.float64)


#: The lengths of articles are made with idf that may be off by as much. What a term's idf changes
#: by, if one more article has it, is one part in as many articles as have it: that of a common term
#: is put right once in hundreds of articles.
TOLERANCE = 1.0 / 64


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Terms with which lengths are made anew, the number of articles being the same.

    Parameters
    ----------
    terms : int32 array of shape (n,)
    before, after : float64 arrays of shape (n,)
        Their idf.
    """

    terms: NDArray[np.int32]
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    def without(self, is_ignored: NDArray[np.bool_]) -> Change:
        """Return the change of the other terms, of all that there are."""
        counts = ~is_ignored[self.terms]
        return Change(self.terms[counts], self.before[counts], self.after[counts])


class Statistics:
    """Document frequencies of a growing vocabulary, kept as articles come and go.

    With another number of articles all idf shift by the same amount, so idf is kept as of a fixed
    number (`anchored`), where only terms change that articles with them came or went, and a shift.

    To put the lengths of articles right takes a walk over the postings of every term that changed,
    so they are made with idf of their own (`made`), which change when they are off by more than
    `TOLERANCE`. An idf is 1 at least: so no length is off by more than that of what it is.

    Parameters
    ----------
    n_anchor : int
        The fixed number of articles.

    Attributes
    ----------
    n_articles : int
    document_frequency : int32 array of shape (n_terms,)
    norm_tolerance : float
        Relative error bound of lengths: 0 as long as all are exact.
    """

    def __init__(self, n_anchor: int) -> None:
        self.n_articles = 0
        self.document_frequency = np.zeros(0, dtype=np.int32)
        self._n_anchor = n_anchor
        self._touched: list[NDArray[np.int32]] = []
        self.anchored = np.zeros(0)
        self.made = np.zeros(0)
        self.norm_tolerance = 0.0

    def grow(self, n_terms: int) -> None:
        """Make room for more terms; no article has them yet."""
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
            All different.
        frequency : integer array of shape (n,)
            How many of the articles have each.
        n_articles : int
        """
        self.document_frequency[terms] += frequency.astype(np.int32)
        self.n_articles += n_articles
        self._touched.append(terms)

    def settle(self) -> Change:
        """Bring idf up to date; return what has changed since the last time in `made`."""
        touched = [np.empty(0, dtype=np.int32), *self._touched]
        self._touched = []
        terms = np.unique(np.concatenate(touched)) if len(touched) > 2 else touched[-1]
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
        """What is added to `anchored` for the present number of articles."""
        return float(np.log((1.0 + self.n_articles) / (1.0 + self._n_anchor)))

    def idf(self) -> NDArray[np.float64]:
        """Return the idf of every term, as of the last `settle`."""
        return self.anchored + self.shift

    def _idf(self, frequency: NDArray[np.int32]) -> NDArray[np.float64]:
        return weights.inverse_document_frequency(frequency, self._n_anchor)


def _grown(array: NDArray[Number], n: int, value: float) -> NDArray[Number]:
    """Return an array of n items, the new ones being a value.

    It is a part of a longer one: nearly every article brings new terms, and a vocabulary is long.
    """
    whole = array if array.base is None else array.base
    if n > len(whole):
        whole = np.full(n + n // 8, value, dtype=array.dtype)
        whole[: len(array)] = array
    return whole[:n]


@dataclasses.dataclass(frozen=True, slots=True)
class CorpusStats:
    """The statistics that weights are made with.

    Parameters
    ----------
    idf : float64 array of shape (n_terms,)
    unseen : float
        The idf of a term that no article has.
    common : CommonTerms
    common_factor : float64 array of shape (n_common_terms,)
        The idf of common terms, divided by what it was when articles were outlined.
    """

    idf: NDArray[np.float64]
    unseen: float
    common: CommonTerms
    common_factor: NDArray[np.float64] | None = None
