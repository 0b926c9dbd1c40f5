"""Open a file, plain or packed, or standard input, and count the bytes that are read."""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

#: The path that means standard input.
STDIN = "-"

#: Endings of the names of packed files.
PACKED = (".gz", ".xz")

#: Errors of unpacking a file that is cut off or damaged.
DAMAGE = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)

#: First bytes of a packed file, and the function that unpacks it.
_UNPACKERS: dict[bytes, Callable[[Any], contextlib.AbstractContextManager[Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.open,
}


class CountedFile(io.FileIO):
    """A file that counts the bytes that were read; the count survives closing."""

    bytes_read = 0

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, and count."""
        count = super().readinto(buffer)
        self.bytes_read += count
        return count


Source: TypeAlias = CountedFile | io.BufferedReader


def standard_input() -> contextlib.AbstractContextManager[Source]:
    """Return standard input, which stays open."""
    return contextlib.nullcontext(cast("io.BufferedReader", sys.stdin.buffer))


@contextlib.contextmanager
def unpacked(file: Source) -> Iterator[BinaryIO]:
    """Open a file for reading; unpack it if its first bytes say so."""
    buffered = io.BufferedReader(file)
    try:
        head = buffered.peek()
        unpackers = (unpack for magic, unpack in _UNPACKERS.items() if head.startswith(magic))
        with next(unpackers, contextlib.nullcontext)(buffered) as stream:
            yield stream
    finally:
        buffered.detach()  # otherwise standard input would be closed


def size_of(path: Path) -> int | None:
    """Return the size of a regular file; None for a pipe or a device."""
    return path.stat().st_size if path.is_file() else None
