"""MkDocs: posts of the blog of Material for MkDocs, and other pages."""

from __future__ import annotations

import datetime as dt
import functools
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import read_settings
from relnews.readers.generators.site import MONTHS, Page, Site, from_root, relative
from relnews.readers.generators.slugs import mkdocs_slug

#: Files of settings that one may inherit from another.
_MOST_PARENTS = 8

#: Folders of a blog whose texts are lists of posts.
_VIEWS = ("archive", "author", "category", "page")

#: Parts of a date in a pattern of Unicode.
_PART = re.compile(r"y+|M+|d+")


class MkDocs(Site):
    """A folder with ``mkdocs.yml``."""

    name = "mkdocs"
    others = frozenset({".rst", ".mdx"})
    marks = ("mkdocs.yml", "mkdocs.yaml")
    parts_at_blanks = False

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(root, settings)
        self._docs = str(PurePosixPath(str(settings.get("docs_dir") or "docs")))
        plugins = settings.get("plugins")
        self._blogs = {
            _folder(blog): blog
            for blog in _options(plugins, "blog")
            if blog.get("enabled") is not False
        }
        self._is_translated = bool(_options(plugins, "i18n"))
        if self._is_translated:
            self.notes.append("the plugin i18n makes the addresses, so that none is known")
        self._metadata = [str(p.get("meta_file", ".meta.yml")) for p in _options(plugins, "meta")]
        self._read = functools.lru_cache(maxsize=None)(read_settings)

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the settings of a site in a folder, or None if there is no such site."""
        settings = super().settings_in(folder)
        for _ in range(_MOST_PARENTS):
            if not settings or not isinstance(parent := settings.get("INHERIT"), str):
                break
            own = {name: value for name, value in settings.items() if name != "INHERIT"}
            folder = (folder / parent).parent
            settings = _merged(read_settings(folder / PurePosixPath(parent).name), own)
        return settings

    @property
    def home(self) -> str:
        """The folder of all texts."""
        return self._docs

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders of the posts; without a blog, of all pages."""
        return tuple(posixpath.join(self._docs, blog) for blog in self._blogs) or (self._docs,)

    def excluded(self, path: PurePosixPath) -> str | None:
        """Return the setting whose lines, as in .gitignore, name a text; or None."""
        from pathspec import GitIgnoreSpec  # here: it takes 60 ms

        below = str(relative(path, self._docs))
        for name, always in (("exclude_docs", "/templates/\n"), ("draft_docs", "")):
            lines = f"{always}{self.settings.get(name) or ''}".splitlines()
            if GitIgnoreSpec.from_lines(lines).match_file(below):
                return name
        return None

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return what the files of the plugin ``meta`` say of all texts in their folders."""
        values: dict[str, Any] = {}
        for folder in reversed(path.parents):
            for name in self._metadata:
                if folder.is_relative_to(self._docs):
                    values |= self._read(self.root / folder / name)
        return values

    def values(self, path: PurePosixPath, front: Mapping[str, Any]) -> dict[str, Any]:
        """Return the front matter; a status with an icon of its own hides no page."""
        values = super().values(path, front)
        extra = self.settings.get("extra")
        icons = extra.get("status") if isinstance(extra, Mapping) else None
        known = {"new", "deprecated", *(icons if isinstance(icons, Mapping) else ())}
        return {n: v for n, v in values.items() if n != "status" or v not in known}

    def no_article(self, page: Page) -> str | None:
        """Return why a text is no page of its own, or a page that is no post; or None."""
        below = relative(page.path, self._docs)
        if page.path.name == "README.md" and (self.root / page.path).with_name("index.md").exists():
            return "index.md stands for it"
        for posts, blog in self._blogs.items():
            home = PurePosixPath(str(blog.get("blog_dir", "blog")))
            if below.is_relative_to(posts):
                return None if page.date else "a post has a date"
            if below.is_relative_to(home) and (
                below == home / "index.md" or below.relative_to(home).parts[0] in _VIEWS
            ):
                return "it is a list of the blog"
        return None

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the one of the title."""
        title = page.title or _title_of(page.stem)
        return page.text("slug") or mkdocs_slug(title)

    def url(self, page: Page) -> str | None:
        """Return the address of a post by the format of the blog, or of another page."""
        if self._is_translated:
            return None
        below = relative(page.path, self._docs)
        for posts, blog in self._blogs.items():
            if below.is_relative_to(posts):
                return self._post_url(page, blog)
        return self._address(below)

    def _post_url(self, page: Page, blog: Mapping[str, Any]) -> str | None:
        day = page.day
        form = str(blog.get("post_url_format", "{date}/{slug}"))
        has_own_rule = any(name in blog for name in ("post_slugify", "post_slugify_separator"))
        if "{slug}" in form and has_own_rule and not page.text("slug"):
            return None
        date = ""
        if "{date}" in form:
            if day is None:
                return None
            pattern = str(blog.get("post_url_date_format", "yyyy/MM/dd"))
            parts = _parts_of_date(day)
            date = _PART.sub(lambda match: parts.get(match[0], ""), pattern)
        categories = page.values.get("categories") or []
        most = blog.get("post_url_max_categories", 1)
        names = [mkdocs_slug(str(name)) for name in categories][: most if most else None]
        path = form
        for name, value in (("date", date), ("slug", self.slug(page) or ""), ("file", page.stem),
                            ("categories", "/".join(names))):  # fmt: skip
            path = path.replace(f"{{{name}}}", value)
        path = posixpath.normpath(path.strip("/"))
        home = str(blog.get("blog_dir", "blog"))
        return self._address(PurePosixPath(posixpath.normpath(f"{home}/{path}.md")))

    def _address(self, path: PurePosixPath) -> str:
        stem = path.name.removesuffix(path.suffix)
        parent = "" if str(path.parent) == "." else str(path.parent)
        is_index = stem.lower() in ("index", "readme")
        if self.settings.get("use_directory_urls", True) is False:
            return from_root(f"{parent}/{'index' if is_index else stem}.html")
        return from_root(f"{parent}/{'' if is_index else stem + '/'}")


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that complete others, mappings in mappings too."""
    values = dict(base)
    for name, value in own.items():
        theirs = values.get(name)
        if isinstance(value, Mapping) and isinstance(theirs, Mapping):
            value = _merged(theirs, value)
        values[name] = value
    return values


def _parts_of_date(day: dt.datetime) -> dict[str, str]:
    month = MONTHS[day.month - 1]
    return {
        "yyyy": f"{day:%Y}", "yy": f"{day:%y}", "y": f"{day:%Y}", "MMMM": month, "MMM": month[:3],
        "MM": f"{day:%m}", "M": str(day.month), "dd": f"{day:%d}", "d": str(day.day),
    }  # fmt: skip


def _options(plugins: object, plugin: str) -> list[Mapping[str, Any]]:
    """Return the options of each use of a plugin in the settings."""
    found: list[Mapping[str, Any]] = []
    entries: list[tuple[object, object]] = []
    for part in plugins if isinstance(plugins, list) else [plugins]:
        entries += part.items() if isinstance(part, Mapping) else [(part, {})]
    for name, options in entries:
        if str(name).removeprefix("material/") == plugin:
            found.append(options if isinstance(options, Mapping) else {})
    return found


def _folder(blog: Mapping[str, Any]) -> str:
    """Return the folder of the posts of a blog, below the texts."""
    home = str(blog.get("blog_dir", "blog"))
    posts = str(blog.get("post_dir", "{blog}/posts")).replace("{blog}", home)
    return posixpath.normpath(posts)


def _title_of(stem: str) -> str:
    title = stem.replace("-", " ").replace("_", " ")
    return title.capitalize() if title.lower() == title else title
