"""Mapping: files in memory without a file descriptor for each.

An archive has 25 to 30 arrays in a segment. With a descriptor for each, 40 segments would reach
the usual limit of 1,024 open files.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import sys
import weakref
from typing import IO, Any


def mapped(file: IO[bytes]) -> memoryview:
    """Return the bytes of a file, read-only and mapped, which need the file no longer.

    Parameters
    ----------
    file : file
        Open file that is not empty. It may be closed afterwards.

    Raises
    ------
    OSError
        If the system cannot map it.
    """
    if sys.platform == "win32":  # a handle has no low limit there
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if sys.version_info >= (3, 13):
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ, trackfd=False))
    return _mapped_by_system(file)


def _mapped_by_system(file: IO[bytes]) -> memoryview:
    """Return the bytes of a file as `mapped`; Python before 3.13 keeps a descriptor for a map."""
    system, n_bytes = _system(), os.fstat(file.fileno()).st_size
    address = system.mmap(None, n_bytes, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
    if address == ctypes.c_void_p(-1).value:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), file.name)
    memory = (ctypes.c_ubyte * n_bytes).from_address(address)
    # At exit, threads may still read it.
    weakref.finalize(memory, system.munmap, address, n_bytes).atexit = False
    return memoryview(memory).toreadonly()


@functools.cache
def _system() -> Any:
    """Return the C library, with the signatures of its functions."""
    system = ctypes.CDLL(None, use_errno=True)
    system.mmap.restype = ctypes.c_void_p
    system.mmap.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    )  # fmt: skip
    system.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    return system
