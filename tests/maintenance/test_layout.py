"""Layout: articles are cut into portions that each fill a segment."""

import itertools
from unittest import mock

import numpy as np
import pytest

from relnews import Article
from relnews.maintenance import layout
from relnews.maintenance.layout import Rows
from relnews.text.analysis import Analysis
from relnews.text.article_terms import ArticleCounter

#: Number of terms of each article.
LENGTHS = [3, 1, 4, 1, 5, 2, 6, 5, 3, 5]


def rows_of(first, last, counter):
    """Return a range of articles, the newest first, with as many terms as `LENGTHS` says."""
    numbers = range(first, last)
    texts = [" ".join(f"w{i}x{j}" for j in range(LENGTHS[i])) for i in numbers]
    articles = [Article(id=f"a{i}", text=text) for i, text in zip(numbers, texts, strict=True)]
    published = np.array([100 - i for i in numbers], dtype=np.int64)
    key = np.array(numbers, dtype=np.int64)
    ids = [article.id for article in articles]
    return Rows(counter.count(articles), key, published, ids, key[:, None].astype(np.float32))


def portions(most_articles, most_pairs):
    """Return the keys of each portion, one article after another."""
    found, keys, n_pairs = [], [], 0
    for key, n in enumerate(LENGTHS):
        keys.append(key)
        n_pairs += n
        if len(keys) == most_articles or (most_pairs is not None and n_pairs >= most_pairs):
            found.append(keys)
            keys, n_pairs = [], 0
    return [*found, keys] if keys else found


@pytest.mark.parametrize("cuts", [(0, 10), (0, 1, 2, 10), (0, 4, 4, 7, 10)])
@pytest.mark.parametrize("most_articles", [1, 2, 3, 10, 100])
@pytest.mark.parametrize("most_pairs", [None, 1, 4, 5, 9, 35, 100])
def test_portions_fill_segments(cuts, most_articles, most_pairs):
    """Whatever parts they come in, a portion ends with the article that fills it."""
    counter = ArticleCounter(Analysis(stop_words=None))
    parts = (rows_of(first, last, counter) for first, last in itertools.pairwise(cuts))
    with mock.patch.object(layout, "SEGMENT_ARTICLES", most_articles):
        found = [*layout.filled(parts, most_pairs)]

    assert [portion.key.tolist()[::-1] for portion in found] == portions(most_articles, most_pairs)
    for portion in found:
        assert np.diff(portion.terms.counts.row_ptr).tolist() == [
            LENGTHS[key] for key in portion.key.tolist()
        ]
        assert portion.ids == [f"a{key}" for key in portion.key.tolist()]
        assert portion.vectors[:, 0].tolist() == portion.key.tolist()
