"""Errors on the pages, told in the design of the pages instead of as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from groundswell.contract.errors import GroundswellError
from groundswell.http.failures import report_unexpected
from groundswell.http.problems import (
    STATUS_OF_KIND,
    Problem,
    headers_of,
    problem_of,
    problem_of_status,
)
from groundswell.http.refusals import note
from groundswell.web.templates import Templates, Theme

Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]


class Trouble(msgspec.Struct, frozen=True):
    """What an error page says, and the headers that belong to it."""

    status: int
    title: str
    detail: str
    headers: Mapping[str, str] = {}

    @property
    def retry_after(self) -> str | None:
        """In how many seconds to try again, if that is known."""
        return self.headers.get("retry-after")


_BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("That did not make sense", "The request could not be understood."),
    403: ("Not from here", "This is not something you may do."),
    404: ("Nothing on this track", "There is no page at this address, or it was taken down."),
    405: ("Not from here", "This address cannot be used like that."),
    413: ("That is too long", "What you sent is larger than this service accepts."),
    429: ("A little slower", "You did this very often in a short time."),
    500: ("Something broke", "The fault is ours. It has been recorded."),
    503: ("A short pause", "The service cannot answer right now. Nothing you did was lost."),
}


def trouble_of(error: Exception) -> Trouble:
    """What to tell a visitor about an error; an unforeseen one gives nothing away."""
    if isinstance(error, GroundswellError) and error.kind != "internal":
        status = STATUS_OF_KIND[error.kind]
        title, _ = _BY_STATUS.get(status, (error.title, ""))
        return Trouble(status, title, str(error), headers_of(error))
    status = error.status_code if isinstance(error, HTTPException) else 500
    title, detail = _BY_STATUS.get(status, _BY_STATUS[500 if status >= 500 else 400])
    return Trouble(status, title, detail)


class ErrorPages:
    """Turns an exception into a page; hand it to Litestar as an exception handler."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def __call__(self, request: Request[Any, Any, Any], error: Exception) -> Response[str]:
        """The page for this error."""
        trouble = trouble_of(error)
        if trouble.status == 500:
            report_unexpected(error)
        note(request.scope, _problem(error, trouble.status))
        return self.response(request, trouble)

    def response(self, request: Request[Any, Any, Any], trouble: Trouble) -> Response[str]:
        """The page that tells of this trouble."""
        content = self._templates.render(
            "error.html",
            theme=theme_of(request),
            form_token=None,
            values={"trouble": trouble, "path": request.url.path},
        )
        return Response(
            content,
            status_code=trouble.status,
            media_type=MediaType.HTML,
            headers=dict(trouble.headers),
        )


def _problem(error: Exception, status: int) -> Problem:
    return problem_of(error) if isinstance(error, GroundswellError) else problem_of_status(status)


def for_browsers(pages: ErrorPages, otherwise: Handler) -> Handler:
    """Pages for those who ask for HTML, the other answer for everyone else.

    For the application's own handlers: an address that no route knows has no page's router.
    """

    def answer(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
        wants_page = "text/html" in request.headers.get("accept", "")
        return pages(request, error) if wants_page else otherwise(request, error)

    return answer


def theme_of(request: Request[Any, Any, Any]) -> Theme:
    """The theme the visitor chose; anything else in the cookie is as if it were absent."""
    match request.cookies.get("theme"):
        case "light":
            return "light"
        case "dark":
            return "dark"
        case _:
            return "auto"
