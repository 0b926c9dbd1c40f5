"""Modes: what several kinds of lists are asked for, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from relnews._checks import listed, shortened
from relnews.options.recency import Recency
from relnews.options.selection import STORY, Selection

#: Under this recency a score is the similarity.
UNFADED = Recency(floor=1)

#: What fills a list that similarity leaves short, by name.
FALLBACKS = ("section", "latest")


def check_fallback(value: object, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return what fills a short list, or raise ValueError."""
    names = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else None
    if names is None or any(name not in known for name in names):
        msg = f"`fallback` must be several of {listed(known)}, got {shortened(value)}."
        raise ValueError(msg)
    return names


@dataclasses.dataclass(frozen=True, slots=True)
class Mode:
    """What a list is asked for. Whatever a caller says besides goes before it.

    Parameters
    ----------
    recency : Recency or None
        None is the archive's own; see `RelatedNews`.
    only : 'earlier', 'later' or None
    within : float or None
        Days, as in `Conditions`.
    selection : Selection or None
    newest_first : bool, default=False
        The list is of the newest articles with the least score of the selection, or with any score,
        and not of those with the best.
    fallback : tuple of str, default=()
        What fills a list that is short otherwise, one after the other: ``section``, the newest
        articles of the section; ``latest``, the newest of all.
    reason : str, default="similar"
        What the items have as their `RelatedItem.reason`.
    """

    recency: Recency | None = None
    only: Literal["earlier", "later"] | None = None
    within: float | None = None
    selection: Selection | None = None
    newest_first: bool = False
    fallback: tuple[str, ...] = ()
    reason: str = "similar"

    def __post_init__(self) -> None:
        object.__setattr__(self, "fallback", check_fallback(self.fallback, FALLBACKS))


#: The modes that have a name: a mapping of name to `Mode`.
MODES: Mapping[str, Mode] = MappingProxyType({
    # Similarity, and nothing else.
    "similar": Mode(recency=UNFADED),
    # What is similar, once, and rather of the same time.
    "news": Mode(selection=Selection()),
    # How it came to this: earlier articles that differ from each other.
    "background": Mode(only="earlier", selection=Selection(diversity=0.3)),
    # What became of it.
    "follow_up": Mode(only="later", selection=Selection()),
    # All that was written of it at the time, every version. What is of a story is no matter of
    # dates: the least score is one of the similarity.
    "same_story": Mode(
        recency=UNFADED, within=14, selection=Selection(duplicates=None, min_score=STORY),
        reason="same story",
    ),
    # The newest of the story, whenever that is.
    "latest": Mode(
        recency=UNFADED,
        selection=Selection(min_score=STORY),
        newest_first=True,
        reason="same story",
    ),
    # What else there is; never short of it.
    "also": Mode(selection=Selection(diversity=0.3), fallback=FALLBACKS),
})  # fmt: skip

#: The mode of a list for which none is said.
DEFAULT = "news"

#: The mode that stored lists are of: those of another are ranked.
STORED = "news"
