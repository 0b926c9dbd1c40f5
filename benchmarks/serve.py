"""The service under load, while an updater commits every second.

::

    python -m benchmarks.serve archive_en_100k.jsonl.xz --limit 10000 --seconds 300

An archive is built with stored lists; `relnews serve` serves it as one process. ``wrk`` requests
lists over the loopback as fast as it can; without wrk a client in Python does, which is slower than
the service. Meanwhile a second process adds articles every second and replaces an article that
carries a counter, so a list with it shows its own age. The exit code is 1 after an error, or if
a list was served for more than a second after it had changed.

Addresses are drawn with a skew. With the default of 1 the most popular list is requested twice as
often as the second. With 0 all lists are equally popular; this is the hardest case, since every
commit invalidates the cached answers.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import contextlib
import http.client
import itertools
import json
import multiprocessing
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from benchmarks.vectorize import without_openblas_settings

#: Number of addresses drawn beforehand.
DRAWN = 100_000

#: Seconds between two requests for the age of a list.
LOOK = 0.05

#: Seconds after a commit for which an older list may still be served.
MOST_LATE = 1.0

#: Id of the article that every commit replaces.
TWIN = "relnews-benchmark-twin"

LUA = """
local paths, place = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function()
  place = place %% #paths + 1
  return wrk.format("GET", paths[place])
end
done = function(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %%d, "seconds": %%f, "errors": %%d, "p50": %%f, "p99": %%f, "longest": %%f}',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark, print a table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="articles as JSON Lines or CSV")
    parser.add_argument("--limit", type=int, default=None, help="articles that are built with")
    parser.add_argument("--seconds", type=float, default=30.0, help="of load (default: 30)")
    parser.add_argument("--connections", type=int, default=16, help="at a time (default: 16)")
    parser.add_argument("--skew", type=float, default=1.0, help="of the addresses (default: 1)")
    parser.add_argument("--client", choices=["wrk", "python"], default=None)
    options = parser.parse_args(arguments)
    client = options.client or ("wrk" if shutil.which("wrk") else "python")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ids, probe = build(options.archive, options.limit, folder / "archive.relnews")
        paths = draw(ids, options.skew)
        with serving(folder / "archive.relnews") as address:
            looks = Looks(address, probe["id"])
            with updating(
                folder / "archive.relnews", options.archive, options.limit, probe
            ) as commits:
                looks.start()
                found = LOADS[client](address, paths, options.seconds, options.connections)
                looks.stop()
    late = looks.late(commits)
    n_errors = found["errors"] + looks.errors
    print(
        f"{len(ids):,} lists, skew {options.skew:g}, {options.connections} connections, {client}\n"
    )
    print("| measure | value |\n|---|---|")
    for measure, value in (
        ("requests", f"{found['requests']:,}"),
        ("requests/s", f"{found['requests'] / found['seconds']:,.0f}"),
        ("p50", f"{found['p50']:.1f} ms"),
        ("p99", f"{found['p99']:.1f} ms"),
        ("longest", f"{found['longest']:.1f} ms"),
        ("errors", f"{n_errors:,}"),
        ("commits", f"{len(commits):,}"),
        ("looks at how old a list is", f"{len(looks.seen):,}"),
        ("lists older than the last commit", f"{len(late):,}"),
        ("longest time that one was served after that", f"{max(late, default=0.0) * 1000:.1f} ms"),
    ):
        print(f"| {measure} | {value} |")
    return int(n_errors > 0 or max(late, default=0.0) > MOST_LATE or len(looks.seen) == 0)


def build(articles: Path, limit: int | None, folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Build an archive with stored lists; return all ids, and one of its articles."""
    from relnews import RelatedNews, read_articles

    read = [*itertools.islice(read_articles(articles), limit)]
    RelatedNews().fit(read).save(folder)
    news = RelatedNews.open(folder)
    news.store_lists()
    probe = next(
        article for article in read[len(read) // 2 :] if len(news.related(article.id)) == 8
    )
    about = {
        "id": probe.id,
        "title": probe.title,
        # A near-duplicate of the article would not be in its list.
        "text": probe.text[: len(probe.text) // 2],
        "published": probe.published,
    }
    return [article.id for article in read if article.id in news], about


def draw(ids: list[str], skew: float) -> list[str]:
    """Return the requested paths, in order."""
    chance = random.Random(0)
    weights = [(rank + 1) ** -skew for rank in range(len(ids))]
    drawn = chance.choices(chance.sample(ids, len(ids)), weights, k=DRAWN)
    return [f"/related/{quote(identifier, safe='')}" for identifier in drawn]


# --- the service and its updater -----------------------------------------------------------------


@contextlib.contextmanager
def serving(archive: Path) -> Iterator[str]:
    """Run `relnews serve` and yield its address; print its log at the end."""
    command = [sys.executable, "-c", "from relnews.cli import main; main()", "serve"]
    with subprocess.Popen(
        [*command, str(archive), "--port", "0"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().split(": ")[1].removesuffix("/related/ID\n")
        finally:
            process.terminate()
            print(process.stderr.read(), end="", file=sys.stderr)


@contextlib.contextmanager
def updating(
    archive: Path, articles: Path, limit: int | None, probe: dict[str, Any]
) -> Iterator[list[float]]:
    """Run the updater; the yielded list gets the times of its commits at the end."""
    context = multiprocessing.get_context("spawn")
    stop, told = context.Event(), context.SimpleQueue()
    process = context.Process(target=update, args=(archive, articles, limit, probe, stop, told))
    process.start()
    commits = [first] if (first := told.get()) is not None else []
    try:
        yield commits
    finally:
        stop.set()
        while commits and (moment := told.get()) is not None:
            commits.append(moment)
        process.join()
    if process.exitcode:
        msg = "the updater failed; what it said is above"
        raise RuntimeError(msg)


def update(
    archive: Path,
    articles: Path,
    limit: int | None,
    probe: dict[str, Any],
    stop: Event,
    told: SimpleQueue[float | None],
) -> None:
    """Add an article every second, and replace a near-duplicate whose dek is a counter."""
    from relnews import RelatedNews, read_articles

    try:
        news = RelatedNews.open(archive)
        more = itertools.islice(read_articles(articles), limit, None)
        next_at = time.monotonic()
        for number in itertools.count():
            twin = {**probe, "id": TWIN, "dek": str(number)}
            news.partial_fit([twin, *itertools.islice(more, 1)])
            told.put(time.monotonic())
            next_at = max(next_at + 1, time.monotonic())
            if stop.wait(next_at - time.monotonic()):
                break
    finally:
        told.put(None)


class Looks(threading.Thread):
    """Requests a list repeatedly, and records the counter it shows.

    Parameters
    ----------
    address : str
    identifier : str
        Id of the article whose near-duplicate is replaced.
    """

    def __init__(self, address: str, identifier: str) -> None:
        super().__init__()
        self._netloc = urlsplit(address).netloc
        self._path = f"/related/{quote(identifier, safe='')}"
        self._enough = threading.Event()
        self.seen: list[tuple[float, int]] = []
        self.errors = 0

    def run(self) -> None:
        """Request the list until `stop` is called."""
        connection = http.client.HTTPConnection(self._netloc, timeout=10)
        while not self._enough.wait(LOOK):
            asked = time.monotonic()
            try:
                connection.request("GET", self._path)
                related = json.load(connection.getresponse())["related"]
                twin = next(item for item in related if item["id"] == TWIN)
                self.seen.append((asked, int(twin["dek"])))
            except (OSError, ValueError, KeyError, StopIteration, http.client.HTTPException):
                self.errors += 1
                connection.close()
        connection.close()

    def stop(self) -> None:
        """Stop requesting."""
        self._enough.set()
        self.join()

    def late(self, commits: list[float]) -> list[float]:
        """Return the age in seconds of each outdated list at the time of its request."""
        late = []
        for asked, number in self.seen:
            if number < bisect.bisect_right(commits, asked) - 1:
                late.append(asked - commits[number + 1])
        return late


# --- load ----------------------------------------------------------------------------------------


def load_by_wrk(
    address: str, paths: list[str], seconds: float, connections: int
) -> dict[str, float]:
    """Send requests with wrk."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "paths").write_text("\n".join(paths))
        (Path(name) / "script.lua").write_text(LUA % (Path(name) / "paths"))
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "10s",
             "-s", str(Path(name) / "script.lua"), address],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def load_by_python(
    address: str, paths: list[str], seconds: float, connections: int
) -> dict[str, float]:
    """Send requests from another process, with plain sockets."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        found: dict[str, float] = pool.apply(_ask, (address, paths, seconds, connections))
    return found


def _ask(address: str, paths: list[str], seconds: float, connections: int) -> dict[str, float]:
    return asyncio.run(_ask_all(address, paths, seconds, connections))


async def _ask_all(
    address: str, paths: list[str], seconds: float, connections: int
) -> dict[str, float]:
    netloc = urlsplit(address)
    begin = time.perf_counter()
    times: list[float] = []
    errors = 0

    async def ask(first: int) -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection(netloc.hostname, netloc.port)
        for i in itertools.count(first, connections):
            asked = time.perf_counter()
            if asked - begin > seconds:
                break
            path = paths[i % len(paths)]
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {netloc.netloc}\r\n\r\n".encode())
            headers = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(headers.split(b"content-length: ")[1].split(b"\r")[0]))
            times.append(time.perf_counter() - asked)
            errors += not headers.startswith(b"http/1.1 200")
        writer.close()

    await asyncio.gather(*(ask(i) for i in range(connections)))
    times.sort()
    return {
        "requests": len(times), "seconds": time.perf_counter() - begin, "errors": errors,
        "p50": times[len(times) // 2] * 1e3, "p99": times[len(times) * 99 // 100] * 1e3,
        "longest": times[-1] * 1e3,
    }  # fmt: skip


LOADS = {"wrk": load_by_wrk, "python": load_by_python}

if __name__ == "__main__":
    without_openblas_settings()
    sys.exit(main())
