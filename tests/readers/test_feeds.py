"""Feeds as sites write them: what is not well-formed is mended, counted, and costs no entry."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews
from relnews.articles import Article
from relnews.exceptions import ArticleError
from relnews.readers import read_articles
from relnews.readers.load_report import LoadReport, Problem
from strategies import examples

Read = Callable[..., tuple[list[Article], LoadReport]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that reads a feed and returns its articles and the report."""

    def read_feed(feed: str | bytes, **options: Any) -> tuple[list[Article], LoadReport]:
        path = tmp_path / "feed.xml"
        path.write_bytes(feed if isinstance(feed, bytes) else feed.encode())
        reader = read_articles(path, **options)
        return [*reader], reader.load_report

    return read_feed


def rss(*items: str, declaration: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    """Return a feed of items."""
    return (
        f'{declaration}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>The Gazette</title>{''.join(items)}</channel></rss>"
    )


def item(number: int, title: str = "Storm", more: str = "") -> str:
    return (
        f"<item><guid>{number}</guid><title>{title}</title><description>text {number}</description>"
        f"{more}</item>"
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Storm &#55357;&#56832;", "Storm 😀"), ("Storm &#xD83D;&#xDE00;", "Storm 😀"),
        ("Storm &#55357;", "Storm \ufffd"), ("Storm &#1114112;", "Storm \ufffd"),
        ("Storm&#8;", "Storm"), ("Storm\x08 a\x0bb", "Storm a b"), ("R&D & more", "R&D & more"),
        ("Caf&eacute;&nbsp;&hellip;", "Café …"), ("&unknown; x", "&unknown; x"),
        ("Storm &lt; gale", "Storm < gale"), ("5 < 6", "5 < 6"), ("it&#146;s", "it’s"),
        ("a <b>bold</b> word", "a bold word"), ("a <b>bold word", "a bold word"),
        ("<![CDATA[R&amp;D]]>", "R&D"), ("<![CDATA[&lt;meta> &x; ]]>", "<meta> &x;"),
        ("List&lt;String&gt;", "List<String>"), ("&lt;em&gt;Storm&lt;/em&gt;", "Storm"),
    ],
)  # fmt: skip
def test_titles_of_rss(title: str, expected: str, read: Read) -> None:
    """A title that is no XML is mended, and no entry is lost or counted as skipped."""
    articles, report = read(rss(item(1, title), item(2)))
    assert [article.title for article in articles] == [expected, "Storm"]
    assert [article.text for article in articles] == ["text 1", "text 2"]
    assert report.skipped == 0


def test_what_was_mended_is_said(read: Read) -> None:
    """A mended entry is named with its number, and a strict reader stops at it."""
    feed = rss(item(1), item(2, "Caf&eacute; & more &#8;"))
    _, report = read(feed)
    assert report.examples[Problem.MENDED] == [
        "feed.xml:2: mended: &eacute; is 'é'; a stray & is text; &#8; is no character"
    ]
    with pytest.raises(ArticleError, match="stray"):
        read(feed, strict=True)


@pytest.mark.parametrize(
    ("content", "mended"),
    [
        ("\n " + rss(item(1, "Café")), "the blank before the XML declaration is left out"),
        ("\ufeff" + rss(item(1, "Café")), ""),
        ("Notice: x\n" + rss(item(1, "Café")), "the text before the document is left out"),
        (rss(item(1, "Café")).encode("cp1252"),
         "bytes that are not UTF-8 are read as Windows-1252"),
        (rss(item(1, "Café"), declaration="").encode("utf-16"), ""),
        (rss(item(1, "Café"), declaration='<?xml version="1.0" encoding="latin1"?>'),
         "the declared encoding latin1 is wrong, it is UTF-8"),
        (rss(item(1, "Café"), declaration='<?xml version="1.0" encoding="utf-16"?>'),
         "the declared encoding utf-16 is wrong, it is UTF-8"),
        (rss(item(1, "Café"), declaration='<?xml version="1.0" encoding="latin1"?>')
         .encode("latin1"), ""),
        (rss(item(1, "Caf&#233;"), declaration='<?xml version="1.0" encoding="zip"?>'),
         "the declared encoding zip is unknown, UTF-8 is taken"),
        (rss(item(1, "Café")).removesuffix("</channel></rss>"),
         "the end of the document is missing"),
    ],
)  # fmt: skip
def test_framing_and_encodings(content: str | bytes, mended: str, read: Read) -> None:
    """What comes before a feed, and a wrong encoding, costs nothing and is said."""
    (article,), report = read(content)
    assert article.title == "Café"
    sentences = report.examples.get(Problem.MENDED, [])
    assert sentences == ([f"feed.xml: mended: {mended}"] if mended else [])
    assert set(report.problems) <= {Problem.MENDED}


def test_a_broken_entry_costs_itself_only(read: Read) -> None:
    """An entry without an end, or with markup or CDATA that does not end, leaves others alone."""
    broken = [
        item(2, "<b>two").replace("</item>", ""),
        item(3, "three", "<media:thumbnail url='a.png'/>"),
        item(4, "<![CDATA[four"),
        item(5, "five").replace("text 5", "<p>text 5<br>and <i>more"),
        item(6, "<!-- six"),
    ]
    articles, report = read(rss(item(1), *broken, item(7, "<![CDATA[seven]]>")))
    assert [article.id for article in articles] == ["1", "2", "3", "4", "5", "6", "7"]
    assert articles[2].image == "a.png"
    assert articles[4].text == "text 5\nand more"
    assert articles[6].title == "seven"
    assert report.skipped == 0


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>G</title><id>f</id><entry><id>1</id>{}'


@pytest.mark.parametrize(
    ("elements", "title", "text"),
    [
        ('<title type="text">a List&lt;String&gt;</title><content type="text">x &lt;b&gt; y'
         "</content>", "a List<String>", "x <b> y"),
        ('<title type="html">a &lt;b&gt;b&lt;/b&gt; &amp;amp;</title><content type="html">'
         "&lt;p&gt;x&lt;/p&gt;&lt;p&gt;y&lt;/p&gt;</content>", "a b &", "x\ny"),
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <i>b</i>c</div></title>'
         '<content type="xhtml"><h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>x <h:b>y</h:b>z'
         "</h:p><h:p>&lt;w&gt;</h:p></h:div></content>", "a bc", "x yz\n<w>"),
        ("<title>1 &lt; 2</title><summary>x &lt;y&gt; z</summary>", "1 < 2", "x <y> z"),
        ("<title>a</title><content>&lt;p&gt;x&lt;/p&gt;</content>", "a", "x"),
        ('<title>a</title><content type="image/png">AAAA</content><summary>x</summary>', "a", "x"),
    ],
)  # fmt: skip
def test_types_of_atom(elements: str, title: str, text: str, read: Read) -> None:
    """Plain text is plain, markup is markup, and without a type the text tells."""
    (article,), report = read(ATOM.format(elements) + "</entry></feed>")
    assert (article.title, article.text) == (title, text)
    assert not report.problems


def test_fields_of_an_entry(read: Read) -> None:
    """Links, authors, pictures and tags are found where feeds have them."""
    entry = (
        '<title xml:lang="de">x</title><link rel="self" href="/self"/><link href="/1"/>'
        "<author><name>Jo</name></author><author><name>Ann</name></author>"
        '<category term="sea"/><category term="sea"/><category term="pier"/>'
        '<link rel="enclosure" type="image/png" href="/1.png"/><updated>2024-02-01</updated>'
    )
    feed = ATOM.format(entry).replace("<feed ", '<feed xml:base="https://x.example/" ', 1)
    (article,), _ = read(feed + "</entry></feed>")
    assert (article.url, article.image) == ("https://x.example/1", "/1.png")
    assert (article.author, article.tags) == ("Jo, Ann", ("sea", "pier"))
    assert (article.language, str(article.published)[:10]) == ("de", "2024-02-01")
    more = (
        "<link>https://x.example/a</link><author>a@x.example (Jo Lee)</author><dc:date>2024-02-01"
        '</dc:date><enclosure url="a.jpg" type="image/jpeg"/><category>R&amp;amp;D</category>'
    )
    (article,), _ = read(rss(item(1, "x", more)))
    assert (article.url, article.author, article.image) == (
        "https://x.example/a", "Jo Lee", "a.jpg",
    )  # fmt: skip
    assert article.tags == ("R&D",)


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ('<media:content url="a" medium="image"><media:description>The <![CDATA[<b>pier</b>]]>'
         "</media:description></media:content>", "The pier"),
        ('<media:group><media:description>Both</media:description><media:content url="a" '
         'type="image/png"/><media:content url="b" type="image/png"/></media:group>', "Both"),
        ('<media:content url="v" type="video/mp4"><media:thumbnail url="a"/>'
         "<media:description>A film</media:description></media:content>", "A film"),
        ('<media:content url="a" medium="image"><media:title>IMG_1.jpg</media:title>'
         "</media:content>", None),
        ('<media:description>The story</media:description><media:thumbnail url="a"/>', None),
    ],
)  # fmt: skip
def test_descriptions_of_pictures(media: str, expected: str | None, read: Read) -> None:
    """A picture is described by its own element or by the media that it is one of."""
    (article,), _ = read(rss(item(1, "x", media)))
    assert (article.image, article.image_alt) == ("a", expected)


def test_rdf(read: Read) -> None:
    """RSS 1.0 has its items beside the channel, and their ids in an attribute."""
    (article,), report = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel rdf:about="c"><title>G</title><items><rdf:Seq>'
        '<rdf:li rdf:resource="a"/></rdf:Seq></items></channel><item rdf:about="a"><title>x</title>'
        "<link>https://x.example/a</link><description>y</description></item></rdf:RDF>"
    )
    assert (article.id, article.source, article.text) == ("a", "G", "y")
    assert not report.problems


@pytest.mark.parametrize(
    "declared",
    ['', ' xmlns="http://backend.userland.com/rss2"', ' xmlns="http://x.example/rss"',
     " xmlns:content='http://purl.org/rss/1.0/modules/content'"],
)  # fmt: skip
def test_namespaces_that_are_wrong_or_not_declared(declared: str, read: Read) -> None:
    """A prefix that everybody knows tells what an element is, whatever its namespace."""
    more = "<content:encoded>&lt;p&gt;whole&lt;/p&gt;</content:encoded><odd:x odd:y='1'>z</odd:x>"
    (article,), report = read(rss(item(1, "x", more)).replace("<rss", f"<rss{declared}", 1))
    assert (article.title, article.text, article.dek) == ("x", "whole", "text 1")
    assert article.source == "The Gazette"
    assert not report.problems


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("1705312800", "2024-01-15 10:00"), ("Mon, 15 Jan 2024 10:00:00 EDT", "2024-01-15 14:00"),
        ("2024-01-15T10:00:00+01:00", "2024-01-15 09:00"), ("", "None"),
    ],
)  # fmt: skip
def test_dates_are_the_entrys_own(date: str, expected: str, read: Read) -> None:
    """A date is read from the text of the entry; nothing is guessed."""
    (article,), _ = read(rss(item(1, "x", f"<pubDate>{date}</pubDate>")))
    assert str(article.published)[:16] == expected


def test_an_unreadable_date_withholds(read: Read) -> None:
    """A date of publication that nobody can read may be an embargo."""
    articles, report = read(rss(item(1, "x", "<pubDate>next week</pubDate>"), item(2)))
    assert [article.id for article in articles] == ["2"]
    assert report.problems[Problem.UNREADABLE_DATE] == 1


def test_a_feed_of_which_nothing_can_be_read_is_an_error(tmp_path: Path) -> None:
    """An archive is not empty for a feed that is none; a feed without entries is no error."""
    path = tmp_path / "a.xml"
    path.write_text("<html><title>Not found</title></html>")
    with pytest.raises(ArticleError, match="unreadable: 1"):
        RelatedNews().fit(read_articles(path))
    path.write_text(rss())
    assert [*read_articles(path)] == []


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE rss [{}]>", '<!DOCTYPE rss SYSTEM "a<b" [{}]>', "<!DOCTYPE rss [{}<!-- ]> -->]>",
        '<!DOCTYPE rss [<!ENTITY x "]>">{}]>', "<!DOCTYPE rss [{}]><!DOCTYPE rss [{}]>",
    ],
)  # fmt: skip
def test_no_entity_is_expanded(doctype: str, read: Read) -> None:
    """Whatever the shape of a definition, an entity stays its name."""
    levels = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
    definition = doctype.format(*[f'<!ENTITY l0 "lol">{levels}'] * 2)
    feed = rss(item(1, "a &l9;")).replace("<rss", f"{definition}<rss", 1)
    feed = feed.replace("<title>The Gazette", "<title>The &l9; Gazette", 1)
    articles, _ = read(feed)
    assert [article.title for article in articles] == ["a &l9;"]
    assert "lol" not in str(articles[0].source)


@pytest.mark.parametrize(
    "content",
    [
        "<rss><channel><item>" + "<a>" * 2_000_000,
        "<rss><channel>" + "<a>" * 2_000_000,
        "<rss><channel><item>" + "<a/>" * 2_000_000 + "</item></channel></rss>",
        "<rss><channel><item><guid>1</guid><title>x</title>"
        + "".join(f"<category>{n}</category>" for n in range(200_000)) + "</item></channel></rss>",
        "<rss><channel><item>" + "".join(f"<t{n}>" for n in range(500_000)),
        "<rss><channel><item>" + "".join(f"</t{n}><t{n}>" for n in range(250_000)) + "</item>",
        "<rss><channel><item>" + "<![CDATA[" * 600_000,
        "<rss><channel><item>" + "<!--" * 1_000_000,
        "<rss><channel><item><title>" + "&" * 1_000_000 + "</title></item></channel></rss>",
        '<rss><channel><item a="' + "'" * 3_000_000,
    ],
    ids=lambda content: content[14:40],
)  # fmt: skip
def test_hostile_feeds_end_within_seconds(content: str, read: Read) -> None:
    """A feed of millions of tags is refused or read in linear time."""
    begin = time.process_time()
    articles, report = read(content)
    assert len(articles) + report.skipped == 1
    assert time.process_time() - begin < 30


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=15)
faults = st.sampled_from(["", "&", "&eacute;", "&#8;", "&#1114112;", "\x08", "<br>", "</p>"])


@given(st.lists(st.tuples(texts, texts, faults), max_size=5), st.integers(1, 99), st.booleans())
def test_no_entry_and_no_word_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
    entries: list[tuple[str, str, str]],
    n_bytes: int,
    is_atom: bool,
) -> None:
    """Of any feed with faults, read in any pieces, every entry is there with all of its words."""
    name, kind = ("entry", ' type="text"') if is_atom else ("item", "")
    items = [
        f"<{name}><id>{number}</id><title{kind}>a {escape(title)} b</title>"
        f"<summary{kind}>c {escape(text)} d</summary><x>{fault}</x></{name}>"
        for number, (title, text, fault) in enumerate(entries)
    ]
    path = tmp_path_factory.mktemp("feed") / "a.xml"
    path.write_text(f"<feed>{''.join(items)}</feed>", "utf-8", newline="\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relnews.readers.xml_decoding._CHUNK", n_bytes)
        reader = read_articles(path)
        articles = [*reader]
    assert [article.id for article in articles] == [str(number) for number in range(len(entries))]
    assert reader.load_report.skipped == reader.load_report.withheld == 0
    for article, (title, text, _) in zip(articles, entries, strict=True):
        if is_atom:
            assert article.title.split() == f"a {title} b".split()
            assert article.text.split() == f"c {text} d".split()


WHOLE = ATOM.format("<title>x</title>") + "</entry><entry><id>2</id><b:c/></entry></feed>"
PARTS = [
    "<", ">", "&", "]]>", "<![CDATA[", "<!--", "-->", "</item>", "<entry>", "</a:", "</id", '"',
    "\0", "&#0;", "&#xD800;", " xmlns=''", "<!DOCTYPE x [", "<?xml encoding='gbk'?>", "</feed>",
]  # fmt: skip


@examples(2)
@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 9), st.sampled_from(PARTS)),
        max_size=5,
    )
)
def test_any_damage_is_read_or_said(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int, str]]
) -> None:
    """No damage raises; what is not read is counted."""
    feed = WHOLE
    for place, n_lost, part in damage:
        feed = feed[:place] + part + feed[place + n_lost :]
    path = tmp_path_factory.mktemp("feed") / "a.xml"
    path.write_text(feed, "utf-8", newline="\n")
    reader = read_articles(path)
    n_articles = sum(1 for _ in reader)
    assert n_articles + reader.load_report.skipped + reader.load_report.withheld >= 1


JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1", "title": "Gazette", "language": "en",
    "items": [
        {"id": "1", "url": "/1", "title": "One", "content_html": "<p>First <b>text</b>.</p>",
         "date_published": "2025-06-02T10:00:00+02:00", "authors": [{"name": "Ada"}],
         "tags": ["a"], "image": "/1.jpg"},
        {"url": "/2", "content_text": "1 < 2", "summary": "S", "draft": True},
        "no entry",
    ],
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_json_feed(tmp_path: Path, encoding: str) -> None:
    """JSON Feed is told by its beginning, in a folder of other feeds too."""
    (tmp_path / "a.json").write_text(json.dumps(JSON_FEED, indent=1), encoding)
    (tmp_path / "b.xml").write_text("<rss><channel><item><title>B</title></item></channel></rss>")
    for path in (tmp_path, tmp_path / "a.json"):
        reader = read_articles(path)
        first, *_ = reader
        assert (first.title, first.text, first.source) == ("One", "First text.", "Gazette")
        assert (first.author, first.tags, first.image) == ("Ada", ("a",), "/1.jpg")
        assert first.published == dt.datetime(2025, 6, 2, 8, tzinfo=dt.UTC)
        report = reader.load_report
        assert (report.skipped, report.withheld) == (1 if path.is_file() else 2, 1)


def test_a_name_that_stands_twice_in_json_feed(tmp_path: Path) -> None:
    """Of two values of one name, one that hides decides."""
    entry = '{"id": "1", "title": "One", "draft": true, "draft": false}'
    (tmp_path / "a.json").write_text(f'{{"items": [{entry}]}}')
    reader = read_articles(tmp_path / "a.json", format="feed")
    assert [*reader] == []
    assert reader.load_report.withheld == 1


@pytest.mark.parametrize("content", ["{", '{"items": 3}', "{}", '{"version": "x"}'])
def test_what_is_no_json_feed(tmp_path: Path, content: str) -> None:
    """JSON that is no feed is named."""
    (tmp_path / "a.json").write_text(content)
    reader = read_articles(tmp_path / "a.json", format="feed")
    assert [*reader] == []
    assert reader.load_report.problems == {Problem.UNREADABLE: 1}
