"""Stored articles: reads articles and their stored lists, and compares checksums.

The row of an article never changes under its key. So it is compared when it is read for the first
time, as arrays are, and not again.

This module does not import NumPy, so that reading a stored list does not wait for it.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from relnews._checks import shortened
from relnews.articles import DIGEST_BYTES, TUPLES
from relnews.dates import moment, moments
from relnews.exceptions import ArchiveChangedError, unknown_article
from relnews.results import SHOWN
from relnews.storage import checksums, integrity, schema
from relnews.storage.database import Database

#: Maximum number of values in one statement; SQLite builds before 3.32 accept no more.
_MAX_VALUES = 999

#: Maximum number of rows that are remembered as compared.
MAX_CHECKED = 1 << 18

# A column of SQLite may hold values of any type, so every read casts.
ID = "ifnull(CAST(id AS TEXT), '')"
_TITLE = "ifnull(CAST(title AS TEXT), '')"
PUBLISHED = "CAST(published AS INTEGER)"
_EXPIRES = "CAST(expires AS INTEGER)"

#: The order of articles, newest first, undated ones last.
_NEWEST = f"published IS NULL, {PUBLISHED} DESC, {ID}"


#: A stored list and the number of changes, in one query instead of two.
_ENTRIES_OF = (
    "SELECT CAST(entries AS BLOB), (SELECT value FROM settings WHERE name = 'generation'), key "
    "FROM lists JOIN articles USING (key) WHERE id = ?"
)


class StoredArticles:
    """The articles of an archive, without their words, and their lists. Several threads may read.

    Parameters
    ----------
    database : Database
        The open database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read, self.place = database.read, database.place
        #: Id by key of articles whose rows were compared with their checksums; and the key up to
        #: which all were.
        self._checked: dict[int, str] = {}
        self._checked_to = -1

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
        unknown_article
            If the archive lacks one of the articles.
        """
        known = self.digests(identifiers)
        for identifier in identifiers:
            if identifier not in known:
                raise unknown_article(identifier, self.all_ids())
        return [known[identifier][0] for identifier in identifiers]

    def ids(self, keys: Sequence[int]) -> list[str]:
        """Return the ids of articles."""
        return [row[0] for row in self._rows(keys)]

    def details(self, keys: Sequence[int], now: int | None = None) -> list[tuple[Any, ...] | None]:
        """Return the fields of articles that a `RelatedItem` shows, in the order of `SHOWN`.

        Parameters
        ----------
        keys : sequence of int
            Keys of the articles.
        now : int, optional
            A timestamp: articles under embargo or expired then are None. None returns all.
        """
        return self._shown(self._rows(keys), now)

    def article(self, identifier: str) -> tuple[int, tuple[Any, ...]]:
        """Return the key of the article with this id, and its fields as `details` returns them.

        Raises
        ------
        unknown_article
            If the archive lacks the article.
        """
        rows = self._read(f"SELECT {self._row()} FROM articles WHERE id = ?", identifier)
        if not rows:
            raise unknown_article(identifier, self.all_ids())
        ((*fields, key, _),) = rows
        if self._checked.get(key) != fields[0] and self._has_checksums():
            self._compare_rows(rows)
        (shown,) = self._shown([fields], None)
        assert shown is not None
        return key, shown

    def keys(self) -> list[int]:
        """Return the keys of all articles in the order of the archive."""
        return [row[0] for row in self._read("SELECT key FROM articles ORDER BY key")]

    def all_ids(self) -> list[str]:
        """Return the ids in the order of the archive."""
        return [row[0] for row in self._read(f"SELECT {ID} FROM articles ORDER BY key")]

    def sources(self) -> list[str | None]:
        """Return the source of each article in the order of the archive; None if it has none."""
        self._check_columns()
        rows = self._read("SELECT CAST(source AS TEXT) FROM articles ORDER BY key")
        return [source or None for (source,) in rows]

    def titles(self) -> list[str]:
        """Return the distinct titles of the archive."""
        return [row[0] for row in self._read(f"SELECT DISTINCT {_TITLE} FROM articles")]

    def values_of(self, field: str) -> list[str]:
        """Return the distinct values of all articles; ``field`` is ``section`` or ``tag``."""
        self._check_columns()
        column, tables = "CAST(section AS TEXT)", "articles WHERE section IS NOT NULL"
        if field == "tag":
            column, tables = "CAST(value AS TEXT)", "articles, json_each(tags)"
        return [row[0] for row in self._read(f"SELECT DISTINCT {column} FROM {tables}")]

    def visible_ids(self, now: int) -> list[str]:
        """Return the ids of the articles that can be seen at a timestamp."""
        rows = self._read(
            f"SELECT {ID} FROM articles WHERE (published IS NULL OR {PUBLISHED} <= ?) "
            f"AND (expires IS NULL OR {_EXPIRES} > ?) ORDER BY key",
            now, now,
        )  # fmt: skip
        return [row[0] for row in rows]

    def dates(self, keys: Sequence[int]) -> list[int | None]:
        """Return the timestamps of publication; None for an unknown date."""
        return [row[_PUBLISHED_PLACE] for row in self._rows(keys)]

    def expires(self, key: int) -> int | None:
        """Return the timestamp at which an article expires; None if it never does."""
        (row,) = self._rows([key])
        expires: int | None = row[-1]
        return expires

    def newest(self) -> list[tuple[int, str | None]]:
        """Return key and section of all articles, newest first, undated ones last."""
        self._check_columns()
        return self._read(f"SELECT key, CAST(section AS TEXT) FROM articles ORDER BY {_NEWEST}")

    def headlines(self) -> list[tuple[int, str, str | None]]:
        """Return key, title and address of all articles, in the order of `newest`."""
        self._check_columns()
        columns = f"key, {_TITLE}, CAST(url AS TEXT)"
        return self._read(f"SELECT {columns} FROM articles ORDER BY {_NEWEST}")

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
            test = f"{column} IN ({marks(accepted)})"
            exists = f"EXISTS (SELECT 1 FROM json_each(tags) WHERE {test})"
            tests.append(exists if field == "tags" else test)
            values += accepted
        self._check_columns()
        rows = self._read(f"SELECT key FROM articles WHERE {' AND '.join(tests)}", *values)
        return [row[0] for row in rows]

    def span(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Return the oldest and the newest date; None if no article has a date."""
        query = f"SELECT min({PUBLISHED}), max({PUBLISHED}) FROM articles"
        oldest, newest = self._read(query)[0]
        with integrity.damage_in(self.place):
            return moment(oldest), moment(newest)

    def expiries(self) -> dict[int, int]:
        """Return the timestamps at which articles expire, by key."""
        rows = self._read(f"SELECT key, {_EXPIRES} FROM articles WHERE expires IS NOT NULL")
        self._compare_keys(key for key, _ in rows)
        return dict(rows)

    def digests(self, identifiers: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Return key and digest by id; ids that the archive lacks are left out."""
        rows: list[tuple[Any, ...]] = []
        for first in range(0, len(identifiers), _MAX_VALUES):
            batch = identifiers[first : first + _MAX_VALUES]
            rows += self._read(
                f"SELECT id, key, digest FROM articles WHERE id IN ({marks(batch)})", *batch
            )
        self._check_ids(rows)
        try:
            return {identifier: (key, digest[:DIGEST_BYTES]) for identifier, key, digest in rows}
        except integrity.DAMAGE as error:
            integrity.raise_damage(self.place, error)

    def entries_of(self, identifier: str) -> bytes | None:
        """Return the stored list of the article with this id; None if no list is stored."""
        rows = self._read(_ENTRIES_OF, identifier)
        if not rows:
            return None
        ((entries, generation, key),) = rows
        if self._checked.get(key) != identifier:
            self._check_ids([(identifier, key)])
        # A damaged value is left for `Settings.generation` to report.
        is_number = isinstance(generation, str) and generation.isdecimal() and len(generation) < 20
        if self._database.is_reading and is_number:
            self._database.generation = int(generation)
        return self._lists([(key, entries)])[0][1]

    def entries(self, keys: Sequence[int]) -> list[tuple[int, str, bytes | None]]:
        """Return key, id and stored list of articles; None in place of a list not stored."""
        rows = self._read(
            f"SELECT key, {ID}, CAST(entries AS BLOB) FROM articles LEFT JOIN lists USING (key) "
            f"WHERE key IN ({marks(keys)}) ORDER BY key",
            *keys,
        )
        self._compare_keys([row[0] for row in rows])
        lists = dict(self._lists([(key, stored) for key, _, stored in rows if stored is not None]))
        return [(key, identifier, lists.get(key)) for key, identifier, _ in rows]

    def all_entries(self) -> list[tuple[int, bytes]]:
        """Return every stored list with its article's key."""
        return self._lists(self._read("SELECT key, CAST(entries AS BLOB) FROM lists ORDER BY key"))

    def forget_rows(self) -> None:
        """Compare all rows again when they are read: others may be under their keys now."""
        self._checked.clear()
        self._checked_to = -1

    def all_rows(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of all articles, some at a time: fields, key, and digest with checksum.

        Raises
        ------
        ArchiveFormatError
            If a row is damaged.
        """
        query = f"SELECT {self._row()} FROM articles WHERE key > ? ORDER BY key LIMIT {_MAX_VALUES}"
        last = -1
        while rows := self._read(query, last):
            last = rows[-1][-2]
            with integrity.damage_in(self.place):
                checksums.check_articles(rows)
            self._checked_to = max(self._checked_to, last)
            yield rows

    def check_all(self) -> Iterator[str]:
        """Yield the rows of articles that are damaged; read all of them again."""
        self.forget_rows()
        ids = set[str]()
        for row in self._read(f"SELECT {self._row()} FROM articles ORDER BY key"):
            try:
                _tags(row[_TUPLE_PLACES[0]])
                if self._has_checksums():
                    checksums.check_articles([row])
            except integrity.DAMAGE as error:
                yield f"article {row[-2]} is damaged: {error}"
            if row[0] in ids:
                yield f"the id {row[0]!r} is there twice"
            ids.add(row[0])

    def has_text(self, text: str) -> bool:
        """Return whether an article has a text in one of its fields."""
        texts = schema.texts(self._database.format_version())
        query = f"SELECT 1 FROM articles WHERE instr({texts}, ?) LIMIT 1"
        return bool(self._read(query, text))

    def _has_checksums(self) -> bool:
        """Return whether rows have checksums: older archives lack them."""
        return self._database.format_version() >= checksums.SINCE

    def _row(self) -> str:
        """Return the SQL that reads all of an article's row."""
        return schema.row(self._database.format_version())

    def _lists(self, rows: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        """Return stored lists as they were packed: in the table, checksums include the keys."""
        if not self._has_checksums():
            return rows
        try:
            return checksums.rekeyed_rows(rows)
        except integrity.DAMAGE as error:
            raise integrity.damaged_archive(self.place, error) from error

    def _check_columns(self) -> None:
        """Compare the rows that were never compared, before a query reads a column of all rows."""
        if self._has_checksums():
            query = f"SELECT {self._row()} FROM articles WHERE key > ? ORDER BY key"
            rows = self._read(query, self._checked_to)
            with integrity.damage_in(self.place):
                checksums.check_articles(rows)
            self._checked_to = max([self._checked_to, *(row[-2] for row in rows[-1:])])

    def _rows(self, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return the fields of articles, in the order of the keys; raise if an article is gone."""
        is_new = not all(map(self._checked.__contains__, keys)) and self._has_checksums()
        version = self._database.format_version()
        columns = schema.row(version) if is_new else schema.columns(version)
        rows: list[tuple[Any, ...]] = []
        for first in range(0, len(keys), _MAX_VALUES):
            batch = keys[first : first + _MAX_VALUES]
            rows += self._read(_in_order(columns, len(batch)), *batch)
        if is_new:
            self._compare_rows([row for row in rows if row[-2] not in self._checked])
            rows = [row[:-2] for row in rows]
        if len(rows) != len(keys):
            raise ArchiveChangedError
        return rows

    def _compare_keys(self, keys: Iterable[int]) -> None:
        """Compare the rows of articles with their checksums, unless they were compared before."""
        new = [key for key in keys if key not in self._checked]
        if new:
            self._rows(new)

    def _compare_rows(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Compare rows of `schema.row` with their checksums."""
        try:
            checksums.check_articles(rows)
        except integrity.DAMAGE as error:
            integrity.raise_damage(self.place, error)
        if len(self._checked) > MAX_CHECKED:
            self._checked.clear()
        self._checked |= {row[-2]: row[0] for row in rows}

    def _check_ids(self, rows: Iterable[Sequence[Any]]) -> None:
        """Raise ArchiveFormatError if an id leads to the row of another article, or to damage.

        Parameters
        ----------
        rows : iterable of sequence
            Id and key of each article come first.
        """
        new = {key: name for name, key, *_ in rows if self._checked.get(key) != name}
        if not new or not self._has_checksums():
            return
        for key, (found, *_) in zip(new, self._rows([*new]), strict=True):
            if found != new[key]:
                raise integrity.damaged_archive(
                    self.place, f"the id of article {key} leads to another article"
                )

    def _shown(
        self, rows: Sequence[Sequence[Any]], now: int | None
    ) -> list[tuple[Any, ...] | None]:
        """Return rows of `schema.columns` as `details` does."""
        try:
            published = moments([row[_PUBLISHED_PLACE] for row in rows])
            return [_details(row, date, now) for row, date in zip(rows, published, strict=True)]
        except integrity.DAMAGE as error:
            raise integrity.damaged_archive(self.place, error) from error


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
    row: Sequence[Any], published: dt.datetime | None, now: int | None
) -> tuple[Any, ...] | None:
    """Return a row of `Catalogue.details`; None if the article cannot be seen now."""
    *shown, expires = row
    if now is not None:
        embargo = shown[_PUBLISHED_PLACE]
        if (embargo is not None and embargo > now) or (expires is not None and expires <= now):
            return None
    shown[_PUBLISHED_PLACE] = published
    for place in _TUPLE_PLACES:
        shown[place] = _tags(shown[place])
    return tuple(shown)


@functools.lru_cache(maxsize=4096)
def _tags(stored: str) -> tuple[str, ...]:
    """Return stored tags; few combinations are frequent, and parsing JSON is slow."""
    tags = json.loads(stored)
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        msg = f"tags must be a list of strings, got {shortened(tags)}"
        raise ValueError(msg)
    return tuple(tags)


def marks(values: Sequence[object]) -> str:
    """Return a placeholder of SQL for each value."""
    return ",".join("?" * len(values))
