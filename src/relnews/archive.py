"""Archive: segments, vocabulary, document frequencies and catalogue as one thing to rank over."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relnews import _validation, storage, weights
from relnews._kernels._compile import frozen
from relnews._parallel import in_order
from relnews.analysis import MIN_LENGTH, Analysis
from relnews.articles import Article
from relnews.bounds import (
    OUTLINE_DTYPES,
    CommonTerms,
    Outline,
    Rows,
    blocks,
    common_terms,
    sampled,
)
from relnews.counts import Batch, Counter, count_words
from relnews.postings import SEGMENT_ARTICLES, SEGMENT_DTYPES, Segment
from relnews.ranking import NO_ARTICLE, Queries, Ranked, ScoredSegment, rank
from relnews.storage import ArrayFolder, Catalogue
from relnews.vocabulary import Runs, Vocabulary

#: A segment is closed at so many (article, term) pairs even if it has room for more articles.
SEGMENT_PAIRS = 1 << 25

#: Articles ranked by one task.
BLOCK = 64

_DTYPES: dict[str, dict[str, np.dtype[Any]]] = {
    "vocabulary": {
        "table": np.dtype(np.uint64), "blob": np.dtype(np.uint8), "term_ptr": np.dtype(np.int64)
    },
    "common": {"terms": np.dtype(np.int32), "basis": np.dtype(np.float64)},
    "segment": {**SEGMENT_DTYPES, "norms": np.dtype(np.float64), **OUTLINE_DTYPES},
}  # fmt: skip


class Archive:
    """Articles, counted and laid out, with the statistics that their weights depend on.

    Parameters
    ----------
    analysis : Analysis
    sublinear_tf : bool
    vocabulary : Vocabulary
    n_stop : int
        The terms numbered below are stop words.
    catalogue : Catalogue
    segments : sequence of (base, Segment)
        ``base`` is the number of the segment's first article.
    norms : sequence of float64 arrays, optional
        Each segment's norms, if they are known already.
    common : CommonTerms, optional
    outlines : sequence of Outline, optional
        Each segment's.
    """

    def __init__(
        self,
        analysis: Analysis,
        sublinear_tf: bool,
        vocabulary: Vocabulary,
        n_stop: int,
        catalogue: Catalogue,
        segments: Sequence[tuple[int, Segment]],
        norms: Sequence[NDArray[np.float64]] | None = None,
        common: CommonTerms | None = None,
        outlines: Sequence[Outline] | None = None,
    ) -> None:
        self.analysis = analysis
        self.sublinear_tf = sublinear_tf
        self.vocabulary = vocabulary
        self.n_stop = n_stop
        self.catalogue = catalogue
        self.n_articles = sum(segment.n_articles for _, segment in segments)
        self.document_frequency = np.zeros(len(vocabulary), dtype=np.int64)
        for _, segment in segments:
            self.document_frequency[segment.term] += segment.document_frequency()
        self.idf = frozen(
            weights.inverse_document_frequency(self.document_frequency, self.n_articles)
        )
        level_weights = [self._tf_weight(segment.values) for _, segment in segments]
        self.norms = norms or [
            weights.row_norms(
                segment.row_ptr, segment.row_term, segment.row_level, level_weight, self.idf
            )
            for (_, segment), level_weight in zip(segments, level_weights, strict=True)
        ]
        weighted = [
            _Weighted(segment, level_weight, self.idf)
            for (_, segment), level_weight in zip(segments, level_weights, strict=True)
        ]
        self.common = common or CommonTerms.of(
            common_terms(self.document_frequency, self.n_articles), len(vocabulary),
            (rows for one in weighted for rows in one.sample()),
        )  # fmt: skip
        if outlines is None:
            outlines = [self.common.outline(one.rows(), one.segment.n_articles) for one in weighted]
        self.segments = [
            ScoredSegment(segment, base, level_weight, weights.inverse(norm), self.common, outline)
            for (base, segment), level_weight, norm, outline in zip(
                segments, level_weights, self.norms, outlines, strict=True
            )
        ]

    @classmethod
    def build(cls, articles: Iterable[Article], analysis: Analysis, sublinear_tf: bool) -> Archive:
        """Count and lay out articles; their ids have to be distinct. Texts are not kept."""
        counter = Counter(Vocabulary.of_texts(["", *analysis.stop_word_list()], MIN_LENGTH))
        catalogue = Catalogue.in_memory()
        segments: list[tuple[int, Segment]] = []
        waiting: list[Article] = []
        ordinal = 0

        def seal() -> None:
            nonlocal ordinal
            base = len(segments) * SEGMENT_ARTICLES
            published = storage.published_array(waiting)
            # By date and, of one date, by id descending: later ones win ties.
            by_id = sorted(range(len(waiting)), key=lambda i: waiting[i].id, reverse=True)
            order = np.array(sorted(by_id, key=published.__getitem__), dtype=np.int64)
            local = np.empty_like(order)
            local[order] = np.arange(len(order))
            counts, _ = counter.take()
            n_terms = len(counter.vocabulary)
            segment = Segment.from_counts(counts, order, published[order], n_terms)
            segments.append((base, segment))
            catalogue.add(waiting, (base + local).tolist(), ordinal)
            ordinal += len(waiting)
            waiting.clear()

        for article in articles:
            counter.add(analysis.parts(article))
            # The text has been counted; only what is shown is kept.
            waiting.append(dataclasses.replace(article, text=""))
            if len(waiting) == SEGMENT_ARTICLES or counter.n_pairs >= SEGMENT_PAIRS:
                seal()
        if waiting:
            seal()
        vocabulary = counter.vocabulary.freeze()
        return cls(analysis, sublinear_tf, vocabulary, counter.n_stop, catalogue, segments)

    def rank_article(self, number: int, k: int) -> Ranked:
        """Return the best k articles for an article of the archive."""
        return self._rank_block([number], k)[0]

    def rank_draft(self, article: Article, k: int) -> Ranked:
        """Return the best k articles for an article that is not of the archive.

        Words that no article of the archive has do not count, as in scikit-learn's ``transform``.
        """
        if not self.segments:
            return Ranked(NO_ARTICLE, np.empty(0, np.int64), np.empty(0), np.empty(0))
        batch = Batch()
        batch.add(self.analysis.parts(article))
        runs = Runs.of(batch.texts, batch.is_ascii, lower=True)
        term = self.vocabulary.find(runs, MIN_LENGTH)
        tally = np.zeros(len(self.vocabulary), dtype=np.int32)
        counts = count_words(runs, term, batch, self.n_stop, tally)
        order = np.argsort(counts.term)
        query = self._query(NO_ARTICLE, counts.term[order], self._tf_weight(counts.count[order]))
        queries = Queries.of([query], self.idf, self.common)
        return rank(self.segments, queries, k, self.catalogue.ids)[0]

    def rank_all(self, k: int, n_jobs: int | None) -> Iterator[list[Ranked]]:
        """Yield the best k articles for every article, in the order of the archive, by blocks."""
        numbers = self.catalogue.numbers().tolist()
        blocks = (numbers[i : i + BLOCK] for i in range(0, len(numbers), BLOCK))
        return in_order(lambda block: self._rank_block(block, k), blocks, n_jobs)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the archive to a folder; see `relnews.storage`."""
        vocabulary = self.vocabulary
        settings = {
            "analysis": dataclasses.asdict(self.analysis),
            "sublinear_tf": self.sublinear_tf,
            "n_stop": self.n_stop,
            "seed": vocabulary.seed,
        }
        arrays: dict[str, NDArray[Any]] = {
            name: getattr(vocabulary, name) for name in _DTYPES["vocabulary"]
        }
        common: dict[str, NDArray[Any]] = {
            "terms": self.common.terms,
            "basis": self.common.basis.ravel(),
        }
        groups = [
            ArrayFolder("vocabulary", NO_ARTICLE, arrays),
            ArrayFolder("common", NO_ARTICLE, common),
        ]
        for scored, norms in zip(self.segments, self.norms, strict=True):
            outline: dict[str, NDArray[Any]] = {
                name: array.ravel()
                for name, array in zip(OUTLINE_DTYPES, scored.outline.arrays(), strict=True)
            }
            segment: dict[str, Any] = {**scored.segment.arrays(), "norms": norms, **outline}
            groups.append(ArrayFolder("segment", scored.base, segment))
        storage.write(folder, self.catalogue, settings, groups)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Archive:
        """Map the archive in a folder."""
        catalogue, settings, groups = storage.read(folder, _DTYPES)
        with _validation.damage_in(folder):
            (vocabulary,) = (group.arrays for group in groups if group.kind == "vocabulary")
            _validation.check_vocabulary(vocabulary)
            n_terms = len(vocabulary["term_ptr"]) - 1
            (shared,) = (group.arrays for group in groups if group.kind == "common")
            _validation.check_common(shared, n_terms)
            common = CommonTerms.restore(shared["terms"], shared["basis"], n_terms)
            segments, norms, outlines = [], [], []
            for group in groups:
                if group.kind == "segment":
                    arrays = dict(group.arrays)
                    norms.append(arrays.pop("norms"))
                    outline = [arrays.pop(name) for name in OUTLINE_DTYPES]
                    _validation.check_segment(arrays, norms[-1], n_terms)
                    outlines.append(common.restore_outline(outline, len(norms[-1])))
                    segments.append((group.base, Segment(**arrays)))
            return cls(
                Analysis(**settings["analysis"]),
                bool(settings["sublinear_tf"]),
                Vocabulary(**vocabulary, seed=int(settings["seed"])),
                int(settings["n_stop"]),
                catalogue,
                segments,
                norms,
                common,
                outlines,
            )

    def describe(self) -> dict[str, str]:
        """Return what there is to know of the archive, by name."""
        oldest, newest = self.catalogue.span()
        n_pairs = sum(len(scored.segment.posting) for scored in self.segments)
        n_bytes = sum(
            array.nbytes for scored in self.segments for array in scored.segment.arrays().values()
        )
        stop_words = self.analysis.stop_words
        return {
            "articles": f"{self.n_articles:,}",
            "dates": f"{oldest:%Y-%m-%d} to {newest:%Y-%m-%d}" if oldest and newest else "none",
            "terms": f"{int(np.count_nonzero(self.document_frequency)):,}",
            "pairs": f"{n_pairs:,} (article, term)",
            "index": f"{n_bytes / 1e6:,.1f} MB",
            "segments": f"{len(self.segments)}",
            "title weight": str(self.analysis.title_weight),
            "stop words": stop_words
            if isinstance(stop_words, str)
            else f"{len(stop_words)} words"
            if stop_words
            else "none",
            "tf": "1 + ln(tf)" if self.sublinear_tf else "tf",
        }

    def _rank_block(self, numbers: Sequence[int], k: int) -> list[Ranked]:
        queries = Queries.of([self._query_of(number) for number in numbers], self.idf, self.common)
        return rank(self.segments, queries, k, self.catalogue.ids)

    def _query_of(self, number: int) -> tuple[int, NDArray[np.int32], NDArray[np.float64]]:
        for scored in self.segments:
            if 0 <= number - scored.base < scored.segment.n_articles:
                break
        else:
            raise _validation.archive_changed()
        term, level = scored.segment.row(number - scored.base)
        return self._query(number, term, scored.level_weight[level])

    def _query(
        self, number: int, term: NDArray[np.int32], tf: NDArray[np.float64]
    ) -> tuple[int, NDArray[np.int32], NDArray[np.float64]]:
        weight = tf * self.idf[term]
        norm = float(np.sqrt(np.sum(weight**2)))
        return number, term, weight / (norm or 1.0)

    def _tf_weight(self, counts: NDArray[np.int32]) -> NDArray[np.float64]:
        return weights.tf_weight(counts, sublinear=self.sublinear_tf)


@dataclasses.dataclass(frozen=True, slots=True)
class _Weighted:
    """A segment's articles as rows of weights, not divided by their lengths, block by block."""

    segment: Segment
    level_weight: NDArray[np.float64]
    idf: NDArray[np.float64]

    def rows(self) -> Iterator[Rows]:
        """Yield all articles."""
        return map(self._block, blocks(self.segment.n_articles))

    def sample(self) -> Iterator[Rows]:
        """Yield some of the articles."""
        return map(self._block, sampled(blocks(self.segment.n_articles)))

    def _block(self, block: slice) -> Rows:
        ptr = self.segment.row_ptr[block.start : block.stop + 1]
        pairs = slice(int(ptr[0]), int(ptr[-1]))
        term = self.segment.row_term[pairs]
        value = self.level_weight[self.segment.row_level[pairs]] * self.idf[term]
        return Rows(ptr - ptr[0], term, value, np.ones(block.stop - block.start))
