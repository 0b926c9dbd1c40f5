"""Database: the open SQLite file of an archive, its transactions and its writer."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from relnews.exceptions import ArchiveChangedError
from relnews.storage import failures, integrity, schema
from relnews.storage.closing import close_later, empty_and_close
from relnews.storage.writer import named_writer, writer_of

CATALOGUE = "catalogue.sqlite"

#: The log of changes that are not in the file yet.
LOG = f"{CATALOGUE}-wal"

#: Seconds to wait for another writer.
PATIENCE = 10.0

#: The files of the database.
_FILES = tuple(f"{CATALOGUE}{end}" for end in ("", "-wal", "-shm", "-journal"))

#: Modes of opening a file, tried in order. The second is for a folder without write permission. The
#: last is for a medium on which SQLite cannot even create the log that readers share; it is safe
#: only without a writer.
_MODES = ("rw", "ro", "ro&immutable=1")

#: Maximum KiB of pages in the cache of a connection: half the articles and lists of an archive of
#: 100,000 articles. With SQLite's default of 2,000 KiB a page is evicted before it is read again.
_CACHE = 32_000

#: Errors of SQLite. For a damaged file, decoding its message may fail too.
_ERRORS = (sqlite3.Error, UnicodeDecodeError, MemoryError)


class Database:
    """A connection that several threads may use.

    Parameters
    ----------
    connection : sqlite3.Connection
        Open connection to the file.
    folder : Path, optional
        The archive folder; None if the database is in memory.

    Attributes
    ----------
    connection : sqlite3.Connection
        Open connection to the file.
    folder : Path or None
        The archive folder, absolute; None if the database is in memory.
    place : Path
        The folder as it was given, or ``:memory:``, for messages.
    state_lock : RLock
        Held by a reader that needs all reads from one commit, and by a writer.
    is_reading : bool
        Whether a read transaction is open.
    generation : int or None
        Number of committed changes; None until the open read transaction has read it.
    n_begun : int
        Transactions that were begun.
    """

    def __init__(self, connection: sqlite3.Connection, folder: Path | None = None) -> None:
        self.connection = connection
        self.folder = folder and folder.absolute()  # a program may change its working folder
        self.place = folder or Path(":memory:")
        self.state_lock = threading.RLock()
        self.is_reading = False
        self.generation: int | None = None
        self.n_begun = 0
        self._lock = threading.Lock()
        self._close = close_later(self, self.connection, self.state_lock, self._lock)
        self._checked_version: object = None
        #: How often a change was taken back, or the file was opened again.
        self._n_restarts = 0
        #: Number of rows that the connection had changed when the open transaction began.
        self._n_changes = 0
        #: Format version; any other than the newest is read again.
        self._version = 0
        #: Identity, size and time of a file opened without locks; None if it has locks.
        self._stamp: object = None
        self._file = _file_of(self.folder)

    @classmethod
    def in_memory(cls) -> Database:
        """Return a database with empty tables."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        schema.create_tables(connection)
        return cls(connection)

    @classmethod
    def create(cls, folder: Path) -> Database:
        """Return the database of a folder, open for writing; create it if it is missing.

        Raises
        ------
        ArchiveFormatError
            If the folder has a database of another program or of an unknown format version.
        """
        integrity.check_files(folder, _FILES)
        try:
            with _closed_on_error(_connect(folder, "rwc")) as connection:
                schema.create_if_empty(connection)
                schema.check_header(connection, folder)
                connection.execute("PRAGMA journal_mode = WAL")
        except _ERRORS as error:
            raise failures.cannot_write(folder, error, writer_of(folder)) from error
        return cls(connection, folder)

    @classmethod
    def open(cls, folder: Path) -> Database:
        """Return the database of an archive; without write permission it is read-only.

        Raises
        ------
        ArchiveFormatError
            If the folder is no archive, is damaged, or is of an unknown format version.
        """
        integrity.check_archive_source(folder, CATALOGUE)
        integrity.check_files(folder, _FILES)
        stamp = _stamp(folder)
        try:
            for mode in _MODES:
                if mode == _MODES[-1]:
                    _check_no_log(folder)
                try:
                    with _closed_on_error(_connect(folder, mode)) as connection:
                        schema.check_header(connection, folder)
                    break
                except sqlite3.OperationalError as error:
                    is_last = mode == _MODES[-1] or failures.is_locked(error)
                    if is_last or failures.is_exhausted(folder, error):
                        raise
            with _closed_on_error(connection):
                _check_size(connection, folder)
        except _ERRORS as error:
            raise failures.unreadable_archive(folder, error) from error
        database = cls(connection, folder)
        database._stamp = stamp if mode == _MODES[-1] else None
        return database

    def format_version(self) -> int:
        """Return the format version of the archive, which the first change raises."""
        if self._version != schema.FORMAT_VERSION:
            ((self._version,),) = self.read("PRAGMA user_version")
        return self._version

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._lock:
            try:
                if self._stamp is not None:
                    self._follow()
                try:
                    return self.connection.execute(query, values).fetchall()
                except UnicodeEncodeError:
                    return self.connection.execute(query, schema.bound(values)).fetchall()
            except _ERRORS as error:
                raise failures.unreadable_archive(self.place, error) from error

    def write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row of values, inside `transaction`."""
        rows = [*rows] if not isinstance(rows, sqlite3.Cursor) else rows
        with self._lock:
            self.connection.executemany(statement, rows)

    def copy_tables(self, other: Database) -> None:
        """Copy the rows of another database, except its settings and folders, into empty tables."""
        for table in schema.COPIED_TABLES:
            rows = other.connection.execute(f"SELECT * FROM {table}")
            names = [name for name, *_ in rows.description]  # an older format has fewer
            marks = ",".join("?" * len(names))
            self.write(f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})", rows)
        # The copy must not reuse keys of removed articles.
        self.write("DELETE FROM sqlite_sequence", [()])  # of the rows that were just inserted
        rows = other.connection.execute("SELECT name, seq FROM sqlite_sequence")
        self.write("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", rows)
        schema.add_checksums(self.connection, other.format_version())

    def read_transaction(self, generation: int | None = None) -> _ReadTransaction:
        """Return a context in which all reads see one state of the database.

        Parameters
        ----------
        generation : int, optional
            The context raises `ArchiveChangedError` if the number of commits differs. None means
            no check.
        """
        return _ReadTransaction(self, generation)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all writes made inside, or nothing after an error; one writer at a time.

        Raises
        ------
        TimeoutError
            If another process has not finished writing after `PATIENCE` seconds.
        RuntimeError
            If this thread is already inside a transaction.
        FileNotFoundError
            If the folder was moved or replaced.
        """
        with self.state_lock:
            self.check_not_changing()
            self.check_in_place()
            self.n_begun += 1
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                self._n_changes = self.connection.total_changes
            except sqlite3.Error as error:
                raise failures.cannot_write(self.place, error, writer_of(self.place)) from error
            try:
                with named_writer(self.folder):
                    yield
                    self.connection.execute("COMMIT")
            except BaseException as error:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                self._n_restarts += 1
                self._version = 0  # the transaction may have migrated the archive
                if isinstance(error, sqlite3.Error):
                    raise failures.cannot_write(self.place, error, writer_of(self.place)) from error
                raise

    def check_not_changing(self) -> None:
        """Raise RuntimeError if this thread, which holds `state_lock`, is inside a transaction."""
        if self.connection.in_transaction:
            msg = (
                f"the archive {self.place} is being changed or read by a call that has not "
                "returned, and cannot be changed or backed up from within it. Do not call remove, "
                "partial_fit, backup and the like inside the articles that partial_fit reads; call "
                "them afterwards."
            )
            raise RuntimeError(msg)

    def check_in_place(self) -> None:
        """Raise FileNotFoundError if the file that is open is not the one in the folder now."""
        if _file_of(self.folder) != self._file:
            msg = (
                f"the archive {self.place} was moved, removed or replaced since it was opened. "
                "Open it again where it is now."
            )
            raise FileNotFoundError(errno.ENOENT, msg)

    def has_changes(self) -> bool:
        """Return whether the open transaction has changed a row."""
        return self.connection.total_changes != self._n_changes

    def close(self) -> None:
        """Close the file; nothing can be read any more."""
        self._close.detach()
        with self._lock:
            empty_and_close(self.connection)

    def copy_to(self, folder: Path) -> None:
        """Write the state of the open read transaction to the database of another folder."""
        try:
            with (
                contextlib.closing(sqlite3.connect(folder / CATALOGUE)) as copy,
                self._lock,
            ):
                self.connection.backup(copy)
        except sqlite3.Error as error:
            raise failures.cannot_write(folder, error, writer_of(folder)) from error

    def rewrite(self) -> None:
        """Write the file again, without the space of deleted rows, outside a transaction.

        `secure_delete` is not enough: rows that SQLite moved to another page may leave a copy.
        """
        if self.folder is None:
            return
        with self.state_lock, self._lock:
            try:
                self.connection.execute("VACUUM")
            except sqlite3.Error as error:
                raise failures.cannot_write(self.place, error, writer_of(self.place)) from error

    def empty_log(self) -> bool:
        """Copy the log into the file and truncate it; return False while a reader needs the log."""
        if self.folder is None:
            return True
        with self.state_lock, self._lock, contextlib.suppress(sqlite3.Error):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return not log_size(self.folder)

    def changed_since_last_check(self) -> bool:
        """Return whether others have committed since the last call; True for the first call."""
        last, self._checked_version = self._checked_version, self.others_version()
        return last != self._checked_version

    def others_version(self) -> tuple[int, int]:
        """Return a value that differs after a commit of another connection, or a rollback here."""
        ((version,),) = self.read("PRAGMA data_version")
        return self._n_restarts, int(version)

    def _begin_reading(self, generation: int | None) -> bool:
        """Begin a read transaction; return False if a transaction is already open."""
        is_outermost = not self.connection.in_transaction
        if is_outermost:
            with self._lock:
                self._follow()
            self.n_begun += 1
            self.connection.execute("BEGIN")
            self.is_reading = True
        if generation is not None:
            if not self.is_at(generation):
                if is_outermost:
                    self._end_reading()
                raise ArchiveChangedError
            if self.is_reading:
                self.generation = generation
        return is_outermost

    def is_at(self, generation: int) -> bool:
        """Return whether the number of commits is still this one."""
        if self.generation is not None:
            return self.generation == generation
        ((value,),) = self.read(
            "SELECT ifnull((SELECT value FROM settings WHERE name = 'generation'), '0')"
        )
        return str(value) == str(generation)

    def _end_reading(self) -> None:
        self.is_reading, self.generation = False, None
        self.connection.execute("ROLLBACK")

    def _follow(self) -> None:
        """Reopen a file without locks if another process has changed it."""
        if self._stamp is None or self.folder is None or self.connection.in_transaction:
            return
        if _stamp(self.folder) != self._stamp:
            other = Database.open(self.folder)
            self._close.detach()
            self.connection.close()
            other._close.detach()
            self.connection, self._stamp = other.connection, other._stamp
            self._file = other._file
            self._close = close_later(self, self.connection, self.state_lock, self._lock)
            self._n_restarts += 1
            self._version = 0


class _ReadTransaction:
    """Context of `Database.read_transaction`, a class because generators are slower to enter."""

    def __init__(self, database: Database, generation: int | None) -> None:
        self._database = database
        self._generation = generation

    def __enter__(self) -> None:
        self._database.state_lock.acquire()
        try:
            self._is_outermost = self._database._begin_reading(self._generation)
        except BaseException:
            self._database.state_lock.release()
            raise

    def __exit__(self, *_: object) -> None:
        try:
            if self._is_outermost:
                self._database._end_reading()
        finally:
            self._database.state_lock.release()


def _file_of(folder: Path | None) -> tuple[int, int] | None:
    """Return what identifies the file of a folder's database; None if there is none."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if folder is not None:
            stat = (folder / CATALOGUE).stat()
            return stat.st_dev, stat.st_ino
    return None


def log_size(folder: Path) -> int:
    """Return the number of bytes of the log of a folder's database."""
    log = folder / LOG
    return log.stat().st_size if log.exists() else 0


def _check_no_log(folder: Path) -> None:
    """Raise PermissionError if a file without locks would be read without its newest changes."""
    for name in (LOG, f"{CATALOGUE}-journal"):
        log = folder / name
        if log.exists() and log.stat().st_size:
            msg = (
                f"the newest changes of the archive {folder} are in {name}, which cannot be read "
                "where nothing can be written: opening it would go back in time. Open it once in a "
                "place that can be written to, which empties that file, or copy the original with "
                "`relnews backup`."
            )
            raise PermissionError(errno.EACCES, msg)


def _stamp(folder: Path) -> object:
    """Return a value that differs after a change of the file, and while a log exists."""
    stat = (folder / CATALOGUE).stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, (folder / LOG).exists()


def _connect(folder: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{(folder / CATALOGUE).absolute().as_uri()}?mode={mode}",
        uri=True, timeout=PATIENCE, check_same_thread=False, isolation_level=None,
    )  # fmt: skip
    with _closed_on_error(connection):
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE}")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA secure_delete = ON")  # removed text is overwritten
    return connection


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Close the connection if the block raises; Python 3.13 warns of open connections."""
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _check_size(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise if a file is shorter than its header says, which SQLite does not check.

    This reads through SQLite: closing a second handle would drop the locks of this process.
    """
    for _ in range(20):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        n_bytes = (folder / CATALOGUE).stat().st_size
        # With a log, the header may count pages that only the log has.
        if n_bytes >= pages * size or log_size(folder):
            return
        time.sleep(0.01)  # a writer may be copying its log into the file
    raise integrity.damaged_archive(
        folder, f"{CATALOGUE} has {n_bytes:,} bytes, expected {pages * size:,}"
    )
