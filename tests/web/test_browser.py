"""The page in a real browser: narrow and wide, light and dark, with hostile text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relnews.articles import Article
from relnews.export import html
from relnews.results import RelatedItem, RelatedList
from web.pages import Pages, Scheme, pages_of

if TYPE_CHECKING:
    from playwright import sync_api
else:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

Show = Callable[..., sync_api.Page]

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)> &lt;b&gt;"
HEADLINES = [
    "Ukraine talks push for US guarantees",
    "What a reassurance force in Ukraine could look like, and why its terms are still in dispute",
    "European leaders head to Washington with Kyiv",
    "Moscow rejects Western troops in Ukraine",
    "Explainer: Article 5, and what “Article 5-like” would mean",
    "Britain and France offer to lead a ceasefire force",
    "Kyiv’s air defence needs top the agenda in Brussels",
    "Budapest 1994: the assurances that did not hold",
]
FRIDAY = dt.datetime(2025, 8, 22, 14, 5, tzinfo=dt.UTC)
STORY = Article(
    id="nato-backs-ukraine",
    title="NATO and Ukraine close in on security guarantees",
    dek="Military chiefs set out options; the terms of American support remain open",
    text=(
        "NATO military chiefs have drawn up options for guaranteeing the security of Ukraine after "
        "a ceasefire, officials said on Friday.\n\n"
        "Kyiv has asked for guarantees that are binding in law."
    ),
    published=FRIDAY,
    section="World",
    author="Brussels bureau",
    language="en",
)

#: Contrast of every element with its own text, by the formula of WCAG 2.
CONTRASTS = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = colour => channels(colour).slice(0, 3)
    .map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const background = element => {
    const colour = getComputedStyle(element).backgroundColor;
    return channels(colour)[3] === 0 ? background(element.parentElement) : colour;
  };
  return [...document.body.querySelectorAll("*")]
    .filter(e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim()))
    .map(e => [luminance(getComputedStyle(e).color), luminance(background(e))])
    .map(pair => (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05));
}"""


def related(headlines: list[str]) -> RelatedList:
    return RelatedList(
        STORY.id,
        tuple(
            RelatedItem(
                id=f"story-{rank}", rank=rank, score=0.5, similarity=0.5, title=headline,
                url=f"/2025/story-{rank}.html", section="World", source="Wire",
                published=FRIDAY - dt.timedelta(days=rank), language="en",
            )
            for rank, headline in enumerate(headlines, start=1)
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def pages(browser: sync_api.Browser) -> Iterator[Pages]:
    with pages_of(browser) as pages:
        yield pages


@pytest.fixture
def show(pages: Pages, tmp_path: Path) -> Iterator[Show]:
    """Open a document; at the end, fail if it did more than show itself."""
    shown: dict[str, sync_api.Page] = {}

    def show(markup: str, *, width: int = 1280, scheme: Scheme = "light") -> sync_api.Page:
        page = pages.take(width=width, scheme=scheme)
        path = tmp_path / f"{len(shown)}.html"
        path.write_text(markup, encoding="utf-8")
        page.goto(path.as_uri())
        shown[path.as_uri()] = page
        return page

    yield show
    assert [pages.asked(page) for page in shown.values()] == [[address] for address in shown]
    assert pages.give_back() == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_readable(show: Show, width: int, scheme: Scheme) -> None:
    """Nothing overflows and all text has contrast, on any screen, light or dark."""
    page = show(html.page(STORY, related(HEADLINES)), width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 3 * len(HEADLINES)
    assert min(contrasts) >= 4.5


def test_page_reads_well_to_a_screen_reader(show: Show) -> None:
    """The accessibility tree has the story, the named region and its list of eight links."""
    page = show(html.page(STORY, related(HEADLINES)))
    assert page.title() == STORY.title
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("heading", level=1, name=STORY.title, exact=True).count() == 1
    region = page.get_by_role("region", name="Related News", exact=True)
    assert region.get_by_role("heading", level=2, name="Related News", exact=True).count() == 1
    assert region.get_by_role("list").get_by_role("listitem").count() == 8
    assert page.get_by_role("link").all_inner_texts() == HEADLINES
    for link in region.get_by_role("link").all():
        assert link.is_visible()


def test_links_can_be_reached_from_the_keyboard(show: Show) -> None:
    """The tab key moves from link to link with a visible focus."""
    page = show(html.page(STORY, related(HEADLINES)))
    for headline in HEADLINES:
        page.keyboard.press("Tab")
        focused = page.locator(":focus-visible")
        assert focused.inner_text() == headline
        assert focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_dark_is_dark(show: Show) -> None:
    """The reader's colour scheme changes the page."""
    light, dark = (
        show(html.page(STORY, related(HEADLINES)), scheme=scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    )
    assert light != dark


@pytest.mark.parametrize("width", [360, 1280])
def test_hostile_text_is_only_text(show: Show, width: int) -> None:
    """Markup and endless words in an article are shown as text."""
    endless = "Donaudampfschifffahrt" * 20
    article = Article(
        HOSTILE, HOSTILE, HOSTILE, f"{HOSTILE}\n\n{endless}", section=HOSTILE, author=HOSTILE
    )
    listed = RelatedList(HOSTILE, related([HOSTILE, endless]).items)
    page = show(html.page(article, listed), width=width)
    assert page.title() == HOSTILE
    assert page.get_by_role("heading", level=1).inner_text() == HOSTILE
    region = page.get_by_role("region", name="Related News", exact=True)
    assert region.get_by_role("link").all_inner_texts() == [HOSTILE, endless]
    assert page.locator("script, img, b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_fragment_is_safe_without_a_policy(show: Show) -> None:
    """In a page without a policy, escaping alone keeps scripts from running."""
    listed = RelatedList(HOSTILE, related([HOSTILE]).items)
    page = show(f"<!DOCTYPE html><title>Host</title>{html.fragment(listed, heading=HOSTILE)}")
    assert page.get_by_role("region", name=HOSTILE, exact=True).count() == 1
    assert page.get_by_role("link").inner_text() == HOSTILE
    assert page.locator("script, img, b").count() == 0


@pytest.mark.parametrize("language", ["ar", None])
def test_arabic_reads_from_the_right(show: Show, language: str | None) -> None:
    """Direction follows the language or, if unknown, the letters."""
    article = Article("a", "ضمانات أمنية لأوكرانيا", text="قال مسؤولون.", language=language)
    page = show(html.page(article, related(HEADLINES)), width=360)
    assert page.locator("h1").evaluate("e => getComputedStyle(e).direction") == "rtl"
    link = page.get_by_role("link").first
    assert link.evaluate("e => getComputedStyle(e).direction") == "ltr"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
