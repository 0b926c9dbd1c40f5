"""The text of HTML: what is read aloud of it, a line for each block.

Python's own parser needs minutes for some megabytes that nobody would write but to that end. This
one goes through a text once.
"""

from __future__ import annotations

import html
import re

#: Elements within a line; any other begins a new one.
_WITHIN = {
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u",
    "var", "wbr",
}  # fmt: skip

#: Where elements end whose content is no text.
_SILENT = {
    tag: re.compile(f"</{tag}", re.IGNORECASE)
    for tag in ("script", "style", "template", "head", "noscript", "iframe", "object", "svg", "rt",
                "rp")
}  # fmt: skip

#: A comment's beginning, a tag, or a declaration. None of them goes beyond the next ``<``, so that
#: no part of a text is looked at twice; the value of an attribute may have ``>`` in it.
_MARKUP = re.compile(
    r"""<!--|</?([a-zA-Z][^\s/<>"']*+)(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|<[!?][^<>]*+>"""
)

_COMMENT_END = re.compile("-->")


def text_of(source: str) -> str:
    """Return the text of a fragment of HTML.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
        A line for each block; neither markup nor what is in scripts and styles.
    """
    pieces: list[str] = []
    position = 0
    while match := _MARKUP.search(source, position):
        pieces.append(html.unescape(source[position : match.start()]))
        position = match.end()
        tag = (match[1] or "").lower()
        end = _COMMENT_END if match[0] == "<!--" else None
        if tag and match[0][1] != "/" and match[0][-2] != "/":
            end = _SILENT.get(tag)
        if end is not None:
            found = end.search(source, position)
            there = found and (found.end() if end is _COMMENT_END else found.start())
            position = len(source) if there is None else there
        if tag and tag not in _WITHIN:
            pieces.append("\n")
    pieces.append(html.unescape(source[position:]))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(filter(None, lines))
