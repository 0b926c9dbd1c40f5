"""Entries: the stored list of an article, as bytes. Needs no numpy, so that it is read at once."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from relnews import _validation

_PAIR = struct.Struct("<qi")


class Entries(NamedTuple):
    """The best candidates of an article, best first.

    Parameters
    ----------
    pairs : sequence of (int, int)
        Key of an article, and score in millionths.
    is_all : bool
        Whether no other article is related.
    """

    pairs: list[tuple[int, int]]
    is_all: bool

    @classmethod
    def unpack(cls, stored: bytes) -> Entries:
        """Read what `pack` returned."""
        cls.check(stored)
        return cls([*_PAIR.iter_unpack(stored[1:-4])], bool(stored[0]))

    @staticmethod
    def check(stored: bytes) -> None:
        """Refuse what `pack` never returned."""
        is_whole = len(stored) % _PAIR.size == 5
        checksum = int.from_bytes(stored[-4:], "little")
        _validation.check_entries(is_whole and zlib.crc32(stored[:-4]) == checksum)

    def keys(self, k: int | None = None) -> list[int]:
        """Return the articles, the first k or all."""
        return [key for key, _ in self.pairs[:k]]

    def pack(self) -> bytes:
        """Return the list as it is stored: `is_all`, the pairs, and a checksum."""
        body = bytes([self.is_all]) + b"".join(_PAIR.pack(*pair) for pair in self.pairs)
        return body + zlib.crc32(body).to_bytes(4, "little")
