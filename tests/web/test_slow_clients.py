"""Readers of stored lists do not notice clients that are slow, many or greedy."""

from __future__ import annotations

import contextlib
import json
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
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from relnews import RelatedNews
from relnews.sample import sample_articles
from serving import serving

#: Rounds without and with the others, in turn; the medians are compared.
ROUNDS = 5

#: Seconds of a round.
SECONDS = 4

LUA = """
local paths, place = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function()
  place = place %% #paths + 1
  return wrk.format("GET", paths[place])
end
done = function(summary, latency)
  local errors = summary.errors
  print(string.format('{"requests": %%d, "errors": %%d, "p50": %%f, "p99": %%f}', summary.requests,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""

DRAFTS = """
local story = string.rep("Ukraine and its allies discuss guarantees. ", 20)
wrk.method, wrk.body = "POST", '{"title": "Talks", "text": "' .. story .. '"}'
wrk.headers["Content-Type"] = "application/json"
done = function(summary) print('{"requests": ' .. summary.requests .. '}') end
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
def drafts(address: str, wrk: str, tmp_path: Path) -> Iterator[None]:
    """Post drafts over 64 connections, as fast as they are answered."""
    (tmp_path / "drafts.lua").write_text(DRAFTS)
    with subprocess.Popen(
        [wrk, "-t1", "-c64", "-d600", "-s", str(tmp_path / "drafts.lua"), f"{address}/related"],
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield
        finally:
            process.kill()


def read(address: str, wrk: str, tmp_path: Path) -> dict[str, float]:
    """Ask for stored lists for some seconds; return counts, and latencies in milliseconds.

    Any request that fails, or is not answered within ten seconds, is an error.
    """
    (tmp_path / "paths").write_text(
        "".join(f"/related/{article.id}\n" for article in sample_articles())
    )
    (tmp_path / "read.lua").write_text(LUA % (tmp_path / "paths"))
    done = subprocess.run(
        [
            wrk, "-t1", "-c4", f"-d{SECONDS}", "--timeout=10s", "-s", str(tmp_path / "read.lua"),
            address,
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    assert not figures["errors"], done.stdout
    return figures


def in_turn(
    address: str, wrk: str, tmp_path: Path, others: Callable[[], AbstractContextManager[None]]
) -> tuple[float, float]:
    """Return the median p99 without and with other clients."""
    rounds: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    for _ in range(ROUNDS):
        rounds["without"].append(read(address, wrk, tmp_path))
        with others():
            rounds["with"].append(read(address, wrk, tmp_path))
    for name, figures in rounds.items():
        print(name, *(f"{one['requests']:,.0f} p99 {one['p99']:.2f} ms;" for one in figures))
    medians = (statistics.median(one["p99"] for one in figures) for figures in rounds.values())
    without, with_others = medians
    return without, with_others


@pytest.mark.slow
def test_slow_clients_are_not_noticed(address: str, wrk: str, tmp_path: Path) -> None:
    """1,000 slow headers, 200 slow bodies and 100 slow readers at most double the p99."""
    without, with_others = in_turn(
        address, wrk, tmp_path, lambda: slow_clients(address, 1000, 200, 100)
    )  # fmt: skip
    assert with_others <= 2 * without


@pytest.mark.slow
def test_drafts_do_not_stop_stored_lists(address: str, wrk: str, tmp_path: Path) -> None:
    """Drafts without end are ranked or refused; every stored list is answered meanwhile."""
    in_turn(address, wrk, tmp_path, lambda: drafts(address, wrk, tmp_path))
    metrics = urlopen(f"{address}/metrics").read().decode()
    for status in (200, 503):
        assert re.search(rf'relnews_requests_total{{status="{status}",what="draft"}} \d', metrics)


def taken_by(pid: int) -> tuple[int, int]:
    """Return the resident memory of a process in bytes, and its number of open files."""
    status = Path(f"/proc/{pid}/status").read_text()
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(kilobytes) * 1024, len([*Path(f"/proc/{pid}/fd").iterdir()])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads /proc")
def test_an_hour_takes_no_more_than_a_minute(wrk: str, tmp_path: Path) -> None:
    """Beside slow clients, readers and drafts, memory and open files stay as they are.

    ``RELNEWS_TEST_SECONDS`` sets another time than an hour.
    """
    seconds = float(os.environ.get("RELNEWS_TEST_SECONDS", "3600"))
    folder = tmp_path / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    RelatedNews.open(folder).store_lists()
    taken = []
    with serving(folder) as address:
        (pid,) = {
            int(process.name)
            for process in Path("/proc").iterdir()
            if process.name.isdigit() and is_serving(process, folder)
        }
        with slow_clients(address, 300, 60, 30), drafts(address, wrk, tmp_path):
            end = time.monotonic() + seconds
            while time.monotonic() < end or len(taken) < 4:
                read(address, wrk, tmp_path)
                taken.append(taken_by(pid))
    # The first quarter fills caches and pools.
    first, last = taken[len(taken) // 4 : len(taken) // 2], taken[-len(taken) // 4 :]
    print(f"{len(taken)} looks: from {first[0]} to {last[-1]} bytes and files")
    for kind, slack in ((0, 8 << 20), (1, 32)):
        before, after = (statistics.median(one[kind] for one in part) for part in (first, last))
        assert after <= before + slack


def is_serving(process: Path, folder: Path) -> bool:
    with contextlib.suppress(OSError):
        command = (process / "cmdline").read_bytes().split(b"\0")
        return b"serve" in command and str(folder).encode() in command
    return False


def test_a_service_answers_beside_slow_clients(address: str) -> None:
    """The same with fewer clients and without times: every request is answered."""
    with slow_clients(address, 300, 40, 20):
        for article in sample_articles():
            with urlopen(f"{address}/related/{article.id}", timeout=10) as answer:
                assert answer.status == 200
        for target in ("/health", "/ready", "/related-news.js"):
            with urlopen(f"{address}{target}", timeout=10) as answer:
                assert answer.status == 200
