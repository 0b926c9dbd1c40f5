"""Reader of comma-separated values, also with semicolons or tabs: a header row, then articles."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
import threading
from collections.abc import Iterable, Iterator, Mapping

from relnews import _checks
from relnews.readers import _errors
from relnews.readers.lines import LineReader

#: Delimiters of cells; the first wins a tie.
DELIMITERS = ",;\t"

_QUOTED = re.compile(r'"[^"]*(?:"|$)')

#: The largest limit that every platform takes (a C long).
_LONGEST_CELL = 2**31 - 1

_cell_limit = threading.Lock()


class Reader(LineReader):
    """The articles of a file of CSV."""

    def _parse(
        self, lines: Iterable[bytes], name: str
    ) -> Iterator[tuple[int, Mapping[str, object] | str]]:
        return records(lines, name, self._spec.fields.values())


def records(
    lines: Iterable[bytes], name: str, columns: Iterable[str] = ()
) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Yield each row as a dict, with the number of its first line.

    Parameters
    ----------
    lines : iterable of bytes
        In UTF-8, with their line ends.
    name : str
        Name of the file, for errors.
    columns : iterable of str
        Columns that the header must have.

    Yields
    ------
    line : int
        From 1.
    record : dict or str
        Column names to cells, without empty cells; a string tells why the row is no record.

    Raises
    ------
    ValueError
        If the header cannot be read or lacks a column.
    """
    rows = _rows(lines)
    _, header = next(rows, (0, None))
    if header is None:
        return
    if isinstance(header, str):
        raise _errors.no_header(name, header)
    names = [cell.strip() for cell in header]
    for column in columns:
        if column not in names:
            raise _errors.no_such_column(name, column, names)
    for line, row in rows:
        if isinstance(row, str):
            yield line, row
        elif len(row) != len(names):
            yield line, _errors.expected_columns(len(names), len(row))
        else:
            yield line, {key: cell for key, cell in zip(names, row, strict=True) if cell}


def _rows(lines: Iterable[bytes]) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the rows that are not blank, or why a row cannot be read, each with its line."""
    # A byte that is not UTF-8 becomes a lone surrogate, so that the message can name its row.
    text = enumerate((line.decode(errors="surrogateescape") for line in lines), start=1)
    start, first = next(((number, line) for number, line in text if line.strip()), (1, ""))
    rest = (line for _, line in text)
    rows = csv.reader(itertools.chain([first], rest), delimiter=_delimiter(first), strict=True)
    while True:
        line = start + rows.line_num
        try:
            with _long_cells():
                row = next(rows, None)
            if row is None:
                return
            "".join(row).encode()
        except csv.Error as error:
            yield line, _errors.expected_row(str(error))
        except UnicodeEncodeError as error:
            yield line, _checks.expected_utf8(ord(error.object[error.start]) & 0xFF)
        else:
            if any(cell.strip() for cell in row):
                yield line, row


def _delimiter(header: str) -> str:
    return max(DELIMITERS, key=_QUOTED.sub("", header).count)


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
    """Let a cell be longer than csv's 131,072 characters; the limit belongs to the process."""
    with _cell_limit:
        limit = csv.field_size_limit(_LONGEST_CELL)
        try:
            yield
        finally:
            csv.field_size_limit(limit)
