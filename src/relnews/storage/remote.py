"""Remote: a local copy of an archive in object storage, renewed by what is new there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from relnews._checks import exists
from relnews.exceptions import ArchiveChangedError, ArchiveFormatError
from relnews.storage import backup, integrity
from relnews.storage.arrays import Store, folder_name, names_of
from relnews.storage.catalogue import Catalogue, FolderEntry
from relnews.storage.database import CATALOGUE, LOG

#: Attempts at a copy while somebody replaces the remote files.
_ATTEMPTS = 3

#: The setting of a local copy: the key of the remote catalogue, and the generation of the copy.
_FETCHED = "fetched"

#: What makes two files of arrays the same: kind of their folder, name, bytes and checksum.
_Content = tuple[str, str, int, int]


def fetch(url: str, path: str | os.PathLike[str], *, callback: Any = None) -> bool:
    """Bring a local copy of a remote archive up to date; return whether anything was new.

    Files that the local copy has already are not read again: only new segments are. Everything is
    compared with its checksums. The local copy changes in one transaction, so processes that have
    it open go on, and read the new state at their next call.

    Parameters
    ----------
    url : str
        Folder of the archive, for fsspec: ``s3://bucket/my.relnews``, ``gcs://…``, ``file://…``. It
        holds a copy that `RelatedNews.backup` made.
    path : path
        Folder of the local copy: a new one, or one that was fetched before.
    callback : fsspec.callbacks.Callback, optional
        It is told the number of files to read, and each file that was read.

    Raises
    ------
    ImportError
        If fsspec, or the package that it needs for the URL, is not installed.
    ValueError
        If fsspec does not know the kind of URL.
    FileExistsError
        If the folder has another archive, or was changed after it was fetched.
    OSError
        If the URL cannot be read.
    ArchiveFormatError
        If there is no archive, a damaged one, or one that was copied while a process had it open.
    ArchiveChangedError
        If the remote files change during every attempt.
    """
    remote, folder = _Remote(url), Path(path)
    integrity.check_archive_target(folder, CATALOGUE)
    own = Store.open(folder) if exists(folder / CATALOGUE) else None
    for attempt in range(_ATTEMPTS):
        key = remote.key()
        if own is not None and _fetched_key(own.catalogue) == key:
            return False
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}.", suffix=".partial", dir=backup.parent_of(folder, "copy"),
            ignore_cleanup_errors=True,
        ) as scratch:  # fmt: skip
            try:
                # A second attempt reads all files: one of the local copy may be damaged.
                store = _read(remote, Path(scratch), None if attempt else own, callback)
                _replace(folder, store, key)
            except (FileNotFoundError, ArchiveFormatError) as error:
                if remote.key() != key or (own is not None and not attempt):
                    continue
                raise type(error)(str(error).replace(scratch, url)) from error
            return True
    raise ArchiveChangedError


class _Remote:
    """The files of an archive behind a URL."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            msg = f"{url} is read by fsspec: pip install 'relnews[cloud]'"
            raise ImportError(msg) from error
        self.url = url
        with self._errors():
            self._files, self._root = fsspec.url_to_fs(url)

    def key(self) -> str:
        """Return what changes with the remote catalogue, without reading it."""
        with self._errors():
            self._files.invalidate_cache()
            about = self._files.info(f"{self._root}/{CATALOGUE}")
            log = f"{self._root}/{LOG}"
            has_log = self._files.exists(log) and self._files.info(log)["size"]
        if has_log:
            msg = (
                f"{self.url} was copied while a process had it open: it has a {LOG}. Upload a copy "
                "that `relnews backup` made."
            )
            raise ArchiveFormatError(msg)
        return hashlib.sha256(repr(sorted(about.items())).encode()).hexdigest()

    def read(self, names: list[str], folder: Path, callback: Any = None) -> None:
        """Read files into a folder."""
        if not names:
            return
        remote = [f"{self._root}/{name}" for name in names]
        local = [str(folder / name) for name in names]
        with self._errors():
            self._files.get(remote, local, **({} if callback is None else {"callback": callback}))

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Name the URL in errors, which have many classes in object storage."""
        try:
            yield
        except FileNotFoundError as error:
            msg = f"there is no archive at {self.url}, or a file of it is missing: {error}"
            raise FileNotFoundError(msg) from error
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:  # of the system
                raise
            kinds = [kind for kind in (ImportError, ValueError) if isinstance(error, kind)]
            msg = f"{self.url} cannot be read: {error}"
            raise (*kinds, OSError)[0](msg) from error


def _read(remote: _Remote, scratch: Path, own: Store | None, callback: Any) -> Store:
    """Return the remote archive in a folder of its own, with files of an earlier copy."""
    remote.read([CATALOGUE], scratch)
    store = Store.open(scratch)
    here = {} if own is None or own.catalogue.folder is None else {
        content: own.catalogue.folder / name for name, content in _files_of(own.catalogue)
    }  # fmt: skip
    missing = []
    for name, content in _files_of(store.catalogue):
        target = scratch / name
        target.parent.mkdir(exist_ok=True)
        try:
            os.link(here[content], target)
        except (KeyError, OSError):  # a file system without links: reading it again is as right
            missing.append(name)
    remote.read(missing, scratch, callback)
    backup.check(store)
    return store


def _files_of(catalogue: Catalogue) -> Iterator[tuple[str, _Content]]:
    """Yield the path and the content of each file of arrays."""
    for entry in catalogue.folders():
        for file in names_of(entry):
            yield f"{folder_name(entry)}/{file}.npy", _content(entry, file)


def _content(entry: FolderEntry, file: str) -> _Content:
    n_bytes, checksum = entry.files.get(file, (-1, -1))
    return entry.kind, file, n_bytes, checksum


def _replace(folder: Path, store: Store, key: str) -> None:
    """Replace the archive of a folder in one transaction, and leave nothing of what it had."""
    target = Store.create(folder)
    catalogue = target.catalogue
    with target.transaction():
        _fetched_key(catalogue)  # it may have changed meanwhile
        target.copy_from(store)
        catalogue.set(_FETCHED, {"key": key, "generation": catalogue.generation() + 1})
    catalogue.rewrite()
    catalogue.close()


def _fetched_key(catalogue: Catalogue) -> str:
    """Return the key of what was fetched into a folder; raise if anything else is in it."""
    fetched, generation = catalogue.settings(_FETCHED, "generation")
    if not generation:
        return ""  # nothing was ever committed
    if fetched and fetched["generation"] == generation:
        return str(fetched["key"])
    why = "was changed after it was fetched" if fetched else "is an archive that was not fetched"
    msg = f"{catalogue.folder} {why}; it is left as it is. Fetch into another folder."
    raise FileExistsError(msg)
