"""Tools that several commands share: options, progress, and files written whole or not at all."""

from __future__ import annotations

import codecs
import contextlib
import functools
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
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


def part_of_text(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """Return the number of a part, and of all parts."""
    if value is None:
        return None
    number, _, count = value.partition("/")
    if number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count):
        return int(number), int(count)
    msg = f"expected a part from 1/64 to 64/64, if they are 64, got {value!r}."
    raise click.BadParameter(msg)


k_option = click.option(
    "-k",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Largest number of items in a list.",
)


def format_option(
    text: str, formats: Sequence[str] = ("table", "json")
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the options ``--format`` and ``--json`` of a command that prints JSON or another form.

    The command gets the format as ``format_``.

    Parameters
    ----------
    text : str
        Help of the option.
    formats : sequence of str
        The formats; the first is the default.
    """

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_format(*, format_: str | None, as_json: bool, **options: Any) -> None:
            if as_json and format_ not in (None, "json"):
                msg = f"--json is --format json, and cannot go with --format {format_}."
                raise click.UsageError(msg)
            command(format_="json" if as_json else format_ or formats[0], **options)

        add_json = click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
        add_format = click.option(
            "--format",
            "format_",
            type=click.Choice(formats),
            help=f"{text}  [default: {formats[0]}]",
        )
        return add_format(add_json(with_format))

    return with_options


ids_option = click.option(
    "--ids/--no-ids",
    default=None,
    help="Show the ids of the articles in a table.  [default: at a terminal that is wide enough]",
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


def phase(name: str, quiet: bool) -> tqdm:
    """Return a context in which a terminal shows what the command does."""
    hidden = True if quiet else None
    return tqdm(desc=name, bar_format="{desc} …", leave=False, disable=hidden)


@contextlib.contextmanager
def reading(reader: ArticleReader, quiet: bool, then: str) -> Iterator[Iterator[Article]]:
    """Yield the articles of a reader, with a progress bar and a summary after it.

    An invalid file is reported as one line. ``then`` names what is done after the last article.
    """
    unit = " articles" if reader.bytes_total is None else "B"
    with contextlib.ExitStack() as stack:
        bar = stack.enter_context(tqdm(
            total=reader.bytes_total, unit=unit, unit_scale=True, desc="reading",
            disable=True if quiet else None,
        ))  # fmt: skip

        def shown(articles: Iterator[Article]) -> Iterator[Article]:
            for article in articles:
                bar.update(1 if reader.bytes_read is None else reader.bytes_read - bar.n)
                yield article
            bar.close()
            stack.enter_context(phase(then, quiet))

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", LoadWarning)  # the summary says it, too
                yield shown(iter(reader))  # which begins a new report
        except (ValueError, ImportError) as error:
            if reader.load_report.seen:
                stack.close()
                click.echo(reader.load_report.summary(), err=True)
            raise click.ClickException(str(error)) from error
    if not quiet:
        click.echo(reader.load_report.summary(), err=True)


def table_of(related: RelatedList, ids: bool | None) -> str:
    """Return a list as a table, with ids if they are wanted or, for None, if there is room.

    Parameters
    ----------
    related : RelatedList
        The list.
    ids : bool or None
        Value of `ids_option`.
    """
    from relnews.export import text

    if ids is None and sys.stdout.isatty():
        lines = text.table(related, ids=True).splitlines()
        ids = max(map(len, lines), default=0) <= shutil.get_terminal_size().columns
    return text.table(related, ids=bool(ids))


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
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the name under which to write a file; it takes its place if no error is raised.

    A pipe or a device is written itself.
    """
    from relnews import _checks

    _checks.check_parent(path)
    if path.exists() and not path.is_file():
        yield path
        return
    path = path.resolve()  # replace the file that a link leads to, not the link
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
