"""Display: tables and lines as HTML for notebooks.

Colours come from the notebook, so that tables are readable in a light and in a dark one.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

#: Longest text that is never broken: a date has 10 characters.
_N_UNBROKEN = 12

_CELL = "padding: .15em .8em .15em 0; border: 0; border-top: 1px solid; vertical-align: top;"


def table(rows: Sequence[Sequence[object]], *, n_right: int = 0) -> str:
    """Return rows as a table of HTML; all text is escaped.

    Parameters
    ----------
    rows : sequence of sequence
        The cells, of the heading too.
    n_right : int, default=0
        Number of first columns that are aligned to the right.
    """
    heading, *others = rows
    head = _row(heading, "th", n_right)
    body = "\n".join(_row(row, "td", n_right) for row in others)
    style = "border-collapse: collapse; margin: .5em 0; color: inherit; background: none;"
    return (
        f'<table style="{style}">\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n'
    )


def line(text: str) -> str:
    """Return a line of text, indented as it is, as a paragraph of HTML; it is escaped."""
    return f'<p dir="auto" style="margin: 0; white-space: pre-wrap;">{html.escape(text)}</p>\n'


def _row(cells: Sequence[object], tag: str, n_right: int) -> str:
    made = []
    for place, cell in enumerate(cells):
        text = str(cell)
        style = f"{_CELL} text-align: {'right' if place < n_right else 'start'};"
        if len(text) <= _N_UNBROKEN:
            style += " white-space: nowrap;"
        made.append(f'<{tag} dir="auto" style="{style}">{html.escape(text)}</{tag}>')
    return f"<tr>{''.join(made)}</tr>"
