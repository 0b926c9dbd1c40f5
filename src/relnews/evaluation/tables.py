"""Scores, comparisons and counts as aligned columns for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from relnews.export.text import printable

if TYPE_CHECKING:
    from relnews.evaluation.scores import Comparison, Scores


def score_table(scores: Sequence[Scores]) -> str:
    """Return a line for each run: its means, and the intervals of them.

    Parameters
    ----------
    scores : sequence of Scores
        Of the same measures.
    """
    rows = [["run", *scores[0].values]] if scores else []
    for one in scores:
        intervals = one.intervals()
        cells = [f"{mean:.3f}{_interval(*intervals[m])}" for m, mean in one.means().items()]
        rows.append([printable(one.name), *cells])
    return _aligned(rows)


def comparison_table(comparisons: Sequence[Comparison]) -> str:
    """Return a line for each measure: the difference, its interval, p-value and queries.

    Parameters
    ----------
    comparisons : sequence of Comparison
    """
    rows = [["measure", "difference", "p", "better", "equal", "worse"]]
    for one in comparisons:
        difference = f"{one.difference:+.3f}{_interval(one.low, one.high, '+')}"
        counts = (f"{n:,}" for n in (one.better, one.equal, one.worse))
        rows.append([one.measure, difference, f"{one.p_value:.4f}", *counts])
    return _aligned(rows)


def lines_of(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and what there is to say of them, a line each."""
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
