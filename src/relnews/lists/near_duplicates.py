"""Near-duplicates: articles with nearly the same words, of one draft or of a whole archive."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_real
from relnews._kernels._compile import frozen
from relnews._kernels.arguments import QueryBlock
from relnews._kernels.wording import TF_SHIFT
from relnews.archive import workers
from relnews.archive.archive import BLOCK
from relnews.archive.snapshot import Snapshot
from relnews.dates import UNDATED
from relnews.lists import containment
from relnews.lists.containment import LEAST_COSINE
from relnews.lists.similarities import floor_of, floors_for, numbers_of_texts
from relnews.options.selection import KEEP_OF_GROUP, Keep, check_keep, check_wire_sources
from relnews.search.limits import Limits
from relnews.search.order import newest_key
from relnews.search.query import Queries
from relnews.search.top_k import ScoredSegment
from relnews.search.view import View
from relnews.text.article_terms import Query

#: Shows progress: given the blocks of pairs and the number of blocks, it returns the blocks.
Progress = Callable[[Iterator[NDArray[np.int64]], int], Iterable[NDArray[np.int64]]]

_NO_KEYS = np.empty(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, slots=True)
class GroupOptions:
    """Options of the groups of near-duplicates, checked.

    Parameters
    ----------
    threshold : float
        Minimum cosine, or containment, of two near-duplicates.
    keep : str
        The rule for the canonical article of a group; see `Selection`.
    wire_sources : collection of str
        Sources whose articles are canonical only among themselves; see `Selection`.
    """

    threshold: float
    keep: Keep
    wire_sources: Iterable[str]

    def __post_init__(self) -> None:
        check_real("threshold", self.threshold, 0, 1, above=True)
        check_keep(self.keep, KEEP_OF_GROUP)
        object.__setattr__(self, "wire_sources", check_wire_sources(self.wire_sources))


def groups_of(
    snapshot: Snapshot,
    options: GroupOptions,
    n_jobs: int | None,
    progress: Progress | None = None,
) -> list[tuple[str, ...]]:
    """Return the groups of near-duplicates of an archive.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    options : GroupOptions
        Threshold and choice of the canonical article.
    n_jobs : int or None
        Number of threads; None means 1, -1 means all cores.
    progress : callable, optional
        Shows progress; see `Progress`.

    Returns
    -------
    list of tuple of str
        Ids, the canonical article first, then newest first. Larger groups come first; groups of
        equal size are in the order of their canonical ids.
    """
    view = snapshot.view
    blocks = near_pairs(snapshot, floor_of(options.threshold), n_jobs)
    shown = blocks if progress is None else progress(blocks, len(_blocks(view)))
    canonical = Canonical(options.keep, snapshot, tuple(options.wire_sources))
    pairs = itertools.chain(shown, [_same_texts(view)])
    groups = [_named(snapshot, canonical.of(keys), keys) for keys in _components(view, pairs)]
    return sorted(groups, key=lambda ids: (-len(ids), ids[0]))


def near_query(
    view: View, query: Query, threshold: float, date: int = UNDATED
) -> NDArray[np.int64]:
    """Return the keys of the near-duplicates of a draft, including articles of the same text.

    Parameters
    ----------
    view : View
        The segments to search.
    query : Query
        The draft.
    threshold : float
        Minimum cosine, or containment, of a near-duplicate.
    date : int, optional
        Timestamp of the draft; articles of other occasions are left out, see `OTHER_OCCASION`.
    """
    queries = _by_cosine(view, [query])
    near = []
    for scored in view.segments:
        floors = floors_for(floor_of(threshold), scored.segment.published, np.array([date]))
        places = _near(scored, queries, np.minimum(floors, LEAST_COSINE), floors, query.text)
        near.append(scored.segment.key[places])
    if len(query.text) >= containment.SAME_WORDS:
        near += [s.segment.key[s.segment.with_text(query.text)] for s in view.segments]
    return np.concatenate([_NO_KEYS, *near])


def near_article(snapshot: Snapshot, identifier: str, threshold: float) -> list[str]:
    """Return the ids of the near-duplicates of an article that readers may see, newest first.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    identifier : str
        Id of the article.
    threshold : float
        Minimum cosine, or containment, of a near-duplicate.

    Raises
    ------
    UnknownArticleError
        If the archive lacks the article.
    """
    check_real("threshold", threshold, 0, 1, above=True)
    (key,) = snapshot.keys_of([identifier])
    near = near_query(snapshot.view, snapshot.view.read([key])[0], threshold)
    keys = [*snapshot.visible_items([*{*near.tolist()} - {key}])]
    columns = zip(snapshot.dates(keys), snapshot.ids(keys), strict=True)
    return [name for *_, name in sorted(newest_key(date, name) for date, name in columns)]


def _near(
    scored: ScoredSegment,
    query: Queries,
    least: NDArray[np.int64],
    floors: NDArray[np.int64],
    text: NDArray[np.integer[Any]],
) -> NDArray[np.int64]:
    """Return the articles of a segment whose cosine or containment reaches a floor.

    Parameters
    ----------
    scored : ScoredSegment
        The segment.
    query : Queries
        Block of a single query, by cosine.
    least : int64 array of shape (n_articles,)
        The smaller of the floor and `LEAST_COSINE`.
    floors : int64 array of shape (n_articles,)
        Minimum in millionths.
    text : integer array
        Words of the query in reading order.
    """
    places, steps, _ = scored.reach(query, least)
    is_near = steps >= floors[places]
    others = np.flatnonzero(~is_near)
    shares = containment.of_text(text, scored.segment, places[others])
    is_near[others] = shares >= floors[places[others]]
    return places[is_near]


def _named(snapshot: Snapshot, canonical: int, keys: Sequence[int]) -> tuple[str, ...]:
    """Return the ids of a group: the canonical article first, then newest first."""
    columns = zip(keys, snapshot.dates(keys), snapshot.ids(keys), strict=True)
    order = sorted((key != canonical, *newest_key(date, id_)) for key, date, id_ in columns)
    return tuple(identifier for *_, identifier in order)


# --- of a whole archive --------------------------------------------------------------------------


def near_pairs(snapshot: Snapshot, floor: int, n_jobs: int | None) -> Iterator[NDArray[np.int64]]:
    """Yield the pairs of articles from a similarity on, each pair once.

    Every article is compared with the articles after it, by the cosine of the weights and by the
    containment of the texts; see `relnews.lists.containment`. The result is exact; bounds only save
    sums. Threads or worker processes work on blocks of articles, and the pairs of one block are
    yielded at a time.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    floor : int
        Minimum similarity in millionths.
    n_jobs : int or None
        Number of threads; None means 1, -1 means all cores.

    Yields
    ------
    int64 array of shape (n_pairs, 2)
        Articles, numbered through all segments.
    """
    pairs_of = functools.partial(_pairs_of, floor)
    return workers.over(snapshot, pairs_of, _blocks(snapshot.view), n_jobs)


def _blocks(view: View) -> list[tuple[int, int]]:
    """Return the segment number and the first article of each block."""
    return [
        (number, first)
        for number, scored in enumerate(view.segments)
        for first in range(0, scored.segment.n_articles, BLOCK)
    ]


def _starts(view: View) -> list[int]:
    """Return the number of the first article of each segment, and the number of articles."""
    sizes = [scored.segment.n_articles for scored in view.segments]
    return [*itertools.accumulate(sizes, initial=0)]


def _pairs_of(floor: int, snapshot: Snapshot, block: tuple[int, int]) -> NDArray[np.int64]:
    """Return the pairs whose first article is in a block."""
    view, (number, first) = snapshot.view, block
    floors = [np.full(scored.segment.n_articles, floor) for scored in view.segments]
    least = [frozen(np.minimum(of_segment, LEAST_COSINE)) for of_segment in floors]
    scored, starts = view.segments[number], _starts(view)
    # Removed and hidden articles have a prior of 0.
    shown = first + np.flatnonzero(scored.prior[first : first + BLOCK] > 0)
    if not len(shown):
        return np.empty((0, 2), dtype=np.int64)
    queries = _by_cosine(view, scored.segment.queries(shown))
    found = []
    for i, local in enumerate(shown.tolist()):
        query = _query_at(queries, i)
        text = scored.segment.text(local)
        for other in range(number, len(view.segments)):
            places = _near(view.segments[other], query, least[other], floors[other], text)
            places = places[places > local] if other == number else places
            first_of_pair = np.full(len(places), starts[number] + local)
            found.append(np.column_stack([first_of_pair, starts[other] + places]))
    return np.concatenate(found)


def _same_texts(view: View) -> NDArray[np.int64]:
    """Return pairs that connect the articles of each text."""
    # Removed and hidden articles have a prior of 0.
    local = [np.flatnonzero(scored.prior > 0) for scored in view.segments]
    part = np.repeat(np.arange(len(local)), [*map(len, local)])
    _, number = numbers_of_texts(view, part, np.concatenate([_NO_KEYS, *local]))
    place = np.array(_starts(view))[part] + np.concatenate([_NO_KEYS, *local])
    order = np.argsort(number, kind="stable")
    same = np.flatnonzero(np.diff(number[order]) == 0)
    return np.column_stack([place[order[same]], place[order[same + 1]]])


def _by_cosine(view: View, queries: Sequence[Query]) -> Queries:
    """Return a block of queries by the cosine of their weights alone: no titles, vectors, decay."""
    weighting = dataclasses.replace(view.weighting, title_overlap=0.0, vector_weight=0.0)
    return Queries.of(queries, view.statistics, weighting)


def _query_at(queries: Queries, i: int) -> Queries:
    """Return one query of a block, by cosine and without limits; arrays are shared."""
    at, limits = slice(i, i + 1), queries.limits
    ptr, term, weight, outline = queries.block
    pairs = slice(int(ptr[i]), int(ptr[i + 1]))
    block = QueryBlock(
        frozen(ptr[i : i + 2] - ptr[i]), term[pairs], weight[pairs], outline and outline.cut(at)
    )
    fading = limits.fading._replace(query_day=limits.fading.query_day[at])
    of_query = Limits(limits.after[at], limits.before[at], limits.exclude[at], fading)
    return Queries(queries.key[at], block, of_query, None)


def _components(view: View, blocks: Iterable[NDArray[np.int64]]) -> list[list[int]]:
    """Return the keys of the articles of each group that pairs connect."""
    starts = _starts(view)
    group = np.arange(starts[-1])
    waiting: list[NDArray[np.int64]] = []
    n_waiting = 0
    for found in blocks:
        waiting.append(found)
        n_waiting += len(found)
        if n_waiting > len(group):  # 1,000 copies of one text are 499,500 pairs
            group, waiting, n_waiting = _merged(group, waiting), [], 0
    group = _merged(group, waiting)
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    keys = np.concatenate([np.empty(0, np.int64), *(s.segment.key for s in view.segments)])
    return [keys[places].tolist() for places in np.split(order, cuts) if len(places) > 1]


def _merged(group: NDArray[np.int64], found: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the group of each article after joining the groups that pairs connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not found:
        return group
    first, second = group[np.concatenate(found)].T
    n = len(group)
    graph = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    return label.astype(np.int64)[group]


# --- the canonical article -----------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Canonical:
    """The choice of the article of a group of near-duplicates that a list shows.

    Parameters
    ----------
    keep : str
        The rule of the choice; see `Selection`.
    snapshot : Snapshot
        The archive at one moment.
    wire_sources : collection of str, optional
        Sources whose articles are chosen only if the group has no other article.
    """

    keep: Keep
    snapshot: Snapshot
    wire_sources: Collection[str] = ()

    def of(self, keys: Sequence[int]) -> int:
        """Return the key of the canonical article of a group."""
        return keys[int(np.argmin(self.ranks(keys)))]

    def ranks(self, keys: Sequence[int]) -> NDArray[np.int64]:
        """Return the rank of each article, the preferred first; the smallest id breaks a tie.

        If the nearest is kept, articles differ by their sources only.

        Parameters
        ----------
        keys : sequence of int
            Distinct articles.
        """
        is_wire = [False] * len(keys)
        if self.wire_sources:
            is_wire = [item.source in self.wire_sources for item in self.snapshot.items(keys)]
        if self.keep == "nearest":
            return np.array(is_wire, dtype=np.int64)
        if self.keep == "longest":
            badness = [(False, -length) for length in _lengths(self.snapshot.view, keys)]
        else:
            sign = -1 if self.keep == "newest" else 1
            dates = self.snapshot.view.published(keys).tolist()
            badness = [(date == UNDATED, sign * date) for date in dates]
        ordered = [*zip(is_wire, badness, self.snapshot.ids(keys), strict=True)]
        ranks = np.empty(len(keys), dtype=np.int64)
        ranks[sorted(range(len(keys)), key=ordered.__getitem__)] = np.arange(len(keys))
        return ranks


def _lengths(view: View, keys: Sequence[int]) -> list[int]:
    """Return the number of words, without stop words, of the texts of articles."""
    lengths = np.zeros(len(keys), dtype=np.int64)
    for scored in view.segments:
        segment = scored.segment
        local = segment.find_all(np.array(keys))
        for i in np.flatnonzero(local >= 0).tolist():
            _, level = segment.row(int(local[i]))
            lengths[i] = (segment.values[level] >> TF_SHIFT).sum()
    return lengths.tolist()
