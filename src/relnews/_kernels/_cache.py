"""Machine code of kernels on disk: a damaged file is compiled again, and a lost one reported.

This module imports Numba, so it is imported only when a kernel is compiled.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from numba.core.caching import FunctionCache, IndexDataCacheFile

#: Bytes of the checksum at the end of a file.
_N_CHECKSUM = 4

#: Set after the first warning of the process.
_WARNED = threading.Event()

#: Seconds of compiling after which a terminal is told why nothing happens.
_PATIENCE = 1.0


class KernelCache(FunctionCache):
    """Numba's cache of a function, which never fails: at worst the function is compiled again.

    Parameters
    ----------
    function : callable
        Function that is compiled.

    Raises
    ------
    RuntimeError
        If no folder for the files can be written to.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _CheckedFiles(self.cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function, or None if its files are missing, damaged or foreign."""
        loaded = None
        with contextlib.suppress(Exception):  # unpickling raises errors of any class
            # Numba's own method first imports what a compiler needs, SciPy's linear algebra too.
            # Machine code needs none of it: that saves a process 0.2 s and 25 MB.
            loaded = self._load_overload(sig, target_context)
        if loaded is None:
            _NOTICE.compiling()
        return loaded

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled function on disk, or warn that it cannot be kept."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        except OSError as error:
            warn_of_lost_code(error)


class _Notice:
    """Line that tells a terminal, once, that the process compiles."""

    def __init__(self) -> None:
        self._since: float | None = None

    def compiling(self) -> None:
        """Print the line if the first function was compiled some time ago."""
        if self._since is None:
            self._since = time.monotonic()
        elif time.monotonic() - self._since > _PATIENCE and sys.stderr.isatty():
            self._since = float("inf")
            sys.stderr.write(
                "relnews compiles its inner loops, once on this machine. This takes 10 to 40 "
                "seconds.\n"
            )


_NOTICE = _Notice()


class _CheckedFiles(IndexDataCacheFile):
    """Index and data of a function on disk, each file with a checksum at its end.

    A full disk or a power failure leaves files that are cut off or hold zeros. Unpickled, they
    raise any error, and damaged machine code crashes the process.
    """

    def _load_index(self) -> Any:
        try:
            content = Path(self._index_path).read_bytes()
            return super()._load_index() if is_whole(content) else {}  # type: ignore[no-untyped-call]
        except Exception:  # an index of an older version may name classes that are gone
            return {}

    def _load_data(self, name: str) -> Any:
        content = Path(self._data_path(name)).read_bytes()
        return super()._load_data(name) if is_whole(content) else None  # type: ignore[no-untyped-call]

    @contextlib.contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[IO[bytes]]:
        content = io.BytesIO()
        with super()._open_for_write(filepath) as file:
            yield content
            file.write(content.getvalue() + _checksum(content.getvalue()))


def is_whole(content: bytes) -> bool:
    """Return whether the content of a file ends with its checksum."""
    return _checksum(content[:-_N_CHECKSUM]) == content[-_N_CHECKSUM:]


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_N_CHECKSUM, "little")


def warn_of_lost_code(why: Exception) -> None:
    """Warn, once in a process, that each process has to compile.

    Parameters
    ----------
    why : Exception
        Error of keeping the machine code.
    """
    if _WARNED.is_set():
        return
    _WARNED.set()
    msg = (
        f"the compiled loops of relnews cannot be kept on disk ({why}). Each process will compile "
        "them again, for 10 to 40 seconds. Set the environment variable NUMBA_CACHE_DIR to a "
        "folder that can be written to."
    )
    warnings.warn(msg, RuntimeWarning, stacklevel=2)
