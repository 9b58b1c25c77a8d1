"""Renders the OpenAPI document as HTML that needs neither JavaScript nor a foreign server."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jinja2
from litestar import Litestar, Request, Response, get
from litestar.openapi.plugins import OpenAPIRenderPlugin

from groundswell.http.docs.outline import outline
from groundswell.http.problems import known_problems

_HERE = files(__package__)


class DocumentationPage(OpenAPIRenderPlugin):
    """Serves the page at the root of the documentation's path.

    ``complete`` turns what the framework derived into the document that is published.
    """

    def __init__(self, complete: Callable[[dict[str, Any], Litestar], dict[str, Any]]) -> None:
        super().__init__(path="/")
        self._complete = complete
        self._rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page; the same for everyone, so it is rendered once."""
        if self._rendered is None:
            self._rendered = render_page(self._complete(openapi_schema, request.app)).encode()
        return self._rendered


def render_page(document: dict[str, Any]) -> str:
    """The page of this document."""
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.from_string((_HERE / "page.html").read_text("utf-8"))
    return template.render(
        info=document["info"], groups=outline(document), problems=list(known_problems())
    )


@get("/docs/docs.css", include_in_schema=False, sync_to_thread=False)
def stylesheet() -> Response[bytes]:
    """The page's stylesheet."""
    content = (_HERE / "docs.css").read_bytes()
    return Response(
        content, media_type="text/css", headers={"cache-control": "public, max-age=3600"}
    )
