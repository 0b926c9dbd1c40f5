"""Checks: checks that several wings share, and the texts of their errors."""

from __future__ import annotations

import errno
import math
import numbers
from collections.abc import Iterable
from pathlib import Path

#: Parts of all lists, or of an input, at most: each that is missing is named.
MAX_PARTS = 1_000_000


def check_part(part: object) -> tuple[int, int]:
    """Return a part such as (3, 64), or raise TypeError or ValueError."""
    if not isinstance(part, tuple) or len(part) != 2:
        msg = f"`part` must be two integers such as (3, 64), got {shortened(part)}."
        raise TypeError(msg)
    count = check_integer("part", part[1], minimum=1, maximum=MAX_PARTS)
    return check_integer("part", part[0], minimum=1, maximum=count), count


def expected_utf8(got: int) -> str:
    """Return the description of a byte that is not UTF-8."""
    return f"expected UTF-8 text, got the byte 0x{got:02X}; save or convert the file as UTF-8"


def leads_out() -> str:
    """Return the description of a file that is a link."""
    return "it is a link out of the folder; copy the file if it is one of the articles"


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def check_integer(name: str, value: object, *, minimum: int, maximum: int | None = None) -> int:
    """Return an integer within bounds, or raise TypeError or ValueError."""
    # NumPy integers are `numbers.Integral`; NumPy booleans are not.
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
        Value to check.
    low, high : float
        Minimum and maximum; ``high`` may be infinite.
    above : bool, default=False
        Exclude ``low`` itself.
    unit : str, optional
        Unit of the number, for the message.

    Raises
    ------
    TypeError
        If the value is not a real number.
    ValueError
        If the value is out of bounds.
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


def exists(path: Path) -> bool:
    """Return whether a path exists; raise PermissionError if this user may not know.

    Since Python 3.14, `Path.exists` returns False then.
    """
    try:
        path.stat()
    except ValueError:  # a null character
        return False
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise
    return True


def check_parent(file: Path) -> None:
    """Raise if the folder of a file to write does not exist."""
    if not file.absolute().parent.is_dir():
        msg = f"cannot write {file}: there is no folder {file.parent}. Make it first."
        raise FileNotFoundError(msg)


def check_draft(title: object, text: object) -> None:
    """Raise for a draft without title and text."""
    for name, value in (("title", title), ("text", text)):
        if not isinstance(value, str):
            msg = f"`{name}` must be a string, got {type(value).__name__}."
            raise TypeError(msg)
    if not (str(title).strip() or str(text).strip()):
        msg = "`title` and `text` are both empty; give the draft at least one of them."
        raise ValueError(msg)


def nearest(name: str, known: Iterable[str], least: float = 0.75) -> str | None:
    """Return the most similar known name; None if none is similar enough for a typing error.

    ``least`` is the smallest ratio of difflib, from 0 to 1.
    """
    import difflib  # late: reading a list does not need it

    folded = name.strip().casefold()
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    best = None
    letters = set(folded)
    for candidate in known:
        # Two cheap upper bounds skip most names: an archive has many ids.
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


def distinct(ids: str | Iterable[str]) -> list[str]:
    """Return one id, or several, as a list of strings without repetitions."""
    return [ids] if isinstance(ids, str) else [*dict.fromkeys(map(str, ids))]


def counted(n: int, noun: str) -> str:
    """Return a number with its noun: ``1 article``, ``2,000 articles``, ``3 queries``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"


def shortened(value: object, length: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"


def check_bool(name: str, value: object) -> None:
    """Raise ValueError unless a value is True or False, of Python or NumPy."""
    if value not in (True, False):
        msg = f"`{name}` must be True or False, got {shortened(value)}."
        raise ValueError(msg)


def check_weighting(sublinear_tf: object, **weights: object) -> None:
    """Raise ValueError unless the first is a bool and the weights are numbers from 0 to 1000."""
    check_bool("sublinear_tf", sublinear_tf)
    for name, value in weights.items():
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
    """Raise ValueError unless a value is 'english' or None."""
    if value not in ("english", None):
        msg = f"`normalization` must be 'english' or None, got {shortened(value)}."
        raise ValueError(msg)


def check_n_jobs(value: object) -> None:
    """Raise for a number of threads that joblib does not accept."""
    if value is not None and check_integer("n_jobs", value, minimum=-(2**31)) == 0:
        msg = "`n_jobs` must be at least 1, -1 for all cores, or None, got 0."
        raise ValueError(msg)
