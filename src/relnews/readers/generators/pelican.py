"""Pelican: slugs of titles, categories of folders, addresses by its settings."""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
import string
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews._checks import listed
from relnews.readers.generators.settings import COMPUTED
from relnews.readers.generators.site import Page, Site, from_root, relative
from relnews.readers.generators.slugs import pelican_slug

#: Pelican's own values of the settings that matter here.
_DEFAULTS: Mapping[str, Any] = {
    "PATH": ".", "ARTICLE_PATHS": [""], "ARTICLE_EXCLUDES": [], "PAGE_PATHS": ["pages"],
    "ARTICLE_URL": "{slug}.html", "ARTICLE_LANG_URL": "{slug}-{lang}.html", "DEFAULT_LANG": "en",
    "USE_FOLDER_AS_CATEGORY": True, "DEFAULT_CATEGORY": "misc", "SLUGIFY_SOURCE": "title",
    "SLUGIFY_USE_UNICODE": False, "SLUGIFY_PRESERVE_CASE": False, "DEFAULT_METADATA": {},
    "FILENAME_METADATA": r"(?P<date>\d{4}-\d{2}-\d{2}).*", "PATH_METADATA": "", "AUTHOR": "",
    "EXTRA_PATH_METADATA": {}, "IGNORE_FILES": ["**/.*"], "DEFAULT_DATE": None,
    "SLUG_REGEX_SUBSTITUTIONS": [
        (r"[^\w\s-]", ""), (r"\A\s*", ""), (r"\s*\Z", ""), (r"[-\s]+", "-"),
    ],
}  # fmt: skip


#: What settings of addresses begin with.
_OF_ADDRESSES = ("ARTICLE_URL", "ARTICLE_LANG", "DEFAULT_LANG", "SLUG", "FILENAME_", "PATH_")


class Pelican(Site):
    """A folder with ``pelicanconf.py``."""

    name = "pelican"
    others = frozenset({".mdx"})
    marks = ("pelicanconf.py",)
    parts_at_blanks = False
    has_meta_lines = True

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        computed = [name for name in _DEFAULTS if settings.get(name) is COMPUTED]
        known = {name: value for name, value in settings.items() if name not in computed}
        super().__init__(root, {**_DEFAULTS, **known})
        self._content = str(PurePosixPath(str(self.settings["PATH"]).strip("/") or "."))
        self._is_url_known = not any(name.startswith(_OF_ADDRESSES) for name in computed)
        if computed:
            self.notes.append(f"the settings compute {listed(computed)}, which relnews does not")

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the constants among the settings, or None if there is no such site."""
        settings = super().settings_in(folder)
        if settings is None or not (folder / "content").is_dir():
            return settings
        # What `pelican-quickstart` writes, and a path that is computed.
        path = settings.get("PATH", COMPUTED)
        return {**settings, "PATH": "content" if path is COMPUTED else path}

    @property
    def home(self) -> str:
        """The folder of the texts."""
        return self._content

    def excluded(self, path: PurePosixPath) -> str | None:
        """Return the setting by which Pelican leaves a text out, or None."""
        below = relative(path, self._content)
        for pattern in self.settings["IGNORE_FILES"]:
            if fnmatch.filter(below.parts, pattern):
                return "IGNORE_FILES"
        for folder in self.settings["ARTICLE_EXCLUDES"]:
            if below.is_relative_to(folder) or fnmatch.fnmatch(str(below), folder):
                return "ARTICLE_EXCLUDES"
        paths = self.settings["ARTICLE_PATHS"]
        is_in = any(below.is_relative_to(folder or ".") for folder in paths)
        return None if is_in else "ARTICLE_PATHS"

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return the metadata of the settings, and of the name and the path of a text."""
        values = {"category": self.settings["DEFAULT_CATEGORY"]}
        values |= self.settings["DEFAULT_METADATA"] or {}
        below = relative(path, self._content)
        if isinstance(date := self.settings["DEFAULT_DATE"], tuple):
            values["date"] = "-".join(f"{part:02}" for part in date[:3])
        for place, metadata in sorted((self.settings["EXTRA_PATH_METADATA"] or {}).items()):
            if below.is_relative_to(place):
                values |= metadata
        named: dict[str, Any] = {}
        for setting, text in (("FILENAME_METADATA", path.stem), ("PATH_METADATA", str(below))):
            pattern = self.settings[setting]
            if pattern and (match := re.match(pattern, text)):
                found = {name.lower(): value for name, value in match.groupdict().items() if value}
                named = found | named
        if below.parent.name and self.settings["USE_FOLDER_AS_CATEGORY"]:
            named.setdefault("category", below.parent.name)
        return values | named

    def no_article(self, page: Page) -> str | None:
        """Return why a text is no article: a page, a folder that is left out, no date."""
        below = relative(page.path, self._content)
        folders = [folder.strip("/") for folder in self.settings["PAGE_PATHS"]]
        for folder in filter(None, folders):
            if below.is_relative_to(folder):
                return f"it is a page, in {folder}/"
        if page.date is None and not self.settings["DEFAULT_DATE"]:
            return "Pelican makes no page of an article without a date"
        return None

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the one of the title or the name of the file."""
        own = page.text("slug")
        if own:
            return own
        source = page.stem if self.settings["SLUGIFY_SOURCE"] == "basename" else page.title
        return self._slugified(source)

    def own_url(self, page: Page) -> str | None:
        """Return the address that the metadata name."""
        url = page.text("url")
        return from_root(url) if url else None

    def url(self, page: Page) -> str | None:
        """Return the address by ARTICLE_URL, or by ARTICLE_LANG_URL in another language."""
        if not self._is_url_known:
            return None
        language = (page.text("lang") or str(self.settings["DEFAULT_LANG"])).lower()
        is_default = language == str(self.settings["DEFAULT_LANG"]).lower()
        pattern = str(self.settings["ARTICLE_URL" if is_default else "ARTICLE_LANG_URL"])
        category = page.text("category") or ""
        author = (page.text("author") or str(self.settings["AUTHOR"])).split(",")[0].strip()
        values: dict[str, object] = {
            "slug": self.slug(page), "lang": language, "date": page.day,
            "category": self._slugified(category), "author": self._slugified(author),
            "path": str(relative(page.path, self._content)),
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
