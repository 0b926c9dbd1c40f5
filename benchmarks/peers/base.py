"""What a peer has to offer: the interface of every file beside this one.

Nothing here is imported that a peer may do without, for the start of a process is measured too.
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

#: What lists are: those of the product of all vectors; the same with some items missed; or others,
#: by scores of the system's own.
Kind = Literal["exact", "near", "other"]


@dataclasses.dataclass(frozen=True)
class Search:
    """One way to ask a system.

    Parameters
    ----------
    label : str
        Added to the system's name.
    kind : {"exact", "near", "other"}
    options : dict
        What `Peer.find` is given besides.
    """

    label: str
    kind: Kind
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


class Peer:
    """A system that finds related articles, used as its documentation says.

    A subclass says in `jobs` what it can do, and has the methods that these need.

    Parameters
    ----------
    threads : int
        As many as it may use.
    """

    #: What tables call it, the package that brings it, and what is imported to see whether it is
    #: there.
    name: ClassVar[str]
    package: ClassVar[str]
    module: ClassVar[str]
    #: Some of "vectorise", "lists", "single", "cold", "update", "relevance".
    jobs: ClassVar[tuple[str, ...]]
    #: Whether it works on the given vectors, or on the articles.
    reads: ClassVar[Literal["vectors", "articles"]] = "vectors"
    #: What tables say about it, a sentence or two.
    note: ClassVar[str] = ""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    @property
    def searches(self) -> Sequence[Search]:
        """The ways to ask it; the first is what its documentation says."""
        return [Search("", "exact")]

    # vectorise

    def vectorise(self, texts: list[str]) -> Any:
        """Make vectors, or whatever it makes of texts, from nothing."""
        raise NotImplementedError

    def matrix(self, made: Any) -> sp.csr_matrix | None:
        """Return what `vectorise` made if it is to equal scikit-learn's."""
        del made
        return None

    # lists and single

    def compile(self) -> None:
        """Compile or load what building needs, where that can be had apart from it."""

    def build(self, given: Given) -> None:
        """Make the index."""
        raise NotImplementedError

    def queries(self, given: Given, rows: Sequence[int] | np.ndarray) -> Any:
        """Return what `find` takes for some articles; this is not timed."""
        return given.vectors_of(rows)

    def find(self, queries: Any, size: int, **options: Any) -> Any:
        """Find the best of each query, which is among them; this is timed."""
        raise NotImplementedError

    def positions(self, found: Any) -> Sequence[Sequence[int]]:
        """Return what was found as positions, best first; this is not timed."""
        raise NotImplementedError

    # cold

    def save(self, folder: Path, given: Given) -> None:
        """Write the index, and what `cold` needs besides."""
        raise NotImplementedError

    def cold(self, folder: Path, row: int, size: int) -> Sequence[int]:
        """Open what `save` wrote and find one list."""
        raise NotImplementedError

    # update

    def add(self, article: dict[str, Any], vector: sp.csr_matrix) -> None:
        """Add an article so that it is found."""
        raise NotImplementedError

    def new_query(self, article: dict[str, Any], vector: sp.csr_matrix) -> Any:
        """Return what `find` takes for an article that was added."""
        del article
        return vector

    def forget(self, article: dict[str, Any]) -> None:
        """Take an article that was added away again, so that the next one finds the same archive.

        Only ours have to: they are asked again beside every peer.
        """

    # relevance

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        """Return the scores of all articles in the lists of some: an array (queries, articles)."""
        raise NotImplementedError
