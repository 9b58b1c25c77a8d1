"""Request bodies: read no further than the limit, decoded strictly into the route's own type."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.types import Receive, Scope

from groundswell.contract.errors import Invalid, TooLarge
from groundswell.http.decoding import decode_json
from groundswell.http.headers import header

DEFAULT_BODY_LIMIT = 64 * 1024
_KEPT = "groundswell_body"
_LONGEST_LENGTH = 18


class ClientDisconnected(Invalid):
    """The client went away before its body was complete."""

    code = "client_disconnected"
    title = "Client disconnected"


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body. Chunked bodies are counted while they arrive.

    Raises:
        TooLarge: it has more than ``limit`` bytes, or says so beforehand.
        ClientDisconnected: the client went away.
    """
    announced = header(scope, b"content-length") or b""
    if announced.isdigit() and (len(announced) > _LONGEST_LENGTH or int(announced) > limit):
        raise _too_large(limit)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnected("The client went away before the body was complete.")
        body += message["body"]
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"Request bodies may have at most {limit} bytes.")


def require_json(scope: Scope) -> None:
    """Refuse a body that is not declared as JSON.

    Browsers send other types across sites without asking first, so this also is a guard.

    Raises:
        HTTPException: 415.
    """
    declared = header(scope, b"content-type") or b""
    kind = declared.split(b";", 1)[0].strip().lower()
    if kind != b"application/json" and not (
        kind.startswith(b"application/") and kind.endswith(b"+json")
    ):
        raise HTTPException(status_code=415)


class ApiRequest(Request[Any, Any, Any]):
    """A request whose body is bounded, and whose JSON is decoded as the route declares it.

    The framework decodes bodies to plain values first and converts them leniently (``"5"`` would
    pass as a number); decoding straight into the declared type is strict and takes one pass.
    """

    async def body(self) -> bytes:
        """The whole body, read once per request."""
        state: dict[str, Any] = self.scope["state"]
        if _KEPT not in state:
            limit = self.route_handler.resolve_request_max_body_size() or DEFAULT_BODY_LIMIT
            state[_KEPT] = await read_body(self.scope, self.receive, limit)
        kept: bytes = state[_KEPT]
        return kept

    async def json(self) -> Any:
        """The body as the type of the route's ``data``."""
        require_json(self.scope)
        field = self.route_handler.parsed_data_field
        return decode_json(await self.body(), Any if field is None else field.annotation)
