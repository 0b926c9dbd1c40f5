"""The addresses of lists: ``/related/{id}``, and ``/related`` for drafts."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from relnews.web.drafts import DEFAULT_K, MOST_K, Draft
from relnews.web.formats import Form, preferred, split_suffix, takes_gzip
from relnews.web.metrics import Metrics
from relnews.web.problems import Refused, WebProblem
from relnews.web.responses import Bodies, Body, cache_control_of
from relnews.web.source import Source

#: Most characters of an id.
MOST_ID = 1024

#: Seconds that ranking may take; the first time it loads the compiled loops.
MOST_SECONDS = 10.0

#: Rankings at a time, and how many more may wait.
_RANKERS = 2
_MOST_WAITING = 32

_PREFIX = "/related/"

_MOST_OF_HEADER = 1024
_MOST_FIELDS = 16

_K = re.compile("[1-9][0-9]?")

Answer = TypeVar("Answer")


class Wanted(NamedTuple):
    """What a request asks for.

    Parameters
    ----------
    identifier : str
    k : int
    form : Form
    """

    identifier: str
    k: int
    form: Form


class Lists(BaseRoute):
    """Answers for lists. Ids may hold anything, slashes and line breaks too.

    Parameters
    ----------
    source : Source
    forms : list of Form
    metrics : Metrics
    max_age : int
        Most seconds that a list may be kept.
    """

    def __init__(self, source: Source, forms: list[Form], metrics: Metrics, max_age: int) -> None:
        self._source = source
        self._forms = forms
        self._metrics = metrics
        self._max_age = max_age
        self._bodies = Bodies(source.generation)
        self._roots = {"/related", *(f"/related{form.suffix}" for form in forms)}
        # The same few headers come again and again.
        self._preferred = functools.lru_cache(256)(functools.partial(preferred, forms=forms))
        self._takes_gzip = functools.lru_cache(256)(takes_gzip)
        self._rankers = ThreadPoolExecutor(_RANKERS, "relnews-rank")
        self._n_waiting = 0

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether a request is for a list."""
        if scope["type"] == "http":
            path = _path(scope)
            if path.startswith(_PREFIX) or path in self._roots:
                endpoint = self.draft if scope["method"] == "POST" else self.related
                return Match.FULL, {"endpoint": endpoint, "path_params": {"path": path}}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_root = scope["path_params"]["path"] in self._roots
        methods = ("GET", "HEAD", "POST") if is_root else ("GET", "HEAD")
        if scope["method"] not in methods:
            raise Refused(WebProblem.WRONG_METHOD, {"Allow": ", ".join(methods)})
        await scope["endpoint"](scope, receive, send)

    async def related(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the list of an article."""
        headers = dict(scope["headers"])
        wanted = self._wanted(scope, headers)
        ready = self._bodies.now()
        body = ready.get(wanted)
        if body is None:
            body = ready[wanted] = await self._made(wanted)
        else:
            self._metrics.lists.labels("ready").inc()
        known = headers.get(b"if-none-match", b"")
        is_known = body.tag in known or known == b"*"
        await self._send(scope, send, 304 if is_known else 200, body, headers)

    async def draft(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the list of a story that is not in the archive."""
        headers = dict(scope["headers"])
        form = self._form(split_suffix(scope["path_params"]["path"], self._forms)[1], headers)
        draft = await Draft.of(Request(scope, receive))
        related = await self._in_time(self._source.rank_draft, *draft)
        body = Body(form.write(related).encode(), form.content_type, "no-store")
        await self._send(scope, send, 200, body, headers)

    def _wanted(self, scope: Scope, headers: dict[bytes, bytes]) -> Wanted:
        """Read an address; whatever is not in order is `Refused`."""
        path = scope["path_params"]["path"]
        name, form = split_suffix(path, self._forms)
        ids, k = ([] if path in self._roots else [name.removeprefix(_PREFIX)]), [str(DEFAULT_K)]
        if scope["query_string"]:
            try:
                query = parse_qs(
                    scope["query_string"].decode("latin-1"),
                    keep_blank_values=True,
                    max_num_fields=_MOST_FIELDS,
                )
            except ValueError:
                raise Refused(WebProblem.WRONG_QUERY) from None
            ids += query.get("id", [])
            k = query.get("k", k)
        if len(ids) != 1 or len(k) != 1 or not _K.fullmatch(k[0]) or int(k[0]) > MOST_K:
            raise Refused(WebProblem.WRONG_QUERY)
        if len(ids[0]) > MOST_ID:
            raise Refused(WebProblem.LONG_ID)
        return Wanted(ids[0], int(k[0]), self._form(form, headers))

    def _form(self, by_suffix: Form | None, headers: dict[bytes, bytes]) -> Form:
        form = by_suffix or self._preferred(_header(headers, b"accept"))
        if form is None:
            raise Refused(WebProblem.WRONG_FORM)
        return form

    async def _made(self, wanted: Wanted) -> Body:
        """Read or rank a list, and write it."""
        identifier, k, form = wanted
        # Here rather than in a thread: it takes less time than to hand it over.
        found = self._source.find(identifier, k)
        if found is None:
            raise Refused(WebProblem.UNKNOWN_ARTICLE)
        related = found.related
        self._metrics.lists.labels("stored" if related is not None else "ranked").inc()
        if related is None:
            related = await self._in_time(self._source.rank, identifier, k)
        if related is None:
            raise Refused(WebProblem.UNKNOWN_ARTICLE)
        cache_control = cache_control_of(found.published, self._max_age)
        return Body(form.write(related).encode(), form.content_type, cache_control)

    async def _in_time(self, rank: Callable[..., Answer], *asked: object) -> Answer:
        """Rank in a thread; give up on it after some seconds, and at once if many wait."""
        if self._n_waiting >= _RANKERS + _MOST_WAITING:
            raise Refused(WebProblem.BUSY)
        self._n_waiting += 1
        try:
            answer = asyncio.get_running_loop().run_in_executor(self._rankers, rank, *asked)
            return await asyncio.wait_for(answer, MOST_SECONDS)
        except TimeoutError:
            raise Refused(WebProblem.TOO_SLOW) from None
        finally:
            self._n_waiting -= 1

    async def _send(
        self, scope: Scope, send: Send, status: int, body: Body, headers: dict[bytes, bytes]
    ) -> None:
        """Send a list, or that the client has it already."""
        has_suffix = split_suffix(scope["path_params"]["path"], self._forms)[1] is not None
        answer = [
            (b"etag", b"W/" + body.tag),
            (b"cache-control", body.cache_control),
            (b"vary", b"Accept-Encoding" if has_suffix else b"Accept, Accept-Encoding"),
            (b"x-content-type-options", b"nosniff"),
        ]
        content = b""
        if status == 200:
            content, packed = body.content, None
            if self._takes_gzip(_header(headers, b"accept-encoding")):
                packed = body.packed
            if packed is not None:
                content = packed
                answer.append((b"content-encoding", b"gzip"))
            answer += [
                (b"content-type", body.content_type),
                (b"content-length", b"%d" % len(content)),
                (b"content-security-policy", b"default-src 'none'"),
            ]
        await send({"type": "http.response.start", "status": status, "headers": answer})
        is_head = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if is_head else content})


def _header(headers: dict[bytes, bytes], name: bytes) -> str:
    """Return a header that is remembered, so no more of it than a browser sends."""
    return headers.get(name, b"")[:_MOST_OF_HEADER].decode("latin-1")


def _path(scope: Scope) -> str:
    """Return the path below where the application is mounted."""
    path, root = str(scope["path"]), scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path
