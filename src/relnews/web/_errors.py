"""Errors of the service: invalid settings, and a missing extra."""

from __future__ import annotations

import re
from collections.abc import Iterable

from relnews._checks import check_integer, listed, shortened


def check_max_age(value: object) -> None:
    """Raise unless the age is a number of seconds that caches accept."""
    check_integer("max_age", value, minimum=0, maximum=31_536_000)


def check_origins(value: object) -> tuple[str, ...]:
    """Return allowed origins as a tuple, or raise ValueError if no browser would send one."""
    if not isinstance(value, str) and isinstance(value, Iterable):
        origins = tuple(value)
        if all(isinstance(origin, str) and _ORIGIN.fullmatch(origin) for origin in origins):
            return origins
    msg = "`origins` must be strings like 'https://news.example' or '*', without a path, "
    msg += f"got {shortened(value)}."
    raise ValueError(msg)


def check_access_log(value: object) -> None:
    """Raise ValueError unless a value is a form of the access log."""
    if value not in ACCESS_LOGS:
        msg = f"`access_log` must be one of {listed(ACCESS_LOGS)}, got {shortened(value)}."
        raise ValueError(msg)


#: The forms of the access log.
ACCESS_LOGS = ("off", "common", "json")

_ORIGIN = re.compile(r"\*|https?://[^/?#\s]+", re.ASCII)


def no_web_extra(error: ImportError) -> ImportError:
    """Return the error of a package that is missing or cannot be imported, with its cause."""
    name = error.name or ""
    if isinstance(error, ModuleNotFoundError) and name and "." not in name:
        reason = f"the web service needs {name}, which is not installed"
    else:
        reason = f"the web service cannot be imported: {error}. Install its packages again"
    return ImportError(f"{reason}: pip install 'relnews[web]'")
