"""Errors of the service: settings that it refuses, and a missing extra."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from relnews._checks import check_integer, shortened

if TYPE_CHECKING:
    pass


def check_max_age(value: object) -> None:
    """Reject an age that caches do not understand."""
    check_integer("max_age", value, minimum=0, maximum=31_536_000)


def check_origins(value: object) -> tuple[str, ...]:
    """Return origins that pages may ask from; reject what no browser would send."""
    if not isinstance(value, str) and isinstance(value, Iterable):
        origins = tuple(value)
        if all(isinstance(one, str) and _ORIGIN.fullmatch(one) for one in origins):
            return origins
    msg = "`origins` must be strings like 'https://news.example' or '*', without a path, "
    msg += f"got {shortened(value)}."
    raise ValueError(msg)


_ORIGIN = re.compile(r"\*|https?://[^/?#\s]+", re.ASCII)


def no_web_extra(error: ImportError) -> ImportError:
    """Say how to install what the web service needs."""
    return ImportError(
        f"the web service needs {error.name or 'Starlette'}, which is not installed: "
        "pip install 'relnews[web]'"
    )
