"""The command ``relnews``: arguments, progress and exit codes; no logic."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import io
import sys
from typing import Any

import click

import relnews
from relnews.cli import archives, explanations, quality, rules, serve, sites, updates
from relnews.exceptions import RelnewsError

# Modules that need Numba are imported inside the commands: `relnews --help` answers at once.


class _Group(click.Group):
    """Turns the errors that relnews raises on purpose into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `relnews … | head`: click ends the program quietly
            raise
        except (RelnewsError, OSError) as error:
            # An error of the system that names no file: without its number.
            sentence = isinstance(error, OSError) and not error.filename and error.strerror
            raise click.ClickException(sentence or str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(relnews.__version__, prog_name="relnews")
def main() -> None:
    """Related News lists for an archive of articles.

    \b
    relnews demo                                see it work on a sample archive
    relnews build articles.jsonl -o my.relnews  make an archive of your own articles
    relnews related my.relnews SOME-ID          the list of one article
    relnews blocks my.relnews SOME-ID latest=3  several lists of it, with nothing twice
    relnews export my.relnews -o lists.jsonl    every article's list
    relnews info my.relnews                     what is in it
    relnews duplicates my.relnews               which articles are nearly the same text
    relnews explain my.relnews SOME-ID OTHER    why one has its score in the other's list
    relnews why-not my.relnews SOME-ID OTHER    why it is not there
    relnews rules list my.relnews               what editors pin, block and hide
    relnews update my.relnews new.jsonl         add articles, or replace them
    relnews remove my.relnews SOME-ID           take articles out
    relnews lists my.relnews                    store the lists, to be read at once
    relnews serve my.relnews                    serve them over HTTP
    relnews compact my.relnews                  give back the space of what was removed
    relnews verify my.relnews                   whether it is whole
    relnews health my.relnews                   what state the lists are in
    relnews evaluate my.relnews --qrels q.tsv   how good they are by judgements

    Each command explains itself: relnews build --help. Lists go to standard output, all else to
    standard error; the exit code is 1 if the data or the archive will not do, 2 if the command is
    wrong.
    """
    # A terminal without a headline's letters shows question marks; data is always UTF-8.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


for command in (
    archives.demo,
    archives.build,
    archives.related,
    archives.blocks,
    sites.export,
    archives.info,
    archives.duplicates,
    explanations.explain,
    explanations.why_not,
    updates.update,
    updates.remove,
    updates.lists,
    updates.compact,
    updates.verify,
    quality.evaluate,
    quality.health,
    serve.serve,
    rules.rules,
):
    main.add_command(command)
