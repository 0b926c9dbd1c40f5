"""The command that opens the review page."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import secrets
import socket
from pathlib import Path

import click

from relnews.cli._leaving import signals_to
from relnews.cli._shared import archive_argument, one_line


@click.command()
@archive_argument
@click.option("--port", type=click.IntRange(0, 65535), default=0,
              help="Port to listen at.  [default: a free one]")  # fmt: skip
def review(archive: Path, port: int) -> None:
    """Review lists on a local page: look articles up, pin, block, and undo.

    \b
    relnews review my.relnews

    Open the address that the command prints. Only this machine can reach it, and only with the
    token in the address. Every change is a rule, as of `relnews rules`, and holds at once. Ctrl-C
    ends the command.
    """
    from relnews.web import _errors

    with one_line():
        try:
            import uvicorn

            from relnews.web.review.service import make_app
        except ImportError as error:
            raise _errors.no_web_extra(error) from error
    token = secrets.token_urlsafe()
    application = make_app(archive, token)
    with socket.create_server(("127.0.0.1", port)) as listener:
        config = uvicorn.Config(application, log_level="error", access_log=False, lifespan="off",
                                server_header=False)  # fmt: skip
        server = uvicorn.Server(config)
        with signals_to(server.handle_exit):
            click.echo(f"http://127.0.0.1:{listener.getsockname()[1]}/#{token}", err=True)
            server.run(sockets=[listener])
