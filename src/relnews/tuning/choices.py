"""Choices: the settings that tuning tries."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

from relnews.options.recency import Recency
from relnews.search.weights import Weighting

#: Values of each parameter.
TITLE_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 3.0)
TITLE_OVERLAPS = (0.0, 0.05, 0.1, 0.2, 0.3)
VECTOR_WEIGHTS = (0.0, 0.1, 0.3)
HALF_LIVES = (30.0, 90.0, 180.0, 365.0, 1095.0)
FLOORS = (0.25, 0.5, 0.75)


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """How titles, vectors and dates count.

    Parameters
    ----------
    title_weight, title_overlap : float
        As for `RelatedNews`.
    recency : Recency or None
        As for `RelatedNews`.
    vector_weight : float or None, default=None
        As for `RelatedNews`; None if the archive has no vectors.
    """

    title_weight: float
    title_overlap: float
    recency: Recency | None
    vector_weight: float | None = None

    def __str__(self) -> str:
        recency = "none"
        if self.recency is not None:
            recency = f"half-life {self.recency.half_life:g} days, floor {self.recency.floor:g}"
            if self.recency.offset:
                recency += f", offset {self.recency.offset:g} days"
        weights = f"title_weight {self.title_weight:g}, title_overlap {self.title_overlap:g}, "
        if self.vector_weight is not None:
            weights += f"vector_weight {self.vector_weight:g}, "
        return f"{weights}recency {recency}"

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as plain JSON values."""
        recency = None if self.recency is None else dataclasses.asdict(self.recency)
        return {**self.parameters(), "recency": recency}

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of `RelatedNews` by name, without those that do not apply."""
        names = [field.name for field in dataclasses.fields(self)]
        if self.vector_weight is None:
            names.remove("vector_weight")
        return {name: getattr(self, name) for name in names}

    def weighting(self, weighting: Weighting) -> Weighting:
        """Return the weighting of an archive with these parameters in it."""
        weights = self.parameters()
        del weights["recency"]
        return dataclasses.replace(weighting, **weights)


def choices(current: Choice) -> list[Choice]:
    """Return the settings to try: the present ones first, then all combinations.

    Parameters
    ----------
    current : Choice
        The settings of the archive. Their values are combined with the others, too.
    """
    recencies: list[Recency | None] = [
        current.recency,
        None,
        *(Recency(*both) for both in itertools.product(HALF_LIVES, FLOORS)),
    ]
    combined = itertools.product(
        (current.title_weight, *TITLE_WEIGHTS),
        (current.title_overlap, *TITLE_OVERLAPS),
        recencies,
        (None,) if current.vector_weight is None else (current.vector_weight, *VECTOR_WEIGHTS),
    )
    return [*dict.fromkeys([current, *(Choice(*values) for values in combined)])]
