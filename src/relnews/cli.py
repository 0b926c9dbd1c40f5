"""The command ``relnews``: arguments, progress and exit codes; no logic."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from tqdm import tqdm

import relnews
from relnews.exceptions import RelnewsError

if TYPE_CHECKING:
    from relnews.articles import Article
    from relnews.lists import RelatedList
    from relnews.readers import ArticleReader
    from relnews.readers.files import Format

# Modules that need Numba are imported inside the commands: `relnews --help` answers at once.


def _n_jobs(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    if value == 0:
        msg = "expected 1 or more threads, or -1 for all cores, got 0."
        raise click.BadParameter(msg)
    return value


k_option = click.option(
    "-k", type=click.IntRange(min=1), default=8, show_default=True, help="Most items in a list."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
n_jobs_option = click.option(
    "--n-jobs",
    type=int,
    callback=_n_jobs,
    help="Threads that rank; -1 is all cores. The lists are the same.  [default: 1]",
)
archive_argument = click.argument("archive", type=click.Path(path_type=Path))


class _Group(click.Group):
    """Turns the errors that relnews raises on purpose into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `relnews … | head`: click ends the program quietly
            raise
        except (RelnewsError, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(relnews.__version__, prog_name="relnews")
def main() -> None:
    """Related News lists for an archive of articles.

    \b
    relnews demo                                see it work on a sample archive
    relnews build articles.jsonl -o my.relnews  make an archive of your own articles
    relnews info my.relnews                     what is in it
    relnews related my.relnews SOME-ID          the list of one article
    relnews export my.relnews -o lists.jsonl    every article's list

    Each command explains itself: relnews build --help. Lists go to standard output, all else to
    standard error; the exit code is 1 if the data or the archive will not do, 2 if the command is
    wrong.
    """
    # A terminal without a headline's letters shows question marks; data is always UTF-8.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


@main.command()
@k_option
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with the story and its list there instead of printing.",
)
def demo(k: int, html: Path | None) -> None:
    """Print the Related News of one story of the sample archive.

    \b
    relnews demo
    relnews demo -k 3 --html demo.html

    The archive is built afresh: 124 stories in twelve threads that ship with relnews. The first
    run compiles relnews' inner loops, which takes some seconds; they are kept for the next.
    """
    from relnews.export import html as html_export
    from relnews.export import text
    from relnews.related import RelatedNews
    from relnews.sample import DEMO_ID, sample_articles

    stories = {story.id: story for story in sample_articles()}
    news = RelatedNews().fit(stories.values())
    story, items = stories[DEMO_ID], news.related(DEMO_ID, k)
    if html is not None:
        _write(html, [html_export.page(story, items)])
        click.echo(f"{html}: “{story.title}” and its Related News")
    else:
        click.echo(f"{story.title}\n{story.dek}\n\nRelated News\n{text.table(items)}")


@main.command()
@click.argument("articles")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write; an archive that is there is replaced, and only at the end.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["jsonl", "csv"]),
    help="Format of ARTICLES if its name does not say; standard input is taken as jsonl.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=THEIRS",
    help="Name that ARTICLES has for a field, such as text=body; once for each field.",
)
@click.option("--title-weight", type=click.IntRange(0, 1000), default=3, show_default=True,
              help="How often a word of a title counts; one of the text counts once.")  # fmt: skip
@click.option(
    "--stop-words",
    type=click.Choice(["english", "none"]),
    default="english",
    show_default=True,
    help="Words that do not count; none for archives in another language.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Stop at the first article that is not in order, and write nothing.",
)
@quiet_option
def build(
    articles: str,
    output: Path,
    format_: Format | None,
    fields: tuple[str, ...],
    title_weight: int,
    stop_words: str,
    strict: bool,
    quiet: bool,
) -> None:
    """Make an archive of a file of articles.

    ARTICLES is a file of JSON Lines (.jsonl, .ndjson, .json) or of CSV (.csv, .tsv), plain or
    packed (.gz, .xz), or - for standard input.

    \b
    relnews build articles.jsonl -o my.relnews
    relnews build articles.csv -o my.relnews --field id=nid --field text=body

    \b
    Fields: id, title, dek, text, published (ISO 8601), url, section, tags (or topics),
    author, source, language (or lang), image. An id, and a title or a text, are needed.

    Articles that are not in order are skipped or mended, counted and the first few named; the
    others are loaded.
    """
    from relnews import _validation
    from relnews.readers import read_articles
    from relnews.related import RelatedNews
    from relnews.storage import CATALOGUE

    _validation.check_archive_target(output, CATALOGUE)  # now rather than after all the work
    mapping = dict(_pair(field) for field in fields)
    try:
        reader = read_articles(articles, format=format_, fields=mapping, strict=strict)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    news = RelatedNews(
        title_weight=title_weight, stop_words=None if stop_words == "none" else stop_words
    )
    unit = " articles" if reader.bytes_total is None else "B"
    with tqdm(
        total=reader.bytes_total, unit=unit, unit_scale=True, desc="reading",
        disable=True if quiet else None,
    ) as bar:  # fmt: skip
        records = iter(reader)
        try:
            news.fit(_shown(records, reader, bar), intake=reader.intake)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    if not quiet:
        click.echo(news.intake_.summary(), err=True)
    if not len(news):
        msg = f"no article of {articles} was loaded, and {output} was not written."
        raise click.ClickException(msg)
    news.save(output)
    if not quiet:
        click.echo(f"{output}: {len(news):,} articles", err=True)


@main.command()
@archive_argument
@click.argument("id", required=False)
@k_option
@click.option("--title", default="", help="Headline of a draft that is not in the archive.")
@click.option(
    "--text-file",
    type=click.File(encoding="utf-8"),
    help="Text of the draft; - for standard input.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "html"]),
    default="table",
    show_default=True,
    help="A table to read, one line of JSON, or a <section> to put into a page.",
)
def related(
    archive: Path,
    id: str | None,  # noqa: A002 (the field's own name)
    k: int,
    title: str,
    text_file: TextIO | None,
    format_: str,
) -> None:
    """Print the Related News of an article or of a draft.

    \b
    relnews related my.relnews SOME-ID
    relnews related my.relnews SOME-ID -k 5 --format json
    relnews related my.relnews --title "Allies discuss guarantees for Kyiv"
    relnews related my.relnews --title "Guarantees for Kyiv" --text-file draft.txt

    An article that shares no word with the story is not related, so a list may be short or empty.
    """
    from relnews.export import html, json, text
    from relnews.related import RelatedNews

    if (id is None) == (not title and text_file is None):
        msg = "give either the ID of an article or a draft (--title, --text-file)."
        raise click.UsageError(msg)
    news = RelatedNews.open(archive)
    if id is not None:
        items = news.related(id, k)
    else:
        draft = _read(text_file) if text_file else ""
        try:
            items = news.related_to_text(draft, title=title, k=k)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    if not items and format_ != "json":
        click.echo("No related news.", err=True)
    elif format_ == "table":
        click.echo(text.table(items))
    else:
        click.echo((json.dumps if format_ == "json" else html.fragment)(items).encode())


@main.command()
@archive_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    required=True,
    help="File to write, one JSON object a line; - for standard output.",
)
@k_option
@n_jobs_option
@quiet_option
def export(archive: Path, output: Path, k: int, n_jobs: int | None, quiet: bool) -> None:
    """Write the list of every article of an archive.

    \b
    relnews export my.relnews -o lists.jsonl
    relnews export my.relnews -k 5 --n-jobs -1 -o - | gzip > lists.jsonl.gz

    One JSON object a line, in the order of the archive: the "id" of an article, and its "related"
    articles with id, rank, score, similarity, title and what else is known of them. A file is
    written whole or not at all.
    """
    from relnews.export import json
    from relnews.related import RelatedNews

    news = RelatedNews.open(archive, n_jobs=n_jobs)
    lists: Iterable[RelatedList] = tqdm(
        news.related_all(k), total=len(news), unit=" lists", disable=True if quiet else None
    )
    lines = (json.dumps(one) + "\n" for one in lists)
    if str(output) == "-":
        for line in lines:
            click.echo(line.encode(), nl=False)
    else:
        _write(output, lines)


@main.command()
@archive_argument
def info(archive: Path) -> None:
    """Say what is in an archive.

    \b
    relnews info my.relnews
    """
    from relnews.related import RelatedNews

    for name, value in RelatedNews.open(archive).archive_.describe().items():
        click.echo(f"{name + ':':<14} {value}")


def _pair(field: str) -> tuple[str, str]:
    name, equals, theirs = field.partition("=")
    if not equals or not name or not theirs:
        msg = f"--field must look like text=body, got {field!r}."
        raise click.UsageError(msg)
    return name, theirs


def _shown(articles: Iterable[Article], reader: ArticleReader, bar: tqdm) -> Iterator[Article]:
    """Pass articles on and move the bar by what has been read of the file."""
    for article in articles:
        bar.update(1 if reader.bytes_read is None else reader.bytes_read - bar.n)
        yield article


def _read(file: TextIO) -> str:
    from relnews import _validation

    try:
        return file.read()
    except UnicodeDecodeError as error:
        msg = f"{file.name}: {_validation.expected_utf8(error.object[error.start])}."
        raise click.ClickException(msg) from error


def _write(path: Path, pieces: Iterable[str]) -> None:
    """Write a file whole or not at all; a pipe or a device takes the pieces as they come."""
    from relnews import _validation

    _validation.check_parent(path)
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        return
    path = path.resolve()  # what a link leads to is replaced, not the link
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
