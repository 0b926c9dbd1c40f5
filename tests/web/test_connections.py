"""Clients that are slow to send or slow to take lose their connection; nobody waits for them."""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from relnews import RelatedNews
from relnews.sample import DEMO_ID, sample_articles
from relnews.web import Limits
from serving import serving
from waiting import LIMIT, until

HEADER = 0.6
IDLE = 0.9
ANSWER = 0.7
CONNECTIONS = 60

#: Seconds of the limits without the options above; whoever waits as long was not cut by them.
DEFAULT = Limits().header_timeout

WHOLE = f"GET /related/{DEMO_ID} HTTP/1.1\r\nhost: a\r\n\r\n".encode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Run `relnews serve` with short limits; yield host and port."""
    folder = tmp_path_factory.mktemp("served") / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    RelatedNews.open(folder).store_lists()
    options = {
        "header-timeout": HEADER, "body-timeout": HEADER, "keep-alive": IDLE,
        "answer-timeout": ANSWER, "connections": CONNECTIONS,
    }  # fmt: skip
    with serving(folder, *(f"--{name}={value}" for name, value in options.items())) as address:
        host, port = address.removeprefix("http://").split(":")
        yield host, int(port)


@contextlib.contextmanager
def connected(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=LIMIT) as connection:
        yield connection


def rest(connection: socket.socket) -> tuple[bytes, float]:
    """Return what comes until the other side closes, and the seconds until then."""
    begin, received = time.monotonic(), b""
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(1 << 16):
            received += data
    return received, time.monotonic() - begin


def answer(connection: socket.socket) -> bytes:
    """Return one whole answer that has a body of stated length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(1 << 16)
    header, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in header.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(1 << 16)
    return header + b"\r\n\r\n" + body


@pytest.mark.parametrize("before", [b"", WHOLE])
@pytest.mark.parametrize("beginning", [b"G", b"GET /health HTTP/1.1\r\nhost: a\r\nx: ", b"\r\n"])
def test_a_header_has_limited_time(
    served: tuple[str, int], before: bytes, beginning: bytes
) -> None:
    """A header that has begun and does not end is refused, in a later request as well."""
    with connected(served) as connection:
        if before:
            connection.sendall(before)
            assert answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(beginning)
        received, seconds = rest(connection)
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in received
    assert HEADER / 2 < seconds < DEFAULT


def test_a_header_that_trickles_has_limited_time(served: tuple[str, int]) -> None:
    """Bytes that come one by one win no time."""
    with connected(served) as connection:
        begin = time.monotonic()
        connection.sendall(b"GET /health HTTP/1.1\r\nx: ")
        connection.settimeout(0.05)
        received = b""
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - begin < 20:
                connection.sendall(b"a")
                with contextlib.suppress(TimeoutError):
                    received = connection.recv(1 << 16)
                    break
    assert received.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - begin < DEFAULT


def test_a_header_has_limited_length(served: tuple[str, int]) -> None:
    """A header without an end is refused before its time is up."""
    with connected(served) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /health HTTP/1.1\r\n" + b"x: " + b"a" * 200_000)
        received, _ = rest(connection)
    assert received.startswith(b"HTTP/1.1 431 ") or not received  # reset, with unread data


def test_a_connection_without_a_request_is_closed(served: tuple[str, int]) -> None:
    """Who sends nothing is not answered, before the first request or after it."""
    with connected(served) as connection:
        received, seconds = rest(connection)
        assert (received, HEADER / 2 < seconds < DEFAULT) == (b"", True)
    with connected(served) as connection:
        connection.sendall(WHOLE)
        answer(connection)
        received, seconds = rest(connection)
        assert (received, IDLE / 2 < seconds < DEFAULT) == (b"", True)


def test_a_connection_that_is_reset_is_forgotten(served: tuple[str, int]) -> None:
    """No timer of it is left: it would log an error, which `serving` finds."""
    with connected(served) as connection:
        connection.sendall(WHOLE)
        assert answer(connection).startswith(b"HTTP/1.1 200")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(IDLE + ANSWER + 0.5)
    check_health(served)


@pytest.mark.parametrize("target", ["/related", "/health", "/nothing", f"/related/{DEMO_ID}"])
def test_a_body_without_an_end_is_cut(served: tuple[str, int], target: str) -> None:
    """A body is no longer taken a moment after the answer, whatever the address."""
    request = f"POST {target} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    with connected(served) as connection:
        connection.sendall(f"{request}transfer-encoding: chunked\r\n\r\n".encode())
        begin, n_bytes = time.monotonic(), 0
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - begin < 20:
                connection.sendall(chunk)
                n_bytes += len(chunk)
                time.sleep(0.01)
    assert time.monotonic() - begin < 10


def test_a_late_body_is_refused(served: tuple[str, int]) -> None:
    """A body that trickles is answered with 408, and the connection ends."""
    with connected(served) as connection:
        connection.sendall(
            b"POST /related HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
            b"content-length: 1000\r\n\r\n{"
        )
        received, seconds = rest(connection)
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"The draft did not arrive in time." in received
    assert seconds < DEFAULT


def test_a_body_that_is_not_wanted_may_still_come(served: tuple[str, int]) -> None:
    """A short body of a GET that arrives after the answer does not end the connection."""
    with connected(served) as connection:
        connection.sendall(WHOLE[:-2] + b"content-length: 3\r\n\r\n")
        assert answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(b"abc" + WHOLE)
        assert answer(connection).startswith(b"HTTP/1.1 200")


def test_who_takes_no_answer_is_cut_off(served: tuple[str, int]) -> None:
    """Answers that nobody reads fill the buffers for a limited time only."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(served)
        n_answers = -1
        while n_answers < (n_answers := answered(served, n_answers)):
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n")
        # The last answer waits for the buffers, with nothing that ends it but its time.
        ended = select.poll()
        ended.register(connection, select.POLLERR | select.POLLHUP)
        assert ended.poll(1000 * LIMIT)
    check_health(served)


def answered(address: tuple[str, int], before: int) -> int:
    """Return the number of descriptions that were sent, at the latest after a moment."""
    for _ in range(15):
        with connected(address) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            received, _ = rest(connection)
        found = re.search(rb'status="200",what="openapi_json"} (\d+)', received)
        number = int(found[1]) if found else 0
        if number > before:
            break
        time.sleep(0.02)
    return number


def test_pipelined_requests_are_not_queued(served: tuple[str, int]) -> None:
    """Of requests that come at once the first is answered, and the connection ends."""
    draft = b'{"title": "Ukraine"}'
    post = (
        b"POST /related HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(draft), draft)
    )
    for request in (WHOLE, post):
        with connected(served) as connection:
            connection.sendall(request + post * 50 + WHOLE)
            received, _ = rest(connection)
        assert received.count(b"HTTP/1.1 ") == 1
        assert received.startswith(b"HTTP/1.1 200 ")
        assert received.endswith(b"]}")
    with connected(served) as connection, contextlib.suppress(ConnectionError):
        begin = time.monotonic()
        while time.monotonic() - begin < 20:
            connection.sendall(WHOLE * 1000)
    assert time.monotonic() - begin < 15
    check_health(served)


def test_many_connections_make_room_for_others(served: tuple[str, int]) -> None:
    """Above the limit the connection that has waited longest is closed, and all are answered."""
    with contextlib.ExitStack() as stack:
        slow = []
        for number in range(3 * CONNECTIONS):
            connection = stack.enter_context(socket.create_connection(served, timeout=LIMIT))
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"GET /health HTTP/1.1\r\n")
            slow.append(connection)
            if number % 10 == 0:
                check_health(served)
        assert rest(slow[0])[0] == b""


def test_where_all_connections_are_busy_more_are_refused(served: tuple[str, int]) -> None:
    """If every connection has a request, the next one is told to come back."""
    request = (
        b"POST /related HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        b"content-length: 1000\r\n\r\n{"
    )
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(socket.create_connection(served, timeout=LIMIT))
            connection.sendall(request)
        time.sleep(HEADER / 4)
        with connected(served) as connection:
            connection.sendall(WHOLE)
            received = answer(connection)
    assert received.startswith(b"HTTP/1.1 503 ")
    header, _, body = received.partition(b"\r\n\r\n")
    assert b"retry-after: 5" in header.lower()
    assert json.loads(body)["detail"] == "Too many connections are open. Try again."
    until(lambda: health(served).startswith(b"HTTP/1.1 200 "))


def health(address: tuple[str, int]) -> bytes:
    with connected(address) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        return rest(connection)[0]


def check_health(address: tuple[str, int]) -> None:
    assert health(address).startswith(b"HTTP/1.1 200 ")
