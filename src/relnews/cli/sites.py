"""The command that writes the list of every article, to a file or into the folder of a site."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from relnews.cli._options import list_options, usage
from relnews.cli._shared import (
    archive_argument,
    k_option,
    n_jobs_option,
    one_line,
    quiet_option,
    replacing,
    write_file,
)
from relnews.export.sites import SITES, export_site

if TYPE_CHECKING:
    from relnews.options.list_options import Options
    from relnews.results import RelatedList


#: Endings of the names of files with lists. A name without one has JSON, one object a line.
_SUFFIXES = ("", ".jsonl", ".ndjson", ".csv", ".parquet")

#: Said once if titles in lists cannot be links.
NO_ADDRESS = (
    "{:,} articles in the lists have no url, so that their titles are no links; give them one with "
    "relnews build --url, such as --url '/{{section}}/{{slug}}.html'"
)


@click.command()
@archive_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    required=True,
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
    archive: Path,
    output: Path,
    site: str | None,
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
    relnews export my.relnews --site html -o related

    Each line is a JSON object, in the order of the archive: the "id" of an article, and its
    "related" articles with id, rank, score, similarity, title and other fields. A file is written
    whole or not at all.

    With --site the command writes only files whose content has changed. It removes the files of
    articles that are gone, and leaves files alone that no export wrote.
    """
    from relnews.related import RelatedNews

    def shown(lists: Iterator[RelatedList], total: int) -> Iterable[RelatedList]:
        bar: Iterable[RelatedList] = tqdm(
            lists, total=total, unit=" lists", disable=True if quiet else None
        )
        return bar

    _check_output(output, site)
    news = RelatedNews.open(archive, n_jobs=n_jobs)
    with usage():
        lists = news.related_all(k, **options)  # checks the options before anything is written
    if site is not None:
        with one_line():
            report = export_site(
                news, output, site, k=k, heading=heading, language=language, progress=shown,
                **options,
            )  # fmt: skip
        if not quiet:
            click.echo(f"{output}: {report}", err=True)
        if report.without_address and not quiet:
            click.echo(NO_ADDRESS.format(report.without_address), err=True)
        return
    from relnews.export import json, tables

    suffix = output.suffix.lower()
    if suffix == ".parquet":
        with one_line(), replacing(output) as partial:
            tables.write_parquet(partial, shown(lists, len(news)))
        return
    if suffix == ".csv":
        write_file(output, tables.csv_text(shown(lists, len(news))))
        return
    lines = (json.dumps(items) + "\n" for items in shown(lists, len(news)))
    if str(output) == "-":
        for line in lines:
            click.echo(line.encode(), nl=False)
    else:
        write_file(output, lines)


def _check_output(output: Path, site: str | None) -> None:
    """Raise if the output is a folder where a file is expected, or the other way round."""
    if site is None and output.is_dir():
        msg = f"expected a file, got the folder {output}; files for a site are written with --site."
    elif site is not None and (str(output) == "-" or (output.exists() and not output.is_dir())):
        msg = f"expected the folder of a site, got {output}."
    elif site is None and output.suffix.lower() not in _SUFFIXES:
        names = ", ".join(filter(None, _SUFFIXES))
        msg = f"expected a name that ends in one of {names}, got {output}."
    else:
        return
    raise click.BadParameter(msg, param_hint="'-o' / '--output'")
