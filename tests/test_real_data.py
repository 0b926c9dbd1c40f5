"""The main job on real news: what it says of bad input, other scripts, and its lists."""

import gzip
import json
import random
from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

import reference
from relnews import RelatedNews, bounds, read_articles
from relnews.articles import Problem


def records(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_headlines_under_the_story_are_found_among_25_000(data_folder):
    """Seven of the eight headlines once printed under a story are in its first ten.

    They are put, without any text, among all titles of four archives; the eighth shares almost no
    word with the story.
    """
    story = json.loads((data_folder / "t4k3" / "article.json").read_text(encoding="utf-8"))
    articles = [{"id": f"related-{i}", "title": title} for i, title in enumerate(story["related"])]
    for name in ("reuters21578", "ucsc_press", "wikinews_en_2019_2020", "digitalgov"):
        articles += [
            {"id": f"{name}-{record['id']}", "title": record["title"]}
            for record in records(data_folder / name / "docs.jsonl.gz")
        ]
    assert len(articles) > 25_000
    news = RelatedNews().fit(articles)
    items = news.related_to_text(story["text"], title=story["title"], k=10)

    assert sum(item.id.startswith("related-") for item in items) >= 7


def test_reuters_builds_and_says_what_it_skipped(data_folder):
    """Items without title and body are skipped, those without body kept, and both are counted."""
    path = data_folder / "reuters21578" / "docs.jsonl.gz"
    wire = records(path)
    empty = [r for r in wire if not r["text"].strip() and not r["title"].strip()]
    bodiless = [r for r in wire if not r["text"].strip() and r["title"].strip()]
    news = RelatedNews().fit(read_articles(path))

    assert len(news) == news.intake_.loaded == len(wire) - len(empty)
    assert news.intake_.problems == {
        Problem.NO_WORDS: len(empty), Problem.NO_TEXT: len(bodiless)
    }  # fmt: skip
    summary = news.intake_.summary()
    assert f"{len(empty):,} skipped" in summary
    line = 1 + wire.index(bodiless[0])
    assert f"docs.jsonl.gz:{line}: no text: '{bodiless[0]['id']}'" in summary


@pytest.mark.parametrize("name", ["arabic_2000", "chinese_2000", "african_16_languages"])
def test_other_scripts_build_and_give_lists(data_folder, name):
    """Arabic, Chinese, Ge'ez and Latin with diacritics have the terms of the token rule."""
    path = data_folder / "unicode" / f"{name}.jsonl.gz"
    articles = list(read_articles(path))
    news = RelatedNews(stop_words=None, title_weight=1).fit(articles)
    archive = news.archive_
    lists = list(news.related_all())

    expected = {
        term
        for article in articles
        for term in reference.term_counts({"title": article.title, "text": article.text})
    }
    assert set(archive.index.vocabulary.flat().decode()) == expected
    assert [one.id for one in lists] == [article.id for article in articles]
    assert sum(len(one) == 8 for one in lists) / len(lists) > 0.95


@pytest.mark.parametrize("worth_pruning", [0, 10**9])
def test_lists_equal_brute_force_with_scikit_learn(data_folder, worth_pruning):
    """Ids and scores of 200 drawn lists are those of scikit-learn's vectors, ties aside."""
    articles = list(read_articles(data_folder / "ucsc_press" / "docs.jsonl.gz"))
    with mock.patch.object(bounds, "WORTH_PRUNING", worth_pruning):
        news = RelatedNews().fit(articles)
    vectorizer = CountVectorizer(stop_words="english")
    both = vectorizer.fit_transform(
        [a.title for a in articles] + [f"{a.dek}\n{a.text}" for a in articles]
    )
    n = len(articles)
    counts = 3 * both[:n] + both[n:]
    vectors = sp.csr_matrix(TfidfTransformer(sublinear_tf=True).fit_transform(counts))
    position = {article.id: i for i, article in enumerate(articles)}

    for i in random.Random(0).sample(range(n), 200):
        similarity = (vectors @ vectors[i].T).toarray().ravel()
        similarity[i] = -1
        best = np.sort(similarity)[::-1][:8]
        items = news.related(articles[i].id)
        chosen = [similarity[position[item.id]] for item in items]
        np.testing.assert_allclose([item.similarity for item in items], chosen, atol=1e-6)
        np.testing.assert_allclose(chosen, best, atol=1e-5)
