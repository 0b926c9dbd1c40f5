r"""Term frequency, inverse document frequency and lengths, as pure functions.

The weight of term t in article d is :math:`w_{dt} = tf'_{dt} \, idf_t`, divided by the Euclidean
length of all of d's weights; these are the definitions of scikit-learn's ``TfidfTransformer`` with
``smooth_idf=True, norm="l2"``. With λ for `Weighting.title_overlap` and s(a, b) for the share of
the idf of a's title that b's text contains, with ν for `Weighting.vector_weight` and v for vectors
of unit length, the similarity of two articles is

.. math:: \frac{w_a \cdot w_b + λ \, s(a, b) + λ \, s(b, a) + ν \max(0, v_a \cdot v_b)}{1 + 2λ + ν}
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_weighting
from relnews._kernels import norms as _norms
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import ArticleRows
from relnews._kernels.title_match import PHRASE_WEIGHT
from relnews._kernels.wording import IN_TITLE, PHRASE, TF_SHIFT


@dataclasses.dataclass(frozen=True, slots=True)
class Weighting:
    """Parameters of the similarity of two articles.

    Parameters
    ----------
    sublinear_tf : bool, default=True
        Weigh a term that occurs tf times in the text by 1 + ln(tf) instead of tf.
    title_weight : float, default=1
        Weight added to a term that is in the title.
    title_overlap : float, default=0.1
        Weight λ of a whole title that the other text contains, relative to the cosine; see the
        formula above. 0 means that titles do not count.
    least_title : float, default=4
        Least weight of a title in its share, in idf of a word that no article has. A title of two
        such words and their phrase weighs 4. Without it, every text with the word "internet" would
        contain the whole of the title "What is the internet?".
    vector_weight : float, default=0
        Weight ν of a cosine of 1 of the vectors, relative to the cosine of words. 0 means that
        vectors do not count.
    """

    sublinear_tf: bool = True
    title_weight: float = 1.0
    title_overlap: float = 0.1
    least_title: float = 4.0
    vector_weight: float = 0.0

    def __post_init__(self) -> None:
        check_weighting(**dataclasses.asdict(self))

    @classmethod
    def of_setting(cls, setting: Mapping[str, Any]) -> Weighting:
        """Return the weighting of an archive from its setting, at first without a least title."""
        return cls(**{"least_title": 0.0, **setting})

    @property
    def scale(self) -> float:
        """Share of the cosine in the similarity, 1 / (1 + 2 λ + ν)."""
        return 1.0 / (1.0 + 2.0 * self.title_overlap + self.vector_weight)

    def tf_weight(self, code: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the weights of terms before idf.

        Parameters
        ----------
        code : integer array
            Codes of the terms; see `relnews.text.article_terms.ArticleTerms`.
        """
        tf = code >> TF_SHIFT
        weight = 1.0 + np.log(np.maximum(tf, 1)) if self.sublinear_tf else tf.astype(np.float64)
        weight[tf == 0] = 0.0
        weight[code & IN_TITLE > 0] += self.title_weight
        return weight


def title_weight(code: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the weights of terms in the title: 1 for a word, 2 for a phrase, 0 outside of it."""
    weight = (code & IN_TITLE > 0).astype(np.float64)
    weight[code & PHRASE > 0] += PHRASE_WEIGHT
    return weight


def inverse_document_frequency(
    document_frequency: NDArray[np.integer], n_articles: int
) -> NDArray[np.float64]:
    """Return the smooth idf, ln((1 + n) / (1 + df)) + 1.

    Parameters
    ----------
    document_frequency : integer array of shape (n_terms,)
        Number of articles that have each term.
    n_articles : int
        Articles that frequencies are counted in.
    """
    # In one array: for millions of terms, fresh memory costs more than the logarithms.
    idf: NDArray[np.float64] = np.add(1.0, document_frequency, dtype=np.float64)
    np.divide(1.0 + n_articles, idf, out=idf)
    np.log(idf, out=idf)
    idf += 1.0
    return idf


def norm_components(
    rows: ArticleRows,
    level_weight: NDArray[np.float64],
    level_title: NDArray[np.float64],
    idf: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return five sums from which the lengths of articles and the weights of titles are computed.

    With the tf weight l of a term, the first three are the sums of (l idf)², l² idf and l² over an
    article's terms. When the number of articles changes, all idf shift by δ, and the length becomes
    the square root of first + 2 δ second + δ² third. With the weight t of a term in the title, the
    last two are the sums of t idf and t, and the title becomes fourth + δ fifth.

    Parameters
    ----------
    rows : ArticleRows
        Terms and levels of the articles.
    level_weight, level_title : float64 arrays of shape (n_levels,)
        `Weighting.tf_weight` and `title_weight` of each distinct code.
    idf : float64 array of shape (≥ n_terms,)
        idf of each term.

    Returns
    -------
    float64 array of shape (n_articles, 5)
        The five sums of each article, in this order.
    """
    components = np.empty((len(rows.ptr) - 1, 5))
    _norms.norm_components(
        ArticleRows(*map(frozen, rows)), frozen(level_weight), frozen(level_title), frozen(idf),
        components,
    )  # fmt: skip
    return components


def norms(
    components: NDArray[np.float64], shift: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lengths of articles and the weights of their titles, after a shift of all idf.

    Parameters
    ----------
    components : float64 array of shape (n_articles, 5)
        See `norm_components`.
    shift : float, default=0
        Added to every idf since the components were summed.

    Returns
    -------
    lengths, titles : float64 arrays of shape (n_articles,)
        Euclidean length of the articles' weights; sum of the idf of their titles.
    """
    lengths, titles = np.empty(len(components)), np.empty(len(components))
    _norms.norms(components, shift, lengths, titles)
    return lengths, titles


def inverse(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / norm; 0 where the norm is 0, for an article without terms."""
    return np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
