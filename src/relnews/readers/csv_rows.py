"""CsvRows: the rows of lines of CSV, read on after a broken row."""

from __future__ import annotations

import contextlib
import csv
import functools
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from relnews.readers import _errors
from relnews.readers.lines import LONGEST

#: The largest limit that every platform takes (a C long).
_LONGEST_CELL = 2**31 - 1

#: Characters that may be read in vain for the ends of broken rows. Beyond that a row is a line, so
#: that a file of nothing but broken rows ends in time.
_IN_VAIN = 2 * LONGEST

#: Characters that may be read in vain for each character of a row that is whole.
_IN_VAIN_PER_CHARACTER = 8

#: Ids that tell which kinds of characters ids have. A single one tells whether they have blanks,
#: and whether they are numbers.
_N_IDS = 8

#: Characters in which the rest of a broken row is looked for.
_LONGEST_BREAK = 1 << 18

_cell_limit = threading.Lock()


class CsvRows:
    """The rows of lines of CSV, each with the number of its first line.

    A quote that is never closed swallows the lines after it. Such a row is given up, and its lines
    but the first are read again.

    Parameters
    ----------
    first : str
        The first line that is not blank.
    rest : iterator of str
        The lines after it. A line of more than `LONGEST` characters may be cut off.
    number : int
        Number of the first line.
    delimiter : str
        Delimiter of cells.
    """

    def __init__(self, first: str, rest: Iterator[str], number: int, delimiter: str) -> None:
        self._feed = _Feed(first, rest)
        self._delimiter = delimiter
        # Who writes a blank after each delimiter of the header means none of it.
        has_blanks = 0 < first.count(delimiter) == first.count(f"{delimiter} ")
        self._parse = functools.partial(
            csv.reader, delimiter=delimiter, strict=True, skipinitialspace=has_blanks
        )
        self._rows = self._parse(self._feed)
        self._number = number
        self._n_columns = 0
        self._n_named = 0
        self._id: int | None = None
        self._id_characters: set[str] = set()
        self._id_kinds: set[str] = set()
        self._n_ids = 0
        self._lost_until = 0
        self._n_in_vain = 0

    def header(self) -> list[str] | str | None:
        """Return the first row, why it cannot be read, or None if there is no row."""
        row = self._next()
        self._number += len(self._feed.taken)
        return row

    def expect(self, names: Sequence[str], name_of_id: str | None) -> None:
        """Set what a row must be like.

        Parameters
        ----------
        names : sequence of str
            Names of the columns. Those at the end that are empty may be missing in a row.
        name_of_id : str or None
            The column whose cells tell whether a line begins a row.
        """
        self._n_columns = len(names)
        self._n_named = max((i for i, name in enumerate(names, start=1) if name), default=0)
        self._id = None if name_of_id is None else names.index(name_of_id)

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        """Yield the rows that are not blank, or why a line is no row."""
        while (row := self._next()) is not None:
            taken = self._feed.taken
            number = self._number
            if isinstance(row, list) and not any(map(str.strip, row)):
                self._number += len(taken)
                continue
            problem = self._problem(row, taken)
            if problem is None:
                self._learn(row)
                self._lost_until = 0
                if self._n_in_vain > 0:
                    n_earned = _IN_VAIN_PER_CHARACTER * sum(map(len, taken))
                    self._n_in_vain = max(0, self._n_in_vain - n_earned)
            elif self._is_given_up(row, taken):
                self._n_in_vain = min(_IN_VAIN, self._n_in_vain + sum(map(len, taken)))
                self._feed.give_back(taken[1:])
                del taken[1:]
                self._find_end()
            self._number += len(taken)
            yield number, row if problem is None else problem

    def _next(self) -> list[str] | str | None:
        """Return the next row, or why it is broken; None at the end."""
        self._feed.begin(LONGEST if self._n_in_vain < _IN_VAIN else 0)
        try:
            with _long_cells():
                return next(self._rows, None)
        except csv.Error as error:
            return _errors.expected_row(str(error))
        except _TooLongError:
            if self._n_in_vain < _IN_VAIN or len(self._feed.taken) == 1:
                return _errors.record_too_long(LONGEST)
            return _errors.never_closed()

    def _problem(self, row: list[str] | str, taken: list[str]) -> str | None:
        """Return what is wrong with a row."""
        if isinstance(row, str):
            return row
        if not self._fits(row):
            return _errors.expected_columns(self._n_columns, len(row))
        if self._number <= self._lost_until and not self._is_id_alike(row):
            return _errors.row_lost()
        # One line may look like a row by chance; of two or more it is the quote that is wrong.
        if len(taken) > 2 and 2 * self._n_rows_in(taken[1:]) > len(taken) - 1:
            return _errors.never_closed()
        return None

    def _is_given_up(self, row: list[str] | str, taken: list[str]) -> bool:
        """Return whether the lines of a broken row but the first are to be read again."""
        if isinstance(row, str) or self._number <= self._lost_until:
            return True
        return len(taken) > 1 and self._n_rows_in(taken[1:]) > 0

    def _find_end(self) -> None:
        """Find the line in which the broken row may end.

        A quoted cell that goes on after the end of a line is closed by a line with an odd number
        of quotes. If there is no such line, the lines after the first are no part of the row.
        """
        if self._number > self._lost_until:
            self._lost_until = self._number + self._feed.n_lines_to(_is_odd)

    def _fits(self, row: list[str]) -> bool:
        """Return whether a row has the columns of the header, and nothing behind them."""
        return len(row) >= self._n_named and not any(map(str.strip, row[self._n_columns :]))

    def _n_rows_in(self, lines: list[str]) -> int:
        """Return the number of lines that are rows by themselves."""
        n_rows = 0
        for line in lines:
            if line.count(self._delimiter) < self._n_named - 1 or len(line) > LONGEST:
                continue
            with _long_cells(), contextlib.suppress(csv.Error):
                for row in self._parse([line]):
                    n_rows += bool(row) and self._fits(row) and self._is_id_alike(row)
        return n_rows

    def _is_id_alike(self, row: list[str]) -> bool:
        """Return whether the id of a row has only kinds of characters that ids had before."""
        if self._id is None or self._n_ids == 0:
            return True
        new = _kinds(row[self._id]) - self._id_kinds
        if self._id_kinds and self._n_ids < _N_IDS:
            new = {*filter(str.isspace, new)}
        return row[self._id] != "" and not new

    def _learn(self, row: list[str] | str) -> None:
        if self._id is not None:
            self._n_ids += 1
            if new := {*row[self._id]} - self._id_characters:
                self._id_characters |= new
                self._id_kinds |= _kinds(new)


class _Feed:
    """Lines for the parser: those that were given back, then the others.

    Attributes
    ----------
    taken : list of str
        The lines of the row that is read.
    """

    def __init__(self, first: str, rest: Iterator[str]) -> None:
        self.taken: list[str] = []
        self._again = deque([first])
        self._rest = rest
        self._n_left = 0

    def begin(self, limit: int) -> None:
        """Begin a row of a number of characters at most."""
        self.taken = []
        self._n_left = limit

    def give_back(self, lines: list[str]) -> None:
        """Read lines once more."""
        self._again.extendleft(reversed(lines))

    def n_lines_to(self, is_end: Callable[[str], bool]) -> int:
        """Return the number of lines to the next one of a kind; 0 if none is near."""
        n_left = _LONGEST_BREAK
        for number in itertools.count():
            if number == len(self._again):
                if (line := next(self._rest, None)) is None:
                    return 0
                self._again.append(line)
            if is_end(self._again[number]):
                return number + 1
            n_left -= len(self._again[number])
            if n_left < 0:
                break
        return 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._rest)
        self.taken.append(line)
        self._n_left -= len(line)
        if self._n_left < 0 and (len(self.taken) > 1 or len(line) > LONGEST):
            raise _TooLongError
        return line


class _TooLongError(Exception):
    """A row has more characters than it may have."""


def _is_odd(line: str) -> bool:
    return line.count('"') % 2 == 1


def _kinds(characters: Iterable[str]) -> set[str]:
    """Return the kinds of characters of an id: letters, and each sign; digits are in any id."""
    return {
        "A" if char.isupper() else "a" if char.isalpha() else char
        for char in characters
        if not char.isdigit()
    }


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
    """Let a cell be longer than csv's 131,072 characters; the limit belongs to the process."""
    with _cell_limit:
        limit = csv.field_size_limit(_LONGEST_CELL)
        try:
            yield
        finally:
            csv.field_size_limit(limit)
