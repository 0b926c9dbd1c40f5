"""Runs: lists as plain ids, and TREC run files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from relnews.evaluation import _errors
from relnews.evaluation.judgements import rows, write_rows

if TYPE_CHECKING:
    from relnews.evaluation.checkup import Progress
    from relnews.related import RelatedNews
    from relnews.results import RelatedList

#: Query to the ids of its list, best first.
Run: TypeAlias = Mapping[str, Sequence[str]]


def make_run(
    news: RelatedNews, queries: Iterable[str], k: int = 8, *, progress: Progress | None = None
) -> dict[str, list[str]]:
    """Return the lists of some articles of an archive, made by its threads or processes.

    Parameters
    ----------
    news : RelatedNews
        The archive.
    queries : iterable of str
        Ids of its articles, such as the keys of judgements.
    k : int, default=8
        Items of a list, at most.
    progress : callable, optional
        Called with the lists and their number; returns the lists, as ``tqdm`` does.

    Returns
    -------
    dict of str to list of str
        Query to ids, best first.
    """
    queries = [*dict.fromkeys(queries)]
    lists: Iterable[RelatedList] = news.related_all(k, ids=queries)
    if progress is not None:
        lists = progress(iter(lists), len(queries))
    run = {str(related.id): related.ids for related in lists}
    return {query: run[str(query)] for query in queries}


def read_run(path: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Read a TREC run file.

    Parameters
    ----------
    path : path-like
        Lines of query, Q0, article, rank, score and name of the run, in UTF-8; columns are
        separated by tabs or by white space.

    Returns
    -------
    dict of str to list of str
        Query to ids by descending score; of equal scores the smaller rank comes first.

    Raises
    ------
    ValueError
        If a line has another form, or an article is in a list twice.
    """
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for place, columns in rows(path, (6,), "query, Q0, article, rank, score, name"):
        query, _, article, rank, score, _ = columns
        items = found.setdefault(query, {})
        if article in items:
            raise _errors.listed_twice(query, article, place)
        items[article] = (
            -_errors.parse_number(place, "score", score),
            _errors.parse_number(place, "rank", rank),
        )
    return {query: sorted(items, key=items.__getitem__) for query, items in found.items()}


def write_run(path: str | os.PathLike[str], run: Run, name: str = "relnews") -> None:
    """Write a TREC run file, columns separated by tabs.

    Parameters
    ----------
    path : path-like
        File to write.
    run : mapping of str to sequence of str
        Query to ids, best first. A query with an empty list gets no line.
    name : str, default="relnews"
        Name of the run, in its last column.

    Notes
    -----
    The scores count down to 1. Tools sort by score and break ties differently; without ties they
    all keep the order of the run.
    """
    write_rows(
        path,
        (
            (query, "Q0", article, str(rank), str(len(articles) - rank + 1), name)
            for query, articles in run.items()
            for rank, article in enumerate(articles, start=1)
        ),
    )
