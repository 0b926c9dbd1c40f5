"""Epoch: frozen statistics that outlines and stored lists are computed with."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews.search import weights
from relnews.search.bounds import CommonTerms


@dataclasses.dataclass(frozen=True, slots=True)
class Epoch:
    """Frozen statistics that outlines and stored lists are computed with.

    Parameters
    ----------
    n_articles : int
        Articles at that moment.
    document_frequency : int32 array of shape (n_terms,)
        Number of those articles that have each term. Terms added later are not in the array.
    common : CommonTerms
        Terms that outlines were made for.
    """

    n_articles: int
    document_frequency: NDArray[np.int32]
    common: CommonTerms

    def idf(self, n_terms: int) -> NDArray[np.float64]:
        """Return the idf of n_terms terms; terms added later have a document frequency of 0."""
        frequency = np.zeros(n_terms, dtype=np.int32)
        frequency[: len(self.document_frequency)] = self.document_frequency
        return weights.inverse_document_frequency(frequency, self.n_articles)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store, by name."""
        return {
            "document_frequency": self.document_frequency,
            "terms": self.common.terms,
            "basis": self.common.basis,
        }
