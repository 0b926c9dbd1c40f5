"""Characters: one spelling of a text, so that words that look alike are equal.

The rules are those of Unicode's word boundaries (UAX 29) and normalization forms (UAX 15). Where
relnews differs, docs/explanation/tokens-and-scripts.md says why.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews._kernels.runs import CAPITAL, CHANGES, KIND_SHIFT, POINT, SMALL, TWICE, WORD
from relnews.text.encoding import END_OF_CASE, characters, folded_characters
from relnews.text.languages import MARK
from relnews.text.unspaced import parted

#: Characters that are written as an apostrophe, U+0027.
APOSTROPHES = "\u2019\u2018\u201b\u02bc\u02bb\u02b9\u00b4\uff07"

_AS_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))

#: Characters that may need work, a few that need none included. Text without any of them is NFC,
#: has no compatibility letter, mark or format character, and spaces between words. Latin, Greek,
#: Cyrillic, Armenian, Arabic, Ethiopic and Georgian letters, Hangul and punctuation are not here.
_SPECIAL = re.compile(
    "[\xaa\xad\xb2\xb3\xb5\xb7\xb9\xba\u0132\u0133\u013f\u0140\u0149\u017f\u01c4-\u01cc\u01f1-\u01f3"
    "\u02b0-\u02b8\u02e0-\u02e4\u0300-\u037e\u0387\u03d0-\u03d6\u03f0-\u03f9\u0483-\u0489\u0587"
    "\u0591-\u0605\u0610-\u061c\u0640\u064b-\u065f\u0670\u0675-\u0678\u06d6-\u06ed\u0700-\u109f"
    "\u10fc\u1100-\u11ff\u135d-\u135f\u1700-\u1aff\u1b00-\u1dff\u1e9b\u1f00-\u1fff\u200b-\u200f"
    "\u202a-\u202e\u2060-\u209c\u20d0-\u2121\u2123-\u218b\u2460-\u24ff\u2c7c-\u2c7f\u2cef-\u2cf1\u2d6f-\u2dff"
    "\u2e2f\u3005-\u9fff\ua66f-\ua6ff\ua700-\uabff\ud7b0-\ud7ff\uf900-\uff06\uff08-\ufffb"
    "\u1e9a\u2000\u2001\u2329\u232a\u2adc\U00010000-\U0001f0ff\U0001fbf0-\U0010ffff]"
)

_ASCII = bytes(range(128))

_ASCII_RUN = re.compile(r"\w+")

_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")

#: Format characters and marks that no reader sees: soft hyphen, joiners, direction marks, byte
#: order mark, variation selectors. The zero-width space is not here: it separates words.
_INVISIBLE = (
    "\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200c-\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
    "\U000e0100-\U000e01ef"
)

#: Marks that writers may leave out: enclosing marks, Hebrew points, Arabic vowel signs, tatweel.
_OPTIONAL = (
    "\u0488\u0489\u1abe\u20dd-\u20e0\u20e2-\u20e4\ua670-\ua672"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05c9"
    "\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8"
    "\u06ea-\u06ed\u0897-\u089f\u08ca-\u08e1\u08e3-\u08ff"
)

_UNSEEN = re.compile(f"[{_INVISIBLE}{_OPTIONAL}]+")

#: A dot above a letter that has a dot already.
_SECOND_DOT = re.compile("\u0307(?<=[ijį]\u0307)")

#: Hebrew abbreviations and loan words have quotation marks inside, Catalan has l·l.
_INNER = re.compile(
    "[\"'\xb7\u05f3\u05f4\u2019\u201c\u201d\u201e]"
    "(?:(?<=[א-ת][^\xb7])(?=[א-ת])|(?<=[lL]\xb7)(?=[lL]))"
)

#: Malayalam consonants without a vowel, as Unicode wrote them before it had letters for them.
_CHILLUS = {
    f"{letter}\u0d4d\u200d": chillu for letter, chillu in zip("ണനരലളക", "ൺൻർൽൾൿ", strict=True)
}


def is_special(encoded: bytes) -> bool:
    """Return whether a text in UTF-8 has a character that `settled` may change.

    Texts in Latin script have few characters beyond ASCII, so ASCII is removed first.
    """
    rest = encoded.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return _SPECIAL.search(rest) is not None


def settled(text: str) -> str:
    """Return a text as NFC, with one spelling of letters, and with spaces in unspaced scripts.

    Only texts for which `is_special` is true change.
    """
    if text.isascii() or not _SPECIAL.search(text):
        return text
    text = unicodedata.normalize("NFC", text.replace(MARK, " "))
    text = unicodedata.normalize("NFC", _SECOND_DOT.sub("", text))
    for old, new in _CHILLUS.items():
        text = text.replace(old, new)
    text = _UNSEEN.sub("", _SPECIAL.sub(_plain_letters, text))
    text = unicodedata.normalize("NFC", text)
    text = _patterns(in_bmp=not _BEYOND_BMP.search(text))[1].sub("", text)
    return parted(_INNER.sub("", text))


def with_apostrophes(text: str) -> str:
    """Return a text in which every apostrophe is U+0027."""
    return text if text.isascii() else text.translate(_AS_APOSTROPHE)


def lowered(text: str) -> str:
    """Return a settled text in lower case, with one sigma, and ss for ß."""
    if text.isascii():
        return text.lower()
    return text.replace("İ", "i").lower().replace("ς", "σ").replace("ß", "ss")


def word_pattern(text: str) -> re.Pattern[str]:
    r"""Return the pattern of a run of word characters, ``\w`` and marks, for a text."""
    if text.isascii():
        return _ASCII_RUN
    return _patterns(in_bmp=not _BEYOND_BMP.search(text))[0]


@functools.cache
def marks() -> str:
    """Return the combining marks, which belong to the word of the letter before them."""
    ranges = (0x300, 0x3100), (0xA66F, 0xAC00), (0xFB00, 0xFE30), (0x10000, 0x20000)
    every = map(chr, itertools.chain.from_iterable(itertools.starmap(range, ranges)))
    return "".join(char for char in every if unicodedata.category(char)[0] == "M")


@functools.cache
def _patterns(*, in_bmp: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a word, and of marks without a letter.

    `re` looks up characters of the Basic Multilingual Plane in a table, but compares others with
    every range of a set: 160 ns a character instead of 5.
    """
    mark = _as_ranges(_BEYOND_BMP.sub("", marks()) if in_bmp else marks())
    return (
        re.compile(rf"[\w{mark}]+"),
        re.compile(rf"[{mark}](?<![\w{mark}][{mark}])[{mark}]*"),
    )


def _as_ranges(characters: str) -> str:
    """Return ascending characters as they are written in a set of a pattern."""
    numbered = enumerate(map(ord, characters))
    runs = (
        [point for _, point in run]
        for _, run in itertools.groupby(numbered, lambda pair: pair[1] - pair[0])
    )
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


def _plain_letters(special: re.Match[str]) -> str:
    """Return a special character as the plain letters that it is a variant of."""
    return _plain_letter(special[0])


@functools.lru_cache(maxsize=1 << 16)
def _plain_letter(letter: str) -> str:
    """Return the plain form of a letter or digit: of full-width A, A; of the ligature fi, fi.

    Letters whose plain form has other characters, such as fractions, stay.
    """
    if letter in "Ŀŀ":  # l with the dot of l·l
        return "L" if letter == "Ŀ" else "l"
    if letter in "\u0e33\u0eb3":  # a Thai and a Lao vowel, of which only half is a mark
        return letter
    if unicodedata.category(letter)[0] not in "LNM":
        return letter
    plain = unicodedata.normalize("NFKC", letter).strip()
    is_word = word_pattern(plain).fullmatch(plain) is not None
    return plain if is_word else letter


@functools.cache
def article_characters() -> NDArray[np.uint32]:
    """Return the table of code points for articles; see `relnews._kernels.runs`.

    Returns
    -------
    uint32 array of shape (0x110000,)
        As `folded_characters`, with marks as word characters, one apostrophe, one sigma, ß as ss,
        and whether letters are capital or small.
    """
    table = folded_characters() & ~np.uint32(CAPITAL << KIND_SHIFT | SMALL << KIND_SHIFT)
    cased = characters(END_OF_CASE)
    for is_cased, case in ((np.char.isupper(cased), CAPITAL), (np.char.islower(cased), SMALL)):
        table[:END_OF_CASE][is_cased] |= np.uint32(case << KIND_SHIFT)
    table[[*map(ord, marks())]] |= np.uint32(WORD << KIND_SHIFT)
    table[[*map(ord, APOSTROPHES)]] = np.uint32(ord("'")) | CHANGES
    for char, lower, flags in (("ς", "σ", 0), ("Σ", "σ", 0), ("İ", "i", 0), ("ß", "s", TWICE),
                               ("ẞ", "s", TWICE)):  # fmt: skip
        kind = table[ord(char)] & ~(POINT | TWICE)
        table[ord(char)] = kind | np.uint32(ord(lower)) | CHANGES | np.uint32(flags)
    return frozen(table)
