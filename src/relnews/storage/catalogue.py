"""Catalogue: reads and writes the rows of the archive's database.

It has the fields of articles that lists show, changes since arrays were last written, stored lists,
and the folders of arrays of the archive. One transaction is one change of the archive. This module
does not import NumPy, so that reading a stored list does not wait for it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relnews._checks import unknown_article
from relnews.articles import TUPLES
from relnews.dates import moment, moments, timestamp
from relnews.exceptions import ArchiveChangedError
from relnews.results import SHOWN
from relnews.storage import integrity, schema
from relnews.storage.database import Database
from relnews.storage.rows import FolderEntry, StoredCounts
from relnews.storage.settings import Settings

if TYPE_CHECKING:
    from relnews.articles import Article

#: Maximum number of values in one statement; SQLite builds before 3.32 accept no more.
_MAX_VALUES = 999

# A column of SQLite may hold values of any type, so every read casts.
_ID = "ifnull(CAST(id AS TEXT), '')"
_PUBLISHED = "CAST(published AS INTEGER)"
_EXPIRES = "CAST(expires AS INTEGER)"

#: A stored list and the number of changes, in one query instead of two.
_ENTRIES_OF = (
    "SELECT CAST(entries AS BLOB), (SELECT value FROM settings WHERE name = 'generation') "
    "FROM lists JOIN articles USING (key) WHERE id = ?"
)


class Catalogue:
    """Everything that an archive stores except arrays. Several threads may read.

    Parameters
    ----------
    database : Database
        The open database.

    Attributes
    ----------
    folder : Path or None
        The archive folder; None in memory.
    state_lock : RLock
        Held by a thread while everything that it reads has to be of one commit, and by a writer.
    read_transaction, has_changes, check_not_changing : methods
        Those of `Database`.
    setting, settings, cached, generation, latest_generation, set, set_all : methods
        Those of `Settings`; `setting` is `Settings.get`, and `settings` is `Settings.several`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settings = settings = Settings(database)
        self.folder, self.state_lock = database.folder, database.state_lock
        self.read_transaction, self.has_changes = database.read_transaction, database.has_changes
        self.check_not_changing = database.check_not_changing
        self.setting, self.settings = settings.get, settings.several
        self.set, self.set_all = settings.set, settings.set_all
        self.cached, self.generation = settings.cached, settings.generation
        self.latest_generation = settings.latest_generation
        self._read, self._write, self._place = database.read, database.write, database.place

    @classmethod
    def in_memory(cls) -> Catalogue:
        """Return an empty catalogue."""
        return cls(Database.in_memory())

    @classmethod
    def create(cls, folder: Path) -> Catalogue:
        """Return the catalogue of a folder, open for writing; create it if it is missing.

        Raises
        ------
        ArchiveFormatError
            If the folder has a database of another program or of an unknown format version.
        """
        return cls(Database.create(folder))

    @classmethod
    def open(cls, folder: Path) -> Catalogue:
        """Return the catalogue of an archive; without write permission it is read-only.

        Raises
        ------
        ArchiveFormatError
            If the folder is no archive, is damaged, or is of an unknown format version.
        """
        return cls(Database.open(folder))

    # --- articles --------------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._read("SELECT count(*) FROM articles")[0][0])

    def key_of(self, identifier: str) -> int | None:
        """Return the key of the article with this id; None if the archive lacks it."""
        rows = self._read("SELECT key FROM articles WHERE id = ?", identifier)
        return rows[0][0] if rows else None

    def keys_of(self, identifiers: Sequence[str]) -> list[int]:
        """Return the keys of articles.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of the articles.
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
        """Return the fields of articles that a `RelatedItem` shows, in the order of `SHOWN`.

        Parameters
        ----------
        keys : sequence of int
            Keys of the articles.
        now : int, optional
            A timestamp: articles under embargo or expired then are None. None returns all.
        """
        rows = self._rows(schema.DETAILS, keys)
        try:
            published = moments([row[_PUBLISHED_PLACE] for row in rows])
            return [_details(row, date, now) for row, date in zip(rows, published, strict=True)]
        except integrity.DAMAGE as error:
            raise integrity.damaged_archive(self._place, error) from error

    def keys(self) -> list[int]:
        """Return the keys of all articles in the order of the archive."""
        return [row[0] for row in self._read("SELECT key FROM articles ORDER BY key")]

    def all_ids(self) -> list[str]:
        """Return the ids in the order of the archive."""
        return [row[0] for row in self._read(f"SELECT {_ID} FROM articles ORDER BY key")]

    def visible_ids(self, now: int) -> list[str]:
        """Return the ids of the articles that can be seen at a timestamp."""
        rows = self._read(
            f"SELECT {_ID} FROM articles WHERE (published IS NULL OR {_PUBLISHED} <= ?) "
            f"AND (expires IS NULL OR {_EXPIRES} > ?) ORDER BY key",
            now, now,
        )  # fmt: skip
        return [row[0] for row in rows]

    def dates(self, keys: Sequence[int]) -> list[int | None]:
        """Return the timestamps of publication; None for an unknown date."""
        return [row[0] for row in self._rows(_PUBLISHED, keys)]

    def newest(self) -> list[tuple[int, str | None]]:
        """Return key and section of all articles, newest first, undated ones last."""
        order = f"published IS NULL, {_PUBLISHED} DESC, {_ID}"
        return self._read(f"SELECT key, CAST(section AS TEXT) FROM articles ORDER BY {order}")

    def keys_where(self, fields: Iterable[tuple[str, Sequence[str]]]) -> list[int]:
        """Return the keys of articles that match every field.

        Parameters
        ----------
        fields : iterable of (str, sequence of str)
            A field and its accepted values. For ``tags``, one accepted tag is enough.
        """
        tests, values = ["1"], list[str]()
        for field, accepted in fields:
            column = "value" if field == "tags" else field
            test = f"{column} IN ({_marks(accepted)})"
            exists = f"EXISTS (SELECT 1 FROM json_each(tags) WHERE {test})"
            tests.append(exists if field == "tags" else test)
            values += accepted
        rows = self._read(f"SELECT key FROM articles WHERE {' AND '.join(tests)}", *values)
        return [row[0] for row in rows]

    def span(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Return the oldest and the newest date; None if no article has a date."""
        query = f"SELECT min({_PUBLISHED}), max({_PUBLISHED}) FROM articles"
        oldest, newest = self._read(query)[0]
        with integrity.damage_in(self._place):
            return moment(oldest), moment(newest)

    def expiries(self) -> dict[int, int]:
        """Return the timestamps at which articles expire, by key."""
        return dict(self._read(f"SELECT key, {_EXPIRES} FROM articles WHERE expires IS NOT NULL"))

    def digests(self, identifiers: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Return key and digest by id; ids that the archive lacks are left out."""
        found: dict[str, tuple[int, bytes]] = {}
        for first in range(0, len(identifiers), _MAX_VALUES):
            batch = identifiers[first : first + _MAX_VALUES]
            rows = self._read(
                f"SELECT id, key, digest FROM articles WHERE id IN ({_marks(batch)})", *batch
            )
            found.update((identifier, (key, digest)) for identifier, key, digest in rows)
        return found

    # --- arrays and counts -----------------------------------------------------------------------

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
        """Return the counts of articles in no segment whose keys are above ``after``."""
        blobs = ", ".join(f"CAST({name} AS BLOB)" for name in StoredCounts._fields[1:5])
        rows = self._read(
            f"SELECT key, {blobs}, CAST(checksum AS INTEGER), {_PUBLISHED}, {_ID} "
            "FROM counts JOIN articles USING (key) WHERE key > ? ORDER BY key",
            after,
        )
        return [StoredCounts(*row) for row in rows]

    def removals(self, after: int) -> list[tuple[int, int]]:
        """Return sequence and key of articles removed after the sequence number ``after``."""
        return self._read(
            "SELECT sequence, ifnull(CAST(key AS INTEGER), -1) FROM removals WHERE sequence > ? "
            "ORDER BY sequence",
            after,
        )

    def terms(self, first: int) -> list[bytes]:
        """Return the terms, numbered from ``first``, that came after the vocabulary was written."""
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
        """Return the stored list of the article with this id; None if no list is stored."""
        rows = self._read(_ENTRIES_OF, identifier)
        if not rows:
            return None
        ((entries, generation),) = rows
        # A damaged value is left for `Settings.generation` to report.
        is_number = isinstance(generation, str) and generation.isdecimal() and len(generation) < 20
        if self._database.is_reading and is_number:
            self._database.generation = int(generation)
        return entries  # type: ignore[no-any-return]

    def entries(self, keys: Sequence[int]) -> list[tuple[int, str, bytes | None]]:
        """Return key, id and stored list of articles; None in place of a list not stored."""
        return self._read(
            f"SELECT key, {_ID}, CAST(entries AS BLOB) FROM articles LEFT JOIN lists USING (key) "
            f"WHERE key IN ({_marks(keys)}) ORDER BY key",
            *keys,
        )

    def all_entries(self) -> list[tuple[int, bytes]]:
        """Return every stored list with its article's key."""
        return self._read("SELECT key, CAST(entries AS BLOB) FROM lists ORDER BY key")

    def problems(self) -> list[str]:
        """Return the problems that SQLite finds in its file."""
        rows = self._read("PRAGMA integrity_check")
        return [row[0] for row in rows if row[0] != "ok"]

    # --- changes ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all writes made inside, or nothing after an error; one writer at a time.

        The generation rises if a row changed. The first transaction migrates an archive of an
        older format.

        Raises
        ------
        TimeoutError
            If another process is still writing after 10 seconds.
        RuntimeError
            If this thread is already inside a transaction.
        """
        with self.state_lock:
            try:
                with self._database.transaction():
                    self._settings.migrate()
                    yield
                    if self.has_changes():
                        self.set("generation", self.generation() + 1)
            finally:
                self._settings.clear_cache()

    def add(
        self, articles: Iterable[Article], keys: Iterable[int], digests: Iterable[bytes]
    ) -> None:
        """Insert articles with their keys and digests."""
        rows = (
            (key, *(_stored(getattr(article, name)) for name in schema.STORED), digest)
            for key, article, digest in zip(keys, articles, digests, strict=True)
        )
        self._write(
            f"INSERT INTO articles VALUES ({_marks((*schema.STORED, 'key', 'digest'))})", rows
        )

    def next_key(self) -> int:
        """Return a key that no article has or had."""
        rows = self._read(
            "SELECT ifnull(CAST(seq AS INTEGER), -1) FROM sqlite_sequence WHERE name = 'articles'"
        )
        return integrity.check_next_key(self._place, rows[0][0]) if rows else 0

    def remove(self, keys: Sequence[int]) -> None:
        """Remove articles with their counts and stored lists."""
        for table in ("articles", "counts", "lists"):
            self._write(f"DELETE FROM {table} WHERE key = ?", ((key,) for key in keys))
        self._write("INSERT INTO removals (key) VALUES (?)", ((key,) for key in keys))

    def add_counts(self, rows: Iterable[tuple[int | bytes, ...]]) -> None:
        """Add counts of articles: rows of the first six fields of `StoredCounts`."""
        self._write("INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?)", rows)

    def clear_counts(self) -> None:
        """Delete all counts: the articles are in a segment now."""
        self._write("DELETE FROM counts", [()])

    def clear_removals(self, keys: Iterable[int]) -> None:
        """Delete the removals of articles that no segment holds."""
        self._write("DELETE FROM removals WHERE key = ?", ((key,) for key in keys))

    def add_terms(self, first: int, terms: Iterable[bytes]) -> None:
        """Add terms, numbered from ``first``."""
        self._write("INSERT INTO terms VALUES (?, ?)", enumerate(terms, start=first))

    def clear_terms(self) -> None:
        """Delete the new terms: they are in the vocabulary now."""
        self._write("DELETE FROM terms", [()])

    def set_entries(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Store lists, given as key and packed list, in place of earlier lists."""
        self._write("INSERT OR REPLACE INTO lists VALUES (?, ?)", rows)

    def clear_entries(self) -> None:
        """Delete all stored lists."""
        self._write("DELETE FROM lists", [()])

    def add_folder(self, entry: FolderEntry) -> None:
        """Add a folder of arrays to the archive."""
        row = (entry.number, entry.kind, entry.segment)
        self._write("INSERT INTO folders VALUES (?, ?, ?)", [row])
        self._write(
            "INSERT INTO files VALUES (?, ?, ?, ?)",
            ((entry.number, name, *size) for name, size in entry.files.items()),
        )

    def drop_folder(self, number: int) -> None:
        """Remove a folder of arrays from the archive."""
        self._write("DELETE FROM folders WHERE number = ?", [(number,)])
        self._write("DELETE FROM files WHERE folder = ?", [(number,)])

    def replace_by(self, other: Catalogue) -> None:
        """Replace all rows by the rows of another catalogue, without its folders of arrays."""
        kept = {name: self.setting(name) for name in ("generation", "last_folder")}
        self._database.copy_tables(other._database)
        self.set_all({**other._settings.all(), **kept, "made": os.urandom(8).hex()})

    def _rows(self, columns: str, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return columns of articles, in the order of the keys; raise if an article is gone."""
        rows: list[tuple[Any, ...]] = []
        for first in range(0, len(keys), _MAX_VALUES):
            batch = keys[first : first + _MAX_VALUES]
            rows += self._read(_in_order(columns, len(batch)), *batch)
        if len(rows) != len(keys):
            raise ArchiveChangedError
        return rows


@functools.lru_cache(maxsize=256)
def _in_order(columns: str, n: int) -> str:
    """Return a query for n articles by key; it is faster than ``IN``, which sorts the keys."""
    return (
        f"WITH wanted (key) AS (VALUES {','.join(['(?)'] * n)}) "
        f"SELECT {columns} FROM wanted CROSS JOIN articles USING (key)"
    )


#: Places of the dates and tuples in `SHOWN`.
_PUBLISHED_PLACE = SHOWN.index("published")
_TUPLE_PLACES = [SHOWN.index(name) for name in TUPLES]


def _details(
    row: tuple[Any, ...], published: dt.datetime | None, now: int | None
) -> tuple[Any, ...] | None:
    """Return a row of `Catalogue.details`; None if the article cannot be seen now."""
    *shown, expires = row
    embargo = shown[_PUBLISHED_PLACE]
    if now is not None and (
        (embargo is not None and embargo > now) or (expires is not None and expires <= now)
    ):
        return None
    shown[_PUBLISHED_PLACE] = published
    for place in _TUPLE_PLACES:
        shown[place] = _tags(shown[place])
    return tuple(shown)


def _stored(value: object) -> object:
    """Return a value of a field as SQLite stores it."""
    if isinstance(value, dt.datetime):
        return timestamp(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value


@functools.lru_cache(maxsize=4096)
def _tags(stored: str) -> tuple[str, ...]:
    """Return stored tags; few combinations are frequent, and parsing JSON is slow."""
    return integrity.check_tags(json.loads(stored))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
