"""ArticleReader: the base of all readers of articles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from relnews.articles import Article
from relnews.readers import _errors
from relnews.readers.found import Found
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.part import Part
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import RecordParser, articles_from


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

    #: Whether names and values are as anybody may have written them; see `RecordParser`.
    is_plain: ClassVar[bool] = True

    #: Whether articles dated in the future are withheld.
    _skips_future: ClassVar[bool] = False

    def __init__(self, spec: ReadSpec, *, strict: bool = False) -> None:
        self.load_report = LoadReport(strict=strict)
        self._spec = spec

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
        load_report.part = self._spec.part and Part.of(self._spec.part)
        return self._articles(load_report)

    def _articles(self, load_report: LoadReport) -> Iterator[Article]:
        parser = RecordParser(self._spec, load_report, is_plain=self.is_plain)
        articles = parser.articles(self._records())
        skips_future = self._skips_future and not self._spec.include_unlisted
        now = dt.datetime.now(dt.UTC)
        for article in articles:
            if skips_future and article.published is not None and article.published > now:
                date = f"{article.published:%Y-%m-%d %H:%M} UTC"
                load_report.withhold(Problem.FUTURE, article.id, article.origin, date)
            else:
                load_report.n_read += 1
                yield article

    def _records(self) -> Iterator[Found]:
        """Open the source and yield its entries."""
        raise NotImplementedError


def with_load_report(
    articles: object, load_report: LoadReport | None, options: Mapping[str, Any]
) -> tuple[Iterator[Article], LoadReport]:
    """Return the articles of any source, and the load report that counts their problems.

    Parameters
    ----------
    articles : iterable or data frame
        As `relnews.readers.records.articles_from` takes them, or an `ArticleReader`.
    load_report : LoadReport or None
        None is the reader's own, or a new one.
    options : mapping
        See `ReadOptions`. A reader has its own.
    """
    spec = ReadSpec.of(options)
    if isinstance(articles, ArticleReader):
        if options:
            raise _errors.reader_has_options(next(iter(options)))
        reader, articles = articles, articles.articles(load_report)
        load_report = load_report or reader.load_report
    load_report = LoadReport() if load_report is None else load_report
    if spec.part is not None:
        load_report.part = Part.of(spec.part)
    return articles_from(articles, load_report, spec), load_report
