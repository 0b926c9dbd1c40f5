"""Reader of JSON: one object a line, an array of objects, or an object that holds the list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from relnews.readers import _errors
from relnews.readers.field_names import FieldNames
from relnews.readers.found import Found, Skipped
from relnews.readers.json_decoding import loads, loads_leniently
from relnews.readers.json_document import document_values, holds_list
from relnews.readers.json_shapes import JsonShapes
from relnews.readers.json_tables import rows_of_table
from relnews.readers.lines import LONGEST, LineReader, Lines
from relnews.readers.load_report import Problem

#: How an array of objects begins. A log line such as ``[INFO] …`` is no array.
_ARRAY = re.compile(r"\s*\[\s*(?:\[?\s*[{\]]|$)")


class Reader(LineReader):
    """The articles of files of JSON."""

    format = "jsonl"

    def _parse(self, lines: Lines, name: str) -> Iterator[Found]:
        return records(lines, FieldNames(self._spec.fields, self._spec.remembered))


def records(lines: Lines, names: FieldNames) -> Iterator[Found]:
    """Yield each record of a file of JSON, with its place.

    JSON Lines are read line by line; what else the first line may begin, value by value.

    Parameters
    ----------
    lines : Lines
        Blank lines are skipped.
    names : FieldNames
        Names of the fields of an article.

    Yields
    ------
    place : str
        The line; the line and the column in a document.
    record : mapping or Skipped
    """
    shapes = _Shapes(names)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        if not _ARRAY.match(lines.damaged_line):
            return
        first = lines.damaged_line
    if _ARRAY.match(first) or _begins_document(first):
        for place, value in document_values(first, lines):
            yield from shapes.records(place, value)
        return
    yield from _line(first, lines.number, shapes)
    for line in lines:
        yield from _line(line, lines.number, shapes)


class _Shapes:
    """Finds the records in values of JSON."""

    def __init__(self, names: FieldNames) -> None:
        self._names = names
        self._shapes = JsonShapes(names)

    def records(self, place: str, value: object) -> Iterator[Found]:
        """Yield the records of a value: the rows of a table, or what `JsonShapes` finds."""
        rows = None
        if isinstance(value, dict) and isinstance(next(iter(value.values()), None), (dict, list)):
            rows = rows_of_table(value, self._names)
        if rows is None:
            yield from self._shapes.records(place, value)
            return
        for number, row in enumerate(rows):
            yield f"{place}[{number}]", row


def _begins_document(line: str) -> bool:
    """Return whether a first line begins an object that ends in another line, or is very long."""
    if len(line) > LONGEST:
        return holds_list(line)
    text = line.strip()
    try:
        loads(text)
    except json.JSONDecodeError as error:
        return text.startswith("{") and error.pos >= len(text)
    except (ValueError, RecursionError):  # beyond Python's limits
        pass
    return False


def _line(line: str, number: int, shapes: _Shapes) -> Iterator[Found]:
    """Yield the record, or the records, of a line of JSON Lines."""
    text = line.strip().removeprefix("\ufeff")  # files with byte order marks were joined
    if not text:
        return
    if len(line) > LONGEST:
        problem = _errors.record_too_long(LONGEST)
    else:
        try:
            value = loads_leniently(text)  # a tab inside a text is no reason to lose it
        except json.JSONDecodeError as error:
            if error.msg == "Extra data" and text.startswith("{"):
                for _, part in document_values(text):
                    yield from shapes.records(str(number), part)
                return
            problem = _errors.expected_json_object(text, f"{error.msg}: column {error.colno}")
        except (ValueError, RecursionError) as error:  # beyond Python's limits
            problem = _errors.expected_json_object(text, str(error))
        else:
            yield from shapes.records(str(number), value)
            return
    yield str(number), Skipped(Problem.UNREADABLE, problem)
