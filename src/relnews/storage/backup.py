"""Backup: new archive folders, and copies as of one moment, made while others write."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from relnews.exceptions import ArchiveChangedError, ArchiveFormatError
from relnews.storage import failures, integrity
from relnews.storage.arrays import Store, folder_name, names_of
from relnews.storage.syncing import make_folder, sync

#: Attempts at a copy while other processes change the archive.
_ATTEMPTS = 10


def back_up(store: Store, target: Path) -> None:
    """Copy an archive to a new folder: all of it, checked and synced, or nothing.

    The copy grows under another name beside the target, which it gets at last.

    Parameters
    ----------
    store : Store
        The archive; in a folder, or in memory.
    target : Path
        The new folder; it does not exist, or is empty.

    Raises
    ------
    FileExistsError
        If there is something at the target, or the target is inside the archive.
    RuntimeError
        If this thread is changing the archive.
    ArchiveFormatError
        If the archive is damaged.
    ArchiveChangedError
        If the archive changes during every attempt.
    """
    folder = store.catalogue.folder
    if folder is not None and target.resolve().is_relative_to(folder.resolve()):
        msg = f"{target} is inside the archive {folder}. Put the backup elsewhere."
        raise FileExistsError(msg)
    with store.catalogue.state_lock:
        store.catalogue.check_not_changing()
    try:
        with _appearing(target, "backup") as copy:
            if folder is None:
                saved = Store.create(copy)
                with saved.transaction():
                    saved.copy_from(store)
                saved.catalogue.close()
            else:
                _copy(store, folder, copy)
                copy.chmod(
                    folder.stat().st_mode | stat.S_IRWXU
                )  # it has to be renamed, and changed
    except OSError as error:
        _raise_cause(folder, target, error)
        raise


def save(store: Store, folder: Path) -> None:
    """Write an archive to a folder in one transaction, in place of an archive in it.

    Parameters
    ----------
    store : Store
        The archive; in a folder, or in memory.
    folder : Path
        If it is the folder of the archive, each change is in it already.
    """
    own = store.catalogue.folder
    if own is not None and folder.is_dir() and own.samefile(folder):
        return
    target = Store.create(folder)
    for attempt in range(_ATTEMPTS):
        generation = store.catalogue.generation()
        try:
            with store.catalogue.read_transaction(), target.transaction():
                target.copy_from(store)
            return
        # Another process may have merged segments meanwhile, and removed the files.
        except (ArchiveFormatError, FileNotFoundError):
            if attempt == _ATTEMPTS - 1 or store.catalogue.generation() == generation:
                raise


@contextlib.contextmanager
def store_to_fill(target: Path) -> Iterator[Store]:
    """Yield a store to fill in one transaction: a new one, or that of a folder; close it at last.

    A new folder appears when the block ends without an error, and after one an empty folder is
    empty.

    Parameters
    ----------
    target : Path
        The folder; it does not exist, is empty, or has an archive.
    """
    if not (target.exists() or target.is_symlink()):
        with new_store(target) as store:
            yield store
        return
    is_empty = not any(target.iterdir())
    try:
        store = Store.create(target)
        with contextlib.closing(store.catalogue):
            yield store
    except BaseException:
        for path in target.iterdir() if is_empty else ():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        raise


@contextlib.contextmanager
def new_store(target: Path | None) -> Iterator[Store]:
    """Yield an empty store to fill: in memory, or in a new folder.

    Parameters
    ----------
    target : Path or None
        The new folder; it does not exist, or is empty. It appears, and the store is closed, when
        the block ends without an error. None means in memory.

    Raises
    ------
    FileExistsError
        If there is something at the target.
    """
    if target is None:
        yield Store.in_memory()
        return
    with failures.writing_to(target):
        make_folder(target.absolute().parent)
    with _appearing(target, "archive") as folder:
        try:
            store = Store.create(folder)
            with contextlib.closing(store.catalogue):
                yield store
        except OSError as error:
            if str(folder) not in (error.strerror or ""):
                raise
            reason = (error.strerror or "").replace(str(folder), str(target))
            raise type(error)(error.errno, reason) from error


@contextlib.contextmanager
def _appearing(target: Path, what: str) -> Iterator[Path]:
    """Yield a folder that gets the name of a new one at last, or goes after an error."""
    is_new = not (target.exists() or target.is_symlink())
    if not is_new and (target.is_symlink() or not target.is_dir() or any(target.iterdir())):
        msg = f"{target} exists; it is left as it is. Choose another name for the {what}."
        raise FileExistsError(msg)
    parent = parent_of(target, what)
    folder = parent / f".{target.name}.{os.urandom(6).hex()}.partial"
    with failures.writing_to(target):
        folder.mkdir()
    try:
        yield folder
        if not is_new:
            target.rmdir()
        folder.rename(target)
        sync(parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def parent_of(target: Path, what: str) -> Path:
    """Return the folder to put a copy of an archive in; raise if it does not exist."""
    parent = target.absolute().parent
    if not parent.is_dir():
        msg = f"there is no folder {parent} to put the {what} in. Create it."
        raise FileNotFoundError(msg)
    return parent


def _raise_cause(folder: Path | None, target: Path, error: OSError) -> None:
    """Raise the error of an archive for one of the system; return if it is one already."""
    if error.errno is None or error.strerror != os.strerror(error.errno):
        return
    is_read = folder is not None and Path(error.filename or "").is_relative_to(folder)
    if folder is not None and is_read and error.filename2 is None:
        raise failures.unreadable_archive(folder, error) from error
    raise failures.cannot_write(target, error) from error


def _copy(store: Store, folder: Path, copy: Path) -> None:
    """Copy a folder; again if another process removes files that the copied state needs."""
    for _ in range(_ATTEMPTS):
        with store.catalogue.read_transaction():
            generation = store.catalogue.generation()
            store.catalogue.copy_to(copy)
        copied = Store.open(copy)
        try:
            _take_arrays(copied, folder, copy)
            check(copied)
            return
        except (FileNotFoundError, ArchiveFormatError) as error:
            if generation == store.catalogue.generation():
                store.catalogue.check_in_place()
                if isinstance(error, ArchiveFormatError):
                    raise
                raise integrity.damaged_archive(folder, error) from error
        finally:
            copied.catalogue.close()
    raise ArchiveChangedError


def _take_arrays(copied: Store, folder: Path, copy: Path) -> None:
    """Bring the arrays that a copied catalogue names into the folder of the copy."""
    files_of = {folder_name(entry): names_of(entry) for entry in copied.catalogue.folders()}
    for path in copy.iterdir():
        if path.is_dir() and path.name not in files_of:
            shutil.rmtree(path)  # of an earlier attempt
    # First all of them get a second name, as fast as can be: a writer may remove the first.
    for name, files in files_of.items():
        (copy / name).mkdir(exist_ok=True)
        for file in files:
            path = Path(name, f"{file}.npy")
            if not (copy / path).exists():
                _link(folder / path, copy / path)
    # Then each becomes a file of its own: damage to the archive is not damage to the backup.
    for name in files_of:
        for path in (copy / name).iterdir():
            own = path.with_name(f"{path.name}.own")
            shutil.copyfile(path, own, follow_symlinks=False)
            own.replace(path)
            if not path.is_symlink():
                sync(path)
        sync(copy / name)
    sync(copy / "catalogue.sqlite")
    sync(copy)


def check(copied: Store) -> None:
    """Raise ArchiveFormatError unless a copy has every row and array, as it was written."""
    for problem in copied.catalogue.problems():
        raise integrity.damaged_archive(copied.catalogue.place, problem)
    for entry in copied.catalogue.folders():
        copied.arrays(entry)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        shutil.copyfile(path, target, follow_symlinks=False)
