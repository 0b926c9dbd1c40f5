"""Connections: clients that are slow to send or slow to take are cut off.

uvicorn has a timeout for idle connections, and none for a header or an answer. `Connection` adds
them to uvicorn's protocol. It does not queue pipelined requests, of which uvicorn takes any number:
a request that comes before the last one is answered is thrown away, and the connection ends after
that answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from relnews.web.limits import Limits
from relnews.web.problems import WebProblem, response_of

#: Maximum bytes of a header.
_MOST_BYTES = 1 << 16

#: Seconds in which the rest of a body is thrown away after the answer. A connection that is closed
#: with unread data is reset, and the client may lose the answer.
_LINGER = 2.0

_REFUSAL = (
    b"HTTP/1.1 %b\r\ncontent-length: 0\r\nconnection: close\r\ncache-control: no-store\r\n\r\n"
)


class Connection(HttpToolsProtocol):
    """A connection of uvicorn with `Limits`.

    Parameters
    ----------
    *arguments, **settings
        Those of uvicorn's protocol.

    Attributes
    ----------
    limits : Limits
        The limits; a class of `with_limits` has others.
    """

    limits = Limits()

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._reading = _Timer(self.loop)
        self._writing = _Timer(self.loop)
        self._n_bytes = 0
        #: Whether a pipelined request came; nothing more is read.
        self._is_deaf = False
        #: Connections without a request, the longest waiting first; the same dict for all.
        self._waiting: dict[Connection, None] = vars(self.server_state).setdefault("waiting", {})

    # --- the request -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request; make room if there are too many connections."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            if self._waiting:
                next(iter(self._waiting)).cut()
            else:
                self.app = response_of(WebProblem.CROWDED, {"Connection": "close"})
        self._waiting[self] = None
        self._reading.start(self.limits.header_timeout, self._end_late_header)

    def data_received(self, data: bytes) -> None:
        """Read data; a header that has begun must end in time."""
        if self._is_deaf:
            return
        super().data_received(data)
        if self._has_request or self.transport.is_closing():
            return
        self._n_bytes += len(data)
        if self._n_bytes > _MOST_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")
        elif not self._reading.is_running:
            self._reading.start(self.limits.header_timeout, self._end_late_header)

    def on_headers_complete(self) -> None:
        """Begin a request; throw it away if the last one is not answered."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._is_deaf = True
            self.cycle.keep_alive = False
        if self._is_deaf:
            return
        self._waiting.pop(self, None)
        self._reading.stop()
        self._n_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        if not self._is_deaf:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request; the next one may begin if it was answered before its end."""
        if self._is_deaf:
            return
        super().on_message_complete()
        if self.cycle.response_complete:
            self.cycle.more_body = False
            self._reading.stop()
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
            self._waiting[self] = None

    @property
    def _has_request(self) -> bool:
        """Whether a request, or the rest of one that was answered early, is under way."""
        return self.cycle is not None and (
            self.cycle.more_body or not self.cycle.response_complete
        )  # fmt: skip

    def _end_late_header(self) -> None:
        """Close a connection whose header did not arrive in time; silently if it sent nothing."""
        if self._n_bytes:
            self._refuse(b"408 Request Timeout")
        else:
            self._close()

    def _refuse(self, status: bytes) -> None:
        self.transport.write(_REFUSAL % status)
        self._close()

    # --- the answer ------------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        """Wait for the next request, but only a moment for the rest of this one."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._close()
        elif self.cycle.more_body:
            self._reading.start(_LINGER, self._close)
        else:
            self._waiting[self] = None

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        self._close()

    def pause_writing(self) -> None:
        """Give a client that does not take its answer a limited time."""
        super().pause_writing()
        self._writing.start(self.limits.answer_timeout, self.cut)

    def resume_writing(self) -> None:
        """Go on with the answer."""
        if not self.transport.is_closing():
            self._writing.stop()
        super().resume_writing()

    # --- the end ---------------------------------------------------------------------------------

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # uvicorn leaves it after a reset

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not HTTP."""
        super().send_400_response(msg)
        self._close()

    def cut(self) -> None:
        """Close the connection at once; what the client has not taken is lost."""
        self._stop()
        # Without a linger of 0 the system keeps up to 4 MB of answers that nobody takes.
        with contextlib.suppress(OSError):
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _close(self) -> None:
        """Close the connection when the client has taken its answer, or after a limited time."""
        self._stop()
        self._writing.start(self.limits.answer_timeout, self.cut)
        self.transport.close()

    def _stop(self) -> None:
        self._waiting.pop(self, None)
        self._reading.stop()
        self._writing.stop()


class _Timer:
    """A timer that can be started again."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        return self._handle is not None

    def start(self, seconds: float, function: Callable[[], None]) -> None:
        self.stop()
        self._handle = self._loop.call_later(seconds, function)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


def with_limits(limits: Limits) -> type[Connection]:
    """Return the value of uvicorn's setting ``http`` for connections with the given limits."""
    return type("LimitedConnection", (Connection,), {"limits": limits})
