"""A list as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from relnews.results import SIMILAR, RelatedItem, RelatedList

#: Characters of real headlines that Python calls unprintable and that do no harm: the soft hyphen,
#: zero-width space and joiners, direction marks.
_HARMLESS = "\xad\u200b\u200c\u200d\u200e\u200f"


def table(related: RelatedList, *, ids: bool = False) -> str:
    """Return a list as aligned columns: rank, score, date and title.

    The title comes last, so that alignment does not depend on how wide a terminal draws it. The
    reasons are a column before it if an item has another reason than ``similar``.

    Parameters
    ----------
    related : RelatedList
        The list.
    ids : bool, default=False
        Add a column with the ids, before the title.

    Returns
    -------
    str
        A heading and one line for each item, without a newline at the end; empty for an empty
        list. Control characters are replaced: a headline cannot control the terminal.
    """
    if not related:
        return ""
    rows = [("#", "score", "date", "reason", "id", "title"), *map(_row, related)]
    has_reasons = any(item.reason != SIMILAR for item in related)
    columns = [0, 1, 2, *([3] * has_reasons), *([4] * ids), 5]
    return aligned([[row[column] for column in columns] for row in rows], n_right=2)


def aligned(rows: Sequence[Sequence[str]], n_right: int = 0) -> str:
    """Return rows as lines of aligned columns.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells, of the heading too.
    n_right : int
        Number of first columns that are aligned to the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:{'>' if place < n_right else '<'}{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(item: RelatedItem) -> tuple[str, ...]:
    reason = printable(", ".join(item.reason))
    name, title = printable(item.id), title_of(item)
    return str(item.rank), f"{item.score:.3f}", date_of(item), reason, name, title


def date_of(item: RelatedItem) -> str:
    """Return the day of an article; empty if it is unknown."""
    return item.published.date().isoformat() if item.published else ""


def title_of(item: RelatedItem) -> str:
    """Return the printable title of an article; its dek or its id if it has none."""
    return printable(item.title) or printable(item.dek) or printable(item.id)


def printable(text: str) -> str:
    """Return text on one line, with unprintable characters replaced.

    Parameters
    ----------
    text : str
        Any text.
    """
    return "".join(
        character
        if character.isprintable() or character in _HARMLESS
        else "\N{REPLACEMENT CHARACTER}"
        for character in " ".join(text.split())
    )
