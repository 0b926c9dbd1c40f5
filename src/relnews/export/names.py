"""Names of files for articles with any id.

A safe id is the name of its file. Its parts are separated by ``/`` and have ``a-z``, ``0-9``, ``-``
and ``_``; the last part may have ``.``. Each part begins with a letter or a digit, and no part is a
word that Windows reserves. Any other id is hashed. A safe id has no capitals, so two names differ
also on disks that ignore case. Folders have no dot, so no folder has the name of a file.
"""

from __future__ import annotations

import hashlib
import re

#: Characters of the longest safe id, without the ending of the file.
LONGEST = 200

#: Names of hashed ids; an id that looks like such a name is hashed too.
_HASHED = re.compile(r"id-[0-9a-f]{40}")

_SAFE = re.compile(r"(?:[a-z0-9][a-z0-9_-]*/)*[a-z0-9][a-z0-9._-]*")

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
        The id itself if it is safe, else ``id-`` and the first 40 hexadecimal digits of the SHA-256
        of the id in UTF-8. Different ids have different names.
    """
    safe = (
        len(identifier) <= LONGEST
        and _SAFE.fullmatch(identifier)
        and not _RESERVED.search(identifier)
        and not _HASHED.fullmatch(identifier)
    )
    return identifier if safe else f"id-{digest(identifier)[:40]}"


def is_ours(path: str) -> bool:
    """Return whether an export can write a file of this name.

    Parameters
    ----------
    path : str
        Path below the folder, with its ending.
    """
    return bool(_SAFE.fullmatch(path.removeprefix("_"))) and len(path) <= LONGEST + 55


def digest(identifier: str) -> str:
    """Return the SHA-256 of an id as 64 hexadecimal digits.

    Parameters
    ----------
    identifier : str
        The id.
    """
    return hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()
