"""Sections of Hugo without its settings: what cascades is true there as well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relnews.readers.generators.hugo import TEXTS, Hugo
from relnews.readers.generators.site import Page, Site


class Sections(Hugo):
    """A folder with ``_index.md`` files, which belong to sections of Hugo, but without settings.

    What cascades is true here as well; addresses are not known.
    """

    name = ""
    others = frozenset()
    parts_at_blanks = True

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(root, {**settings, "contentdir": "."})
        self.articles_in = Site.articles_in

    def section(self, page: Page) -> str | None:
        """Return None: which folder is the first one is not known."""
        return None

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the name of the file without a date."""
        return Site.slug(self, page)

    def own_url(self, page: Page) -> str | None:
        """Return the address that the front matter names."""
        return Site.own_url(self, page)

    def url(self, page: Page) -> str | None:
        """Return None: permalinks are among the settings."""
        return None


def sections_of(path: Path) -> Sections | None:
    """Return the sections that a file or a folder has or is in, or None if there are none.

    Parameters
    ----------
    path : Path
        File or folder of texts.
    """
    root = path if path.is_dir() else path.parent
    has_sections = _has_index(root) or (path.is_dir() and _has_index(root, "**/"))
    while _has_index(root.parent) and root.parent != root:
        root, has_sections = root.parent, True
    return Sections(root, {}) if has_sections else None


def _has_index(folder: Path, below: str = "") -> bool:
    return any(file.suffix in TEXTS for file in folder.glob(f"{below}_index*.*"))
