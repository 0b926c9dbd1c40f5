"""Opening a file: plain, packed or standard input, and counting what is read of it."""

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

#: Endings of a packed file's name.
PACKED = (".gz", ".xz")

#: What unpacking raises when the file is cut off or damaged.
DAMAGE = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)

#: First bytes of a packed file, and what unpacks it.
_UNPACKERS: dict[bytes, Callable[[Any], contextlib.AbstractContextManager[Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.open,
}


class CountedFile(io.FileIO):
    """A file that knows how much of it was read, also after it is closed."""

    bytes_read = 0

    def readinto(self, buffer: Any) -> int:
        """Read, and count."""
        count = super().readinto(buffer)
        self.bytes_read += count
        return count


Source: TypeAlias = CountedFile | io.BufferedReader


def standard_input() -> contextlib.AbstractContextManager[Source]:
    """Return standard input, which stays open."""
    return contextlib.nullcontext(cast("io.BufferedReader", sys.stdin.buffer))


@contextlib.contextmanager
def unpacked(file: Source) -> Iterator[BinaryIO]:
    """Unpack a file if its first bytes say that it is packed; its name may be wrong or missing."""
    buffered = io.BufferedReader(file)
    try:
        head = buffered.peek()
        unpackers = (unpack for magic, unpack in _UNPACKERS.items() if head.startswith(magic))
        with next(unpackers, contextlib.nullcontext)(buffered) as stream:
            yield stream
    finally:
        buffered.detach()  # or standard input would be closed with it


def size_of(path: Path) -> int | None:
    """Return the size of a regular file, None of anything else."""
    return path.stat().st_size if path.is_file() else None
