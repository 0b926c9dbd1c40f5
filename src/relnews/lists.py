"""RelatedItem and RelatedList: what comes out, for one article."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import overload


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
        What the list is ordered by: similarity × priors, rounded to 6 decimals.
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

    def to_dict(self) -> dict[str, object]:
        """Return the item as plain JSON values; what is unknown is left out."""
        record = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name == "title" or getattr(self, field.name) not in (None, "", ())
        }
        if self.published is not None:
            record["published"] = self.published.isoformat()
        if self.tags:
            record["tags"] = list(self.tags)
        return record


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
        """Return the list as plain JSON values."""
        return {"id": self.id, "related": [item.to_dict() for item in self.items]}

    def __str__(self) -> str:
        return "\n".join(f"{item.rank}. {item.title}" for item in self.items)
