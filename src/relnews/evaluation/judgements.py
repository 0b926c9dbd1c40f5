"""Judgements: which articles are relevant to which, in TREC's file format."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from relnews import _checks
from relnews._checks import counted
from relnews.evaluation import _errors

#: Query to judged article to grade: 0 is not relevant, more is better.
Qrels: TypeAlias = Mapping[str, Mapping[str, int]]

#: Positions of query, article and grade, by the number of columns.
_COLUMNS = {3: (0, 1, 2), 4: (0, 2, 3)}


def read_qrels(path: str | os.PathLike[str]) -> dict[str, dict[str, int]]:
    """Read judgements.

    Parameters
    ----------
    path : path-like
        TREC qrels (query, iteration, article, grade) or three columns (query, article, grade), in
        UTF-8. Columns are separated by tabs, so that ids may contain spaces, or by white space.

    Returns
    -------
    dict of str to dict of str to int
        Query to article to grade, in the order of the file.

    Raises
    ------
    ValueError
        If a line has another form, or two lines contradict each other.
    """
    qrels: dict[str, dict[str, int]] = {}
    for place, columns in rows(path, tuple(_COLUMNS), "query, 0, article, grade"):
        query, article, word = (columns[i] for i in _COLUMNS[len(columns)])
        grade = _errors.parse_grade(place, word)
        if qrels.setdefault(query, {}).setdefault(article, grade) != grade:
            raise _errors.judged_twice(place, query, article)
    return qrels


def write_qrels(path: str | os.PathLike[str], qrels: Qrels) -> None:
    """Write judgements as TREC qrels, columns separated by tabs.

    Parameters
    ----------
    path : path-like
        File to write.
    qrels : mapping of str to mapping of str to int
        Query to article to grade.
    """
    write_rows(
        path,
        (
            (query, "0", article, str(grade))
            for query, grades in qrels.items()
            for article, grade in grades.items()
        ),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """Judgements that apply to an archive, and counts of those left out.

    Parameters
    ----------
    qrels : dict of str to dict of str to int
        Queries with a relevant article, and their judged articles.
    unknown_queries, unknown_articles : int
        Ids of queries, and of articles judged for other queries, that the archive lacks.
    without_relevant : int
        Queries of the archive without a relevant article in it.
    """

    qrels: dict[str, dict[str, int]]
    unknown_queries: int
    unknown_articles: int
    without_relevant: int

    def to_dict(self) -> dict[str, int]:
        """Return the counts as plain JSON values."""
        return {
            "queries": len(self.qrels),
            "judgements": sum(map(len, self.qrels.values())),
            "unknown_queries": self.unknown_queries,
            "unknown_articles": self.unknown_articles,
            "without_relevant": self.without_relevant,
        }

    def summary(self) -> str:
        """Return the counts as text: one line, and a line for each reason to leave out."""
        count = self.to_dict()
        left_out = {
            "unknown query": self.unknown_queries,
            "unknown article": self.unknown_articles,
            "query without a relevant article": self.without_relevant,
        }
        return "\n".join(
            [
                f"{counted(count['queries'], 'query')}, "
                f"{counted(count['judgements'], 'judgement')}",
                *(f"  {what}: {n:,} (left out)" for what, n in left_out.items() if n),
            ]
        )


def known_to(articles: Container[str], qrels: Qrels) -> Judged:
    """Return the judgements that apply to an archive.

    Parameters
    ----------
    articles : container of str
        Ids of the archive: a `RelatedNews`, or a set.
    qrels : mapping of str to mapping of str to int
        As `read_qrels` returns them. Judgements of an article for itself are left out, because
        it is not in its own list.

    Raises
    ------
    ValueError
        If no query is left.
    """
    queries = {query: grades for query, grades in qrels.items() if query in articles}
    judged = {article for grades in queries.values() for article in grades}
    unknown = {article for article in judged if article not in articles}
    kept = {
        query: {a: grade for a, grade in grades.items() if a not in unknown and a != query}
        for query, grades in queries.items()
    }
    relevant = {query: grades for query, grades in kept.items() if any_relevant(grades)}
    if not relevant:
        raise _errors.nothing_judged(len(qrels), len(queries), next(iter(qrels), None))
    return Judged(relevant, len(qrels) - len(queries), len(unknown), len(queries) - len(relevant))


def any_relevant(grades: Mapping[str, int]) -> bool:
    """Return whether an article is relevant."""
    return any(grade > 0 for grade in grades.values())


# --- files of columns ----------------------------------------------------------------------------


def rows(
    path: str | os.PathLike[str], widths: tuple[int, ...], form: str
) -> Iterator[tuple[str, list[str]]]:
    """Yield the place (``file:line``) and the columns of each line that is not empty.

    Parameters
    ----------
    path : path-like
        File to read.
    widths : tuple of int
        Allowed numbers of columns.
    form : str
        Names of the columns, for the error message.
    """
    name = Path(path).name
    # Only line feeds end a line: an id may contain other characters that Python splits lines at.
    with Path(path).open(encoding="utf-8-sig", newline="\n") as file:
        try:
            for number, line in enumerate(file, start=1):
                place = f"{name}:{number}"
                columns = line.rstrip("\r\n").split("\t")
                if len(columns) not in widths or not all(columns):
                    columns = line.split()
                if len(columns) in widths:
                    yield place, columns
                elif columns:
                    raise _errors.wrong_columns(place, form, line)
        except UnicodeDecodeError as error:
            raise _errors.not_utf8(name, error) from error


def write_rows(path: str | os.PathLike[str], lines: Iterator[tuple[str, ...]]) -> None:
    """Write lines of columns, after all of them have been checked."""
    text = "".join("\t".join(map(_errors.check_column, line)) + "\n" for line in lines)
    _checks.check_parent(Path(path))
    Path(path).write_text(text, encoding="utf-8", newline="\n")
