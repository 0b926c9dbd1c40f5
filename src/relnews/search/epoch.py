"""Epoch: the statistics of a moment, which outlines and stored lists are made with."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews.search import weights
from relnews.search.bounds import CommonTerms


@dataclasses.dataclass(frozen=True, slots=True)
class Epoch:
    """The statistics of a moment, which outlines and stored lists are made with.

    Parameters
    ----------
    n_articles : int
    document_frequency : int32 array of shape (n_terms,)
        Terms that came later had none.
    common : CommonTerms
    """

    n_articles: int
    document_frequency: NDArray[np.int32]
    common: CommonTerms

    def idf(self, n_terms: int) -> NDArray[np.float64]:
        """Return the idf of all terms, later ones included."""
        frequency = np.zeros(n_terms, dtype=np.int32)
        frequency[: len(self.document_frequency)] = self.document_frequency
        return weights.inverse_document_frequency(frequency, self.n_articles)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is stored, by name."""
        return {
            "document_frequency": self.document_frequency,
            "terms": self.common.terms,
            "basis": self.common.basis,
        }
