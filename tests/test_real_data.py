"""The main job on real news: problems in input, scripts, and lists."""

import dataclasses
import gzip
import itertools
import json
import random
from unittest import mock

import numpy as np
import pytest

import reference
from brute import Brute
from relnews import RelatedNews, Selection, read_articles
from relnews.readers.load_report import Problem
from relnews.sample import sample_articles
from relnews.search import bounds


def records(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def press(data_folder):
    """Return every other article of one archive, and all their scores."""
    articles = list(read_articles(data_folder / "ucsc_press" / "docs.jsonl.gz"))[::2]
    return articles, Brute(articles)


@pytest.mark.heavy
def test_headlines_under_the_story_are_found_among_25_000(data_folder):
    """Seven of the eight headlines once printed under a story are in its first ten.

    They stand without texts among all titles of four archives; the eighth shares almost no word
    with the story.
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


def test_reuters_builds_and_says_what_it_skipped(data_folder, tmp_path):
    """Items without title and body are skipped, items without body kept; both are counted."""
    path = tmp_path / "docs.jsonl.gz"
    with gzip.open(data_folder / "reuters21578" / "docs.jsonl.gz", "rb") as lines:
        path.write_bytes(gzip.compress(b"".join(itertools.islice(lines, 3000))))
    wire = records(path)
    empty = [r for r in wire if not r["text"].strip() and not r["title"].strip()]
    bodiless = [r for r in wire if not r["text"].strip() and r["title"].strip()]
    news = RelatedNews().fit(read_articles(path))

    assert len(news) == news.load_report_.loaded == len(wire) - len(empty)
    assert news.load_report_.problems == {
        Problem.NO_WORDS: len(empty), Problem.NO_TEXT: len(bodiless)
    }  # fmt: skip
    summary = news.load_report_.summary()
    assert f"{len(empty):,} skipped" in summary
    line = 1 + wire.index(bodiless[0])
    assert f"docs.jsonl.gz:{line}: no text: '{bodiless[0]['id']}'" in summary


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["arabic_2000", "chinese_2000", "african_16_languages"])
def test_other_scripts_build_and_give_lists(data_folder, name):
    """Terms of Arabic, Chinese, Ge'ez and accented Latin follow the token rule."""
    path = data_folder / "unicode" / f"{name}.jsonl.gz"
    articles = list(read_articles(path))[::4]
    news = RelatedNews(stop_words=None, language=None, ignore_repeated_lines=False).fit(articles)
    archive = news.archive_
    lists = list(news.related_all(selection=Selection(cutoff=None)))

    expected = {
        term
        for article in articles
        for term in reference.Words({"title": article.title, "text": article.text}, own=None).terms
    }
    assert set(archive.state.vocabulary.flat().decode()) == expected
    assert [related.id for related in lists] == [article.id for article in articles]
    assert sum(len(related) == 8 for related in lists) / len(lists) > 0.95


def test_brute_force_is_the_reference():
    """Brute-force scores of all pairs of the sample equal the reference's loops."""
    articles = list(sample_articles())
    wanted = reference.related_news(
        [dataclasses.asdict(article) for article in articles],
        len(articles), stop_words={"en": reference.english_stop_words()}, recency=(180, 0.5),
    )  # fmt: skip
    brute = Brute(articles)
    for i, article in enumerate(articles):
        similarity = brute.similarities(i)
        score = similarity * brute.fading(i)
        found = [(brute.ids[j], score[j], similarity[j]) for j in brute.best(score, len(articles))]
        assert [row[0] for row in found] == [row[0] for row in wanted[article.id]]
        np.testing.assert_allclose([row[1:] for row in found],
                                   [row[1:] for row in wanted[article.id]], atol=1e-6)  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("worth_pruning", [0, 10**9])
def test_lists_equal_brute_force_with_scikit_learn(press, worth_pruning):
    """Ids and scores of 60 random lists equal brute force, ties aside."""
    articles, brute = press
    with mock.patch.object(bounds, "WORTH_PRUNING", worth_pruning):
        news = RelatedNews(ignore_repeated_lines=False).fit(articles)
    position = {article.id: i for i, article in enumerate(articles)}

    for i in random.Random(0).sample(range(len(articles)), 60):
        similarity = brute.similarities(i)
        score = similarity * brute.fading(i)
        for scores, options in ((similarity, {"mode": "similar"}), (score, {"selection": None})):
            items = news.related(articles[i].id, **options)
            places = [position[item.id] for item in items]
            np.testing.assert_allclose([item.similarity for item in items], similarity[places],
                                       atol=1e-6)  # fmt: skip
            np.testing.assert_allclose([item.score for item in items], scores[places], atol=1e-6)
            best = np.sort(scores)[::-1][:8]
            np.testing.assert_allclose(scores[places], best[best > 0], atol=1e-5)


@pytest.mark.heavy
def test_lists_with_vectors_equal_brute_force(data_folder):
    """Ids and scores of 50 random lists equal brute force over words, titles and vectors."""
    read = list(read_articles(data_folder / "ucsc_press" / "docs.jsonl.gz"))[::2]
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 64))[rng.integers(0, 20, len(read))]
    vectors += rng.normal(size=vectors.shape)
    articles = [
        dataclasses.replace(article, vector=vector.tolist())
        for article, vector in zip(read, vectors, strict=True)
    ]
    brute = Brute(articles, vectors=vectors)
    with mock.patch.object(bounds, "WORTH_PRUNING", 0):
        news = RelatedNews(ignore_repeated_lines=False, vectors="given").fit(articles[:-50])
        news.partial_fit(articles[-50:])

    for i in random.Random(0).sample(range(len(articles)), 50):
        score = brute.similarities(i) * brute.fading(i)
        items = news.related(articles[i].id, 20, selection=None)
        best = brute.best(score, 20)
        assert items.ids == [brute.ids[place] for place in best]
        np.testing.assert_allclose([item.score for item in items], score[best], atol=1e-6)


@pytest.mark.heavy
def test_default_lists_are_brute_force_without_near_duplicates(press):
    """Every unlisted article scores less than the last item or is a near-duplicate."""
    articles, brute = press
    news = RelatedNews(ignore_repeated_lines=False).fit(articles)
    position = {article.id: i for i, article in enumerate(articles)}
    words = [reference.Words(dataclasses.asdict(article)) for article in articles]
    collapsed = 0

    def is_copy(i, j, cosine):
        """Return whether two articles are alike by their weights or by the words in order."""
        return cosine > 0.9 or reference.containment(words[i], words[j]) >= 900_000

    for i in random.Random(1).sample(range(len(articles)), 60):
        items = news.related(articles[i].id)
        places = [position[item.id] for item in items]
        score = brute.similarities(i) * brute.fading(i)
        copies = {
            j
            for place in (i, *places)
            for j in np.flatnonzero(brute.cosines(place) > 0.5).tolist()
            if is_copy(place, j, brute.cosines(place)[j])
        }
        np.testing.assert_allclose([item.score for item in items], score[places], atol=1e-6)
        assert max(brute.cosines(i)[places], default=0) < 0.9 + 1e-6
        left = np.delete(score, [i, *places, *copies])
        assert not len(items) or left.max() <= score[places].min() + 1e-6
        collapsed += len(copies) > len(places) + 1
    assert collapsed
