"""Explanation and WhyNot: what `explain` and `why_not` return, and how they read as text."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Literal

from relnews import _checks
from relnews.lists.shared_terms import SharedTerm

#: Shared terms that a table shows.
_SHOWN = 12


@dataclasses.dataclass(frozen=True, slots=True)
class LedgerLine:
    """A rule on the way from the similarity to the score.

    Parameters
    ----------
    name : str
        ``similarity``, which the ledger starts from; ``recency``; a condition that was given
        (``after``, ``before``, ``within``, ``only``, ``exclude``, or the field that ``where`` asks
        for); what keeps an article out of every list: ``embargo``, ``expired``, and ``itself``; or
        an editor's rule: ``block``, ``never``, ``hide``.
    factor : float
        The similarity itself in the first line; 0 where a rule leaves the article out.
    product : float
        Of this factor and all before it.
    note : str
        What the rule looked at.
    """

    name: str
    factor: float
    product: float
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """Why an article has the score, and the rank, that it has in the list of another.

    Parameters
    ----------
    a, b : str
        Ids: ``b`` is looked for in the list of ``a``.
    similarity : float
        The item of a list has it rounded to 6 decimals.
    score : float
        What the list is ordered by; rounded in the item, too.
    rank : int or None
        Place of ``b`` among all articles that may be in the list of ``a``; None if it may not.
    terms : tuple of SharedTerm
        Largest part first. The parts add up to the similarity.
    ledger : tuple of LedgerLine
        From the similarity to the score, rule by rule.
    names : tuple of str
        The shared terms as the two articles spell them, strongest first; what stands next to each
        other in the title or dek of both is one phrase.
    """

    a: str
    b: str
    similarity: float
    score: float
    rank: int | None
    terms: tuple[SharedTerm, ...]
    ledger: tuple[LedgerLine, ...]
    names: tuple[str, ...]

    def reader_line(self, n: int = 3, *, lead: str = "Both mention: ") -> str:
        """Return a line for readers, such as "Both mention: NATO, security guarantees, Rutte".

        Parameters
        ----------
        n : int, default=3
            How many of the names; the strongest.
        lead : str, default="Both mention: "
            What it begins with.

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
        }

    def __str__(self) -> str:
        rank = "in no list" if self.rank is None else f"rank {self.rank:,}"
        return f"{self._table_of_terms()}\n\n{self._table_of_rules()}\n\n{rank}"

    def _table_of_terms(self) -> str:
        if not self.terms:
            return "no shared term"
        rows = [
            (one.term, f"{one.part:.6f}", _times(one.tf_a, one.in_title_a),
             _times(one.tf_b, one.in_title_b), f"{one.idf:.3f}", f"{one.df:,}")
            for one in self.terms[:_SHOWN]
        ]  # fmt: skip
        others = self.terms[_SHOWN:]
        if others:
            part = math.fsum(one.part for one in others)
            rows.append((f"… {len(others):,} more", f"{part:.6f}", "", "", "", ""))
        return _aligned([("shared term", "part", "in a", "in b", "idf", "df"), *rows])

    def _table_of_rules(self) -> str:
        rows = [
            (one.name, f"{one.factor:.6f}", f"{one.product:.6f}", one.note) for one in self.ledger
        ]
        return _aligned([("rule", "factor", "product", ""), *rows], notes=True)


#: Why an article is not among the k, or ``listed`` if it is.
Reason = Literal[
    "unknown", "itself", "embargo", "expired", "rule", "no shared term", "condition", "score",
    "duplicate", "cap", "rank", "listed",
]  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class WhyNot:
    """Why an article is not among the first k of another's list.

    Parameters
    ----------
    a, b : str
        Ids: ``b`` is looked for in the list of ``a``.
    k : int
    reason : str
        ``unknown``: not in the archive; ``itself``; ``embargo``; ``expired``; ``no shared term``;
        ``rule``: an editor keeps it out; ``condition``: one leaves it out; ``score``: below a
        millionth, or the least score of a selection; ``duplicate``: nearly the same as the article
        or an item; ``cap``: the list has enough of the kind; ``rank``: others are preferred;
        ``listed``: it is in the list.
    sentence : str
        The same in words.
    rank : int or None
        Place of ``b`` among all articles that may be in the list; None if it may not.
    score : float
    last : float or None
        The score of the k-th, if k others are preferred.
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


def _times(tf: int, in_title: bool) -> str:
    """Return how often a text has a term, and whether the title has it."""
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
