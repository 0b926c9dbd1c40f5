"""Compilation of kernels, on their first call.

Importing Numba takes 0.14 s and 20 MB, so it does not happen at import. A kernel that calls another
kernel finds it under the same name.
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
    """Function that Numba compiles on its first call.

    Parameters
    ----------
    make : callable
        Returns the compiled function or the intrinsic; called once.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def made(self) -> Any:
        """Compiled function."""
        _introduce()
        return self._make()

    def __call__(self, *arguments: Any) -> Any:
        return self.made(*arguments)


def kernel(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Return a function that is compiled on its first call and runs without the interpreter lock.

    Parameters
    ----------
    function : callable
        Loops over arrays, as Numba compiles them.
    **options
        Further options of ``numba.njit``.

    Returns
    -------
    callable
        The machine code is cached on disk if a folder can be written to.
    """

    def compiled() -> Any:
        """Return the compiled function."""
        import numba

        from relnews._kernels import _cache

        # Callers keep all arrays; counting references to them took a fifth of a ranking.
        dispatcher = numba.njit(**{"nogil": True, "_nrt": False, **options})(function)
        try:
            dispatcher._cache = _cache.KernelCache(function)
        except RuntimeError as error:
            _cache.warn_of_lost_code(error)
        # From now on its module has the compiled function itself.
        names = function.__globals__
        if names.get(function.__name__) is late:
            names[function.__name__] = dispatcher
        return dispatcher

    late = functools.update_wrapper(cast(Callable[..., Any], _Late(compiled)), function)
    return late


def inner_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that only kernels call.

    Without the code for calls from Python, it compiles in two thirds of the time.
    """
    return kernel(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def nan_free_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel for arrays without NaN, so that the compiler vectorizes maxima.

    The order of additions, and with it rounding, stays as written.
    """
    return kernel(function, fastmath={"nnan", "nsz"})


def instruction(name: str) -> Callable[..., Any]:
    """Return a machine instruction of `relnews._kernels.instructions` that kernels can call."""
    return _Late(lambda: getattr(importlib.import_module("relnews._kernels.instructions"), name))


@functools.cache
def _introduce() -> None:
    """Register the type of `_Late` with Numba: the type of the function that it compiles."""
    from numba.core.registry import cpu_target
    from numba.extending import typeof_impl

    importlib.import_module("relnews._kernels.instructions")

    @typeof_impl.register(_Late)
    def type_of(late: _Late, _: Any) -> Any:
        """Return the Numba type of the compiled function."""
        return cpu_target.typing_context.resolve_value_type(late.made)


def frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return the array as a read-only, C-contiguous plain ndarray; copy it only if necessary."""
    flags = array.flags
    if not flags.writeable and flags.c_contiguous and type(array) is np.ndarray:
        return array
    if not flags.c_contiguous:
        array = np.ascontiguousarray(array)
    array = array.view(np.ndarray)
    array.flags.writeable = False
    return array
