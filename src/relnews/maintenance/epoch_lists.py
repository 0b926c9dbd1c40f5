"""Epoch lists: the list of every article, ranked and stored when an epoch begins."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence

from relnews._parallel import in_order
from relnews.archive import workers
from relnews.archive.archive import blocks_of
from relnews.archive.commit import Commit
from relnews.archive.snapshot import Snapshot
from relnews.maintenance.stored_lists import (
    candidates_of,
    entries_of,
    items_of_list,
    positions_of,
    shown,
)
from relnews.search.top_k import Ranked
from relnews.storage.catalogue import Catalogue
from relnews.storage.list_codec import pack_lists

#: Key, stored form and items of one list.
_Stored = tuple[int, bytes, list[int]]


def store_all(
    catalogue: Catalogue,
    snapshot: Snapshot,
    k: int,
    candidates: int,
    n_jobs: int | None,
    commit: Commit | None,
) -> Iterator[tuple[int, list[int]]]:
    """Yield key and items of the list of every article, ranked and stored.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue without stored lists.
    snapshot : Snapshot
        All articles, under the statistics of the epoch.
    k : int
        Items of a list.
    candidates : int
        Number of candidates to store for each list.
    n_jobs : int or None
        Number of threads or processes; None means 1, -1 means all cores.
    commit : Commit or None
        With worker processes, the commit with which the epoch begins: processes do not see the
        transaction that stores the lists. None means threads.
    """
    blocks = blocks_of(catalogue.keys())
    found: Iterable[list[_Stored]]
    if commit is None:
        rankings = in_order(
            lambda block: snapshot.view.rank(block, candidates, catalogue.ids), blocks, n_jobs
        )
        found = (_chosen(snapshot, ranked, k, candidates) for ranked in rankings)
    else:
        ranked_and_chosen = functools.partial(_ranked_and_chosen, k, candidates)
        found = workers.of_new_epoch(commit, ranked_and_chosen, blocks, n_jobs)
    for lists in found:
        catalogue.set_entries((key, packed) for key, packed, _ in lists)
        yield from ((key, items) for key, _, items in lists)


def _ranked_and_chosen(
    k: int, candidates: int, snapshot: Snapshot, keys: Sequence[int]
) -> list[_Stored]:
    """Return key, stored form and items of the lists of a block of articles."""
    rankings = snapshot.view.rank(keys, candidates, snapshot.ids)
    return _chosen(snapshot, rankings, k, candidates)


def _chosen(
    snapshot: Snapshot, rankings: Sequence[Ranked], k: int, candidates: int
) -> list[_Stored]:
    """Return key, stored form and items of lists, given their candidates."""
    queries = [ranked.query for ranked in rankings]
    lists = [candidates_of(ranked) for ranked in rankings]
    is_all = [len(ranked.key) < candidates for ranked in rankings]
    for (*_, position), chosen in zip(
        lists, positions_of(snapshot, queries, lists, is_all, k), strict=True
    ):
        position[:] = chosen
    packed = pack_lists(zip(is_all, map(entries_of, lists), strict=True))
    items = shown([items_of_list(keys, steps, place) for keys, steps, _, place in lists])
    return [*zip(queries, packed, items, strict=True)]
