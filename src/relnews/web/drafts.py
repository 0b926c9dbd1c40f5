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

#: Seconds in which a request must arrive.
MOST_SECONDS = 10.0

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
    async def of(cls, request: Request) -> Draft:
        """Return the draft of a request, or raise HTTPProblem."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise HTTPProblem(WebProblem.NOT_JSON, {"Accept-Post": "application/json"})
        record = _parsed(await _body(request))
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


async def _body(request: Request) -> bytes:
    """Return the body of a request; stop reading as soon as it is too long."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > MOST_BYTES:
        raise HTTPProblem(WebProblem.TOO_LARGE)
    body = bytearray()
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise HTTPProblem(WebProblem.TOO_LARGE)
    except (TimeoutError, ClientDisconnect):
        raise HTTPProblem(WebProblem.LATE, {"Connection": "close"}) from None
    return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        record = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HTTPProblem(WebProblem.UNREADABLE) from None
    if not isinstance(record, dict):
        raise HTTPProblem(WebProblem.UNREADABLE)
    return record
