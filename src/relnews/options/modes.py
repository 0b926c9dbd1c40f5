"""Modes: named sets of options for several kinds of lists."""

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

#: Ways to fill a list that the ranking leaves short.
FALLBACKS = ("section", "newest")


def check_fallback(value: object, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ways to fill a short list, or raise ValueError."""
    names = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else None
    if names is None or any(name not in known for name in names):
        msg = f"`fallback` must be several of {listed(known)}, got {shortened(value)}."
        raise ValueError(msg)
    return names


@dataclasses.dataclass(frozen=True, slots=True)
class Mode:
    """Options of a kind of list. An option that a caller gives replaces that of the mode.

    Parameters
    ----------
    recency : Recency or None
        How scores fade; None is the recency of the archive, see `RelatedNews`.
    when : 'before', 'after' or None
        Published before or after the article that the list is for, as in `Options`.
    within : float or None
        Days before or after the article that the list is for, as in `Options`.
    selection : Selection or None
        How the list is chosen; None is the ranking itself.
    newest_first : bool, default=False
        Order the list by date, newest first, instead of by score. Every article with at least the
        least score of the selection may be in it.
    fallback : tuple of str, default=()
        What fills a short list, in this order: ``section``, the newest articles of the section;
        ``newest``, the newest articles of all.
    reason : str, default="similar"
        The reason that the items give for being in the list.
    """

    recency: Recency | None = None
    when: Literal["before", "after"] | None = None
    within: float | None = None
    selection: Selection | None = None
    newest_first: bool = False
    fallback: tuple[str, ...] = ()
    reason: str = "similar"

    def __post_init__(self) -> None:
        object.__setattr__(self, "fallback", check_fallback(self.fallback, FALLBACKS))


#: The mode of a list for which no mode is given.
DEFAULT = "news"

#: The mode of stored lists, and how they are chosen. Lists of another mode are ranked.
STORED = "news"
STORED_SELECTION = Selection()

#: The named modes: a mapping of name to `Mode`.
MODES: Mapping[str, Mode] = MappingProxyType({
    # The ranking by similarity.
    "similar": Mode(recency=UNFADED),
    # Similar articles, preferably of the same time; of several near-duplicates the nearest.
    "news": Mode(selection=STORED_SELECTION),
    # The events before: earlier articles that differ from each other.
    "background": Mode(when="before", selection=Selection(diversity=0.3)),
    # The events after.
    "follow_up": Mode(when="after", selection=Selection(keep="newest")),
    # All coverage of the story at the time, every version. A story does not depend on dates: the
    # least score is a similarity.
    "same_story": Mode(
        recency=UNFADED, within=14, selection=Selection(duplicate_threshold=None, min_score=STORY),
        reason="same story",
    ),
    # The newest coverage of the story, of any date.
    "newest": Mode(
        recency=UNFADED, selection=Selection(keep="newest", min_score=STORY), newest_first=True,
        reason="same story",
    ),
    # More to read; never short of items.
    "more": Mode(selection=Selection(diversity=0.3), fallback=FALLBACKS),
})  # fmt: skip
