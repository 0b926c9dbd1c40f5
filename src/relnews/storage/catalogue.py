"""Catalogue: the SQLite database of an archive, in memory or in its folder.

It has what is shown of the articles, what came in since arrays were last written, the stored lists,
and which arrays belong to the archive. One transaction of it is one change of the archive. Nothing
here needs numpy, so that a stored list is read at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import json
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from relnews._checks import unknown_article
from relnews.dates import moment, timestamp
from relnews.exceptions import ArchiveChangedError
from relnews.storage import integrity

if TYPE_CHECKING:
    from relnews.articles import Article

FORMAT_VERSION = 6

#: "reln", in the header of the catalogue: tells it from other SQLite files.
APPLICATION_ID = 0x72656C6E

CATALOGUE = "catalogue.sqlite"

#: The files of the database.
_DATABASE = tuple(f"{CATALOGUE}{end}" for end in ("", "-wal", "-shm", "-journal"))

#: Says who is writing, for the message to whoever wants to.
WRITER = "writer.json"

#: Seconds to wait for another process that writes.
PATIENCE = 10.0

#: Ways to open a catalogue; the second where nothing may be written, the last where not even the
#: log that readers share can be made, which is right as long as nobody writes.
_MODES = ("rw", "ro", "ro&immutable=1")

#: KiB of pages that a connection remembers at most: half of what articles and lists of an archive
#: of 100,000 take. SQLite's 2,000 are less than what is between two looks at the same page.
_CACHE = 32_000

#: SQLite takes so many values in one statement, everywhere.
_MOST_MARKS = 999

#: What SQLite raises; of a damaged file also that it cannot read its own message.
_ERRORS = (sqlite3.Error, UnicodeDecodeError)


_SCHEMA = """
CREATE TABLE articles (
    key INTEGER PRIMARY KEY AUTOINCREMENT,   -- in the order in which they came, never used twice
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL, dek TEXT NOT NULL,
    published INTEGER, expires INTEGER,      -- microseconds since 1970, UTC
    url TEXT, section TEXT,
    tags TEXT NOT NULL,                      -- JSON list
    author TEXT, source TEXT, language TEXT, image TEXT,
    digest BLOB NOT NULL                     -- of the whole record, text included
);
CREATE INDEX articles_by_expiry ON articles (expires) WHERE expires IS NOT NULL;
CREATE TABLE counts (                        -- of the articles that are in no segment yet
    key INTEGER PRIMARY KEY, terms BLOB NOT NULL, codes BLOB NOT NULL, text BLOB NOT NULL,
    phrases BLOB NOT NULL, checksum INTEGER NOT NULL
);
CREATE TABLE removals (                      -- articles that are gone, and may be in a segment yet
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

_TABLES = ("articles", "counts", "removals", "terms", "lists", "settings", "folders", "files")

# SQLite lets a column have values of any type: what is not what it should be is made so.
_ID = "ifnull(CAST(id AS TEXT), '')"
_PUBLISHED = "CAST(published AS INTEGER)"
_EXPIRES = "CAST(expires AS INTEGER)"
_SHOWN = ", ".join(
    [
        *(f"ifnull(CAST({name} AS TEXT), '')" for name in ("id", "title", "dek")),
        _PUBLISHED, "CAST(url AS TEXT)", "CAST(section AS TEXT)", "CAST(tags AS TEXT)",
        *(f"CAST({name} AS TEXT)" for name in ("author", "source", "language", "image")),
        _EXPIRES,
    ]
)  # fmt: skip

#: A stored list, and how many changes there were: one look instead of two.
_ENTRIES_OF = (
    "SELECT CAST(entries AS BLOB), (SELECT value FROM settings WHERE name = 'generation') "
    "FROM lists JOIN articles USING (key) WHERE id = ?"
)

Made = TypeVar("Made")


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
    """What was counted of an article, as it is stored; see `relnews.archive.pending`."""

    key: int
    terms: bytes
    codes: bytes
    text: bytes
    phrases: bytes
    checksum: int
    published: int | None
    id: str


class Catalogue:
    """What an archive knows of its articles. Reads may come from several threads."""

    def __init__(self, connection: sqlite3.Connection, folder: Path | None = None) -> None:
        self._connection = connection
        self._folder = folder
        self._close = weakref.finalize(self, connection.close)
        self._lock = threading.Lock()
        #: Held by a thread for as long as what it reads has to be of one state, and by a writer.
        self.state = threading.RLock()
        self._data_version = -1
        self._made: dict[str, tuple[int, Any]] = {}
        # While one state is read: how many changes it has, once that is known.
        self._is_reading = False
        self._generation: int | None = None
        #: What the file was like when it was opened without locks; None if it has them.
        self._stamp: object = None

    @classmethod
    def in_memory(cls) -> Catalogue:
        """Return an empty catalogue."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(_SCHEMA)
        return cls(connection)

    @classmethod
    def create(cls, folder: Path) -> Catalogue:
        """Open the catalogue of a folder to write it; make one if there is none.

        Raises
        ------
        ArchiveFormatError
            If a database of another program, or of another format version, is there.
        """
        integrity.check_files(folder, _DATABASE)
        try:
            connection = _connect(folder, "rwc")
            _check_header(connection, folder, new=True)
            connection.execute("PRAGMA journal_mode = WAL")
        except _ERRORS as error:
            raise integrity.cannot_write(folder, error, _writer(folder)) from error
        return cls(connection, folder)

    @classmethod
    def open(cls, folder: Path) -> Catalogue:
        """Open the catalogue of an archive; one that cannot be written to can be read.

        Raises
        ------
        ArchiveFormatError
            If the folder is no archive, is damaged, or is of another format version.
        """
        integrity.check_archive_source(folder, CATALOGUE)
        integrity.check_files(folder, _DATABASE)
        stamp = _stamp(folder)
        try:
            for mode in _MODES:
                try:
                    connection = _connect(folder, mode)
                    _check_header(connection, folder, new=False)
                    break
                except sqlite3.OperationalError as error:
                    if mode == _MODES[-1] or integrity.is_locked(error):
                        raise
            _check_size(connection, folder)
        except _ERRORS as error:
            raise integrity.unreadable_archive(folder, error) from error
        catalogue = cls(connection, folder)
        if mode == _MODES[-1]:
            catalogue._stamp = stamp
        return catalogue

    @property
    def folder(self) -> Path | None:
        """Where the archive is; None in memory."""
        return self._folder

    # --- what is shown ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._read("SELECT count(*) FROM articles")[0][0])

    def key_of(self, identifier: str) -> int | None:
        """Return the key of the article with this id, None if there is none."""
        rows = self._read("SELECT key FROM articles WHERE id = ?", identifier)
        return rows[0][0] if rows else None

    def keys_of(self, identifiers: Sequence[str]) -> list[int]:
        """Return the keys of articles.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them.
        """
        known = self.digests(identifiers)
        for identifier in identifiers:
            if identifier not in known:
                raise unknown_article(identifier, self.all_ids())
        return [known[identifier][0] for identifier in identifiers]

    def ids(self, keys: Sequence[int]) -> list[str]:
        """Return the ids of articles."""
        return [row[0] for row in self._rows(_ID, keys)]

    def details(self, keys: Sequence[int], now: int | None = None) -> list[tuple[Any, ...] | None]:
        """Return what a `RelatedItem` tells of its article: id, title, dek and so on.

        Parameters
        ----------
        keys : sequence of int
        now : int, optional
            A timestamp; None is returned in place of what is not to be seen then.
        """
        rows = self._rows(_SHOWN, keys)
        with integrity.damage_in(self._place):
            return [
                (
                    identifier, title, dek, url, moment(published), section, _tags(tags), author,
                    source, language, image,
                ) if now is None or (
                    (published is None or published <= now) and (expires is None or expires > now)
                ) else None
                for (
                    identifier, title, dek, published, url, section, tags, author, source,
                    language, image, expires,
                ) in rows
            ]  # fmt: skip

    def keys(self) -> list[int]:
        """Return the keys of all articles in the order of the archive."""
        return [row[0] for row in self._read("SELECT key FROM articles ORDER BY key")]

    def all_ids(self) -> list[str]:
        """Return the ids in the order of the archive."""
        return [row[0] for row in self._read(f"SELECT {_ID} FROM articles ORDER BY key")]

    def dates(self, keys: Sequence[int]) -> list[int | None]:
        """Return when articles were published, as timestamps."""
        return [row[0] for row in self._rows(_PUBLISHED, keys)]

    def newest(self) -> list[tuple[int, str | None]]:
        """Return key and section of all articles, newest first, undated ones last."""
        order = f"published IS NULL, {_PUBLISHED} DESC, {_ID}"
        return self._read(f"SELECT key, CAST(section AS TEXT) FROM articles ORDER BY {order}")

    def keys_where(self, fields: Iterable[tuple[str, Sequence[str]]]) -> list[int]:
        """Return the articles of which each field has one of the values it is paired with."""
        tests, values = ["1"], list[str]()
        for field, wanted in fields:
            column = "value" if field == "tags" else field
            test = f"{column} IN ({_marks(wanted)})"
            exists = f"EXISTS (SELECT 1 FROM json_each(tags) WHERE {test})"
            tests.append(exists if field == "tags" else test)
            values += wanted
        rows = self._read(f"SELECT key FROM articles WHERE {' AND '.join(tests)}", *values)
        return [row[0] for row in rows]

    def span(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Return the oldest and the newest date."""
        query = f"SELECT min({_PUBLISHED}), max({_PUBLISHED}) FROM articles"
        oldest, newest = self._read(query)[0]
        with integrity.damage_in(self._place):
            return moment(oldest), moment(newest)

    def expiries(self) -> dict[int, int]:
        """Return the timestamps at which articles expire, by key."""
        return dict(self._read(f"SELECT key, {_EXPIRES} FROM articles WHERE expires IS NOT NULL"))

    def digests(self, identifiers: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Return key and digest of those of some articles that the archive has, by id."""
        found: dict[str, tuple[int, bytes]] = {}
        for first in range(0, len(identifiers), _MOST_MARKS):
            some = identifiers[first : first + _MOST_MARKS]
            rows = self._read(
                f"SELECT id, key, digest FROM articles WHERE id IN ({_marks(some)})", *some
            )
            found.update((identifier, (key, digest)) for identifier, key, digest in rows)
        return found

    # --- what the index is made of ---------------------------------------------------------------

    def setting(self, name: str) -> Any:
        """Return a setting, None if there is none."""
        return self.settings(name)[0]

    def settings(self, *names: str) -> list[Any]:
        """Return settings, None in place of a setting that is not there."""
        query = f"SELECT name, value FROM settings WHERE name IN ({_marks(names)})"
        stored = dict(self._read(query, *names))
        with integrity.damage_in(self._place):
            return integrity.read_settings(names, stored)

    def made_of(self, name: str, make: Callable[[Any], Made]) -> Made:
        """Return what a function makes of a setting; it is remembered until the archive changes."""
        with self.state:
            generation = self.generation()
            known = self._made.get(name)
            if known is None or known[0] != generation:
                with integrity.damage_in(self._place):
                    known = self._made[name] = generation, make(self.setting(name))
        made: Made = known[1]
        return made

    def generation(self) -> int:
        """Return how many changes were committed."""
        known = self._generation
        return int(self.setting("generation") or 0) if known is None else known

    def has_news(self) -> bool:
        """Say whether another connection committed since this was last asked, or `announce`."""
        (version,) = self._read("PRAGMA data_version")[0]
        last, self._data_version = self._data_version, int(version)
        return last != self._data_version

    def announce(self) -> None:
        """Let what this connection has committed be news."""
        self._data_version = -1

    def folders(self) -> list[FolderEntry]:
        """Return the folders of arrays, oldest first."""
        files: dict[int, dict[str, tuple[int, int]]] = {}
        for folder, name, n_bytes, checksum in self._read(
            "SELECT folder, name, CAST(bytes AS INTEGER), CAST(checksum AS INTEGER) FROM files"
        ):
            files.setdefault(folder, {})[name] = n_bytes, checksum
        entries = [
            FolderEntry(number, kind, segment, files.get(number, {}))
            for number, kind, segment in self._read(
                "SELECT number, CAST(kind AS TEXT), CAST(segment AS INTEGER) FROM folders "
                "ORDER BY number"
            )
        ]
        integrity.check_folders(self._place, [entry.number for entry in entries])
        return entries

    def counts(self, after: int) -> list[StoredCounts]:
        """Return what was counted of articles in no segment, whose keys are above ``after``."""
        blobs = ", ".join(f"CAST({name} AS BLOB)" for name in StoredCounts._fields[1:5])
        rows = self._read(
            f"SELECT key, {blobs}, CAST(checksum AS INTEGER), {_PUBLISHED}, {_ID} "
            "FROM counts JOIN articles USING (key) WHERE key > ? ORDER BY key",
            after,
        )
        return [StoredCounts(*row) for row in rows]

    def removals(self, after: int) -> list[tuple[int, int]]:
        """Return the articles removed later than ``after``: (sequence, key)."""
        return self._read(
            "SELECT sequence, ifnull(CAST(key AS INTEGER), -1) FROM removals WHERE sequence > ? "
            "ORDER BY sequence",
            after,
        )

    def terms(self, first: int) -> list[bytes]:
        """Return the terms numbered from ``first`` on that the vocabulary does not have."""
        rows = self._read(
            "SELECT number, CAST(term AS BLOB) FROM terms WHERE number >= ? ORDER BY number", first
        )
        if [number for number, _ in rows] != list(range(first, first + len(rows))):
            raise integrity.damaged_archive(self._place, "new terms are missing")
        terms = [term for _, term in rows]
        if terms:
            integrity.check_terms(self._place, terms)
        return terms

    def entries_of(self, identifier: str) -> bytes | None:
        """Return the stored list of the article with this id, None if there is none."""
        rows = self._read(_ENTRIES_OF, identifier)
        if not rows:
            return None
        ((entries, generation),) = rows
        # Whatever else it may be, whoever asks for it finds out.
        is_number = isinstance(generation, str) and generation.isdecimal() and len(generation) < 20
        if self._is_reading and is_number:
            self._generation = int(generation)
        return entries  # type: ignore[no-any-return]

    def entries(self, keys: Sequence[int]) -> list[tuple[int, str, bytes | None]]:
        """Return key, id and stored list of those of some articles that the archive has."""
        return self._read(
            f"SELECT key, {_ID}, CAST(entries AS BLOB) FROM articles LEFT JOIN lists USING (key) "
            f"WHERE key IN ({_marks(keys)}) ORDER BY key",
            *keys,
        )

    def all_entries(self) -> list[tuple[int, bytes]]:
        """Return every stored list with its article's key."""
        return self._read("SELECT key, CAST(entries AS BLOB) FROM lists ORDER BY key")

    def problems(self) -> list[str]:
        """Return what SQLite finds wrong with its file."""
        rows = self._read("PRAGMA integrity_check")
        return [row[0] for row in rows if row[0] != "ok"]

    # --- changes ---------------------------------------------------------------------------------

    def reading(self) -> _Reading:
        """See one state of the catalogue inside, whatever others commit meanwhile."""
        return _Reading(self)

    def _begin_reading(self) -> bool:
        """Hold on to the state of now; say whether nobody did already."""
        if self._connection.in_transaction:
            return False
        with self._lock:
            self._follow()
        self._connection.execute("BEGIN")
        self._is_reading = True
        return True

    def _end_reading(self) -> None:
        self._is_reading, self._generation = False, None
        self._connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside, or nothing of it; one writer at a time.

        Raises
        ------
        TimeoutError
            If another process writes for long.
        """
        with self.state:
            place = self._place
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise integrity.cannot_write(place, error, _writer(place)) from error
            try:
                with _named_writer(self._folder):
                    yield
                    generation = self.generation() + 1
                    self.set("generation", generation)
                    self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self._made.clear()  # it may be of what was not committed
                if isinstance(error, sqlite3.Error):
                    raise integrity.cannot_write(place, error, _writer(place)) from error
                raise

    def add(
        self, articles: Iterable[Article], keys: Iterable[int], digests: Iterable[bytes]
    ) -> None:
        """Enter articles."""
        rows = (
            (
                key, article.id, article.title, article.dek, timestamp(article.published),
                timestamp(article.expires), article.url, article.section,
                json.dumps(article.tags, ensure_ascii=False), article.author, article.source,
                article.language, article.image, digest,
            )
            for key, article, digest in zip(keys, articles, digests, strict=True)
        )  # fmt: skip
        self._write(f"INSERT INTO articles VALUES ({','.join('?' * 14)})", rows)

    def next_key(self) -> int:
        """Return a key that no article has or had."""
        rows = self._read(
            "SELECT ifnull(CAST(seq AS INTEGER), -1) FROM sqlite_sequence WHERE name = 'articles'"
        )
        return integrity.check_next_key(self._place, rows[0][0]) if rows else 0

    def remove(self, keys: Sequence[int]) -> None:
        """Take articles, and what was counted of them, out."""
        for table in ("articles", "counts", "lists"):
            self._write(f"DELETE FROM {table} WHERE key = ?", ((key,) for key in keys))
        self._write("INSERT INTO removals (key) VALUES (?)", ((key,) for key in keys))

    def add_counts(self, rows: Iterable[tuple[int | bytes, ...]]) -> None:
        """Enter what was counted of articles: the first six fields of `StoredCounts`."""
        self._write("INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?)", rows)

    def clear_counts(self) -> None:
        """Forget what was counted: it is in a segment now."""
        self._write("DELETE FROM counts", [()])

    def clear_removals(self, keys: Iterable[int]) -> None:
        """Forget articles that are in no segment any more."""
        self._write("DELETE FROM removals WHERE key = ?", ((key,) for key in keys))

    def add_terms(self, first: int, terms: Iterable[bytes]) -> None:
        """Enter terms, numbered from ``first`` on."""
        self._write("INSERT INTO terms VALUES (?, ?)", enumerate(terms, start=first))

    def clear_terms(self) -> None:
        """Forget the new terms: they are in the vocabulary now."""
        self._write("DELETE FROM terms", [()])

    def set_entries(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Store lists in place of those that were stored."""
        self._write("INSERT OR REPLACE INTO lists VALUES (?, ?)", rows)

    def clear_entries(self) -> None:
        """Forget all stored lists."""
        self._write("DELETE FROM lists", [()])

    def set(self, name: str, value: object) -> None:
        """Set a setting."""
        self.set_all({name: value})

    def set_all(self, settings: Mapping[str, object]) -> None:
        """Set settings."""
        self._made.clear()
        rows = [(name, json.dumps(value)) for name, value in settings.items()]
        self._write("INSERT OR REPLACE INTO settings VALUES (?, ?)", rows)

    def add_folder(self, entry: FolderEntry) -> None:
        """Name a folder of arrays as belonging to the archive."""
        row = (entry.number, entry.kind, entry.segment)
        self._write("INSERT INTO folders VALUES (?, ?, ?)", [row])
        self._write(
            "INSERT INTO files VALUES (?, ?, ?, ?)",
            ((entry.number, name, *about) for name, about in entry.files.items()),
        )

    def drop_folder(self, number: int) -> None:
        """Take a folder of arrays out."""
        self._write("DELETE FROM folders WHERE number = ?", [(number,)])
        self._write("DELETE FROM files WHERE folder = ?", [(number,)])

    def replace_by(self, other: Catalogue) -> None:
        """Take over all of another catalogue but for its folders."""
        own = {name: self.setting(name) for name in ("generation", "last_folder")}
        for table in _TABLES:
            self._write(f"DELETE FROM {table}", [()])
            if table not in ("folders", "files"):
                rows = other._connection.execute(f"SELECT * FROM {table}")
                marks = ",".join("?" * len(rows.description))
                self._write(f"INSERT INTO {table} VALUES ({marks})", rows)
        # No key is used twice, those of articles that are gone included.
        self._write("DELETE FROM sqlite_sequence", [()])
        rows = other._connection.execute("SELECT name, seq FROM sqlite_sequence")
        self._write("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", rows)
        for name, value in own.items():
            self.set(name, value)
        self.set("made", os.urandom(8).hex())

    @property
    def _place(self) -> Path:
        return self._folder or Path(":memory:")

    def _rows(self, columns: str, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return what is asked of some articles, in their order."""
        rows: list[tuple[Any, ...]] = []
        for first in range(0, len(keys), _MOST_MARKS):
            some = keys[first : first + _MOST_MARKS]
            rows += self._read(_in_order(columns, len(some)), *some)
        if len(rows) != len(keys):
            raise ArchiveChangedError
        return rows

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                self._follow()
                return self._connection.execute(query, values).fetchall()
            except _ERRORS as error:
                raise integrity.unreadable_archive(self._place, error) from error

    def _follow(self) -> None:
        """Open the file again that has no locks, if somebody who can write it has changed it."""
        if self._stamp is None or self._folder is None or self._connection.in_transaction:
            return
        if _stamp(self._folder) != self._stamp:
            other = Catalogue.open(self._folder)
            self._close()
            other._close.detach()
            self._connection, self._stamp = other._connection, other._stamp
            self._close = weakref.finalize(self, self._connection.close)
            self._data_version = -1

    def _write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        rows = [*rows] if not isinstance(rows, sqlite3.Cursor) else rows
        with self._lock:
            self._connection.executemany(statement, rows)


class _Reading:
    """What `Catalogue.reading` returns: sooner entered and left than a generator."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __enter__(self) -> None:
        self._catalogue.state.acquire()
        try:
            self._is_outermost = self._catalogue._begin_reading()
        except BaseException:
            self._catalogue.state.release()
            raise

    def __exit__(self, *_: object) -> None:
        try:
            if self._is_outermost:
                self._catalogue._end_reading()
        finally:
            self._catalogue.state.release()


@functools.lru_cache(maxsize=256)
def _in_order(columns: str, n: int) -> str:
    """Return the question for n articles by key: sooner answered than IN, which sorts the keys."""
    return (
        f"WITH wanted (key) AS (VALUES {','.join(['(?)'] * n)}) "
        f"SELECT {columns} FROM wanted CROSS JOIN articles USING (key)"
    )


@functools.lru_cache(maxsize=4096)
def _tags(stored: str) -> tuple[str, ...]:
    """Return tags; the same ones come again and again, and JSON is slow to read."""
    return integrity.check_tags(json.loads(stored))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _stamp(folder: Path) -> object:
    """Return what is another after a change of the file, or while somebody may change it."""
    about = (folder / CATALOGUE).stat()
    return about.st_ino, about.st_size, about.st_mtime_ns, (folder / f"{CATALOGUE}-wal").exists()


def _connect(folder: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{(folder / CATALOGUE).absolute().as_uri()}?mode={mode}",
        uri=True, timeout=PATIENCE, check_same_thread=False, isolation_level=None,
    )  # fmt: skip
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is removed is overwritten
    return connection


def _check_header(connection: sqlite3.Connection, folder: Path, *, new: bool) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if new and application == 0 and version == 0:
        connection.execute("BEGIN IMMEDIATE")
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
            connection.execute("COMMIT")
            return
        connection.execute("ROLLBACK")
    integrity.check_format(folder, application == APPLICATION_ID, version, FORMAT_VERSION)
    _check_schema(connection, folder)


def _check_schema(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse tables that are not ours, and views and triggers: they may do anything."""
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    statements = {_without_comments(str(sql)) for (sql,) in rows}
    # SQLite's own; the one of statistics is there if somebody had it analyze the database.
    own = {"CREATE TABLE sqlite_sequence(name,seq)", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"}
    expected = {_without_comments(statement) for statement in _SCHEMA.split(";")} - {""}
    integrity.check_schema(folder, statements - own == expected)


def _without_comments(statement: str) -> str:
    lines = (line.partition("--")[0] for line in statement.splitlines())
    return " ".join(" ".join(lines).split())


def _check_size(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a file that is shorter than its header says; SQLite itself does not look.

    The file must not be opened for that: closing it would drop the locks of this process.
    """
    log = folder / f"{CATALOGUE}-wal"
    for _ in range(20):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        n_bytes = (folder / CATALOGUE).stat().st_size
        # With a log the header may count what is not in the file yet.
        if n_bytes >= pages * size or (log.exists() and log.stat().st_size):
            return
        time.sleep(0.01)  # a writer may be moving its log into the file just now
    raise integrity.damaged_archive(
        folder, f"{CATALOGUE} has {n_bytes:,} bytes, expected {pages * size:,}"
    )


@contextlib.contextmanager
def _named_writer(folder: Path | None) -> Iterator[None]:
    """Leave a note of who is writing while it lasts."""
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
    """Describe who is writing, as far as is known."""
    try:
        integrity.check_files(folder, [WRITER])
        about = json.loads((folder / WRITER).read_text(encoding="utf-8"))
        since = dt.datetime.fromtimestamp(float(about["since"]), dt.UTC)
        return (
            f"process {int(about['process'])} on {about['host']!s:.100}, since {since:%H:%M:%S} UTC"
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "another process"
