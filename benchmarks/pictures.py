"""Records as pictures for light and dark pages; `benchmarks.report` adds them to the page."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Record = dict[str, Any]

#: Fields that select the records of a picture.
Choice = Callable[[Sequence[Record]], list[Record]]

#: Colours of each theme: text, grid, relnews.
THEMES = {
    "light": {"text": "#1f2328", "grid": "#d8dee4", "ours": "#b3261e"},
    "dark": {"text": "#e6edf3", "grid": "#3d444d", "ours": "#ff7b72"},
}

#: Colours of peers, legible on light and dark; markers and dashes tell equal colours apart.
COLOURS = ("#3b82c4", "#c98500", "#2e9e6b", "#a06cd5", "#7d8590", "#c45b9f", "#4aa3b5")
MARKERS, LINES = "osD^", ("-", ":", "-.", "--")


def drawn(records: Sequence[Record], folder: Path) -> Iterator[tuple[str, str, str]]:
    """Draw all pictures for which there are records.

    Parameters
    ----------
    records : sequence of dict
        Records that ``python -m benchmarks --json`` wrote.
    folder : Path
        Folder to write to.

    Yields
    ------
    name, title, text : str
        ``NAME-light.svg`` and ``NAME-dark.svg`` were written; title and alternative text of the
        picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, (title, text, chosen, draw) in PICTURES.items():
        for weights in dict.fromkeys(row["weights"] for row in records if "weights" in row):
            rows = [row for row in chosen(records) if row["weights"] == weights]
            if not rows:
                continue
            file = f"{name}-{weights}"
            for theme in THEMES:
                (folder / f"{file}-{theme}.svg").write_bytes(_svg(draw, rows, theme))
            source, size = rows[0]["source"], max(row["size"] for row in rows)
            about = f"{source}, vectors “{weights}”"
            if name != "speed":
                about += f", {size:,} articles"
            yield file, f"{title}: {about}", text


def _svg(
    draw: Callable[[Any, Sequence[Record], str], None], rows: Sequence[Record], theme: str
) -> bytes:
    from matplotlib import style
    from matplotlib.figure import Figure

    colours = THEMES[theme]
    text = dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"),
        colours["text"],
    )
    # Keep text as text in the SVG, and make equal pictures equal bytes.
    reproducible = {"svg.fonttype": "none", "svg.hashsalt": "relnews", "font.size": 10}
    with style.context(["default", {**text, **reproducible}], after_reset=True):
        figure: Figure = Figure((8, 4.6), layout="constrained")
        axes = figure.subplots()
        draw(axes, rows, theme)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color=colours["grid"], linewidth=0.6)
        axes.set_axisbelow(True)
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return file.getvalue()


def _speed(axes: Axes, rows: Sequence[Record], theme: str) -> None:
    """Draw lists per second against the number of articles."""
    ends = []
    for name, look, shown in _systems(rows, theme):
        shown = sorted(shown, key=lambda row: row["size"])
        x = [row["size"] for row in shown]
        y = [1 / row["seconds"]["median"] for row in shown]
        axes.plot(x, y, **look)
        ends.append((x[-1], y[-1], name, look["color"]))
    axes.set(xscale="log", yscale="log", xlabel="articles", ylabel="lists a second")
    _label(axes, ends)


def _latency(axes: Axes, rows: Sequence[Record], theme: str) -> None:
    """Draw the share of lists that take at most a given time."""
    for name, look, shown in _systems(rows, theme):
        ms = [1000 * seconds for seconds in shown[0]["seconds_of_lists"]]
        axes.plot(ms, range(101), label=name, **{**look, "marker": ""})
    axes.set(
        xscale="log", xlabel="milliseconds for one list", ylabel="% of lists that take no longer"
    )
    axes.figure.legend(loc="outside right upper", frameon=False)  # type: ignore[union-attr]


def _recall(axes: Axes, rows: Sequence[Record], theme: str) -> None:
    """Draw lists per second against the share of the exact lists that is found."""
    ends = []
    for name, look, shown in _systems(rows, theme):
        shown = sorted(shown, key=lambda row: row["share"])
        x = [row["share"] for row in shown]
        y = [1 / row["seconds"]["median"] for row in shown]
        axes.plot(x, y, **look)
        ends.append((x[-1], y[-1], name, look["color"]))
    axes.set(yscale="log", xlabel="share of the exact lists' items that are found",
             ylabel="lists a second")  # fmt: skip
    axes.set_xlim(right=1.01)
    _label(axes, ends)


def _memory(axes: Axes, rows: Sequence[Record], theme: str) -> None:
    """Draw the memory of a process with an index."""
    rows = sorted(rows, key=lambda row: -row["private_mb"])
    names = [row["system"] for row in rows]
    colours = [THEMES[theme]["ours"] if row["ours"] else COLOURS[0] for row in rows]
    axes.barh(names, [row["peak_mb"] for row in rows], color=THEMES[theme]["grid"], height=0.8)
    axes.barh(names, [row["private_mb"] for row in rows], color=colours, height=0.5)
    axes.set_xlabel("MB: its own after building, and (behind) the most there ever was")


def _systems(
    rows: Sequence[Record], theme: str
) -> Iterator[tuple[str, dict[str, Any], list[Record]]]:
    """Yield each system and its style, the same in every picture; relnews comes last."""
    ordered = sorted(rows, key=lambda row: (row["ours"], row["system"]))
    peers = itertools.count()
    for name, group in itertools.groupby(ordered, key=lambda row: row["system"]):
        found = list(group)
        look: dict[str, Any] = {"color": THEMES[theme]["ours"], "linewidth": 2.4, "marker": "o"}
        if not found[0]["ours"]:
            i = next(peers)
            look = {"color": COLOURS[i % len(COLOURS)], "linewidth": 1.2,
                    "marker": MARKERS[i // len(COLOURS) % 4],
                    "linestyle": LINES[i // len(COLOURS) % 4]}  # fmt: skip
        elif name != "RelatedNews":
            look["linestyle"] = "--"
        yield name, {**look, "markersize": 4}, found


def _label(axes: Axes, ends: Iterable[tuple[float, float, str, str]]) -> None:
    """Write names at the right, at the end of each line, or lower where they would overlap."""
    transform, back = axes.transData, axes.transAxes.inverted()
    places = [
        (back.transform(transform.transform((x, y)))[1], name, colour)
        for x, y, name, colour in ends
    ]
    last = 1.1
    for height, name, colour in sorted(places, reverse=True):
        last = min(height, last - 0.05)
        axes.annotate(name, (1.01, last), xycoords="axes fraction", color=colour, va="center",
                      annotation_clip=False)  # fmt: skip


def _first_search(records: Iterable[Record], job: str) -> list[Record]:
    """Return the records of a job, each system with its documented way to search."""
    found: dict[tuple[Any, ...], Record] = {}
    for row in records:
        if row["job"] == job:
            key = (row["system"], row["size"], row["weights"])
            found.setdefault(key, row)
            # Of several ways to the same lists the fastest is reported.
            if (
                row["kind"] == "exact"
                and row["seconds"]["median"] < found[key]["seconds"]["median"]
            ):
                found[key] = row
    return list(found.values())


def _largest(rows: Iterable[Record]) -> list[Record]:
    rows = list(rows)
    most = max((row["size"] for row in rows), default=0)
    return [row for row in rows if row["size"] == most]


#: Name to title, alternative text, filter of records, and drawing function.
PICTURES: dict[str, tuple[str, str, Choice, Callable[..., None]]] = {
    "speed": (
        "All lists: speed against size",
        "Higher is faster. Both scales are logarithmic.",
        lambda records: _first_search(records, "lists"),
        _speed,
    ),
    "latency": (
        "One list: distribution of times",
        "Further left is faster; where a line reaches 99 % is its p99.",
        lambda records: _largest(_first_search(records, "single")),
        _latency,
    ),
    "recall": (
        "All lists: recall against speed",
        "Higher and further right is better. The exact ones are at 1. Systems with scores of their"
        " own make other lists, and are not wrong for it.",
        lambda records: _largest(row for row in records if row["job"] == "lists"),
        _recall,
    ),
    "memory": (
        "Memory of a process that has built its index",
        "Each process has an interpreter and libraries in it.",
        lambda records: _largest(
            row for row in records
            if row["job"] == "memory" and row["of"] == "memory" and row["private_mb"] is not None
        ),
        _memory,
    ),
}  # fmt: skip
