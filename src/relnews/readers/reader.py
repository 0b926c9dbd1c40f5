"""ArticleReader: the base of all readers of articles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from relnews.articles import Article
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.records import articles_from, parse_article


class Skipped(NamedTuple):
    """A record that is skipped.

    Parameters
    ----------
    problem : Problem
        The kind of problem.
    detail : str, default=""
        The rest of the message.
    """

    problem: Problem
    detail: str = ""


#: An entry of a source: its place, and the record or why it is skipped.
Found: TypeAlias = tuple[str, Mapping[str, object] | Skipped]


class ArticleReader:
    """The articles of a source; each ``iter()`` reads it from the beginning.

    `read_articles` returns a reader of files, `relnews.readers.read_sql` of a database. Standard
    input can be read once. A subclass yields the records.

    Attributes
    ----------
    load_report : LoadReport
        Problems of the latest pass; every ``iter()`` begins a new report. Duplicate ids are not in
        it: `RelatedNews.fit` finds them.
    bytes_total, bytes_read : int or None
        Size of the files on disk, and bytes that the latest pass has read, for a progress bar. None
        for a source without a size, such as standard input.
    """

    #: Whether articles dated in the future are skipped.
    _skips_future = False

    def __init__(self, fields: Mapping[str, str], *, strict: bool = False) -> None:
        self.load_report = LoadReport(strict=strict)
        self._fields = dict(fields)

    @property
    def bytes_total(self) -> int | None:
        """Size of the source in bytes."""
        return None

    @property
    def bytes_read(self) -> int | None:
        """Bytes that the latest pass has read."""
        return None

    def __iter__(self) -> Iterator[Article]:
        return self.articles()

    def articles(self, load_report: LoadReport | None = None) -> Iterator[Article]:
        """Yield the articles; problems go to the given load report, or to a new one."""
        if load_report is None:
            load_report = self.load_report = LoadReport(strict=self.load_report.strict)
        return self._articles(load_report)

    def _articles(self, load_report: LoadReport) -> Iterator[Article]:
        now = dt.datetime.now(dt.UTC)
        for origin, record in self._records():
            if isinstance(record, Skipped):
                load_report.report(record.problem, origin, record.detail)
                continue
            article = parse_article(record, load_report, origin, self._fields)
            if article is None:
                continue
            if self._skips_future and article.published is not None and article.published > now:
                load_report.report(
                    Problem.FUTURE, origin, f"{article.published:%Y-%m-%d %H:%M} UTC"
                )
                continue
            yield article

    def _records(self) -> Iterator[Found]:
        """Open the source and yield its entries."""
        raise NotImplementedError


def with_load_report(
    articles: object, load_report: LoadReport | None
) -> tuple[Iterator[Article], LoadReport]:
    """Return the articles of any source, and the load report that counts their problems.

    Parameters
    ----------
    articles : iterable or DataFrame
        As `relnews.readers.records.articles_from` takes them, or an `ArticleReader`.
    load_report : LoadReport or None
        None is the reader's own, or a new one.
    """
    if isinstance(articles, ArticleReader):
        reader, articles = articles, articles.articles(load_report)
        load_report = load_report or reader.load_report
    load_report = LoadReport() if load_report is None else load_report
    return articles_from(articles, load_report), load_report
