"""XML entries: the items of a feed or an export, one after another, each parsed by itself.

A document that is not well-formed costs at most the entries that are broken. No entity is
expanded, nothing is fetched, and no more than one entry is held in memory.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple
from xml.etree import ElementTree as ET
from xml.parsers.expat import errors
from xml.sax.saxutils import quoteattr

from relnews.readers import _errors
from relnews.readers.xml_decoding import decoded
from relnews.readers.xml_mending import elements_in, with_references

#: Characters of the longest entry, and of the longest beginning of a document.
LONGEST = 32 << 20

#: The most tags of an entry, and of the beginning of a document; HTML that is text counts, too.
#: An export of WordPress has 30 tags for each comment on an article.
MOST_TAGS = 1_000_000

#: The beginning or the end of an entry, or the end of a document.
#: The pattern begins with one character, so that the search skips all others.
_TAG = (
    r"<(?:(/?)({name})(?=[\s/>])[^<>]*>"
    r"|(/(?:[A-Za-z][\w.-]*:)?(?:rss|feed|RDF|channel)\s*>))"
)
_FIRST_TAG = re.compile(_TAG.format(name=r"(?:[A-Za-z][\w.-]*:)?(?:item|entry)"))

#: Beginnings of parts in which tags are text, and their ends.
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_COMMENT, _COMMENT_END = "<!--", "-->"

#: Characters of the longest tag that may be cut in two by the end of a chunk.
_LONGEST_TAG = 1000

_DECLARATION = re.compile(r"<\?xml\s[^>]*>")
_ELEMENT = re.compile(r"<([A-Za-z][\w.-]*)")
_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:rss|feed|RDF|channel)\b")
_NAMESPACE = re.compile(r"""\sxmlns:([\w.-]+)\s*=\s*(?:"([^"<]+)"|'([^'<]+)')""")
_DEFAULT_NAMESPACE = re.compile(r"""\sxmlns\s*=\s*(?:"([^"<]+)"|'([^'<]+)')""")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_UNBOUND = errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]

#: Namespaces of prefixes that documents use without declaring them.
_NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "excerpt": "http://wordpress.org/export/1.2/excerpt/",
    "wp": "http://wordpress.org/export/1.2/",
}

#: The names that namespaces have here. Those of RSS and Atom have none.
_SHORT = {space: prefix for prefix, space in _NAMESPACES.items()} | {
    "http://search.yahoo.com/mrss": "media",
    "http://www.w3.org/2005/Atom": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://www.w3.org/XML/1998/namespace": "xml",
}  # fmt: skip
_WORDPRESS = re.compile(r"https?://wordpress\.org/export/[\d.]+/(excerpt/)?")


class Head(NamedTuple):
    """What a document has before its first entry, or a part of it that was mended.

    Parameters
    ----------
    root : Element or None
        The root with the elements before the first entry; None if there is no element.
    mended : list of str
        What was mended.
    problem : str, default=""
        Why the document is not read, if it is not.
    """

    root: ET.Element | None
    mended: list[str]
    problem: str = ""


class Entry(NamedTuple):
    """An entry of a document.

    Parameters
    ----------
    element : Element or None
        The entry; None if it cannot be read.
    mended : list of str
        What was mended; or why the entry cannot be read.
    """

    element: ET.Element | None
    mended: list[str]


def entries(stream: BinaryIO) -> Iterator[Head | Entry]:
    """Yield the head of a document, each entry, and a head without a root if the end was mended.

    Parameters
    ----------
    stream : binary file
        RSS, Atom, or an export of WordPress.
    """
    mended: list[str] = []
    splitter = _Splitter()
    parts = splitter.parts(decoded(stream, mended))
    head, names = _head(next(parts), mended)
    spaces = _Namespaces(names)
    if head.root is not None and not (splitter.name or splitter.has_end):
        head = head._replace(problem="expected entries, got the beginning of a document only")
    yield head
    reported = [*mended]
    for part in parts:
        entry = _entry(part, spaces)
        if entry is None or _has_swallowed(part, entry.element, splitter.name):
            yield from _resumed(part, spaces, splitter.name, is_whole=not splitter.is_cut_off)
        else:
            yield entry
    if splitter.name and not (splitter.has_end or splitter.is_cut_off):
        mended.append("the end of the document is missing")
    if mended != reported:
        yield Head(None, [sentence for sentence in mended if sentence not in reported])


def _is_known(space: str) -> bool:
    """Return whether a namespace has a name here. If not, its prefix tells what it is."""
    return space in _SHORT or _WORDPRESS.fullmatch(space) is not None


@functools.lru_cache(4096)
def name_of(tag: str) -> str:
    """Return the name of an element or attribute with the usual prefix of its namespace.

    Parameters
    ----------
    tag : str
        As ElementTree has it. A namespace that is unknown here is the prefix itself.
    """
    space, brace, local = tag.rpartition("}")
    if not brace:
        return tag
    space = space[1:]
    if match := _WORDPRESS.fullmatch(space):
        return f"{'excerpt' if match[1] else 'wp'}:{local}"
    prefix = _SHORT.get(space, space)
    return f"{prefix}:{local}" if prefix else local


class _Namespaces:
    """The namespaces that a document declares before its first entry.

    Parameters
    ----------
    names : dict of str to str
        Prefix to namespace.
    """

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self._opening = _opening(names)

    def parsed(self, source: str) -> ET.Element | None:
        """Return the element of a source, or None if the source is not well-formed."""
        try:
            return next(iter(ET.fromstring(f"{self._opening}{source}</x>")), None)
        except ET.ParseError as error:
            if error.code != _UNBOUND:
                return None
        used = {first or second for first, second in _PREFIX.findall(source)} - {"xml", "xmlns"}
        opening = _opening({prefix: f"urn:{prefix}" for prefix in used} | self.names)
        try:
            return next(iter(ET.fromstring(f"{opening}{source}</x>")), None)
        except ET.ParseError:
            return None


def _opening(names: dict[str, str]) -> str:
    spaces = (
        f" xmlns{prefix and ':'}{prefix}={quoteattr(space)}"
        for prefix, space in names.items()
        if space or not prefix
    )
    return f"<x{''.join(spaces)}>"


class _Splitter:
    """Cuts a document at the beginnings and ends of its entries.

    Attributes
    ----------
    name : str
        Name of the entries, with its prefix; empty before the first one.
    has_end : bool
        Whether the end of the document was found.
    is_cut_off : bool
        Whether the document ended in the middle of the latest entry.
    """

    def __init__(self) -> None:
        self.name = ""
        self.has_end = False
        self.is_cut_off = False
        self._text = ""
        self._start: int | None = 0  # of the part, of which the end is not found yet
        self._position = 0  # of the first character that has not been looked at
        self._outside = 0  # of a character that is in no CDATA and no comment
        self._awaited = ""  # end of the part in which tags are text
        self._tag = _FIRST_TAG
        self._beginning = self._ending = ""
        self._end: int | None = None  # position of the next ending in this text, or -1

    def parts(self, chunks: Iterator[str]) -> Iterator[str]:
        """Yield the text before the first entry, then each entry."""
        for chunk in chunks:
            self._text += chunk
            self._end = None
            yield from self._found()
            kept = self._outside if self._start is None else self._start
            self._text = self._text[kept:]
            self._position -= kept
            self._outside -= kept
            if self._start is not None:
                self._start = 0
            if len(self._text) > LONGEST:
                yield self._text
                if not self.name:
                    return
                self._text, self._start, self._awaited = "", None, ""
                self._position = self._outside = 0
        if self._start is not None:
            self.is_cut_off = bool(self.name)
            yield self._text

    def _found(self) -> Iterator[str]:
        """Yield the parts that end in the text."""
        while True:
            if self._awaited:
                end = self._text.find(self._awaited, self._position)
                if end < 0:
                    end = len(self._text) - len(self._awaited) + 1
                    self._position = max(self._position, end)
                    return
                self._position = self._outside = end + len(self._awaited)
                self._awaited = ""
            match = self._next_tag()
            if match is None:
                cut = self._text.rfind("<", max(self._position, len(self._text) - _LONGEST_TAG))
                self._position = len(self._text) if cut < 0 else cut
                return
            self._position = match.end()
            self._awaited = self._end_of_part(match.start())
            if self._awaited:
                continue
            self._outside = match.end()
            if match[3] is not None:
                self.has_end = True
                if self.name and self._start is not None:
                    yield self._text[self._start : match.start()]
                    self._start = None
            elif self.name or not match[1]:
                yield from self._at(match)

    def _next_tag(self) -> re.Match[str] | None:
        """Return the next tag of an entry, or the end of the document."""
        if self._ending and self._start is not None:
            # Most often it is the next end of an entry; looking for it alone is faster.
            if self._end is None or 0 <= self._end < self._position:
                self._end = self._text.find(self._ending, self._position)
            if self._end >= 0 and self._text.find(self._beginning, self._position, self._end) < 0:
                return self._tag.match(self._text, self._end)
        return self._tag.search(self._text, self._position)

    def _end_of_part(self, position: int) -> str:
        """Return the end of the CDATA or comment that a position is in; empty if it is in none."""
        text, start = self._text, self._outside
        start = max(start, text.rfind(_CDATA_END, start, position))
        if text.find(_CDATA, start, position) >= 0:
            return _CDATA_END
        comment = text.rfind(_COMMENT, start, position)
        return _COMMENT_END if comment > text.rfind(_COMMENT_END, start, position) else ""

    def _at(self, match: re.Match[str]) -> Iterator[str]:
        """Yield the parts that end at the beginning or the end of an entry."""
        is_end = bool(match[1])
        if not is_end:
            if not self.name:
                self.name = match[2]
                self._tag = re.compile(_TAG.format(name=re.escape(self.name)))
                self._beginning, self._ending = f"<{self.name}", f"</{self.name}>"
            if self._start is not None:  # the head, or an entry without an end
                yield self._text[self._start : match.start()]
            self._start = match.start()
        if self._start is not None and (is_end or match[0].endswith("/>")):
            yield self._text[self._start : match.end()]
            self._start = None


def _head(text: str, mended: list[str]) -> tuple[Head, dict[str, str]]:
    """Return the elements before the first entry, and the namespaces that they declare."""
    text = text.lstrip("\ufeff")
    start = _DECLARATION.search(text) or _ROOT.search(text)
    before = text[: start.start()] if start else ""
    if start and before.strip() and not (before.lstrip().startswith("<") and start[0][1] != "?"):
        mended.append("the text before the document is left out")
        text = text[start.start() :]
    elif start and before and start[0][1] == "?":
        mended.append("the blank before the XML declaration is left out")
    start = _ROOT.search(text)
    if start is None:
        element = _ELEMENT.search(text)
        return Head(None if element is None else ET.Element(element[1]), [*mended]), _NAMESPACES
    # No definition of an entity stands in what is left.
    text = text[start.start() :]
    names = _NAMESPACES | {
        match[1]: space
        for match in _NAMESPACE.finditer(text)
        if (space := match[2] or match[3]) and (match[1] not in _NAMESPACES or _is_known(space))
    }
    if (default := _DEFAULT_NAMESPACE.search(text)) and not _is_known(default[1] or default[2]):
        text = text.replace(default[0], "")
    elif default:
        names[""] = default[1] or default[2]
    if text.count("<") > MOST_TAGS or len(text) > LONGEST:
        return Head(None, [], _errors.too_many_tags(MOST_TAGS)), names
    root, is_broken = _root(text)
    if is_broken:
        text, how = with_references(text)
        mended += how
        root, _ = _root(text)
    return Head(root, [*mended]), names


def _root(text: str) -> tuple[ET.Element | None, bool]:
    """Return the root of the beginning of a document, and whether it is broken."""
    parser: Any = ET.XMLPullParser(["start"])
    is_broken = False
    try:
        parser.feed(text.strip())
    except ET.ParseError:
        is_broken = True
    try:
        event = next(iter(parser.read_events()), None)
    except ET.ParseError:  # before the first element
        event = None
    root = event[1] if event else None
    return (root if isinstance(root, ET.Element) else None), is_broken


def _has_swallowed(source: str, entry: ET.Element | None, name: str) -> bool:
    """Return whether a CDATA without an end goes on to the same element of a later entry.

    Its text then has the beginning of an entry, and of its own element with a CDATA, but not the
    end of that. In a text about feeds both are there.
    """
    if entry is None or source.count(f"<{name}") == 1:
        return False
    for element in entry.iter():
        _, begins, text = (element.text or "").partition(f"<{name}")
        if begins and _CDATA in text:
            tag = rf"(?:[\w.-]+:)?{re.escape(element.tag.rpartition('}')[2])}\b"
            depth = 0
            for match in re.finditer(rf"<{tag}[^<>]*>\s*<!\[CDATA\[|(\]\]>\s*</{tag})", text):
                depth = max(0, depth - 1) if match[1] else depth + 1
            if depth:
                return True
    return False


def _resumed(source: str, spaces: _Namespaces, name: str, *, is_whole: bool) -> Iterator[Entry]:
    """Yield the entry of a source that is broken, or several if it has swallowed others."""
    starts = [match.start() for match in re.finditer(rf"<{re.escape(name)}(?=[\s/>])", source)]
    for start, end in zip(starts, [*starts[1:], len(source)], strict=True):
        part = source[start:end]
        entry = _entry(part, spaces) if len(starts) > 1 else None
        yield entry or _broken(part, spaces, is_whole=is_whole or end < len(source))


def _entry(source: str, spaces: _Namespaces) -> Entry | None:
    """Return the entry of a source; None if its tags do not match."""
    if len(source) > LONGEST or source.count("<") > MOST_TAGS:
        return None
    element = spaces.parsed(source)
    if element is not None:
        return Entry(element, [])
    source, mended = with_references(source)
    element = spaces.parsed(source)
    return None if element is None else Entry(element, mended)


def _broken(source: str, spaces: _Namespaces, *, is_whole: bool) -> Entry:
    """Return the entry of a source whose tags do not match."""
    if len(source) > LONGEST or source.count("<") > MOST_TAGS:
        return Entry(None, [_errors.too_many_tags(MOST_TAGS)])
    if not is_whole:
        return Entry(None, ["the document ends in the middle of this entry"])
    source, mended = with_references(source)
    content = source[source.find(">") + 1 :]
    element = ET.Element("item")
    element.extend(elements_in(content, spaces.names, spaces.parsed))
    return Entry(element, [*mended, "tags that do not match are read as HTML"])
