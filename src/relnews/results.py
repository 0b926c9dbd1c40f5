"""RelatedItem and RelatedList: what comes out, for one article."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, overload

#: Of the shape of a list as JSON. Another number means that what stands there means another thing;
#: a field that is only new does not change it.
LIST_VERSION = 1

#: Why most items are in a list.
SIMILAR = ("similar",)


@dataclasses.dataclass(frozen=True, slots=True)
class RelatedItem:
    """One line of a Related News list.

    Parameters
    ----------
    id : str
        The related article.
    rank : int
        Place in the list, from 1.
    score : float
        What the list is ordered by: similarity × priors, rounded to 6 decimals. With a `Selection`
        an item can stand in the place of another version, or further down than its score.
    similarity : float
        Cosine of the two articles' weights, in [0, 1], rounded to 6 decimals.
    title : str
        Its headline.
    dek, url, section, author, source, language, image : str, optional
        As in its article.
    published : datetime, optional
        Aware, in UTC.
    tags : tuple of str
        As in its article.
    also : tuple of str
        Ids of near-duplicates that the item stands for; none without a `Selection`.
    why : tuple of str
        Why the item is there: ``similar`` or ``same story``, which are about its score;
        ``pinned`` by an editor; ``latest in section …`` or ``latest``, to fill a list. The score
        and the similarity of what is not there for its similarity are 0.
    mentions : tuple of str
        What it shares with the article of the list, for readers; none unless it was asked for.
    """

    id: str
    rank: int
    score: float
    similarity: float
    title: str
    dek: str = ""
    url: str | None = None
    published: dt.datetime | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    author: str | None = None
    source: str | None = None
    language: str | None = None
    image: str | None = None
    also: tuple[str, ...] = ()
    why: tuple[str, ...] = SIMILAR
    mentions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the item as plain JSON values; what is unknown, or as ever, is left out."""
        record: dict[str, object] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "why" and value == SIMILAR:
                continue
            if not value and value != 0 and name not in ("id", "title"):
                continue
            if isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, dt.datetime):
                value = value.isoformat()
            record[name] = value
        return record


#: An item while it is filled. A frozen class takes more than twice as long to make one.
_Unfrozen: Any = dataclasses.make_dataclass(
    "_Unfrozen", RelatedItem.__slots__, repr=False, eq=False, slots=True
)


def item_of(
    about: Sequence[Any],
    rank: int = 0,
    score: float = 0.0,
    similarity: float = 0.0,
    also: tuple[str, ...] = (),
    why: tuple[str, ...] = SIMILAR,
    mentions: tuple[str, ...] = (),
) -> RelatedItem:
    """Return an item, given what `Catalogue.details` tells of its article, and the rest."""
    (
        identifier, title, dek, url, published, section, tags, author, source, language, image
    ) = about  # fmt: skip
    item = _Unfrozen(
        identifier, rank, score, similarity, title, dek, url, published, section, tags, author,
        source, language, image, also, why, mentions,
    )  # fmt: skip
    item.__class__ = RelatedItem
    found: RelatedItem = item
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class RelatedList(Sequence[RelatedItem]):
    """The Related News of one article, best first; a sequence of `RelatedItem`.

    Parameters
    ----------
    id : str or None
        The article that the list belongs to; None for a draft.
    items : tuple of RelatedItem
        At most k of them: an article that shares no term is not related.
    """

    id: str | None
    items: tuple[RelatedItem, ...]

    @overload
    def __getitem__(self, index: int) -> RelatedItem: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[RelatedItem, ...]: ...
    def __getitem__(self, index: int | slice) -> RelatedItem | tuple[RelatedItem, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[RelatedItem]:
        return iter(self.items)

    @property
    def ids(self) -> list[str]:
        """The related articles' ids, best first."""
        return [item.id for item in self.items]

    def to_dict(self) -> dict[str, object]:
        """Return the list as plain JSON values, in the shape that its ``version`` names.

        It is the same wherever relnews writes JSON: see the reference of the list format.
        """
        related = [item.to_dict() for item in self.items]
        return {"version": LIST_VERSION, "id": self.id, "related": related}

    def __str__(self) -> str:
        return "\n".join(f"{item.rank}. {item.title}" for item in self.items)


@dataclasses.dataclass(frozen=True, slots=True)
class Drift:
    """How far the statistics have moved since the epoch that stored lists are made with.

    Parameters
    ----------
    idf : float
        The largest relative change of the idf of a term that was in use then and is now.
    lists : float or None
        Share of a sample of the stored lists that would be different now; None if there is none.
    """

    idf: float
    lists: float | None = None

    def __str__(self) -> str:
        sentence = f"largest change of an idf since the epoch: {self.idf:.1%}"
        if self.lists is None:
            return sentence
        return f"{sentence}; {self.lists:.0%} of a sample of lists would be different"


@dataclasses.dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did. It is committed, and durable, by the time this is returned.

    Parameters
    ----------
    added, replaced, removed : tuple of str
        Ids of articles.
    unchanged : tuple of str
        Ids of articles that were given and were there already, word for word.
    changed : tuple of str or None
        Ids of the articles whose stored list is different now, new articles included; a list with
        an article that was replaced is different. None if no lists are stored: see
        `RelatedNews.store_lists`.
    drift : Drift or None
        None if no lists are stored.
    intake : str
        What was loaded and what was skipped or mended, and why.
    """

    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    changed: tuple[str, ...] | None = None
    drift: Drift | None = None
    intake: str = ""

    def __str__(self) -> str:
        counts = (
            f"{len(getattr(self, name)):,} {name}"
            for name in ("added", "replaced", "removed", "unchanged")
        )
        lines = [", ".join(counts)]
        if self.changed is not None:
            lines.append(f"{len(self.changed):,} lists changed")
        if self.drift is not None:
            lines.append(str(self.drift))
        return "\n".join(lines)
