"""MkDocs: posts of the blog of Material for MkDocs, and other pages."""

from __future__ import annotations

import datetime as dt
import fnmatch
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.readers.generators.settings import read_settings
from relnews.readers.generators.site import MONTHS, Page, Site, from_root
from relnews.readers.generators.slugs import mkdocs_slug

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
        self._blogs = {_folder(blog): blog for blog in _blogs(settings.get("plugins"))}

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the settings of a site in a folder, or None if there is no such site."""
        return next((read_settings(folder / m) for m in cls.marks if (folder / m).is_file()), None)

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders of the posts; without a blog, of all pages."""
        return tuple(posixpath.join(self._docs, blog) for blog in self._blogs) or (self._docs,)

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return that a text is a draft if ``exclude_docs`` or ``draft_docs`` names it."""
        below = self._docs_path(path)
        names = ("exclude_docs", "draft_docs")
        is_draft = any(_is_named(below, str(self.settings.get(name) or "")) for name in names)
        return {"draft": True} if is_draft else {}

    def no_article(self, page: Page) -> str | None:
        """Return why a text of the blog is no post, or None."""
        below = self._docs_path(page.path)
        for posts, blog in self._blogs.items():
            home = PurePosixPath(str(blog.get("blog_dir", "blog")))
            if below == home / "index.md" and not below.is_relative_to(posts):
                return "it is the front page of the blog"
        return None

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the one of the title."""
        title = page.title or _title_of(page.stem)
        return page.text("slug") or mkdocs_slug(title)

    def url(self, page: Page) -> str | None:
        """Return the address of a post by the format of the blog, or of another page."""
        below = self._docs_path(page.path)
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

    def _docs_path(self, path: PurePosixPath) -> PurePosixPath:
        return path.relative_to(self._docs) if path.is_relative_to(self._docs) else path


def _is_named(path: PurePosixPath, patterns: str) -> bool:
    """Return whether one of the lines of patterns, as in .gitignore, names a path."""
    is_named = False
    for line in filter(None, map(str.strip, patterns.splitlines())):
        pattern = line.removeprefix("!").rstrip("/")
        places = [str(place) for place in (path, *path.parents)]
        if "/" not in pattern:
            places = [PurePosixPath(place).name for place in places]
        glob = pattern.removeprefix("/").replace("**/", "*")
        if not line.startswith("#") and fnmatch.filter(places, glob):
            is_named = not line.startswith("!")
    return is_named


def _parts_of_date(day: dt.datetime) -> dict[str, str]:
    month = MONTHS[day.month - 1]
    return {
        "yyyy": f"{day:%Y}", "yy": f"{day:%y}", "y": f"{day:%Y}", "MMMM": month, "MMM": month[:3],
        "MM": f"{day:%m}", "M": str(day.month), "dd": f"{day:%d}", "d": str(day.day),
    }  # fmt: skip


def _blogs(plugins: object) -> list[Mapping[str, Any]]:
    """Return the options of each blog among the plugins of the settings."""
    found: list[Mapping[str, Any]] = []
    entries: list[tuple[object, object]] = []
    for part in plugins if isinstance(plugins, list) else [plugins]:
        entries += part.items() if isinstance(part, Mapping) else [(part, {})]
    for name, options in entries:
        if str(name).removeprefix("material/") == "blog":
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
