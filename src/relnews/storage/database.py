"""Database: the SQLite file of an archive, opened; its transactions, and who is writing to it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from relnews.exceptions import ArchiveChangedError
from relnews.storage import integrity, schema

CATALOGUE = "catalogue.sqlite"

#: Names the process that is writing, for the message to others that want to write.
WRITER = "writer.json"

#: Seconds to wait for another process that writes.
PATIENCE = 10.0

#: The files of the database.
_FILES = tuple(f"{CATALOGUE}{end}" for end in ("", "-wal", "-shm", "-journal"))

#: Ways to open a file that exists. The second is for a folder without write permission. The last is
#: for a medium where not even the log that readers share can be made: right while nobody writes.
_MODES = ("rw", "ro", "ro&immutable=1")

#: KiB of pages that a connection keeps in memory at most: half of what articles and lists of an
#: archive of 100,000 take. SQLite's default of 2,000 is less than what is read before a page is
#: read again.
_CACHE = 32_000

#: What SQLite raises; with a damaged file, also that its own message cannot be decoded.
_ERRORS = (sqlite3.Error, UnicodeDecodeError)


class Database:
    """A connection that several threads may use.

    Parameters
    ----------
    connection : sqlite3.Connection
    folder : Path, optional
        The archive folder; None if the database is in memory.

    Attributes
    ----------
    connection : sqlite3.Connection
    folder : Path or None
    place : Path
        The folder, or ``:memory:``, for messages.
    state_lock : RLock
        Held by a thread while everything that it reads has to be of one commit, and by a writer.
    is_reading : bool
        Whether a read transaction is open.
    generation : int or None
        How many changes were committed, as far as the open read transaction has asked for it.
    """

    def __init__(self, connection: sqlite3.Connection, folder: Path | None = None) -> None:
        self.connection = connection
        self.folder = folder
        self.place = folder or Path(":memory:")
        self.state_lock = threading.RLock()
        self.is_reading = False
        self.generation: int | None = None
        self._close = weakref.finalize(self, connection.close)
        self._lock = threading.Lock()
        self._data_version = -1
        #: What the file was like when it was opened without locks; None if it has them.
        self._stamp: object = None

    @classmethod
    def in_memory(cls) -> Database:
        """Return a database with empty tables."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        schema.create_tables(connection)
        return cls(connection)

    @classmethod
    def create(cls, folder: Path) -> Database:
        """Open the database of a folder to write to it; make it if there is none.

        Raises
        ------
        ArchiveFormatError
            If a database of another program, or of an unknown format version, is there.
        """
        integrity.check_files(folder, _FILES)
        try:
            with _closed_on_error(_connect(folder, "rwc")) as connection:
                schema.create_if_empty(connection)
                schema.check_header(connection, folder)
                connection.execute("PRAGMA journal_mode = WAL")
        except _ERRORS as error:
            raise integrity.cannot_write(folder, error, _writer(folder)) from error
        return cls(connection, folder)

    @classmethod
    def open(cls, folder: Path) -> Database:
        """Open the database of an archive; without write permission it can be read.

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
                try:
                    with _closed_on_error(_connect(folder, mode)) as connection:
                        schema.check_header(connection, folder)
                    break
                except sqlite3.OperationalError as error:
                    if mode == _MODES[-1] or integrity.is_locked(error):
                        raise
            with _closed_on_error(connection):
                _check_size(connection, folder)
        except _ERRORS as error:
            raise integrity.unreadable_archive(folder, error) from error
        database = cls(connection, folder)
        if mode == _MODES[-1]:
            database._stamp = stamp
        return database

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._lock:
            try:
                self._follow()
                return self.connection.execute(query, values).fetchall()
            except _ERRORS as error:
                raise integrity.unreadable_archive(self.place, error) from error

    def write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row of values, inside `transaction`."""
        rows = [*rows] if not isinstance(rows, sqlite3.Cursor) else rows
        with self._lock:
            self.connection.executemany(statement, rows)

    def copy_tables(self, other: Database) -> None:
        """Replace all rows by those of another database, without its settings and folders."""
        for table in (*schema.COPIED_TABLES, *schema.OWN_TABLES):
            self.write(f"DELETE FROM {table}", [()])
        for table in schema.COPIED_TABLES:
            rows = other.connection.execute(f"SELECT * FROM {table}")
            marks = ",".join("?" * len(rows.description))
            self.write(f"INSERT INTO {table} VALUES ({marks})", rows)
        # Keys of removed articles are not used again either.
        self.write("DELETE FROM sqlite_sequence", [()])
        rows = other.connection.execute("SELECT name, seq FROM sqlite_sequence")
        self.write("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", rows)

    def read_transaction(self, generation: int | None = None) -> _ReadTransaction:
        """See one state of the database inside, whatever others commit meanwhile.

        Parameters
        ----------
        generation : int, optional
            Raise `ArchiveChangedError` unless this many changes were committed.
        """
        return _ReadTransaction(self, generation)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything that is written inside, or nothing; one writer at a time.

        Raises
        ------
        TimeoutError
            If another process has not finished writing after `PATIENCE` seconds.
        """
        with self.state_lock:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise integrity.cannot_write(self.place, error, _writer(self.place)) from error
            try:
                with _named_writer(self.folder):
                    yield
                    self.connection.execute("COMMIT")
            except BaseException as error:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise integrity.cannot_write(self.place, error, _writer(self.place)) from error
                raise

    def changed_since_last_check(self) -> bool:
        """Return whether another connection has committed since the last call.

        True as well at the first call.
        """
        ((version,),) = self.read("PRAGMA data_version")
        last, self._data_version = self._data_version, int(version)
        return last != self._data_version

    def _begin_reading(self, generation: int | None) -> bool:
        """Begin a read transaction; return False if a transaction is open already."""
        is_outermost = not self.connection.in_transaction
        if is_outermost:
            with self._lock:
                self._follow()
            self.connection.execute("BEGIN")
            self.is_reading = True
        if generation is not None and not self._is_at(generation):
            if is_outermost:
                self._end_reading()
            raise ArchiveChangedError
        return is_outermost

    def _is_at(self, generation: int) -> bool:
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
        """Open a file without locks again if a process that can write to it has changed it."""
        if self._stamp is None or self.folder is None or self.connection.in_transaction:
            return
        if _stamp(self.folder) != self._stamp:
            other = Database.open(self.folder)
            self._close()
            other._close.detach()
            self.connection, self._stamp = other.connection, other._stamp
            self._close = weakref.finalize(self, self.connection.close)
            self._data_version = -1


class _ReadTransaction:
    """The context of `Database.read_transaction`: a generator takes longer to enter and leave."""

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


def _stamp(folder: Path) -> object:
    """Return a value that differs after a change of the file, and while there is a log."""
    about = (folder / CATALOGUE).stat()
    return about.st_ino, about.st_size, about.st_mtime_ns, (folder / f"{CATALOGUE}-wal").exists()


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
    """Close the connection if the block raises; from Python 3.13 on an open one warns."""
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _check_size(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise if a file is shorter than its header says; SQLite itself does not look.

    The file must not be opened for that: closing it would drop the locks of this process.
    """
    log = folder / f"{CATALOGUE}-wal"
    for _ in range(20):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        n_bytes = (folder / CATALOGUE).stat().st_size
        # With a log the header may count pages that are not in the file yet.
        if n_bytes >= pages * size or (log.exists() and log.stat().st_size):
            return
        time.sleep(0.01)  # a writer may be moving its log into the file just now
    raise integrity.damaged_archive(
        folder, f"{CATALOGUE} has {n_bytes:,} bytes, expected {pages * size:,}"
    )


@contextlib.contextmanager
def _named_writer(folder: Path | None) -> Iterator[None]:
    """Keep a note that names this process in the folder while it writes."""
    if folder is None:
        yield
        return
    import socket

    note = folder / WRITER
    about = {"process": os.getpid(), "host": socket.gethostname(), "since": time.time()}
    with integrity.writing_to(folder):
        note.unlink(missing_ok=True)  # it may be a link
        with note.open("x", encoding="utf-8") as file:
            json.dump(about, file)
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def _writer(folder: Path) -> str:
    """Describe the process that is writing, as far as it is known."""
    try:
        integrity.check_files(folder, [WRITER])
        about = json.loads((folder / WRITER).read_text(encoding="utf-8"))
        since = dt.datetime.fromtimestamp(float(about["since"]), dt.UTC)
        return (
            f"process {int(about['process'])} on {about['host']!s:.100}, since {since:%H:%M:%S} UTC"
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "another process"
