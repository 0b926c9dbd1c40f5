"""Entering: articles are compared with the archive, entered in the catalogue and counted."""

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
    """What became of the articles of one change.

    Parameters
    ----------
    added, replaced, unchanged : list of str
        Ids.
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
    """Enter the articles that are new or have changed; return them, counted.

    Parameters
    ----------
    catalogue : Catalogue
    counter : ArticleCounter
        It gathers the terms in its vocabulary.
    articles : list of Article
        Their ids are distinct.
    entered : Entered
        It is told what became of them.
    """
    known = catalogue.digests([article.id for article in articles])
    digests = [*map(Article.digest, articles)]
    fresh, fresh_digests, gone = [], [], []
    for article, digest in zip(articles, digests, strict=True):
        key, old_digest = known.get(article.id, (None, b""))
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
