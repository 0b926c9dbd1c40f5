"""The main job on a real archive: wall time and peak memory of each step, each its own process.

Build the archive of a file, open it in another process for one list and for all lists, and compare
a sample of the lists with brute force over scikit-learn's counts::

    python -m benchmarks.main_job archive_en_100k.jsonl.xz --check 20
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import ROOT

#: Items of a list: the default of every command.
K = 8

#: Scores are rounded to a millionth, so that two scores of the same rank may differ by as much.
DIFFERENCE = 1e-5


def main() -> None:
    """Run the steps and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="articles as JSON Lines or CSV")
    parser.add_argument("--n-jobs", type=int, default=1, help="threads of the export (default: 1)")
    parser.add_argument("--check", type=int, default=0, metavar="N",
                        help="hold the lists of N drawn articles against brute force")  # fmt: skip
    options = parser.parse_args()
    # Some machines set these variables to work around old builds; they slow a current numpy.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    relnews = str(Path(sys.executable).with_name("relnews"))
    # Compile before anything is measured.
    subprocess.run([relnews, "demo"], check=True, stdout=subprocess.DEVNULL, env=environment)
    with tempfile.TemporaryDirectory() as folder:
        saved, lists = f"{folder}/archive.relnews", f"{folder}/lists.jsonl"
        print("| step | wall, s | peak memory, MB |\n|---|---|---|")
        step("build and save", [relnews, "build", str(options.archive), "-o", saved, "-q"],
             environment)  # fmt: skip
        first = _first_id(options.archive)
        step("open, one list", [relnews, "related", saved, first], environment)
        step(
            f"open, all lists (n_jobs={options.n_jobs})",
            [relnews, "export", saved, "-o", lists, "-q", "--n-jobs", str(options.n_jobs)],
            environment,
        )
        size = sum(path.stat().st_size for path in Path(saved).rglob("*") if path.is_file())
        written = Path(lists).stat().st_size
        print(f"\narchive folder: {size / 1e6:.0f} MB; lists: {written / 1e6:.0f} MB")
        if options.check:
            check(options.archive, Path(saved), Path(lists), options.check)


def step(name: str, command: list[str], environment: dict[str, str]) -> None:
    """Run a command and print its wall time and peak memory."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"{name}: {' '.join(command)} failed")
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(f"| {name} | {seconds:.1f} | {peak:.0f} |", flush=True)


def check(articles: Path, saved: Path, lists: Path, n: int) -> None:
    """Compare sampled lists with brute force; exit if any differs by more than a tie.

    The rankings, with and without recency, must be the best of all scores. Exported lists lack
    near-duplicates, so only their scores are compared.
    """
    import numpy as np

    from relnews import RelatedNews, read_articles

    sys.path.append(str(ROOT / "tests"))
    from brute import Brute

    brute = Brute(read_articles(articles))
    news = RelatedNews.open(saved)
    with lists.open(encoding="utf-8") as lines:
        exported = {record["id"]: record["related"] for record in map(json.loads, lines)}
    if list(exported) != brute.ids:
        sys.exit("the export lacks articles or is not in the order of the archive")
    position = {identifier: i for i, identifier in enumerate(brute.ids)}
    worst, tied = 0.0, 0
    for i in random.Random(0).sample(range(len(brute.ids)), n):
        identifier, similarity = brute.ids[i], brute.similarities(i)
        score = similarity * brute.fading(i)
        by_similarity = news.related(identifier, mode="similar")
        by_score = news.related(identifier, selection=None)
        shown = [(item["id"], item["score"], item["similarity"]) for item in exported[identifier]]
        for scores, items in (
            (similarity, [(item.id, item.score, item.similarity) for item in by_similarity]),
            (score, [(item.id, item.score, item.similarity) for item in by_score]),
            (score, shown),
        ):
            places = [position[listed] for listed, *_ in items]
            differences = [
                [own - scores[place] for (_, own, _), place in zip(items, places, strict=True)],
                [own - similarity[place] for (*_, own), place in zip(items, places, strict=True)],
            ]
            if items is not shown:
                best = brute.best(scores, K)
                if len(items) != len(best):
                    sys.exit(f"{identifier}: {len(items)} items, and {len(best)} by brute force")
                differences.append(scores[places] - scores[best])
                tied += places != best
            worst = max(worst, *(np.abs(difference).max(initial=0) for difference in differences))
            if worst > DIFFERENCE:
                sys.exit(f"{identifier}: differs from brute force by {worst}")
    print(f"lists of {n} articles equal brute force: largest difference {worst:.1e}, "
          f"{tied} reordered by ties")  # fmt: skip


def _first_id(path: Path) -> str:
    from relnews import read_articles

    return next(iter(read_articles(path))).id


if __name__ == "__main__":
    main()
