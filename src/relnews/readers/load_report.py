"""LoadReport: how many records were loaded, skipped and withheld, and what was repaired."""

from __future__ import annotations

import enum
import warnings
from collections import Counter
from typing import TYPE_CHECKING

from relnews._checks import counted, listed
from relnews.articles import Article
from relnews.exceptions import ArticleError, LoadWarning
from relnews.results import html_line

if TYPE_CHECKING:
    from relnews.readers.part import Part

#: Problems of a kind that are quoted; the others are only counted.
EXAMPLES_NAMED = 5

#: Consequences of a problem for its record, unless the load report is strict.
SKIPPED, WITHHELD = "skipped", "withheld"


class Problem(enum.StrEnum):
    """Kinds of problems of a record."""

    UNREADABLE = "unreadable"
    NOT_AN_ARTICLE = "not an article"
    MISSING_ID = "missing id"
    DUPLICATE_ID = "duplicate id"
    NO_WORDS = "no title and no text"
    NOT_PUBLIC = "withheld: not public"
    FUTURE = "withheld: dated in the future"
    UNREADABLE_STATE = "withheld: unreadable state of publication"
    UNREADABLE_DATE = "withheld: unreadable date of publication"
    UNREADABLE_EXPIRY = "withheld: unreadable date of expiry"
    NO_TEXT = "no text"
    BAD_DATE = "bad date"
    AMBIGUOUS_DATE = "ambiguous date"
    MENDED = "mended"

    @property
    def consequence(self) -> str:
        """Consequence for the record, unless the load report is strict."""
        if self.value.startswith(WITHHELD):
            return WITHHELD
        return _KEPT.get(self, SKIPPED)

    @property
    def is_fault(self) -> bool:
        """Whether the record is wrong; a draft is not."""
        return self not in (Problem.NOT_AN_ARTICLE, Problem.NOT_PUBLIC, Problem.FUTURE)


_KEPT = {
    Problem.NO_TEXT: "kept, title only",
    Problem.BAD_DATE: "kept, undated",
    Problem.AMBIGUOUS_DATE: "kept, the day is read first; --date-order mdy reads the month first",
    Problem.MENDED: "kept",
}


#: Said if more was lost than loaded.
MOSTLY_LOST = "only {0.loaded:,} of {0.n_articles:,} records became articles"
#: Said beside it if there are records of other kinds.
NOT_COUNTED = "; pictures, menus and the like are not counted"


class LoadReport:
    """Counts of loaded, skipped, withheld and repaired records, with reasons.

    Parameters
    ----------
    strict : bool, default=False
        Raise `ArticleError` at the first problem instead of counting it.

    Attributes
    ----------
    is_admitting : bool
        Whether an archive loads the articles, so that only those count which it admits.
    n_read : int
        Number of articles that a reader has made.
    problems : Counter of Problem
        Number of records with each kind of problem.
    examples : dict of Problem to list of str
        The first few problems of each kind, with their places.
    notes : list of str
        How the records were read, where that is not plain: names that were taken for a field,
        ids that were made, HTML.
    names : list of str
        Names of the fields of the first records.
    lacking : dict of str to str
        Fields that an article needs and no first record has, to the name that probably means each,
        or ``NAME``.
    part : Part or None
        The part of the source that was read; None if all of it was.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.is_admitting = False
        self.part: Part | None = None
        self.n_read = 0
        self.problems: Counter[Problem] = Counter()
        self.examples: dict[Problem, list[str]] = {}
        self.notes: list[str] = []
        self.names: list[str] = []
        self.lacking: dict[str, str] = {}
        self._ids: set[str] = set()
        self._withheld: dict[str, None] = {}
        self._lost: dict[str, None] = {}
        self._n_taken_back = 0

    @property
    def loaded(self) -> int:
        """Number of articles that were loaded: by an archive, or else by who iterates a reader."""
        return len(self._ids) - self._n_taken_back if self.is_admitting else self.n_read

    @property
    def seen(self) -> int:
        """Number of records: loaded, skipped and withheld ones."""
        return self.loaded + self.skipped + self.withheld

    @property
    def n_articles(self) -> int:
        """Number of records that are articles by their kind. Pictures and menus are not."""
        return self.seen - self.problems[Problem.NOT_AN_ARTICLE]

    @property
    def is_mostly_lost(self) -> bool:
        """Whether fewer than half of the records that are articles were loaded."""
        return 2 * self.loaded < self.n_articles

    @property
    def skipped(self) -> int:
        """Number of records that are no article, or have no place in the archive."""
        return self._count(SKIPPED)

    @property
    def withheld_ids(self) -> list[str]:
        """Ids of the articles that were withheld, as far as they have one."""
        return [*self._withheld]

    @property
    def withheld(self) -> int:
        """Number of articles that are not public, or of which nobody can tell."""
        return self._count(WITHHELD)

    def report(self, problem: Problem, origin: str, detail: str) -> None:
        """Count a problem, or raise it if the load report is strict and it is a fault."""
        sentence = f"{origin}: {problem.value}: {detail}" if detail else f"{origin}: {problem}"
        if self.strict and problem.is_fault:
            raise ArticleError(sentence)
        self.problems[problem] += 1
        examples = self.examples.setdefault(problem, [])
        if len(examples) < EXAMPLES_NAMED:
            examples.append(sentence)

    def withhold(self, problem: Problem, identifier: str, origin: str, detail: str) -> None:
        """Count a record that is withheld. Its id may be empty.

        Another record of the same id, before or after it, is withheld as well.
        """
        self.report(problem, origin, detail)
        if identifier and identifier not in self._withheld:
            self._withheld[identifier] = None
            if identifier in self._ids:
                self._n_taken_back += 1
                detail = f"{identifier!r}: so is an earlier record of this id"
                self.report(Problem.NOT_PUBLIC, origin, detail)

    def lose(self, identifier: str) -> None:
        """Note the id of an article that its source had before, and may not have any more."""
        self._lost[identifier] = None

    def taken_back(self) -> list[str]:
        """Return the ids of articles that were admitted before a record of theirs was withheld."""
        return [id_ for id_ in self._withheld if id_ in self._ids]

    def gone_ids(self) -> list[str]:
        """Return the ids that no article of an archive may have after this source was read."""
        return [*self._withheld, *(id_ for id_ in self._lost if id_ not in self._ids)]

    def note(self, sentence: str) -> None:
        """Add a note once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def admit(self, article: Article) -> bool:
        """Count an article and return True if its id is new; else report it and return False."""
        if article.id in self._withheld:
            detail = f"{article.id!r}: so is another record of this id"
            self.report(Problem.NOT_PUBLIC, article.origin, detail)
            return False
        if article.id in self._ids:
            self.report(
                Problem.DUPLICATE_ID, article.origin, f"{article.id!r}; the first one is kept"
            )
            return False
        self._ids.add(article.id)
        return True

    def check_loaded(self) -> None:
        """Raise if there were records and none was loaded; warn if fewer than half were.

        Raises
        ------
        ArticleError
            It names the fields that were found and the names that are needed.
        """
        if self.seen and not self.loaded:
            raise ArticleError(_nothing_loaded(self))
        if self.is_mostly_lost:
            warnings.warn(self._mostly_lost(), LoadWarning, stacklevel=4)

    def summary(self) -> str:
        """Return the report as text: one line, and some lines for each kind of problem."""
        first = f"{counted(self.loaded, 'article')} loaded, {self.skipped:,} skipped"
        lines = [f"{first}, {self.withheld:,} withheld" if self.withheld else first]
        if self.loaded and self.is_mostly_lost:
            lines.append(f"  {self._mostly_lost()}")
        lines.extend(f"  {sentence}" for sentence in self.notes)
        for problem, count in self.problems.most_common():
            is_withheld = problem.consequence == WITHHELD
            consequence = "" if is_withheld else f" ({problem.consequence})"
            lines.append(f"  {problem.value}: {count:,}{consequence}")
            examples = self.examples[problem]
            lines.extend(f"    {sentence}" for sentence in examples)
            if count > len(examples):
                lines.append(f"    … and {count - len(examples):,} more")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return "".join(map(html_line, self.summary().splitlines()))

    def _mostly_lost(self) -> str:
        others = NOT_COUNTED if self.problems[Problem.NOT_AN_ARTICLE] else ""
        return f"{MOSTLY_LOST.format(self)}{others}"

    def _count(self, consequence: str) -> int:
        return sum(n for problem, n in self.problems.items() if problem.consequence == consequence)


def _nothing_loaded(report: LoadReport) -> str:
    """Return what was found instead of articles, and what to do."""
    reasons = ", ".join(f"{problem.value}: {n:,}" for problem, n in report.problems.most_common())
    sentence = f"no article in {counted(report.seen, 'record')} ({reasons})."
    if Problem.NO_WORDS in report.problems or Problem.MISSING_ID in report.problems:
        found = f" The first records have {listed(report.names[:20])};" if report.names else ""
        sentence += f"{found} an article needs `id`, and `title` or `text`."
        if report.lacking:
            pairs = report.lacking.items()
            python = ", ".join(f'"{field}": "{name}"' for field, name in pairs)
            options = " ".join(f"--field {field}={name}" for field, name in pairs)
            sentence += f" Name them with fields={{{python}}}, or {options} on the command line."
    if report.withheld:
        sentence += (
            " Articles that are not public, or of which nobody can tell, are withheld; "
            "include_unlisted=True (--include-unlisted) and unreadable_dates='keep' "
            "(--unreadable-dates keep) load them all the same."
        )
    return sentence
