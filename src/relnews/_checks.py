"""Checks that several wings share, and the wording of their errors."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from relnews.exceptions import (
    UnknownArticleError,
)

if TYPE_CHECKING:
    pass


def expected_utf8(got: int) -> str:
    """Describe a byte that is not UTF-8."""
    return f"expected UTF-8 text, got the byte 0x{got:02X}; save or convert the file as UTF-8"


def leads_out() -> str:
    """Describe a file that is a link."""
    return "it is a link out of the folder; copy the file if it is one of the articles"


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def check_integer(name: str, value: object, *, minimum: int, maximum: int | None = None) -> int:
    """Return an integer within bounds, or raise TypeError or ValueError."""
    # NumPy's integers are of this kind, its booleans are not.
    if isinstance(value, bool) or not isinstance(value, (int, numbers.Integral)):
        msg = f"`{name}` must be an integer, got {shortened(value)}."
        raise TypeError(msg)
    value = int(value)
    if value < minimum or (maximum is not None and value > maximum):
        bounds = f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        msg = f"`{name}` must be {bounds}, got {value}."
        raise ValueError(msg)
    return value


def check_real(
    name: str, value: object, low: float, high: float, *, above: bool = False, unit: str = ""
) -> None:
    """Raise unless a value is a number between two bounds.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    value : object
    low, high : float
        The least and the largest value that is allowed; ``high`` may be infinite.
    above : bool, default=False
        Refuse ``low`` itself.
    unit : str, optional
        Of the number, for the message.

    Raises
    ------
    TypeError
        If the value is no real number.
    ValueError
        If it is out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        msg = f"`{name}` must be a number{f' of {unit}' if unit else ''}, got {shortened(value)}."
        raise TypeError(msg)
    if not low <= float(value) <= high or (above and float(value) == low):
        bounds = f"from {low:,g} to {high:,g}"
        if above:
            bounds = f"above {low:,g} and at most {high:,g}"
        if high == math.inf:
            bounds = f"at least {low:,g}"
        msg = f"`{name}` must be {bounds}{f' {unit}' if unit else ''}, got {value}."
        raise ValueError(msg)


def check_instance(name: str, value: object, kind: type, *, optional: bool = True) -> None:
    """Raise TypeError unless a value is of a class of relnews, or None if it is optional."""
    if not isinstance(value, kind) and not (optional and value is None):
        expected = f"a relnews.{kind.__name__}{' or None' if optional else ''}"
        msg = f"`{name}` must be {expected}, got {shortened(value)}."
        raise TypeError(msg)


def check_parent(file: Path) -> None:
    """Refuse to write a file into a folder that does not exist."""
    if not file.absolute().parent.is_dir():
        msg = f"cannot write {file}: there is no folder {file.parent}. Make it first."
        raise FileNotFoundError(msg)


def check_draft(title: object, text: object) -> None:
    """Reject a draft without words to rank by."""
    for name, value in (("title", title), ("text", text)):
        if not isinstance(value, str):
            msg = f"`{name}` must be a string, got {type(value).__name__}."
            raise TypeError(msg)
    if not (str(title).strip() or str(text).strip()):
        msg = "`title` and `text` are both empty; give the draft at least one of them."
        raise ValueError(msg)


def unknown_article(identifier: str, known: Iterable[str]) -> UnknownArticleError:
    """Name an id that the archive does not have, and the one that was probably meant."""
    sentence = f"no article has the id {shortened(identifier, 200)}."
    near = _nearest(identifier, known)
    return UnknownArticleError(f"{sentence} Did you mean {near!r}?" if near else sentence)


def _nearest(identifier: str, known: Iterable[str]) -> str | None:
    """Return the most similar id, if one is similar enough to be a slip."""
    import difflib  # late: a reader of lists should not wait for it

    folded = identifier.strip().casefold()
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    best, least = None, 0.75
    letters = set(folded)
    for candidate in known:
        # Two cheap upper bounds come first: an archive has many ids.
        if 2 * min(len(candidate), len(folded)) < least * (len(candidate) + len(folded)):
            continue
        theirs = candidate.casefold()
        if len(letters.symmetric_difference(theirs)) > 4:
            continue
        matcher.set_seq1(theirs)
        if matcher.real_quick_ratio() > least and matcher.quick_ratio() > least:
            ratio = matcher.ratio()
            if ratio > least:
                best, least = candidate, ratio
    return best


def shortened(value: object, length: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"


def is_missing(value: object) -> bool:
    """Tell None, NaN, NaT and pandas.NA from a value."""
    if value is None or isinstance(value, (str, list, tuple)):
        return value is None
    try:
        return bool(value != value)  # how NaN and NaT show themselves
    except (TypeError, ValueError):  # pandas.NA; arrays
        return type(value).__name__ == "NAType"


def check_weighting(title_weight: object, title_overlap: object) -> None:
    """Raise ValueError unless both weights of titles are numbers from 0 to 1000."""
    for name, value in (("title_weight", title_weight), ("title_overlap", title_overlap)):
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not is_number or not 0 <= float(value) <= 1000:  # type: ignore[arg-type]
            msg = f"`{name}` must be a number from 0 to 1000, got {shortened(value)}."
            raise ValueError(msg)


def check_stop_words(value: object) -> str | tuple[str, ...] | None:
    """Return 'language', 'english', None or a tuple of words, or raise ValueError."""
    if value is None or value in ("language", "english"):
        return value
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        words = tuple(value)
        if all(isinstance(word, str) for word in words):
            return words
    msg = (
        "`stop_words` must be 'language', 'english', an iterable of strings or None, "
        f"got {shortened(value)}. For another language pass `language`, or its list of words."
    )
    raise ValueError(msg)


def check_normalization(value: object) -> None:
    """Refuse spellings that are not known."""
    if value not in ("english", None):
        msg = f"`normalization` must be 'english' or None, got {shortened(value)}."
        raise ValueError(msg)


def check_n_jobs(value: object) -> None:
    """Reject a number of threads that joblib would not understand."""
    if value is not None and check_integer("n_jobs", value, minimum=-(2**31)) == 0:
        msg = "`n_jobs` must be at least 1, -1 for all cores, or None, got 0."
        raise ValueError(msg)
