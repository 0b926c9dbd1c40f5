"""Web: lists over HTTP, and lists in server-rendered pages.

Its modules::

    source        the lists of an archive, for a process that may fork
    formats       the format that an address or a client asks for
    responses     cached answers
    limits        `Limits`: what a client may take of the service
    rankings      the queue in front of the processes that rank
    workers       the processes that rank
    connections   clients that are slow to send or slow to take
    access_log    a line for each request
    routes        addresses of lists
    service       all addresses
    drafts        stories that a client posts
    problems      answers without a list
    metrics       metrics for Prometheus
    openapi       the OpenAPI document
    element       the module of ``<related-news>``
    box           `Box`: Related News for templates, such as Jinja's
    review        the page on which an editor reads lists and changes rules
    django        the same as a tag of Django's templates

`app` needs ``pip install 'relnews[web]'``; `Box` does not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relnews._checks import check_instance
from relnews.web import _errors
from relnews.web.limits import Limits

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from relnews.web.access_log import AccessLog
    from relnews.web.box import Box

__all__ = ["Box", "Limits", "app"]


def __getattr__(name: str) -> Any:
    if name == "Box":  # late: the command line imports this package, and Box imports Jinja
        from relnews.web.box import Box

        return Box
    msg = f"module 'relnews.web' has no attribute {name!r}"
    raise AttributeError(msg)


def app(
    archive: str | os.PathLike[str],
    *,
    origins: Iterable[str] = (),
    max_age: int = 3600,
    heading: str = "Related News",
    heading_level: int = 2,
    language: str = "en",
    limits: Limits | None = None,
    access_log: AccessLog = "off",
) -> Starlette:
    """Return an ASGI application that serves the lists of an archive.

    It always serves the last commit. A stored list is only read. Other lists are ranked in
    processes that the first request for one starts; they end with the application.

    Parameters
    ----------
    archive : path
        Folder of the archive; opened at the first request, so that a server may fork before.
    origins : iterable of str, optional
        Other sites whose pages may request lists, such as ``"https://news.example"``; ``"*"``
        allows all. By default none may.
    max_age : int, default=3600
        Maximum seconds that caches may keep a list. They keep the list of a young article for a
        hundredth of its age, but at least a minute.
    heading : str, default="Related News"
        Heading of HTML, and title of feeds.
    heading_level : int, default=2
        Level of the HTML heading, from 1 to 6.
    language : str, default="en"
        BCP 47 tag of the language in which HTML has dates.
    limits : Limits, optional
        What clients may take of the service; by default that of `Limits`.
    access_log : 'off', 'common' or 'json', default='off'
        A line for each request to the logger ``relnews.access``: in the Common Log Format followed
        by the id of the request, or as a JSON object.

    Raises
    ------
    FileNotFoundError
        If the archive is missing.
    ImportError
        If Starlette or prometheus-client is not installed, or cannot be imported.
    """
    try:
        from relnews.web.service import make_app
    except ImportError as error:
        raise _errors.no_web_extra(error) from error
    check_instance("limits", limits, Limits)
    _errors.check_access_log(access_log)
    return make_app(
        Path(archive), _errors.check_origins(origins), max_age, heading, heading_level,
        language, limits or Limits(), access_log,
    )  # fmt: skip
