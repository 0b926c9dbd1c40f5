"""The commands ``relnews rules``: print and change the editors' rules of an archive."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import contextlib
import inspect
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relnews._checks import counted
from relnews.cli._articles import article_id
from relnews.cli._options import usage
from relnews.cli._shared import archive_argument, format_option
from relnews.storage.rule_kinds import KINDS, Rule, RuleKind

if TYPE_CHECKING:
    from relnews.related import RelatedNews
    from relnews.storage.rules import Rules


@click.group()
def rules() -> None:
    """Pin, block and hide articles in lists, and ignore words.

    \b
    relnews rules pin my.relnews SOME-ID OTHER           begin its list with OTHER
    relnews rules block my.relnews SOME-ID OTHER         never OTHER in its list
    relnews rules never my.relnews tag=court section=Fun  no list of one has the other
    relnews rules hide my.relnews "title=Live: *"        in no list at all
    relnews rules ignore my.relnews Reuters              give the word no weight
    relnews rules list my.relnews                        print the rules
    relnews rules drop my.relnews 3                      remove the third rule

    Each command prints the rules that it adds and removes, and why a rule has no effect now. Rules
    hold from the next list on, for stored lists and exports too, and survive updates.
    ARTICLES are id=…, section=…, tag=… or title=…; * in a title stands for any text.
    """


@rules.command("list")
@archive_argument
@format_option("A numbered list, or one JSON object a line.")
def list_(archive: Path, format_: str) -> None:
    """Print the rules of an archive, and which of them have no effect now.

    \b
    relnews rules list my.relnews
    relnews rules list my.relnews --format json > rules.jsonl
    """
    from relnews.export.text import printable
    from relnews.storage.rules import in_words

    kept = _open(archive).rules
    asleep = kept.sleeping()
    for number, rule in enumerate(kept, start=1):
        if format_ == "table":
            click.echo(printable(f"{number}. {in_words(rule, asleep)}"))
        else:
            record = {"kind": rule.kind, "a": rule.a, "b": rule.b, "asleep": asleep.get(rule)}
            click.echo(json.dumps(record, ensure_ascii=False).encode())
    if not len(kept) and format_ == "table":
        click.echo("No rules.", err=True)


@rules.command()
@archive_argument
@click.argument("id")
@click.argument("others", nargs=-1, metavar="[OTHER]...")
@click.option("--replace", is_flag=True, help="Remove the earlier pins of the list.")
def pin(archive: Path, id: str, others: tuple[str, ...], replace: bool) -> None:  # noqa: A002
    """Begin the list of an article with other articles, in this order.

    \b
    relnews rules pin my.relnews SOME-ID OTHER
    relnews rules pin my.relnews SOME-ID --replace OTHER
    relnews rules pin my.relnews SOME-ID --replace

    They come after the earlier pins of that list; with --replace they take their place, and without
    OTHER the list then has no pins. A pinned article that is removed, under embargo or expired is
    not shown; the pin is kept.
    """
    if not others and not replace:
        msg = "give an OTHER to pin, or --replace to remove the pins."
        raise click.UsageError(msg)
    with _changing(archive) as (news, kept):
        ids = [article_id(news, other) for other in others]
        kept.pin(article_id(news, id), ids, replace=replace)


@rules.command()
@archive_argument
@click.argument("id")
@click.argument("other")
@click.option("--both-ways", is_flag=True, help="Also exclude ID from the list of OTHER.")
def block(archive: Path, id: str, other: str, both_ways: bool) -> None:  # noqa: A002
    """Exclude an article from the list of another article.

    \b
    relnews rules block my.relnews SOME-ID OTHER
    relnews rules block my.relnews SOME-ID OTHER --both-ways
    """
    with _changing(archive) as (news, kept):
        kept.block(article_id(news, id), article_id(news, other), both_ways=both_ways)


@rules.command()
@archive_argument
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
def ignore(archive: Path, words: tuple[str, ...]) -> None:
    """Give words no weight: the name of the site, of an agency, of a column.

    \b
    relnews rules ignore my.relnews Reuters
    relnews rules ignore my.relnews Associated Press

    Every word is ignored, by itself and in any phrase of a title. Until `relnews store-lists`
    stores lists without it, lists are ranked when they are read.
    """
    with _changing(archive) as (_, kept):
        kept.ignore(*words)


@rules.command()
@archive_argument
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=1), metavar="NUMBER...")
def drop(archive: Path, numbers: tuple[int, ...]) -> None:
    """Remove rules, by their numbers in `relnews rules list`.

    \b
    relnews rules drop my.relnews 3
    """
    with _changing(archive) as (_, kept):
        there = [*kept]
        if max(numbers) > len(there):
            n_rules = counted(len(there), "rule")
            msg = f"{archive} has {n_rules}, so there is no number {max(numbers)}."
            raise click.ClickException(msg)
        kept.drop(*(there[number - 1] for number in numbers))


def _command_of(kind: RuleKind) -> click.Command:
    """Return the command that adds a rule of a kind."""
    examples = [
        shlex.join(["relnews", "rules", kind.name, "my.relnews", *parts]) for parts in kind.examples
    ]

    @click.command(kind.name, help="\n".join([f"{inspect.getdoc(kind)}\n\n\b", *examples]))
    @archive_argument
    def add(archive: Path, **parts: str) -> None:
        with _changing(archive) as (_, kept):
            kept.add(Rule(kind.name, **parts))

    arguments = click.Argument(["a"], metavar="ARTICLES"), click.Argument(["b"], metavar="OTHERS")
    add.params += arguments[: kind.n_parts]
    return add


# A kind that needs more than its parts, such as a flag, has a command of its own above.
for _kind in KINDS.values():
    if _kind.name not in rules.commands:
        rules.add_command(_command_of(_kind))


@contextlib.contextmanager
def _changing(archive: Path) -> Iterator[tuple[RelatedNews, Rules]]:
    """Open an archive whose rules a command changes; then print what has changed."""
    from relnews.export.text import printable

    news = _open(archive)
    kept = news.rules
    with usage():
        yield news, kept
    assert kept.last_change is not None
    for sentence in kept.last_change.sentences(kept.sleeping()):
        click.echo(printable(sentence), err=True)


def _open(archive: Path) -> RelatedNews:
    from relnews.related import RelatedNews

    return RelatedNews.open(archive)
