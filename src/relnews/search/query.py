"""Queries: the articles to rank for, as arrays."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews._kernels.arguments import QueryBlock
from relnews._kernels.title_match import PHRASE_WEIGHT, QueryTitleMatch
from relnews._kernels.vectors import QueryVectors
from relnews._kernels.wording import IN_TITLE, PHRASE
from relnews.search.bounds import Rows
from relnews.search.corpus_stats import CorpusStats
from relnews.search.limits import Limits
from relnews.search.vectors import query_vectors
from relnews.search.weights import Weighting, inverse, title_weight
from relnews.text.article_terms import Query


@dataclasses.dataclass(frozen=True, slots=True)
class Queries:
    """Block of queries.

    Parameters
    ----------
    key : int64 array of shape (n_queries,)
        Catalogue key of each query article; `NO_ARTICLE` for a draft.
    block : QueryBlock
        Words of each query; no phrases. Weights, at the length that is the cosine's share of the
        similarity, times idf: the factor on an article's tf weight. Outline of the weights, without
        that factor idf.
    limits : Limits
        Articles that each list may hold, and how scores fade.
    title_match : QueryTitleMatch or None
        Titles and texts; None if titles do not count.
    vectors : QueryVectors or None
        None if vectors do not count, or no query has one.
    longest : int
        Words of the longest text.
    """

    key: NDArray[np.int64]
    block: QueryBlock
    limits: Limits
    title_match: QueryTitleMatch | None
    vectors: QueryVectors | None = None
    longest: int = 0

    @classmethod
    def of(
        cls,
        queries: Sequence[Query],
        statistics: CorpusStats,
        weighting: Weighting,
        limits: Limits | None = None,
    ) -> Queries:
        """Return a block of queries.

        Parameters
        ----------
        queries : sequence of Query
            At least one.
        statistics : CorpusStats
            idf and common terms.
        weighting : Weighting
            How terms and titles weigh.
        limits : Limits, optional
            None means that each article is only excluded from its own list.
        """
        idf, n = statistics.idf, len(queries)
        key = np.array([query.key for query in queries], dtype=np.int64)
        number = np.repeat(np.arange(n), [len(query.term) for query in queries])
        code = np.concatenate([query.code for query in queries])
        term = np.concatenate([query.term for query in queries])
        longest = max(len(query.text) for query in queries)
        limits = limits or Limits.none(queries)
        weight, of_title = weighting.tf_weight(code) * idf[term], title_weight(code) * idf[term]
        scale = weighting.scale
        title = np.bincount(number, of_title, n).astype(np.float64)
        # Drop phrases, but keep a term that is also a word of the article.
        is_word = code != PHRASE
        term, code, number, weight = term[is_word], code[is_word], number[is_word], weight[is_word]
        weight *= (scale * inverse(np.sqrt(np.bincount(number, weight**2, n))))[number]
        ptr = np.searchsorted(number, np.arange(n + 1))
        outline = statistics.common.outline(
            [Rows(ptr, term, weight, np.ones(n))], n, statistics.common_factor
        ).or_none()
        title_match = vectors = None
        if weighting.title_overlap:
            share = weighting.title_overlap * scale
            title_match = _title_match(queries, term, code, number, title, statistics, share)
        if weighting.vector_weight:
            vectors = query_vectors(queries, weighting.vector_weight * scale)
        key, ptr, term, factor = map(frozen, (key, ptr, term, weight * idf[term]))
        block = QueryBlock(ptr, term, factor, outline)
        return cls(key, block, limits, title_match, vectors, longest)


def _title_match(
    queries: Sequence[Query],
    term: NDArray[np.int32],
    code: NDArray[np.int32],
    number: NDArray[np.int64],
    title: NDArray[np.float64],
    statistics: CorpusStats,
    share: float,
) -> QueryTitleMatch:
    """Return the titles and texts of a block of queries; a whole title counts as a share."""
    idf, unseen = statistics.idf, statistics.unseen
    texts, phrases = [query.text for query in queries], [query.phrases for query in queries]
    of_query = np.repeat(np.arange(len(queries)), [*map(len, phrases)])
    first, last, phrase_term = np.concatenate(phrases).T
    is_unseen = phrase_term < 0
    phrase = np.full(len(phrase_term), PHRASE_WEIGHT * unseen)
    phrase[~is_unseen] = PHRASE_WEIGHT * idf[phrase_term[~is_unseen]]
    # Unknown words and phrases are not among the terms, but they count in the title's total.
    n_unknown = np.array([query.n_unknown for query in queries])
    title = title + unseen * n_unknown + np.bincount(of_query, phrase * is_unseen, len(queries))
    per_title = inverse(np.maximum(title, statistics.least_title))
    part = np.where(code & IN_TITLE > 0, idf[term], 0.0)
    # In the bound, a phrase counts with the rarer of its words. Both words must be known.
    known = (first >= 0) & (last >= 0)
    first, last, of_query, phrase = first[known], last[known], of_query[known], phrase[known]
    rarer = np.where(idf[first] > idf[last], first, last)
    place = np.searchsorted(
        number * np.int64(len(idf)) + term, of_query * np.int64(len(idf)) + rarer
    )
    most = part + np.bincount(place, phrase, len(term))
    arrays = (
        code, part * per_title[number], most * per_title[number],
        np.cumsum([0, *map(len, texts)], dtype=np.int64), np.concatenate(texts),
        np.searchsorted(of_query, np.arange(len(queries) + 1)), first, last,
        phrase * per_title[of_query],
    )  # fmt: skip
    return QueryTitleMatch._make((share, *map(frozen, arrays), SEED))


#: Random seed of hash tables of words, so that no text can be written to make them slow.
SEED = np.uint64(int.from_bytes(os.urandom(8), "little"))
