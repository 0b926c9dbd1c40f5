"""Settings: named JSON values of an archive, in the form of the newest format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from relnews.storage import integrity, schema
from relnews.storage.database import Database

#: Settings and their format version. One query reads both from one state, because another process
#: may migrate the archive between two queries.
_SETTINGS = "SELECT name, value, (SELECT user_version FROM pragma_user_version) FROM settings"

#: A setting that has the value already stays as it is, so that it counts as no change.
_SET = (
    "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
    "WHERE value IS NOT excluded.value"
)

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
        #: By setting: the generation when it was read, and the value of `make`.
        self._cached: dict[str, tuple[int, Any]] = {}
        self._latest_generation = 0

    def get(self, name: str) -> Any:
        """Return a setting; None if it is missing."""
        return self.several(name)[0]

    def several(self, *names: str) -> list[Any]:
        """Return settings in the order of the given names; None for a missing setting."""
        marks = ",".join("?" * len(names))
        rows = self._database.read(f"{_SETTINGS} WHERE name IN ({marks})", *names)
        settings: dict[str, Any] = dict.fromkeys(names)
        try:
            for name, value, version in rows:
                settings[name] = json.loads(value)
                if version != schema.FORMAT_VERSION:
                    place = self._database.place
                    integrity.check_format(place, True, version, schema.READ_VERSIONS)
                    settings[name] = schema.migrated(version, name, settings[name])
            integrity.check_settings(settings)
        except integrity.DAMAGE as error:
            integrity.raise_damage(self._database.place, error)
        return [*settings.values()]

    def all(self) -> dict[str, Any]:
        """Return all settings by name."""
        names = self._database.read("SELECT name FROM settings ORDER BY name")
        return {name: self.get(name) for (name,) in names}

    def cached(self, name: str, make: Callable[[Any], Value]) -> Value:
        """Return what a function makes of a setting, cached until the archive changes.

        Parameters
        ----------
        name : str
            Name of the setting.
        make : callable
            Given the setting, or None if it is missing, it returns the value.
        """
        with self._database.state_lock:
            generation = self.generation()
            entry = self._cached.get(name)
            if entry is None or entry[0] != generation:
                try:
                    entry = self._cached[name] = generation, make(self.get(name))
                except integrity.DAMAGE as error:
                    integrity.raise_damage(self._database.place, error)
        value: Value = entry[1]
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
        """Set settings, inside a transaction."""
        self._cached.clear()
        rows = [(name, json.dumps(value, default=_number)) for name, value in settings.items()]
        self._database.write(_SET, rows)

    def migrate(self) -> None:
        """Write settings of an older format in the form of this format, inside a transaction."""
        connection = self._database.connection
        version = schema.version_of(connection)
        integrity.check_format(self._database.place, True, version, schema.READ_VERSIONS)
        if version < schema.FORMAT_VERSION:
            for name, value in self.all().items():
                self.set(name, value)
            schema.set_version(connection)

    def clear_cache(self) -> None:
        """Clear the cache, which may have values of settings that were not committed."""
        self._cached.clear()


def _number(scalar: Any) -> object:
    """Return a NumPy scalar as a Python number or bool."""
    return scalar.item()
