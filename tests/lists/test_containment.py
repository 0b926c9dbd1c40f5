"""Containment: the share of the word sequences of one text that another has."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.lists import containment
from relnews.text.rows import Ragged

STORY = (
    "The two leaders met in the capital to sign a trade agreement that cuts tariffs on steel and "
    "farm goods by half. The accord ends a dispute that began when the previous government imposed "
    "duties on imports and drew retaliation against whiskey, motorcycles and orange juice. Farmers "
    "protested outside the ministry, saying cheap imports would drive small producers away."
)
FOOTER = (
    "Follow our reporters on social media. Sign up for the newsletter to get the best stories "
    "every morning. Copyright Some Agency, rights reserved."
)


def shares(first, second):
    """Return the share of the fewer distinct sequences that both texts have."""
    sequences = [
        {
            tuple(text[i : i + 3])
            for i in range(len(text) - 2)
            if all(word >= 0 for word in text[i : i + 3])
        }
        for text in (first, second)
    ]
    fewer = min(map(len, sequences))
    shorter, longer = sorted((len(first), len(second)))
    if shorter < 1 or longer > 1.5 * shorter:
        return 0
    return round(len(sequences[0] & sequences[1]) / fewer * 1e6) if fewer else 0


words = st.lists(st.integers(-1, 4), max_size=24)


@given(words, words, st.sampled_from([0, (1 << 21) - 3, 1 << 24]))
def test_containment_is_the_share_of_sequences(first, second, base):
    """Packed and renumbered sequences give the share that sets of tuples give."""
    first, second = (
        [word + base if word >= 0 else word for word in text] for text in (first, second)
    )
    with mock.patch.object(containment, "SAME_WORDS", 1):
        got = containment.containment(np.array(first, np.int32), np.array(second, np.int32))
    assert got == shares(first, second)


@given(st.lists(words, min_size=1, max_size=6), st.data())
def test_containments_of_many_texts_are_those_of_pairs(texts, data):
    """Hash tables of all texts give the share of each pair that the two texts alone give."""
    number = st.integers(0, len(texts) - 1)
    pairs = np.array(data.draw(st.lists(st.tuples(number, number), max_size=9)), dtype=np.int64)
    arrays = Ragged.gather([np.array(text, dtype=np.int32) for text in texts])
    with mock.patch.object(containment, "are_as_long", return_value=np.ones(1, dtype=bool)):
        expected = [
            containment.containment(*(np.array(texts[i], dtype=np.int32) for i in pair))
            for pair in pairs
        ]
        assert containment.shares(arrays, pairs.reshape(-1, 2)).tolist() == expected


@pytest.mark.parametrize(
    ("lead", "footer"), [("", FOOTER), (FOOTER, ""), (FOOTER[:60], FOOTER[60:])]
)
def test_a_story_with_text_added_is_a_near_duplicate(lead, footer):
    """A list shows one of a story and its second print, and a draft finds both."""
    news = RelatedNews().fit([
        {"id": "wire", "title": "Leaders sign trade deal", "text": STORY},
        {"id": "paper", "title": "Farmers angry over accord", "text": f"{lead} {STORY} {footer}"},
        {"id": "other", "title": "Tariff cut cheers makers", "text": "Steel makers like the cut."},
    ])  # fmt: skip
    assert news.explain("wire", "paper").similarity < 0.9
    assert news.duplicates() == [("paper", "wire")]
    assert news.related("wire").ids == ["other"]
    assert news.related_to_text(STORY, title="A deal on trade").ids == ["other"]
    (item,) = news.related("other")
    assert {item.id, *item.near_duplicates} == {"wire", "paper"}


def test_few_words_contain_nothing():
    """A teaser that many articles have makes no near-duplicates."""
    teaser = np.arange(containment.SAME_WORDS - 1)
    assert containment.containment(teaser, np.arange(containment.SAME_WORDS)) == 0
    assert containment.containment(np.arange(12), np.arange(18)) == 1_000_000


def test_a_round_up_is_no_second_print():
    """A text of which the shorter is less than two thirds contains it as one of several."""
    assert containment.containment(np.arange(20), np.arange(30)) == 1_000_000
    assert containment.containment(np.arange(20), np.arange(31)) == 0
