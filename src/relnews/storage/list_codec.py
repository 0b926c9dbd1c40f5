"""Entries: the stored list of an article, as bytes. Needs no numpy, so that it is read at once."""

from __future__ import annotations

import operator
import struct
import zlib
from typing import NamedTuple

_ENTRY = struct.Struct("<qiii")

_slot = operator.itemgetter(3)

#: ``slot`` of what is no item, and no near-duplicate of one.
NO_SLOT = -1


class Entries(NamedTuple):
    """The best candidates of an article, best first.

    Parameters
    ----------
    entries : list of (int, int, int, int)
        Key of an article, score and similarity in millionths, and slot: the place of an item in the
        list, `NO_SLOT`, or -2 - n for a near-duplicate of the item at place n.
    is_all : bool
        Whether no other article is related.
    """

    entries: list[tuple[int, int, int, int]]
    is_all: bool

    @classmethod
    def unpack(cls, stored: bytes) -> Entries:
        """Read what `pack` returned."""
        cls.check(stored)
        return cls([*_ENTRY.iter_unpack(stored[1:-4])], bool(stored[0]))

    @staticmethod
    def check(stored: bytes) -> None:
        """Refuse what `pack` never returned."""
        is_whole = len(stored) % _ENTRY.size == 5
        checksum = int.from_bytes(stored[-4:], "little")
        if not is_whole or zlib.crc32(stored[:-4]) != checksum:
            msg = "a stored list has another checksum than when it was written"
            raise ValueError(msg)

    def keys(self) -> list[int]:
        """Return the articles."""
        return [key for key, *_ in self.entries]

    def shown(self) -> list[tuple[tuple[int, int, int, int], list[int]]]:
        """Return the items in order, each with the keys of its near-duplicates."""
        items = []
        also: dict[int, list[int]] = {}
        for entry in self.entries:
            slot = entry[3]
            if slot >= 0:
                items.append(entry)
            elif slot < NO_SLOT:
                also.setdefault(-2 - slot, []).append(entry[0])
        items.sort(key=_slot)
        return [(item, also.get(item[3], [])) for item in items]

    def pack(self) -> bytes:
        """Return the list as it is stored: `is_all`, the entries, and a checksum."""
        body = bytes([self.is_all]) + b"".join(_ENTRY.pack(*entry) for entry in self.entries)
        return body + zlib.crc32(body).to_bytes(4, "little")
