"""What all pages are made of: templates, the tokens of their forms, errors as pages, cookies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, Router
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from groundswell.access.principal import Principal
from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock
from groundswell.web.assets import Assets
from groundswell.web.csrf import FormTokens
from groundswell.web.errors import ErrorPages, theme_of
from groundswell.web.forms import TOKEN_FIELD, form_of
from groundswell.web.templates import Templates

AnyRequest = Request[Any, Any, Any]
STATIC: Final = Path(__file__).parent / "static"

FRESH: Final = {"cache-control": "private, no-cache", "vary": "Cookie"}
"""Of pages that may be shown again once the server said that they still hold."""

PRIVATE: Final = {"cache-control": "private, no-store", "vary": "Cookie"}
"""Of pages that no browser is to keep."""

LARGEST_FORM: Final = 4_096


class Surface(msgspec.Struct, frozen=True):
    """Renders pages and takes their forms. ``headers`` are those of its pages."""

    templates: Templates
    tokens: FormTokens
    headers: Mapping[str, str]

    def page(
        self,
        request: AnyRequest,
        caller: Principal,
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
    ) -> Response[str]:
        """A page; ``path``, to which its forms lead back, is that of the request unless given."""
        token = None if caller.session_id is None else self.tokens.token(caller.session_id)
        content = self.templates.render(
            template,
            theme=theme_of(request),
            form_token=token,
            values={"path": request.url.path, **values},
        )
        return Response(
            content,
            status_code=status,
            media_type=MediaType.HTML,
            headers=dict(self.headers),
        )

    async def form(self, request: AnyRequest, caller: Principal) -> dict[str, str]:
        """The fields of a form that came from one of our pages.

        Raises:
            FormExpired: its token is not that of the caller's session.
            Invalid: it is not a form.
        """
        form = form_of(await request.body())
        self.tokens.check(caller.session_id, form.get(TOKEN_FIELD, ""))
        return dict(form)


def surface_of(
    csrf_key: bytes,
    notice: str | None,
    clock: Clock,
    *,
    assets: Assets | None = None,
    headers: Mapping[str, str] = FRESH,
) -> Surface:
    """The surface of some pages. ``csrf_key`` is the same for all pages, in every process."""
    served = assets or Assets(STATIC)
    templates = Templates(asset_url=served.url, clock=clock, notice=notice)
    return Surface(templates, FormTokens(csrf_key), headers)


def page_router(
    path: str,
    handlers: Sequence[ControllerRouterHandler],
    surface: Surface,
    /,
    *,
    largest_form: int = LARGEST_FORM,
    **parts: object,
) -> Router:
    """A router of pages whose errors are pages; ``parts`` are handed to its handlers by name."""
    problems = ErrorPages(surface.templates)
    return Router(
        path=path,
        route_handlers=handlers,
        dependencies={name: _giving(part) for name, part in parts.items()},
        exception_handlers={
            GroundswellError: problems,
            HTTPException: problems,
            Exception: problems,
        },
        request_max_body_size=largest_form,
        include_in_schema=False,
    )


def back_to(
    path: str,
    cookie: str,
    value: str,
    *,
    seconds: int,
    samesite: Literal["lax", "strict"],
    secure: bool,
) -> Redirect:
    """To a page, with a cookie for it alone that no script reads; with 0 ``seconds`` it is gone."""
    kept = Cookie(
        key=cookie,
        value=value,
        path=path,
        max_age=seconds,
        httponly=True,
        samesite=samesite,
        secure=secure,
    )
    return Redirect(path, status_code=303, cookies=[kept])


def _giving(part: object) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)
