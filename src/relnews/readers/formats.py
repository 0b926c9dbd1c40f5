"""Formats of articles. Readers, messages and the command line follow this registry.

To add a format, write a module with a class ``Reader`` and enter it in `FORMATS`.
"""

from __future__ import annotations

import codecs
import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from relnews.readers import _errors
from relnews.readers.opening import DAMAGE, PACKED, CountedFile, unpacked
from relnews.readers.read_options import ReadSpec
from relnews.readers.reader import ArticleReader


class Format(NamedTuple):
    """One format of articles.

    Parameters
    ----------
    name : str
        Name for callers.
    endings : tuple of str
        Endings of file names, in lower case; an ending of `PACKED` may follow.
    module : str
        Module of `relnews.readers` whose class ``Reader`` reads the format. It is imported when it
        is needed, and then imports the packages that it needs.
    generator : str, default=""
        Generator of static sites whose rules the reader follows.
    begins : mapping of str to pattern, optional
        For a format that shares endings with others: an ending, and what the first `_BEGINNING`
        bytes of such a file have.
    """

    name: str
    endings: tuple[str, ...]
    module: str
    generator: str = ""
    begins: Mapping[str, re.Pattern[bytes]] = MappingProxyType({})

    def reader(self, paths: Sequence[str], spec: ReadSpec, *, strict: bool) -> ArticleReader:
        """Return a reader of files, folders or standard input.

        Parameters
        ----------
        paths : sequence of str
        strict
            As for `read_articles`.
        spec : ReadSpec
            How records are read.
        """
        module = importlib.import_module(f"relnews.readers.{self.module}")
        options = {"generator": self.generator} if self.generator else {}
        reader: ArticleReader = module.Reader(paths, spec, strict=strict, **options)
        return reader


#: Endings of texts of static sites.
_MARKDOWN = (".md", ".markdown", ".mdx", ".mkd", ".mdown", ".rst")

#: Generators of static sites, for folders without the settings that would tell.
GENERATORS = ("astro", "docusaurus", "eleventy", "hugo", "jekyll", "mkdocs", "pelican")

#: The formats by name.
FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format("jsonl", (".jsonl", ".ndjson", ".json"), "jsonl"),
        Format("csv", (".csv", ".tsv"), "csv"),
        Format("markdown", _MARKDOWN, "markdown"),
        Format("html", (".html", ".htm"), "pages"),
        Format(
            "feed", (".rss", ".atom", ".xml"), "feeds",
            begins={".json": re.compile(rb'"version"\s*:\s*"https?:(?:\\?/){2}jsonfeed\.org')},
        ),
        Format(
            "wordpress", (), "wordpress",
            begins={
                ".xml": re.compile(rb"xmlns:\w+\s*=\s*[\"']https?://wordpress\.org/export/"),
                ".json": re.compile(
                    rb"^[\s\[]*\{(?s:(?!\[\s*\{|\}\s*,\s*\{).)*?"
                    rb"\"(?:guid|title|content)\"\s*:\s*\{\s*\"rendered\""
                ),
            },
        ),
        Format(
            "ghost", (), "ghost",
            begins={
                ".json": re.compile(
                    rb'^\s*\{\s*"(?:db"\s*:\s*\[\s*\{|meta"\s*:\s*\{[^{}]*"exported_on"'
                    rb'|posts"\s*:\s*\[\s*\{(?s:.*)"(?:comment_id|custom_excerpt|feature_image'
                    rb'|primary_tag|mobiledoc|lexical)"\s*:)'
                ),
            },
        ),
    )
} | {
    name: Format(name, (), "markdown", generator=name) for name in GENERATORS
}  # fmt: skip

#: Formats of files that hold settings as often as articles: beside documents they are passed over.
_TABLES = {"jsonl", "csv"}

#: The format of standard input, unless another one is given.
STDIN_FORMAT = "jsonl"

#: Bytes of the beginning of a file that tell its format.
_BEGINNING = 1 << 16

_BY_ENDING = {ending: entry for entry in FORMATS.values() for ending in entry.endings}


def format_of(paths: Sequence[str]) -> Format:
    """Return the one format of files and folders, by their names and beginnings.

    Parameters
    ----------
    paths : sequence of str

    Raises
    ------
    IsADirectoryError, ValueError
        If there is no format, or more than one.
    """
    formats = {known.name: known for path in paths for known in _formats_at(Path(path))}
    if len(formats) > 1:
        raise _errors.several_formats(paths, sorted(formats))
    return next(iter(formats.values()))


def _formats_at(path: Path) -> Iterator[Format]:
    """Yield the format of a file, or each format of which a folder has files."""
    if not path.is_dir():
        ending = _ending(path.name)
        if ending not in _BY_ENDING:
            raise _errors.unknown_extension(path.name, tuple(_BY_ENDING), PACKED, [*FORMATS])
        yield _by_beginning(path, ending) or _BY_ENDING[ending]
        return
    first = {_ending(file.name): file for file in reversed([*visible_files(path)])}
    formats = [
        _by_beginning(file, ending) or _BY_ENDING[ending]
        for ending, file in first.items()
        if ending in _BY_ENDING
    ]
    if not formats:
        raise _errors.nothing_to_read(path, tuple(_BY_ENDING))
    names = {known.name for known in formats}
    is_site = names != {"markdown"} and _is_site(path, has_texts="markdown" in names)
    documents = [known for known in formats if known.name not in _TABLES]
    yield from [FORMATS["markdown"]] if is_site else documents or formats


def visible_files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it, in the order of their names.

    Names that begin with a dot, and ``_index`` files, are passed over.

    Parameters
    ----------
    folder : Path
    """
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith((".", "_index.")):
                yield Path(place, name)


def _is_site(folder: Path, *, has_texts: bool) -> bool:
    """Return whether a folder belongs to a static site whose texts are in it."""
    try:
        generators = importlib.import_module("relnews.readers.generators")
    except ImportError:
        return False
    site = generators.site_of(folder)
    return bool(site.name) and (has_texts or site.reads_html)


def _by_beginning(path: Path, ending: str) -> Format | None:
    """Return the format that the beginning of a file tells, if formats share its ending."""
    sharing = [entry for entry in FORMATS.values() if ending in entry.begins]
    if not sharing or not path.is_file():
        return None
    try:
        with CountedFile(str(path)) as file, unpacked(file) as stream:
            beginning = stream.read(_BEGINNING).removeprefix(codecs.BOM_UTF8)
    except (OSError, *DAMAGE):
        return None  # the reader of the ending says what is wrong
    return next((entry for entry in sharing if entry.begins[ending].search(beginning)), None)


def _ending(name: str) -> str:
    """Return the ending of a name that tells the format of the file."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""
