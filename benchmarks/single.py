"""How long one list takes, each asked for by itself: a job of `benchmarks.neighbors`.

Every system is alone in a process of its own, on one core, and is asked for the lists of the same
articles one after the other, several times over. What a list takes is the median of these times,
so that a percentile says how lists differ, not how busy the machine was.

tantivy is given the texts, and asked as its documentation says for what is "more like this": with
its defaults, which are the 25 terms of highest tf-idf that occur at least twice, and with all terms
of an article. It ranks by BM25, so its lists are other lists.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.peers import one_core, sides
from benchmarks.vectorize import timed

#: Lists that are timed.
LISTS = 500

#: Lists that are asked for before anything is timed.
WARM_UP = 20

#: No other run of all lists begins after so many seconds.
PATIENCE = 60

#: Systems that are given articles instead of vectors.
ARTICLES = ("RelatedNews", "tantivy")

#: Those that others are held against.
OURS = ("relnews", "RelatedNews")

#: Bytes that tantivy may fill before it begins a new segment.
HEAP = 4_000_000_000

#: What makes tantivy's query one of all terms.
ALL_TERMS = {"min_doc_frequency": 1, "min_term_frequency": 1, "max_query_terms": 1_000_000}


@dataclasses.dataclass(frozen=True)
class Task:
    """What a process reads from its folder.

    Parameters
    ----------
    system : str
    rows : list of int
        The articles whose lists are asked for.
    k : int
        How many others each list has.
    weights : {"raw", "stop"}
    repeat : int
        How many times all lists are asked for.
    """

    system: str
    rows: list[int]
    k: int
    weights: str
    repeat: int


@dataclasses.dataclass(frozen=True)
class Asked:
    """A system that is asked for one list at a time.

    Parameters
    ----------
    name : str
    find : callable
    queries : list
        What it is called with, one by one.
    """

    name: str
    find: Callable[[Any], Any]
    queries: list[Any]


def single(X: sp.csr_matrix, task: Task, peers: Iterable[str], folder: Path) -> None:
    """Measure relnews and its peers, and print a table.

    Parameters
    ----------
    X : csr_matrix
        The vectors of all articles.
    task : Task
        Its system does not matter.
    peers : iterable of str
        Some of `benchmarks.peers.SIDES`, and ``tantivy``.
    folder : Path
        Processes find here what they need. What `lay_out` wrote, if there is more than vectors, is
        here already.
    """
    systems = [*OURS, *peers]
    sp.save_npz(folder / "vectors.npz", X, compressed=False)
    has_articles = (folder / "articles.jsonl").exists()
    found: dict[str, list[float]] = {}
    for system in systems:
        if system not in ARTICLES or has_articles:
            found |= alone(folder, dataclasses.replace(task, system=system))
    ours = [name for name in OURS if name in found]
    titles = ["one list at a time", "p50, ms", "p99, ms"]
    titles += [f"{name} / it, {share}" for name in ours for share in ("p50", "p99")]
    print(f"\n| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    for name, times in found.items():
        ratios = [a / b for one in ours for a, b in zip(found[one], times, strict=True)]
        print(f"| {name} | {' | '.join(f'{x:.2f}' for x in times + ratios)} |")
    if "tantivy" in systems:
        print("\ntantivy ranks by other scores, so its lists are other lists" if has_articles else
              "\ntantivy needs the archive itself, not only its vectors")  # fmt: skip


def lay_out(articles: Iterable[dict[str, Any]], folder: Path) -> None:
    """Write articles for `single`, under their positions as ids."""
    with (folder / "articles.jsonl").open("w", encoding="utf-8") as lines:
        for position, article in enumerate(articles):
            lines.write(json.dumps({**article, "id": str(position)}) + "\n")


def alone(folder: Path, task: Task) -> dict[str, list[float]]:
    """Run a task in a process of its own; return its p50 and p99 in ms, by name."""
    (folder / "task.json").write_text(json.dumps(dataclasses.asdict(task)), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.single", str(folder)]
    # It inherits the core, so that no library of it begins more threads than one.
    with one_core():
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main() -> None:
    """Run the task of a folder, and print what `alone` returns."""
    folder = Path(sys.argv[1])
    task = Task(**json.loads((folder / "task.json").read_text(encoding="utf-8")))
    systems = {"RelatedNews": related_news, "tantivy": tantivy}.get(task.system, by_vectors)
    print(json.dumps({asked.name: percentiles(asked, task.repeat)
                      for asked in systems(folder, task)}))  # fmt: skip


def percentiles(asked: Asked, repeat: int) -> list[float]:
    """Return the 50th and the 99th percentile of what a list takes, in ms."""
    for query in asked.queries[:WARM_UP]:
        asked.find(query)
    runs: list[list[float]] = []
    start = time.perf_counter()
    while len(runs) < repeat and (not runs or time.perf_counter() - start < PATIENCE):
        runs.append([timed(lambda: asked.find(query)) for query in asked.queries])  # noqa: B023
    return [1000 * float(x) for x in np.percentile(np.median(runs, axis=0), [50, 99])]


def by_vectors(folder: Path, task: Task) -> Iterator[Asked]:
    """Yield the systems that are given rows of the matrix."""
    X = sp.csr_matrix(sp.load_npz(folder / "vectors.npz"))
    # Threads are of no use to one row.
    side = sides(X, [task.system], task.k + 1, n_threads=1)[0]
    yield Asked(side.name, side.find, [X[row] for row in task.rows[: side.most]])


def related_news(folder: Path, task: Task) -> Iterator[Asked]:
    """Yield relnews as a site uses it: with its own weights, and titles and dates in the lists."""
    from relnews import RelatedNews, read_articles

    news = RelatedNews().fit(read_articles(folder / "articles.jsonl"))
    identifiers = [str(row) for row in task.rows]
    yield Asked("RelatedNews", lambda identifier: news.related(identifier, task.k), identifiers)


def tantivy(folder: Path, task: Task) -> Iterator[Asked]:
    """Yield tantivy with its default number of terms, and with all.

    What takes time without being of use here is left out: the number of articles that match at all,
    positions of words, and the article of each hit.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
    from tantivy import Query

    index, schema = tantivy_index(folder / "articles.jsonl")
    searcher = index.searcher()
    note = "" if searcher.num_segments == 1 else f", {searcher.num_segments} segments"
    addresses = [
        searcher.search(Query.term_query(schema, "row", row), 1).hits[0][1] for row in task.rows
    ]
    stop_words = sorted(ENGLISH_STOP_WORDS) if task.weights == "stop" else []
    for terms, parameters in (("25 terms", {}), ("all terms", ALL_TERMS)):

        def find(address: Any, parameters: dict[str, int] = parameters) -> Any:
            query = Query.more_like_this_query(address, stop_words=stop_words, **parameters)
            # An article is usually its own best hit.
            return searcher.search(query, task.k + 1, count=False).hits

        yield Asked(f"tantivy, {terms} (other scores){note}", find, addresses)


def tantivy_index(articles: Path) -> tuple[Any, Any]:
    """Return tantivy's index of the articles, in memory, and its schema."""
    from tantivy import Document, Index, SchemaBuilder

    builder = SchemaBuilder()
    # "More like this" reads the article's terms from its stored text.
    builder.add_text_field("text", stored=True, index_option="freq")
    builder.add_unsigned_field("row", indexed=True)
    schema = builder.build()
    index = Index(schema)
    # One thread makes one segment.
    writer = index.writer(heap_size=HEAP, num_threads=1)
    with articles.open(encoding="utf-8") as lines:
        for row, line in enumerate(lines):
            article = json.loads(line)
            text = f"{article['title']}\n{article['text']}"
            writer.add_document(Document.from_dict({"text": text, "row": row}, schema))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index, schema


if __name__ == "__main__":
    main()
