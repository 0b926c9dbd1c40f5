"""The command that writes the list of every article, to a file or into the folder of a site."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relnews._checks import counted
from relnews.cli._options import list_options, usage
from relnews.cli._shared import (
    k_option,
    lists_bar,
    n_jobs_option,
    one_line,
    part_of_text,
    quiet_option,
    replacing,
)
from relnews.export.sites import SITES, export_site

if TYPE_CHECKING:
    from relnews.options.list_options import Options
    from relnews.related import RelatedNews


#: Endings of the names of files with lists. A name without one has JSON, one object a line.
_SUFFIXES = ("", ".jsonl", ".ndjson", ".csv", ".parquet")

#: Said once if titles in lists cannot be links.
NO_ADDRESS = (
    "{} in the lists without a url, so that titles are no links; give urls with "
    "relnews build --url, such as --url '/{{section}}/{{slug}}.html'"
)


@click.command()
@click.argument("archive", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="File to write: one JSON object a line (.jsonl, or - for standard output), or a row for "
    "each item (.csv, .parquet). With --site, the folder of the site.",
)
@click.option(
    "--site",
    type=click.Choice([*SITES]),
    help="Write files for a static site instead, where this kind of site looks for data. With json "
    "or html, write one file for each article.",
)
@click.option(
    "--part",
    callback=part_of_text,
    metavar="N/M",
    help="Write part N of M only; parts take about as long as each other. A part that is there and "
    "complete is left.",
)
@click.option(
    "--check",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Print the parts that a folder lacks, or that are of another commit or other options; "
    "write nothing. With ARCHIVE, compare with what is in it now.",
)
@click.option(
    "--heading",
    default="Related News",
    show_default=True,
    help="Heading of the lists; --site html.",
)
@click.option("--language", metavar="TAG", default="en", show_default=True,
              help="Language in which the lists have dates; --site html.")  # fmt: skip
@k_option
@list_options
@n_jobs_option
@quiet_option
def export(
    archive: Path | None,
    output: Path | None,
    site: str | None,
    part: tuple[int, int] | None,
    check: Path | None,
    heading: str,
    language: str,
    k: int,
    n_jobs: int | None,
    quiet: bool,
    options: Options,
) -> None:
    """Write the list of every article of an archive.

    \b
    relnews export my.relnews -o lists.jsonl
    relnews export my.relnews -k 5 --n-jobs -1 -o - | gzip > lists.jsonl.gz
    relnews export my.relnews -o lists.csv
    relnews export my.relnews --part 3/64 -o lists/part-00003.jsonl
    relnews export my.relnews --site html -o related

    Each line is a JSON object, in the order of the archive: the "id" of an article, and its
    "related" articles with id, rank, score, similarity, title and other fields. A file is written
    whole or not at all.

    Parts can be written by any number of processes, on any number of machines that see the archive.
    After them, --check lists prints one line for each part that has to be written, with a tab
    behind its number, and exits with 1; without such a part it prints nothing.

    With --site the command writes only files whose content has changed. It removes the files of
    articles that are gone, and leaves files alone that no export wrote.

    Parquet needs: pip install 'relnews[frames]'
    """
    from relnews.related import RelatedNews

    if check is not None:
        _check_parts(check, archive)
        return
    if archive is None:
        msg = "Missing argument 'ARCHIVE'."
        raise click.UsageError(msg)
    if output is None:
        msg = "Missing option '-o' / '--output'."
        raise click.UsageError(msg)
    _check_output(output, site, part)
    news = RelatedNews.open(archive, n_jobs=n_jobs)
    if part is not None:
        _write_part(news, part, output, k, quiet, options)
        return
    with usage():
        lists = news.related_all(k, **options)  # checks the options before anything is written
    if site is not None:
        with one_line():
            report = export_site(
                news, output, site, k=k, heading=heading, language=language,
                progress=lists_bar(quiet), **options,
            )  # fmt: skip
        if not quiet:
            click.echo(f"{output}: {report}", err=True)
        if report.without_address and not quiet:
            click.echo(NO_ADDRESS.format(counted(report.without_address, "article")), err=True)
        return
    from relnews.export import json, list_files

    shown = lists_bar(quiet)(lists, len(news))
    if str(output) == "-":
        for items in shown:
            click.echo(json.dumps(items).encode())
        return
    with one_line(), replacing(output) as partial, partial.open("wb") as file:
        list_files.write_to(file, output.suffix, shown)


def _write_part(
    news: RelatedNews,
    part: tuple[int, int],
    output: Path,
    k: int,
    quiet: bool,
    options: Options,
) -> None:
    """Write a part of an export, and say what was done."""
    from relnews.export.parts import export_part

    with one_line(), usage():
        record = export_part(news, part, output, k, progress=lists_bar(quiet), **options)
    if not quiet:
        done = "is there already" if record is None else counted(record.lists, "list")
        click.echo(f"{output}: part {part[0]}/{part[1]}, {done}", err=True)


def _check_parts(folder: Path, archive: Path | None) -> None:
    """Print the parts that have to be written; exit with 1 if there are any."""
    from relnews.export.parts import problems_of_parts
    from relnews.related import RelatedNews

    news = None if archive is None else RelatedNews.open(archive)
    problems = problems_of_parts(folder, news)
    for part, why in problems:
        click.echo(f"{part}\t{why}")
    if problems:
        click.get_current_context().exit(1)


def _check_output(output: Path, site: str | None, part: tuple[int, int] | None) -> None:
    """Raise if the output is a folder where a file is expected, or the other way round."""
    if part is not None and (site is not None or str(output) == "-"):
        msg = "a part is written to a file of its own, such as lists/part-00003.jsonl."
    elif site is None and output.is_dir():
        msg = f"expected a file, got the folder {output}; files for a site are written with --site."
    elif site is not None and (str(output) == "-" or (output.exists() and not output.is_dir())):
        msg = f"expected the folder of a site, got {output}."
    elif site is None and output.suffix.lower() not in _SUFFIXES:
        names = ", ".join(filter(None, _SUFFIXES))
        msg = f"expected a name that ends in one of {names}, got {output}."
    else:
        return
    raise click.BadParameter(msg, param_hint="'-o' / '--output'")
