"""Conditions: which articles may be in a list, and how recency counts, as a caller says it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_instance, check_real, listed, shortened
from relnews.articles import FILTERABLE
from relnews.dates import FOREVER, UNDATED, expected_date, parse_date, timestamp
from relnews.options.recency import Recency
from relnews.results import RelatedItem
from relnews.search.query import Limits
from relnews.storage.catalogue import Catalogue

_DAY = dt.timedelta(days=1)
_MICROSECOND = dt.timedelta(microseconds=1)

#: Sides of the article that the list is for.
SIDES = ("earlier", "later")


class Conditions(TypedDict, total=False):
    """What the articles of a list have to be. Lists are refilled: k of them, if there are k.

    None is as good as not to say it.

    Parameters
    ----------
    after, before : datetime, date or str
        Published from this moment on; not published from this moment on. Without a time zone it is
        UTC. An article without a date is in no list that has such a condition.
    within : float
        Published so many days, or fewer, before or after the article that the list is for, or
        now if that has no date.
    only : 'earlier' or 'later'
        Published before the article that the list is for, or after it; now if that has no date.
    where : mapping of str to str or collection of str
        ``section``, ``author``, ``source``, ``language`` or ``tags`` to what it has to be, or to
        several of which one is enough.
    exclude : collection of str
        Ids of articles that are not wanted: those that are on the page already, say.
    recency : Recency
        How the score fades with the days between two articles. Nothing fades by default.
    """

    after: dt.datetime | dt.date | str | None
    before: dt.datetime | dt.date | str | None
    within: float | None
    only: Literal["earlier", "later"] | None
    where: Mapping[str, str | Collection[str]] | None
    exclude: Collection[str] | None
    recency: Recency | None


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
    only : str or None
    where : tuple of (str, tuple of str)
    exclude : tuple of str
    recency : Recency or None
    """

    after: int
    before: int
    within: int | None
    only: Literal["earlier", "later"] | None
    where: Where
    exclude: tuple[str, ...]
    recency: Recency | None

    @classmethod
    def of(cls, conditions: Conditions) -> Resolved:
        """Check what a caller has said."""
        after, before = (_moment(name, conditions.get(name)) for name in ("after", "before"))
        within = conditions.get("within")
        where = conditions.get("where") or {}
        recency = conditions.get("recency")
        if within is not None:
            check_real("within", within, 0, 3_700_000, unit="days")
        _check_only(conditions.get("only"), SIDES)
        _check_where(where, FILTERABLE)
        check_instance("recency", recency, Recency)
        return cls(
            after=UNDATED if after is None else after,
            before=FOREVER if before is None else before,
            within=None if within is None else within * _DAY // _MICROSECOND,
            only=conditions.get("only"),
            where=tuple(sorted((name, _values(value)) for name, value in where.items())),
            exclude=_values(conditions.get("exclude") or ()),
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
        center = np.where(published == UNDATED, now, published)
        first, last = self._window(center)
        after, before = np.maximum(first, self.after), np.minimum(last, self.before)
        if self._is_on_dates:
            after = np.maximum(after, UNDATED + 1)
        excluded = [known[0] for known in catalogue.digests(self.exclude).values()]
        recency = self.recency
        return Limits(
            published if recency is None else recency.anchored(published, now),
            after, before, [np.array([key, *excluded]) for key in keys],
            np.ones(1) if recency is None else recency.table(),
            1.0 if recency is None else recency.undated,
        )  # fmt: skip

    def admit(self, item: RelatedItem, published: dt.datetime | None, now: int) -> bool:
        """Say whether an article may be in the list of another, as the ranking would.

        Parameters
        ----------
        item : RelatedItem
            What is shown of it.
        published : datetime or None
            The date of the one that the list is for.
        now : int
            A timestamp.
        """
        center, date = timestamp(published), timestamp(item.published)
        if self._is_on_dates:
            first, last = self._window(np.array([now if center is None else center]))
            if date is None or not max(int(first[0]), self.after) <= date < min(
                int(last[0]), self.before
            ):
                return False
        return item.id not in self.exclude and all(
            not {*_values(getattr(item, field) or ())}.isdisjoint(wanted)
            for field, wanted in self.where
        )

    @property
    def _is_on_dates(self) -> bool:
        return (
            self.within is not None
            or self.only is not None
            or self.after != UNDATED
            or self.before != FOREVER
        )

    def _window(self, center: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return from when on, and until when, articles about some moments have to be."""
        after, before = np.full(len(center), UNDATED), np.full(len(center), FOREVER)
        if self.within is not None:
            after, before = center - self.within, center + self.within + 1
        if self.only == "earlier":
            before = np.minimum(before, center)
        if self.only == "later":
            after = np.maximum(after, center + 1)
        return after, before


def _moment(name: str, value: object) -> int | None:
    try:
        return timestamp(parse_date(value))
    except (TypeError, ValueError, OverflowError):
        raise _not_a_date(name, value) from None


def _values(value: str | Collection[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(sorted(map(str, value)))


def _check_only(value: object, sides: tuple[str, ...]) -> None:
    """Reject a side that is none."""
    if value is not None and value not in sides:
        msg = f"`only` must be one of {listed(sides)} or None, got {shortened(value)}."
        raise ValueError(msg)


def _check_where(value: object, fields: tuple[str, ...]) -> None:
    """Reject a condition on fields that articles do not have."""
    if not isinstance(value, Mapping):
        msg = (
            f"`where` must map fields to values, as {{'section': 'World'}}, got {shortened(value)}."
        )
        raise TypeError(msg)
    for name, wanted in value.items():
        if name not in fields:
            msg = f"`where` can ask for {listed(fields)}, got {name!r}."
            raise ValueError(msg)
        values = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(values, Iterable) or not all(isinstance(one, str) for one in values):
            msg = f"`where` must map {name!r} to a string or several, got {shortened(wanted)}."
            raise TypeError(msg)


def _not_a_date(name: str, got: object) -> ValueError:
    """Reject a moment that is none."""
    return ValueError(f"`{name}`: {expected_date(got)}")
