"""Layout of a segment: the steps from the terms of articles to its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels import layout, wording
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import Postings
from relnews.exceptions import ArticleError
from relnews.text.article_terms import MOST_PLACES, ArticleTerms
from relnews.text.rows import Ragged

#: Maximum number of pairs of a segment: offsets of postings have 32 bits.
MOST_PAIRS = np.iinfo(np.int32).max


#: Bits of each word in a pair of words.
HALF = np.uint64(32)


#: Name and dtype of every stored array of a segment.
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

#: The same of arrays that a segment may lack; it is then as if they were empty.
OPTIONAL_DTYPES: dict[str, np.dtype[Any]] = {"vector": np.dtype(np.float32)}

#: Other dtypes that an array may have.
WIDER_DTYPES = {"row_high": np.dtype(np.uint16)}


#: Arrays that are empty without postings.
_OF_POSTINGS = (
    "term", "term_ptr", "group_ptr", "group_level", "posting", "pair_key", "pair_term",
)  # fmt: skip


def arrays_of(words: ArticleTerms, n_terms: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of a segment with postings, apart from keys and dates, by name.

    Parameters
    ----------
    words : ArticleTerms
        Terms of the articles, in the order of the segment.
    n_terms : int
        Number of terms of the vocabulary.
    """
    counts = words.counts
    n_pairs = len(counts.term)
    check_pairs(n_pairs, MOST_PAIRS)
    values, code, level_of, n_of_level = levels(counts.count)
    level_ptr = np.concatenate([[0], np.cumsum(n_of_level)])
    frequency = np.bincount(counts.term, minlength=n_terms)
    term = np.flatnonzero(frequency).astype(np.int32)
    begin = np.cumsum(frequency) - frequency
    pair_ptr = np.append(begin[term], n_pairs)
    row_ptr = frozen(counts.row_ptr)

    # Stable counting sorts, least significant key first; the pairs come article by article.
    of_pair, article = np.empty(n_pairs, dtype=np.int32), np.empty(n_pairs, dtype=np.uint16)
    layout.sort_by_level(
        row_ptr, frozen(counts.term), code, level_of, level_ptr[:-1].copy(), of_pair, article
    )
    posting, level = np.empty(n_pairs, dtype=np.uint16), np.empty(n_pairs, dtype=np.uint16)
    layout.sort_by_term(of_pair, article, level_ptr, begin, posting, level)
    del of_pair, article, frequency, begin
    term_ptr = np.empty(len(term) + 1, dtype=np.int32)
    group_ptr = np.empty(n_pairs + 1, dtype=np.int32)
    group_level = np.empty(n_pairs, dtype=np.uint16)
    n_groups = layout.group_postings(pair_ptr, level, term_ptr, group_ptr, group_level)
    group_ptr, group_level = group_ptr[: n_groups + 1].copy(), group_level[:n_groups].copy()
    of_term = halves(term)
    rows = {name: np.empty(n_pairs, half.dtype) for name, half in of_term.items()}
    layout.fill_rows(
        *of_term.values(), Postings(term, term_ptr, group_ptr, group_level, posting),
        row_ptr[:-1].copy(), *rows.values(), level,
    )  # fmt: skip
    return {
        "values": values, "row_ptr": row_ptr, **rows, "row_level": level,
        "term": term, "term_ptr": term_ptr, "group_ptr": group_ptr, "group_level": group_level,
        "posting": posting, **places(row_ptr, rows, words), **pairs(words.phrases, term),
    }  # fmt: skip


def rows_of(words: ArticleTerms) -> dict[str, NDArray[Any]]:
    """Return the arrays of a segment without postings, apart from keys and dates, by name.

    Parameters
    ----------
    words : ArticleTerms
        Terms of the articles, ascending within each, in the order of the segment.
    """
    values, code, level_of, _ = levels(words.counts.count)
    row_ptr, rows = frozen(words.counts.row_ptr), halves(words.counts.term)
    return {
        "values": values, "row_ptr": row_ptr, **rows,
        "row_level": level_of[code].astype(np.uint16), **places(row_ptr, rows, words),
        **{name: np.empty(0, SEGMENT_DTYPES[name]) for name in _OF_POSTINGS},
    }  # fmt: skip


def levels(
    count: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return the distinct counts, ascending, and what tells the index of a count among them.

    Returns
    -------
    values : int32 array of shape (n_levels,)
        The distinct counts.
    code, level_of : int32 arrays
        The level of pair i is ``level_of[code[i]]``.
    n_of_level : int64 array of shape (n_levels,)
        Number of pairs of each level.
    """
    if count.size and int(count.max()) < 1 << 20:  # nearly always, and then no sort is needed
        frequency = np.bincount(count)
        seen = np.flatnonzero(frequency)
        level_of = np.zeros(len(frequency), dtype=np.int32)
        level_of[seen] = np.arange(len(seen), dtype=np.int32)
        return seen.astype(np.int32), frozen(count), level_of, frequency[seen]
    values, level, n_of_level = np.unique(count, return_inverse=True, return_counts=True)
    level_of = np.arange(len(values), dtype=np.int32)
    return values, frozen(level.astype(np.int32)), level_of, n_of_level


def halves(row_term: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    """Return the low 16 bits of terms, and the bits above in 8 bits, or in 16 if necessary."""
    high = row_term >> 16
    is_wide = high.max(initial=0) > np.iinfo(SEGMENT_DTYPES["row_high"]).max
    dtype = (WIDER_DTYPES if is_wide else SEGMENT_DTYPES)["row_high"]
    return {"row_low": row_term.astype(np.uint16), "row_high": high.astype(dtype)}


def places(
    row_ptr: NDArray[np.int64], rows: Mapping[str, NDArray[Any]], words: ArticleTerms
) -> dict[str, NDArray[Any]]:
    """Return texts and phrases of articles as places in their rows, by array name.

    Parameters
    ----------
    row_ptr : int64 array of shape (n_articles + 1,)
        Where each article's terms begin.
    rows : mapping of str to array
        Terms of each article, ascending, as `halves` returns them.
    words : ArticleTerms
        Texts and phrases of the articles.
    """
    text, phrases = words.text, words.phrases
    too_long = np.diff(row_ptr) > MOST_PLACES
    if too_long.any():
        text, phrases = text.without(too_long), phrases.without(too_long)
    place_of = np.empty(int(words.counts.term.max(initial=-1)) + 1, dtype=np.uint16)
    text_place = np.empty(len(text.value), dtype=np.uint16)
    phrase_place = np.empty(phrases.value.size, dtype=np.uint16)
    for ragged, ptr, out in (
        (text, text.ptr, text_place), (phrases, 3 * phrases.ptr, phrase_place)
    ):  # fmt: skip
        wording.places_in_rows(
            row_ptr,
            *map(frozen, rows.values()),
            frozen(ptr),
            frozen(ragged.value.reshape(-1)),
            place_of,
            out,
        )
    return {
        "text_ptr": text.ptr, "text_place": text_place, "phrase_ptr": phrases.ptr,
        "phrase_place": phrase_place,
    }  # fmt: skip


def pairs(phrases: Ragged, term: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    """Return the words of every phrase, and its place among the segment's terms, by array name."""
    first, last, phrase = phrases.value.T
    keys = first.astype(np.uint64) << HALF | last.astype(np.uint64)
    pair_key, where = np.unique(keys, return_index=True)
    place = np.searchsorted(term, phrase[where])
    return {"pair_key": pair_key, "pair_term": place.astype(np.int32)}


def check_pairs(n_pairs: int, most: int) -> None:
    """Raise `ArticleError` if articles have more terms than a segment can number."""
    if n_pairs > most:
        msg = (
            f"articles that are indexed together have {n_pairs:,} terms, a term counted once for "
            f"each article, and {most:,} is the maximum. Split articles that are as long as books."
        )
        raise ArticleError(msg)


def ascends(ptr: NDArray[np.integer[Any]], last: int) -> bool:
    """Return whether pointers begin with 0, never decrease, and end with ``last``."""
    return bool(ptr[0] == 0 and ptr[-1] == last and np.all(ptr[1:] >= ptr[:-1]))


def are_below(numbers: NDArray[np.integer[Any]], limit: int) -> bool:
    """Return whether all numbers are below a limit, and none is negative."""
    may_be_negative = numbers.dtype.kind == "i"
    return not numbers.size or bool(
        numbers.max() < limit and not (may_be_negative and numbers.min() < 0)
    )
