"""The command that serves lists over HTTP."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import contextlib
import gc
import socket
from pathlib import Path

import click

from relnews.cli._leaving import Signalled
from relnews.cli._shared import archive_argument, one_line

#: Connections that may wait to be accepted.
_BACKLOG = 2048


@click.command()
@archive_argument
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Address to listen at; 0.0.0.0 for the whole network.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="Port to listen at; 0 takes a free one.")  # fmt: skip
@click.option(
    "--origin",
    "origins",
    multiple=True,
    help="Site whose pages may send requests, such as https://news.example; * for all sites. May "
    "be repeated.",
)
@click.option("--max-age", type=click.IntRange(0), default=3600, show_default=True,
              help="Longest time in seconds that caches may keep a list.")  # fmt: skip
@click.option("--heading", default="Related News", show_default=True,
              help="Heading of a list as HTML.")  # fmt: skip
@click.option("--heading-level", type=click.IntRange(1, 6), default=2, show_default=True,
              help="Level of the heading, from 1 to 6.")  # fmt: skip
def serve(
    archive: Path,
    host: str,
    port: int,
    origins: tuple[str, ...],
    max_age: int,
    heading: str,
    heading_level: int,
) -> None:
    """Serve the lists of an archive over HTTP.

    \b
    relnews serve my.relnews
    relnews serve my.relnews --port 8080 --origin https://news.example

    \b
    /related/SOME-ID         the list as JSON, HTML or JSON-LD: what the client accepts
    /related/SOME-ID.html    the list as HTML; likewise .json, .jsonld, .atom, .jsonfeed
    /related                 POST a draft: {"title": "…", "text": "…"}
    /related-news.js         the element <related-news> for your pages
    /openapi.json            the description of this interface
    /health, /metrics        health and load of the service

    The service shows commits of other processes at once. Store the lists first (relnews
    store-lists), so that it does not rank for each request.
    """
    from relnews import web
    from relnews.web import _errors

    with one_line():
        try:
            import uvicorn
        except ImportError as error:
            raise _errors.no_web_extra(error) from error
        application = web.app(
            archive, origins=origins, max_age=max_age, heading=heading, heading_level=heading_level
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=_BACKLOG) as listener:
        address = _authority(*listener.getsockname()[:2])
        click.echo(f"{archive}: http://{address}/related/ID", err=True)
        config = uvicorn.Config(
            application, access_log=False, log_level="warning", server_header=False
        )
        # The loaded objects stay alive: collecting garbage among them would stop answers for 10 ms.
        gc.freeze()
        # uvicorn raises the signal again, after it has answered the last requests.
        with contextlib.suppress(Signalled):
            uvicorn.Server(config).run(sockets=[listener])


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
