"""Workers: threads and worker processes that make answers from the snapshots of an archive.

Processes come from the backend that ``joblib.parallel_config`` names: loky, Dask, Ray. A task is
a `Commit` and a few numbers. A worker process opens the archive, mapped, and keeps it for its next
tasks.
"""

from __future__ import annotations

import functools
import platform
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from relnews import dates
from relnews._parallel import has_processes, in_order, in_processes
from relnews.archive.archive import Archive, blocks_of
from relnews.archive.commit import Commit
from relnews.archive.snapshot import Snapshot
from relnews.exceptions import ArchiveChangedError, ArchiveFormatError

Task = TypeVar("Task")
Answer = TypeVar("Answer")

#: The archives that this process has opened for tasks, by folder.
_archives: dict[Path, Archive] = {}
_opening = threading.Lock()


class _Moment(NamedTuple):
    """What a worker process makes its snapshot of."""

    commit: Commit
    #: Timestamp of the moment; None for the view of stored lists, whose epoch begins now.
    now: int | None


def by_blocks(
    archive: Archive,
    function: Callable[[Snapshot, list[int]], Answer],
    n_jobs: int | None,
    keys: Sequence[int] | None = None,
    *,
    commit: Commit | None = None,
    ordered: bool = True,
) -> Iterator[Answer]:
    """Yield what a function returns for blocks of articles, in the order of the archive.

    Worker processes answer from one commit of the archive. Threads do so if it is given; otherwise
    each block is answered from the newest commit.

    Parameters
    ----------
    archive : Archive
        The archive.
    function : callable
        Given a snapshot and the keys of a block, it returns the answer for them. It can be pickled.
    n_jobs : int or None
        Number of threads or processes; None means 1, unless a ``joblib.parallel_config`` says
        otherwise; -1 means all cores.
    keys : sequence of int, optional
        Articles; by default all.
    commit : Commit, optional
        The commit that all answers are of.
    ordered : bool, default=True
        Whether the answers of worker processes are in order, too.

    Raises
    ------
    ArchiveChangedError
        If the archive is not, or no longer, at the commit.
    ValueError
        If worker processes are asked for, and the archive is in memory.
    """
    processes = has_processes(n_jobs)
    with archive.catalogue.read_transaction():
        found = sorted(archive.catalogue.keys() if keys is None else keys)
        if processes and commit is None:
            commit = Commit.of(archive.catalogue)
    blocks = blocks_of(found)
    if commit is None:
        return in_order(lambda block: archive.answer(function, block), blocks, n_jobs)
    moments = ((_Moment(commit, dates.now()), block) for block in blocks)
    if processes:
        return in_processes(functools.partial(_work, function), moments, n_jobs, ordered=ordered)
    return in_order(lambda task: _answer(archive, function, *task), moments, n_jobs)


def over(
    snapshot: Snapshot,
    function: Callable[[Snapshot, Task], Answer],
    tasks: Iterable[Task],
    n_jobs: int | None,
) -> Iterator[Answer]:
    """Yield what a function returns for a snapshot and each task, in the order of the tasks.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    function : callable
        Given the snapshot and a task, it returns the answer. It and the tasks can be pickled.
    tasks : iterable
        The tasks.
    n_jobs : int or None
        As for `by_blocks`.
    """
    if not has_processes(n_jobs):
        return in_order(lambda task: function(snapshot, task), tasks, n_jobs)
    return _at(_Moment(snapshot.commit, snapshot.now), function, tasks, n_jobs)


def of_new_epoch(
    commit: Commit,
    function: Callable[[Snapshot, Task], Answer],
    tasks: Iterable[Task],
    n_jobs: int | None,
) -> Iterator[Answer]:
    """Yield as `over`, from processes and from the view of an epoch that begins with a commit."""
    return _at(_Moment(commit, None), function, tasks, n_jobs)


def _at(
    moment: _Moment,
    function: Callable[[Snapshot, Task], Answer],
    tasks: Iterable[Task],
    n_jobs: int | None,
) -> Iterator[Answer]:
    """Yield the answers of worker processes to each task, all of one moment."""
    moments = ((moment, task) for task in tasks)
    return in_processes(functools.partial(_work, function), moments, n_jobs)


# --- in a worker ---------------------------------------------------------------------------------


def _work(
    function: Callable[[Snapshot, Task], Answer], moment_and_task: tuple[_Moment, Task]
) -> Answer:
    """Return the answer of a task, in a worker process."""
    moment, task = moment_and_task
    return _answer(archive_at(moment.commit), function, moment, task)


def _answer(
    archive: Archive, function: Callable[[Snapshot, Task], Answer], moment: _Moment, task: Task
) -> Answer:
    commit, now = moment
    try:
        with archive.locked():
            snapshot = archive.epoch_snapshot() if now is None else archive.snapshot(now)
        if snapshot.generation != commit.generation:
            raise ArchiveChangedError
        return function(snapshot, task)
    except ArchiveChangedError as error:
        raise changed(commit) from error


def archive_at(commit: Commit) -> Archive:
    """Return the archive of a folder, opened before if it is at the commit, or opened now.

    Parameters
    ----------
    commit : Commit
        The commit that it has to be at.
    """
    with _opening:
        archive = _archives.get(commit.folder)
        if archive is None or not _is_at(archive, commit):
            _archives.pop(commit.folder, None)  # which closes it when no other task uses it
            archive = _opened(commit)
        _archives[commit.folder] = archive
    return archive


def _is_at(archive: Archive, commit: Commit) -> bool:
    """Return whether an open archive is at a commit, after what was committed since."""
    try:
        with archive.locked():
            archive.refresh()
            return Commit.of(archive.catalogue) == commit
    except (OSError, ValueError, RuntimeError):  # its folder is gone, or another one is there
        return False


def _opened(commit: Commit) -> Archive:
    try:
        archive = Archive.open(commit.folder)
    except (OSError, ArchiveFormatError) as error:
        msg = (
            f"{error} This is what a worker process on {platform.node()} found: the folder of the "
            "archive has to be on storage that all workers see, under the same path."
        )
        raise type(error)(msg) from error
    if Commit.of(archive.catalogue) != commit:
        raise changed(commit)
    return archive


def changed(commit: Commit) -> ArchiveChangedError:
    """Return the error of an archive that is not, or no longer, at a commit."""
    return ArchiveChangedError(
        f"{commit.folder} is not at commit {commit.generation:,} any more, from which all answers "
        f"of this run are to be; a process on {platform.node()} found another. Run it again while "
        "nothing writes the archive, or on a copy: `relnews backup`."
    )
