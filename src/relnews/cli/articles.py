"""Commands that look up articles of an archive."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relnews.cli._articles import article_id, items_of, offered
from relnews.cli._shared import archive_argument, format_option

if TYPE_CHECKING:
    from relnews.results import RelatedItem


@click.command()
@archive_argument
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option(
    "-k",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Largest number of articles.",
)
@format_option("A table to read, or one JSON object a line.")
def find(archive: Path, words: tuple[str, ...], k: int, format_: str) -> None:
    """Find articles by words of their titles, newest first.

    \b
    relnews find my.relnews kyiv
    relnews find my.relnews kyiv -k 5 --format json

    A title has to have every WORD. Case and accents do not matter, and a beginning of a word is
    enough. Articles under embargo and expired ones are found, too. The exit code is 1 if no title
    has the words.
    """
    from relnews.export import json
    from relnews.export.text import aligned, date_of, printable, title_of
    from relnews.related import RelatedNews
    from relnews.storage import titles

    if not "".join(words).strip():
        msg = "give at least one word of a title."
        raise click.UsageError(msg)
    news = RelatedNews.open(archive)
    catalogue = news.archive_.catalogue
    with catalogue.read_transaction():
        keys = titles.with_words(catalogue, words)
        if not keys:
            near = titles.nearest(catalogue, words)
            hint = "Titles with some of them:" if near else "Try other words, or their beginnings."
            message = f"no title has all of the words: {printable(' '.join(words))}. {hint}"
            raise click.ClickException(message + offered(news, near))
        items = items_of(news, keys[:k])
    if format_ == "json":
        for item in items:
            click.echo(json.line(_record(item)).encode())
        return
    rows = [
        (date_of(item), printable(item.section or ""), printable(item.id), title_of(item))
        for item in items
    ]
    click.echo(aligned([("date", "section", "id", "title"), *rows]))
    if len(keys) > k:
        click.echo(f"{k:,} of {len(keys):,} articles; -k shows more.", err=True)


@click.command()
@archive_argument
@click.argument("id")
@format_option("A line for each field, or one line of JSON.")
def show(archive: Path, id: str, format_: str) -> None:  # noqa: A002
    """Print what an archive has of an article: its fields, without the text, and its copies.

    \b
    relnews show my.relnews SOME-ID
    relnews show my.relnews SOME-ID --format json

    Fields that the article lacks are left out. Articles under embargo and expired ones are shown,
    too. The near-duplicates are the ids of public articles that are nearly the same text, newest
    first.
    """
    from relnews.dates import moment
    from relnews.export import json
    from relnews.export.text import printable
    from relnews.related import RelatedNews

    news = RelatedNews.open(archive)
    catalogue = news.archive_.catalogue
    with catalogue.read_transaction():
        key = catalogue.keys_of([article_id(news, id)])
        (item,) = items_of(news, key)
        expires = moment(catalogue.expires(key[0]))
    near = news.near_duplicates(item.id)
    record = _record(item) | ({"expires": expires.isoformat()} if expires else {})
    record |= {"near_duplicates": near} if near else {}
    if format_ == "json":
        click.echo(json.line(record).encode())
        return
    width = max(map(len, record)) + 1
    for name, value in record.items():
        text = ", ".join(value) if isinstance(value, list) else str(value)
        click.echo(f"{name + ':':<{width}} {printable(text)}")


def _record(item: RelatedItem) -> dict[str, object]:
    """Return the fields of an article as JSON values, without unknown ones."""
    from relnews.results import SHOWN

    return {name: value for name, value in item.to_dict().items() if name in SHOWN}
