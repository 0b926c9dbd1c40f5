"""Pages of HTML: what they say of themselves, and the text of fragments."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import read_articles
from relnews.articles import Article
from relnews.readers import page_head
from relnews.readers.html_text import LINK_PHRASES, text_of
from relnews.readers.load_report import LoadReport, Problem

BODY = """<article><h1>Ferry crews call a strike</h1>
<p>Crews of the island ferry will stop work over new rosters, their union said on Monday.</p>
<p>The company called the decision regrettable and asked for talks on the island.</p></article>"""


def read(
    folder: Path, head: str = "", body: str = BODY, html: str = "<html lang=en>", **options: Any
) -> tuple[list[Article], LoadReport]:
    """Return the articles of a page, and the load report."""
    page = (
        f"<!doctype html>{html}<head><title>Strike</title>{head}</head><body>{body}</body></html>"
    )
    path = folder / "a.html"
    path.write_text(page, encoding="utf-8")
    reader = read_articles(path, **options)
    articles = [*reader]
    assert reader.load_report.loaded + reader.load_report.skipped in (0, 1)
    return articles, reader.load_report


DRAFT = '{"@type": "NewsArticle", "headline": "<!-- -->", "creativeWorkStatus": "Draft"}'


def linked(**values: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(values)}</script>'


def test_the_image_and_its_alternative_text(tmp_path: Path) -> None:
    """Open Graph and Twitter's cards name the image of a page and what it shows."""
    image = '<meta property="og:image" content="https://g.example/pier.jpg">'
    for head, expected in (
        ('<meta property="og:image:alt" content="The pier">', "The pier"),
        ('<meta name="twitter:image:alt" content=" Twitter\'s pier "><meta property="og:image:alt"'
         ' content="The pier">', "The pier"),
        ('<meta name="twitter:image:alt" content=" The pier ">', "The pier"),
        ('<meta property="og:image:alt" content=" ">', None),
    ):  # fmt: skip
        (article,), _ = read(tmp_path, image + head)
        assert (article.image, article.image_alt) == ("https://g.example/pier.jpg", expected)


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="robots" content="noindex">',
        '<META NAME="Robots" CONTENT="NOINDEX, FOLLOW">',
        '<meta name=robots content="none">',
        '<meta name="robots" content="index"><meta name="googlebot" content="noindex">',
        *(f'<meta name="{robot}" content="noindex">' for robot in (
            "googlebot-news", "bingbot", "BingBot", "duckduckbot", "yandex", "slurp")),
        '<meta http-equiv="X-Robots-Tag" content="noindex">',
        '<meta name="visibility" content="private">',
        '<meta property="article:status" content="draft">',
        linked(**{"@type": "NewsArticle", "creativeWorkStatus": "Draft"}),
        f'<script type="application/LD+JSON; charset=utf-8">{DRAFT}</script>',
        *(f'<script type="application/ld+json">{a}{DRAFT}{z}</script>' for a, z in (
            ("//<![CDATA[\n", "\n//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>"),
            ("<!--\n", "\n-->"), ("", ",}"))),
        linked(**{"@type": "NewsArticle"})[:-10]
        + ',"creativeWorkStatus":"Draft","creativeWorkStatus":"Published"}</script>',
        linked(**{"@graph": [{"@type": "WebPage"}, {"@type": ["Article"],
                                                    "creativeWorkStatus": "Pending"}]}),
    ],
)  # fmt: skip
def test_a_page_that_asks_not_to_be_shown(head: str, tmp_path: Path) -> None:
    """A page that search engines must not show is withheld, unless unlisted pages are asked for."""
    articles, report = read(tmp_path, head)
    assert articles == []
    assert report.withheld == 1
    articles, _ = read(tmp_path, head, include_unlisted=True)
    assert len(articles) == 1


@pytest.mark.parametrize(
    "head",
    ["", '<meta name="robots" content="index, follow, max-image-preview:none">',
     '<meta name="robots" content="nofollow, noarchive">',
     '<meta name="twitterbot" content="noindex">',
     linked(**{"@type": "NewsArticle", "creativeWorkStatus": "Published"}),
     '<meta name="audience" content="families"><meta name="state" content="Texas">',
     '<script type="application/ld+json">{broken</script>', linked(**{"@type": None})],
)  # fmt: skip
def test_a_page_that_may_be_shown(head: str, tmp_path: Path) -> None:
    """Other directives, and linked data that cannot be read, keep nothing out."""
    assert len(read(tmp_path, head)[0]) == 1


@pytest.mark.parametrize(
    "content", ["0; url=https://g.example/new/", "0;URL='/new/'", "5, url=/x", "0 /x", ";url=/x"]
)
def test_a_page_that_leads_elsewhere(content: str, tmp_path: Path) -> None:
    """A page that leads its reader elsewhere at once is no article, even if unlisted ones are."""
    head = f'<meta http-equiv="Refresh" content="{content}">'
    for options in ({}, {"include_unlisted": True}):
        articles, report = read(tmp_path, head, **options)
        assert articles == []
        assert report.problems == {Problem.NOT_AN_ARTICLE: 1}


@pytest.mark.parametrize(
    "head",
    ['<meta http-equiv="refresh" content="300">',
     '<meta http-equiv="refresh" content="1800;url=/">',
     '<noscript><meta http-equiv="refresh" content="0;url=/nojs"></noscript>',
     '<meta http-equiv="refresh">', '<meta http-equiv="refresh" content="">'],
)  # fmt: skip
def test_a_page_that_reloads_itself(head: str, tmp_path: Path) -> None:
    """A page of news that reloads itself after a while is an article."""
    assert len(read(tmp_path, head)[0]) == 1


WHEN = "2025-06-02T10:00:00+02:00"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f'<meta property="article:published_time" content="{WHEN}">', BODY),
        (f'<meta name="DC.date.issued" content="{WHEN}">', BODY),
        (f'<meta itemprop="datePublished" content="{WHEN}">', BODY),
        (linked(**{"@type": "NewsArticle", "datePublished": WHEN}), BODY),
        (linked(**{"@type": "WebPage", "mainEntity": {"@type": "BlogPosting",
                                                      "datePublished": WHEN}}), BODY),
        ("", BODY.replace("</h1>", f'</h1><time datetime="{WHEN}">2 June</time>')),
        ("", f'<time itemprop="datePublished" datetime="{WHEN}">2 June</time>{BODY}'),
        ("", f'<span itemprop="datePublished" content="{WHEN}">2 June</span>{BODY}'),
        ("", f'<time class="entry-date published" datetime="{WHEN}">2 June</time>{BODY}'),
        (f'<meta name="date" content="{WHEN}">', BODY),
        (f'<meta name="dcterms.date" content="{WHEN}">', BODY),
        (f'<meta property="article:modified_time" content="{WHEN}">', BODY),
        ("", f'<header><time datetime="{WHEN}">2 June</time></header>{BODY}'),
        ("", BODY.replace("</h1>", "</h1><time>June 2, 2025, 08:00 UTC</time>")),
        ("", BODY.replace("</h1>", f'</h1><abbr class="published" title="{WHEN}">2 June</abbr>')),
        (
            '<meta name="date" content="2025-06-02">',
            f'<time class="updated" datetime="2025-06-02T23:00Z">x</time>'
            f'<time datetime="{WHEN}">x</time>{BODY}',
        ),
        ('<meta name="pubdate" content="Mon, 02 Jun 2025 10:00:00 +0200">', BODY),
        ('<meta name="publish-date" content="2 June 2025 08:00 UTC">', BODY),
    ],
)  # fmt: skip
def test_the_time_of_day_is_kept(head: str, body: str, tmp_path: Path) -> None:
    """A page is dated to the second, wherever it says so."""
    (article,), _ = read(tmp_path, head, body)
    assert article.published == dt.datetime(2025, 6, 2, 8, tzinfo=dt.UTC)


def test_a_date_that_cannot_be_read_withholds_a_page(tmp_path: Path) -> None:
    """A moment of publication that nobody can read is not passed over."""
    head = '<meta property="article:published_time" content="when the embargo ends">'
    articles, report = read(tmp_path, head)
    assert articles == []
    assert report.problems == {Problem.UNREADABLE_DATE: 1}


def test_the_time_of_something_else_is_no_date_of_publication(tmp_path: Path) -> None:
    """Of a page with a day of publication, the time of another day is not taken."""
    body = BODY.replace("</h1>", '</h1><time datetime="2031-05-01T09:00">the party</time>')
    (article,), _ = read(tmp_path, '<meta name="date" content="2025-06-02">', body)
    assert article.published == dt.datetime(2025, 6, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:expiration_time" content="2031-03-04T05:06:00Z">',
        linked(**{"@type": "NewsArticle", "expires": "2031-03-04T05:06:00Z"}),
        '<meta name="robots" content="unavailable_after: 2031-03-04T05:06:00Z">',
        '<meta name="robots" content="unavailable_after: Tuesday, 04-Mar-31 05:06:00 UTC, nofollow"'
        ">",
        '<meta property="article:expiration_time" content="2031-03-04T05:06:00Z">'
        + linked(**{"@type": "NewsArticle", "expires": "2040-01-01"}),
    ],
)
def test_expiry_of_a_page(head: str, tmp_path: Path) -> None:
    """A page expires at the first of the moments that it names."""
    (article,), _ = read(tmp_path, head)
    assert article.expires == dt.datetime(2031, 3, 4, 5, 6, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("html", "language"),
    [("<html lang='de'>", "de"), ("<html xml:lang='de'>", "de"), ("<html>", None),
     ('<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="de-AT">', "de-AT"),
     ('<html lang="fr" xml:lang="de">', "fr")],
)  # fmt: skip
def test_language_of_a_page(html: str, language: str | None, tmp_path: Path) -> None:
    """The language is that of HTML, or of XHTML."""
    (article,), _ = read(tmp_path, html=html)
    assert article.language == language


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"@graph":' * 100_000, '[{"@type": "x"}, ' * 50_000,
             '{"a": 1}' * 200_000],
)  # fmt: skip
def test_linked_data_that_nobody_would_write(text: str, tmp_path: Path) -> None:
    """Linked data that is deep, long or damaged costs little and keeps nothing out."""
    head = f'<script type="application/ld+json">{text}</script>' * 3
    assert len(read(tmp_path, head)[0]) == 1


def test_moments_that_nobody_would_write(tmp_path: Path) -> None:
    """A page of ten thousand moments is read within seconds."""
    body = BODY + '<span title="1 June 2025, 10:00 Europe/Berlin">x</span>' * 10_000
    (article,), _ = read(tmp_path, '<meta name="date" content="2025-06-02">', body)
    assert article.published == dt.datetime(2025, 6, 2, tzinfo=dt.UTC)


@given(st.text(max_size=40), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["@type", "@graph", "mainEntity", "datePublished"]), inner),
    max_leaves=8,
))  # fmt: skip
def test_any_linked_data(text: str, data: object) -> None:
    """No linked data, and no content of a refresh, makes reading a page fail."""
    import lxml.html

    tree = lxml.html.fromstring(
        f'<html><head><meta http-equiv="refresh"><script type="application/ld+json">'
        f"{json.dumps(data)}</script></head><body>x</body></html>"
    )
    tree.find(".//meta").set("content", "".join(ch for ch in text if ch.isprintable()))
    page_head.leads_to(tree)
    page_head.said_of_itself(tree)


# --- links that say nothing ----------------------------------------------------------------------


@given(
    st.sampled_from(sorted(LINK_PHRASES)),
    st.sampled_from(["{}", "{} »", "→ {}", "({})", "{}…"]),
    st.booleans(),
)
def test_a_link_that_says_nothing_is_no_text(phrase: str, form: str, is_upper: bool) -> None:
    """The text of a link such as "read more" belongs to no article."""
    text = form.format(phrase.upper() if is_upper else phrase.capitalize())
    for link in (f'<a href="/x">{text}</a>', f"<a href=/x><b>{text}</b></a>", f"<A>{text}</A>"):
        assert text_of(f"<p>The crews met. {link} Talks go on.</p>").split() == [
            "The", "crews", "met.", "Talks", "go", "on.",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "link", ["the strike", "here in Rostock", "link in the chain", "more ferries", "details of it"]
)
def test_a_link_that_says_something_is_text(link: str) -> None:
    """Any other link is text of the article, and so are the phrases outside of links."""
    assert text_of(f'<p>See <a href="/x">{link}</a></p>') == f"See {link}"
    assert text_of("<p>Read more here.</p>") == "Read more here."
    assert text_of("<p>an <a href=x>link") == "an link"


def test_continue_reading_with_a_title() -> None:
    """The title that WordPress puts behind "Continue reading" is no second title."""
    link = '<a class="more-link" href="/x">Continue reading <span>"The strike"</span></a>'
    assert text_of(f"<p>Crews met. {link}</p>") == "Crews met."


@pytest.mark.parametrize("piece", ["<a>", "</a>", "<a>x</a>", "<a>read more</a>", "<a><b>", "x<a "])
def test_links_that_nobody_would_write(piece: str) -> None:
    """A million characters of links take linear time."""
    text_of(piece * (1_000_000 // len(piece)))
