"""Conditions: which articles may be in a list, and how recency counts, as a caller says it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from relnews import _validation
from relnews.articles import parse_date
from relnews.catalogue import Catalogue, timestamp
from relnews.postings import FOREVER, UNDATED
from relnews.ranking import Limits
from relnews.recency import Recency

_DAY = dt.timedelta(days=1)
_MICROSECOND = dt.timedelta(microseconds=1)

#: Fields of an article that can be asked for.
FIELDS = ("section", "author", "source", "language", "tags")


class Conditions(TypedDict, total=False):
    """What the articles of a list have to be. Lists are refilled: k of them, if there are k.

    Parameters
    ----------
    after, before : datetime, date or str
        Published from this moment on; not published from this moment on. Without a time zone it is
        UTC. An article without a date is in no list that has such a condition.
    within : float
        Published so many days, or fewer, before or after the article that the list is for, or
        now if that has no date.
    where : mapping of str to str or collection of str
        ``section``, ``author``, ``source``, ``language`` or ``tags`` to what it has to be, or to
        several of which one is enough.
    exclude : collection of str
        Ids of articles that are not wanted: those that are on the page already, say.
    recency : Recency
        How the score fades with the days between two articles. Nothing fades by default.
    """

    after: dt.datetime | dt.date | str
    before: dt.datetime | dt.date | str
    within: float
    where: Mapping[str, str | Collection[str]]
    exclude: Collection[str]
    recency: Recency


#: A condition on fields, as it is looked up: pairs of a field and values.
Where = tuple[tuple[str, tuple[str, ...]], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Resolved:
    """Conditions, checked.

    Parameters
    ----------
    after, before : int
        Timestamps.
    within : int or None
        Microseconds.
    where : tuple of (str, tuple of str)
    exclude : tuple of str
    recency : Recency or None
    """

    after: int
    before: int
    within: int | None
    where: Where
    exclude: tuple[str, ...]
    recency: Recency | None

    @classmethod
    def of(cls, conditions: Conditions) -> Resolved:
        """Check what a caller has said."""
        _validation.check_conditions(conditions, Conditions.__annotations__)
        after, before = (_moment(name, conditions.get(name)) for name in ("after", "before"))
        within = conditions.get("within")
        where = conditions.get("where") or {}
        recency = conditions.get("recency")
        _validation.check_within(within)
        _validation.check_where(where, FIELDS)
        _validation.check_is_recency(recency, Recency)
        return cls(
            after=UNDATED if after is None else after,
            before=FOREVER if before is None else before,
            within=None if within is None else within * _DAY // _MICROSECOND,
            where=tuple(sorted((name, _values(value)) for name, value in where.items())),
            exclude=_values(conditions.get("exclude", ())),
            recency=recency,
        )

    def limits(
        self, keys: Sequence[int], published: NDArray[np.int64], now: int, catalogue: Catalogue
    ) -> Limits:
        """Return the conditions as the ranking takes them.

        Parameters
        ----------
        keys : sequence of int
            The articles that lists are for.
        published : int64 array of shape (n_keys,)
            Their dates.
        now : int
            A timestamp.
        catalogue : Catalogue
            Knows ids.
        """
        after = np.full(len(keys), self.after)
        before = np.full(len(keys), self.before)
        if self.within is not None:
            center = np.where(published == UNDATED, now, published)
            after = np.maximum(after, center - self.within)
            before = np.minimum(before, center + self.within + 1)
        if self.within is not None or self.after != UNDATED or self.before != FOREVER:
            after = np.maximum(after, UNDATED + 1)
        excluded = [known[0] for known in catalogue.digests(self.exclude).values()]
        recency = self.recency
        return Limits(
            published, after, before, [np.array([key, *excluded]) for key in keys],
            np.ones(1) if recency is None else np.array(recency.table()),
            1.0 if recency is None else recency.undated,
        )  # fmt: skip


def _moment(name: str, value: object) -> int | None:
    try:
        return timestamp(parse_date(value))
    except (TypeError, ValueError, OverflowError):
        raise _validation.not_a_date(name, value) from None


def _values(value: str | Collection[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(sorted(map(str, value)))
