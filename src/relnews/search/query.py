"""Queries: the articles to rank for, and the limits on their lists, as arrays."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relnews._kernels._compile import frozen
from relnews._kernels.arguments import QueryBlock
from relnews._kernels.title_match import PHRASE_WEIGHT, QueryTitleMatch
from relnews._kernels.wording import IN_TITLE, PHRASE
from relnews.dates import FOREVER, UNDATED
from relnews.options.recency import Recency
from relnews.search.bounds import Outline, Rows
from relnews.search.corpus_stats import CorpusStats
from relnews.search.decay import decay_of, undated_factor
from relnews.search.weights import Weighting, inverse, title_weight
from relnews.text.article_terms import Query, Ragged


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the lists of a block of queries, and the decay of their scores.

    Parameters
    ----------
    published : int64 array of shape (n_queries,)
        Timestamps that days are counted from; `UNDATED` if unknown.
    after, before : int64 arrays of shape (n_queries,)
        Only articles published from ``after`` on, and before ``before``. An article without a date
        is older than all dates.
    exclude : sequence of int64 arrays
        Catalogue keys of the articles that each list must not hold.
    decay : float64 array of shape (n_days,)
        Factor after 0, 1, 2, … days between article and query; the last element holds for all
        longer times.
    undated : float
        Factor if either has no date.
    """

    published: NDArray[np.int64]
    after: NDArray[np.int64]
    before: NDArray[np.int64]
    exclude: Sequence[NDArray[np.int64]]
    decay: NDArray[np.float64]
    undated: float

    @classmethod
    def none(
        cls,
        keys: Sequence[int],
        published: NDArray[np.int64] | None = None,
        recency: Recency | None = None,
    ) -> Limits:
        """Return limits that only exclude each article from its own list.

        Parameters
        ----------
        keys : sequence of int
            Catalogue keys of the query articles.
        published : int64 array of shape (n_queries,), optional
            Timestamps of the queries. None means that all are unknown.
        recency : Recency, optional
            Decay of the scores. None means no decay.
        """
        n = len(keys)
        return cls(
            np.full(n, UNDATED) if published is None else published,
            np.full(n, UNDATED), np.full(n, FOREVER), [np.array([key]) for key in keys],
            decay_of(recency), undated_factor(recency),
        )  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Queries:
    """Block of queries.

    Parameters
    ----------
    key : int64 array of shape (n_queries,)
        Catalogue key of each query article; `NO_ARTICLE` for a draft.
    ptr : int64 array of shape (n_queries + 1,)
        Where each query's terms begin.
    term : int32 array of shape (n_pairs,)
        Words of each query, ascending; no phrases.
    weight : float64 array of shape (n_pairs,)
        Weights of the query, at the length that is the cosine's share of the similarity, times idf:
        the factor on an article's tf weight.
    outline : Outline
        Outline of the weights, without that factor idf.
    limits : Limits
        Articles that each list may hold, and how scores fade.
    title_match : QueryTitleMatch or None
        Titles and texts; None if titles do not count.
    """

    key: NDArray[np.int64]
    ptr: NDArray[np.int64]
    term: NDArray[np.int32]
    weight: NDArray[np.float64]
    outline: Outline
    limits: Limits
    title_match: QueryTitleMatch | None

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
        idf = statistics.idf
        n_terms = [len(query.term) for query in queries]
        code = np.concatenate([query.code for query in queries])
        term = np.concatenate([query.term for query in queries])
        number = np.repeat(np.arange(len(queries)), n_terms)
        title = np.bincount(number, title_weight(code) * idf[term], len(queries)).astype(np.float64)
        # Drop phrases, but keep a term that is also a word of the article.
        is_word = code != PHRASE
        term, code, number = frozen(term[is_word]), frozen(code[is_word]), number[is_word]
        ptr = frozen(np.searchsorted(number, np.arange(len(queries) + 1)))
        weight = weighting.tf_weight(code) * idf[term]
        length = np.sqrt(np.bincount(number, weight**2, len(queries)))
        weight *= (weighting.scale * inverse(length))[number]
        rows = Rows(ptr, term, frozen(weight), np.ones(len(queries)))
        keys = [query.key for query in queries]
        return cls(
            frozen(np.array(keys, dtype=np.int64)), ptr, term, frozen(weight * idf[term]),
            statistics.common.outline([rows], len(rows), statistics.common_factor),
            limits or Limits.none(keys),
            _title_match(queries, ptr, term, code, number, title, statistics, weighting),
        )  # fmt: skip

    def arrays(self) -> QueryBlock:
        """Return the arrays as kernels take them."""
        return QueryBlock(self.ptr, self.term, self.weight, self.outline)


def _title_match(
    queries: Sequence[Query],
    ptr: NDArray[np.int64],
    term: NDArray[np.int32],
    code: NDArray[np.int32],
    number: NDArray[np.int64],
    title: NDArray[np.float64],
    statistics: CorpusStats,
    weighting: Weighting,
) -> QueryTitleMatch | None:
    """Return the titles and texts of a block of queries; None if titles do not count."""
    if not weighting.title_overlap:
        return None
    idf, unseen = statistics.idf, statistics.unseen
    phrases = [query.phrases for query in queries]
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
    text = Ragged.gather([query.text for query in queries])
    return QueryTitleMatch(
        weighting.title_overlap * weighting.scale, code, frozen(part * per_title[number]),
        frozen(most * per_title[number]), frozen(text.ptr), frozen(text.value),
        frozen(np.searchsorted(of_query, np.arange(len(queries) + 1))),
        frozen(first), frozen(last), frozen(phrase * per_title[of_query]), _SEED,
    )  # fmt: skip


#: Random seed of the hash tables of word pairs, so that no text can be written to make them slow.
_SEED = np.uint64(int.from_bytes(os.urandom(8), "little"))
