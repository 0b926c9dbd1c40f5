"""Epoch: frozen statistics that outlines and stored lists are computed with."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
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

    def recalling(self, terms: Sequence[bytes], forgotten: Mapping[str, int]) -> Epoch:
        """Return the epoch with the document frequencies of later terms, of which some came back.

        Parameters
        ----------
        terms : sequence of bytes
            The terms that came later, by number.
        forgotten : mapping of str to int
            By the `fingerprint` of a term that the vocabulary no longer spells: its document
            frequency.
        """
        later = [forgotten.get(fingerprint(term), 0) for term in terms]
        frequency = np.append(self.document_frequency, np.array(later, dtype=np.int32))
        return dataclasses.replace(self, document_frequency=frozen(frequency))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store, by name."""
        return {
            "document_frequency": self.document_frequency,
            "terms": self.common.terms,
            "basis": self.common.basis,
        }


def fingerprint(term: bytes) -> str:
    """Return a one-way hash of a term, by which the term is known again without its spelling."""
    return hashlib.blake2b(term, digest_size=8).hexdigest()
