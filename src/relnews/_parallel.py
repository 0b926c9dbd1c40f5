"""Parallel: the only module that starts threads and processes for a call, and that calls joblib."""

from __future__ import annotations

import collections
import contextlib
import functools
import itertools
import multiprocessing
import queue
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

Task = TypeVar("Task")
Worker = TypeVar("Worker")
Answer = TypeVar("Answer")

#: Tasks that wait for each thread, so that a slow task does not leave the others idle.
_WAITING = 2

#: Tasks for each worker process that are dispatched, or whose answers wait for the caller.
_UNANSWERED = 16

#: Tasks that go to a worker process together, and are answered together. A cluster of Dask takes
#: about 6 ms of its scheduler and its client for each message.
_BATCH = 4

#: Tries of the same tasks while worker processes die.
_TRIES = 3

#: Seconds after which a task has no answer. With some backends the error of a worker that cannot
#: even read its task does not arrive.
_NO_ANSWER = 3600.0

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

    yield from in_threads(work, tasks, len(workers))


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
    yield from in_threads(function, tasks, n_workers(n_jobs))


def in_threads(
    function: Callable[[Task], Answer], tasks: Iterable[Task], n_threads: int
) -> Iterator[Answer]:
    """Yield ``function(task)`` for each task as `in_order` does, from a given number of threads."""
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


# --- worker processes ----------------------------------------------------------------------------


def has_processes(n_jobs: int | None) -> bool:
    """Return whether ``joblib.parallel_config`` names a backend of several worker processes."""
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend(prefer="threads")
    return not getattr(backend, "supports_sharedmem", False) and n_workers(n_jobs) > 1


def in_processes(
    function: Callable[[Task], Answer],
    tasks: Iterable[Task],
    n_jobs: int | None,
    *,
    ordered: bool = True,
) -> Iterator[Answer]:
    """Yield ``function(task)`` for each task, from the processes of the active joblib backend.

    Only some tasks per worker are dispatched at a time, so memory does not grow with their number.
    The tasks of a worker that died are done again.

    Parameters
    ----------
    function : callable
        It and the tasks can be pickled; a task that is done twice does no harm.
    tasks : iterable
        The tasks.
    n_jobs : int or None
        Number of processes; None means what ``joblib.parallel_config`` says.
    ordered : bool, default=True
        Yield answers in the order of the tasks. Otherwise yield each when it is there.

    Raises
    ------
    ChildProcessError
        If worker processes die again and again.
    TimeoutError
        If a task has no answer for an hour.
    """
    import joblib
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend()
    form = "list"  # joblib's backends of `multiprocessing` and Ray give nothing else
    if backend.supports_return_generator:
        form = "generator" if ordered else "generator_unordered"
    workers = n_workers(n_jobs)  # here, while the caller's `parallel_config` is active
    pool = functools.partial(
        joblib.Parallel, workers, backend=backend, return_as=form, batch_size=_BATCH,
        pre_dispatch=2 * _BATCH * workers, timeout=_NO_ANSWER,
    )  # fmt: skip
    call = joblib.delayed(_numbered)
    return _answers(
        pool, lambda number, task: call(function, number, task), enumerate(tasks),
        _UNANSWERED * workers,
    )  # fmt: skip


def _answers(
    pool: Callable[[], Any],
    call: Callable[[int, Task], object],
    numbered: Iterator[tuple[int, Task]],
    limit: int,
) -> Iterator[Answer]:
    """Yield the answers of calls, of which at most ``limit`` are unanswered at a time.

    joblib takes the next calls as its workers finish, however slow the caller is. So its iterator
    ends when the limit is reached, and another begins when the caller has all answers of this one.
    Each try has a pool of its own: joblib's object keeps tasks that it had not dispatched when a
    worker died, and does them in its next call.
    """
    unanswered: dict[int, Task] = {}

    def calls() -> Iterator[object]:
        """Yield the calls that a dead worker left, and new ones; joblib's threads run this."""
        for number, task in [*unanswered.items()]:
            yield call(number, task)
        while len(unanswered) < limit and (found := next(numbered, None)):
            number, task = found
            unanswered[number] = task
            yield call(number, task)

    tries = 0
    while True:
        try:
            with pool() as parallel:
                while unanswered := unanswered or dict(itertools.islice(numbered, 1)):
                    with _closing(parallel(calls())) as answers:
                        for number, answer in answers:
                            del unanswered[number]
                            tries = 0
                            yield answer
                return
        except BrokenExecutor as error:
            tries += 1
            if tries == _TRIES:
                msg = (
                    f"worker processes died {_TRIES} times at the same tasks; the system ends "
                    "processes for lack of memory. Use fewer of them, or give them more memory."
                )
                raise ChildProcessError(msg) from error
        except multiprocessing.TimeoutError as error:
            msg = (
                f"a task has had no answer for {_NO_ANSWER:,.0f} seconds. Look at the logs of the "
                "workers: the answer of one that cannot import relnews, or that dies with its "
                "task, may never come."
            )
            raise TimeoutError(msg) from error


@contextlib.contextmanager
def _closing(answers: Iterable[Answer]) -> Iterator[Iterable[Answer]]:
    """Close what joblib yields, without its warning of answers that nobody wanted."""
    try:
        yield answers
    finally:
        if isinstance(answers, collections.abc.Generator):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answers.close()


def _numbered(function: Callable[[Task], Answer], number: int, task: Task) -> tuple[int, Answer]:
    return number, function(task)
