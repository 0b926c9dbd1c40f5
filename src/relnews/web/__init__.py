"""The web: lists over HTTP, and boxes in pages that a server makes.

Its modules::

    source        the lists of an archive, for a process that may fork
    forms         JSON, HTML and JSON-LD, and which of them a client prefers
    bodies        lists written and ready to send
    service       what there is at which address
    drafts        what a client sends of a story that is not in the archive
    problems      what a client is told that gets no list
    metrics       what a service counts of itself
    openapi       the service described
    box           `Box`: Related News for templates, Jinja's for example
    django        the same as a tag of Django's templates

`app` needs ``pip install 'relnews[web]'``; `Box` does not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from relnews.web import _errors
from relnews.web.box import Box

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["Box", "app"]


def app(
    archive: str | os.PathLike[str],
    *,
    origins: Iterable[str] = (),
    max_age: int = 3600,
    heading: str = "Related News",
    heading_level: int = 2,
) -> Starlette:
    """Return an ASGI application that serves the lists of an archive.

    It serves what was committed last, without being told. A stored list is read and nothing else;
    without one, the first request loads what ranks.

    Parameters
    ----------
    archive : path
        Opened at the first request, so that a server may fork before.
    origins : iterable of str, optional
        Other sites whose pages may ask, such as ``"https://news.example"``; ``"*"`` are all.
    max_age : int, default=3600
        Most seconds that caches on the way may keep a list; that of a young article they keep for
        a hundredth of its age, or for a minute.
    heading : str, default="Related News"
        Of the HTML form.
    heading_level : int, default=2

    Raises
    ------
    FileNotFoundError
        If there is no archive.
    ImportError
        If Starlette or prometheus-client is not installed.
    """
    try:
        from relnews.web.service import make_app
    except ImportError as error:
        raise _errors.no_web_extra(error) from error
    return make_app(Path(archive), _errors.check_origins(origins), max_age, heading, heading_level)
