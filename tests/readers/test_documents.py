"""Markdown with front matter, feeds and pages become articles."""

from __future__ import annotations

import gzip
import html
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.sax.saxutils as xml
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.articles import Article
from relnews.cli import main
from relnews.exceptions import ArticleError
from relnews.readers import ArticleReader, documents, read_articles
from relnews.readers.documents import id_of
from relnews.readers.html_text import text_of
from relnews.readers.load_report import Problem

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes files into a folder and returns it."""

    def write_files(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / "content" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / "content"

    return write_files


def by_id(reader: ArticleReader) -> dict[str, Article]:
    return {article.id: article for article in reader}


def only(reader: ArticleReader) -> Article:
    (article,) = reader
    return article


def sentences(reader: ArticleReader, problem: Problem) -> list[str]:
    """Return the sentences of a problem; fail if there are other problems."""
    assert set(reader.load_report.problems) == {problem}
    return reader.load_report.examples[problem]


# --- Markdown ------------------------------------------------------------------------------------

YAML = """---
title: "Ferry crews: a strike"
date: 2025-06-02 10:00:00 +0200
description: New rosters.
categories: [News, Island]
tags:
  - ferry
  - strike
authors: [Desk, Wire]
image: /ferry.jpg
image_alt: The ferry
---
Crews of the *island* ferry will [stop work](https://elsewhere.example/x).

{{< figure src="map.png" >}}
"""
TOML = """+++
title = "Ferry crews: a strike"
date = 2025-06-02T10:00:00+02:00
description = "New rosters."
categories = ["News", "Island"]
tags = ["ferry", "strike"]
authors = ["Desk", "Wire"]
image = {src = "/ferry.jpg", alt = "The ferry"}
+++
Crews of the *island* ferry will [stop work](https://elsewhere.example/x).

{% include figure.html src="map.png" %}
"""
JSON = """{"title": "Ferry crews: a strike", "date": "2025-06-02T10:00:00+02:00",
 "description": "New rosters.", "categories": ["News"], "tags": ["ferry", "strike"],
 "authors": ["Desk", "Wire"], "image": "/ferry.jpg",
 "imageAlt": "The ferry"}
Crews of the *island* ferry will [stop work](https://elsewhere.example/x).
"""
PELICAN = """Title: Ferry crews: a strike
Date: 2025-06-02 08:00
Summary: New rosters.
Category: News
Tags: ferry, strike
Authors: Desk, Wire
Image: /ferry.jpg
Image_alt: The ferry

Crews of the *island* ferry will [stop work](https://elsewhere.example/x).
"""


@pytest.mark.parametrize("text", [YAML, TOML, JSON, PELICAN])
def test_front_matter_of_each_kind(text: str, write: Write) -> None:
    """YAML, TOML, JSON and Pelican's lines give the same article."""
    expected = Article(
        "posts/strike", "Ferry crews: a strike", "New rosters.",
        "Crews of the island ferry will stop work.", section="News", tags=("ferry", "strike"),
        author="Desk, Wire", image="/ferry.jpg", image_alt="The ferry",
    )  # fmt: skip
    for content in (text, "\ufeff" + text.replace("\n", "\r\n")):
        article = only(read_articles(write({"posts/strike.md": content})))
        assert article.published is not None
        assert article.published.isoformat() == "2025-06-02T08:00:00+00:00"
        for name in ("id", "title", "dek", "text", "section", "tags", "author", "image",
                     "image_alt"):  # fmt: skip
            assert getattr(article, name) == getattr(expected, name), name


def test_ids_dates_and_titles_of_files(write: Write) -> None:
    """The id is the path or from the front matter; a file name may begin with a date."""
    folder = write({
        "_index.md": "the section itself",
        ".obsidian/x.md": "hidden",
        "news/ferry/index.md": "# Talks to avert *the* strike\n\nOn the island.",
        "index.md": "---\ntitle: Front\n---\nWelcome.",
        "_posts/2025-06-02-strike.markdown": "---\ntitle: Strike\n---\nIt goes on.",
        "b.md": "---\nid: 007\ntitle: 2025\n---\nA year.",
        "note.txt": "no article",
    })  # fmt: skip
    reader = read_articles(folder)
    articles = by_id(reader)

    assert [*articles] == ["_posts/2025-06-02-strike", "007", "index", "news/ferry"] or [
        *articles
    ] == ["007", "index", "_posts/2025-06-02-strike", "news/ferry"]
    assert articles["news/ferry"].title == "Talks to avert the strike"
    assert str(articles["_posts/2025-06-02-strike"].published) == "2025-06-02 00:00:00+00:00"
    assert articles["007"].title == "2025"
    assert articles["007"].origin == "b.md"
    assert not reader.load_report.problems
    assert reader.bytes_read == reader.bytes_total


def test_fields_are_mapped(write: Write) -> None:
    """A mapped field is taken from its name."""
    folder = write({"x.md": "---\ntitle: T\nslug: ferry\nKicker: K\n---\nText."})
    article = only(read_articles(folder, fields={"id": "slug", "dek": "Kicker"}))
    assert (article.id, article.dek) == ("ferry", "K")


@pytest.mark.parametrize(
    "front", ["draft: true", "draft: True", 'draft: "true"', "published: false", "status: draft",
              "Status: hidden"],
)  # fmt: skip
def test_drafts_are_skipped(front: str, write: Write) -> None:
    """Drafts are skipped and counted, and are no fault."""
    folder = write({"a.md": f"---\ntitle: A\n{front}\n---\nText.", "b.md": "Text."})
    reader = read_articles(folder, strict=True)
    assert [*by_id(reader)] == ["b"]
    (sentence,) = sentences(reader, Problem.NOT_PUBLIC)
    assert sentence.startswith("a.md: withheld: not public: 'a': `")
    assert reader.load_report.withheld == 1


def test_future_dates_and_folders_of_drafts_are_skipped(write: Write) -> None:
    """Future articles and Jekyll's folder of drafts are skipped."""
    folder = write({
        "a.md": "---\ntitle: A\ndate: 9000-01-01\n---\nText.",
        "b.md": "---\ntitle: B\npublishDate: 9000-01-01\ndate: 2020-01-01\n---\nText.",
        "c.md": "---\ntitle: C\ndraft: false\npublished: true\n---\nText.",
    })  # fmt: skip
    reader = read_articles(folder, strict=True)
    assert [*by_id(reader)] == ["c"]
    assert sentences(reader, Problem.FUTURE)[0] == (
        "a.md: withheld: dated in the future: 9000-01-01 00:00 UTC"
    )
    folder = write({"_drafts/sub/d.md": "Text."})
    for part in ("", "_drafts", "_drafts/sub", "_drafts/sub/d.md"):
        reader = read_articles(folder / part)
        assert not {"d", "sub/d", "_drafts/sub/d"} & by_id(reader).keys()
        assert reader.load_report.problems[Problem.NOT_PUBLIC] == 1


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("---\n&a [x]: 1\n---\n", "front matter"),
        ("---\na: &a [x, x]\nb: [*a, *a]\n---\n", "aliases such as"),
        ("---\na: !!python/object/apply:os.system [id]\n---\n", "not determine a constructor"),
        ("---\ntitle: [\n---\n", "front matter"),
        ("---\n- a\n- b\n---\n", "expected names and values, got list"),
        ("---\n" + "[" * 5000 + "\n---\n", "front matter"),
        ("+++\ntitle = \n+++\n", "front matter"),
        ("+++\ndate = 2025-13-45\n+++\n", "front matter"),
        ('{"title": ', "front matter"),
        ('{"a":' * 5000, "front matter"),
        ("---\ntitle: A\ndraft: true\n\n", "a line with --- at its end"),
        ("+++\ntitle = 'A'\n", "a line with +++ at its end"),
        ("---js\n{title: 'A'}\n---\n", "front matter in 'js' is not read"),
        ("---\n" + "a: b\n" * 100_000 + "---\n", "longer than 262,144 characters"),
    ],
)  # fmt: skip
def test_front_matter_that_cannot_be_read(front: str, words: str, write: Write) -> None:
    """Bad front matter is named, runs nothing, and does not stop the reader."""
    folder = write({"a.md": front + "Text.", "b.md": "T."})
    reader = read_articles(folder)
    assert [*by_id(reader)] == ["b"]
    (sentence,) = sentences(reader, Problem.UNREADABLE)
    assert sentence.startswith("a.md: unreadable: ")
    assert words in sentence
    assert len(sentence) < 700
    with pytest.raises(ArticleError):
        [*read_articles(folder, strict=True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\n>~~~\n<a " * 5000, "too many lines that may begin a quotation"),
        ("> word\n" * 150_000, "longer than 1,048,576 characters"),
        ("[" * 1_000_000, "more than 65,536 brackets"),
        ("[a](" * 250_000, "more than 65,536 brackets"),
    ],
)
def test_markdown_that_would_take_minutes(text: str, words: str, write: Write) -> None:
    """Pathological Markdown is named, and the other articles are read."""
    reader = read_articles(write({"a.md": text, "b.md": "T."}))
    assert [*by_id(reader)] == ["b"]
    (sentence,) = sentences(reader, Problem.UNREADABLE)
    assert sentence.startswith("a.md: unreadable: ")
    assert words in sentence


def test_a_table_is_words(write: Write) -> None:
    """Table rows are read as text without padding of short rows."""
    wide = "|a" * 5000 + "\n" + "|-" * 5000 + "\n" + "|b\n" * 5000
    articles = by_id(read_articles(write({"a.md": "Trains\n\n| to | at |\n|-|-|\n| Bonn | 9 |\n",
                                          "b.md": wide})))  # fmt: skip
    assert re.findall(r"\w+", articles["a"].text) == ["Trains", "to", "at", "Bonn", "9"]
    assert len(articles["b"].text) < len(wide) + 10_000


def test_structures_in_front_matter_are_mended(write: Write) -> None:
    """Nested values give what is obvious; a date that is none withholds the article."""
    front = (
        "title: T\ncover:\n  src: x\ntags: [{name: a}, b]\ndate:\n  created: 2025-06-02\n"
        "author:\n  name: Desk"
    )
    reader = read_articles(write({
        "a.md": f"---\n{front}\n---\nText.", "b.md": "---\ntitle: T\ndate:\n  y: 1\n---\nText.",
    }))  # fmt: skip
    article = only(reader)
    assert (article.image, article.tags, article.author) == ("x", ("a", "b"), "Desk")
    assert str(article.published) == "2025-06-02 00:00:00+00:00"
    assert reader.load_report.problems[Problem.UNREADABLE_DATE] == 1


def test_patterns_are_no_addresses(write: Write) -> None:
    """A generator's URL pattern is no address; an address is taken."""
    for pattern, expected in {
        "/:year/:title/": None, "/{{ slug }}/": None, "/news/a/": "/news/a/",
        "https://g.example/a": "https://g.example/a",
    }.items():  # fmt: skip
        folder = write({"a.md": f"---\ntitle: T\npermalink: '{pattern}'\n---\nText."})
        assert only(read_articles(folder)).url == expected


plain_text = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029")
)


@given(title=plain_text, tags=st.lists(plain_text), url=plain_text, pelican=st.booleans())
def test_any_value_in_front_matter_parses_back(
    title: str, tags: list[str], url: str, pelican: bool
) -> None:
    """Any title survives front matter, even `---`, quotes or YAML."""
    values = {"title": title, "tags": tags, "slug": url, "id": "x"}
    front = (
        yaml.safe_dump(values, allow_unicode=True)
        if pelican
        else "".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items())
    )
    with tempfile.TemporaryDirectory() as place:
        Path(place, "a.md").write_text(f"---\n{front}---\nSome text.\n", "utf-8", newline="\n")
        article = only(read_articles(place, fields={"section": "slug"}))
    assert article.title.strip() == title.strip()
    assert article.section == ((url or "a").strip() or None)
    assert article.tags == tuple(tag.strip() for tag in tags if tag.strip())


# --- feeds ---------------------------------------------------------------------------------------

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Gazette</title><language>en-GB</language><link>https://g.example/</link>
<item><title>Crews &amp; strike</title><link>https://g.example/a</link><guid>tag:a</guid>
<pubDate>Mon, 02 Jun 2025 12:00:00 +0200</pubDate><description>New rosters.</description>
<content:encoded><![CDATA[<p>Crews of the <b>is</b>land</p><p>ferry</p><script>x()</script>]]>
</content:encoded><category>ferry</category><category>strike</category></item>
<item><title>Talks</title><link>https://g.example/b</link>
<description>&lt;p&gt;On the island.&lt;/p&gt;</description></item>
</channel></rss>"""
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Das Blatt</title><id>tag:f</id>
<updated>2025-06-02T10:00:00Z</updated>
<entry><id>tag:1</id><title type="html">Streik &lt;b&gt;jetzt&lt;/b&gt;</title>
<link href="https://b.example/1"/><updated>2025-06-02T10:00:00Z</updated>
<author><name>Redaktion</name></author><summary>Neue Dienstpläne.</summary>
<content type="html">&lt;p&gt;Die Fähre ruht.&lt;/p&gt;</content></entry></feed>"""


def test_rss(write: Write) -> None:
    """An RSS item has plain text, a date in UTC, and the feed's title as source."""
    reader = read_articles(write({"feed.xml": RSS}) / "feed.xml", strict=True)
    articles = by_id(reader)
    one, other = articles["tag:a"], articles["https://g.example/b"]

    assert (one.title, one.dek, one.text) == (
        "Crews & strike", "New rosters.", "Crews of the island\nferry",
    )  # fmt: skip
    assert (one.url, one.tags) == ("https://g.example/a", ("ferry", "strike"))
    assert str(one.published) == "2025-06-02 10:00:00+00:00"
    assert (one.source, one.language) == ("The Gazette", "en-GB")
    assert (other.text, other.dek, other.published) == ("On the island.", "", None)
    assert one.origin == "feed.xml:1"


def test_atom(write: Write) -> None:
    """An Atom entry has plain text, a date in UTC, and the feed's title as source."""
    article = only(read_articles(write({"a.atom": ATOM}), strict=True))
    assert (article.id, article.title, article.text) == ("tag:1", "Streik jetzt", "Die Fähre ruht.")
    assert (article.author, article.language, article.source) == ("Redaktion", "de", "Das Blatt")


def test_a_folder_of_feeds_and_standard_input(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of feeds, packed or not, is one source; a feed may come through a pipe."""
    folder = write({"a.rss": RSS, "b.xml.gz": gzip.compress(ATOM.encode())})
    assert [*by_id(read_articles(folder, strict=True))] == ["tag:a", "https://g.example/b", "tag:1"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(RSS.encode())))
    reader = read_articles("-", format="feed")
    assert (len([*reader]), reader.bytes_total) == (2, None)


@pytest.mark.parametrize("content", ["", "nonsense", "<html><body>x</body></html>", "\0", "<rss"])
def test_what_is_no_feed(content: str, write: Write) -> None:
    """A file that is no feed is named and has no articles."""
    reader = read_articles(write({"x.xml": content}))
    assert [*reader] == []
    assert "expected a feed of RSS, Atom or JSON Feed" in sentences(reader, Problem.UNREADABLE)[0]


def test_a_feed_that_is_cut_off(write: Write) -> None:
    """A truncated feed gives its complete articles and a problem."""
    reader = read_articles(write({"x.xml": RSS[: RSS.index("<description>&lt;p")]}))
    assert "tag:a" in by_id(reader)
    assert sentences(reader, Problem.UNREADABLE) == [
        "x.xml:2: unreadable: the document ends in the middle of this entry"
    ]


def test_entities_of_a_feed_are_not_replaced(write: Write, tmp_path: Path) -> None:
    """Entities in a feed read no file, fetch nothing and expand nothing."""
    (tmp_path / "secret.txt").write_text("password")
    levels = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(12))
    for entity in (f'<!ENTITY l12 SYSTEM "{(tmp_path / "secret.txt").as_uri()}">',
                   '<!ENTITY l12 SYSTEM "http://127.0.0.1:9/x">',
                   f'<!ENTITY l0 "lol">{levels}'):  # fmt: skip
        doctype = f"<!DOCTYPE rss [{entity}]><rss"
        text = RSS.replace("<rss", doctype, 1).replace("Talks", "Talks &l12;")
        titles = [article.title for article in read_articles(write({"x.xml": text}))]
        assert len("".join(titles)) < 200
        assert not any("password" in title or "lollol" in title for title in titles)


@given(plain_text, plain_text)
def test_any_text_of_a_feed_parses_back(title: str, text: str) -> None:
    """Any title survives a feed, with white space collapsed."""
    feed = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>g</title><item>'
        f"<guid>x</guid><title>{xml.escape(html.escape(f'a {title} b'))}</title>"
        f"<description>{xml.escape(html.escape(f'c {text} d'))}</description>"
        "</item></channel></rss>"
    )
    if not all(ch.isprintable() or ch.isspace() for ch in title + text):
        return  # XML has no way to write some of the others
    with tempfile.TemporaryDirectory() as place:
        Path(place, "a.xml").write_text(feed, "utf-8", newline="\n")
        article = only(read_articles(place))
    assert article.title.split() == f"a {title} b".split()
    assert article.text.split() == f"c {text} d".split()


# --- pages ---------------------------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Ferry crews call a strike – The Gazette</title>
<meta property="og:title" content="Ferry crews call a strike">
<meta property="article:published_time" content="2025-06-02T10:00:00Z">
<meta name="description" content="New rosters."></head>
<body><nav><a href="/">Home</a> <a href="/about">About us</a></nav>
<article><h1>Ferry crews call a strike</h1>
<p>Crews of the island ferry will stop work over new rosters, their union said on Monday.</p>
<p>The company called the decision regrettable and asked for talks on the island.</p>
</article><footer>Imprint and cookies</footer></body></html>"""


def test_page(write: Write) -> None:
    """The article of a page is read without the page around it."""
    folder = write({"news/ferry.html": PAGE, "news/talks/index.html": PAGE})
    reader = read_articles(folder, strict=True)
    articles = by_id(reader)
    article = articles["news/ferry"]

    assert (article.title, article.dek, article.language) == (
        "Ferry crews call a strike",
        "New rosters.",
        "en",
    )
    assert "will stop work over new rosters" in article.text
    assert "cookies" not in article.text
    assert "About us" not in article.text
    assert str(article.published) == "2025-06-02 10:00:00+00:00"
    assert article.url == "/news/ferry.html"
    assert articles["news/talks"].url == "/news/talks/"


def test_address_of_a_page(write: Write) -> None:
    """The canonical address is used if it is a web address."""
    for link, expected in {
        "https://g.example/ferry": "https://g.example/ferry",
        "javascript:alert(1)": "/a%20b.html",
        "data:text/html,x": "/a%20b.html",
    }.items():
        tag = f'<link rel="canonical" href="{link}"></head>'
        reader = read_articles(write({"a b.html": PAGE.replace("</head>", tag)}))
        assert only(reader).url == expected


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", bytes(range(256)), b"<html>" * 3000, b"<html></html>",
                b"\xff\xfe\x00<", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'],
)  # fmt: skip
def test_what_is_no_page(content: bytes, write: Write) -> None:
    """A file that is no page is counted, and the other pages are read."""
    reader = read_articles(write({"x.html": content, "ok.html": PAGE}))
    assert [*by_id(reader)] == ["ok"]
    assert reader.load_report.skipped == 1


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>is<b>la</b>nd</p><p>ferry<br>talks &amp; <i>more</i>", "island\nferry\ntalks & more"),
        ("<script>a<b></SCRIPT>x<style>p{}</style><!-- <p>y -->z<td>1</td><td>2", "x\nz\n1\n2"),
        ("a<script>b", "a"),
        ("a<!-- b", "a"),
        ("a <b title='x > y' alt=\"i>\">b</b> c", "a b c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<svg/>a<BR/>b<!DOCTYPE x>c<?php d ?>", "a\nbc"),
        ('<a href="x>y', '<a href="x>y'),
    ],
)
def test_text_of_html(source: str, text: str) -> None:
    """A block is a line, words stay whole, and scripts are left out."""
    assert text_of(source) == text


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a ", "<a \"", "<a \"'", "<!", "</", "<?", "<script>", "<svg", "&",
              "&#", '"<a" ', "<a'\"<a\"'", "<a <"],
)  # fmt: skip
def test_text_of_html_that_nobody_would_write(piece: str) -> None:
    """Parsing a million characters takes linear time."""
    text_of(piece * (1_000_000 // len(piece)))


# --- folders and files ---------------------------------------------------------------------------


def test_a_folder_of_several_kinds(write: Write) -> None:
    """A folder with several formats needs a format; one without any is refused."""
    folder = write({"a.md": "Text.", "b.html": PAGE, "c.jsonl": "{}"})
    with pytest.raises(ValueError, match=r"formats 'html', 'markdown'\. Say which"):
        read_articles(folder)
    assert [*by_id(read_articles(folder, format="markdown"))] == ["a"]
    with pytest.raises(IsADirectoryError):
        read_articles(folder, format="csv")


@pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege there")
def test_links_out_of_a_folder_are_not_followed(write: Write, tmp_path: Path) -> None:
    """Links out of the folder are not followed."""
    (tmp_path / "secret.md").write_text("password")
    folder = write({"a.md": "Text."})
    (folder / "b.md").symlink_to(tmp_path / "secret.md")
    (folder / "sub").symlink_to(tmp_path, target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)

    reader = read_articles(folder)
    assert [*by_id(reader)] == ["a"]
    assert "it is a link out of the folder" in sentences(reader, Problem.UNREADABLE)[0]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe-\x00-", b"\xfe\xff\xd8\x00", b"\xff\xfe\x00\xd8a\x00"]
)
@pytest.mark.parametrize("name", ["sub/b.md", "sub/b.rst"])
def test_a_text_that_is_no_utf_16(content: bytes, name: str, write: Write) -> None:
    """A file that breaks the encoding of its first bytes is named, and the others are read."""
    reader = read_articles(write({"a.md": "Text.", name: content, "c.md": "Text."}))
    assert [*by_id(reader)] == ["a", "c"]
    (sentence,) = sentences(reader, Problem.UNREADABLE)
    assert sentence.startswith(f"{name}: unreadable: expected a text in utf-16")


def test_a_document_that_fills_memory(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document over the size limit, packed or not, is not read."""
    monkeypatch.setattr(documents, "LONGEST", 1000)
    folder = write({"a.md": "x" * 1001, "b.md": gzip.compress(b"x" * 100_000), "c.md": "x" * 1000,
                    "d.md": gzip.compress(b"x" * 500)[:-9]})  # fmt: skip
    reader = read_articles(folder)
    assert [*by_id(reader)] == ["c"]
    assert len(sentences(reader, Problem.UNREADABLE)) == 3


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("a.md", "a"), ("x/index.md", "x"), ("index.html", "index"), ("a/b.html.gz", "a/b"),
     ("v1.2.md", "v1.2"), ("x/index/index.md", "x/index")],
)  # fmt: skip
def test_ids_of_documents(name: str, identifier: str) -> None:
    """An id is the path without extensions."""
    assert id_of(name) == identifier


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("a.md", "markdown_it", "markdown"), ("a.html", "trafilatura", "html")],
)
def test_what_is_not_installed_is_said_at_once(
    name: str, package: str, extra: str, tmp_path: Path
) -> None:
    """A missing extra is named before any work, in Python and on the command line."""
    (tmp_path / name).write_text("Text.")
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from relnews.cli import main\nmain(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "build", tmp_path / name, "-o", tmp_path / "x.relnews"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1
    assert f"pip install 'relnews[{extra}]'" in done.stderr


def test_build_from_a_folder(write: Write, tmp_path: Path) -> None:
    """`build` takes a folder and reports on it."""
    folder = write({
        "a.md": YAML, "b.md": f"{TOML}Passengers wait on the pier until noon.",
        "c.md": "---\ndraft: true\n---\nx",
    })  # fmt: skip
    result = CliRunner().invoke(main, ["build", str(folder), "-o", str(tmp_path / "x.relnews")])
    assert result.exit_code == 0, result.output
    assert "2 articles loaded, 0 skipped, 1 withheld\n  withheld: not public: 1\n" in result.stderr
    assert RelatedNews.open(tmp_path / "x.relnews").related("a").ids == ["b"]
