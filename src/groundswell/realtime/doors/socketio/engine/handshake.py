"""The first words of Engine.IO: what a request asks for, why it is refused, how a session opens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import parse_qs

import msgspec

from groundswell.realtime.doors.socketio.engine.options import EngineOptions

Transport = Literal["polling", "websocket"]

VERSION: Final = "4"
_TRANSPORTS: Final[dict[str, Transport]] = {"polling": "polling", "websocket": "websocket"}
_FIELDS: Final = 20
_TOKEN_NAMES: Final = frozenset(("token", "access_token", "id_token", "jwt", "authorization"))
_JWT: Final = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*")
_encode = msgspec.json.Encoder().encode


RETRY_AFTER_SECONDS: Final = 5
"""A server that is full, or leaving, is asked again then."""


class Refusal(msgspec.Struct, frozen=True):
    """Why a request is not served: an HTTP status, and the code and message of its JSON body."""

    status: int
    code: int
    message: str

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """When to come back, where that can help."""
        return [(b"retry-after", b"%d" % RETRY_AFTER_SECONDS)] if self.status == 503 else []

    @property
    def body(self) -> bytes:
        """The JSON that clients of the reference server know."""
        return _encode({"code": self.code, "message": self.message})


UNKNOWN_TRANSPORT: Final = Refusal(400, 0, "Transport unknown")
UNKNOWN_SESSION: Final = Refusal(400, 1, "Session ID unknown")
BAD_METHOD: Final = Refusal(400, 2, "Bad handshake method")
BAD_REQUEST: Final = Refusal(400, 3, "Bad request")
TOKEN_IN_ADDRESS: Final = Refusal(
    400, 3, "A token does not belong in an address, where logs keep it: send it as auth.token"
)
FORBIDDEN: Final = Refusal(403, 4, "Forbidden")
UNSUPPORTED_VERSION: Final = Refusal(400, 5, "Unsupported protocol version")


class Query(msgspec.Struct, frozen=True):
    """What a request asks for; ``sid`` is None in the first one of a session."""

    transport: Transport
    sid: str | None


def fields_of(query_string: bytes) -> dict[str, str]:
    """The parameters of a query, the last value of each; none if there are suspiciously many."""
    try:
        fields = parse_qs(query_string.decode("latin-1"), max_num_fields=_FIELDS)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


def read_query(fields: Mapping[str, str]) -> Query | Refusal:
    """What the parameters of a request ask for, or why it is not one of this protocol."""
    transport = _TRANSPORTS.get(fields.get("transport", ""))
    if transport is None:
        return UNKNOWN_TRANSPORT
    if fields.get("EIO") != VERSION:
        return UNSUPPORTED_VERSION
    return Query(transport, fields.get("sid"))


def carries_token(fields: Mapping[str, str]) -> bool:
    """Whether the address holds a token, by its name or by its looks."""
    return any(
        name.lower() in _TOKEN_NAMES or _JWT.search(value) is not None
        for name, value in fields.items()
    )


def open_packet(sid: str, upgrades: list[Transport], options: EngineOptions) -> bytes:
    """The packet that starts a session."""
    return b"0" + _encode(
        {
            "sid": sid,
            "upgrades": upgrades,
            "pingInterval": options.ping_interval_ms,
            "pingTimeout": options.ping_timeout_ms,
            "maxPayload": options.max_payload,
        }
    )
