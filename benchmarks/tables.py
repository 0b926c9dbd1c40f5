"""Records as Markdown tables: ratios first, then the times themselves."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]

#: Heading of each job's table.
TITLES = {
    "vectorise": "Vectorise: texts to vectors, or to an index",
    "lists": "All lists: many at a time",
    "single": "One list at a time",
    "cold": "Open cold: a new process, imports included, opens its index and finds one list",
    "update": "Update: one article is added, then its list is found",
    "memory": "Memory and preparation",
    "planted": "Planted duplicates and stories",
    "relevance": "Relevance: lists and scores held against judgements",
    "bootstrap": "relnews ahead of each, and 95 % interval of a paired bootstrap",
    "left out": "Left out",
}

#: Columns for the work before anything is timed.
STEPS = ("import", "compile", "build", "warm-up")

#: Column titles of the tables.
ORDER = list(TITLES)

#: Column titles of the ratios.
RELATIVE = "time relative to RelatedNews (higher is slower)"
SAME_VECTORS = "relative to CosineNeighbors, same vectors"
SAME_TEXTS = "relative to TfidfVectorizer"

#: Words in tables for the kinds of `Peer.searches`.
KINDS = {"exact": "exact", "near": "recall", "other": "overlap"}


def put_between(path: Path, name: str, text: str) -> None:
    """Replace the text between the two marks of a page."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = path.read_text(encoding="utf-8")
    if page.count(begin) != 1 or page.count(end) != 1:
        raise SystemExit(f"{path} needs the lines {begin} and {end} once each")
    before, rest = page.split(begin)
    after = rest.split(end)[1]
    path.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def heading(machine: dict[str, Any]) -> str:
    """Return a description of the machine and versions."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    changed = " with changes" if machine["changed"] else ""
    commands = "\n".join(
        f'$ pip install -e ".[bench]" && {command}' for command in machine["command"].splitlines()
    )
    load = "" if machine["load"] is None else f"; load when it began {machine['load']:.1f}"
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB;"
        f" {machine['threads']} thread(s) for every system, pinned{load}."
        f" Python {machine['python']}, {versions}. Commit {machine['commit']}{changed}.\n\n"
        f"```console\n{commands}\n```\n"
    )


def of_records(records: Iterable[Record]) -> str:
    """Return the tables of the records."""
    found = []
    for (_, job, *_), group in itertools.groupby(sorted(records, key=_key), key=_key):
        rows = list(group)
        found.append(f"\n**{TITLES[job]}**{_about(rows[0])}\n\n{TABLES[job](rows)}")
    return "\n".join(found)


def of_left_out(rows: Sequence[Record]) -> str:
    """Return the table of what was not measured, with reasons."""
    lines = [[_name(row), row["of"], row["reason"]] for row in rows]
    return table(["system", "job", "reason"], lines) if lines else ""


def _key(record: Record) -> tuple[Any, ...]:
    job = record["job"]
    return ORDER.index(job), job, record.get("size", 0), record.get("weights", "")


def _about(record: Record) -> str:
    if "source" not in record:
        return ""
    vectors = f", vectors “{record['weights']}”" if record["job"] in ("lists", "single") else ""
    return f", {record['source']}: {record['size']:,} articles{vectors}"


def _name(record: Record) -> str:
    return ", ".join(filter(None, [record["system"], record.get("search")]))


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _ratio(record: Record) -> str:
    return (
        f"**{_short(record['ratio']['median'])}** {_of_rounds(record)}"
        if "ratio" in record
        else "1"
    )


def _of_rounds(record: Record) -> str:
    return f"{_ends(record['ratio'])[:-1]}, n={record['ratio']['n']})"


def _same(record: Record, baseline: str) -> str:
    if "ratio_same" in record:
        return _short(record["ratio_same"]["median"])
    return "1" if record["system"] == baseline else ""


def _short(number: float) -> str:
    return f"{number:.2f}" if number < 10 else f"{number:,.0f}"


def _share(record: Record) -> str:
    kind = KINDS[record["kind"]]
    return kind if record["kind"] == "exact" else f"{kind} {record['share']:.2f}"


def _ranked(
    titles: Sequence[str], rows: Sequence[Record], line: Callable[[Record], list[str]]
) -> str:
    """Return a table with `RelatedNews` first, then the others by their ratio to it.

    Parameters
    ----------
    titles : sequence of str
        Titles of the columns after the system and its ratio.
    rows : sequence of dict
        Records of one job and size.
    line : callable
        Returns the cells of these columns for a record.
    """
    ordered = sorted(rows, key=lambda row: row["ratio"]["median"] if "ratio" in row else 0.0)
    faster = [f"{_name(row)} ({_short(row['ratio']['median'])})" for row in ordered
              if "ratio" in row and row["ratio"]["median"] < 1]  # fmt: skip
    return (
        table(
            ["system", RELATIVE, *titles],
            ([_name(row), _ratio(row), *line(row)] for row in ordered),
        )
        + f"\nFaster than RelatedNews: {', '.join(faster) or 'no system'}.\n"
    )


def _vectorise(rows: Sequence[Record]) -> str:
    return _ranked(
        [SAME_TEXTS, "vectors", "articles/s", "seconds"], rows,
        lambda row: [_same(row, "TfidfVectorizer"), row["kind"],
                     _per_second(row, row["articles"]), _spread(row["seconds"], 1)],
    )  # fmt: skip


def _lists(rows: Sequence[Record]) -> str:
    return _ranked(
        [SAME_VECTORS, "lists", "lists/s", "ms a list"], rows,
        lambda row: [_same(row, "CosineNeighbors"), _share(row), _per_second(row),
                     _spread(row["seconds"], 1000)],
    )  # fmt: skip


def _single(rows: Sequence[Record]) -> str:
    return _ranked(
        [SAME_VECTORS, "99 % relative to RelatedNews", "lists", "median, ms", "99 %, ms",
         "queries"], rows,
        lambda row: [_same(row, "CosineNeighbors"),
                     _short(row["ratio_p99"]) if "ratio" in row else "1", _share(row),
                     _spread(row["seconds"], 1000), _spread(row["p99"], 1000),
                     str(row["queries"])],
    )  # fmt: skip


def _cold(rows: Sequence[Record]) -> str:
    return _ranked(
        ["ms", "peak MB", "private MB"], rows,
        lambda row: [_spread(row["seconds"], 1000), _middle(row.get("peak_mb")),
                     _middle(row.get("private_mb"))],
    )  # fmt: skip


def _update(rows: Sequence[Record]) -> str:
    return _ranked(
        ["time to add only, relative to RelatedNews", "ms", "time to add only, ms"], rows,
        lambda row: [_short(row["ratio_add"]["median"]) if "ratio" in row else "1",
                     _spread(row["seconds"], 1000), _spread(row["add_s"], 1000)],
    )  # fmt: skip


def _memory(rows: Sequence[Record]) -> str:
    return table(
        ["system", "job", *(f"{step}, s" for step in STEPS), "peak MB", "private MB"],
        (
            [_name(row), "vectorise" if row["of"] == "vectorise" else "lists",
             *(_number(row.get(f"{step.replace('-', '_')}_s"), "{:.2f}") for step in STEPS),
             *(_number(row.get(name), "{:,.0f}") for name in ("peak_mb", "private_mb"))]
            for row in rows
        ),
    )  # fmt: skip


def _planted(rows: Sequence[Record]) -> str:
    return table(["what", "found"], ([row["what"], f"{row['share']:.3f}"] for row in rows))


def _relevance(rows: Sequence[Record]) -> str:
    return _by_measure(rows, "means", lambda mean: f"{mean:.3f}".replace("0.", ".", 1))


def _bootstrap(rows: Sequence[Record]) -> str:
    def cell(found: Record) -> str:
        text = f"{found['difference']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"
        return f"**{text}**" if found["low"] > 0 or found["high"] < 0 else text

    return _by_measure(rows, "differences", cell)


def _by_measure(rows: Sequence[Record], of: str, cell: Callable[[Any], str]) -> str:
    """Return a table with a line for each measure and a column for each system."""
    return table(
        ["measure", *(row["system"] for row in rows)],
        ([measure, *(cell(row[of][measure]) for row in rows)] for measure in rows[0][of]),
    )


def _spread(found: Record, factor: float) -> str:
    return f"{_short(found['median'] * factor)} {_ends(found, factor)}"


def _ends(found: Record, factor: float = 1) -> str:
    return f"({_short(found['min'] * factor)} to {_short(found['max'] * factor)})"


def _per_second(row: Record, times: int = 1) -> str:
    return f"{times / row['seconds']['median']:,.0f}"


def _middle(found: Record | None) -> str:
    return "" if found is None else f"{found['median']:,.0f}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


#: Maps a job to the function that makes its table.
TABLES: dict[str, Callable[[Sequence[Record]], str]] = {
    "vectorise": _vectorise,
    "lists": _lists,
    "single": _single,
    "cold": _cold,
    "update": _update,
    "memory": _memory,
    "planted": _planted,
    "relevance": _relevance,
    "bootstrap": _bootstrap,
    "left out": of_left_out,
}
