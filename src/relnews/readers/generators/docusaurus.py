"""Docusaurus: posts of its blog, by the date in their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import constant, text_of_file
from relnews.readers.generators.site import Page, Site, from_root

_DATED = re.compile(
    r"(?P<folder>.*)(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(?P<text>.*?)(?:/index)?"
)

#: The options of the blog in the settings.
_BLOG = re.compile(
    r"\bblog\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}|plugin-content-blog[\"'`]\s*,\s*\{[^{}]*\}"
)


class Docusaurus(Site):
    """A folder with Docusaurus' settings."""

    name = "docusaurus"
    others = frozenset({".rst"})
    marks = tuple(f"docusaurus.config.{ending}" for ending in ("js", "ts", "mjs", "cjs"))
    parts_at_blanks = False

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return folder and address of the blog, or None if there is no such site."""
        for name in cls.marks:
            if (folder / name).is_file():
                blog = _BLOG.search(text_of_file(folder / name))
                source = blog[0] if blog else ""
                return {
                    "path": constant(source, "path") or "blog",
                    "route": "blog" if (r := constant(source, "routeBasePath")) is None else r,
                }
        return None

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder of the blog."""
        return (str(PurePosixPath(self.settings.get("path") or "blog")),)

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the one of the path."""
        return page.text("slug") or _slug(self._below(page))

    def url(self, page: Page) -> str | None:
        """Return the address below the one of the blog."""
        return from_root(f"{self.settings.get('route', 'blog')}/{self.slug(page)}")

    def date_of(self, path: PurePosixPath) -> str | None:
        """Return the date that the folders and the name of a post say, or None."""
        dated = _DATED.fullmatch(str(path.with_suffix("")))
        return dated["date"].replace("/", "-") if dated else None

    def _below(self, page: Page) -> str:
        folder = self.folders[0]
        path = page.path.relative_to(folder) if page.path.is_relative_to(folder) else page.path
        return str(path.with_suffix(""))


def _slug(path: str) -> str:
    dated = _DATED.fullmatch(path)
    if dated is None:
        return re.sub("/index$", "", path)
    return f"{dated['date'].replace('-', '/')}/{dated['folder']}{dated['text']}"
