"""Astro: collections of content, each with pages below its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import text_of_file
from relnews.readers.generators.site import Page, Site, from_root
from relnews.readers.generators.slugs import github_slug

_BASE = re.compile(r"\bbase\s*:\s*[\"'`](?:\./)?([^\"'`]+)[\"'`]")

_PAGES = "src/pages"

_COLLECTIONS = "src/content"


class Astro(Site):
    """A folder with Astro's settings."""

    name = "astro"
    others = frozenset({".rst"})
    marks = tuple(f"astro.config.{ending}" for ending in ("mjs", "js", "ts", "mts", "cjs"))
    parts_at_blanks = False

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the folders of the collections, or None if there is no such site."""
        if not any((folder / name).is_file() for name in cls.marks):
            return None
        places = [
            folder / "src" / name for ending in ("ts", "js", "mjs", "mts")
            for name in (f"content.config.{ending}", f"content/config.{ending}")
        ]  # fmt: skip
        bases = (base for place in places for base in _BASE.findall(text_of_file(place)))
        return {"bases": [str(PurePosixPath(base)) for base in bases]}

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders of the collections, and of the pages."""
        return (*self.settings.get("bases", ()), _COLLECTIONS, _PAGES)

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
            return from_root(f"{path.parent if path.name == 'index' else path}/".removeprefix("./"))
        name, id_ = self._name_and_id(page)
        return from_root(unicodedata.normalize("NFC", f"{name}/{id_}/"))

    def _name_and_id(self, page: Page) -> tuple[str, str]:
        bases = sorted(self.settings.get("bases", ()), key=len, reverse=True)
        base = next((base for base in bases if page.path.is_relative_to(base)), None)
        if base is None and page.path.is_relative_to(_COLLECTIONS):
            base = "/".join(page.path.parts[:3]) if len(page.path.parts) > 3 else _COLLECTIONS
        below = page.path.relative_to(base) if base else page.path
        parts = map(github_slug, below.with_suffix("").parts)
        id_ = page.text("slug") or re.sub("/index$", "", "/".join(parts))
        return PurePosixPath(base or "").name, id_
