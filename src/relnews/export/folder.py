"""KeptFolder: files of ours among those of others, written when they change, removed when gone."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from relnews.export import _errors
from relnews.export.names import is_ours

#: What a file is called until it is whole.
_PARTIAL = ".relnews-{}.partial"


@dataclasses.dataclass(frozen=True, slots=True)
class FolderReport:
    """What became of the files of a folder.

    Parameters
    ----------
    written, unchanged, removed : int
        Files that are new or have another content, that have the same, and that are gone.
    """

    written: int = 0
    unchanged: int = 0
    removed: int = 0

    def __str__(self) -> str:
        return (
            f"{self.written:,} files written, {self.unchanged:,} unchanged, "
            f"{self.removed:,} removed"
        )


class KeptFolder:
    """A folder and which of its files are ours. `kept` opens one.

    Parameters
    ----------
    folder : Path
    list_name : str
        Name of the file that lists ours.
    """

    def __init__(self, folder: Path, list_name: str) -> None:
        self.report = FolderReport()
        self._folder = folder
        self._list = folder / list_name
        self._ours = _names_in(self._list)
        self._written: set[str] = set()
        self._parents: set[Path] = set()
        self._new: list[Path] = []
        self._partial = folder / _PARTIAL.format(os.getpid())

    def prepare(self, names: Collection[str]) -> None:
        """Make sure that files of these names are ours to write, and say so before they are."""
        foreign = (
            name
            for name in names
            if name not in self._ours and os.path.lexists(self._folder / name)
        )
        _errors.check_not_foreign(self._folder, next(foreign, None))
        for left in self._folder.glob(_PARTIAL.format("*")):  # by an export that was killed
            left.unlink(missing_ok=True)
        self._enter(self._ours | {*names})

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole, or leave it if it has this content."""
        path = self._folder / name
        self._written.add(name)
        if not path.is_symlink() and path.is_file() and path.read_bytes() == content:
            self._count("unchanged")
            return
        self._make_parent(path.parent)
        _replace(path, content, self._partial)
        self._new.append(path)
        self._count("written")

    def finish(self) -> None:
        """Remove those of our files that were not written, and folders that become empty."""
        for name in sorted(self._ours - self._written):
            path = self._folder / name
            if _leads_out(path.parent, self._folder) or not os.path.lexists(path):
                continue
            path.unlink()
            self._count("removed")
            with contextlib.suppress(OSError):  # others have files there
                for parent in path.parents[: name.count("/")]:
                    parent.rmdir()
        # Together and at last: waiting for the first has the system write many others, too.
        parents = {parent for path in self._new for parent in path.parents}
        inside = sorted(parent for parent in parents if parent.is_relative_to(self._folder))
        for path in [*self._new, *inside]:
            _wait_for_disk(path)
        self._enter(self._written)

    def _enter(self, names: Collection[str]) -> None:
        """Write the list of our files: before there is a new one, and when there are no others."""
        content = "".join(f"{name}\n" for name in sorted(names)).encode()
        if names != self._ours or not self._list.exists():
            _replace(self._list, content, self._partial, durable=True)
            _wait_for_disk(self._folder)
            self._ours = {*names}

    def _make_parent(self, parent: Path) -> None:
        if parent not in self._parents:
            _errors.check_leads_in(parent, _leads_out(parent, self._folder))
            parent.mkdir(parents=True, exist_ok=True)
            self._parents.add(parent)

    def _count(self, what: str) -> None:
        now = getattr(self.report, what) + 1
        self.report = dataclasses.replace(self.report, **{what: now})


@contextlib.contextmanager
def kept(folder: Path, list_name: str, names: Collection[str]) -> Iterator[KeptFolder]:
    """Open a folder to write files to; those of ours that are not written then are removed.

    If what is done inside fails, or the process is killed, each file is the old one or the new one,
    and the next time is as if nothing had happened. So it is after a power failure, but that files
    may have lost their content until then. What was finished is on the disk: the list of our files
    names only what is there, with its content.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    list_name : str
        Name of the file that lists ours.
    names : collection of str
        All that may be written, as paths below the folder.

    Raises
    ------
    FileExistsError
        If one of the files is there and not ours; then nothing is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = KeptFolder(folder, list_name)
    files.prepare(names)
    yield files
    files.finish()


def _names_in(file: Path) -> set[str]:
    """Return the names of our files; the list may have come with somebody else's files."""
    try:
        names = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return set()
    _errors.check_own_files(file, next((name for name in names if not is_ours(name)), None))
    return {*names}


def _replace(path: Path, content: bytes, partial: Path, *, durable: bool = False) -> None:
    """Write a file whole or not at all."""
    try:
        with partial.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _wait_for_disk(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    if path.is_dir() and os.name != "posix":  # where folders cannot be opened
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _leads_out(parent: Path, folder: Path) -> bool:
    """Say whether a link on the way leads elsewhere."""
    return not parent.resolve().is_relative_to(folder.resolve())
