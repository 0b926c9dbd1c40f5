"""Files of articles: which format, and the reader that goes through it."""

from __future__ import annotations

import codecs
import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args

from relnews.articles import FIELDS
from relnews.readers import _errors, csv, jsonl
from relnews.readers.documents import DocumentReader
from relnews.readers.load_report import Problem
from relnews.readers.opening import (
    DAMAGE,
    PACKED,
    STDIN,
    CountedFile,
    Source,
    size_of,
    standard_input,
    unpacked,
)
from relnews.readers.reader import ArticleReader, Found, Skipped

Format = Literal["jsonl", "csv", "markdown", "html", "feed"]

#: Endings of a file name, and what they promise; `PACKED` ones may follow.
FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".rss": "feed",
    ".atom": "feed",
    ".xml": "feed",
}

#: Formats of which each file is read at once, and of which there can be a folder.
DOCUMENTS = ("markdown", "html", "feed")


def read_articles(
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    fields: Mapping[str, str] | None = None,
    strict: bool = False,
) -> ArticleReader:
    """Read the articles of a file or a folder, one after the other.

    Parameters
    ----------
    path : str or path-like
        A file of JSON Lines (``.jsonl``, ``.ndjson``, ``.json``), CSV (``.csv``, ``.tsv``),
        Markdown with front matter (``.md``, ``.markdown``), HTML (``.html``, ``.htm``), RSS or Atom
        (``.rss``, ``.atom``, ``.xml``), plain or packed (``.gz``, ``.xz``: told by its first
        bytes); or a folder of files of one of the last three kinds. ``"-"`` is standard input.
    format : {"jsonl", "csv", "markdown", "html", "feed"}, optional
        What is there if names do not say so, or say more than one thing; JSON Lines for standard
        input.
    fields : mapping, optional
        Field of `Article` to the name that the file has for it, such as ``{"text": "body"}``.
    strict : bool, default=False
        Raise `ArticleError` at the first problem instead of counting it.

    Returns
    -------
    ArticleReader
        Iterate over it; its ``load_report`` says what was skipped or mended and why.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file, or nothing to read in the folder.
    ImportError
        If what reads the format is not installed: ``relnews[markdown]``, ``relnews[html]``,
        ``relnews[feeds]``.
    ValueError
        If the format or a field is unknown. While reading: if a CSV header lacks a name of
        `fields`, or if the file is one JSON array.
    """
    name = os.fspath(path)
    is_folder = name != STDIN and Path(name).is_dir()
    if format is None:
        if is_folder:
            format = _format_in(Path(name))  # noqa: A001
        else:
            format = "jsonl" if name == STDIN else _format_of(name)  # noqa: A001
    elif format not in get_args(Format):
        raise _errors.unknown_format(format, get_args(Format))
    for field in fields or {}:
        if field not in FIELDS:
            raise _errors.unknown_field(field, FIELDS)
    if name != STDIN and not (is_folder and format in DOCUMENTS):
        _errors.check_articles_file(Path(name))
    if format in DOCUMENTS:
        endings = tuple(ending for ending, known in FORMATS.items() if known == format)
        return DocumentReader(name, format, endings, fields or {}, strict=strict)
    return LineReader(name, format, fields or {}, strict=strict)


class LineReader(ArticleReader):
    """The articles of a file with a line, or a few lines, for each."""

    def __init__(
        self,
        path: str,
        format: Format,  # noqa: A002
        fields: Mapping[str, str],
        *,
        strict: bool = False,
    ) -> None:
        super().__init__(fields, strict=strict)
        self._size = None if path == STDIN else size_of(Path(path))
        self._path = path
        self._format = format
        self._file: CountedFile | None = None

    @property
    def bytes_total(self) -> int | None:
        """Size of the file."""
        return self._size

    @property
    def bytes_read(self) -> int | None:
        """How much of the file the latest pass has taken."""
        if self._size is None:
            return None
        return 0 if self._file is None else self._file.bytes_read

    def _records(self) -> Iterator[Found]:
        name = "<stdin>" if self._path == STDIN else Path(self._path).name
        with self._open() as file, unpacked(file) as stream:
            lines = _Lines(stream)
            try:
                for line, record in self._lines(lines, name):
                    if isinstance(record, str):
                        yield f"{name}:{line}", Skipped(Problem.UNREADABLE, record)
                    else:
                        yield f"{name}:{line}", record
            except DAMAGE as error:
                detail = _errors.damaged_file(error)
                yield f"{name}:{lines.number + 1}", Skipped(Problem.UNREADABLE, detail)

    def _lines(
        self, lines: Iterable[bytes], name: str
    ) -> Iterator[tuple[int, Mapping[str, object] | str]]:
        if self._format == "csv":
            return csv.records(lines, name, self._fields.values())
        return jsonl.records(lines, name)

    def _open(self) -> contextlib.AbstractContextManager[Source]:
        if self._path == STDIN:
            return standard_input()
        self._file = CountedFile(self._path)
        return self._file


class _Lines:
    """The lines of a stream without its byte order mark, and the number of the latest one."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self.number = 0
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            self.number += 1
            yield line.removeprefix(codecs.BOM_UTF8) if self.number == 1 else line


def _format_of(path: str) -> Format:
    ending = _ending(path)
    if ending not in FORMATS:
        raise _errors.unknown_extension(Path(path).name, tuple(FORMATS), PACKED)
    return FORMATS[ending]


def _format_in(folder: Path) -> Format:
    """Return the one format of documents that a folder has files of."""
    endings = {_ending(name) for _, _, names in os.walk(folder) for name in names}
    found = sorted({FORMATS[one] for one in endings & FORMATS.keys()} & {*DOCUMENTS})
    _errors.check_articles_folder(folder, found)
    return found[0]


def _ending(path: str) -> str:
    """Return the ending of a name that says what is in the file."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""
