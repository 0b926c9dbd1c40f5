"""Unspaced: text in scripts without spaces, split into pairs of characters."""

from __future__ import annotations

import functools
import operator
import re

#: Letters of the scripts without spaces between words; no digits, no punctuation.
_LETTERS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ebd\u0ec0-\u0ecd\u0edc-\u0edf"  # Lao
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe"  # Myanmar
    "\uaa60-\uaa76\uaa7a-\uaa7f"
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
    "\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # Hiragana, Katakana
    "\uff66-\uff9f\U0001aff0-\U0001b16f"
    "\u3005-\u3007\u3021-\u302d\u3031-\u3035\u3038-\u303c"  # Han
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003cfff"
)

#: Marks of these scripts, many of which are also among the letters. Both tables are of Unicode 18.
_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074"
    "\u1082-\u108d\u108f\u109a-\u109d\ua9e5\uaa7b-\uaa7d"
    "\u17b4-\u17d3\u17dd"
    "\u302a-\u302d\u3099\u309a"
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # variation selectors
)

#: First bytes of these characters in UTF-8. Latin, Greek, Cyrillic, Hebrew and Arabic letters, and
#: English punctuation, have other first bytes.
_FIRST_BYTES = [bytes([first]) for first in (0xE0, 0xE1, *range(0xE3, 0xEB), 0xEF, 0xF0)]

_LETTER_RUN = re.compile(r"\w+")


def parted(text: str) -> str:
    r"""Return a text with spaces between pairs of characters in scripts without spaces.

    A run of letters becomes its overlapping pairs; a single letter stays. Marks, which ``\w`` does
    not match, are removed, because they would split the run.
    """
    if text.isascii():
        return text
    encoded = text.encode("utf-8", "surrogatepass")
    if not any(first in encoded for first in _FIRST_BYTES):
        return text
    runs, marks = _patterns()
    return runs.sub(lambda run: _LETTER_RUN.sub(_pairs, f" {marks.sub('', run[0])} "), text)


def _pairs(letters: re.Match[str]) -> str:
    run = letters[0]
    return f" {' '.join(map(operator.add, run, run[1:]))} " if len(run) > 1 else run


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a run of letters and marks, and of marks."""
    return re.compile(f"[{_LETTERS}{_MARKS}]+"), re.compile(f"[{_MARKS}]+")
