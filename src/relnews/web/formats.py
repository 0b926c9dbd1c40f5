"""Content negotiation: the format that an address or a client asks for."""

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
    for known in FORMATS.values():
        if path.endswith(known.suffix):
            return path.removesuffix(known.suffix), known
    return path, None


def preferred(accept: str) -> Format | None:
    """Return the format that a client prefers, None if it accepts none of them.

    Parameters
    ----------
    accept : str
        The header Accept; a client without it accepts every format.
    """
    ranges = _qualities(accept or "*/*")

    def quality(known: Format) -> float:
        """Return the quality of the most exact range that has the format."""
        names = (known.media_type, f"{known.media_type.partition('/')[0]}/*", "*/*")
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
        given = [piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")]
        is_number = given and re.fullmatch(r"[01](?:\.[0-9]{0,3})?", given[0])
        qualities[name] = float(given[0]) if is_number else float(not given)
    return qualities
