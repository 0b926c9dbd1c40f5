"""Selection: which of the ranked articles make a list, as a caller says it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from relnews import _checks
from relnews._checks import check_integer, listed, shortened

if TYPE_CHECKING:
    from relnews.articles import Article

#: Which of several near-duplicates is the canonical one: a name, or what picks it.
Prefer: TypeAlias = (
    "Literal['latest', 'earliest', 'longest'] | Callable[[Sequence[Article]], Article]"
)

#: The names among `Prefer`.
PREFERENCES = ("latest", "earliest", "longest")

#: Fields that a list can be capped by.
FIELDS = ("section", "source", "author")

#: Articles of one story are at least so similar, unless it is said otherwise. In CNRec people call
#: 87% of such pairs similar, and 93% of those that they call very similar are such pairs.
STORY = 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """What keeps a ranked article out of a list, or puts it further down.

    The ranking is gone through until the list is full: it has k items if k can be chosen. What is
    chosen depends on the ranking alone, so that the same archive always gives the same list.

    Parameters
    ----------
    duplicates : float or None, default=0.9
        Of articles the cosine of whose weights is at least this, or whose texts are the same, word
        for word, and not short, the list has only one, and none that is so similar to the article
        that the list is for. ``near_duplicates`` of an item names those that were met before the
        list was full. None keeps all.
    prefer : 'latest', 'earliest', 'longest' or callable, default='latest'
        Which of them is the one: the newest, the oldest (undated ones last), or that with the most
        words in dek and text; of equal ones the smallest id. A function is given two `Article` or
        more, without texts and by ascending id, and returns one of them.
    diversity : float, default=0
        λ, from 0 to 1: the next item is the one, of the 50 best that may still be in the list, with
        the largest (1 - λ) · score - λ · cosine with the item that it is nearest to.
    caps : mapping of str to int, optional
        ``section``, ``source`` or ``author`` to how many items may have the same one; ``story`` to
        how many items may be of one story: with a cap of 2 no item has more than one other of its
        story beside it.
    story : float, default=0.2
        Articles the cosine of whose weights is at least this are of one story; above 0.
    min_score : float, default=0
        Items have at least this score.
    agencies : collection of str, default=()
        Sources that stand back: of near-duplicates, one that is from none of them is the one, if
        there is such; ``prefer`` says which of several.
    """

    duplicates: float | None = 0.9
    prefer: Prefer = "latest"
    diversity: float = 0.0
    caps: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)
    story: float = STORY
    min_score: float = 0.0
    agencies: Collection[str] = ()

    def __post_init__(self) -> None:
        if self.duplicates is not None:
            _checks.check_real("duplicates", self.duplicates, 0, 1, above=True)
        check_prefer(self.prefer, PREFERENCES)
        _checks.check_real("diversity", self.diversity, 0, 1)
        _check_caps(self.caps, (*FIELDS, "story"))
        object.__setattr__(self, "caps", dict(self.caps))  # whatever becomes of the caller's
        _checks.check_real("story", self.story, 0, 1, above=True)
        _checks.check_real("min_score", self.min_score, 0, 1)
        object.__setattr__(self, "agencies", check_agencies(self.agencies))


def check_prefer(value: object, names: tuple[str, ...]) -> None:
    """Reject a preference among near-duplicates that is none."""
    if not callable(value) and value not in names:
        msg = f"`prefer` must be one of {listed(names)} or a function, got {shortened(value)}."
        raise ValueError(msg)


def check_agencies(value: object) -> tuple[str, ...]:
    """Return the names of sources, or raise TypeError."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        msg = f"`agencies` must be several sources, got {shortened(value)}."
        raise TypeError(msg)
    return tuple(sorted(map(str, value)))


def _check_caps(value: object, fields: tuple[str, ...]) -> None:
    """Reject a cap on what articles do not have, or one that is no number of items."""
    if not isinstance(value, Mapping):
        msg = f"`caps` must map fields to numbers, as {{'source': 2}}, got {shortened(value)}."
        raise TypeError(msg)
    for name, most in value.items():
        if name not in fields:
            msg = f"`caps` can be on {listed(fields)}, got {name!r}."
            raise ValueError(msg)
        check_integer(f"caps[{name!r}]", most, minimum=1)
