"""All lists: the lists of many articles, made by threads or worker processes."""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterable, Sequence

from relnews._checks import check_integer, check_n_jobs, check_part
from relnews.archive import workers
from relnews.archive.archive import Archive
from relnews.archive.parts import part_of
from relnews.archive.snapshot import Snapshot
from relnews.lists.builder import ListBuilder
from relnews.options.list_options import ListSpec
from relnews.results import RelatedList


def lists_of(
    archive: Archive,
    k: int,
    spec: ListSpec,
    n_jobs: int | None,
    *,
    ids: Iterable[str] | None = None,
    part: tuple[int, int] | None = None,
    ordered: bool = True,
) -> Generator[RelatedList]:
    """Return the lists of articles in the order of the archive, made a block at a time.

    Parameters
    ----------
    archive : Archive
        The archive.
    k : int
        Maximum number of items.
    spec : ListSpec
        Options of the lists.
    n_jobs : int or None
        Number of threads or processes.
    ids : iterable of str, optional
        Ids of the articles; by default all.
    part : tuple of (int, int), optional
        Number of a part, from 1, and of parts; its lists are all of one commit.
    ordered : bool, default=True
        As for `relnews.archive.workers.by_blocks`.
    """
    check_integer("k", k, minimum=1)
    check_n_jobs(n_jobs)
    keys, commit = None, None
    if part is not None:
        if ids is not None:
            msg = "`part` is of all articles: give it or `ids`, not both."
            raise ValueError(msg)
        commit, keys = archive.answer(part_of, *check_part(part))
    elif ids is not None:
        keys = archive.answer(Snapshot.keys_of, [*dict.fromkeys(map(str, ids))])
    blocks = workers.by_blocks(
        archive, functools.partial(_of_block, spec, k), n_jobs, keys,
        commit=commit, ordered=ordered,
    )  # fmt: skip
    return (related for block in blocks for related in block)


def _of_block(spec: ListSpec, k: int, snapshot: Snapshot, keys: Sequence[int]) -> list[RelatedList]:
    return [*ListBuilder(snapshot, spec).articles(keys, k)]
