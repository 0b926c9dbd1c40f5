"""Timed jobs: each yields records, plain dicts that become tables and pictures.

relnews and one peer run at a time, each in its own process, and take turns by rounds. A noisy
machine therefore disturbs both, and the two figures of a ratio were taken within seconds.
"""

from __future__ import annotations

import contextlib
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
    """Measure the time from texts to vectors."""
    n = Given(plan.folder).n
    kept = [str(plan.folder / f"{side}.npz") for side in ("ours", "theirs")]
    with plan.system("relnews") as ours:
        read = ours.ask("read")
        took = [ours.ask("vectorise", keep=kept[0])]
        yield from of_memory("vectorise", "relnews", read, ours.ask("memory"))
        wanted = [name for name in plan.peers if "vectorise" in PEERS[name].jobs]
        for name in wanted:
            with guarded("vectorise", name) as failures, plan.system(name) as theirs:
                read = theirs.ask("read")
                theirs.ask("vectorise", keep=kept[1])
                kind = same_vectors(*map(Path, kept))
                pairs = rounds(
                    plan.runs,
                    lambda: ours.ask("vectorise", keep=""),
                    lambda: theirs.ask("vectorise", keep=""),
                )
                took += [a for a, _ in pairs]
                yield compared("vectorise", name, "", kind, "relnews", pairs, articles=n)
                yield from of_memory("vectorise", name, read, theirs.ask("memory"))
            yield from failures
        if not wanted:
            took += [ours.ask("vectorise", keep="") for _ in range(plan.runs)]
        yield alone("vectorise", "relnews", "", "exact", took[1:] or took, articles=n)


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
    names = [name for name in plan.peers if set(jobs) & set(PEERS[name].jobs)]
    archive = {"cold", "update"} & set(jobs) or any(PEERS[n].reads == "articles" for n in names)
    with contextlib.ExitStack() as stack:
        ours: dict[str, Side] = {}
        for name in ["relnews", "RelatedNews"] if archive else ["relnews"]:
            side = ours[name] = Side(plan, name, stack.enter_context(plan.system(name)))
            yield from side.begun()
            yield from side.by_itself(jobs, ours)
        for name in [*(["stored"] if {"cold", "update"} & set(jobs) else []), *names]:
            with guarded("ranking", name) as failures, plan.system(name) as system:
                side = Side(plan, name, system)
                yield from side.begun()
                reads = PEERS[name].reads
                ranked = ours["RelatedNews" if reads == "articles" else "relnews"]
                yield from side.against(ranked, [job for job in jobs if job in ("lists", "single")])
                if "RelatedNews" in ours:
                    stored = [job for job in jobs if job in ("cold", "update")]
                    yield from side.against(ours["RelatedNews"], stored)
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

    def by_itself(self, jobs: Sequence[str], others: dict[str, Side]) -> Iterator[Record]:
        """Measure relnews, the baseline of all peers."""
        for job in jobs:
            if job not in self.peer.jobs:
                continue
            if job in ("lists", "single"):
                # The archive is reported beside the matrix, approximate lists beside exact ones.
                yield from self.against(others["relnews"], [job])
            else:
                took = [getattr(self, job)(i) for i in range(self.plan.runs + 1)][1:]
                yield alone(job, self.name, "", "other", took)

    def against(self, ours: Side, jobs: Sequence[str]) -> Iterator[Record]:
        """Measure this system and relnews in turn."""
        for job in jobs:
            if job not in self.peer.jobs:
                continue
            if job in ("cold", "update"):
                yield from self._in_turn(job, ours)
                continue
            for i, search in enumerate(self.peer.searches):
                with guarded(job, self.name, search.label) as failures:
                    yield self._searched(job, i, ours)
                yield from failures

    def _searched(self, job: str, search: int, ours: Side) -> Record:
        how = self.peer.searches[search]
        checked = self.system.ask("check", search=search)
        if how.kind == "exact" and not checked["difference"] < ROUNDING:
            raise Failed(f"its lists differ from the exact ones by {checked['difference']:.1e}")
        most = min(len(self.given.rows), SINGLE) if job == "single" else len(self.given.rows)
        n = min(most, max(FEWEST, int(ROUND / checked["seconds_each"])))
        facts = {"share": checked["share"], "queries": n, "size": self.given.n}
        if ours is self and search == 0:
            took = [self.system.ask(job, search=0, n=n) for _ in range(self.plan.runs)]
            return alone(job, self.name, how.label, how.kind, took, **facts)
        pairs = rounds(
            self.plan.runs,
            lambda: ours.system.ask(job, search=0, n=n),
            lambda: self.system.ask(job, search=search, n=n),
        )
        return compared(job, self.name, how.label, how.kind, ours.name, pairs, **facts)

    def _in_turn(self, job: str, ours: Side) -> Iterator[Record]:
        step, their_step = getattr(ours, job), getattr(self, job)
        step(0), their_step(0)
        pairs = [(step(i), their_step(i)) for i in range(1, self.plan.runs + 1)]
        kind = self.peer.searches[0].kind
        yield compared(job, self.name, "", kind, ours.name, pairs)

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


def rounds(runs: int, ours: Callable[[], Any], theirs: Callable[[], Any]) -> list[tuple[Any, Any]]:
    """Run both sides in turn."""
    pairs: list[tuple[Any, Any]] = []
    start = time.perf_counter()
    while len(pairs) < runs and (len(pairs) < 2 or time.perf_counter() - start < ENOUGH):
        # Both sides go first equally often.
        if len(pairs) % 2:
            b, a = theirs(), ours()
        else:
            a, b = ours(), theirs()
        pairs.append((a, b))
    return pairs


def alone(job: str, name: str, search: str, kind: str, took: Sequence[Any], **facts: Any) -> Record:
    """Return the record of a system that is compared with no other."""
    return {"job": job, "system": PEERS[name].name, "ours": name in OURS, "search": search,
            "kind": kind, **facts, **figures(job, took)}  # fmt: skip


def compared(
    job: str, name: str, search: str, kind: str, ours: str, pairs: list[tuple[Any, Any]],
    **facts: Any,
) -> Record:  # fmt: skip
    """Return the record of a system that took turns with relnews."""
    our_runs, their_runs = zip(*pairs, strict=True)
    record = alone(job, name, search, kind, their_runs, **facts)
    record["against"] = PEERS[ours].name if ours in PEERS else ours
    record["ours_took"] = figures(job, our_runs)["seconds"]
    ratios = [b / a for a, b in zip(map(middle, our_runs), map(middle, their_runs), strict=True)]
    record["ratio"] = summary(ratios)
    if job == "single":
        a, b = (figures(job, runs)["p99"]["median"] for runs in (our_runs, their_runs))
        record["ratio_p99"] = b / a
    if job == "update":
        adds = [b["add_s"] / a["add_s"] for a, b in pairs]
        record["ratio_add"] = summary(adds)
    return record


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
