"""A list as a table for the terminal."""

from __future__ import annotations

from relnews.results import SIMILAR, RelatedItem, RelatedList

#: Unprintable to Python, but harmless and part of real headlines: the soft hyphen, zero-width
#: space and joiners, direction marks.
_HARMLESS = "\xad\u200b\u200c\u200d\u200e\u200f"


def table(related: RelatedList) -> str:
    """Return a list as aligned columns: rank, score, date and title.

    The title comes last, so that nothing depends on how wide a terminal draws it. If there are
    items that are there for another reason than that they are similar, it is said before the title.

    Parameters
    ----------
    related : RelatedList
        The list.

    Returns
    -------
    str
        A heading and one line for each item, without a newline at the end; nothing at all for an
        empty list. Control characters are replaced: a headline cannot drive the terminal.
    """
    if not related:
        return ""
    rows = [("#", "score", "date", "reason", "title"), *map(_row, related)]
    ranks, scores, dates, reasons, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    is_plain = all(item.reason == SIMILAR for item in related)
    return "\n".join(
        f"{rank:>{ranks}}  {score:>{scores}}  {date:<{dates}}  "
        + ("" if is_plain else f"{reason:<{reasons}}  ")
        + title
        for rank, score, date, reason, title in rows
    )


def _row(item: RelatedItem) -> tuple[str, ...]:
    date = item.published.date().isoformat() if item.published else ""
    title = printable(item.title) or printable(item.dek) or printable(item.id)
    return str(item.rank), f"{item.score:.3f}", date, printable(", ".join(item.reason)), title


def printable(text: str) -> str:
    """Put text on one line and replace what is not to be printed.

    Parameters
    ----------
    text : str
    """
    return "".join(
        character
        if character.isprintable() or character in _HARMLESS
        else "\N{REPLACEMENT CHARACTER}"
        for character in " ".join(text.split())
    )
