"""The main job on a real archive: wall time and peak memory of each step, each its own process.

Build the archive of a file, open it in another process for one list and for all of them, and hold
a sample of the lists against brute force over scikit-learn's vectors::

    python -m benchmarks.main_job archive_en_100k.jsonl.xz --check 200
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


def main() -> None:
    """Run the steps and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="articles as JSON Lines or CSV")
    parser.add_argument("--n-jobs", type=int, default=1, help="threads of the export (default: 1)")
    parser.add_argument("--check", type=int, default=0, metavar="N",
                        help="hold N drawn lists against scikit-learn")  # fmt: skip
    options = parser.parse_args()
    # Some machines set these to work around old builds; they slow a current numpy.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    relnews = str(Path(sys.executable).with_name("relnews"))
    # What a first run compiles is not what is measured.
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
            check(options.archive, Path(lists), options.check)


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


def check(articles: Path, lists: Path, n: int) -> None:
    """Hold drawn lists against brute force; exit if one differs by more than a tie."""
    import numpy as np
    import scipy.sparse as sp
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    from relnews import read_articles

    ids, titles, texts = [], [], []
    for article in read_articles(articles):
        ids.append(article.id)
        titles.append(article.title)
        texts.append(f"{article.dek}\n{article.text}")
    vectorizer = CountVectorizer(stop_words="english").fit([*titles, *texts])
    counts = 3 * vectorizer.transform(titles) + vectorizer.transform(texts)
    vectors = sp.csr_matrix(TfidfTransformer(sublinear_tf=True).fit_transform(counts))
    position = {identifier: i for i, identifier in enumerate(ids)}
    with lists.open(encoding="utf-8") as lines:
        ours = {record["id"]: record["related"] for record in map(json.loads, lines)}
    if list(ours) != ids:
        sys.exit("the lists are not those of all articles in the order of the archive")
    worst, tied = 0.0, 0
    for i in random.Random(0).sample(range(len(ids)), n):
        similarity = np.asarray((vectors @ vectors[i].T).todense()).ravel()
        similarity[i] = -1.0
        order = np.argsort(-similarity, kind="stable")[:8]
        best = similarity[order]
        items = ours[ids[i]]
        chosen = np.array([similarity[position[item["id"]]] for item in items])
        scores = np.array([item["similarity"] for item in items])
        best = best[: len(items)]
        worst = max(
            worst, np.abs(scores - chosen).max(initial=0), np.abs(chosen - best).max(initial=0)
        )
        tied += [ids[j] for j in order[: len(items)]] != [item["id"] for item in items]
        if worst > 1e-5:
            sys.exit(f"{ids[i]}: differs from brute force by {worst}")
    print(f"{n} lists equal brute force: largest difference {worst:.1e}, {tied} reordered by ties")


def _first_id(path: Path) -> str:
    from relnews import read_articles

    return next(iter(read_articles(path))).id


if __name__ == "__main__":
    main()
