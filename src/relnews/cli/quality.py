"""Commands that measure the quality of lists."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from relnews.results import RelatedList


@click.command()
@archive_argument
@click.option(
    "--qrels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="Judgements: TREC qrels, or lines of query, article and grade.",
)
@k_option
@click.option(
    "--run-out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the scored lists to this file, as a TREC run.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TREC run to compare the lists with.",
)
@click.option("--baselines", is_flag=True, help="Score baselines too: lists that ignore all words.")
@picture_option
@format_option("A table to read, or one line of JSON.")
@quiet_option
def evaluate(
    archive: Path,
    qrels: Path,
    k: int,
    run_out: Path | None,
    against: Path | None,
    baselines: bool,
    picture: Path | None,
    format_: str,
    quiet: bool,
) -> None:
    """Score the lists of an archive by judgements.

    \b
    relnews evaluate my.relnews --qrels q.tsv
    relnews evaluate my.relnews --qrels q.tsv --baselines --picture scores.svg
    relnews evaluate my.relnews --qrels q.tsv --run-out today.run
    relnews evaluate my.relnews --qrels q.tsv --against today.run --format json

    The output has nDCG, MAP, recall and MRR of the first K items: the mean over the queries and its
    95 % interval. With --against it also has the mean difference and its p-value. Ids that the
    archive lacks are skipped and counted.

    Needs: pip install 'relnews[evaluation]'
    """
    import json

    from relnews import evaluation
    from relnews.evaluation import pictures, tables
    from relnews.evaluation.baselines import BASELINES
    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    with one_line():
        if picture is not None:
            pictures.check_picture(picture)  # before the work, not after it
        judged = evaluation.known_to(news, evaluation.read_qrels(qrels))
        queries = tqdm(judged.qrels, unit=" lists", disable=True if quiet else None)
        runs = [(archive.name, evaluation.make_run(news, queries, k))]
        if run_out is not None:
            evaluation.write_run(run_out, runs[0][1])
        if against is not None:
            runs.append((against.name, evaluation.read_run(against)))
        if baselines:
            runs += evaluation.baselines(news, judged.qrels, k).items()
        scores = [evaluation.score(judged.qrels, run, k, name=name) for name, run in runs]
        comparison = evaluation.compare(*scores[:2]) if against is not None else []
        if picture is not None:
            evaluation.picture(scores, picture)
    if not quiet:
        click.echo(judged.summary(), err=True)
        for score in scores:
            if score.missing:
                click.echo(f"{score.name}: no list for {score.missing:,} of the queries", err=True)
        names = {name for name, _ in runs}
        for name in BASELINES if baselines else ():
            if name not in names:
                click.echo(f"{name}: left out, the archive has no data for it", err=True)
    if format_ == "json":
        report = {
            "k": k,
            **judged.to_dict(),
            "runs": [score.to_dict() for score in scores],
            "comparison": [measure.to_dict() for measure in comparison],
        }
        click.echo(json.dumps(report, ensure_ascii=False).encode())
    else:
        click.echo(tables.score_table(scores))
    if comparison and format_ == "table":
        click.echo(f"\n{scores[0].name} less {scores[1].name}")
        click.echo(tables.comparison_table(comparison))


@click.command()
@archive_argument
@k_option
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="Another build of the archive; print how much the lists changed.",
)
@picture_option
@format_option("Lines to read, or one line of JSON.", ("text", "json"))
@n_jobs_option
@quiet_option
def health(
    archive: Path,
    k: int,
    against: Path | None,
    picture: Path | None,
    format_: str,
    n_jobs: int | None,
    quiet: bool,
) -> None:
    """Measure the lists of an archive without judgements.

    \b
    relnews health my.relnews
    relnews health my.relnews --against yesterday.relnews
    relnews health my.relnews --format json --picture health.png

    The output counts full, short and empty lists, and articles that are in no list (orphans). It
    names the articles that are in the most lists (hubs), and gives the time between articles and
    items, and the share of near-duplicates among the items.

    A picture needs: pip install 'relnews[evaluation]'
    """
    import json

    from relnews import evaluation
    from relnews.evaluation import pictures
    from relnews.related import RelatedNews

    def shown(lists: Iterator[RelatedList], total: int) -> Iterable[RelatedList]:
        bar: Iterable[RelatedList] = tqdm(
            lists, total=total, unit=" lists", disable=True if quiet else None
        )
        return bar

    news = RelatedNews.open(archive, n_jobs=n_jobs)
    other = None if against is None else RelatedNews.open(against, n_jobs=n_jobs)
    with one_line():
        if picture is not None:
            pictures.check_picture(picture)
        state = evaluation.health(news, k, against=other, progress=shown)
        if picture is not None:
            evaluation.picture(state, picture)
    if format_ == "json":
        click.echo(json.dumps(state.to_dict(), ensure_ascii=False).encode())
    else:
        click.echo(str(state))
