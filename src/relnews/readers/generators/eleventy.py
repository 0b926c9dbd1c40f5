"""Eleventy: addresses by the place of a file, data files of folders, permalinks."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import constant, read_settings, text_of_file
from relnews.readers.generators.site import Page, Site, from_root

#: Folders that are no content.
_OTHERS = frozenset({"_includes", "_data", "_layouts", "_site", "node_modules"})

_DATE = re.compile(r".*?\d{4}-\d{2}-\d{2}-(.*)", re.DOTALL)

#: What a permalink may have in braces.
_CODE = re.compile(r"\{\{-?\s*(?:page\.)?(fileSlug|filePathStem|slug)\s*(?:\|\s*slugify\s*)?-?\}\}")

_INPUT_SET = re.compile(r"setInputDirectory\(\s*[\"'`]([^\"'`]*)")


class Eleventy(Site):
    """A folder with Eleventy's settings, or with Eleventy among its packages."""

    name = "eleventy"
    others = frozenset({".rst"})
    reads_html = True
    marks = tuple(
        f"{stem}.{ending}"
        for stem in (".eleventy", "eleventy.config")
        for ending in ("js", "mjs", "cjs", "ts")
        if (stem, ending) not in ((".eleventy", "mjs"), (".eleventy", "cjs"))
    )
    parts_at_blanks = False

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(root, settings)
        self._data = functools.lru_cache(maxsize=None)(read_settings)

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the folder of the texts, or None if there is no such site."""
        for name in cls.marks:
            if (folder / name).is_file():
                source = text_of_file(folder / name)
                named = _INPUT_SET.search(source)
                return {"input": named[1] if named else constant(source, "input") or "."}
        # Eleventy needs no settings.
        packages = text_of_file(folder / "package.json")
        return {"input": "."} if '"@11ty/eleventy"' in packages else None

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder of the texts."""
        return (str(PurePosixPath(self.settings.get("input") or ".")),)

    def holds(self, path: PurePosixPath) -> bool:
        """Return whether a file is a text of the site."""
        return super().holds(path) and not _OTHERS.intersection(path.parts)

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return the data of the folders above a text, and of a file beside it."""
        values: dict[str, Any] = {}
        folders = [*reversed(path.parents)]
        names = [(folder, folder.name) for folder in folders if folder.name]
        for folder, name in [*names, (path.parent, path.stem)]:
            for ending in (".json", ".11tydata.json"):
                values |= self._data(self.root / folder / f"{name}{ending}")
        return values

    def own_url(self, page: Page) -> str | None:
        """Return the address of a permalink whose code is known, from the text or its folders."""
        permalink = page.values.get("permalink")
        if isinstance(permalink, Mapping):
            permalink = permalink.get("build")
        if not isinstance(permalink, str) or not permalink.strip():
            return None
        path = _CODE.sub(lambda match: self._value(match[1], page) or "\0", permalink.strip())
        if re.search(r"[{}\0]", path):
            return None
        return from_root(path.removesuffix("index.html"))

    def url(self, page: Page) -> str | None:
        """Return the address by the place of the file."""
        if page.values.get("permalink") not in (None, ""):
            return None  # with code that is not known
        below = self._below(page)
        parent = "" if str(below.parent) == "." else str(below.parent)
        name = "" if below.stem in ("index", below.parent.name) else f"{below.stem}/"
        return from_root(f"{parent}/{name}")

    def _below(self, page: Page) -> PurePosixPath:
        folder = self.folders[0]
        return page.path.relative_to(folder) if page.path.is_relative_to(folder) else page.path

    def _value(self, name: str, page: Page) -> str | None:
        below = self._below(page)
        stem = _without_date(below.stem)
        if name == "slug":
            return page.text("slug")
        if name == "filePathStem":
            return str(PurePosixPath("/", below.parent, stem))
        return _without_date(below.parent.name) if stem == "index" else stem


def _without_date(name: str) -> str:
    dated = _DATE.fullmatch(name)
    return dated[1] if dated else name
