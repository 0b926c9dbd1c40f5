"""Scores, comparisons and counts as aligned columns for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from relnews.export.text import printable

if TYPE_CHECKING:
    from relnews.evaluation.scores import Comparison, Scores


def score_table(scores: Sequence[Scores]) -> str:
    """Return a table of runs: means and their intervals.

    Parameters
    ----------
    scores : sequence of Scores
        Scores of the same measures.
    """
    rows = [["run", *scores[0].values]] if scores else []
    for scored in scores:
        intervals = scored.intervals()
        cells = [f"{mean:.3f}{_interval(*intervals[m])}" for m, mean in scored.means().items()]
        rows.append([printable(scored.name), *cells])
    return _aligned(rows)


def comparison_table(comparisons: Sequence[Comparison]) -> str:
    """Return a table of measures: difference, interval, p-value, and queries by who is better.

    Parameters
    ----------
    comparisons : sequence of Comparison
        As `relnews.evaluation.compare` returns them.
    """
    rows = [["measure", "difference", "p", "better", "equal", "worse"]]
    for row in comparisons:
        difference = f"{row.difference:+.3f}{_interval(row.low, row.high, '+')}"
        counts = (f"{n:,}" for n in (row.better, row.equal, row.worse))
        rows.append([row.measure, difference, f"{row.p_value:.4f}", *counts])
    return _aligned(rows)


def lines_of(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a line for each name and its value."""
    pairs = [(f"{name}:", value) for name, value in pairs]
    width = max(len(name) for name, _ in pairs)
    return "\n".join(f"{name:<{width}} {value}" for name, value in pairs)


def _interval(low: float, high: float, sign: str = "-") -> str:
    return "" if math.isnan(low) else f" [{low:{sign}.3f}, {high:{sign}.3f}]"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
