"""Languages: detection from tags, stop words, and strict separation."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from stop_words import get_stop_words

import reference
from relnews import RelatedNews
from relnews.articles import Article
from relnews.cli import main
from relnews.text import languages
from relnews.text.analysis import Analysis
from relnews.text.article_terms import ArticleCounter
from relnews.text.languages import (
    LISTS,
    MARK,
    code_of,
    first_stop_words_of,
    stop_words_of,
    without_mark,
)
from relnews.text.words import singular
from strategies import any_text, archives, examples, texts

#: Tags of articles, including the archive's own language and a language without a list.
TAGS = [None, "en", "EN-gb", "de", "de_AT", "es", "zh-Hant", "ru"]

#: Languages with a list of stop words.
FILES = sorted((Path(languages.__file__).parent / "stop_words").glob("*.txt"))
CODES = [file.stem for file in FILES]

#: Stop words of the reference, by language.
BY_LANGUAGE = {code: stop_words_of(code) for code in CODES}

#: Words that the languages share, and stop words of several languages.
SHARED = [
    "die",
    "US",
    "was",
    "talks",
    "no",
    "taz",
    "die die",
    "WHO",
    "IT",
    "IS",
    "FIRST PLACE",
    "O’Brien's",
    "U.N.",
    "L’eau",
    "ＮＡＴＯ",
    "e\u0301te\u0301",
    "Ver\u00adtrag",
    "él",
    "北約峰會",
    "война",
    "не",
    "hausꞏdeꞏ",
]

#: The commonest words of each language, of two or more letters: every stop list has them.
COMMONEST = {
    "cs": "se na je že do to za by pro jsou ale jako po který",
    "da": "og at en den til er det som på de med der af for ikke",
    "de": "der die und das den von zu mit sich des auf für ist im dem nicht ein eine",
    "es": "de la que el en los se del las un por con no una su para es al",
    "fr": "de la le et les des en un une du est que dans qui pour par sur pas au",
    "it": "di che la il un per non in una sono con del si da le dei come",
    "nl": "de het een van en in is dat op te voor met zijn niet aan die",
    "no": "og det er på en som av for til med at ikke de har den",
    "pl": "na się nie że do jest to jak za po od przez ale dla",
    "pt": "de que do da em um para com não uma os no se na por as dos",
    "ru": "не на что он как но из за от это по его так все она то",
    "sv": "och att det som en på är av för med den till inte har de",
    "uk": "на що не до за про це як від для по його та але",
}


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"), ("EN-us", "en"), ("en_GB", "en"), ("eng", "en"), ("English", "en"),
        (" de-CH-1996 ", "de"), ("ger", "de"), ("zh-Hant-TW", "zh"), ("nb", "no"), ("nn-NO", "no"),
        ("swa", "swa"), ("de_DE.UTF-8", "de"),
        (None, None), ("", None), ("und", None), ("?", None), ("en, de", None), ("中文", None),
        ("x" * 10_000, None),
    ],
)  # fmt: skip
def test_a_tag_is_a_language(tag, code):
    """Only the language part of a tag counts; an invalid tag counts as no tag."""
    assert code_of(tag) == code


def test_the_mark_is_of_words_and_stays_as_it_is():
    """The compiled pass neither splits nor changes a term with a language mark."""
    assert re.fullmatch(r"\w", MARK)
    assert MARK.lower() == MARK.upper() == MARK
    assert singular(f"talks{MARK}es{MARK}") == f"talks{MARK}es{MARK}"
    assert without_mark(f"talks{MARK}es{MARK}") == without_mark("talks") == "talks"


@pytest.mark.parametrize("code", COMMONEST)
def test_lists_have_the_commonest_words(code):
    """Each stop list has the language's commonest words, and a plausible size."""
    own = Analysis(language=code).own
    terms = own.stopped
    assert {term for word in COMMONEST[code].split() for term in own.found(word)} <= terms
    assert 80 <= len(terms) <= 660


#: The script of each list; the lists of other languages are in Latin letters.
SCRIPTS = {
    **dict.fromkeys(["ru", "uk", "bg"], "а-яёіїєґѝ"), "el": "α-ω", "he": "א-ת",
    **dict.fromkeys(["ar", "fa", "ur"], "ء-ے"), "hi": "ऀ-ॿ", "bn": "ঀ-৿",
}  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_lists_are_in_one_script(code):
    """No stop word is misspelt in letters of another script."""
    terms = Analysis(language=code).own.stopped
    odd = {
        term for term in terms if not re.fullmatch(f"[{SCRIPTS.get(code, 'a-zß-ž0-9ǎțșə')}]+", term)
    }
    assert not odd or code == "pl"  # five misread words stand beside the right ones
    assert {term.replace("å¼", "ż") for term in odd} <= terms - odd


@pytest.mark.parametrize("code", LISTS)
def test_lists_begin_with_those_of_the_package(code):
    """A list is that of the package stop-words, without the words that its file takes out."""
    lines = (FILES[0].parent / f"{code}.txt").read_text(encoding="utf-8").splitlines()
    out = {word for line in lines if line.startswith("-") for word in line[1:].split()}
    new = {word for line in lines if line[0] not in "-#" for word in line.split()}
    package = {*get_stop_words(LISTS[code])}
    assert {*stop_words_of(code)} == (package - out) | new
    assert out <= package  # a word that the package no longer has need not be taken out
    assert {*first_stop_words_of(code)} == package


def test_a_language_without_a_list_has_no_stop_words():
    """Chinese and unknown languages have no list; a tag is never a path."""
    assert stop_words_of("zh") == stop_words_of("xx") == stop_words_of("../en") == ()


def test_an_english_archive_reads_no_list():
    """The package stop-words is only imported for articles in its languages."""
    code = (
        "import sys; from relnews import RelatedNews; "
        "RelatedNews().fit([{'id': '1', 'title': 'a talk', 'lang': 'en'}]); "
        "assert 'stop_words' not in sys.modules; "
        "RelatedNews().fit([{'id': '1', 'title': 'ein Wort', 'lang': 'de'}]); "
        "assert 'stop_words' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_given_stop_words_are_for_all_articles():
    """Given stop words pass through the tokeniser; only English ones are folded."""
    analysis = Analysis(["l'État", "talks", "新華社"])
    german, english = analysis.language_of("de"), analysis.language_of("en")
    assert english.words("A talk on l’état, 新華社 talks on") == ["on", "on"]
    assert german.words("Die talk on État, 新華社 talks") == ["die", "talk", "on"]
    assert Analysis("english").language_of("de").words("The System wird") == ["wird"]
    assert Analysis(["who", "ap"]).own.words("The WHO, says AP") == ["the", "say"]
    assert Analysis(None).language_of("de").words("Die Stadt") == ["die", "stadt"]


def test_english_spellings_are_one_in_english_alone():
    """US and USA are one word in English only, whatever the archive's language."""
    for own, tag in (("en", "es"), ("es", "en")):
        analysis = Analysis(None, language=own)
        for language, folds in (("en", True), ("es", False)):
            words = analysis.language_of(language).words("US talks")
            assert words == (["usa", "talk"] if folds else ["us", "talks"])
        counter = ArticleCounter(analysis)
        counter.count([
            Article("a", text="US talks", language=tag),
            Article("b", text="US talks", language=own),
        ])  # fmt: skip
        terms = {without_mark(term) for term in counter.vocabulary.decode()} - {""}
        assert terms == {"usa", "talk", "us", "talks"}


def marked(term):
    """Return a term of the reference in the package's notation."""
    word, _, language = term.partition(" in ")
    return f"{word}{MARK}{language}{MARK}" if language else word


@given(
    any_text(), any_text(), any_text(), st.sampled_from(TAGS), st.sampled_from(["en", "de", "zh"]),
    st.sampled_from(["english", None]),
)  # fmt: skip
@example("Die Häuser US", "北約", "hausꞏdeꞏ talks", "de", "en", "english")
def test_words_of_any_language_are_the_reference(title, dek, text, tag, own, normalization):
    """Terms, codes and phrases equal the reference, whatever the language tag."""
    article = {"title": title, "dek": dek, "text": text}
    expected = reference.Words({**article, "lang": tag}, BY_LANGUAGE, normalization, own)
    counter = ArticleCounter(Analysis("language", normalization, own))
    words = counter.count([Article("a", **article, language=tag)])
    spelt = counter.vocabulary.decode()

    assert {
        spelt[term]: code
        for term, code in zip(words.counts.term.tolist(), words.counts.count.tolist(), strict=True)
    } == {
        marked(term): 4 * expected.tf[term]
        + 2 * (term in expected.title)
        + (term in expected.phrases)
        for term in expected.terms
    }
    phrases = [tuple(spelt[term] for term in phrase) for phrase in words.phrases.value.tolist()]
    assert phrases == [
        (marked(first), marked(last), marked(phrase))
        for phrase, (first, last) in expected.phrases.items()
    ]


@st.composite
def mixed(draw, **sizes):
    """Return articles in several languages that share words."""
    articles = draw(archives(**sizes))
    for article in articles:
        article["lang"] = draw(st.sampled_from(TAGS))
        article["text"] += " " + " ".join(draw(st.lists(st.sampled_from(SHARED), max_size=6)))
    return articles


def lists_of(news, k):
    return {
        related.id: [(item.id, item.score, item.similarity) for item in related]
        for related in news.related_all(k, mode="similar")
    }


@given(mixed(max_size=10), st.integers(1, 8), st.sampled_from(["en", "de"]), st.floats(0, 1))
def test_lists_in_several_languages_equal_the_reference(articles, k, own, late):
    """Ids and scores of every list equal the reference, after fit and updates."""
    n = int(late * len(articles))
    news = RelatedNews(language=own, recency=None).fit(articles[n:])
    news.partial_fit(articles[:n])
    expected = reference.related_news(articles, k, stop_words=BY_LANGUAGE, language=own)
    assert lists_of(news, k) == expected


@given(mixed(min_size=1, max_size=10), texts(), texts(), st.sampled_from(TAGS))
def test_a_draft_in_a_language_equals_the_reference(articles, title, text, tag):
    """A draft meets only articles in its language, by default the archive's."""
    news = RelatedNews(recency=None).fit(articles)
    counts = [reference.Words(article, BY_LANGUAGE) for article in articles]
    idf = reference.inverse_document_frequency(counts)
    rows = [
        (article["id"], article["published"], reference.unit_weights(words, idf))
        for article, words in zip(articles, counts, strict=True)
    ]
    draft = {"title": title, "text": text, "lang": tag}
    weights = reference.unit_weights(reference.Words(draft, BY_LANGUAGE), idf)
    expected = reference.ranking(weights, rows, 8)
    if (title + text).strip():
        got = news.related_to_text(text, title=title, language=tag, mode="similar")
        assert [(item.id, item.score, item.similarity) for item in got] == expected


@given(
    st.lists(st.tuples(any_text() | st.text(f"ab{MARK}de_ s"), any_text()), min_size=2, max_size=6),
    st.data(),
)
def test_languages_never_meet(pairs, data):
    """No list and no term crosses languages."""
    # Every text exists in two languages, so that any crossing would show.
    articles = [
        Article(f"{i}-{tag}", title, text=text or "x", language=tag)
        for i, (title, text) in enumerate(pairs)
        for tag in data.draw(st.permutations(["en", "de", "zh"]))[:2]
    ]
    own = data.draw(st.sampled_from(["en", "de", "fr"]))
    stop_words = data.draw(st.sampled_from(["language", "english", None]))
    language = {article.id: article.language for article in articles}
    analysis = Analysis(stop_words, language=own)
    terms = {}
    for article in articles:
        counter = ArticleCounter(analysis)
        counted = counter.count([article])
        found = {counter.vocabulary.decode()[i] for i in counted.counts.term.tolist()}
        terms.setdefault(article.language, set()).update(found)
    assert not any(terms[a] & terms[b] for a in terms for b in terms if a < b)

    news = RelatedNews(stop_words=stop_words, language=own).fit(articles)
    for options in ({}, {"mode": "similar"}, {"selection": None}):
        for related in news.related_all(8, **options):
            assert {language[item.id] for item in related} <= {language[related.id]}
            assert {language[i] for item in related for i in item.near_duplicates} <= {
                language[related.id]
            }
    for group in news.duplicates():
        assert len({language[i] for i in group}) == 1


@given(archives(max_size=8))
@examples(0.5)
def test_it_does_not_matter_whether_the_language_is_the_archives_own(articles):
    """A German archive has the same lists whether or not it is told its language."""
    for article in articles:
        article["lang"] = "de"
    told, untold = (RelatedNews(language=own).fit(articles) for own in ("de", "en"))
    for options in ({"mode": "similar"}, {}):
        assert list(told.related_all(8, **options)) == list(untold.related_all(8, **options))


GERMAN = [
    {"id": "1", "title": "Der Rat der Stadt Wien berät", "text": "Sparen will er.", "lang": "de"},
    {"id": "2", "title": "Wien: Rat der Stadt", "text": "Rat der Stadt Wien.", "lang": "de-AT"},
    {"id": "3", "title": "Stadt Rat Wien", "text": "Rat Stadt Wien Vienna.", "lang": "en"},
]


def test_nobody_sees_the_mark():
    """Explanations and shared names are shown without the language mark."""
    news = RelatedNews().fit(GERMAN)
    found = news.explain("1", "2", selection=None)
    assert {term.term for term in found.terms} == {
        "rat",
        "stadt",
        "wien",
        "rat stadt",
        "stadt wien",
    }
    assert found.names == ("Stadt Wien", "Rat")
    assert MARK not in json.dumps(found.to_dict()) + str(found)
    assert MARK not in str(news.why_not("1", "3"))


def test_opened_archives_keep_their_language(tmp_path):
    """Updates, drafts and `info` of an opened archive use its language."""
    RelatedNews(language="de", normalization=None).fit(GERMAN).save(tmp_path / "a")
    news = RelatedNews.open(tmp_path / "a")
    assert (news.language, news.stop_words, news.normalization) == ("de", "language", None)
    news.partial_fit([{"id": "4", "title": "Der Rat", "text": "Die Stadt Wien im Rat"}])
    assert {item.id for item in news.related("4", mode="similar")} == {"1", "2"}
    assert {item.id for item in news.related_to_text("Stadt Wien", selection=None)} >= {"1", "2"}
    assert news.related_to_text("Stadt Wien", language="en").ids == ["3"]
    assert news.archive_.describe()["language"] == "de"


def test_what_is_no_language_is_refused():
    """An invalid language is refused with the expected form."""
    news = RelatedNews().fit(GERMAN)
    for value in ("?", "und", 1):
        with pytest.raises(ValueError, match="`language` must be a BCP 47 tag such as 'en'"):
            RelatedNews(language=value).fit([])
        with pytest.raises(ValueError, match="`language` must be a BCP 47 tag such as 'en'"):
            news.related_to_text("Stadt", language=value)


def test_the_command_line_takes_languages(tmp_path):
    """`build --language` sets the default, `related --language` a draft's language."""
    articles = tmp_path / "articles.jsonl"
    lines = [{name: record[name] for name in record if name != "lang"} for record in GERMAN[:2]]
    articles.write_text("".join(json.dumps(record) + "\n" for record in [*lines, GERMAN[2]]))
    folder = str(tmp_path / "a.relnews")

    def run(*arguments):
        result = CliRunner().invoke(main, [*arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    run("build", str(articles), "-o", folder, "--language", "de", "-q")
    draft = ("related", folder, "--title", "Stadt Wien", "--format", "json")
    found = [item["id"] for item in json.loads(run(*draft))["related"]]
    assert set(found) == {"1", "2"}
    found = json.loads(run(*draft, "--language", "en"))["related"]
    assert [item["id"] for item in found] == ["3"]
    failed = CliRunner().invoke(main, ["build", str(articles), "-o", folder, "--language", "?"])
    assert failed.exit_code
    assert "BCP 47" in failed.output


def test_real_languages_do_not_meet(data_folder):
    """German, Spanish, Chinese, English and 16 African languages stay apart."""
    language, articles = {}, []
    for name in (
        "gnad10k_test/docs", "fakenews_es/docs", "wikinews_en_2019_2020/docs",
        "unicode/chinese_2000", "unicode/african_16_languages",
    ):  # fmt: skip
        with gzip.open(data_folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in [*lines][::2]:
                article = json.loads(line)
                article["id"] = f"{name}-{article['id']}"
                language[article["id"]] = code_of(article["lang"])
                articles.append(article)
    news = RelatedNews().fit(articles)
    full = 0
    for related in news.related_all():
        assert {language[i] for i in related.ids} <= {language[related.id]}
        full += len(related) == 8
    assert full > 0.98 * len(articles)
