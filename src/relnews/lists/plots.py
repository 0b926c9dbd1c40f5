"""Plots: an explanation as bars, and the neighbourhood of articles as a map, by Matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relnews._checks import check_integer
from relnews.archive.snapshot import Snapshot
from relnews.lists.builder import ListBuilder
from relnews.lists.similarities import similarities
from relnews.options.list_options import ListSpec
from relnews.results import RelatedItem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relnews.lists.explanation import Explanation

#: Shared terms that a plot shows, and characters of a title.
_N_TERMS, _N_CHARACTERS = 12, 32


def plot_explanation(explanation: Explanation, ax: Axes | None) -> Axes:
    """Draw the parts of the shared terms as bars, the largest on top; return the axes.

    Parameters
    ----------
    explanation : Explanation
        The explanation.
    ax : Axes or None
        Where to draw; None makes a new figure.
    """
    terms = explanation.terms[:_N_TERMS]
    bars = [(term.term, term.part) for term in terms]
    if explanation.vector_part:
        bars.append(("(vectors)", explanation.vector_part))
    ax = _axes(ax)
    ax.barh(range(len(bars)), [part for _, part in bars])
    ax.set_yticks(range(len(bars)), [name for name, _ in bars], parse_math=False)
    ax.invert_yaxis()
    ax.set_xlabel("part of the similarity")
    hidden = len(explanation.terms) - len(terms)
    more = f", {hidden:,} more terms" if hidden else ""
    ax.set_title(f"similarity {explanation.similarity:.3f}{more}", loc="left")
    return ax


def map_of(
    snapshot: Snapshot, ids: Sequence[str], k: int
) -> tuple[list[RelatedItem], NDArray[np.float64], int]:
    """Return articles with the items of their lists, and a place in the plane for each.

    Near places are similar articles: distances follow 1 - similarity as well as two
    dimensions can show them (classical multidimensional scaling).

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    ids : sequence of str
        Ids of articles, each once; they come first.
    k : int
        Maximum number of items of a list.

    Returns
    -------
    items : list of RelatedItem
    places : float64 array of shape (n, 2)
    n_named : int
        Number of ids.
    """
    check_integer("k", k, minimum=1)
    if not ids:
        msg = "`ids` is empty; give the ids of one or more articles."
        raise ValueError(msg)
    own = snapshot.keys_of(ids)
    lists = ListBuilder(snapshot, ListSpec.of({})).articles(own, k)
    others = [item.id for related in lists for item in related]
    keys = [*dict.fromkeys([*own, *snapshot.keys_of([*dict.fromkeys(others)])])]
    (similarity,) = similarities(snapshot.view, np.array([keys]))
    return snapshot.items(keys), places_of(1 - similarity / 1e6), len(own)


def places_of(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points in the plane whose distances are near the given ones.

    Parameters
    ----------
    distance : float64 array of shape (n, n)
        Symmetric distances.

    Returns
    -------
    float64 array of shape (n, 2)
        The same distances have the same points: the first point is not left of, nor below, 0.
    """
    distance = distance.copy()
    np.fill_diagonal(distance, 0)
    square = distance**2
    centred = square - square.mean(axis=0) - square.mean(axis=1)[:, None] + square.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    places = np.zeros((len(distance), 2))
    top = vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0))
    places[:, : top.shape[1]] = top
    places *= np.where(places[:1] < 0, -1, 1)
    return places


def plot_map(
    items: Sequence[RelatedItem], places: NDArray[np.float64], n_named: int, ax: Axes | None
) -> Axes:
    """Draw articles at their places, coloured by their dates; return the axes.

    Parameters
    ----------
    items : sequence of RelatedItem
        The articles; those without a date are grey.
    places : float64 array of shape (n, 2)
        Their places.
    n_named : int
        Number of first articles that are larger.
    ax : Axes or None
        Where to draw; None makes a new figure.
    """
    ax = _axes(ax)
    from matplotlib.dates import AutoDateFormatter, AutoDateLocator, date2num

    sizes = np.where(np.arange(len(items)) < n_named, 120, 40)
    dated = np.array([item.published is not None for item in items])
    x, y = places.T
    ax.scatter(x[~dated], y[~dated], sizes[~dated], color="0.6")
    if dated.any():
        days = [date2num(item.published) for item in items if item.published is not None]
        dots = ax.scatter(x[dated], y[dated], sizes[dated], days)
        locator = AutoDateLocator()
        ax.figure.colorbar(dots, ax=ax, ticks=locator, format=AutoDateFormatter(locator))
    centre = (x.min() + x.max()) / 2
    for item, place in zip(items, places, strict=True):
        title = item.title or item.id
        shown = title if len(title) <= _N_CHARACTERS else f"{title[: _N_CHARACTERS - 1]}…"
        side = 1 if place[0] <= centre else -1  # titles point to the middle
        label = ax.annotate(
            shown, place, xytext=(6 * side, 6), textcoords="offset points", fontsize="small",
            ha="left" if side > 0 else "right", parse_math=False,
        )  # fmt: skip
        label.set_in_layout(False)
    ax.margins(0.12)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_axis_off()
    # Above the title of an article that lies on the upper edge.
    ax.set_title("near is similar, colour is the date", loc="left", pad=20)
    return ax


def _axes(ax: Axes | None) -> Axes:
    """Return axes to draw on."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        msg = "plots need Matplotlib: pip install 'relnews[plot]'."
        raise ImportError(msg) from error
    _, made = plt.subplots(layout="constrained")
    return made
