"""Reader of Markdown with front matter, as generators of static sites read it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from relnews import _checks
from relnews.readers import _errors
from relnews.readers.documents import DocumentReader, id_of
from relnews.readers.html_text import text_of
from relnews.readers.load_report import Problem
from relnews.readers.records import Found, Skipped
from relnews.readers.visibility import switch

try:
    import yaml
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock, blockquote
except ModuleNotFoundError as error:
    raise _errors.no_reader(
        needs="Markdown needs PyYAML and markdown-it-py, which are", extra="markdown"
    ) from error

#: Names that generators use for a field of `Article`, in lower case; the first with a value counts.
_NAMES = {
    "dek": ("dek", "description", "summary", "excerpt", "subtitle"),
    "published": ("publishdate", "pubdate", "date", "published"),
    "expires": ("expires", "expirydate"),
    "url": ("url", "permalink", "canonical_url"),
    "section": ("section", "category", "categories"),
    "author": ("author", "authors", "byline"),
    "language": ("language", "lang"),
    "image": ("image", "images", "cover", "thumbnail"),
}

_YAML = re.compile(r"---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?)(?:^|\n)\+\+\+[ \t]*(?:\n|$)", re.DOTALL)

#: A line of Pelican's and MultiMarkdown's metadata, which begin at the top and end at a blank line.
_META = re.compile(r"([A-Za-z][\w-]*):[ \t]*(.*)")

#: Template code inside texts.
_CODE = re.compile(r"\{\{[^{}]{0,500}\}\}|\{%[^{}]{0,500}%\}")

#: A date at the beginning of a file name, and the space that Jekyll puts before a time zone.
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-|$)")
_ZONE = re.compile(r"(?<=\d)\s+(?=[+-]\d\d:?\d\d$|Z$)")

#: Characters of the longest front matter: parsing YAML is slow.
_LONGEST = 1 << 18

#: Characters of the longest text: a thousand pages of a book.
_LONGEST_TEXT = 1 << 20

#: Calls of the rule for quotations per file. The parser calls it n²/2 times for n lines with ``>``
#: without a blank line between them.
_MOST_QUESTIONS = 1 << 19


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Apply markdown-it's rule for quotations; raise ValueError after `_MOST_QUESTIONS` calls."""
    state.env["questions"] = asked = state.env.get("questions", 0) + 1
    if asked > _MOST_QUESTIONS:
        raise ValueError(_errors.quoted_markdown())
    return blockquote(state, start, end, silent)


# Without tables: the parser fills a short row up with cells, so that a megabyte could become
# gigabytes. The words are the same.
_markdown = MarkdownIt("commonmark")
_markdown.block.ruler.at(
    "blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]}
)


class _Loader(yaml.SafeLoader):
    """YAML whose numbers and dates stay strings, without aliases."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (add_implicit_resolver copies it)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            # A few lines of aliases can expand to more than the memory.
            raise yaml.YAMLError(_errors.no_aliases())
        return super().compose_node(parent, index)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("(?:true|false)$", re.IGNORECASE), [*"tTfF"]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile("(?:~|null|)$", re.IGNORECASE), ["~", "n", "N", ""]
)


class Reader(DocumentReader):
    """The articles of Markdown files."""

    format = "markdown"
    # Generators of sites do not show such articles yet either.
    _skips_future = True

    def _parse(self, content: bytes, name: str) -> Iterator[Found]:
        return records(content, name)


def records(content: bytes, name: str) -> Iterator[Found]:
    """Yield the article of a Markdown file.

    Parameters
    ----------
    content : bytes
        In UTF-8.
    name : str
        Path of the file below the folder.

    Yields
    ------
    place : str
        Empty: the file is the place.
    record : dict or Skipped
        Fields of an article and all other values of the front matter, or why there is no article.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        yield "", Skipped(Problem.UNREADABLE, _checks.expected_utf8(content[error.start]))
        return
    try:
        front, body = _parted(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        yield "", Skipped(Problem.UNREADABLE, _errors.unreadable_front_matter(str(error)))
        return
    values = {name: value for name, value in front.items() if _is_flat(value)}
    values = {name.lower(): value for name, value in values.items()} | values
    try:
        if len(body) > _LONGEST_TEXT:
            raise ValueError(_errors.long_markdown(_LONGEST_TEXT))
        fields = _fields(values, body, name)
    except ValueError as error:
        yield "", Skipped(Problem.UNREADABLE, str(error))
        return
    if "_drafts" in PurePosixPath(name).parts[:-1]:
        fields["draft"] = True
    yield "", values | fields


def _parted(text: str) -> tuple[dict[str, Any], str]:
    """Return front matter and body."""
    for pattern, load in _FORMATS:
        if match := pattern.match(text):
            if len(match[1]) > _LONGEST:
                raise ValueError(_errors.long_front_matter(_LONGEST))
            front = load(match[1])
            if front is not None and not isinstance(front, Mapping):
                raise ValueError(_errors.expected_mapping(type(front).__name__))
            return {str(key): value for key, value in (front or {}).items()}, text[match.end() :]
    if text.startswith("{"):  # Hugo takes JSON, too
        front, end = json.JSONDecoder().raw_decode(text)
        return front, text[end:]
    head, _, body = text.partition("\n\n")
    matches = filter(None, map(_META.fullmatch, head.split("\n")))
    front = {match[1]: match[2] for match in matches}
    if "title" in map(str.lower, front):
        return front, body
    return {}, text


_FORMATS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (_YAML, lambda text: yaml.load(text, _Loader)),  # a SafeLoader
    (_TOML, tomllib.loads),
)


def _fields(values: Mapping[str, Any], body: str, name: str) -> dict[str, Any]:
    """Return the fields of an article from the names of a front matter."""
    # Empty values and switches are not values of these fields.
    given = {name: value for name, value in values.items() if value and value is not True}
    fields: dict[str, Any] = {
        field: next((given[alias] for alias in names if alias in given), None)
        for field, names in _NAMES.items()
    }
    fields["dek"] = fields["dek"] or ""  # a switch of such a name is no dek
    for field in ("section", "image"):
        if isinstance(fields[field], list):
            fields[field] = fields[field][0]
    if isinstance(fields["author"], list):
        fields["author"] = ", ".join(map(str, fields["author"]))
    if re.search("[:{]", str(fields["url"]).removeprefix("https:").removeprefix("http:")):
        fields["url"] = None  # a pattern of the generator
    fields["published"] = fields["published"] or _date_in(name)
    if switch(values.get("published")) is False:
        fields["published"] = False  # Jekyll's word for a draft
    for field in ("published", "expires"):
        if isinstance(fields[field], str):
            fields[field] = _ZONE.sub("", fields[field].strip())
    tokens = _markdown.parse(_CODE.sub(" ", body), {})
    fields["text"] = text_of(_markdown.renderer.render(tokens, _markdown.options, {}))
    headings = (
        tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"
    )
    fields["title"] = values.get("title") or next(headings, "")
    fields["id"] = values.get("id") or id_of(name)
    fields["tags"] = values.get("tags")
    return fields


def _is_flat(value: object) -> bool:
    """Return whether a value is a scalar or a list of scalars, as the fields of an article are."""
    if isinstance(value, list):
        return not any(isinstance(part, (list, dict)) for part in value)
    return not isinstance(value, dict)


def _date_in(name: str) -> str | None:
    match = _DATE.match(PurePosixPath(name).name)
    return match[1] if match else None
