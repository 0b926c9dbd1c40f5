"""Layout: the steps from the terms of articles to the arrays of a segment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import layout, wording
from relnews._kernels._compile import frozen
from relnews.exceptions import ArticleError
from relnews.text.article_terms import MOST_PLACES, ArticleTerms, Ragged

#: What of a segment's pairs can be numbered in 32 bits.
MOST_PAIRS = np.iinfo(np.int32).max


HALF = np.uint64(32)


#: Name and dtype of every array of a segment, for whoever writes and reads them.
SEGMENT_DTYPES: dict[str, np.dtype[Any]] = {
    "key": np.dtype(np.int64), "published": np.dtype(np.int64), "values": np.dtype(np.int32),
    "row_ptr": np.dtype(np.int64), "row_low": np.dtype(np.uint16),
    "row_high": np.dtype(np.uint8), "row_level": np.dtype(np.uint16),
    "term": np.dtype(np.int32), "term_ptr": np.dtype(np.int32), "group_ptr": np.dtype(np.int32),
    "group_level": np.dtype(np.uint16), "posting": np.dtype(np.uint16),
    "text_ptr": np.dtype(np.int64), "text_place": np.dtype(np.uint16),
    "phrase_ptr": np.dtype(np.int64), "phrase_place": np.dtype(np.uint16),
    "pair_key": np.dtype(np.uint64), "pair_term": np.dtype(np.int32),
}  # fmt: skip

#: What the dtype of an array may be as well.
WIDER_DTYPES = {"row_high": np.dtype(np.uint16)}


def levels(count: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the distinct counts, ascending, and the index of each count among them."""
    if count.size and int(count.max()) < 1 << 20:  # nearly always; no sort needed
        seen = np.flatnonzero(np.bincount(count))
        level_of = np.zeros(int(seen[-1]) + 1, dtype=np.int32)
        level_of[seen] = np.arange(len(seen), dtype=np.int32)
        return seen.astype(np.int32), frozen(level_of[count])
    values, level = np.unique(count, return_inverse=True)
    return values, frozen(level.astype(np.int32))


def halves(row_term: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    """Return the low 16 bits of terms and, in as few bits as hold them, those above."""
    high = row_term >> 16
    is_wide = high.max(initial=0) > np.iinfo(SEGMENT_DTYPES["row_high"]).max
    dtype = (WIDER_DTYPES if is_wide else SEGMENT_DTYPES)["row_high"]
    return {"row_low": frozen(row_term.astype(np.uint16)), "row_high": frozen(high.astype(dtype))}


def places(
    row_ptr: NDArray[np.int64],
    row_term: NDArray[np.int32],
    words: ArticleTerms,
    order: NDArray[np.int64],
) -> dict[str, NDArray[Any]]:
    """Return texts and phrases, of articles in an order, as places in their rows."""
    text, phrases = words.text, words.phrases
    too_long = np.diff(words.counts.row_ptr) > MOST_PLACES
    if too_long.any():
        text, phrases = text.without(too_long), phrases.without(too_long)
    text, phrases = text.take(order), phrases.take(order)
    place_of = np.empty(int(row_term.max(initial=-1)) + 1, dtype=np.uint16)
    text_place = np.empty(len(text.value), dtype=np.uint16)
    phrase_place = np.empty(phrases.value.size, dtype=np.uint16)
    for some, ptr, out in (
        (text, text.ptr, text_place), (phrases, 3 * phrases.ptr, phrase_place)
    ):  # fmt: skip
        wording.places_in_rows(
            row_ptr, row_term, frozen(ptr), frozen(some.value.reshape(-1)), place_of, out
        )
    return {
        "text_ptr": frozen(text.ptr), "text_place": frozen(text_place),
        "phrase_ptr": frozen(phrases.ptr), "phrase_place": frozen(phrase_place),
    }  # fmt: skip


def pairs(phrases: Ragged, local_term_of: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    """Return the words of every phrase, and the place of the phrase among the terms."""
    first, last, phrase = phrases.value.T
    keys = first.astype(np.uint64) << HALF | last.astype(np.uint64)
    pair_key, where = np.unique(keys, return_index=True)
    return {"pair_key": frozen(pair_key), "pair_term": frozen(local_term_of[phrase[where]])}


def run_starts(keys: NDArray[np.int32], n_keys: int) -> NDArray[np.int64]:
    """Return where the run of each key begins when the keys are in order."""
    ptr = np.zeros(n_keys + 1, dtype=np.int64)
    np.cumsum(np.bincount(keys, minlength=n_keys), out=ptr[1:])
    return ptr


def order_by(keys: NDArray[np.int32], order: NDArray[np.int64], n_keys: int) -> NDArray[np.int64]:
    """Return an order, sorted stably by keys from 0 to n_keys - 1."""
    ordered = np.empty_like(order)
    layout.order_by(keys, frozen(order), run_starts(keys, n_keys)[:-1].copy(), ordered)
    return frozen(ordered)


def check_pairs(n_pairs: int, most: int) -> None:
    """Reject articles that have more terms than a segment can number."""
    if n_pairs > most:
        msg = (
            f"articles that are indexed together have {n_pairs:,} terms, a term counted once for "
            f"each article, and {most:,} is the most. Split articles that are as long as books."
        )
        raise ArticleError(msg)
