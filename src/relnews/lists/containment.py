"""Containment: the share of the word sequences of a text that another text has, too.

A wire story to which a paper adds a lead or a footer has other weights than the story, but contains
all of it. Broder, *On the resemblance and containment of documents* (1997).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

#: Words of a text in reading order; a negative number parts two texts.
Text = NDArray[np.integer[Any]]

#: Cosines in millionths, and the places of the articles of the rows and of the columns.
Table = tuple[NDArray[np.int64], slice, slice]


def contain(
    tables: Sequence[Table], article: NDArray[np.int64], text_of: Callable[[int], Text]
) -> None:
    """Raise cosines to the containment of two texts where it is larger, in place.

    Two articles are compared once, however often they meet in the tables.

    Parameters
    ----------
    tables : sequence of (int64 array, slice, slice)
        Cosines in millionths, and the places of the articles of the rows and of the columns.
    article : int64 array of shape (n_places,)
        Number of the article at each place.
    text_of : callable
        Given the number of an article, it returns its words in reading order.
    """
    near = [np.nonzero((steps >= LEAST_COSINE) & (steps < SCORE_STEPS)) for steps, *_ in tables]
    sides = [
        (article[rows][row], article[columns][column])
        for (_, rows, columns), (row, column) in zip(tables, near, strict=True)
    ]
    pairs = np.sort(np.concatenate([np.empty((2, 0), np.int64), *sides], axis=1), axis=0)
    if not pairs.size:
        return
    n = int(article.max()) + 1
    code, number = np.unique(pairs[0] * n + pairs[1], return_inverse=True)
    shares = np.array(_shares([divmod(pair, n) for pair in code.tolist()], text_of))[number]
    begin = 0
    for (steps, *_), places in zip(tables, near, strict=True):
        end = begin + len(places[0])
        steps[places] = np.maximum(steps[places], shares[begin:end])
        begin = end


def _shares(pairs: Sequence[tuple[int, int]], text_of: Callable[[int], Text]) -> list[int]:
    """Return the containment of each pair of articles, in millionths."""
    texts = {number: text_of(number) for pair in pairs for number in pair}
    if sum(map(len, texts.values())) >= _PACKED:
        return [containment(texts[one], texts[other]) for one, other in pairs]
    sequences = dict(zip(texts, _sequences([*texts.values()]), strict=True))
    return [
        _share(sequences[one], sequences[other]) if _are_as_long(texts[one], texts[other]) else 0
        for one, other in pairs
    ]


def containment(text: Text, other: Text) -> int:
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
    return _share(*_sequences([text, other])) if _are_as_long(text, other) else 0


def _are_as_long(text: Text, other: Text) -> bool:
    """Return whether both texts are long enough, and none is much longer than the other."""
    shorter, longer = sorted((len(text), len(other)))
    return shorter >= SAME_WORDS and longer <= MOST_LONGER * shorter


def _share(first: NDArray[np.int64], second: NDArray[np.int64]) -> int:
    """Return the share of the sequences of the text with fewer that the other has."""
    fewer, more = sorted((first, second), key=len)
    if not len(fewer):
        return 0
    place = np.minimum(np.searchsorted(more, fewer), len(more) - 1)
    both = np.count_nonzero(more[place] == fewer)
    return round(both / len(fewer) * SCORE_STEPS)


def _sequences(texts: Sequence[Text]) -> list[NDArray[np.int64]]:
    """Return the distinct sequences of each text, packed, ascending."""
    if max(int(text.max(initial=-1)) for text in texts) >= _PACKED:
        words = np.unique(np.concatenate(texts))
        words = words[words >= 0]
        texts = [np.where(text < 0, -1, np.searchsorted(words, text)) for text in texts]
    return [_packed(text.astype(np.int64)) for text in texts]


def _packed(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the distinct sequences of a text whose words are below `_PACKED`, ascending."""
    if len(words) < WORDS:
        return words[:0]
    first, second, third = words[:-2], words[1:-1], words[2:]
    # A negative number has its highest bit set, whatever the others are.
    packed = np.sort(first << 42 | second << 21 | third)
    packed = packed[np.searchsorted(packed, 0) :]
    # `np.unique` takes three times as long.
    is_new = np.ones(len(packed), dtype=bool)
    np.not_equal(packed[1:], packed[:-1], out=is_new[1:])
    return packed[is_new]
