"""What clients say: one struct for each message type, and how a frame becomes one.

Unknown fields are ignored, so that a newer client is understood.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from groundswell.access.terms import ClientId
from groundswell.realtime.batching import Mode, Priority
from groundswell.realtime.codes import Code
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.messages import Offset, Place

Ref = Annotated[str, msgspec.Meta(max_length=64)]
TopicText = Annotated[str, msgspec.Meta(max_length=300)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
Name = Annotated[str, msgspec.Meta(max_length=64)]


class Frame(msgspec.Struct, rename="camel", tag_field="type", kw_only=True, frozen=True):
    """Base of what clients say; ``ref`` is echoed in the answer."""

    ref: Ref | None = None


class Sdk(msgspec.Struct, frozen=True):
    """The client library, for statistics."""

    name: Name = ""
    version: Name = ""


class Hello(Frame, tag="HELLO", frozen=True, kw_only=True):
    """Opens a session."""

    protocol: int = 1
    token: str | None = None
    client_id: ClientId | None = None
    sdk: Sdk | None = None
    features: list[Name] = []
    resume_token: str | None = None


class Options(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """How the topics of a SUBSCRIBE are to be told."""

    history: Count = 0
    priority: Priority = "normal"
    offline_delivery: bool = False
    resume: dict[str, Place] = {}
    mode: Mode | None = None
    filter: Any = None
    snapshot: bool = False
    delta: str | None = None
    ack: bool = False
    max_rate_per_sec: Annotated[float, msgspec.Meta(gt=0)] | None = None
    digest_interval_ms: Annotated[int, msgspec.Meta(ge=1000, le=86_400_000)] | None = None
    presence: bool = False
    saved: bool = False
    signed: bool = False


DEFAULT_OPTIONS: Final = Options()


class Subscribe(Frame, tag="SUBSCRIBE", frozen=True, kw_only=True):
    """Hear topics, or change how those held are told.

    Names are held to the grammar one by one, so that one that is too long fails no other.
    """

    topics: list[str]
    client_id: ClientId | None = None
    options: Options = DEFAULT_OPTIONS


class Unsubscribe(Frame, tag="UNSUBSCRIBE", frozen=True, kw_only=True):
    """Hear topics no longer."""

    topics: list[str]


class Ack(Frame, tag="ACK", frozen=True, kw_only=True):
    """Critical events are safe on the device: up to an offset, or by id."""

    topic: TopicText | None = None
    offset: Offset | None = None
    ids: list[Name] = []


class Read(Frame, tag="READ", frozen=True, kw_only=True):
    """The user read, unread or dismissed messages."""

    ids: list[Name] = []
    topic: TopicText | None = None
    up_to: Offset | None = None
    state: Literal["read", "unread", "dismissed"]
    at: Name | None = None
    vv: dict[str, int] = {}


class History(Frame, tag="HISTORY", frozen=True, kw_only=True):
    """A page of a topic's past."""

    topic: TopicText
    after: Place | None = None
    before: Place | None = None
    limit: Count = 100
    order: Literal["asc", "desc"] | None = None
    filter: Any = None
    signed: bool = False


class Presence(Frame, tag="PRESENCE", frozen=True, kw_only=True):
    """Be present on a topic, or ask who is."""

    topic: TopicText
    op: Literal["enter", "update", "leave", "list", "count"]
    data: msgspec.Raw = msgspec.Raw(b"null")
    incognito: bool = False
    cursor: Annotated[str, msgspec.Meta(max_length=256)] | None = None


class Track(Frame, tag="TRACK", frozen=True, kw_only=True):
    """Hear about these items of a topic only."""

    topic: TopicText
    keys: Annotated[list[Name], msgspec.Meta(max_length=200)]
    signature: str | None = None


class Untrack(Frame, tag="UNTRACK", frozen=True, kw_only=True):
    """Hear about these items no longer."""

    topic: TopicText
    keys: Annotated[list[Name], msgspec.Meta(max_length=200)]


class Action(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """Something the user did; ``key`` makes repeating it harmless."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    action: Name
    occurred_at: Name | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Publish(Frame, tag="PUBLISH", frozen=True, kw_only=True):
    """What the user did, several things at once."""

    messages: list[Action]


class Refresh(Frame, tag="REFRESH", frozen=True, kw_only=True):
    """A newer token of the same user."""

    token: str


class Flow(Frame, tag="FLOW", frozen=True, kw_only=True):
    """How closely the client wants to follow now."""

    state: Literal["foreground", "background"] = "foreground"
    network: Literal["wifi", "cellular", "metered"] | None = None
    max_rate_per_sec: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Ping(Frame, tag="PING", frozen=True, kw_only=True):
    """Are you there?"""

    t: int | float | str | None = None


class Pong(Frame, tag="PONG", frozen=True, kw_only=True):
    """I am here."""

    t: int | float | str | None = None


class Bye(Frame, tag="BYE", frozen=True, kw_only=True):
    """I leave for good."""


ClientFrame = (
    Hello
    | Subscribe
    | Unsubscribe
    | Ack
    | Read
    | History
    | Presence
    | Track
    | Untrack
    | Publish
    | Refresh
    | Flow
    | Ping
    | Pong
    | Bye
)

TYPES: Final = frozenset(str(one.__struct_config__.tag) for one in ClientFrame.__args__)


class _Head(msgspec.Struct):
    """What can be said of a frame that is not understood."""

    type: Any = None
    ref: Any = None


class Unreadable(Refused):
    """A frame that is no message; ``ref`` is what it can be answered under."""

    def __init__(self, code: Code, message: str, ref: str | None) -> None:
        super().__init__(code, message)
        self.ref = ref


_decoder: Final[msgspec.json.Decoder[ClientFrame]] = msgspec.json.Decoder(ClientFrame)
_head: Final = msgspec.json.Decoder(_Head)
_FAILURES: Final = (msgspec.DecodeError, RecursionError, UnicodeError)


def decode(raw: bytes | str) -> ClientFrame:
    """The message in a frame.

    Raises:
        Unreadable: it is not JSON, of no known type, or a field is wrong.
    """
    try:
        return _decoder.decode(raw)
    except _FAILURES as error:
        raise _unreadable(raw, error) from None


def _unreadable(raw: bytes | str, error: Exception) -> Unreadable:
    try:
        head = _head.decode(raw)
    except _FAILURES:
        return Unreadable(Code.BAD_REQUEST, "A frame must be one JSON object.", None)
    ref = head.ref if isinstance(head.ref, str) and len(head.ref) <= 64 else None
    if isinstance(head.type, str) and head.type not in TYPES:
        return Unreadable(Code.UNKNOWN_TYPE, f"There is no message type {head.type[:64]!r}.", ref)
    return Unreadable(Code.BAD_REQUEST, str(error)[:300], ref)
