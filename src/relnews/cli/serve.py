"""The command that serves lists over HTTP."""

# ruff: noqa: D301 (click takes the character \b to keep the lines of a paragraph)

from __future__ import annotations

import copy
import dataclasses
import gc
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from relnews.cli._leaving import signals_to
from relnews.cli._shared import archive_argument, one_line
from relnews.web._errors import ACCESS_LOGS
from relnews.web.limits import Limits

#: Connections that may wait to be accepted.
_BACKLOG = 2048

#: Open files besides connections: the archive, and what Python has open.
_OTHER_FILES = 256

_LOG_LEVELS = ("critical", "error", "warning", "info", "debug")

#: Help of the options of `Limits`, by field.
_LIMITS = {
    "connections": "Most open connections; above it those that wait longest are closed.",
    "header_timeout": "Seconds in which the header of a request must arrive.",
    "body_timeout": "Seconds in which the body of a request must arrive.",
    "answer_timeout": "Seconds in which a client must take an answer.",
    "keep_alive": "Seconds that an idle connection is kept.",
    "ranking_threads": "Number of lists that are ranked at a time, each in a process.",
    "ranking_timeout": "Seconds in which a list must be ranked, waiting included.",
    "waiting": "Most rankings that wait; a long draft counts as several.",
}


def _limit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each field of `Limits`."""
    for field in reversed(dataclasses.fields(Limits)):
        kind = type(field.default)
        range_ = click.IntRange(1) if kind is int else click.FloatRange(0, min_open=True)
        name = f"--{field.name.replace('_', '-')}"
        option = click.option(
            name, type=range_, default=field.default, show_default=True, help=_LIMITS[field.name]
        )
        command = option(command)
    return command


@click.command(context_settings={"auto_envvar_prefix": "RELNEWS_SERVE"})
@archive_argument
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Address to listen at; 0.0.0.0 for the whole network.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="Port to listen at; 0 takes a free one.")  # fmt: skip
@click.option(
    "--origin",
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
@click.option("--language", metavar="TAG", default="en", show_default=True,
              help="Language in which HTML has dates.")  # fmt: skip
@click.option("--proxy", multiple=True, metavar="ADDRESS",
              help="Proxy whose X-Forwarded-For and X-Forwarded-Proto are believed; an address, a "
              "network, or * for every one.  [default: 127.0.0.1 and ::1]")  # fmt: skip
@click.option("--root-path", default="", metavar="PATH",
              help="Path that a proxy takes away from the addresses that it passes on, such as "
              "/relnews; /openapi.json names it.")  # fmt: skip
@click.option("--access-log", type=click.Choice(ACCESS_LOGS), default="off", show_default=True,
              help="Print a line for each request.")  # fmt: skip
@click.option("--log-level", type=click.Choice(_LOG_LEVELS), default="warning", show_default=True,
              help="Least level of other messages.")  # fmt: skip
@click.option("--log-config", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Configuration of logging: a .json or .yaml file as of logging.config."
              "dictConfig, or an .ini file. Requests go to the logger relnews.access.",
              )  # fmt: skip
@_limit_options
def serve(
    archive: Path,
    host: str,
    port: int,
    origin: tuple[str, ...],
    max_age: int,
    heading: str,
    heading_level: int,
    language: str,
    proxy: tuple[str, ...],
    root_path: str,
    access_log: Any,
    log_level: str,
    log_config: Path | None,
    **limits: Any,
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
    /related-news.css        the style of lists
    /openapi.json            the description of this interface
    /health, /ready          whether the archive can be read, and lists can be made
    /metrics                 load of the service

    The service shows commits of other processes at once. Store the lists first (relnews
    store-lists), so that it does not rank for each request.

    An option may be an environment variable: RELNEWS_SERVE_PORT is --port.
    """
    from relnews import web
    from relnews.web import _errors

    with one_line():
        allowed = Limits(**limits)
        try:
            import uvicorn

            from relnews.web.connections import with_limits
        except ImportError as error:
            raise _errors.no_web_extra(error) from error
        application = web.app(
            archive, origins=origin, max_age=max_age, heading=heading,
            heading_level=heading_level, language=language, limits=allowed, access_log=access_log,
        )  # fmt: skip
    allowed = dataclasses.replace(allowed, connections=_with_files(allowed.connections))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=_BACKLOG) as listener:
        address = _authority(*listener.getsockname()[:2])
        with one_line():
            config = uvicorn.Config(
                application, http=with_limits(allowed), ws="none", access_log=False,
                log_level=log_level, log_config=_logging(log_level) if log_config is None
                else str(log_config), server_header=False, backlog=_BACKLOG,
                forwarded_allow_ips=[*proxy] or None, root_path=root_path,
                timeout_keep_alive=allowed.keep_alive,  # type: ignore[arg-type]
            )  # fmt: skip
        server = uvicorn.Server(config)
        with signals_to(server.handle_exit):  # it answers the last requests
            click.echo(f"{archive}: http://{address}/related/ID", err=True)
            # The loaded objects stay alive: collecting garbage among them would stop answers for
            # 10 ms.
            gc.freeze()
            server.run(sockets=[listener])


def _logging(level: str) -> dict[str, Any]:
    """Return uvicorn's configuration of logging, with the loggers of relnews."""
    from uvicorn.config import LOGGING_CONFIG

    config: dict[str, Any] = copy.deepcopy(LOGGING_CONFIG)
    if os.environ.get("NO_COLOR"):
        config["formatters"]["default"]["use_colors"] = False
    config["formatters"]["line"] = {"format": "%(message)s"}
    config["handlers"]["line"] = {
        "class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout",
    }  # fmt: skip
    config["loggers"]["relnews"] = {"handlers": ["default"], "level": level.upper()}
    config["loggers"]["relnews.access"] = {
        "handlers": ["line"], "level": "INFO", "propagate": False,
    }  # fmt: skip
    return config


def _with_files(connections: int) -> int:
    """Let the process open the files for some connections; return for how many it can."""
    try:
        import resource
    except ImportError:  # on Windows, which has no such limit
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(min(connections, soft - _OTHER_FILES), 1)
    return connections


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
