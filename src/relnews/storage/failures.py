"""Failures: errors of the system while an archive is read or written, told apart from damage.

An archive is damaged if its bytes are wrong. Too many open files, a full disk, missing permissions
or too little memory are errors of the system: they say so, keep their number, and never advise to
build the archive again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from relnews.exceptions import ArchiveFormatError
from relnews.storage.integrity import damaged_archive

#: What to do about an error of the system, by the name of its number.
_REMEDIES = {
    "EMFILE": "Close files, or raise the limit of open files (ulimit -n).",
    "ENFILE": "Close files: the whole system has too many open.",
    "ENOMEM": "Free memory, or raise the limit of the process.",
    "EACCES": "Make its folder and files readable.",
    "EPERM": "Make its folder and files readable.",
    "EROFS": "Copy the archive to a file system that can be written to.",
    "ENOSPC": "Free space on the disk.",
    "EDQUOT": "Free space, or raise the quota.",
    "EFBIG": "Raise the limit of the size of a file.",
    "EIO": "Check the disk or its connection, and try again.",
    "ENOENT": "Open the archive again where it is now.",
    "ESTALE": "Open the archive again.",
}

#: Names of the numbers of missing permissions.
_FORBIDDEN = ("EACCES", "EPERM", "EROFS")

#: Names of the numbers of a full disk, a full quota, and a file at its maximum size.
_FULL = ("ENOSPC", "EFBIG", "EDQUOT")

#: Extended codes of SQLite for bytes that are missing or wrong, though it calls them input errors.
_DAMAGE = {
    getattr(sqlite3, name, None)
    for name in ("SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS", "SQLITE_IOERR_DATA")
}

#: Files that SQLite opens: the database, its log, the index of the log, and a journal.
_N_FILES = 4

#: Codes of SQLite for locks that others hold.
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)

#: Codes of SQLite and the error numbers that they stand for. None means that SQLite hides it.
_NUMBERS = {
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_NOLFS: errno.EFBIG,
    sqlite3.SQLITE_READONLY: None,
    sqlite3.SQLITE_CANTOPEN: None,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_AUTH: errno.EACCES,
}


def unreadable_archive(folder: str | os.PathLike[str], why: Exception) -> Exception:
    """Return the error of an archive that cannot be read, with a remedy.

    Parameters
    ----------
    folder : path
        Folder of the archive.
    why : Exception
        Error of SQLite, of the system, or of decoding.

    Returns
    -------
    Exception
        `TimeoutError` if another process blocks it, `OSError` or `MemoryError` if the system fails,
        otherwise the error of a damaged archive.
    """
    if is_locked(why):
        return TimeoutError(
            f"another process has been writing the archive {folder} for long: {why}. Try again."
        )
    return _failure(folder, why, "read") or damaged_archive(folder, why)


def cannot_write(folder: Path, why: Exception, writer: str = "") -> Exception:
    """Return the error of an archive that cannot be written to, with a remedy.

    Parameters
    ----------
    folder : Path
        Folder of the archive.
    why : Exception
        Error of SQLite or of the system.
    writer : str, default=""
        The other process that may hold its lock.
    """
    if is_locked(why):
        return TimeoutError(
            f"the archive {folder} is being written by {writer}. Try again when it is done."
        )
    return _failure(folder, why, "write") or ArchiveFormatError(
        f"cannot write the archive {folder}: {why}. If it is damaged, remove the folder first."
    )


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn an OSError in the block into the error of an archive that cannot be written."""
    try:
        yield
    except OSError as error:
        raise cannot_write(folder, error) from error


@contextlib.contextmanager
def reading_from(folder: Path) -> Iterator[None]:
    """Turn an OSError in the block into the error of an archive that cannot be read."""
    try:
        yield
    except OSError as error:
        raise unreadable_archive(folder, error) from error


def is_locked(error: Exception) -> bool:
    """Return whether SQLite failed only because another process holds a lock."""
    return _code(error) & 0xFF in _LOCKED


def is_exhausted(folder: Path, error: Exception) -> bool:
    """Return whether SQLite failed because the process has too many open files."""
    return _number(folder, error) in {errno.EMFILE, errno.ENFILE}


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) or 0


def _failure(folder: str | os.PathLike[str], why: Exception, verb: str) -> Exception | None:
    """Return the error of the system behind an error; None if there is none."""
    if isinstance(why, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return RuntimeError(f"cannot {verb} the archive {folder}: {why}")
    number = _number(Path(folder), why)
    if number is None:
        return None
    reason = str(why) if isinstance(why, sqlite3.Error) else getattr(why, "filename", None)
    what = f"{os.strerror(number)}: {reason}" if reason else os.strerror(number)
    name = errno.errorcode.get(number, "")
    if verb == "write" and name in _FORBIDDEN:
        msg = f"cannot write the archive {folder} ({what}); make its folder writable"
        return PermissionError(number, msg)
    lead = f"no space left to {verb}" if name in _FULL else f"cannot {verb}"
    outcome = "; it is as it was before" if verb == "write" else ""
    msg = f"{lead} the archive {folder} ({what}){outcome}. {_REMEDIES.get(name, '')}".rstrip()
    if number == errno.ENOMEM and not isinstance(why, OSError):
        return MemoryError(msg)
    return OSError(number, msg)


def _number(folder: Path, why: Exception) -> int | None:
    """Return the number of an error of the system; None if the error is none."""
    if isinstance(why, OSError):
        return why.errno or errno.EIO
    if isinstance(why, MemoryError):
        return errno.ENOMEM
    code = _code(why)
    if code in _DAMAGE or code & 0xFF not in _NUMBERS:
        return None
    if code == sqlite3.SQLITE_IOERR_NOMEM:
        return errno.ENOMEM
    return _NUMBERS[code & 0xFF] or _hidden_number(folder, code & 0xFF)


def _hidden_number(folder: Path, code: int) -> int:
    """Return why SQLite could not open or write a file: the error of opening another file.

    Opening and closing the catalogue itself would drop the locks of this process.
    """
    try:
        with contextlib.ExitStack() as opened:
            for _ in range(_N_FILES):
                opened.enter_context(Path(os.devnull).open("rb"))
        folder.stat()
        is_readable = all(os.access(path, os.R_OK) for path in (folder, *folder.glob("*.sqlite*")))
    except OSError as error:
        return error.errno or errno.EIO
    if hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY:
        return errno.EROFS
    is_ours = code == sqlite3.SQLITE_CANTOPEN and is_readable and os.access(folder, os.W_OK)
    return errno.EIO if is_ours else errno.EACCES
