"""Results: lists of Related News and reports of updates, as callers get them.

Notebooks show them as HTML. Colours come from the notebook, so that tables are readable in a light
and in a dark one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import operator
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from relnews._checks import counted
from relnews.articles import FIELDS

if TYPE_CHECKING:
    import pandas as pd

#: Longest text that is never broken: a date has 10 characters.
_N_UNBROKEN = 12

_CELL = "padding: .15em .8em .15em 0; border: 0; border-top: 1px solid; vertical-align: top;"

#: Version of the JSON form of a list. A new field keeps the version; a changed meaning of a field
#: changes it.
LIST_VERSION = 1

#: Reason of most items.
SIMILAR = ("similar",)


@dataclasses.dataclass(frozen=True, slots=True)
class RelatedItem:
    """An item of a Related News list.

    Parameters
    ----------
    id : str
        Id of the related article.
    rank : int
        Position in the list, from 1.
    score : float
        Similarity × recency, in [0, 1], rounded to 6 decimals. A ranking is in descending order of
        it. A list need not be: pins come first, mode ``newest`` orders by date, and with a
        `Selection` an item can take the place of another version, or stand below its score.
    similarity : float
        Similarity of the two articles, in [0, 1], rounded to 6 decimals: the cosine of their
        weights, and how much of either title is found in the other text.
    title : str
        Headline of the article.
    dek, url, section, author, source, language, image, image_alt : str, optional
        Fields of the article; None or empty if unknown.
    published : datetime, optional
        Aware, in UTC; None if unknown.
    tags : tuple of str
        Tags of the article.
    near_duplicates : tuple of str
        Ids of the near-duplicates that the item stands for; empty without a `Selection`.
    reason : tuple of str
        Why the item is in the list: ``similar`` or ``same story`` for its score; ``pinned`` by an
        editor; ``newest in section …`` or ``newest`` to fill a short list. An item that is not in
        the list for its similarity has a score and a similarity of 0.
    mentions : tuple of str
        Names that the item and the article of the list share, for readers; empty unless asked for.
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
    image_alt: str | None = None
    near_duplicates: tuple[str, ...] = ()
    reason: tuple[str, ...] = SIMILAR
    mentions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the item as JSON values, without unknown fields and without the usual reason."""
        record: dict[str, object] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "reason" and value == SIMILAR:
                continue
            if not value and value != 0 and name not in ("id", "title"):
                continue
            if isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, dt.datetime):
                value = value.isoformat()
            record[name] = value
        return record


_ITEM_FIELDS = tuple(field.name for field in dataclasses.fields(RelatedItem))


class RepeatedLine(NamedTuple):
    """A line that stands in many articles of a source and is ignored.

    Parameters
    ----------
    source : str or None
        Source of the articles; None if they name none.
    words : str
        Words of the line as they would be counted: in lower case, without stop words.
    n_articles : int
        Number of articles of the source that have the line.
    """

    source: str | None
    words: str
    n_articles: int


#: The fields of an article that an item shows, in the order of `Catalogue.details`.
SHOWN = tuple(name for name in _ITEM_FIELDS if name in FIELDS)

#: The columns of lists as a table: the id of the article whose list it is, and fields of its items.
COLUMNS = ("article", *_ITEM_FIELDS)

#: An item while it is filled. Creating an instance of a frozen class takes more than 2× as long.
_ORDER = (*SHOWN, *(name for name in _ITEM_FIELDS if name not in SHOWN))
_Unfrozen: Any = dataclasses.make_dataclass(
    "_Unfrozen",
    _ORDER,
    repr=False,
    eq=False,
    slots=True,
)


def item_of(
    shown: Sequence[Any],
    rank: int = 0,
    score: float = 0.0,
    similarity: float = 0.0,
    near_duplicates: tuple[str, ...] = (),
    reason: tuple[str, ...] = SIMILAR,
    mentions: tuple[str, ...] = (),
) -> RelatedItem:
    """Return an item.

    Parameters
    ----------
    shown : sequence
        Values of the fields `SHOWN`, as `Catalogue.details` returns them.
    rank, score, similarity, near_duplicates, reason, mentions
        As for `RelatedItem`.
    """
    item = _Unfrozen(*shown, rank, score, similarity, near_duplicates, reason, mentions)
    item.__class__ = RelatedItem
    found: RelatedItem = item
    return found


#: Returns the values of an item, in the order that `_item_of_row` takes.
_row_of = operator.attrgetter(*_ORDER)


def _item_of_row(row: Iterable[Any]) -> RelatedItem:
    item = _Unfrozen(*row)
    item.__class__ = RelatedItem
    found: RelatedItem = item
    return found


def items_of(details: Iterable[Sequence[Any]]) -> list[RelatedItem]:
    """Return an item without a rank for each row that `Catalogue.details` returns."""
    return [item_of(shown) for shown in details]


@dataclasses.dataclass(frozen=True, slots=True)
class RelatedList(Sequence[RelatedItem]):
    """The Related News of one article, in order; a sequence of `RelatedItem`.

    Parameters
    ----------
    id : str or None
        Id of the article that the list belongs to; None for a draft.
    items : tuple of RelatedItem
        At most k items. An article that shares no word is not related; only a pin or a fallback
        puts it into a list.
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
        """Ids of the related articles, in the order of the list."""
        return [item.id for item in self.items]

    def to_dict(self) -> dict[str, object]:
        """Return the list as JSON values, in the form that ``version`` names.

        All JSON output of relnews has this form; see the reference of the list format.
        """
        related = [item.to_dict() for item in self.items]
        return {"version": LIST_VERSION, "id": self.id, "related": related}

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the items as rows of `COLUMNS`."""
        for item in self.items:
            yield self.id, *(getattr(item, name) for name in _ITEM_FIELDS)

    def to_frame(self) -> pd.DataFrame:
        """Return the items as a pandas data frame.

        Its columns are ``article``, the id of this list, and the fields of `RelatedItem`; their
        types are the same for every list. Unknown values are None, unknown dates NaT.
        """
        return _frame_of([self])

    def __str__(self) -> str:
        return "\n".join(f"{item.rank}. {item.title}" for item in self.items)

    def _repr_html_(self) -> str:
        rows: list[Sequence[object]] = [("#", "score", "date", "title", "reason", "id")]
        for item in self.items:
            day = item.published.date() if item.published else ""
            title, reason = item.title or item.dek or item.id, ", ".join(item.reason)
            rows.append((item.rank, f"{item.score:.3f}", day, title, reason, item.id))
        return html_table(rows, n_right=2) if self.items else html_line("empty list")

    def __reduce__(self) -> tuple[Any, ...]:
        # Worker processes return lists as plain tuples, a quarter of the time of objects.
        return _list_of_rows, (self.id, [*map(_row_of, self.items)])


class RelatedLists(Iterator[RelatedList]):
    """Many lists, each made when it is asked for.

    Parameters
    ----------
    lists : generator of RelatedList
        The lists.
    """

    def __init__(self, lists: Generator[RelatedList]) -> None:
        self._lists = lists

    def __next__(self) -> RelatedList:
        return next(self._lists)

    def close(self) -> None:
        """Stop: make no more lists."""
        self._lists.close()

    def to_frame(self) -> pd.DataFrame:
        """Return the items of the lists that were not yielded yet as a pandas data frame.

        Its columns are ``article``, the id of the list, and the fields of `RelatedItem`.
        """
        return _frame_of(self)


def _frame_of(lists: Iterable[RelatedList]) -> pd.DataFrame:
    try:
        import pandas as pd
    except ImportError as error:
        msg = "a data frame needs pandas: pip install 'relnews[frames]'."
        raise ImportError(msg) from error
    rows = [row for related in lists for row in related.rows()]
    # Inferred types would differ from list to list: an unknown url would be None, or NaN.
    frame = pd.DataFrame(rows, columns=[*COLUMNS], dtype=object)
    published = pd.to_datetime(frame["published"], utc=True).dt.as_unit("us")
    numbers = {"rank": "int64", "score": "float64", "similarity": "float64"}
    return frame.assign(published=published).astype(numbers)


def _list_of_rows(identifier: str | None, rows: Iterable[tuple[Any, ...]]) -> RelatedList:
    """Return the list that was pickled."""
    return RelatedList(identifier, tuple(map(_item_of_row, rows)))


@dataclasses.dataclass(frozen=True, slots=True)
class Drift:
    """Change of the statistics since the epoch with which the stored lists were made.

    Parameters
    ----------
    idf : float
        Largest relative change of the idf of a term that occurred then and occurs now.
    lists : float or None
        Share, from 0 to 1, of a sample of the stored lists that would be different now; None
        without a sample.
    """

    idf: float
    lists: float | None = None

    def __str__(self) -> str:
        sentence = f"{self.idf:.1%} (largest change of a term's idf)"
        if self.lists is None:
            return sentence
        return f"{sentence}; {self.lists:.0%} of a sample of lists would be different"


@dataclasses.dataclass(frozen=True, slots=True)
class UpdateReport:
    """Changes that an update made; they are committed and durable when it is returned.

    Parameters
    ----------
    added, replaced, removed : tuple of str
        Ids of articles.
    unchanged : tuple of str
        Ids of articles that were given and that the archive already had, word for word.
    changed : tuple of str or None
        Ids of the articles whose stored list is different now, including new articles. A list that
        has a replaced article is different. None if no lists are stored: see
        `RelatedNews.store_lists`.
    drift : Drift or None
        None if no lists are stored.
    load_report : str
        Summary of the records that were loaded, skipped and repaired, with reasons.
    dropped_rules : tuple of str
        Editors' rules that `RelatedNews.compact` dropped, as sentences: they named an article that
        the archive lacks.
    """

    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    changed: tuple[str, ...] | None = None
    drift: Drift | None = None
    load_report: str = ""
    dropped_rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = (
            f"{len(getattr(self, name)):,} {name}"
            for name in ("added", "replaced", "removed", "unchanged")
        )
        lines = [", ".join(counts)]
        if self.changed is not None:
            lines.append(f"{counted(len(self.changed), 'list')} changed")
        if self.drift is not None:
            lines.append(f"drift: {self.drift}")
        lines += [f"rule dropped: {rule}" for rule in self.dropped_rules]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        lines = [*str(self).splitlines(), *self.load_report.splitlines()]
        return "".join(map(html_line, lines))


def html_table(rows: Sequence[Sequence[object]], *, n_right: int = 0) -> str:
    """Return rows as a table of HTML; all text is escaped.

    Parameters
    ----------
    rows : sequence of sequence
        The cells, of the heading too.
    n_right : int, default=0
        Number of first columns that are aligned to the right.
    """
    heading, *others = rows
    head = _html_row(heading, "th", n_right)
    body = "\n".join(_html_row(row, "td", n_right) for row in others)
    style = "border-collapse: collapse; margin: .5em 0; color: inherit; background: none;"
    return (
        f'<table style="{style}">\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n'
    )


def html_line(text: str) -> str:
    """Return a line of text, indented as it is, as a paragraph of HTML; it is escaped."""
    return f'<p dir="auto" style="margin: 0; white-space: pre-wrap;">{html.escape(text)}</p>\n'


def _html_row(cells: Sequence[object], tag: str, n_right: int) -> str:
    made = []
    for place, cell in enumerate(cells):
        text = str(cell)
        style = f"{_CELL} text-align: {'right' if place < n_right else 'start'};"
        if len(text) <= _N_UNBROKEN:
            style += " white-space: nowrap;"
        made.append(f'<{tag} dir="auto" style="{style}">{html.escape(text)}</{tag}>')
    return f"<tr>{''.join(made)}</tr>"
