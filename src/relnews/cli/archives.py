"""Commands that print lists, duplicates and facts of an archive, and what they need."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from tqdm import tqdm

from relnews._checks import counted
from relnews.cli._articles import article_id
from relnews.cli._options import list_options, usage
from relnews.cli._shared import (
    archive_argument,
    format_option,
    ids_option,
    k_option,
    n_jobs_option,
    one_line,
    quiet_option,
    read_text,
    table_of,
    write_file,
)
from relnews.export.formats import FORMATS
from relnews.options.selection import KEEP_OF_GROUP
from relnews.options.text_option import counts_by_name

if TYPE_CHECKING:
    from relnews.options.list_options import Options
    from relnews.options.selection import Keep
    from relnews.related import RelatedNews


@click.command()
@k_option
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with the story and its list to this file instead of printing.",
)
def demo(k: int, html: Path | None) -> None:
    """Print the Related News of one story of the sample archive.

    \b
    relnews demo
    relnews demo -k 3 --html demo.html

    The command builds an archive of 124 stories in twelve threads that ship with relnews. The
    first run compiles relnews' inner loops, which takes some seconds; later runs reuse them.
    """
    from relnews.export import html as html_export
    from relnews.export import text
    from relnews.related import RelatedNews
    from relnews.sample import DEMO_ID, sample_articles

    stories = {story.id: story for story in sample_articles()}
    news = RelatedNews().fit(stories.values())
    with usage():
        story, items = stories[DEMO_ID], news.related(DEMO_ID, k)
    if html is not None:
        write_file(html, [html_export.page(story, items)])
        click.echo(f"{html}: “{story.title}” and its Related News")
    else:
        click.echo(f"{story.title}\n{story.dek}\n\nRelated News\n{text.table(items)}")


@click.command("warm-up")
def warm_up() -> None:
    """Compile the inner loops of relnews, so that no later command waits for it.

    \b
    relnews warm-up

    They are kept on disk; NUMBA_CACHE_DIR names another place. Run it where an image of a machine
    is made, or before tests.
    """
    import relnews

    relnews.warm_up()
    click.echo("the inner loops are compiled", err=True)


@click.command()
@archive_argument
@click.argument("id", required=False)
@k_option
@click.option("--title", default="", help="Headline of a draft that is not in the archive.")
@click.option(
    "--text-file",
    type=click.File("rb"),
    help="Text of the draft; - for standard input.",
)
@click.option(
    "--published", metavar="DATE", help="Day or moment that the draft is dated.  [default: now]"
)
@click.option("--language", metavar="TAG", help="Language of the draft.")
@format_option(
    "A table for the terminal, a <section> of HTML for a page, or a format for programs.",
    ("table", *FORMATS),
)
@ids_option
@list_options
def related(
    archive: Path,
    id: str | None,  # noqa: A002 (the field's own name)
    k: int,
    title: str,
    text_file: BinaryIO | None,
    published: str | None,
    language: str | None,
    format_: str,
    ids: bool | None,
    options: Options,
) -> None:
    """Print the Related News of an article or of a draft.

    \b
    relnews related my.relnews SOME-ID
    relnews related my.relnews SOME-ID -k 5 --format json
    relnews related my.relnews SOME-ID --filter section=World --after 2025-01-01
    relnews related my.relnews SOME-ID --mode background
    relnews related my.relnews --title "Allies discuss guarantees for Kyiv"
    relnews related my.relnews --title "Guarantees for Kyiv" --text-file draft.txt

    Articles that share no word with the story are not related, so a list may be short or empty,
    unless the archive has vectors.
    """
    from relnews.related import RelatedNews

    if (id is None) == (not title and text_file is None):
        msg = "give either the ID of an article or a draft (--title, --text-file)."
        raise click.UsageError(msg)
    if id is not None and published is not None:
        msg = "--published is the date of a draft; an article has its own."
        raise click.UsageError(msg)
    news = RelatedNews.open(archive)
    with usage():
        if id is not None:
            items = news.related(article_id(news, id), k, **options)
        else:
            draft = read_text(text_file) if text_file else ""
            items = news.related_to_text(
                draft, title=title, published=published, language=language, k=k, **options
            )
    if format_ == "table":
        click.echo(table_of(items, ids) or "No related news.", err=not items)
    elif written := FORMATS[format_].write(items):
        click.echo(written.rstrip("\n").encode())
    else:
        click.echo("No related news.", err=True)


@click.command()
@archive_argument
@click.argument("id")
@click.argument("sizes", nargs=-1, required=True, metavar="MODE=K...")
@format_option("Tables to read, or one line of JSON.")
@ids_option
@list_options
def related_blocks(
    archive: Path,
    id: str,  # noqa: A002
    sizes: tuple[str, ...],
    format_: str,
    ids: bool | None,
    options: Options,
) -> None:
    """Print several lists of an article; no item is in two of them.

    \b
    relnews related-blocks my.relnews SOME-ID newest=3 background=3 more=2
    relnews related-blocks my.relnews SOME-ID newest=3 more=2 --filter language=en

    The first list chooses first. Each is what `relnews related --mode` prints, without the items of
    the lists before it. Options hold for every list.
    """
    from relnews.export import json
    from relnews.related import RelatedNews

    if "mode" in options:
        msg = "give modes as MODE=K, such as background=3, instead of --mode."
        raise click.UsageError(msg)
    news = RelatedNews.open(archive)
    id = article_id(news, id)  # noqa: A001 (the field's own name)
    with usage():
        lists = news.related_blocks(id, counts_by_name(sizes), **options)
    if format_ == "json":
        lines = {mode: items.to_dict() for mode, items in lists.items()}
        click.echo(json.line({"id": id, "blocks": lines}).encode())
    else:
        tables = (f"{mode}\n{table_of(items, ids) or 'none'}" for mode, items in lists.items())
        click.echo("\n\n".join(tables))


@click.command()
@archive_argument
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.9,
    show_default=True,
    help="Least cosine of two near-duplicates.",
)
@click.option(
    "--keep",
    type=click.Choice(KEEP_OF_GROUP),
    default="newest",
    show_default=True,
    help="Which article of a group comes first.",
)
@click.option(
    "--wire-source",
    "wire_sources",
    multiple=True,
    metavar="SOURCE",
    help="Put an article first that is not from this source, if there is one. May be repeated.",
)
@format_option("A table to read, or one JSON object a line.")
@n_jobs_option
@quiet_option
def duplicates(
    archive: Path,
    threshold: float,
    keep: Keep,
    wire_sources: tuple[str, ...],
    format_: str,
    n_jobs: int | None,
    quiet: bool,
) -> None:
    """Print the groups of near-duplicates of an archive.

    \b
    relnews duplicates my.relnews
    relnews duplicates my.relnews --threshold 0.8 --keep longest
    relnews duplicates my.relnews --wire-source Reuters --wire-source dpa
    relnews duplicates my.relnews --format json

    The command compares every two articles. The ends of a chain of versions can be less similar
    than the threshold. In JSON each line has the "id" of the first article of a group, and the ids
    of the others as "near_duplicates".
    """
    import json

    from relnews.related import RelatedNews

    def shown(blocks: Iterator[Any], total: int) -> Iterable[Any]:
        bar: Iterable[Any] = tqdm(
            blocks, total=total, unit=" blocks", disable=True if quiet else None
        )
        return bar

    news = RelatedNews.open(archive, n_jobs=n_jobs)
    with one_line():
        groups = news.duplicates(threshold, keep=keep, wire_sources=wire_sources, progress=shown)
    if format_ == "json":
        for first, *others in groups:
            line = json.dumps({"id": first, "near_duplicates": others}, ensure_ascii=False)
            click.echo(line.encode())
    elif groups:
        click.echo(_table_of_groups(news, groups))
    if not quiet:
        n = sum(map(len, groups))
        click.echo(
            f"near-duplicates: {n:,} of {counted(len(news), 'article')}, groups: {len(groups):,}",
            err=True,
        )


def _table_of_groups(news: RelatedNews, groups: Sequence[Sequence[str]]) -> str:
    """Return a table with one line for each article: number of its group, date, id and title."""
    from relnews.export.text import aligned, date_of, printable
    from relnews.storage.compiled_rules import articles_of

    ids = [id_ for group in groups for id_ in group]
    about = {id_: item for id_, (_, item) in articles_of(news.archive_.catalogue, ids).items()}
    rows = [("#", "date", "id", "title")]
    for number, group in enumerate(groups, start=1):
        for article in (about[id_] for id_ in group if id_ in about):
            names = printable(article.id), printable(article.title)
            rows.append((str(number), date_of(article), *names))
    return aligned(rows, n_right=1)


@click.command()
@archive_argument
@format_option("A line for each property, or one line of JSON.")
def info(archive: Path, format_: str) -> None:
    """Print what is in an archive, and how it was built.

    \b
    relnews info my.relnews
    relnews info my.relnews --json
    """
    import dataclasses
    import json

    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    drift = news.drift(100)
    if format_ == "json":
        facts = news.archive_.facts() | {"drift": dataclasses.asdict(drift)}
        click.echo(json.dumps(facts, ensure_ascii=False).encode())
        return
    about = {**news.archive_.describe(), "drift": str(drift)}
    for name, value in about.items():
        click.echo(f"{name + ':':<14} {value}")
