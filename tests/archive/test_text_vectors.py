"""Text vectors: functions, wordllama, vectors that articles bring, and what is wrong with them."""

import copy
import logging
import subprocess
import sys

import numpy as np
import pytest

from relnews import ArchiveFormatError, Article, RelatedNews, read_articles
from relnews.archive.text_vectors import TextVectors, text_of
from relnews.text.analysis import Analysis

ARTICLES = [
    {"id": "gas", "title": "Gas prices climb", "text": "Heating costs households more."},
    {"id": "oil", "title": "Petrol dearer", "text": "Motorists pay more for fuel."},
    {"id": "cup", "title": "Home side lifts the cup", "text": "A late goal decided the match."},
    {"id": "cat", "title": "Gas leak", "text": "A cat was rescued."},
]

#: Numbers that stand for the meaning of a text: of energy, of sport, of animals.
MEANINGS = {"gas": 0, "petrol": 0, "fuel": 0, "heating": 0, "cup": 1, "match": 1, "cat": 2}


def encode(texts):
    """Return vectors as sentence-transformers does: an array of float32, a row for each text."""
    assert isinstance(texts, list)
    words = [text.lower().replace(".", "").split() for text in texts]
    rows = [
        [1e-3 + sum(MEANINGS.get(word) == axis for word in found) for axis in range(3)]
        for found in words
    ]
    return np.array(rows, dtype=np.float32)


class TextEmbedding:
    """The interface of fastembed: a generator of arrays."""

    def embed(self, documents, batch_size=256):
        for document in documents:
            yield encode([document])[0]


class SentenceTransformer:
    """The interface of sentence-transformers."""

    def encode(self, sentences, **_):
        return encode(sentences)


def scores(found):
    return [(item.id, item.score) for item in found]


@pytest.mark.parametrize("function", [encode, SentenceTransformer().encode, TextEmbedding().embed])
def test_a_function_makes_the_vectors(function):
    """What models return is taken: an array, or a generator of rows."""
    news = RelatedNews(vectors=function).fit(ARTICLES)
    given = [
        {**article, "vector": encode([text_of(Article(**article))])[0].tolist()}
        for article in ARTICLES
    ]

    assert {*news.related("gas", selection=None).ids} == {"oil", "cat", "cup"}
    assert RelatedNews().fit(ARTICLES).related("gas").ids == ["cat"]
    for article in ARTICLES:
        found = news.related(article["id"])
        expected = RelatedNews(vectors="given").fit(given).related(article["id"])
        assert scores(found) == scores(expected)


def test_the_text_has_title_dek_and_text():
    """A vector is made of all texts of an article, a line each."""
    assert text_of(Article("a", title="T", dek="D", text="B\nC")) == "T\nD\nB\nC"
    assert text_of(Article("a", text="B")) == "B"


def test_an_opened_archive_needs_the_function_for_texts_only(tmp_path):
    """Lists need no function; drafts and updates do, and the error says how it is given."""
    news = RelatedNews(vectors=encode, vector_weight=0.25).fit(ARTICLES)
    news.save(tmp_path / "archive")
    opened = RelatedNews.open(tmp_path / "archive")

    assert opened.get_params()["vectors"] is None
    assert opened.vector_weight == 0.25
    assert [*opened.related_all()] == [*news.related_all()]
    for call in (
        lambda: opened.related_to_text("fuel"),
        lambda: opened.partial_fit([{"id": "new", "text": "fuel"}]),
    ):
        with pytest.raises(ValueError, match=r"RelatedNews.open\(path, vectors=function\)"):
            call()
    assert len(opened) == 4
    draft = {"text": "Fuel", "vector": [1, 0, 0]}
    assert opened.related_to_text(**draft) == news.related_to_text(**draft)
    assert opened.partial_fit([]).added == ()
    assert opened.remove("cat").removed == ("cat",)

    whole = RelatedNews.open(tmp_path / "archive", vectors=encode)
    assert whole.related_to_text("fuel").ids[0] == "oil"
    assert whole.partial_fit([{"id": "new", "text": "fuel"}]).added == ("new",)
    assert opened.related("new").ids[0] == "oil"


def test_an_archive_is_opened_with_vectors_of_its_own_kind(tmp_path):
    """A function for an archive of given vectors, or of none, is an error."""
    RelatedNews(vectors="given").fit(ARTICLES).save(tmp_path / "given")
    RelatedNews().fit(ARTICLES).save(tmp_path / "words")

    assert RelatedNews.open(tmp_path / "given").vectors == "given"
    assert RelatedNews.open(tmp_path / "words").vectors is None
    with pytest.raises(ValueError, match="built with vectors of 'given', got <function encode"):
        RelatedNews.open(tmp_path / "given", vectors=encode).related("gas", 3, mode="more")
    with pytest.raises(ValueError, match="has no vectors"):
        RelatedNews.open(tmp_path / "words", vectors=encode).related("gas", 3, mode="more")


def test_a_vector_that_an_article_brings_comes_first():
    """The function is asked for articles without a vector only."""
    asked = []

    def function(texts):
        asked.extend(texts)
        return encode(texts)

    articles = [*ARTICLES[:2], {**ARTICLES[2], "vector": [1, 0, 0]}]
    news = RelatedNews(vectors=function).fit(articles)

    assert asked == [text_of(Article(**article)) for article in ARTICLES[:2]]
    assert {*news.related("gas").ids} == {"oil", "cup"}


def test_a_new_vector_is_a_change_of_the_article():
    """An article with another vector is replaced; with the same, it stays."""
    articles = [{**article, "vector": [1, i]} for i, article in enumerate(ARTICLES)]
    news = RelatedNews(vectors="given").fit(articles)

    assert news.partial_fit(articles).unchanged == ("gas", "oil", "cup", "cat")
    assert news.partial_fit([{**articles[0], "vector": [1, 2]}]).replaced == ("gas",)


def test_articles_without_vectors_come_first():
    """An archive may get its first vector late; earlier articles take words alone."""
    news = RelatedNews(vectors="given").fit(ARTICLES)
    assert news.related("gas").ids == ["cat"]
    news.partial_fit([
        {"id": "x", "text": "wind", "vector": [1.0, 1.0]},
        {"id": "y", "text": "rain", "vector": [1.0, 0.9]},
    ])  # fmt: skip
    news.compact()

    assert news.related("x").ids == ["y"]
    assert news.related("gas").ids == ["cat"]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (np.zeros(3), r"expected the shape \(4, n\), got array"),
        (np.zeros((2, 3)), r"expected the shape \(4, n\), got array"),
        (np.full((4, 3), np.nan), "the vector of 'gas' has a value that is not a finite number"),
        (np.zeros((4, 0)), "the vector of 'gas' has 0 numbers, expected 1"),
        ([[1, 2], [1], [1, 2], [1, 2]], "must return one row of numbers for each text"),
        ("text", "must return one row of numbers for each text"),
        (None, "must return one row of numbers for each text"),
    ],
)
def test_what_is_wrong_with_the_result_is_said(returned, message):
    """The error says what was expected and what the function returned."""
    with pytest.raises(ValueError, match=message):
        RelatedNews(vectors=lambda _: returned).fit(ARTICLES)


def test_all_vectors_have_as_many_numbers():
    """Another model than the archive's is an error, and nothing is changed."""
    news = RelatedNews(vectors="given").fit([{**ARTICLES[0], "vector": [1, 2]}])
    with pytest.raises(ValueError, match="'oil' has 3 numbers, expected 2"):
        news.partial_fit([{**ARTICLES[1], "vector": [1, 2, 3]}])
    with pytest.raises(ValueError, match="the draft has 1 numbers, expected 2"):
        news.related_to_text("gas", vector=[1])
    assert len(news) == 1


@pytest.mark.parametrize("vectors", ["word2vec", 3, ["given"]])
def test_vectors_are_checked(vectors):
    """A wrong parameter is an error of `fit` that names the choices."""
    with pytest.raises(ValueError, match=r"`vectors` must be a function .*'wordllama', 'given'"):
        RelatedNews(vectors=vectors).fit(ARTICLES)


@pytest.mark.parametrize("weight", [-1, "much", None, float("nan")])
def test_the_weight_is_checked(weight):
    """The weight is a number from 0 to 1000, whether or not there are vectors."""
    with pytest.raises(ValueError, match="`vector_weight` must be a number from 0 to 1000"):
        RelatedNews(vector_weight=weight).fit(ARTICLES)


def test_a_weight_of_zero_takes_words_alone():
    """Vectors are kept, and do not count."""
    news = RelatedNews(vectors=encode, vector_weight=0).fit(ARTICLES)
    words = RelatedNews().fit(ARTICLES)

    assert [*news.related_all()] == [*words.related_all()]
    assert news.related_to_text("gas") == words.related_to_text("gas")


def test_records_bring_vectors(tmp_path):
    """A vector is a list of numbers, or one in JSON; anything else is left out and reported."""
    path = tmp_path / "articles.csv"
    path.write_text('id,title,embedding\na,Gas,"[1, 2]"\nb,Oil,none\nc,Cup,"[1, NaN]"\nd,Cat,\n')
    reader = read_articles(path, fields={"vector": "embedding"})
    found = [*reader]

    assert [article.vector for article in found] == [(1.0, 2.0), None, None, None]
    assert "`vector` is no list of numbers, left out" in reader.load_report.summary()
    assert RelatedNews(vectors="given").fit(found).related("a").ids == []
    array = RelatedNews(vectors="given").fit(
        [{"id": "a", "title": "x", "vector": np.ones(3)}, Article("b", title="y", vector=[1, 1, 1])]
    )
    assert array.related("a").ids == ["b"]


def test_settings_are_kept_and_shown(tmp_path):
    """Parameters come from an opened archive; its description names the vectors."""
    news = RelatedNews(vectors="given", vector_weight=0.3).fit(ARTICLES)
    news.save(tmp_path / "archive")
    opened = RelatedNews.open(tmp_path / "archive")

    assert opened.get_params() == news.get_params()
    assert opened.archive_.describe()["vectors"] == "given, weight 0.3"
    assert RelatedNews().fit(ARTICLES).archive_.describe()["vectors"] == "none"
    assert opened.verify() == []
    again = copy.copy(RelatedNews.open(tmp_path / "archive", vectors="given"))
    assert again.related("gas").ids == ["cat"]


@pytest.mark.parametrize(
    "setting",
    [
        {"source": "model", "dimensions": 3},
        {"source": "given", "dimensions": -1},
        {"source": "given"},
    ],
)
def test_a_setting_that_cannot_be_is_damage(tmp_path, setting):
    """A folder whose setting of vectors is none is damaged."""
    news = RelatedNews(vectors="given").fit(ARTICLES)
    with news.archive_.catalogue.transaction():
        news.archive_.catalogue.set("vectors", setting)
    with pytest.raises(ArchiveFormatError, match="is damaged"):
        news.archive_.catalogue.setting("vectors")


def test_other_dimensions_than_the_setting_has_are_damage(tmp_path):
    """Segments and waiting articles have vectors as long as the archive says."""
    articles = [{**article, "vector": [1, i]} for i, article in enumerate(ARTICLES)]
    for n_first in (2, 4):
        news = RelatedNews(vectors="given").fit(articles[:n_first])
        news.partial_fit(articles[n_first:])
        with news.archive_.catalogue.transaction():
            news.archive_.catalogue.set("vectors", {"source": "given", "dimensions": 3})
        news.save(tmp_path / f"{n_first}")
        with pytest.raises(ArchiveFormatError, match="is damaged"):
            RelatedNews.open(tmp_path / f"{n_first}").related("gas")


def test_worker_processes_need_no_function(tmp_path):
    """Processes read the vectors in the folder; a function that cannot be pickled is no matter."""
    joblib = pytest.importorskip("joblib")
    RelatedNews(vectors=encode).fit(ARTICLES).save(tmp_path / "archive")
    news = RelatedNews.open(tmp_path / "archive", vectors=lambda texts: encode(texts))
    expected = [*news.related_all()]

    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert [*news.related_all()] == expected


def test_languages_of_other_vectors(monkeypatch):
    """The model is of English: articles of other languages take words alone."""
    monkeypatch.setattr("relnews.archive.text_vectors.wordllama", lambda: encode)
    vectors = TextVectors("wordllama", "wordllama", Analysis())
    articles = [Article("a", text="gas"), Article("b", text="gas", language="de")]

    assert vectors.of(articles, 0).any(axis=1).tolist() == [True, False]
    assert TextVectors("function", encode, Analysis()).of(articles, 0).any(axis=1).all()


def test_nothing_is_imported_without_vectors():
    """The model is imported when a text needs a vector, not before."""
    code = (
        "import sys; from relnews import RelatedNews\n"
        "news = RelatedNews().fit([{'id': 'a', 'text': 'gas'}]); news.related_to_text('gas')\n"
        "assert not {'wordllama', 'tokenizers'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_wordllama_that_is_missing(monkeypatch):
    """The error says which extra brings it."""
    monkeypatch.setitem(sys.modules, "wordllama", None)
    from relnews.archive import text_vectors

    text_vectors.wordllama.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'relnews\[vectors\]'"):
        RelatedNews(vectors="wordllama").fit(ARTICLES)


def test_wordllama_relates_what_shares_no_word(tmp_path):
    """The package's own model is found without a download, and logging stays as it was."""
    pytest.importorskip("wordllama")
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    news = RelatedNews(vectors="wordllama").fit(
        [*ARTICLES, {"id": "de", "text": "Gas", "language": "de"}]
    )

    assert (logging.getLogger().handlers, logging.getLogger().level) == (handlers, level)
    assert news.related("oil").ids[0] == "gas"
    assert RelatedNews().fit(ARTICLES).related("oil").ids == []
    news.save(tmp_path / "archive")
    opened = RelatedNews.open(tmp_path / "archive")
    assert opened.related_to_text("Petrol and diesel") == news.related_to_text("Petrol and diesel")
    one_by_one = RelatedNews(vectors="wordllama")
    for article in ARTICLES:
        one_by_one.partial_fit([article])
    fresh = RelatedNews(vectors="wordllama").fit(ARTICLES)
    assert [*one_by_one.related_all()] == [*fresh.related_all()]


@pytest.mark.parametrize(
    "vector", ["abc", "[1, 2]", 3, [[1, 2]], [None, 1], [1, float("nan")], [10**400, 1], {"x": 1}]
)
def test_a_vector_of_a_draft_that_is_no_list_of_numbers(vector):
    """The error says what was expected, and what was got."""
    news = RelatedNews(vectors="given").fit([{"id": "a", "title": "gas", "vector": [1, 2]}])
    with pytest.raises(ValueError, match="`vector` must be a list of finite numbers, got"):
        news.related_to_text("gas", vector=vector)


def test_a_number_that_is_too_large():
    """The vector is left out, as any other that cannot be used, and the article is loaded."""
    news = RelatedNews(vectors="given").fit(
        [{"id": "a", "title": "gas", "vector": [10**400, 1]}, {"id": "b", "title": "gas"}]
    )
    assert "`vector` is no list of numbers, left out" in news.load_report_.summary()
    assert len(news) == 2
