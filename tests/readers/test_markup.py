"""HTML in plain fields: read as HTML if most of the first records are, or if the caller says so."""

from __future__ import annotations

import html
import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.articles import Article
from relnews.readers.html_text import text_of
from relnews.readers.load_report import LoadReport
from relnews.readers.markup import characters
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import articles_from

NOTE = "texts are read as HTML; --markup text reads them as they are"

word = st.text(string.ascii_letters + "éüßñ<>&;'\"", min_size=1, max_size=8)
words = st.lists(word, min_size=1, max_size=6).map(" ".join)
paragraphs = st.lists(words, min_size=1, max_size=4)


def read(records: list[dict[str, Any]], **options: Any) -> tuple[list[Article], LoadReport]:
    report = LoadReport()
    return [*articles_from(records, report, ReadSpec.of(options))], report


def as_html(lines: list[str], tag: str) -> str:
    """Return paragraphs as a CMS stores them."""
    return "\n".join(
        f'<{tag} class="wp-block"><strong>{html.escape(line)}</strong>&nbsp;</{tag}>'
        for line in lines
    )


@given(st.lists(st.tuples(words, paragraphs), min_size=1, max_size=5),
       st.sampled_from(["p", "div", "li", "h2", "blockquote"]))  # fmt: skip
def test_html_reads_back(stories: list[tuple[str, list[str]]], tag: str) -> None:
    """Text that was written as HTML is that text again, a line for each paragraph."""
    records = [
        {"id": number, "title": html.escape(title), "text": as_html(lines, tag)}
        for number, (title, lines) in enumerate(stories)
    ]
    for options in ({}, {"markup": "auto"}, {"markup": "html"}):
        articles, report = read(records, **options)
        assert [(article.title, article.text) for article in articles] == [
            (title, "\n".join(lines)) for title, lines in stories
        ]
        assert (NOTE in report.notes) == (options.get("markup") != "html")


@given(st.lists(st.tuples(words, words), min_size=1, max_size=5))
def test_plain_text_stays_as_it_is(stories: list[tuple[str, str]]) -> None:
    """Text without tags is left alone, whatever "<" and "&" it has."""
    assume(not any("&" in title + text for title, text in stories))
    records = [{"id": n, "title": title, "text": text} for n, (title, text) in enumerate(stories)]
    assume(not any(f"<{tag}" in text.lower() for _, text in stories for tag in "paibu"))
    articles, report = read(records)
    assert [(article.title, article.text) for article in articles] == stories
    assert report.notes == []


@given(words, paragraphs)
def test_markup_text_is_the_text(title: str, lines: list[str]) -> None:
    """`markup="text"` changes nothing at all."""
    record = {"id": "a", "title": html.escape(title), "text": as_html(lines, "p")}
    (article,), report = read([record], markup="text")
    assert (article.title, article.text) == (record["title"], record["text"])
    assert report.notes == []


@pytest.mark.parametrize(
    ("n_html", "n_plain", "is_html"),
    [(3, 2, True), (2, 2, False), (60, 59, True), (100, 500, True), (0, 3, False)],
)
def test_most_of_the_first_records_decide(n_html: int, n_plain: int, is_html: bool) -> None:
    """The decision is for all records of a source, by more than half of the first hundred."""
    records = [{"text": "<p>It is <b>so</b>.</p>"}] * n_html + [{"text": "It is so."}] * n_plain
    articles, report = read([{"id": n, **record} for n, record in enumerate(records)])
    assert (NOTE in report.notes) == is_html
    if n_html:
        assert articles[0].text == ("It is so." if is_html else "<p>It is <b>so</b>.</p>")


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Crews &amp; strike", "Crews & strike"), ("&quot;Yes&quot;", '"Yes"'),
     ("It&#8217;s &#x2014; so", "It’s — so"), ("AT&T", "AT&T"), ("Terms&notes", "Terms&notes"),
     ("Q&A; more", "Q&A; more"), ("&lt;b&gt;", "<b>"), ("&amp;amp;", "&amp;"),
     ("&nosuch;", "&nosuch;"),
     ("Profit < loss & >", "Profit < loss & >")],
)  # fmt: skip
def test_entities_of_titles(title: str, expected: str) -> None:
    """Entities in a title are characters, in plain text and in HTML."""
    assert characters(title) == expected
    for text in ("Plain.", "<p>HTML &amp; more.</p>"):
        (article,), _ = read([{"id": "a", "title": title, "text": text}])
        assert article.title == expected
    (article,), _ = read([{"id": "a", "title": title, "text": "Plain."}], markup="text")
    assert article.title == title


def test_tags_of_titles() -> None:
    """Tags in a title go, and a "<" that begins none stays."""
    (article,), _ = read(
        [{"id": "a", "title": "The <em>strike</em> < the talks", "text": "<p>T</p>"}]
    )
    assert article.title == "The strike < the talks"


def test_the_markup_of_a_cms_makes_nothing_similar() -> None:
    """Articles that share only tags, classes and addresses are not related."""
    texts = ["The city council votes.", "A panda is born.", "It ended late."]
    records = [
        {"id": n, "title": f"Title{n}", "text": f'<p class="wp"><b>{text}</b>&nbsp;'
         '<a href="https://g.example/tag" target="_blank">read more</a></p>'}
        for n, text in enumerate(texts)
    ]  # fmt: skip
    news = RelatedNews().fit(records)
    assert [news.related(str(n)).ids for n in range(3)] == [[], [], []]
    assert NOTE in news.load_report_.summary()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a<b and c>d", None), ("if a<n and m>3", None), ("List<String> of", None),
        ("Ada <ada@x.example>", None), ("<p>a<b</p>", "a<b"), ("a <b>c</b>", "a c"),
        ("<video controls autoplay>x", "x"), ("<body-text>x", "x"), ("<hl1>x</hl1>", "x"),
        ("<o:p>x", "x"), ("<foo/>x", "x"), ('<a href=x hidden>x</a>', "x"), ("<P>x", "x"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_tag_is_text(source: str, text: str | None) -> None:
    """A name that is no element, and words behind one, are text."""
    assert text_of(source) == (source if text is None else text)
