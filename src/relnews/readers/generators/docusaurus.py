"""Docusaurus: posts of its blogs, by the date in their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import constant, constants, text_of_file
from relnews.readers.generators.site import Page, Site, are_named, from_root, is_named, relative

_DATED = re.compile(
    r"(?P<folder>.*)(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(?P<text>.*?)(?:/index)?"
)

#: What stands between the braces of options: texts, and braces.
_INSIDE = r"""(?:"[^"\n]*"|'[^'\n]*'|`[^`]*`|[^{}"'`]|\{[^{}]*\})*"""

#: The options of a blog in the settings.
_BLOG = re.compile(
    rf"(?:\bblog\s*:|plugin-content-blog[\"'`]\s*,)\s*(?:\{{({_INSIDE})\}}|(false)\b)"
)


class Docusaurus(Site):
    """A folder with Docusaurus' settings."""

    name = "docusaurus"
    others = frozenset({".rst"})
    marks = tuple(f"docusaurus.config.{ending}" for ending in ("js", "ts", "mjs", "cjs"))
    parts_at_blanks = False

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(root, settings)
        source = str(settings.get("source", ""))
        blogs = [match[1] for match in _BLOG.finditer(source) if not match[2]]
        #: Options of each blog by its folder.
        self._blogs = {
            str(PurePosixPath(constant(options, "path") or "blog")): options
            for options in blogs or [""]
        }
        for options in blogs:
            for name in ("exclude", "include"):
                if constants(options, name) is None:
                    self.notes.append(f"the settings compute `{name}`, which is not read")

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the settings as they are written, or None if there is no such site."""
        mark = cls.mark_in(folder)
        return None if mark is None else {"source": text_of_file(mark)}

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the blogs."""
        return tuple(self._blogs)

    def excluded(self, path: PurePosixPath) -> str | None:
        """Return the option of the blog that leaves a post out, or None."""
        folder = self._folder(path)
        below, options = relative(path, folder), self._blogs[folder]
        if is_named(below, constants(options, "exclude") or []):
            return "exclude"
        return None if are_named(below, constants(options, "include") or []) else "include"

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the one of the path."""
        below = relative(page.path, self._folder(page.path))
        return page.text("slug") or _slug(str(below.with_suffix("")))

    def url(self, page: Page) -> str | None:
        """Return the address below the one of the blog."""
        route = constant(self._blogs[self._folder(page.path)], "routeBasePath")
        return from_root(f"{'blog' if route is None else route}/{self.slug(page)}")

    def date_of(self, path: PurePosixPath) -> str | None:
        """Return the date that the folders and the name of a post say, or None."""
        dated = _DATED.fullmatch(str(path.with_suffix("")))
        return dated["date"].replace("/", "-") if dated else None

    def _folder(self, path: PurePosixPath) -> str:
        """Return the folder of the blog that a post is in; else the first one."""
        return next((f for f in self._blogs if path.is_relative_to(f)), next(iter(self._blogs)))


def _slug(path: str) -> str:
    dated = _DATED.fullmatch(path)
    if dated is None:
        return re.sub("/index$", "", path)
    return f"{dated['date'].replace('-', '/')}/{dated['folder']}{dated['text']}"
