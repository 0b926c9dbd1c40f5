"""ArticleReader: what goes through a source of articles; and what it says of what is no article."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from relnews.articles import Article
from relnews.readers.load_report import Intake, Problem
from relnews.readers.records import articles_from, parse_article


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
    intake : Intake
        Problems that the latest pass met; fresh at every ``iter()``. Ids that come twice are left
        to whoever admits the articles.
    bytes_total, bytes_read : int or None
        Size of the files as they are on disk, and how much of that the latest pass has taken, for
        a progress bar; None where there is no size, as for standard input.
    """

    #: Whether what is dated in the future is left out, as the sites do that such files are for.
    _skips_future = False

    def __init__(self, fields: Mapping[str, str], *, strict: bool = False) -> None:
        self.intake = Intake(strict=strict)
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

    def articles(self, intake: Intake | None = None) -> Iterator[Article]:
        """Go through the source; a given intake is told of the problems instead of a fresh one."""
        if intake is None:
            intake = self.intake = Intake(strict=self.intake.strict)
        return self._articles(intake)

    def _articles(self, intake: Intake) -> Iterator[Article]:
        now = dt.datetime.now(dt.UTC)
        for origin, record in self._records():
            if isinstance(record, Skipped):
                intake.report(record.problem, origin, record.detail)
                continue
            article = parse_article(record, intake, origin, self._fields)
            if article is None:
                continue
            if self._skips_future and article.published is not None and article.published > now:
                intake.report(Problem.FUTURE, origin, f"{article.published:%Y-%m-%d %H:%M} UTC")
                continue
            yield article

    def _records(self) -> Iterator[Found]:
        """Yield what the source has, opening it first."""
        raise NotImplementedError


def with_intake(articles: object, intake: Intake | None) -> tuple[Iterator[Article], Intake]:
    """Return the articles of any source, and the intake that counts their problems.

    Parameters
    ----------
    articles : iterable or DataFrame
        As `relnews.readers.records.articles_from` takes them, or an `ArticleReader`.
    intake : Intake or None
        None is the reader's own, or a new one.
    """
    if isinstance(articles, ArticleReader):
        reader, articles = articles, articles.articles(intake)
        intake = intake or reader.intake
    intake = Intake() if intake is None else intake
    return articles_from(articles, intake), intake
