"""Parallel: the only module that calls joblib."""

from __future__ import annotations

import queue
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Task = TypeVar("Task")
Worker = TypeVar("Worker")
Answer = TypeVar("Answer")


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
    if len(workers) == 1:
        yield from ((0, function(workers[0], task)) for task in tasks)
        return
    idle: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(workers)):
        idle.put(number)

    def work(task: Task) -> tuple[int, Answer]:
        number = idle.get()
        try:
            return number, function(workers[number], task)
        finally:
            idle.put(number)

    yield from in_order(work, tasks, len(workers))


def in_order(
    function: Callable[[Task], Answer], tasks: Iterable[Task], n_jobs: int | None
) -> Iterator[Answer]:
    """Yield ``function(task)`` for each task, in the order of the tasks.

    Only a few tasks per worker are started at a time, so memory does not grow with their number.
    The workers are threads: the functions passed here share arrays, and spend their time in kernels
    that do not hold the interpreter lock.
    """
    import joblib

    parallel = joblib.Parallel(n_jobs=n_jobs, require="sharedmem", return_as="generator")
    answers = parallel(joblib.delayed(function)(task) for task in tasks)
    try:
        for answer in answers:  # noqa: UP028 (`yield from` would pass on the closing)
            yield answer
    finally:
        with warnings.catch_warnings():  # joblib warns when a reader stops early
            warnings.simplefilter("ignore", UserWarning)
            answers.close()
