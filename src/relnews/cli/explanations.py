"""Commands that say why an article is, or is not, in a list."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from pathlib import Path

import click

from relnews.cli._shared import archive_argument, k_option


@click.command()
@archive_argument
@click.argument("a")
@click.argument("b")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "line"]),
    default="table",
    show_default=True,
    help="Tables to read, one line of JSON, or a line for readers.",
)
def explain(archive: Path, a: str, b: str, format_: str) -> None:
    """Explain the score of B in the list of A.

    \b
    relnews explain my.relnews SOME-ID OTHER
    relnews explain my.relnews SOME-ID OTHER --format line

    The terms that both articles have, whose parts add up to their similarity; the rules that make
    a score of it; and the rank of B in the list of A. The ranking is that of now, not that of
    stored lists.
    """
    import json

    from relnews.related import RelatedNews

    explanation = RelatedNews.open(archive).explain(a, b)
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
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A sentence to read, or one line of JSON.",
)
def why_not(archive: Path, a: str, b: str, k: int, format_: str) -> None:
    """Say why B is not in the list of A.

    \b
    relnews why-not my.relnews SOME-ID OTHER
    relnews why-not my.relnews SOME-ID OTHER -k 5

    B is not in the archive, is under embargo or has expired, shares no term with A, or others are
    preferred: then its rank and its score, and those of the last of the list. The ranking is that
    of now, not that of stored lists.
    """
    import json

    from relnews.related import RelatedNews

    reason = RelatedNews.open(archive).why_not(a, b, k)
    if format_ == "text":
        click.echo(str(reason))
    else:
        click.echo(json.dumps(reason.to_dict(), ensure_ascii=False).encode())
