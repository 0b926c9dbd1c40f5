"""The visible text of HTML, a line for each block.

An attacker can write a few megabytes that take Python's own parser minutes. This parser reads a
text once.
"""

from __future__ import annotations

import html
import re

#: Elements within a line; every other element begins a new line.
_WITHIN = {
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u",
    "var", "wbr",
}  # fmt: skip

#: Ends of elements whose content is not visible text.
_SILENT = {
    tag: re.compile(f"</{tag}", re.IGNORECASE)
    for tag in ("script", "style", "template", "head", "noscript", "iframe", "object", "svg", "rt",
                "rp")
}  # fmt: skip

#: The beginning of a comment, a tag, or a declaration. No match crosses the next ``<``, so that no
#: part of a text is scanned twice. The value of an attribute may contain ``>``.
_MARKUP = re.compile(
    r"""<!--|</?([a-zA-Z][^\s/<>"']*+)(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|<[!?][^<>]*+>"""
)

_COMMENT_END = re.compile("-->")


def text_of(source: str) -> str:
    """Return the text of a fragment of HTML.

    Parameters
    ----------
    source : str
        HTML.

    Returns
    -------
    str
        A line for each block, without markup, scripts and styles.
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
