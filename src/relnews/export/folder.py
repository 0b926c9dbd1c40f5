"""KeptFolder: exported files in a folder that may have other files too."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from relnews._checks import counted
from relnews.export import _errors
from relnews.export.names import is_ours
from relnews.storage.syncing import make_folder, sync

#: Name of a file until it is complete.
_PARTIAL = ".relnews-{}.partial"


@dataclasses.dataclass(frozen=True, slots=True)
class FolderReport:
    """Numbers of files that an export wrote, kept and removed.

    Parameters
    ----------
    written, unchanged, removed : int
        Files that are new or changed, that have the same content as before, and that were removed.
    without_address : int
        Articles in the lists that have no ``url``: a template cannot make links to them.
    """

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    without_address: int = 0

    def __str__(self) -> str:
        return (
            f"{counted(self.written, 'file')} written, {self.unchanged:,} unchanged, "
            f"{self.removed:,} removed"
        )


class KeptFolder:
    """A folder, and the names of its files that exports wrote. Open it with `kept`.

    Parameters
    ----------
    folder : Path
        The folder.
    list_name : str
        Name of the file that lists the exported files.
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
        """Check that no other file has one of these names, and list them as exported files."""
        foreign = (
            name
            for name in names
            if name not in self._ours and os.path.lexists(self._folder / name)
        )
        _errors.check_not_foreign(self._folder, next(foreign, None))
        for left in self._folder.glob(_PARTIAL.format("*")):  # from an export that was killed
            left.unlink(missing_ok=True)
        self._enter(self._ours | {*names})

    def write(self, name: str, content: bytes) -> None:
        """Write a file, or leave it if it has this content."""
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
        """Remove exported files that were not written again, and folders that become empty."""
        for name in sorted(self._ours - self._written):
            path = self._folder / name
            if _leads_out(path.parent, self._folder) or not os.path.lexists(path):
                continue
            path.unlink()
            self._count("removed")
            with contextlib.suppress(OSError):  # other files are there
                for parent in path.parents[: name.count("/")]:
                    parent.rmdir()
        # All at the end: syncing the first file makes the system write many others.
        parents = {parent for path in self._new for parent in path.parents}
        inside = sorted(parent for parent in parents if parent.is_relative_to(self._folder))
        for path in [*self._new, *inside]:
            sync(path)
        self._enter(self._written)

    def _enter(self, names: Collection[str]) -> None:
        """Write the list of exported files: before the first new file, after the last removal."""
        content = "".join(f"{name}\n" for name in sorted(names)).encode()
        if names != self._ours or not self._list.exists():
            _replace(self._list, content, self._partial, durable=True)
            sync(self._folder)
            self._ours = {*names}

    def _make_parent(self, parent: Path) -> None:
        if parent not in self._parents:
            _errors.check_leads_in(parent, _leads_out(parent, self._folder))
            parent.mkdir(parents=True, exist_ok=True)
            self._parents.add(parent)

    def _count(self, outcome: str) -> None:
        count = getattr(self.report, outcome) + 1
        self.report = dataclasses.replace(self.report, **{outcome: count})


@contextlib.contextmanager
def kept(folder: Path, list_name: str, names: Collection[str]) -> Iterator[KeptFolder]:
    """Open a folder to write files to; exported files that are not written again are removed.

    If the block fails or the process is killed, each file is the old or the new file, and the next
    export completes the work. After a power failure, files may have lost their content until the
    next export. Once the block has ended, all files are on the disk.

    Parameters
    ----------
    folder : Path
        The folder; created if it is missing.
    list_name : str
        Name of the file that lists the exported files.
    names : collection of str
        Paths below the folder of all files that may be written.

    Raises
    ------
    FileExistsError
        If one of the files exists and no export wrote it; then nothing is written.
    """
    make_folder(folder)
    files = KeptFolder(folder, list_name)
    files.prepare(names)
    yield files
    files.finish()


def _names_in(file: Path) -> set[str]:
    """Return the names of exported files. The list is checked: it may be somebody else's file."""
    try:
        names = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return set()
    _errors.check_own_files(file, next((name for name in names if not is_ours(name)), None))
    return {*names}


def _replace(path: Path, content: bytes, partial: Path, *, durable: bool = False) -> None:
    """Write a complete file or none."""
    try:
        with partial.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _leads_out(parent: Path, folder: Path) -> bool:
    """Return whether a link leads out of the folder."""
    return not parent.resolve().is_relative_to(folder.resolve())
