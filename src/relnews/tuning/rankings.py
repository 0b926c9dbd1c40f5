"""Rankings: the most similar articles of the judged articles, under each weighting."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from relnews._parallel import in_order
from relnews.archive.archive import Archive, blocks_of
from relnews.archive.state import ArchiveState
from relnews.dates import UNDATED
from relnews.options.recency import Recency
from relnews.search.view import View

#: Key in place of an article where a ranking has ended.
NO_ARTICLE = -1


@dataclasses.dataclass(frozen=True, slots=True)
class Rankings:
    """The best articles for several articles, best first.

    Parameters
    ----------
    recency : Recency or None
        How scores fade.
    key : int64 array of shape (n_queries, depth)
        Keys of the articles; `NO_ARTICLE` behind the end of a ranking.
    similarity : float64 array of shape (n_queries, depth)
        Their similarities, 0 behind the end.
    published : int64 array of shape (n_queries, depth)
        Their timestamps of publication; `UNDATED` if unknown.
    last : float64 array of shape (n_queries,)
        Largest score of an article beyond the ranking; 0 if there is none.
    """

    recency: Recency | None
    key: NDArray[np.int64]
    similarity: NDArray[np.float64]
    published: NDArray[np.int64]
    last: NDArray[np.float64]


def views(archive: Archive, title_weight: float) -> View:
    """Return the view of an archive whose titles weigh otherwise, at this moment.

    Parameters
    ----------
    archive : Archive
        Its state stays as it is.
    title_weight : float
        As for `RelatedNews`.
    """
    weighting = dataclasses.replace(archive.weighting, title_weight=title_weight)
    if weighting == archive.weighting:
        return archive.snapshot().view
    state = ArchiveState(archive.store, archive.analysis, weighting, None, archive.n_stop)
    with archive.catalogue.read_transaction():
        state.refresh(archive.catalogue.generation())
        for live in state.live_segments.values():
            # The stored outline has the stored weights.
            live.take_outline(state.epoch.common, state.outlined(live.segment))
        return state.view()


def ranked(
    archive: Archive, view: View, recency: Recency | None, keys: NDArray[np.int64], depth: int,
    n_jobs: int | None,
) -> Rankings:  # fmt: skip
    """Return the best articles for articles.

    Parameters
    ----------
    archive : Archive
        The archive of the view.
    view : View
        As `views` returns it, with a weighting of the same title weight.
    recency : Recency or None
        How scores fade; None ranks by similarity.
    keys : int64 array of shape (n_queries,)
        Keys of the articles to rank for.
    depth : int
        Number of articles in each ranking.
    n_jobs : int or None
        Number of threads; None means 1, -1 means all cores.
    """
    view = dataclasses.replace(view, recency=recency)
    key = np.full((len(keys), depth), NO_ARTICLE, dtype=np.int64)
    similarity, last = np.zeros((len(keys), depth)), np.zeros(len(keys))
    place = 0
    for block in in_order(
        lambda block: view.rank(block, depth, archive.catalogue.ids),
        blocks_of(keys.tolist()),
        n_jobs,
    ):
        for found in block:
            key[place, : len(found.key)] = found.key
            similarity[place, : len(found.key)] = found.similarity
            if len(found.key) == depth:
                last[place] = found.score[-1]
            place += 1
    known, where = np.unique(key, return_inverse=True)
    dates = view.published(known.tolist())
    dates[known == NO_ARTICLE] = UNDATED
    return Rankings(recency, key, similarity, dates[where].reshape(key.shape), last)
