"""Encoding: texts in UTF-8 and tables of code points, as the compiled pass takes them."""

from __future__ import annotations

import functools
import re

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews._kernels.runs import CHANGES, KIND_SHIFT, WORD


@functools.cache
def word_characters() -> NDArray[np.uint8]:
    r"""Return whether Python's ``\w`` matches each code point.

    Returns
    -------
    uint8 array of shape (0x110000,)
    """
    code_points = np.arange(0x110000, dtype="<u4").tobytes()
    every_character = code_points.decode("utf-32-le", "surrogatepass")
    is_word = np.zeros(0x110000, dtype=np.uint8)
    for run in re.finditer(r"\w+", every_character):
        is_word[run.start() : run.end()] = 1
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
    code_points = np.arange(0x110000, dtype="<u4").tobytes()
    every_character = code_points.decode("utf-32-le", "surrogatepass").replace("\u0130", "i")
    lower = every_character.lower().encode("utf-32-le", "surrogatepass")
    folded = np.frombuffer(lower, dtype="<u4").astype(np.uint32)
    is_word = word_characters()[folded].astype(np.uint32) * np.uint32(WORD << KIND_SHIFT)
    changes = (folded != np.arange(0x110000)).astype(np.uint32) * CHANGES
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
