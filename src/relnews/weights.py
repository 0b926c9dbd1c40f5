r"""Term frequency, inverse document frequency and norms: small pure functions.

The weight of term t in article d is :math:`w_{dt} = tf'_{dt} \, idf_t`, divided by the Euclidean
length of all of d's weights; these are the definitions of scikit-learn's ``TfidfTransformer`` with
``smooth_idf=True, norm="l2"``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import scoring
from relnews._kernels._compile import frozen


def tf_weight(count: NDArray[np.integer], *, sublinear: bool = True) -> NDArray[np.float64]:
    """Return 1 + ln(count) if sublinear, else the count itself.

    Parameters
    ----------
    count : integer array
        Term frequencies, at least 1.
    sublinear : bool, default=True
        Ten mentions are more than one, not ten times as much.
    """
    return 1.0 + np.log(count) if sublinear else count.astype(np.float64)


def inverse_document_frequency(
    document_frequency: NDArray[np.integer], n_articles: int
) -> NDArray[np.float64]:
    """Return the smooth idf, ln((1 + n) / (1 + df)) + 1.

    Parameters
    ----------
    document_frequency : integer array of shape (n_terms,)
        How many articles have each term.
    n_articles : int
    """
    idf: NDArray[np.float64] = np.log((1.0 + n_articles) / (1.0 + document_frequency)) + 1.0
    return idf


def moments(
    row_ptr: NDArray[np.int64],
    row_term: NDArray[np.int32],
    row_level: NDArray[np.uint16],
    level_weight: NDArray[np.float64],
    idf: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what the lengths of articles are made of.

    With l the tf weight of a term: the sums of (l idf)², l² idf and l² over each article's terms.
    If all idf shift by δ, as they do when the number of articles changes, the length becomes the
    square root of first + 2 δ second + δ² third.

    Parameters
    ----------
    row_ptr : int64 array of shape (n_articles + 1,)
        Where each article's terms begin.
    row_term : int32 array of shape (n_pairs,)
    row_level : uint16 array of shape (n_pairs,)
        Index into level_weight.
    level_weight : float64 array of shape (n_levels,)
        `tf_weight` of each distinct term frequency.
    idf : float64 array of shape (≥ n_terms,)

    Returns
    -------
    float64 array of shape (3, n_articles)
    """
    sums = np.empty((3, len(row_ptr) - 1))
    scoring.moments(
        frozen(row_ptr), frozen(row_term), frozen(row_level), frozen(level_weight), frozen(idf),
        sums,
    )  # fmt: skip
    return sums


def lengths(moments: NDArray[np.float64], shift: float = 0.0) -> NDArray[np.float64]:
    """Return the lengths of articles whose `moments` are given, all idf being shifted.

    Parameters
    ----------
    moments : float64 array of shape (3, n_articles)
    shift : float, default=0
    """
    square, linear, count = moments
    norms: NDArray[np.float64] = np.sqrt(square + 2 * shift * linear + shift**2 * count)
    return norms


def inverse(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / norm, and 0 for an article without terms."""
    return np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
