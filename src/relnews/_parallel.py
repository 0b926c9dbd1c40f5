"""Parallel: the only module that starts threads for a call, and that calls joblib."""

from __future__ import annotations

import collections
import itertools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Task = TypeVar("Task")
Worker = TypeVar("Worker")
Answer = TypeVar("Answer")

#: Tasks that wait for each thread, so that a slow task does not leave the others idle.
_WAITING = 2

#: Numbers of pools, for the names of their threads.
_NUMBERS = itertools.count()


def n_workers(n_jobs: int | None) -> int:
    """Return the number of tasks that run at a time."""
    import joblib  # late: ranking one list does not need it

    return int(joblib.effective_n_jobs(n_jobs))


def with_each(
    function: Callable[[Worker, Task], Answer], workers: Sequence[Worker], tasks: Iterable[Task]
) -> Iterator[tuple[int, Answer]]:
    """Yield the number of a worker and ``function(worker, task)``, in the order of the tasks.

    A worker has one task at a time. The assignment of tasks to workers is not deterministic.
    """
    idle: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(workers)):
        idle.put(number)

    def work(task: Task) -> tuple[int, Answer]:
        number = idle.get()
        try:
            return number, function(workers[number], task)
        finally:
            idle.put(number)

    yield from _in_threads(work, tasks, len(workers))


def in_order(
    function: Callable[[Task], Answer], tasks: Iterable[Task], n_jobs: int | None
) -> Iterator[Answer]:
    """Yield ``function(task)`` for each task, in the order of the tasks.

    Only a few tasks per thread are started at a time, so memory does not grow with their number.
    The workers are threads: the functions passed here share arrays, and spend their time in kernels
    that do not hold the interpreter lock. Closing the generator waits for the tasks under way and
    drops the others. So does the interpreter at its exit, which otherwise would free arrays, the
    catalogue and compiled kernels while a thread uses them.
    """
    yield from _in_threads(function, tasks, n_workers(n_jobs))


def _in_threads(
    function: Callable[[Task], Answer], tasks: Iterable[Task], n_threads: int
) -> Iterator[Answer]:
    if n_threads == 1:
        yield from map(function, tasks)
        return
    under_way: collections.deque[Future[Answer]] = collections.deque()
    name = f"relnews-{next(_NUMBERS)}-"
    pool = ThreadPoolExecutor(n_threads, name)
    try:
        for task in tasks:
            under_way.append(pool.submit(function, task))
            if len(under_way) > (1 + _WAITING) * n_threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        # The garbage collector may close the generator in one of its own threads.
        is_own = threading.current_thread().name.startswith(name)
        pool.shutdown(wait=not is_own, cancel_futures=True)
