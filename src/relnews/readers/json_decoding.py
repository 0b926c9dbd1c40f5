"""JSON decoding: values of JSON; an object that has a name twice keeps both values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from relnews.readers.visibility import distinct


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. As everywhere, the last of several values has the name alone."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names: Iterable[str] = distinct([name for name, _ in pairs])
        values |= zip(names, (value for _, value in pairs), strict=True)
    return values


#: Decoders of JSON: the second one takes control characters in texts.
_DECODER = json.JSONDecoder(object_pairs_hook=_mapping)
_LENIENT = json.JSONDecoder(object_pairs_hook=_mapping, strict=False)

raw_decode = _DECODER.raw_decode
loads_leniently = _LENIENT.decode


def loads(text: str | bytes) -> Any:
    """Return the value of a text, or of bytes in UTF-8, UTF-16 or UTF-32."""
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    elif text.startswith("\ufeff"):
        msg = "Unexpected UTF-8 BOM"
        raise json.JSONDecodeError(msg, text, 0)
    return _DECODER.decode(text)
