"""Selection: which of the ranked articles make a list."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, TypeAlias

from relnews._checks import check_integer, check_real, listed, shortened
from relnews.options.text_option import TextOption, counts_by_name, number_or_none

#: Which of several near-duplicates a list shows.
Keep: TypeAlias = Literal["nearest", "newest", "oldest", "longest"]

#: Which article stands for a group of near-duplicates.
KEEP_OF_GROUP = ("newest", "oldest", "longest")

#: Which of several near-duplicates a list shows: one of a group, or the best of the ranking.
KEEP = ("nearest", *KEEP_OF_GROUP)

#: Fields that a cap can name.
FIELDS = ("section", "source", "author")

#: Cosine from which on two articles are of one story. In CNRec people call 87 % of such pairs
#: similar, and 93 % of the pairs that they call very similar are such pairs.
STORY = 0.2

#: Share of the best score that an item has at least. With 0.175 one of six judged sets loses more
#: than .002 nDCG@8; see docs/explanation/relevance.md.
CUTOFF = 0.15

#: Scores and shares are compared in parts of 1 / `_STEPS`.
_STEPS = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """How a list is chosen from the ranking: near-duplicates, diversity, caps, and where it ends.

    The ranking is read until the list has k items, or until it ends. The choice depends on the
    ranking alone, so that the same archive always gives the same list.

    Parameters
    ----------
    duplicate_threshold : float or None, default=0.9
        Two articles are near-duplicates if the cosine of their weights is at least this, if their
        texts are the same word for word and not short, or if the longer text contains at least this
        share of the word sequences of the shorter one; see `relnews.lists.containment`. A list
        shows one of several near-duplicates, and none of the article that it is for, unless one is
        more than 180 days older or newer and not the same. An item names the others that the
        selection met before the list was full. None keeps all.
    keep : 'nearest', 'newest', 'oldest' or 'longest', default='nearest'
        Which of several near-duplicates to show: the one that ranks best, the newest, the oldest
        (undated articles last), or the one with the most words in dek and text, stop words not
        counted. Between equal ones the smallest id decides. The modes ``follow_up`` and ``newest``
        keep the newest.
    diversity : float, default=0
        λ, from 0 to 1. The next item is the article, among the 50 best that may still be in the
        list, with the largest (1 - λ) · score - λ · cosine with the most similar item.
    caps : mapping of str to int, optional
        Maps ``section``, ``source`` or ``author`` to the number of items that may share a value,
        and ``story`` to the number of items that may be of one story: with a cap of 2 no item has
        more than one other item of its story beside it.
    story : float, default=0.2
        Two articles are of one story if the cosine of their weights is at least this; above 0.
    min_score : float, default=0
        Least score of an item.
    cutoff : float or None, default=0.15
        Least score of an item as a share of the best score that an article of the ranking has,
        near-duplicates of the list's article left out. Neither k nor pinned items change where a
        list ends. None means no cutoff. With `min_score`, an item needs both.
    wire_sources : collection of str, default=()
        Wire sources. Among near-duplicates, an article from any other source is preferred;
        ``keep`` decides between several.
    """

    duplicate_threshold: float | None = 0.9
    keep: Keep = "nearest"
    diversity: float = 0.0
    caps: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)
    story: float = STORY
    min_score: float = 0.0
    cutoff: float | None = CUTOFF
    wire_sources: Collection[str] = ()

    def __post_init__(self) -> None:
        if self.duplicate_threshold is not None:
            check_real("duplicate_threshold", self.duplicate_threshold, 0, 1, above=True)
        check_real("diversity", self.diversity, 0, 1)
        check_real("story", self.story, 0, 1, above=True)
        check_real("min_score", self.min_score, 0, 1)
        if self.cutoff is not None:
            check_real("cutoff", self.cutoff, 0, 1)
        check_keep(self.keep, KEEP)
        _check_caps(self.caps, (*FIELDS, "story"))
        object.__setattr__(self, "caps", dict(self.caps))  # the caller may change theirs
        object.__setattr__(self, "wire_sources", check_wire_sources(self.wire_sources))


#: The parameters of `Selection` as people write them.
TEXT_OPTIONS = (
    TextOption(
        "duplicate_threshold",
        "Show one of several articles that are at least this similar, and none that is so similar "
        "to the article of the list; none keeps all.",
        "COSINE|none", parse=number_or_none,
    ),
    TextOption(
        "keep", "Which of several near-duplicates to show.  [default: nearest; in the modes "
        "follow_up and newest the newest]", choices=KEEP,
    ),
    TextOption(
        "wire_sources", "Among near-duplicates, prefer an article that is not from this source.",
        "SOURCE", repeats=True,
    ),
    TextOption(
        "caps", "At most N items of one section, source or author, or of one story.",
        "FIELD=N", repeats=True, parse=counts_by_name,
    ),
    TextOption(
        "story", "Articles that are at least this similar are of one story.  [default: 0.2]",
        "COSINE", float,
    ),
    TextOption(
        "diversity",
        "Prefer items that differ from each other: 0 is the order of the ranking, 1 ignores it.",
        "SHARE", float,
    ),
    TextOption("min_score", "Least score of an item.", "SCORE", float),
    TextOption(
        "cutoff", "Least score of an item as a share of the best score; none shows all.  "
        f"[default: {CUTOFF:g}]", "SHARE|none", parse=number_or_none,
    ),
)  # fmt: skip


def least_steps(cutoff: float | None, best: Any) -> Any:
    """Return the least score that a cutoff allows, given the best one; both in millionths."""
    return -(-round((cutoff or 0.0) * _STEPS) * best // _STEPS)


def check_keep(value: object, names: tuple[str, ...]) -> None:
    """Raise ValueError unless a value says which near-duplicate to keep."""
    if value not in names:
        msg = f"`keep` must be one of {listed(names)}, got {shortened(value)}."
        raise ValueError(msg)


def check_wire_sources(value: object) -> tuple[str, ...]:
    """Return the names of sources, sorted, or raise TypeError."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        msg = f"`wire_sources` must be several sources, got {shortened(value)}."
        raise TypeError(msg)
    return tuple(sorted(map(str, value)))


def _check_caps(value: object, fields: tuple[str, ...]) -> None:
    if not isinstance(value, Mapping):
        msg = f"`caps` must map fields to numbers, as {{'source': 2}}, got {shortened(value)}."
        raise TypeError(msg)
    for name, most in value.items():
        if name not in fields:
            msg = f"`caps` can be on {listed(fields)}, got {name!r}."
            raise ValueError(msg)
        check_integer(f"caps[{name!r}]", most, minimum=1)
