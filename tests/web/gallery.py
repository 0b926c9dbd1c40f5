"""The lists that pages show, as pictures: what tests look at and the documentation shows.

``PYTHONPATH=tests python -m web.gallery`` draws the pictures of ``docs/how-to/pictures``; it needs
Chromium.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from relnews import RelatedNews, web
from relnews.articles import Article
from relnews.export import html
from relnews.sample import DEMO_ID, sample_articles
from relnews.web.review.service import make_app
from web.pages import Pages, Scheme, pages_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

PICTURES = Path(__file__).parents[2] / "docs" / "how-to" / "pictures"
HOST = "http://127.0.0.1"
TOKEN = "a-token"
K = 6
#: Pixels of the highest picture; the rest of the page of editors is more of the same.
HIGHEST = 900

#: What is drawn: fragments in each layout, the element, and the page of editors.
LOOKS = ("list", "cards", "compact", "element", "review")
#: The element looks like a fragment.
DRAWN = ("list", "cards", "compact", "review")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (390, 1280)

#: Three hills and a sun, in colours of their own for each article.
HILLS = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><g fill="hsl({0} 60% 80%)">'
    '<path d="M0 0h300v200H0z"/><circle cx="{1}" cy="50" r="22" fill="#fdf6df"/>'
    '<path fill="hsl({0} 40% 55%)" d="M0 120Q60 80 150 120T300 90V200H0z"/>'
    '<path fill="hsl({0} 40% 40%)" d="M0 150Q70 110 160 150T300 130V200H0z"/>'
    '<path fill="hsl({0} 40% 25%)" d="M0 180Q90 140 180 180T300 160V200H0z"/></g></svg>'
)

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A story</title>
<link rel="stylesheet" href="/relnews/related-news.css">
<style>
:root {{ color-scheme: light dark; background: #fff; color: #111; --relnews-quiet: #5e5b55; }}
@media (prefers-color-scheme: dark) {{
  :root {{ background: #16171a; color: #eee; --relnews-quiet: #a8a59d; }}
}}
h1 {{ position: absolute; clip-path: inset(50%); }}
body {{ max-width: 62rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }}
</style>
<script type="module" src="/relnews/related-news.js"></script>
<main><h1>A story</h1>{}</main>
</html>"""


def articles() -> Iterator[Article]:
    """Yield the sample with pictures, a long title, one without an address, and one in Arabic."""
    for number, article in enumerate(sample_articles()):
        changed = dataclasses.replace(
            article, image=f"/pictures/{number}.svg", image_alt=f"Hills under a sun, {number}"
        )
        if article.id.startswith("ukraine-russia-deal"):
            title = f"{article.title}, after three days of talks at which nobody had expected that"
            changed = dataclasses.replace(changed, title=f"{title} the question would be asked")
        elif article.id.startswith("kremlin-seeks"):
            changed = dataclasses.replace(changed, image=None)
        elif article.id.startswith("peace-terms"):
            changed = dataclasses.replace(changed, url=None)
        yield changed
    title = "محادثات السلام تتواصل في جنيف وسط ضغوط دولية"
    names = {"language": "ar", "section": "العالم", "image": "/pictures/7.svg", "url": "/ar"}
    yield Article("talks", title, text=title, published="2025-08-20", **names)


@contextlib.contextmanager
def gallery(browser: Browser) -> Iterator[Gallery]:
    """Make the archive, and yield the gallery."""
    with tempfile.TemporaryDirectory() as folder, pages_of(browser) as pages:
        archive = Path(folder) / "gazette.relnews"
        RelatedNews().fit(articles()).save(archive)
        news = RelatedNews.open(archive)
        news.rules.pin(DEMO_ID, "talks")
        yield Gallery(
            pages,
            news,
            TestClient(web.app(archive), HOST),
            TestClient(make_app(archive, TOKEN), HOST),
        )


@dataclasses.dataclass
class Gallery:
    """Pages with lists; their addresses are answered in this process."""

    pages: Pages
    news: RelatedNews
    service: TestClient
    review: TestClient

    @contextlib.contextmanager
    def page(self, look: str, scheme: Scheme, width: int) -> Iterator[Page]:
        """Open a page, and wait until its list is there."""
        page = self.pages.take(width=width, height=900, scheme=scheme)
        try:
            page.route("**/*", lambda route: self._answer(route, look))
            page.goto(f"{HOST}/#{TOKEN}")
            if look == "review":
                page.get_by_label("Title, id or url of an article").fill("nato backs")
                page.keyboard.press("Enter")
                page.get_by_role("button", name="Review: ").first.click()
            page.wait_for_selector(f"li >> nth={K - 1}")
            for image in page.locator("img:visible").all():
                image.scroll_into_view_if_needed()
            page.wait_for_load_state("networkidle")
            page.evaluate("scrollTo(0, 0)")
            yield page
        finally:
            self.pages.give_back()

    def _answer(self, route: Route, look: str) -> None:
        path = route.request.url.removeprefix(HOST)
        if path.startswith("/pictures/"):
            number = int(path.split("/")[-1].removesuffix(".svg"))
            body = HILLS.format(number * 83 % 360, 40 + number * 37 % 220)
            route.fulfill(body=body, content_type="image/svg+xml")
        elif look == "review":
            self._pass(route, self.review, path)
        elif path == "/":
            route.fulfill(body=PAGE.format(self._box(look)), content_type="text/html")
        else:
            self._pass(route, self.service, path.removeprefix("/relnews"))

    def _box(self, look: str) -> str:
        if look == "element":
            return f'<related-news src="/relnews/related/{DEMO_ID}" k="{K}"></related-news>'
        fragment = html.fragment(self.news.related(DEMO_ID, K))
        return f'<div class="relnews-{look}">{fragment}</div>'

    def _pass(self, route: Route, client: TestClient, path: str) -> None:
        asked = route.request
        headers = {**asked.headers, "accept-encoding": "identity"}
        answer = client.request(asked.method, path, headers=headers, content=asked.post_data_buffer)
        route.fulfill(status=answer.status_code, body=answer.content, headers=dict(answer.headers))


def draw(folder: Path) -> None:
    """Draw every look, light and dark, narrow and wide, as small PNG files."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        with gallery(browser) as pages:
            for look, scheme, width in itertools.product(DRAWN, SCHEMES, WIDTHS):
                path = folder / f"{look}-{width}-{scheme}.png"
                with pages.page(look, scheme, width) as page:
                    page.locator("body").screenshot(path=path)
                picture = Image.open(path).convert("RGB")
                picture = picture.crop((0, 0, picture.width, min(picture.height, HIGHEST)))
                picture.quantize(32).save(path, optimize=True)
        browser.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
