"""relnews: Related News lists for an archive of articles, exact and fast.

The wings of the package, from the compiled loops to the command line. Each wing imports only wings
above it in this list; `tests/test_layers.py` has the table.

=================  =================================================================================
`_kernels`         Compiled loops over flat arrays.
`text`             From text to numbered terms and their counts.
`options`          Options of a list: frozen values; no NumPy, no archive.
`search`           Exact top-k over immutable segments: arrays only, no SQL.
`estimators`       scikit-learn estimators for any texts and matrices; no archive.
`storage`          The archive folder: one SQLite file, immutable arrays, checks.
`archive`          An open archive and its snapshots.
`lists`            From a ranking to the list that a reader sees, and explanations of it.
`readers`          Files, folders and databases to articles.
`maintenance`      Build, update, merge, store lists, verify.
`tuning`           Choose settings by judgements of one site.
`related`          RelatedNews: the main class.
`distributed`      One archive of parts that many processes built; builds and lists on Dask.
`warming`          Compile the kernels before the first list is asked for.
`export`           Lists as HTML, JSON, JSON-LD, feeds, text, and files for static sites.
`web`              Lists over HTTP, and lists in server-rendered pages.
`evaluation`       Scores of lists from judgements, comparisons, and health without judgements.
`sample`           The sample archive.
`cli`              The command line; `__main__` runs it as ``python -m relnews``.
=================  =================================================================================

Every wing may use these: `_checks` (checks that several wings share), `exceptions`, `dates`
(timestamps), `articles` (Article), `results` (lists and reports as callers get them) and
`_parallel` (joblib).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relnews.articles import Article
    from relnews.distributed import merge
    from relnews.estimators.neighbors import CosineNeighbors
    from relnews.estimators.vectorizers import CountVectorizer, TfidfVectorizer
    from relnews.exceptions import (
        ArchiveChangedError,
        ArchiveFormatError,
        ArticleError,
        LoadWarning,
        RelnewsError,
        UnknownArticleError,
    )
    from relnews.lists.explanation import Explanation, WhyNot
    from relnews.options.list_options import Options
    from relnews.options.modes import Mode
    from relnews.options.recency import Recency
    from relnews.options.selection import Selection
    from relnews.readers import read_articles
    from relnews.readers.load_report import LoadReport
    from relnews.related import RelatedNews
    from relnews.results import Drift, RelatedItem, RelatedList, UpdateReport
    from relnews.storage.remote import fetch
    from relnews.storage.rule_kinds import Rule
    from relnews.storage.rules import Rules
    from relnews.warming import warm_up

__version__ = "0.1.0"

# Public names are imported at their first use, so that `relnews --help` does not wait for Numba.
_HOME = {
    "Article": "articles",
    "LoadReport": "readers.load_report",
    "CountVectorizer": "estimators.vectorizers",
    "TfidfVectorizer": "estimators.vectorizers",
    "CosineNeighbors": "estimators.neighbors",
    "ArchiveChangedError": "exceptions",
    "ArchiveFormatError": "exceptions",
    "ArticleError": "exceptions",
    "LoadWarning": "exceptions",
    "RelnewsError": "exceptions",
    "UnknownArticleError": "exceptions",
    "Explanation": "lists.explanation",
    "WhyNot": "lists.explanation",
    "Drift": "results",
    "RelatedItem": "results",
    "RelatedList": "results",
    "UpdateReport": "results",
    "Mode": "options.modes",
    "Options": "options.list_options",
    "read_articles": "readers",
    "Recency": "options.recency",
    "RelatedNews": "related",
    "Rule": "storage.rule_kinds",
    "Rules": "storage.rules",
    "Selection": "options.selection",
    "fetch": "storage.remote",
    "merge": "distributed",
    "warm_up": "warming",
}

__all__ = [
    "ArchiveChangedError",
    "ArchiveFormatError",
    "Article",
    "ArticleError",
    "CosineNeighbors",
    "CountVectorizer",
    "Drift",
    "Explanation",
    "LoadReport",
    "LoadWarning",
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
    "fetch",
    "merge",
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
