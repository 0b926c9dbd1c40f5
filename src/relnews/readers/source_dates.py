"""Dates as sources write them: ISO 8601, RFC 2822, epochs, slashes, month names, zone names."""

from __future__ import annotations

import datetime as dt
import decimal
import numbers
import re
import unicodedata
import warnings
import zoneinfo
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from relnews.dates import is_missing, parse_date

#: Which number comes first in a date such as 01/02/2024.
DateOrder: TypeAlias = Literal["dmy", "mdy"]

#: Hours from UTC of the zone names that mean one zone only. IST, for example, means three.
_ZONES = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1,
    "CEST": 2, "MESZ": 2, "EET": 2, "SAST": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9, "AEST": 10,
    "AEDT": 11, "NZST": 12, "NZDT": 13, "NST": -3.5, "NDT": -2.5, "EST": -5, "EDT": -4, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "CST": -6,
}  # fmt: skip

#: Zone names of American newsrooms that mean summer time in summer.
_AREAS = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}  # fmt: skip

#: The smallest epoch that is read, in seconds: 3 March 1973. A smaller number may be anything.
_FIRST_EPOCH = 10**8

#: Units of an epoch by its size: seconds to the year 5138, then milli-, micro- and nanoseconds.
_EPOCH_UNITS = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))

_NUMBER = re.compile(r"\d+(?:\.\d*)?")
_DAY = re.compile(r"(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_DAY_AND_TIME = re.compile(rf"({_DAY.pattern})([01]\d|2[0-3])([0-5]\d)([0-5]\d)?")

_MINUTE_DIGITS = 12

#: ISO 8601. Python would take any character before the time, and so a range of days for a moment.
_ISO = re.compile(r"(?:\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d(?:-?\d)?)(?:[Tt ].*)?", re.ASCII)

#: A date that databases write for a missing date.
_NO_DATE = re.compile(r"0000-00-00(?:[ T]00:00(?::00(?:\.0+)?)?)?Z?")

#: The year comes first; its month and day have one digit or two.
_YEAR_FIRST = re.compile(
    r"(?<![\d:/.-])(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})(?=$|[\sTt,.])\.?"
    r"|[年년]\s?(\d{1,2})[月월]\s?(\d{1,2})[日일])"
)

#: Three numbers, of which the year is last: the first two may be day and month, or the reverse.
_YEAR_LAST = re.compile(
    r"(?<![\d:/.-])(\d{1,2})(?:([-/.])(\d{1,2})\2(\d{4}|\d\d)|(?:\. ?| )(\d{1,2})(?:\. ?| )(\d{4}))"
    r"(?![\d:/-])"
)

#: A day, the name of a month and a year of two digits, as RFC 822 has them.
_SHORT_YEAR = re.compile(r"(\b\d{1,2}[-/. ]+[A-Za-z]{3,9}[-/., ]+)(\d\d)(?![\d:])")

#: A year of four digits, and the name of a month.
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_MONTH = re.compile(r"(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)

#: The first year in which the calendar of ISO 8601 was used. A smaller number is of another one.
_FIRST_YEAR = 1583

#: A number that can only be a year, not a time or an offset.
_SURELY_YEAR = re.compile(r"(?<![\d:+])(?:1[5-9]|2\d)\d\d(?![\d:])")

#: The name of a zone in parentheses or brackets, and the name of an area.
_BRACKETED = re.compile(r"\s*[\[(]([^\[\]()]*)[\])]$")
_AREA = re.compile(r"(?:^|\s)([A-Z][A-Za-z_]+(?:/[A-Z][\w+-]*)+)$")

#: A time with its offset, or with the name of one. What follows can only repeat it.
_WITH_OFFSET = re.compile(r":\d\d(?:[.,]\d+)?\s*(?:(?:GMT|UTC)?\s*[+-]\d[\d:]*|GMT|UTC|Z)$")

#: A zone with an offset, which says how far east it is. The parser would take GMT+1 for POSIX,
#: which turns the sign round.
_NAME_AND_OFFSET = re.compile(
    rf"\b({'|'.join(sorted(_ZONES, reverse=True))})\s*([+-]\d{{1,2}})(?::?(\d\d))?(?!\d)", re.I
)

#: The midnight that ends a day, and a leap second: Python's days have neither.
_END_OF_DAY = re.compile(r"(?<![\d:.,+-])24:00(?::00(?:[.,]0+)?)?(?![\d:])")
_LEAP_SECOND = re.compile(r"(?<=\d:\d\d:)60(?!\d)")

#: Characters of the longest date.
_LONGEST = 100


class SourceDate(NamedTuple):
    """A date of a source.

    Parameters
    ----------
    moment : datetime or None
        In UTC; None for an empty value.
    is_ambiguous : bool
        Whether the same characters are another date in the other order of day and month.
    written : datetime or None
        The moment in the time zone that the source writes.
    """

    moment: dt.datetime | None
    is_ambiguous: bool = False
    written: dt.datetime | None = None

    @classmethod
    def of(cls, written: dt.datetime, *, is_ambiguous: bool = False) -> SourceDate:
        """Return the date of a moment in the time zone that the source writes."""
        return cls(parse_date(written), is_ambiguous, written)


def read_date(value: object, order: DateOrder | None = None) -> SourceDate:
    """Return the date of a value of a source.

    A date without a time zone is UTC, a date without a time is midnight.

    Parameters
    ----------
    value : object
        A date, a number of seconds, milliseconds, microseconds or nanoseconds since 1970, or a
        text: ISO 8601, RFC 2822, or numbers and English names of months.
    order : {'dmy', 'mdy'}, optional
        Order of day and month where both are possible. None is day first, and such a date is
        ambiguous.

    Raises
    ------
    TypeError, ValueError, OverflowError
        If the value is not a date, or lacks the year, the month or the day.
    """
    while not isinstance(value, str) and isinstance(value, Mapping) and len(value) == 1:
        # MongoDB's extended JSON
        value = int(value["$numberLong"]) if "$numberLong" in value else value.get("$date")
        if value is None:
            raise TypeError
    if not isinstance(value, str):
        if isinstance(value, (numbers.Real, decimal.Decimal)) and not is_missing(value):
            text = str(value) if _is_integer(value) else f"{value:.6f}"
            return SourceDate(_of_number(text, has_minutes=False))
        moment = parse_date(value)
        if moment is None or not isinstance(value, dt.datetime):
            return SourceDate(moment)
        return SourceDate(moment, written=value)
    if len(value) > _LONGEST:
        raise ValueError
    text = " ".join(unicodedata.normalize("NFKC", value).split())
    if not text or is_no_date(text):
        return SourceDate(None)
    if _NUMBER.fullmatch(text):
        # Twelve digits are a day, an hour and a minute, or milliseconds in 1976.
        is_ambiguous = len(text) == _MINUTE_DIGITS and order is None
        return SourceDate(_of_number(text), is_ambiguous)
    try:
        if _ISO.fullmatch(text):
            return SourceDate.of(dt.datetime.fromisoformat(text))
    except ValueError:
        pass
    return _of_text(text, order)


def is_no_date(value: object) -> bool:
    """Return whether a value is the date that databases write for a missing date."""
    return isinstance(value, str) and _NO_DATE.fullmatch(value.strip()) is not None


def _is_integer(value: object) -> bool:
    return isinstance(value, numbers.Integral)


def _of_number(text: str, *, has_minutes: bool = True) -> dt.datetime:
    """Return the date of digits: a day, a day and a time, or an epoch."""
    whole, _, fraction = text.partition(".")
    if not fraction.strip("0"):
        if _DAY.fullmatch(whole):
            return dt.datetime.strptime(whole, "%Y%m%d").replace(tzinfo=dt.UTC)
        match = _DAY_AND_TIME.fullmatch(whole)
        if match and (has_minutes or len(whole) != _MINUTE_DIGITS):
            digits = "".join(part or "00" for part in match.groups())
            return dt.datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    epoch = int(whole)
    if epoch < _FIRST_EPOCH:
        raise ValueError
    per_second = next((unit for limit, unit in _EPOCH_UNITS if epoch < limit), None)
    if per_second is None:
        raise ValueError
    microseconds = epoch * 10**6 // per_second
    if per_second == 1 and fraction:
        microseconds += int(f"{fraction:0<6}"[:6])
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)


def _of_text(text: str, order: DateOrder | None) -> SourceDate:
    """Return the date of a text that is not ISO 8601."""
    text, zone = _split_zone(_LEAP_SECOND.sub("59", text))
    text, n_midnights = _END_OF_DAY.subn("00:00", text)
    is_ambiguous = False
    # Numbers are written as ISO 8601 before they are parsed: the parser takes a month above 12 for
    # a day. Where a month has a name, it needs no rule.
    if match := _YEAR_FIRST.search(text):
        month, day = int(match[3] or match[5]), int(match[4] or match[6])
        text = _with_iso(text, match, int(match[1]), month, day)
    elif match := _YEAR_LAST.search(text):
        first, second = int(match[1]), int(match[3] or match[5])
        # A year of two digits may be the day as well.
        digits = match[4] or match[6]
        is_ambiguous = (first <= 12 and second <= 12 and first != second) or len(digits) == 2
        is_day_first = second <= 12 and (order != "mdy" or first > 12)
        day, month = (first, second) if is_day_first else (second, first)
        text = _with_iso(text, match, _year(digits), month, day)
    elif not _MONTH.search(text):
        raise ValueError
    elif not _YEAR.search(text):
        text, n_years = _SHORT_YEAR.subn(lambda found: f"{found[1]}{_year(found[2])}", text)
        if n_years != 1:
            raise ValueError
        is_ambiguous = True
    written = _parsed(text, zone) + dt.timedelta(days=n_midnights)
    if written.year < _FIRST_YEAR:
        raise ValueError
    return SourceDate.of(written, is_ambiguous=is_ambiguous and order is None)


def _split_zone(text: str) -> tuple[str, dt.tzinfo | None]:
    """Return a date without the name of its zone, and the zone if that is an area."""
    if match := _BRACKETED.search(text):
        before = text[: match.start()]
        text = before if _WITH_OFFSET.search(before) else f"{before} {match[1]}"
    if match := _AREA.search(text):
        before = text[: match.start()]
        return before, None if _WITH_OFFSET.search(before) else _area(match[1])
    return _NAME_AND_OFFSET.sub(_offset, text), None


def _offset(match: re.Match[str]) -> str:
    """Return the offset of a zone with an offset; the zone's own one must be the same, or none."""
    hours = int(match[2]) + int(f"{match[2][0]}{match[3] or 0}") / 60
    if _ZONES[match[1].upper()] not in (0, hours):
        raise ValueError
    return f" {match[2]}:{match[3] or '00'}"


def _with_iso(text: str, match: re.Match[str], year: int, month: int, day: int) -> str:
    """Return a text with its date as ISO 8601."""
    return f"{text[: match.start()]}{dt.date(year, month, day)} {text[match.end() :].lstrip('Tt')}"


def _year(digits: str) -> int:
    """Return a year of four digits, or of two as RFC 2822 reads them: 1950 to 2049."""
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 50 else 1900)


def _parsed(text: str, zone: dt.tzinfo | None) -> dt.datetime:
    # Imported here: most sources write ISO 8601.
    from dateutil import parser

    # The parser takes what a text lacks from a default; two defaults show that it lacks something.
    defaults = dt.datetime(2000, 1, 1), dt.datetime(2003, 2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an unknown zone is a warning
        try:
            moments = [parser.parse(text, default=day, tzinfos=_zone) for day in defaults]
        except (Warning, ArithmeticError, AttributeError, IndexError, TypeError) as error:
            raise ValueError from error
    years = set(map(int, _SURELY_YEAR.findall(text)))
    # In "5-7 March 2024" the parser takes 2024 for a time.
    if moments[0] != moments[1] or (years and years != {moments[0].year}):
        raise ValueError
    moment: dt.datetime = moments[0]
    return moment if zone is None else moment.replace(tzinfo=zone)


def _zone(name: str | None, offset: int | None) -> dt.tzinfo | None:
    """Return the zone of an offset in seconds, or of a name; None if the text has neither."""
    if offset is not None:
        return dt.timezone(dt.timedelta(seconds=offset))
    if name is None:
        return None
    if name.upper() in _AREAS:
        return _area(_AREAS[name.upper()])
    if name.upper() not in _ZONES:
        raise ValueError
    return dt.timezone(dt.timedelta(hours=_ZONES[name.upper()]))


def _area(name: str) -> dt.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        raise ValueError from error
