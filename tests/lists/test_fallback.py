"""Fallback: the newest articles fill a list, without near-duplicates of its article."""

import numpy as np
import pytest

from relnews import RelatedNews, Selection
from relnews.lists.similarities import similarities

#: 12 counted words and more: the texts of near-duplicates are compared from there on.
WORDS = "flood crest river dike levee gauge pump sandbag shelter ferry harbour tide storm siren"


@pytest.fixture(scope="module")
def news():
    """Return an archive with an article, a copy, another version of it, and an unrelated one."""
    return RelatedNews(stop_words=None).fit([
        {"id": "story", "title": "Dike", "text": WORDS, "published": "2025-08-01"},
        {"id": "copy", "title": "Dike", "text": WORDS, "published": "2025-08-02"},
        {"id": "version", "title": "Dike", "text": f"{WORDS[30:]} choir opera",
         "published": "2025-08-03"},
        {"id": "other", "text": "budget vote council", "published": "2025-08-04"},
    ])  # fmt: skip


def filled(news, threshold):
    """Return the list that only the newest articles fill: no score is 1 or more."""
    selection = Selection(duplicate_threshold=threshold, min_score=1)
    return news.related("story", 5, selection=selection, fallback=["newest"]).ids


def test_no_near_duplicate_of_the_article_is_filled_in(news):
    """The threshold itself is a near-duplicate, as in rankings; without one, all are filled in."""
    catalogue, view = news.archive_.catalogue, news.archive_.state.view()
    keys = np.array([catalogue.keys_of(["story", "version"])])
    similarity = similarities(view, keys)[0, 0, 1] / 1e6
    assert 0.3 < similarity < 0.9

    assert filled(news, 1.0) == filled(news, similarity + 1e-6) == ["other", "version"]
    assert filled(news, similarity) == ["other"]
    assert {*filled(news, None)} == {"other", "version", "copy"}


def test_the_newest_fill_the_list_of_a_draft(news):
    """A draft has no row to compare; its list is filled with the newest articles in order."""
    draft = news.related_to_text("xylophone", k=5, fallback=["newest"], selection=Selection(1.0))
    assert draft.ids == ["other", "version", "copy"]
