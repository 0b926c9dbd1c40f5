"""Reader of Markdown and reStructuredText with front matter, as generators of static sites do."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from relnews.articles import Article
from relnews.readers import _errors
from relnews.readers.documents import DocumentReader, id_of
from relnews.readers.file_reader import common_folder
from relnews.readers.found import Former, Found, Skipped
from relnews.readers.front_matter import parted
from relnews.readers.generators import site_of
from relnews.readers.generators.site import HTML, Page, Site
from relnews.readers.html_text import text_of
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.markdown_text import text_and_heading
from relnews.readers.opening import PACKED, STDIN, as_western, encoding_of
from relnews.readers.read_options import ReadSpec
from relnews.readers.rst import check_installed, parted_rst
from relnews.readers.shortcodes import without_shortcodes
from relnews.readers.visibility import plain_name, says_state, switch

#: Names that generators use for a field of `Article`, in lower case; the first with a value counts.
_NAMES = {
    "title": ("title",),
    "dek": ("dek", "description", "summary", "excerpt", "subtitle"),
    "published": ("publishdate", "pubdate", "date", "published"),
    "expires": ("expires", "expirydate"),
    "section": ("section", "category", "categories"),
    "tags": ("tags", "tag", "topics", "keywords"),
    "author": ("author", "authors", "byline"),
    "language": ("language", "lang"),
    "image": ("image", "images", "cover", "thumbnail", "featured_image"),
    "image_alt": ("image_alt", "imagealt", "image-alt", "cover_alt", "coveralt", "thumbnail_alt",
                  "thumbnailalt", "featured_image_alt", "featurealt"),
}  # fmt: skip

#: Names of lists that Jekyll parts at blanks if they are texts.
_LISTS = frozenset({"tags", "categories"})

_DRAFTS = "_drafts"

#: An object that the code of MDX exports, and a property in it.
_EXPORT = re.compile(r"export const \w+(?:: \w+)? = \{([^}]*)\}")
_PROPERTY = re.compile(r"\b(\w++)['\"]?\s*+:\s*+(true|false|'[^'\n]*'|\"[^\"\n]*\")")

#: What ends a line; some editors write Unicode's line separator.
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")

#: The id of an article in front matter that cannot be read.
_ID = re.compile(r"^[ \t\"]*id\"?[ \t]*[:=][ \t]*[\"']?([^\"'\n]+)", re.MULTILINE | re.IGNORECASE)


class Reader(DocumentReader):
    """The articles of Markdown files."""

    format = "markdown"
    is_file_article = True
    # Generators of sites do not show such articles yet either.
    _skips_future = True

    def __init__(
        self, paths: Sequence[str], spec: ReadSpec, *, strict: bool = False, generator: str = ""
    ) -> None:
        """Open files or folders.

        Parameters
        ----------
        paths, spec, strict
            As for `DocumentReader`.
        generator : str, default=""
            Name of the generator of the site; by default its settings tell.
        """
        place = Path(paths[0]) if len(paths) == 1 else common_folder(paths)
        self._place = Path.cwd() if STDIN in paths else place.resolve()
        self._site = Site(self._place, {}) if STDIN in paths else site_of(self._place, generator)
        super().__init__(paths, spec, strict=strict)
        self._is_draft = _DRAFTS in self._root.resolve().parts
        if _DRAFTS in (parts := self._root.absolute().parts):
            # A draft has another id than the article beside the folder.
            self._root = Path(*parts[: parts.index(_DRAFTS)])
        if any(path.suffix == ".rst" for path in self._folders):
            check_installed()

    def _articles(self, load_report: LoadReport) -> Iterator[Article]:
        site = self._site
        home, here = site.root / site.home, Path.cwd()
        if site.name and self._place != home:
            note = f"ids and addresses belong to the whole {site.name} site: ids begin below"
            shown = home.relative_to(here) if home.is_relative_to(here) else home
            load_report.note(f"{note} {shown.as_posix()}")
        yield from super()._articles(load_report)
        for note in site.notes:
            load_report.note(note)

    def _endings(self) -> tuple[str, ...]:
        return super()._endings() + (HTML if self._site.reads_html else ())

    def _files_in(self, folder: Path) -> Iterator[Path]:
        is_above = self._site.root.is_relative_to(folder.resolve())
        is_site = any((self._site.root / folder).is_dir() for folder in self._site.folders)
        for path in super()._files_in(folder):
            if is_above and is_site and not self._is_content(path.resolve()):
                continue  # the folder of a site has other texts, too, such as README.md
            yield path

    def _is_content(self, path: Path) -> bool:
        root = self._site.root
        return not path.is_relative_to(root) or self._site.holds(
            PurePosixPath(path.relative_to(root).as_posix())
        )

    def _path_in_site(self, name: str) -> str:
        place, root = self._root.resolve() / name, self._site.root
        return place.relative_to(root).as_posix() if place.is_relative_to(root) else name

    def _id_of(self, name: str) -> str:
        site = self._site
        return site.id_of(_unpacked(self._path_in_site(name))) if site.name else id_of(name)

    def _parse(self, content: bytes, name: str) -> Iterator[Found]:
        path = self._path_in_site(name)
        return records(
            content, name, site=self._site, path=path, is_draft=self._is_draft,
            has_pattern=self._spec.url is not None,
        )  # fmt: skip


def records(
    content: bytes,
    name: str,
    *,
    site: Site | None = None,
    path: str | None = None,
    is_draft: bool = False,
    has_pattern: bool = False,
) -> Iterator[Found]:
    """Yield the article of a text.

    Parameters
    ----------
    content : bytes
        In an encoding of `encoding_of`.
    name : str
        Path of the file below the folder that is read.
    site : Site, optional
        The site that the file belongs to.
    path : str, optional
        Path of the file below the folder of the site. By default ``name``.
    is_draft : bool, default=False
        Whether the folder that is read is one of drafts.
    has_pattern : bool, default=False
        Whether the caller gives addresses by a pattern, in place of the generator's.

    Yields
    ------
    place : str
        Empty: the file is the place.
    record : dict or Skipped
        Fields of an article and all other values of the front matter, or why there is no article.
    """
    site = site or Site(Path(), {})
    path_of_page = _unpacked(path or name)
    try:
        source = content.decode(encoding_of(content), "surrogateescape")
    except UnicodeDecodeError as error:
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_encoding(error))
        return
    if (text := as_western(source)) != source:
        yield "", Skipped(Problem.MENDED, _errors.read_as_western())
    text = _LINE_ENDS.sub("\n", text)
    if path_of_page.suffix.lower() in site.others:
        yield "", Skipped(Problem.NOT_AN_ARTICLE, f"{site.name} reads no {path_of_page.suffix}")
        return
    parse = _parsed_rst if path_of_page.suffix.lower() == ".rst" else _parsed
    try:
        front, body, heading = parse(text, path_of_page.suffix.lower(), site)
    except (ValueError, RecursionError) as error:
        if match := _ID.search(text):
            yield "", Former(match[1].strip(" ,"))
        yield "", Skipped(Problem.UNREADABLE, str(error))
        return
    if not front and site.needs_front(path_of_page) and not text.startswith("---"):
        yield "", Skipped(Problem.NOT_AN_ARTICLE, "it has no front matter")
        return
    values = site.values(path_of_page, front)
    values = {name.lower(): value for name, value in values.items()} | values
    page = Page(path_of_page, values, _title(values) or heading, _date(values, path_of_page, site))
    reason = "it leads to another page" if values.get("redirect_to") else site.no_article(page)
    if reason is not None:
        yield "", Former(str(values.get("id")))
        yield "", Skipped(Problem.NOT_AN_ARTICLE, reason)
        return
    fields = _fields(page, site)
    identifier = site.id_of(path_of_page) if site.name else id_of(name)
    fields |= {"id": values.get("id") or identifier, "text": body}
    fields["url"] = site.own_url(page) or (None if has_pattern else site.url(page))
    parts = path_of_page.parts
    if is_draft or _DRAFTS in parts[:-1]:
        fields["draft"] = True
    elif any(part[0] == "_" and part not in site.articles_in for part in parts):
        fields["underscored"] = True
    elif setting := site.excluded(path_of_page):
        fields[f"{setting}:excluded"] = True
    yield "", values | fields


def _parsed(text: str, ending: str, site: Site) -> tuple[dict[str, Any], str, str]:
    """Return front matter, text and first heading of Markdown or HTML."""
    try:
        front, body = parted(text, has_meta_lines=site.has_meta_lines)
    except (ValueError, RecursionError) as error:
        raise ValueError(_errors.unreadable_front_matter(str(error))) from error
    if ending == ".mdx":
        front = _exported(body) | front
    if ending in HTML:
        return front, text_of(without_shortcodes(body)), ""
    return front, *text_and_heading(body, is_mdx=ending == ".mdx")


def _exported(text: str) -> dict[str, str]:
    """Return the states that the code of MDX exports: ``export const meta = {draft: true}``."""
    code = _EXPORT.match(text, text.find("export const "))
    values = _PROPERTY.findall(code[1]) if code else []
    return {name: value.strip("'\"") for name, value in values if says_state(plain_name(name))}


def _parsed_rst(text: str, ending: str, site: Site) -> tuple[dict[str, Any], str, str]:
    return parted_rst(text)


def _fields(page: Page, site: Site) -> dict[str, Any]:
    """Return the fields of an article from the names of a front matter."""
    # Empty values and switches are not values of these fields.
    given = {name: value for name, value in page.values.items() if value and value is not True}
    fields: dict[str, Any] = {}
    for field, names in _NAMES.items():
        name = next((name for name in names if name in given), "")
        value = given.get(name)
        if isinstance(value, str) and field in ("section", "tags"):
            is_at_blanks = site.parts_at_blanks and name in _LISTS
            value = _texts(value, is_at_blanks=is_at_blanks) if name != "category" else value
        fields[field] = value
    fields["title"] = html.unescape(page.title)  # importers of other systems leave entities
    dek = fields["dek"]
    fields["dek"] = text_of(dek) if isinstance(dek, str) else dek or ""
    section = fields["section"]
    fields["section"] = (section[0] if isinstance(section, list) and section else section) or (
        site.section(page)
    )
    fields["published"] = page.date
    if switch(page.values.get("published")) is False:
        fields["is_published"] = False  # Jekyll's word for a draft; there may be a date, too
    for field, together in (("author", ", ".join), ("image", _first)):
        value = fields[field]
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            fields[field] = together(value)
    fields["slug"] = page.values.get("slug") or site.slug(page)
    return fields


def _first(parts: list[str]) -> str | None:
    return parts[0] if parts else None


def _texts(value: str, *, is_at_blanks: bool) -> list[str]:
    """Return the parts of a text of tags: at commas or semicolons, or else at blanks."""
    separator = next((sign for sign in ",;" if sign in value), None)
    if separator is None and not is_at_blanks:
        return [value.strip()]
    return [part.strip() for part in value.split(separator) if part.strip()]


def _title(values: Mapping[str, Any]) -> str:
    title = values.get("title")
    return "" if title is None or isinstance(title, (bool, Mapping)) else str(title)


def _date(values: Mapping[str, Any], path: PurePosixPath, site: Site) -> object:
    """Return the date of publication as the source has it, or None."""
    for name in _NAMES["published"]:
        value = values.get(name)
        if isinstance(value, Mapping):
            value = value.get("created", value)  # Material for MkDocs
        if value and value is not True and switch(value) is None:
            return value
    return site.date_of(path)


def _unpacked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    return path.with_suffix("") if path.suffix.lower() in PACKED else path
