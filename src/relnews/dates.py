"""Dates: datetimes as timestamps, microseconds since 1970 in UTC, and back."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence

from relnews._checks import shortened

#: The timestamp of an article without a date: before all others.
UNDATED = -(1 << 63)

#: The timestamp after all others.
FOREVER = (1 << 63) - 1

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def now() -> int:
    """Return the timestamp of this moment."""
    return time.time_ns() // 1000


def timestamp(moment: dt.datetime | None) -> int | None:
    """Return microseconds since 1970, UTC; None for None."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def timestamps(moments: Sequence[dt.datetime | None]) -> list[int | None]:
    """Return microseconds since 1970, UTC, of dates; None for None."""
    return [None if date is None else (date - _EPOCH) // _MICROSECOND for date in moments]


def moment(timestamp: int | None) -> dt.datetime | None:
    """Return the date of a timestamp in UTC; None for None."""
    return None if timestamp is None else _EPOCH + timestamp * _MICROSECOND


def moments(timestamps: Sequence[int | None]) -> list[dt.datetime | None]:
    """Return the dates of timestamps in UTC; None for None."""
    return [None if date is None else _EPOCH + date * _MICROSECOND for date in timestamps]


def parse_date(value: object) -> dt.datetime | None:
    """Return a date or an ISO 8601 string as a date in UTC; None for a missing value.

    Raises
    ------
    TypeError, ValueError, OverflowError
        If the value is not a date.
    """
    if value is None or (isinstance(value, str) and not value):
        return None
    if type(value) not in (str, dt.datetime, dt.date) and is_missing(value):
        return None
    if type(value).__name__ == "datetime64":
        value = value.astype("datetime64[us]").item()  # type: ignore[attr-defined]
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value.strip())
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    if not isinstance(value, dt.datetime):
        raise TypeError
    if value.tzinfo is None:
        value = value.replace(tzinfo=dt.UTC)
    if value.tzinfo is dt.UTC and not value.fold and type(value) is dt.datetime:
        return value
    value = value.astimezone(dt.UTC)
    # A pandas Timestamp is a datetime too; keep the plain one.
    return dt.datetime(
        value.year, value.month, value.day, value.hour, value.minute, value.second,
        value.microsecond, tzinfo=dt.UTC,
    )  # fmt: skip


def is_missing(value: object) -> bool:
    """Return whether a value is None, NaN, NaT or pandas.NA."""
    # NumPy warns of the truth of an empty array.
    if value is None or isinstance(value, (str, list, tuple)) or getattr(value, "shape", None):
        return value is None
    try:
        return bool(value != value)  # only NaN and NaT differ from themselves
    except (TypeError, ValueError, ArithmeticError):  # pandas.NA; arrays; a signalling NaN
        return type(value).__name__ == "NAType"


def expected_date(got: object) -> str:
    """Return the description of a value that is not a date."""
    return (
        f"expected an ISO 8601 date such as 2025-08-22 or 2025-08-22T14:05Z, got {shortened(got)}"
    )


def date_of(name: str, value: object) -> dt.datetime | None:
    """Return the date that a parameter gives, or raise a ValueError that names the parameter."""
    try:
        return parse_date(value)
    except (TypeError, ValueError, OverflowError):
        msg = f"`{name}`: {expected_date(value)}"
        raise ValueError(msg) from None
