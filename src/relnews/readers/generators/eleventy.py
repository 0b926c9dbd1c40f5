"""Eleventy: addresses by the place of a file, data files of folders, permalinks, ignored files."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import (
    constant,
    constants,
    exported,
    read_settings,
    text_of_file,
)
from relnews.readers.generators.site import Page, Site, filled, from_root, is_named, relative
from relnews.readers.visibility import plain_name, says_state

#: Folders that are no content.
_OTHERS = frozenset({"_includes", "_data", "_layouts", "_site", "node_modules"})

_DATE = re.compile(r".*?\d{4}-\d{2}-\d{2}-(.*)", re.DOTALL)

#: What a permalink may have in braces.
_CODE = re.compile(r"\{\{-?\s*(?:page\.)?(fileSlug|filePathStem|slug)\s*(?:\|\s*slugify\s*)?-?\}\}")

_FOLDER_SET = r"set{}Directory\(\s*[\"'`]([^\"'`]*)"

#: A call that adds to the ignored files, and the text that it adds, if it is one.
_IGNORED = re.compile(r"\bignores\s*\.\s*add\(\s*(?:([\"'`])([^\"'`$\n]*)\1\s*\))?")

#: The permalink of all texts, and its text, if it is one.
_GLOBAL_PERMALINK = re.compile(
    r"addGlobalData\(\s*[\"'`]permalink[\"'`]\s*,\s*(?:([\"'`])([^\"'`$\n]*)\1\s*\))?"
)

#: Files of data, the one that counts last.
_DATA = (".json", ".11tydata.json", ".11tydata.mjs", ".11tydata.cjs", ".11tydata.js")

#: A switch in JavaScript that cannot be read as a whole.
_SWITCH = re.compile(r"[\"']?(\w+)[\"']?\s*:\s*(true|false)\b")

#: The value of a permalink that JavaScript computes: it is no address.
_COMPUTED = "{{ computed }}"


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
        self._data = functools.lru_cache(maxsize=None)(self._data_of)
        source = str(settings.get("source", ""))
        ignored = [*_IGNORED.finditer(source)]
        self._ignored = {"ignores": [match[2] for match in ignored if match[2]]}
        if len(self._ignored["ignores"]) < len(ignored):
            self.notes.append("the settings compute some of `ignores`, which are not read")
        self._of_all: dict[str, Any] = {}
        if given := _GLOBAL_PERMALINK.search(source):
            self._of_all["permalink"] = given[2] or _COMPUTED
            if not given[2]:
                self.notes.append("the settings compute all permalinks, which are not known")
        files = [(".eleventyignore", "."), (".eleventyignore", self.home)]
        if "setUseGitIgnore(false)" not in source:
            files.append((".gitignore", "."))
        for name, folder in files:
            lines = map(str.strip, text_of_file(root / folder / name).splitlines())
            self._ignored[f"{folder}/{name}"] = [
                str(PurePosixPath(folder, line.lstrip("/"))) for line in lines
                if line and line[0] not in "#!"  # Eleventy takes no line back, either
            ]  # fmt: skip

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the folder of the texts and the settings, or None if there is no such site."""
        if mark := cls.mark_in(folder):
            source = text_of_file(mark)
            return {"input": _folder(source, "input") or ".", "source": source}
        # Eleventy needs no settings.
        packages = text_of_file(folder / "package.json")
        return {"input": "."} if '"@11ty/eleventy"' in packages else None

    @property
    def home(self) -> str:
        """The folder of the texts."""
        return str(PurePosixPath(self.settings.get("input") or "."))

    def holds(self, path: PurePosixPath) -> bool:
        """Return whether a file is a text of the site."""
        return super().holds(path) and not _OTHERS.intersection(path.parts)

    def excluded(self, path: PurePosixPath) -> str | None:
        """Return the file or the setting that has Eleventy ignore a text, or None."""
        for name, patterns in self._ignored.items():
            if patterns and is_named(path, patterns):
                return PurePosixPath(name).name
        source = str(self.settings.get("source", ""))
        formats = constants(source, "templateFormats")
        if formats and path.suffix[1:] not in formats:
            return "templateFormats"
        for name in ("includes", "layouts", "data", "output"):
            folder = _folder(source, name)
            place = PurePosixPath("." if name == "output" else self.home, folder or ".")
            if folder not in (None, "", ".") and path.is_relative_to(place):
                return f"dir.{name}"
        return None

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return the data of the folders above a text, and of a file beside it."""
        values = dict(self._of_all)
        folders = [*reversed(path.parents)]
        names = [(folder, folder.name) for folder in folders if folder.name]
        for folder, name in [*names, (path.parent, path.stem)]:
            for ending in _DATA:
                values |= self._data(folder / f"{name}{ending}")
        return values

    def values(self, path: PurePosixPath, front: Mapping[str, Any]) -> dict[str, Any]:
        """Return the front matter with data, and what Eleventy computes of them."""
        values = super().values(path, front)
        computed = values.pop("eleventyComputed", None)
        values |= computed if isinstance(computed, Mapping) else {}
        permalink = values.get("permalink")
        if isinstance(permalink, Mapping):
            values["permalink"] = permalink.get("build")
        return values

    def own_url(self, page: Page) -> str | None:
        """Return the address of a permalink whose code is known, from the text or its folders."""
        permalink = page.values.get("permalink")
        if not isinstance(permalink, str) or not permalink.strip():
            return None
        path = filled(permalink.strip(), _CODE, lambda match: self._value(match[1], page))
        if path is None or re.search("[{}]", path):
            return None
        return from_root(path.removesuffix("index.html"))

    def url(self, page: Page) -> str | None:
        """Return the address by the place of the file."""
        if page.values.get("permalink") not in (None, ""):
            return None  # with code that is not known
        below = relative(page.path, self.home)
        parent = "" if str(below.parent) == "." else str(below.parent)
        name = "" if below.stem in ("index", below.parent.name) else f"{below.stem}/"
        return from_root(f"{parent}/{name}")

    def _data_of(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return the data of a file; of JavaScript, what is written as constants."""
        if path.suffix == ".json":
            return read_settings(self.root / path)
        source = text_of_file(self.root / path)
        if not source:
            return {}
        if (values := exported(source)) is not None:
            return values
        self.notes.append(f"{path} computes data, which are not read")
        switches: dict[str, Any] = {
            name: value == "true"
            for name, value in _SWITCH.findall(source)
            if says_state(plain_name(name))
        }
        return {"permalink": _COMPUTED} | switches if "permalink" in source else switches

    def _value(self, name: str, page: Page) -> str | None:
        below = relative(page.path, self.home)
        stem = _without_date(below.stem)
        if name == "slug":
            return page.text("slug")
        if name == "filePathStem":
            return str(PurePosixPath("/", below.parent, stem))
        return _without_date(below.parent.name) if stem == "index" else stem


def _folder(source: str, name: str) -> str | None:
    """Return a folder that the settings name, or None."""
    called = re.search(_FOLDER_SET.format(name.capitalize()), source)
    return called[1] if called else constant(source, name)


def _without_date(name: str) -> str:
    dated = _DATE.fullmatch(name)
    return dated[1] if dated else name
