"""Service: the addresses of the review page, for holders of the token on this machine."""

from __future__ import annotations

import hmac
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from relnews.exceptions import RelnewsError, UnknownArticleError
from relnews.web.review.edits import Edits

#: Names of this machine; a page of another name that leads here is refused (DNS rebinding).
_HOSTS = ["127.0.0.1", "localhost"]

#: Files of the page. They hold nothing of the archive, so they need no token.
_FILES = {
    "/": ("review.html", "text/html"),
    "/review.css": ("review.css", "text/css"),
    "/review.js": ("review.js", "text/javascript"),
}

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

#: Questions and changes: method, and the names and types of what they take.
_CALLS: dict[str, tuple[str, dict[str, type]]] = {
    "find": ("GET", {"words": str}),
    "list_of": ("GET", {"identifier": str, "k": int}),
    "why_not": ("GET", {"identifier": str, "other": str, "k": int}),
    "pin": ("POST", {"identifier": str, "other": str, "place": int}),
    "block": ("POST", {"identifier": str, "other": str}),
    "drop": ("POST", {"kind": str, "a": str, "b": str}),
    "undo": ("POST", {}),
}


def make_app(folder: Path, token: str) -> Starlette:
    """Return the application.

    Parameters
    ----------
    folder : Path
        Folder of the archive.
    token : str
        Requests for anything of the archive have it in the header Authorization, as ``Bearer``. No
        other site can send that header: the application allows no other origin.
    """
    edits = Edits(folder)

    def call(name: str, method: str, fields: dict[str, type]) -> Route:
        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                error = "This page needs the address that `relnews review` printed."
                return _answer({"error": error}, 401)
            try:
                values: Any = request.query_params if method == "GET" else await request.json()
                arguments = {field: _of(kind, values[field]) for field, kind in fields.items()}
            except (KeyError, TypeError, ValueError, RecursionError):
                return _answer({"error": f"Expected {', '.join(fields)}."}, 400)
            try:
                return _answer(await run_in_threadpool(getattr(edits, name), **arguments))
            except UnknownArticleError as error:
                return _answer({"error": str(error)}, 404)
            except ValueError as error:
                return _answer({"error": str(error)}, 400)
            except (RelnewsError, OSError) as error:  # a timeout is an OSError
                return _answer({"error": str(error)}, 503)

        return Route(f"/{name}", endpoint, methods=[method])

    def file(path: str, name: str, media_type: str) -> Route:
        content = (resources.files("relnews.web.review") / name).read_bytes()

        async def endpoint(request: Request) -> Response:
            return Response(content, headers=_HEADERS, media_type=media_type)

        return Route(path, endpoint)

    return Starlette(
        routes=[
            *(file(path, *file_) for path, file_ in _FILES.items()),
            *(call(name, *question) for name, question in _CALLS.items()),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)],
    )


def _of(kind: type, value: object) -> object:
    """Return a value of a kind; a query has numbers as text."""
    made = kind(value) if isinstance(value, str) else value
    if type(made) is not kind:
        raise TypeError
    return made


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, _HEADERS)
