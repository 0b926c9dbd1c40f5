"""How kernels are compiled, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


def kernel(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Compile on first use without the interpreter lock; keep the result on disk if possible."""
    try:
        compiled = numba.njit(nogil=True, cache=True, **options)(function)
    except RuntimeError:  # no folder that the cache could be written to
        compiled = numba.njit(nogil=True, **options)(function)
    return cast(Callable[..., Any], compiled)


def nan_free_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop that meets no NaN: told so, the compiler finds maxima by vectors.

    Not for sums: their order, and with it their rounding, stays as it is written either way.
    """
    return kernel(function, fastmath={"nnan", "nsz"})


def frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return the array as a read-only, C-contiguous plain ndarray, copied only if need be."""
    flags = array.flags
    if not flags.writeable and flags.c_contiguous and type(array) is np.ndarray:
        return array
    if not flags.c_contiguous:
        array = np.ascontiguousarray(array)
    array = array.view(np.ndarray)
    array.flags.writeable = False
    return array
