"""Field values: what sources have where an article has a text or texts, mended if it is obvious."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from relnews.dates import is_missing

#: Names of the text in an object that stands for it, by preference.
_TEXT_NAMES = ("rendered", "main", "original", "name", "displayName", "fullName", "title", "label",
               "value", "text", "html", "content", "#text", "slug", "$oid")  # fmt: skip
_ADDRESS_NAMES = ("url", "src", "href", "contentUrl", "source_url", "link", "path", "image", "@id")

#: Names of the alternative text in an object that is an image.
_ALT_NAMES = ("alt", "alt_text", "altText", "alternativeText")

#: Fields whose value is an address.
_ADDRESSES = frozenset({"url", "image"})

#: Fields that take all of a list, and what stands between its parts. Others take the first part.
_BETWEEN = {"author": ", ", "title": " "}

#: Fields that may be an editor's document.
_DOCUMENTS = ("dek", "text")

#: Names of what is inside a part of an editor's document: of Slate, Lexical, ProseMirror, Portable
#: Text and Editor.js. Of the first two names the texts within one line are not parted.
_SPANS = ("children", "content")
_INSIDE = (*_SPANS, "root", "blocks", "data", "items", "paragraphs")

#: What parts the tags of a text, by preference: a name may have a comma in it.
_SEPARATORS = "|;,"

#: Levels of the deepest document that is read.
_DEEPEST = 50

#: The longest text that can be a list of tags in JSON.
_LONGEST_LIST = 10_000


def text_value(value: object, name: str) -> tuple[str | None, str]:
    """Return the text of a value, and how it was mended.

    Parameters
    ----------
    value : object
        A text or a number; or a list or an object, which is mended.
    name : str
        Field of `Article`.

    Returns
    -------
    text : str or None
        None for a missing value, and for one without a text in it.
    mended : str
        Empty if the value is a text or a number.
    """
    if isinstance(value, str):
        return (value if value.isascii() else _without_lone_surrogates(value)), ""
    if value is None or is_missing(value):
        return None, ""
    if name != "id" and (isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")):
        return None, f"`{name}` is True, left out" if value else ""  # no image, no author
    if not isinstance(value, (Iterable, Mapping)) and not hasattr(value, "__dict__"):
        return _number(value), ""
    if isinstance(value, bytes):
        try:
            return value.decode(), f"`{name}` is bytes, read as UTF-8"
        except UnicodeDecodeError:
            return None, f"`{name}` is bytes that are no UTF-8, left out"
    kind = type(value).__name__
    if name in _DOCUMENTS and isinstance(value, (Mapping, list, tuple)):
        whole = _document(value)
        return whole or None, f"`{name}` is a {kind}, its texts are joined"
    if isinstance(value, Mapping):
        part = _part(value, name)
        return (None, f"`{name}` is a {kind} without a text, left out") if part is None else (
            _of_part(part, name), f"`{name}` is a {kind}, one of its values is taken"
        )  # fmt: skip
    if not isinstance(value, Iterable):
        return str(value), ""
    parts = [text for part in _parts(value) if (text := _of_part(part, name))]
    if not parts:
        return None, f"`{name}` is an empty {kind}"
    if name in _BETWEEN:
        return _BETWEEN[name].join(parts), f"`{name}` is a {kind}, its parts are joined"
    return parts[0], f"`{name}` is a {kind}, the first part is taken"


def alt_of(image: object) -> str | None:
    """Return the alternative text of an image; None unless it is an object, or a list of such."""
    if isinstance(image, (list, tuple)):
        image = image[0] if image else None
    if not isinstance(image, Mapping):
        return None
    texts = (text_value(image.get(name), "image_alt")[0] or "" for name in _ALT_NAMES)
    return next(filter(None, map(str.strip, texts)), None)


def text_values(value: object, name: str) -> tuple[tuple[str, ...], str]:
    """Return the texts of a value, and how it was mended.

    Parameters
    ----------
    value : object
        A list of texts, or a text with commas, semicolons or ``|``, or a list of JSON in it; or
        objects, which are mended.
    name : str
        Field of `Article`.
    """
    mended = ""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _list_in(value)
    if isinstance(value, str):
        if "&" in value and ";" in value:
            value = html.unescape(value)
        separator = next((sign for sign in _SEPARATORS if sign in value), None)
        parts: Iterable[Any] = value.split(separator) if separator else [value]
    elif isinstance(value, Mapping):
        part = _part(value, name)
        parts, mended = ([*value] if part is None else [part]), f"`{name}` is a dict"
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        parts = [*_parts(value)]
        if not all(isinstance(part, str) or _is_plain(part) for part in parts):
            mended = f"`{name}` has parts that are no texts, their names are taken"
    elif value is None or is_missing(value):
        return (), ""
    else:
        text, mended = text_value(value, name)
        parts = [text]
    texts = (_of_part(part, name) or "" for part in parts)
    return tuple(text.strip() for text in texts if text.strip()), mended


def vector_value(value: object, name: str) -> tuple[tuple[float, ...] | None, str]:
    """Return the numbers of a vector, and why it is left out.

    Parameters
    ----------
    value : object
        Numbers, or a list of numbers in JSON.
    name : str
        Field of `Article`.
    """
    try:
        numbers: Any = json.loads(value) if isinstance(value, (str, bytes)) else value
        vector = tuple(map(float, numbers))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None, f"`{name}` is no list of numbers, left out"
    if not all(map(math.isfinite, vector)):
        return None, f"`{name}` has a number that is not finite, left out"
    return vector, ""


def _parts(values: Iterable[object]) -> Iterable[object]:
    """Return the parts of a list; of a set in the order of their texts."""
    return sorted(map(str, values)) if isinstance(values, (set, frozenset)) else values


def _part(value: Mapping[str, object], name: str) -> object | None:
    """Return the value of an object that stands for it."""
    if name == "tags" and isinstance(value.get("value"), str):
        return value["value"]  # its `name` is the kind of a tag
    names = _ADDRESS_NAMES if name in _ADDRESSES else _TEXT_NAMES
    found = (value.get(key) for key in names)
    return next((part for part in found if part and _is_plain(part)), None)


def _of_part(part: object, name: str) -> str | None:
    if isinstance(part, Mapping):
        part = _part(part, name)
    if part is None or not _is_plain(part):
        return None
    return text_value(part, name)[0]


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, bytes)) or not isinstance(value, (Iterable, Mapping))


def _document(value: object, *, is_line: bool = False, depth: int = 0) -> str:
    """Return the text of an editor's document, a line for each block."""
    if isinstance(value, str):
        return _without_lone_surrogates(value)
    if depth > _DEEPEST:
        return ""
    if isinstance(value, Mapping):
        found = (value.get(name) for name in _TEXT_NAMES)
        text = next((part for part in found if isinstance(part, str) and part), None)
        if text is not None:
            return _without_lone_surrogates(text)
        parts = [
            _document(value[name], is_line=name in _SPANS, depth=depth + 1)
            for name in _INSIDE
            if name in value
        ]
        return "\n".join(filter(None, parts))
    if not isinstance(value, (list, tuple)):
        return ""
    is_line = is_line and all(
        isinstance(part, Mapping) and isinstance(part.get("text"), str) for part in value
    )
    parts = [_document(part, depth=depth + 1) for part in value]
    return ("" if is_line else "\n").join(filter(None, parts))


def _list_in(text: str) -> object:
    """Return the list that a text is in JSON, or the text."""
    if len(text) <= _LONGEST_LIST:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if isinstance(value, list):
            return value
    return text


def _number(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a pandas column of integers with gaps
    return str(value)


def _without_lone_surrogates(text: str) -> str:
    # JSON can spell half of a surrogate pair; no encoding, file or database takes it.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
