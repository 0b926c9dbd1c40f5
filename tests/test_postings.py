"""Segments: both directions hold the same pairs, in the promised order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from relnews.counts import Counts
from relnews.postings import SEGMENT_DTYPES, Segment

rows = st.lists(
    st.dictionaries(st.integers(0, 9), st.one_of(st.integers(1, 4), st.integers(1, 1 << 21))),
    min_size=1,
    max_size=8,
)


def laid_out(rows, order):
    pairs = [pair for row in rows for pair in row.items()]
    term, count = np.array(pairs, dtype=np.int32).reshape(-1, 2).T.copy()
    counts = Counts(np.cumsum([0, *map(len, rows)]), term, count)
    return Segment.from_counts(counts, np.array(order), np.arange(len(rows)), n_terms=12)


@given(rows.flatmap(lambda r: st.tuples(st.just(r), st.permutations(range(len(r))))))
def test_rows_and_postings_hold_the_pairs(case):
    """Rows are by ascending term, postings by term, value and article; both are complete."""
    rows, order = case
    segment = laid_out(rows, order)
    values = segment.values

    for local, article in enumerate(order):
        term, level = segment.row(local)
        assert list(zip(term, values[level], strict=True)) == sorted(rows[article].items())
    expected = {}
    for local, article in enumerate(order):
        for term, count in rows[article].items():
            expected.setdefault(term, []).append((count, local))
    assert segment.term.tolist() == sorted(expected)
    for i, term in enumerate(segment.term):
        groups = range(segment.term_ptr[i], segment.term_ptr[i + 1])
        found = [
            (int(values[segment.group_level[g]]), int(local))
            for g in groups
            for local in segment.posting[segment.group_ptr[g] : segment.group_ptr[g + 1]]
        ]
        assert found == sorted(expected[term])
        assert len({segment.group_level[g] for g in groups}) == len(groups)
    assert segment.document_frequency().tolist() == [len(expected[t]) for t in sorted(expected)]


def test_arrays_are_read_only_and_of_the_stored_types():
    """Every array is frozen and has the dtype that the folder format promises."""
    arrays = laid_out([{1: 2}, {}, {1: 1, 3: 1}], [2, 0, 1]).arrays()

    assert {name: array.dtype for name, array in arrays.items()} == SEGMENT_DTYPES
    assert not any(array.flags.writeable for array in arrays.values())
