"""<related-news> in a real browser, on a page with a strict policy."""

from __future__ import annotations

import datetime as dt
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from relnews import RelatedNews, web
from relnews.export import html
from relnews.results import RelatedItem, RelatedList
from relnews.sample import DEMO_ID, sample_articles
from relnews.web.element import module
from serving import PATIENT
from web.pages import Pages, Scheme, pages_of
from web.test_browser import CONTRASTS, HOSTILE

if TYPE_CHECKING:
    from playwright import sync_api
else:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

ARABIC = [
    ("ar-1", "محادثات السلام تتواصل في جنيف وسط ضغوط دولية", "العالم"),
    ("ar-2", "الأمم المتحدة تدعو إلى استئناف محادثات السلام", "العالم"),
    ("ar-3", "ضغوط دولية على الأطراف قبل جولة جديدة من المحادثات في جنيف", "سياسة"),
    ("ar-4", "محادثات جنيف: ما الذي نعرفه حتى الآن؟", "سياسة"),
]

#: Policy of a careful site: nothing inline, nothing from other hosts.
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'"
)

CSS = """
:root { color-scheme: light dark; --ink: #1c1b19; --paper: #fffefb; --rule: #d8d4ca; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6e1; --paper: #16171a; --rule: #3b3c41; }
}
body { margin: 0 auto; max-width: 46rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 Georgia, serif; }
related-news { --relnews-rule: var(--rule); }
related-news:empty:not([hidden]) { display: block; min-block-size: 28rem; }
@media (max-width: 40rem) { related-news:empty:not([hidden]) { min-block-size: 48rem; } }
.themed { --relnews-link: rgb(156, 31, 31); --relnews-space: 0; }
.themed h2 { letter-spacing: 3px; }
.far { height: 6000px; }
"""

PIXEL = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"><path d="M0 0h3v2H0z"/></svg>'

PAGE = """<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A story</title>
<link rel="stylesheet" href="/site.css">
<script type="module" src="/relnews/related-news.js"></script>
<main>
<h1>A story</h1>
<p>What happened, and why it matters.</p>
{body}
</main>
<footer><p>The end of the page</p></footer>
</html>"""

Open = Callable[..., sync_api.Page]


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> RelatedNews:
    folder = tmp_path_factory.mktemp("element") / "archive.relnews"
    articles: list[dict[str, Any]] = [
        {"id": slug, "title": title, "section": section, "language": "ar", "url": f"/{slug}",
         "published": "2025-08-22", "source": "صحيفة"}
        for slug, title, section in ARABIC
    ]  # fmt: skip
    articles += [{"id": "lonely", "title": "Xylophone zeppelin"}]
    articles += [
        {"id": f"hostile-{i}", "title": f"{HOSTILE} qwertz", "url": url, "section": HOSTILE,
         "text": f"asdf{i}",
         "source": HOSTILE, "language": '"><b>', "published": "2025-08-22T14:05:00.000001Z"}
        for i, url in enumerate([
            "/fine", "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)",
            "data:text/html,x", "//elsewhere.example/x", "https:///x", "\\\\elsewhere\\x",
            "vbscript:x", "/\\elsewhere.example",
        ])
    ]  # fmt: skip
    RelatedNews().fit([*sample_articles(), *articles]).save(folder)
    news = RelatedNews.open(folder)
    news.store_lists(10)
    return news


@pytest.fixture(scope="module")
def site(news: RelatedNews) -> Iterator[str]:
    """Serve pages, and the service below /relnews; yield the address."""
    assert news.archive_.catalogue.folder
    style = Response(CSS, media_type="text/css")

    async def css(request: Request) -> Response:
        return style

    async def page(request: Request) -> Response:
        query = request.query_params
        markup = PAGE.format(
            language=query.get("lang", "en"), direction=query.get("dir", "ltr"), body=query["body"]
        )
        return Response(markup, 200, {"Content-Security-Policy": POLICY}, "text/html")

    async def picture(request: Request) -> Response:
        return Response(PIXEL, media_type="image/svg+xml")

    application = Starlette(
        routes=[
            Route("/site.css", css),
            Route("/page", page),
            Route("/p/{name}", picture),
            Route("/favicon.ico", picture),
            Mount("/relnews", web.app(news.archive_.catalogue.folder, limits=PATIENT)),
        ]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def pages(browser: sync_api.Browser) -> Iterator[Pages]:
    """Yield pages that add up how much their content shifts."""
    with pages_of(browser) as pages:
        pages.context.add_init_script(
            "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => "
            "{ window.shift += entry.value; })).observe({type: 'layout-shift', buffered: true});"
        )
        yield pages


def address(site: str, body: str, language: str = "en", direction: str = "ltr") -> str:
    return f"{site}/page?" + urlencode({"body": body, "lang": language, "dir": direction})


@pytest.fixture
def show(pages: Pages, site: str) -> Iterator[Open]:
    """Open a page with the given content; at the end, fail on anything unexpected."""
    all_expected: list[str] = []

    def show(
        body: str,
        *,
        lang: str = "en",
        dir: str = "ltr",  # noqa: A002
        width: int = 1280,
        scheme: Scheme = "light",
        expected: tuple[str, ...] = (),
    ) -> sync_api.Page:
        all_expected.extend(expected)
        page = pages.take(width=width, scheme=scheme)
        page.goto(address(site, body, lang, dir))
        return page

    yield show
    events = pages.give_back()
    assert [event for event in events if not any(part in event for part in all_expected)] == []


def element(identifier: str = DEMO_ID, attributes: str = "", inside: str = "") -> str:
    source = f"/relnews/related/{quote(identifier, safe='')}"
    return f'<related-news src="{source}" {attributes}>{inside}</related-news>'


def state(page: sync_api.Page, name: str) -> sync_api.Locator:
    """Wait until the element is in the given state."""
    page.wait_for_selector(f'related-news[state="{name}"]', state="attached")
    return page.locator("related-news")


def check_axe(page: sync_api.Page) -> None:
    """Run axe on the whole page; fail on violations, or if nothing passes."""
    found = axe.Axe().run(page).response
    assert found["violations"] == []
    assert len(found["passes"]) > 5


def test_it_loads_nothing_else() -> None:
    """The module imports nothing, writes no HTML, and has the whole stylesheet in it."""
    source = module().decode()
    assert "import" not in source
    assert "innerHTML" not in source
    for sign in ("{", "}", "var(--relnews-", ":where("):
        style = re.sub(r"/\*.*?\*/", "", html.stylesheet(), flags=re.DOTALL)
        sheet = source.split("`")[1]
        assert sheet.count(sign) == style.count(sign) > 10
    assert not {"\\", "$"} & {*sheet}


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable(show: Open, news: RelatedNews, width: int, scheme: Scheme) -> None:
    """The box is readable on any screen, light or dark, and shifts nothing."""
    page = show(element(), width=width, scheme=scheme)
    box = state(page, "ready")
    assert page.get_by_role("link").all_inner_texts() == [
        item.title for item in news.related(DEMO_ID)
    ]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 3 * 8
    assert min(contrasts) >= 4.5
    assert page.evaluate("window.shift") == 0
    assert box.evaluate("e => e.getBoundingClientRect().height") >= 400
    check_axe(page)


def test_it_reads_well_to_a_screen_reader(show: Open, news: RelatedNews) -> None:
    """The region is named by its heading, on the given level, and has a list of links."""
    page = show(element(attributes='heading="More on this" heading-level="3" k="5"'))
    state(page, "ready")
    region = page.get_by_role("region", name="More on this", exact=True)
    assert region.get_by_role("heading", level=3, name="More on this", exact=True).count() == 1
    entries = region.get_by_role("list").get_by_role("listitem")
    related = news.related(DEMO_ID, 5)
    assert entries.count() == 5
    for link, item in zip(region.get_by_role("link").all(), related, strict=True):
        assert link.get_attribute("href") == item.url
        assert link.get_attribute("lang") == "en"
    first = related[0]
    assert first.published
    about = f"{first.section} · {first.source} · {first.published.day} {first.published:%B} "
    assert about in (entries.first.text_content() or "")
    for item in related:
        page.keyboard.press("Tab")
        focused = page.locator(":focus-visible")
        assert focused.inner_text() == item.title
        assert focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_only_its_list_is_asked_for(show: Open, pages: Pages, site: str) -> None:
    """Each list is one request without cookies."""
    page = show(element())
    state(page, "ready")
    asked = [url for url in pages.asked(page) if not url.startswith(f"{site}/page")]
    assert sorted(asked) == [
        f"{site}/relnews/related-news.js", f"{site}/relnews/related/{DEMO_ID}", f"{site}/site.css",
    ]  # fmt: skip
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_it_waits_until_it_is_near(show: Open, pages: Pages) -> None:
    """A list far down the page loads when the reader comes close."""
    page = show(f'<div class="far"></div>{element()}')
    state(page, "waiting")
    page.wait_for_timeout(300)
    assert not any("/related/" in url for url in pages.asked(page))
    page.evaluate("scrollTo(0, 5000)")
    box = state(page, "ready")
    height = box.evaluate("e => e.offsetHeight - e.firstElementChild.offsetHeight")
    assert height == 0  # out of view the reserved space may shrink
    page.evaluate("scrollTo(0, 9000)")
    assert page.evaluate("window.shift") == 0


def test_an_empty_list_shows_nothing(show: Open) -> None:
    """An empty list has no heading; a visible box keeps its space."""
    page = show(element("lonely"))
    box = state(page, "empty")
    assert box.inner_text() == ""
    assert page.get_by_role("heading").count() == 1
    assert page.evaluate("window.shift") == 0
    check_axe(page)
    page = show(f'<div class="far"></div>{element("lonely")}')
    page.evaluate("scrollTo(0, 5000)")
    page.wait_for_selector('related-news[state="empty"]', state="hidden")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "json": {"status": 404}},
        {"status": 500, "body": "no"},
        {"status": 200, "body": "<html>", "content_type": "text/html"},
        {"status": 200, "json": {"version": 2, "related": [{"title": "x"}]}},
        {"status": 200, "json": {"version": 1}},
        {"status": 200, "json": None},
        {"status": 200, "json": {"version": 1, "related": [None]}},
    ],
)
def test_an_error_shows_nothing(show: Open, answer: dict[str, Any]) -> None:
    """After any error the page looks as if there were no element."""
    page = show("<p></p>", expected=("Failed to load resource",))
    page.route("**/related/*", lambda route: route.fulfill(**answer))
    page.evaluate(
        "document.querySelector('main').append(Object.assign("
        "document.createElement('related-news'), {id: 'late'}))"
    )
    page.evaluate("document.getElementById('late').setAttribute('src', '/relnews/related/x')")
    box = state(page, "error")
    assert box.inner_text() == ""
    check_axe(page)


def test_it_comes_when_the_reader_is_online_again(show: Open) -> None:
    """The list loads by itself when the network returns."""
    page = show(f'<div class="far"></div>{element()}', expected=("ERR_INTERNET_DISCONNECTED",))
    state(page, "waiting")
    page.context.set_offline(True)
    page.evaluate("scrollTo(0, 5600)")
    state(page, "error")
    page.context.set_offline(False)
    state(page, "ready")
    assert page.get_by_role("link").count() == 8


def test_what_the_server_put_there_stays(show: Open, pages: Pages, news: RelatedNews) -> None:
    """A list rendered by the server is not loaded again."""
    page = show(element(inside=html.fragment(news.related(DEMO_ID, 3))))
    page.wait_for_load_state("networkidle")
    check_list_of_server(page, pages)
    assert page.locator("related-news").get_attribute("state") is None
    assert page.evaluate("window.shift") == 0
    check_axe(page)


def test_what_the_server_put_there_needs_no_scripts(
    browser: sync_api.Browser, site: str, news: RelatedNews
) -> None:
    """A list rendered by the server is there without JavaScript."""
    with pages_of(browser, scripts=False) as pages:
        page = pages.take(width=1280)
        page.goto(address(site, element(inside=html.fragment(news.related(DEMO_ID, 3)))))
        page.wait_for_load_state("networkidle")
        check_list_of_server(page, pages)
        assert pages.give_back() == []


def check_list_of_server(page: sync_api.Page, pages: Pages) -> None:
    assert page.get_by_role("region", name="Related News").get_by_role("link").count() == 3
    assert not any("/related/" in url for url in pages.asked(page))


@pytest.mark.parametrize("width", [360, 1280])
def test_arabic_reads_from_the_right(show: Open, width: int) -> None:
    """On an Arabic page the list runs from right to left, numbers and dates included."""
    page = show(element("ar-1", 'heading="أخبار ذات صلة"'), lang="ar", dir="rtl", width=width)
    box = state(page, "ready")
    link = page.get_by_role("link").first
    assert box.evaluate("e => getComputedStyle(e.querySelector('ol')).direction") == "rtl"
    assert link.evaluate("e => getComputedStyle(e).direction") == "rtl"
    gaps = link.evaluate(
        "e => { const li = e.closest('li').getBoundingClientRect(), a = e.getBoundingClientRect();"
        " return [li.right - a.right, a.left - li.left]; }"
    )
    assert gaps[0] <= gaps[1] + 1
    assert "أغسطس" in page.locator("time").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_axe(page)


def test_hostile_text_is_only_text(show: Open, news: RelatedNews) -> None:
    """Markup in a title is shown as text; an unsafe address is left out."""
    page = show(element("hostile-3", 'heading="<img src=x onerror=alert(1)>"'))
    box = state(page, "ready")
    related = news.related("hostile-3", 8)
    titles = box.locator(".relnews-title")
    assert titles.all_inner_texts() == [item.title for item in related]
    links = box.get_by_role("link")
    hrefs = [link.get_attribute("href") for link in links.all()]
    assert hrefs == [html.linkable(item.url) for item in related if html.linkable(item.url)]
    assert set(hrefs) <= {"/fine"}
    names = box.evaluate("e => [...new Set([...e.querySelectorAll('*')].map(x => x.localName))]")
    assert set(names) <= {"section", "h2", "ol", "li", "a", "span", "div", "bdi", "time"}
    page.wait_for_timeout(100)


def test_it_is_themed_by_the_page(show: Open) -> None:
    """Custom properties set colours and space; the page's rules override them."""
    page = show(element(attributes='class="themed"'))
    box = state(page, "ready")
    link = page.get_by_role("link").first
    assert link.evaluate("e => getComputedStyle(e).color") == "rgb(156, 31, 31)"
    assert box.evaluate("e => getComputedStyle(e).minBlockSize") == "0px"
    heading = page.get_by_role("heading", level=2)
    assert heading.evaluate("e => getComputedStyle(e).letterSpacing") == "3px"


def test_another_source_is_another_list(show: Open, news: RelatedNews) -> None:
    """A changed attribute, or a moved element, loads the new list."""
    page = show(element())
    box = state(page, "ready")
    box.evaluate("e => e.setAttribute('src', '/relnews/related/ar-1')")
    page.wait_for_selector("related-news a[href='/ar-2']")
    assert page.get_by_role("link").count() == 3
    box.evaluate("e => { const p = e.parentElement; e.remove(); p.prepend(e); }")
    assert page.get_by_role("link").count() == 3
    page.evaluate(
        "document.querySelector('main').append(document.querySelector('related-news')"
        ".cloneNode(false))"
    )
    page.wait_for_selector("related-news:last-of-type a[href='/ar-2']")
    ids = page.evaluate("[...document.querySelectorAll('h2')].map(e => e.id)")
    assert len(set(ids)) == len(ids) == 2


# --- layouts, images, dates and clicks: the element and the fragment -----------------------------


def pictured(images: list[str | None], **fields: Any) -> RelatedList:
    day = dt.datetime(2025, 8, 22, tzinfo=dt.UTC)
    items = (
        RelatedItem(
            f"s-{rank}", rank, 0.5, 0.5, f"Talks {rank} " * (40 if rank == 2 else 3),
            url=None if rank == 3 else f"/s-{rank}", published=day, section="World",
            **{"image": image, "image_alt": f"Talks, {rank}" if rank > 1 else None, **fields},
        )
        for rank, image in enumerate(images, start=1)
    )  # fmt: skip
    return RelatedList("a", tuple(items))


IMAGES = ["/p/1.svg", "/p/2.svg", None, "/p/4.svg"]


def both(show: Open, related: RelatedList, layout: str, language: str, **options: Any) -> Any:
    """Open a page with the fragment, and with the element, of a list; return both pages."""
    fragment = html.fragment(related, language=language)
    body = f'<link rel="stylesheet" href="/relnews/related-news.css"><div class="relnews-{layout}">'
    served = show(f"{body}{fragment}</div>", lang=language, **options)
    made = show("<p></p>", lang=language, **options)
    made.route("**/related/*", lambda route: route.fulfill(json=related.to_dict()))
    made.evaluate(
        "layout => { const e = document.createElement('related-news'); e.setAttribute('layout',"
        " layout); e.setAttribute('src', '/relnews/related/a');"
        " document.querySelector('main').append(e); }",
        layout,
    )
    state(made, "ready")
    return served, made


#: What is to be the same in both: elements with their attributes and texts, and their places.
LOOKS = """() => [...document.querySelectorAll(".relnews ol *")].map(e => {
  const box = e.getBoundingClientRect(), list = e.closest("ol").getBoundingClientRect();
  const attributes = [...e.attributes].filter(a => !["lang", "dir"].includes(a.name))
    .map(a => `${a.name}=${a.value}`).sort().join(" ");
  const text = e.textContent.replace(/\\s+/g, " ").trim();
  return [e.localName, attributes, text, ...[box.x - list.x, box.y - list.y, box.width, box.height]
    .map(Math.round)].join("|");
})"""


@pytest.mark.parametrize(("layout", "width"), [("list", 320), ("cards", 1440), ("compact", 320)])
def test_layouts_are_the_same_in_both(show: Open, layout: str, width: int) -> None:
    """Fragment and element look the same, fit the screen, and axe finds nothing."""
    scheme = "dark" if width == 320 else "light"
    pages = both(show, pictured(IMAGES), layout, "en", width=width, scheme=scheme)
    served, made = (page.evaluate(LOOKS) for page in pages)
    assert served == made
    for screen in (320, 390, 768, 1440):
        pages[0].set_viewport_size({"width": screen, "height": 800})
        assert pages[0].evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_axe(pages[0])
    titles = pages[0].locator(".relnews-title").all()
    heights = [title.evaluate("e => e.offsetHeight") for title in titles]
    assert heights[1] < heights[0] * 7  # clamped
    weights = [title.evaluate("e => getComputedStyle(e).fontWeight") for title in titles]
    assert weights == ["700", "700", "400", "700"]
    shown = [image.is_visible() for image in pages[1].locator("img").all()]
    assert shown == [layout != "compact"] * 3


def test_cards_are_beside_each_other_where_there_is_room(show: Open) -> None:
    """The width of the box decides, not that of the screen."""
    page, _ = both(show, pictured(IMAGES), "cards", "en", width=1440)
    tops = "() => new Set([...document.querySelectorAll('li')].map(e => e.offsetTop)).size"
    assert page.evaluate(tops) == 2
    image = page.locator("img").first
    is_wide = "(e) => e.offsetWidth > e.parentElement.clientWidth / 2"
    assert image.evaluate(is_wide)
    page.evaluate("document.querySelector('main').style.width = '20rem'")
    assert page.evaluate(tops) == 4
    assert not image.evaluate(is_wide)


def test_dates_are_the_same_in_both(show: Open) -> None:
    """Server and browser write a date the same way, in the language of the page."""
    page = show("<p></p>")
    day = dt.datetime(2025, 8, 22, tzinfo=dt.UTC)
    related = RelatedList("a", (RelatedItem("b", 1, 0.5, 0.5, "T", published=day),))
    page.route("**/related/*", lambda route: route.fulfill(json=related.to_dict()))
    for language in "en EN en-US de pt-BR ru ar-EG fa mr zh th".split():  # noqa: SIM905
        page.evaluate(
            "language => { document.documentElement.lang = language;"
            " const e = document.createElement('related-news'); e.setAttribute('src',"
            " '/relnews/related/a'); document.querySelector('main').replaceChildren(e); }",
            language,
        )
        state(page, "ready")
        (written,) = re.findall(
            r"<time[^>]*>(.*?)</time>", html.fragment(related, language=language)
        )
        shown = page.locator("time").inner_text()
        assert shown.split() == written.split(), language


def test_images_are_lazy_and_only_where_there_are_some(show: Open, pages: Pages) -> None:
    """An image far down is not loaded; an unsafe address is no image."""
    unsafe = [
        "javascript:alert(1)",
        "data:image/svg+xml,x",
        "//elsewhere.example/x.png",
        "/p/1.svg",
    ]
    for page in both(show, pictured(unsafe), "list", "en"):
        assert [e.get_attribute("src") for e in page.locator("img").all()] == ["/p/1.svg"]
    fragment = html.fragment(pictured(IMAGES))
    page = show(f'<div class="far"></div>{fragment}')
    page.wait_for_load_state("networkidle")
    assert not any("/p/" in url for url in pages.asked(page))


def test_a_click_is_an_event_and_no_request(show: Open, pages: Pages, site: str) -> None:
    """The element tells of a click with rank and address, to the page alone."""
    link = '<link rel="stylesheet" href="/relnews/related-news.css">'
    page = show(link + element(inside=html.fragment(pictured(IMAGES))))
    page.evaluate(
        "window.told = []; addEventListener('click', event => event.preventDefault());"
        "addEventListener('relnews-click', event => window.told.push(event.detail))"
    )
    page.wait_for_load_state("networkidle")
    asked = len(pages.asked(page))
    page.locator("a[data-relnews-rank='2']").click()
    page.locator("img").nth(2).click(force=True)  # the whole item is the link
    page.locator("h2").click()
    page.locator("span.relnews-title").click()
    assert page.evaluate("window.told") == [
        {"rank": 2, "url": f"{site}/s-2"}, {"rank": 4, "url": f"{site}/s-4"},
    ]  # fmt: skip
    assert len(pages.asked(page)) == asked
    assert page.context.cookies() == []
