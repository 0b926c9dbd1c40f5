"""List codec: the stored list of an article as bytes, without importing NumPy."""

from __future__ import annotations

import operator
import struct
import sys
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from relnews.options import modes
from relnews.options.selection import least_steps

#: Key, score, similarity and position of a candidate.
_ENTRY = struct.Struct("<qiii")

#: Bytes besides the entries: `is_all` before the entries, the checksum after them.
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
        """Return the list that `pack` made bytes of."""
        check_lists([stored])
        return cls([*_ENTRY.iter_unpack(stored[1:-4])], bool(stored[0]))

    def keys(self) -> list[int]:
        """Return the keys of the candidates."""
        return [key for key, *_ in self.entries]

    def n_items(self) -> int:
        """Return the number of items, of which `items` leaves out those below the cutoff."""
        return sum(position >= 0 for *_, position in self.entries)

    def items(self, k: int = sys.maxsize) -> list[tuple[tuple[int, int, int, int], list[int]]]:
        """Return the first k items in order, each with the keys of its near-duplicates.

        Entries below the cutoff are left out. The stored bytes have them: which articles are below
        it changes with the best one. Near-duplicates behind the last item are left out too: a
        ranking ends when the list has k items.
        """
        items: list[tuple[int, int, int, int]] = []
        near_duplicates: dict[int, list[int]] = {}
        least = 0
        for entry in self.entries:
            key, steps, _, position = entry
            if steps < least or len(items) == k:
                break
            if position == NO_POSITION:
                continue
            least = least or least_steps(modes.STORED_SELECTION.cutoff, steps)
            if position < 0:
                near_duplicates.setdefault(-2 - position, []).append(key)
            elif position < k:
                items.append(entry)
        items.sort(key=_position)
        return [(item, near_duplicates.get(item[3], [])) for item in items]

    def pack(self) -> bytes:
        """Return the list in stored form: `is_all`, the entries, and a checksum."""
        entries = b"".join(_ENTRY.pack(*entry) for entry in self.entries)
        return pack_lists([(self.is_all, entries)])[0]


def pack_lists(lists: Iterable[tuple[bool, bytes]]) -> list[bytes]:
    """Return lists in stored form.

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
