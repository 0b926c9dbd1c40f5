"""Reader of JSON: one object a line, an array of objects, or an object that holds the list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from relnews.readers import _errors
from relnews.readers.field_names import FieldNames
from relnews.readers.found import Found, Skipped
from relnews.readers.json_decoding import loads
from relnews.readers.json_document import document_values, holds_list
from relnews.readers.json_shapes import JsonShapes
from relnews.readers.lines import LONGEST, LineReader, Lines
from relnews.readers.load_report import Problem
from relnews.readers.opening import check_utf8

#: How an array of objects begins. A log line such as ``[INFO] …`` is no array.
_ARRAY = re.compile(r"\s*\[\s*(?:\[?\s*[{\]]|$)")


class Reader(LineReader):
    """The articles of a file of JSON."""

    def _parse(self, lines: Lines, name: str) -> Iterator[Found]:
        return records(lines, JsonShapes(FieldNames(self._spec.fields, self._spec.remembered)))


def records(lines: Lines, shapes: JsonShapes) -> Iterator[Found]:
    """Yield each record of a file of JSON, with its place.

    JSON Lines are read line by line; what else the first line may begin, value by value.

    Parameters
    ----------
    lines : Lines
        Blank lines are skipped.
    shapes : JsonShapes
        Finds the records in a value.

    Yields
    ------
    place : str
        The line; the line and the column in a document.
    record : mapping or Skipped
    """
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


def _line(line: str, number: int, shapes: JsonShapes) -> Iterator[Found]:
    """Yield the record, or the records, of a line of JSON Lines."""
    text = line.strip().removeprefix("\ufeff")  # files with byte order marks were joined
    if not text:
        return
    problem = _errors.record_too_long(LONGEST) if len(line) > LONGEST else check_utf8(text)
    if problem is None:
        try:
            value = loads(text)
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
