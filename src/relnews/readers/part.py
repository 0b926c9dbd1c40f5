"""Part: every n-th record of a source, for an archive that is built in parts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import numbers
import zlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from relnews._checks import check_part
from relnews.articles import FIELDS, Article

if TYPE_CHECKING:
    from relnews.readers.found import Found


@dataclasses.dataclass(slots=True)
class Part:
    """A part of a source, and what a pass over the source has found.

    The records of a part are the third, the 67th and so on of a source, if it is the third of 64.
    So they are the same for every source and process, and all parts are about as large.

    Parameters
    ----------
    number, count : int
        Number of the part, from 1, and number of parts.
    input : str, default=""
        Name of the whole input, if the source is this part of it and nothing else.
    options : dict, default={}
        Options of reading, which all parts have in common.

    Attributes
    ----------
    place : int
        Place of the latest record in the source, from 0.
    n_records : int
        Number of records of the source so far, those of other parts included.
    """

    number: int
    count: int
    input: str = ""
    options: dict[str, object] = dataclasses.field(default_factory=dict)
    place: int = -1
    n_records: int = 0
    _checksum: int = 0

    @classmethod
    def of(cls, part: object) -> Part:
        """Return a part that is given as it is, or as two numbers; raise if it is invalid."""
        if isinstance(part, Part):
            return cls(part.number, part.count, part.input, part.options)
        return cls(*check_part(part))

    def own(self, entries: Iterator[Found]) -> Iterator[Found]:
        """Yield the entries of the part, and count all."""
        for place, (origin, record) in enumerate(entries):
            self.n_records = place + 1
            if not self.input:
                texts = "\0".join(_values_in(record)).encode("utf-8", "surrogatepass")
                self._checksum = zlib.crc32(texts, self._checksum)
            if self.input or place % self.count == self.number - 1:
                self.place = place
                yield origin, record

    def setting(self) -> dict[str, object]:
        """Return what the archive of the part stores of it, after the pass."""
        return {
            "part": self.number,
            "parts": self.count,
            "input": self.input or f"{self.n_records} records, {self._checksum:08x}",
            "records": self.n_records if self.input else 0,
            "options": self.options,
        }


def _values_in(record: object) -> Iterator[str]:
    """Yield the names and values in a record, at any depth, that are the same in each process."""
    waiting: list[object] = [record]
    met: dict[int, object] = {}  # a container may be in itself
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif value is None or isinstance(value, numbers.Number | dt.date | dt.time):
            yield repr(value)
        elif isinstance(value, AbstractSet):
            yield from sorted(map(repr, value))
        elif hasattr(value, "dtype"):  # a value of a data frame
            yield str(value)
        elif id(value) not in met:
            met[id(value)] = value
            if isinstance(value, Mapping):
                waiting += itertools.chain.from_iterable(value.items())
            elif isinstance(value, list | tuple):
                waiting += value
            elif isinstance(value, Article):
                waiting += (getattr(value, name) for name in FIELDS)
