"""Commands that change an archive and maintain it."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import contextlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from relnews._checks import counted
from relnews.cli._articles import article_id
from relnews.cli._options import usage
from relnews.cli._shared import (
    archive_argument,
    changed_option,
    k_option,
    n_jobs_option,
    one_line,
    quiet_option,
    read_text,
    reading,
    strict_option,
    write_file,
)
from relnews.cli._source import Source, source_options

if TYPE_CHECKING:
    from relnews.related import RelatedNews
    from relnews.results import UpdateReport


#: What makes an id more than a line of a file: a line break, or what a quote or a mark begins.
_BREAKS_LINE = re.compile(r"[\r\n]|\A[\"\ufeff]")


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

    ARTICLES are what `relnews build` takes: files, folders, or - for standard input; or give a
    query. Articles that have not changed are left as they are.

    \b
    relnews update my.relnews new.jsonl
    relnews update my.relnews articles.csv --field id=nid --field text=body
    relnews update my.relnews new.jsonl --changed changed.txt

    The file is one change: when the command ends, the archive has all of it or nothing.
    """
    news = _open_to_change(archive, changed)
    reader = source.open(strict, news)
    with reading(reader, quiet, "writing") as records:
        report = news.partial_fit(records, load_report=reader.load_report)
    if reader.load_report.skipped and not (reader.load_report.loaded or report.removed):
        msg = f"no article of {source} was loaded, and {archive} is as it was."
        raise click.ClickException(msg)
    source.remember(reader, news.archive_.catalogue)
    _tell(report, changed, quiet)


@click.command()
@archive_argument
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--ids-from",
    type=click.File("rb"),
    help="File with an id a line, as --changed writes it; - for standard input. A line that is a "
    "JSON string is the id in it.",
)
@changed_option
@quiet_option
def remove(
    archive: Path,
    ids: tuple[str, ...],
    ids_from: BinaryIO | None,
    changed: Path | None,
    quiet: bool,
) -> None:
    """Remove articles from an archive, so that no list shows them.

    \b
    relnews remove my.relnews SOME-ID
    relnews remove my.relnews --ids-from gone.txt --changed changed.txt

    If the archive lacks one of the ids, nothing is removed.
    """
    if not ids and ids_from is None:
        msg = "give the ID of an article, or a file of ids (--ids-from)."
        raise click.UsageError(msg)
    lines = [] if ids_from is None else read_text(ids_from).split("\n")
    news = _open_to_change(archive, changed)
    wanted = [article_id(news, id_) for id_ in ids]
    wanted += [_id_of(line) for line in lines if line.strip()]
    _tell(news.remove(wanted), changed, quiet)


@click.command()
@archive_argument
@k_option
@click.option(
    "--max-drift",
    type=click.FloatRange(min=0),
    help="Store all lists again when an update changes an idf by more than this share, such as "
    "0.1 for a tenth.  [default: never]",
)
@n_jobs_option
@changed_option
@quiet_option
def store_lists(
    archive: Path,
    k: int,
    max_drift: float | None,
    n_jobs: int | None,
    changed: Path | None,
    quiet: bool,
) -> None:
    """Store the list of every article in the archive.

    \b
    relnews store-lists my.relnews
    relnews store-lists my.relnews -k 5 --n-jobs -1 --changed changed.txt

    A stored list is read without ranking. Updates keep stored lists exact for the word statistics
    of this moment, and report which lists change. Run the command again to use newer statistics.
    """
    from relnews.related import RelatedNews

    _check_target(changed)
    news = RelatedNews.open(archive, n_jobs=n_jobs)
    with usage():
        report = news.store_lists(k, max_drift=max_drift)
    _write_changed(report, changed)
    if not quiet:
        n_changed = len(report.changed or ())
        click.echo(
            f"{archive}: {counted(len(news), 'list')} of {k}, {n_changed:,} changed", err=True
        )


@click.command()
@archive_argument
@quiet_option
def compact(archive: Path, quiet: bool) -> None:
    """Rewrite an archive without anything of removed articles.

    \b
    relnews compact my.relnews

    Lists stay as they are. Readers can keep the archive open. Rules that name an article which the
    archive lacks are dropped, and printed.
    """
    from relnews.export.text import printable
    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    report = news.compact()
    if not quiet:
        for rule in report.dropped_rules:
            click.echo(printable(f"rule dropped: {rule}"), err=True)
        about = news.archive_.describe()
        click.echo(f"{archive}: {about['articles']} articles, {about['index']}", err=True)


@click.command()
@archive_argument
@click.argument("target", type=click.Path(path_type=Path))
@quiet_option
def backup(archive: Path, target: Path, quiet: bool) -> None:
    """Copy an archive to a new folder, while other processes may write it.

    \b
    relnews backup my.relnews my-2025-09-01.relnews

    TARGET appears when the copy is whole, checked and on the disk. It must not exist before.
    """
    from relnews.related import RelatedNews

    RelatedNews.open(archive).backup(target)
    if not quiet:
        click.echo(f"{target}: {counted(len(RelatedNews.open(target)), 'article')}", err=True)


@click.command()
@click.argument("url")
@click.argument("target", type=click.Path(path_type=Path))
@quiet_option
def fetch(url: str, target: Path, quiet: bool) -> None:
    """Copy an archive from object storage, or bring such a copy up to date.

    \b
    relnews fetch s3://news/my.relnews here.relnews

    URL is a folder that fsspec reads, with a copy that `relnews backup` made. TARGET is a new
    folder, or one that was fetched before: then only files that are new are read.
    """
    import relnews

    with one_line():
        callback = _files_bar(quiet)
        is_new = relnews.fetch(url, target, callback=callback)
    if not quiet:
        n_articles = counted(len(relnews.RelatedNews.open(target)), "article")
        click.echo(f"{target}: {n_articles}{'' if is_new else ', nothing new'}", err=True)


def _files_bar(quiet: bool) -> Any:
    """Return fsspec's progress bar of files; None without fsspec, or if it is not wanted."""
    if quiet or not sys.stderr.isatty():
        return None
    try:
        from fsspec.callbacks import TqdmCallback
    except ImportError:
        return None
    return TqdmCallback({"unit": " files", "desc": "reading"})


@click.command()
@archive_argument
@click.option(
    "--removed",
    metavar="ID",
    help="Check too that no list can show this article: removed, under embargo, or expired. Of a "
    "removed article, no file may have anything left.",
)
def verify(archive: Path, removed: str | None) -> None:
    """Read all of an archive, and check that it is intact.

    \b
    relnews verify my.relnews
    relnews verify my.relnews --removed GONE-ID

    The command compares every file, row and setting with its checksum. It checks that every article
    is stored once, and that stored lists only have articles of the archive; it ranks a sample of
    them again. The exit code is 1 if anything is wrong.
    """
    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    problems = news.verify()
    if removed is not None:
        problems += news.verify_removed(removed)
    for problem in problems:
        click.echo(problem)
    if problems:
        msg = f"{archive} is not in order: {len(problems):,} found."
        raise click.ClickException(msg)
    click.echo(f"{archive}: in order, {counted(len(news), 'article')}")
    if removed is not None:
        click.echo(_about_removed(news, removed))


def _open_to_change(archive: Path, changed: Path | None) -> RelatedNews:
    """Open an archive; raise if changed lists are to be reported and no lists are stored."""
    from relnews.related import RelatedNews

    _check_target(changed)
    news = RelatedNews.open(archive)
    if changed is not None and news.archive_.catalogue.setting("lists") is None:
        msg = (
            f"{archive} has no stored lists, so changed lists cannot be reported; nothing was "
            f"done. Store lists with `relnews store-lists {archive}`, or leave out --changed."
        )
        raise click.ClickException(msg)
    return news


def _check_target(changed: Path | None) -> None:
    """Raise if the file cannot be written: changed lists are reported only once."""
    from relnews import _checks

    if changed is not None and str(changed) != "-":
        _checks.check_parent(changed)


def _tell(report: UpdateReport, changed: Path | None, quiet: bool) -> None:
    """Write the ids of the articles whose lists changed, and print the report."""
    _write_changed(report, changed)
    if not quiet:
        click.echo(str(report), err=True)


def _write_changed(report: UpdateReport, changed: Path | None) -> None:
    lines = (f"{_line_of(identifier)}\n" for identifier in report.changed or ())
    if changed is not None and str(changed) == "-":
        click.echo("".join(lines).encode(), nl=False)
    elif changed is not None:
        write_file(changed, lines)


def _line_of(identifier: str) -> str:
    """Return the line of a file of ids for an id; `_id_of` reads it."""
    is_plain = not _BREAKS_LINE.search(identifier)
    return identifier if is_plain else json.dumps(identifier, ensure_ascii=False)


def _id_of(line: str) -> str:
    """Return the id of a line of a file of ids."""
    if line.startswith('"'):
        with contextlib.suppress(ValueError):
            identifier = json.loads(line)
            if isinstance(identifier, str):
                return identifier
    return line


def _about_removed(news: RelatedNews, identifier: str) -> str:
    """Return what the archive knows of an article that no list shows."""
    from relnews.exceptions import unknown_article

    catalogue = news.archive_.catalogue
    if identifier in news:
        sentence = f"{identifier!r} is in the archive, but hidden: under embargo or expired."
    else:
        unknown = unknown_article(identifier, catalogue.all_ids())
        sentence = f"{unknown} An archive keeps no ids of removed articles: check the spelling."
    lists = "No stored list shows it, and no ranking can."
    files = "" if identifier in news else "\nNothing of it is left in the files of the archive."
    return f"{sentence}\n{lists}{files}"
