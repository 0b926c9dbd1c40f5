"""Catalogue: reads and writes the rows of the archive's database.

It has the fields of articles that lists show, changes since arrays were last written, stored lists,
and the folders of arrays of the archive. One transaction is one change of the archive. This module
does not import NumPy, so that reading a stored list does not wait for it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from relnews._checks import shortened
from relnews.storage import checksums, integrity, schema
from relnews.storage.database import Database
from relnews.storage.settings import Settings
from relnews.storage.stored_articles import ID, MAX_CHECKED, PUBLISHED, StoredArticles, marks

if TYPE_CHECKING:
    from relnews.articles import Article

#: Rows that name files and folders of arrays.
_FILES = (
    "SELECT CAST(folder AS INTEGER), CAST(name AS TEXT), CAST(bytes AS INTEGER), "
    "CAST(checksum AS INTEGER) FROM files ORDER BY folder, name"
)
_FOLDERS = (
    "SELECT number, CAST(kind AS TEXT), CAST(segment AS INTEGER) FROM folders ORDER BY number"
)

#: Counts of articles in no segment.
_COUNTS = (
    "SELECT key, CAST(terms AS BLOB), CAST(codes AS BLOB), CAST(text AS BLOB), "
    f"CAST(phrases AS BLOB), CAST(checksum AS INTEGER), {PUBLISHED}, {ID} "
    "FROM counts JOIN articles USING (key) WHERE key > ? ORDER BY key"
)

#: The highest key that SQLite gave an article, and the highest one that is in use.
_LAST_KEYS = (
    "SELECT ifnull((SELECT CAST(seq AS INTEGER) FROM sqlite_sequence WHERE name = 'articles'), -1),"
    " max(ifnull((SELECT max(key) FROM articles), -1), "
    "ifnull((SELECT max(CAST(key AS INTEGER)) FROM removals), -1))"
)

#: By table, the highest key that SQLite gave a row.
_SEQUENCES = "SELECT CAST(name AS TEXT), ifnull(CAST(seq AS INTEGER), -1) FROM sqlite_sequence"

#: A checksum of the removed articles, in any order.
_REMOVALS = "SELECT ifnull(sum((key * 2654435761 + sequence) & 4294967295), 0) FROM removals"


#: Kinds of folders of arrays, in the order in which an archive is saved.
KINDS = ("vocabulary", "segment", "epoch", "outline", "lines")


@dataclasses.dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder of arrays that belongs to the archive.

    Parameters
    ----------
    number : int
        Number of the folder.
    kind : str
        One of `KINDS`.
    segment : int or None
        For an outline: number of its segment's folder; None for other kinds.
    files : dict of str to (int, int)
        Size in bytes and checksum of each array.
    """

    number: int
    kind: str
    segment: int | None
    files: dict[str, tuple[int, int]]


class StoredCounts(NamedTuple):
    """The stored counts of a pending article; see `relnews.archive.pending`."""

    key: int
    terms: bytes
    codes: bytes
    text: bytes
    phrases: bytes
    published: int | None
    id: str


class Catalogue(StoredArticles):
    """Everything that an archive stores except arrays. Several threads may read.

    Parameters
    ----------
    database : Database
        The open database.

    Attributes
    ----------
    folder, place : Path or None
        The archive folder; None in memory, where messages name the place ``:memory:``.
    state_lock : RLock
        Held by a thread while everything that it reads has to be of one commit, and by a writer.
    read_transaction, is_at, has_changes, check_not_changing, check_in_place : methods
    empty_log, copy_to, close : methods
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
        self.is_at, self.check_in_place = database.is_at, database.check_in_place
        self.check_not_changing = database.check_not_changing
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
        #: Folders of arrays in the open transaction.
        self._folders: dict[int, FolderEntry] | None = None
        #: `Database.others_version` at the last commit, and the folders since then.
        self._committed: tuple[object, dict[int, FolderEntry]] = None, {}
        self._is_current = self._has_checksums()

    @property
    def is_reading(self) -> bool:
        """Whether a read transaction is open."""
        return self._database.is_reading

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
        """Return the folders of arrays, oldest first; those of an open transaction are kept."""
        if self._folders is not None:
            return [*self._folders.values()]
        files, folders = self._read(_FILES), self._read(_FOLDERS)
        if "arrays" not in self._changed:
            self._compare("arrays", checksums.of_rows([*files, *folders]), "a list of arrays")
        files_of: dict[int, dict[str, tuple[int, int]]] = {}
        for number, name, n_bytes, checksum in files:
            files_of.setdefault(number, {})[name] = n_bytes, checksum
        for number, kind, _ in folders:
            if not 0 < number < integrity.MANY or kind not in KINDS:
                why = f"folder {number} of arrays is of the kind {shortened(kind)}"
                raise integrity.damaged_archive(self.place, why)
        return [
            FolderEntry(number, kind, segment, files_of.get(number, {}))
            for number, kind, segment in folders
        ]

    def counts(self, after: int) -> list[StoredCounts]:
        """Return the counts of articles in no segment whose keys are above ``after``."""
        rows = self._read(_COUNTS, after)
        self._compare_keys([row[0] for row in rows])
        with integrity.damage_in(self.place):
            checksums.check_counts([row[:6] for row in rows], have_keys=self._has_checksums())
        return [StoredCounts(*row[:5], *row[6:]) for row in rows]

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
            raise integrity.damaged_archive(self.place, "new terms are missing")
        terms = [term for _, term in rows]
        if terms and self._has_checksums():
            with integrity.damage_in(self.place):
                terms = checksums.opened_terms(rows)
        if not all(terms) or len({*terms}) < len(terms):
            raise integrity.damaged_archive(self.place, "new terms are empty, or there twice")
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
                    others_version = self._database.others_version()
                    if self._committed[0] != others_version:
                        self.check_last_keys()
                        if not self._is_current:  # now it has them, if it was of an older format
                            self._changed |= {"arrays", "removals"}
                        folders = {entry.number: entry for entry in self.folders()}
                        self._committed = others_version, folders
                    self._folders = {**self._committed[1]}
                    yield
                    if self.has_changes():
                        self.set_all(self._closing_settings())
                    self._is_current = True
                self._committed = others_version, self._folders
            except BaseException:
                self._settings.clear_cache()  # it may have settings that were not committed
                self.forget_rows()  # they may be of articles that were not committed
                raise
            finally:
                self._changed.clear()
                self._folders = None

    def _closing_settings(self) -> dict[str, object]:
        """Return the settings that follow from the rows that the open transaction has changed."""
        settings = dict[str, object]()
        if "arrays" in self._changed:
            rows = self._read(_FILES) + self._read(_FOLDERS)
            settings["arrays"] = checksums.of_rows(rows)
        if "removals" in self._changed:
            settings["removals"] = self._sum_of_removals()
        settings["last_keys"] = dict(self._read(_SEQUENCES))
        settings["generation"] = self.generation() + 1
        return settings

    def rewrite(self) -> None:
        """Write the file again, so that nothing of removed articles is left in it or its log.

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
        self, articles: Sequence[Article], digests: Iterable[bytes],
        keys: Sequence[int] | None = None,
    ) -> Sequence[int]:  # fmt: skip
        """Insert articles with their digests; return their keys, by default the next ones."""
        if keys is None:
            first = self.next_key()
            keys = range(first, first + len(articles))
        columns = [schema.values(name, articles) for name in schema.READ]
        rows = checksums.sealed_articles(zip(*columns, keys, strict=True), digests)
        self._write(_ADD, rows)
        if len(self._checked) + len(keys) < MAX_CHECKED:
            self._checked.update(zip(keys, (article.id for article in articles), strict=True))
        return keys

    def add_rows(self, rows: Sequence[Sequence[Any]], shift: int) -> None:
        """Insert articles of another catalogue; of several with one id, the least key stays.

        Parameters
        ----------
        rows : iterable of sequence
            As `all_rows` yields them.
        shift : int
            Added to the keys.
        """
        if shift:
            end = -checksums.N_BYTES
            shifted = [(*fields, key + shift) for *fields, key, _ in rows]
            rows = checksums.sealed_articles(shifted, [row[-1][:end] for row in rows])
        self._write(_ADD_FIRST, rows)

    def next_key(self) -> int:
        """Return a key that no article has or had."""
        last, used = (int(key) for key in self._read(_LAST_KEYS)[0])
        if not used <= last < integrity.MANY:
            why = f"the last article has the key {last}, expected at least {used}"
            raise integrity.damaged_archive(self.place, why)
        return last + 1

    def check_last_keys(self) -> None:
        """Raise ArchiveFormatError if new rows would get keys that other rows had.

        An open archive reads removals after the last key that it knows.
        """
        last_keys = dict(self._read(_SEQUENCES))
        for table, key in (self.setting("last_keys") or {}).items():
            if last_keys.get(table, -1) < key:
                why = f"the last key of {table} is {last_keys.get(table)}, expected {key}"
                raise integrity.damaged_archive(self.place, why)

    def remove(self, keys: Sequence[int]) -> None:
        """Remove articles with their counts and stored lists."""
        if not keys:
            return
        for table in ("articles", "counts", "lists"):
            self._write(f"DELETE FROM {table} WHERE key = ?", [(key,) for key in keys])
        self._write("INSERT INTO removals (key) VALUES (?)", [(key,) for key in keys])
        self._changed.add("removals")
        self.set("traces", True)  # the file has had rows that are gone, until `rewrite`

    def add_counts(self, rows: Iterable[tuple[int, list[bytes]]]) -> None:
        """Add counts of articles: key, and the blobs of `StoredCounts`."""
        self._write("INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?)", checksums.sealed_counts(rows))

    def clear_counts(self) -> None:
        """Delete all counts: the articles are in a segment now."""
        self._write("DELETE FROM counts", [()])

    def clear_removals(self, keys: Iterable[int]) -> None:
        """Delete the removals of articles that no segment holds."""
        self._write("DELETE FROM removals WHERE key = ?", [(key,) for key in keys])
        self._changed.add("removals")

    def add_terms(self, first: int, terms: Iterable[bytes]) -> None:
        """Add terms, numbered from ``first``."""
        self._write("INSERT INTO terms VALUES (?, ?)", checksums.sealed_terms(first, terms))

    def clear_terms(self) -> None:
        """Delete the new terms: they are in the vocabulary now."""
        self._write("DELETE FROM terms", [()])

    def set_entries(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Store lists, given as key and packed list, in place of earlier lists."""
        keyed = checksums.rekeyed_rows(rows)
        self._write("INSERT OR REPLACE INTO lists VALUES (?, ?)", keyed)

    def clear_entries(self) -> None:
        """Delete all stored lists."""
        self._write("DELETE FROM lists", [()])

    def add_folder(self, entry: FolderEntry) -> None:
        """Add a folder of arrays to the archive."""
        assert self._folders is not None
        self._folders[entry.number] = entry
        self._changed.add("arrays")
        folder = entry.number, entry.kind, entry.segment
        files = [(entry.number, name, *size) for name, size in entry.files.items()]
        self._write("INSERT INTO folders VALUES (?, ?, ?)", [folder])
        self._write("INSERT INTO files VALUES (?, ?, ?, ?)", files)

    def drop_folder(self, number: int) -> None:
        """Remove a folder of arrays from the archive."""
        assert self._folders is not None
        del self._folders[number]
        self._changed.add("arrays")
        self._write("DELETE FROM folders WHERE number = ?", [(number,)])
        self._write("DELETE FROM files WHERE folder = ?", [(number,)])

    def replace_by(self, other: Catalogue) -> None:
        """Replace all rows by the rows of another catalogue, without its folders of arrays."""
        settings = other._settings.all()
        self.empty(settings)
        self._database.copy_tables(other._database)

    def empty(self, settings: Mapping[str, object]) -> None:
        """Delete all rows, and set these settings in place of all others."""
        kept = {name: self.setting(name) for name in ("generation", "last_folder")}
        if len(self):
            kept["traces"] = True
        for table in (*schema.COPIED_TABLES, *schema.OWN_TABLES, "sqlite_sequence"):
            self._write(f"DELETE FROM {table}", [()])
        self.forget_rows()
        self._changed |= {"arrays", "removals"}
        self._settings.replace_all({**settings, **kept, "made": os.urandom(8).hex()})

    def _sum_of_removals(self) -> int:
        """Return a checksum of the removed articles, in any order."""
        return int(self._read(_REMOVALS)[0][0])

    def _compare(self, name: str, checksum: int, what: str) -> None:
        """Raise ArchiveFormatError if rows have another checksum than the setting of that name."""
        if (self.setting(name) or 0) != checksum and self._has_checksums():
            raise integrity.damaged_archive(self.place, checksums.wrong(what))


#: Inserts an article.
_ADD = (
    f"INSERT INTO articles ({', '.join(schema.READ)}, key, digest) "
    f"VALUES ({marks((*schema.READ, 'key', 'digest'))})"
)


#: The same, unless the article is there with a smaller key.
_ADD_FIRST = (
    f"{_ADD} ON CONFLICT (id) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in (*schema.READ, 'key', 'digest'))} "
    "WHERE excluded.key < articles.key"
)
