"""Interface of a peer: what every other file of this folder implements.

This module imports nothing that a peer may not need, since the start of a process is measured, too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

    from benchmarks.given import Given

#: Kind of lists: the exact lists of the product of all vectors; nearly these, with items missed; or
#: other lists, by the system's own scores.
Kind = Literal["exact", "near", "other"]


@dataclasses.dataclass(frozen=True)
class Search:
    """One way to query a system.

    Parameters
    ----------
    label : str
        Added to the system's name.
    kind : {"exact", "near", "other"}
        Kind of its lists, see `Kind`.
    options : dict
        Additional arguments of `Peer.find`.
    """

    label: str
    kind: Kind
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


class Peer:
    """A system that finds related articles, used as its documentation says.

    A subclass names in `jobs` what it can do, and implements the methods that these jobs need.

    Parameters
    ----------
    threads : int
        Number of threads that the system may use.
    """

    #: Name in tables, distribution package, and the module whose import shows that it is installed.
    name: ClassVar[str]
    package: ClassVar[str]
    module: ClassVar[str]
    #: Subset of "vectorise", "lists", "single", "cold", "update", "relevance".
    jobs: ClassVar[tuple[str, ...]]
    #: Input of the system: the given vectors, or the articles.
    reads: ClassVar[Literal["vectors", "articles"]] = "vectors"
    #: Note below the tables, a sentence or two.
    note: ClassVar[str] = ""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    @property
    def searches(self) -> Sequence[Search]:
        """Return the ways to query the system, the documented one first."""
        return [Search("", "exact")]

    # vectorise

    def vectorise(self, texts: list[str]) -> Any:
        """Return the vectors of texts, or the system's own representation."""
        raise NotImplementedError

    def matrix(self, made: Any) -> sp.csr_matrix | None:
        """Return the matrix in `made` if it must equal scikit-learn's, else None."""
        del made
        return None

    # lists and single

    def compile(self) -> None:
        """Compile or load what building needs, where it can be separated from building."""

    def build(self, given: Given) -> None:
        """Build the index."""
        raise NotImplementedError

    def queries(self, given: Given, rows: Sequence[int] | np.ndarray) -> Any:
        """Return the arguments of `find` for the given rows; not timed."""
        return given.vectors_of(rows)

    def find(self, queries: Any, size: int, **options: Any) -> Any:
        """Find the best articles of each query, itself included; timed."""
        raise NotImplementedError

    def positions(self, found: Any) -> Sequence[Sequence[int]]:
        """Return the found positions, best first; not timed."""
        raise NotImplementedError

    # cold

    def save(self, folder: Path, given: Given) -> None:
        """Write the index, and whatever else `cold` needs."""
        raise NotImplementedError

    def cold(self, folder: Path, row: int, size: int) -> Sequence[int]:
        """Open the saved index and find one list."""
        raise NotImplementedError

    # update

    def add(self, article: dict[str, Any], vector: sp.csr_matrix) -> None:
        """Add an article so that it can be found."""
        raise NotImplementedError

    def new_query(self, article: dict[str, Any], vector: sp.csr_matrix) -> Any:
        """Return the argument of `find` for an added article."""
        del article
        return vector

    def forget(self, article: dict[str, Any]) -> None:
        """Remove an added article, so that the next one meets the same archive.

        Only the systems of relnews implement it: they run again beside every peer.
        """

    # relevance

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        """Return the scores of all articles for each query: an array (queries, articles)."""
        raise NotImplementedError


def stop_words_of(articles: Sequence[dict[str, Any]]) -> list[str]:
    """Return the stop words of the language of the first article, by the package stop-words.

    They are for languages of which a system has no list of its own. A set is of one language.
    """
    from stop_words import LANGUAGE_MAPPING, get_stop_words

    code = language_of(articles)
    return get_stop_words(code) if code in LANGUAGE_MAPPING else []


def language_of(articles: Sequence[dict[str, Any]]) -> str:
    """Return the language of the first article, English if it names none."""
    return str(articles[0]["language"] or "en").partition("-")[0].lower()
