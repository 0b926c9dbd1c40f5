"""Errors of evaluation: what was expected of judgements, runs and pictures."""

from __future__ import annotations

import math
from pathlib import Path

from relnews._checks import check_parent, expected_utf8, shortened


def wrong_columns(place: str, form: str, got: str) -> ValueError:
    """Return the error for a line with other columns than expected."""
    return ValueError(f"{place}: expected the columns {form}, got {shortened(got.rstrip())}.")


def not_utf8(name: str, error: UnicodeDecodeError) -> ValueError:
    """Return the error for a file that is not UTF-8."""
    return ValueError(f"{name}: {expected_utf8(error.object[error.start])}.")


def parse_grade(place: str, word: str) -> int:
    """Return a grade, or raise ValueError."""
    # trec_eval makes room for every grade up to the highest.
    try:
        grade = int(word)
    except ValueError:
        grade = None
    if grade is None or abs(grade) > 1000:
        msg = f"{place}: a grade must be a whole number, at most 1000, got {shortened(word)}."
        raise ValueError(msg)
    return grade


def parse_number(place: str, name: str, word: str) -> float:
    """Return a number of a run file, or raise ValueError."""
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        msg = f"{place}: the {name} must be a number, got {shortened(word)}."
        raise ValueError(msg)
    return number


def judged_twice(place: str, query: str, article: str) -> ValueError:
    """Return the error for judgements that contradict each other."""
    return ValueError(
        f"{place}: {article!r} has another grade for {query!r} further up. Keep one of the lines."
    )


def listed_twice(query: str, article: str, place: str = "") -> ValueError:
    """Return the error for a list with an article that it has already."""
    where = f"{place}: " if place else ""
    return ValueError(f"{where}{article!r} is in the list of {query!r} twice.")


def nothing_judged(n_queries: int, n_known: int, example: str | None) -> ValueError:
    """Return the error for judgements that none of the archive's lists can be scored by."""
    if n_queries and not n_known:
        return ValueError(
            f"no query of the judgements is an article of the archive, of {n_queries:,}. The first "
            f"is {example!r}. Are they of this archive?"
        )
    return ValueError(
        f"nothing to find: no judged query, of {n_queries:,}, has a relevant article in the "
        "archive."
    )


def not_comparable(first: str, second: str) -> ValueError:
    """Return the error for scores of different queries or measures."""
    return ValueError(
        f"the scores of {first!r} and {second!r} are of different queries or measures. "
        "Make both with the same judgements and the same `k`."
    )


def check_column(value: str) -> str:
    """Return a value that a file of columns can hold, or raise ValueError."""
    if not value or any(character in value for character in "\t\n\r"):
        msg = f"a file of columns cannot hold {shortened(value)}: it is empty, or has a tab or a "
        msg += "line break in it."
        raise ValueError(msg)
    return value


def check_picture(file: Path, formats: tuple[str, ...]) -> None:
    """Raise if a picture has an unknown format or its folder does not exist."""
    if file.suffix.lower() not in formats:
        msg = f"cannot draw {file}: expected a name that ends in {', '.join(formats)}."
        raise ValueError(msg)
    check_parent(file)


def no_ir_measures() -> ImportError:
    """Return the error that says how to install ir-measures."""
    return ImportError(f"scores need ir-measures, {_EVALUATION_EXTRA}")


def no_matplotlib() -> ImportError:
    """Return the error that says how to install Matplotlib."""
    return ImportError(f"pictures need Matplotlib, {_EVALUATION_EXTRA}")


_EVALUATION_EXTRA = "which is not installed: pip install 'relnews[evaluation]'"
