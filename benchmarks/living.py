"""Updates: the cost of each change, and of reading lists, cold and warm.

::

    python -m benchmarks.living archive_en_100k.jsonl.xz

An archive is built from all articles but the last, and its lists are stored. Then the last ones
are added one at a time and by the hundred; each change is durable when it returns. At the end a
sample of lists is compared with a fresh build. Cold figures are from new processes, imports
included. The jobs ``update`` and ``cold`` of ``python -m benchmarks`` measure peers.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.vectorize import without_openblas_settings

#: Number of articles added one at a time, and number of articles added by the hundred.
ONE_BY_ONE = 200
HUNDREDS = 10

#: Number of stored lists that are read.
READS = 5_000

#: The script of a cold process; its arguments are the folder and an id.
_RANKED = (
    "related_to_text('Ministers agreed to send more air defence as talks on guarantees go on.', "
    "title='Guarantees for Ukraine').ids)"
)
COLD = {
    "open + first stored list": "print(RelatedNews.open(sys.argv[1]).related(sys.argv[2]).ids)",
    "open + first ranked list of a draft": f"print(RelatedNews.open(sys.argv[1]).{_RANKED}",
}


def main() -> None:
    """Run all measurements and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="articles as JSON Lines or CSV")
    parser.add_argument("--limit", type=int, default=None, help="articles read of it")
    parser.add_argument("--repeat", type=int, default=20, help="cold processes (default: 20)")
    options = parser.parse_args()
    without_openblas_settings()
    articles = read(options.archive, options.limit)
    n_added = ONE_BY_ONE + 100 * HUNDREDS
    old, new = articles[:-n_added], articles[-n_added:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "archive.relnews"
        print(f"{len(old):,} articles, {n_added:,} more to be added\n")
        print("| measure | median | p99 or longest |\n|---|---|---|")
        row("fsync of 4 kB", fsyncs(Path(name)), "ms")
        changes(folder, old, new)
        reads(folder)
        cold(folder, old[0].id, options.repeat)


def read(path: Path, limit: int | None) -> list[Any]:
    """Return the articles of the file."""
    from itertools import islice

    from relnews import read_articles

    return [*islice(read_articles(path), limit)]


def changes(folder: Path, old: Sequence[Any], new: Sequence[Any]) -> None:
    """Add and remove articles, before and after lists are stored."""
    from relnews import RelatedNews

    RelatedNews(ignore_repeated_lines=False).fit(old).save(folder)
    news = RelatedNews.open(folder)
    news.related(old[0].id)

    def add_and_find(article: Any) -> None:
        news.partial_fit([article])
        news.related(article.id)

    half = ONE_BY_ONE // 2
    row("add one, durable", each(lambda a: news.partial_fit([a]), new[:half]), "ms")
    row("add one, durable, and rank its list", each(add_and_find, new[half:ONE_BY_ONE]), "ms")
    batches = [new[i : i + 100] for i in range(ONE_BY_ONE, len(new), 100)]

    def add_hundred(batch: Sequence[Any]) -> None:
        news.partial_fit(batch)
        news.related(batch[0].id)

    times = [seconds / 100 for seconds in each(add_hundred, batches)]
    row("add a hundred and rank a list, for each", times, "ms")
    check(news, [*old, *new])
    row("remove one", each(lambda a: news.remove(a.id), new[:half]), "ms")
    row("compute all lists", each(lambda _: news.store_lists(), [None]), "s")
    news.partial_fit([new[0]])  # reads all lists
    changed = []

    def add_and_say(article: Any) -> None:
        changed.append(len(news.partial_fit([article]).changed or ()))

    row("add one, with `changed`", each(add_and_say, new[1:half]), "ms")
    row("lists that it changes", [n / 1e3 for n in changed], "")


def check(news: Any, articles: Sequence[Any]) -> None:
    """Compare sampled lists with a fresh build; exit if any differs."""
    from relnews import RelatedNews

    # The lines that repeat are of the build, and more articles have others.
    fresh = RelatedNews(ignore_repeated_lines=False).fit(articles)
    for article in articles[:: max(len(articles) // 100, 1)]:
        if news.related(article.id) != fresh.related(article.id):
            sys.exit(f"the list of {article.id} is not that of a fresh build")


def reads(folder: Path) -> None:
    """Read stored lists in a warm process."""
    from relnews import RelatedNews

    news = RelatedNews.open(folder)
    ids = [related.id for related, _ in zip(news.related_all(), range(READS * 2), strict=False)]
    for identifier in ids[:READS]:
        news.related(identifier)
    row("stored list, warm", each(news.related, ids[READS : 2 * READS] or ids), "µs")


def cold(folder: Path, identifier: str, repeat: int) -> None:
    """Open the archive in new processes."""
    for name, statement in COLD.items():
        code = f"import sys\nfrom relnews import RelatedNews\n{statement}\n" + PRIVATE_MEMORY
        command = [sys.executable, "-c", code, str(folder), identifier]
        outputs: list[str] = []

        def run(_: Any, command: Sequence[str] = command, out: list[str] = outputs) -> None:
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            out.append(done.stdout)

        row(f"cold process: {name}", each(run, range(repeat + 2))[2:], "ms")
        print(f"| … its private memory | {outputs[-1].splitlines()[-1]} | |")


#: Memory that the process has written to and shares with no other process.
PRIVATE_MEMORY = """
try:
    with open("/proc/self/smaps_rollup") as file:
        print(sum(int(line.split()[1]) for line in file if "Private_Dirty" in line) // 1000, "MB")
except OSError:
    print("unknown")
"""


def each(function: Callable[[Any], Any], arguments: Sequence[Any]) -> list[float]:
    """Return the seconds that a function took for each argument."""
    times = []
    for argument in arguments:
        start = time.perf_counter()
        function(argument)
        times.append(time.perf_counter() - start)
    return times


def fsyncs(folder: Path, n: int = 200) -> list[float]:
    """Return the seconds that each durable write of a page takes."""
    with (folder / "page").open("wb") as file:

        def write(_: int) -> None:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())

        return each(write, range(n))


def row(name: str, seconds: Sequence[float], unit: str) -> None:
    """Print a row of the table."""
    factor = {"s": 1.0, "ms": 1e3, "µs": 1e6, "": 1e3}[unit]
    ordered = sorted(seconds)
    last = ordered[min(int(0.99 * len(ordered)), len(ordered) - 1)]
    median = statistics.median(ordered)
    print(f"| {name} | {median * factor:.2f} {unit} | {last * factor:.2f} {unit} |", flush=True)


if __name__ == "__main__":
    main()
