"""Metrics of the service, for Prometheus."""

from __future__ import annotations

import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as _write
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = CONTENT_TYPE_LATEST

#: Bounds in seconds; a cached list takes about 0.1 ms, a ranking several milliseconds.
_BUCKETS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics:
    """Metrics of one service, in a registry of its own: a process may have two services."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "relnews_requests", "Answers by endpoint and status.",
            ["what", "status"], registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "relnews_request_seconds", "Time from a request to the end of its answer.",
            ["what"], buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.lists = Counter(
            "relnews_lists", "Lists by source: ready, stored or ranked.",
            ["source"], registry=self.registry,
        )  # fmt: skip
        self.articles = Gauge(
            "relnews_articles", "Number of articles of the archive.", registry=self.registry
        )
        self.generation = Gauge(
            "relnews_generation", "Number of committed changes of the archive.",
            registry=self.registry,
        )  # fmt: skip

    def write(self) -> bytes:
        """Return all metrics in the format of Prometheus."""
        return _write(self.registry)


class MetricsMiddleware:
    """Middleware that counts and times every request.

    Parameters
    ----------
    app : ASGI application
        The application.
    metrics : Metrics
        Receives the counts and times.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            endpoint = getattr(scope.get("endpoint"), "__name__", "other")
            self._metrics.requests.labels(endpoint, status).inc()
            self._metrics.seconds.labels(endpoint).observe(time.perf_counter() - begin)
