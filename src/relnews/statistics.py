"""Statistics: how many articles have each term, and the idf that follows from it."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from relnews import weights


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Terms whose idf has changed, the number of articles being the same.

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

    Parameters
    ----------
    n_anchor : int
        The fixed number of articles.

    Attributes
    ----------
    n_articles : int
    document_frequency : int32 array of shape (n_terms,)
    """

    def __init__(self, n_anchor: int) -> None:
        self.n_articles = 0
        self.document_frequency = np.zeros(0, dtype=np.int32)
        self._n_anchor = n_anchor
        self._settled = np.zeros(0, dtype=np.int32)
        self._touched: list[NDArray[np.int32]] = []
        self.anchored = np.zeros(0)

    def grow(self, n_terms: int) -> None:
        """Make room for more terms; no article has them yet."""
        n_new = n_terms - len(self.document_frequency)
        if n_new > 0:
            nothing = np.zeros(n_new, dtype=np.int32)
            self.document_frequency = np.concatenate([self.document_frequency, nothing])
            self._settled = np.concatenate([self._settled, nothing])
            self.anchored = np.concatenate([self.anchored, self._idf(nothing)])

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
        """Bring `anchored` up to date; return what has changed in it since the last time."""
        touched = [np.empty(0, dtype=np.int32), *self._touched]
        self._touched = []
        terms = np.unique(np.concatenate(touched)) if len(touched) > 2 else touched[-1]
        terms = terms[self.document_frequency[terms] != self._settled[terms]]
        after = self._idf(self.document_frequency[terms])
        change = Change(terms, self.anchored[terms], after)
        # Whoever reads the old array goes on with it.
        self.anchored = self.anchored.copy()
        self.anchored[terms] = after
        self._settled[terms] = self.document_frequency[terms]
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
