"""Formats: content negotiation by the suffix of an address or the Accept header."""

from __future__ import annotations

import re

from relnews.export.formats import FORMATS, Format


def split_suffix(path: str) -> tuple[str, Format | None]:
    """Return a path without its suffix, and the format that the suffix names, if any.

    Parameters
    ----------
    path : str
        Path of an address.
    """
    for format_ in FORMATS.values():
        if path.endswith(format_.suffix):
            return path.removesuffix(format_.suffix), format_
    return path, None


def preferred(accept: str) -> Format | None:
    """Return the format that a client prefers; None if it accepts no format.

    Parameters
    ----------
    accept : str
        Value of the header Accept; an empty value accepts every format.
    """
    ranges = _qualities(accept or "*/*")

    def quality(format_: Format) -> float:
        """Return the quality of the most specific media range that includes the format."""
        names = (format_.media_type, f"{format_.media_type.partition('/')[0]}/*", "*/*")
        return next((ranges[name] for name in names if name in ranges), 0.0)

    best = max(FORMATS.values(), key=quality)  # the first of equals
    return best if quality(best) > 0 else None


def takes_gzip(accept_encoding: str) -> bool:
    """Return whether a client accepts gzip.

    Parameters
    ----------
    accept_encoding : str
        The header Accept-Encoding.
    """
    codings = _qualities(accept_encoding)
    return codings.get("gzip", codings.get("*", 0.0)) > 0


def _qualities(header: str) -> dict[str, float]:
    """Return the names that a header lists, with their qualities."""
    qualities = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        values = [piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")]
        is_number = values and re.fullmatch(r"[01](?:\.[0-9]{0,3})?", values[0])
        qualities[name] = float(values[0]) if is_number else float(not values)
    return qualities
