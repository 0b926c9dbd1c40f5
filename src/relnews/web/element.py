"""Element: the module of ``<related-news>``, with its stylesheet in it."""

from __future__ import annotations

import re
from importlib import resources

from relnews.export import html

#: What a browser does not need: comments, indentation, and spaces around signs. The strings of the
#: module have no such signs with spaces.
_NOTHING = {
    "css": [(r"(?s)/\*.*?\*/", ""), (r"\s+", " "), (r" ?([{};,>]) ?|(?<=:) ", r"\1"), (r";}", "}")],
    "js": [(r"(?m)^\s*//.*\n", ""), (r"(?m)^\s+", ""), (r" ?([=<>?:&|!{},;]+) ?", r"\1")],
}


def module() -> bytes:
    """Return the module, small enough to be loaded by every page."""
    path = resources.files("relnews.web") / "related-news.js"
    source = _short(path.read_text(encoding="utf-8"), "js")
    return source.replace("STYLESHEET", _short(html.stylesheet(), "css")).encode()


def _short(source: str, kind: str) -> str:
    for pattern, replacement in _NOTHING[kind]:
        source = re.sub(pattern, replacement, source)
    return source.strip()
