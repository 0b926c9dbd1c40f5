"""The command ``relnews``: arguments, progress and exit codes; no logic."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import io
import sys
from typing import Any

import click
from click.shell_completion import CompletionItem

import relnews
from relnews.cli import (
    _leaving,
    archives,
    articles,
    builds,
    explanations,
    quality,
    review,
    rules,
    serve,
    sites,
    tuning,
    updates,
)
from relnews.exceptions import RelnewsError

# Modules that need Numba are imported inside the commands: `relnews --help` answers at once.


class _Group(click.Group):
    """A group of commands that prints the errors of relnews as one line, with exit code 1."""

    def main(self, *args: Any, **extra: Any) -> Any:
        with _leaving.on_signals():
            return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `relnews … | head`
            _leaving.discard_output()
            ctx.exit(_leaving.BROKEN_PIPE)
        except KeyboardInterrupt:
            ctx.exit(_leaving.INTERRUPTED)
        except EOFError as error:  # click would print "Aborted!", as if the user had ended it
            msg = "unexpected end of a file"
            raise RuntimeError(msg) from error
        except (RelnewsError, OSError) as error:
            # An error of the system that names no file is shown without its number.
            sentence = isinstance(error, OSError) and not error.filename and error.strerror
            raise click.ClickException(sentence or str(error)) from error
        except MemoryError as error:
            msg = f"not enough memory. {error}".strip()
            raise click.ClickException(msg) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(relnews.__version__, prog_name="relnews")
def main() -> None:
    """Related News lists for an archive of articles.

    \b
    relnews demo                                      show a list of the sample archive
    relnews build articles.jsonl -o my.relnews        build an archive of your own articles
    relnews merge parts/1 parts/2 -o my.relnews       make one archive of parts built apart
    relnews related my.relnews SOME-ID                print the list of one article
    relnews related-blocks my.relnews SOME-ID news=3  print several lists
    relnews find my.relnews kyiv                      find articles by words of their titles
    relnews show my.relnews SOME-ID                   print what the archive has of an article
    relnews export my.relnews -o lists.jsonl          write the list of every article
    relnews info my.relnews                           print what is in the archive
    relnews duplicates my.relnews                     print groups of near-duplicates
    relnews explain my.relnews SOME-ID OTHER          explain the score of OTHER in the list
    relnews why-not my.relnews SOME-ID OTHER          explain why OTHER is not in the list
    relnews rules list my.relnews                     print what editors pin, block and hide
    relnews review my.relnews                         read lists and change rules on a local page
    relnews update my.relnews new.jsonl               add or replace articles
    relnews remove my.relnews SOME-ID                 remove articles
    relnews store-lists my.relnews                    store every list
    relnews serve my.relnews                          serve lists over HTTP
    relnews compact my.relnews                        free the space of removed articles
    relnews verify my.relnews                         check that the archive is intact
    relnews backup my.relnews copy.relnews            copy the archive while it is written
    relnews fetch s3://news/my.relnews here.relnews   copy an archive from object storage
    relnews health my.relnews                         measure lists
    relnews evaluate my.relnews --qrels q.tsv         score the lists by judgements
    relnews tune my.relnews --links articles.jsonl    choose settings by the links of the site
    relnews warm-up                                   compile, so that nothing waits later

    In place of an ID, give the title or url of an article, if no other article has it.

    Each command has help: relnews help build, or relnews build --help. Lists go to standard output,
    everything else to standard error. Exit codes: 1 bad data or archive, 2 usage error, 130
    interrupted.
    """
    # A terminal without a headline's letters shows question marks; data is always UTF-8.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _next_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the commands that may come next, for completion in a shell."""
    group: click.Command | None = main
    for name in ctx.params["names"] or ():
        group = group.commands.get(name) if isinstance(group, click.Group) else None
    if not isinstance(group, click.Group):
        return []
    return group.shell_complete(click.Context(group), incomplete)


@main.command("help")
@click.argument("names", nargs=-1, metavar="[COMMAND]...", shell_complete=_next_names)
@click.pass_context
def help_(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Print the help of a command.

    \b
    relnews help
    relnews help related
    relnews help rules pin
    """
    found = ctx.find_root()
    for name in names:
        if not isinstance(found.command, click.Group):
            msg = f"{found.command_path!r} has no commands, so there is no {name!r}."
            raise click.UsageError(msg)
        _, command, _ = found.command.resolve_command(found, [name])
        assert command is not None  # it raises for an unknown name
        found = click.Context(command, parent=found, info_name=name)
    click.echo(found.get_help())


for command in (
    archives.demo,
    builds.build,
    builds.merge,
    archives.related,
    archives.related_blocks,
    articles.find,
    articles.show,
    sites.export,
    archives.info,
    archives.duplicates,
    explanations.explain,
    explanations.why_not,
    updates.update,
    updates.remove,
    updates.store_lists,
    updates.compact,
    updates.verify,
    updates.backup,
    updates.fetch,
    quality.evaluate,
    quality.health,
    tuning.tune,
    archives.warm_up,
    serve.serve,
    rules.rules,
    review.review,
):
    main.add_command(command)
