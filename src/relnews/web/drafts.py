"""Drafts: stories that are not in the archive, as a client sends them."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request

from relnews import _checks
from relnews.web.problems import Refused, WebProblem

#: Most bytes of a request.
MOST_BYTES = 1 << 20

#: Seconds in which it has to be here.
MOST_SECONDS = 10.0

#: Items of a list: what is taken for granted, and the most.
DEFAULT_K = 8
MOST_K = 50

#: What a language tag looks like.
TAG = r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*"


class Draft(NamedTuple):
    """A story, and how many items its list may have.

    Parameters
    ----------
    title, text : str
    k : int
    language : str
        A BCP 47 tag; ``und``, as what is left out, is the archive's own language.
    """

    title: str = ""
    text: str = ""
    k: int = DEFAULT_K
    language: str = "und"

    @classmethod
    async def of(cls, request: Request) -> Draft:
        """Read a request; whatever is not in order is `Refused`."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Refused(WebProblem.NOT_JSON, {"Accept-Post": "application/json"})
        record = _parsed(await _body(request))
        if isinstance(k := record.get("k"), float) and k.is_integer():
            record["k"] = int(k)  # to JSON, 8.0 is a whole number
        try:
            draft = cls(**record)
            _checks.check_draft(draft.title, draft.text)
            _checks.check_integer("k", draft.k, minimum=1, maximum=MOST_K)
            if not re.fullmatch(TAG, draft.language):
                raise Refused(WebProblem.WRONG_DRAFT)
        except (TypeError, ValueError):
            raise Refused(WebProblem.WRONG_DRAFT) from None
        return draft


async def _body(request: Request) -> bytes:
    """Return what is sent, and stop reading when it is too much."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > MOST_BYTES:
        raise Refused(WebProblem.TOO_LARGE)
    body = bytearray()
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Refused(WebProblem.TOO_LARGE)
    except (TimeoutError, ClientDisconnect):
        raise Refused(WebProblem.LATE, {"Connection": "close"}) from None
    return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        record = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(WebProblem.UNREADABLE) from None
    if not isinstance(record, dict):
        raise Refused(WebProblem.UNREADABLE)
    return record
