"""Settings: named JSON values of an archive, as the newest format has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from relnews.storage import integrity, schema
from relnews.storage.database import Database

#: Settings, and the format version that they are of. One query reads both from one state: another
#: process may migrate the archive at any time.
_SETTINGS = "SELECT name, value, (SELECT user_version FROM pragma_user_version) FROM settings"

Value = TypeVar("Value")


class Settings:
    """The settings of an archive; `docs/reference/archive-format.md` lists them.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        #: By setting: the number of changes at that time, and the value made of it.
        self._cached: dict[str, tuple[int, Any]] = {}

    def get(self, name: str) -> Any:
        """Return a setting, None if there is none."""
        return self.several(name)[0]

    def several(self, *names: str) -> list[Any]:
        """Return settings in the order of their names; None in place of one that is not there."""
        marks = ",".join("?" * len(names))
        rows = self._database.read(f"{_SETTINGS} WHERE name IN ({marks})", *names)
        place = self._database.place
        settings: dict[str, Any] = dict.fromkeys(names)
        if rows:
            integrity.check_format(place, True, rows[0][-1], schema.READ_VERSIONS)
        with integrity.damage_in(place):
            for name, value, version in rows:
                settings[name] = schema.migrated(version, name, json.loads(value))
            integrity.check_settings(settings)
        return [*settings.values()]

    def all(self) -> dict[str, Any]:
        """Return every setting by its name."""
        names = self._database.read("SELECT name FROM settings ORDER BY name")
        return {name: self.get(name) for (name,) in names}

    def cached(self, name: str, make: Callable[[Any], Value]) -> Value:
        """Return the value that a function makes of a setting, kept until the archive changes.

        Parameters
        ----------
        name : str
        make : callable
            Gets the setting, None if there is none.
        """
        with self._database.state_lock:
            generation = self.generation()
            entry = self._cached.get(name)
            if entry is None or entry[0] != generation:
                with integrity.damage_in(self._database.place):
                    entry = self._cached[name] = generation, make(self.get(name))
        value: Value = entry[1]
        return value

    def generation(self) -> int:
        """Return how many changes were committed."""
        known = self._database.generation
        return int(self.get("generation") or 0) if known is None else known

    def set(self, name: str, value: object) -> None:
        """Set a setting, inside a transaction."""
        self.set_all({name: value})

    def set_all(self, settings: Mapping[str, object]) -> None:
        """Set settings, inside a transaction."""
        self._cached.clear()
        rows = [(name, json.dumps(value)) for name, value in settings.items()]
        self._database.write("INSERT OR REPLACE INTO settings VALUES (?, ?)", rows)

    def migrate(self) -> None:
        """Write all settings as this format has them, inside a transaction, if they are older."""
        connection = self._database.connection
        version = schema.version_of(connection)
        integrity.check_format(self._database.place, True, version, schema.READ_VERSIONS)
        if version < schema.FORMAT_VERSION:
            for name, value in self.all().items():
                self.set(name, value)
            schema.set_version(connection)

    def clear_cache(self) -> None:
        """Forget cached values: they may be of settings that were not committed."""
        self._cached.clear()
