"""An export of Ghost, and pages of its Content API, become articles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.articles import Article
from relnews.readers import ghost, read_articles
from relnews.readers.ghost_bodies import body_of
from relnews.readers.load_report import LoadReport, Problem
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import RecordParser

Write = Callable[[Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a value as JSON and returns the path."""

    def write_json(value: Any) -> Path:
        path = tmp_path / "site.json"
        path.write_text(json.dumps(value), "utf-8")
        return path

    return write_json


def post(number: int, **values: Any) -> dict[str, Any]:
    """Return a row of an export as Ghost 5 writes it."""
    return {
        "id": f"5f{number:022x}", "uuid": f"u{number}", "title": f"Storm {number}",
        "slug": f"storm-{number}", "mobiledoc": None, "html": f"<p>storm text {number}</p>",
        "comment_id": f"5f{number:022x}", "plaintext": f"storm text {number}",
        "feature_image": None, "featured": 0, "type": "post", "status": "published",
        "locale": None, "visibility": "public", "email_recipient_filter": "all",
        "created_at": "2025-06-01T08:00:00.000Z", "updated_at": "2025-06-03T08:00:00.000Z",
        "published_at": "2025-06-02T10:00:00.000Z", "custom_excerpt": None,
        "codeinjection_head": None, "codeinjection_foot": None, "canonical_url": None,
        "lexical": None, **values,
    }  # fmt: skip


def export(*posts: dict[str, Any], **tables: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an export of posts and other tables."""
    data = {"benefits": [], "posts": [*posts], "settings": [], **tables}
    return {"db": [{"meta": {"exported_on": 1748937600000, "version": "5.82.2"}, "data": data}]}


def loaded(path: Path, **options: Any) -> tuple[list[Article], LoadReport]:
    reader = read_articles(path, **options)
    return [*reader], reader.load_report


def test_an_export(write: Write) -> None:
    """Tags, authors and pictures of an export come from its other tables."""
    path = write(export(
        post(1, custom_excerpt="Gales & rain", feature_image="__GHOST_URL__/content/images/a.jpg"),
        posts_tags=[
            {"id": "a", "post_id": post(1)["id"], "tag_id": "t2", "sort_order": 1},
            {"id": "b", "post_id": post(1)["id"], "tag_id": "t1", "sort_order": 0},
            {"id": "c", "post_id": post(1)["id"], "tag_id": "t3", "sort_order": 2},
        ],
        tags=[
            {"id": "t1", "name": "Weather", "slug": "weather", "visibility": "public"},
            {"id": "t2", "name": "Coast", "slug": "coast", "visibility": "public"},
            {"id": "t3", "name": "#frontpage", "slug": "hash-frontpage", "visibility": "internal"},
        ],
        posts_meta=[{"post_id": post(1)["id"], "feature_image_alt": "The pier"}],
        users=[{"id": "u1", "name": "Jo Lee"}, {"id": "u2", "name": "Ann Poe"}],
        posts_authors=[
            {"post_id": post(1)["id"], "author_id": "u2", "sort_order": 1},
            {"post_id": post(1)["id"], "author_id": "u1", "sort_order": 0},
        ],
    ))  # fmt: skip
    (article,), report = loaded(path, strict=True)
    assert article.id == post(1)["id"]
    assert (article.title, article.dek) == ("Storm 1", "Gales & rain")
    assert article.text == "storm text 1"
    assert (article.url, article.image) == ("/storm-1/", "/content/images/a.jpg")
    assert article.image_alt == "The pier"
    assert (article.section, article.tags) == ("Weather", ("Weather", "Coast"))
    assert article.author == "Jo Lee, Ann Poe"
    assert str(article.published) == "2025-06-02 10:00:00+00:00"
    assert not report.problems
    (article,), _ = loaded(path, url="https://x.example/{section}/{slug}")
    assert article.url == "https://x.example/Weather/storm-1"


def test_only_public_posts_come_out(write: Write) -> None:
    """Each state is withheld, a page is no article, and nothing is lost in counting."""
    hidden = [
        {"status": "draft"}, {"status": "scheduled"}, {"status": "sent"}, {"status": None},
        {"status": "odd"}, {"visibility": "members"}, {"visibility": "paid"},
        {"visibility": "tiers"}, {"visibility": "label:vip"}, {"published_at": "soon"},
        {"codeinjection_head": '<meta name="robots" content="noindex">'},
    ]  # fmt: skip
    pages = [{"type": "page"}, {"page": 1}, {"type": None, "page": True}]
    posts = [post(number, **values) for number, values in enumerate((*hidden, *pages, {}))]
    mail = post(99)
    path = write(export(*posts, mail, posts_meta=[{"post_id": mail["id"], "email_only": 1}]))
    articles, report = loaded(path)
    assert [article.title for article in articles] == [f"Storm {len(posts) - 1}"]
    assert report.problems[Problem.NOT_AN_ARTICLE] == len(pages)
    assert report.withheld == len(hidden) + 1
    articles, _ = loaded(path, include_unlisted=True, unreadable_dates="keep")
    assert len(articles) == len(hidden) + 2


@pytest.mark.parametrize("tables", [{}, {"tags": []}])
@pytest.mark.parametrize("name", ["status", "visibility"])
def test_a_post_of_an_export_says_who_may_see_it(
    name: str, tables: dict[str, Any], write: Write
) -> None:
    """A post of an export without a state is withheld, whatever tables are beside it."""
    posts = [post(0), post(1), *(post(2, **{name: nothing}) for nothing in (None, "", " ", []))]
    del posts[1][name]
    document = {"db": [{"data": {"posts": posts, **tables}}]}
    for kind in ("ghost", "jsonl"):
        articles, report = loaded(write(document), format=kind)
        assert [article.title for article in articles] == ["Storm 0"]
        assert report.withheld == report.problems[Problem.UNREADABLE_STATE] == 5
    page = {"posts": posts[:2], "meta": {}}
    assert len(loaded(write(page))[0]) == 2  # of the Content API, which need not say it


def test_pages_of_the_content_api(write: Write, tmp_path: Path) -> None:
    """Saved pages of the Content API have tags and authors in the posts; a folder holds them."""
    page = {
        "posts": [
            post(
                1, url="https://x.example/storm-1/",
                tags=[{"name": "Weather", "visibility": "public"}, {"name": "#x"}],
                authors=[{"name": "Jo Lee"}], primary_author={"name": "Jo Lee"},
            ),
            post(2, visibility="paid"),
        ],
        "meta": {"pagination": {"page": 1, "limit": 15, "pages": 1, "total": 2}},
    }  # fmt: skip
    for entry in page["posts"]:
        del entry["status"]  # the Content API has published posts only
    path = write(page)
    (article,), report = loaded(path)
    assert (article.url, article.section) == ("https://x.example/storm-1/", "Weather")
    assert (article.tags, article.author) == (("Weather",), "Jo Lee")
    assert report.withheld == 1
    assert loaded(tmp_path)[0] == [article]


@pytest.mark.parametrize("name", ["comment_id", "custom_excerpt", "mobiledoc", "primary_tag"])
def test_a_page_of_few_fields_is_told_by_names_of_ghost(name: str, write: Write) -> None:
    """A page with `fields=` is Ghost's if a name in it is."""
    page = {"posts": [{"id": "1", "title": "x", name: None, "type": "page"}]}
    _, report = loaded(write(page))
    assert report.problems == {Problem.NOT_AN_ARTICLE: 1}


@pytest.mark.parametrize("content", ["[", "[]", "{}", '{"posts": 1}', '{"db": [{"data": {}}]}', ""])
def test_what_is_no_export(content: str, tmp_path: Path) -> None:
    """A file that is no export is named, and is one record that was skipped."""
    path = tmp_path / "x.json"
    path.write_text(content)
    articles, report = loaded(path, format="ghost")
    assert (articles, report.skipped) == ([], 1)
    assert "expected an export of Ghost" in report.examples[Problem.UNREADABLE][0]


LEXICAL = {"root": {"type": "root", "children": [
    {"type": "extended-heading", "tag": "h2", "children": [
        {"type": "extended-text", "text": "Gales"}]},
    {"type": "paragraph", "children": [
        {"type": "extended-text", "text": "A storm & "},
        {"type": "link", "url": "https://x.example/1", "children": [
            {"type": "extended-text", "text": "rain"}]},
        {"type": "linebreak"}, {"type": "extended-text", "text": "if a < b"}]},
    {"type": "list", "listType": "bullet", "children": [
        {"type": "listitem", "children": [{"type": "extended-text", "text": "harbour"}]},
        {"type": "listitem", "children": [
            {"type": "list", "children": [
                {"type": "listitem", "children": [{"type": "extended-text", "text": "pier"}]}]}]}]},
    {"type": "image", "src": "a.jpg", "caption": "<span>The quay</span>"},
    {"type": "html", "html": "<p>raw <b>html</b></p>"},
    {"type": "codeblock", "code": "if x < y:"},
    {"type": "email", "html": "<p>only for subscribers</p>"},
    {"type": "bookmark", "url": "https://x.example", "metadata": {"title": "elsewhere"}},
    {"type": "markdown", "markdown": "some *marked* text"},
    {"type": "toggle", "heading": "Why?", "content": "<p>Because</p>"},
]}}  # fmt: skip
MOBILEDOC = {
    "version": "0.3.1", "atoms": [["soft-return", "", {}]], "markups": [["em"]],
    "cards": [["image", {"src": "a.jpg", "caption": "The quay"}],
              ["markdown", {"markdown": "some *marked* text"}], ["html", {"html": "<b>raw</b>"}]],
    "sections": [
        [1, "p", [[0, [], 0, "A storm & "], [0, [0], 1, "rain"], [1, [], 0, 0], [0, [], 0, "x"]]],
        [3, "ul", [[[0, [], 0, "harbour"]], [[0, [], 0, "pier"]]]], [10, 0], [10, 1], [10, 2],
        [10, 7], [99],
    ],
}  # fmt: skip


def test_bodies() -> None:
    """A body is HTML, or else Lexical, Mobiledoc or plain text."""
    assert body_of({"html": "<p>a</p>", "lexical": "{}"}) == "a"
    lines = body_of({"html": None, "lexical": json.dumps(LEXICAL)}).split("\n")
    assert lines == [
        "Gales", "A storm & rain", "if a < b", "harbour", "pier", "The quay", "raw html",
        "if x < y:", "some marked text", "Why?", "Because",
    ]  # fmt: skip
    lines = body_of({"html": "", "mobiledoc": json.dumps(MOBILEDOC)}).split("\n")
    assert lines == [
        "A storm & rain", "x", "harbour", "pier", "The quay", "some marked text", "raw",
    ]  # fmt: skip
    assert body_of({"lexical": "{", "mobiledoc": "[]", "plaintext": "a\n\nb"}) == "a\n\nb"
    assert body_of({}) == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 12) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["root", "children", "type", "text", "cards", "sections", "atoms", "html"]),
        inner, max_size=3,
    ),
    max_leaves=20,
)  # fmt: skip


@given(json_values, json_values)
def test_any_body_is_read(lexical: Any, mobiledoc: Any) -> None:
    """No document of an editor raises anything but what it says."""
    assert isinstance(body_of({"lexical": lexical, "mobiledoc": mobiledoc}), str)


states = st.fixed_dictionaries({
    "status": st.sampled_from(["published", "draft", "scheduled", "sent", "", None, "odd"]),
    "visibility": st.sampled_from(["public", "members", "paid", "tiers", "filter", "label:x"]),
    "type": st.sampled_from(["post", "page"]),
})  # fmt: skip


@given(st.lists(st.tuples(states, st.text("ab<&é ", min_size=1)), max_size=8))
def test_exactly_the_public_posts_come_out(posts: list[tuple[dict[str, Any], str]]) -> None:
    """Of any export, the articles are the published public posts, with all of their text."""
    rows = [post(number, title=f"t {text}", **state) for number, (state, text) in enumerate(posts)]
    report = LoadReport()
    found = ghost.records(json.dumps(export(*rows)).encode())
    articles = [*RecordParser(ReadSpec(), report, is_plain=False).articles(found)]
    expected = [
        f"t {text}"
        for state, text in posts
        if state == {"status": "published", "visibility": "public", "type": "post"}
    ]
    assert [article.title for article in articles] == expected
    assert report.skipped + report.withheld + len(articles) == len(rows)


def test_withheld_posts_leave_an_archive(write: Write) -> None:
    """A post that is no longer public is removed by an update."""
    news = RelatedNews().fit(read_articles(write(export(post(1), post(2), post(3)))))
    news.partial_fit(read_articles(write(export(post(1), post(2, status="draft"), post(3)))))
    assert len(news) == 2
