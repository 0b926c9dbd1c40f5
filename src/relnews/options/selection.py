"""Selection: which of the ranked articles make a list, as a caller says it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from relnews import _validation

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
        that the list is for. ``also`` of an item names those that were met before the list was
        full. None keeps all.
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
            _validation.check_share("duplicates", self.duplicates, above=True)
        _validation.check_prefer(self.prefer, PREFERENCES)
        _validation.check_share("diversity", self.diversity)
        _validation.check_caps(self.caps, (*FIELDS, "story"))
        object.__setattr__(self, "caps", dict(self.caps))  # whatever becomes of the caller's
        _validation.check_share("story", self.story, above=True)
        _validation.check_share("min_score", self.min_score)
        object.__setattr__(self, "agencies", _validation.check_agencies(self.agencies))
