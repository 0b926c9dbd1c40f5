"""Growth: what archives of several sizes cost, and a model that says what larger ones will.

Generated archives are built one after another, and lists of each are ranked in a new process::

    python -m benchmarks.growth 100k 200k 350k 500k 700k 1M --hold-out 700k -o growth.json
    python -m benchmarks.growth --model growth.json
    python -m benchmarks.growth 100k 200k 350k --years 20

Times are processor time, and ranked with one thread, for articles that follow each other, as in all
lists. A size that is held out is no part of the model; the table says how far the model is from it.
The archives stay in ``--folder``, if given, and one that is there already is measured again without
a build. Articles are published 500 a day, or evenly over ``--years``.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import nnls

from benchmarks import generate, machine

#: Options of the lists, and the days of their window.
LISTS: dict[str, dict[str, Any]] = {
    "similar": {"mode": "similar"},
    "news": {"mode": "news"},
    "news, within=365": {"mode": "news", "within": 365},
    "news, within=30": {"mode": "news", "within": 30},
}

#: Articles that a segment of the archive has at most.
SEGMENT = 65_536

#: Lists of articles that follow each other, the parts of the archive where they begin, and turns.
STRETCH, STARTS, TURNS = 256, (0.25, 0.75), 5

Record = dict[str, Any]


class Machine(NamedTuple):
    """A machine that a cloud rents out: its processors, its memory and its price."""

    processors: int
    memory_gb: int
    dollars: float


#: Amazon EC2, Linux, on demand, us-east-1, dollars an hour, from its list of prices. A processor is
#: a thread of a core, and counts as much as one of the machine that measured.
MACHINES = {
    "c7i.4xlarge": Machine(16, 32, 0.714),
    "m7i.4xlarge": Machine(16, 64, 0.8064),
    "r7i.4xlarge": Machine(16, 128, 1.0584),
}


def main() -> None:
    """Measure, or read what was measured; print the tables."""
    parser = argparse.ArgumentParser("python -m benchmarks.growth", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=generate.count, help="articles: 100k 1M")
    parser.add_argument("--years", type=float, help="dates of the articles (default: 500 a day)")
    parser.add_argument("--hold-out", type=generate.count, help="a size that the model lacks")
    parser.add_argument("--folder", type=Path, help="where the archives stay (default: nowhere)")
    parser.add_argument("-o", "--output", type=Path, help="write the figures to a file")
    parser.add_argument("--model", type=Path, help="figures that were written before")
    options = parser.parse_args()
    if bool(options.sizes) == bool(options.model):
        parser.error("expected sizes to measure, or --model with a file of figures")
    if options.model:
        found = json.loads(options.model.read_text(encoding="utf-8"))
    else:
        with tempfile.TemporaryDirectory() as folder:
            found = {
                "hold_out": options.hold_out,
                "years": options.years,
                "machine": machine.described(["relnews", "numpy", "numba"], 1),
                "records": [
                    *measured(sorted(options.sizes), options.folder or Path(folder), options.years)
                ],
            }
    if options.output:
        options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n".join(report(found["records"], found["hold_out"], found.get("years"))))


# --- measuring -----------------------------------------------------------------------------------


def measured(sizes: Sequence[int], folder: Path, years: float | None = None) -> Iterator[Record]:
    """Yield the figures of each size."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in sizes:
        archive = folder / (f"{n}.relnews" if years is None else f"{n}-{years:g}-years.relnews")
        noted = archive.with_suffix(".json")
        if not noted.exists():
            noted.write_text(json.dumps(built(n, archive, pace(n, years))), encoding="utf-8")
        record = json.loads(noted.read_text()) | _apart(ranked, archive)
        print(json.dumps(record), file=sys.stderr, flush=True)
        yield record


def pace(n: int, years: float | None) -> float:
    """Return the seconds between n articles of some years; None means 500 articles a day."""
    return generate.PACE if years is None else years * 365.25 * 86_400 / n


def _apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own, and leave nothing of it in the memory of this one.

    A process that is started has the peak memory of the one that starts it.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def built(n: int, archive: Path, pace: float) -> Record:
    """Generate articles and build their archive; return what that took."""
    articles = archive.with_suffix(".jsonl")
    _apart(generate.write, articles, n, 0, pace)
    command = [sys.executable, "-m", "relnews", "build", articles, "-o", archive, "--quiet"]
    process = subprocess.Popen(command, env=machine.environment(1))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    articles.unlink()
    if process.returncode:
        sys.exit(f"the build of {n:,} articles failed")
    return {
        "articles": n,
        "build_s": usage.ru_utime + usage.ru_stime,
        "build_peak_mb": usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3),
        "disk_mb": sum(path.stat().st_size for path in archive.rglob("*") if path.is_file()) / 1e6,
    }


def ranked(archive: Path) -> Record:
    """Open an archive and rank lists; return milliseconds a list, and the memory of the process."""
    from relnews import RelatedNews

    start = time.process_time()
    news = RelatedNews.open(archive)
    ids = news.archive_.catalogue.all_ids()
    news.related(ids[0])
    opened = time.process_time() - start
    starts = [int(len(ids) * start) for start in STARTS]
    stretches = [ids[start : start + STRETCH] for start in starts]
    n_lists = sum(map(len, stretches))
    taken: dict[str, list[float]] = {name: [] for name in LISTS}
    for _ in range(TURNS):
        for name, options in LISTS.items():
            start = time.process_time()
            for stretch in stretches:
                for _ in news.related_all(ids=stretch, **options):
                    pass
            taken[name].append((time.process_time() - start) / n_lists * 1e3)
    # The first turn loads kernels and pages.
    lists = {name: statistics.median(times[1:]) for name, times in taken.items()}
    state = news.archive_.state
    return {
        "open_s": opened, "lists_ms": lists, "segments": len(state.live_segments),
        "terms": len(state.vocabulary), "ranking_peak_mb": machine.memory()["peak_mb"],
    }  # fmt: skip


# --- the model -----------------------------------------------------------------------------------


class Line:
    """A sum of measures of an archive, each at a price, none below zero.

    The prices are those with the least squared relative error (non-negative least squares).

    Parameters
    ----------
    measures : callable
        Returns the measures of an archive of n articles.
    sizes : sequence of int
        Numbers of articles.
    costs : sequence of float
        The cost at each size.
    """

    def __init__(
        self,
        measures: Callable[[int], Sequence[float]],
        sizes: Sequence[int],
        costs: Sequence[float],
    ) -> None:
        self._measures = measures
        rows = np.array([measures(n) for n in sizes], float) / np.array(costs)[:, None]
        scale = np.abs(rows).max(axis=0)
        self._prices = nnls(rows / scale, np.ones(len(rows)))[0] / scale

    def __call__(self, n: int) -> float:
        """Return the cost for n articles."""
        return float(np.dot(self._measures(n), self._prices))


def models(records: Sequence[Record], years: float | None = None) -> dict[str, Line]:
    """Return a model of each figure."""
    sizes = [record["articles"] for record in records]

    def fitted(measures: Any, *path: str) -> Line:
        return Line(measures, sizes, [_figure(record, path) for record in records])

    return {
        "terms": fitted(lambda n: (n**0.5, n), "terms"),
        "build, s": fitted(lambda n: (1, n), "build_s"),
        "build, peak MB": fitted(lambda n: (1, n**0.5, n), "build_peak_mb"),
        "disk, MB": fitted(lambda n: (1, n), "disk_mb"),
        "open, s": fitted(lambda n: (1, n), "open_s"),
        **{
            # A list reads what is within its window, and each segment is looked at.
            f"list, ms: {name}": fitted(
                functools.partial(_walked, options, years), "lists_ms", name
            )
            for name, options in LISTS.items()
        },
    }  # fmt: skip


def _figure(record: Mapping[str, Any], path: Sequence[str]) -> float:
    for name in path:
        record = record[name]
    return float(record)  # type: ignore[arg-type]


def _walked(options: Mapping[str, Any], years: float | None, n: int) -> tuple[float, float, float]:
    """Return the measures of a list: 1, the articles of the segments in its window, and all."""
    days = options.get("within")
    return 1, n if days is None else min(n, 2 * days * 86_400 / pace(n, years) + SEGMENT), n


def report(
    records: Sequence[Record], hold_out: int | None, years: float | None = None
) -> Iterator[str]:
    """Yield the lines of the tables."""
    fitted = models([record for record in records if record["articles"] != hold_out], years)
    paths = {"terms": ("terms",), "build, s": ("build_s",), "build, peak MB": ("build_peak_mb",),
             "disk, MB": ("disk_mb",), "open, s": ("open_s",)}  # fmt: skip
    paths |= {f"list, ms: {name}": ("lists_ms", name) for name in LISTS}
    sizes = [record["articles"] for record in records]
    yield from _table("measured", sizes, {
        name: [_figure(record, path) for record in records] for name, path in paths.items()
    })  # fmt: skip
    if hold_out:
        held = next(record for record in records if record["articles"] == hold_out)
        yield f"| {hold_out:,} articles, held out | measured | model | error |\n|---|---|---|---|"
        for name, path in paths.items():
            real, said = _figure(held, path), fitted[name](hold_out)
            error = round(said / real - 1, 2) + 0  # never -0
            yield f"| {name} | {short(real)} | {short(said)} | {error:+.0%} |"
        yield ""
    large = [10_000_000, 100_000_000]
    yield from _table("by the model", large, {
        name: [line(n) for n in large] for name, line in fitted.items()
    })  # fmt: skip
    yield from _prices(fitted, large)


def _table(title: str, sizes: Sequence[int], rows: Mapping[str, Sequence[float]]) -> Iterator[str]:
    yield f"| {title} | {' | '.join(f'{n:,}' for n in sizes)} |\n|---{'|---' * len(sizes)}|"
    for name, figures in rows.items():
        yield f"| {name} | {' | '.join(map(short, figures))} |"
    yield ""


def _prices(fitted: Mapping[str, Line], sizes: Sequence[int]) -> Iterator[str]:
    """Yield what a build and all lists take on rented machines."""
    yield "| articles | work | processor hours | on | hours | dollars |\n|---|---|---|---|---|---|"
    for n in sizes:
        memory = fitted["build, peak MB"](n) / 1e3
        fits = [name for name, own in MACHINES.items() if own.memory_gb > memory]
        works = {"build, one process": (fitted["build, s"](n) / 3600, 1)}
        for name in LISTS:
            works[f"all lists: {name}"] = (fitted[f"list, ms: {name}"](n) * n / 3.6e6, None)
        for work, (hours, processors) in works.items():
            name = fits[0] if fits else max(MACHINES, key=lambda name: MACHINES[name].memory_gb)
            own = MACHINES[name]
            lasts = hours / (processors or own.processors)
            yield (
                f"| {n:,} | {work} | {short(hours)} | {name} | {short(lasts)} |"
                f" {short(lasts * own.dollars)} |"
            )


def short(figure: float) -> str:
    """Return a figure with three digits that count."""
    if figure == 0:
        return "0"
    digits = max(2 - math.floor(math.log10(abs(figure))), 0)
    return f"{round(figure, 2 - math.floor(math.log10(abs(figure)))):,.{digits}f}"


if __name__ == "__main__":
    main()
