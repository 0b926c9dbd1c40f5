"""All lists by worker processes of joblib's backends, against one thread, in turn.

The archive is a folder that `relnews build` wrote, without stored lists::

    python -m benchmarks.workers archive.relnews --backends loky,dask --repeat 3

Seconds by the clock, so leave the machine alone. A pool of workers starts and opens the archive
before it is timed. The memory of a worker is its share of resident memory (PSS) after the lists.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import joblib

from relnews import RelatedNews

#: Settings of the C library for the workers of Dask, which sets others that cost a tenth of the
#: time; see `docs/how-to/many-machines.md`.
_ENVIRONMENT = "distributed.nanny.pre-spawn-environ"
_ALLOCATION = {"MALLOC_TRIM_THRESHOLD_": 1 << 27, "MALLOC_MMAP_THRESHOLD_": 1 << 25}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.workers", description=__doc__)
    parser.add_argument("archive", type=Path, help="a folder that relnews build wrote")
    parser.add_argument("--backends", default="loky,dask", help="backends (default: loky,dask)")
    parser.add_argument("--processes", type=int, default=2, help="workers (default: 2)")
    parser.add_argument("--lists", type=int, help="number of lists (default: all)")
    parser.add_argument("--repeat", type=int, default=3, help="times in turn (default: 3)")
    options = parser.parse_args()
    news = RelatedNews.open(options.archive)
    ids = news.archive_.catalogue.all_ids()[: options.lists] if options.lists else None
    few = news.archive_.catalogue.all_ids()[: 64 * 4 * options.processes]
    names = ["one thread", *options.backends.split(",")]
    taken: dict[str, list[float]] = {name: [] for name in names}
    memory: dict[str, float] = {}
    for _ in range(options.repeat):
        for name in names:
            with backend(name, options.processes):
                ranked(news, few)
                taken[name].append(ranked(news, ids))
                if name != names[0]:
                    memory[name] = max(joblib.Parallel()(joblib.delayed(pss)() for _ in range(8)))
    n, load = options.lists or len(news), os.getloadavg()[0]
    print(f"{n:,} lists, {options.processes} processes, load {load:.1f} at the end\n")
    print("| by | seconds, median | × faster than one thread | MB of a worker |\n|---|---|---|---|")
    for name in names:
        ratios = [one / own for one, own in zip(taken[names[0]], taken[name], strict=True)]
        print(
            f"| {name} | {statistics.median(taken[name]):.1f} | {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f}) | {memory.get(name, 0) / 1e6:.0f} |"
        )


def ranked(news: RelatedNews, ids: list[str] | None) -> float:
    """Return the seconds that the lists of articles take; None means all."""
    begin = time.perf_counter()
    for _ in news.related_all(ids=ids):
        pass
    return time.perf_counter() - begin


@contextlib.contextmanager
def backend(name: str, n: int) -> Iterator[None]:
    """Rank by a backend of joblib meanwhile."""
    with contextlib.ExitStack() as stack:
        if name == "dask":
            import dask
            from dask.distributed import Client, LocalCluster

            settings = {**dask.config.get(_ENVIRONMENT), **_ALLOCATION}
            with dask.config.set({_ENVIRONMENT: settings}):
                cluster = LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None)
            stack.enter_context(cluster)
            stack.enter_context(Client(cluster))
        if name == "one thread":
            stack.enter_context(joblib.parallel_config(backend="threading", n_jobs=1))
        else:
            stack.enter_context(joblib.parallel_config(backend=name, n_jobs=n))
        yield


def pss() -> float:
    """Return the bytes of this process, shared pages divided by the processes that share them."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return 1024.0 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
