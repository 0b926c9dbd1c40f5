"""A list as a table for the terminal."""

from __future__ import annotations

from relnews.results import SIMILAR, RelatedItem, RelatedList

#: Characters of real headlines that Python calls unprintable and that do no harm: the soft hyphen,
#: zero-width space and joiners, direction marks.
_HARMLESS = "\xad\u200b\u200c\u200d\u200e\u200f"


def table(related: RelatedList) -> str:
    """Return a list as aligned columns: rank, score, date and title.

    The title comes last, so that alignment does not depend on how wide a terminal draws it. The
    reasons are a column before it if an item has another reason than ``similar``.

    Parameters
    ----------
    related : RelatedList
        The list.

    Returns
    -------
    str
        A heading and one line for each item, without a newline at the end; empty for an empty
        list. Control characters are replaced: a headline cannot control the terminal.
    """
    if not related:
        return ""
    rows = [("#", "score", "date", "reason", "title"), *map(_row, related)]
    ranks, scores, dates, reasons, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    is_similar = all(item.reason == SIMILAR for item in related)
    return "\n".join(
        f"{rank:>{ranks}}  {score:>{scores}}  {date:<{dates}}  "
        + ("" if is_similar else f"{reason:<{reasons}}  ")
        + title
        for rank, score, date, reason, title in rows
    )


def _row(item: RelatedItem) -> tuple[str, ...]:
    date = item.published.date().isoformat() if item.published else ""
    title = printable(item.title) or printable(item.dek) or printable(item.id)
    return str(item.rank), f"{item.score:.3f}", date, printable(", ".join(item.reason)), title


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
