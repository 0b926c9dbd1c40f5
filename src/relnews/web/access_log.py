"""Access log: a line for each request, in the common form or as JSON."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: The name of the logger; its messages are whole lines.
LOGGER = "relnews.access"

AccessLog: TypeAlias = Literal["off", "common", "json"]

_LOG = logging.getLogger(LOGGER)

#: Request ids of clients that are passed on.
_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")

_HEADER = b"x-request-id"

#: What may not stand between the quotation marks of a line.
_UNSAFE = re.compile(r"[^ !#-\[\]-~]")

#: What is in no address and no name of a host.
_NO_HOST = re.compile(r"[^A-Za-z0-9.:%_-]")


class AccessLogMiddleware:
    """Middleware that logs every answer, and gives every request an id.

    The id is that of the header ``X-Request-ID``, where a proxy gives it, and the answer has it in
    the same header.

    Parameters
    ----------
    app : ASGI application
        The application.
    form : 'common' or 'json'
        Form of a line.
    """

    def __init__(self, app: ASGIApp, form: AccessLog) -> None:
        self._app = app
        self._line_of = _FORMS[form]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
        request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex.encode()
        moment, begin = dt.datetime.now(dt.UTC), time.perf_counter()
        status = n_bytes = 0

        async def watched(message: Message) -> None:
            nonlocal status, n_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_HEADER, request_id)]
            elif scope["method"] != "HEAD":  # the server leaves out the body
                n_bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            query = scope.get("query_string", b"")
            target = (scope.get("raw_path") or scope["path"].encode()) + b"?" * bool(query) + query
            _LOG.info("%s", self._line_of({
                "time": moment, "request_id": request_id.decode(),
                "client": str((scope.get("client") or ("-",))[0]), "method": scope["method"],
                "target": target.decode("latin-1"), "http_version": scope.get("http_version", ""),
                "status": status or 500, "bytes": n_bytes,
                "seconds": round(time.perf_counter() - begin, 6),
            }))  # fmt: skip


def _common(entry: dict[str, Any]) -> str:
    """Return a line of the Common Log Format, followed by the request id."""
    request = "{method} {target} HTTP/{http_version}".format_map(entry)
    safe = _UNSAFE.sub(lambda match: f"\\x{ord(match[0]):02x}", request)
    moment = entry["time"].strftime("%d/%b/%Y:%H:%M:%S +0000")
    client = _NO_HOST.sub("?", entry["client"])  # a proxy gives it, and may pass on anything
    return (
        f'{client} - - [{moment}] "{safe}" {entry["status"]} {entry["bytes"] or "-"} '
        f"{entry['request_id']}"
    )


def _json(entry: dict[str, Any]) -> str:
    return json.dumps(entry | {"time": entry["time"].isoformat(timespec="milliseconds")})


_FORMS: dict[str, Callable[[dict[str, Any]], str]] = {"common": _common, "json": _json}
