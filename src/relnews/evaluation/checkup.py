"""Health: the state of the lists of an archive, measured without judgements."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relnews import _checks
from relnews.evaluation.baselines import articles_of
from relnews.evaluation.tables import lines_of
from relnews.export.text import printable

if TYPE_CHECKING:
    from relnews.related import RelatedNews
    from relnews.results import RelatedList

#: Number of hubs that are named.
HUBS_NAMED = 5

#: A function that shows progress: it gets the lists and their number, and returns the lists.
Progress = Callable[[Iterator["RelatedList"], int], Iterable["RelatedList"]]

_NOT_LISTED = -1
_SECONDS_OF_A_DAY = 86_400


@dataclasses.dataclass(frozen=True, slots=True)
class Hub:
    """An article that many lists contain.

    Parameters
    ----------
    id, title : str
        Of the article.
    lists : int
        Number of lists that contain it.
    """

    id: str
    title: str
    lists: int


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Health:
    """The state of all lists of an archive.

    Parameters
    ----------
    k : int
        Length of a full list.
    lengths : int64 array of shape (n_articles,)
        Number of items of each list, in the order of the archive.
    in_links : int64 array of shape (n_articles,)
        Number of lists that contain each article.
    hubs : tuple of Hub
        The articles that most lists contain.
    age_gap : float
        Median number of days between an article and an item of its list; NaN without dates.
    near_duplicates : int
        Items in the same group of `RelatedNews.duplicates` as their article. Default lists leave
        near-duplicates out, so these are the ends of chains of versions.
    common : int or None
        Articles that the other archive has too; None without another archive.
    overlap : float
        Mean share of items that the two lists of a common article have in common, of the longer
        list; NaN without common articles.
    """

    k: int
    lengths: NDArray[np.int64]
    in_links: NDArray[np.int64]
    hubs: tuple[Hub, ...]
    age_gap: float
    near_duplicates: int
    common: int | None
    overlap: float

    @property
    def articles(self) -> int:
        """Number of articles."""
        return len(self.lengths)

    @property
    def full(self) -> int:
        """Number of articles with a list of k items."""
        return int((self.lengths == self.k).sum())

    @property
    def empty(self) -> int:
        """Number of articles with an empty list."""
        return int((self.lengths == 0).sum())

    @property
    def short(self) -> int:
        """Number of articles whose list is neither full nor empty."""
        return self.articles - self.full - self.empty

    @property
    def orphans(self) -> int:
        """Number of articles that no list contains."""
        return int((self.in_links == 0).sum())

    @property
    def coverage(self) -> float:
        """Share of the articles with a full list; NaN without articles."""
        return self.full / self.articles if self.articles else np.nan

    @property
    def near_duplicate_rate(self) -> float:
        """Share of the items that are near-duplicates of their article; NaN without items."""
        items = int(self.lengths.sum())
        return self.near_duplicates / items if items else np.nan

    @property
    def gini(self) -> float:
        """Gini coefficient of ``in_links``: 0 if all are equal, near 1 if one article has all."""
        return gini(self.in_links)

    @property
    def churn(self) -> float:
        """Mean share of a list that the other archive's list lacks; NaN without common articles."""
        return 1 - self.overlap

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values; NaN becomes None."""
        other = {} if self.common is None else {"common": self.common, "churn": self.churn}
        values = {
            "k": self.k,
            "articles": self.articles,
            "coverage": self.coverage,
            "short": self.short,
            "empty": self.empty,
            "orphans": self.orphans,
            "gini": self.gini,
            "hubs": [dataclasses.asdict(hub) for hub in self.hubs],
            "age_gap_days": self.age_gap,
            "near_duplicate_rate": self.near_duplicate_rate,
            **other,
        }
        return {name: None if value != value else value for name, value in values.items()}

    def __str__(self) -> str:
        lines = [
            ("articles", f"{self.articles:,}"),
            ("full lists", f"{_percent(self.coverage)} are of length {self.k}"),
            ("short lists", f"{self.short:,}"),
            ("empty lists", f"{self.empty:,}"),
            ("orphans", f"{self.orphans:,} in no list"),
            ("gini", f"{self.gini:.3f} of how many lists articles are in"),
            *(
                ("hub", f"{hub.lists:,} × {printable(hub.title) or printable(hub.id)}")
                for hub in self.hubs
            ),
            ("age gap", _days(self.age_gap)),
            ("near-duplicates", f"{_percent(self.near_duplicate_rate)} of the items"),
        ]
        if self.common is not None:
            common = f"{self.common:,} common articles"
            lines.append(("churn", f"{_percent(self.churn)} of the lists of {common}"))
        return lines_of(lines)


def health(
    news: RelatedNews,
    k: int = 8,
    *,
    against: RelatedNews | None = None,
    progress: Progress | None = None,
) -> Health:
    """Return the state of all lists of an archive.

    Parameters
    ----------
    news : RelatedNews
        The archive.
    k : int, default=8
        Length of a full list.
    against : RelatedNews, optional
        Another build of the archive, such as yesterday's, to measure how much lists changed.
    progress : callable, optional
        Called with the lists and their number; returns the lists, as ``tqdm`` does.

    Examples
    --------
    >>> from relnews import RelatedNews
    >>> from relnews.evaluation import health
    >>> from relnews.sample import sample_articles
    >>> print(health(RelatedNews().fit(sample_articles())))  # doctest: +ELLIPSIS
    articles:        124
    ...
    """
    _checks.check_integer("k", k, minimum=1)
    progress = progress or _unshown
    articles = articles_of(news)
    number = {article.id: i for i, article in enumerate(articles)}
    width = min(k, max(0, len(articles) - 1))
    items = np.full((len(articles), width), _NOT_LISTED, dtype=np.int32)
    near_duplicates = 0
    groups = enumerate(news.duplicates())
    group = {identifier: n for n, ids in groups for identifier in ids}
    for related in progress(news.related_all(k), len(news)):
        i = number.get(str(related.id))
        known = [item for item in related if item.id in number]  # others came in meanwhile
        if i is not None:
            items[i, : len(known)] = [number[item.id] for item in known]
            own = group.get(str(related.id), -1)
            near_duplicates += sum(group.get(item.id) == own for item in known)
    in_links = np.bincount(items[items != _NOT_LISTED], minlength=len(articles))
    days = np.array([
        np.nan if a.published is None else a.published.timestamp() / _SECONDS_OF_A_DAY
        for a in articles
    ])  # fmt: skip
    common, overlap = None, np.nan
    if against is not None:
        shares = list(_shares(items, number, progress(against.related_all(k), len(against))))
        common, overlap = len(shares), float(np.mean(shares)) if shares else np.nan
    return Health(
        k=k,
        lengths=(items != _NOT_LISTED).sum(axis=1),
        in_links=in_links,
        hubs=tuple(
            Hub(articles[i].id, articles[i].title, int(in_links[i]))
            for i in np.argsort(-in_links, kind="stable")[:HUBS_NAMED]
            if in_links[i]
        ),
        age_gap=_median_gap(items, days),
        near_duplicates=near_duplicates,
        common=common,
        overlap=overlap,
    )


def gini(counts: NDArray[np.int64]) -> float:
    """Return the Gini coefficient of counts: 0 if all are equal, near 1 if one has all.

    Parameters
    ----------
    counts : int64 array of shape (n,)
        Not negative.

    Returns
    -------
    float
        Half the mean difference of two counts, divided by their mean; 0 if all are 0.
    """
    n, total = len(counts), int(counts.sum())
    if not total:
        return 0.0
    place = np.arange(1, n + 1)
    return float((2 * place - n - 1) @ np.sort(counts) / (n * total))


def _shares(
    items: NDArray[np.int32], number: dict[str, int], others: Iterable[RelatedList]
) -> Iterator[float]:
    """Yield the share of common items of the two lists of each article in both archives."""
    for theirs in others:
        i = number.get(str(theirs.id))
        if i is not None:
            mine = set(items[i].tolist()) - {_NOT_LISTED}
            whole = max(len(mine), len(theirs))
            shared = sum(number.get(item.id, _NOT_LISTED) in mine for item in theirs)
            yield shared / whole if whole else 1.0


def _median_gap(items: NDArray[np.int32], days: NDArray[np.float64]) -> float:
    query, place = np.nonzero(items != _NOT_LISTED)
    gaps = np.abs(days[query] - days[items[query, place]])
    gaps = gaps[~np.isnan(gaps)]
    return float(np.median(gaps)) if len(gaps) else np.nan


def _unshown(lists: Iterator[RelatedList], total: int) -> Iterator[RelatedList]:
    return lists


def _percent(share: float) -> str:
    return "unknown share" if np.isnan(share) else f"{share:.1%}"


def _days(gap: float) -> str:
    return "unknown, no dates" if np.isnan(gap) else f"{gap:,.1f} days (median)"
