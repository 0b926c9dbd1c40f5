"""Jekyll: posts whose names begin with a date, collections, and permalinks."""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from relnews.readers.documents import id_of
from relnews.readers.generators.settings import mappings
from relnews.readers.generators.site import (
    DAYS,
    MONTHS,
    Page,
    Site,
    filled,
    from_root,
    is_named,
    relative,
)  # fmt: skip
from relnews.readers.generators.slugs import jekyll_slug
from relnews.readers.source_dates import read_date

#: The built-in styles of permalinks.
_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}

_POST = re.compile(r"(\d{2,4}-\d{1,2}-\d{1,2})-(.+)")

_NAME = re.compile(r":([a-z_]+)")

#: A time with a zone; YAML takes a time with seconds for one of UTC.
_ZONED = re.compile(r"\d{1,2}:\d\d(?:.*(?:Z|[A-Z]{3,4}|[+-]\d{1,2}:?\d{0,2})\s*$|:\d\d)")

#: What `strftime` makes of the names of a date.
_PARTS_OF_DATE = {
    "year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S",
    "short_year": "%y", "w_year": "%G", "week": "%V", "w_day": "%u", "y_day": "%j",
}  # fmt: skip

#: What Jekyll excludes by itself.
_EXCLUDED = ("node_modules/", *(f"vendor/{name}/" for name in ("bundle", "cache", "gems", "ruby")))

#: Folders of posts, also below other folders.
_POSTS = ("_posts", "_drafts")


class Jekyll(Site):
    """A folder with ``_config.yml``."""

    name = "jekyll"
    others = frozenset({".rst", ".mdx"})
    reads_html = True
    marks = ("_config.yml", "_config.yaml", "_config.toml")

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(root, settings)
        self._source = str(PurePosixPath(str(settings.get("source") or ".").strip("/")))
        collections = settings.get("collections") or {}
        self._collections: dict[str, Mapping[str, Any]] = {
            str(label): (collections[label] or {}) if isinstance(collections, Mapping) else {}
            for label in collections
        }
        self._collections_dir = str(settings.get("collections_dir") or ".").strip("/")
        self._exclude = [*_EXCLUDED, *_texts(settings.get("exclude"))]
        self._include = _texts(settings.get("include"))
        labels = (f"_{label}" for label in self._collections)
        self.articles_in = frozenset({*_POSTS, *labels, *self._include})

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the settings of a site in a folder; Hexo's file has the same name."""
        return None if (folder / "scaffolds").is_dir() else super().settings_in(folder)

    @property
    def home(self) -> str:
        """The folder of the texts."""
        return self._source

    def id_of(self, path: PurePosixPath) -> str:
        """Return the id: Jekyll's ``page.path`` without its ending."""
        below = relative(path, self._source)
        is_document = self._collection(path) is not None
        return id_of(str(relative(below, self._collections_dir) if is_document else below))

    def holds(self, path: PurePosixPath) -> bool:
        """Return whether a file is a post or in a collection."""
        return self._collection(path) is not None

    def excluded(self, path: PurePosixPath) -> str | None:
        """Return that ``exclude`` names a text or a folder above it, or None."""
        below = relative(path, self._source)
        for place in (below, *below.parents[:-1]):
            if _is_named(str(place), self._exclude) and not _is_named(place.name, self._include):
                return "exclude"
        return None

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return the values that ``defaults`` of the settings has for a path."""
        below = relative(path, self._source)
        label = self._collection(path)
        kind = "drafts" if "_drafts" in path.parts else label or "pages"
        found = []
        for default in mappings(self.settings.get("defaults")):
            scope = default.get("scope") or {}
            place = str(scope.get("path") or "").lstrip("/")
            if scope.get("type") in (None, "", kind) and self._is_in(below, place):
                found.append((len(place), "type" in scope, default.get("values") or {}))
        values: dict[str, Any] = {}
        for _, _, others in sorted(found, key=lambda default: default[:2]):  # the longest path wins
            values |= others
        return values

    def _is_in(self, path: PurePosixPath, place: str) -> bool:
        """Return whether a path begins like the path of a scope, in which ``*`` may stand."""
        if place.startswith(f"{self._collections_dir}/"):
            place = place.removeprefix(f"{self._collections_dir}/")
        path = relative(path, self._collections_dir)
        if "*" not in place:
            return str(path).startswith(place)
        return is_named(path, [place, f"{place.rstrip('/')}/**"])

    def needs_front(self, path: PurePosixPath) -> bool:
        """Return whether Jekyll only copies a file without front matter."""
        return super().needs_front(path) or self._collection(path) != "posts"

    def no_article(self, page: Page) -> str | None:
        """Return why Jekyll makes no page: a name without a date, a collection without pages."""
        label = self._collection(page.path)
        if label == "posts" and "_posts" in page.path.parts and not _POST.match(page.stem):
            return "the name of a post is YYYY-MM-DD-title"
        if label not in (None, "posts") and not self._collections[label or ""].get("output"):
            return f"the collection {label!r} has no pages (output is not true)"
        return None

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the name of the file without a date."""
        return page.text("slug") or _without_date(page.stem).rstrip(".")

    def own_url(self, page: Page) -> str | None:
        """Return the address of the page's own permalink."""
        permalink = page.text("permalink")
        return self._expanded(permalink, page) if permalink else None

    def url(self, page: Page) -> str | None:
        """Return the address by the permalink of the collection or the site."""
        label = self._collection(page.path)
        style = str(self.settings.get("permalink") or "date")
        if label is None:
            below = relative(page.path, self._source)
            parent = "" if str(below.parent) == "." else str(below.parent)
            stem = "" if page.stem == "index" else f"{page.stem}{_suffix(style)}"
            return from_root(f"{parent}/{stem}".replace(":output_ext", ".html"))
        own = self._collections.get(label, {}).get("permalink")
        if own is None:
            own = style if label == "posts" else f"/:collection/:path{_suffix(style)}"
        return self._expanded(_STYLES.get(str(own), str(own)), page)

    def _collection(self, path: PurePosixPath) -> str | None:
        """Return the collection of a file, or None."""
        if not path.is_relative_to(self._source):
            return None
        path = path.relative_to(self._source)
        folders = path.parts[:-1]
        if any(folder in folders for folder in _POSTS):
            return "posts"
        if path.is_relative_to(self._collections_dir):
            first = path.relative_to(self._collections_dir).parts[0]
            if first.startswith("_") and first[1:] in self._collections:
                return first[1:]
        return None

    def _expanded(self, pattern: str, page: Page) -> str | None:
        """Return the address of a pattern, or None if a name in it has no value."""

        def value(match: re.Match[str]) -> str | None:
            for name in (match[1], match[1].rstrip("_")):
                if (found := self._value(name, page)) is not None:
                    return found + "_" * (len(match[1]) - len(name))
            return None

        path = filled(pattern, _NAME, value)
        return None if path is None else from_root(path.replace("..", "/").replace("./", ""))

    def _value(self, name: str, page: Page) -> str | None:
        """Return what a name in a pattern stands for, or None."""
        slug = self.slug(page) or ""
        match name:
            case "output_ext":
                return ".html"
            case "title":
                return jekyll_slug(slug, is_pretty=True)
            case "slug":
                return jekyll_slug(slug)
            case "name":
                return jekyll_slug(page.stem)
            case "collection":
                return self._collection(page.path) or ""
            case "path":
                base = PurePosixPath(self._collections_dir, f"_{self._collection(page.path)}")
                return str(relative(relative(page.path, self._source), base).with_suffix(""))
            case "categories":
                return "/".join(dict.fromkeys(c.lower() for c in self._categories(page)))
            case "slugified_categories":
                return "/".join(dict.fromkeys(map(jekyll_slug, self._categories(page))))
        return self._part_of_date(name, page)

    def _categories(self, page: Page) -> Iterable[str]:
        """Return the categories of a post: folders before ``_posts``, then its own."""
        path = relative(relative(page.path, self._source), self._collections_dir)
        parts = path.parts[:-1]
        special = next((folder for folder in _POSTS if folder in parts), None)
        # Folders below _posts are no categories.
        yield from parts[: parts.index(special)] if special else ()
        if (single := page.values.get("category")) is not None:
            yield from map(str, single if isinstance(single, list) else [single])
        several = page.values.get("categories") or ()
        yield from map(str, several.split() if isinstance(several, str) else several)

    def _part_of_date(self, name: str, page: Page) -> str | None:
        moment = self._moment(page)
        if moment is None:
            return None
        if name in _PARTS_OF_DATE:
            return moment.strftime(_PARTS_OF_DATE[name])
        month, day = MONTHS[moment.month - 1], DAYS[moment.weekday()]
        return {
            "i_day": str(moment.day), "i_month": str(moment.month), "long_month": month,
            "short_month": month[:3], "long_day": day, "short_day": day[:3],
        }.get(name)  # fmt: skip

    def _moment(self, page: Page) -> dt.datetime | None:
        """Return the date of a post in the time zone of the site."""
        written = page.values.get("date") or None
        if written is None:
            return page.day
        try:
            moment = read_date(written).moment
        except (TypeError, ValueError, OverflowError):
            return None
        if moment is None or not _ZONED.search(str(written)):
            return moment  # a day, or a time of the site's own zone
        zone = self.settings.get("timezone")
        try:
            return moment.astimezone(ZoneInfo(str(zone)) if zone else dt.UTC)
        except (ValueError, OSError):
            return moment


def _is_named(path: str, patterns: Iterable[str]) -> bool:
    """Return whether a path begins like a pattern, or is named by it; a ``*`` may be folders."""
    return any(f"{path}/".startswith(p) or fnmatch.fnmatchcase(path, p) for p in patterns)


def _texts(values: object) -> list[str]:
    parts = values if isinstance(values, list) else [values]
    return [part.lstrip("/") for part in parts if isinstance(part, str) and part.strip("/")]


def _without_date(stem: str) -> str:
    named = _POST.match(stem)
    return named[2] if named else stem


def _suffix(style: str) -> str:
    """Return what the addresses of pages and collections end with, by the permalink of the site."""
    if style in ("date", "ordinal", "none") or style.endswith(":output_ext"):
        return ":output_ext"
    return "/" if style == "pretty" or style.endswith("/") else ""
