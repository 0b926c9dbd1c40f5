"""Open a file, plain or packed, or standard input, and tell its encoding."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

#: The path that means standard input.
STDIN = "-"

#: Endings of the names of packed files.
PACKED = (".gz", ".xz")

#: The first characters of a text in UTF-16 without a byte order mark: a bracket, or a name.
_ZEROS = {
    re.compile(rb"[^\0]\0[^\0]\0"): "utf-16-le",
    re.compile(rb"\0[^\0]\0[^\0]"): "utf-16-be",
}

#: Bytes that are not UTF-8, as ``surrogateescape`` has them, and their characters in Windows-1252.
_ESCAPED = re.compile("[\udc80-\udcff]")
_WESTERN = {
    chr(0xDC00 + byte): bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)
}

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


def encoding_of(beginning: bytes) -> str:
    """Return the encoding of a text: UTF-16 if its first characters say so, or else UTF-8.

    Parameters
    ----------
    beginning : bytes
        The first bytes. A UTF-8 byte order mark is part of ``utf-8-sig``.
    """
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    without_mark = (encoding for zeros, encoding in _ZEROS.items() if zeros.match(beginning))
    return next(without_mark, "utf-8-sig")


def text_of(stream: BinaryIO) -> io.TextIOWrapper:
    """Return the text of a stream in the encoding of `encoding_of`.

    Lines end as the file ends them: with a line feed, a carriage return, or both. A byte that is
    not UTF-8 becomes a lone surrogate; see `as_western`.

    Parameters
    ----------
    stream : BinaryIO
        With a ``peek``. Detach the text from it before the stream is left.
    """
    encoding = encoding_of(cast("io.BufferedReader", stream).peek(4))
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(stream, encoding, errors, newline="")


def as_western(text: str) -> str:
    """Return a text of `text_of` whose bytes that are not UTF-8 are read as Windows-1252.

    Parameters
    ----------
    text : str
    """
    return _ESCAPED.sub(lambda match: _WESTERN[match[0]], text)


def size_of(path: Path) -> int | None:
    """Return the size of a regular file; None for a pipe or a device."""
    return path.stat().st_size if path.is_file() else None
