"""How kernels are compiled, in one place.

Importing Numba takes longer than ranking the first list: kernels are there when they are imported,
and compiled, or loaded, when one is called. Each stands for itself in the kernels that call it.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


class _Late:
    """What is known to Numba when it is first needed.

    Parameters
    ----------
    make : callable
        Returns what Numba knows.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def made(self) -> Any:
        _introduce()
        return self._make()

    def __call__(self, *arguments: Any) -> Any:
        return self.made(*arguments)


def kernel(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Compile on first use without the interpreter lock; keep the result on disk if possible."""

    def compiled() -> Any:
        import numba

        try:
            return numba.njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # no folder that the cache could be written to
            return numba.njit(nogil=True, **options)(function)

    return functools.update_wrapper(cast(Callable[..., Any], _Late(compiled)), function)


def nan_free_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop that meets no NaN: told so, the compiler finds maxima by vectors.

    Not for sums: their order, and with it their rounding, stays as it is written either way.
    """
    return kernel(function, fastmath={"nnan", "nsz"})


def instruction(name: str) -> Callable[..., Any]:
    """Return a machine instruction, to be called by kernels."""
    return _Late(lambda: getattr(importlib.import_module("relnews._kernels.instructions"), name))


@functools.cache
def _introduce() -> None:
    """Tell Numba that what is late stands for what is made of it."""
    from numba.core.registry import cpu_target
    from numba.extending import typeof_impl

    importlib.import_module("relnews._kernels.instructions")

    @typeof_impl.register(_Late)
    def type_of(late: _Late, _: Any) -> Any:
        return cpu_target.typing_context.resolve_value_type(late.made)


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
