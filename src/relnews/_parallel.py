"""The one place that calls joblib."""

from __future__ import annotations

import queue
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Task = TypeVar("Task")
Worker = TypeVar("Worker")
Answer = TypeVar("Answer")


def n_workers(n_jobs: int | None) -> int:
    """Return how many tasks run at a time."""
    import joblib  # late: whoever ranks one list should not wait for it

    return int(joblib.effective_n_jobs(n_jobs))


def with_each(
    function: Callable[[Worker, Task], Answer], workers: Sequence[Worker], tasks: Iterable[Task]
) -> Iterator[tuple[int, Answer]]:
    """Yield the number of a worker and ``function(worker, task)``, in the order of the tasks.

    A worker has one task at a time; which one gets which task is left to chance.
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

    Only a few tasks per worker are under way at a time, so memory does not grow with their number.
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
        with warnings.catch_warnings():  # joblib calls it a waste when a reader has seen enough
            warnings.simplefilter("ignore", UserWarning)
            answers.close()
