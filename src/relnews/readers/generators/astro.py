"""Astro: collections of content, each with pages below its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import constant, constants, text_of_file
from relnews.readers.generators.site import Page, Site, are_named, from_root, relative
from relnews.readers.generators.slugs import github_slug

#: The options of a loader of a collection.
_LOADER = re.compile(r"""\bglob\(\s*\{((?:"[^"]*"|'[^']*'|`[^`]*`|[^}"'`])*)\}""")

_PAGES = "src/pages"

_COLLECTIONS = "src/content"


class Astro(Site):
    """A folder with Astro's settings."""

    name = "astro"
    others = frozenset({".rst"})
    marks = tuple(f"astro.config.{ending}" for ending in ("mjs", "js", "ts", "mts", "cjs"))
    parts_at_blanks = False

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(root, settings)
        self._patterns: dict[str, list[list[str]]] = settings.get("bases", {})
        if settings.get("is_computed"):
            self.notes.append("a collection computes its `base` or `pattern`, which are not read")

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the folders of the collections, or None if there is no such site."""
        mark = cls.mark_in(folder)
        if mark is None:
            return None
        source = text_of_file(mark)
        is_file = (
            constant(source, "format") == "file" or constant(source, "trailingSlash") == "never"
        )
        settings: dict[str, Any] = {"bases": {}, "end": "" if is_file else "/"}
        places = [
            folder / "src" / name for ending in ("ts", "js", "mjs", "mts")
            for name in (f"content.config.{ending}", f"content/config.{ending}")
        ]  # fmt: skip
        for options in (
            found for place in places for found in _LOADER.findall(text_of_file(place))
        ):
            base, patterns = constant(options, "base"), constants(options, "pattern")
            settings["is_computed"] = settings.get("is_computed") or base is None or not patterns
            if base is not None:
                name = str(PurePosixPath(base.removeprefix("/")))
                settings["bases"].setdefault(name, []).append(patterns or [])
        return settings

    @property
    def home(self) -> str:
        """The folder of the collections."""
        return _COLLECTIONS

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders of the collections, and of the pages."""
        return (*self._patterns, _COLLECTIONS, _PAGES)

    def excluded(self, path: PurePosixPath) -> str | None:
        """Return that no collection of the folder has a pattern that names a text, or None."""
        base = self._base(path)
        if base not in self._patterns:
            return None
        below = path.relative_to(base)
        is_found = any(are_named(below, patterns) for patterns in self._patterns[base])
        return None if is_found else "pattern"

    def slug(self, page: Page) -> str | None:
        """Return the id of an entry: its own slug, or its path in the collection."""
        return self._name_and_id(page)[1]

    def section(self, page: Page) -> str | None:
        """Return the name of the collection."""
        return self._name_and_id(page)[0] or None

    def url(self, page: Page) -> str | None:
        """Return the address of an entry below the name of its collection."""
        if page.path.is_relative_to(_PAGES):
            path = page.path.relative_to(_PAGES).with_suffix("")
            address = str(path.parent if path.name == "index" else path).removeprefix(".")
        else:
            name, id_ = self._name_and_id(page)
            address = unicodedata.normalize("NFC", f"{name}/{id_}")
        return from_root(f"{address}{self.settings.get('end', '/')}")

    def _base(self, path: PurePosixPath) -> str:
        """Return the folder of the collection that a text is in; empty for none."""
        for base in sorted(self._patterns, key=len, reverse=True):
            if path.is_relative_to(base):
                return base
        if not path.is_relative_to(_COLLECTIONS):
            return ""
        return "/".join(path.parts[:3]) if len(path.parts) > 3 else _COLLECTIONS

    def _name_and_id(self, page: Page) -> tuple[str, str]:
        base = self._base(page.path)
        parts = map(github_slug, relative(page.path, base).with_suffix("").parts)
        id_ = page.text("slug") or re.sub("/index$", "", "/".join(parts))
        return PurePosixPath(base).name, id_
