"""RelatedNews: input, output, and comparison with scikit-learn."""

import collections
import dataclasses
import datetime as dt
import json
from unittest import mock

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

import relnews
from reference_words import words_of
from relnews import (
    Article,
    ArticleError,
    LoadReport,
    Recency,
    RelatedItem,
    RelatedList,
    RelatedNews,
    UnknownArticleError,
    read_articles,
)
from relnews.archive.snapshot import Snapshot
from relnews.sample import DEMO_ID, sample_articles

RECORDS = [
    {"id": "veto", "title": "Kremlin seeks veto on guarantees", "published": "2025-08-20"},
    {"id": "push", "title": "Talks push for guarantees", "published": "2025-08-18"},
    {"id": "dike", "title": "Dike gives way near Szolnok", "published": "2025-06-11"},
    {"id": "crest", "title": "Flood crest passes the dike", "published": "2025-06-13"},
]


@pytest.fixture(scope="module")
def stories():
    """Return the sample as articles."""
    return list(sample_articles())


@pytest.fixture(scope="module")
def fitted(stories):
    """Return the sample, fitted and never saved; tests must not fit it again."""
    return RelatedNews().fit(stories)


@pytest.fixture(
    scope="module",
    params=[("memory", 1), ("memory", 2), ("saved", None), ("saved", 2), ("replaced", -1)],
    ids=lambda param: f"{param[0]}-{param[1]}",
)
def news(request, stories, fitted, tmp_path_factory):
    """Return the sample in memory and opened, with different numbers of threads."""
    place, n_jobs = request.param
    if place == "memory":
        return RelatedNews(n_jobs=n_jobs).fit(stories)
    folder = tmp_path_factory.mktemp(place) / "archive"
    if place == "replaced":
        RelatedNews(title_weight=0).fit(RECORDS).save(folder)
    fitted.save(folder)
    return RelatedNews.open(folder, n_jobs=n_jobs)


def lists_of(news, k=8):
    """Return every list as plain values."""
    return [related.to_dict() for related in news.related_all(k)]


# --- what goes in --------------------------------------------------------------------------------


def as_dicts(tmp_path):
    return RECORDS


def as_generator(tmp_path):
    return (record for record in RECORDS)


def as_articles(tmp_path):
    midnight = dt.time(tzinfo=dt.UTC)
    return [
        Article(
            id=record["id"],
            title=record["title"],
            published=dt.datetime.combine(dt.date.fromisoformat(record["published"]), midnight),
        )
        for record in RECORDS
    ]


def as_namedtuples(tmp_path):
    story = collections.namedtuple("story", ["id", "title", "published"])
    return [story(**record) for record in RECORDS]


def as_dataclasses(tmp_path):
    story = dataclasses.make_dataclass("story", ["id", "title", "published"])
    return [story(**record) for record in RECORDS]


def as_data_frame(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(RECORDS)
    return frame.assign(published=pandas.to_datetime(frame["published"]), url=None)


def as_iterrows(tmp_path):
    return as_data_frame(tmp_path).iterrows()


def as_itertuples(tmp_path):
    return as_data_frame(tmp_path).itertuples(index=False)


def as_reader(tmp_path):
    path = tmp_path / "articles.jsonl"
    path.write_text("\n".join(map(json.dumps, RECORDS)))
    return read_articles(path)


SOURCES = [
    as_dicts, as_generator, as_articles, as_namedtuples, as_dataclasses, as_data_frame,
    as_iterrows, as_itertuples, as_reader,
]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_fit_takes_whatever_holds_articles(source, tmp_path):
    """Every kind of source gives the same archive."""
    news = RelatedNews().fit(source(tmp_path))

    assert lists_of(news) == lists_of(RelatedNews().fit(RECORDS))
    assert news.related("veto").ids == ["push"]
    assert news.related("veto")[0].published == dt.datetime(2025, 8, 18, tzinfo=dt.UTC)
    assert news.load_report_.loaded == 4


@pytest.mark.parametrize("source", ["articles.jsonl", 7, RECORDS[0], b"", [7], [("veto", "title")]])
def test_fit_refuses_what_holds_no_articles(source):
    """A path, a single article or a list of other objects is refused by name."""
    with pytest.raises(TypeError, match=r"must be an? "):
        RelatedNews().fit(source)


def test_fit_returns_itself():
    """`fit` returns self, so that calls can be chained."""
    news = RelatedNews()

    assert news.fit(RECORDS) is news


def test_load_report_of_fit_counts_problems():
    """`load_report_` counts skipped and repaired articles."""
    news = RelatedNews().fit([*RECORDS, RECORDS[0], {"title": "no id"}, {"id": "empty"}])

    assert len(news) == news.load_report_.loaded == 4
    assert news.load_report_.skipped == 3
    assert "duplicate id: 1 (skipped)" in news.load_report_.summary()


def test_a_given_load_report_counts_everything(tmp_path):
    """A load report passed to fit also counts the reader's problems; strict stays strict."""
    path = tmp_path / "articles.jsonl"
    path.write_text('{"id": "a", "title": "one", "text": "two"}\nnot json\n')
    load_report = LoadReport()

    news = RelatedNews().fit(read_articles(path), load_report=load_report)

    assert news.load_report_ is load_report
    assert (load_report.loaded, load_report.skipped) == (1, 1)
    with pytest.raises(ArticleError, match=r"articles\.jsonl:2: unreadable"):
        RelatedNews().fit(read_articles(path), load_report=LoadReport(strict=True))


def test_a_reader_can_be_fitted_twice():
    """A reader and its load report start again with every fit."""
    reader = sample_articles()
    first, second = RelatedNews().fit(reader), RelatedNews().fit(reader)

    assert first.load_report_ is not second.load_report_
    assert first.load_report_.loaded == second.load_report_.loaded == len(second) == 124


def test_fitting_again_replaces_the_archive():
    """A second fit leaves nothing of the first articles."""
    news = RelatedNews(stop_words=(word for word in ["guarantees"])).fit(sample_articles())
    news.fit(RECORDS)

    assert len(news) == news.load_report_.loaded == 4
    assert DEMO_ID not in news
    assert news.related("veto").ids == [], "the stop words still hold"


def test_a_failing_fit_leaves_the_old_archive():
    """An error in the middle of the articles leaves the model unchanged."""
    news = RelatedNews().fit(RECORDS)
    before, load_report = lists_of(news), news.load_report_

    def broken():
        yield from sample_articles()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        news.fit(broken())
    with pytest.raises(ArticleError):
        news.fit([{"id": "a"}], load_report=LoadReport(strict=True))

    assert lists_of(news) == before
    assert news.load_report_ is load_report


def test_lists_under_way_survive_another_fit(stories):
    """An iterator over lists keeps the archive that it began with."""
    news = RelatedNews().fit(stories)
    expected = lists_of(news)

    under_way = news.related_all()
    got = [next(under_way).to_dict()]
    news.fit(RECORDS)
    got += [related.to_dict() for related in under_way]

    assert got == expected


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"sublinear_tf": "no"}, ValueError),
        ({"sublinear_tf": None}, ValueError),
        ({"ignore_repeated_lines": "no"}, ValueError),
        ({"title_weight": -1}, ValueError),
        ({"title_overlap": None}, ValueError),
        ({"stop_words": "german"}, ValueError),
        ({"stop_words": [7]}, ValueError),
    ],
)
def test_parameters_are_checked_by_fit(parameters, error):
    """`fit` names a wrong parameter before it reads any article."""
    (name,) = parameters
    articles = iter(RECORDS)

    with pytest.raises(error, match=f"`{name}` must be"):
        RelatedNews(**parameters).fit(articles)

    assert next(articles) is RECORDS[0]


@pytest.mark.parametrize(
    ("scalars", "numbers"),
    [
        ({"title_weight": np.int64(2)}, {"title_weight": 2}),
        ({"title_overlap": np.float32(0.5)}, {"title_overlap": 0.5}),
        ({"sublinear_tf": np.False_}, {"sublinear_tf": False}),
        ({"recency": Recency(np.int64(30))}, {"recency": Recency(30)}),
    ],
)
def test_numpy_scalars_are_parameters(scalars, numbers):
    """A scalar of an array, as a parameter grid gives it, counts as the number."""
    articles = [*sample_articles()][:30]

    got = RelatedNews(**scalars).fit(articles)

    assert [*got.related_all(4)] == [*RelatedNews(**numbers).fit(articles).related_all(4)]


# --- what comes out ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda news: news.related("a"),
        lambda news: news.related_to_text("a"),
        lambda news: news.related_all(),
        lambda news: news.save("nowhere"),
        lambda news: len(news),
        lambda news: "a" in news,
    ],
    ids=["related", "related_to_text", "related_all", "save", "len", "in"],
)
def test_nothing_works_before_fit(use):
    """Before fit or open each method raises scikit-learn's NotFittedError."""
    with pytest.raises(NotFittedError, match="Call fit"):
        use(RelatedNews())


def test_len_contains_and_repr(news):
    """`len` is the number of articles, `in` tests ids, and repr shows the size."""
    assert len(news) == 124
    assert DEMO_ID in news
    assert "nonsense" not in news
    n_jobs = "" if news.n_jobs is None else f"n_jobs={news.n_jobs}"
    assert repr(news) == f"RelatedNews({n_jobs}) of 124 articles"
    assert repr(RelatedNews(title_weight=2.0)) == "RelatedNews(title_weight=2.0)"


def test_items_tell_of_their_article(news, stories):
    """An item has its article's fields, its rank from 1, and its score."""
    by_id = {story.id: story for story in stories}

    items = news.related(DEMO_ID, 8)

    assert [item.rank for item in items] == list(range(1, 9))
    assert [item.score for item in items] == sorted((i.score for i in items), reverse=True)
    for item in items:
        story = by_id[item.id]
        assert 0 < item.score <= item.similarity <= 1
        assert item.published.utcoffset() == dt.timedelta(0)
        for field in dataclasses.fields(RelatedItem):
            if field.name not in (
                "rank",
                "score",
                "similarity",
                "near_duplicates",
                "reason",
                "mentions",
            ):
                assert getattr(item, field.name) == getattr(story, field.name), field.name


def test_a_list_is_a_sequence(news):
    """A list can be sliced, iterated, counted, compared and printed like a tuple."""
    related = news.related(DEMO_ID, 5)

    assert isinstance(related, RelatedList)
    assert isinstance(related, collections.abc.Sequence)
    assert related.id == DEMO_ID
    assert len(related) == len(list(related)) == 5
    assert related[0] is related.items[0]
    assert related[-1].rank == 5
    assert [item.rank for item in related[1:3]] == [2, 3]
    assert related.ids == [item.id for item in related]
    assert related[2] in related
    assert related.index(related[2]) == 2
    assert related == news.related(DEMO_ID, 5)
    assert str(related).splitlines()[0] == f"1. {related[0].title}"


def test_a_list_as_plain_values(news):
    """`to_dict` holds only JSON values and leaves unknown fields out."""
    record = news.related(DEMO_ID, 1).to_dict()

    assert json.loads(json.dumps(record)) == record
    assert record["id"] == DEMO_ID
    (item,) = record["related"]
    assert item["rank"] == 1
    assert item["published"].endswith("+00:00")
    assert isinstance(item["tags"], list)
    assert "image" not in item


def test_a_list_ends_where_nothing_is_shared():
    """An article that shares no term is not related, however large k is."""
    news = RelatedNews().fit(RECORDS)

    assert news.related("dike", 100).ids == ["crest"]
    assert news.related("dike", 10**30).ids == ["crest"]
    assert len(RelatedNews().fit(RECORDS[:3]).related("dike")) == 0


def test_k_only_cuts(news):
    """A shorter list is a prefix of a longer list."""
    longest = news.related(DEMO_ID, 124).ids

    assert DEMO_ID not in longest
    for k in (1, 2, 8, 50):
        assert news.related(DEMO_ID, k).ids == longest[:k]


@pytest.mark.parametrize(
    ("k", "error"),
    [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError), ("8", TypeError),
     (None, TypeError)],
)  # fmt: skip
def test_k_is_checked(fitted, k, error):
    """A wrong k is refused at once, by related_all before its first list, too."""
    for ask in (
        lambda: fitted.related(DEMO_ID, k),
        lambda: fitted.related_to_text("guarantees", k=k),
        lambda: fitted.related_all(k),
    ):
        with pytest.raises(error, match="`k` must be"):
            ask()


def test_k_may_be_an_integer_of_numpy(fitted):
    """`k` may be a NumPy integer."""
    assert len(fitted.related(DEMO_ID, np.int64(3))) == 3


def test_an_unknown_id_is_a_key_error_that_helps(news):
    """The KeyError names the id and suggests a similar id."""
    with pytest.raises(KeyError) as caught:
        news.related(DEMO_ID.replace("-", "_", 1).upper())

    assert isinstance(caught.value, UnknownArticleError)
    assert str(caught.value) == (
        "no article has the id 'NATO_BACKS-UKRAINE-WITH-NEW-SECURITY-GUARANTEES'. "
        f"Did you mean '{DEMO_ID}'?"
    )


def test_an_unknown_id_that_is_like_no_other(news):
    """An id that resembles no other gets no suggestion."""
    with pytest.raises(UnknownArticleError) as caught:
        news.related("zzz")

    assert str(caught.value) == "no article has the id 'zzz'."


def test_ids_may_be_integers():
    """An integer id equals the string of its digits in every method."""
    news = RelatedNews().fit([{"id": 7, "title": "dike breach"}, {"id": 8, "title": "dike repair"}])

    assert news.related(7).ids == ["8"]
    assert news.related(7) == news.related("7")
    assert 7 in news
    assert 9 not in news


# --- drafts --------------------------------------------------------------------------------------


def test_a_draft_equal_to_an_article_finds_it_first(news, stories):
    """A draft with an article's title and text finds that article first."""
    story = dataclasses.replace(next(s for s in stories if s.id == DEMO_ID), dek="")

    draft = {"text": story.text, "title": story.title, "published": story.published, "k": 3}
    related = news.related_to_text(**draft, selection=None)

    assert DEMO_ID not in news.related_to_text(**draft).ids
    assert related.id is None
    assert related.ids[0] == DEMO_ID
    assert related[0].score > 0.7
    assert len(related) == 3


def test_a_draft_needs_only_title_or_text(fitted):
    """A headline alone is ranked as a text; unknown words are ignored."""
    words = "guarantees Kyiv Washington"

    by_text = fitted.related_to_text(words)

    assert {*fitted.related_to_text(title=words).ids} == {*by_text.ids}
    assert fitted.related_to_text(f"{words} zyzzyva quokka") == by_text


@pytest.mark.parametrize("draft", ["zyzzyva quokka", "the and of", "?!", "a"])
def test_a_draft_without_known_words_has_no_list(fitted, draft):
    """A draft of unknown words, stop words or signs has an empty list."""
    assert len(fitted.related_to_text(draft)) == 0


@pytest.mark.parametrize(
    ("draft", "error"),
    [({}, ValueError), ({"text": " \n"}, ValueError), ({"text": None}, TypeError),
     ({"text": b"bytes"}, TypeError), ({"title": 7, "text": "text"}, TypeError)],
)  # fmt: skip
def test_a_draft_is_checked(fitted, draft, error):
    """A draft without words, or that is no string, is refused by name."""
    with pytest.raises(error, match=r"`title` and `text` are both empty|must be a string"):
        fitted.related_to_text(**draft)


# --- every article's list ------------------------------------------------------------------------


def test_related_all_is_related_of_each(news, stories):
    """`related_all` yields the lists of related, in the order of the articles."""
    lists = list(news.related_all(5))

    assert [related.id for related in lists] == [story.id for story in stories]
    assert lists == [news.related(story.id, 5) for story in stories]


def test_neither_place_nor_threads_make_a_difference(news, fitted):
    """Lists and drafts are the same in memory and from disk, for any number of threads."""
    assert lists_of(news) == lists_of(fitted)
    draft = {"text": "Allies discuss guarantees for Kyiv", "title": "A draft"}
    assert news.related_to_text(**draft) == fitted.related_to_text(**draft)


def test_related_all_of_some_articles(news, stories):
    """Requested ids come once each in archive order; an unknown id is named."""
    ids = [story.id for story in stories]
    wanted = [ids[7], ids[3], ids[90], ids[3]]

    found = list(news.related_all(5, ids=wanted))

    assert [related.id for related in found] == [ids[3], ids[7], ids[90]]
    assert found == [news.related(related.id, 5) for related in found]
    assert list(news.related_all(5, ids=[])) == []
    with pytest.raises(UnknownArticleError, match="no-such-story"):
        news.related_all(5, ids=[ids[0], "no-such-story"])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_related_all_computes_as_it_is_asked(n_jobs):
    """The first list arrives after a few blocks; an abandoned iteration is no error."""
    blocks = 40
    articles = ({"id": i, "title": f"story number{i}"} for i in range(blocks * 8))
    news = RelatedNews(n_jobs=n_jobs).fit(articles)

    with (
        mock.patch("relnews.archive.archive.BLOCK", 8),
        mock.patch.object(Snapshot, "rank", autospec=True, side_effect=Snapshot.rank) as rank,
    ):
        lists = news.related_all(1)
        assert rank.call_count == 0
        assert next(lists).id == "0"
        assert 1 <= rank.call_count < blocks / 2
        lists.close()


# --- very small archives -------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [False, True])
def test_an_empty_archive(opened, tmp_path):
    """An archive without articles can be fitted, saved, opened and queried."""
    news = RelatedNews().fit([])
    if opened:
        news.save(tmp_path / "archive")
        news = RelatedNews.open(tmp_path / "archive")

    assert len(news) == 0
    assert list(news.related_all()) == []
    assert news.related_to_text("guarantees") == RelatedList(None, ())
    assert "a" not in news
    with pytest.raises(UnknownArticleError, match="no article has the id 'a'"):
        news.related("a")


def test_an_archive_of_one_article():
    """A single article has an empty list, and a draft finds it."""
    news = RelatedNews().fit(RECORDS[:1])

    assert news.related("veto") == RelatedList("veto", ())
    assert list(news.related_all()) == [RelatedList("veto", ())]
    assert news.related_to_text("guarantees").ids == ["veto"]


def test_public_names():
    """Every public name can be imported from relnews, and no other name."""
    assert set(relnews.__all__) <= set(dir(relnews))
    assert all(getattr(relnews, name).__name__ == name for name in relnews.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        relnews.nonsense  # noqa: B018


def test_warm_up_runs():
    """Compiling ahead of time leaves nothing for the caller to clean up."""
    assert relnews.warm_up() is None


# --- scikit-learn --------------------------------------------------------------------------------


def assert_lists_are_brute_force(
    articles, k=8, *, title_weight=1, stop_words="english", sublinear_tf=True
):
    """Compare every list with the cosines of scikit-learn's matrices.

    A list is right if its scores are the k greatest cosines and each item's score is its own
    cosine: that leaves open only which of equally similar articles comes first.
    """
    news = RelatedNews(
        title_weight=title_weight, title_overlap=0, stop_words=stop_words, normalization=None,
        sublinear_tf=sublinear_tf, ignore_repeated_lines=False, recency=None,
    ).fit(articles)  # fmt: skip
    titles = [article.title for article in articles]
    texts = [f"{article.dek} {article.text}" for article in articles]
    given = ENGLISH_STOP_WORDS if stop_words == "english" else stop_words or ()
    stopped = {term for word in given for term in words_of(word, folds=False)}
    count = CountVectorizer(
        analyzer=lambda text: [w for w in words_of(text, folds=False) if w not in stopped]
    ).fit(titles + texts)
    text, title = count.transform(texts).astype(float), count.transform(titles) > 0
    idf = TfidfTransformer().fit(text + title).idf_
    if sublinear_tf:
        text.data = 1 + np.log(text.data)
    weights = normalize((text + title_weight * title).multiply(idf).tocsr())
    cosines = (weights @ weights.T).toarray()
    np.fill_diagonal(cosines, 0)
    place = {article.id: i for i, article in enumerate(articles)}

    lists = list(news.related_all(k, selection=None))

    assert [related.id for related in lists] == list(place)
    for related, cosine in zip(lists, cosines, strict=True):
        scores = np.array([item.score for item in related])
        best = np.sort(cosine)[::-1][:k]
        np.testing.assert_allclose(scores, best[: len(scores)], rtol=0, atol=1e-5)
        assert np.all(best[len(scores) :] < 1e-6), related.id
        own = cosine[[place[i] for i in related.ids]]
        np.testing.assert_allclose(scores, own, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"title_weight": 0},
        {"title_weight": 7.5},
        {"sublinear_tf": False},
        {"stop_words": None},
        {"stop_words": ["ukraine", "dike", "museum", "and"]},
        {"k": 200},
    ],
    ids=str,
)
def test_lists_of_the_sample_are_brute_force(stories, parameters):
    """With every parameter the lists equal scikit-learn's tf-idf and cosine."""
    assert_lists_are_brute_force(stories, **parameters)


@pytest.mark.parametrize("parameters", [{}, {"stop_words": None, "sublinear_tf": False}], ids=str)
@pytest.mark.parametrize("n_articles", [150, pytest.param(1500, marks=pytest.mark.slow)])
def test_lists_of_real_news_are_brute_force(data_folder, parameters, n_articles):
    """The lists of random real articles equal scikit-learn's, too."""
    articles = list(read_articles(data_folder / "digitalgov" / "docs.jsonl.gz"))
    chosen = np.random.default_rng(0).choice(len(articles), n_articles, replace=False)

    assert_lists_are_brute_force([articles[i] for i in chosen], **parameters)
