"""Pages of a browser that tests use one after the other, for a new one takes a second to start."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from waiting import LIMIT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

Scheme = Literal["light", "dark"]


class Pages:
    """The pages of one context, with what each asked for and what happened in all of them."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        context.set_default_timeout(1000 * LIMIT)
        self._taken: dict[Page, list[str]] = {}
        self._events: list[str] = []

    def take(self, *, width: int, height: int = 800, scheme: Scheme = "light") -> Page:
        """Return an empty page that nobody has."""
        free = [page for page in self.context.pages if page not in self._taken]
        page = free[0] if free else self._open()
        self._taken[page] = []
        page.bring_to_front()  # what is behind another page is drawn once a second
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        return page

    def asked(self, page: Page) -> list[str]:
        """Return the addresses that a page asked for since it was taken."""
        return self._taken[page]

    def give_back(self) -> list[str]:
        """Empty all pages, the browser's cache and cookies; return what happened in the pages.

        That is dialogs, errors and all that was written to the console.
        """
        for page in self._taken:
            page.unroute_all()
            page.goto("about:blank")
            session = self.context.new_cdp_session(page)
            session.send("Network.clearBrowserCache")
            session.detach()
        self.context.clear_cookies()
        self._taken.clear()
        events, self._events = self._events, []
        return events

    def _open(self) -> Page:
        page = self.context.new_page()
        page.on("dialog", lambda dialog: (self._events.append("dialog"), dialog.dismiss()))
        page.on("pageerror", lambda error: self._events.append(f"error: {error}"))
        page.on("console", lambda message: self._events.append(f"console: {message.text}"))
        page.on("request", lambda request: self._taken[page].append(request.url))
        return page


@contextlib.contextmanager
def pages_of(browser: Browser, *, scripts: bool = True) -> Iterator[Pages]:
    """Open a context, which runs scripts or does not, and yield its pages."""
    with browser.new_context(java_script_enabled=scripts) as context:
        yield Pages(context)
