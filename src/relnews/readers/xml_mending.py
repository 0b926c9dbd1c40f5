"""Mended XML: what is not well-formed in an entry of a feed or an export, made well-formed.

No text is lost: what is no markup becomes text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.entities import html5
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

#: Characters that XML does not allow. Those that separate words become a blank.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SEPARATORS = "\x0b\x0c\x1c\x1d\x1e\x1f"

#: What may be wrong: the beginning of a part that is left as it is, a reference, or an "&" or "<"
#: that begins nothing.
_SUSPECT = re.compile(
    r"<!\[CDATA\[|<!--|<\?|&(?:#\d{1,9};|#[xX][\da-fA-F]{1,8};|[A-Za-z][A-Za-z0-9]{1,31};)?"
    r"|<(?![/A-Za-z_!?])"
)

#: Ends of the parts that are left as they are.
_ENDS = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>"}

#: Entities that XML itself has.
_XML_ENTITIES = frozenset({"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})

#: Two references that are one character: the halves of a surrogate pair, in decimal or hexadecimal.
_PAIR = re.compile(r"&#(x[\da-f]{4}|\d{5});&#(x[\da-f]{4}|\d{5});", re.IGNORECASE)

#: The beginning and the end of an element.
_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]*(?::[\w.-]+)?)((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)>")
_END = re.compile(r"</([A-Za-z_][\w.-]*(?::[\w.-]+)?)(?![\w.:-])")
_NAME = re.compile(r"[\w.:-]")

#: Attribute of an element whose markup was no XML: its text is HTML.
IS_HTML = "is-html"


def without_forbidden(text: str) -> tuple[str, bool]:
    """Return a text without the characters that XML does not allow, and whether it had any.

    Parameters
    ----------
    text : str
    """
    text, n_forbidden = _FORBIDDEN.subn(lambda m: " " if m[0] in _SEPARATORS else "", text)
    return text, n_forbidden > 0


def with_references(text: str) -> tuple[str, list[str]]:
    """Return XML whose references are XML's own, and what was mended.

    Entities of HTML and references to characters that XML does not allow become characters. An
    ``&`` or ``<`` that begins nothing becomes text.

    Parameters
    ----------
    text : str
        A part of a document. CDATA, comments and instructions are left as they are.
    """
    pieces: list[str] = []
    mended: dict[str, None] = {}
    missing: set[str] = set()
    done = position = 0
    while match := _SUSPECT.search(text, position):
        found = match[0]
        position = match.end()
        if found in _ENDS:
            end = -1 if found in missing else text.find(_ENDS[found], position)
            if end >= 0:
                position = end + len(_ENDS[found])
                continue
            missing.add(found)  # so that no part is searched twice
            piece, kind = escape(found), "a part without an end is text"
        elif found.startswith("&#"):
            piece, kind, position = _character(text, match)
        elif found in ("&", "<"):
            piece, kind = escape(found), f"a stray {found} is text"
        elif found not in _XML_ENTITIES:
            known = html5.get(found[1:])
            piece = escape(found) if known is None else escape(known)
            kind = f"{found} is {'text' if known is None else repr(known)}"
        else:
            continue
        if kind:
            mended[kind] = None
            pieces += (text[done : match.start()], piece)
            done = position
    return "".join((*pieces, text[done:])), [*mended]


def elements_in(
    source: str, names: dict[str, str], parse: Callable[[str], ET.Element | None]
) -> list[ET.Element]:
    """Return the elements of an entry whose tags do not match.

    An element that is not well-formed either gets `IS_HTML`, and its markup is its text.

    Parameters
    ----------
    source : str
        The content of the entry.
    names : dict of str to str
        Prefix to namespace.
    parse : callable
        Returns the element of XML, or None if it is not well-formed.
    """
    elements = []
    last_ends = {match[1]: match.start() for match in _END.finditer(source)}
    position = 0
    while match := _ELEMENT.search(source, position):
        position = match.end()
        name = match[1]
        if match[2].endswith("/"):
            inner = ""
        elif last_ends.get(name, -1) < position:
            continue  # so that no part is searched twice
        else:
            end = source.index(f"</{name}", position)
            while _NAME.match(source, end + len(name) + 2):
                end = source.index(f"</{name}", end + 1)
            inner = source[position:end]
            position = end
        element = parse(f"<{name}{match[2].removesuffix('/')}>{inner}</{name}>")
        if element is None:
            element = ET.Element(qualified(name, names), {IS_HTML: ""})
            element.text = inner.replace("<![CDATA[", "").replace("]]>", "")
        elements.append(element)
    return elements


def qualified(name: str, names: dict[str, str]) -> str:
    """Return the name of an element as ElementTree has it.

    Parameters
    ----------
    name : str
        A name with or without a prefix.
    names : dict of str to str
        Prefix to namespace; the empty prefix is that of elements without one.
    """
    prefix, _, local = name.rpartition(":")
    space = names.get(prefix, prefix)
    return f"{{{space}}}{local}" if space else local


def _character(text: str, match: re.Match[str]) -> tuple[str, str, int]:
    """Return the character of a reference, how it was mended if it was, and where it ends."""
    if pair := _PAIR.match(text, match.start()):
        high, low = (_code(part) for part in pair.groups())
        if 0xD800 <= high < 0xDC00 <= low < 0xE000:
            character = chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
            return character, f"{pair[0]} is {character!r}", pair.end()
    code = _code(match[0][2:-1])
    if code <= 0x10FFFF and not _FORBIDDEN.match(chr(code)):
        return match[0], "", match.end()
    character = html.unescape(match[0])  # U+FFFD, or nothing for a control character
    return without_forbidden(character)[0], f"{match[0]} is no character", match.end()


def _code(digits: str) -> int:
    return int(digits[1:], 16) if digits[0] in "xX" else int(digits)
