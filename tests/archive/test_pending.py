"""Pending articles: the stored counts are checked before they are used."""

import numpy as np
import pytest

from relnews.archive.pending import PendingArticle
from relnews.storage.catalogue import StoredCounts

#: Two words and their phrase, in the title and in the text.
WHOLE = {"terms": [3, 5, 8], "codes": [6, 6, 1], "text": [3, 5, -1, 3], "phrases": [3, 5, 8]}


def read(vector=(), **changes):
    blobs = [np.array(values, dtype="<i4").tobytes() for values in {**WHOLE, **changes}.values()]
    blobs[1] += np.array(vector, dtype="<f4").tobytes()
    return PendingArticle.read(StoredCounts(1, *blobs, None, "a"), n_terms=9, n_dimensions=2)


def test_what_was_stored_comes_back():
    """Terms, codes, word order and phrases are read as they were written."""
    article = read()

    assert article.term.tolist() == [3, 5, 8]
    assert article.text.tolist() == [3, 5, -1, 3]
    assert article.phrases.tolist() == [[3, 5, 8]]
    assert article.vector.tolist() == []
    with_vector = read([0, -1])
    assert with_vector.code.tolist() == article.code.tolist() == [6, 6, 1]
    assert with_vector.vector.tolist() == [0, -1]


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": [3, 5, 9]}, {"terms": [3, 3, 8]}, {"codes": [6, 6, 0]}, {"codes": [6, 6]},
        {"text": [4]}, {"phrases": [3, 5]}, {"phrases": [3, 5, 7]},
        {"phrases": [8, 5, 8]}, {"phrases": [3, 8, 8]}, {"vector": [1]}, {"vector": [1, 0, 0]},
        {"vector": [1, 1]}, {"vector": [np.nan, 1]},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_refused(changes):
    """Impossible values are refused, such as a phrase of words that the article lacks."""
    with pytest.raises(ValueError, match="of an article"):
        read(**changes)
