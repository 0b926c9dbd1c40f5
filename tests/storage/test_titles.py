"""Articles are found by words of their titles, and by a whole title or address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.storage import titles

RECORDS = [
    {"id": "old", "title": "Kyiv's “last” stand", "text": "a", "published": "2024-01-01"},
    {"id": "new", "title": "Talks in KYIV: a stand", "text": "a", "published": "2025-01-01"},
    {"id": "undated", "title": "Kyiv stands", "text": "a"},
    {"id": "future", "title": "Selič über Straße", "text": "a", "published": "2999-01-01"},
    {"id": "past", "title": "Pirates", "text": "a", "published": "2020-01-01",
     "expires": "2021-01-01", "url": "https://a.example/Pirates"},
    {"id": "bare", "title": "", "text": "a", "published": "2019-01-01"},
    {"id": "arabic", "title": "قادة أوروبا", "text": "a", "published": "2018-01-01"},
    {"id": "japanese", "title": "日本銀行が金利を", "text": "a", "published": "2017-01-01"},
]  # fmt: skip


@pytest.fixture(scope="module")
def catalogue():
    return RelatedNews().fit(RECORDS).archive_.catalogue


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["kyiv"], ["new", "old", "undated"]),  # newest first, undated last
        (["STAND", "kyiv"], ["new", "old", "undated"]),  # all words, in any order
        (["kyiv's", '"last"'], ["old"]),
        (["talks in"], ["new"]),  # several words in one
        (["selic"], ["future"]),  # accents, and an article under embargo
        (["Seli\u010d", "STRASSE"], ["future"]),
        (["SELIC\u030c"], ["future"]),  # composed or not
        (["pirat"], ["past"]),  # a beginning, and an expired article
        (["rates"], []),  # not inside a word
        (["kyiv", "pirates"], []),
        (["وروبا"], ["arabic"]),
        (["金利"], ["japanese"]),
        (["*"], []),
        (["", " "], []),
    ],
)
def test_words(catalogue, words, ids):
    """A title has every word, whatever case, accents and quotes are."""
    assert catalogue.ids(titles.with_words(catalogue, words)) == ids


def test_the_nearest(catalogue):
    """Titles with more of the words come first, then newer ones; half of them is enough."""
    near = titles.nearest(catalogue, ["talks kyiv nowhere stand"])
    assert catalogue.ids(near) == ["new", "old", "undated"]
    assert titles.nearest(catalogue, ["kyiv nowhere ever"]) == []
    assert titles.nearest(catalogue, [""]) == []


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ('kyiv\'s "last"  stand', ["old"]),
        ("selic uber strasse", ["future"]),
        ("https://a.example/Pirates", ["past"]),
        ("https://a.example/pirates", []),
        ("Pirate", []),
        ("", []),
        ("\u0301", []),
    ],
)
def test_names(catalogue, name, ids):
    """A name is a whole title, or an address as it is; an empty one is of no article."""
    assert catalogue.ids(titles.named(catalogue, name)) == ids


@given(st.text())
def test_folding_twice_changes_nothing(text):
    """A folded text is compared with folded texts."""
    once = titles.folded(text)
    assert titles.folded(once) == once
    assert titles.folded(f" {text} ") == once
