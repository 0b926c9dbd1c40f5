"""Recency: how the score fades with the days between two articles."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

from relnews._checks import check_real, shortened
from relnews.dates import expected_date, timestamp

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: What days are counted from, but for a given time.
ANCHORS = ("article", "now")

#: A hundred years.
_MOST_DAYS = 36_525

#: Two hundred years: no two articles are further apart.
_DAYS = 73_050


@dataclasses.dataclass(frozen=True, slots=True)
class Recency:
    r"""A factor on the score, by the days between an article and the one its list is for.

    .. math:: floor + \frac{1 - floor}{1 + \max(days - offset, 0) / half\_life}

    ``days`` is the difference of the dates in UTC, earlier or later: an article of 2009 gets the
    coverage of 2009, unless days are counted from another time than its own. If one of the two has
    no date, the factor is halfway between floor and 1.

    Parameters
    ----------
    half_life : float, default=180
        Days in which the part above the floor is halved. It goes on falling, but ever more slowly.
    floor : float, default=0.5
        What is left of the score of the oldest article, from 0 to 1. A decay without a floor hides
        background that readers look for.
    offset : float, default=0
        Days that cost nothing.
    anchor : 'article', 'now', datetime, date or str, default='article'
        What days are counted from: the date of the article that the list is for, the moment at
        which the list is made, or a given time, in ISO 8601 if it is a str; without a time zone it
        is UTC. It is kept as a str. That of `RelatedNews` is 'article'.
    """

    half_life: float = 180.0
    floor: float = 0.5
    offset: float = 0.0
    anchor: str | dt.date = "article"

    def __post_init__(self) -> None:
        check_real("half_life", self.half_life, 0, _MOST_DAYS, above=True, unit="days")
        check_real("floor", self.floor, 0, 1)
        check_real("offset", self.offset, 0, _MOST_DAYS, unit="days")
        if self.anchor not in ANCHORS:
            object.__setattr__(self, "anchor", _moment(self.anchor).isoformat())

    @property
    def undated(self) -> float:
        """The factor where there is no date to go by."""
        return (1.0 + self.floor) / 2

    def factor(self, days: int) -> float:
        """Return the factor at some days."""
        half_lives = max(days - self.offset, 0.0) / self.half_life
        return self.floor + (1.0 - self.floor) / (1.0 + half_lives)

    def anchored(self, published: NDArray[np.int64], now: int) -> NDArray[np.int64]:
        """Return the timestamps that days are counted from.

        Parameters
        ----------
        published : int64 array of shape (n,)
            The dates of the articles that lists are for.
        now : int
            A timestamp.
        """
        if self.anchor == "article":
            return published
        import numpy as np  # whoever only reads stored lists does without

        given = now if self.anchor == "now" else timestamp(_moment(self.anchor))
        return np.full_like(published, given)

    def table(self) -> NDArray[np.float64]:
        """Return the factor for 0, 1, 2, … days, float64 array; the last one is that of all more.

        With a floor of 1, which lets nothing fade, it is one number.
        """
        return _table(self)


def _moment(anchor: object) -> dt.datetime:
    from relnews.dates import parse_date

    try:
        moment = parse_date(anchor)
    except (TypeError, ValueError, OverflowError):
        moment = None
    if moment is None:
        raise _not_an_anchor(anchor)
    return moment


@functools.lru_cache(maxsize=16)
def _table(recency: Recency) -> NDArray[np.float64]:
    import numpy as np

    days = np.arange(_DAYS if recency.floor < 1 else 1)
    half_lives = np.maximum(days - recency.offset, 0.0) / recency.half_life
    table: NDArray[np.float64] = recency.floor + (1.0 - recency.floor) / (1.0 + half_lives)
    table.flags.writeable = False
    return table


def _not_an_anchor(value: object) -> ValueError:
    """Reject what days cannot be counted from."""
    return ValueError(f"`anchor` must be 'article', 'now' or a time: {expected_date(value)}")


def check_own_recency(recency: Any) -> None:
    """Reject a recency that lists could not be stored under."""
    if recency is not None and recency.anchor != "article":
        msg = (
            "the recency of an archive counts days from the date of the article, "
            f"`anchor='article'`, got {shortened(recency.anchor)}. Ask for another one in a call."
        )
        raise ValueError(msg)
