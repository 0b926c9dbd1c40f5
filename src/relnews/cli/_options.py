"""The options of every command that makes lists: what a list is asked for."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import click

from relnews.cli._shared import Command
from relnews.exceptions import RelnewsError
from relnews.options.modes import DEFAULT, FALLBACKS, MODES
from relnews.options.recency import Recency
from relnews.options.selection import PREFERENCES, Selection

if TYPE_CHECKING:
    from relnews.options.list_options import Options


_OPTIONS = (
    click.option("--mode", type=click.Choice([*MODES]),
                 help=f"What kind of list.  [default: {DEFAULT}]"),
    click.option("--after", metavar="DATE", help="Published from this day or moment on."),
    click.option("--before", metavar="DATE", help="Published before this day or moment."),
    click.option("--within", type=float, metavar="DAYS",
                 help="Published so many days before or after the story, or fewer."),
    click.option("--only", type=click.Choice(["earlier", "later"]),
                 help="Published before the story, or after it."),
    click.option("--where", multiple=True, metavar="FIELD=VALUE",
                 help="Of this section, source, author or language, or with one of these tags; "
                 "given twice for a field, either will do."),
    click.option("--exclude", multiple=True, metavar="ID",
                 help="Not this article; once for each."),
    click.option("--half-life", type=float, metavar="DAYS",
                 help="The score fades: half of what can fade is gone so many days before or after "
                 "the story."),
    click.option("--floor", type=float, metavar="SHARE",
                 help="What never fades of a score.  [default: 0.5]"),
    click.option("--offset", type=float, metavar="DAYS",
                 help="How many days cost nothing.  [default: 0]"),
    click.option("--anchor", metavar="DATE",
                 help="What the days are counted from, instead of the date of the story: a day, a "
                 "moment, or 'now'."),
    click.option("--no-duplicates/--duplicates", default=None,
                 help="Leave out what is nearly the same text as the story or as another item, or "
                 "keep it; of several versions the newest one stays."),
    click.option("--prefer", type=click.Choice(PREFERENCES),
                 help="Which of several versions stays, instead of the newest one."),
    click.option("--agency", "agencies", multiple=True, metavar="SOURCE",
                 help="Of several versions, rather none of this source."),
    click.option("--cap", "caps", multiple=True, metavar="FIELD=N",
                 help="At most so many items of one section, source or author, or of one story."),
    click.option("--diversity", type=float, metavar="SHARE",
                 help="Rather items that differ from each other; 0 is the order of the ranking."),
    click.option("--min-score", type=float, metavar="SCORE", help="No item below this score."),
    click.option("--mentions", type=click.IntRange(0), metavar="N",
                 help="Name so many things that an item and the story both mention; in JSON and "
                 "HTML."),
    click.option("--fallback", multiple=True, type=click.Choice(FALLBACKS),
                 help="Fill a short list with the latest of the section, or of all; one after the "
                 "other."),
)  # fmt: skip


#: What else there is to say of how a score fades.
_OF_HALF_LIFE = ("floor", "offset", "anchor")

#: What is handed on as it is given.
_AS_THEY_ARE = (
    "mode", "after", "before", "within", "only", "exclude", "fallback", "mentions",
)  # fmt: skip


def list_options(command: Command) -> Command:
    """Give a command the options of lists; it hands what it is given to `options_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def options_of(asked: Mapping[str, Any]) -> Options:
    """Return what a list is asked for: what is not said is as the mode says."""
    said = {name: value for name, value in asked.items() if value not in (None, ())}
    options: dict[str, Any] = {name: said[name] for name in _AS_THEY_ARE if name in said}
    if "where" in said:
        options["where"] = _several("--where", said["where"])
    if "half_life" in said:
        more = {name: said[name] for name in _OF_HALF_LIFE if name in said}
        options["recency"] = Recency(said["half_life"], **more)
    for name in _OF_HALF_LIFE:
        if name in said and "half_life" not in said:
            msg = f"--{name} is of --half-life; give that, too."
            raise click.UsageError(msg)
    selection = _selection(said)
    if selection is not None:
        options["selection"] = selection
    return cast("Options", options)


def sizes_of(pairs: Iterable[str]) -> dict[str, int]:
    """Return how many items each mode is asked for."""
    return {mode: _number(k) for mode, k in map(_pair, pairs)}


@contextlib.contextmanager
def usage() -> Iterator[None]:
    """Turn what is wrong with an option into one line and exit code 2."""
    try:
        yield
    except RelnewsError:
        raise
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _selection(said: Mapping[str, Any]) -> Selection | None:
    """Return the selection of the mode with what is said besides, None if nothing is."""
    changes: dict[str, Any] = {
        name: said[name]
        for name in ("prefer", "agencies", "diversity", "min_score")
        if name in said
    }
    if "no_duplicates" in said:
        changes["duplicates"] = 0.9 if said["no_duplicates"] else None
    if "caps" in said:
        changes["caps"] = {name: _number(n) for name, n in map(_pair, said["caps"])}
    mode = MODES[said.get("mode", DEFAULT)]
    return (
        dataclasses.replace(mode.selection or Selection(duplicates=None), **changes)
        if changes
        else None
    )


def _several(option: str, pairs: Iterable[str]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in map(_pair, pairs):
        fields.setdefault(name, []).append(value)
    return fields


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        msg = f"expected FIELD=VALUE, such as section=World, got {text!r}."
        raise click.UsageError(msg)
    return name, value


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        msg = f"expected a number of items, such as 2, got {text!r}."
        raise click.UsageError(msg) from None
