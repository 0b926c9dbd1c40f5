"""Schema: the tables of the catalogue, the version of the format, and older formats.

Formats 6 and 7 have the same tables. They differ in names inside of two settings, so that a folder
of format 6 is read as it is: `migrated` translates its settings. The first change migrates it, see
`relnews.storage.settings`.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from relnews.articles import DATES, FIELDS, TUPLES
from relnews.storage import integrity

#: The format that this version of relnews writes.
FORMAT_VERSION = 7

#: "reln", in the header of the catalogue: tells it from other SQLite files.
APPLICATION_ID = 0x72656C6E

#: Fields of an article that are never NULL; tuples are JSON lists.
NOT_NULL = ("id", "title", "dek", *TUPLES)

#: The fields of an article that are stored, in the order of their columns.
STORED = ("id", "title", "dek", *DATES)
STORED += tuple(name for name in FIELDS if name not in (*STORED, "text"))


def _column(name: str) -> str:
    """Return the column of a field of `Article`, as SQL."""
    if name == "id":
        return "id TEXT NOT NULL UNIQUE"
    if name in DATES:
        return f"{name} INTEGER"  # microseconds since 1970, UTC
    return f"{name} TEXT NOT NULL" if name in NOT_NULL else f"{name} TEXT"


_SCHEMA = f"""
CREATE TABLE articles (
    key INTEGER PRIMARY KEY AUTOINCREMENT,   -- in the order in which they came, never used twice
    {", ".join(map(_column, STORED))},
    digest BLOB NOT NULL                     -- of the whole record, text included
);
CREATE INDEX articles_by_expiry ON articles (expires) WHERE expires IS NOT NULL;
CREATE TABLE counts (                        -- of the articles that are in no segment yet
    key INTEGER PRIMARY KEY, terms BLOB NOT NULL, codes BLOB NOT NULL, text BLOB NOT NULL,
    phrases BLOB NOT NULL, checksum INTEGER NOT NULL
);
CREATE TABLE removals (                      -- removed articles that a segment may still have
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, key INTEGER NOT NULL
);
CREATE TABLE terms (                         -- that came after the vocabulary was written
    number INTEGER PRIMARY KEY, term BLOB NOT NULL
);
CREATE TABLE lists (                         -- the best candidates of each article
    key INTEGER PRIMARY KEY, entries BLOB NOT NULL
);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);   -- JSON
CREATE TABLE folders (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, segment INTEGER);
CREATE TABLE files (
    folder INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (folder, name)
);
"""

#: Tables that a copy of an archive takes over as they are.
COPIED_TABLES = ("articles", "counts", "removals", "terms", "lists")

#: Tables that each archive writes itself.
OWN_TABLES = ("settings", "folders", "files")


def _renaming(old: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a function that renames a key of a setting."""

    def rename(setting: dict[str, Any]) -> dict[str, Any]:
        renamed = dict(setting)
        renamed[new] = renamed.pop(old)
        return renamed

    return rename


#: By format: the settings that differ in the next format, and the function that translates each.
_MIGRATIONS: dict[int, dict[str, Callable[[Any], Any]]] = {
    6: {
        "analysis": _renaming("folding", "normalization"),
        "weighting": _renaming("title_share", "title_overlap"),
    }
}

#: The formats that this version of relnews reads, ascending.
READ_VERSIONS = (*_MIGRATIONS, FORMAT_VERSION)


def migrated(version: int, name: str, value: Any) -> Any:
    """Return a setting as this format has it.

    Parameters
    ----------
    version : int
        The format that it was read from.
    name : str
    value : JSON value
    """
    for older in range(version, FORMAT_VERSION):
        migration = _MIGRATIONS[older].get(name)
        value = value if migration is None else migration(value)
    return value


def version_of(connection: sqlite3.Connection) -> int:
    """Return the format version of a catalogue."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def set_version(connection: sqlite3.Connection) -> None:
    """Mark a catalogue as of this format; part of the transaction that is under way."""
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database; part of the transaction that is under way."""
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    set_version(connection)


def create_if_empty(connection: sqlite3.Connection) -> None:
    """Make the tables, in one transaction, in a database that has none and is of no program."""
    if application_of(connection) or version_of(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    (n_tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if n_tables:
        connection.execute("ROLLBACK")
    else:
        create_tables(connection)
        connection.execute("COMMIT")


def check_header(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise ArchiveFormatError unless this is a catalogue of a format that can be read."""
    is_archive = application_of(connection) == APPLICATION_ID
    integrity.check_format(folder, is_archive, version_of(connection), READ_VERSIONS)
    _check_tables(connection, folder)


def application_of(connection: sqlite3.Connection) -> int:
    """Return the number of the program that a database is of, 0 if it has none."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return int(application)


def _check_tables(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise for tables that are not ours, and for views and triggers, which may run any SQL."""
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    statements = {_without_comments(str(sql)) for (sql,) in rows}
    # SQLite's own; the table of statistics is there if somebody had it analyze the database.
    own = {"CREATE TABLE sqlite_sequence(name,seq)", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"}
    expected = {_without_comments(statement) for statement in _SCHEMA.split(";")} - {""}
    integrity.check_schema(folder, statements - own == expected)


def _without_comments(statement: str) -> str:
    lines = (line.partition("--")[0] for line in statement.splitlines())
    return " ".join(" ".join(lines).split())


@dataclasses.dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder of arrays that belongs to the archive.

    Parameters
    ----------
    number : int
    kind : str
    segment : int or None
        Number of the segment's folder that an outline is of.
    files : dict of str to (int, int)
        Size in bytes and checksum of each array.
    """

    number: int
    kind: str
    segment: int | None
    files: dict[str, tuple[int, int]]


class StoredCounts(NamedTuple):
    """The counts of an article as they are stored; see `relnews.archive.pending`."""

    key: int
    terms: bytes
    codes: bytes
    text: bytes
    phrases: bytes
    checksum: int
    published: int | None
    id: str
