"""Where a command takes articles from: a file, a folder or a query; and the options that say so."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from relnews.readers.formats import FORMATS

if TYPE_CHECKING:
    from relnews.readers import ArticleReader
    from relnews.related import RelatedNews


class Source(NamedTuple):
    """Where articles come from, as a command was told.

    Parameters
    ----------
    articles : str or None
        A file or a folder.
    format_ : str or None
    fields : tuple of str
    sql, query, watermark : str or None
        A database, and what to read there.
    """

    articles: str | None
    format_: str | None
    fields: tuple[str, ...]
    sql: str | None
    query: str | None
    watermark: str | None

    def __str__(self) -> str:
        return self.articles or "the query"

    def check(self) -> None:
        """Refuse none of the two ways, and both."""
        given = click.get_current_context().get_parameter_source("sql")
        is_given = given is click.core.ParameterSource.COMMANDLINE or self.watermark is not None
        if self.query is None and (self.articles is None or is_given):
            msg = "give ARTICLES, or a database and what to read there (--sql, --query)."
            raise click.UsageError(msg)
        if self.query is not None and (self.articles is not None or self.sql is None):
            msg = "--query goes with --sql, and without ARTICLES."
            raise click.UsageError(msg)

    def open(self, strict: bool, news: RelatedNews | None = None) -> ArticleReader:
        """Return the reader; a query goes on from the watermark of an archive that is there."""
        from relnews.readers import read_articles
        from relnews.readers.sql import read_on

        fields = dict(_pair(field) for field in self.fields)
        try:
            if self.sql is not None and self.query is not None:
                return read_on(
                    None if news is None else news.archive_.catalogue,
                    self.sql, self.query, fields=fields, strict=strict, watermark=self.watermark,
                )  # fmt: skip
            return read_articles(
                self.articles or "", format=self.format_, fields=fields, strict=strict
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        except ImportError as error:
            raise click.ClickException(str(error)) from error

    def remember(self, reader: ArticleReader, news: RelatedNews) -> None:
        """Keep in an archive how far a query was read."""
        from relnews.readers.sql import QueryReader, store_watermark

        if isinstance(reader, QueryReader) and reader.column is not None:
            store_watermark(news.archive_.catalogue, reader.column, reader.watermark)


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take ARTICLES or a query, as its ``source``."""

    @functools.wraps(command)
    def with_source(**options: Any) -> None:
        source = Source(*(options.pop(name) for name in Source._fields))
        source.check()
        command(source=source, **options)

    decorated: Callable[..., None] = with_source
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _pair(field: str) -> tuple[str, str]:
    name, equals, theirs = field.partition("=")
    if not equals or not name or not theirs:
        msg = f"--field must look like text=body, got {field!r}."
        raise click.UsageError(msg)
    return name, theirs


_OPTIONS = (
    click.argument("articles", required=False),
    click.option(
        "--format",
        "format_",
        type=click.Choice([*FORMATS]),
        help="Format of ARTICLES if names do not say; standard input is taken as jsonl.",
    ),
    click.option(
        "--field",
        "fields",
        multiple=True,
        metavar="NAME=THEIRS",
        help="Name that ARTICLES has for a field, such as text=body; once for each field.",
    ),
    click.option(
        "--sql",
        metavar="URL",
        envvar="RELNEWS_SQL",
        help="Read from this database instead, as sqlite:///file.db; RELNEWS_SQL in the "
        "environment is not seen by others.",
    ),
    click.option(
        "--query",
        help="Query whose rows are articles, with columns called as the fields; with --sql.",
    ),
    click.option(
        "--watermark",
        metavar="COLUMN",
        help="Column whose greatest value is kept in the archive, and is :watermark in the query "
        "of the next update.",
    ),
)
