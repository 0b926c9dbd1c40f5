"""Catalogue: reads and writes the rows of the archive's database.

It has the fields of articles that lists show, changes since arrays were last written, stored lists,
and the folders of arrays of the archive. One transaction is one change of the archive. This module
does not import NumPy, so that reading a stored list does not wait for it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from relnews.dates import timestamp
from relnews.storage import checksums, integrity, schema
from relnews.storage.database import Database
from relnews.storage.rows import FolderEntry, StoredCounts
from relnews.storage.settings import Settings
from relnews.storage.stored_articles import ID, PUBLISHED, StoredArticles, marks

if TYPE_CHECKING:
    from relnews.articles import Article

#: The rows that name files and folders of arrays.
_FILES = (
    "SELECT CAST(folder AS INTEGER), CAST(name AS TEXT), CAST(bytes AS INTEGER), "
    "CAST(checksum AS INTEGER) FROM files ORDER BY folder, name"
)
_FOLDERS = (
    "SELECT number, CAST(kind AS TEXT), CAST(segment AS INTEGER) FROM folders ORDER BY number"
)

#: A checksum of the removed articles, in any order.
_REMOVALS = "SELECT ifnull(sum((key * 2654435761 + sequence) & 4294967295), 0) FROM removals"


class Catalogue(StoredArticles):
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
    read_transaction, is_at, has_changes, check_not_changing, empty_log, copy_to, close : methods
        Those of `Database`.
    setting, settings, setting_names, cached, generation, latest_generation, set, set_all : methods
        Those of `Settings`; `setting` is `Settings.get`, `settings` is `Settings.several`, and
        `setting_names` is `Settings.names`.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._settings = settings = Settings(database)
        self.folder, self.state_lock = database.folder, database.state_lock
        self.read_transaction, self.has_changes = database.read_transaction, database.has_changes
        self.is_at, self.check_not_changing = database.is_at, database.check_not_changing
        self.setting, self.settings = settings.get, settings.several
        self.set, self.set_all, self.setting_names = settings.set, settings.set_all, settings.names
        self.cached, self.generation = settings.cached, settings.generation
        self.latest_generation = settings.latest_generation
        self.empty_log, self.copy_to, self.close = (
            database.empty_log, database.copy_to, database.close
        )  # fmt: skip
        self._write = database.write
        #: Settings with the checksum of a table that the open transaction has changed.
        self._changed = set[str]()
        self._is_current = self._has_checksums()

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

    # --- arrays and counts -----------------------------------------------------------------------

    def folders(self) -> list[FolderEntry]:
        """Return the folders of arrays, oldest first."""
        rows = self._read(_FILES), self._read(_FOLDERS)
        if "arrays" not in self._changed:
            self._compare("arrays", checksums.of_rows(itertools.chain(*rows)), "a list of arrays")
        files: dict[int, dict[str, tuple[int, int]]] = {}
        for folder, name, n_bytes, checksum in rows[0]:
            files.setdefault(folder, {})[name] = n_bytes, checksum
        entries = [
            FolderEntry(number, kind, segment, files.get(number, {}))
            for number, kind, segment in rows[1]
        ]
        integrity.check_folders(self._place, [entry.number for entry in entries])
        return entries

    def counts(self, after: int) -> list[StoredCounts]:
        """Return the counts of articles in no segment whose keys are above ``after``."""
        blobs = ", ".join(f"CAST({name} AS BLOB)" for name in StoredCounts._fields[1:5])
        rows = self._read(
            f"SELECT key, {blobs}, CAST(checksum AS INTEGER), {PUBLISHED}, {ID} "
            "FROM counts JOIN articles USING (key) WHERE key > ? ORDER BY key",
            after,
        )
        self._rows([row[0] for row in rows])
        if not self._has_checksums():
            return [StoredCounts(*row) for row in rows]
        with integrity.damage_in(self._place):
            stored = [StoredCounts(*row) for row in rows]
            return [
                row._replace(checksum=checksums.with_key(row.checksum, row.key)) for row in stored
            ]

    def removals(self, after: int) -> list[tuple[int, int]]:
        """Return sequence and key of articles removed after the sequence number ``after``."""
        if not after and "removals" not in self._changed:
            self._compare("removals", self._sum_of_removals(), "the list of removed articles")
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
        if self._has_checksums():
            with integrity.damage_in(self._place):
                terms = [checksums.opened(term, number, f"term {number}") for number, term in rows]
        if terms:
            integrity.check_terms(self._place, terms)
        return terms

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
                    if not self._is_current:  # now it has them, if it was of an older format
                        self._changed |= {"arrays", "removals"}
                    yield
                    self._note_changes()
                    if self.has_changes():
                        self.set("generation", self.generation() + 1)
                    self._is_current = True
            except BaseException:
                self.forget_rows()  # they may be of articles that were not committed
                raise
            finally:
                self._changed.clear()
                self._settings.clear_cache()

    def rewrite(self) -> None:
        """Write the file anew, so that nothing of removed articles is left in it or its log.

        Raises
        ------
        OSError
            If there is no space for the new file; the archive is as it was before.
        """
        self._database.rewrite()
        if self.setting("traces"):
            with self._database.transaction():
                self.set("traces", False)
        self._database.empty_log()

    def add(
        self, articles: Iterable[Article], keys: Iterable[int], digests: Iterable[bytes]
    ) -> None:
        """Insert articles with their keys and digests."""
        rows = (
            ((*(_stored(getattr(article, name)) for name in schema.READ), key), digest)
            for key, article, digest in zip(keys, articles, digests, strict=True)
        )
        columns = (*schema.READ, "key", "digest")
        self._write(
            f"INSERT INTO articles ({', '.join(columns)}) VALUES ({marks(columns)})",
            ((*fields, checksums.digest_of(fields, digest)) for fields, digest in rows),
        )

    def next_key(self) -> int:
        """Return a key that no article has or had."""
        rows = self._read(
            "SELECT ifnull(CAST(seq AS INTEGER), -1) FROM sqlite_sequence WHERE name = 'articles'"
        )
        return integrity.check_next_key(self._place, rows[0][0]) if rows else 0

    def remove(self, keys: Sequence[int]) -> None:
        """Remove articles with their counts and stored lists."""
        if not keys:
            return
        for table in ("articles", "counts", "lists"):
            self._write(f"DELETE FROM {table} WHERE key = ?", ((key,) for key in keys))
        self._write("INSERT INTO removals (key) VALUES (?)", ((key,) for key in keys))
        self._changed.add("removals")
        self._note_traces()

    def add_counts(self, rows: Iterable[tuple[int | bytes, ...]]) -> None:
        """Add counts of articles: rows of the first six fields of `StoredCounts`."""
        keyed = ((*row[:5], checksums.with_key(row[5], row[0])) for row in rows)  # type: ignore[arg-type]
        self._write("INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?)", keyed)

    def clear_counts(self) -> None:
        """Delete all counts: the articles are in a segment now."""
        self._write("DELETE FROM counts", [()])

    def clear_removals(self, keys: Iterable[int]) -> None:
        """Delete the removals of articles that no segment holds."""
        self._write("DELETE FROM removals WHERE key = ?", ((key,) for key in keys))
        self._changed.add("removals")

    def add_terms(self, first: int, terms: Iterable[bytes]) -> None:
        """Add terms, numbered from ``first``."""
        rows = enumerate(terms, start=first)
        sealed = ((number, checksums.sealed(term, number)) for number, term in rows)
        self._write("INSERT INTO terms VALUES (?, ?)", sealed)

    def clear_terms(self) -> None:
        """Delete the new terms: they are in the vocabulary now."""
        self._write("DELETE FROM terms", [()])

    def set_entries(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Store lists, given as key and packed list, in place of earlier lists."""
        keyed = ((key, checksums.rekeyed(entries, key)) for key, entries in rows)
        self._write("INSERT OR REPLACE INTO lists VALUES (?, ?)", keyed)

    def clear_entries(self) -> None:
        """Delete all stored lists."""
        self._write("DELETE FROM lists", [()])

    def add_folder(self, entry: FolderEntry) -> None:
        """Add a folder of arrays to the archive."""
        self._changed.add("arrays")
        row = (entry.number, entry.kind, entry.segment)
        self._write("INSERT INTO folders VALUES (?, ?, ?)", [row])
        self._write(
            "INSERT INTO files VALUES (?, ?, ?, ?)",
            ((entry.number, name, *size) for name, size in entry.files.items()),
        )

    def drop_folder(self, number: int) -> None:
        """Remove a folder of arrays from the archive."""
        self._changed.add("arrays")
        self._write("DELETE FROM folders WHERE number = ?", [(number,)])
        self._write("DELETE FROM files WHERE folder = ?", [(number,)])

    def replace_by(self, other: Catalogue) -> None:
        """Replace all rows by the rows of another catalogue, without its folders of arrays."""
        kept = {name: self.setting(name) for name in ("generation", "last_folder")}
        if len(self):
            kept["traces"] = True
        self._database.copy_tables(other._database)
        self.forget_rows()
        self._changed |= {"arrays", "removals"}
        self.set_all({**other._settings.all(), **kept, "made": os.urandom(8).hex()})

    def _sum_of_removals(self) -> int:
        """Return a checksum of the removed articles, in any order."""
        return int(self._read(_REMOVALS)[0][0])

    def _compare(self, name: str, checksum: int, what: str) -> None:
        """Raise ArchiveFormatError if rows have another checksum than the setting of that name."""
        if self._has_checksums() and (self.setting(name) or 0) != checksum:
            raise integrity.damaged_archive(self._place, checksums.wrong(what))

    def _note_changes(self) -> None:
        """Set the checksums of the tables that have one in the settings, if they changed."""
        if "arrays" in self._changed:
            rows = itertools.chain(self._read(_FILES), self._read(_FOLDERS))
            self.set("arrays", checksums.of_rows(rows))
        if "removals" in self._changed:
            self.set("removals", self._sum_of_removals())

    def _note_traces(self) -> None:
        """Record that the file has had rows that are gone, until `rewrite`."""
        if not self.setting("traces"):
            self.set("traces", True)


def _stored(value: object) -> object:
    """Return a value of a field as SQLite stores it."""
    if isinstance(value, dt.datetime):
        return timestamp(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value
