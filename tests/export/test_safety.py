"""Hostile texts: parsed as a browser does, a text of an archive is always only a text."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

import html5lib
import jinja2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from export.test_html import in_browsers, lists
from relnews import RelatedItem, RelatedList
from relnews.export import feeds, html, jsonld
from relnews.export import json as json_export

#: Texts that break out of an attribute, an element, a script, a comment or a string.
BREAKS = [
    "</script><script>alert(1)</script>", "<!--<script>", "-->", "]]>", "<![CDATA[", "</section>",
    "\"onmouseover='alert(1)'", "' onfocus=alert(1) autofocus x='", "`${alert(1)}`", "\\",
    "\\u003c", "</title>", "</style>", "</textarea>", "</noscript>", "<plaintext>",
    "<svg onload=alert(1)>",
    "&#60;script&#62;", "&lt", "\u2028", "\u2029", "\r\n", "\x00", "{{ 7 * 7 }}", "{% raw %}",
    "<math><mtext></table><img src=x onerror=alert(1)>", "\ufeff", "\u202e",
]  # fmt: skip

SCHEMES = [
    "javascript:alert(1)", "JAVASCRIPT:alert(1)", "java\tscript:alert(1)", "#\"><img src=x>",
    "\x01javascript:alert(1)", "&#106;avascript:alert(1)", "javascript&colon;alert(1)",
    "vbscript:x", "data:text/html,<script>", "//elsewhere.example", "\\\\elsewhere.example",
    "blob:x",
    "/\\elsewhere.example", "file:///etc", "https://a\"onclick=\"alert(1)", "https:\n//a",
    "/a' onclick='alert(1)", "https://a/><script>", "?</script>", " https://a",
    "view-source:javascript:alert(1)",
]  # fmt: skip

texts = st.lists(st.text(max_size=8) | st.sampled_from(BREAKS), max_size=5).map("".join)
urls = st.none() | texts | st.builds("{}{}".format, st.sampled_from(SCHEMES), texts)
hostile = st.builds(
    RelatedList,
    texts,
    st.lists(
        st.builds(
            RelatedItem,
            id=texts, rank=st.integers(1, 9), score=st.just(0.5), similarity=st.just(0.5),
            title=texts, dek=texts, url=urls, published=st.none() | st.datetimes(
                timezones=st.timezones()), section=texts, author=texts, source=texts,
            language=texts, image=urls, tags=st.lists(texts, max_size=2).map(tuple),
        ),
        min_size=1, max_size=3,
    ).map(tuple),
)  # fmt: skip
anything = lists | hostile


def parsed(markup: str) -> Element:
    """Return a document parsed by the HTML standard."""
    tree: Element = html5lib.parse(markup, treebuilder="etree", namespaceHTMLElements=False)
    return tree


def names(tree: Element) -> Iterator[Any]:
    """Yield the names of elements; a comment's name is a function."""
    return (element.tag for element in tree.iter())


@given(anything, texts, st.integers(1, 6))
def test_a_fragment_stays_a_fragment(related: RelatedList, heading: str, level: int) -> None:
    """A fragment in a page is one section with the expected elements."""
    made = html.fragment(related, heading=heading, heading_level=level)
    tree = parsed(f"<!DOCTYPE html><title>t</title><body><p>before</p>{made}<p>after</p>")
    body = tree.find("body")
    assert body is not None
    assert [child.tag for child in body] == ["p", "section", "p"]
    section = body[1]
    assert [child.tag for child in section] == [f"h{level}", "ol"]
    assert [child.tag for child in section[1]] == ["li"] * len(related)
    assert set(names(section)) <= {
        "section", f"h{level}", "ol", "li", "img", "a", "span", "div", "bdi", "time",
    }  # fmt: skip
    for element in section.iter():
        assert set(element.attrib) <= {
            "class", "id", "aria-labelledby", "href", "lang", "dir", "datetime", "src",
            "data-relnews-rank", "alt", "width", "height", "loading", "decoding",
        }  # fmt: skip
        for name in {"href", "src"} & set(element.attrib):
            address = urlsplit(in_browsers(element.get(name, "")))
            assert address.scheme in ("http", "https")
        assert re.fullmatch(r"relnews(-\w+)?", element.get("class", "relnews"))


@given(anything)
@example(RelatedList("</script>", ()))
def test_json_stays_in_its_script(related: RelatedList) -> None:
    """JSON and JSON-LD inside a script of a page end with it, and keep their content."""
    for made, media_type, meant in (
        (json_export.dumps(related), "application/json", related.to_dict()),
        (jsonld.dumps(related), "application/ld+json", jsonld.to_dict(related)),
    ):
        tree = parsed(
            f'<!DOCTYPE html><title>t</title><body><script type="{media_type}">{made}</script>'
            "<p>after</p>"
        )
        body = tree.find("body")
        assert body is not None
        assert [child.tag for child in body] == ["script", "p"]
        assert json.loads(body[0].text or "") == json.loads(json.dumps(meant))
        assert made.isprintable() or "\n" not in made
        assert not re.search("[<>&\u2028\u2029\n\r]", made)


@given(anything)
def test_json_ld_links_to_web_pages_only(related: RelatedList) -> None:
    """JSON-LD has no address that could run a script."""
    for entry in json.loads(jsonld.dumps(related))["itemListElement"]:
        for name in ("url", "image"):
            address = entry["item"].get(name, "/")
            assert urlsplit(in_browsers(address)).scheme in ("http", "https")


ATOM = "{http://www.w3.org/2005/Atom}"

#: Elements of an entry, and the elements that have no children.
ENTRY = {"id", "title", "updated", "published", "author", "link", "category", "summary", "content"}


@given(anything, st.characters(), texts)
@example(
    RelatedList("a", (RelatedItem("\0", 1, 0.5, 0.5, "\ufffe\x0b]]>", url="/\uffff"),)), "\1", ""
)
def test_a_feed_is_xml_whatever_is_in_it(related: RelatedList, char: str, title: str) -> None:
    """Texts stay texts, impossible characters become U+FFFD, links are web pages."""
    items = [dataclasses.replace(item, title=item.title + char) for item in related]
    made = feeds.atom(RelatedList(related.id, tuple(items)), heading=title)
    feed = fromstring(made.encode())
    assert in_xml(title) == (feed.findtext(f"{ATOM}title") or "")
    entries = feed.findall(f"{ATOM}entry")
    assert {child.tag.removeprefix(ATOM) for child in feed} <= {
        "id", "title", "updated", "author", "generator", "entry",
    }  # fmt: skip
    for item, entry in zip(items, entries, strict=True):
        for child in entry:
            assert child.tag.removeprefix(ATOM) in ENTRY
            assert len(child) == (child.tag == f"{ATOM}author")
        assert entry.findtext(f"{ATOM}title") == in_xml(html.headline(item))
        assert re.fullmatch(r"urn:x-relnews:article:[\w.~%-]*", entry.findtext(f"{ATOM}id") or "")
        for link in entry.iter(f"{ATOM}link"):
            assert link.get("href") == in_xml(item.url or "")
            assert urlsplit(in_browsers(item.url or "")).scheme in ("http", "https")
        assert entry.find(f"{ATOM}link") is not None or entry.findtext(f"{ATOM}content") is not None


def in_xml(text: str) -> str:
    """Return a text as XML returns it: line ends unified, impossible characters U+FFFD."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    allowed = re.compile("[\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
    return "".join(character if allowed.match(character) else "\ufffd" for character in text)


@given(anything, texts)
def test_a_json_feed_links_to_web_pages_only(related: RelatedList, title: str) -> None:
    """A JSON Feed is valid, keeps its content, and links to web pages only."""
    feed = json.loads(feeds.json_feed(related, heading=title))
    assert feed["title"] == title
    for item, entry in zip(related, feed["items"], strict=True):
        assert (entry["id"], entry.get("title", "")) == (item.id, html.headline(item))
        for name in ("url", "image"):
            assert urlsplit(in_browsers(entry.get(name, "/"))).scheme in ("http", "https")


@pytest.mark.parametrize("url", SCHEMES)
def test_disguised_addresses_are_no_links(url: str) -> None:
    """Addresses that disguise a scheme, a host or an attribute's end are no links."""
    related = RelatedList("a", (RelatedItem("b", 1, 0.5, 0.5, "Talks", url=url, image=url),))
    body = parsed(html.fragment(related)).find("body")
    assert body is not None
    links = list(body.iter("a"))
    for link in links:
        assert set(link.attrib) <= {"class", "href", "dir", "data-relnews-rank"}
        assert link.get("href") == url
        assert urlsplit(in_browsers(url)).scheme in ("http", "https")
    images = [image.get("src") for image in body.iter("img")]
    assert images == [url] * len(links) or (not images and not re.match("https?:|/", url))
    (entry,) = jsonld.to_dict(related)["itemListElement"]  # type: ignore[misc, attr-defined]
    assert ("url" in entry["item"]) == bool(links)


@given(hostile)
def test_a_box_is_not_a_template(related: RelatedList) -> None:
    """A template that includes a box does not run the braces in a title."""
    environment = jinja2.Environment(autoescape=True)
    made = html.fragment(related)
    assert environment.from_string("{{ box }}").render(box=Markup(made)) == made
