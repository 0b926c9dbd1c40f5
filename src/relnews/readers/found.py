"""Found: the entries of a source, before they are articles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from relnews.articles import Article
from relnews.readers.load_report import Problem


class Skipped(NamedTuple):
    """A record that is skipped, or something in a source that was mended without losing a record.

    Parameters
    ----------
    problem : Problem
        The kind of problem; `Problem.MENDED` is counted beside the records.
    detail : str, default=""
        The rest of the message.
    """

    problem: Problem
    detail: str = ""


class Former(NamedTuple):
    """The id that an article of a source had before.

    An update removes it if no record has it, and its place has given no article just before.

    Parameters
    ----------
    id : str
    """

    id: str


#: An entry of a source: its place, and the record, why it is skipped, or a finished article; or
#: the id of an article that was there before.
Found: TypeAlias = tuple[str, Mapping[str, object] | Skipped | Former | Article]
