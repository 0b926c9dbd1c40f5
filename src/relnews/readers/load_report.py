"""LoadReport: how many articles were loaded, and which records were skipped or repaired."""

from __future__ import annotations

import enum
from collections import Counter

from relnews.articles import Article
from relnews.exceptions import ArticleError

#: Problems of a kind that are quoted; the others are only counted.
EXAMPLES_NAMED = 5


class Problem(enum.StrEnum):
    """Kinds of problems of a record."""

    UNREADABLE = "unreadable"
    MISSING_ID = "missing id"
    DUPLICATE_ID = "duplicate id"
    NO_WORDS = "no title and no text"
    NO_TEXT = "no text"
    BAD_DATE = "bad date"
    DRAFT = "draft"
    FUTURE = "dated in the future"

    @property
    def consequence(self) -> str:
        """Consequence for the record, unless the load report is strict."""
        return {Problem.NO_TEXT: "kept, title only", Problem.BAD_DATE: "kept, undated"}.get(
            self, "skipped"
        )

    @property
    def is_fault(self) -> bool:
        """Whether the record is wrong; a draft is not."""
        return self not in (Problem.DRAFT, Problem.FUTURE)


class LoadReport:
    """Counts of loaded, skipped and repaired records, with reasons.

    Parameters
    ----------
    strict : bool, default=False
        Raise `ArticleError` at the first problem instead of counting it.

    Attributes
    ----------
    loaded : int
        Number of articles that were loaded.
    problems : Counter of Problem
        Number of records with each kind of problem.
    examples : dict of Problem to list of str
        The first few problems of each kind, with their places.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.loaded = 0
        self.problems: Counter[Problem] = Counter()
        self.examples: dict[Problem, list[str]] = {}
        self._ids: set[str] = set()

    @property
    def skipped(self) -> int:
        """Number of records that did not become an article of the archive."""
        return sum(n for problem, n in self.problems.items() if problem.consequence == "skipped")

    def report(self, problem: Problem, origin: str, detail: str) -> None:
        """Count a problem, or raise it if the load report is strict and it is a fault."""
        sentence = _problem_sentence(origin, problem.value, detail)
        if self.strict and problem.is_fault:
            raise ArticleError(sentence)
        self.problems[problem] += 1
        examples = self.examples.setdefault(problem, [])
        if len(examples) < EXAMPLES_NAMED:
            examples.append(sentence)

    def admit(self, article: Article) -> bool:
        """Count an article and return True if its id is new; else report it and return False."""
        if article.id in self._ids:
            self.report(
                Problem.DUPLICATE_ID, article.origin, f"{article.id!r}; the first one is kept"
            )
            return False
        self._ids.add(article.id)
        self.loaded += 1
        return True

    def summary(self) -> str:
        """Return the report as text: one line, and some lines for each kind of problem."""
        lines = [f"{self.loaded:,} articles loaded, {self.skipped:,} skipped"]
        for problem, count in self.problems.most_common():
            lines.append(f"  {problem.value}: {count:,} ({problem.consequence})")
            examples = self.examples[problem]
            lines.extend(f"    {sentence}" for sentence in examples)
            if count > len(examples):
                lines.append(f"    … and {count - len(examples):,} more")
        return "\n".join(lines)


def _problem_sentence(origin: str, problem: str, detail: str) -> str:
    """Return a sentence about a record that was skipped or repaired."""
    return f"{origin}: {problem}: {detail}" if detail else f"{origin}: {problem}"
