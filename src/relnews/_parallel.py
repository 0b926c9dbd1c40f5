"""The one place that calls joblib."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import joblib

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def in_order(
    function: Callable[[Task], Answer], tasks: Iterable[Task], n_jobs: int | None
) -> Iterator[Answer]:
    """Yield ``function(task)`` for each task, in the order of the tasks.

    Only a few tasks per worker are under way at a time, so memory does not grow with their number.
    Threads are a hint that ``joblib.parallel_config`` overrides; the functions passed here spend
    their time in kernels that do not hold the interpreter lock.
    """
    parallel = joblib.Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    answers = parallel(joblib.delayed(function)(task) for task in tasks)
    try:
        for answer in answers:  # noqa: UP028 (`yield from` would pass on the closing)
            yield answer
    finally:
        with warnings.catch_warnings():  # joblib calls it a waste when a reader has seen enough
            warnings.simplefilter("ignore", UserWarning)
            answers.close()
