"""Files of articles: which format, how to open it, and the reader that goes through it."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import lzma
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from relnews import _validation
from relnews.articles import FIELDS, Article, Intake, Problem, parse_article
from relnews.readers import csv, jsonl

Format = Literal["jsonl", "csv"]

#: The path that means standard input.
STDIN = "-"

#: Endings of a file name, and what they promise; `PACKED` ones may follow.
FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
}
PACKED = (".gz", ".xz")

#: First bytes of a packed file, and what unpacks it.
_UNPACKERS: dict[bytes, Callable[[Any], contextlib.AbstractContextManager[Iterable[bytes]]]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.open,
}

#: What unpacking raises when the file is cut off or damaged.
_DAMAGE = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)


def read_articles(
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    fields: Mapping[str, str] | None = None,
    strict: bool = False,
) -> ArticleReader:
    """Read the articles of a file, one after the other.

    Parameters
    ----------
    path : str or path-like
        A file of JSON Lines (``.jsonl``, ``.ndjson``, ``.json``) or CSV (``.csv``, ``.tsv``), plain
        or packed (``.gz``, ``.xz``: told by its first bytes). ``"-"`` is standard input.
    format : {"jsonl", "csv"}, optional
        What the file holds if its name does not say so; JSON Lines for standard input.
    fields : mapping, optional
        Field of `Article` to the name that the file has for it, such as ``{"text": "body"}``.
    strict : bool, default=False
        Raise `ArticleError` at the first problem instead of counting it.

    Returns
    -------
    ArticleReader
        Iterate over it; its ``intake`` says what was skipped or mended and why.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    ValueError
        If the format or a field is unknown. While reading: if a CSV header lacks a name of
        `fields`, or if the file is one JSON array.
    """
    name = os.fspath(path)
    if format is None:
        format = "jsonl" if name == STDIN else _format_of(name)  # noqa: A001
    elif format not in get_args(Format):
        raise _validation.unknown_format(format, get_args(Format))
    for field in fields or {}:
        if field not in FIELDS:
            raise _validation.unknown_field(field, FIELDS)
    if name != STDIN:
        _validation.check_articles_file(Path(name))
    return ArticleReader(name, format, fields or {}, strict=strict)


class ArticleReader:
    """The articles of a file; each ``iter()`` opens it and starts anew.

    `read_articles` makes one. Standard input can be gone through once.

    Attributes
    ----------
    intake : Intake
        Problems that the latest pass met; fresh at every ``iter()``. Ids that come twice are left
        to whoever admits the articles.
    bytes_total, bytes_read : int or None
        Size of the file as it is on disk, and how much of that the latest pass has taken, for a
        progress bar; None where there is no size, as for standard input.
    """

    def __init__(
        self,
        path: str,
        format: Format,  # noqa: A002
        fields: Mapping[str, str],
        *,
        strict: bool = False,
    ) -> None:
        self.intake = Intake(strict=strict)
        self.bytes_total = None if path == STDIN else _size(Path(path))
        self._path = path
        self._format = format
        self._fields = dict(fields)
        self._file: _CountedFile | None = None

    @property
    def bytes_read(self) -> int | None:
        """How much of the file the latest pass has taken."""
        if self.bytes_total is None:
            return None
        return 0 if self._file is None else self._file.bytes_read

    def __iter__(self) -> Iterator[Article]:
        return self.articles()

    def articles(self, intake: Intake | None = None) -> Iterator[Article]:
        """Go through the file; a given intake is told of the problems instead of a fresh one."""
        if intake is None:
            intake = self.intake = Intake(strict=self.intake.strict)
        return self._articles(intake)

    def _articles(self, intake: Intake) -> Iterator[Article]:
        name = "<stdin>" if self._path == STDIN else Path(self._path).name
        with self._open() as file, _unpacked(file) as stream:
            lines = _Lines(stream)
            try:
                for line, record in self._records(lines, name):
                    origin = f"{name}:{line}"
                    if isinstance(record, str):
                        intake.report(Problem.UNREADABLE, origin, record)
                        continue
                    article = parse_article(record, intake, origin, self._fields)
                    if article is not None:
                        yield article
            except _DAMAGE as error:
                detail = _validation.damaged_file(error)
                intake.report(Problem.UNREADABLE, f"{name}:{lines.number + 1}", detail)

    def _records(
        self, lines: Iterable[bytes], name: str
    ) -> Iterator[tuple[int, Mapping[str, object] | str]]:
        if self._format == "csv":
            return csv.records(lines, name, self._fields.values())
        return jsonl.records(lines, name)

    def _open(self) -> contextlib.AbstractContextManager[_Source]:
        if self._path == STDIN:
            return contextlib.nullcontext(cast("io.BufferedReader", sys.stdin.buffer))
        self._file = _CountedFile(self._path)
        return self._file


class _CountedFile(io.FileIO):
    """A file that knows how much of it was read, also after it is closed."""

    bytes_read = 0

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        self.bytes_read += count
        return count


_Source: TypeAlias = _CountedFile | io.BufferedReader


class _Lines:
    """The lines of a stream without its byte order mark, and the number of the latest one."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self.number = 0
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            self.number += 1
            yield line.removeprefix(codecs.BOM_UTF8) if self.number == 1 else line


@contextlib.contextmanager
def _unpacked(file: _Source) -> Iterator[Iterable[bytes]]:
    """Unpack a file if its first bytes say that it is packed; its name may be wrong or missing."""
    buffered = io.BufferedReader(file)
    try:
        head = buffered.peek()
        unpackers = (unpack for magic, unpack in _UNPACKERS.items() if head.startswith(magic))
        with next(unpackers, contextlib.nullcontext)(buffered) as stream:
            yield stream
    finally:
        buffered.detach()  # or standard input would be closed with it


def _format_of(path: str) -> Format:
    name = Path(path)
    suffixes = [suffix.lower() for suffix in name.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in FORMATS:
        raise _validation.unknown_extension(name.name, tuple(FORMATS), PACKED)
    return FORMATS[suffixes[-1]]


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
