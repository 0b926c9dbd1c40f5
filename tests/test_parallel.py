"""Threads: results come in order, and closing waits for every task under way."""

import gc
import itertools
import subprocess
import sys
import textwrap
import threading
import time

import joblib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews._parallel import in_order, with_each
from waiting import LIMIT


@given(st.lists(st.integers()), st.integers(1, 5))
def test_answers_come_in_the_order_of_the_tasks(tasks, n_jobs):
    """Any number of threads gives what one thread gives."""
    assert [*in_order(lambda task: task + 1, tasks, n_jobs)] == [task + 1 for task in tasks]
    workers = [*range(n_jobs)]
    found = [*with_each(lambda worker, task: (worker, task), workers, tasks)]
    assert [task for _, (_, task) in found] == tasks
    assert all(number == worker for number, (worker, _) in found)


def test_a_configuration_of_joblib_sets_the_number_of_threads():
    """`n_jobs=None` takes the number from ``joblib.parallel_config``."""
    barrier = threading.Barrier(3)  # passed by three tasks at the same time only
    with joblib.parallel_config(n_jobs=3):
        assert len([*in_order(lambda _: barrier.wait(LIMIT), range(3), None)]) == 3


class Count:
    """Counts tasks that have begun and that are under way."""

    def __init__(self):
        self.begun = self.under_way = 0
        self._lock = threading.Lock()

    def __call__(self, _):
        with self._lock:
            self.begun += 1
            self.under_way += 1
        time.sleep(0.02)
        with self._lock:
            self.under_way -= 1


def test_few_tasks_are_read_ahead():
    """A slow consumer does not let answers pile up."""
    count = Count()
    answers = in_order(count, itertools.count(), 2)
    next(answers)
    time.sleep(0.4)
    assert count.begun <= 8
    answers.close()


def fail(answers):
    try:
        for _ in answers:
            raise OSError("consumer")
    except OSError:
        pass


@pytest.mark.parametrize(
    "leave", [lambda answers: answers.close(), fail, lambda answers: None],
    ids=["closed", "exception", "abandoned"],
)  # fmt: skip
def test_no_task_is_under_way_after_the_generator_is_left(leave):
    """A generator that is closed, abandoned or left by an exception waits for its tasks."""
    count, others = Count(), {*threading.enumerate()}
    answers = in_order(count, itertools.count(), 3)
    next(answers)
    leave(answers)
    del answers
    gc.collect()
    begun = count.begun
    assert count.under_way == 0
    assert not {*threading.enumerate()} - others
    time.sleep(0.1)
    assert count.begun == begun


def test_an_error_of_a_task_ends_the_others():
    """The error of a task is raised in its turn, and no task is under way then."""
    count = Count()

    def work(task):
        count(task)
        if task == 4:
            raise ValueError("task 4")
        return task

    answers, found = in_order(work, itertools.count(), 2), []
    with pytest.raises(ValueError, match="task 4"):
        found.extend(answers)
    assert count.under_way == 0
    assert found == [0, 1, 2, 3]


def test_a_generator_that_one_of_its_threads_collects():
    """Garbage collection in a thread of the generator does not wait for that thread itself."""
    ready, collected = threading.Event(), threading.Event()

    def work(task):
        if task == 1:
            ready.wait(LIMIT)
            gc.collect()
            collected.set()

    gc.disable()  # so that the thread below collects it
    try:
        holder = [in_order(work, range(100), 2)]
        holder.append(holder)
        next(holder[0])
        del holder
        ready.set()
        assert collected.wait(LIMIT)
    finally:
        gc.enable()


def test_leaving_the_interpreter_waits_for_tasks():
    """A generator that is alive when the interpreter leaves has no task under way afterwards."""
    code = """
        import atexit, itertools, time
        from relnews._parallel import in_order
        begun, ended = [], []
        def work(task):
            begun.append(task)
            time.sleep(0.05)
            ended.append(task)
        atexit.register(lambda: print(sorted(begun) == sorted(ended)))
        answers = in_order(work, itertools.count(), 2)
        next(answers)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=LIMIT
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_leaving_the_interpreter_waits_for_daemon_threads():
    """A daemon thread that ranks, and is in NumPy's C++ code most of the time, is no abort."""
    code = """
        import sys, threading, time
        import numpy as np
        from relnews import RelatedNews
        from relnews.archive.archive import Archive

        class SlowExit:
            def __del__(self, sleep=time.sleep):
                sleep(0.5)

        news = RelatedNews().fit([{"id": i, "title": "dike breach"} for i in "abc"])
        begun, numbers, answer = threading.Event(), np.arange(2_000_000) % 1000, Archive.answer

        def slow_answer(*arguments):
            begun.set()
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                np.unique(numbers)
            return answer(*arguments)

        def read():
            while True:
                news.related("a")

        Archive.answer = slow_answer
        slow_answer.__globals__["__name__"] = "relnews.slow"
        threading.Thread(target=read, daemon=True).start()
        begun.wait()
        time.sleep(0.1)
        sys.modules["slow_exit"] = SlowExit()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=LIMIT
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
