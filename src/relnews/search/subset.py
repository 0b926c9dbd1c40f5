"""Subset: a segment of some articles of another segment, without sorting anything again."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews.search import segment_layout
from relnews.search.segment import Segment, joined
from relnews.text.rows import Ragged


def subset(segment: Segment, kept: NDArray[np.bool_]) -> Segment:
    """Return the segment of the marked articles, in the same order, with the same terms.

    Parameters
    ----------
    segment : Segment
        A segment with postings.
    kept : bool array of shape (n_articles,)
        The articles; at least one.
    """
    row_ptr, of_pair = _marked(segment.row_ptr, kept)
    text_ptr, of_word = _marked(segment.text_ptr, kept)
    phrase_ptr, of_phrase = _marked(segment.phrase_ptr, kept)
    phrase_place = segment.phrase_place.reshape(-1, 3)[of_phrase]
    row_low, row_high = segment.row_low[of_pair], segment.row_high[of_pair]

    local = np.cumsum(kept) - 1
    stays = kept[segment.posting]
    posting = local[segment.posting[stays]].astype(np.uint16)
    group_ptr, group_stays = _thinned(segment.group_ptr, stays)
    term_ptr, term_stays = _thinned(segment.term_ptr, group_stays)
    term = segment.term[term_stays]

    row_term = joined(row_low, row_high)
    begin = np.repeat(row_ptr[:-1], np.diff(phrase_ptr))
    phrases = Ragged(phrase_ptr, row_term[begin[:, None] + phrase_place].reshape(-1, 3))
    arrays: dict[str, NDArray[Any]] = {
        "key": segment.key[kept], "published": segment.published[kept], "row_ptr": row_ptr,
        "row_low": row_low, "row_high": row_high, "row_level": segment.row_level[of_pair],
        "term": term, "term_ptr": term_ptr.astype(np.int32),
        "group_ptr": group_ptr.astype(np.int32), "group_level": segment.group_level[group_stays],
        "posting": posting, "text_ptr": text_ptr, "text_place": segment.text_place[of_word],
        "phrase_ptr": phrase_ptr, "phrase_place": phrase_place.reshape(-1),
        "vector": segment.vectors[kept].ravel(),
        **segment_layout.pairs(phrases, term),
    }  # fmt: skip
    return dataclasses.replace(segment, **arrays)


def _marked(
    ptr: NDArray[np.int64], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where the values of marked articles begin, and whether each value is of one."""
    lengths = np.diff(ptr)
    new_ptr = np.zeros(int(np.count_nonzero(kept)) + 1, dtype=np.int64)
    np.cumsum(lengths[kept], out=new_ptr[1:])
    return new_ptr, np.repeat(kept, lengths)


def _thinned(
    ptr: NDArray[np.int32], stays: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where groups begin of which some values stay, and whether each group is such a one."""
    n_before = np.zeros(len(stays) + 1, dtype=np.int64)
    np.cumsum(stays, out=n_before[1:])
    new_ptr = n_before[ptr]
    group_stays: NDArray[np.bool_] = new_ptr[1:] > new_ptr[:-1]
    return np.append(new_ptr[:-1][group_stays], new_ptr[-1:]), group_stays
