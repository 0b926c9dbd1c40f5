"""Containment: the share of the word sequences of a text that another text has, too.

A wire story to which a paper adds a lead or a footer has other weights than the story, but contains
all of it. Broder, *On the resemblance and containment of documents* (1997).
"""

from __future__ import annotations

import itertools
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
    tables: Sequence[Table],
    article: NDArray[np.int64],
    length: NDArray[np.int64],
    text_of: Callable[[int], Text],
) -> None:
    """Raise cosines to the containment of two texts where it is larger, in place.

    Two articles are compared once, however often they meet in the tables.

    Parameters
    ----------
    tables : sequence of (int64 array, slice, slice)
        Cosines in millionths, and the places of the articles of the rows and of the columns.
    article : int64 array of shape (n_places,)
        Number of the article at each place.
    length : int64 array of shape (n_articles,)
        Number of words of each article.
    text_of : callable
        Given the number of an article, it returns its words in reading order.
    """
    near = []
    for steps, rows, columns in tables:
        row, column = np.nonzero((steps >= LEAST_COSINE) & (steps < SCORE_STEPS))
        first, second = article[rows][row], article[columns][column]
        fits = _are_as_long(length[first], length[second])
        pair = np.sort([first[fits], second[fits]], axis=0)
        near.append((steps, (row[fits], column[fits]), pair[0] * len(length) + pair[1]))
    codes, number = np.unique(np.concatenate([pairs for *_, pairs in near]), return_inverse=True)
    if not len(codes):
        return
    shares = _shares([divmod(code, len(length)) for code in codes.tolist()], text_of)[number]
    begin = 0
    for steps, places, pairs in near:
        steps[places] = np.maximum(steps[places], shares[begin : begin + len(pairs)])
        begin += len(pairs)


def _shares(pairs: Sequence[tuple[int, int]], text_of: Callable[[int], Text]) -> NDArray[np.int64]:
    """Return the containment of each pair of articles, in millionths."""
    texts = {number: text_of(number) for number in {*itertools.chain(*pairs)}}
    if sum(map(len, texts.values())) >= _PACKED:
        return np.array([containment(texts[one], texts[other]) for one, other in pairs])
    sequences = dict(zip(texts, _sequences([*texts.values()]), strict=True))
    return np.array([_share(sequences[one], sequences[other]) for one, other in pairs])


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
    is_as_long = _are_as_long(np.array([len(text)]), np.array([len(other)])).all()
    return _share(*_sequences([text, other])) if is_as_long else 0


def _are_as_long(length: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether both texts are long enough, and none is much longer than the other."""
    shorter, longer = np.minimum(length, other), np.maximum(length, other)
    return (shorter >= SAME_WORDS) & (longer <= MOST_LONGER * shorter)


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
