"""The values of a document of JSON that is not JSON Lines, one after another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from relnews.readers import _errors
from relnews.readers.found import Skipped
from relnews.readers.json_decoding import raw_decode
from relnews.readers.lines import LONGEST, Lines
from relnews.readers.load_report import Problem

#: Characters of the longest object that holds a list of records: it is decoded as a whole.
LONGEST_DOCUMENT = 256 << 20

#: Characters that are read at a time.
_WINDOW = 1 << 18

#: Characters in which an object that holds a list begins it.
_BEGINNING = 1 << 16

#: Longest piece of JSON that may be cut off without a message of its own: ``\uXXXX\uXXXX``.
_LONGEST_PIECE = 16

_LIST = re.compile(r"\[\s*\{")
_BETWEEN = re.compile(r"[\s,\[\]\ufeff]*")


def document_values(
    text: str, lines: Lines | None = None
) -> Iterator[tuple[str, object | Skipped]]:
    """Yield the values of a document: elements of arrays, or objects one after another.

    An element that cannot be read is skipped, if the next one begins a line in the same way.

    Parameters
    ----------
    text : str
        The beginning of the document.
    lines : Lines, optional
        The rest.

    Yields
    ------
    place : str
        Line and column of the value.
    value : object or Skipped
        The value, or why it, and maybe all after it, is lost.
    """
    yield from _Document(text, lines)


def holds_list(text: str, start: int = 0) -> bool:
    """Return whether a list of objects begins early in a text."""
    return _LIST.search(text, start, start + _BEGINNING) is not None


class _Document:
    """A window that moves over the text of a document."""

    def __init__(self, text: str, lines: Lines | None) -> None:
        self._text = text
        self._lines = lines
        self._at = 0
        self._depth = 0
        self._line = 1 if lines is None else lines.number
        self._line_start = 0

    def __iter__(self) -> Iterator[tuple[str, object | Skipped]]:
        while self._go_to_value():
            self._move_window()
            place = f"{self._line}:{self._at - self._line_start + 1}"
            value = self._value()
            if isinstance(value, Skipped) and not self._go_to_next():
                if self._is_damaged():
                    return
                detail = f"{value.detail}; {_errors.rest_is_lost()}"
                yield place, Skipped(value.problem, detail)
                return
            yield place, value
        if self._depth > 0 and not self._is_damaged():
            detail = _errors.damaged_file(EOFError())
            yield f"{self._line}", Skipped(Problem.UNREADABLE, detail)

    def _go_to_value(self) -> bool:
        """Go to the next value, past commas and the brackets of arrays; return False at the end."""
        while True:
            match = _BETWEEN.match(self._text, self._at)
            assert match is not None
            between = match.group()
            self._depth += between.count("[") - between.count("]")
            self._go_to(match.end())
            if self._at < len(self._text):
                return True
            self._move_window()
            if not self._more(_WINDOW):
                return False

    def _value(self) -> object | Skipped:
        """Decode the value that begins here, and go past it."""
        while True:
            is_cut = False
            try:
                value, end = raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                reason = error.msg
                left = len(self._text) - error.pos
                is_cut = left <= _LONGEST_PIECE or error.msg.startswith("Unterminated")
            except (ValueError, RecursionError) as error:  # beyond Python's limits
                reason = str(error)
            else:
                # The digits of a number may go on.
                is_cut = end == len(self._text) and not isinstance(value, (dict, list, str))
                if not is_cut or not self._more(_WINDOW):
                    self._go_to(end)
                    return value  # type: ignore[no-any-return]
                continue
            n_read = len(self._text) - self._at
            limit = LONGEST
            if self._depth == 0 and holds_list(self._text, self._at):
                limit = LONGEST_DOCUMENT
            if is_cut and n_read > limit:
                return Skipped(Problem.UNREADABLE, _errors.record_too_long(limit))
            if not is_cut or not self._more(min(max(_WINDOW, n_read), limit + 1 - n_read)):
                got = self._text[self._at : self._at + 200]
                return Skipped(Problem.UNREADABLE, _errors.expected_json_object(got, reason))

    def _go_to_next(self) -> bool:
        """Go to the next element after one that cannot be read; return False if none is found.

        Elements of an array, and no objects inside them, begin lines of the same indentation.
        """
        indentation = self._text[max(0, self._line_start) : self._at]
        if self._line_start < 0 or indentation.strip():
            return False
        next_element = re.compile(rf"\n{indentation}\{{")
        while (found := next_element.search(self._text, self._at)) is None:
            # The pattern may be cut off.
            self._go_to(max(self._at, len(self._text) - len(indentation) - 2))
            self._move_window()
            if not self._more(_WINDOW):
                return False
        self._go_to(found.end() - 1)
        return True

    def _is_damaged(self) -> bool:
        """Return whether the text ends in damage, which its reader reports."""
        return self._lines is not None and self._lines.damage is not None

    def _go_to(self, at: int) -> None:
        self._line += self._text.count("\n", self._at, at)
        if (line_end := self._text.rfind("\n", self._at, at)) >= 0:
            self._line_start = line_end + 1
        self._at = at

    def _move_window(self) -> None:
        """Forget most of the text that has been read."""
        start = max(self._line_start, self._at - _WINDOW)
        if start > max(_WINDOW, len(self._text) // 2):
            self._text = self._text[start:]
            self._line_start -= start
            self._at -= start

    def _more(self, n_characters: int) -> bool:
        """Read on; return False at the end."""
        more = "" if self._lines is None else self._lines.read(n_characters)
        self._text += more
        return more != ""
