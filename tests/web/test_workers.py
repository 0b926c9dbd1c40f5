"""Lists are ranked in processes, which may die, and which never outlive the service."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from relnews import RelatedNews
from relnews.sample import DEMO_ID, sample_articles
from relnews.web.problems import HTTPProblem, WebProblem
from relnews.web.source import Source
from relnews.web.workers import Workers
from serving import children_of, pid_serving, serving
from waiting import LIMIT, until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

N_ARTICLES = 124

DRAFT = json.dumps({"title": "Allies discuss guarantees for Kyiv"}).encode()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workers") / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    RelatedNews.open(folder).store_lists()
    return folder


@pytest.fixture
def workers(archive: Path) -> Iterator[Workers]:
    workers = Workers(archive)
    yield workers
    workers.close()


def is_running(pid: int) -> bool:
    """Return whether a process is there, and no zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def pids(workers: Workers) -> set[int]:
    return {process.pid for process in workers._processes}


def post(address: str) -> tuple[int, str | None]:
    """Post a draft; return the status and the header Retry-After."""
    request = Request(f"{address}/related", DRAFT, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=LIMIT) as answer:
            assert json.load(answer)["related"]
            return answer.status, None
    except HTTPError as error:
        with error:
            return error.code, error.headers["retry-after"]


def test_one_process_ranks_one_list_at_a_time(archive: Path, workers: Workers) -> None:
    """A process is used again; a second one starts for a second ranking at the same time."""
    expected = RelatedNews.open(archive).related(DEMO_ID, 30)
    for _ in range(3):
        assert workers.ask(Source.rank, DEMO_ID, 30) == expected
    (first,) = pids(workers)
    assert first != os.getpid()
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        os.kill(first, signal.SIGSTOP)
        asked = [threads.submit(workers.ask, Source.rank, DEMO_ID, 30) for _ in range(2)]
        until(lambda: any(one.done() for one in asked))
        assert [one.done() for one in asked].count(True) == 1
        os.kill(first, signal.SIGCONT)
        assert [one.result() for one in asked] == [expected] * 2
    assert len(pids(workers)) == 2


def test_an_error_of_a_ranking_says_where(workers: Workers) -> None:
    """The exception is that of the process, with its traceback as a note; the process goes on."""
    with pytest.raises(ValueError, match="`k` must be") as caught:
        workers.ask(Source.rank, DEMO_ID, -1)
    assert "in related" in caught.value.__notes__[0]
    before = pids(workers)
    assert workers.ask(Source.rank, "unknown", 1) is None
    assert pids(workers) == before


def test_a_process_that_dies_costs_one_ranking(
    workers: Workers, caplog: pytest.LogCaptureFixture
) -> None:
    """Its ranking is a problem, nothing waits for it, and another process takes its place."""
    assert workers.ask(len) == N_ARTICLES
    (first,) = pids(workers)
    os.kill(first, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        asked = threads.submit(workers.ask, len)
        until(lambda: not workers._idle)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(HTTPProblem) as caught:
            asked.result()
    assert caught.value.problem is WebProblem.CUT_SHORT
    assert "a process that ranks is gone" in caplog.text
    assert first not in children_of(os.getpid())
    assert workers.ask(len) == N_ARTICLES
    assert first not in pids(workers)


def test_a_process_that_dies_idle_costs_nothing(workers: Workers) -> None:
    """It leaves no zombie, and the next ranking is done by another one."""
    assert workers.ask(len) == N_ARTICLES
    (first,) = pids(workers)
    os.kill(first, signal.SIGKILL)
    until(lambda: first not in children_of(os.getpid()))
    assert workers.ask(len) == N_ARTICLES
    assert len(pids(workers) - {first}) == len(pids(workers)) == 1


def test_processes_that_do_not_start(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that cannot start, or ends before it answers, is a problem each time."""
    n_lines = 0
    for executable in ("/nowhere/python", "/bin/false"):
        with monkeypatch.context() as patch:
            patch.setattr("sys.executable", executable)
            for _ in range(2):
                with pytest.raises(HTTPProblem):
                    workers.ask(len)
                assert caplog.text.count("\n") == (n_lines := n_lines + 1)
        assert not pids(workers)
    assert workers.ask(len) == N_ARTICLES


def test_nothing_is_left_of_workers_that_nobody_holds(archive: Path) -> None:
    """Processes end with `close`, and with the object."""
    for is_closed in (True, False):
        workers = Workers(archive)
        assert workers.ask(len) == N_ARTICLES
        (pid,) = pids(workers)
        if is_closed:
            workers.close()
            assert not pids(workers)
        else:
            del workers
        assert pid not in children_of(os.getpid())


def test_the_end_of_a_fork_ends_no_process(archive: Path) -> None:
    """A process that is forked off and exits leaves those of its parent alone."""
    script = f"""
import os, sys
from pathlib import Path
from relnews.web.workers import Workers
workers = Workers(Path({str(archive)!r}))
assert workers.ask(len)
if os.fork() == 0:
    sys.exit()
os.wait()
(process,) = workers._processes
assert workers.ask(len)
assert [*workers._processes] == [process]
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_stored_lists_do_not_wait_for_rankings(archive: Path) -> None:
    """While all rankings stand still, stored lists are answered; a killed one is 503 at once."""
    with (
        serving(archive, error="a process that ranks is gone: EOFError") as address,
        concurrent.futures.ThreadPoolExecutor(12) as threads,
    ):
        server = pid_serving(archive)
        assert {status for status, _ in threads.map(post, [address] * 4)} == {200}
        until(lambda: len(children_of(server)) == 2)
        first, second = children_of(server)
        for pid in (first, second):
            os.kill(pid, signal.SIGSTOP)
        asked = [threads.submit(post, address) for _ in range(8)]
        for article in sample_articles():
            with urlopen(f"{address}/related/{article.id}", timeout=LIMIT) as answer:
                assert answer.status == 200
        assert not any(one.done() for one in asked)
        os.kill(first, signal.SIGKILL)
        os.kill(second, signal.SIGCONT)
        answers = [one.result() for one in asked]
        assert sorted(status for status, _ in answers) == [200] * 7 + [503]
        assert {seconds for _, seconds in answers} == {None, "5"}
        assert post(address)[0] == 200


@pytest.mark.parametrize(
    ("number", "is_ranking"),
    [(signal.SIGTERM, True), (signal.SIGINT, False), (signal.SIGKILL, True),
     (signal.SIGKILL, False)],
)  # fmt: skip
def test_no_process_outlives_the_service(
    archive: Path, number: signal.Signals, is_ranking: bool
) -> None:
    """Whether the service is told to end or is killed, at rest or while it ranks."""
    with serving(archive, "--ranking-timeout=0.5") as address:
        server = pid_serving(archive)
        while post(address)[0] != 200:  # the process starts
            pass
        children = children_of(server)
        if is_ranking:
            for pid in children:
                os.kill(pid, signal.SIGSTOP)
            assert post(address)[0] == 503
        os.kill(server, number)
        if is_ranking and number == signal.SIGKILL:
            for pid in children:
                os.kill(pid, signal.SIGCONT)
        until(lambda: not any(map(is_running, {server} | children)))
