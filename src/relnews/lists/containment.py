"""Containment: the share of the word sequences of a text that another text has, too.

A wire story to which a paper adds a lead or a footer has other weights than the story, but contains
all of it. Broder, *On the resemblance and containment of documents* (1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import sequences
from relnews._kernels._compile import frozen
from relnews._kernels.scoring import SCORE_STEPS
from relnews.search.query import SEED
from relnews.search.segment import Segment
from relnews.text.rows import Ragged

#: Minimum number of words, without stop words, of a text that another article can have as a whole.
#: Shorter texts occur in articles that have nothing to do with each other.
SAME_WORDS = 12

#: Cosine in millionths from which containment is computed. Added text of 30 % of a story leaves a
#: cosine of 0.6 and more.
LEAST_COSINE = SCORE_STEPS // 2

#: Maximum length of the longer text, as a multiple of the shorter: half of it added. In a longer
#: text the shorter may be a part of a round-up.
MOST_LONGER = 1.5

#: Words of a text in reading order; a negative number parts two texts.
Text = NDArray[np.integer[Any]]


def shares(texts: Ragged, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the containment of pairs of texts that are `are_as_long`, in millionths.

    Parameters
    ----------
    texts : Ragged
        Words of the texts.
    pairs : int64 array of shape (n_pairs, 2)
        Numbers of two texts.
    """
    distinct, shared = np.empty(len(texts.ptr) - 1, np.int64), np.empty(len(pairs), np.int64)
    if len(pairs):
        ptr, words = frozen(texts.ptr), frozen(texts.value)
        tables = np.zeros(4 * len(words) + 16 * len(distinct), dtype=np.int32)
        sequences.count_shared(
            ptr, words, frozen(pairs), SEED, np.zeros_like(texts.ptr), tables, distinct, shared
        )
    fewer = np.maximum(distinct[pairs].min(axis=1), 1)
    found: NDArray[np.int64] = np.rint(shared / fewer * SCORE_STEPS).astype(np.int64)
    return found


def of_text(text: Text, segment: Segment, local: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the containment of a text and the texts of articles, in millionths."""
    found = np.zeros(len(local), dtype=np.int64)
    fits = are_as_long(np.diff(segment.text_ptr)[local], np.array(len(text)))
    texts = Ragged.concatenate([segment.texts_of(local[fits]), Ragged.gather([text])])
    others = np.arange(len(texts.ptr) - 2)
    found[fits] = shares(texts, np.column_stack([others, np.full_like(others, len(others))]))
    return found


def containment(text: Text, other: Text) -> int:
    """Return the share of the sequences of the shorter text that the longer has, in millionths.

    For two texts, without kernels; `shares` is for many.

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
    if not are_as_long(np.array([len(text)]), np.array([len(other)])).all():
        return 0
    fewer, more = sorted(_sequences([text, other]), key=len)
    if not len(fewer):
        return 0
    return round(np.count_nonzero(np.isin(fewer, more)) / len(fewer) * SCORE_STEPS)


def are_as_long(length: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether both texts are long enough, and none is much longer than the other."""
    shorter, longer = np.minimum(length, other), np.maximum(length, other)
    return (shorter >= SAME_WORDS) & (longer <= MOST_LONGER * shorter)


def _sequences(texts: Sequence[Text]) -> list[NDArray[np.int64]]:
    """Return the distinct sequences of each text, packed, ascending."""
    words = np.unique(np.concatenate(texts))
    words = words[words >= 0]
    packed = []
    for text in texts:
        number = np.where(text < 0, -1, np.searchsorted(words, text)).astype(np.int64)
        # A negative number has its highest bit set, whatever the others are.
        triple = number[:-2] << 42 | number[1:-1] << 21 | number[2:]
        packed.append(np.unique(triple[triple >= 0]))
    return packed
