"""Named tuples of arrays that kernels take.

All arrays are C-contiguous. At each call from Python, Numba unpacks a tuple in about 0.1 µs for
each array, so callers keep tuples that never change. Inside kernels, each array of a tuple that is
passed on costs compile time: inner functions get only the parts that they need, and loops use local
names.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# --- texts and counts ----------------------------------------------------------------------------


class RunArrays(NamedTuple):
    """Maximal runs of word characters in a batch of texts.

    Parameters
    ----------
    text : uint8[n_bytes + PADDING]
        The UTF-8 bytes of the texts, one after another.
    start, end : int32[≥ n]
        First byte of each run, and the byte after its last. No run is empty.
    n : int
        Number of runs.
    """

    text: Any
    start: Any
    end: Any
    n: int


class TermTable(NamedTuple):
    """Open-addressing hash table from terms to their numbers.

    Parameters
    ----------
    table : uint64[2 × power of two]
        Two elements a slot: the key; the length in bytes (high half) and number + 1 (low half).
    blob : uint8[n_bytes + 8]
        The terms in UTF-8, one after another.
    term_ptr : int64[n_terms + 1]
        Where each term begins in the blob.
    """

    table: Any
    blob: Any
    term_ptr: Any


class TermRuns(NamedTuple):
    """Terms of a batch of texts, run by run, and the row of each part.

    Parameters
    ----------
    term : int32[≥ n]
        The term of each run; negative if it has no number.
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
    """Counts of the terms of each row.

    Parameters
    ----------
    row_ptr : int64[n_rows + 1]
        Where each row's pairs begin.
    term, count : int32[n_pairs]
        Number of the term, and how often it occurs in the row.
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
        Where each row's pairs begin.
    term : int32 or int64[n_pairs], ascending within a row
        Column of each pair.
    value : float32 or float64[n_pairs]
        Value of each pair, before the factor of its row.
    factor : float64[n_rows]
        Factor on all values of the row.
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
        Where each term's postings begin.
    scale : float64[n_terms]
        A value is at most its code × scale.
    row : uint16[n_postings]
        Row of each posting.
    code : uint8[n_postings]
        Value of each posting in 8 bits, rounded up.
    """

    ptr: Any
    scale: Any
    row: Any
    code: Any


class SparseSegment(NamedTuple):
    """Up to 65,536 sparse rows to rank, with unit length.

    Parameters
    ----------
    rows : SparseRows
        The rows; their factors are 1 / length.
    postings : CodedPostings
        Postings of the rare terms.
    outline : relnews.search.bounds.Outline or None
        Outline of the rows at unit length; None if no term is common.
    factor : float32[n_rows]
        Ones: no row has a prior.
    """

    rows: SparseRows
    postings: CodedPostings
    outline: Any
    factor: Any


class ArticleRows(NamedTuple):
    """Terms of each article of a segment.

    Parameters
    ----------
    ptr : int64[n_articles + 1]
        Where each article's pairs begin.
    low : uint16[n_pairs]
        The low 16 bits of each article's terms, which ascend.
    high : uint8 or uint16[n_pairs]
        The bits above; uint16 if a term is numbered 2**24 or higher.
    level : uint16[n_pairs]
        Index of the pair's code among the segment's few distinct codes.
    """

    ptr: Any
    low: Any
    high: Any
    level: Any


class Postings(NamedTuple):
    """Articles of each term of a segment, in groups of the same level.

    Parameters
    ----------
    term : int32[n_local_terms]
        Terms that occur in the segment, ascending.
    term_ptr : int32[n_local_terms + 1]
        Where each term's groups begin.
    group_ptr : int32[n_groups + 1]
        Where each group's articles begin.
    group_level : uint16[n_groups]
        Level that all articles of a group have.
    posting : uint16[n_pairs]
        Local numbers of articles.
    """

    term: Any
    term_ptr: Any
    group_ptr: Any
    group_level: Any
    posting: Any


class SegmentTexts(NamedTuple):
    """Word order of the texts of a segment, and the phrases of its titles.

    Parameters
    ----------
    text_ptr : int64[n_articles + 1]
        Where each article's words begin.
    text_place : uint16[n_words]
        Words of the texts in reading order, as places in the row; `NO_PLACE` between two texts.
    phrase_ptr : int64[n_articles + 1]
        Where each article's phrases begin.
    phrase_place : uint16[3 n_phrases]
        First word, last word and phrase, as places in the row.
    pair_key : uint64[n_pairs]
        First word (high half) and last word of every phrase of the titles, ascending.
    pair_term : int32[n_pairs]
        Phrase of each pair, as its place among the segment's terms.
    pair_bits : uint64[any]
        Filter of the pairs; see `title_match.fill_filter`.
    """

    text_ptr: Any
    text_place: Any
    phrase_ptr: Any
    phrase_place: Any
    pair_key: Any
    pair_term: Any
    pair_bits: Any


# --- ranking -------------------------------------------------------------------------------------


class QueryBlock(NamedTuple):
    """Block of queries.

    Parameters
    ----------
    ptr : int64[n_queries + 1]
        Where each query's terms begin.
    term : int32 or int64[n], ascending within a query
        Term of each pair.
    weight : float64[n]
        Weight of each pair; at least 0.
    outline : relnews.search.bounds.Outline or None
        Outline of the common terms of each query; None if no term is common.
    """

    ptr: Any
    term: Any
    weight: Any
    outline: Any


class Fading(NamedTuple):
    """Decay of scores with the days between an article and the query.

    Parameters
    ----------
    query_day : int64[n_queries]
        Days since 1970, `NO_DAY` if unknown.
    decay : float64[n_days]
        Factor after 0, 1, 2, … days; the last element holds for all longer times.
    undated : float
        Factor if either day is unknown.
    """

    query_day: Any
    decay: Any
    undated: float


class LimitArrays(NamedTuple):
    """Limits on the articles of a segment that the lists of a block of queries may hold.

    Parameters
    ----------
    exclude_ptr : int64[n_queries + 1]
        Where each query's excluded articles begin.
    exclude : int64[n_excluded]
        Local numbers of excluded articles, such as the query article.
    first, last : int64[n_queries]
        Only articles from local number ``first`` on, and before ``last``.
    fading : Fading
        Fading of the scores.
    """

    exclude_ptr: Any
    exclude: Any
    first: Any
    last: Any
    fading: Fading


class ScoredRows(NamedTuple):
    """Rows of a segment, and the other arrays that exact scores are computed from.

    Parameters
    ----------
    terms : ArticleRows
        Terms and levels of the articles.
    day : int32[n_articles]
        Days since 1970, `NO_DAY` if unknown.
    level_weight, level_title : float64[n_levels]
        tf weight of each level, and its weight in a title.
    least_title : float
        Least weight of a title in its share.
    idf : float64[n_terms]
        idf of each term.
    inverse_norm, inverse_title : float64[n_articles]
        1 / length of the weights; 1 / weight of the title, 0 without a title. NaN in
        ``inverse_norm`` means that both are unknown; kernels then compute and store them.
    prior : float64[n_articles]
        Factor on each score.
    """

    terms: ArticleRows
    day: Any
    level_weight: Any
    level_title: Any
    least_title: Any
    idf: Any
    inverse_norm: Any
    inverse_title: Any
    prior: Any


class WeightedPostings(NamedTuple):
    """Postings of a segment, and their weights.

    Parameters
    ----------
    articles : Postings
        Articles of each term.
    level_weight : float64[n_levels]
        tf weight of each level.
    idf : float64[n_terms]
        idf of each term.
    is_rare : bool[n_terms]
        True for terms that are walked, False for terms that are bounded.
    """

    articles: Postings
    level_weight: Any
    idf: Any
    is_rare: Any


class ScoredArticles(NamedTuple):
    """Articles of a segment under given statistics and priors.

    Parameters
    ----------
    rows : ScoredRows
        Rows of the articles, for exact scores.
    postings : WeightedPostings
        Postings of the rare terms, for the walk.
    outline : relnews.search.bounds.Outline or None
        Outline of the articles' weights, not divided by their lengths.
    max_inverse_norm : float64[n_articles]
        Upper bound of 1 / length.
    factor : float32[n_articles]
        max_inverse_norm × prior.
    most_prior : float64
        Highest prior of an article.
    """

    rows: ScoredRows
    postings: WeightedPostings
    outline: Any
    max_inverse_norm: Any
    factor: Any
    most_prior: Any


class RankedArrays(NamedTuple):
    """Lists of a block of queries, best first.

    Parameters
    ----------
    steps : int64[n_queries, k]
        Scores in steps; 0 behind the last article of a list shorter than k.
    local : int64[n_queries, k]
        Local numbers of the articles.
    similarity : float64[n_queries, k]
        Similarities, from 0 to 1, before priors and fading.
    """

    steps: Any
    local: Any
    similarity: Any


class UnitRows(NamedTuple):
    """Weights of given articles, at unit length.

    Parameters
    ----------
    ptr : int64[n_articles + 1]
        Where the terms of each article begin.
    common : int64[n_articles]
        Where its common terms begin, behind its rare terms.
    term : int32[n]
        Within an article the rare terms ascend, and the common terms descend.
    weight : float64[n]
        Weight of each pair.
    rest : float64[n_articles]
        Length of the common part.
    """

    ptr: Any
    common: Any
    term: Any
    weight: Any
    rest: Any
