"""FileReader: articles of files, of all files of folders, or of standard input."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar

from relnews import _checks
from relnews.readers import _errors
from relnews.readers.formats import FORMATS, visible_files
from relnews.readers.found import Former, Found, Skipped
from relnews.readers.load_report import Problem
from relnews.readers.opening import (
    DAMAGE,
    PACKED,
    STDIN,
    CountedFile,
    size_of,
    standard_input,
    unpacked,
)  # fmt: skip
from relnews.readers.read_options import ReadSpec
from relnews.readers.reader import ArticleReader


class FileReader(ArticleReader):
    """The articles of files, in the given order; those of a folder in the order of their names.

    Names in a folder that begin with a dot, and ``_index`` files, are passed over. A subclass reads
    an open file.
    """

    #: Name of the format in `relnews.readers.formats`.
    format: ClassVar[str]

    def __init__(self, paths: Sequence[str], spec: ReadSpec, *, strict: bool = False) -> None:
        super().__init__(spec, strict=strict)
        self._is_stdin = STDIN in paths
        #: The folder below which files are named.
        self._root = common_folder(paths)
        #: Each file with the given folder that it is in; None for a file that is given itself.
        self._folders: dict[Path, Path | None] = {}
        for path in () if self._is_stdin else map(Path, paths):
            if path.is_dir():
                found = dict.fromkeys(self._files_in(path), path)
                _errors.check_folder_of(self.format, path, found)
                self._folders |= found
            else:
                self._folders[path] = None
        self._sizes = {path: size_of(path) for path in self._folders}
        self._n_read = 0
        self._file: CountedFile | None = None

    @functools.cached_property
    def bytes_total(self) -> int | None:
        """Size of all files."""
        sizes = [size for size in self._sizes.values() if size is not None]
        return sum(sizes) if sizes and len(sizes) == len(self._sizes) else None

    @property
    def bytes_read(self) -> int | None:
        """Bytes of the files that the latest pass has read."""
        if self.bytes_total is None:
            return None
        return self._n_read + (0 if self._file is None else self._file.bytes_read)

    def _records(self) -> Iterator[Found]:
        self._n_read, self._file = 0, None
        if self._is_stdin:
            with standard_input() as file, unpacked(file) as stream:
                yield from self._stream(stream, "<stdin>")
        for path, folder in self._folders.items():
            name = Path(os.path.relpath(path, self._root)).as_posix()
            yield from self._records_of(path, folder, name)
            for identifier in self._former_ids(name):
                yield name, Former(identifier)
            self._n_read += self._sizes[path] or 0
            self._file = None

    def _records_of(self, path: Path, folder: Path | None, name: str) -> Iterator[Found]:
        if folder is not None and not path.resolve().is_relative_to(folder.resolve()):
            yield name, Skipped(Problem.UNREADABLE, _checks.leads_out())
            return
        try:
            with CountedFile(str(path)) as self._file, unpacked(self._file) as stream:
                yield from self._stream(stream, name)
        except DAMAGE as error:
            yield name, Skipped(Problem.UNREADABLE, _errors.damaged_file(error))
        except OSError as error:
            if folder is None:
                raise
            yield name, Skipped(Problem.UNREADABLE, str(error))

    def _former_ids(self, name: str) -> Iterable[str]:
        """Return ids that the archive may have an article under, of a file that gives none now."""
        return ()

    def _stream(self, stream: BinaryIO, name: str) -> Iterator[Found]:
        """Yield the place of each record of an open file, and the record or why it is skipped."""
        raise NotImplementedError

    def _endings(self) -> tuple[str, ...]:
        """Return the endings of names of files in a folder."""
        known = FORMATS[self.format]
        return known.endings + tuple(known.begins)

    def _files_in(self, folder: Path) -> Iterator[Path]:
        """Yield the files of a folder that are read."""
        endings = self._endings()
        endings += tuple(ending + packed for ending in endings for packed in PACKED)
        for path in visible_files(folder):
            if path.name.lower().endswith(endings) and path.is_file():
                yield path


def common_folder(paths: Sequence[str]) -> Path:
    """Return the folder that holds all paths, or is the only one.

    Parameters
    ----------
    paths : sequence of str
        Files and folders.
    """
    folders = [path if path.is_dir() else path.parent for path in map(Path, paths)]
    if len(folders) == 1:
        return folders[0]
    return Path(os.path.commonpath([*map(os.path.abspath, folders)]))
