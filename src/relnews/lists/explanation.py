"""Explanation and WhyNot: what `explain` and `why_not` return, and how they read as text."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from relnews import _checks
from relnews.lists.shared_terms import SharedTerm
from relnews.results import html_line, html_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Shared terms that a table shows.
_SHOWN = 12

_NO_TERM = "no shared term"


@dataclasses.dataclass(frozen=True, slots=True)
class LedgerLine:
    """A factor between the similarity and the score.

    Parameters
    ----------
    name : str
        ``similarity``, which the ledger starts from; ``recency``; a given condition (``after``,
        ``before``, ``within``, ``when``, ``exclude``, or a field of ``filters``); a reason that
        excludes an article from every list: ``embargo``, ``expired``, ``itself``; or an editor's
        rule: ``block``, ``never``, ``hide``.
    factor : float
        The similarity itself in the first line; 0 where the article is excluded.
    product : float
        Product of this factor and all factors before it.
    note : str
        The values that the factor follows from.
    """

    name: str
    factor: float
    product: float
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """Score and rank of an article in the list of another article, with all reasons.

    Parameters
    ----------
    a, b : str
        Ids; score and rank are of ``b`` in the list of ``a``.
    similarity : float
        In [0, 1]; an item of a list has it rounded to 6 decimals.
    score : float
        Order of the list, higher is better; an item has it rounded to 6 decimals.
    rank : int or None
        Place of ``b`` among all articles that may be in the list of ``a``; None if it may not.
    terms : tuple of SharedTerm
        Largest part first. The parts add up to the similarity, with ``vector_part``.
    ledger : tuple of LedgerLine
        From the similarity to the score, rule by rule.
    names : tuple of str
        The shared terms as the two articles spell them, strongest first; words next to each other
        in the title or dek of both articles are one phrase.
    vector_part : float, default=0
        What the cosine of the articles' vectors adds to the similarity; 0 without vectors.
    """

    a: str
    b: str
    similarity: float
    score: float
    rank: int | None
    terms: tuple[SharedTerm, ...]
    ledger: tuple[LedgerLine, ...]
    names: tuple[str, ...]
    vector_part: float = 0.0

    def reader_line(self, n: int = 3, *, lead: str = "Both mention: ") -> str:
        """Return a line for readers, such as "Both mention: NATO, security guarantees, Rutte".

        Parameters
        ----------
        n : int, default=3
            Maximum number of names; the strongest come first.
        lead : str, default="Both mention: "
            Beginning of the line.

        Returns
        -------
        str
            Plain text, not escaped for HTML; empty if the articles share no term.
        """
        _checks.check_integer("n", n, minimum=1)
        return lead + ", ".join(self.names[:n]) if self.names else ""

    def to_dict(self) -> dict[str, object]:
        """Return the explanation as plain JSON values."""
        return {
            "a": self.a,
            "b": self.b,
            "similarity": self.similarity,
            "score": self.score,
            "rank": self.rank,
            "terms": [dataclasses.asdict(term) for term in self.terms],
            "ledger": [dataclasses.asdict(line) for line in self.ledger],
            "names": list(self.names),
            "vector_part": self.vector_part,
        }

    def __str__(self) -> str:
        rank = "in no list" if self.rank is None else f"rank {self.rank:,}"
        return f"{self._table_of_terms()}\n\n{self._table_of_rules()}\n\n{rank}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the parts of the shared terms as bars, the largest on top; return Matplotlib's axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        """
        from relnews.lists.plots import plot_explanation

        return plot_explanation(self, ax)

    def _repr_html_(self) -> str:
        rank = "in no list" if self.rank is None else f"rank {self.rank:,}"
        rows = self._rows_of_terms()
        terms = html_table(rows) if len(rows) > 1 else _NO_TERM
        return f"{terms}{html_table(self._rows_of_rules())}{html_line(rank)}"

    def _table_of_terms(self) -> str:
        rows = self._rows_of_terms()
        return _aligned(rows) if len(rows) > 1 else _NO_TERM

    def _table_of_rules(self) -> str:
        return _aligned(self._rows_of_rules(), notes=True)

    def _rows_of_terms(self) -> list[tuple[str, ...]]:
        rows = [
            (term.term, f"{term.part:.6f}", _times(term.tf_a, term.in_title_a),
             _times(term.tf_b, term.in_title_b), f"{term.idf:.3f}", f"{term.df:,}")
            for term in self.terms[:_SHOWN]
        ]  # fmt: skip
        hidden = self.terms[_SHOWN:]
        if hidden:
            part = math.fsum(term.part for term in hidden)
            rows.append((f"… {len(hidden):,} more", f"{part:.6f}", "", "", "", ""))
        if self.vector_part:
            rows.append(("(vectors)", f"{self.vector_part:.6f}", "", "", "", ""))
        return [("shared term", "part", "in a", "in b", "idf", "df"), *rows]

    def _rows_of_rules(self) -> list[tuple[str, ...]]:
        rows = [
            (line.name, f"{line.factor:.6f}", f"{line.product:.6f}", line.note)
            for line in self.ledger
        ]
        return [("rule", "factor", "product", ""), *rows]


#: Why an article is not among the first k items; ``listed`` if it is.
Reason = Literal[
    "unknown", "itself", "embargo", "expired", "rule", "no shared term", "condition", "score",
    "cutoff", "duplicate", "cap", "rank", "listed",
]  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class WhyNot:
    """The reason why an article is not among the first k items of another article's list.

    Parameters
    ----------
    a, b : str
        Ids; the answer is about ``b`` in the list of ``a``.
    k : int
        Number of items that were looked at.
    reason : str
        ``unknown``: not in the archive; ``itself``; ``embargo``; ``expired``; ``no shared term``;
        ``rule``: an editor's rule excludes it; ``condition``: a condition excludes it; ``score``:
        below a millionth, or below the selection's minimum; ``cutoff``: below the share of the best
        score at which the list ends; ``duplicate``: near-duplicate of the
        article or of an item; ``cap``: the list has enough articles of the kind; ``rank``: k
        articles are preferred; ``listed``: it is in the list.
    sentence : str
        The reason as a sentence, with the numbers that decided.
    rank : int or None
        Place of ``b`` among all articles that may be in the list; None if it may not.
    score : float
        Score of ``b``; 0 if it has none.
    last : float or None
        Score of the last item, if k articles are preferred; None otherwise.
    """

    a: str
    b: str
    k: int
    reason: Reason
    sentence: str
    rank: int | None = None
    score: float = 0.0
    last: float | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the answer as plain JSON values."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return html_line(self.sentence)


def _times(tf: int, in_title: bool) -> str:
    """Return a cell of the table: how often a text has a term, and whether the title has it."""
    return " + ".join([f"{tf}"] * (tf > 0) + ["title"] * in_title)


def _aligned(rows: Sequence[Sequence[str]], *, notes: bool = False) -> str:
    """Return rows as columns: names on the left, then numbers, and notes last."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:], strict=True)]
        if notes:
            cells[-1] = numbers[-1]
        lines.append("  ".join([f"{name:<{widths[0]}}", *cells]).rstrip())
    return "\n".join(lines)
