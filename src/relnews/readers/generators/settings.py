"""Settings of sites: YAML, TOML and JSON as they are, and constants of JavaScript and Python."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from relnews.readers.json_decoding import loads

#: Bytes of the longest file of settings.
_LONGEST = 1 << 20

#: The value of a setting that Python computes.
COMPUTED = object()


class _Loader(yaml.SafeLoader):
    """YAML in which a tag that is not known, such as ``!ENV``, has no value."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: None)


def read_settings(path: Path) -> Mapping[str, Any]:
    """Return the settings of a file; empty if it is missing, or cannot be read.

    Parameters
    ----------
    path : Path
        A file whose name ends in .yml, .yaml, .toml, .json or .py.
    """
    text = text_of_file(path)
    try:
        match path.suffix:
            case ".toml":
                values = tomllib.loads(text)
            case ".json":
                values = loads(text)
            case ".py":
                values = _constants(text)
            case _:
                values = yaml.load(text, _Loader)  # a SafeLoader
    except (ValueError, SyntaxError, RecursionError, yaml.YAMLError):
        return {}
    return values if isinstance(values, Mapping) else {}


def mappings(values: object) -> list[Mapping[str, Any]]:
    """Return the mappings of a list of settings, or the one that stands for a list.

    Parameters
    ----------
    values : object
        What the settings have.
    """
    parts = values if isinstance(values, list) else [values]
    return [part for part in parts if isinstance(part, Mapping)]


def text_of_file(path: Path) -> str:
    """Return the text of a file; empty if it is missing, too long, or no UTF-8.

    Parameters
    ----------
    path : Path
        The file.
    """
    try:
        if path.stat().st_size > _LONGEST:
            return ""
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def constant(source: str, name: str) -> str | None:
    """Return the text that a name has in JavaScript, such as ``name: "text"``; None without one.

    Parameters
    ----------
    source : str
        JavaScript or TypeScript.
    name : str
        The name.
    """
    match = re.search(rf"\b{name}\b[\"']?\s*[:=]\s*[\"'`]([^\"'`\n]*)[\"'`]", source)
    return match[1] if match else None


def constants(source: str, name: str) -> list[str] | None:
    """Return the texts that a name has in JavaScript; None if they are computed.

    Parameters
    ----------
    source : str
        JavaScript or TypeScript.
    name : str
        The name of a text or a list of texts. Without a value it has no texts.
    """
    given = re.search(rf"\b{name}\b[\"']?\s*[:=]\s*(?=\S)", source)
    if given is None:
        return []
    texts = re.match(rf"\[(?:\s*{_TEXT.pattern}\s*,?)*\s*\]|{_TEXT.pattern}", source[given.end() :])
    return None if texts is None else [text[1:-1] for text in _TEXT.findall(texts[0])]


def exported(source: str) -> Mapping[str, Any] | None:
    """Return the object that JavaScript exports; None if something in it is computed.

    Parameters
    ----------
    source : str
        A module.
    """
    # Such an object is YAML but for comments, tabs, and colons without a blank.
    plain = _TOKEN.sub(lambda m: m[1] or (": " if m[0] == ":" else " "), source).strip(" \n;")
    begin = _EXPORT.match(plain)
    if begin is None:
        return None
    try:
        node = yaml.compose(plain[begin.end() :], _Loader)
        if _is_computed(node):
            return None
        values = yaml.load(plain[begin.end() :], _Loader)  # a SafeLoader
    except (ValueError, RecursionError, yaml.YAMLError):
        return None
    return values if isinstance(values, Mapping) else None


#: A text of JavaScript.
_TEXT = re.compile(r"""(?:"[^"\\\n]*"|'[^'\\\n]*'|`[^`\\$]*`)""")

#: A text, which is kept, and what YAML would not read: a comment, a colon, a tab.
_TOKEN = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'[^'\\\n]*'|`[^`]*`)|//[^\n]*|/\*.*?\*/|:|\t""", re.DOTALL
)

_EXPORT = re.compile(r"(?:export\s+default|module\s*\.\s*exports\s*=)\s*(?=\{)")


def _is_computed(node: yaml.Node | None) -> bool:
    """Return whether there is a name or code among the values of an object."""
    if isinstance(node, yaml.MappingNode):
        return any(_is_computed(value) for _, value in node.value)
    if isinstance(node, yaml.SequenceNode):
        return any(map(_is_computed, node.value))
    if not isinstance(node, yaml.ScalarNode):
        return True
    return node.style is None and (not node.value or node.tag.endswith(":str"))


def _constants(source: str) -> dict[str, Any]:
    """Return the constants that Python assigns to names; `COMPUTED` for all other values."""
    values: dict[str, Any] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            try:
                values |= dict.fromkeys(names, ast.literal_eval(node.value))
            except (ValueError, TypeError):
                values |= dict.fromkeys(names, COMPUTED)
    return values
