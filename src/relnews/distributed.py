"""Distributed: one archive of parts that many processes built, and both ends of it on Dask."""

from __future__ import annotations

import itertools
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from relnews._checks import check_integer
from relnews.related import RelatedNews

if TYPE_CHECKING:
    from relnews.archive.commit import Commit
    from relnews.maintenance.shard_merge import Progress
    from relnews.options.list_options import Options
    from relnews.readers.read_options import ReadOptions
    from relnews.results import RelatedList

#: Articles whose lists one task makes, by default.
_ARTICLES_OF_TASK = 1000

#: File in the folder of the parts, as long as somebody waits for them.
_WANTED = "wanted"


def merge(
    paths: Iterable[str | os.PathLike[str]],
    path: str | os.PathLike[str],
    *,
    fresh: bool = False,
    progress: Progress | None = None,
) -> RelatedNews:
    """Write the archive of all parts of an input; return it, opened.

    Its lists are those of an archive that one `RelatedNews.fit` builds of the whole input. Of
    several articles with one id the first stays, and an id that one part withholds is in no list.
    Memory grows with the vocabulary. The archive appears in one transaction.

    Parameters
    ----------
    paths : iterable of path
        The archives of the parts, in any order: ``RelatedNews().fit(articles, part=(3, 64))``,
        saved.
    path : path
        Folder to write. An archive in this folder is replaced; its editors' rules stay.
    fresh : bool, default=False
        Drop the rules of an archive in the folder.
    progress : callable, optional
        Called twice with the parts and their number; returns the parts, as ``tqdm`` does.

    Returns
    -------
    RelatedNews
        The archive; ``repeated_lines_`` has the lines that it ignores.

    Raises
    ------
    ArchiveFormatError
        If a part is missing or there twice, is damaged, or is not of the same input and settings.
    FileExistsError
        If ``path`` is one of the parts, or holds something that is not an archive.
    """
    from relnews.maintenance import shard_merge

    repeated = shard_merge.merge([*map(Path, paths)], Path(path), progress, fresh=fresh)
    news = RelatedNews.open(path)
    news.repeated_lines_ = repeated
    return news


def build(
    articles: Any,
    path: str | os.PathLike[str],
    news: RelatedNews | None = None,
    **options: Unpack[ReadOptions],
) -> RelatedNews:
    """Build an archive from a collection of Dask, each partition by a task; return it, opened.

    The lists are those of ``news.fit`` of the whole collection. The tasks write their parts to a
    folder beside ``path``; `merge` then makes one archive of them.

    Parameters
    ----------
    articles : dask.bag.Bag or dask.dataframe.DataFrame
        Records as `RelatedNews.fit` takes them.
    path : path
        Folder to write, on storage that all workers see under this path.
    news : RelatedNews, optional
        Its parameters are used. None means the default parameters.
    **options
        See `ReadOptions`, but for ``part``.

    Returns
    -------
    RelatedNews
        The archive; ``repeated_lines_`` has the lines that it ignores.

    Raises
    ------
    FileNotFoundError
        If a worker does not see the folder in which ``path`` is.
    """
    from dask.base import compute
    from dask.delayed import delayed

    from relnews.storage.backup import parent_of

    if "part" in options:
        msg = "`part` is not an option here: each partition is a part."
        raise ValueError(msg)
    parameters = (RelatedNews() if news is None else news).get_params(deep=False)
    target, run = Path(path).absolute(), uuid.uuid4().hex
    folder = parent_of(target, "archive") / f".{target.name}.{run}.parts"
    first = _first_records(articles)
    partitions = articles.to_delayed()
    task = delayed(_build_part, pure=False)
    folder.mkdir()
    (folder / _WANTED).touch()
    try:
        parts = [
            task(partition, (number, len(partitions), run), parameters, first, options, folder)
            for number, partition in enumerate(partitions, start=1)
        ]
        built: Any = compute(*parts)  # type: ignore[no-untyped-call]
        return merge(built, target)
    finally:
        (folder / _WANTED).unlink()  # for tasks that still run after an error
        shutil.rmtree(folder, ignore_errors=True)


def lists(
    path: str | os.PathLike[str],
    k: int = 8,
    *,
    parts: int | None = None,
    **options: Unpack[Options],
) -> Any:
    """Return the list of every article as a bag of Dask, in the order of the archive.

    Each partition is a part of the lists, as ``RelatedNews.related_all(part=…)`` makes it.

    Parameters
    ----------
    path : path
        Folder of the archive, on storage that all workers see under this path.
    k : int, default=8
        Maximum number of items of a list.
    parts : int, optional
        Number of partitions. None means one for 1,000 articles.
    **options
        See `Options`.

    Returns
    -------
    dask.bag.Bag
        `RelatedList` objects. They are made when the bag is computed, all from the commit that the
        archive is at now; computing raises `ArchiveChangedError` if it is not at it any more.
    """
    from dask.bag import from_delayed
    from dask.delayed import delayed

    from relnews.archive.commit import Commit
    from relnews.options.list_options import ListSpec

    check_integer("k", k, minimum=1)
    ListSpec.of(options)  # raises here if an option is wrong, and not in a worker
    news = RelatedNews.open(path)
    count = check_integer("parts", parts or -(-len(news) // _ARTICLES_OF_TASK) or 1, minimum=1)
    commit = Commit.of(news.archive_.catalogue)
    task = delayed(_lists_of_part, pure=False)
    tasks = [task(commit, (number, count), k, options) for number in range(1, count + 1)]
    return from_delayed(tasks)  # type: ignore[no-untyped-call]


def _first_records(articles: Any) -> Sequence[Mapping[str, object]]:
    """Return the first records of a collection, which tell how all of them are read."""
    from relnews.readers.records import N_FIRST
    from relnews.readers.rows import entries_of

    if hasattr(articles, "take"):
        found: Any = articles.take(N_FIRST, npartitions=-1, warn=False)
    else:
        found = articles.head(N_FIRST, npartitions=-1)
    records = (record for _, record in itertools.islice(entries_of(found), N_FIRST))
    return [record for record in records if isinstance(record, Mapping)]


# --- in a worker ---------------------------------------------------------------------------------


def _build_part(
    articles: Any,
    part: tuple[int, int, str],
    parameters: Mapping[str, Any],
    first: Sequence[Mapping[str, object]],
    options: Mapping[str, Any],
    folder: Path,
) -> Path:
    """Build the archive of a partition; return its folder, which no other try has."""
    from relnews.readers.part import Part

    if not (folder / _WANTED).exists():
        msg = (
            f"a worker finds no folder {folder}. The archive has to be on storage that all workers "
            "see under the same path."
        )
        raise FileNotFoundError(msg)
    read: Any = {**options, "part": Part(*part), "first": first}
    news = RelatedNews(**parameters).fit(articles, **read)
    path = folder / f"{part[0]}.{uuid.uuid4().hex}"
    try:
        news.save(path)
    finally:
        if not (folder / _WANTED).exists():
            shutil.rmtree(folder, ignore_errors=True)
    return path


def _lists_of_part(
    commit: Commit, part: tuple[int, int], k: int, options: Options
) -> list[RelatedList]:
    """Return the lists of a part of an archive at a commit."""
    from relnews.archive import workers
    from relnews.archive.commit import Commit
    from relnews.lists.all_lists import lists_of
    from relnews.options.list_options import ListSpec

    archive = workers.archive_at(commit)
    found = [*lists_of(archive, k, ListSpec.of(options), 1, part=part)]
    if Commit.of(archive.catalogue) != commit:
        raise workers.changed(commit)
    return found
