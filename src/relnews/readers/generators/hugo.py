"""Hugo: bundles, languages, cascades, and permalinks of sections."""

from __future__ import annotations

import datetime as dt
import fnmatch
import functools
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from relnews.readers.front_matter import parted
from relnews.readers.generators.settings import read_settings, text_of_file
from relnews.readers.generators.site import DAYS, MONTHS, Page, Site, from_root
from relnews.readers.generators.slugs import hugo_path

_ENDINGS = ("toml", "yaml", "yml", "json")
_CONFIGS = tuple(f"{stem}.{ending}" for stem in ("hugo", "config") for ending in _ENDINGS)

#: Settings, of which a file called config.toml needs one to be Hugo's.
_KEYS = frozenset({"baseurl", "languagecode", "theme", "permalinks", "defaultcontentlanguage"})

#: Pages of sections.
_SECTION = "_index*.md"

_TOKEN = re.compile(r":(\w+)(?:\[([^\]]*)\])?")


class _Place(NamedTuple):
    """Where a text is: its folders below the content, its name, and its language."""

    folders: tuple[str, ...]
    name: str
    language: str


class Hugo(Site):
    """A folder with Hugo's settings."""

    name = "hugo"
    others = frozenset({".mdx"})
    reads_html = True
    marks = _CONFIGS
    parts_at_blanks = False

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(root, settings)
        self._languages = _lower(_mapping(settings.get("languages")))
        self._default = str(settings.get("defaultcontentlanguage") or "en").lower()
        self._cascade = functools.lru_cache(maxsize=None)(self._cascade_of)
        self._is_bundle = functools.lru_cache(maxsize=None)(self._is_bundle_at)

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the settings of a site in a folder, or None if there is no such site."""
        name = next((name for name in cls.marks if (folder / name).is_file()), None)
        settings = _lower(read_settings(folder / name)) if name else {}
        if name and name.startswith("config") and not settings.keys() & _KEYS:
            name = None
        parts = folder / "config" / "_default"
        if parts.is_dir():
            for file in sorted(parts.iterdir()):
                values = _lower(read_settings(file)) if file.suffix[1:] in _ENDINGS else {}
                is_root = file.stem in ("hugo", "config")
                settings |= values if is_root else {file.stem.lower(): values}
                name = name or (file.name if is_root else None)
        return settings if name else None

    @property
    def folders(self) -> tuple[str, ...]:
        """Folder of the content, and the folders of its languages."""
        folders = [self._content, *(self._content_of(language) for language in self._languages)]
        return tuple(dict.fromkeys(folders))

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return what cascades to a page from the settings and the sections above it."""
        values: dict[str, Any] = {}
        place = self._place(path)
        cascades = [*_parts(self.settings.get("cascade"))]
        content = self._content_of(place.language)
        for n in range(len(place.folders) + 1):
            cascades += self._cascade(PurePosixPath(content, *place.folders[:n]), place.language)
        for cascade in cascades:
            target = cascade.get("_target", cascade.get("target")) or {}
            if all(_is_target(_lower(part), place) for part in _parts(target)):
                values |= {k: v for k, v in cascade.items() if k not in ("_target", "target")}
        if self._languages:
            values.setdefault("language", place.language)
        return values

    def no_article(self, page: Page) -> str | None:
        """Return why Hugo makes no page: a text beside an ``index.md`` belongs to its page."""
        parents = [PurePosixPath(*page.path.parts[:n]) for n in range(1, len(page.path.parts))]
        bundle = next((folder for folder in parents if self._is_bundle(folder)), None)
        is_index = page.path.name.partition(".")[0] == "index"
        if bundle is None or (bundle == page.path.parent and is_index):
            return None
        return f"it belongs to the page of {bundle}/"

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the name of the file or the bundle."""
        return page.text("slug") or self._place(page.path).name

    def section(self, page: Page) -> str | None:
        """Return the first folder below the content."""
        return next(iter(self._sections(page)), None)

    def own_url(self, page: Page) -> str | None:
        """Return the address that the front matter names, unless it is a pattern."""
        url = page.text("url")
        if not url or ":" in url:
            return None
        return from_root(url if url[0] == "/" else f"{self._prefix(page)}/{url}")

    def url(self, page: Page) -> str | None:
        """Return the address by the permalinks of the section, or by the place of the file."""
        pattern = page.text("url") or self._pattern(page)
        if pattern:
            path = self._expanded(pattern, page)
            if path is None:
                return None
        else:
            name = page.text("slug") or self._place(page.path).name
            path = hugo_path("/".join((*self._sections(page), name)))
        if self.settings.get("uglyurls") is True and not path.endswith(".html"):
            path = f"{path.rstrip('/')}.html"
        is_file = PurePosixPath(path).suffix == ".html"
        return from_root(f"{self._prefix(page)}/{path}{'' if is_file else '/'}")

    def _pattern(self, page: Page) -> str | None:
        permalinks = _mapping(self.settings.get("permalinks"))
        kinds = _mapping(permalinks.get("page"))
        section = self.section(page)
        for patterns in (kinds, permalinks):
            pattern = patterns.get(section) if section else patterns.get("/")
            if isinstance(pattern, str):
                return pattern
        return None

    def _expanded(self, pattern: str, page: Page) -> str | None:
        missing = []

        def value(match: re.Match[str]) -> str:
            found = self._value(match[1].lower(), match[2], page)
            if found is None:
                missing.append(match[0])
            return found or ""

        path = _TOKEN.sub(value, pattern)
        # Hugo reads what it has expanded as a query, in which a plus is a blank.
        return None if missing else hugo_path(path.replace("+", " "), keeps_case=True)

    def _value(self, name: str, which: str | None, page: Page) -> str | None:
        """Return what a token of a pattern stands for, or None."""
        place, slug = self._place(page.path), page.text("slug")
        match name:
            case "title":
                return hugo_path(page.title)
            case "slug":
                return hugo_path(slug or page.title)
            case "slugorfilename" | "slugorcontentbasename":
                return hugo_path(slug or place.name)
            case "filename" | "contentbasename":
                return hugo_path(place.name)
            case "section":
                return hugo_path(self.section(page) or "")
            case "sections":
                return hugo_path("/".join(_chosen(self._sections(page), which)))
        day = page.day
        return None if day is None else _part_of_date(name, day)

    def _place(self, path: PurePosixPath) -> _Place:
        stem, _, language = path.stem.rpartition(".")
        language = language.lower() if stem else ""
        if language not in self._languages or not stem:
            stem, language = path.stem, ""
        for known in self._languages:
            folder = self._content_of(known)
            if not language and folder != self._content and path.is_relative_to(folder):
                language = known
        language = language or self._default
        content = self._content_of(language)
        content = content if path.is_relative_to(content) else self._content
        below = path.relative_to(content) if path.is_relative_to(content) else path
        folders = below.parts[:-1]
        if stem == "index" and folders:
            return _Place(folders, folders[-1], language)
        return _Place(folders, stem, language)

    def _sections(self, page: Page) -> tuple[str, ...]:
        """Return the folders above a page; a bundle's own folder is its name."""
        place = self._place(page.path)
        is_bundle = page.path.name.partition(".")[0] == "index"
        return place.folders[:-1] if is_bundle else place.folders

    def _prefix(self, page: Page) -> str:
        language = self._place(page.path).language
        is_below = self.settings.get("defaultcontentlanguageinsubdir") is True
        if not self._languages or (language == self._default and not is_below):
            return ""
        return f"/{language}"

    @property
    def _content(self) -> str:
        return str(self.settings.get("contentdir") or "content").strip("/")

    def _content_of(self, language: str) -> str:
        folder = _lower(_mapping(self._languages.get(language))).get("contentdir")
        return str(folder).strip("/") if folder else self._content

    def _cascade_of(self, folder: PurePosixPath, language: str) -> list[Mapping[str, Any]]:
        """Return the cascade of the section's own page in a language."""
        endings = (f".{language}.md", ".md") if self._languages else (".md",)
        for ending in endings:
            text = text_of_file(self.root / folder / f"_index{ending}")
            if text:
                try:
                    front, _ = parted(text.replace("\r\n", "\n"))
                except ValueError:
                    return []
                return [_lower(part) for part in _parts(_lower(front).get("cascade"))]
        return []

    def _is_bundle_at(self, folder: PurePosixPath) -> bool:
        if str(folder) in self.folders:
            return False
        return any((self.root / folder).glob("index.*"))


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
    has_sections = any(root.glob(_SECTION)) or (path.is_dir() and any(root.rglob(_SECTION)))
    while any(root.parent.glob(_SECTION)) and root.parent != root:
        root, has_sections = root.parent, True
    return Sections(root, {}) if has_sections else None


def _chosen(sections: tuple[str, ...], which: str | None) -> tuple[str, ...]:
    """Return the sections of a token such as ``:sections[1:]``."""
    if not which:
        return sections
    begin, colon, end = which.partition(":")
    last = len(sections) - 1
    bounds = [last if bound == "last" else int(bound) if bound.isdigit() else None
              for bound in (begin, end)]  # fmt: skip
    if not colon:
        return sections[bounds[0] :][:1] if bounds[0] is not None else ()
    return sections[bounds[0] : bounds[1]]


def _part_of_date(name: str, day: dt.datetime) -> str | None:
    return {
        "year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}",
        "yearday": str(int(f"{day:%j}")),
        "monthname": MONTHS[day.month - 1].lower(), "weekday": str((day.weekday() + 1) % 7),
        "weekdayname": DAYS[day.weekday()].lower(),
    }.get(name)  # fmt: skip


def _is_target(target: Mapping[str, Any], place: _Place) -> bool:
    """Return whether a cascade is meant for a page."""
    kind, language, pattern = (target.get(name) for name in ("kind", "lang", "path"))
    if kind not in (None, "page", "{page}") or language not in (None, place.language):
        return False
    if not pattern:
        return True
    is_bundle = place.folders[-1:] == (place.name,)
    path = "/" + "/".join(place.folders if is_bundle else (*place.folders, place.name))
    globs = [str(pattern).lower(), str(pattern).lower().replace("/**", "*")]
    return any(fnmatch.fnmatch(path.lower(), glob) for glob in globs)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _parts(values: object) -> list[Mapping[str, Any]]:
    parts = values if isinstance(values, list) else [values]
    return [part for part in parts if isinstance(part, Mapping)]


def _lower(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in values.items()}
