"""Routes: the addresses of lists, ``/related/{id}``, and ``/related`` for drafts."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from relnews.export.formats import FORMATS, Format
from relnews.results import RelatedList
from relnews.web.drafts import DEFAULT_K, MOST_K, Bodies, Draft
from relnews.web.formats import preferred, split_suffix, takes_gzip
from relnews.web.limits import Limits
from relnews.web.metrics import Metrics
from relnews.web.problems import HTTPProblem, WebProblem
from relnews.web.rankings import Rankings, client_of, cost_of
from relnews.web.responses import CachedResponse, ResponseCache, cache_control_of
from relnews.web.source import Source

#: Maximum characters of an id.
MOST_ID = 1024

_PREFIX = "/related/"

_MOST_OF_HEADER = 1024
_MOST_FIELDS = 16

_K = re.compile("[1-9][0-9]?")


class ListRequest(NamedTuple):
    """A request for the list of an article.

    Parameters
    ----------
    identifier : str
        Id of the article.
    k : int
        Maximum length of the list.
    format : Format
        Format of the answer.
    """

    identifier: str
    k: int
    format: Format


class ListRoute(BaseRoute):
    """The route of lists. Ids may hold any character, including slashes and line breaks.

    Parameters
    ----------
    source : Source
        The archive.
    metrics : Metrics
        Counts the lists.
    max_age : int
        Maximum seconds that caches may keep a list.
    limits : Limits
        Limits of bodies.
    rankings : Rankings
        Ranks the lists that are not stored.
    **settings
        ``heading``, ``heading_level`` and ``language``, for the formats that show them.
    """

    def __init__(
        self,
        source: Source,
        metrics: Metrics,
        max_age: int,
        limits: Limits,
        rankings: Rankings,
        **settings: Any,
    ) -> None:
        self._source = source
        self._metrics = metrics
        self._max_age = max_age
        self._settings = settings
        self._cache = ResponseCache(source)
        self._roots = {"/related", *(f"/related{format_.suffix}" for format_ in FORMATS.values())}
        # Clients send few different headers.
        self._preferred = functools.lru_cache(256)(preferred)
        self._takes_gzip = functools.lru_cache(256)(takes_gzip)
        self._bodies = Bodies(limits.body_timeout)
        self._rankings = rankings
        for format_ in FORMATS.values():  # raises for an invalid setting
            format_.write(RelatedList(None, ()), **settings)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match requests for lists."""
        if scope["type"] == "http":
            path = _path(scope)
            if path.startswith(_PREFIX) or path in self._roots:
                endpoint = self.draft if scope["method"] == "POST" else self.related
                return Match.FULL, {"endpoint": endpoint, "path_params": {"path": path}}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a list, or raise HTTPProblem."""
        is_root = scope["path_params"]["path"] in self._roots
        methods = ("GET", "HEAD", "POST") if is_root else ("GET", "HEAD")
        if scope["method"] not in methods:
            raise HTTPProblem(WebProblem.WRONG_METHOD, {"Allow": ", ".join(methods)})
        await scope["endpoint"](scope, receive, send)

    async def related(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the list of an article."""
        headers = dict(scope["headers"])
        request = self._request(scope, headers)
        cached = self._cache.current()
        response = cached.get(request)
        if response is None:
            response = cached[request] = await self._respond(request, client_of(scope))
        else:
            self._metrics.lists.labels("ready").inc()
        tags = headers.get(b"if-none-match", b"")
        is_known = response.tag in tags or tags == b"*"
        await self._send(scope, send, 304 if is_known else 200, response, headers)

    async def draft(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the list of a story that is not in the archive."""
        if not self._source.ranks_drafts():
            raise HTTPProblem(WebProblem.NO_DRAFTS)
        headers = dict(scope["headers"])
        chosen = self._format(split_suffix(scope["path_params"]["path"])[1], headers)
        body = await self._bodies.read(Request(scope, receive))
        draft = Draft.parse(body)
        related = await self._rankings.run(
            client_of(scope), cost_of(draft.k, len(body)), Source.rank_draft, *draft
        )
        await self._send(scope, send, 200, self._written(related, chosen, "no-store"), headers)

    def _request(self, scope: Scope, headers: dict[bytes, bytes]) -> ListRequest:
        """Return the request of an address, or raise HTTPProblem."""
        path = scope["path_params"]["path"]
        name, by_suffix = split_suffix(path)
        ids, k = ([] if path in self._roots else [name.removeprefix(_PREFIX)]), [str(DEFAULT_K)]
        if scope["query_string"]:
            try:
                query = parse_qs(
                    scope["query_string"].decode("latin-1"),
                    keep_blank_values=True,
                    max_num_fields=_MOST_FIELDS,
                )
            except ValueError:
                raise HTTPProblem(WebProblem.WRONG_QUERY) from None
            ids += query.get("id", [])
            k = query.get("k", k)
        if len(ids) != 1 or len(k) != 1 or not _K.fullmatch(k[0]) or int(k[0]) > MOST_K:
            raise HTTPProblem(WebProblem.WRONG_QUERY)
        if len(ids[0]) > MOST_ID:
            raise HTTPProblem(WebProblem.LONG_ID)
        return ListRequest(ids[0], int(k[0]), self._format(by_suffix, headers))

    def _format(self, by_suffix: Format | None, headers: dict[bytes, bytes]) -> Format:
        chosen = by_suffix or self._preferred(_header(headers, b"accept"))
        if chosen is None:
            raise HTTPProblem(WebProblem.WRONG_FORMAT)
        return chosen

    async def _respond(self, request: ListRequest, client: str) -> CachedResponse:
        """Return the response with a list that is cached, stored or ranked."""
        identifier, k, chosen = request
        # Not in a thread: reading a stored list takes less time than switching threads.
        found = self._source.find(identifier, k)
        if found is None:
            raise HTTPProblem(WebProblem.UNKNOWN_ARTICLE)
        related = found.related
        self._metrics.lists.labels("stored" if related is not None else "ranked").inc()
        if related is None:
            related = await self._rankings.run(
                client, cost_of(k), Source.rank, identifier, k
            )  # fmt: skip
        if related is None:
            raise HTTPProblem(WebProblem.UNKNOWN_ARTICLE)
        cache_control = cache_control_of(found.published, self._max_age)
        return self._written(related, chosen, cache_control)

    def _written(self, related: RelatedList, chosen: Format, cache_control: str) -> CachedResponse:
        text = chosen.write(related, **self._settings)
        return CachedResponse(text.encode(), chosen.content_type, cache_control)

    async def _send(
        self,
        scope: Scope,
        send: Send,
        status: int,
        response: CachedResponse,
        headers: dict[bytes, bytes],
    ) -> None:
        """Send a list, or status 304 if the client has it already."""
        has_suffix = split_suffix(scope["path_params"]["path"])[1] is not None
        answer = [
            (b"etag", b"W/" + response.tag),
            (b"cache-control", response.cache_control),
            (b"vary", b"Accept-Encoding" if has_suffix else b"Accept, Accept-Encoding"),
            (b"x-content-type-options", b"nosniff"),
        ]
        content = b""
        if status == 200:
            content, packed = response.content, None
            if self._takes_gzip(_header(headers, b"accept-encoding")):
                packed = response.packed
            if packed is not None:
                content = packed
                answer.append((b"content-encoding", b"gzip"))
            answer += [
                (b"content-type", response.content_type),
                (b"content-length", b"%d" % len(content)),
                (b"content-security-policy", b"default-src 'none'"),
            ]
        await send({"type": "http.response.start", "status": status, "headers": answer})
        is_head = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if is_head else content})


def _header(headers: dict[bytes, bytes], name: bytes) -> str:
    """Return the beginning of a header; it is a key of a cache, so its length is limited."""
    return headers.get(name, b"")[:_MOST_OF_HEADER].decode("latin-1")


def _path(scope: Scope) -> str:
    """Return the path below the path at which the application is mounted."""
    path, root = str(scope["path"]), scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path
