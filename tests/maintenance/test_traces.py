"""Traces: what `verify_removed` says of articles that are there, hidden or gone."""

import pytest

from relnews import RelatedNews

SOON, LONG_AGO = "2999-01-01", "1999-01-01"

ARTICLES = [
    {"id": "shown", "title": "dike breach", "text": "flood crest"},
    {"id": "soon", "title": "dike crest", "text": "flood breach", "published": SOON},
    {"id": "over", "title": "crest breach", "text": "flood dike", "expires": LONG_AGO},
    {"id": "other", "title": "flood", "text": "harbour dike"},
]


@pytest.fixture(params=["memory", "segment", "pending"])
def news(request, tmp_path):
    """Return an archive in memory or in a folder, with articles in a segment or in none."""
    if request.param == "memory":
        return RelatedNews().fit(ARTICLES)
    built = RelatedNews().fit(ARTICLES[: None if request.param == "segment" else 0])
    built.save(tmp_path / "a.relnews")
    news = RelatedNews.open(tmp_path / "a.relnews")
    news.partial_fit(ARTICLES)
    return news


def test_articles_that_are_there(news):
    """A visible article is a problem; one under embargo or expired is in no list, so it is none."""
    assert news.verify_removed("shown") == [
        "'shown' is in the archive, and neither under embargo nor expired"
    ]
    assert news.verify_removed("soon") == news.verify_removed("over") == []
    news.remove("shown")
    news.compact()
    assert news.verify_removed("shown") == []


def test_what_another_process_removed(tmp_path):
    """An archive that is open already looks at the newest change."""
    RelatedNews().fit(ARTICLES).save(tmp_path / "a.relnews")
    reader, writer = (RelatedNews.open(tmp_path / "a.relnews") for _ in range(2))
    assert reader.verify_removed("unknown") == []
    reader.related("shown")
    writer.remove("other")

    assert reader.verify_removed("other") == writer.verify_removed("other")
    assert any(
        "has 1 word that no article has any more" in x for x in reader.verify_removed("other")
    )
    writer.partial_fit([{**ARTICLES[0], "expires": LONG_AGO}])
    assert reader.verify_removed("shown") == []


@pytest.mark.parametrize(
    ("identifier", "content", "is_found"),
    [("abcde", "abcde", True), ("abcd", "abcd", False), ("abcde", "abcd", False),
     ("abcde", "", False), ("harbour", "harbour", False)],
)  # fmt: skip
def test_ids_in_other_files(tmp_path, identifier, content, is_found):
    """A file that has an id of five characters is named, unless the id is a word of an article."""
    RelatedNews().fit(ARTICLES).save(tmp_path / "a.relnews")
    news = RelatedNews.open(tmp_path / "a.relnews")
    (tmp_path / "a.relnews" / "copy.txt").write_text(content)

    problems = news.verify_removed(identifier)
    assert [*map(bool, problems)] == [True] * is_found, problems
    assert all(problem.startswith("copy.txt has the id") for problem in problems)


def test_a_stored_list_with_an_article_that_is_gone():
    """A list that still has the key of a removed article is a trace of it."""
    news = RelatedNews().fit(ARTICLES)
    news.store_lists(2)
    connection = news.archive_.catalogue._database.connection
    connection.execute("DELETE FROM articles WHERE id = 'other'")

    assert "stored lists hold 1 removed article" in news.verify_removed("other")
