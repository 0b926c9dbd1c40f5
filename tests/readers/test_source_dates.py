"""Dates as sources write them: read right, or not at all."""

from __future__ import annotations

import datetime as dt
import decimal
import email.utils
import random
import re
import string
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import articles_from
from relnews.readers.source_dates import read_date

NAMES = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
         "October", "November", "December"]  # fmt: skip
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

#: Zone names, and the hours by which they are ahead of UTC.
ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "GMT": 0, "UTC": 0, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "JST": 9,
}  # fmt: skip

moments = st.datetimes(dt.datetime(1975, 1, 1), dt.datetime(2049, 12, 31)).map(
    lambda moment: moment.replace(tzinfo=dt.UTC)
)


def day(moment: dt.datetime) -> dt.datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def minute(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0)


def second(moment: dt.datetime) -> dt.datetime:
    return moment.replace(microsecond=0)


def millisecond(moment: dt.datetime) -> dt.datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def exact(moment: dt.datetime) -> dt.datetime:
    return moment


def in_zone(hours: float) -> Callable[[dt.datetime], dt.datetime]:
    return lambda moment: moment.astimezone(dt.timezone(dt.timedelta(hours=hours)))


def short(moment: dt.datetime) -> str:
    """Return the name of a month as newspapers shorten it."""
    return "Sept" if moment.month == 9 else f"{NAMES[moment.month - 1][:3]}"


def clock(moment: dt.datetime) -> str:
    """Return a time as American newsrooms write it."""
    return f"{moment.hour % 12 or 12}:{moment:%M} {'a.m.' if moment.hour < 12 else 'p.m.'}"


#: Formats: what is left of a moment in them, and how they write it.
FORMATS: dict[str, tuple[Callable[[dt.datetime], dt.datetime], Callable[[dt.datetime], Any]]] = {
    "ISO 8601": (exact, lambda m: m.isoformat()),
    "ISO with Z": (second, lambda m: f"{m:%Y-%m-%dT%H:%M:%S}Z"),
    "ISO with small letters": (second, lambda m: f"{m:%Y-%m-%dt%H:%M:%S}z"),
    "ISO with a blank": (second, lambda m: f"{m:%Y-%m-%d %H:%M:%S}"),
    "ISO with an offset": (exact, lambda m: in_zone(5.5)(m).isoformat()),
    "ISO with a short offset": (second, lambda m: f"{in_zone(-3)(m):%Y-%m-%dT%H:%M:%S%z}"),
    "a blank before the offset": (second, lambda m: f"{in_zone(2)(m):%Y-%m-%d %H:%M:%S %z}"),
    "comma fraction": (millisecond, lambda m: f"{m:%Y-%m-%d %H:%M:%S},{m.microsecond // 1000:03}"),
    "nanoseconds": (exact, lambda m: f"{m:%Y-%m-%dT%H:%M:%S}.{m.microsecond:06}123Z"),
    "basic ISO": (second, lambda m: f"{m:%Y%m%dT%H%M%S}Z"),
    "digits of a day": (day, lambda m: f"{m:%Y%m%d}"),
    "digits of a day, a number": (day, lambda m: int(f"{m:%Y%m%d}")),
    "digits of a second": (second, lambda m: f"{m:%Y%m%d%H%M%S}"),
    "ISO week": (day, lambda m: f"{m:%G-W%V-%u}"),
    "single digits": (minute, lambda m: f"{m.year}-{m.month}-{m.day} {m.hour}:{m:%M}"),
    "slashes": (second, lambda m: f"{m.year}/{m.month}/{m.day} {m:%H:%M:%S}"),
    "dots": (day, lambda m: f"{m.year}.{m.month:02}.{m.day:02}."),
    "East Asia": (day, lambda m: f"{m.year}年{m.month}月{m.day}日"),
    "Korea": (minute, lambda m: f"{m.year}년 {m.month}월 {m.day}일 {m:%H:%M}"),
    "full width": (day, lambda m: f"{m:%Y-%m-%d}".translate({ord(c): ord(c) + 0xFEE0
                                                             for c in string.digits})),
    "Arabic digits": (day, lambda m: f"{m:%Y-%m-%d}".translate({ord(c): 0x660 + int(c)
                                                                for c in string.digits})),
    "RFC 2822": (second, lambda m: email.utils.format_datetime(in_zone(-7)(second(m)))),
    "RFC 2822 of HTTP": (second, lambda m: email.utils.format_datetime(m, usegmt=True)),
    "RFC 2822 with a comment": (
        second, lambda m: f"{email.utils.format_datetime(in_zone(-7)(second(m)))} (PDT)"
    ),
    "JavaScript": (
        second,
        lambda m: (
            f"{DAYS[m.weekday()][:3]} {NAMES[m.month - 1][:3]} {m:%d %Y %H:%M:%S} GMT+0000 "
            "(Coordinated Universal Time)"
        ),
    ),
    "date of Unix": (
        second,
        lambda m: (
            f"{DAYS[m.weekday()][:3]} {NAMES[m.month - 1][:3]} {m.day:2} {m:%H:%M:%S} UTC {m.year}"
        ),
    ),
    "Java": (second, lambda m: f"{in_zone(1)(second(m)).isoformat()}[Europe/Berlin]"),
    "area": (minute, lambda m: f"{in_zone(9)(m):%Y-%m-%d %H:%M} Asia/Tokyo"),
    "area in brackets": (minute, lambda m: f"{in_zone(9)(m):%Y-%m-%dT%H:%M}[Asia/Tokyo]"),
    "UTC+2": (minute, lambda m: f"{in_zone(2)(m):%Y-%m-%d %H:%M} UTC+2"),
    "GMT-0300": (minute, lambda m: f"{in_zone(-3)(m):%Y-%m-%d %H:%M} GMT-0300"),
    **{
        f"zone {name}": (
            minute, lambda m, name=name, hours=hours: f"{in_zone(hours)(m):%Y-%m-%d %H:%M} {name}"
        )
        for name, hours in ZONES.items()
    },
    "month first, by name": (day, lambda m: f"{NAMES[m.month - 1]} {m.day}, {m.year}"),
    "short month with a dot": (day, lambda m: f"{NAMES[m.month - 1][:3]}. {m.day}, {m.year}"),
    "four letters": (day, lambda m: f"{m.day} {short(m)} {m.year}"),
    "capitals": (day, lambda m: f"{m.day:02}-{NAMES[m.month - 1][:3].upper()}-{m.year}"),
    "small letters": (day, lambda m: f"{m.day} {NAMES[m.month - 1].lower()} {m.year}"),
    "newspaper": (
        minute,
        lambda m: f"{DAYS[m.weekday()]}, {NAMES[m.month - 1]} {m.day}, {m.year} at {clock(m)} UTC",
    ),
    "epoch": (second, lambda m: int(m.timestamp())),
    "epoch, a text": (second, lambda m: str(int(m.timestamp()))),
    "epoch with a fraction": (
        millisecond, lambda m: f"{int(m.timestamp())}.{m.microsecond // 1000:03}"
    ),
    "epoch, decimal": (second, lambda m: decimal.Decimal(int(m.timestamp()))),
    "milliseconds": (millisecond, lambda m: int(m.timestamp() * 1000 // 1) if not m.microsecond
                     else (int(second(m).timestamp()) * 1000 + m.microsecond // 1000)),
    "microseconds": (exact, lambda m: int(second(m).timestamp()) * 10**6 + m.microsecond),
    "nanoseconds since 1970": (
        exact, lambda m: (int(second(m).timestamp()) * 10**6 + m.microsecond) * 1000
    ),
    "MongoDB": (second, lambda m: {"$date": second(m).isoformat()}),
    "MongoDB, canonical": (
        second, lambda m: {"$date": {"$numberLong": str(int(m.timestamp()) * 1000)}}
    ),
    "datetime": (exact, in_zone(-9.5)),
    "date": (day, lambda m: m.date()),
    "NumPy": (exact, lambda m: np.datetime64(m.replace(tzinfo=None), "us")),
    "pandas": (exact, lambda m: pd.Timestamp(m)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@given(moment=moments)
def test_a_date_reads_back(name: str, moment: dt.datetime) -> None:
    """A moment written in any format is that moment again, and nobody doubts it."""
    kept, write = FORMATS[name]
    assert read_date(write(moment))[:2] == (kept(moment), False)


@given(moments, st.sampled_from("/.-"), st.booleans(), st.booleans())
def test_the_order_of_day_and_month(
    moment: dt.datetime, separator: str, is_short: bool, is_padded: bool
) -> None:
    """The day is first unless the caller says otherwise; what can be both is ambiguous."""
    width = 2 if is_padded else 1
    first, second_ = f"{moment.day:0{width}}", f"{moment.month:0{width}}"
    year = f"{moment.year % 100:02}" if is_short else str(moment.year)
    if is_short and not 1950 <= moment.year < 2050:
        return
    european = separator.join([first, second_, year])
    american = separator.join([second_, first, year])
    is_certain = moment.day > 12 or moment.day == moment.month
    assert read_date(european)[:2] == (day(moment), not is_certain or is_short)
    assert read_date(european, "dmy")[:2] == (day(moment), False)
    assert read_date(american, "mdy")[:2] == (day(moment), False)
    if moment.day > 12:
        assert read_date(american)[:2] == (day(moment), is_short)
        assert read_date(european, "mdy")[:2] == (day(moment), False)
    at_noon = f"{european} 12:00"
    assert read_date(at_noon, "dmy").moment == day(moment) + dt.timedelta(hours=12)


@given(moments)
def test_blanks_between_numbers_follow_the_same_rule(moment: dt.datetime) -> None:
    """`2. 6. 2025` is as ambiguous as `2.6.2025`."""
    for separator in (" ", ". "):
        text = f"{moment.day}{separator}{moment.month}{separator}{moment.year}"
        is_certain = moment.day > 12 or moment.day == moment.month
        assert read_date(text)[:2] == (day(moment), not is_certain)


def test_twelve_digits() -> None:
    """As a text, twelve digits are a minute, which may be doubted; as a number, milliseconds."""
    minute_ = dt.datetime(2025, 6, 2, 10, 30, tzinfo=dt.UTC)
    assert read_date("202506021030")[:2] == (minute_, True)
    assert read_date(190908060000)[:2] == (dt.datetime(1976, 1, 19, 14, 1, tzinfo=dt.UTC), False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-02T24:00:00", "2025-06-03T00:00+00:00"),
        ("2025-12-31 24:00", "2026-01-01T00:00+00:00"),
        ("31 December 2025 24:00 CET", "2025-12-31T23:00+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
        ("June 2, 2025, 10:00 a.m. ET", "2025-06-02T14:00+00:00"),
        ("Jan 2, 2025, 10:00 AM ET", "2025-01-02T15:00+00:00"),
        ("2025-06-02 10:00 (CEST)", "2025-06-02T08:00+00:00"),
        ("2025-06-02T10:00:00[Europe/Berlin]", "2025-06-02T08:00+00:00"),
        ("2025-01-02T10:00:00[Europe/Berlin]", "2025-01-02T09:00+00:00"),
        ("Mon, 02 Jun 2025 10:00:00 EST", "2025-06-02T15:00+00:00"),
        ("2 SEPT 2025", "2025-09-02T00:00+00:00"),
    ],
)
def test_what_is_rare(text: str, expected: str) -> None:
    """The end of a day, leap seconds and zones that are named."""
    assert read_date(text)[:2] == (dt.datetime.fromisoformat(expected), False)


@pytest.mark.parametrize(
    "value",
    [
        "yesterday", "today", "now", "soon", "TBD", "n/a", "null", "NaT", "infinity", "2025",
        "2025-06",
        "June 2025", "2 June", "June 2", "10:30", "10:30 2025", "may", "T", "Sat",
        "Vol. 12 2025",
        "Juni 2 2025", "2 juin 2025", "2025-13-01", "2024-02-30", "30 Feb 2024", "31/13/2024",
        "2024/13/01", "Mon 2025/13/2", "1403/05/01", "۱۴۰۳/۰۵/۰۱", "2025-06-02 25:00",
        "2025-06-02 10:00 IST", "2025-06-02 10:00 XYZ", "2025-06-02 10:00 Mars/Olympus",
        "1/2/2024/5",
        "a 2025-06-02", "12345", "-1", "1e9", "1,748,851,200", "99999999999999999999999",
        "x" * 101, "2025-06-02 " * 12, 17, 17.5, -86400, True, False, 10**25, float("inf"),
        b"2025-06-02",
        ["2025-06-02"], {"year": 2025}, {"$date": None}, object(), "2 June 2025 10.30.25", "2/6",
        "Jun 2 10 2025", "2 6", "0/0/2025", "32/1/2025", "1/2/3/2024",
        "2025-06-02-03", "2025-06-02/2025-06-05",
        "1.2.3.2024", "127.0.0.1", "192.168.10.24", "1-2-3-4",
    ],
)  # fmt: skip
def test_what_is_no_date(value: object) -> None:
    """What lacks a part, or is another calendar's or nobody's date, is not read."""
    with pytest.raises((TypeError, ValueError, OverflowError)):
        read_date(value)


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), pd.NaT, pd.NA, "0000-00-00",
                                   "0000-00-00 00:00:00", np.datetime64("NaT", "s")])  # fmt: skip
def test_what_is_no_value(value: object) -> None:
    """An empty value, and the zero date of databases, is no date."""
    assert read_date(value)[:2] == (None, False)


tokens = st.lists(
    st.one_of(
        st.integers(0, 32).map(str), st.integers(0, 2100).map(str), st.sampled_from(NAMES),
        st.sampled_from(["a", "at", "the", "Vol.", "No.", "page", "PM", "EST", "T", "Z", "+02:00",
                         "10:30", "Monday", "W23", "(PDT)", "th", ",", "-", "/", ".", ":", " "]),
        st.text(max_size=3),
    ), min_size=1, max_size=8,
)  # fmt: skip


@given(tokens, st.sampled_from(["", " ", "-", "/", ", "]))
def test_a_date_is_never_invented(parts: list[str], between: str) -> None:
    """Whatever is read has its year, its month and its day in the text."""
    text = between.join(parts)
    try:
        moment, *_ = read_date(text)
    except (TypeError, ValueError, OverflowError):
        return
    if moment is None:
        return
    numbers = {int(number) for number in re.findall(r"\d+", text)}
    digits = "".join(re.findall(r"\d", text))
    near = [moment + dt.timedelta(hours=hours) for hours in range(-24, 25, 4)]  # its zone
    assert any(
        (at.year in numbers or at.year % 100 in numbers or str(at.year) in digits)
        and (at.month in numbers or f"{at.month:02}" in digits or f"W{at:%V}" in text
             or NAMES[at.month - 1][:3].lower() in text.lower())
        and (at.day in numbers or f"{at.day:02}" in digits or "W" in text)
        for at in near
    ) or re.fullmatch(r"\s*\d{9,20}(\.\d*)?\s*", text), (text, moment)  # fmt: skip


@given(st.one_of(st.text(), st.floats(), st.integers(), st.decimals(), st.binary(max_size=9),
                 st.dictionaries(st.text(), st.text(), max_size=2)))  # fmt: skip
def test_any_value_is_read_or_refused(value: object) -> None:
    """No value makes reading fail in another way."""
    try:
        moment, *_ = read_date(value)
    except (TypeError, ValueError, OverflowError):
        return
    assert moment is None or moment.tzinfo is dt.UTC


# --- in a record ---------------------------------------------------------------------------------


def test_an_ambiguous_date_is_counted() -> None:
    """The summary names what was read from an ambiguous date; an order makes it certain."""
    record = {"id": "a", "text": "T", "published": "01/02/2024"}
    report = LoadReport()
    (article,) = articles_from([record], report)
    assert article.published == dt.datetime(2024, 2, 1, tzinfo=dt.UTC)
    assert report.problems == {Problem.AMBIGUOUS_DATE: 1}
    report = LoadReport()
    (article,) = articles_from([record], report, ReadSpec.of({"date_order": "mdy"}))
    assert article.published == dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    assert not report.problems


@pytest.mark.parametrize("name", ["published", "expires", "pubDate", "embargo"])
def test_an_unreadable_date_withholds(name: str) -> None:
    """An article whose date cannot be read is withheld; or kept without it, if that is asked."""
    source = random.Random(1)
    for _ in range(20):
        word = "".join(source.choices(string.ascii_lowercase, k=6))
        record = {"id": "a", "text": "T", name: f"{word} 2025"}
        report = LoadReport()
        assert [*articles_from([record], report)] == []
        assert (report.withheld, report.withheld_ids) == (1, ["a"])
        report = LoadReport()
        spec = ReadSpec.of({"unreadable_dates": "keep"})
        (article,) = articles_from([record], report, spec)
        assert (article.published, article.expires) == (None, None)
        assert report.problems == {Problem.BAD_DATE: 1}


@pytest.mark.parametrize(
    "text",
    ["5-7 March 2024", "March 5-7, 2024", "12-14 June 2024", "1/2 May 2024", "20 May 2024 2025"],
)
def test_a_range_of_days_is_no_date(text: str) -> None:
    """A year is never taken for a time of day."""
    report = LoadReport()
    assert [*articles_from([{"id": "a", "text": "T", "published": text}], report)] == []
    assert report.problems == {Problem.UNREADABLE_DATE: 1}


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("CET+1", 9), ("GMT+1", 9), ("UTC+2", 8), ("UTC-3", 13), ("GMT +0530", 4), ("EST-5", 15),
        ("EST-0500", 15), ("UTC+01:00", 9), ("utc+1", 9),
    ],
)  # fmt: skip
def test_an_offset_is_how_far_east_a_zone_is(zone: str, hour: int) -> None:
    """The sign of an offset after the name of a zone is not that of POSIX."""
    moment = read_date(f"2 June 2025 10:00 {zone}").moment
    assert (moment.hour, moment.day) == (hour, 2)


@pytest.mark.parametrize("zone", ["CET+2", "EST+5", "MSK-3"])
def test_a_zone_and_another_offset_are_no_date(zone: str) -> None:
    """A name and an offset that contradict each other are refused."""
    with pytest.raises(ValueError):  # noqa: PT011
        read_date(f"2 June 2025 10:00 {zone}")
