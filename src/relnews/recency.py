"""Recency: how the score fades with the days between two articles."""

from __future__ import annotations

import dataclasses
import math

from relnews import _validation

#: After so many half-lives nothing but the floor is left, to a millionth of a millionth.
_HALF_LIVES = 40


@dataclasses.dataclass(frozen=True, slots=True)
class Recency:
    r"""A factor on the score, by the days between an article and the one its list is for.

    .. math:: floor + (1 - floor) \, 2^{-\max(days - offset, 0) / half\_life}

    ``days`` is the difference of the dates in UTC, earlier or later: an article of 2009 gets the
    coverage of 2009. If one of the two has no date, the factor is halfway between floor and 1.

    Parameters
    ----------
    half_life : float, default=365
        Days in which the part above the floor is halved.
    floor : float, default=0.5
        What is left of the score of the oldest article, from 0 to 1. A decay without a floor hides
        background that readers look for.
    offset : float, default=0
        Days that cost nothing.
    """

    half_life: float = 365.0
    floor: float = 0.5
    offset: float = 0.0

    def __post_init__(self) -> None:
        _validation.check_recency(self.half_life, self.floor, self.offset)

    @property
    def undated(self) -> float:
        """The factor where there is no date to go by."""
        return (1.0 + self.floor) / 2

    def factor(self, days: int) -> float:
        """Return the factor at some days."""
        halvings = max(days - self.offset, 0.0) / self.half_life
        return self.floor + (1.0 - self.floor) * math.exp2(-halvings)

    def table(self) -> list[float]:
        """Return the factor for 0, 1, 2, … days; the last one is that of all more."""
        last = math.ceil(self.offset + _HALF_LIVES * self.half_life)
        return [*map(self.factor, range(last)), self.floor]
