"""LineReader: articles of a text file with a line, or a few lines, for each."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from relnews.readers import _errors
from relnews.readers.load_report import Problem
from relnews.readers.opening import (
    DAMAGE,
    STDIN,
    CountedFile,
    Source,
    size_of,
    standard_input,
    unpacked,
)
from relnews.readers.read_options import ReadSpec
from relnews.readers.reader import ArticleReader
from relnews.readers.records import Found, Skipped


class LineReader(ArticleReader):
    """The articles of a file with a line, or a few lines, for each.

    A subclass parses the lines.
    """

    def __init__(self, path: str, spec: ReadSpec, *, strict: bool = False) -> None:
        super().__init__(spec, strict=strict)
        self._size = None if path == STDIN else size_of(Path(path))
        self._path = path
        self._file: CountedFile | None = None

    @property
    def bytes_total(self) -> int | None:
        """Size of the file."""
        return self._size

    @property
    def bytes_read(self) -> int | None:
        """Bytes of the file that the latest pass has read."""
        if self._size is None:
            return None
        return 0 if self._file is None else self._file.bytes_read

    def _records(self) -> Iterator[Found]:
        name = "<stdin>" if self._path == STDIN else Path(self._path).name
        with self._open() as file, unpacked(file) as stream:
            lines = _Lines(stream)
            try:
                for line, record in self._parse(lines, name):
                    if isinstance(record, str):
                        yield f"{name}:{line}", Skipped(Problem.UNREADABLE, record)
                    else:
                        yield f"{name}:{line}", record
            except DAMAGE as error:
                detail = _errors.damaged_file(error)
                yield f"{name}:{lines.number + 1}", Skipped(Problem.UNREADABLE, detail)

    def _parse(
        self, lines: Iterable[bytes], name: str
    ) -> Iterator[tuple[int, Mapping[str, object] | str]]:
        """Yield the number of a line, and its record or why it is not a record."""
        raise NotImplementedError

    def _open(self) -> contextlib.AbstractContextManager[Source]:
        if self._path == STDIN:
            return standard_input()
        self._file = CountedFile(self._path)
        return self._file


class _Lines:
    """The lines of a stream without its byte order mark, and the number of the latest line."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self.number = 0
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            self.number += 1
            yield line.removeprefix(codecs.BOM_UTF8) if self.number == 1 else line
