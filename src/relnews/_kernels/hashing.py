"""How keys are hashed: multiplied by a secret number, both halves of the product folded."""

from __future__ import annotations

import numpy as np

from relnews._kernels._compile import kernel
from relnews._kernels.machine import multiply_fold

#: What every key is multiplied by, and what is added between two steps of a longer key.
SECRET = np.uint64(0x9E3779B97F4A7C15)
STEP = np.uint64(0xD6E8FEB86659FD93)

#: Low bits of a hash that slots do not depend on.
SPARE = np.uint64(20)

_ONE = np.uint64(1)
_HALF = np.uint64(32)


@kernel
def pair_key(first, last):
    """Return the key of two words in a row; it is never 0."""
    return ((np.uint64(first) << _HALF) | np.uint64(last)) + _ONE


@kernel
def slot_of(key, seed, mask):
    """Return the slot that a key's hash puts it in, in a table of mask + 1 slots."""
    return (multiply_fold(key ^ seed, SECRET) >> SPARE) & mask
