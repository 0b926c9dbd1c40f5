"""relnews: Related News lists for an archive of articles, exact and fast.

An article's way through the package; each module imports only from its left::

    articles ─▶ readers ─▶ analysis ─▶ vocabulary ─▶ counts ─▶ weights ─▶ postings ─▶ ranking ─▶
      one        files       what a      terms and      raw term   tf, idf,   term ▶      exact
      story                  term is     numbers        counts     norms      articles    top-k
                                                          │
                                                          └─▶ features ─▶ documents ─▶ vectorizer
                                                                columns     a fit's     scikit-
                                                                            texts       learn's

    storage ─▶ index ─▶ archive ─▶ updates ─▶ related ─▶ export ─▶ evaluation ─▶ cli
      the        what is  rank it,   articles   Related-   HTML,     scores and    relnews …
      archive    ranked   save it    come and   News       JSON,     health
      folder     over                go           ▲        table
                                                  │
    articles ─▶ catalogue ─▶ entries ─▶ lists ─▶ stored
      one         the          a list     what     a stored list, read
      story       database     in bytes   comes    without all the
                  of it all               out      rest

=================  ================================================================================
`articles`         Article: one story; Intake: what was skipped or mended and why
`catalogue`        the SQLite database of an archive: one transaction of it is one change
`entries`          a stored list as bytes
`lists`            RelatedItem, RelatedList; UpdateReport and Drift
`rules`            Rules: what editors say of lists, kept in the archive
`stored`           stored lists, read by id: no numpy, no index
`readers`          files, folders and databases to articles
`languages`        which language an article is in, and its stop words
`scripts`          text that is written without spaces, as pairs of characters
`analysis`         what counts as a term: lower case, token rule, stop words, languages
`vocabulary`       Vocabulary: terms and their numbers; Runs: the words of a text
`spelling`         terms as strings, and in the order of their code points
`counts`           how often each article has each term, in one compiled pass
`wording`          Wording: the words of articles as archives keep them, titles and texts apart
`ignored`          terms that count nothing, as editors say
`features`         which terms become columns of a matrix, in what order; and the matrix
`documents`        what a vectorizer is given, and the vocabulary and counts it makes of it
`vectorizer`       CountVectorizer and TfidfVectorizer: scikit-learn's, compiled
`bounds`           what is kept of rows' common terms, to say how near two can be at most
`neighbors`        CosineNeighbors: the exact nearest rows of any sparse matrix
`weights`          tf, idf, norms: small pure functions
`statistics`       document frequencies, kept as articles come and go, and the idf of them
`postings`         Segment: term counts of up to 65,536 articles, by article and by term
`opened`           articles that are in no segment yet, as the catalogue keeps them
`recency`          Recency: how a score fades with the days between two articles
`selection`        Selection: which of the ranked articles make a list
`modes`            Mode: what several kinds of lists are asked for, by name
`queries`          articles that lists are wanted for, as the kernels take them
`ranking`          the exact best k over segments; ties, priors, exclusions
`conditions`       Conditions: dates, fields and ids that articles of a list have to have
`options`          Options: all that a caller can say of a list, and what follows from it
`storage`          the archive folder: the catalogue and immutable .npy files
`members`          segments as parts of an archive, and the view that is ranked over
`index`            segments, vocabulary, statistics and epoch, as of the newest change
`archive`          Archive: catalogue and index as one thing, to build, save and rank over
`standing`         stored lists, kept exact by every update
`updates`          articles come and go, segments are sealed and merged, epochs begin
`audit`            whether an archive is whole, and whether an article is gone from it
`shared`           what two articles share, and how much each of it makes them similar
`names`            what two articles share, as they spell it
`explain`          what two articles share, how that becomes a score, and why one is not in a list
`duplicates`       articles of nearly the same words, of a list or of the whole archive
`choice`           the choice of a list from a ranking, as a `Selection` says it
`snapshot`         an archive at a moment, read by NumPy alone, to rank over only once
`plain`            the list of a draft without kernels, for the first list of a process
`latest`           the newest articles, which fill lists that similarity leaves short
`desk`             makes lists of what is pinned, ranked under rules, and chosen
`verdicts`         what rules and selections have to do with an article's being in a list
`living`           LivingArchive: an archive that is changed, looked after and saved
`related`          RelatedNews: the class most people meet
`export`           lists as HTML, JSON, JSON-LD, text, and files for static sites
`web`              lists over HTTP, and boxes in pages that a server makes
`evaluation`       scores by judgements, baselines, comparisons; the health of lists without any
`sample`           the sample archive
`cli`              the command ``relnews``
`__main__`         the same, as ``python -m relnews``
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
    from relnews.articles import Article
    from relnews.estimators.neighbors import CosineNeighbors
    from relnews.estimators.vectorizers import CountVectorizer, TfidfVectorizer
    from relnews.exceptions import (
        ArchiveChangedError,
        ArchiveFormatError,
        ArticleError,
        RelnewsError,
        UnknownArticleError,
    )
    from relnews.lists.explain import Explanation, WhyNot
    from relnews.options.conditions import Conditions
    from relnews.options.list_options import Options
    from relnews.options.modes import MODES, Mode
    from relnews.options.recency import Recency
    from relnews.options.selection import Selection
    from relnews.readers import ArticleReader, read_articles
    from relnews.readers.load_report import Intake
    from relnews.related import RelatedNews, warm_up
    from relnews.results import Drift, RelatedItem, RelatedList, UpdateReport
    from relnews.storage.rules import Rule, Rules

__version__ = "0.1.0"

# Public names are imported when first asked for, so that `relnews --help` need not wait for Numba.
_HOME = {
    "Article": "articles",
    "Intake": "readers.load_report",
    "CountVectorizer": "estimators.vectorizers",
    "TfidfVectorizer": "estimators.vectorizers",
    "CosineNeighbors": "estimators.neighbors",
    "ArchiveChangedError": "exceptions",
    "ArchiveFormatError": "exceptions",
    "ArticleError": "exceptions",
    "RelnewsError": "exceptions",
    "UnknownArticleError": "exceptions",
    "Explanation": "lists.explain",
    "WhyNot": "lists.explain",
    "Drift": "results",
    "RelatedItem": "results",
    "RelatedList": "results",
    "UpdateReport": "results",
    "MODES": "options.modes",
    "Mode": "options.modes",
    "Options": "options.list_options",
    "ArticleReader": "readers",
    "read_articles": "readers",
    "Conditions": "options.conditions",
    "Recency": "options.recency",
    "RelatedNews": "related",
    "Rule": "storage.rules",
    "Rules": "storage.rules",
    "Selection": "options.selection",
    "warm_up": "related",
}

__all__ = [
    "MODES",
    "ArchiveChangedError",
    "ArchiveFormatError",
    "Article",
    "ArticleError",
    "ArticleReader",
    "Conditions",
    "CosineNeighbors",
    "CountVectorizer",
    "Drift",
    "Explanation",
    "Intake",
    "Mode",
    "Options",
    "Recency",
    "RelatedItem",
    "RelatedList",
    "RelatedNews",
    "RelnewsError",
    "Rule",
    "Rules",
    "Selection",
    "TfidfVectorizer",
    "UnknownArticleError",
    "UpdateReport",
    "WhyNot",
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
