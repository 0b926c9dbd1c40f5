"""Commands that explain why an article is, or is not, in a list."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relnews.cli._articles import article_id
from relnews.cli._options import list_options, usage
from relnews.cli._shared import archive_argument, format_option, k_option

if TYPE_CHECKING:
    from relnews.options.list_options import Options


@click.command()
@archive_argument
@click.argument("a")
@click.argument("b")
@format_option(
    "Tables to read, one line of JSON, or a line for readers.", ("table", "json", "line")
)
@list_options
def explain(archive: Path, a: str, b: str, format_: str, options: Options) -> None:
    """Explain the score of B in the list of A.

    \b
    relnews explain my.relnews SOME-ID OTHER
    relnews explain my.relnews SOME-ID OTHER --format line
    relnews explain my.relnews SOME-ID OTHER --mode background

    The output has the shared terms, whose parts add up to the similarity of the two articles; the
    factors that make a score of it; and the rank of B in the list of A. The command ranks with the
    current statistics and reads no stored list.
    """
    import json

    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    with usage():
        explanation = news.explain(article_id(news, a), article_id(news, b), **options)
    if format_ == "table":
        click.echo(str(explanation))
    elif format_ == "json":
        click.echo(json.dumps(explanation.to_dict(), ensure_ascii=False).encode())
    elif explanation.names:
        click.echo(explanation.reader_line())
    else:
        click.echo("No shared term.", err=True)


@click.command()
@archive_argument
@click.argument("a")
@click.argument("b")
@k_option
@format_option("A sentence to read, or one line of JSON.", ("text", "json"))
@list_options
def why_not(archive: Path, a: str, b: str, k: int, format_: str, options: Options) -> None:
    """Explain why B is not in the list of A.

    \b
    relnews why-not my.relnews SOME-ID OTHER
    relnews why-not my.relnews SOME-ID OTHER -k 5 --filter section=World

    Reasons: B is not in the archive, is under embargo, has expired, shares no term with A, or is
    left out by a condition, a rule or the selection. If other articles rank higher, the command
    prints the rank and the score of B, and the score of the last item. It ranks with the current
    statistics and reads no stored list.
    """
    import json

    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    a, b = article_id(news, a), article_id(news, b, may_be_unknown=True)
    with usage():
        reason = news.why_not(a, b, k, **options)
    if format_ == "text":
        click.echo(str(reason))
    else:
        click.echo(json.dumps(reason.to_dict(), ensure_ascii=False).encode())
