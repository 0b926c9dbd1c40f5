"""Compare TfidfVectorizer with scikit-learn's in one run: ratios of medians, and peak memory.

::

    python -m benchmarks.vectorize archive_en_100k.jsonl.xz --repeat 5

Both sides take turns on the same strings, so that a noisy machine disturbs both. Results are
compared, and kernels compiled, before anything is timed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PHRASES = {
    "ngram_range": (1, 2),
    "min_df": 2,
    "stop_words": "english",
    "sublinear_tf": True,
}

#: Number of different articles over which single calls are timed.
SINGLE = 500


def main() -> None:
    """Run the jobs and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, nargs="+", help="articles as JSON Lines or CSV")
    parser.add_argument("--limit", type=int, default=None, help="articles read of each file")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each side (default: 5)")
    parser.add_argument("--jobs", default="fit,names,fit2,phrases,transform,one,memory",
                        help="which of these (default: all)")  # fmt: skip
    parser.add_argument("--fit-once", choices=["relnews", "scikit-learn"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    without_openblas_settings()
    texts = read(options.archive, options.limit)
    if options.fit_once:
        fit_once(options.fit_once, texts)
        return
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts):,} articles, {size:,.0f} MB of text; medians of {options.repeat}\n")
    print("| work | scikit-learn, s | relnews, s | ratio | lowest to highest |")
    print("|---|---|---|---|---|")
    jobs = options.jobs.split(",")
    held_out = texts[len(texts) // 2 :]
    if "fit" in jobs:
        row("fit_transform", fit({}, texts), fit({}, texts, ours=True), options.repeat)
    if "names" in jobs:
        row("fit_transform, and then vocabulary_", fit({}, texts, names=True),
            fit({}, texts, ours=True, names=True), options.repeat)  # fmt: skip
    if "fit2" in jobs:
        row("fit_transform, n_jobs=2", fit({}, texts), fit({"n_jobs": 2}, texts, ours=True),
            options.repeat)  # fmt: skip
    if "phrases" in jobs:
        row("fit_transform, bigrams, min_df=2, stop words, sublinear", fit(PHRASES, texts),
            fit(PHRASES, texts, ours=True), options.repeat)  # fmt: skip
    if "transform" in jobs or "one" in jobs:
        theirs, ours = (
            vectorizer(is_ours).fit(texts[: len(texts) // 2]) for is_ours in (False, True)
        )
        ours.transform(held_out[:1])
    if "transform" in jobs:
        row("transform, unseen articles", lambda: theirs.transform(held_out),
            lambda: ours.transform(held_out), options.repeat)  # fmt: skip
    if "one" in jobs:
        medians = [
            statistics.median(timed(lambda: v.transform([text])) for text in held_out[:SINGLE])  # noqa: B023
            for v in (theirs, ours)
        ]
        print(f"| transform of one article | {medians[0]:.6f} | {medians[1]:.6f} | "
              f"{medians[0] / medians[1]:.1f} | |")  # fmt: skip
    if "memory" in jobs:
        memory(options)


def without_openblas_settings() -> None:
    """Restart without environment variables for OpenBLAS.

    Some machines set them to work around old builds of numpy; they slow a current one.
    """
    if any(name.startswith("OPENBLAS_") for name in os.environ):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
        sys.exit(subprocess.run([sys.executable, *sys.orig_argv[1:]], env=clean).returncode)


def read(paths: list[Path], limit: int | None) -> list[str]:
    """Return the texts of articles, title first."""
    from relnews import read_articles

    return [
        f"{article.title}\n{article.text}"
        for path in paths
        for article in itertools.islice(read_articles(path), limit)
    ]


def vectorizer(is_ours: bool, **parameters: Any) -> Any:
    """Return our vectorizer or scikit-learn's."""
    if is_ours:
        from relnews import TfidfVectorizer
    else:
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[no-redef]
    return TfidfVectorizer(**parameters)


def fit(
    parameters: dict[str, Any], texts: list[str], *, ours: bool = False, names: bool = False
) -> Callable[[], Any]:
    """Return a job that fits; `names` adds the vocabulary, which relnews spells on demand."""

    def job() -> Any:
        fitted = vectorizer(ours, **parameters)
        X = fitted.fit_transform(texts)
        if names:
            assert len(fitted.vocabulary_) == X.shape[1]
        return X

    return job


def row(work: str, theirs: Callable[[], Any], ours: Callable[[], Any], repeat: int) -> None:
    """Compare the results, time both in turn, and print a line."""
    equal(theirs(), ours(), work)
    pairs = [(timed(theirs), timed(ours)) for _ in range(repeat)]
    a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(x / y for x, y in pairs)
    print(f"| {work} | {a:.2f} | {b:.2f} | **{a / b:.1f}** | {ratios[0]:.1f} to {ratios[-1]:.1f} |",
          flush=True)  # fmt: skip


def timed(job: Callable[[], Any]) -> float:
    """Return the seconds that a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def equal(theirs: Any, ours: Any, work: str) -> None:
    """Exit unless both matrices agree to rounding."""
    import numpy as np

    theirs.has_sorted_indices = False  # scikit-learn renumbers columns without updating the flag
    theirs.sort_indices()
    same = (
        theirs.shape == ours.shape
        and np.array_equal(theirs.indptr, ours.indptr)
        and np.array_equal(theirs.indices, ours.indices)
        and np.allclose(theirs.data, ours.data, rtol=1e-12, atol=0)
    )
    if not same:
        sys.exit(f"{work}: the results differ")


def fit_once(which: str, texts: list[str]) -> None:
    """Print the additional memory of one fit_transform in MB."""
    fit({}, texts[:100], ours=which == "relnews")()
    before = peak_memory()
    fit({}, texts, ours=which == "relnews")()
    print(peak_memory() - before)


def peak_memory() -> float:
    """Return the peak resident memory of this process in MB.

    getrusage is no use here: on Linux a child process inherits its parent's peak.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1e3
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def memory(options: argparse.Namespace) -> None:
    """Measure each side in its own process."""
    peaks = []
    for which in ("scikit-learn", "relnews"):
        command = [sys.executable, "-m", "benchmarks.vectorize", *map(str, options.archive),
                   "--fit-once", which]  # fmt: skip
        if options.limit:
            command += ["--limit", str(options.limit)]
        peaks.append(float(subprocess.run(command, check=True, capture_output=True).stdout))
    print(f"\npeak memory of fit_transform above the input: scikit-learn {peaks[0]:,.0f} MB, "
          f"relnews {peaks[1]:,.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
