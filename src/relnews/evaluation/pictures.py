"""Scores and health as a picture, drawn by Matplotlib without any display."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from relnews._checks import counted
from relnews.evaluation import _errors
from relnews.evaluation.checkup import Health
from relnews.tuning.tuning import Tuning

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from relnews.evaluation.scores import Scores

#: File name endings of pictures.
FORMATS = (".png", ".svg", ".pdf")


def picture(subject: Sequence[Scores] | Health | Tuning, path: str | os.PathLike[str]) -> None:
    """Draw scores, the health of an archive, or what tuning found.

    Scores become a bar for each measure of each run, with the interval of the mean. Health becomes
    the number of lists by length, and of articles by the number of lists that contain them. Tuning
    becomes the highest mean nDCG with each value of each parameter.

    Parameters
    ----------
    subject : sequence of Scores, Health or Tuning
        Scores of the same queries and measures.
    path : path-like
        File to write; ``.png``, ``.svg`` or ``.pdf``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    """
    if isinstance(subject, Health):
        _draw_health(subject, path)
    elif isinstance(subject, Tuning):
        _draw_tuning(subject, path)
    else:
        _draw_scores(subject, path)


def _draw_scores(scores: Sequence[Scores], path: str | os.PathLike[str]) -> None:
    """Draw a bar for each measure of each run."""
    with _figure(path, (7.2, 3.6)) as figure:
        axes = figure.subplots()
        measures = list(scores[0].values)
        width = 0.8 / len(scores)
        for i, scored in enumerate(scores):
            means = np.array([scored.means()[measure] for measure in measures])
            ends = np.array([scored.intervals()[measure] for measure in measures]).T
            left = np.arange(len(measures)) + (i - (len(scores) - 1) / 2) * width
            axes.bar(left, means, width * 0.94, label=_literal(scored.name))
            # A single query has no interval.
            reach = np.nan_to_num([means - ends[0], ends[1] - means]).clip(0)
            axes.errorbar(left, means, reach, fmt="none", ecolor="#333333", capsize=2)
        axes.set_xticks(range(len(measures)), measures)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("mean, with its 95 % interval")
        axes.set_title(counted(len(scores[0].queries), "query"), loc="left")
        figure.legend(loc="outside right upper", frameon=False)
        _plain(axes)


def _draw_health(health: Health, path: str | os.PathLike[str]) -> None:
    """Draw the lengths of the lists, and the numbers of lists that contain each article."""
    with _figure(path, (7.2, 3.2)) as figure:
        lengths, in_links = figure.subplots(1, 2)
        counts = np.bincount(health.lengths, minlength=1)
        lengths.bar(range(len(counts)), counts)
        lengths.set_xlabel("items in the list")
        lengths.set_ylabel("articles")
        lengths.set_title(f"full lists: {health.full:,} of {health.articles:,}", loc="left")
        most = int(health.in_links.max(initial=0))
        step = 1 + most // 40
        in_links.hist(health.in_links, bins=np.arange(-0.5, most + 1 + step, step))
        in_links.set_yscale("symlog", linthresh=1)
        in_links.set_xlabel("lists that the article is in")
        in_links.set_ylabel("articles, on a logarithmic scale")
        in_links.set_title(
            f"{counted(health.orphans, 'orphan')}, Gini {health.gini:.2f}", loc="left"
        )
        for axes in (lengths, in_links):
            axes.xaxis.get_major_locator().set_params(integer=True)
            _plain(axes)


def _draw_tuning(tuning: Tuning, path: str | os.PathLike[str]) -> None:
    """Draw the highest mean nDCG with each value of each parameter."""
    with _figure(path, (7.2, 3.2)) as figure:
        row = figure.subplots(1, len(tuning.best), sharey=True)
        for axes, (name, best) in zip(row, tuning.best.items(), strict=True):
            values = sorted(best, key=lambda value: float(value.replace("none", "inf")))
            axes.plot(range(len(values)), [best[value] for value in values], marker="o")
            axes.axhline(tuning.now, color="#888888", linestyle="--")
            axes.set_xticks(range(len(values)), values)
            axes.set_xlabel(name)
            _plain(axes)
        row[0].set_ylabel(f"nDCG@{tuning.k}; dashed: now")
        row[0].set_title(counted(tuning.queries, "list"), loc="left")


def check_picture(path: str | os.PathLike[str]) -> None:
    """Raise if a picture cannot be written: unknown format, no such folder, or no Matplotlib.

    Parameters
    ----------
    path : path-like
        File that is going to be written.
    """
    _errors.check_picture(Path(path), FORMATS)
    try:
        import matplotlib as mpl  # noqa: F401
    except ModuleNotFoundError:
        raise _errors.no_matplotlib() from None


@contextlib.contextmanager
def _figure(path: str | os.PathLike[str], inches: tuple[float, float]) -> Iterator[Figure]:
    """Yield a figure, and write it to a file; Matplotlib's default style replaces the user's."""
    check_picture(path)
    from matplotlib import style
    from matplotlib.figure import Figure

    # Text stays text in an SVG, and the same picture is the same bytes.
    reproducible = {"svg.fonttype": "none", "svg.hashsalt": "relnews"}
    with style.context(["default", reproducible], after_reset=True):
        figure = Figure(inches, dpi=160, layout="constrained")
        yield figure
        file = io.BytesIO()
        form = Path(path).suffix.lower().removeprefix(".")
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form)
        figure.savefig(file, format=form, metadata=metadata)
    Path(path).write_bytes(file.getvalue())


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)


def _literal(name: str) -> str:
    """Escape a name that Matplotlib would read as mathematics or leave out of a legend."""
    return "\u200b" * name.startswith("_") + name.replace("$", r"\$")
