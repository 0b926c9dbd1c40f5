"""Timed jobs: each yields records, plain dicts that become tables and pictures.

relnews and one peer run at a time, each in its own process, and take turns by rounds. A noisy
machine therefore disturbs both, and the two figures of a ratio were taken within seconds.

Each system has a ratio to `RelatedNews`, the class that sites use. A system that takes vectors has
a second ratio, to the class of relnews that takes the same vectors.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from benchmarks import machine
from benchmarks.given import NEW, Given
from benchmarks.peers import OURS, PEERS
from benchmarks.processes import Failed, System

#: Seconds that a round of many lists takes, about, and the least number of lists in it.
ROUND, FEWEST = 1.5, 50

#: Number of lists requested one at a time.
SINGLE = 500

#: After this many seconds of a measure no further round begins, once there were two.
ENOUGH = 120

#: Tolerance of similarities in exact lists: peers sum hundreds of numbers in single precision.
#: Vectors have a smaller tolerance.
ROUNDING, VECTOR_ROUNDING = 1e-5, 1e-6

#: The jobs of `ranking`, which share a built index.
RANKING = ("lists", "single", "cold", "update")

Record = dict[str, Any]


class Plan(NamedTuple):
    """What to measure on one folder.

    Parameters
    ----------
    folder : Path
        Folder that `benchmarks.given.lay_out` wrote.
    jobs : sequence of str
        Names of the jobs.
    peers : sequence of str
        Names in `benchmarks.peers.PEERS`, without relnews.
    runs : int
        Number of rounds.
    threads : int
        Number of threads of each system.
    patience : float
        Time limit in seconds for one answer of a peer.
    """

    folder: Path
    jobs: Sequence[str]
    peers: Sequence[str]
    runs: int
    threads: int
    patience: float

    def system(self, name: str) -> System:
        """Start the process of a system."""
        # The baseline gets 10 times the time limit: without it there is no comparison.
        patience = self.patience * (10 if name in OURS else 1)
        return System(name, self.folder, self.threads, patience)


def vectorise(plan: Plan) -> Iterator[Record]:
    """Measure the time from texts to vectors, or to an index."""
    facts = {"articles": Given(plan.folder).n}
    kept = [str(plan.folder / f"{side}.npz") for side in ("ours", "theirs")]

    def steps(*systems: System) -> list[Callable[[], Any]]:
        return [functools.partial(system.ask, "vectorise", keep="") for system in systems]

    with plan.system("RelatedNews") as news, plan.system("TfidfVectorizer") as ours:
        read = news.ask("read")
        took = rounds(plan.runs, *steps(news))
        yield alone("vectorise", "RelatedNews", "", "other", [only for (only,) in took], **facts)
        yield from of_memory("vectorise", "RelatedNews", read, news.ask("memory"))
        read = ours.ask("read")
        ours.ask("vectorise", keep=kept[0])
        took = rounds(plan.runs, *steps(news, ours))
        yield compared("vectorise", "TfidfVectorizer", "", "exact", took, **facts)
        yield from of_memory("vectorise", "TfidfVectorizer", read, ours.ask("memory"))
        for name in plan.peers:
            if "vectorise" not in PEERS[name].jobs:
                continue
            with guarded("vectorise", name) as failures, plan.system(name) as theirs:
                read = theirs.ask("read")
                theirs.ask("vectorise", keep=kept[1])
                kind = same_vectors(*map(Path, kept))
                took = rounds(plan.runs, *steps(news, ours, theirs))
                yield compared("vectorise", name, "", kind, took, **facts)
                yield from of_memory("vectorise", name, read, theirs.ask("memory"))
            yield from failures


def same_vectors(ours: Path, theirs: Path) -> str:
    """Return whether both make the same vectors; raise if they should but do not."""
    if not theirs.exists():
        return "other"
    a, b = (sp.csr_matrix(sp.load_npz(path)) for path in (ours, theirs))
    theirs.unlink()
    same = (
        a.shape == b.shape
        and np.array_equal(a.indptr, b.indptr)
        and np.array_equal(a.indices, b.indices)
        and np.allclose(a.data, b.data, rtol=0, atol=VECTOR_ROUNDING)
    )
    if not same:
        raise Failed("its vectors differ from the vectors of relnews")
    return "exact"


def ranking(plan: Plan) -> Iterator[Record]:
    """Measure all lists, single lists, opening and updates, one index after the other."""
    jobs = [job for job in RANKING if job in plan.jobs]
    names = [name for name in ("stored", *plan.peers) if set(jobs) & set(PEERS[name].jobs)]
    with plan.system("RelatedNews") as system, plan.system("CosineNeighbors") as rows_system:
        news, rows = Side(plan, "RelatedNews", system), Side(plan, "CosineNeighbors", rows_system)
        yield from news.begun()
        yield from news.by_itself(jobs)
        yield from rows.begun()
        yield from rows.against(news, rows, jobs)
        for name in names:
            with guarded("ranking", name) as failures, plan.system(name) as system:
                side = Side(plan, name, system)
                yield from side.begun()
                yield from side.against(news, rows, jobs)
            yield from failures


class Side:
    """A system with its index."""

    def __init__(self, plan: Plan, name: str, system: System) -> None:
        self.plan, self.name, self.system = plan, name, system
        self.peer = PEERS[name](plan.threads)
        self.given = Given(plan.folder)
        self.saved = plan.folder / f"saved-{name}"

    def begun(self) -> Iterator[Record]:
        """Build the index."""
        about = self.system.ask("begin")
        yield from of_memory("memory", self.name, about, self.system.ask("memory"))

    def by_itself(self, jobs: Sequence[str]) -> Iterator[Record]:
        """Measure the baseline of all others."""
        for job in jobs:
            if job in ("lists", "single"):
                yield self._searched(job, 0, [])
            else:
                took = [getattr(self, job)(i) for i in range(self.plan.runs + 1)][1:]
                yield alone(job, self.name, "", "other", took)

    def against(self, news: Side, rows: Side, jobs: Sequence[str]) -> Iterator[Record]:
        """Measure this system in turn with `RelatedNews`, and with the rows of the same vectors."""
        for job in jobs:
            if job not in self.peer.jobs:
                continue
            if job in ("cold", "update"):
                yield self._in_turn(job, news)
                continue
            for i, search in enumerate(self.peer.searches):
                same = self.peer.reads == "vectors" and (self is not rows or i > 0)
                with guarded(job, self.name, search.label) as failures:
                    yield self._searched(job, i, [news, rows] if same else [news])
                yield from failures

    def _searched(self, job: str, search: int, others: Sequence[Side]) -> Record:
        how = self.peer.searches[search]
        checked = self.system.ask("check", search=search)
        if how.kind == "exact" and not checked["difference"] < ROUNDING:
            raise Failed(f"its lists differ from the exact ones by {checked['difference']:.1e}")
        most = min(len(self.given.rows), SINGLE) if job == "single" else len(self.given.rows)
        n = min(most, max(FEWEST, int(ROUND / checked["seconds_each"])))
        facts = {"share": checked["share"], "queries": n, "size": self.given.n}

        def step(side: Side, number: int) -> Callable[[], Any]:
            return functools.partial(side.system.ask, job, search=number, n=n)

        took = rounds(self.plan.runs, *(step(side, 0) for side in others), step(self, search))
        if not others:
            return alone(job, self.name, how.label, how.kind, [own for (own,) in took], **facts)
        return compared(job, self.name, how.label, how.kind, took, **facts)

    def _in_turn(self, job: str, news: Side) -> Record:
        step, their_step = getattr(news, job), getattr(self, job)
        step(0), their_step(0)
        took = [(step(i), their_step(i)) for i in range(1, self.plan.runs + 1)]
        return compared(job, self.name, "", self.peer.searches[0].kind, took)

    def cold(self, _: int) -> Record:
        """Open the index in a new process and find a list; return seconds and MB."""
        if not self.saved.exists():
            self.system.ask("save", folder=str(self.saved))
        row = str(self.given.rows[0])
        command = [sys.executable, "-m", "benchmarks.cold", self.name, str(self.saved), row,
                   str(self.given.k), str(self.plan.threads)]  # fmt: skip
        environment = machine.environment(self.plan.threads)
        start = time.perf_counter()
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False,
            timeout=self.plan.patience,
        )  # fmt: skip
        took = time.perf_counter() - start
        if done.returncode:
            raise Failed(f"cold: {(done.stderr.strip().splitlines() or ['?'])[-1][:300]}")
        said = json.loads(done.stdout.splitlines()[-1])
        _, difference = self.given.share_found([said["list"]])
        if self.peer.searches[0].kind == "exact" and not difference < ROUNDING:
            raise Failed("the list of a new process is another one")
        return {"seconds": took, "private_mb": said["private_mb"], "peak_mb": said["peak_mb"]}

    def update(self, i: int) -> Record:
        """Add an article and find its list; return seconds."""
        if not self.saved.exists() and "cold" in self.peer.jobs:
            self.system.ask("save", folder=str(self.saved))
        found = self.system.ask("update", article=i % NEW)
        return {"seconds": found["add_s"] + found["list_s"], "add_s": found["add_s"]}


@contextlib.contextmanager
def guarded(job: str, name: str, search: str = "") -> Iterator[list[Record]]:
    """Record a failure instead of raising, so that the other systems are still measured."""
    failures: list[Record] = []
    try:
        yield failures
    except (Failed, subprocess.TimeoutExpired) as error:
        failures.append({"job": "left out", "of": job, "system": PEERS[name].name,
                         "search": search, "reason": str(error)})  # fmt: skip


def rounds(runs: int, *steps: Callable[[], Any]) -> list[tuple[Any, ...]]:
    """Run the step of each side in turn."""
    found: list[tuple[Any, ...]] = []
    start = time.perf_counter()
    while len(found) < runs and (len(found) < 2 or time.perf_counter() - start < ENOUGH):
        # Each side goes first equally often.
        first = len(found) % len(steps)
        took = [step() for step in (*steps[first:], *steps[:first])]
        found.append((*took[len(steps) - first :], *took[: len(steps) - first]))
    return found


def alone(job: str, name: str, search: str, kind: str, took: Sequence[Any], **facts: Any) -> Record:
    """Return the record of a system that is compared with no other."""
    return {"job": job, "system": PEERS[name].name, "ours": name in OURS, "search": search,
            "kind": kind, **facts, **figures(job, took)}  # fmt: skip


def compared(
    job: str, name: str, search: str, kind: str, took: Sequence[tuple[Any, ...]], **facts: Any
) -> Record:
    """Return the record of a system that took turns with relnews.

    Parameters
    ----------
    job, name, search, kind : str
        What was measured.
    took : sequence of tuple
        A tuple for each round: `RelatedNews`; the class of relnews that takes the same vectors, if
        the system takes vectors; the system.
    **facts
        Further fields of the record.
    """
    news_runs, *same_runs, their_runs = zip(*took, strict=True)
    record = alone(job, name, search, kind, their_runs, **facts)
    record["ratio"] = summary(ratios(news_runs, their_runs))
    record["news_took"] = figures(job, news_runs)["seconds"]
    for runs in same_runs:
        record["ratio_same"] = summary(ratios(runs, their_runs))
    if job == "single":
        a, b = (figures(job, runs)["p99"]["median"] for runs in (news_runs, their_runs))
        record["ratio_p99"] = b / a
    if job == "update":
        record["ratio_add"] = summary([b["add_s"] / a["add_s"] for a, b in took])
    return record


def ratios(ours: Sequence[Any], theirs: Sequence[Any]) -> list[float]:
    """Return the ratio of the times of each round."""
    return [b / a for a, b in zip(map(middle, ours), map(middle, theirs), strict=True)]


def middle(run: Any) -> float:
    """Return the seconds of a round: a number, the median of several, or a record's value."""
    if isinstance(run, dict):
        return float(run["seconds"])
    return float(statistics.median(run)) if isinstance(run, list) else float(run)


def figures(job: str, took: Sequence[Any]) -> Record:
    """Return the reported figures of the rounds of one side."""
    found: Record = {"seconds": summary([middle(run) for run in took])}
    if job == "single":
        # Each list counts with its median over all rounds, so that percentiles show how lists
        # differ, not how busy the machine was.
        each = np.median(np.array(took, float), axis=0)
        found["seconds_of_lists"] = np.percentile(each, range(101)).tolist()
        of_rounds = [float(np.percentile(run, 99)) for run in took]
        found["p99"] = {**summary(of_rounds), "median": float(np.percentile(each, 99))}
    for extra in ("private_mb", "peak_mb", "add_s"):
        values = [
            run[extra] for run in took if isinstance(run, dict) and run.get(extra) is not None
        ]
        if values:
            found[extra] = summary(values)
    return found


def summary(values: Sequence[float]) -> Record:
    """Return median, minimum, maximum and count."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values),
            "n": len(values)}  # fmt: skip


def of_memory(job: str, name: str, begun: Record, now: Record) -> Iterator[Record]:
    """Yield the memory of a process, and what starting it took."""
    about = {key: value for key, value in begun.items() if key.endswith("_s")}
    yield {"job": "memory", "of": job, "system": PEERS[name].name, "ours": name in OURS, **about,
           **now}  # fmt: skip


def sized(records: Iterator[Record], **facts: Any) -> Iterator[Record]:
    """Add the size of the archive to each record."""
    for record, more in zip(records, itertools.repeat(facts), strict=False):
        yield {**more, **record}
