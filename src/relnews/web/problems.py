"""Problems: error answers, as in RFC 9457."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relnews.exceptions import ArchiveChangedError
from relnews.export.formats import FORMATS

*_OTHERS, _LAST = (format_.media_type for format_ in FORMATS.values())
_MEDIA_TYPES = f"{', '.join(_OTHERS)} or {_LAST}"


class WebProblem(enum.Enum):
    """Status and sentence of an error answer.

    The sentences quote neither exceptions nor requests.
    """

    NO_SUCH_PAGE = 404, "There is nothing at this address."
    UNKNOWN_ARTICLE = 404, "No article has this id."
    WRONG_METHOD = 405, "This address does not take that method; Allow says which it does."
    WRONG_FORMAT = 406, f"A list is {_MEDIA_TYPES}."
    LATE = 408, "The draft did not arrive in time."
    TOO_LARGE = 413, "A draft is at most 1 MiB of JSON."
    LONG_ID = 400, "An id is at most 1,024 characters."
    NOT_JSON = 415, "A draft is JSON: send it with Content-Type: application/json."
    WRONG_QUERY = 400, "Expected at most one k, from 1 to 50, and one id, here or in the path."
    UNREADABLE = 400, "Expected a JSON object in UTF-8."
    WRONG_DRAFT = (
        422,
        'Expected {"title": string, "text": string, "k": whole number from 1 to 50, "language": '
        '"en" or another BCP 47 tag} and nothing else; a title or a text with words is needed.',
    )
    OUT_OF_ORDER = 500, "Something is wrong with the service; its log says what."
    NO_DRAFTS = 501, "A function made the vectors of this archive, and the service lacks it."
    TOO_SLOW = 503, "Ranking took too long. Try again, or send a shorter text."
    BUSY = 503, "Too much is being ranked at the moment. Try again."
    CUT_SHORT = 503, "The ranking was cut short. Try again."
    CROWDED = 503, "Too many connections are open. Try again."
    GONE = 503, "The archive cannot be read. The log of the service says why."
    CHANGING = 503, "The archive is changing too fast. Try again."


#: By status: the problem of a request that Starlette itself refuses.
_BY_STATUS = {404: WebProblem.NO_SUCH_PAGE, 405: WebProblem.WRONG_METHOD}


class HTTPProblem(Exception):  # noqa: N818 (it is an answer)
    """An error that ends a request with a problem.

    Parameters
    ----------
    problem : WebProblem
        The answer.
    headers : dict of str to str, optional
        Further headers of the answer.
    """

    def __init__(self, problem: WebProblem, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.headers = headers or {}


async def answer(request: Request, error: Exception) -> Response:
    """Return the answer to an error; the server logs unexpected errors."""
    headers: Mapping[str, str] = {}
    problem = WebProblem.OUT_OF_ORDER
    if isinstance(error, HTTPProblem):
        problem = error.problem
        headers = error.headers
    elif isinstance(error, HTTPException):
        problem = _BY_STATUS.get(error.status_code, problem)
        headers = error.headers or {}
    elif isinstance(error, ArchiveChangedError):
        problem = WebProblem.CHANGING
    return response_of(problem, headers)


def response_of(problem: WebProblem, headers: Mapping[str, str]) -> Response:
    """Return the answer that a problem is.

    Parameters
    ----------
    problem : WebProblem
        The problem.
    headers : mapping of str to str
        Headers besides those of every problem.
    """
    status, detail = problem.value
    usual = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if status == 503:
        usual["Retry-After"] = "5"
    record = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(record, status, {**usual, **headers}, "application/problem+json")


HANDLERS = dict.fromkeys((HTTPProblem, HTTPException, ArchiveChangedError, Exception), answer)
