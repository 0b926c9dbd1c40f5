"""Exact top-k articles of a segment for a block of queries."""

from __future__ import annotations

import math

import numpy as np

from relnews._kernels import heap, layout, pruning, title_match
from relnews._kernels import vectors as vector_match
from relnews._kernels._compile import inner_kernel, kernel
from relnews._kernels.machine import prefetch
from relnews._kernels.norms import inverse_length, inverse_title
from relnews._kernels.pruning import LEFT_OUT
from relnews._kernels.walking import walk

#: Steps of a score of 1. Scores are rounded to steps before they are compared, so that neither the
#: order of additions nor the cut into segments breaks ties.
SCORE_STEPS = 1_000_000

#: Day of an article without a date.
NO_DAY = -(1 << 31)

#: Neighbouring articles that a bound gives the factor of the day nearest to the query's. Of 65,536
#: articles, 16 together take 21 µs, one by one 74.
_DAYS_TOGETHER = 16

#: Bits of a local number.
LOCAL_BITS = 16


@inner_kernel
def _fade(day, query_day, decay, undated):
    """Return the factor on the score of an article for its day and the query's day."""
    if day == NO_DAY or query_day == NO_DAY:
        return undated
    return decay[min(abs(np.int64(day) - query_day), decay.size - 1)]


@inner_kernel
def _most_fade(days, query_day, decay, undated):
    """Return the highest factor on the score of any article of ascending days.

    ``decay`` falls with the number of days. An article without a date comes before all others.
    """
    if query_day == NO_DAY or days[-1] == NO_DAY:
        return undated
    distance = max(np.int64(days[0]) - query_day, query_day - np.int64(days[-1]), 0)
    most = decay[min(distance, decay.size - 1)]
    return max(most, undated) if days[0] == NO_DAY else most


@inner_kernel
def _fade_all(days, query_day, decay, undated, factor, out):
    """Write upper bounds of factors times the factors for ascending days and the query's day."""
    n = days.size - days.size % _DAYS_TOGETHER
    for first in range(0, n, _DAYS_TOGETHER):
        here = slice(first, first + _DAYS_TOGETHER)
        most = np.float32(_most_fade(days[here], query_day, decay, undated))
        few, out_few = factor[here], out[here]
        for i in range(_DAYS_TOGETHER):  # of a known length, the loop takes a quarter of the time
            out_few[i] = few[i] * most
    for article in range(n, days.size):
        fade = _fade(days[article], query_day, decay, undated)
        out[article] = factor[article] * np.float32(fade)


@inner_kernel
def _floor(steps, tolerance):
    """Return a lower bound, in single precision, of scores that round to ``steps`` or more.

    Such scores are at least steps - 0.5; the extra 0.001 covers the rounding of that difference.
    """
    return np.float32((max(steps, 1.0) - 0.501) / SCORE_STEPS * (1.0 - tolerance))


@inner_kernel
def _fetch_row(rows, titles, article):
    """Prefetch the first terms and words of an article; the processor loads what follows."""
    first = rows.ptr[article]
    for pair in range(first, min(first + 128, rows.low.size), 32):
        prefetch(rows.low, pair)
        prefetch(rows.high, pair)
        prefetch(rows.level, pair)
    if titles is not None:
        texts = titles.articles.texts
        first = texts.text_ptr[article]
        for word in range(first, min(first + 256, texts.text_place.size), 32):
            prefetch(texts.text_place, word)
        prefetch(texts.phrase_place, 3 * texts.phrase_ptr[article])


@inner_kernel
def _score(article, query, rows, fading, titles, n_text, vectors, scratch):
    """Return the score of an article in steps, summed by ascending term.

    The kernel writes the similarity to ``scratch.similarities``. If 1 / length is unknown, it
    writes 1 / length and 1 / title, too; two threads that do so at once write the same values.

    Parameters
    ----------
    article, query : int
        Local number of the article; number of the query in its block.
    rows : ScoredRows
        Terms, dates and priors of the articles.
    fading : Fading
        Fading of the scores.
    titles : TitleMatch or None
        None if titles do not count.
    n_text : int
        Size of a table, as returned by `title_match.note`; 0 if titles do not count.
    vectors : VectorMatch or None
        None if vectors do not count.
    scratch : relnews._kernels.scratch.Scratch
        Scratch with the query entered by `pruning.note`.
    """
    row_ptr, row_low, row_high, row_level = rows.terms
    level_weight, idf, inverse_norm = rows.level_weight, rows.idf, rows.inverse_norm
    weight, shared = scratch.weight, scratch.shared
    first, last = row_ptr[article], row_ptr[article + 1]
    terms, levels = scratch.terms[: last - first], row_level[first:last]
    layout.join(row_low[first:last], row_high[first:last], terms)
    total = 0.0
    n_shared = pruning.find_shared(scratch.is_in_query, terms, shared)
    for i in range(n_shared):
        total += weight[np.uint64(terms[shared[i]])] * level_weight[levels[shared[i]]]
    if math.isnan(inverse_norm[article]):
        rows.inverse_title[article] = inverse_title(
            terms, levels, rows.level_title, idf, rows.least_title
        )
        inverse_norm[article] = inverse_length(terms, levels, level_weight, idf)
    similarity = total * inverse_norm[article]
    if titles is not None and similarity > 0:
        similarity += titles.queries.share * title_match.share_of_titles(
            article, query, terms, levels, shared[:n_shared], n_text, idf,
            rows.inverse_title[article], titles,
        )  # fmt: skip
    if vectors is not None:
        similarity += vectors.queries.share * vector_match.cosine(query, article, vectors)
    similarity = min(similarity, 1.0)
    scratch.similarities[article] = similarity
    query_day, decay, undated = fading
    faded = _fade(rows.day[article], query_day[query], decay, undated)
    return np.rint(similarity * (rows.prior[article] * faded) * SCORE_STEPS)


@kernel
def rank_articles(queries, articles, limits, titles, vectors, heaps, scratch, floors, out):
    """Write the exact top-k articles of a segment for each query of a block.

    The kernel walks rare terms and bounds common terms. Articles that can be in the list are summed
    again in double precision from their rows, rounded to steps, and ordered by (steps, local
    number), both descending.

    Parameters
    ----------
    queries : QueryBlock
        Weights have the length that is the cosine's share of the similarity, and are times idf.
    articles : ScoredArticles
        Articles of the segment.
    limits : LimitArrays
        Articles that each list may hold.
    titles : TitleMatch or None
        Titles and texts; None if titles do not count.
    vectors : VectorMatch or None
        None if vectors do not count.
    heaps : relnews._kernels.pruning.Heaps
        Heaps for lists of k articles; k is at most n_articles.
    scratch : relnews._kernels.scratch.Scratch
        Long enough for the segment; ``is_in_query`` is zeros again on return.
    floors : float64[n_queries]
        Steps that k articles of earlier segments reach; updated.
    out : RankedArrays
        The lists.
    """
    query_ptr, query_term, query_weight, query_outline = queries
    rows, postings, outline, _, whole_factor, most_prior = articles
    exclude_ptr, exclude, first, last, fading = limits
    out_steps, out_local, out_similarity = out
    day, similarities = rows.day, scratch.similarities
    weight, is_in_query = scratch.weight, scratch.is_in_query
    n = whole_factor.size
    sums, highest = scratch.sums[:n], scratch.highest
    near, nearer = scratch.near, scratch.nearer
    query_day, decay, undated = fading
    fades = decay.size > 1
    factor = scratch.factor[:n] if fades else whole_factor
    steps, local = heaps.score, heaps.tie
    k = steps.size
    for query in range(query_ptr.size - 1):
        window = (first[query], last[query])
        if vectors is not None and query % vector_match.TOGETHER == 0:
            vector_match.bound_cosines(query, first, last, vectors)
        most = 0.0
        if window[0] < window[1]:
            days = day[window[0] : window[1]]
            most = most_prior * _most_fade(days, query_day[query], decay, undated)
        if np.rint(most * SCORE_STEPS) < max(floors[query], 1.0):  # of a similarity of 1
            out_steps[query], out_local[query], out_similarity[query] = 0, 0, 0.0
            continue
        begin = query_ptr[query]
        terms = query_term[begin : query_ptr[query + 1]]
        weights = query_weight[begin : query_ptr[query + 1]]
        pruning.note(terms, weights, weight, is_in_query)
        n_sums, n_text = terms.size, 0
        if titles is not None:
            n_sums = title_match.n_sums(query, terms.size, titles.queries)
            n_text = title_match.note(query, begin, terms, titles.queries, titles.scratch)
        if vectors is not None:
            n_sums += vector_match.N_SUMS
        tolerance = pruning.rounding(n_sums)
        walk(begin, terms, weights, postings, titles, n_text, window, scratch.places, sums)
        if vectors is not None:
            vector_match.add_cosines(query, window, vectors, sums)
        sums[: window[0]] = LEFT_OUT
        sums[window[1] :] = LEFT_OUT
        for i in range(exclude_ptr[query], exclude_ptr[query + 1]):
            sums[exclude[i]] = LEFT_OUT
        if fades:
            factor[: window[0]] = 0  # it may be anything in scratch
            factor[window[1] :] = 0
            here = slice(window[0], window[1])
            _fade_all(day[here], query_day[query], decay, undated, whole_factor[here], factor[here])
        common = pruning.common_part(query_outline, query, tolerance)
        pruning.first_bounds(sums, factor, common, outline, highest)
        steps[:] = 0
        local[:] = -1
        # First a few articles that are likely to be in the list, then all that can reach it.
        for is_last in (False, True):
            floors[query] = max(floors[query], steps[0])
            floor = _floor(floors[query], tolerance)
            if is_last:
                n_left = pruning.survivors(
                    sums, factor, common, outline, floor, highest, near, nearer
                )  # fmt: skip
            elif floors[query] <= 0:
                n_left = pruning.find_seeds(
                    sums, factor, common, outline, highest, heaps, nearer
                )  # fmt: skip
            else:
                n_left = 0
            i = -1
            while True:
                i = pruning.next_survivor(
                    i + 1, n_left, sums, factor, common, outline, floor, nearer
                )  # fmt: skip
                if i == n_left:
                    break
                article = np.int64(nearer[i])
                _fetch_row(rows.terms, titles, nearer[min(i + 1, n_left - 1)])
                if titles is not None and is_last:
                    # Without the phrases that it lacks, two of three articles miss the floor.
                    excess = title_match.excess(article, query, rows.terms, postings, titles)
                    lowered = np.float64(sums[article]) * (1.0 + tolerance) - excess
                    sums[article] = lowered
                    if i < pruning.next_survivor(
                        i, i + 1, sums, factor, common, outline, floor, nearer
                    ):  # fmt: skip
                        continue
                found = _score(article, query, rows, fading, titles, n_text, vectors, scratch)
                if heap.offer(steps, local, k, found, article):
                    floor = max(floor, _floor(steps[0], tolerance))
                sums[article] = LEFT_OUT
        floors[query] = max(floors[query], steps[0])
        pruning.forget(terms, is_in_query)
        for i in range(k - 1, -1, -1):
            out_steps[query, i] = np.int64(steps[0])
            out_local[query, i] = max(local[0], 0)
            out_similarity[query, i] = similarities[max(local[0], 0)]
            heap.replace_least(steps, local, k, math.inf, k)


@kernel
def score_articles(
    queries, rows, limits, titles, vectors, scratch, out_steps, out_similarity
):  # fmt: skip
    """Write the score of every article of a segment for each query of a block, row by row.

    Parameters
    ----------
    queries, limits, titles, vectors, scratch
        As for `rank_articles`.
    rows : ScoredRows
        Articles of the segment.
    out_steps : int64[n_queries, n_articles]
        Scores in steps; 0 for articles outside the limits.
    out_similarity : float64[n_queries, n_articles]
        Similarities, from 0 to 1; 0 outside of `LimitArrays.first` and ``last``.
    """
    query_ptr, query_term, query_weight, _ = queries
    exclude_ptr, exclude, first, last, fading = limits
    for query in range(out_steps.shape[0]):
        begin = query_ptr[query]
        terms = query_term[begin : query_ptr[query + 1]]
        weights = query_weight[begin : query_ptr[query + 1]]
        pruning.note(terms, weights, scratch.weight, scratch.is_in_query)
        n_text = 0
        if titles is not None:
            n_text = title_match.note(query, begin, terms, titles.queries, titles.scratch)
        out_steps[query] = 0
        out_similarity[query] = 0
        for article in range(first[query], last[query]):
            found = _score(article, query, rows, fading, titles, n_text, vectors, scratch)
            out_steps[query, article] = found
            out_similarity[query, article] = scratch.similarities[article]
        for i in range(exclude_ptr[query], exclude_ptr[query + 1]):
            out_steps[query, exclude[i]] = 0
        pruning.forget(terms, scratch.is_in_query)


@kernel
def reach_articles(
    queries, articles, fading, titles, vectors, floors, scratch, out_local, out_steps
):  # fmt: skip
    """Write the articles of a segment whose score reaches their own floor; return their number.

    Like `rank_articles` for a block of one query, with bounds divided by the floors.

    Parameters
    ----------
    queries, articles, titles, vectors, scratch
        As for `rank_articles`.
    fading : Fading
        Fading of the scores, for one query.
    floors : int64[n_articles]
        Floor of each article, in steps; at least 1.
    out_local, out_steps : int64[n_articles]
        Local numbers of the articles found, ascending; their scores in steps.

    Returns
    -------
    int
        Number of articles found.
    """
    terms, weights = queries.term, queries.weight
    rows, postings, outline, max_inverse_norm, _, _ = articles
    query_day, decay, undated = fading
    prior, day = rows.prior, rows.day
    weight, is_in_query = scratch.weight, scratch.is_in_query
    n = floors.size
    sums, factor, highest = scratch.sums[:n], scratch.factor[:n], scratch.highest
    near, nearer = scratch.near, scratch.nearer
    pruning.note(terms, weights, weight, is_in_query)
    n_sums, n_text = terms.size, 0
    if titles is not None:
        n_sums = title_match.n_sums(0, terms.size, titles.queries)
        n_text = title_match.note(0, 0, terms, titles.queries, titles.scratch)
    if vectors is not None:
        n_sums += vector_match.N_SUMS
    tolerance = pruning.rounding(n_sums)
    for article in range(n):
        least = (floors[article] - 0.501) / SCORE_STEPS * (1.0 - tolerance)
        faded = _fade(day[article], query_day[0], decay, undated)
        factor[article] = max_inverse_norm[article] * prior[article] * faded / least
    walk(0, terms, weights, postings, titles, n_text, (0, n), scratch.places, sums)
    if vectors is not None:
        vector_match.bound_cosines(0, (0,), (n,), vectors)
        vector_match.add_cosines(0, (0, n), vectors, sums)
    common = pruning.common_part(queries.outline, 0, tolerance)
    pruning.first_bounds(sums, factor, common, outline, highest)
    # The division by the floor was rounded, too, by less than 4e-7 of its result.
    floor = np.float32(1.0 - 4e-7)
    n_nearer = pruning.survivors(sums, factor, common, outline, floor, highest, near, nearer)
    n_found = 0
    i = -1
    while True:
        i = pruning.next_survivor(i + 1, n_nearer, sums, factor, common, outline, floor, nearer)
        if i == n_nearer:
            break
        article = np.int64(nearer[i])
        found = _score(article, 0, rows, fading, titles, n_text, vectors, scratch)
        if found >= floors[article]:
            out_local[n_found] = article
            out_steps[n_found] = np.int64(found)
            n_found += 1
    pruning.forget(terms, is_in_query)
    return n_found
