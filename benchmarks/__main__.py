"""Measure relnews and its alternatives.

::

    python -m benchmarks all --archive articles.jsonl --json results.json
    python -m benchmarks lists --generate 100k --peers sparse_dot_topn,scipy
    python -m benchmarks relevance --data judged_sets --markdown

The jobs: ``vectorise`` (texts to vectors), ``lists`` (many at a time), ``single`` (one at a time),
``cold`` (a new process opens the index and finds a list), ``update`` (adds an article and finds its
list), ``planted`` (finds known duplicates and stories again), ``relevance`` (compares lists with
judgements). docs/how-to/run-the-benchmarks.md says how each job measures.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import machine, tables
from benchmarks.generate import count
from benchmarks.given import NEW, WEIGHTS, Source, lay_out
from benchmarks.jobs import RANKING, Plan, ranking, sized, vectorise
from benchmarks.peers import OURS, PEERS, chosen

#: The jobs, in their order.
JOBS = ("vectorise", *RANKING, "planted", "relevance")


def main(arguments: list[str] | None = None) -> None:
    """Run the jobs, print tables, and write the records."""
    options = parsed(arguments)
    left_out: list[dict[str, Any]] = []

    def missing(name: str) -> None:
        package = PEERS[name].package
        left_out.append({"job": "left out", "of": "all", "system": PEERS[name].name, "search": "",
                         "reason": f"not installed (pip install {package})"})  # fmt: skip

    peers = chosen(options.peers, missing)
    packages = {PEERS[name].package for name in (*OURS, *peers)} | {"numpy", "scipy", "numba"}
    found: dict[str, Any] = {
        "version": 1,
        "machine": machine.described(packages, options.threads),
        "notes": [note for name in (*OURS, *peers) if (note := PEERS[name].note)],
        "records": left_out,
    }
    print(tables.heading(found["machine"]), flush=True)
    print(tables.of_left_out(left_out))
    for records in measured(options, peers):
        first = len(found["records"])
        for record in records:
            found["records"].append(record)
            if options.json:  # An interrupted run keeps the records so far.
                options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(tables.of_records(found["records"][first:]), flush=True)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """Return the parsed options."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("jobs", metavar="JOB", help=f"all, or some of {','.join(JOBS)}")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--archive", type=Path, help="articles, a file for read_articles")
    source.add_argument("--generate", type=count, metavar="N", help="made-up articles instead")
    parser.add_argument("--sizes", default="", help="articles, such as 10k,100k,1M (default: all)")
    parser.add_argument(
        "--vectors", default="raw", help=f"some of {','.join(WEIGHTS)} (default: raw)"
    )
    parser.add_argument("--peers", default="all", help="all, none, or some of "
                        + ",".join(name for name in PEERS if name not in OURS))  # fmt: skip
    parser.add_argument("--runs", type=int, default=3, help="rounds of each pair (default: 3)")
    parser.add_argument("--threads", type=int, default=1, help="of every system (default: 1)")
    parser.add_argument("--queries", type=count, default=1000,
                        help="articles whose lists are made (default: 1000; 0 is all)")  # fmt: skip
    parser.add_argument("--k", type=int, default=8, help="items of a list (default: 8)")
    parser.add_argument("--patience", type=float, default=120, metavar="SECONDS",
                        help="for one answer of a peer (default: 120)")  # fmt: skip
    parser.add_argument(
        "--data", type=Path, help="a judged set, or a folder of sets, for relevance"
    )
    parser.add_argument("--markdown", nargs="?", const=DOCUMENT, type=Path, metavar="FILE",
                        help="write the relevance table into this page")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all records here")
    options = parser.parse_args(arguments)
    options.jobs = list(JOBS) if options.jobs == "all" else options.jobs.split(",")
    if unknown := set(options.jobs) - set(JOBS):
        parser.error(f"no job {', '.join(sorted(unknown))}; there are {', '.join(JOBS)}")
    options.vectors = options.vectors.split(",")
    if unknown := set(options.vectors) - set(WEIGHTS):
        parser.error(f"no vectors {', '.join(sorted(unknown))}; there are {', '.join(WEIGHTS)}")
    options.sizes = [count(size) for size in options.sizes.split(",") if size]
    timed = set(options.jobs) - {"relevance"}
    if timed and not (options.archive or options.generate):
        parser.error("--archive or --generate is needed")
    if "relevance" in options.jobs and not options.data:
        if not timed:
            parser.error("--data is needed: a folder of docs.* and qrels*.tsv, or of such folders")
        options.jobs.remove("relevance")
        print("relevance is left out: it needs --data", file=sys.stderr)
    return options


#: The page whose table ``relevance --markdown`` writes.
DOCUMENT = machine.ROOT / "docs" / "explanation" / "relevance.md"


def measured(options: argparse.Namespace, peers: list[str]) -> Iterator[Iterable[dict[str, Any]]]:
    """Yield the records of each size, then the records of relevance."""
    if set(options.jobs) - {"relevance"}:
        source = Source(options.archive, options.generate or max(options.sizes, default=None))
        for size in dict.fromkeys(
            min(size, len(source)) for size in options.sizes or [len(source)]
        ):
            yield from of_size(source, size, options, peers)
    if "relevance" in options.jobs:
        from benchmarks import relevance

        records = [*relevance.measured(options.data, peers, options.threads)]
        if options.markdown:
            tables.put_between(options.markdown, "relevance", tables.of_records(records))
        yield records


def of_size(
    source: Source, size: int, options: argparse.Namespace, peers: list[str]
) -> Iterator[Iterable[dict[str, Any]]]:
    """Yield the records of one archive size, one kind of vectors after the other."""
    if size < NEW + options.k + 2:
        raise SystemExit(f"{size} articles are too few: {NEW} of them are kept back for updates")
    about = {"source": source.name, "size": size - NEW}
    if "planted" in options.jobs and not options.archive:
        from benchmarks import planted

        yield sized(planted.measured(size), **{**about, "size": size})
    if set(options.jobs) <= {"planted", "relevance"}:
        return
    with tempfile.TemporaryDirectory() as name:
        for i, weights in enumerate(options.vectors):
            folder = Path(name) / weights
            folder.mkdir()
            # Systems that read the articles do not depend on the given vectors.
            chosen = [peer for peer in peers if i == 0 or PEERS[peer].reads == "vectors"]
            given = lay_out(folder, source, size, weights, options.k, options.queries)
            plan = Plan(
                folder, options.jobs, chosen, options.runs, options.threads, options.patience
            )
            facts = {**about, "weights": weights, "pairs_each": given.about["pairs"] / given.n}
            if "vectorise" in options.jobs and i == 0:
                yield sized(vectorise(plan), **facts)
            if set(options.jobs) & set(RANKING):
                yield sized(ranking(plan), **facts)


if __name__ == "__main__":
    main()
