"""Containment: the share of the word sequences of a text that another text has, too.

A wire story to which a paper adds a lead or a footer has other weights than the story, but contains
all of it. Broder, *On the resemblance and containment of documents* (1997).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels.scoring import SCORE_STEPS

#: Words of a sequence.
WORDS = 3

#: Minimum number of words, without stop words, of a text that another article can have as a whole.
#: Shorter texts occur in articles that have nothing to do with each other.
SAME_WORDS = 12

#: Cosine in millionths from which containment is computed. Added text of 30 % of a story leaves a
#: cosine of 0.6 and more.
LEAST_COSINE = SCORE_STEPS // 2

#: Maximum length of the longer text, as a multiple of the shorter: half of it added. In a longer
#: text the shorter may be a part of a round-up.
MOST_LONGER = 1.5

#: Terms below this number are packed, three into 63 bits.
_PACKED = 1 << 21


def contain(
    steps: NDArray[np.int64],
    text_of_row: Callable[[int], NDArray[np.integer[Any]]],
    text_of_column: Callable[[int], NDArray[np.integer[Any]]],
) -> None:
    """Raise cosines to the containment of two texts where it is larger, in place.

    Parameters
    ----------
    steps : int64 array of shape (n_rows, n_columns)
        Cosines in millionths.
    text_of_row, text_of_column : callable
        Given a row or a column, it returns the words of the article in reading order.
    """
    rows, columns = np.nonzero((steps >= LEAST_COSINE) & (steps < SCORE_STEPS))
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        share = containment(text_of_row(row), text_of_column(column))
        steps[row, column] = max(steps[row, column], share)


def containment(text: NDArray[np.integer[Any]], other: NDArray[np.integer[Any]]) -> int:
    """Return the share of the sequences of the shorter text that the longer has, in millionths.

    Parameters
    ----------
    text, other : integer arrays
        Words in reading order; a negative number parts two texts.

    Returns
    -------
    int
        Number of distinct sequences of both texts, divided by that of the text with fewer; 0 if
        one of them has fewer than `SAME_WORDS` words, or is more than `MOST_LONGER` as long.
    """
    shorter, longer = sorted((len(text), len(other)))
    if shorter < SAME_WORDS or longer > MOST_LONGER * shorter:
        return 0
    if max(text.max(), other.max()) >= _PACKED:
        words = np.concatenate([text, other])
        number = np.unique(words[words >= 0], return_inverse=True)[1]
        words[words >= 0] = number
        text, other = words[: len(text)], words[len(text) :]
    first, second = _sequences(text), _sequences(other)
    fewer = min(len(first), len(second))
    both = len(np.intersect1d(first, second, assume_unique=True))
    return round(both / fewer * SCORE_STEPS) if fewer else 0


def _sequences(text: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the distinct sequences of a text, packed, ascending."""
    words = text.astype(np.int64)
    if len(words) < WORDS:
        return words[:0]
    first, second, third = words[:-2], words[1:-1], words[2:]
    is_whole = (first >= 0) & (second >= 0) & (third >= 0)
    return np.unique((first << 42 | second << 21 | third)[is_whole])
