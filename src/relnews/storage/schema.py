"""Schema: the tables of the catalogue, the version of the format, and older formats.

Formats 6 and 7 differ in names inside two settings; format 8 has the checksums of
`relnews.storage.checksums`; format 9 may have repeated lines, which older versions of relnews would
count; format 10 has the column of `ADDED`, and may have vectors, which older versions would not
compare. An older folder is read unchanged: `migrated` translates its settings, and a missing column
is read as NULL. The first change migrates the folder; see `relnews.storage.settings`.
"""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relnews.articles import DATES, FIELDS, TUPLES
from relnews.dates import timestamps
from relnews.results import SHOWN
from relnews.storage import checksums, integrity

if TYPE_CHECKING:
    from relnews.articles import Article

#: The format that this version of relnews writes.
FORMAT_VERSION = 10

#: "reln", in the header of the catalogue; distinguishes it from other SQLite files.
APPLICATION_ID = 0x72656C6E

#: Fields of an article that are never NULL; tuples are JSON lists.
NOT_NULL = ("id", "title", "dek", *TUPLES)

#: The fields of an article that are stored, in the order of their columns.
STORED = ("id", "title", "dek", *DATES)
STORED += tuple(name for name in FIELDS if name not in (*STORED, "text"))

#: The field whose column format 10 added, and the format.
ADDED, ADDED_IN = "image_alt", 10


def values(name: str, articles: Sequence[Article]) -> Sequence[object]:
    """Return a field of articles as SQLite stores it."""
    values = [getattr(article, name) for article in articles]
    if name in DATES:
        return timestamps(values)
    if name in TUPLES:
        return [json.dumps(value, ensure_ascii=False) for value in values]
    return values


def _column(name: str) -> str:
    """Return the column of a field of `Article`, as SQL."""
    if name == "id":
        return "id TEXT NOT NULL UNIQUE"
    if name in DATES:
        return f"{name} INTEGER"  # microseconds since 1970, UTC
    return f"{name} TEXT NOT NULL" if name in NOT_NULL else f"{name} TEXT"


def _as_typed(name: str) -> str:
    """Return the SQL that reads a field as a value of its type, whatever the column holds."""
    if name in DATES:
        return f"CAST({name} AS INTEGER)"
    text = f"CAST({name} AS TEXT)"
    return f"ifnull({text}, '')" if name in NOT_NULL and name not in TUPLES else text


#: The fields of a row of an article, in the order in which it is read; key and digest follow.
READ = (*SHOWN, "expires")


@functools.cache
def columns(version: int) -> str:
    """Return the SQL that reads the fields of `READ` in an archive of a format."""
    has_all = version >= ADDED_IN
    return ", ".join(_as_typed(name) if has_all or name != ADDED else "NULL" for name in READ)


@functools.cache
def row(version: int) -> str:
    """Return the SQL that reads all of an article's row in an archive of a format."""
    return f"{columns(version)}, key, CAST(digest AS BLOB)"


@functools.cache
def texts(version: int) -> str:
    """Return the SQL that reads all texts of an article, in an archive of a format, as one."""
    names = (name for name in STORED if name not in DATES)
    has_all = version >= ADDED_IN
    found = (f"ifnull(CAST({name} AS TEXT), '')" for name in names if has_all or name != ADDED)
    return " || char(0) || ".join(found)


#: What SQLite adds to a table that gets the column later; a new table has it in the same words.
_ADDED = f", {_column(ADDED)}"

_SCHEMA = f"""
CREATE TABLE articles (
    key INTEGER PRIMARY KEY AUTOINCREMENT,   -- in the order in which they came, never used twice
    {", ".join(_column(name) for name in STORED if name != ADDED)},
    digest BLOB NOT NULL                     -- of the whole record, text included
{_ADDED});
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

#: Tables that a copy of an archive takes unchanged.
COPIED_TABLES = ("articles", "counts", "removals", "terms", "lists")

#: Tables that each archive writes itself.
OWN_TABLES = ("folders", "files")


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
    },
    7: {},
    8: {},
    9: {},
}

#: The formats that this version of relnews reads, ascending.
READ_VERSIONS = (*_MIGRATIONS, FORMAT_VERSION)


def migrated(version: int, name: str, value: Any) -> Any:
    """Return a setting in the form of this format.

    Parameters
    ----------
    version : int
        Format version that the setting was read from.
    name : str
        Name of the setting.
    value : JSON value
        Value of the setting in that format.
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
    """Write this format version to a catalogue, inside a transaction."""
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")


def bound(values: Iterable[object]) -> list[object]:
    """Return values that SQLite takes: text with a lone surrogate as bytes, which equal no text."""

    def encoded(value: object) -> object:
        if isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            return value if data.decode(errors="ignore") == value else data
        return value

    return [*map(encoded, values)]


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables in an empty database, inside a transaction."""
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    set_version(connection)


def create_if_empty(connection: sqlite3.Connection) -> None:
    """Create the tables, in one transaction, in an empty database of no other program."""
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
    """Return the application id of a database; 0 if it has none."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return int(application)


#: Tables and format version. One query reads both from one state, because another process may
#: migrate the archive between two queries.
_TABLES = (
    "SELECT sql, (SELECT user_version FROM pragma_user_version) FROM sqlite_master "
    "WHERE sql IS NOT NULL"
)


def _check_tables(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise for unknown tables, and for views and triggers, which may run any SQL."""
    rows = connection.execute(_TABLES).fetchall()
    statements = {_without_comments(str(sql)) for sql, _ in rows}
    is_older = any(version < ADDED_IN for _, version in rows)
    schema = _SCHEMA.replace(_ADDED, "") if is_older else _SCHEMA
    # sqlite_stat1 exists after ANALYZE.
    internal = {"CREATE TABLE sqlite_sequence(name,seq)", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"}
    expected = {_without_comments(statement) for statement in schema.split(";")} - {""}
    if statements - internal != expected:
        raise integrity.damaged_archive(folder, "its catalogue has other tables than the format")


def _without_comments(statement: str) -> str:
    lines = (line.partition("--")[0] for line in statement.splitlines())
    return " ".join(" ".join(lines).split())


#: Reads a table whose rows format 8 changes, and writes a row back: checksums get the key.
_ROWS = {
    f"SELECT {row(FORMAT_VERSION)} FROM articles ORDER BY key": (
        "UPDATE articles SET digest = ? WHERE key = ?",
        lambda row: (checksums.digest_of(row[:-1], row[-1]), row[-2]),
    ),
    "SELECT key, CAST(entries AS BLOB) FROM lists": (
        "UPDATE lists SET entries = ? WHERE key = ?",
        lambda row: (checksums.rekeyed(row[1], row[0]), row[0]),
    ),
    "SELECT key, CAST(checksum AS INTEGER) FROM counts": (
        "UPDATE counts SET checksum = ? WHERE key = ?",
        lambda row: (checksums.with_key(row[1], row[0]), row[0]),
    ),
    "SELECT number, CAST(term AS BLOB) FROM terms": (
        "UPDATE terms SET term = ? WHERE number = ?",
        lambda row: (checksums.sealed(row[1], row[0]), row[0]),
    ),
}


def migrate_tables(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables of an older format into this format, inside a transaction."""
    if version < ADDED_IN:
        connection.execute(f"ALTER TABLE articles ADD COLUMN {_column(ADDED)}")
    add_checksums(connection, version)


def add_checksums(connection: sqlite3.Connection, version: int) -> None:
    """Add the checksums of format 8 to rows of an older format, inside a transaction."""
    for query, (statement, change) in _ROWS.items() if version < checksums.SINCE else ():
        connection.executemany(statement, map(change, connection.execute(query).fetchall()))
