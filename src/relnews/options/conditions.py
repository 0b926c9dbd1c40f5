"""Conditions: which articles may be in a list, and how recency counts."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, TypedDict

from relnews._checks import check_instance, check_real, listed, shortened
from relnews.articles import FILTERABLE
from relnews.dates import FOREVER, UNDATED, date_of, timestamp
from relnews.options.recency import Recency
from relnews.options.text_option import TextOption, values_by_field
from relnews.results import RelatedItem

_DAY = dt.timedelta(days=1)
_MICROSECOND = dt.timedelta(microseconds=1)

#: Values of `when`.
SIDES = ("before", "after")


class Conditions(TypedDict, total=False):
    """Conditions on the articles of a list. The ranking fills the list up to k such articles.

    None means no condition.

    Parameters
    ----------
    after, before : datetime, date or str
        Published at or after ``after``, and earlier than ``before``. Without a time zone the time
        is UTC. A condition on dates excludes articles without a date.
    within : float
        Published at most this many days before or after the article that the list is for, or
        before or after now if that article has no date.
    when : 'before' or 'after'
        Published before the article that the list is for, or after it; compared with now if that
        article has no date.
    filters : mapping of str to str or collection of str
        Maps ``section``, ``author``, ``source``, ``language`` or ``tags`` to the wanted value, or
        to several values of which one is enough. An article has to match every field.
    exclude : collection of str
        Ids of articles to leave out, such as those that are on the page already.
    recency : Recency
        How scores fade with the days between two articles. By default the recency of the mode, or
        of the archive.
    """

    after: dt.datetime | dt.date | str | None
    before: dt.datetime | dt.date | str | None
    within: float | None
    when: Literal["before", "after"] | None
    filters: Mapping[str, str | Collection[str]] | None
    exclude: Collection[str] | None
    recency: Recency | None


#: Conditions as people write them. Those of `Recency` stand there.
TEXT_OPTIONS = (
    TextOption("after", "Published on this day or later, or from this moment on.", "DATE"),
    TextOption("before", "Published before this day or moment.", "DATE"),
    TextOption(
        "within", "Published at most this many days before or after the article.", "DAYS", float
    ),
    TextOption("when", "Published before the article, or after it.", choices=SIDES),
    TextOption(
        "filters",
        "Of this section, author, source or language, or with this tag. For one field, one of "
        "the given values is enough.",
        "FIELD=VALUE", repeats=True, parse=values_by_field,
    ),
    TextOption("exclude", "Leave out this article.", "ID", repeats=True),
)  # fmt: skip

#: Filters as a hashable value: pairs of a field and the wanted values.
FieldFilter = tuple[tuple[str, tuple[str, ...]], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class ResolvedConditions:
    """Conditions, checked and converted.

    Parameters
    ----------
    after, before : int
        Timestamps; `UNDATED` and `FOREVER` if there is no condition.
    within : int or None
        Microseconds.
    when : 'before', 'after' or None
        Side of the article that the list is for.
    filters : tuple of (str, tuple of str)
        Sorted by field.
    exclude : tuple of str
        Ids, sorted.
    recency : Recency or None
        None is the recency of the archive.
    """

    after: int
    before: int
    within: int | None
    when: Literal["before", "after"] | None
    filters: FieldFilter
    exclude: tuple[str, ...]
    recency: Recency | None

    @classmethod
    def of(cls, conditions: Conditions) -> ResolvedConditions:
        """Return conditions, checked.

        Raises
        ------
        TypeError, ValueError
            If a condition is invalid.
        """
        after, before = (_moment(name, conditions.get(name)) for name in ("after", "before"))
        within = conditions.get("within")
        filters = conditions.get("filters") or {}
        recency = conditions.get("recency")
        if within is not None:
            check_real("within", within, 0, 3_700_000, unit="days")
        _check_when(conditions.get("when"))
        _check_filters(filters)
        check_instance("recency", recency, Recency)
        return cls(
            after=UNDATED if after is None else after,
            before=FOREVER if before is None else before,
            within=None if within is None else within * _DAY // _MICROSECOND,
            when=conditions.get("when"),
            filters=tuple(sorted((name, _values(value)) for name, value in filters.items())),
            exclude=_values(conditions.get("exclude") or ()),
            recency=recency,
        )

    def window(self, center: int) -> tuple[int, int]:
        """Return the first timestamp that is allowed, and the first after it that is not.

        Parameters
        ----------
        center : int
            Timestamp of the article that the list is for; now if it has no date.
        """
        after, before = self.after, self.before
        if self.within is not None:
            after = max(after, center - self.within)
            before = min(before, center + self.within + 1)
        if self.when == "before":
            before = min(before, center)
        if self.when == "after":
            after = max(after, center + 1)
        if (after, before) != (UNDATED, FOREVER):
            after = max(after, UNDATED + 1)  # an article without a date meets no such condition
        return after, before

    def admit(self, item: RelatedItem, published: dt.datetime | None, now: int) -> bool:
        """Return whether an article may be in the list of another; the ranking decides the same.

        Parameters
        ----------
        item : RelatedItem
            The article.
        published : datetime or None
            Date of the article that the list is for.
        now : int
            Timestamp of the moment at which the list is made.
        """
        center, date = timestamp(published), timestamp(item.published)
        after, before = self.window(now if center is None else center)
        if not after <= (UNDATED if date is None else date) < before:
            return False
        return item.id not in self.exclude and all(
            not {*_values(getattr(item, field) or ())}.isdisjoint(wanted)
            for field, wanted in self.filters
        )


def _moment(name: str, value: object) -> int | None:
    return timestamp(date_of(name, value))


def _values(value: str | Collection[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(sorted(map(str, value)))


def _check_when(value: object) -> None:
    if value is not None and value not in SIDES:
        msg = f"`when` must be one of {listed(SIDES)} or None, got {shortened(value)}."
        raise ValueError(msg)


def _check_filters(value: object) -> None:
    if not isinstance(value, Mapping):
        msg = (
            "`filters` must map fields to values, as {'section': 'World'}, got "
            f"{shortened(value)}."
        )
        raise TypeError(msg)
    for name, wanted in value.items():
        if name not in FILTERABLE:
            msg = f"`filters` can name {listed(FILTERABLE)}, got {name!r}."
            raise ValueError(msg)
        values = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(values, Iterable) or not all(isinstance(text, str) for text in values):
            msg = f"`filters` must map {name!r} to a string or several, got {shortened(wanted)}."
            raise TypeError(msg)
