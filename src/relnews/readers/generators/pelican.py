"""Pelican: slugs of titles, categories of folders, addresses by its settings."""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
import string
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import read_settings
from relnews.readers.generators.site import Page, Site, from_root
from relnews.readers.generators.slugs import pelican_slug

#: Pelican's own values of the settings that matter here.
_DEFAULTS: Mapping[str, Any] = {
    "PATH": ".", "ARTICLE_PATHS": [""], "ARTICLE_EXCLUDES": [], "PAGE_PATHS": ["pages"],
    "ARTICLE_URL": "{slug}.html", "ARTICLE_LANG_URL": "{slug}-{lang}.html", "DEFAULT_LANG": "en",
    "USE_FOLDER_AS_CATEGORY": True, "DEFAULT_CATEGORY": "misc", "SLUGIFY_SOURCE": "title",
    "SLUGIFY_USE_UNICODE": False, "SLUGIFY_PRESERVE_CASE": False, "DEFAULT_METADATA": {},
    "FILENAME_METADATA": r"(?P<date>\d{4}-\d{2}-\d{2}).*", "PATH_METADATA": "", "AUTHOR": "",
    "SLUG_REGEX_SUBSTITUTIONS": [
        (r"[^\w\s-]", ""), (r"\A\s*", ""), (r"\s*\Z", ""), (r"[-\s]+", "-"),
    ],
}  # fmt: skip


class Pelican(Site):
    """A folder with ``pelicanconf.py``."""

    name = "pelican"
    others = frozenset({".mdx"})
    marks = ("pelicanconf.py",)
    parts_at_blanks = False
    has_meta_lines = True

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(root, {**_DEFAULTS, **settings})
        self._content = str(PurePosixPath(str(self.settings["PATH"]).strip("/") or "."))

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the constants among the settings, or None if there is no such site."""
        found = next((folder / m for m in cls.marks if (folder / m).is_file()), None)
        if found is None:
            return None
        settings = dict(read_settings(found))
        if "PATH" not in settings and (folder / "content").is_dir():
            settings["PATH"] = "content"
        return settings

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder of the texts."""
        return (self._content,)

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return the metadata of the settings, and of the name and the path of a text."""
        values = dict(self.settings["DEFAULT_METADATA"] or {})
        below = self._below(path)
        for setting, text in (("FILENAME_METADATA", path.stem), ("PATH_METADATA", str(below))):
            pattern = self.settings[setting]
            if pattern and (match := re.match(pattern, text)):
                values |= {
                    name.lower(): value for name, value in match.groupdict().items() if value
                }
        return values

    def no_article(self, page: Page) -> str | None:
        """Return why a text is no article: a page, a folder that is left out, no date."""
        below = self._below(page.path)
        folders = [folder.strip("/") for folder in self.settings["PAGE_PATHS"]]
        for folder in filter(None, folders):
            if below.is_relative_to(folder):
                return f"it is a page, in {folder}/"
        for folder in self.settings["ARTICLE_EXCLUDES"]:
            if below.is_relative_to(folder) or fnmatch.fnmatch(str(below), folder):
                return f"{folder!r} is among ARTICLE_EXCLUDES"
        if not any(
            below.is_relative_to(folder or ".") for folder in self.settings["ARTICLE_PATHS"]
        ):
            return "it is in no folder of ARTICLE_PATHS"
        if page.date is None and "DEFAULT_DATE" not in self.settings:
            return "Pelican makes no page of an article without a date"
        return None

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the one of the title or the name of the file."""
        own = page.text("slug")
        if own:
            return own
        source = page.stem if self.settings["SLUGIFY_SOURCE"] == "basename" else page.title
        return self._slugified(source)

    def section(self, page: Page) -> str | None:
        """Return the category of the folder, or the default one."""
        folder = self._below(page.path).parent.name
        if folder and self.settings["USE_FOLDER_AS_CATEGORY"]:
            return folder
        return str(self.settings["DEFAULT_CATEGORY"]) or None

    def own_url(self, page: Page) -> str | None:
        """Return the address that the metadata name."""
        url = page.text("url")
        return from_root(url) if url else None

    def url(self, page: Page) -> str | None:
        """Return the address by ARTICLE_URL, or by ARTICLE_LANG_URL in another language."""
        language = (page.text("lang") or str(self.settings["DEFAULT_LANG"])).lower()
        is_default = language == str(self.settings["DEFAULT_LANG"]).lower()
        pattern = str(self.settings["ARTICLE_URL" if is_default else "ARTICLE_LANG_URL"])
        category = page.text("category") or self.section(page) or ""
        author = (page.text("author") or str(self.settings["AUTHOR"])).split(",")[0].strip()
        values: dict[str, object] = {
            "slug": self.slug(page), "lang": language, "date": page.day,
            "category": self._slugified(category), "author": self._slugified(author),
            "path": str(self._below(page.path)),
        }  # fmt: skip
        pieces = []
        for text, name, form, conversion in string.Formatter().parse(pattern):
            pieces.append(text)
            if name is None:
                continue
            value = values.get(name, page.text(name))
            if not value or conversion:
                return None
            if isinstance(value, dt.datetime):
                pieces.append(value.strftime(form or "%Y-%m-%d"))
            else:
                pieces.append(str(value))
        return from_root("".join(pieces))

    def _slugified(self, text: str) -> str | None:
        return pelican_slug(
            text,
            self.settings["SLUG_REGEX_SUBSTITUTIONS"],
            keeps_case=bool(self.settings["SLUGIFY_PRESERVE_CASE"]),
            keeps_unicode=bool(self.settings["SLUGIFY_USE_UNICODE"]),
        )

    def _below(self, path: PurePosixPath) -> PurePosixPath:
        folder = self._content
        return path.relative_to(folder) if path.is_relative_to(folder) else path
