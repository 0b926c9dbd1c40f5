"""LineReader: articles of a text file with a line, or a few lines, for each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from relnews.readers import _errors
from relnews.readers.file_reader import FileReader
from relnews.readers.found import Found, Skipped
from relnews.readers.load_report import Problem
from relnews.readers.opening import DAMAGE, as_western, text_of

#: Characters of the longest record. A longer one is no article, and may be an attack.
LONGEST = 32 << 20

#: Characters that are read at a time. Damage loses as many at most.
_PIECE = 1 << 13


class LineReader(FileReader):
    """The articles of files with a line, or a few lines, for each.

    A subclass parses the lines.
    """

    def _stream(self, stream: BinaryIO, name: str) -> Iterator[Found]:
        with Lines(stream) as lines:
            for place, record in self._parse(lines, name):
                yield f"{name}:{place}", record
            if lines.damage is not None:
                detail = _errors.damaged_file(lines.damage)
                yield f"{name}:{lines.number + 1}", Skipped(Problem.UNREADABLE, detail)
            if lines.western_line:
                detail = _errors.read_as_western()
                yield f"{name}:{lines.western_line}", Skipped(Problem.MENDED, detail)

    def _parse(self, lines: Lines, name: str) -> Iterator[Found]:
        """Yield the place of each record in the file, and the record or why it is skipped."""
        raise NotImplementedError


class Lines:
    """The lines of a stream, with their ends, in constant memory.

    Of a line of more than `LONGEST` characters only the first `LONGEST` + 1 come. A damaged stream
    ends at the damage.

    Parameters
    ----------
    stream : BinaryIO
        In an encoding of `encoding_of`.

    Attributes
    ----------
    number : int
        Number of the latest line, from 1.
    damage : Exception or None
        The error of unpacking that ended the stream.
    damaged_line : str
        The beginning of the line in which the stream ended.
    western_line : int
        Number of the first line with bytes that are not UTF-8, or 0.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.number = 0
        self.damage: Exception | None = None
        self.damaged_line = ""
        self.western_line = 0
        self._text: io.TextIOWrapper | None = None
        self._is_cut = False
        try:
            self._text = text_of(stream)
        except DAMAGE as error:
            self.damage = error

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        if self._text is not None:
            self._text.detach()  # otherwise standard input would be closed

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next line."""
        while self._is_cut:
            self._is_cut = _is_cut(self._line(_PIECE))
        line = self._line(LONGEST + 1)
        if not line:
            raise StopIteration
        if len(line) > LONGEST:
            self._is_cut = _is_cut(line)
        self.number += 1
        return self._mended(line)

    def read(self, n_characters: int) -> str:
        """Return the next characters: at least one before the end.

        Parameters
        ----------
        n_characters : int
            About how many; they may lie in several lines, and in the rest of a line that was too
            long.
        """
        self._is_cut = False
        pieces = []
        while n_characters > 0 and self._text is not None and self.damage is None:
            try:
                piece = self._text.read(_PIECE)
            except DAMAGE as error:
                self.damage = error
                break
            if not piece:
                break
            pieces.append(piece)
            n_characters -= len(piece)
        return self._mended("".join(pieces))

    def _mended(self, text: str) -> str:
        """Return a text whose bytes that are not UTF-8 are characters."""
        if text.isascii() or (mended := as_western(text)) == text:
            return text
        self.western_line = self.western_line or self.number
        return mended

    def _line(self, limit: int) -> str:
        """Return the next line, or as much of it; nothing at the end, and of a damaged line."""
        line = ""
        pieces = []
        try:
            while self._text is not None and self.damage is None:
                line = self._text.readline(min(limit, _PIECE))
                limit -= len(line)
                if limit <= 0 or not _is_cut(line):
                    break
                pieces.append(line)
        except DAMAGE as error:
            self.damage = error
            self.damaged_line = "".join(pieces)
            return ""
        return "".join((*pieces, line)) if pieces else line


def _is_cut(piece: str) -> bool:
    """Return whether a piece of a line is not its end."""
    return piece != "" and piece[-1] not in "\r\n"
