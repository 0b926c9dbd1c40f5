"""Every look of a list, on narrow and wide screens, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

from web.gallery import DRAWN, LOOKS, PICTURES, SCHEMES, WIDTHS, Gallery, K, gallery  # noqa: E402
from web.pages import Scheme  # noqa: E402


@pytest.fixture(scope="module")
def pages(browser) -> Iterator[Gallery]:
    with gallery(browser) as made:
        yield made


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("look", LOOKS)
def test_looks(pages: Gallery, look: str, scheme: Scheme) -> None:
    """Axe finds nothing, nothing overflows, and images are there or not as the layout says."""
    with pages.page(look, scheme, WIDTHS[0]) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert axe.Axe().run(page).response["violations"] == []
        drawn = page.locator("img").evaluate_all(
            "all => all.map(e => [e.offsetWidth, e.naturalWidth])"
        )
        if look == "review":
            assert drawn == []
        else:
            assert len(drawn) == K - 1  # one article has none
            assert all((shown > 0) == (look != "compact") for shown, _ in drawn)
            assert all(loaded > 0 for shown, loaded in drawn if shown)
        if look == "cards":  # a card without an image is as high as its text
            heights = page.locator("li").evaluate_all("all => all.map(e => e.offsetHeight)")
            assert min(heights) < max(heights) / 2


def test_the_documentation_shows_them() -> None:
    """Each picture is drawn and shown, and all together are small."""
    names = {f"{look}-{w}-{s}.png" for look in DRAWN for w in WIDTHS for s in SCHEMES}
    files = [*PICTURES.glob("*.png")]
    assert {file.name for file in files} == names
    assert sum(file.stat().st_size for file in files) < 400_000
    texts = "".join(file.read_text(encoding="utf-8") for file in PICTURES.parent.glob("*.md"))
    assert {*re.findall(r"pictures/([a-z]+-\d+-[a-z]+\.png)", texts)} == names
