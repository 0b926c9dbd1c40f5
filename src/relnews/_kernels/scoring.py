"""The best articles of a segment for a block of queries."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels import layout, pruning, quoting
from relnews._kernels._compile import kernel
from relnews._kernels.moments import inverse_length, inverse_title
from relnews._kernels.pruning import LEFT_OUT, sift
from relnews._kernels.walking import walk

#: Scores are rounded to this many parts of 1 before they are compared.
SCORE_STEPS = 1_000_000

#: The day of an article without a date.
NO_DAY = -(1 << 31)

#: Articles of a segment are numbered by so many bits.
LOCAL_BITS = 16


@kernel
def _n_sums(query, n_terms, queries):
    """Return how many numbers are added up for an article at most, in single precision."""
    if queries.share > 0:
        return 3 * n_terms + queries.text_ptr[query + 1] - queries.text_ptr[query] + 2
    return n_terms


@kernel
def _fading(day, query_day, decay, undated):
    """Return the factor on the score of an article of some day."""
    if day == NO_DAY or query_day == NO_DAY:
        return undated
    return decay[min(abs(np.int64(day) - query_day), decay.size - 1)]


@kernel
def _steps(
    article, query, n_text, n_title, weight, is_in_query, shared, row, row_ptr, row_low, row_high,
    row_level, level_weight, inverse_norm, prior, queries, quotes, scratch, out_similarity,
):  # fmt: skip
    """Return the score of the query and an article in steps, summed by ascending term.

    ``prior`` is that of the article; ``row`` is scratch for its terms. If 1 / length is not known
    yet, it is written, and 1 / title; whoever does so at the same time writes the same.
    """
    first, last = row_ptr[article], row_ptr[article + 1]
    terms, levels = row[: last - first], row_level[first:last]
    layout.join(row_low[first:last], row_high[first:last], terms)
    total = 0.0
    n_shared = pruning.find_shared(is_in_query, terms, shared)
    for i in range(n_shared):
        total += weight[np.uint64(terms[shared[i]])] * level_weight[levels[shared[i]]]
    if math.isnan(inverse_norm[article]):
        quotes.inverse_title[article] = inverse_title(terms, levels, quotes.level_title, quotes.idf)
        inverse_norm[article] = inverse_length(terms, levels, level_weight, quotes.idf)
    similarity = total * inverse_norm[article]
    if queries.share > 0 and similarity > 0:
        similarity += queries.share * quoting.share_of_titles(
            article, query, terms, levels, shared, n_shared, n_text, n_title, queries, quotes,
            scratch,
        )  # fmt: skip
    similarity = min(similarity, 1.0)
    out_similarity[article] = similarity
    return np.rint(similarity * prior * SCORE_STEPS)


@kernel
def rank_articles(
    query_ptr, query_term, query_weight, exclude_ptr, exclude, first, last, query_day, k,
    q_sketch, q_sketch_scale, q_sketch_error, q_rest, q_codes, q_codes_scale, q_codes_error, q_norm,
    sketch, sketch_scale, sketch_error, rest, codes, codes_scale, codes_error, norm, is_rare,
    term, term_ptr, group_ptr, group_level, posting, row_ptr, row_low, row_high, row_level,
    level_weight, inverse_norm, prior, factor, day, decay, undated, queries, quotes, scratch,
    weight, is_in_query, shared, sums, highest, near, nearer, similarities, faded, floors,
    out_steps, out_local, out_similarity,
):  # fmt: skip
    """Best k articles of a segment for each query of a block, exactly.

    Rare terms are walked, common ones bounded; whatever can be among the best k is summed again in
    double precision from its row, rounded to steps, and ordered by (steps, local number), both
    descending.

    Parameters
    ----------
    query_ptr : int64[n_queries + 1]
    query_term : int32[n], ascending within a query
    query_weight : float64[n]
        Weights of unit length, or the share of it that is not the titles', times idf.
    exclude_ptr : int64[n_queries + 1]
    exclude : int64[n_excluded]
        Local numbers of the articles that are not in a query's list, as itself.
    first, last : int64[n_queries]
        Local numbers between which the articles of its list are.
    query_day : int64[n_queries]
        Days since 1970, `NO_DAY` if unknown.
    k : int
        At least 1, at most n_articles.
    q_sketch … q_norm
        The outlines of the queries' weights; see `relnews.search.bounds.Outline`.
    sketch … norm
        The outlines of the articles' weights, not divided by their lengths.
    is_rare : bool[n_terms]
        Which terms are walked.
    term, term_ptr, group_ptr, group_level, posting, row_ptr, row_low, row_high, row_level
        The arrays of a `relnews.search.segment.Segment`.
    level_weight : float64[n_levels]
    inverse_norm, prior : float64[n_articles]
        1 / length is NaN where it is not known yet, and then written when it is needed.
    factor : float32[n_articles]
        1 / length at most × prior.
    day : int32[n_articles]
    decay : float64[n_days]
        Factor by the days between article and query; the last one is that of all more.
    undated : float64
        Factor if one of them is unknown.
    queries : quoting.QueryQuotes
    quotes : quoting.RowQuotes
    scratch : quoting.QuoteScratch
    weight : float64[≥ n_terms]
        Scratch.
    is_in_query : uint64[≥ n_terms / 64 + 1]
        Zeros; and zeros again on return.
    shared : int32[≥ longest row + 1]
    sums, highest : float32[≥ n_articles]
    near, nearer : int32[≥ n_articles + 1]
    similarities : float64[≥ n_articles]
    faded : float32[≥ n_articles]
        Scratch.
    floors : float64[n_queries]
        Steps that k articles are known to reach; brought up to date.
    out_steps : int64[n_queries, k]
        Scores in steps, best first; 0 where there are fewer than k related articles.
    out_local : int64[n_queries, k]
    out_similarity : float64[n_queries, k]
    """
    n = factor.size
    row = np.empty(shared.size, dtype=np.int32)
    sums = sums[:n]
    fades = decay.size > 1
    faded = faded[:n] if fades else factor
    steps, local = np.empty(k, dtype=np.float64), np.empty(k, dtype=np.int64)
    n_seeds = 2 * k + pruning.SEEDS
    bound, place = np.empty(n_seeds, dtype=np.float64), np.empty(n_seeds, dtype=np.int64)
    estimate, seed = np.empty(2 * k, dtype=np.float64), np.empty(2 * k, dtype=np.int64)
    for query in range(query_day.size):
        terms = query_term[query_ptr[query] : query_ptr[query + 1]]
        weights = query_weight[query_ptr[query] : query_ptr[query + 1]]
        slack = pruning.rounding(_n_sums(query, terms.size, queries))
        pruning.note(terms, weights, weight, is_in_query)
        n_text, n_title = 0, 0
        if queries.share > 0:
            n_text, n_title = quoting.note(query, terms, query_ptr, queries, scratch)
        walk(
            query_ptr[query], terms, weights, is_rare, term, term_ptr, group_ptr, group_level,
            posting, level_weight, n_text, queries, quotes, scratch, sums,
        )  # fmt: skip
        sums[: first[query]] = LEFT_OUT
        sums[last[query] :] = LEFT_OUT
        for i in range(exclude_ptr[query], exclude_ptr[query + 1]):
            sums[exclude[i]] = LEFT_OUT
        if fades:
            for article in range(n):
                faded[article] = factor[article] * np.float32(
                    _fading(day[article], query_day[query], decay, undated)
                )
        length = np.float32(q_norm[query] * (1.0 + 4.0 * slack))
        pruning.first_bounds(sums, norm, faded, length, highest)
        steps[:] = 0
        local[:] = -1
        if floors[query] <= 0:
            pruning.seeds(
                sums, norm, faded, length, highest, q_sketch[query], q_sketch_scale[query],
                sketch, sketch_scale, bound, place, estimate, seed,
            )  # fmt: skip
            for article in seed:
                if article >= 0:
                    found = _steps(
                        article, query, n_text, n_title, weight, is_in_query, shared, row, row_ptr,
                        row_low, row_high, row_level, level_weight, inverse_norm,
                        prior[article] * _fading(day[article], query_day[query], decay, undated),
                        queries, quotes, scratch, similarities,
                    )  # fmt: skip
                    pruning.offer(steps, local, k, found, article)
                    sums[article] = LEFT_OUT
            floors[query] = steps[0]
        floor = _floor(floors[query], slack)
        extra = 4.0 * slack * q_norm[query]
        n_nearer = pruning.survivors(
            sums, norm, faded, length, highest, floor, q_sketch[query], q_sketch_scale[query],
            np.float32(q_sketch_error[query] + extra), length + q_sketch_error[query],
            q_rest[query], sketch, sketch_scale, sketch_error, rest, near, nearer,
        )  # fmt: skip
        for i in range(n_nearer):
            pruning.fetch(codes, nearer[min(i + pruning.CODES_AHEAD, n_nearer - 1)])
            article = np.int64(nearer[i])
            third_bound = pruning.third_bound(
                article, sums[article], faded, q_codes[query], q_codes_scale[query],
                np.float32(q_codes_error[query] + extra), length + q_codes_error[query],
                codes, codes_scale, codes_error, norm,
            )  # fmt: skip
            if third_bound < floor:
                continue
            found = _steps(
                article, query, n_text, n_title, weight, is_in_query, shared, row, row_ptr,
                row_low, row_high, row_level, level_weight, inverse_norm,
                prior[article] * _fading(day[article], query_day[query], decay, undated),
                queries, quotes, scratch, similarities,
            )  # fmt: skip
            if pruning.offer(steps, local, k, found, article):
                floor = max(floor, _floor(steps[0], slack))
        floors[query] = max(floors[query], steps[0])
        pruning.forget(terms, is_in_query)
        for i in range(k - 1, -1, -1):
            out_steps[query, i] = np.int64(steps[0])
            out_local[query, i] = max(local[0], 0)
            out_similarity[query, i] = similarities[max(local[0], 0)]
            sift(steps, local, k, math.inf, 0)


@kernel
def _floor(steps, slack):
    """Return a bound, in single precision, that is reached by whatever rounds to so many steps."""
    return np.float32((max(steps, 1.0) - 0.501) / SCORE_STEPS * (1.0 - slack))


@kernel
def score_articles(
    query_ptr, query_term, query_weight, exclude_ptr, exclude, first, last, query_day,
    row_ptr, row_low, row_high, row_level, level_weight, inverse_norm, prior, day, decay, undated,
    queries, quotes, scratch, weight, is_in_query, shared, similarities, out_steps, out_similarity,
):  # fmt: skip
    """Score every article of a segment for each query of a block, row by row.

    The parameters are those of `rank_articles`; out_steps is int64[n_queries, n_articles] and
    out_similarity float64[n_queries, n_articles].
    """
    row = np.empty(shared.size, dtype=np.int32)
    for query in range(out_steps.shape[0]):
        terms = query_term[query_ptr[query] : query_ptr[query + 1]]
        weights = query_weight[query_ptr[query] : query_ptr[query + 1]]
        pruning.note(terms, weights, weight, is_in_query)
        n_text, n_title = 0, 0
        if queries.share > 0:
            n_text, n_title = quoting.note(query, terms, query_ptr, queries, scratch)
        out_steps[query] = 0
        out_similarity[query] = 0
        for article in range(first[query], last[query]):
            out_steps[query, article] = _steps(
                article, query, n_text, n_title, weight, is_in_query, shared, row, row_ptr,
                row_low, row_high, row_level, level_weight, inverse_norm,
                prior[article] * _fading(day[article], query_day[query], decay, undated),
                queries, quotes, scratch, similarities,
            )  # fmt: skip
            out_similarity[query, article] = similarities[article]
        for i in range(exclude_ptr[query], exclude_ptr[query + 1]):
            out_steps[query, exclude[i]] = 0
        pruning.forget(terms, is_in_query)


@kernel
def reach_articles(
    query_ptr, query_term, query_weight, query_day, floors,
    q_sketch, q_sketch_scale, q_sketch_error, q_rest, q_codes, q_codes_scale, q_codes_error, q_norm,
    sketch, sketch_scale, sketch_error, rest, codes, codes_scale, codes_error, norm, is_rare,
    term, term_ptr, group_ptr, group_level, posting, row_ptr, row_low, row_high, row_level,
    level_weight, inverse_norm, most, prior, day, decay, undated, queries, quotes, scratch,
    weight, is_in_query, shared, sums, highest, near, nearer, similarities,
    factor, out_local, out_steps,
):  # fmt: skip
    """Find the articles of a segment whose score reaches a floor that each has of its own.

    As `rank_articles` for one query, with bounds divided by the floors.

    Parameters
    ----------
    floors : int64[n_articles]
        In steps, at least 1.
    query_day : int64[1]
    most : float64[n_articles]
        1 / length at most.
    factor : float32[≥ n_articles]
        Scratch.
    out_local, out_steps : int64[n_articles]
        The articles, ascending, and their scores in steps.

    Returns
    -------
    int
        How many there are.
    """
    n = floors.size
    row = np.empty(shared.size, dtype=np.int32)
    sums = sums[:n]
    factor = factor[:n]
    slack = pruning.rounding(_n_sums(0, query_term.size, queries))
    for article in range(n):
        least = (floors[article] - 0.501) / SCORE_STEPS * (1.0 - slack)
        fading = _fading(day[article], query_day[0], decay, undated)
        factor[article] = most[article] * prior[article] * fading / least
    pruning.note(query_term, query_weight, weight, is_in_query)
    n_text, n_title = 0, 0
    if queries.share > 0:
        n_text, n_title = quoting.note(0, query_term, query_ptr, queries, scratch)
    walk(
        0, query_term, query_weight, is_rare, term, term_ptr, group_ptr, group_level, posting,
        level_weight, n_text, queries, quotes, scratch, sums,
    )  # fmt: skip
    length = np.float32(q_norm[0] * (1.0 + 4.0 * slack))
    pruning.first_bounds(sums, norm, factor, length, highest)
    # The division above was rounded too.
    floor = np.float32(1.0 - 4e-7)
    extra = 4.0 * slack * q_norm[0]
    n_nearer = pruning.survivors(
        sums, norm, factor, length, highest, floor, q_sketch[0], q_sketch_scale[0],
        np.float32(q_sketch_error[0] + extra), length + q_sketch_error[0], q_rest[0],
        sketch, sketch_scale, sketch_error, rest, near, nearer,
    )  # fmt: skip
    n_found = 0
    for i in range(n_nearer):
        article = np.int64(nearer[i])
        third_bound = pruning.third_bound(
            article, sums[article], factor, q_codes[0], q_codes_scale[0],
            np.float32(q_codes_error[0] + extra), length + q_codes_error[0],
            codes, codes_scale, codes_error, norm,
        )  # fmt: skip
        if third_bound < floor:
            continue
        found = _steps(
            article, 0, n_text, n_title, weight, is_in_query, shared, row, row_ptr, row_low,
            row_high, row_level, level_weight, inverse_norm,
            prior[article] * _fading(day[article], query_day[0], decay, undated),
            queries, quotes, scratch, similarities,
        )  # fmt: skip
        if found >= floors[article]:
            out_local[n_found] = article
            out_steps[n_found] = np.int64(found)
            n_found += 1
    pruning.forget(query_term, is_in_query)
    return n_found
