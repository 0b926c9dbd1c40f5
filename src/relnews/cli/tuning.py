"""The command that chooses settings by judgements."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm

from relnews.cli._shared import (
    archive_argument,
    format_option,
    k_option,
    n_jobs_option,
    one_line,
    picture_option,
    quiet_option,
)

_source = click.Path(path_type=Path, exists=True)


@click.command()
@archive_argument
@click.option(
    "--qrels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Judgements: TREC qrels, or lines of query, article and grade.",
)
@click.option(
    "--links",
    type=_source,
    help="Articles in JSON or CSV with the links in their texts: a linked article is taken "
    "for relevant. Pairs in which one text has the title of the other are left out.",
)
@k_option
@click.option("--dry-run", is_flag=True, help="Print what was found, and change nothing.")
@picture_option
@format_option("Lines to read, or one line of JSON.")
@n_jobs_option
@quiet_option
def tune(
    archive: Path,
    qrels: Path | None,
    links: Path | None,
    k: int,
    dry_run: bool,
    picture: Path | None,
    format_: str,
    n_jobs: int | None,
    quiet: bool,
) -> None:
    """Choose how titles, vectors and dates count, by judgements of your site.

    \b
    relnews tune my.relnews --links articles.jsonl
    relnews tune my.relnews --qrels q.tsv --dry-run --picture tuning.svg

    Without --qrels and --links, the pins of editors are the judgements. Some 400 settings, or
    1,200 if the archive has vectors, are compared by nDCG. They are judged by articles that did
    not choose them, and change only if the gain is significant; stored lists are then stored again.

    A picture needs: pip install 'relnews[evaluation]'
    """
    import json

    from relnews import evaluation
    from relnews.evaluation import pictures
    from relnews.readers import read_articles
    from relnews.related import RelatedNews

    if qrels is not None and links is not None:
        msg = "give --qrels or --links, not both."
        raise click.UsageError(msg)
    news = RelatedNews.open(archive, n_jobs=n_jobs)
    with one_line():
        if picture is not None:
            pictures.check_picture(picture)
        labels, without = None, set[tuple[str, str]]()
        if qrels is not None:
            labels = evaluation.read_qrels(qrels)
        if links is not None:
            labels = evaluation.labels_from_links(read_articles(links, markup="text"))
            without = evaluation.quoted_titles(read_articles(links), labels)
        found = news.tune(
            labels, k=k, without=without, apply=not dry_run,
            progress=lambda tried: tqdm(tried, unit=" weightings", disable=True if quiet else None),
        )  # fmt: skip
        if picture is not None:
            evaluation.picture(found, picture)
    if format_ == "json":
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False).encode())
    else:
        click.echo(str(found))
        if found.is_better:
            click.echo(
                "Nothing was changed." if dry_run else "The archive has the best settings now."
            )
