"""Settings of sites: YAML, TOML and JSON as they are, and constants of JavaScript and Python."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

#: Bytes of the longest file of settings.
_LONGEST = 1 << 20


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
                values = json.loads(text)
            case ".py":
                values = _constants(text)
            case _:
                values = yaml.load(text, _Loader)  # a SafeLoader
    except (ValueError, SyntaxError, RecursionError, yaml.YAMLError):
        return {}
    return values if isinstance(values, Mapping) else {}


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


def _constants(source: str) -> dict[str, Any]:
    """Return the constants that Python assigns to names; nothing is executed."""
    values: dict[str, Any] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            try:
                values |= dict.fromkeys(names, ast.literal_eval(node.value))
            except (ValueError, TypeError):
                continue
    return values
