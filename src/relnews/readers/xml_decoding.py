"""XML decoding: the characters of a document, whatever encoding it declares."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from relnews.readers.xml_mending import without_forbidden

#: Bytes that are decoded at a time. The first ones tell the encoding.
_CHUNK = 1 << 20

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}

_DECLARED = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']""")

#: Encodings of text that extend ASCII, as Python names them.
_KNOWN = re.compile(
    r"utf-8|iso8859-\d+|cp\d+|koi8-[rtu]|mac-[\w-]+|gbk|gb2312|gb18030|big5\w*|euc_\w+|shift_\w+"
    r"|iso2022_\w+|hz|johab|tis-620|kz1048|ptcp154"
)

#: The control characters that XML does not allow.
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r"})

#: The encoding that is meant where ASCII or ISO 8859-1 is declared, and of bytes that are no UTF-8.
_WESTERN = "cp1252"


def _as_western(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are wrong in their encoding as Windows-1252."""
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return wrong.decode(_WESTERN, "replace"), error.end


codecs.register_error("relnews.western", _as_western)


def decoded(stream: BinaryIO, mended: list[str]) -> Iterator[str]:
    """Yield the text of a document in chunks, without characters that XML does not allow.

    Parameters
    ----------
    stream : binary file
        XML.
    mended : list of str
        Gets a sentence for each kind of thing that was mended.
    """
    chunk = stream.read(_CHUNK)
    encoding = _encoding_of(chunk, mended)
    strict = codecs.getincrementaldecoder(encoding)("strict")
    lenient = codecs.getincrementaldecoder(encoding)("relnews.western")
    while True:
        is_last = not chunk
        state = strict.getstate()
        try:
            text = strict.decode(chunk, is_last)
        except UnicodeDecodeError:
            lenient.setstate(state)
            text = lenient.decode(chunk, is_last)
            strict.setstate(lenient.getstate())
            _add(mended, f"bytes that are not {encoding.upper()} are read as Windows-1252")
        if _may_have_forbidden(chunk, encoding):
            text, had_forbidden = without_forbidden(text)
            if had_forbidden:
                _add(mended, "control characters are left out")
        yield text
        if is_last:
            return
        chunk = stream.read(_CHUNK)


def _encoding_of(beginning: bytes, mended: list[str]) -> str:
    """Return the name of the encoding of a document, by its first bytes."""
    for bom, name in _BOMS.items():
        if beginning.startswith(bom):
            return name
    match = _DECLARED.search(beginning[:1000])
    declared = "utf-8" if match is None else match[1].decode("ascii", "replace")
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        name = ""
    if name == "utf-8":
        return name
    if _is_utf8(beginning):
        mended.append(f"the declared encoding {declared} is wrong, it is UTF-8")
        return "utf-8"
    if name == "ascii" or (name.startswith("iso8859-1") and not name[9:]):
        return _WESTERN  # as browsers do
    if _KNOWN.fullmatch(name):
        return name
    mended.append(f"the declared encoding {declared} is unknown, UTF-8 is taken")
    return "utf-8"


def _is_utf8(beginning: bytes) -> bool:
    """Return whether bytes are UTF-8 with other characters than ASCII."""
    if beginning.isascii():
        return False
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(beginning)
    except UnicodeDecodeError:
        return False
    return True


def _may_have_forbidden(chunk: bytes, encoding: str) -> bool:
    """Return whether bytes may have characters that XML does not allow, four times faster."""
    return (
        encoding.startswith(("utf-16", "utf-32"))
        or len(chunk.translate(None, _CONTROLS)) < len(chunk)
        or b"\xef" in chunk  # the first byte of U+FFFE in UTF-8
    )


def _add(mended: list[str], sentence: str) -> None:
    if sentence not in mended:
        mended.append(sentence)
