"""Scripts without spaces: their runs become pairs of characters."""

import pytest
import unicodedata2 as unicodedata
from hypothesis import given
from hypothesis import strategies as st

import reference
import reference_words
from relnews import RelatedNews
from relnews.text.analysis import Analysis
from relnews.text.unspaced import parted
from strategies import any_text


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("北約支持烏克蘭，安全。", ["北約", "約支", "支持", "持烏", "烏克", "克蘭", "安全"]),
        ("NATO北約2025年", ["nato", "北約", "2025"]),
        ("東京タワーへ行く", ["東京", "京タ", "タワ", "ワー", "ーへ", "へ行", "行く"]),
        ("ソニー・グループ", ["ソニ", "ニー", "グル", "ルー", "ープ"]),
        ("人々は", ["人々", "々は"]),
        ("か\u3099くせい", ["がく", "くせ", "せい"]),  # a combining mark
        ("葛\U000e0100城", ["葛城"]),  # variation selector
        ("การเมือง", ["กา", "าร", "รเ", "เม", "มอ", "อง"]),  # the vowel sign is dropped
        ("ที่นี่ ๒๕๖๘", ["ทน", "๒๕๖๘"]),  # digits are numbers
        ("ພາສາລາວ", ["ພາ", "າສ", "ສາ", "າລ", "ລາ", "າວ"]),
        ("ភាសាខ្មែរ", ["ភស", "សខ", "ខម", "មរ"]),
        ("မြန်မာ၊ ရန်ကုန်", ["မန", "နမ", "ရန", "နက", "កန".replace("ក", "က")]),
        ("안보 회의", ["안보", "회의"]),  # has spaces
        ("한국北韓", ["한국", "北韓"]),
        ("हिन्दी ख़बर", ["हिन्दी", "ख़बर"]),  # has spaces
        ("字", []),
    ],
)
def test_terms_of_unspaced_text(text, terms):
    """Chinese, Japanese, Thai, Lao, Khmer and Burmese become pairs beside other scripts."""
    assert Analysis(None).own.words(text) == terms
    assert reference_words.words_of(text) == terms


@given(any_text() | st.text(st.characters(min_codepoint=0xE00, max_codepoint=0x3200)))
def test_pairs_are_those_of_the_reference(text):
    """Pairs equal the reference; text without such letters does not change."""
    assert reference.tokens(parted(text)) == reference.tokens(reference_words.parted(text))
    letters = any(unicodedata.name(c, "").startswith(reference_words.UNSPACED) for c in text)
    if not letters:
        assert reference.tokens(parted(text)) == reference.tokens(text)


@pytest.mark.parametrize("planes", [(0x0000, 0x10000), (0x10000, 0x40000), (0xE0000, 0xE0200)])
def test_every_character_is_where_the_reference_has_it(planes):
    """Every character between two Han characters is treated as in the reference."""
    texts = [f"一{chr(code_point)}二。" for code_point in range(*planes)]
    for i in range(0, len(texts), 4096):
        block = "".join(texts[i : i + 4096])
        assert reference.tokens(parted(block)) == reference.tokens(reference_words.parted(block))


def test_stop_words_are_parted_too():
    """A stop word removes the pairs that it consists of."""
    assert Analysis(["新華社", "的"]).own.words("新華社的消息") == ["社的", "的消", "消息"]


def test_stories_with_a_name_in_common_are_related():
    """A shared name inside a run relates two stories."""
    stories = [
        {"id": "1", "title": "北約支持烏克蘭", "lang": "zh"},
        {"id": "2", "title": "烏克蘭要求", "lang": "zh-Hant"},
        {"id": "3", "title": "雨", "text": "下雨了", "lang": "zh"},
        {"id": "4", "title": "On 烏克蘭 (Ukraine)", "lang": "en"},
        {"id": "5", "title": "Why 烏克蘭is", "lang": "en"},
    ]
    news = RelatedNews().fit(stories)
    assert [related.ids for related in news.related_all()] == [["2"], ["1"], [], ["5"], ["4"]]
