"""A list as one line of JSON."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from relnews.articles import TUPLES
from relnews.results import SHOWN, RelatedList

_STRING = {"type": "string"}

#: Characters that could end a ``<script>``, open a comment or an entity, or break a line of
#: JavaScript. In JSON they occur only inside strings, where an escape means the same.
_ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def dumps(related: RelatedList) -> str:
    """Return a list as one line of JSON that may also stand inside a ``<script>``.

    Parameters
    ----------
    related : RelatedList
        The list.

    Returns
    -------
    str
        ``related.to_dict()``, its keys in the order of the fields of `RelatedItem`. Equal lists
        give equal lines.
    """
    return line(related.to_dict())


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the JSON that `dumps` writes.

    A field of `RelatedItem` that the file does not describe is described by its type.
    """
    file = resources.files("relnews.export") / "related-list.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    described = loaded["$defs"]["item"]["properties"]
    for name in SHOWN:
        described.setdefault(name, {"$ref": "#/$defs/strings"} if name in TUPLES else _STRING)
    return loaded


def line(value: object) -> str:
    """Return JSON values as one line that may stand inside a ``<script>``.

    Parameters
    ----------
    value : object
        JSON values.
    """
    text = json.dumps(value, ensure_ascii=False)
    for character, escape in _ESCAPES.items():  # ten times faster than `translate`
        text = text.replace(character, escape)
    return text
