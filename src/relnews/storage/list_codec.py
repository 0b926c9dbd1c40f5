"""The stored list of an article, as bytes. Needs no NumPy, so that a list is read at once."""

from __future__ import annotations

import operator
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

#: Key, score, similarity and position of a candidate.
_ENTRY = struct.Struct("<qiii")

#: Bytes beside the entries: `is_all` before them, the checksum behind them.
_FRAME = 5

_position = operator.itemgetter(3)

#: ``position`` of a candidate that is neither an item nor a near-duplicate of an item.
NO_POSITION = -1


class StoredList(NamedTuple):
    """The best candidates of an article, best first.

    Parameters
    ----------
    entries : list of (int, int, int, int)
        Key of an article, score and similarity in millionths, and position: the place of an item in
        the list, `NO_POSITION`, or -2 - n for a near-duplicate of the item at place n.
    is_all : bool
        Whether no other article is related.
    """

    entries: list[tuple[int, int, int, int]]
    is_all: bool

    @classmethod
    def unpack(cls, stored: bytes) -> StoredList:
        """Read what `pack` returned."""
        check_lists([stored])
        return cls([*_ENTRY.iter_unpack(stored[1:-4])], bool(stored[0]))

    def keys(self) -> list[int]:
        """Return the keys of the candidates."""
        return [key for key, *_ in self.entries]

    def items(self) -> list[tuple[tuple[int, int, int, int], list[int]]]:
        """Return the items in order, each with the keys of its near-duplicates."""
        items = []
        near_duplicates: dict[int, list[int]] = {}
        for entry in self.entries:
            position = entry[3]
            if position >= 0:
                items.append(entry)
            elif position < NO_POSITION:
                near_duplicates.setdefault(-2 - position, []).append(entry[0])
        items.sort(key=_position)
        return [(item, near_duplicates.get(item[3], [])) for item in items]

    def pack(self) -> bytes:
        """Return the list as it is stored: `is_all`, the entries, and a checksum."""
        entries = b"".join(_ENTRY.pack(*entry) for entry in self.entries)
        return pack_lists([(self.is_all, entries)])[0]


def pack_lists(lists: Iterable[tuple[bool, bytes]]) -> list[bytes]:
    """Return lists as they are stored.

    Parameters
    ----------
    lists : iterable of (bool, bytes)
        `is_all`, and the packed entries.
    """
    packed = []
    for is_all, entries in lists:
        body = bytes([is_all]) + entries
        packed.append(body + zlib.crc32(body).to_bytes(4, "little"))
    return packed


def check_lists(stored: Sequence[bytes]) -> None:
    """Raise ValueError if one of the stored lists was not made by `pack_lists`."""
    is_sound = True
    for packed in stored:
        checksum = int.from_bytes(packed[-4:], "little")
        is_sound &= len(packed) % _ENTRY.size == _FRAME and zlib.crc32(packed[:-4]) == checksum
    if not is_sound:
        msg = "a stored list has another checksum than when it was written"
        raise ValueError(msg)
