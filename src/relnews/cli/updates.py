"""Commands that change an archive and look after it."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from relnews.cli._shared import (
    archive_argument,
    changed_option,
    k_option,
    n_jobs_option,
    quiet_option,
    read_text,
    reading,
    strict_option,
    write_file,
)
from relnews.cli._source import Source, source_options
from relnews.exceptions import RelnewsError

if TYPE_CHECKING:
    from relnews.related import RelatedNews
    from relnews.results import UpdateReport


@click.command()
@archive_argument
@source_options
@strict_option
@changed_option
@quiet_option
def update(
    archive: Path,
    source: Source,
    strict: bool,
    changed: Path | None,
    quiet: bool,
) -> None:
    """Add a file of articles to an archive, or replace those with the same ids.

    ARTICLES is what `relnews build` takes: a file, a folder, or - for standard input; or there is a
    query. Articles that are in the archive word for word are left as they are.

    \b
    relnews update my.relnews new.jsonl
    relnews update my.relnews articles.csv --field id=nid --field text=body
    relnews update my.relnews new.jsonl --changed changed.txt

    All of the file is one change: it is in the archive when the command ends, or nothing of it is.
    """
    news = _open_to_change(archive, changed)
    reader = source.open(strict, news)
    with reading(reader, quiet) as records:
        report = news.partial_fit(records, intake=reader.intake)
    if not quiet:
        click.echo(report.intake, err=True)
    if reader.intake.skipped and not reader.intake.loaded:
        msg = f"no article of {source} was loaded, and {archive} is as it was."
        raise click.ClickException(msg)
    source.remember(reader, news)
    _tell(report, changed, quiet)


@click.command()
@archive_argument
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--ids-from",
    type=click.File(encoding="utf-8"),
    help="File with an id a line; - for standard input.",
)
@changed_option
@quiet_option
def remove(
    archive: Path,
    ids: tuple[str, ...],
    ids_from: TextIO | None,
    changed: Path | None,
    quiet: bool,
) -> None:
    """Take articles out of an archive: from then on they are in no list.

    \b
    relnews remove my.relnews SOME-ID
    relnews remove my.relnews --ids-from gone.txt --changed changed.txt

    If the archive lacks one of them, none is removed.
    """
    wanted = [*ids]
    if ids_from is not None:
        wanted += [line for line in read_text(ids_from).split("\n") if line.strip()]
    if not wanted and ids_from is None:
        msg = "give the ID of an article, or a file of ids (--ids-from)."
        raise click.UsageError(msg)
    _tell(_open_to_change(archive, changed).remove(wanted), changed, quiet)


@click.command()
@archive_argument
@k_option
@click.option(
    "--candidates",
    type=click.IntRange(min=1),
    help="How many are stored of each list, at least K; those behind K step in for what is "
    "removed.  [default: 2 K]",
)
@click.option(
    "--max-drift",
    type=click.FloatRange(min=0),
    help="Compute all lists anew when an update leaves an idf changed by more than this; 0.1 is "
    "a tenth.  [default: never]",
)
@n_jobs_option
@changed_option
@quiet_option
def lists(
    archive: Path,
    k: int,
    candidates: int | None,
    max_drift: float | None,
    n_jobs: int | None,
    changed: Path | None,
    quiet: bool,
) -> None:
    """Store the list of every article in the archive, and keep them there.

    \b
    relnews lists my.relnews
    relnews lists my.relnews -k 5 --candidates 20 --n-jobs -1 --changed changed.txt

    A stored list is read without ranking. Updates keep the lists as they would be with the word
    statistics of this moment, and report which of them change; to take in the statistics of a later
    moment, run this again.
    """
    from relnews.related import RelatedNews

    _check_target(changed)
    news = RelatedNews.open(archive, n_jobs=n_jobs)
    try:
        report = news.store_lists(k, candidates=candidates, max_drift=max_drift)
    except RelnewsError:
        raise
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    _write_changed(report, changed)
    if not quiet:
        n_changed = len(report.changed or ())
        click.echo(f"{archive}: {len(news):,} lists of {k}, {n_changed:,} changed", err=True)


@click.command()
@archive_argument
@quiet_option
def compact(archive: Path, quiet: bool) -> None:
    """Write an archive anew, without anything of the articles that were removed.

    \b
    relnews compact my.relnews

    Lists stay as they are. Readers may go on reading.
    """
    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    news.compact()
    if not quiet:
        about = news.archive_.describe()
        click.echo(f"{archive}: {about['articles']} articles, {about['index']}", err=True)


@click.command()
@archive_argument
@click.option(
    "--takedown",
    metavar="ID",
    help="Make sure that this article, removed, under embargo or expired, is in no list.",
)
def verify(archive: Path, takedown: str | None) -> None:
    """Read all of an archive, and say whether it is whole.

    \b
    relnews verify my.relnews
    relnews verify my.relnews --takedown GONE-ID

    Every file is compared with its checksum, every article has to be in one place, and every stored
    list has to be of articles that are there. The exit code is 1 if there is anything wrong.
    """
    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    problems = news.verify()
    if takedown is not None:
        problems += news.verify_removed(takedown)
    for problem in problems:
        click.echo(problem)
    if problems:
        msg = f"{archive} is not in order: {len(problems):,} found."
        raise click.ClickException(msg)
    click.echo(f"{archive}: in order, {len(news):,} articles")
    if takedown is not None:
        click.echo(_taken_down(news, takedown))


def _open_to_change(archive: Path, changed: Path | None) -> RelatedNews:
    """Open an archive; if it is to be said which lists change, there have to be lists."""
    from relnews.related import RelatedNews

    _check_target(changed)
    news = RelatedNews.open(archive)
    if changed is not None and news.archive_.catalogue.setting("lists") is None:
        msg = (
            f"{archive} has no stored lists, so there is no telling which of them change; nothing "
            f"was done. Store them with `relnews lists {archive}`, or leave out --changed."
        )
        raise click.ClickException(msg)
    return news


def _check_target(changed: Path | None) -> None:
    """Refuse a file that cannot be written, for what changed is only told once."""
    from relnews import _checks

    if changed is not None and str(changed) != "-":
        _checks.check_parent(changed)


def _tell(report: UpdateReport, changed: Path | None, quiet: bool) -> None:
    """Write the ids of the articles whose lists changed, and print the report."""
    _write_changed(report, changed)
    if not quiet:
        click.echo(str(report), err=True)


def _write_changed(report: UpdateReport, changed: Path | None) -> None:
    lines = (f"{identifier}\n" for identifier in report.changed or ())
    if changed is not None and str(changed) == "-":
        click.echo("".join(lines).encode(), nl=False)
    elif changed is not None:
        write_file(changed, lines)


def _taken_down(news: RelatedNews, identifier: str) -> str:
    """Say what was looked at for an article that was found in no list."""
    from relnews import _checks

    catalogue = news.archive_.catalogue
    if identifier in news:
        sentence = f"{identifier!r} is in the archive, but hidden: under embargo or expired."
    else:
        sentence = str(_checks.unknown_article(identifier, catalogue.all_ids()))
    n_lists = len(catalogue.all_entries())
    return f"{sentence}\nNone of {n_lists:,} stored lists shows it, and no ranking can."
