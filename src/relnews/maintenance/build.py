"""Build: an empty archive in memory, and the articles that fill it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable

import numpy as np

from relnews.archive.archive import Archive
from relnews.articles import Article
from relnews.maintenance import layout
from relnews.maintenance.updates import Updates
from relnews.options.recency import Recency
from relnews.search.bounds import CommonTerms
from relnews.search.epoch import Epoch
from relnews.search.weights import Weighting
from relnews.storage.arrays import Store
from relnews.text.analysis import Analysis
from relnews.text.article_terms import ArticleCounter


def build(
    articles: Iterable[Article], analysis: Analysis, weighting: Weighting, recency: Recency | None
) -> Archive:
    """Return an archive of articles, in memory.

    Parameters
    ----------
    articles : iterable of Article
        Their ids are distinct. Texts are counted and not kept.
    analysis : Analysis
        What counts as a term.
    weighting : Weighting
    recency : Recency or None
        How scores fade by default; None means not at all.
    """
    archive = Archive(_empty_store(analysis, weighting, recency))
    Updates(archive).fill(articles)
    return archive


def _empty_store(analysis: Analysis, weighting: Weighting, recency: Recency | None) -> Store:
    """Return the store of an archive without articles, whose only terms are the stop words."""
    store = Store.in_memory()
    vocabulary = ArticleCounter(analysis).vocabulary.freeze()
    with store.transaction():
        store.catalogue.set_all(
            {
                "analysis": dataclasses.asdict(analysis),
                "weighting": dataclasses.asdict(weighting),
                "recency": None if recency is None else dataclasses.asdict(recency),
                "n_stop": len(vocabulary),
                "made": os.urandom(8).hex(),
            }
        )
        layout.replace_vocabulary(store, vocabulary)
        no_terms = CommonTerms(np.empty(0, np.int32), np.empty((0, 0)), len(vocabulary))
        layout.replace_epoch(store, Epoch(0, np.empty(0, np.int32), no_terms))
    return store
