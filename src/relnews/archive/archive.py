"""Archive: articles, counted and laid out, to rank over and to change."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from relnews import _checks, dates
from relnews._kernels.tokens import UNKNOWN
from relnews._parallel import in_order
from relnews.archive.live_segment import Epoch, View
from relnews.archive.state import Index
from relnews.articles import Article
from relnews.dates import UNDATED, timestamp
from relnews.exceptions import ArchiveChangedError, ArchiveFormatError
from relnews.options.conditions import Resolved, Where
from relnews.options.recency import Recency, check_own_recency
from relnews.search.bounds import CommonTerms
from relnews.search.query import Limits
from relnews.search.segment import SEGMENT_ARTICLES, Segment
from relnews.search.top_k import Ranked, rank
from relnews.search.weights import Weighting
from relnews.storage import integrity
from relnews.storage.arrays import Store
from relnews.storage.catalogue import Catalogue
from relnews.text.analysis import MIN_LENGTH, Analysis
from relnews.text.article_terms import NO_ARTICLE, ArticleBatch, Query, WordCounter
from relnews.text.ignored_terms import IgnoredTerms
from relnews.text.vocabulary import Vocabulary, Workspace

#: A segment is closed at so many (article, term) pairs even if it has room for more articles.
SEGMENT_PAIRS = 1 << 25

#: Articles ranked by one task.
BLOCK = 64

#: Conditions on fields whose articles are remembered.
_FILTERS = 32

#: How often an answer is begun again because the archive has changed under it.
_ATTEMPTS = 10

#: After so many of these nothing may change until the answer is there.
_OVERTAKEN = 3

Answer = TypeVar("Answer")


class Archive:
    """Articles, counted and laid out, with the statistics that their weights depend on.

    Whatever is read is of the newest change that was committed, by this process or another one.

    Parameters
    ----------
    store : Store
        Catalogue and arrays.

    Attributes
    ----------
    analysis : Analysis
    weighting : Weighting
    recency : Recency or None
        How scores fade unless something else is asked for.
    n_stop : int
        The terms numbered below are stop words.
    index : Index
        What is ranked over.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.catalogue: Catalogue = store.catalogue
        self._read_settings()
        self._filtered_of: View | None = None
        self._filtered: dict[Where, View] = {}
        self.index = Index(store, self.analysis, self.weighting, self.recency)
        self.refresh()

    def _read_settings(self) -> None:
        setting = self.catalogue.setting
        with integrity.damage_in(self.catalogue.folder or ":memory:"):
            self.analysis = Analysis(**setting("analysis"))
            self.weighting = Weighting(**setting("weighting"))
            recency = setting("recency")
            self.recency = None if recency is None else Recency(**recency)
            check_own_recency(self.recency)
            self.n_stop = int(setting("n_stop"))
            self._made = str(setting("made"))

    @classmethod
    def build(
        cls,
        articles: Iterable[Article],
        analysis: Analysis,
        weighting: Weighting,
        recency: Recency | None,
    ) -> Archive:
        """Count and lay out articles; their ids have to be distinct. Texts are not kept."""
        counter = WordCounter(analysis)
        store = Store.in_memory()
        catalogue = store.catalogue
        segments: list[Segment] = []
        waiting: list[Article] = []
        digests: list[bytes] = []
        with store.transaction():
            first = catalogue.next_key()

            def seal() -> None:
                nonlocal first
                key = np.arange(first, first + len(waiting))
                words = counter.take()
                published = np.array([_date(article) for article in waiting], dtype=np.int64)
                ids = [article.id for article in waiting]
                n_terms = len(counter.vocabulary)
                segments.append(Segment.from_wording(words, key, published, ids, n_terms))
                catalogue.add(waiting, key.tolist(), digests)
                first += len(waiting)
                waiting.clear()
                digests.clear()

            for article in articles:
                counter.add(article)
                # The text has been counted; only what is shown is kept.
                digests.append(article.digest())
                waiting.append(dataclasses.replace(article, text=""))
                if len(waiting) == SEGMENT_ARTICLES or counter.n_pairs >= SEGMENT_PAIRS:
                    seal()
            if waiting:
                seal()
            vocabulary = counter.vocabulary.freeze()
            catalogue.set("analysis", dataclasses.asdict(analysis))
            catalogue.set("weighting", dataclasses.asdict(weighting))
            catalogue.set("recency", None if recency is None else dataclasses.asdict(recency))
            catalogue.set("n_stop", counter.n_stop)
            catalogue.set("made", os.urandom(8).hex())
            put_vocabulary(store, vocabulary)
            n_terms = len(vocabulary)
            # There is an epoch, and outlines, once there are statistics.
            nothing = np.empty(0, dtype=np.int32)
            epoch = Epoch(0, nothing, CommonTerms(nothing, np.empty((0, 0)), n_terms))
            put_epoch(store, epoch)
            for segment in segments:
                outline = epoch.common.outline([], segment.n_articles)
                put_segment(store, segment, outline.named())
        archive = cls(store)
        with store.transaction():
            start_epoch(archive.index)
        archive.refresh()
        return archive

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Archive:
        """Map the archive in a folder."""
        return cls(Store.open(folder))

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the archive to a folder; see `relnews.storage.arrays`."""
        own = self.catalogue.folder
        if own is not None and Path(folder).is_dir() and own.samefile(folder):
            return  # every change was saved when it was made
        target = Store.create(folder)
        for attempt in range(_ATTEMPTS):
            generation = self.catalogue.generation()
            try:
                with self.catalogue.read_transaction(), target.transaction():
                    target.copy_from(self.store)
                return
            except ArchiveFormatError:  # another process may have merged what was to be copied
                if attempt == _ATTEMPTS - 1 or self.catalogue.generation() == generation:
                    raise

    def refresh(self) -> bool:
        """Take in what others have committed; say whether there was anything."""
        with self.locked():
            for attempt in range(_ATTEMPTS):
                try:
                    with self.catalogue.read_transaction():
                        if self._made != self.catalogue.setting("made"):
                            self._read_settings()  # another archive was saved here
                            self.index = Index(
                                self.store, self.analysis, self.weighting, self.recency
                            )
                        return self.index.refresh()
                except ValueError:
                    # Folders go when a later change does not need them any more.
                    generation = self.catalogue.generation()
                    self.index.forget()
                    if attempt == _ATTEMPTS - 1 or self._seen == generation:
                        raise
                    self._seen = generation
        raise integrity.archive_changed()

    _seen = -1

    def current(self, function: Callable[[], Answer]) -> Answer:
        """Return what a function reads, of one state of the archive: the newest one."""
        generations = set()
        for attempt in range(_ATTEMPTS):
            is_held = attempt >= _OVERTAKEN
            with self.catalogue.read_transaction() if is_held else contextlib.nullcontext():
                if (
                    is_held
                    or self.index.generation < 0
                    or self.catalogue.changed_since_last_check()
                ):
                    self.refresh()
                try:
                    return function()
                except ArchiveChangedError:
                    self.refresh()
                    generations.add(self.index.generation)
        if len(generations) > 1:
            raise integrity.archive_changed()
        raise integrity.damaged_archive(
            self.catalogue.folder or ":memory:", "its catalogue and its arrays do not fit"
        )

    def locked(self) -> AbstractContextManager[bool]:
        """Keep other threads from what is in memory, and from a transaction that is under way."""
        return self.catalogue.state

    @property
    def n_articles(self) -> int:
        """Articles of the archive."""
        return self.index.n_articles

    # --- ranking ---------------------------------------------------------------------------------

    def rank_articles(
        self, keys: Sequence[int], k: int, conditions: Resolved | None = None
    ) -> list[Ranked]:
        """Return the best k articles for some articles of the archive."""
        view = self._view(conditions)
        limits = None
        if conditions is not None:
            limits = self._limits(conditions, keys, view.published(keys), dates.now())
        return view.rank(keys, k, self.catalogue.ids, limits)

    def rank_draft(self, article: Article, k: int, conditions: Resolved | None = None) -> Ranked:
        """Return the best k articles for an article that is not of the archive.

        Words that no article of the archive has do not count, as in scikit-learn's ``transform``.
        Days are counted from its date, or from now.
        """
        with self.locked():  # terms are numbered anew now and then
            view = self._view(conditions)
            query = self._query_of(article)
        if not view.segments:
            return Ranked(NO_ARTICLE, np.empty(0, np.int64), np.empty(0), np.empty(0))
        now = dates.now()
        published = np.array([now if article.published is None else _date(article)])
        if conditions is not None:
            limits = self._limits(conditions, [NO_ARTICLE], published, now)
        else:
            limits = Limits.none([NO_ARTICLE], published, self.recency)
        return rank(view.segments, view.queries([query], limits), k, self.catalogue.ids)[0]

    def near_draft(self, article: Article, floor: int, same_words: int) -> NDArray[np.int64]:
        """Return the articles whose cosine with one that is not of the archive reaches a floor.

        So does that of articles with the same text.

        Parameters
        ----------
        article : Article
        floor : int
            In millionths.
        same_words : int
            Shorter texts may be the same; above 0.

        Returns
        -------
        int64 array
            Keys.
        """
        with self.locked():
            view = self._view(None)
            query = self._query_of(article)
        queries = view.queries([query], by_cosine=True)
        near = [
            scored.segment.key[scored.reach(queries, np.full(scored.segment.n_articles, floor))[0]]
            for scored in view.segments
        ]
        if len(query.text) >= same_words:
            near += [s.segment.key[s.segment.with_text(query.text)] for s in view.segments]
        return np.concatenate([np.empty(0, dtype=np.int64), *near])

    def _limits(
        self, conditions: Resolved, keys: Sequence[int], published: NDArray[np.int64], now: int
    ) -> Limits:
        """Return conditions as the ranking takes them."""
        return self.with_recency(conditions).limits(keys, published, now, self.catalogue)

    def with_recency(self, conditions: Resolved) -> Resolved:
        """Return conditions under which scores fade as usual if they do not say otherwise."""
        return dataclasses.replace(conditions, recency=conditions.recency or self.recency)

    def _query_of(self, article: Article) -> Query:
        """Return an article that is not of the archive, by the terms that the archive has."""
        batch = ArticleBatch(self.analysis, self.index.ignored.words)
        batch.add(article)
        runs = batch.runs(Workspace())
        term = self.index.vocabulary.find(runs, MIN_LENGTH)
        frequency = self.index.statistics.document_frequency
        # What no article has any more is as unknown as what none ever had.
        known = term >= self.n_stop
        term[known] = np.where(frequency[term[known]] > 0, term[known], UNKNOWN)
        words = batch.wording(runs, term, self.n_stop, np.zeros(len(frequency), dtype=np.int32))
        order = np.argsort(words.counts.term)
        return Query(
            NO_ARTICLE, words.counts.term[order], words.counts.count[order], words.text.value,
            words.phrases.value, batch.n_unknown(runs, term),
        )  # fmt: skip

    def has_word(self, word: str) -> bool:
        """Say whether any article has a word, be it in a phrase."""
        with self.locked():
            self.refresh()
            is_it = IgnoredTerms([word], self.analysis).among(self.index.vocabulary)
            return bool(self.index.statistics.document_frequency[is_it].any())

    def _view(self, conditions: Resolved | None) -> View:
        """Return what is ranked over now, only some articles of it if there are conditions."""
        with self.locked():
            if self.index.generation < 0:  # a change by another thread has failed
                self.refresh()
            view = self.index.view()
            if conditions is None or not conditions.where:
                return view
            if self._filtered_of is not view:
                self._filtered_of, self._filtered = view, {}
            if conditions.where not in self._filtered:
                if len(self._filtered) == _FILTERS:
                    self._filtered.pop(next(iter(self._filtered)))
                keys = self.catalogue.keys_where(conditions.where)
                self._filtered[conditions.where] = view.only(np.array(keys, dtype=np.int64))
            return self._filtered[conditions.where]

    def keys_of(self, identifiers: Sequence[str]) -> list[int]:
        """Return the keys of articles.

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them.
        """
        known = self.catalogue.digests(identifiers)
        for identifier in identifiers:
            if identifier not in known:
                raise _checks.unknown_article(identifier, self.catalogue.all_ids())
        return [known[identifier][0] for identifier in identifiers]

    def by_blocks(
        self,
        put: Callable[[list[int]], Answer],
        n_jobs: int | None,
        keys: Sequence[int] | None = None,
    ) -> Iterator[Answer]:
        """Yield what a function makes of the keys of articles, in the order of the archive.

        Parameters
        ----------
        put : callable
            Given some keys; what it reads is of one state of the archive.
        n_jobs : int or None
        keys : sequence of int, optional
            All articles by default.
        """
        some = sorted(self.catalogue.keys() if keys is None else keys)
        blocks = (some[i : i + BLOCK] for i in range(0, len(some), BLOCK))
        return in_order(lambda block: self.current(lambda: put(block)), blocks, n_jobs)

    def describe(self) -> dict[str, str]:
        """Return what there is to know of the archive, by name."""
        oldest, newest = self.catalogue.span()
        index = self.index
        members = index.members.values()
        n_pairs = sum(len(member.segment.row_level) for member in members)
        n_pairs += sum(len(article.term) for article in index.open.values())
        stop_words = self.analysis.stop_words
        stored = self.catalogue.setting("lists")
        return {
            "articles": f"{self.n_articles:,}",
            "dates": f"{oldest:%Y-%m-%d} to {newest:%Y-%m-%d}" if oldest and newest else "none",
            "terms": f"{int(np.count_nonzero(index.statistics.document_frequency)):,}",
            "pairs": f"{n_pairs:,} (article, term)",
            "index": f"{self.store.size() / 1e6:,.1f} MB",
            "segments": f"{len(index.members)}, and {len(index.open):,} articles in none yet",
            "removed": f"{sum(len(m.is_alive) - m.n_alive for m in members):,} to be reclaimed",
            "changes": f"{index.generation:,}",
            "drift": f"{index.drift():.1%} largest change of an idf since the epoch",
            "stored lists": f"{stored['k']} of {stored['candidates']} candidates"
            if stored
            else "none",
            "title": f"weighs {self.weighting.title_weight:g}, "
            f"its share in the other text {self.weighting.title_overlap:g}",
            "language": self.analysis.language or "one, whatever articles name",
            "stop words": "of the language"
            if stop_words == "language"
            else stop_words
            if isinstance(stop_words, str)
            else f"{len(stop_words)} words"
            if stop_words
            else "none",
            "normalization": self.analysis.normalization or "none",
            "tf": "1 + ln(tf)" if self.weighting.sublinear_tf else "tf",
            "recency": str(self.recency or "none"),
        }


def put_vocabulary(store: Store, vocabulary: Vocabulary) -> None:
    """Write a vocabulary, and how it is read."""
    arrays: dict[str, NDArray[Any]] = {
        name: getattr(vocabulary, name) for name in ("table", "blob", "term_ptr")
    }
    store.put("vocabulary", arrays)
    store.catalogue.set("seed", vocabulary.seed)


def put_epoch(store: Store, epoch: Epoch) -> None:
    """Write an epoch."""
    store.put("epoch", epoch.arrays())
    store.catalogue.set("epoch", epoch.n_articles)


def put_segment(store: Store, segment: Segment, outline: dict[str, NDArray[Any]]) -> None:
    """Write a segment and the outline of its articles."""
    store.put("outline", outline, store.put("segment", segment.arrays()))


def start_epoch(index: Index, *, keep_statistics: bool = False) -> None:
    """Write a new epoch in place of the last, of the statistics of now unless others are kept."""
    store = index.store
    members = [*index.members.items()]
    epoch, outlines = index.new_epoch(
        [member for _, member in members], keep_statistics=keep_statistics
    )
    for entry in store.catalogue.folders():
        if entry.kind in ("epoch", "outline"):
            store.drop(entry)
    put_epoch(store, epoch)
    for (number, _), outline in zip(members, outlines, strict=True):
        store.put("outline", outline.named(), number)


def _date(article: Article) -> int:
    published = timestamp(article.published)
    return UNDATED if published is None else published
