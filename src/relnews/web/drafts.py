"""Drafts: stories that are not in the archive, as a client posts them."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request

from relnews import _checks
from relnews.web.problems import HTTPProblem, WebProblem

#: Maximum bytes of a request.
MOST_BYTES = 1 << 20

#: Maximum bytes of all bodies that have arrived in part.
_MOST_ARRIVING = 1 << 26

#: The rest of a body that is refused is not read.
_CLOSE = {"Connection": "close"}

#: Default and maximum length of a list.
DEFAULT_K = 8
MOST_K = 50

#: Pattern of a language tag.
TAG = r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*"


class Draft(NamedTuple):
    """A story, and the maximum length of its list.

    Parameters
    ----------
    title, text : str, default=""
        Headline and body; one of them has words.
    k : int, default=8
        Maximum length of the list.
    language : str, default="und"
        A BCP 47 tag; ``und`` is the archive's own language.
    """

    title: str = ""
    text: str = ""
    k: int = DEFAULT_K
    language: str = "und"

    @classmethod
    def parse(cls, body: bytes) -> Draft:
        """Return the draft that the body of a request is, or raise HTTPProblem."""
        record = _parsed(body)
        if isinstance(k := record.get("k"), float) and k.is_integer():
            record["k"] = int(k)  # in JSON, 8.0 is a whole number
        try:
            draft = cls(**record)
            _checks.check_draft(draft.title, draft.text)
            _checks.check_integer("k", draft.k, minimum=1, maximum=MOST_K)
            if not re.fullmatch(TAG, draft.language):
                raise HTTPProblem(WebProblem.WRONG_DRAFT)
        except (TypeError, ValueError):
            raise HTTPProblem(WebProblem.WRONG_DRAFT) from None
        return draft


class Bodies:
    """The bodies of requests, which arrive in limited time and memory.

    Parameters
    ----------
    seconds : float
        Seconds in which a body must arrive.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._n_arriving = 0

    async def read(self, request: Request) -> bytes:
        """Return the body of a request, or raise HTTPProblem as soon as it is refused."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise HTTPProblem(WebProblem.NOT_JSON, {"Accept-Post": "application/json"})
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > MOST_BYTES:
            raise HTTPProblem(WebProblem.TOO_LARGE, _CLOSE)
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                async for chunk in request.stream():
                    body += chunk
                    self._n_arriving += len(chunk)
                    if len(body) > MOST_BYTES:
                        raise HTTPProblem(WebProblem.TOO_LARGE, _CLOSE)
                    if self._n_arriving > _MOST_ARRIVING:
                        raise HTTPProblem(WebProblem.BUSY, _CLOSE)
        except (TimeoutError, ClientDisconnect):
            raise HTTPProblem(WebProblem.LATE, _CLOSE) from None
        finally:
            self._n_arriving -= len(body)
        return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        record = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HTTPProblem(WebProblem.UNREADABLE) from None
    if not isinstance(record, dict):
        raise HTTPProblem(WebProblem.UNREADABLE)
    return record
