"""Entering: compares articles with the archive, enters them in the catalogue, counts them."""

from __future__ import annotations

import dataclasses

import numpy as np

from relnews.articles import Article
from relnews.dates import UNDATED, timestamp
from relnews.maintenance.layout import Rows
from relnews.storage.catalogue import Catalogue
from relnews.text.article_terms import ArticleCounter


@dataclasses.dataclass(frozen=True, slots=True)
class Entered:
    """The outcome of one change for its articles.

    Parameters
    ----------
    added, replaced, unchanged : list of str
        Ids of articles.
    keys : list of int
        Keys of the articles that were entered.
    gone : list of int
        Keys of the articles that were replaced.
    """

    added: list[str] = dataclasses.field(default_factory=list)
    replaced: list[str] = dataclasses.field(default_factory=list)
    unchanged: list[str] = dataclasses.field(default_factory=list)
    keys: list[int] = dataclasses.field(default_factory=list)
    gone: list[int] = dataclasses.field(default_factory=list)


def enter(
    catalogue: Catalogue, counter: ArticleCounter, articles: list[Article], entered: Entered
) -> Rows:
    """Return the new and changed articles, entered and counted.

    Parameters
    ----------
    catalogue : Catalogue
        Catalogue of the archive.
    counter : ArticleCounter
        Counts the articles; new terms are added to its vocabulary.
    articles : list of Article
        Their ids are distinct.
    entered : Entered
        Receives the outcome.
    """
    stored = catalogue.digests([article.id for article in articles])
    digests = [*map(Article.digest, articles)]
    fresh, fresh_digests, gone = [], [], []
    for article, digest in zip(articles, digests, strict=True):
        key, old_digest = stored.get(article.id, (None, b""))
        if old_digest == digest:
            entered.unchanged.append(article.id)
            continue
        if key is None:
            entered.added.append(article.id)
        else:
            entered.replaced.append(article.id)
            gone.append(key)
        fresh.append(article)
        fresh_digests.append(digest)
    if gone:
        catalogue.remove(gone)
    first = catalogue.next_key()
    keys = range(first, first + len(fresh))
    catalogue.add(fresh, keys, fresh_digests)
    entered.keys.extend(keys)
    entered.gone.extend(gone)
    published = [timestamp(article.published) for article in fresh]
    return Rows(
        counter.count(fresh),
        np.array(keys, dtype=np.int64),
        np.array([UNDATED if date is None else date for date in published], dtype=np.int64),
        [article.id for article in fresh],
    )
