"""Read options: how the records of a source are read, checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from relnews._checks import listed, shortened
from relnews.articles import RECORD_FIELDS
from relnews.readers import _errors
from relnews.readers.addresses import UrlPattern
from relnews.readers.part import Part
from relnews.readers.source_dates import DateOrder

#: How the fields of plain records are written.
MARKUPS = ("auto", "html", "text")

#: What becomes of an article whose date cannot be read.
UNREADABLE_DATES = ("withhold", "keep")

#: Orders of day and month where both are possible.
DATE_ORDERS = ("dmy", "mdy")


class ReadOptions(TypedDict, total=False):
    """Keyword options of reading.

    Parameters
    ----------
    fields : mapping
        Field of `Article` to the name that the source has for it, such as ``{"text": "body"}``.
    markup : {'auto', 'html', 'text'}
        How title, dek and text are written in JSON, CSV, databases, data frames and dicts. By
        default the first records tell, and the summary says which.
    include_unlisted : bool
        Load drafts and everything else that is not public, too. Default False.
    unreadable_dates : {'withhold', 'keep'}
        Withhold an article whose date of publication or expiry cannot be read (default), or keep
        it without the date.
    date_order : {'dmy', 'mdy'}
        Order of day and month in a date such as 01/02/2024. By default the day is first, and such
        dates are counted as ambiguous.
    url : str
        Address of an article that has none, such as ``"/{section}/{slug}.html"``: names of fields,
        of the record's own values, ``{slug}``, ``{path}``, ``{year}``, ``{month}`` and ``{day}``
        of the date in the time zone that the source writes, or else in UTC.
    part : tuple of (int, int)
        Read one part of the records only, such as (3, 64) for the third of 64. The archive that
        `RelatedNews.fit` builds of it is for `merge`.
    """

    fields: Mapping[str, str]
    markup: Literal["auto", "html", "text"]
    include_unlisted: bool
    unreadable_dates: Literal["withhold", "keep"]
    date_order: DateOrder
    url: str
    part: tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class ReadSpec:
    """Read options, checked and complete; the same names as in `ReadOptions`.

    Parameters
    ----------
    remembered : mapping
        ``fields`` of the source that an archive was built from. They hold for an update wherever a
        record has these names.
    first : sequence of mapping
        Records that tell how all are read, if they are not the first ones of the source.
    """

    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    markup: str = "auto"
    include_unlisted: bool = False
    unreadable_dates: str = "withhold"
    date_order: DateOrder | None = None
    url: UrlPattern | None = None
    remembered: Mapping[str, str] = dataclasses.field(default_factory=dict)
    part: Part | None = None
    first: Sequence[Mapping[str, object]] = ()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> ReadSpec:
        """Return options, checked; None means that an option is not given.

        Raises
        ------
        TypeError, ValueError
            If an option is unknown or invalid.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in options:
            if name not in known:
                msg = f"unknown option {name!r} of reading. Use {listed(known)}."
                raise TypeError(msg)
        given = {name: value for name, value in options.items() if value is not None}
        if "url" in given:
            given["url"] = UrlPattern(given["url"])
        if "part" in given:
            given["part"] = Part.of(given["part"])
        spec = cls(**given)
        if not isinstance(spec.fields, Mapping):
            msg = (
                "`fields` must map fields of Article to names of the source, such as "
                f"{{'text': 'body'}}, got {shortened(spec.fields)}."
            )
            raise TypeError(msg)
        for field, theirs in spec.fields.items():
            if field not in RECORD_FIELDS:
                raise _errors.unknown_field(field, RECORD_FIELDS)
            if not isinstance(theirs, str):
                msg = f"`fields` must name one field of the source for {field!r}, got {theirs!r}."
                raise TypeError(msg)
        choices: dict[str, Sequence[object]] = {
            "markup": MARKUPS,
            "unreadable_dates": UNREADABLE_DATES,
            "date_order": (*DATE_ORDERS, None),
            "include_unlisted": (False, True),
        }
        for name, values in choices.items():
            if getattr(spec, name) not in values:
                expected = ", ".join(map(repr, values))
                msg = f"`{name}` must be one of {expected}, got {getattr(spec, name)!r}."
                raise ValueError(msg)
        if spec.part is not None:
            spec.part.options = {name: getattr(spec, name) for name in choices}
            spec.part.options |= {"fields": dict(spec.fields), "url": options.get("url")}
        return spec
