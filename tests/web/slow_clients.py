"""Clients that hold connections: slow to send a header or a body, or slow to read.

As a script the module runs them until its standard input ends, and prints ``ready`` as soon as all
are connected:

    python tests/web/slow_clients.py HOST PORT N_HEADER N_BODY N_READING
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine
from typing import Any

#: Seconds between two bytes.
PACE = 1.0

HEADER = b"GET /related/a HTTP/1.1\r\nhost: a\r\nx: "
BODY = (
    b"POST /related HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    b"content-length: 100000\r\n\r\n"
)
WHOLE = b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n"


async def send_slowly(host: str, port: int, beginning: bytes) -> None:
    """Send a beginning, then a byte now and then, until the other side closes."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(beginning)
        while not reader.at_eof():
            writer.write(b" ")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PACE):
                    await reader.read(1 << 16)
    finally:
        writer.close()


async def read_slowly(host: str, port: int) -> None:
    """Ask again and again, and read a byte now and then."""
    reader, writer = await asyncio.open_connection(host, port, limit=64)
    try:
        while not reader.at_eof():
            writer.write(WHOLE)
            await reader.read(1)
            await asyncio.sleep(PACE)
    finally:
        writer.close()


async def forever(client: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Be a client again as soon as the connection ends."""
    while True:
        with contextlib.suppress(OSError):
            await client()
        await asyncio.sleep(0.1)


async def main(host: str, port: int, n_header: int, n_body: int, n_reading: int) -> None:
    clients = [
        *[lambda: send_slowly(host, port, HEADER)] * n_header,
        *[lambda: send_slowly(host, port, BODY)] * n_body,
        *[lambda: read_slowly(host, port)] * n_reading,
    ]
    tasks = []
    for client in clients:
        tasks.append(asyncio.ensure_future(forever(client)))
        await asyncio.sleep(PACE / len(clients))  # so that they do not move in step
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
