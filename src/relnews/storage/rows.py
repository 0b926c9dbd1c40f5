"""Rows: rows of the catalogue's tables as named values."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple


@dataclasses.dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder of arrays that belongs to the archive.

    Parameters
    ----------
    number : int
        Number of the folder.
    kind : str
        A key of `relnews.storage.arrays.DTYPES`.
    segment : int or None
        For an outline: number of its segment's folder; None for other kinds.
    files : dict of str to (int, int)
        Size in bytes and checksum of each array.
    """

    number: int
    kind: str
    segment: int | None
    files: dict[str, tuple[int, int]]


class StoredCounts(NamedTuple):
    """The stored counts of a pending article; see `relnews.archive.pending`."""

    key: int
    terms: bytes
    codes: bytes
    text: bytes
    phrases: bytes
    checksum: int
    published: int | None
    id: str
