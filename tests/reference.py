"""The specification: Related News by dicts and loops, slow and obvious.

It imports nothing of relnews and shares no code with it. Fast paths are measured against this
module, never against themselves; the second oracle, for the weights, is scikit-learn.
"""

import math
import re
from collections import Counter


def runs(text, min_length=1):
    """Return runs of at least so many word characters."""
    return re.findall(rf"(?u)\b\w{{{min_length},}}\b", text)


def tokens(text, min_length=2):
    """Lower-cased runs of at least so many word characters."""
    return runs(text.lower(), min_length)


def phrase_counts(text, min_n, max_n, stop_words=(), min_length=2):
    """Sequences of min_n to max_n tokens, after stop words are taken out, joined by spaces."""
    words = [token for token in tokens(text, min_length) if token not in stop_words]
    return Counter(
        " ".join(words[i : i + n])
        for n in range(min_n, max_n + 1)
        for i in range(len(words) - n + 1)
    )


def term_counts(article, title_weight=1, stop_words=()):
    """Terms of title (weighted), dek and text, without the tokens of the stop words."""
    stopped = {token for word in stop_words for token in tokens(word)}
    counts = Counter()
    for field, weight in (("title", title_weight), ("dek", 1), ("text", 1)):
        for token in tokens(article.get(field, "")):
            if token not in stopped and weight:
                counts[token] += weight
    return counts


def inverse_document_frequency(all_counts):
    """Smooth idf, ln((1 + n) / (1 + df)) + 1, of every term."""
    frequency = Counter(term for counts in all_counts for term in counts)
    n = len(all_counts)
    return {term: math.log((1 + n) / (1 + df)) + 1 for term, df in frequency.items()}


def unit_weights(counts, idf, sublinear_tf=True):
    """Tf-idf weights of one article, of length 1; terms without an idf are left out."""
    weights = {}
    for term, tf in counts.items():
        if term in idf:
            weights[term] = (1 + math.log(tf) if sublinear_tf else tf) * idf[term]
    length = math.sqrt(math.fsum(weight**2 for weight in weights.values()))
    return {term: weight / length for term, weight in weights.items()}  # no terms: no division


def cosine(a, b):
    """Inner product of two unit vectors."""
    return math.fsum(weight * b[term] for term, weight in a.items() if term in b)


def rounded(score):
    """Scores are compared by the millionth: what is equal there is a tie."""
    return round(score * 1e6)


def ranking(query, archive, k, *, exclude=None, priors=None):
    """Best k of an archive for a query's weights.

    ``archive`` is a list of (id, published or None, weights); the answer is a list of
    (id, score, similarity). Score descending, then newer first (undated last), then id.
    """
    rows = []
    for position, (identifier, published, weights) in enumerate(archive):
        similarity = cosine(query, weights)
        score = similarity * (1.0 if priors is None else priors[position])
        if identifier != exclude and rounded(score) > 0:
            age = math.inf if published is None else -published.timestamp()
            rows.append((-rounded(score), age, identifier, rounded(similarity)))
    return [(i, -score / 1e6, similarity / 1e6) for score, _, i, similarity in sorted(rows)[:k]]


def related_news(articles, k, *, title_weight, stop_words, sublinear_tf=True):
    """Return every article's list: {id: [(id, score, similarity), …]}, articles as dicts."""
    counts = [term_counts(article, title_weight, stop_words) for article in articles]
    idf = inverse_document_frequency(counts)
    archive = [
        (article["id"], article.get("published"), unit_weights(c, idf, sublinear_tf))
        for article, c in zip(articles, counts, strict=True)
    ]
    return {i: ranking(weights, archive, k, exclude=i) for i, _, weights in archive}


def cosine_neighbors(rows, queries, k, exclude_self):
    """Best k rows of each query by cosine: [[(similarity, position), …], …], vectors as dicts.

    Similarity descending, then position. Sums are by ascending column, and what has no length has
    similarity 0. With ``exclude_self`` query i is row i, which is not in its own list.
    """

    def dot(a, b):
        total = 0.0
        for column in sorted(a.keys() & b.keys()):
            total += a[column] * b[column]
        return total

    lengths = [math.sqrt(dot(row, row)) for row in rows]
    lists = []
    for number, query in enumerate(queries):
        length = math.sqrt(dot(query, query))
        best = []
        for position, row in enumerate(rows):
            if not (exclude_self and position == number):
                both = length * lengths[position]
                best.append((dot(query, row) / both if both else 0.0, position))
        lists.append(sorted(best, key=lambda pair: (-pair[0], pair[1]))[:k])
    return lists
