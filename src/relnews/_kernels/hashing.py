"""Hashes of keys: multiply by a secret number, then fold both halves of the product."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.machine import multiply_fold

#: Multiplier of every key, and the number added between two steps of a longer key.
SECRET = np.uint64(0x9E3779B97F4A7C15)
STEP = np.uint64(0xD6E8FEB86659FD93)

#: Low bits of a hash that are not used for the slot.
SPARE = np.uint64(20)

_ONE = np.uint64(1)
_HALF = np.uint64(32)


@kernel
def pair_key(first, last):
    """Return the key of two consecutive words; never 0, which marks an empty slot."""
    return ((np.uint64(first) << _HALF) | np.uint64(last)) + _ONE


@kernel
def slot_of(key, seed, mask):
    """Return the first slot to probe for a key, in a table of mask + 1 slots."""
    return (multiply_fold(key ^ seed, SECRET) >> SPARE) & mask
