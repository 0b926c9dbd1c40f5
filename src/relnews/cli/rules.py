"""Commands for the rules of editors, which the archive keeps."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relnews.cli._options import usage
from relnews.cli._shared import archive_argument, format_option

if TYPE_CHECKING:
    from relnews.storage.rules import Rules


@click.group()
def rules() -> None:
    """Set what lists must show, and what they must not show.

    \b
    relnews rules pin my.relnews SOME-ID OTHER            begin its list with OTHER
    relnews rules block my.relnews SOME-ID OTHER          keep OTHER out of its list
    relnews rules never my.relnews tag=court section=Fun  keep the two kinds apart
    relnews rules hide my.relnews "title=Live: *"         keep articles out of all lists
    relnews rules ignore my.relnews Reuters               ignore a word
    relnews rules list my.relnews                         print the rules
    relnews rules drop my.relnews 3                       delete the third rule

    Rules apply to every list from now on, stored lists and exports included, and survive updates. A
    kind of articles is id=…, section=…, tag=… or title=…; * in a title matches any text.
    """


@rules.command("list")
@archive_argument
@format_option("Lines to read, or one JSON object a line.")
def list_(archive: Path, format_: str) -> None:
    """Print the rules of an archive, and which of them have no effect now.

    \b
    relnews rules list my.relnews
    relnews rules list my.relnews --format json > rules.jsonl
    """
    from relnews.export.text import printable

    kept = _rules_of(archive)
    asleep = kept.sleeping()
    for number, rule in enumerate(kept, start=1):
        note = asleep.get(rule)
        if format_ == "table":
            click.echo(printable(f"{number}. {rule}{f' (asleep: {note})' if note else ''}"))
        else:
            record = {"kind": rule.kind, "a": rule.a, "b": rule.b, "asleep": note}
            click.echo(json.dumps(record, ensure_ascii=False).encode())
    if not len(kept) and format_ == "table":
        click.echo("No rules.", err=True)


@rules.command()
@archive_argument
@click.argument("id")
@click.argument("others", nargs=-1, metavar="[OTHER]...")
def pin(archive: Path, id: str, others: tuple[str, ...]) -> None:  # noqa: A002
    """Begin the list of an article with other articles, in this order.

    \b
    relnews rules pin my.relnews SOME-ID OTHER
    relnews rules pin my.relnews SOME-ID

    New pins replace those of the article; without OTHER the command deletes them. A pinned article
    that is removed, under embargo or expired is not shown, but stays pinned.
    """
    with usage():
        _rules_of(archive).pin(id, others)


@rules.command()
@archive_argument
@click.argument("id")
@click.argument("other")
@click.option(
    "--both-ways", is_flag=True, help="Keep the article out of the list of the other one too."
)
def block(archive: Path, id: str, other: str, both_ways: bool) -> None:  # noqa: A002
    """Keep an article out of the list of another.

    \b
    relnews rules block my.relnews SOME-ID OTHER
    relnews rules block my.relnews SOME-ID OTHER --both-ways
    """
    _rules_of(archive).block(id, other, both_ways=both_ways)


@rules.command()
@archive_argument
@click.argument("some")
@click.argument("others")
def never(archive: Path, some: str, others: str) -> None:
    """Keep two kinds of articles out of each other's lists.

    \b
    relnews rules never my.relnews tag=obituary section=Celebrities
    relnews rules never my.relnews tag=court tag=court
    """
    with usage():
        _rules_of(archive).never(some, others)


@rules.command()
@archive_argument
@click.argument("some")
def hide(archive: Path, some: str) -> None:
    """Keep a kind of articles out of all lists.

    \b
    relnews rules hide my.relnews section=Corrections
    relnews rules hide my.relnews "title=Live: *"
    relnews rules hide my.relnews id=SOME-ID
    """
    with usage():
        _rules_of(archive).hide(some)


@rules.command()
@archive_argument
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
def ignore(archive: Path, words: tuple[str, ...]) -> None:
    """Ignore words such as the name of the site, of a wire source or of a column.

    \b
    relnews rules ignore my.relnews Reuters
    relnews rules ignore my.relnews Associated Press

    A word is ignored by itself and in phrases of titles. Stored lists are ranked when they are read
    until `relnews store-lists` stores them again.
    """
    with usage():
        _rules_of(archive).ignore(*words)


@rules.command()
@archive_argument
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=1), metavar="NUMBER...")
def drop(archive: Path, numbers: tuple[int, ...]) -> None:
    """Delete rules, by their numbers in the list.

    \b
    relnews rules drop my.relnews 3
    """
    kept = _rules_of(archive)
    there = [*kept]
    if max(numbers) > len(there):
        msg = f"{archive} has {len(there):,} rules, so there is no number {max(numbers)}."
        raise click.ClickException(msg)
    kept.drop(*(there[number - 1] for number in numbers))


def _rules_of(archive: Path) -> Rules:
    from relnews.related import RelatedNews

    return RelatedNews.open(archive).rules
