"""Reader of JSON Lines: one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from relnews import _checks
from relnews.readers import _errors
from relnews.readers.lines import LineReader

#: How a first line begins when it is not JSON Lines: an array of objects, or indented JSON.
_OTHER_JSON = re.compile(rb"\s*(?:\[\s*[{\]]|[\[{]\s*$)")


class Reader(LineReader):
    """The articles of a file of JSON Lines."""

    def _parse(
        self, lines: Iterable[bytes], name: str
    ) -> Iterator[tuple[int, Mapping[str, object] | str]]:
        return records(lines, name)


def records(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, dict[str, object] | str]]:
    """Yield each object with the number of its line.

    Parameters
    ----------
    lines : iterable of bytes
        In UTF-8; blank lines are skipped.
    name : str
        Name of the file, for errors.

    Yields
    ------
    line : int
        From 1.
    record : dict or str
        A string tells why the line is no record.

    Raises
    ------
    ValueError
        If the file is JSON, but not JSON Lines.
    """
    first = True
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        record = _record(line)
        if first and isinstance(record, str) and (other := _OTHER_JSON.match(line)):
            raise _errors.not_json_lines(name, array=b"[" in other.group())
        first = False
        yield number, record


def _record(line: bytes) -> dict[str, object] | str:
    try:
        text = line.decode().rstrip()
        record = json.loads(text)
    except UnicodeDecodeError as error:
        return _checks.expected_utf8(line[error.start])
    except json.JSONDecodeError as error:
        return _errors.expected_json_object(text, f"{error.msg}: column {error.colno}")
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond Python's limits
        return _errors.expected_json_object(text, str(error))
    if not isinstance(record, dict):
        return _errors.expected_json_object(text, type(record).__name__)
    return record
