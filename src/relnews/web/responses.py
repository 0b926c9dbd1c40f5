"""Bodies: lists written and ready to send, for as long as they are those of now."""

from __future__ import annotations

import datetime as dt
import functools
import gzip
import hashlib
import time
from collections.abc import Callable, Hashable

#: Most bodies that are kept ready; a body is some kilobytes.
_MOST = 10_000

#: What is shorter is sent as it is.
_WORTH_PACKING = 500

#: Seconds that the list of an article of today may be kept.
_SHORTEST_AGE = 60


class Body:
    """A list in one form, with the headers that belong to it.

    Parameters
    ----------
    content : bytes
    content_type : str
    cache_control : str
    """

    def __init__(self, content: bytes, content_type: str, cache_control: str) -> None:
        self.content = content
        self.content_type = content_type.encode()
        self.cache_control = cache_control.encode()
        # Of the content rather than of the generation: what a commit leaves as it is stays valid,
        # and a list changes without a commit when an article of it expires. Weak, for it is the
        # same packed and unpacked.
        self.tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'.encode()

    @functools.cached_property
    def packed(self) -> bytes | None:
        """The content by gzip; None if it is not worth it."""
        if len(self.content) < _WORTH_PACKING:
            return None
        return gzip.compress(self.content, 6, mtime=0)


class Bodies:
    """Those that are of the newest generation, and of this second: embargoes end, articles expire.

    Parameters
    ----------
    generation : callable
        Returns the one of now.
    """

    def __init__(self, generation: Callable[[], int]) -> None:
        self._generation = generation
        self._moment = (-1, 0)
        self._ready: dict[Hashable, Body] = {}

    def now(self) -> dict[Hashable, Body]:
        """Return what is ready. What is made after the call may be put there."""
        moment = self._generation(), int(time.time())
        if moment != self._moment or len(self._ready) >= _MOST:
            self._moment, self._ready = moment, {}
        return self._ready


def cache_control_of(published: dt.datetime | None, most: int) -> str:
    """Return how long a list may be kept: for a hundredth of its article's age.

    Parameters
    ----------
    published : datetime or None
    most : int
        No list is kept for more seconds.
    """
    now = dt.datetime.now(dt.UTC)
    age = (now - published).total_seconds() if published is not None else 0.0
    return f"public, max-age={min(most, max(_SHORTEST_AGE, int(age / 100)))}"
