"""Addresses of articles that have none, by a pattern."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews, read_articles
from relnews.readers.addresses import UrlPattern
from relnews.readers.load_report import LoadReport
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import articles_from

RECORD = {
    "id": "2025/ferry-strike", "text": "T", "published": "2025-06-02T10:00",
    "section": "Local News", "tags": ["ferry", "strike"], "edition": "north",
}  # fmt: skip


def url_of(pattern: str, **values: Any) -> str | None:
    spec = ReadSpec.of({"url": pattern})
    (article,) = articles_from([{**RECORD, **values}], LoadReport(), spec)
    return article.url


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/{section}/{slug}.html", "/Local%20News/ferry-strike.html"),
        ("/{path}/", "/2025/ferry-strike/"),
        (
            "https://g.example/{year}/{month}/{day}/{slug}",
            "https://g.example/2025/06/02/ferry-strike",
        ),
        ("/{edition}/{id}", "/north/2025/ferry-strike"),
        ("/{tags}/{slug}", "/ferry/ferry-strike"),
        ("/a{{b}}/{slug}", "/a{b}/ferry-strike"),
        ("/{absent}/{slug}", None),
    ],
)
def test_patterns(pattern: str, expected: str | None) -> None:
    """Names in braces are fields, values of the record, or parts of the date and the id."""
    assert url_of(pattern) == expected


def test_the_slug_of_a_record_comes_before_its_id() -> None:
    """`{slug}` is the record's own slug, and else the last part of the id."""
    assert url_of("/{slug}", slug="strike") == "/strike"
    assert url_of("/{slug}", Slug="strike") == "/strike"
    assert url_of("/{slug}", slug="", id="a/b/") == "/b"


def test_an_address_of_its_own_comes_first() -> None:
    """An article that has an address keeps it."""
    assert url_of("/{slug}", url="/own") == "/own"
    assert url_of("/{slug}", link="/own") == "/own"


def test_an_undated_article_has_no_address_with_a_date() -> None:
    """What a pattern needs and an article lacks leaves the article without an address."""
    assert url_of("/{year}/{slug}", published=None) is None


@given(st.text(min_size=1).filter(lambda text: text.strip() and "/" not in text))
def test_any_value_is_quoted(section: str) -> None:
    """Whatever a field holds, it is one part of a path, and reads back."""
    url = url_of("/{section}/x", section=section)
    assert url is not None
    assert url.count("/") == 2
    assert url.isascii()
    expected = section.strip().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert unquote(url.split("/")[1]) == expected


@pytest.mark.parametrize(
    "pattern",
    ["/{section", "/{}", "/{a b}", "/{slug!r}", "/{slug:>9}", "/{0}", "/{slug.x}", "}"],
)
def test_what_is_no_pattern(pattern: str) -> None:
    """A pattern that cannot be read is refused at once."""
    with pytest.raises(ValueError, match="`url` must be a pattern such as"):
        UrlPattern(pattern)
    with pytest.raises(ValueError, match="`url` must be a pattern such as"):
        read_articles("absent.jsonl", url=pattern)


def test_lists_have_links(tmp_path: Path, invoke: Any) -> None:
    """`--url` gives the items of a list their links."""
    texts = ["The ferry strike.", "The ferry company.", "The bakery opens."]
    stories = [{"id": n, "text": text, "section": "Island"} for n, text in enumerate(texts)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, stories)), encoding="utf-8")
    news = RelatedNews().fit(read_articles(path, url="/{section}/{slug}.html"))
    assert news.related("0")[0].url == "/Island/1.html"
    archive = tmp_path / "a.relnews"
    result: Result = invoke("build", path, "-o", archive, "--url", "/{section}/{slug}.html")
    assert result.exit_code == 0
    assert 'href="/Island/1.html"' in invoke("related", archive, "0", "--format", "html").output
    assert invoke("build", path, "-o", archive, "--url", "/{section").exit_code == 2


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("2025-01-01T00:30:00+01:00", "/2025/01"), ("Wed, 01 Jan 2025 00:30 +0100", "/2025/01"),
        ("2025-01-01 00:30 Europe/Berlin", "/2025/01"), ("2025-01-01T00:30:00", "/2025/01"),
        (dt.datetime(2025, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=9))), "/2025/01"),
        ("2024-12-31T23:30:00Z", "/2024/12"), (1735687800, "/2024/12"),
    ],
)  # fmt: skip
def test_parts_of_a_date_are_those_that_the_source_writes(published: Any, expected: str) -> None:
    """A story of New Year's night has the year of its own time zone in its address."""
    assert url_of("/{year}/{month}", published=published) == expected


def test_articles_without_a_part_of_the_pattern_are_counted() -> None:
    """A name that no article has, or some lack, is said with the number of articles."""
    report = LoadReport()
    records = [{"id": "a", "text": "T"}, {"id": "b", "text": "T", "url": "/b"}]
    [*articles_from(records, report, ReadSpec.of({"url": "/{nosuch}/{id}"}))]
    assert report.notes == ["no address for 1 article without {nosuch}"]


@pytest.mark.parametrize("pattern", ["", "/fixed", "/a{{b}}"])
def test_a_pattern_names_something(pattern: str) -> None:
    """One address for all articles is refused."""
    with pytest.raises(ValueError, match="all articles would have one address"):
        ReadSpec.of({"url": pattern})
