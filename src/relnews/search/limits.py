"""Limits: which articles each list may hold, and how the scores of others fade."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews._kernels.arguments import Fading
from relnews._kernels.scoring import NO_DAY
from relnews.dates import FOREVER, UNDATED
from relnews.options.conditions import ResolvedConditions
from relnews.options.recency import Recency
from relnews.text.article_terms import Query

#: Microseconds of a day.
_DAY = 86_400_000_000

#: Length of a table of factors in days: 200 years, further apart than any two articles.
_DAYS = 73_050


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the lists of a block of queries, and the fading of their scores.

    Parameters
    ----------
    after, before : int64 arrays of shape (n_queries,)
        Only articles published from ``after`` on, and before ``before``. An article without a date
        is older than all dates.
    exclude : int64 array of shape (n_queries, n)
        Catalogue keys of the articles that each list must not hold.
    fading : Fading
        Day of each query, and the factors on scores.
    """

    after: NDArray[np.int64]
    before: NDArray[np.int64]
    exclude: NDArray[np.int64]
    fading: Fading

    @classmethod
    def none(cls, queries: Sequence[Query], recency: Recency | None = None) -> Limits:
        """Return limits that only exclude each article from its own list.

        Parameters
        ----------
        queries : sequence of Query
            Articles that the lists are for.
        recency : Recency, optional
            Decay of the scores. None means no decay.
        """
        n, published = len(queries), np.array([query.published for query in queries])
        exclude = np.array([[query.key] for query in queries], dtype=np.int64)
        return cls(np.full(n, UNDATED), np.full(n, FOREVER), exclude, fading_of(published, recency))

    @classmethod
    def of(
        cls,
        queries: Sequence[Query],
        recency: Recency | None,
        conditions: ResolvedConditions | None,
        now: int,
        excluded: Sequence[int],
    ) -> Limits:
        """Return the limits that follow from conditions.

        Parameters
        ----------
        queries : sequence of Query
            Articles that the lists are for.
        recency : Recency or None
            Decay of the scores if the conditions have none. None means no decay.
        conditions : ResolvedConditions or None
            Their filters are not part of the result: the search ranks over a view of matching
            articles. None means no condition.
        now : int
            Timestamp of the moment of ranking.
        excluded : sequence of int
            Catalogue keys of the articles that no list may have.
        """
        if conditions is None:
            return cls.none(queries, recency)
        recency = conditions.recency or recency
        dates = [query.published for query in queries]
        windows = [conditions.window(now if date == UNDATED else date) for date in dates]
        after, before = np.array(windows, dtype=np.int64).reshape(-1, 2).T.copy()
        if recency is not None and recency.anchor != "article":
            dates = [recency.anchored(date, now) for date in dates]
        exclude = np.array([[query.key, *excluded] for query in queries], dtype=np.int64)
        return cls(after, before, exclude, fading_of(np.array(dates, dtype=np.int64), recency))


def fading_of(published: NDArray[np.int64], recency: Recency | None) -> Fading:
    """Return the fading of the scores of queries, as kernels take it.

    Parameters
    ----------
    published : int64 array of shape (n_queries,)
        Timestamps that days are counted from.
    recency : Recency or None
        None if scores do not fade.
    """
    query_day = days(published).astype(np.int64)
    query_day.flags.writeable = False
    return Fading(query_day, *factors(recency))


@functools.lru_cache(maxsize=16)
def factors(recency: Recency | None) -> tuple[NDArray[np.float64], float]:
    """Return the factors after 0, 1, 2, … days, and the factor if either article has no date.

    The last factor holds for longer times. If scores do not fade (no recency, or a floor of 1),
    there is one.
    """
    table: NDArray[np.float64] = np.ones(1)
    if recency is not None:
        days = np.arange(_DAYS if recency.floor < 1 else 1)
        half_lives = np.maximum(days - recency.offset, 0.0) / recency.half_life
        table = recency.floor + (1.0 - recency.floor) / (1.0 + half_lives)
    return frozen(table), 1.0 if recency is None else recency.undated


def days(published: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the days since 1970 (UTC) of timestamps, int32; `scoring.NO_DAY` if unknown."""
    return np.where(published == UNDATED, NO_DAY, published // _DAY).astype(np.int32)
