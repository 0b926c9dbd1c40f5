"""Tools that several commands share: options, progress, and files written whole or not at all."""

from __future__ import annotations

import codecs
import contextlib
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click
from tqdm import tqdm

from relnews.exceptions import LoadWarning

if TYPE_CHECKING:
    from relnews.articles import Article
    from relnews.readers import ArticleReader
    from relnews.results import RelatedList

Command = TypeVar("Command", bound=Callable[..., Any])


def _n_jobs(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    if value == 0:
        msg = "expected 1 or more threads, or -1 for all cores, got 0."
        raise click.BadParameter(msg)
    return value


k_option = click.option(
    "-k",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Largest number of items in a list.",
)


def format_option(text: str) -> Callable[[Command], Command]:
    """Return the option of a command that prints a table or JSON.

    Parameters
    ----------
    text : str
        Help of the option.
    """
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help=text,
    )


quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
n_jobs_option = click.option(
    "--n-jobs",
    type=int,
    callback=_n_jobs,
    help="Threads that rank; -1 is all cores. Lists do not depend on it.  [default: 1]",
)
picture_option = click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the result into this file too; .png, .svg or .pdf.",
)
archive_argument = click.argument("archive", type=click.Path(path_type=Path))
strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Stop at the first invalid article, and write nothing.",
)
changed_option = click.option(
    "--changed",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write the ids of the articles whose list changed to this file, one a line; - for "
    "standard output. An id with a line break, or a quote at its beginning, is a JSON string.",
)


@contextlib.contextmanager
def one_line() -> Iterator[None]:
    """Turn an invalid file, or a missing package, into one line and exit code 1."""
    try:
        yield
    except (ValueError, ImportError) as error:
        raise click.ClickException(str(error)) from error


@contextlib.contextmanager
def reading(reader: ArticleReader, quiet: bool) -> Iterator[Iterator[Article]]:
    """Yield the articles of a reader, with a progress bar and a summary after it.

    An invalid file is reported as one line.
    """
    unit = " articles" if reader.bytes_total is None else "B"
    with tqdm(
        total=reader.bytes_total, unit=unit, unit_scale=True, desc="reading",
        disable=True if quiet else None,
    ) as bar:  # fmt: skip
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", LoadWarning)  # the summary says it, too
                yield _shown(iter(reader), reader, bar)
        except ValueError as error:
            if reader.load_report.seen:
                bar.close()
                click.echo(reader.load_report.summary(), err=True)
            raise click.ClickException(str(error)) from error
    if not quiet:
        click.echo(reader.load_report.summary(), err=True)


def _shown(articles: Iterable[Article], reader: ArticleReader, bar: tqdm) -> Iterator[Article]:
    """Yield articles, and move the bar by the bytes read."""
    for article in articles:
        bar.update(1 if reader.bytes_read is None else reader.bytes_read - bar.n)
        yield article


def lists_bar(
    quiet: bool,
) -> Callable[[Iterator[RelatedList], int | None], Iterable[RelatedList]]:
    """Return a function that shows the progress of lists, given them and their number, if known."""

    def shown(lists: Iterator[RelatedList], total: int | None) -> Iterable[RelatedList]:
        bar: Iterable[RelatedList] = tqdm(
            lists, total=total, unit=" lists", disable=True if quiet else None
        )
        return bar

    return shown


def read_text(file: BinaryIO) -> str:
    """Return the text of a file; report a file that is not UTF-8 as one line.

    A byte order mark may say that it is UTF-16. Lines end with a line feed.
    """
    from relnews import _checks

    content = file.read()
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{file.name}: {_checks.expected_utf8(error.object[error.start])}."
        raise click.ClickException(msg) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_file(path: Path, pieces: Iterable[str]) -> None:
    """Write a file whole or not at all; write to a pipe or a device piece by piece."""
    from relnews import _checks

    _checks.check_parent(path)
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        return
    path = path.resolve()  # replace the file that a link leads to, not the link
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
