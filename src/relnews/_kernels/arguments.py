"""Named tuples of arrays that kernels take; Python classes hand them out.

All arrays are C-contiguous. Numba unpacks a tuple at each call from Python, about 0.1 microseconds
for an array, so tuples that never change are kept. Inside kernels every array of a tuple that is
passed on costs compile time: inner functions get the parts that they need, loops use local names.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# --- texts and counts ----------------------------------------------------------------------------


class RunArrays(NamedTuple):
    """Runs of word characters in a batch of texts.

    Parameters
    ----------
    text : uint8[n_bytes + PADDING]
    start, end : int32[≥ n]
        No run is empty.
    n : int
        Number of runs.
    """

    text: Any
    start: Any
    end: Any
    n: int


class TermTable(NamedTuple):
    """Terms and their numbers: an open-addressing hash table over one blob.

    Parameters
    ----------
    table : uint64[2 × power of two]
        Pairs of a key, and the length (high half) and number + 1 (low half) of a term.
    blob : uint8[n_bytes + 8]
        The terms in UTF-8, one after another.
    term_ptr : int64[n_terms + 1]
        Where each term begins in the blob.
    """

    table: Any
    blob: Any
    term_ptr: Any


class TermRuns(NamedTuple):
    """The terms of a batch of texts, run by run, and the rows that their parts belong to.

    Parameters
    ----------
    term : int32[≥ n]
        The term of each run; negative for none.
    start : int32[≥ n]
        Where each run begins.
    n : int
        Number of runs.
    part_ptr : int64[n_parts + 1]
        Where each part begins; the last element is above every start.
    part_row : int32[n_parts]
        The row (article) of each part, ascending.
    """

    term: Any
    start: Any
    n: int
    part_ptr: Any
    part_row: Any


class CountArrays(NamedTuple):
    """Terms of rows, and how often each occurs.

    Parameters
    ----------
    row_ptr : int64[n_rows + 1]
    term, count : int32[n_pairs]
    """

    row_ptr: Any
    term: Any
    count: Any


# --- rows and postings ---------------------------------------------------------------------------


class SparseRows(NamedTuple):
    """Rows of a sparse matrix.

    Parameters
    ----------
    ptr : int64[n_rows + 1]
    term : int32 or int64[n_pairs], ascending within a row
    value : float32 or float64[n_pairs]
    factor : float64[n_rows]
        What the values of each row are multiplied by.
    """

    ptr: Any
    term: Any
    value: Any
    factor: Any


class CodedPostings(NamedTuple):
    """Postings of the rare terms of sparse rows; common terms have none.

    Parameters
    ----------
    ptr : int64[n_terms + 1]
    scale : float64[n_terms]
        A value is at most its code × scale.
    row : uint16[n_postings]
    code : uint8[n_postings]
    """

    ptr: Any
    scale: Any
    row: Any
    code: Any


class SparseSegment(NamedTuple):
    """Up to 65,536 sparse rows to rank.

    Parameters
    ----------
    rows : SparseRows
        Their factors are 1 / length.
    postings : CodedPostings
    outline : relnews.search.bounds.Outline
        Of the rows, of unit length each.
    factor : float32[n_rows]
        Ones.
    """

    rows: SparseRows
    postings: CodedPostings
    outline: Any
    factor: Any


class ArticleRows(NamedTuple):
    """The terms of each article of a segment.

    Parameters
    ----------
    ptr : int64[n_articles + 1]
    low : uint16[n_pairs]
        The low 16 bits of each article's terms, which ascend.
    high : uint8 or uint16[n_pairs]
        The bits above.
    level : uint16[n_pairs]
        How the article has the term: an index into the segment's few distinct codes.
    """

    ptr: Any
    low: Any
    high: Any
    level: Any


class Postings(NamedTuple):
    """The articles of each term of a segment, in groups of the same level.

    Parameters
    ----------
    term : int32[n_local_terms]
        Ascending.
    term_ptr : int32[n_local_terms + 1]
        Where each term's groups begin.
    group_ptr : int32[n_groups + 1]
        Where each group's articles begin.
    group_level : uint16[n_groups]
    posting : uint16[n_pairs]
        Local numbers of articles.
    """

    term: Any
    term_ptr: Any
    group_ptr: Any
    group_level: Any
    posting: Any


class SegmentTexts(NamedTuple):
    """Word order in the texts of a segment, and the phrases of its titles.

    Parameters
    ----------
    text_ptr : int64[n_articles + 1]
    text_place : uint16[n_words]
        The words of the texts in their order, as places in the row; `NO_PLACE` between two texts.
    phrase_ptr : int64[n_articles + 1]
    phrase_place : uint16[3 n_phrases]
        First word, last word and phrase, as places in the row.
    pair_key : uint64[n_pairs]
        First word (high half) and last word of every phrase of the titles, ascending.
    pair_term : int32[n_pairs]
        The phrase of each, as its place among the segment's terms.
    """

    text_ptr: Any
    text_place: Any
    phrase_ptr: Any
    phrase_place: Any
    pair_key: Any
    pair_term: Any


# --- ranking -------------------------------------------------------------------------------------


class QueryBlock(NamedTuple):
    """A block of queries.

    Parameters
    ----------
    ptr : int64[n_queries + 1]
    term : int32 or int64[n], ascending within a query
    weight : float64[n]
        Not negative.
    outline : relnews.search.bounds.Outline
        Of the common terms of each query.
    """

    ptr: Any
    term: Any
    weight: Any
    outline: Any


class Fading(NamedTuple):
    """How scores fade with the days between an article and the query.

    Parameters
    ----------
    query_day : int64[n_queries]
        Days since 1970, `NO_DAY` if unknown.
    decay : float64[n_days]
        Factor by the number of days; the last one holds for all more.
    undated : float
        Factor if one of the days is unknown.
    """

    query_day: Any
    decay: Any
    undated: float


class LimitArrays(NamedTuple):
    """Which articles of a segment are allowed in the lists of a block of queries.

    Parameters
    ----------
    exclude_ptr : int64[n_queries + 1]
    exclude : int64[n_excluded]
        Local numbers of the articles that are not in a query's list, as itself.
    first, last : int64[n_queries]
        Local numbers between which the articles of its list are.
    fading : Fading
    """

    exclude_ptr: Any
    exclude: Any
    first: Any
    last: Any
    fading: Fading


class ScoredRows(NamedTuple):
    """The rows of a segment, and what else the score of an article is made of.

    Parameters
    ----------
    terms : ArticleRows
    day : int32[n_articles]
        Days since 1970, `NO_DAY` if unknown.
    level_weight, level_title : float64[n_levels]
        tf weight of each level, and how much it counts in a title.
    idf : float64[n_terms]
    inverse_norm, inverse_title : float64[n_articles]
        1 / length of the weights; 1 / sum of idf of the title, 0 without one. Where inverse_norm is
        NaN neither is known yet, and both are written when they are needed.
    prior : float64[n_articles]
        A factor on each score.
    """

    terms: ArticleRows
    day: Any
    level_weight: Any
    level_title: Any
    idf: Any
    inverse_norm: Any
    inverse_title: Any
    prior: Any


class WeightedPostings(NamedTuple):
    """The postings of a segment, and what they weigh.

    Parameters
    ----------
    articles : Postings
    level_weight : float64[n_levels]
        tf weight of each level.
    idf : float64[n_terms]
    is_rare : bool[n_terms]
        Which terms are walked.
    """

    articles: Postings
    level_weight: Any
    idf: Any
    is_rare: Any


class ScoredArticles(NamedTuple):
    """The articles of a segment under given statistics and priors.

    Parameters
    ----------
    rows : ScoredRows
    postings : WeightedPostings
    outline : relnews.search.bounds.Outline
        Of the articles' weights, not divided by their lengths.
    max_inverse_norm : float64[n_articles]
        1 / length at most.
    factor : float32[n_articles]
        max_inverse_norm × prior.
    """

    rows: ScoredRows
    postings: WeightedPostings
    outline: Any
    max_inverse_norm: Any
    factor: Any


class RankedArrays(NamedTuple):
    """The lists of a block of queries, best first.

    Parameters
    ----------
    steps : int64[n_queries, k]
        Scores in steps; 0 where there are fewer than k related articles.
    local : int64[n_queries, k]
        Local numbers of the articles.
    similarity : float64[n_queries, k]
    """

    steps: Any
    local: Any
    similarity: Any


class UnitRows(NamedTuple):
    """The weights, of unit length, of some articles.

    Parameters
    ----------
    ptr : int64[n_articles + 1]
        Where the terms of each article begin.
    term : int32[n]
        Ascending within an article.
    weight : float64[n]
    longest : int
        Number of terms of the longest article.
    """

    ptr: Any
    term: Any
    weight: Any
    longest: int

    def cut(self, articles: slice) -> UnitRows:
        """Return some of the articles; arrays are shared."""
        return self._replace(ptr=self.ptr[articles.start : articles.stop + 1])
