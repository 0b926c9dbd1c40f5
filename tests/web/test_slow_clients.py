"""Readers of stored lists do not notice clients that are slow, many or greedy."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from relnews import RelatedNews
from relnews.sample import DEMO_ID, sample_articles
from relnews.web import Limits
from serving import children_of, pid_serving, serving
from waiting import LIMIT

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.serve import load_by_wrk

#: Rounds without and with the others, in turn; the medians are compared.
ROUNDS = 5

#: Seconds of a round.
SECONDS = 4

#: Drafts and lists that are not stored, in turn.
RANKINGS = """
local story = string.rep("Ukraine and its allies discuss guarantees. ", 20)
local body, headers = '{"title": "Talks", "text": "' .. story .. '"}', {}
headers["Content-Type"] = "application/json"
local is_draft = false
request = function()
  is_draft = not is_draft
  if is_draft then return wrk.format("POST", "/related", headers, body) end
  return wrk.format("GET", "/related/%s?k=50")
end
"""


@pytest.fixture(scope="module")
def wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        pytest.skip("wrk is not installed")
    return found


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served") / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    RelatedNews.open(folder).store_lists()
    with serving(folder) as address:
        yield address


@contextlib.contextmanager
def slow_clients(address: str, *numbers: int) -> Iterator[None]:
    """Run slow clients in a process of their own."""
    url = urlsplit(address)
    script = str(Path(__file__).with_name("slow_clients.py"))
    with subprocess.Popen(
        [sys.executable, script, str(url.hostname), str(url.port), *map(str, numbers)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.communicate()


@contextlib.contextmanager
def rankings(address: str, wrk: str, tmp_path: Path) -> Iterator[None]:
    """Ask for rankings over 64 connections, as fast as they are answered."""
    (tmp_path / "rankings.lua").write_text(RANKINGS % DEMO_ID)
    with subprocess.Popen(
        [wrk, "-t1", "-c64", "-d99h", "-s", str(tmp_path / "rankings.lua"), address],
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield
            assert process.poll() is None
        finally:
            process.kill()


def read(address: str) -> dict[str, float]:
    """Ask for stored lists for some seconds; return counts, and latencies in milliseconds.

    Any request that fails, or is not answered within ten seconds, is an error.
    """
    paths = [f"/related/{article.id}" for article in sample_articles()]
    figures = load_by_wrk(address, paths, SECONDS, 4)
    assert not figures["errors"], figures
    return figures


def in_turn(
    address: str, others: Callable[[], AbstractContextManager[None]]
) -> tuple[float, float]:
    """Return the median p99 without and with other clients."""
    rounds: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    for _ in range(ROUNDS):
        rounds["without"].append(read(address))
        with others():
            rounds["with"].append(read(address))
    for name, figures in rounds.items():
        print(name, *(f"{one['requests']:,.0f} p99 {one['p99']:.2f} ms;" for one in figures))
    medians = (statistics.median(one["p99"] for one in figures) for figures in rounds.values())
    without, with_others = medians
    return without, with_others


@pytest.mark.slow
@pytest.mark.usefixtures("wrk")
def test_slow_clients_are_not_noticed(address: str) -> None:
    """1,000 slow headers, 200 slow bodies and 100 slow readers at most double the p99."""
    without, with_others = in_turn(address, lambda: slow_clients(address, 1000, 200, 100))
    assert with_others <= 2 * without


@pytest.mark.slow
def test_rankings_do_not_stop_stored_lists(address: str, wrk: str, tmp_path: Path) -> None:
    """Rankings without end are made or refused; every stored list is answered meanwhile."""
    in_turn(address, lambda: rankings(address, wrk, tmp_path))
    metrics = urlopen(f"{address}/metrics").read().decode()
    for what in ("draft", "related"):
        for status in (200, 503):
            assert re.search(
                rf'relnews_requests_total{{status="{status}",what="{what}"}} ', metrics
            )


class Taken(NamedTuple):
    """What a process takes: resident memory in bytes, and open files."""

    memory: int
    files: int

    @classmethod
    def by(cls, pid: int) -> Taken:
        status = Path(f"/proc/{pid}/status").read_text()
        (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
        return cls(int(kilobytes) * 1024, len([*Path(f"/proc/{pid}/fd").iterdir()]))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads /proc")
def test_an_hour_takes_no_more_than_a_minute(wrk: str, tmp_path: Path) -> None:
    """Beside slow clients, rankings and commits, memory and open files stay as they are.

    ``RELNEWS_TEST_SECONDS`` sets another time than an hour.
    """
    seconds = float(os.environ.get("RELNEWS_TEST_SECONDS", "3600"))
    folder = tmp_path / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    news = RelatedNews.open(folder)
    news.store_lists()
    looks: list[dict[int, Taken]] = []
    with serving(folder) as address:
        server = pid_serving(folder)
        with slow_clients(address, 300, 60, 30), rankings(address, wrk, tmp_path):
            end = time.monotonic() + seconds
            while time.monotonic() < end or len(looks) < 8:
                news.partial_fit([{"id": "look", "title": f"Ukraine: look {len(looks)}"}])
                read(address)
                looks.append({pid: Taken.by(pid) for pid in {server} | children_of(server)})
        workers = children_of(server)
    assert len(workers) == Limits().ranking_threads
    # The first quarter fills caches and pools.
    early, late = looks[len(looks) // 4 : len(looks) // 2], looks[-len(looks) // 4 :]
    for pid in (server, *workers):  # each worked all the time
        first, last = (
            Taken(*map(statistics.median, zip(*(look[pid] for look in part), strict=True)))
            for part in (early, late)
        )
        print(f"{'server' if pid == server else 'worker'}: {looks[0][pid]}, {first}, {last}")
        assert last.memory <= first.memory + (8 << 20)
        assert last.files <= first.files + 32


def test_a_service_answers_beside_slow_clients(address: str) -> None:
    """The same with fewer clients and without times: every request is answered."""
    with slow_clients(address, 300, 40, 20):
        for article in sample_articles():
            with urlopen(f"{address}/related/{article.id}", timeout=LIMIT) as answer:
                assert answer.status == 200
        for target in ("/health", "/ready", "/related-news.js"):
            with urlopen(f"{address}{target}", timeout=LIMIT) as answer:
                assert answer.status == 200
