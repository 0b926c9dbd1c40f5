"""Words of articles: characters, apostrophes, case and names, by language."""

import gzip
import itertools
import json

import pytest
import unicodedata2
from hypothesis import example, given
from hypothesis import strategies as st

import reference_words
from relnews import RelatedNews
from relnews.articles import Article
from relnews.text.analysis import Analysis
from relnews.text.article_terms import ArticleCounter
from relnews.text.characters import is_special, settled
from relnews.text.languages import code_of
from relnews.text.words import shown
from strategies import any_text

#: Languages with rules of their own, and one without.
LANGUAGES = ["en", "fr", "uk", "tr", "el", "he", "de", "zh"]


def words(text, language="en"):
    return Analysis(None, None, language).own.words(text)


def in_text(text, language="en", **parameters):
    """Return the words of a text in order, as the compiled pass finds them."""
    counter = ArticleCounter(Analysis(language=language, **parameters))
    counted = counter.count([Article("a", text=text)])
    spelt = counter.vocabulary.decode()
    return [spelt[term] for term in counted.text.value.tolist()]


@pytest.mark.parametrize(
    ("language", "texts", "found"),
    [
        ("en", ["O’Brien", "O'Brien", "OʼBrien", "O‘Brien", "O´BRIEN", "O＇Brien"], ["obrien"]),
        ("en", ["Hawaiʻi", "Hawai'i", "Hawaii"], ["hawaii"]),
        ("en", ["Obama’s", "Obama's", "OBAMA'S"], ["obama"]),
        ("en", ["don’t", "DON'T", "dont"], ["dont"]),
        ("en", ["they’ll", "they ll"], ["they", "ll"]),
        ("en", ["U.N.", "UN", "U.N", "un"], ["un"]),
        ("en", ["10'12 a.b x_'y"], ["10", "12", "x_"]),
        ("fr", ["l’eau", "L'EAU", "eau"], ["eau"]),
        ("uk", ["об’єкт", "об'єкт", "обʼєкт", "обєкт"], ["обєкт"]),
        ("tr", ["İSTANBUL ILICA", "istanbul ılıca", "I\u0307stanbul ılıca"],
         ["istanbul", "ılıca"]),
        ("tr", ["Ankara’da"], ["ankara", "da"]),
        ("en", ["İstanbul", "istanbul", "i\u0307stanbul", "I\u0307stanbul"], ["istanbul"]),
        ("de", ["Straße", "STRASSE", "STRAẞE", "Stra\u00adße"], ["strasse"]),
        ("lt", ["Ì", "i\u0307\u0300"], []),
        ("lt", ["vi\u0307\u0300sas", "VÌSAS", "vìsas"], ["vìsas"]),
        ("el", ["ΑΘΗΝΑΣ", "Αθήνας", "αθηνας"], ["αθηνασ"]),
        ("el", ["ΜΑΪΟΥ", "Μαΐου"], ["μαιου"]),
        ("fa", ["می‌خواهم", "میخواهم"], ["میخواهم"]),
        ("ar", ["العـــراق", "العراق", "العِراق"], ["العراق"]),
        ("ar", ["ﺍﻟﻌﺮﺍﻕ"], ["العراق"]),
        ("he", ["שָׁלוֹם", "שלום"], ["שלום"]),
        ("he", ['צה"ל', "צה״ל", "צה”ל"], ["צהל"]),
        ("ca", ["col·legi", "coŀlegi", "COL·LEGI"], ["collegi"]),
        ("hi", ["हिन्दी", "हि\u200dन्दी"], ["हिन्दी"]),
        ("ml", ["അവന്‍", "അവൻ"], ["അവൻ"]),
        ("bn", ["ক্রিকেট"], ["ক্রিকেট"]),
        ("ta", ["தமிழ்"], ["தமிழ்"]),
        ("te", ["తెలుగు"], ["తెలుగు"]),
        ("ja", ["ＮＡＴＯ ｶﾞｽ", "nato ガス"], ["nato", "ガス"]),
        ("th", ["กรุง\u200bเทพ"], ["กร", "รง", "เท", "ทพ"]),
        ("th", ["กรุง\u2060เทพ"], ["กร", "รง", "งเ", "เท", "ทพ"]),
        ("en", ["ﬁnance", "finance", "𝐟inance", "fi\ufeffnance", "fi\u200enance"], ["finance"]),
        ("en", ["H₂O", "h2o"], ["h2o"]),
        ("en", ["well-known", "well‐known", "well‑known"], ["well", "known"]),
        ("en", ["1️⃣ ❤️ \u0301ab"], ["ab"]),
        ("en", ["zero\u200bwidth"], ["zero", "width"]),
    ],
)  # fmt: skip
def test_spellings_of_a_word(language, texts, found):
    """Spellings of a word are one, in a title and in the compiled pass."""
    for text in texts:
        assert words(text, language) == found
        assert in_text(text, language, stop_words=None, normalization=None) == found


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "WHO warns", ["who_", "warn"]),
        ("en", "Who warns the IT firm?", ["warn", "it_", "firm"]),
        ("en", "WHO WARNS", ["warn"]),  # all in capitals
        ("en", "IS attack, said AM radio: OR", ["is_", "attack", "said", "am_", "radio", "or_"]),
        ("en", "FOR IMMEDIATE RELEASE today", ["immediate", "release", "today"]),
        ("en", "DO NOT go, THEY say", ["go", "they_", "say"]),
        ("en", "US and U.S. and us", ["usa", "usa"]),
        ("fr", "L’ONU et SON budget", ["onu", "son_", "budget"]),
        ("tr", "VE ile Ankara", ["ankara"]),  # I is no sign of capitals in Turkish
    ],
)
def test_stop_words_in_capitals_are_names(language, text, found):
    """A short stop word in capitals is a name, unless words around it are in capitals too."""
    assert Analysis(language=language).own.words(text) == found
    assert in_text(text, language) == found


def test_names_are_shown_in_capitals():
    """Explanations have the name as articles have it."""
    news = RelatedNews().fit([
        {"id": "1", "title": "WHO warns of flu", "text": "Flu, the WHO warns."},
        {"id": "2", "title": "WHO warns again", "text": "The WHO"},
        {"id": "3", "title": "Who warns?"},
    ])  # fmt: skip
    found = news.explain("1", "2")
    assert {term.term for term in found.terms} == {"WHO", "warn", "WHO warn"}
    assert "WHO warns" in found.names
    assert [shown(term) for term in ("is_", "who__is_", "snake_case", "a_who_")] == [
        "IS", "WHO_IS", "snake_case", "a_WHO"
    ]  # fmt: skip


def test_names_of_words_are_spelled_as_in_the_article():
    """A word with an apostrophe is shown with it."""
    news = RelatedNews().fit([
        {"id": "1", "title": "O’Brien's aide resigns"},
        {"id": "2", "title": "O’Brien resigns Obama's"},
    ])  # fmt: skip
    assert set(news.explain("1", "2").names) == {"O’Brien", "resigns"}


@given(any_text(), st.sampled_from(LANGUAGES), st.booleans())
@example("NATO’U.S. ", "en", False)
@example("U.N'Brien a.B.C", "en", False)
@example("ẞ U.ß.É.É WHO's", "en", True)
def test_words_are_those_of_the_reference(text, language, folds):
    """In titles and in the compiled pass, words are those of the specification."""
    normalization = "english" if folds else None
    folds = folds and language in ("en", "fr")
    expected = reference_words.words_of(text, language, folds=folds)
    assert Analysis(None, normalization, language).own.words(text) == expected
    found = in_text(text, language, stop_words=None, normalization=normalization)
    assert found == expected


@given(any_text(), st.sampled_from(["NFC", "NFD"]), st.sampled_from(LANGUAGES))
def test_normal_forms_are_one(text, form, language):
    """NFC and NFD of a text have the same words."""
    assert words(unicodedata2.normalize(form, text), language) == words(text, language)


@given(
    st.text(st.characters(categories=["L", "Nd", "Zs", "Po"], max_codepoint=0x24FF), min_size=1),
    st.data(), st.sampled_from("\u00ad\u2060\ufeff\u200e\u200d"),
)  # fmt: skip
def test_invisible_characters_change_nothing(text, data, invisible):
    """A soft hyphen anywhere leaves the words as they are."""
    place = data.draw(st.integers(0, len(text)))
    changed = text[:place] + invisible + text[place:]
    assert words(changed) == words(text)
    assert in_text(changed, stop_words=None) == in_text(text, stop_words=None)


@pytest.mark.parametrize("name", ["arabic_2000", "chinese_2000", "african_16_languages"])
def test_words_of_real_scripts(data_folder, name):
    """Words of real articles are those of the reference, in NFD and with soft hyphens too."""
    with gzip.open(data_folder / "unicode" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in itertools.islice(lines, 0, None, 40)]
    for article in articles:
        text, language = f"{article['title']}\n{article['text']}"[:2000], code_of(article["lang"])
        expected = reference_words.words_of(text, language, folds=False)
        assert words(text, language) == expected
        assert words(unicodedata2.normalize("NFD", text), language) == expected
        assert words("\u00ad".join(text), language) == expected
        assert in_text(text, language, stop_words=None, normalization=None) == expected


@given(st.text("abcçdefgğhıijklmnoöprsştuüvyzâî ", max_size=30))
def test_turkish_case_pairs(text):
    """A Turkish headline in capitals has the words of the same headline in small letters."""
    capitals = text.replace("i", "İ").upper()
    assert words(capitals, "tr") == words(text, "tr")


@given(st.text("aábcdðeéfghiíjklmnoópqrsßtuúvwxyýzþæöüõñ σς", max_size=30))
def test_case_pairs(text):
    """A headline in capitals has the words of the same headline in small letters."""
    assert words(text.upper(), "de") == words(text, "de")


@given(st.text("αάβγδεέζηήθιίϊΐκλμνξοόπρστυύϋΰφχψωώς ", max_size=30))
def test_greek_case_pairs(text):
    """Greek capitals have no accents."""
    assert words(text.upper(), "el") == words(text, "el")


@pytest.mark.parametrize("first", range(0, 0x3400, 0x400))
def test_every_character_is_what_the_reference_says(first):
    """Each character between letters, alone, and before marks, is treated as in the reference."""
    for character in map(chr, range(first, first + 0x400)):
        text = f"ab{character}cd {character}e {character}{character} i{character}i\u0301s " \
            f"א{character}ב U{character}N k{character}\u0308\u3099"  # fmt: skip
        assert words(text) == reference_words.words_of(text, folds=False), hex(ord(character))


@given(any_text())
def test_text_that_is_not_special_stays(text):
    """The quick check only lets texts pass that need no work; work done once is done."""
    encoded = text.encode("utf-8", "surrogatepass")
    if not is_special(encoded):
        assert settled(text) == text
        assert reference_words.parted(reference_words.settled(text)) == text


@pytest.mark.parametrize("text", ["a" * 1_000_000, "é" * 500_000, "a\u0301" * 300_000,
                                  "\u0301" * 500_000, "a'" * 300_000, "A." * 300_000,
                                  "’ʼ" * 200_000, "WHO " * 200_000, "\ud800" * 200_000,
                                  "\U000e0fff" * 100_000, "北" * 300_000])  # fmt: skip
def test_long_texts_are_read_in_bounded_time(text):
    """A megabyte without a space takes no more time than a megabyte of words."""
    counted = in_text(text)
    assert len(counted) <= len(text)
    assert Analysis().own.words(text) == counted


def test_french_plurals():
    """In French a plural loses its s, and -ies is no -y."""
    french = Analysis(language="fr").own
    assert french.words("Parties, partie; les virus, US, chefs d’État, un mois") == [
        "partie", "partie", "virus", "us", "chef", "état", "mois"
    ]  # fmt: skip
    assert in_text("Parties et partie", "fr") == ["partie", "partie"]
    assert Analysis(language="fr", version=1).own.words("Parties") == ["parties"]


def test_version_1_is_as_it_was():
    """Archives of earlier formats have the words of scikit-learn and its stop words."""
    first = Analysis(version=1)
    assert first.own.words("WHO’s fire in the mine: Zu\u0308rich, O’Brien") == [
        "zu", "rich", "brien"
    ]  # fmt: skip
    assert Analysis.of_setting({"stop_words": "language"}).version == 1
    with pytest.raises(ValueError, match="expected rules for words of version 1 or 2, got 3"):
        Analysis(version=3)


def test_a_draft_has_the_words_of_an_article():
    """Names and joined words of a draft meet those of the archive, also in a first list."""
    archive = [{"id": "1", "title": "x", "text": "The WHO met O’Brien of the U.N. in Zürich."}]
    filler = [{"id": f"f{i}", "title": f"filler {i}"} for i in range(3)]
    news = RelatedNews().fit([*archive, *filler])
    for text, ids in itertools.product(
        ["a WHO b", "O'Brien", "the U.N. said", "in Zu\u0308rich"], [["1"]]
    ):
        assert news.related_to_text(text, fallback=()).ids == ids
    assert news.related_to_text("who met who", fallback=()).ids == ["1"]  # met
    assert news.related_to_text("who is it", fallback=()).ids == []
