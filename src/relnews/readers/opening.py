"""Open a file, plain or packed, or standard input, and tell its encoding."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

from relnews import _checks

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


def text_of(stream: BinaryIO) -> io.TextIOWrapper:
    """Return the text of a stream: UTF-16 if its byte order mark says so, or else UTF-8.

    Lines end as the file ends them: with a line feed, a carriage return, or both. A byte that is
    not UTF-8 becomes a lone surrogate, which `check_utf8` finds.

    Parameters
    ----------
    stream : BinaryIO
        With a ``peek``. Detach the text from it before the stream is left.
    """
    head = cast("io.BufferedReader", stream).peek(2)
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding, errors = ("utf-16", "replace") if is_utf16 else ("utf-8", "surrogateescape")
    return io.TextIOWrapper(stream, encoding, errors, newline="")


def check_utf8(text: str) -> str | None:
    """Return what is wrong with the encoding of a text of `text_of`; None if nothing is.

    Parameters
    ----------
    text : str
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return _checks.expected_utf8(ord(text[error.start]) & 0xFF)
    return None


def size_of(path: Path) -> int | None:
    """Return the size of a regular file; None for a pipe or a device."""
    return path.stat().st_size if path.is_file() else None
