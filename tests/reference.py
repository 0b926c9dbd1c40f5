"""The specification: Related News by dicts and loops, slow and obvious.

The module imports nothing of relnews and shares no code with it. Fast paths are tested against this
module, never against themselves; for weights scikit-learn is the second oracle.
"""

import itertools
import math
import re
import struct
from collections import Counter
from fractions import Fraction
from pathlib import Path

from reference_words import DOTLESS, words_of


def runs(text, min_length=1):
    """Return the runs of at least `min_length` word characters."""
    return re.findall(rf"(?u)\b\w{{{min_length},}}\b", text)


def tokens(text, min_length=2):
    """Return the lower-cased runs of at least `min_length` word characters."""
    return runs(text.lower(), min_length)


def phrase_counts(text, min_n, max_n, stop_words=(), min_length=2):
    """Return counts of phrases of min_n to max_n tokens, without stop words."""
    words = [token for token in tokens(text, min_length) if token not in stop_words]
    return Counter(
        " ".join(words[i : i + n])
        for n in range(min_n, max_n + 1)
        for i in range(len(words) - n + 1)
    )


def term_counts(article, title_weight=1, stop_words=()):
    """Return the counts of terms of title (weighted), dek and text, without stop words."""
    stopped = {token for word in stop_words for token in tokens(word)}
    counts = Counter()
    for field, weight in (("title", title_weight), ("dek", 1), ("text", 1)):
        for token in tokens(article.get(field, "")):
            if token not in stopped and weight:
                counts[token] += weight
    return counts


def english_stop_words():
    """Return the words of the package's English list, as its file has them."""
    file = Path(__file__).parents[1] / "src" / "relnews" / "text" / "stop_words" / "en.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def language_of(article, own):
    """Return the first part of the language tag in lower case; `own` if there is no tag."""
    tag = (article.get("lang") or article.get("language") or own).lower().replace("_", "-")
    return tag.split("-")[0]


class Words:
    """Counted words of an article: in order, without stop words, plurals folded.

    ``stop_words`` may be a dict by language; of these, stop words in capitals may be names. A term
    is a word with the language it is of. ``repeated`` are lines to ignore, as
    `repeated_lines` returns them; an article in which all lines repeat keeps them.
    """

    def __init__(
        self, article, stop_words=(), normalization="english", own="en", repeated=frozenset()
    ):
        language = language_of(article, own) if own else "en"
        folds = normalization and language in ("en", "fr")

        names = isinstance(stop_words, dict) and language not in DOTLESS
        if isinstance(stop_words, dict):
            stop_words = stop_words.get(language, ())
        stopped = {
            term for word in stop_words for term in words_of(word.lower(), language, folds=folds)
        }

        def words(text):
            found = words_of(text, language, folds=folds, stopped=stopped, names=names)
            return [word for word in found if word not in stopped]

        self.title = words(article.get("title", ""))
        has_lines = repeated is None or repeated

        def parts(text):
            return text.split("\n") if has_lines else [text]

        texts = [[*map(words, parts(article.get(field, "")))] for field in ("dek", "text")]
        #: The phrases of the title: {as a term: (first word, last word)}.
        self.phrases = {}
        for first, last in itertools.pairwise(self.title):
            if f"{first}_{last}" not in stopped:
                self.phrases.setdefault(f"{first}_{last}", (first, last))
        if own and language != own:  # marked words are other words, and equal ones stay equal

            def foreign(word):
                return f"{word} in {language}"

            self.title = [foreign(word) for word in self.title]
            texts = [[[*map(foreign, line)] for line in text] for text in texts]
            self.phrases = {
                foreign(phrase): (foreign(first), foreign(last))
                for phrase, (first, last) in self.phrases.items()
            }
        #: The lines of dek and text that have words, each with the source.
        source = article.get("source") or None
        self.lines = {(source, *line) for text in texts for line in text if line}
        if repeated and not self.lines <= repeated:
            texts = [[line for line in text if (source, *line) not in repeated] for text in texts]
        self.texts = [[*itertools.chain(*text)] for text in texts]
        self.tf = Counter(word for text in self.texts for word in text)
        #: Pairs of adjacent words in the texts.
        self.pairs = {pair for text in self.texts for pair in itertools.pairwise(text)}
        self.terms = {*self.tf, *self.title, *self.phrases}


def repeated_lines(articles, least=20, share=0.005, **analysis):
    """Return the lines that stand in many articles of a source: {(source, word, word, …), …}."""
    of_source = Counter(article.get("source") or None for article in articles)
    n_articles = Counter(
        line for article in articles for line in Words(article, repeated=None, **analysis).lines
    )
    return {
        (source, *words)
        for (source, *words), n in n_articles.items()
        if n >= least and n / of_source[source] >= share
    }


def inverse_document_frequency(all_words):
    """Return smooth idf, ln((1 + n) / (1 + df)) + 1; of unknown terms with df 0."""
    frequency = Counter(term for words in all_words for term in words.terms)
    n = len(all_words)

    class Idf(dict):
        unseen = math.log(1 + n) + 1

        def __missing__(self, term):
            return self.unseen

    return Idf({term: math.log((1 + n) / (1 + df)) + 1 for term, df in frequency.items()})


def ignoring(idf, ignored, normalization="english"):
    """Return the idf with 0 for ignored words and for phrases that contain them."""
    terms = ([word, words_of(word, folds=normalization)] for word in ignored)
    words = {found[0] if len(found) == 1 else word.strip().lower() for word, found in terms}

    def is_ignored(term):
        parts = term.split("_")
        ends = range(1, len(parts) + 1)
        return any("_".join(parts[i:j]) in words for j in ends for i in range(j))

    class Ignoring(dict):
        unseen = idf.unseen

        def __contains__(self, term):
            return term in idf

        def __missing__(self, term):
            return 0.0 if is_ignored(term) else idf[term]

    return Ignoring()


class Weights(dict):
    """Tf-idf weights of an article, unit length, with its words, its vector and all idf."""

    def __init__(self, weights, words, idf):
        super().__init__(weights)
        self.words = words
        self.idf = idf
        self.vector = ()


def unit_vector(values):
    """Return a vector at length 1, in single precision; nothing for zeros, and for None."""
    largest = max(map(abs, values or ()), default=0.0)
    if not largest:
        return ()
    scaled = [value / largest for value in values]
    length = math.sqrt(math.fsum(value**2 for value in scaled))
    return struct.unpack(f"{len(scaled)}f", struct.pack(f"{len(scaled)}f", *(
        value / length for value in scaled
    )))  # fmt: skip


def unit_weights(words, idf, sublinear_tf=True, title_weight=1.0):
    """Return the unit-length weights; a word of the title weighs title_weight more."""
    weights = {}
    for term in [*dict.fromkeys([*words.title, *words.tf])]:
        if term in idf:
            tf = words.tf[term]
            weight = (1 + math.log(tf) if sublinear_tf else tf) if tf else 0.0
            weights[term] = (weight + title_weight * (term in words.title)) * idf[term]
    length = math.sqrt(math.fsum(weight**2 for weight in weights.values()))
    if not length:
        return Weights({}, words, idf)
    return Weights({term: weight / length for term, weight in weights.items()}, words, idf)


def quoted(a, b, least_title=4.0):
    """Return the share of a's title, words and phrases by idf, that b's texts contain.

    A title weighs at least as much as ``least_title`` words that no article has.
    """
    of, idf = a.words, a.idf
    whole = found = 0.0
    for word in dict.fromkeys(of.title):
        whole += idf[word]
        found += idf[word] * (word in b.words.tf)
    for phrase, pair in of.phrases.items():
        whole += 2 * idf[phrase]
        found += 2 * idf[phrase] * (pair in b.words.pairs)
    return found / max(whole, least_title * idf.unseen) if whole else 0.0


def similarity(a, b, title_overlap=0.1, least_title=4.0, vector_weight=0.0):
    """Return cosine plus shares of the titles in the other texts, at most 1.

    The cosine of two vectors counts, too, whether or not the articles share a word; one below 0
    counts as 0.
    """
    both = cosine(a, b)
    if both > 0 and title_overlap:
        both += title_overlap * (quoted(a, b, least_title) + quoted(b, a, least_title))
    if vector_weight and a.vector and b.vector:
        cosine_of_vectors = math.fsum(x * y for x, y in zip(a.vector, b.vector, strict=True))
        both += vector_weight * max(cosine_of_vectors, 0.0)
    return min(both / (1 + 2 * title_overlap + vector_weight), 1.0)


def cosine(a, b):
    """Return the inner product of two unit vectors."""
    return math.fsum(weight * b[term] for term, weight in a.items() if term in b)


def rounded(score):
    """Return the score in millionths; equal numbers are a tie."""
    return round(score * 1e6)


def likeness(a, b, weights_a, weights_b, least_words=12):
    """Return how alike two articles are, in millionths, to tell near-duplicates.

    It is the cosine; or the containment, if that is larger and the cosine is 0.5 or more; and 1 if
    dek and text are the same and have at least ``least_words`` words.
    """
    steps = rounded(cosine(weights_a, weights_b))
    if a.texts == b.texts and _length(a) >= least_words:
        return rounded(1.0)
    return max(steps, containment(a, b, least_words)) if steps >= rounded(0.5) else steps


def containment(a, b, least_words=12):
    """Return the share of the sequences of three words of one article that the other has.

    The one is the article with fewer sequences. 0 if an article has fewer than ``least_words``
    words, or more than half as many words again as the other.
    """
    shorter, longer = sorted((_length(a), _length(b)))
    sequences = [
        {tuple(text[i : i + 3]) for text in words.texts for i in range(len(text) - 2)}
        for words in (a, b)
    ]
    fewer = min(map(len, sequences))
    if shorter < least_words or 2 * longer > 3 * shorter or not fewer:
        return 0
    return rounded(len(sequences[0] & sequences[1]) / fewer)


def _length(words):
    """Return the number of words of dek and text; a mark between them counts as a word."""
    dek, text = words.texts
    return len(dek) + bool(dek) + len(text)


def fading(a, b, half_life, floor):
    """Return the recency factor for two dates, by the days between them in UTC."""
    if a is None or b is None:
        return (1 + floor) / 2
    days = abs(math.floor(a.timestamp() / 86_400) - math.floor(b.timestamp() / 86_400))
    return floor + (1 - floor) / (1 + days / half_life)


def ranking(
    query, archive, k, *, exclude=None, priors=None, title_overlap=0.1, least_title=4.0,
    vector_weight=0.0, cutoff=None,
):  # fmt: skip
    """Return the k best items of an archive for a query's weights.

    ``archive`` is a list of (id, published or None, weights); the answer is a list of
    (id, score, similarity). Score descending, then newer first (undated last), then id. An item has
    at least the share ``cutoff`` of the best score.
    """
    rows = []
    for position, (identifier, published, weights) in enumerate(archive):
        alike = similarity(query, weights, title_overlap, least_title, vector_weight)
        score = alike * (1.0 if priors is None else priors[position])
        if identifier != exclude and rounded(score) > 0:
            age = math.inf if published is None else -published.timestamp()
            rows.append((-rounded(score), age, identifier, rounded(alike)))
    least = least_score(cutoff, [-score for score, *_ in rows])
    best = [row for row in sorted(rows) if -row[0] >= least][:k]
    return [(i, -score / 1e6, similarity / 1e6) for score, _, i, similarity in best]


def least_score(cutoff, scores):
    """Return the share ``cutoff`` of the highest score; None is a share of 0."""
    return Fraction(str(cutoff or 0)) * max(scores, default=0)


def related_news(
    articles, k, *, stop_words, title_weight=1.0, title_overlap=0.1, least_title=4.0,
    normalization="english", sublinear_tf=True, recency=None, language="en", repeated=frozenset(),
    vector_weight=0.0, cutoff=None,
):  # fmt: skip
    """Return every article's list: {id: [(id, score, similarity), …]}, articles as dicts.

    ``recency`` is a pair of half-life and floor; ``repeated`` are lines to ignore.
    """
    words = [Words(article, stop_words, normalization, language, repeated) for article in articles]
    idf = inverse_document_frequency(words)
    archive = [
        (article["id"], article.get("published"), unit_weights(w, idf, sublinear_tf, title_weight))
        for article, w in zip(articles, words, strict=True)
    ]
    for (*_, weights), article in zip(archive, articles, strict=True):
        weights.vector = unit_vector(article.get("vector"))
    lists = {}
    for i, date, weights in archive:
        priors = None
        if recency is not None:
            priors = [fading(date, other, *recency) for _, other, _ in archive]
        lists[i] = ranking(
            weights, archive, k, exclude=i, priors=priors, title_overlap=title_overlap,
            least_title=least_title, vector_weight=vector_weight, cutoff=cutoff,
        )  # fmt: skip
    return lists


def cosine_neighbors(rows, queries, k, exclude_self):
    """Return the k best rows of each query by cosine: [[(similarity, position), …], …].

    Similarity descending, then position. Sums run by ascending column, and a row of zeros has
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
