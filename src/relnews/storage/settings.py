"""Settings: named JSON values of an archive, in the form of the newest format."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from relnews._checks import check_integer, shortened
from relnews.options.vectors import FUNCTION, GIVEN, MOST_DIMENSIONS, WORDLLAMA
from relnews.storage import checksums, integrity, schema
from relnews.storage.database import Database

#: Settings and their format version. One query reads both from one state, because another process
#: may migrate the archive between two queries.
_SETTINGS = (
    "SELECT CAST(name AS TEXT), CAST(value AS TEXT), "
    "(SELECT user_version FROM pragma_user_version) FROM settings ORDER BY name"
)

#: The setting of the archive of a part of an input; see `relnews.maintenance.shards`.
SHARD = "shard"

#: The setting that has the checksum of all others.
_CHECKSUM = "checksum"

#: A setting that has the value already stays as it is, so that it counts as no change.
_SET = (
    "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
    "WHERE value IS NOT excluded.value"
)

#: The hash of a source or of a line.
_HASH = re.compile("[0-9a-f]{16}")

Value = TypeVar("Value")


class Settings:
    """The settings of an archive; `docs/reference/archive-format.md` lists them.

    Parameters
    ----------
    database : Database
        The open database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        #: By settings: the generation when they were compared, themselves, and the value of `make`.
        self._cached: dict[tuple[str, ...], tuple[int | None, object, Any]] = {}
        self._latest_generation = 0
        #: `Database.n_begun` and `Database.others_version` when settings were read or compared.
        self._n_begun = -1
        self._others_version: object = None
        #: Format version, and settings in JSON.
        self._kept: tuple[int, dict[str, str]] = schema.FORMAT_VERSION, {}

    def get(self, name: str) -> Any:
        """Return a setting; None if it is missing."""
        return self.several(name)[0]

    def several(self, *names: str) -> list[Any]:
        """Return settings in the order of the given names; None for a missing setting."""
        with self._database.state_lock:  # never inside the transaction of another thread
            version, texts = self._texts()
        try:
            settings = {name: json.loads(texts.get(name, "null")) for name in names}
            if version != schema.FORMAT_VERSION:
                for name in texts.keys() & settings.keys():
                    settings[name] = schema.migrated(version, name, settings[name])
            _check(settings)
        except integrity.DAMAGE as error:
            integrity.raise_damage(self._database.place, error)
        return [*settings.values()]

    def _texts(self) -> tuple[int, dict[str, str]]:
        """Return format version and settings in JSON, read again when others have committed.

        The caller holds the lock: outside of a transaction of its own it has none.
        """
        database, n_begun = self._database, self._database.n_begun
        if database.connection.in_transaction and self._n_begun == n_begun:
            return self._kept
        others_version = database.others_version()
        if self._others_version == others_version:
            self._n_begun = n_begun
            return self._kept
        rows = database.read(_SETTINGS)
        version = rows[0][2] if rows else schema.version_of(database.connection)
        try:
            if version != schema.FORMAT_VERSION:
                integrity.check_format(database.place, True, version, schema.READ_VERSIONS)
            texts = {name: text for name, text, _ in rows if name != _CHECKSUM}
            stored = [text for name, text, _ in rows if name == _CHECKSUM]
            if version >= checksums.SINCE and rows and stored != [str(_checksum_of(texts))]:
                msg = "a setting"
                raise checksums.wrong(msg)
        except integrity.DAMAGE as error:
            integrity.raise_damage(database.place, error)
        self._n_begun, self._others_version = n_begun, others_version
        self._kept = version, texts
        return self._kept

    def names(self) -> list[str]:
        """Return the names of all settings but their checksum."""
        with self._database.state_lock:
            return [*self._texts()[1]]

    def all(self) -> dict[str, Any]:
        """Return all settings by name."""
        names = self.names()
        return dict(zip(names, self.several(*names), strict=True)) if names else {}

    def cached(self, make: Callable[..., Value], *names: str) -> Value:
        """Return what a function makes of settings, cached until they change.

        Parameters
        ----------
        make : callable
            Given the settings, None for a missing one, it returns the value.
        *names : str
            Names of the settings.
        """
        with self._database.state_lock:
            generation = self.generation()
            entry = self._cached.get(names)
            if entry is None or entry[0] != generation:
                version, texts = self._texts()
                settings = version, [texts.get(name) for name in names]
                if entry is not None and entry[1] == settings:
                    entry = generation, *entry[1:]
                else:
                    try:
                        entry = generation, settings, make(*self.several(*names))
                    except integrity.DAMAGE as error:
                        integrity.raise_damage(self._database.place, error)
                self._cached[names] = entry
        value: Value = entry[2]
        return value

    def generation(self) -> int:
        """Return the number of committed changes."""
        generation = self._database.generation
        return int(self.get("generation") or 0) if generation is None else generation

    def latest_generation(self) -> int:
        """Return how many changes were committed; SQLite is asked only after another commit."""
        if self._database.changed_since_last_check():
            self._latest_generation = self.generation()
        return self._latest_generation

    def set(self, name: str, value: object) -> None:
        """Set a setting, inside a transaction."""
        self.set_all({name: value})

    def set_all(self, settings: Mapping[str, object]) -> None:
        """Set settings, and their checksum with them, inside a transaction."""
        self._cached = {names: (None, *found[1:]) for names, found in self._cached.items()}
        _, texts = self._texts()
        new = {name: json.dumps(value, default=_number) for name, value in settings.items()}
        texts.update(new)
        checksum = str(_checksum_of(texts))
        self._database.write(_SET, [*new.items(), (_CHECKSUM, checksum)])

    def replace_all(self, settings: Mapping[str, object]) -> None:
        """Set these settings and delete all others, inside a transaction."""
        self._database.write("DELETE FROM settings", [()])
        self._texts()[1].clear()
        self.set_all(settings)

    def migrate(self) -> None:
        """Write settings of an older format in the form of this format, inside a transaction."""
        version, _ = self._texts()
        if version < schema.FORMAT_VERSION:
            settings = self.all()
            schema.migrate_tables(self._database.connection, version)
            schema.set_version(self._database.connection)
            self._kept = schema.FORMAT_VERSION, self._kept[1]
            self.set_all(settings)

    def clear_cache(self) -> None:
        """Clear the cache, which may have values of settings that were not committed."""
        self._cached.clear()


#: Settings that are integers, or integers by name, and the exclusive upper bound of each.
_LIMITS = {
    "generation": integrity.MANY, "sealed": integrity.MANY, "epoch": 1 << 53, "n_stop": 1 << 31,
    "seed": 1 << 64, "last_folder": integrity.MANY, "forgotten": 1 << 31,
    "last_keys": integrity.MANY,
}  # fmt: skip

#: The ones of these that are integers by name.
_COUNTERS = frozenset({"forgotten", "last_keys"})


def _check(settings: Mapping[str, Any]) -> None:
    """Raise ValueError or TypeError if a setting does not have the form of the format."""
    for name, value in settings.items():
        if value is None:
            continue
        if name in _LIMITS:
            for number in dict(value).values() if name in _COUNTERS else [value]:
                if not (type(number) is int and 0 <= number < _LIMITS[name]):
                    check_integer(name, number, minimum=0, maximum=_LIMITS[name] - 1)
        if name == "repeated_lines":
            for number in itertools.chain(value, *dict(value).values()):
                if not _HASH.fullmatch(number):
                    msg = f"{name} has the hash {shortened(number)}"
                    raise ValueError(msg)
        if name == "vectors":
            check_integer("dimensions", value["dimensions"], minimum=0, maximum=MOST_DIMENSIONS)
            if value["source"] not in (WORDLLAMA, GIVEN, FUNCTION):
                msg = f"{name} has the source {shortened(value['source'])}"
                raise ValueError(msg)
        if name == "lists":
            k = check_integer("k", value["k"], minimum=1, maximum=10_000)
            check_integer("candidates", value["candidates"], minimum=k, maximum=65_536)
            if value["max_drift"] is not None:
                float(value["max_drift"])


def _checksum_of(texts: Mapping[str, str]) -> int:
    """Return the checksum of settings, in the order of their names."""
    return checksums.of_rows(sorted(texts.items()))


def _number(scalar: Any) -> object:
    """Return a NumPy scalar as a Python number or bool."""
    return scalar.item()
