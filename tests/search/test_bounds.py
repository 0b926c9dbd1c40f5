"""Bounds: samples, the basis of the sketches, and rounding to 8 bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from threadpoolctl import threadpool_info

from relnews.search import bounds
from relnews.search.bounds import CommonTerms, Rows, blocks, quantize, sampled


@given(lengths=st.lists(st.integers(0, 300_000), min_size=1, max_size=80))
def test_the_sample_of_all_segments_is_small(lengths):
    """Many segments together give as many rows as one, and each that has rows gives some."""
    samples = [sampled(blocks(n), len(lengths)) for n in lengths]
    assert sum(map(len, samples)) < bounds._SAMPLE + len(lengths)
    for n, sample in zip(lengths, samples, strict=True):
        assert all(block in blocks(n) for block in sample)
        assert bool(sample) == bool(n)


def threads_of_blas() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_a_basis_is_made_by_one_thread():
    """The basis is orthonormal; BLAS has its threads again afterwards."""
    rng = np.random.default_rng(0)
    before, inside = threads_of_blas(), []

    def rows():
        inside.append(threads_of_blas())
        term = np.tile(np.arange(8, dtype=np.int32), 50)
        yield Rows(np.arange(0, 401, 8), term, rng.random(400), np.ones(50))

    common = CommonTerms.of(np.arange(8, dtype=np.int32), 8, rows())
    assert threads_of_blas() == before
    assert inside == [{1}]
    assert common.basis.T @ common.basis == pytest.approx(np.eye(common.width), abs=1e-9)


@given(
    rows=arrays.arrays(
        np.float64, st.tuples(st.integers(0, 5), st.integers(0, 9)), elements=st.floats(-1e6, 1e6)
    ),
    largest=st.sampled_from([127, 255]),
)
def test_rounding_to_8_bits(rows, largest):
    """The multiples fit in 8 bits, and the error is at least the length of what they miss."""
    rows = np.abs(rows) if largest == 255 else rows
    kept, out = rows.copy(), np.empty(rows.shape, dtype=np.uint8 if largest == 255 else np.int8)
    scale, error = quantize(rows, largest, out)
    assert np.array_equal(rows, kept)
    multiples = np.rint(rows / scale[:, None])
    assert np.array_equal(out, multiples)
    assert np.all(np.abs(multiples) <= largest)
    assert np.all(error >= np.linalg.norm(rows - out * scale[:, None], axis=1))
