"""ArticleReader: what goes through a source of articles; and what it says of what is no article."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from relnews.articles import Article
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.records import parse_article


class Skipped(NamedTuple):
    """What stands in the place of a record that is none.

    Parameters
    ----------
    problem : Problem
    detail : str
    """

    problem: Problem
    detail: str = ""


#: What a source gives for each article: where it is, and the record or why there is none.
Found: TypeAlias = tuple[str, Mapping[str, object] | Skipped]


class ArticleReader:
    """The articles of a source; each ``iter()`` starts anew.

    `read_articles` makes one of files, `relnews.readers.read_sql` of a database. Standard input can
    be gone through once.

    Attributes
    ----------
    load_report : LoadReport
        Problems that the latest pass met; fresh at every ``iter()``. Ids that come twice are left
        to whoever admits the articles.
    bytes_total, bytes_read : int or None
        Size of the files as they are on disk, and how much of that the latest pass has taken, for
        a progress bar; None where there is no size, as for standard input.
    """

    #: Whether what is dated in the future is left out, as the sites do that such files are for.
    _skips_future = False

    def __init__(self, fields: Mapping[str, str], *, strict: bool = False) -> None:
        self.load_report = LoadReport(strict=strict)
        self._fields = dict(fields)

    @property
    def bytes_total(self) -> int | None:
        """Size of all of it."""
        return None

    @property
    def bytes_read(self) -> int | None:
        """How much of it the latest pass has taken."""
        return None

    def __iter__(self) -> Iterator[Article]:
        return self.articles()

    def articles(self, load_report: LoadReport | None = None) -> Iterator[Article]:
        """Go through the source; a given load report gets the problems."""
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
        """Yield what the source has, opening it first."""
        raise NotImplementedError
