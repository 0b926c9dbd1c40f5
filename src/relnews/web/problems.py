"""What a client is told that gets no list, as RFC 9457 has it."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relnews._validation import WebProblem
from relnews.exceptions import ArchiveChangedError

#: What Starlette itself refuses.
_BY_STATUS = {404: WebProblem.NO_SUCH_PAGE, 405: WebProblem.WRONG_METHOD}


class Refused(Exception):  # noqa: N818 (it is an answer)
    """Ends a request.

    Parameters
    ----------
    problem : WebProblem
    headers : dict of str to str, optional
    """

    def __init__(self, problem: WebProblem, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.headers = headers or {}


async def answer(request: Request, error: Exception) -> Response:
    """Answer an error; what nobody has foreseen is in the log of the server."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    problem = WebProblem.OUT_OF_ORDER
    if isinstance(error, Refused):
        problem = error.problem
        headers |= error.headers
    elif isinstance(error, HTTPException):
        problem = _BY_STATUS.get(error.status_code, problem)
        headers |= error.headers or {}
    elif isinstance(error, ArchiveChangedError):
        problem = WebProblem.CHANGING
    status, detail = problem.value
    if status == 503:
        headers["Retry-After"] = "5"
    record = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(record, status, headers, "application/problem+json")


HANDLERS = dict.fromkeys((Refused, HTTPException, ArchiveChangedError, Exception), answer)
