"""The process of one system: ``python -m benchmarks.worker PEER FOLDER THREADS``."""

from __future__ import annotations

import gc
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.given import CHECKED, Given, text_of
from benchmarks.peers import PEERS
from benchmarks.processes import answer_requests

#: Number of lists found before anything is timed.
WARM_UP = 20

#: A round of lists is repeated until it takes this many seconds.
SHORTEST = 0.3


class Worker:
    """Requests that a system answers. Times are in seconds."""

    def __init__(self, peer: str, folder: Path, threads: int) -> None:
        self.peer = PEERS[peer](threads)
        self.given = Given(folder)
        self._texts: list[str] = []

    def begin(self) -> dict[str, Any]:
        """Import the system, build its index, and find a few lists to warm it up."""
        found = {"import_s": seconds(lambda: importlib.import_module(self.peer.module))}
        found["compile_s"] = seconds(self.peer.compile)
        found["build_s"] = seconds(lambda: self.peer.build(self.given))
        start = time.perf_counter()
        for rows in (self.given.rows[:WARM_UP], self.given.rows[:1]):
            queries = self.peer.queries(self.given, rows)
            for search in self.peer.searches:
                self.peer.find(queries, self.given.k + 1, **search.options)
        # The first lists compile the kernels that are still missing.
        found["warm_up_s"] = time.perf_counter() - start
        return found

    def check(self, search: int) -> dict[str, float]:
        """Return the share of the exact lists that is found, and the time per list."""
        rows = self.given.rows[:CHECKED]
        queries = self.peer.queries(self.given, rows)
        start = time.perf_counter()
        found = self.peer.find(queries, self.given.k + 1, **self._options(search))
        each = (time.perf_counter() - start) / len(rows)
        share, difference = self.given.share_found(self.peer.positions(found))
        return {"share": share, "difference": difference, "seconds_each": each}

    def lists(self, search: int, n: int) -> float:
        """Return the mean time per list of n lists, requested together."""
        queries = self.peer.queries(self.given, self.given.rows[:n])
        options, size = self._options(search), self.given.k + 1
        times, start = 0, time.perf_counter()
        while (took := time.perf_counter() - start) < SHORTEST or not times:
            self.peer.find(queries, size, **options)
            times += 1
        return took / times / n

    def single(self, search: int, n: int) -> list[float]:
        """Return the times of n lists, requested one at a time."""
        queries = [self.peer.queries(self.given, [row]) for row in self.given.rows[:n].tolist()]
        options, size = self._options(search), self.given.k + 1
        return [seconds(lambda: self.peer.find(query, size, **options)) for query in queries]  # noqa: B023

    def _options(self, search: int) -> dict[str, Any]:
        return self.peer.searches[search].options

    def save(self, folder: str) -> None:
        """Write the index, and whatever else a process needs to open it."""
        self.peer.save(Path(folder), self.given)

    def update(self, article: int) -> dict[str, float]:
        """Add an article that was held back, then find its list."""
        new, vector = self.given.new()[article]
        add_s = seconds(lambda: self.peer.add(new, vector))
        start = time.perf_counter()
        query = self.peer.new_query(new, vector)
        self.peer.find(query, self.given.k + 1)
        list_s = time.perf_counter() - start
        self.peer.forget(new)
        return {"add_s": add_s, "list_s": list_s}

    def read(self) -> dict[str, float]:
        """Read the texts, import the system, and let it compile."""
        self._texts = [text_of(article) for article in self.given.articles()]
        found = {"import_s": seconds(lambda: importlib.import_module(self.peer.module))}
        found["warm_up_s"] = seconds(lambda: self.peer.vectorise(self._texts[:100]))
        return found

    def vectorise(self, keep: str) -> float:
        """Return the time to make vectors of the texts; write some of the vectors."""
        start = time.perf_counter()
        made = self.peer.vectorise(self._texts)
        took = time.perf_counter() - start
        if keep and (X := self.peer.matrix(made)) is not None:
            import scipy.sparse as sp

            checked = sp.csr_matrix(X)[:CHECKED]
            # scikit-learn renumbers columns without updating this flag.
            checked.has_sorted_indices = False
            checked.sort_indices()
            sp.save_npz(keep, checked)
        return took

    def memory(self) -> dict[str, float | None]:
        """Return the memory of the process."""
        gc.collect()
        return machine.memory()


def seconds(job: Callable[[], Any]) -> float:
    """Return the time that a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def main() -> None:
    """Answer requests until standard input ends."""
    peer, folder, threads = sys.argv[1:]
    machine.pin(int(threads))
    answer_requests(Worker(peer, Path(folder), int(threads)))


if __name__ == "__main__":
    main()
