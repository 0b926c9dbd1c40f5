"""Service: the application with all addresses."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from relnews.exceptions import RelnewsError
from relnews.export import html
from relnews.web import _errors, element, openapi
from relnews.web.access_log import AccessLog, AccessLogMiddleware
from relnews.web.drafts import Draft
from relnews.web.formats import takes_gzip
from relnews.web.limits import Limits
from relnews.web.metrics import CONTENT_TYPE, Metrics, MetricsMiddleware
from relnews.web.problems import HANDLERS, HTTPProblem, WebProblem
from relnews.web.rankings import Rankings, client_of, cost_of
from relnews.web.responses import CachedResponse
from relnews.web.routes import ListRoute
from relnews.web.source import Source
from relnews.web.workers import Workers

_LOG = logging.getLogger(__name__)


def make_app(
    folder: Path,
    origins: tuple[str, ...],
    max_age: int,
    heading: str,
    heading_level: int,
    language: str,
    limits: Limits,
    access_log: AccessLog,
) -> Starlette:
    """Return the application; see `relnews.web.app`."""
    _errors.check_max_age(max_age)
    source = Source(folder)
    counts = Metrics()
    workers = Workers(folder)
    rankings = Rankings(limits, workers.ask)
    lists = ListRoute(
        source, counts, max_age, limits, rankings,
        heading=heading, heading_level=heading_level, language=language,
    )  # fmt: skip

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        workers.close()

    def status() -> dict[str, object]:
        try:
            return {"status": "ok", **source.status()}
        except (RelnewsError, OSError) as error:
            _LOG.error("%s", error)
            raise HTTPProblem(WebProblem.GONE) from error

    async def health(request: Request) -> Response:
        return JSONResponse(status(), headers={"Cache-Control": "no-store"})

    async def ready(request: Request) -> Response:
        found = status()
        # If every list is ranked, it takes more to be ready.
        if not source.has_lists() and source.ranks_drafts():
            draft = Draft("ready", k=1)
            await rankings.run(client_of(request.scope), cost_of(1), Source.rank_draft, *draft)
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    async def metrics(request: Request) -> Response:
        counts.generation.set(source.generation())
        counts.articles.set(len(source))
        return Response(counts.write(), headers={"Content-Type": CONTENT_TYPE})

    async def openapi_json(request: Request) -> Response:
        return _answer(request, description(request.scope.get("root_path", "")))

    async def related_news_js(request: Request) -> Response:
        return _answer(request, module)

    async def related_news_css(request: Request) -> Response:
        return _answer(request, stylesheet)

    cache_control = "public, max-age=3600"  # they change only between versions of relnews

    @functools.lru_cache(16)
    def description(root_path: str) -> CachedResponse:
        content = json.dumps(openapi.document(root_path)).encode()
        return CachedResponse(content, "application/json", cache_control)

    module = CachedResponse(element.module(), "text/javascript; charset=utf-8", cache_control)
    stylesheet = CachedResponse(
        html.stylesheet().encode(), "text/css; charset=utf-8", cache_control
    )
    logging_middleware = [Middleware(AccessLogMiddleware, form=access_log)]
    app = Starlette(
        routes=[
            lists,
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", metrics),
            Route("/openapi.json", openapi_json),
            Route("/related-news.js", related_news_js),
            Route("/related-news.css", related_news_css),
        ],
        middleware=[
            *(logging_middleware if access_log != "off" else []),
            Middleware(MetricsMiddleware, metrics=counts),
            Middleware(
                CORSMiddleware, allow_origins=origins, allow_methods=["GET", "HEAD", "POST"]
            ),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _answer(request: Request, response: CachedResponse) -> Response:
    """Return a response as the client takes it, or status 304 if the client has it already."""
    headers = {
        "ETag": f"W/{response.tag.decode()}", "Cache-Control": response.cache_control.decode(),
        "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    if response.tag.decode() in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = response.content_type.decode()
    if response.packed is not None and takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(response.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(response.content, headers=headers)
