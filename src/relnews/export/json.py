"""A list as one line of JSON."""

from __future__ import annotations

import json

from relnews.lists import RelatedList

#: What could end a ``<script>``, open a comment or an entity, or break a line of JavaScript. In
#: JSON these only occur inside strings, where an escape means the same.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def dumps(related: RelatedList) -> str:
    """Return a list as one line of JSON that may also stand inside a ``<script>``.

    Parameters
    ----------
    related : RelatedList
        The list.

    Returns
    -------
    str
        ``related.to_dict()``, its keys in the order of the fields of `RelatedItem`.
    """
    return json.dumps(related.to_dict(), ensure_ascii=False).translate(_ESCAPES)
