"""Hugo: bundles, languages, cascades, and permalinks of sections."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from relnews.readers.documents import id_of
from relnews.readers.front_matter import parted
from relnews.readers.generators.settings import mappings, read_settings, text_of_file
from relnews.readers.generators.site import (
    DATED_NAME,
    DAYS,
    MONTHS,
    Page,
    Site,
    are_named,
    filled,
    from_root,
    is_named,
    relative,
)  # fmt: skip
from relnews.readers.generators.slugs import hugo_path
from relnews.readers.source_dates import read_date
from relnews.readers.visibility import switch

_ENDINGS = ("toml", "yaml", "yml", "json")
_CONFIGS = tuple(f"{stem}.{ending}" for stem in ("hugo", "config") for ending in _ENDINGS)

#: Settings, of which a file called config.toml needs one to be Hugo's.
_KEYS = frozenset({"baseurl", "languagecode", "theme", "permalinks", "defaultcontentlanguage"})

#: Endings of texts. Those in Org mode have no front matter that relnews reads.
TEXTS = frozenset({
    ".md", ".markdown", ".mdown", ".html", ".htm", ".rst", ".ad", ".adoc", ".asciidoc", ".pdc",
    ".pandoc", ".org",
})  # fmt: skip

#: Folders of settings, of which the later one counts: `hugo` builds for production.
_ENVIRONMENTS = ("_default", "production")

_TOKEN = re.compile(r":(\w+)(?:\[([^\]]*)\])?")

#: Names of the date in permalinks; the first with a value counts.
_DATES = ("date", "publishdate", "pubdate", "published", "lastmod", "modified")

#: Names of the dates between which a page is public.
_PUBLISHED = ("publishdate", "pubdate", "published", "date")
_EXPIRES = ("expirydate", "unpublishdate")


class _Mount(NamedTuple):
    """A folder of the site, and the folder below the content that it stands for."""

    source: str
    target: PurePosixPath
    language: str
    files: tuple[str, ...]


class _Place(NamedTuple):
    """Where a text is: its folders below the content, its name, and its language."""

    folders: tuple[str, ...]
    name: str
    language: str
    is_bundle: bool

    @property
    def sections(self) -> tuple[str, ...]:
        """The folders above a page; the own folder of a bundle is its name."""
        return self.folders[:-1] if self.is_bundle else self.folders


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
        self._disabled = {str(name).lower() for name in _list(settings.get("disablelanguages"))} | {
            name for name, of in self._languages.items()
            if _lower(_mapping(of)).get("disabled") is True
        }  # fmt: skip
        self._ignored: list[re.Pattern[str]] = []
        for pattern in _list(settings.get("ignorefiles")):
            try:
                self._ignored.append(re.compile(str(pattern)))
            except re.error:
                self.notes.append(f"`ignoreFiles` has {pattern!r}, which relnews cannot read")
        self._default = str(settings.get("defaultcontentlanguage") or "en").lower()
        self._mounts = self._mounts_of()
        self._front = functools.lru_cache(maxsize=None)(self._front_of)
        self._is_bundle = functools.lru_cache(maxsize=None)(self._is_bundle_at)

    @classmethod
    def settings_in(cls, folder: Path) -> Mapping[str, Any] | None:
        """Return the settings of a site in a folder, or None if there is no such site."""
        mark = cls.mark_in(folder)
        settings = _lower(read_settings(mark)) if mark else {}
        is_site = mark is not None and (mark.stem == "hugo" or bool(settings.keys() & _KEYS))
        for environment in _ENVIRONMENTS:
            for file in sorted((folder / "config" / environment).glob("*")):
                if file.suffix[1:] not in _ENDINGS:
                    continue
                values: dict[str, Any] = _lower(read_settings(file))
                is_root = file.stem in ("hugo", "config")
                settings |= values if is_root else {file.stem.lower(): values}
                is_site = is_site or is_root
        return settings if is_site else None

    @property
    def home(self) -> str:
        """The folder of the content."""
        return str(self.settings.get("contentdir") or "content").strip("/")

    def id_of(self, path: PurePosixPath) -> str:
        """Return the id: the path below the content, of which a language may have its own."""
        mount = self._mount(path)
        if mount is None:
            return super().id_of(path)
        return id_of(str(PurePosixPath(mount.language, mount.target, relative(path, mount.source))))

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders of the content and of its languages."""
        return tuple(dict.fromkeys(mount.source for mount in self._mounts))

    def excluded(self, path: PurePosixPath) -> str | None:
        """Return the setting by which Hugo leaves a text out, or None."""
        if self._place(path).language in self._disabled:
            return "disableLanguages"
        if "page" in _list(self.settings.get("disablekinds")):
            return "disableKinds"
        mount = self._mount(path)
        if mount is not None and not are_named(path.relative_to(mount.source), mount.files):
            return "module.mounts"
        if path.name[0] == "#":
            return "name"
        # Versions before 0.123 make no page below such a section.
        if any(map(_is_unpublished, self._above(self._place(path)))):
            return "_index"
        place = str(self.root / path)
        return "ignoreFiles" if any(p.search(place) for p in self._ignored) else None

    def defaults(self, path: PurePosixPath) -> Mapping[str, Any]:
        """Return what cascades to a page from the settings and the sections above it."""
        values: dict[str, Any] = {}
        place = self._place(path)
        of_site = mappings(self._setting("cascade", place.language))
        cascades: list[Mapping[str, Any]] = [_lower(part) for part in of_site]
        for front in self._above(place):
            cascades += [_lower(part) for part in mappings(front.get("cascade"))]
        for cascade in cascades:
            target = cascade.get("_target", cascade.get("target")) or {}
            if all(_is_target(_lower(part), place, path) for part in mappings(target)):
                values |= {k: v for k, v in cascade.items() if k not in ("_target", "target")}
        if self._languages:
            values.setdefault("language", place.language)
        return values

    def no_article(self, page: Page) -> str | None:
        """Return why Hugo makes no page: a text beside an ``index.md`` belongs to its page."""
        parents = [PurePosixPath(*page.path.parts[:n]) for n in range(1, len(page.path.parts))]
        bundle = next((folder for folder in parents if self._is_bundle(folder)), None)
        if bundle is None or (bundle == page.path.parent and self._place(page.path).is_bundle):
            return None
        return f"it belongs to the page of {bundle}/"

    def slug(self, page: Page) -> str | None:
        """Return the slug: its own, or the name of the file or the bundle."""
        place = self._place(page.path)
        return page.text("slug") or (self._of_name(place)[1] or place.name)

    def section(self, page: Page) -> str | None:
        """Return the first folder below the content."""
        return next(iter(self._place(page.path).sections), None)

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
            path = self._path("/".join((*self._place(page.path).sections, self.slug(page) or "")))
        ugly = self._setting("uglyurls", self._place(page.path).language)
        is_ugly = ugly.get(self.section(page)) if isinstance(ugly, Mapping) else ugly
        if is_ugly is True and not path.endswith(".html"):
            path = f"{path.rstrip('/')}.html"
        is_file = PurePosixPath(path).suffix == ".html"
        return from_root(f"{self._prefix(page)}/{path}{'' if is_file else '/'}")

    def _pattern(self, page: Page) -> str | None:
        language = self._place(page.path).language
        permalinks = _mapping(self._setting("permalinks", language))
        kinds = _mapping(permalinks.get("page"))
        section = self.section(page)
        for patterns in (kinds, permalinks):
            pattern = patterns.get(section) if section else patterns.get("/")
            if isinstance(pattern, str):
                return pattern
        return None

    def _expanded(self, pattern: str, page: Page) -> str | None:
        path = filled(pattern, _TOKEN, lambda m: self._value(m[1].lower(), m[2], page))
        # Hugo reads what it has expanded as a query, in which a plus is a blank.
        return None if path is None else self._path(path.replace("+", " "), keeps_case=True)

    def _value(self, name: str, which: str | None, page: Page) -> str | None:
        """Return what a token of a pattern stands for, or None."""
        place = self._place(page.path)
        date, named = self._of_name(place)
        slug = page.text("slug") or named
        match name:
            case "title":
                # Versions differ in what they make of a slash.
                return None if "/" in page.title else self._path(page.title)
            case "slug":
                return self._path(slug or page.title)
            case "slugorfilename" | "slugorcontentbasename":
                return self._path(slug or place.name)
            case "filename" | "contentbasename":
                return self._path(place.name)
            case "section":
                return self._path(self.section(page) or "")
            case "sections":
                return self._path("/".join(_chosen(self._true_sections(place), which)))
        dates = {name: page.values[name] for name in _DATES if page.values.get(name)}
        order = [str(n).lower() for n in self._frontmatter.get("date") or _DATES]
        order = [n for name in order for n in (_DATES if name == ":default" else [name])]
        if date is not None:
            dates[":filename"] = date
        found = next((dates[name] for name in order if name in dates), page.date)
        day = dataclasses.replace(page, date=found).day
        return None if day is None else _part_of_date(name, day)

    @property
    def _frontmatter(self) -> Mapping[str, Any]:
        return _lower(_mapping(self.settings.get("frontmatter")))

    def _of_name(self, place: _Place) -> tuple[str | None, str | None]:
        """Return the date and the slug of a name, if ``frontmatter`` of the settings says so."""
        is_read = any(":filename" in _list(order) for order in self._frontmatter.values())
        dated = DATED_NAME.match(place.name) if is_read else None
        return (dated[1], place.name[dated.end() :] or None) if dated else (None, None)

    def _true_sections(self, place: _Place) -> tuple[str, ...]:
        """Return the sections above a page: the first folder, and folders with an ``_index``."""
        n = len(place.sections)
        while n > 1 and not any(self._pages("_index", place.sections[:n])):
            n -= 1
        return place.sections[:n]

    def _path(self, text: str, *, keeps_case: bool = False) -> str:
        if self.settings.get("removepathaccents") is True:
            marked = unicodedata.normalize("NFD", text)
            text = "".join(c for c in marked if unicodedata.category(c) != "Mn")
        is_kept = keeps_case or self.settings.get("disablepathtolower") is True
        return hugo_path(text, keeps_case=is_kept)

    def _setting(self, name: str, language: str) -> object:
        """Return a setting, which a language may have of its own."""
        own = _lower(_mapping(self._languages.get(language)))
        return own.get(name, self.settings.get(name))

    def _mounts_of(self) -> tuple[_Mount, ...]:
        """Return the folders of content: the mounts of the settings, and folders of languages."""
        mounts = []
        for values in mappings(_lower(_mapping(self.settings.get("module"))).get("mounts")):
            mount = _lower(values)
            target = PurePosixPath(str(mount.get("target", "")))
            if target.is_relative_to("content"):
                files = [*_list(mount.get("includefiles")), *_list(mount.get("files"))]
                files += [f"!{pattern}" for pattern in _list(mount.get("excludefiles"))]
                source, language = (str(mount.get(name) or "") for name in ("source", "lang"))
                mounts.append(_Mount(
                    source.strip("/"), target.relative_to("content"), language.lower(),
                    tuple(str(pattern).replace("! ", "!") for pattern in files),
                ))  # fmt: skip
        mounts = mounts or [_Mount(self.home, PurePosixPath(), "", ())]
        for language, of in self._languages.items():
            folder = str(_lower(_mapping(of)).get("contentdir") or "").strip("/")
            if folder and folder != self.home:
                mounts.append(_Mount(folder, PurePosixPath(), language, ()))
        # The longest folder first: one may be in another.
        return tuple(sorted(mounts, key=lambda mount: -len(PurePosixPath(mount.source).parts)))

    def _mount(self, path: PurePosixPath) -> _Mount | None:
        return next((mount for mount in self._mounts if path.is_relative_to(mount.source)), None)

    def _pages(self, stem: str, folders: tuple[str, ...], language: str = "") -> list[Path]:
        """Return the files of a name in all folders that stand for a folder of the content."""
        found = []
        for mount in self._mounts:
            target = mount.target.parts
            if folders[: len(target)] == target and (language in ("", mount.language or language)):
                place = self.root.joinpath(mount.source, *folders[len(target) :])
                found += [f for f in sorted(place.glob(f"{stem}.*")) if f.suffix in TEXTS]
        return found

    def _place(self, path: PurePosixPath) -> _Place:
        stem, _, language = path.stem.rpartition(".")
        language = language.lower() if stem else ""
        if language not in self._languages or not stem:
            stem, language = path.stem, ""
        folders = path.parts[:-1]
        if mount := self._mount(path):
            folders = PurePosixPath(mount.target, path.relative_to(mount.source)).parts[:-1]
            language = language or mount.language
        is_bundle = stem.partition(".")[0] == "index" and bool(folders)
        return _Place(
            folders, folders[-1] if is_bundle else stem, language or self._default, is_bundle
        )

    def _prefix(self, page: Page) -> str:
        language = self._place(page.path).language
        is_below = self.settings.get("defaultcontentlanguageinsubdir") is True
        is_multihost = any("baseurl" in _lower(_mapping(of)) for of in self._languages.values())
        if not self._languages or is_multihost or (language == self._default and not is_below):
            return ""
        return f"/{language}"

    def _front_of(self, folders: tuple[str, ...], language: str) -> Mapping[str, Any]:
        """Return the front matter of a section's own page in a language."""
        stems = (f"_index.{language}", "_index") if self._languages else ("_index",)
        for file in (file for stem in stems for file in self._pages(stem, folders, language)):
            if "." in file.stem and not self._languages:
                continue
            try:
                front, _ = parted(text_of_file(file).replace("\r\n", "\n"))
            except ValueError:
                return {}
            return _lower(front)
        return {}

    def _above(self, place: _Place) -> list[Mapping[str, Any]]:
        """Return the front matter of the home page and of each section above a text."""
        numbers = range(len(place.folders) + 1)
        return [self._front(place.folders[:n], place.language) for n in numbers]

    def _is_bundle_at(self, folder: PurePosixPath) -> bool:
        if str(folder) in self.folders:
            return False
        return any(file.suffix in TEXTS for file in (self.root / folder).glob("index.*"))


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


def _is_target(target: Mapping[str, Any], place: _Place, path: PurePosixPath) -> bool:
    """Return whether a cascade is meant for a page."""
    folders = "/".join(("", *place.folders))
    # Hugo's newer versions have the path without an ending, and of a bundle its folder.
    page = folders if place.is_bundle else f"{folders}/{place.name}"
    found = {
        "kind": ["page"], "lang": [place.language], "environment": ["production"],
        "path": [page, f"{folders}/{path.name}"], "languages": [place.language],
    }  # fmt: skip
    sites = _lower(_mapping(_mapping(target.get("sites")).get("matrix")))
    return all(
        any(_is_globbed(text, str(pattern)) for text in texts for pattern in patterns)
        for name, texts in found.items()
        if (given := {**sites, **target}.get(name))
        and (patterns := given if isinstance(given, list) else [given])
    )


def _is_unpublished(front: Mapping[str, Any]) -> bool:
    """Return whether a section is a draft, has expired, or is dated in the future."""
    moments = []
    for names in (_PUBLISHED, _EXPIRES):
        value = next((front[name] for name in names if front.get(name)), None)
        try:
            moments.append(read_date(value).moment)
        except (TypeError, ValueError, OverflowError):
            return True
    published, expires = moments
    now = dt.datetime.now(dt.UTC)
    is_past = published is None or published <= now
    return (
        bool(switch(front.get("draft"))) or not is_past or (expires is not None and expires < now)
    )


def _is_globbed(text: str, pattern: str) -> bool:
    """Return whether Hugo's glob names a text; two stars stand for anything, also in a name."""
    pattern = re.sub(r"\{([^{},]*)\}", r"\1", pattern.lower())
    pattern = re.sub(r"(?<![/{,])\*\*", "*{,/**}", pattern)
    return is_named(PurePosixPath(text.lower()), [pattern], is_whole=True)


def _list(values: object) -> list[object]:
    return values if isinstance(values, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _lower(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in values.items()}
