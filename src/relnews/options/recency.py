"""Recency: how the score fades with the days between two articles."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from relnews._checks import check_instance, check_real, shortened
from relnews.dates import expected_date, parse_date, timestamp
from relnews.options.text_option import TextOption

#: Names of the times that days can be counted from, besides a given date.
ANCHORS = ("article", "now")

#: A hundred years.
_MAX_DAYS = 36_525


@dataclasses.dataclass(frozen=True, slots=True)
class Recency:
    r"""A factor on the score, from the days between an article and the one its list is for.

    .. math:: floor + \frac{1 - floor}{1 + \max(days - offset, 0) / half\_life}

    ``days`` is the difference of the dates in UTC, in either direction: an article of 2009 gets the
    coverage of 2009, unless ``anchor`` counts days from another time. If one of the two articles
    has no date, the factor is halfway between ``floor`` and 1.

    Parameters
    ----------
    half_life : float, default=180
        Days until the part of the score above ``floor`` has halved (hyperbolic decay).
    floor : float, default=0.5
        Share of the score that the oldest article keeps, from 0 to 1. A decay without a floor
        hides background that readers look for.
    offset : float, default=0
        Days before the decay begins.
    anchor : 'article', 'now', datetime, date or str, default='article'
        Days are counted from the date of the article that the list is for, from the moment at which
        the list is made, or from a given date: in ISO 8601 if it is a str, in UTC if it has no time
        zone. A date is kept as a str. The recency of `RelatedNews` needs 'article'.
    """

    half_life: float = 180.0
    floor: float = 0.5
    offset: float = 0.0
    anchor: str | dt.date = "article"

    def __post_init__(self) -> None:
        check_real("half_life", self.half_life, 0, _MAX_DAYS, above=True, unit="days")
        check_real("floor", self.floor, 0, 1)
        check_real("offset", self.offset, 0, _MAX_DAYS, unit="days")
        if self.anchor not in ANCHORS:
            object.__setattr__(self, "anchor", _moment(self.anchor).isoformat())

    @property
    def undated(self) -> float:
        """The factor if one of the two articles has no date."""
        return (1.0 + self.floor) / 2

    def anchored(self, published: int, now: int) -> int:
        """Return the timestamp that days are counted from.

        Parameters
        ----------
        published : int
            Timestamp of the article that the list is for.
        now : int
            Timestamp of the moment at which the list is made.
        """
        if self.anchor == "article":
            return published
        if self.anchor == "now":
            return now
        given = timestamp(_moment(self.anchor))
        assert given is not None
        return given


#: The parameters of `Recency` as people write them.
TEXT_OPTIONS = (
    TextOption(
        "half_life", "Days until half of the part of a score that fades is gone.", "DAYS", float
    ),
    TextOption(
        "floor", "Share of a score that never fades; with --half-life.  [default: 0.5]",
        "SHARE", float,
    ),
    TextOption(
        "offset", "Days before a score begins to fade; with --half-life.  [default: 0]",
        "DAYS", float,
    ),
    TextOption(
        "anchor",
        "Count days from this day or moment, or from now, instead of the date of the article; "
        "with --half-life.", "DATE",
    ),
)  # fmt: skip


def _moment(anchor: object) -> dt.datetime:
    try:
        moment = parse_date(anchor)
    except (TypeError, ValueError, OverflowError):
        moment = None
    if moment is None:
        msg = f"`anchor` must be 'article', 'now' or a time: {expected_date(anchor)}"
        raise ValueError(msg)
    return moment


def check_own_recency(recency: Any) -> None:
    """Raise TypeError or ValueError if lists cannot be stored under a recency."""
    check_instance("recency", recency, Recency)
    if recency is not None and recency.anchor != "article":
        msg = (
            "the recency of an archive counts days from the date of the article, "
            f"`anchor='article'`, got {shortened(recency.anchor)}. Ask for another one in a call."
        )
        raise ValueError(msg)
