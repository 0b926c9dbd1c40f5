"""Responses: written lists, cached until the archive changes or a second has passed."""

from __future__ import annotations

import datetime as dt
import functools
import gzip
import hashlib
import time
from collections.abc import Hashable

from relnews.web.source import Source

#: Maximum number of cached responses; a response has a few kilobytes.
_MOST = 10_000

#: Minimum number of bytes to compress; below, gzip saves less than its header costs.
_WORTH_PACKING = 500

#: Seconds that caches may keep the list of today's article.
_SHORTEST_AGE = 60


class CachedResponse:
    """A list in one format, with its headers.

    Parameters
    ----------
    content : bytes
        The written list.
    content_type, cache_control : str
        Values of the headers.
    """

    def __init__(self, content: bytes, content_type: str, cache_control: str) -> None:
        self.content = content
        self.content_type = content_type.encode()
        self.cache_control = cache_control.encode()
        # A hash of the content instead of the generation: most commits change few lists, and a list
        # changes without a commit when an article expires. The tag is weak because compressed and
        # plain content share it.
        self.tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'.encode()

    @functools.cached_property
    def packed(self) -> bytes | None:
        """The content compressed by gzip; None if it is short."""
        if len(self.content) < _WORTH_PACKING:
            return None
        return gzip.compress(self.content, 6, mtime=0)


class ResponseCache:
    """Responses of the newest generation, valid for one second because articles expire.

    Parameters
    ----------
    source : Source
        The archive.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._followed = 0
        self._of_moment = functools.lru_cache(maxsize=1)(_no_responses)

    def current(self) -> dict[Hashable, CachedResponse]:
        """Return the valid responses by request. The caller adds responses made after the call."""
        second = int(time.time())
        if second != self._followed:
            self._followed = second
            self._source.follow()
        responses = self._of_moment(self._source.generation(), second)
        if len(responses) >= _MOST:
            responses.clear()
        return responses


def _no_responses(generation: int, second: int) -> dict[Hashable, CachedResponse]:
    """Return the responses that are known when a moment begins: none."""
    return {}


def cache_control_of(published: dt.datetime | None, most: int) -> str:
    """Return the header Cache-Control: a list may be kept for a hundredth of its article's age.

    Parameters
    ----------
    published : datetime or None
        Date of the article; None counts as now.
    most : int
        Maximum age of a list in seconds.
    """
    now = dt.datetime.now(dt.UTC)
    age = (now - published).total_seconds() if published is not None else 0.0
    return f"public, max-age={min(most, max(_SHORTEST_AGE, int(age / 100)))}"
