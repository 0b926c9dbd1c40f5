"""Archive: an open archive, its state in memory and its snapshots."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from relnews import dates
from relnews._checks import counted
from relnews.archive.snapshot import Snapshot
from relnews.archive.state import ArchiveState
from relnews.archive.text_vectors import TextVectors
from relnews.exceptions import ArchiveChangedError
from relnews.options.recency import Recency, check_own_recency
from relnews.options.vectors import SETTING as VECTORS
from relnews.options.vectors import Vectors
from relnews.search.view import View
from relnews.search.weights import Weighting
from relnews.storage import integrity
from relnews.storage.arrays import Store
from relnews.storage.catalogue import Catalogue
from relnews.storage.compiled_rules import CompiledRules
from relnews.text.analysis import VERSION, Analysis
from relnews.text.ignored_terms import IgnoredTerms
from relnews.text.repeated_lines import SETTING

#: Articles that one task ranks.
BLOCK = 256

#: Attempts at an answer while other processes change the archive.
_ATTEMPTS = 10

#: Attempts after which a read transaction keeps the archive unchanged until the answer is made.
_OVERTAKEN = 3

Answer = TypeVar("Answer")
Arguments = ParamSpec("Arguments")


def blocks_of(keys: list[int]) -> Iterator[list[int]]:
    """Yield the keys of the articles of each task that ranks."""
    return (keys[i : i + BLOCK] for i in range(0, len(keys), BLOCK))


class Archive:
    """An open archive: counted articles and the statistics that their weights depend on.

    Reads return the newest committed change of this or any other process.

    Parameters
    ----------
    store : Store
        Catalogue and arrays of the archive.
    vectors : Vectors, optional
        Where the vectors of new texts come from. None if it is not known, or is in the archive.

    Attributes
    ----------
    analysis : Analysis
        What counts as a term.
    weighting : Weighting
        Weights of terms in text and title.
    recency : Recency or None
        How scores fade by default; None means no fading.
    n_stop : int
        Terms numbered below are stop words.
    vectors : TextVectors or None
        Makes the vectors of texts; None if the archive has none.
    state : ArchiveState
        Segments and statistics, in memory or mapped.
    """

    def __init__(self, store: Store, vectors: Vectors = None) -> None:
        self.store = store
        self._vectors = vectors
        self.catalogue: Catalogue = store.catalogue
        self._latest: Snapshot | None = None
        #: Generation of the catalogue at the last refresh that failed.
        self._seen = -1
        #: Name of the build that the state is of; None if the state has to be read again.
        self._made: str | None = None
        self.refresh()

    def _read_settings(self) -> None:
        """Read what the archive was built with, and begin its state."""
        analysis, weighting, recency, n_stop = self.catalogue.settings(
            "analysis", "weighting", "recency", "n_stop"
        )
        with integrity.damage_in(self.catalogue.place):
            self.analysis = Analysis.of_setting(analysis)
            self.weighting = Weighting.of_setting(weighting)
            self.recency = None if recency is None else Recency(**recency)
            check_own_recency(self.recency)
            self.n_stop = int(n_stop)
        self.vectors = TextVectors.of_setting(
            self.catalogue.setting(VECTORS), self._vectors, self.analysis
        )
        self.state = ArchiveState(
            self.store, self.analysis, self.weighting, self.recency, self.n_stop, self.vectors
        )

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Archive:
        """Return the archive in a folder, mapped."""
        return cls(Store.open(folder))

    def refresh(self) -> bool:
        """Apply changes that other processes committed; return whether there were any."""
        with self.locked():
            is_held = self.catalogue.is_reading
            for attempt in range(_ATTEMPTS):
                try:
                    with self.catalogue.read_transaction():
                        return self.apply_commits()
                except (ValueError, FileNotFoundError) as error:
                    # A later change removes folders that it does not need.
                    self._made = None
                    if is_held:  # a transaction that is open already cannot see that change
                        raise ArchiveChangedError from error
                    generation = self.catalogue.generation()
                    if attempt == _ATTEMPTS - 1 or self._seen == generation:
                        raise
                    self._seen = generation
        raise ArchiveChangedError

    def apply_commits(self) -> bool:
        """Apply what was committed, inside a transaction; return whether there was anything."""
        made, generation = self.catalogue.settings("made", "generation")
        if self._made is None or self._made != made:  # another archive may have been saved here
            self._read_settings()
            self.catalogue.forget_rows()
            self._made = str(made)
        if self.state.generation == (generation or 0):
            return False
        self.state.refresh(generation or 0)
        return True

    def snapshot(self, moment: int | None = None) -> Snapshot:
        """Return the archive at a moment; snapshots of one state share their caches.

        Parameters
        ----------
        moment : int, optional
            Timestamp; it says what readers may see. None means now.
        """
        for _ in range(_ATTEMPTS):
            now, latest = dates.now() if moment is None else moment, self._latest
            if (
                latest is not None
                and latest.view.since <= now < latest.view.until
                and self.catalogue.is_at(latest.generation)
            ):
                return dataclasses.replace(latest, now=now)
            try:
                with self.catalogue.read_transaction(self.state.generation):
                    self._latest = self.snapshot_of(self.state.view(now))
            except ArchiveChangedError:
                self.refresh()
        raise ArchiveChangedError

    def epoch_snapshot(self) -> Snapshot:
        """Return the archive under the statistics of an epoch that begins now."""
        with self.locked():
            self.refresh()
            with self.catalogue.read_transaction(self.state.generation):
                return self.snapshot_of(self.state.next_epoch_view())

    def snapshot_of(self, view: View) -> Snapshot:
        """Return the present state of the archive, to be ranked over in another view."""
        rules = CompiledRules.of(self.catalogue)
        generation = self.catalogue.generation()
        return Snapshot(view, rules, dates.now(), generation, self.catalogue, self.state)

    def answer(
        self,
        function: Callable[Concatenate[Snapshot, Arguments], Answer],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Answer:
        """Return what a function returns for a snapshot, or for a later one after a change.

        Parameters
        ----------
        function : callable
            Given a snapshot and the arguments, it returns the answer.
        *arguments, **options
            Further arguments of the function.

        Raises
        ------
        ArchiveChangedError
            If the archive changes during every attempt.
        ArchiveFormatError
            If the catalogue and the arrays do not fit each other.
        """
        generations = set()
        for attempt in range(_ATTEMPTS):
            is_held = attempt >= _OVERTAKEN
            with self.catalogue.read_transaction() if is_held else contextlib.nullcontext():
                try:
                    return function(self.snapshot(), *arguments, **options)
                except ArchiveChangedError:
                    generations.add(self.state.generation)
        if len(generations) > 1:
            raise ArchiveChangedError
        raise integrity.damaged_archive(
            self.catalogue.place, "its catalogue and its arrays do not fit"
        )

    def locked(self) -> AbstractContextManager[bool]:
        """Return a lock that guards the state in memory and an open transaction."""
        return self.catalogue.state_lock

    @property
    def n_articles(self) -> int:
        """Number of articles of the archive."""
        return self.state.n_articles

    def has_word(self, word: str) -> bool:
        """Return whether any article has a word, alone or in a phrase."""
        with self.locked():
            self.refresh()
            has_word = IgnoredTerms([word], self.analysis).among(self.state.vocabulary)
            return bool(self.state.statistics.document_frequency[has_word].any())

    def facts(self) -> dict[str, Any]:
        """Return the properties of the archive as JSON values, by name."""
        oldest, newest = self.catalogue.span()
        state = self.state
        live_segments = state.live_segments.values()
        n_pairs = sum(len(live.segment.row_level) for live in live_segments)
        n_pairs += sum(len(article.term) for article in state.pending.values())
        stop_words = self.analysis.stop_words
        lines, vectors = self.catalogue.settings(SETTING, VECTORS)
        return {
            "articles": self.n_articles,
            "oldest": oldest and oldest.isoformat(),
            "newest": newest and newest.isoformat(),
            "terms": int(np.count_nonzero(state.statistics.document_frequency)),
            "pairs": n_pairs,
            "bytes": self.store.size(),
            "segments": len(live_segments),
            "pending": len(state.pending),
            "removed": sum(len(live.is_alive) - live.n_alive for live in live_segments),
            "changes": state.generation,
            "drift": state.drift(),
            "stored_lists": self.catalogue.setting("lists"),
            "title_weight": self.weighting.title_weight,
            "title_overlap": self.weighting.title_overlap,
            "language": self.analysis.language,
            "stop_words": [*stop_words] if isinstance(stop_words, tuple) else stop_words,
            "normalization": self.analysis.normalization,
            "analysis": self.analysis.version,
            "sublinear_tf": self.weighting.sublinear_tf,
            "vectors": vectors and vectors["source"],
            "vector_weight": self.weighting.vector_weight,
            "repeated_lines": None if lines is None else sum(map(len, lines.values())),
            "recency": self.recency and dataclasses.asdict(self.recency),
        }

    def describe(self) -> dict[str, str]:
        """Return the properties of the archive as text, by name."""
        facts = self.facts()
        span, words, lists = facts["oldest"], facts["stop_words"], facts["stored_lists"]
        version = facts["analysis"]
        return {
            "articles": f"{facts['articles']:,}",
            "dates": f"{span[:10]} to {facts['newest'][:10]}" if span else "none",
            "terms": f"{facts['terms']:,}",
            "pairs": f"{facts['pairs']:,} (article, term)",
            "index": f"{facts['bytes'] / 1e6:,.1f} MB",
            "segments": f"{facts['segments']}; "
            f"{counted(facts['pending'], 'article')} in no segment yet",
            "removed": f"{counted(facts['removed'], 'article')} whose space can be freed",
            "changes": f"{facts['changes']:,}",
            "drift": f"{facts['drift']:.1%} (largest change of a term's idf)",
            "stored lists": f"{counted(lists['k'], 'item')}, from "
            f"{counted(lists['candidates'], 'candidate')}" if lists else "none",
            "title": f"weight {facts['title_weight']:g}, overlap {facts['title_overlap']:g}",
            "language": facts["language"] or "one, whatever articles name",
            "stop words": counted(len(words), "word") if isinstance(words, list) and words
            else "of the language" if words == "language" else words or "none",
            "normalization": facts["normalization"] or "none",
            "analysis": f"version {version}"
            + ("" if version == VERSION else f"; a new build has {VERSION}"),
            "tf": "1 + ln(tf)" if facts["sublinear_tf"] else "tf",
            "vectors": "none" if facts["vectors"] is None
            else f"{facts['vectors']}, weight {facts['vector_weight']:g}",
            "ignored lines": "none, all lines count" if facts["repeated_lines"] is None
            else counted(facts["repeated_lines"], "repeated line"),
            "recency": str(self.recency or "none"),
        }  # fmt: skip
