"""Names of files for articles, whatever their ids are.

An id that is fit to be a path keeps it: parts of ``a-z``, ``0-9``, ``-`` and ``_``, set apart by
``/``, in the last part also ``.``; each begins with a letter or a digit and none is a word that
Windows reserves. Any other id is hashed. Ids that are fit have no capitals, so no two names are one
where case does not count; their folders have no dot, so that none is named like a file.
"""

from __future__ import annotations

import hashlib
import re

#: The longest id that keeps its name; endings come to it.
LONGEST = 200

#: What the names of hashed ids look like; an id that looks like one is hashed itself.
_HASHED = re.compile(r"id-[0-9a-f]{40}")

_FIT = re.compile(r"(?:[a-z0-9][a-z0-9_-]*/)*[a-z0-9][a-z0-9._-]*")

_RESERVED = re.compile(r"(?:^|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|/|$)")


def file_name(identifier: str) -> str:
    """Return the path of an article's file in a folder of such files, without its ending.

    Parameters
    ----------
    identifier : str
        The article's id.

    Returns
    -------
    str
        The id itself if it is fit, else ``id-`` and the first 40 hexadecimal digits of the SHA-256
        of the id in UTF-8. Different ids have different names.
    """
    fit = (
        len(identifier) <= LONGEST
        and _FIT.fullmatch(identifier)
        and not _RESERVED.search(identifier)
        and not _HASHED.fullmatch(identifier)
    )
    return identifier if fit else f"id-{digest(identifier)[:40]}"


def is_ours(path: str) -> bool:
    """Say whether a path, with its ending, is one that an export writes.

    Parameters
    ----------
    path : str
    """
    return bool(_FIT.fullmatch(path.removeprefix("_"))) and len(path) <= LONGEST + 55


def digest(identifier: str) -> str:
    """Return the SHA-256 of an id as 64 hexadecimal digits.

    Parameters
    ----------
    identifier : str
    """
    return hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()
