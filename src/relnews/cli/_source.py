"""The source of a command's articles: files, folders or a query; and its options."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from relnews.readers.formats import FORMATS

if TYPE_CHECKING:
    from relnews.readers import ArticleReader
    from relnews.related import RelatedNews
    from relnews.storage.catalogue import Catalogue


#: Setting of an archive: names that its source has for fields, which an update need not repeat.
_FIELDS = "fields"


class Source(NamedTuple):
    """The source of articles, from the options of a command.

    Parameters
    ----------
    articles : tuple of str
        Paths of files and folders.
    format_ : str or None
        Format of the files; None if their names tell.
    fields : tuple of str
        Texts such as ``text=body``.
    markup, unreadable_dates, date_order, url : str or None
        Options of reading; None is the default.
    include_unlisted : bool
        Load articles that are not public, too.
    sql, query, watermark : str or None
        URL of a database, the query to run there, and the column that later queries go on from.
    """

    articles: tuple[str, ...]
    format_: str | None
    fields: tuple[str, ...]
    markup: str | None
    include_unlisted: bool
    unreadable_dates: str | None
    date_order: str | None
    url: str | None
    sql: str | None
    query: str | None
    watermark: str | None

    def __str__(self) -> str:
        return " and ".join(self.articles) or "the query"

    def check(self) -> None:
        """Raise unless exactly one source is given."""
        given = click.get_current_context().get_parameter_source("sql")
        is_given = given is click.core.ParameterSource.COMMANDLINE or self.watermark is not None
        if self.query is None and (not self.articles or is_given):
            msg = "give ARTICLES, or a database and a query (--sql, --query)."
            raise click.UsageError(msg)
        if self.query is not None and (self.articles or self.sql is None):
            msg = "--query goes with --sql, and without ARTICLES."
            raise click.UsageError(msg)

    def open(
        self,
        strict: bool,
        news: RelatedNews | None = None,
        part: tuple[int, int] | None = None,
    ) -> ArticleReader:
        """Return the reader; a query goes on from the watermark of the archive.

        Parameters
        ----------
        strict : bool
            Raise at the first invalid article.
        news : RelatedNews, optional
            The archive to update.
        part : tuple of (int, int), optional
            The part to read; None reads all.
        """
        from relnews.readers import read_articles
        from relnews.readers.sql import read_on

        catalogue = None if news is None else news.archive_.catalogue
        options: Any = {
            "fields": dict(_pair(field) for field in self.fields),
            "remembered": None if catalogue is None else catalogue.setting(_FIELDS),
            "markup": self.markup,
            "include_unlisted": self.include_unlisted,
            "unreadable_dates": self.unreadable_dates,
            "date_order": self.date_order,
            "url": self.url,
            "part": part,
        }
        try:
            if self.sql is not None and self.query is not None:
                return read_on(
                    catalogue,
                    self.sql, self.query, strict=strict, watermark=self.watermark, **options,
                )  # fmt: skip
            return read_articles(self.articles, format=self.format_, strict=strict, **options)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        except ImportError as error:
            raise click.ClickException(str(error)) from error

    def remember(self, reader: ArticleReader, catalogue: Catalogue) -> None:
        """Store the watermark of a query, and the names of fields, in an archive.

        Parameters
        ----------
        reader : ArticleReader
            The reader that was read to its end.
        catalogue : Catalogue
            Catalogue of the archive.
        """
        from relnews.readers.sql import QueryReader, store_watermark

        fields = dict(_pair(field) for field in self.fields)
        if fields and catalogue.setting(_FIELDS) != fields:
            with catalogue.transaction():
                catalogue.set(_FIELDS, fields)
        if isinstance(reader, QueryReader) and reader.column is not None:
            store_watermark(catalogue, reader.column, reader.watermark)


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a source; the command gets a `Source` as ``source``."""

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
    click.argument("articles", nargs=-1),
    click.option(
        "--format",
        "format_",
        type=click.Choice([*FORMATS]),
        help="Format of ARTICLES if the names of files do not tell; jsonl for standard input.",
    ),
    click.option(
        "--field",
        "fields",
        multiple=True,
        metavar="NAME=THEIRS",
        help="Name that ARTICLES has for a field, such as text=body. May be repeated.",
    ),
    click.option(
        "--markup",
        type=click.Choice(["auto", "html", "text"]),
        help="How title, dek and text are written in JSON, CSV and databases.  [default: auto, the "
        "first records tell]",
    ),
    click.option(
        "--include-unlisted",
        is_flag=True,
        help="Load drafts and everything else that is not public, too.",
    ),
    click.option(
        "--unreadable-dates",
        type=click.Choice(["withhold", "keep"]),
        help="Withhold an article whose date of publication or expiry cannot be read, or keep it "
        "without the date.  [default: withhold]",
    ),
    click.option(
        "--date-order",
        type=click.Choice(["dmy", "mdy"]),
        help="Order of day and month in dates such as 01/02/2024.  [default: dmy, counted as "
        "ambiguous]",
    ),
    click.option(
        "--url",
        metavar="PATTERN",
        help="Address of articles that have none, such as /{section}/{slug}.html.",
    ),
    click.option(
        "--sql",
        metavar="URL",
        envvar="RELNEWS_SQL",
        help="Read from this database instead, as sqlite:///file.db. The environment variable "
        "RELNEWS_SQL keeps a password out of the list of processes.",
    ),
    click.option(
        "--query",
        help="Query whose rows are articles and whose columns are named as the fields; with --sql.",
    ),
    click.option(
        "--watermark",
        metavar="COLUMN",
        help="Column whose greatest value the archive keeps; it is :watermark in the query of the "
        "next update.",
    ),
)
