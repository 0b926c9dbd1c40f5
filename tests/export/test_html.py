"""The HTML of a list: its content, and that no article can inject anything."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews.articles import Article
from relnews.export import html
from relnews.results import RelatedItem, RelatedList

MARKUP = "\"><script>alert('x')</script><!-- &amp; & </section>"


@dataclasses.dataclass
class Element:
    """A start tag, and all text up to its end tag."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""


class Outline(HTMLParser):
    """All elements of a document in order; raises if tags do not match."""

    VOID = frozenset({"meta", "img"})

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(markup)
        self.close()
        assert not self._open

    def __getitem__(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs)
        self.elements.append(Element(tag, attributes))
        if tag not in self.VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data!r}")


#: The attributes of every image.
IMAGE = {"alt": "", "width": "150", "height": "100", "loading": "lazy", "decoding": "async"}


def item(**fields: object) -> RelatedItem:
    values = {"id": "b", "rank": 1, "score": 0.5, "similarity": 0.5, "title": "Talks resume"}
    return RelatedItem(**(values | fields))  # type: ignore[arg-type]


def related(*items: RelatedItem, id: str | None = "a") -> RelatedList:  # noqa: A002
    return RelatedList(id, items)


def outline(**fields: object) -> Outline:
    return Outline(html.fragment(related(item(**fields))))


def in_browsers(url: str) -> str:
    """Return an address as browsers resolve it on a page of example.org (WHATWG)."""
    url = re.sub("[\t\n\r]", "", url.strip("".join(map(chr, range(33))))).replace("\\", "/")
    # Python raises for a bad IPv6 address; browsers do not follow it, and the scheme is the same.
    return urljoin("https://example.org/", re.sub(r"[\[\]]", "", url))


anything = st.text() | st.builds("{}{}{}".format, st.text(), st.just(MARKUP), st.text())
maybe_anything = st.none() | anything
urls = anything | st.builds(
    "{}{}".format,
    st.sampled_from([
        "https://", "HTTP://h/", "/", "?", "#", "a/", "//h/", "/\\h/", "javascript:",
        "java\nscript:", " JavaScript:", "\x01javascript:", "vbscript:", "data:text/html,",
        "blob:", "file:///",
    ]),
    anything,
)  # fmt: skip
dates = st.datetimes(timezones=st.just(dt.UTC))
dates |= dates.map(lambda date: date.replace(hour=0, minute=0, second=0, microsecond=0))
items = st.builds(
    RelatedItem,
    id=anything,
    rank=st.integers(1),
    score=st.floats(0, 1),
    similarity=st.floats(0, 1),
    title=anything,
    dek=anything,
    url=st.none() | urls,
    published=st.none() | dates,
    section=maybe_anything,
    author=maybe_anything,
    source=maybe_anything,
    language=maybe_anything,
    image=st.none() | urls,
    image_alt=maybe_anything,
)
lists = st.builds(RelatedList, maybe_anything, st.lists(items, min_size=1, max_size=4).map(tuple))


@given(lists, anything, st.integers(1, 6))
def test_fragment_holds_what_it_should_and_nothing_else(
    listed: RelatedList, heading: str, level: int
) -> None:
    """Elements, attributes and texts of a fragment are the intended ones, for any article."""
    found = iter(Outline(html.fragment(listed, heading=heading, heading_level=level)).elements)

    section, title, ol = next(found), next(found), next(found)
    heading_id = title.attributes["id"]
    assert heading_id
    assert re.fullmatch(r"[\w.~%-]+", heading_id, re.ASCII)
    assert (section.tag, section.attributes) == (
        "section",
        {"class": "relnews", "aria-labelledby": heading_id},
    )
    assert title == Element(f"h{level}", {"id": heading_id}, heading)
    assert (ol.tag, ol.attributes) == ("ol", {})

    for entry in listed:
        li, link = next(found), next(found)
        assert (li.tag, li.attributes) == ("li", {})
        if link.tag == "img":
            assert entry.image
            assert urlsplit(in_browsers(entry.image)).scheme in {"http", "https"}
            assert link.attributes == IMAGE | {"src": entry.image, "alt": entry.image_alt or ""}
            link = next(found)
        expected = {"class": "relnews-title", "dir": "auto"}
        if entry.language:
            expected["lang"] = entry.language
        if link.tag == "a":
            assert entry.url
            assert urlsplit(in_browsers(entry.url)).scheme in {"http", "https"}
            expected |= {"href": entry.url, "data-relnews-rank": str(entry.rank)}
        assert link.tag in {"a", "span"}
        assert link.attributes == expected
        stand_ins = [text for text in (entry.title, entry.dek) if text.strip()]
        assert link.text == [*stand_ins, entry.id][0]

        names = [name for name in (entry.section, entry.source) if name]
        if names or entry.published:
            about = next(found)
            assert (about.tag, about.attributes) == ("div", {"class": "relnews-about"})
            for number, name in enumerate(names):
                if number:
                    assert [(next(found).tag, next(found).text)] == [("span", " · ")]
                assert next(found) == Element("bdi", {}, name)
            if entry.published:
                if names:
                    assert [(next(found).tag, next(found).text)] == [("span", " · ")]
                time = next(found)
                assert time.tag == "time"
                assert time.attributes.keys() == {"datetime", "lang", "dir"}
                machine = dt.datetime.fromisoformat(str(time.attributes["datetime"]))
                assert machine.replace(tzinfo=dt.UTC) == entry.published.replace(microsecond=0)
                names.append(time.text)
            assert about.text == " · ".join(names)

    assert next(found, None) is None


@given(
    st.builds(
        Article,
        id=anything,
        title=anything,
        dek=anything,
        text=anything,
        published=st.none() | dates,
        section=maybe_anything,
        author=maybe_anything,
        language=maybe_anything,
    )
)
def test_page_holds_the_article_and_nothing_else(article: Article) -> None:
    """A page has the article's words and no other element, for any article."""
    page = Outline(html.page(article, related(item())))
    assert {element.tag for element in page.elements} <= {
        "html", "head", "meta", "title", "style", "body", "main", "article", "header", "h1", "p",
        "bdi", "time", "section", "h2", "ol", "li", "span",
    }  # fmt: skip
    assert {name for element in page.elements for name in element.attributes} <= {
        "lang", "dir", "charset", "http-equiv", "content", "name", "class", "datetime", "id",
        "aria-labelledby",
    }  # fmt: skip
    assert page["title"][0].text == page["h1"][0].text
    paragraphs = [element.text for element in page["p"] if not element.attributes]
    assert all(paragraph.strip() for paragraph in paragraphs)
    assert "".join("".join(paragraphs).split()) == "".join(article.text.split())


@given(st.none() | st.text(), st.none() | st.text())
def test_heading_ids_are_unique(first: str | None, other: str | None) -> None:
    """Lists of different articles have headings with different ids."""
    ids = [
        Outline(html.fragment(related(item(), id=id)))["h2"][0].attributes["id"]
        for id in (first, other)  # noqa: A001
    ]
    assert (ids[0] == ids[1]) == (first == other)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "HTTP://example.org:8080/a?b=c#d",
        "https://example.org/наука/2025",
        "/2025/08/22/nato.html",
        "nato.html",
        "../nato/",
        "./a:b",
        "?id=4:2",
        "#top",
        "/a?next=javascript:void",
    ],
)
def test_ordinary_addresses_are_links(url: str) -> None:
    """Web addresses and relative addresses become links, unchanged."""
    assert outline(url=url)["a"][0].attributes["href"] == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript&colon;alert(1):",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/hosts",
        "mailto:desk@example.org",
        "//example.org/a",
        "///example.org/a",
        "/\\example.org/a",
        "\\\\example.org\\a",
        "/\t/example.org/a",
        "http:example.org",
        "https://",
        "https:///a",
        "https://example.org/a b",
        "https://example.org/a\u2028b",
        "https://example.org/\x85",
        "/\ufeffa",
    ],
)
def test_other_addresses_are_not(url: str | None) -> None:
    """The title stays plain text if its address could do more than open a web page."""
    found = outline(url=url)
    assert not found["a"]
    assert found["span"][0].text == "Talks resume"


def test_dates_are_written_for_readers_and_machines() -> None:
    """A date without a time stays a date; machines get a time to the second."""
    day = dt.datetime(2025, 8, 22, tzinfo=dt.UTC)
    moment = day.replace(hour=14, minute=5, microsecond=7)
    for when, machine in ((day, "2025-08-22"), (moment, "2025-08-22T14:05:00+00:00")):
        time = outline(published=when)["time"][0]
        assert time.text == "22 August 2025"
        assert time.attributes["datetime"] == machine


@pytest.mark.parametrize(
    ("language", "text", "direction"),
    [
        ("en", "22 August 2025", "ltr"),
        ("en-US", "August 22, 2025", "ltr"),
        ("de", "22. August 2025", "ltr"),
        ("pt_BR", "22 de agosto de 2025", "ltr"),
        ("zh-Hans", "2025年8月22日", "ltr"),
        ("fa", "۲۲ اوت ۲۰۲۵", "rtl"),
    ],
)
def test_dates_are_in_the_language_of_the_page(language: str, text: str, direction: str) -> None:
    """A date is written as the language does, and says which one it is."""
    day = dt.datetime(2025, 8, 22, tzinfo=dt.UTC)
    found = Outline(html.fragment(related(item(published=day)), language=language))
    attributes = {"datetime": "2025-08-22", "lang": language, "dir": direction}
    assert found["time"] == [Element("time", attributes, text)]
    page = Outline(html.page(Article("a", "T", published=day, language=language), related()))
    assert page["time"] == found["time"]


@pytest.mark.parametrize("language", ["", "xx", "en-", '"><b>', "../en", None, 7])
def test_unknown_languages(language: object) -> None:
    """A fragment names a language that nobody knows; a page, whose article has it, is English."""
    for listed in (related(item()), related()):
        with pytest.raises(ValueError, match="`language` must be a language tag"):
            html.fragment(listed, language=language)  # type: ignore[arg-type]
    article = Article("a", "T", published=dt.datetime(2025, 8, 22, tzinfo=dt.UTC),
                      language=str(language))  # fmt: skip
    assert Outline(html.page(article, related()))["time"][0].text == "22 August 2025"


def test_images_are_shown_where_there_are_some() -> None:
    """An item with an image shows it, lazily; a page lets images be loaded only if it has one."""
    found = outline(image="https://img.example/a.jpg?w=300&h=200")
    assert found["img"][0].attributes == {"src": "https://img.example/a.jpg?w=300&h=200", **IMAGE}
    described = outline(image="/a.jpg", image_alt='The "old" pier')
    assert described["img"][0].attributes["alt"] == 'The "old" pier'
    assert not outline(image="javascript:alert(1)")["img"]
    for image, policy in (("/a.jpg", "; img-src http: https:;"), (None, ";"), ("data:x,y", ";"),
                          ("cover.jpg", ";"), ("//host.example/a.jpg", ";")):  # fmt: skip
        page = Outline(html.page(Article("a", "T"), related(item(image=image))))
        (found_policy,) = (
            m.attributes["content"] for m in page["meta"] if "http-equiv" in m.attributes
        )
        assert found_policy
        assert found_policy.partition("base-uri")[0].endswith(f"'{policy} ")


def test_section_source_and_date_stand_in_one_line() -> None:
    """Known facts about a story are shown; unknown ones leave no gap."""
    date = dt.datetime(2025, 8, 22, tzinfo=dt.UTC)
    known = outline(section="World", source="Wire", published=date)
    assert known["div"][0].text == "World · Wire · 22 August 2025"
    assert outline(source="Wire")["div"][0].text == "Wire"
    assert not outline()["div"]


def test_an_empty_list_is_no_markup() -> None:
    """An empty list is no markup, not even a heading."""
    assert html.fragment(related()) == ""
    assert not Outline(html.page(Article("a", "Talks resume"), related()))["section"]


@pytest.mark.parametrize("level", [0, 7, -1, "2", "2 onclick=alert(1)"])
def test_heading_levels_are_those_of_html(level: object) -> None:
    """Only levels 1 to 6 are accepted."""
    with pytest.raises((TypeError, ValueError), match="`heading_level` must be"):
        html.fragment(related(item()), heading_level=level)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("", []),
        (" \n ", []),
        ("One.", ["One."]),
        ("One.\nTwo.\n", ["One.", "Two."]),
        ("One\nstill one.\n\nTwo.", ["One\nstill one.", "Two."]),
        ("One\r\nstill one.\r\n \r\n\r\nTwo.", ["One\r\nstill one.", "Two."]),
    ],
)
def test_paragraphs(text: str, paragraphs: list[str]) -> None:
    """Blank lines separate paragraphs; without any, line breaks do."""
    page = Outline(html.page(Article("a", "Talks resume", text=text), related()))
    assert [element.text for element in page["p"]] == paragraphs


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("fa_IR", "rtl"), ("UR", "rtl"),
     ("arn", "ltr"), (None, "auto")],
)  # fmt: skip
def test_direction_follows_the_language(language: str | None, direction: str) -> None:
    """Arabic runs from right to left; an unknown language is left to the browser."""
    root = Outline(html.page(Article("a", "Talks", language=language), related()))["html"][0]
    assert root.attributes.get("lang") == language
    assert root.attributes["dir"] == direction


def test_page_allows_its_own_style_only() -> None:
    """The content security policy has the hash of the page's style."""
    page = Outline(html.page(Article("a", "Talks resume"), related(item())))
    digest = base64.b64encode(hashlib.sha256(page["style"][0].text.encode()).digest()).decode()
    (policy,) = (m.attributes["content"] for m in page["meta"] if "http-equiv" in m.attributes)
    assert policy
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "url(" not in page["style"][0].text
    assert "@import" not in page["style"][0].text


def test_every_colour_and_space_is_a_custom_property() -> None:
    """The stylesheet has no colour and no space of its own that a page cannot set."""
    rules = re.sub(r"/\*.*?\*/", "", html.stylesheet(), flags=re.DOTALL)
    for name, value in re.findall(r"([\w-]+): ([^;{}]+);", rules):
        if name != "white-space" and re.search(
            "color|background|padding|gap|font|radius|width$|space", name
        ):
            own = re.fullmatch(r"0|1px|100%|inherit|none", value)
            assert own or "var(--relnews-" in value, f"{name}: {value}"


def test_page_shows_a_story_without_a_title() -> None:
    """Without a title the page shows the dek in its place once, or the id."""
    page = Outline(html.page(Article("a", dek="Talks resume"), related()))
    assert page["h1"][0].text == "Talks resume"
    assert not page["p"]
    assert Outline(html.page(Article("a", text="…"), related()))["h1"][0].text == "a"
