"""Reader of comma-separated values, also with other delimiters: a header, then articles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from relnews.readers import _errors
from relnews.readers.csv_rows import CsvRows
from relnews.readers.field_names import is_name_of_id
from relnews.readers.found import Found, Skipped
from relnews.readers.lines import LineReader, Lines
from relnews.readers.load_report import Problem
from relnews.readers.visibility import plain_name

#: Delimiters of cells; the first wins a tie.
DELIMITERS = ",;\t|"

#: The line before the header by which Excel knows the delimiter.
_SEPARATOR_LINE = re.compile(r'\s*"?sep=([^"\w\s]|\t)\1*"?\s*', re.IGNORECASE)

_QUOTED = re.compile(r'"[^"]*(?:"|$)')


class Reader(LineReader):
    """The articles of files of CSV."""

    format = "csv"

    def _parse(self, lines: Lines, name: str) -> Iterator[Found]:
        return records(lines, name, self._spec.fields)


def records(lines: Iterable[str], name: str, fields: Mapping[str, str] = {}) -> Iterator[Found]:
    """Yield each row as a mapping, with the number of its first line.

    A row that is broken costs itself only: the lines after it are read again, and each that is no
    row is skipped by itself.

    Parameters
    ----------
    lines : iterable of str
        With their line ends.
    name : str
        Name of the file, for errors.
    fields : mapping, optional
        Field of `Article` to the column that the header must have.

    Yields
    ------
    line : str
        From 1.
    record : dict or Skipped
        Column names to cells, without empty cells.

    Raises
    ------
    ValueError
        If the header cannot be read or lacks a column.
    """
    rest = iter(lines)
    not_blank = ((number, line) for number, line in enumerate(rest, start=1) if line.strip())
    number, first = next(not_blank, (1, ""))
    delimiter = None
    if match := _SEPARATOR_LINE.fullmatch(first):
        delimiter = match[1]
        number, first = next(not_blank, (number, ""))
    rows = CsvRows(first, rest, number, delimiter or _delimiter(first))
    header = rows.header()
    if header is None:
        return
    if isinstance(header, str):
        raise _errors.no_header(name, header)
    names = _names(name, header, fields)
    rows.expect(names, fields.get("id") or next(filter(is_name_of_id, names), None))
    for line, row in rows:
        if isinstance(row, str):
            yield str(line), Skipped(Problem.UNREADABLE, row)
        else:
            yield str(line), {key: cell for key, cell in zip(names, row, strict=False) if cell}


def _delimiter(header: str) -> str:
    return max(DELIMITERS, key=_QUOTED.sub("", header).count)


def _names(name: str, header: list[str], fields: Mapping[str, str]) -> list[str]:
    """Return the names of the columns, as `fields` writes them."""
    names = [cell.strip() for cell in header]
    for i, column in enumerate(names):
        if column and column in names[:i]:
            names[i] = f"{column} ({names[:i].count(column) + 1})"  # both may say who sees it
    for column in fields.values():
        if column not in names:
            alike = [i for i, other in enumerate(names) if plain_name(other) == plain_name(column)]
            if len(alike) != 1:
                raise _errors.no_such_column(name, column, names)
            names[alike[0]] = column
    return names
