"""relnews: Related News lists for an archive of articles, exact and fast.

An article's way through the package; each module imports only from its left::

    articles ─▶ readers ─▶ analysis ─▶ vocabulary ─▶ counts ─▶ weights ─▶ postings ─▶ ranking ─▶
      one        files       what a      terms and      raw term   tf, idf,   term ▶      exact
      story                  term is     numbers        counts     norms      articles    top-k
                                                          │
                                                          └─▶ features ─▶ documents ─▶ vectorizer
                                                                columns     a fit's     scikit-
                                                                            texts       learn's

    storage ─▶ archive ─▶ lists ─▶ related ─▶ export ─▶ cli
      the        all of     what     Related-   HTML,     relnews …
      archive    it live    comes    News       JSON,
      folder                out                 table

=================  ================================================================================
`articles`         Article: one story; Intake: what was skipped or mended and why
`readers`          files to articles: JSON Lines and CSV, plain, gzip or xz
`analysis`         what counts as a term: lower case, token rule, stop words, title weight
`vocabulary`       Vocabulary: terms and their numbers; Runs: the words of a text
`counts`           how often each article has each term, in one compiled pass
`features`         which terms become columns of a matrix, in what order; and the matrix
`documents`        what a vectorizer is given, and the vocabulary and counts it makes of it
`vectorizer`       CountVectorizer and TfidfVectorizer: scikit-learn's, compiled
`bounds`           what is kept of rows' common terms, to say how near two can be at most
`neighbors`        CosineNeighbors: the exact nearest rows of any sparse matrix
`weights`          tf, idf, norms: small pure functions
`postings`         Segment: term counts of up to 65,536 articles, by article and by term
`ranking`          the exact best k over segments; ties, priors, exclusions
`storage`          the archive folder: SQLite catalogue and immutable .npy files
`archive`          Archive: segments, vocabulary, statistics and catalogue as one thing to rank over
`lists`            RelatedItem and RelatedList
`related`          RelatedNews: the class most people meet
`export`           lists as HTML, JSON and text
`sample`           the sample archive
`cli`              the command ``relnews``
`exceptions`       the errors raised on purpose
`_validation`      every check and the wording of every error
`_parallel`        the one place that calls joblib
`_kernels`         compiled loops over flat arrays
=================  ================================================================================
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relnews.articles import Article, Intake
    from relnews.exceptions import (
        ArchiveChangedError,
        ArchiveFormatError,
        ArticleError,
        RelnewsError,
        UnknownArticleError,
    )
    from relnews.lists import RelatedItem, RelatedList
    from relnews.neighbors import CosineNeighbors
    from relnews.readers import ArticleReader, read_articles
    from relnews.related import RelatedNews, warm_up
    from relnews.vectorizer import CountVectorizer, TfidfVectorizer

__version__ = "0.1.0"

# Public names are imported when first asked for, so that `relnews --help` need not wait for Numba.
_HOME = {
    "Article": "articles",
    "Intake": "articles",
    "CountVectorizer": "vectorizer",
    "TfidfVectorizer": "vectorizer",
    "CosineNeighbors": "neighbors",
    "ArchiveChangedError": "exceptions",
    "ArchiveFormatError": "exceptions",
    "ArticleError": "exceptions",
    "RelnewsError": "exceptions",
    "UnknownArticleError": "exceptions",
    "RelatedItem": "lists",
    "RelatedList": "lists",
    "ArticleReader": "readers",
    "read_articles": "readers",
    "RelatedNews": "related",
    "warm_up": "related",
}

__all__ = [
    "ArchiveChangedError",
    "ArchiveFormatError",
    "Article",
    "ArticleError",
    "ArticleReader",
    "CosineNeighbors",
    "CountVectorizer",
    "Intake",
    "RelatedItem",
    "RelatedList",
    "RelatedNews",
    "RelnewsError",
    "TfidfVectorizer",
    "UnknownArticleError",
    "read_articles",
    "warm_up",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"relnews.{_HOME[name]}"), name)
    msg = f"module 'relnews' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
