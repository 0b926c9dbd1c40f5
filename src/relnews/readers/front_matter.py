"""Front matter: the names and values at the beginning of a text, and the text after them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from relnews.readers import _errors
from relnews.readers.json_decoding import loads, raw_decode
from relnews.readers.load_report import Problem
from relnews.readers.visibility import distinct, hidden, plain_name, says_state

try:
    import yaml
except ModuleNotFoundError as error:
    raise _errors.no_reader(
        needs="Markdown needs PyYAML and markdown-it-py, which are", extra="markdown"
    ) from error

#: Characters of the longest front matter: parsing YAML is slow.
_LONGEST = 1 << 18

#: What may stand before front matter: blanks, also without a width, byte order marks, and comments
#: of HTML, MDX, Hugo, Jinja and Liquid.
_BEFORE = re.compile(
    r"(?:[\s\ufeff\u200b-\u200d\u2060]|<!--.*?-->|\{/\*.*?\*/\}|\{\{-?/\*.*?\*/-?\}\}|\{#.*?#\}|"
    r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\})*+",
    re.DOTALL,
)

#: The line that begins front matter. A word after it names its language, as Eleventy has it. A
#: word processor makes dashes of hyphens.
_BEGIN = re.compile(
    r"(-{3,}|[\u2010-\u2015\u2212]+-?|\+{3,}|;{3,})[^\S\n]*+([A-Za-z]*+)[^\S\n]*+(?:#[^\n]*)?(?:\n|$)"
)

#: The line that ends front matter, by the character that begins it.
_ENDS = {
    "-": re.compile(r"^(?:-{3,}|\.\.\.|[\u2010-\u2015\u2212]+-?)[^\S\n]*+(?:\n|\Z)", re.MULTILINE),
    "+": re.compile(r"^\+{3,}[^\S\n]*+(?:\n|\Z)", re.MULTILINE),
    ";": re.compile(r"^;{3,}[^\S\n]*+(?:\n|\Z)", re.MULTILINE),
}

_LANGUAGES = {"-": "yaml", "+": "toml", ";": "json"}

#: What begins front matter of its generators; anything else may be a ruling.
_FENCES = ("---", "+++", ";;;")

#: Up to three lines before front matter that are no comment of any known kind, but no code either.
_LATE = re.compile(r"((?:(?!---|\+\+\+|```|~~~)[^\n]*\n){1,3})(?=(?:---|\+\+\+)[ \t]*\n)")

#: Blank lines and comments before the first name of YAML and TOML.
_EMPTY_LINES = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*+")

#: Front matter of JSON, which Hugo takes without a line before it.
_JSON = re.compile(r'\{\s*(?:"[^"\n]*"\s*:|\})')

#: A line of Pelican's and MultiMarkdown's metadata, one without a blank, one of any
#: kind of front matter, and one that goes on.
_META = re.compile(r" {0,3}([A-Za-z0-9_-]+)[^\S\n]*[:\uff1a]\s*(.*)")
_STRAY = re.compile(r"^([A-Za-z_][\w-]*):([^\s:/].*)$", re.MULTILINE)
_NAMED = re.compile(r"^[ \t]*\"?([A-Za-z][\w-]*)\"?[ \t]*[:=][ \t]*(.*)", re.MULTILINE)
_META_MORE = re.compile(r"(?: {4,}|\t\s*)(\S.*)")

#: Lines of Nikola's metadata, which are a comment of reStructuredText, or in one of HTML.
_NIKOLA = re.compile(r"\s*+(?:<!--\s*+)?(?:\.\. [\w-]+:(?!:).*\n)+(?:-->)?")
_NIKOLA_LINE = re.compile(r"^\.\. ([\w-]+):(.*)", re.MULTILINE)

#: Names of which metadata has a title or two; a text may begin with "Note: …".
_META_NAMES = frozenset({
    "title", "date", "modified", "category", "tags", "keywords", "slug", "author", "authors",
    "summary", "description", "lang", "status", "template", "save_as", "url", "subtitle", "draft",
    "published",
})  # fmt: skip


#: Names of metadata that may have several values.
_META_LISTS = frozenset({"tags", "keywords", "authors"})


class _Loader(yaml.SafeLoader):
    """YAML whose numbers and dates stay strings, without aliases."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (add_implicit_resolver copies it)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            # A few lines of aliases can expand to more than the memory.
            raise yaml.YAMLError(_errors.no_aliases())
        return super().compose_node(parent, index)

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key, name in zip(keys, distinct([key.value for key in keys]), strict=True):
            key.value = name
        return node


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("(?:true|false)$", re.IGNORECASE), [*"tTfF"]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile("(?:~|null|)$", re.IGNORECASE), ["~", "n", "N", ""]
)


def of_nikola(text: str) -> tuple[dict[str, Any], str]:
    """Return the metadata that Nikola writes before a text, ``.. status: draft``, and the text."""
    match = _NIKOLA.match(text)
    lines = _NIKOLA_LINE.findall(match[0]) if match else []
    names = distinct([name for name, _ in lines])
    values = {name: value.strip() for name, (_, value) in zip(names, lines, strict=True)}
    return values, text[match.end() if match else 0 :]


def parted(text: str, *, has_meta_lines: bool = False) -> tuple[dict[str, Any], str]:
    """Return the front matter of a text, and the text after it.

    Parameters
    ----------
    text : str
        With line feeds between lines.
    has_meta_lines : bool, default=False
        Whether the lines between two ``---`` need not be YAML, as in Pelican.

    Raises
    ------
    ValueError
        If the text begins with front matter that cannot be read, or does not end.
    """
    values, body = of_nikola(text)
    if _is_metadata(values):
        return values, body
    before = _BEFORE.match(text)
    assert before is not None
    head = text[before.end() :]
    if begin := _BEGIN.match(head):
        front = _fenced(head, begin, has_meta_lines=has_meta_lines)
        if front is not None:
            return front
    elif _JSON.match(head):
        values, end = raw_decode(head)
        return values, head[end:]
    values, body = _meta(head)
    if _is_metadata(values):
        return values, body
    if late := _LATE.match(head):
        begin = _BEGIN.match(head, late.end())
        assert begin is not None
        try:
            front = _fenced(head, begin, has_meta_lines=has_meta_lines)
        except ValueError:
            front = None
        if front is not None and _is_metadata(front[0]):
            return front[0], f"{late[1]}\n{front[1]}"
    return {}, text


def _is_metadata(values: Mapping[str, Any]) -> bool:
    """Return whether names are names of metadata: a text may begin with "Note: …", too."""
    names = {name.lower() for name in values}
    if "title" in names or len(names & _META_NAMES) > 1:
        return True
    why = hidden(values)
    return why is not None and why.problem is Problem.NOT_PUBLIC


def _fenced(
    head: str, begin: re.Match[str], *, has_meta_lines: bool
) -> tuple[dict[str, Any], str] | None:
    """Return front matter between two lines, and the text; None if the line is a ruling."""
    sign = begin[1][0] if begin[1][0] in _ENDS else "-"
    language = begin[2].lower() or _LANGUAGES[sign]
    is_named = bool(begin[2]) or begin[1] in _FENCES[1:]
    is_fence = bool(begin[2]) or begin[1] in _FENCES
    end = _ENDS[sign].search(head, begin.end())
    source = head[begin.end() : None if end is None else end.start()]
    lines = source[_blank_lines(source) :]
    if not is_fence and not _is_metadata(dict(_NAMED.findall(lines, 0, _LONGEST))):
        return None
    if end is None:
        if has_meta_lines:
            return _meta(source)
        values, _ = _meta(lines)
        if is_named or values.keys() & _META_NAMES or hidden(values):
            raise ValueError(_errors.endless_front_matter(begin[1]))
        return None
    if language not in _LOADERS:
        raise ValueError(_errors.unknown_front_matter(language))
    if len(source) > _LONGEST:
        raise ValueError(_errors.long_front_matter(_LONGEST))
    try:
        front = _LOADERS[language](source)
    except yaml.YAMLError as error:
        front = _meta(source)[0] if has_meta_lines else {}
        if not front:
            raise ValueError(str(error)) from error
    # YAML takes a name without a blank after its colon for text.
    stray = {name: value for name, value in _STRAY.findall(source) if says_state(plain_name(name))}
    if isinstance(front, str) and not is_named:
        if not stray:
            return None
        front = {}
    if front is not None and not isinstance(front, Mapping):
        raise ValueError(_errors.expected_mapping(type(front).__name__))
    return stray | {str(key): value for key, value in (front or {}).items()}, head[end.end() :]


def _blank_lines(source: str) -> int:
    """Return the number of characters of blank lines and comments at the beginning."""
    match = _EMPTY_LINES.match(source)
    return 0 if match is None else match.end()


_LOADERS: dict[str, Callable[[str], Any]] = {
    "yaml": lambda text: yaml.load(text, _Loader),  # a SafeLoader
    "yml": lambda text: yaml.load(text, _Loader),
    "toml": tomllib.loads,
    "json": loads,
}


def _meta(text: str) -> tuple[dict[str, Any], str]:
    """Return the metadata of Pelican and MultiMarkdown, to the first line of blanks."""
    values: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    name = ""
    position = 0
    while position < min(len(text), _LONGEST):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        if not line.strip():
            break
        if match := _META.fullmatch(line):
            name = match[1].lower()
            if name not in _META_LISTS:
                # As in Pelican, the first of two values has the name alone.
                n_same = counts[name] = counts.get(name, 0) + 1
                name = name if n_same == 1 else f"{name} ({n_same})"
            values.setdefault(name, []).append(match[2].strip())
        elif (match := _META_MORE.fullmatch(line)) and name:
            values[name].append(match[1].strip())
        else:
            break
        position = end + 1
    joined = {
        name: (", " if name in _META_LISTS else " ").join(filter(None, lines))
        for name, lines in values.items()
    }
    return joined, text[position:]
