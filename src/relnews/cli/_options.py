"""The list options of every command that makes lists, made from the table of `options`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import click

from relnews.exceptions import RelnewsError
from relnews.options.list_options import TEXT_OPTIONS, options_from_text
from relnews.options.text_option import TextOption


def list_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of lists; the command gets them as ``options``."""

    @functools.wraps(command)
    def with_options(**values: Any) -> None:
        given = {option.name: values.pop(option.name) for option in TEXT_OPTIONS}
        with usage():
            options = options_from_text(given)
        command(options=options, **values)

    decorated: Callable[..., None] = with_options
    for option in reversed(TEXT_OPTIONS):
        decorated = click.option(
            _flag(option),
            option.name,
            type=click.Choice(option.choices) if option.choices else option.kind,
            multiple=option.repeats,
            metavar=option.value,
            help=f"{option.help} May be repeated." if option.repeats else option.help,
        )(decorated)
    return decorated


def _flag(option: TextOption) -> str:
    """Return how an option is called on the command line; in the singular if it may be repeated."""
    name = option.name.removesuffix("s") if option.repeats else option.name
    return f"--{name.replace('_', '-')}"


@contextlib.contextmanager
def usage() -> Iterator[None]:
    """Turn an invalid option into one line and exit code 2, a missing package into exit code 1."""
    try:
        yield
    except RelnewsError:
        raise
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except ImportError as error:
        raise click.ClickException(str(error)) from error
