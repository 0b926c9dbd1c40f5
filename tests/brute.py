"""The specification for archives too large for loops: all scores of an article at once.

scikit-learn counts words and scipy multiplies them; `reference` defines spelling and recency. Like
`reference`, the module imports nothing of relnews.
"""

import itertools

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

import reference
from reference_words import words_of

#: Weight of a phrase in a title; a word weighs 1.
PHRASE = 2

#: Positions of the fields that `_fields` returns.
TITLE, TEXTS = slice(0, 1), slice(1, 3)

_STOPPED = frozenset(term for word in reference.english_stop_words() for term in words_of(word))


class Brute:
    """Scores of every article for a given article, with the default settings.

    Parameters
    ----------
    articles : iterable
        Objects with the attributes ``id``, ``title``, ``dek``, ``text`` and ``published``.
    vectors : array, optional
        A row for each article; `similarities` counts their cosines, too.
    """

    def __init__(
        self, articles, title_weight=1.0, title_overlap=0.1, vectors=None, vector_weight=0.1
    ):
        self.vectors = None if vectors is None else normalize(vectors).astype(np.float32)
        self.vector_weight = 0.0 if vectors is None else vector_weight
        self.ids, self.dates, fields = [], [], []
        for article in articles:
            self.ids.append(article.id)
            self.dates.append(article.published)
            fields.append([_words(text) for text in (article.title, article.dek, article.text)])
        self.title_overlap = title_overlap
        vectorizer = CountVectorizer(analyzer=_terms, binary=True)
        transformer = TfidfTransformer().fit(vectorizer.fit_transform(fields))
        vocabulary, idf = vectorizer.vocabulary_, sp.diags_array(transformer.idf_)

        def counts(analyzer, **options):
            counter = CountVectorizer(analyzer=analyzer, vocabulary=vocabulary, **options)
            return sp.csr_array(counter.transform(fields), dtype=float)

        text = counts(lambda fields: itertools.chain(*fields[TEXTS]))
        title = counts(lambda fields: fields[0], binary=True)
        tf = text.copy()
        tf.data = 1 + np.log(tf.data)
        self._weights = normalize((tf + title_weight * title) @ idf)
        # Titles have words and phrases; so has the part of a text found in titles.
        phrases = counts(lambda fields: _phrases(fields[TITLE]), binary=True)
        pairs = counts(lambda fields: _phrases(fields[TEXTS]), binary=True)
        self._title = sp.hstack([title @ idf, PHRASE * phrases @ idf], format="csr")
        self._has = sp.hstack([text.sign(), pairs], format="csr")
        least = 4 * (np.log(1 + len(fields)) + 1)
        self._share = 1 / np.maximum(self._title.sum(axis=1), least)

    def cosines(self, article):
        """Return all cosines with the article at a position, float64 (n_articles,)."""
        return _products(self._weights, self._weights, article)

    def similarities(self, article):
        """Return the similarities of all articles to the article at a position; itself 0."""
        cosine = self.cosines(article)
        found = _products(self._has, self._title, article) * self._share[article]
        finds = _products(self._title, self._has, article) * self._share
        both = np.where(cosine > 0, cosine + self.title_overlap * (found + finds), 0)
        if self.vectors is not None:
            cosine = self.vectors.astype(float) @ self.vectors[article]
            both += self.vector_weight * np.maximum(cosine, 0)
        both[article] = 0
        return np.minimum(both / (1 + 2 * self.title_overlap + self.vector_weight), 1)

    def fading(self, article, half_life=180, floor=0.5):
        """Return the recency factor of each article."""
        date = self.dates[article]
        return np.array([reference.fading(date, other, half_life, floor) for other in self.dates])

    def best(self, scores, k):
        """Return the positions of the k best articles: by score, then newer, then id."""
        k = min(k, len(scores))
        least = reference.rounded(np.partition(scores, -k)[-k])
        steps = np.round(scores * 1e6)
        best = np.flatnonzero((steps >= least) & (steps > 0)).tolist()
        return sorted(best, key=lambda i: (-steps[i], -_timestamp(self.dates[i]), self.ids[i]))[:k]


def _words(text):
    words = words_of(text, stopped=_STOPPED, names=True)
    return [word for word in words if word not in _STOPPED]


def _phrases(texts):
    return [f"{a}_{b}" for words in texts for a, b in itertools.pairwise(words)]


def _terms(fields):
    return itertools.chain(*fields, _phrases(fields[TITLE]))


def _products(rows, queries, number):
    """Return the product of all rows with one query."""
    return rows @ queries[[number]].toarray().ravel()


def _timestamp(date):
    return -np.inf if date is None else date.timestamp()
