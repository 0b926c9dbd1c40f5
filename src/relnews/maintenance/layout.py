"""Layout: writes vocabularies, segments and epochs into the archive."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews.archive.live_segment import LiveSegment
from relnews.archive.pending import joined, vectors_of
from relnews.archive.state import ArchiveState
from relnews.search.bounds import CommonTerms, Outline, common_terms
from relnews.search.epoch import Epoch
from relnews.search.order import oldest_first
from relnews.search.segment import SEGMENT_ARTICLES, Segment
from relnews.search.vectors import stacked
from relnews.search.weights import Weighting, inverse_document_frequency
from relnews.storage.arrays import Arrays, Store
from relnews.text.article_terms import ArticleTerms
from relnews.text.rows import Counts, Ragged
from relnews.text.vocabulary import Vocabulary

Column = TypeVar("Column", Counts, Ragged)


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """Articles on their way into a segment.

    Parameters
    ----------
    terms : ArticleTerms
        Terms of the articles.
    key, published : int64 arrays of shape (n_articles,)
        Keys, and timestamps of publication.
    ids : sequence of str
        Ids.
    vectors : float32 array of shape (n_articles, n_dimensions)
        Vectors of length 1, or zeros; no dimensions if no article has one.
    """

    terms: ArticleTerms
    key: NDArray[np.int64]
    published: NDArray[np.int64]
    ids: Sequence[str]
    vectors: NDArray[np.float32]

    def cut(self, first: int, last: int) -> Rows:
        """Return the articles from place `first` up to, not including, place `last`."""
        if first == 0 and last == len(self.key):
            return self
        return self.take(np.arange(first, last))

    def take(self, places: NDArray[np.int64]) -> Rows:
        """Return the articles at the given places, in the given order."""
        ids = [self.ids[place] for place in places.tolist()]
        columns = self.key[places], self.published[places], ids, self.vectors[places]
        return Rows(self.terms.take(places), *columns)

    @classmethod
    def concatenate(cls, parts: Sequence[Rows]) -> Rows:
        """Return the articles of several parts, one part after another."""
        return cls(
            ArticleTerms.concatenate([part.terms for part in parts]),
            np.concatenate([part.key for part in parts]),
            np.concatenate([part.published for part in parts]),
            [identifier for part in parts for identifier in part.ids],
            stacked([part.vectors for part in parts]),
        )

    def segment(self, n_terms: int) -> Segment:
        """Return the segment of the articles; `n_terms` is the size of the vocabulary."""
        return Segment.from_terms(
            self.terms, self.key, self.published, self.ids, n_terms, self.vectors
        )


def pending_rows(state: ArchiveState) -> Rows:
    """Return the articles that are in no segment."""
    pending = [*state.pending.values()]
    return Rows(
        joined(pending),
        np.array([*state.pending], dtype=np.int64),
        np.array([article.published for article in pending], dtype=np.int64),
        [article.id for article in pending],
        vectors_of(pending),
    )


def live_rows(state: ArchiveState, live: LiveSegment) -> Rows:
    """Return the articles of a segment that were not removed."""
    segment = live.segment
    key = segment.key[live.is_alive]
    ids = state.store.catalogue.ids(key.tolist())
    columns = key, segment.published[live.is_alive], ids, segment.vectors[live.is_alive]
    return Rows(live.alive_terms(), *columns)


def filled(rows: Iterable[Rows], most_pairs: int | None = None) -> Iterator[Rows]:
    """Yield rows in portions that each fill a segment; the last one may be smaller.

    Parameters
    ----------
    rows : iterable of Rows
        Articles in the order of their keys.
    most_pairs : int, optional
        A portion ends with the article that brings it to this many (article, term) pairs. None
        means no limit.
    """
    waiting: list[Rows] = []
    n_articles = n_pairs = 0

    def portion() -> Rows:
        """Return the rows that wait, in the order of a segment; one column is copied at a time."""
        published = np.concatenate([part.published for part in waiting])
        ids = [identifier for part in waiting for identifier in part.ids]
        order = oldest_first(published, ids)
        key = np.concatenate([part.key for part in waiting])[order]
        vectors = stacked([part.vectors for part in waiting])[order]
        counts = [part.terms.counts for part in waiting]
        text = [part.terms.text for part in waiting]
        phrases = [part.terms.phrases for part in waiting]
        waiting.clear()
        terms = ArticleTerms(
            _in_order(Counts, counts, order), _in_order(Ragged, text, order),
            _in_order(Ragged, phrases, order),
        )  # fmt: skip
        return Rows(terms, key, published[order], [ids[place] for place in order.tolist()], vectors)

    for part in rows:
        while len(part.key):
            room = min(SEGMENT_ARTICLES - n_articles, len(part.key))
            if most_pairs is not None:
                ends = part.terms.counts.row_ptr[1:]
                room = min(room, int(np.searchsorted(ends, most_pairs - n_pairs)) + 1)
            n_articles += room
            n_pairs += int(part.terms.counts.row_ptr[room])
            waiting.append(part.cut(0, room))
            part = part.cut(room, len(part.key))
            is_full = most_pairs is not None and n_pairs >= most_pairs
            if n_articles == SEGMENT_ARTICLES or is_full:
                n_articles = n_pairs = 0
                yield portion()
    if waiting:
        yield portion()


def _in_order(kind: type[Column], parts: list[Column], order: NDArray[np.int64]) -> Column:
    """Return the values of several parts in the given order, and let go of the parts."""
    joined = kind.concatenate(parts)
    parts.clear()
    return joined.take(order)


class WrittenSegments(Mapping[int, LiveSegment]):
    """The segments of a store by their numbers, opened one at a time, so that few are in memory.

    Parameters
    ----------
    store : Store
        The store, with all segments in it.
    weighting : Weighting
        Weights of terms in text and title.
    """

    def __init__(self, store: Store, weighting: Weighting) -> None:
        self._store, self._weighting = store, weighting
        folders = store.catalogue.folders()
        self._entries = {entry.number: entry for entry in folders if entry.kind == "segment"}

    def __getitem__(self, number: int) -> LiveSegment:
        segment = Segment(**self._store.arrays(self._entries[number]))
        return LiveSegment(None, segment, Outline.none(0), self._weighting)

    def __iter__(self) -> Iterator[int]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def put_segment(store: Store, segment: Segment, outlined: Arrays) -> None:
    """Write a segment and its outline, as `LiveSegment.outlined` returns it."""
    store.put("outline", outlined, store.put("segment", segment.arrays()))


def replace_vocabulary(store: Store, vocabulary: Vocabulary) -> None:
    """Write a vocabulary in place of the last vocabulary and its newer terms."""
    store.drop_all("vocabulary")
    arrays: dict[str, NDArray[Any]] = {
        name: getattr(vocabulary, name) for name in ("table", "blob", "term_ptr")
    }
    store.put("vocabulary", arrays)
    store.catalogue.set("seed", vocabulary.seed)
    store.catalogue.clear_terms()


def replace_epoch(
    store: Store, epoch: Epoch, forgotten: Mapping[str, int] | None = None
) -> None:  # fmt: skip
    """Write an epoch in place of the last epoch; the outlines stay.

    Parameters
    ----------
    store : Store
        Store to write to.
    epoch : Epoch
        The new epoch.
    forgotten : mapping of str to int, optional
        Document frequencies in the epoch of terms that the vocabulary no longer spells, by
        `relnews.search.epoch.fingerprint`. None means that there are none.
    """
    store.drop_all("epoch")
    store.put("epoch", epoch.arrays())
    store.catalogue.set("epoch", epoch.n_articles)
    if forgotten or store.catalogue.setting("forgotten"):
        store.catalogue.set("forgotten", forgotten or {})


def begin_epoch(
    store: Store,
    live_segments: Mapping[int, LiveSegment],
    document_frequency: NDArray[np.int32],
    n_articles: int,
    n_terms: int,
    forgotten: Mapping[str, int] | None = None,
) -> None:
    """Write an epoch and the outlines of all segments, replacing the last epoch.

    Parameters
    ----------
    store : Store
        Store to write to.
    live_segments : mapping of int to LiveSegment
        All segments, by the numbers of their folders.
    document_frequency : int32 array
        Number of articles that have each term; terms beyond its end have 0.
    n_articles : int
        Number of articles that `document_frequency` counts.
    n_terms : int
        Size of the vocabulary.
    forgotten : mapping of str to int, optional
        As `replace_epoch` takes them.
    """
    frequency = np.zeros(n_terms, dtype=np.int32)
    frequency[: len(document_frequency)] = document_frequency
    idf = inverse_document_frequency(frequency, n_articles)
    common = CommonTerms.of(
        common_terms(document_frequency.astype(np.int64), n_articles), n_terms,
        (
            rows for live in live_segments.values()
            for rows in live.sample(idf, len(live_segments))
        ),
    )  # fmt: skip
    replace_epoch(store, Epoch(n_articles, frozen(document_frequency), common), forgotten)
    store.drop_all("outline")
    for number, live in live_segments.items():
        store.put("outline", live.outlined(common, idf), number)
