"""Service: the application with all addresses."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from relnews.web import _errors, openapi
from relnews.web.metrics import CONTENT_TYPE, Metrics, MetricsMiddleware
from relnews.web.problems import HANDLERS
from relnews.web.routes import ListRoute
from relnews.web.source import Source


def make_app(
    folder: Path, origins: tuple[str, ...], max_age: int, heading: str, heading_level: int
) -> Starlette:
    """Return the application; see `relnews.web.app`."""
    _errors.check_max_age(max_age)
    source = Source(folder)
    counts = Metrics()
    lists = ListRoute(source, counts, max_age, heading=heading, heading_level=heading_level)

    async def health(request: Request) -> Response:
        status = {
            "status": "ok", "generation": source.generation(), "articles": len(source),
        }  # fmt: skip
        return JSONResponse(status, headers={"Cache-Control": "no-store"})

    async def metrics(request: Request) -> Response:
        counts.generation.set(source.generation())
        counts.articles.set(len(source))
        return Response(counts.write(), headers={"Content-Type": CONTENT_TYPE})

    async def openapi_json(request: Request) -> Response:
        return _constant(request, description, "application/json")

    async def related_news_js(request: Request) -> Response:
        return _constant(request, element, "text/javascript")

    description = json.dumps(openapi.document()).encode()
    element = (resources.files("relnews.web") / "related-news.js").read_bytes()
    app = Starlette(
        routes=[
            lists,
            Route("/health", health),
            Route("/metrics", metrics),
            Route("/openapi.json", openapi_json),
            Route("/related-news.js", related_news_js),
        ],
        middleware=[
            Middleware(MetricsMiddleware, metrics=counts),
            Middleware(
                CORSMiddleware, allow_origins=origins, allow_methods=["GET", "HEAD", "POST"]
            ),
        ],
        exception_handlers=HANDLERS,
    )
    app.router.redirect_slashes = False
    return app


def _constant(request: Request, content: bytes, media_type: str) -> Response:
    """Return an answer with content that changes only between versions of relnews."""
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {
        "ETag": tag, "Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)
