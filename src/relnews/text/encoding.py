"""Encoding: texts in UTF-8 and tables of code points, as the compiled pass takes them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews._kernels.runs import CHANGES, KIND_SHIFT, WORD

#: Number of all code points.
N_CHARACTERS = 0x110000

#: Characters from this one on are no letters or digits.
_END_OF_LETTERS = 0x40000

#: Characters from this one on are their own lower case.
END_OF_CASE = 0x20000


def characters(end: int) -> NDArray[np.str_]:
    """Return the characters below a code point, as an array of strings; the first is empty."""
    return np.arange(end, dtype="=u4").view("=U1")


@functools.cache
def word_characters() -> NDArray[np.uint8]:
    r"""Return whether Python's ``\w`` matches each code point.

    Returns
    -------
    uint8 array of shape (0x110000,)
    """
    is_word = np.zeros(N_CHARACTERS, dtype=np.uint8)
    is_word[:_END_OF_LETTERS] = np.char.isalnum(characters(_END_OF_LETTERS))
    is_word[ord("_")] = 1
    return frozen(is_word)


@functools.cache
def folded_characters() -> NDArray[np.uint32]:
    """Return the lower-cased code point of each code point, with bits for the tokenizer.

    Returns
    -------
    uint32 array of shape (0x110000,)
        The bits are those of `relnews._kernels.runs`: `CHANGES`, and the kind `WORD`. U+0130, whose
        lower case has two characters, gets no special value; see `encode`.
    """
    folded = np.arange(N_CHARACTERS, dtype=np.uint32)
    cased = folded[:END_OF_CASE].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    lower = cased.replace("\u0130", "i").lower().encode("utf-32-le", "surrogatepass")
    folded[:END_OF_CASE] = np.frombuffer(lower, dtype="<u4")
    is_word = word_characters()[folded].astype(np.uint32) * np.uint32(WORD << KIND_SHIFT)
    changes = (folded != np.arange(N_CHARACTERS)).astype(np.uint32) * CHANGES
    return frozen(folded | is_word | changes)


def encode(text: str, *, lower: bool = True) -> tuple[bytes, bool]:
    """Return a text in UTF-8 for `relnews.text.vocabulary.Runs`, and whether it is ASCII.

    Only texts that cannot be lower-cased character by character are lower-cased here.
    """
    if text.isascii():
        return text.encode(), True
    if lower and ("\u0130" in text or "\u03a3" in text):
        text = text.lower()
    return text.encode("utf-8", "surrogatepass"), False
