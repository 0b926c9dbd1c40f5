"""The archive folder: a SQLite catalogue and immutable ``.npy`` files.

::

    archive.relnews/
      catalogue.sqlite        articles, settings, and which files belong to the archive
      000001.vocabulary/      table, blob, term_ptr
      000002.common/          the terms that are bounded, not walked
      000003.segment/         the arrays of a Segment, norms and outlines of its articles
      …

Files are written and synced first, under names never used before; then one transaction of the
catalogue names them. Whoever is killed in between leaves the archive as it was. Nothing is pickled.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews import _validation
from relnews._kernels._compile import frozen
from relnews.articles import Article
from relnews.exceptions import ArchiveFormatError
from relnews.postings import UNDATED

FORMAT_VERSION = 2

#: "reln", in the header of the catalogue: tells it from other SQLite files.
APPLICATION_ID = 0x72656C6E

CATALOGUE = "catalogue.sqlite"

#: What a folder of arrays may hold.
KINDS = ("vocabulary", "common", "segment")

#: Seconds to wait for another process that reads or writes the catalogue.
_PATIENCE = 10.0

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

_SCHEMA = """
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,      -- of the segment's first article + place in the segment
    id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,        -- place in the archive as it was given
    title TEXT NOT NULL, dek TEXT NOT NULL,
    published INTEGER,               -- microseconds since 1970, UTC
    url TEXT, section TEXT,
    tags TEXT NOT NULL,              -- JSON list
    author TEXT, source TEXT, language TEXT, image TEXT
);
CREATE UNIQUE INDEX articles_by_id ON articles (id);
CREATE UNIQUE INDEX articles_by_ordinal ON articles (ordinal);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);   -- JSON
CREATE TABLE folders (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, base INTEGER);
CREATE TABLE files (
    folder INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (folder, name)
);
"""


class Catalogue:
    """The articles of an archive by id, number and order; in memory or in a folder.

    Reads may come from several threads.
    """

    def __init__(self, connection: sqlite3.Connection, folder: Path | None = None) -> None:
        self._connection = connection
        self._folder = folder or Path(":memory:")
        weakref.finalize(self, connection.close)
        self._lock = threading.Lock()

    @classmethod
    def in_memory(cls) -> Catalogue:
        """Return an empty catalogue."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(_SCHEMA)
        return cls(connection)

    def add(self, articles: Iterable[Article], numbers: Iterable[int], ordinal: int) -> None:
        """Enter articles, given in the order of the archive, the first of them at ``ordinal``."""
        rows = (
            (
                number, article.id, place, article.title, article.dek,
                timestamp(article.published), article.url, article.section,
                json.dumps(article.tags, ensure_ascii=False), article.author, article.source,
                article.language, article.image,
            )
            for place, (article, number) in enumerate(
                zip(articles, numbers, strict=True), start=ordinal
            )
        )  # fmt: skip
        with self._lock:
            _insert(self._connection, rows)

    def number_of(self, identifier: str) -> int | None:
        """Return the number of the article with this id, None if there is none."""
        rows = self._read("SELECT number FROM articles WHERE id = ?", identifier)
        return rows[0][0] if rows else None

    def ids(self, numbers: Sequence[int]) -> list[str]:
        """Return the ids of articles, given their numbers."""
        return [row[0] for row in self._select("id", numbers)]

    def details(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Return what a `RelatedItem` tells of its article, given the articles' numbers."""
        return [
            {
                "id": row[0], "title": row[1], "dek": row[2], "published": moment(row[3]),
                "url": row[4], "section": row[5], "tags": tuple(json.loads(row[6])),
                "author": row[7], "source": row[8], "language": row[9], "image": row[10],
            }
            for row in self._select(
                "id, title, dek, published, url, section, tags, author, source, language, image",
                numbers,
            )
        ]  # fmt: skip

    def numbers(self) -> NDArray[np.int64]:
        """Return the article numbers in the order of the archive."""
        rows = self._read("SELECT number FROM articles ORDER BY ordinal")
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))

    def all_ids(self) -> list[str]:
        """Return the ids in the order of the archive."""
        return [row[0] for row in self._read("SELECT id FROM articles ORDER BY ordinal")]

    def span(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Return the oldest and the newest date."""
        oldest, newest = self._read("SELECT min(published), max(published) FROM articles")[0]
        return moment(oldest), moment(newest)

    def _select(self, columns: str, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
        rows = self._read(
            f"SELECT number, {columns} FROM articles "
            "WHERE number IN (SELECT value FROM json_each(?))",
            json.dumps(list(map(int, numbers))),
        )
        found = {row[0]: row[1:] for row in rows}
        try:
            return [found[number] for number in numbers]
        except KeyError:
            raise _validation.archive_changed() from None

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise _validation.unreadable_archive(self._folder, error) from error

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        with self._lock:
            yield from self._connection.execute("SELECT * FROM articles ORDER BY ordinal")


def timestamp(moment: dt.datetime | None) -> int | None:
    """Return microseconds since 1970, UTC."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def moment(timestamp: int | None) -> dt.datetime | None:
    """Return the date of a timestamp."""
    return None if timestamp is None else _EPOCH + timestamp * _MICROSECOND


def published_array(articles: Sequence[Article]) -> NDArray[np.int64]:
    """Return the articles' dates as a segment keeps them."""
    stamps = (timestamp(article.published) for article in articles)
    return np.fromiter(
        (UNDATED if stamp is None else stamp for stamp in stamps), np.int64, len(articles)
    )


def _insert(connection: sqlite3.Connection, rows: Iterable[tuple[object, ...]]) -> None:
    connection.executemany(f"INSERT INTO articles VALUES ({','.join('?' * 13)})", rows)


# --- the folder ----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class ArrayFolder:
    """Arrays that are written and read together.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    base : int
        Number of a segment's first article.
    arrays : mapping of str to one-dimensional array
    """

    kind: str
    base: int
    arrays: Mapping[str, NDArray[Any]]


def write(
    folder: str | os.PathLike[str],
    catalogue: Catalogue,
    settings: Mapping[str, object],
    groups: Sequence[ArrayFolder],
) -> None:
    """Make a folder hold an archive, and nothing of the archive it may have held before.

    Raises
    ------
    FileExistsError
        If the folder holds something that is not an archive.
    """
    folder = Path(folder)
    _validation.check_archive_target(folder, CATALOGUE)
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / CATALOGUE, timeout=_PATIENCE, isolation_level=None)
    try:
        try:
            connection.execute("PRAGMA cache_spill = OFF")  # readers wait for the commit only
            connection.execute("BEGIN IMMEDIATE")  # one writer at a time
            _check_header(connection, folder, new=True)
        except sqlite3.DatabaseError as error:
            raise _validation.cannot_write(folder, error) from error
        bases: dict[int, int] = {}
        entries = []
        for number, group in enumerate(groups, start=_unused_number(folder, connection)):
            path = folder / _folder_name(number, group.kind)
            sizes = _write_arrays(path, group.arrays)
            base = bases[group.base] = number << 16
            entries.append((number, group.kind, base, sizes))
        _sync(folder)

        for table in ("articles", "settings", "folders", "files"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        first = -1 << 16
        _insert(
            connection,
            ((bases[row[0] & first] + (row[0] & ~first), *row[1:]) for row in catalogue._rows()),
        )
        connection.executemany(
            "INSERT INTO settings VALUES (?, ?)",
            ((name, json.dumps(value)) for name, value in settings.items()),
        )
        for number, kind, base, sizes in entries:
            connection.execute("INSERT INTO folders VALUES (?, ?, ?)", (number, kind, base))
            connection.executemany(
                "INSERT INTO files VALUES (?, ?, ?)",
                ((number, name, size) for name, size in sizes.items()),
            )
        connection.execute("COMMIT")
    finally:
        connection.close()
    _sync(folder)
    current = {_folder_name(number, kind) for number, kind, _, _ in entries}
    for path in folder.iterdir():
        if path.is_dir() and _is_array_folder(path) and path.name not in current:
            shutil.rmtree(path, ignore_errors=True)


def read(
    folder: str | os.PathLike[str], dtypes: Mapping[str, Mapping[str, np.dtype[Any]]]
) -> tuple[Catalogue, dict[str, Any], list[ArrayFolder]]:
    """Open the archive in a folder; its arrays are mapped, not read.

    Parameters
    ----------
    folder : path
    dtypes : mapping of kind to mapping of array name to dtype
        What an archive is made of.

    Raises
    ------
    ArchiveFormatError
        If the folder is no archive, is damaged, or is of another format version.
    """
    folder = Path(folder)
    _validation.check_archive_source(folder, CATALOGUE)
    connection = sqlite3.connect(
        f"{(folder / CATALOGUE).absolute().as_uri()}?mode=rw",  # rw: to undo a killed commit
        uri=True,
        timeout=_PATIENCE,
        check_same_thread=False,
        isolation_level=None,
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        # One view of the catalogue; and no writer removes a folder before it is mapped.
        connection.execute("BEGIN")
        _check_header(connection, folder, new=False)
        (n_bytes,) = connection.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()
        _validation.check_file(folder, CATALOGUE, n_bytes)
        settings = {
            name: json.loads(value)
            for name, value in connection.execute("SELECT name, value FROM settings")
        }
        groups = [
            ArrayFolder(kind, base, _map_arrays(folder, number, kind, dtypes, connection))
            for number, kind, base in connection.execute(
                "SELECT number, kind, base FROM folders ORDER BY number"
            )
        ]
        connection.execute("COMMIT")
    except (sqlite3.DatabaseError, ValueError, OSError) as error:
        connection.close()
        if isinstance(error, ArchiveFormatError):
            raise
        raise _validation.unreadable_archive(folder, error) from error
    return Catalogue(connection, folder), settings, groups


def _check_header(connection: sqlite3.Connection, folder: Path, *, new: bool) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if new and application == 0 and version == 0:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            return
    _validation.check_format(folder, application == APPLICATION_ID, version, FORMAT_VERSION)


def _unused_number(folder: Path, connection: sqlite3.Connection) -> int:
    """Return a folder number above any that is or was in use."""
    used = [int(path.name[:6]) for path in folder.iterdir() if _is_array_folder(path)]
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'folders'").fetchone():
        used.extend(number for (number,) in connection.execute("SELECT number FROM folders"))
    return max(used, default=0) + 1


def _folder_name(number: int, kind: str) -> str:
    return f"{number:06d}.{kind}"


def _is_array_folder(path: Path) -> bool:
    number, _, kind = path.name.partition(".")
    return number.isdecimal() and kind in KINDS


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    path.mkdir()
    sizes = {}
    for name, array in arrays.items():
        with (path / f"{name}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
            sizes[name] = file.tell()
    _sync(path)
    return sizes


def _map_arrays(
    folder: Path,
    number: int,
    kind: str,
    dtypes: Mapping[str, Mapping[str, np.dtype[Any]]],
    connection: sqlite3.Connection,
) -> dict[str, NDArray[Any]]:
    sizes = dict(connection.execute("SELECT name, bytes FROM files WHERE folder = ?", (number,)))
    path = _folder_name(number, _validation.check_kind(folder, kind, dtypes))
    arrays = {}
    for name, dtype in dtypes[kind].items():
        file = f"{path}/{name}.npy"
        _validation.check_file(folder, file, sizes.get(name))
        array = np.load(folder / file, mmap_mode="r", allow_pickle=False)
        _validation.check_array(folder, file, array, dtype)
        arrays[name] = frozen(array)
    return arrays


def _sync(folder: Path) -> None:
    """Make the names in a folder durable, where the system lets folders be synced."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
