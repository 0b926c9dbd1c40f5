"""The archive folder: a catalogue and immutable ``.npy`` files.

::

    archive.relnews/
      catalogue.sqlite        articles, settings, stored lists, which files there are
      000001.vocabulary/      table, blob, term_ptr
      000002.epoch/           document frequencies at its begin, and bounds of common terms
      000003.segment/         the arrays of a Segment
      000004.outline/         bounds of common terms, for each article of a segment
      …
      000005.lines/           lines of articles; only in the archive of a part, see `merge`

Files are written and synced first, under names never used before; then one transaction of the
catalogue names them. A process killed in between leaves the archive as it was. No file is pickled.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews.exceptions import ArchiveFormatError
from relnews.search.bounds import OUTLINE_DTYPES
from relnews.search.segment_layout import OPTIONAL_DTYPES, SEGMENT_DTYPES, WIDER_DTYPES
from relnews.storage import failures, integrity
from relnews.storage.catalogue import KINDS, Catalogue, FolderEntry
from relnews.storage.database import CATALOGUE
from relnews.storage.mapping import mapped
from relnews.storage.syncing import make_folder, sync

#: Sums that the lengths of articles are made of, beside their outline.
SUMS = "sums"

#: Name and dtype of every array, by the kind of its folder.
DTYPES: dict[str, dict[str, np.dtype[Any]]] = {
    "vocabulary": {
        "table": np.dtype(np.uint64), "blob": np.dtype(np.uint8), "term_ptr": np.dtype(np.int64)
    },
    "epoch": {
        "document_frequency": np.dtype(np.int32), "terms": np.dtype(np.int32),
        "basis": np.dtype(np.float64),
    },
    "segment": SEGMENT_DTYPES | OPTIONAL_DTYPES,
    "outline": OUTLINE_DTYPES | {SUMS: np.dtype(np.float64)},
    "lines": {
        "key": np.dtype(np.int64), "line_ptr": np.dtype(np.int64), "n_words": np.dtype(np.int32),
        "hash": np.dtype(np.uint64),
    },
}  # fmt: skip

#: Arrays that a folder may lack.
_OPTIONAL = {*OPTIONAL_DTYPES, SUMS}

Arrays = Mapping[str, NDArray[Any]]

#: Bytes of a ``.npy`` file before the header: magic, version, and length of the header.
_START = 10


class Store:
    """Catalogue and arrays of an archive, in memory or in a folder.

    Parameters
    ----------
    catalogue : Catalogue
        The arrays are in its folder.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._folder = catalogue.folder
        self._in_memory: dict[int, Arrays] = {}
        self._written: list[FolderEntry] = []
        self._dropped: list[FolderEntry] = []
        #: The highest number that a folder has or had; None until a folder is written.
        self._last_number: int | None = None

    @classmethod
    def in_memory(cls) -> Store:
        """Return an empty store."""
        return cls(Catalogue.in_memory())

    @classmethod
    def create(cls, folder: str | os.PathLike[str]) -> Store:
        """Return the store of a folder to write to; the folder may hold an archive already.

        Parameters
        ----------
        folder : path
            Created if it does not exist.

        Raises
        ------
        FileExistsError
            If the folder holds something that is not an archive.
        """
        folder = Path(folder)
        integrity.check_archive_target(folder, CATALOGUE)
        with failures.writing_to(folder):
            make_folder(folder)
        store = cls(Catalogue.create(folder))
        sync(folder)
        return store

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Store:
        """Return the store of an archive folder.

        Parameters
        ----------
        folder : path
            Folder of the archive.

        Raises
        ------
        ArchiveFormatError
            If the folder is no archive, is damaged, or is of an unknown format version.
        """
        return cls(Catalogue.open(Path(folder)))

    def arrays(self, entry: FolderEntry) -> Arrays:
        """Return the arrays of a folder, mapped, after comparing their checksums.

        Inside the transaction that writes them there is nothing to compare yet.
        """
        if self._folder is None:
            return self._in_memory[entry.number]
        arrays, is_new = {}, any(entry.number == written.number for written in self._written)
        for name in names_of(entry):
            dtype = DTYPES[entry.kind][name]
            file = f"{folder_name(entry)}/{name}.npy"
            try:
                expected = entry.files.get(name)
                arrays[name] = _checked(self._folder, file, dtype, expected, is_new=is_new)
            except ArchiveFormatError:
                self.catalogue.check_in_place()
                raise
        return arrays

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all puts, drops and entries made inside, or nothing after an error."""
        leftovers: list[FolderEntry] = []
        try:
            with self.catalogue.transaction():
                self._written, self._dropped, self._last_number = [], [], None
                leftovers = self._written
                yield
                if self._last_number is not None:
                    self.catalogue.set("last_folder", self._last_number)
                if self._written and self._folder is not None:
                    with failures.writing_to(self._folder):
                        sync(self._folder)
            leftovers = self._dropped
        finally:
            self._written = []
            for entry in leftovers:
                self._in_memory.pop(entry.number, None)
                if self._folder is not None:
                    shutil.rmtree(self._folder / folder_name(entry), ignore_errors=True)

    def put(self, kind: str, arrays: Arrays, segment: int | None = None) -> int:
        """Write a folder of arrays and return its number.

        Parameters
        ----------
        kind : str
            A key of `DTYPES`.
        arrays : mapping of str to array
            The arrays by name, with the dtypes of `DTYPES`.
        segment : int, optional
            For an outline: number of its segment's folder.
        """
        entry = FolderEntry(self._unused_number(), kind, segment, {})
        self._written.append(entry)
        if self._folder is None:
            self._in_memory[entry.number] = {
                name: frozen(array.ravel()) for name, array in arrays.items()
            }
        else:
            with failures.writing_to(self._folder):
                files = _write_arrays(self._folder / folder_name(entry), arrays)
            entry = dataclasses.replace(entry, files=files)
        self.catalogue.add_folder(entry)
        return entry.number

    def drop(self, entry: FolderEntry) -> None:
        """Remove a folder of arrays from the archive; its files go after the commit."""
        self._dropped.append(entry)
        self.catalogue.drop_folder(entry.number)

    def drop_all(self, kind: str) -> None:
        """Remove all folders of arrays of a kind."""
        for entry in self.catalogue.folders():
            if entry.kind == kind:
                self.drop(entry)

    def copy_from(self, other: Store) -> None:
        """Replace the contents of this store by the contents of another store."""
        for entry in self.catalogue.folders():
            self.drop(entry)
        self.catalogue.replace_by(other.catalogue)
        numbers: dict[int | None, int | None] = {None: None}
        for entry in sorted(other.catalogue.folders(), key=lambda entry: KINDS.index(entry.kind)):
            with integrity.damage_in(other.catalogue.place):
                segment = numbers[entry.segment]
            numbers[entry.number] = self.put(entry.kind, other.arrays(entry), segment)

    def size(self) -> int:
        """Return the size of all arrays in bytes."""
        entries = self.catalogue.folders()
        if self._folder is None:
            arrays = (array for entry in entries for array in self.arrays(entry).values())
            return sum(array.nbytes for array in arrays)
        return sum(n_bytes for entry in entries for n_bytes, _ in entry.files.values())

    def leftovers(self) -> list[str]:
        """Return the names of folders that killed writers left, or that a writer is writing now."""
        if self._folder is None:
            return []
        names = {folder_name(entry) for entry in self.catalogue.folders()}
        return sorted(
            path.name
            for path in self._folder.iterdir()
            if _is_ours(path) and path.name not in names
        )

    def _unused_number(self) -> int:
        """Return a number that no folder has or had."""
        if self._last_number is None:
            self._last_number = self._highest_number()
        self._last_number += 1
        return self._last_number

    def _highest_number(self) -> int:
        """Return the highest number that a folder has or had; remove folders of killed writers."""
        entries = self.catalogue.folders()
        used = {entry.number for entry in (*entries, *self._dropped)}
        if self._folder is not None:
            names = {folder_name(entry) for entry in (*entries, *self._dropped)}
            for path in self._folder.iterdir():
                if _is_ours(path):
                    used.add(int(path.name.partition(".")[0]))
                    if path.name not in names:
                        shutil.rmtree(path, ignore_errors=True)
        return max([*used, int(self.catalogue.setting("last_folder") or 0)])


def names_of(entry: FolderEntry) -> list[str]:
    """Return the names of the arrays of a folder."""
    names = [*DTYPES[entry.kind]]
    return [name for name in names if name not in _OPTIONAL or name in entry.files]


def folder_name(entry: FolderEntry) -> str:
    """Return the name of a folder of arrays."""
    return f"{entry.number:06d}.{entry.kind}"


def _is_ours(path: Path) -> bool:
    is_name = re.fullmatch(rf"[0-9]{{6,18}}\.({'|'.join(DTYPES)})", path.name)
    return is_name is not None and not path.is_symlink() and path.is_dir()


def _write_arrays(path: Path, arrays: Arrays) -> dict[str, tuple[int, int]]:
    path.mkdir()
    files = {}
    for name, array in arrays.items():
        flat = np.ascontiguousarray(array).ravel()
        with (path / f"{name}.npy").open("wb") as file:
            # np.save hides the reason of a failed write.
            header = np.lib.format.header_data_from_array_1_0(flat)
            np.lib.format.write_array_header_1_0(file, header)
            file.write(flat.data)
            file.flush()
            os.fsync(file.fileno())
            files[name] = file.tell(), zlib.crc32(flat.data)
    sync(path)
    return files


def _checked(
    folder: Path, name: str, dtype: np.dtype[Any], expected: tuple[int, int] | None, *,
    is_new: bool,
) -> NDArray[Any]:  # fmt: skip
    """Return a mapped array of the expected bytes and, if it is not new, the expected checksum."""
    n_bytes, checksum = expected or (None, 0)
    with failures.reading_from(folder):
        integrity.check_file(folder, name, n_bytes)
        array = _mapped(folder, name, dtype, WIDER_DTYPES.get(Path(name).stem, dtype))
    if not is_new and (got := zlib.crc32(array.data)) != checksum:
        why = f"{name} has the checksum {got:08x}, expected {checksum:08x}"
        raise integrity.damaged_archive(folder, why)
    return frozen(array)


def _mapped(folder: Path, name: str, *dtypes: np.dtype[Any]) -> NDArray[Any]:
    """Return a mapped array. Its header must equal the header of a dtype; it is not parsed."""
    with (folder / name).open("rb") as file:
        start = file.read(_START)
        n_header = _START + int.from_bytes(start[8:], "little")
        header = start[:8] + file.read(n_header - _START).rstrip()
        n_bytes = file.seek(0, os.SEEK_END) - n_header
        headers = {_header(n_bytes // dtype.itemsize, dtype): dtype for dtype in dtypes}
        if header not in headers:
            why = f"{name} does not hold one dimension of {dtypes[0]}"
            raise integrity.damaged_archive(folder, why)
        dtype, n = headers[header], n_bytes // headers[header].itemsize
        return np.frombuffer(mapped(file), dtype, n, n_header) if n else np.empty(0, dtype)


def _header(n: int, dtype: np.dtype[Any]) -> bytes:
    """Return the first bytes of a file of n values, without the padding of the header."""
    header = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': ({n},), }}"
    return b"\x93NUMPY\x01\x00" + header.encode()
