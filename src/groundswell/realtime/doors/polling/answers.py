"""What polling clients are answered: joined from messages that are encoded already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.access.terms import ClientId
from groundswell.contract.errors import GroundswellError, Kind
from groundswell.realtime.broker.base import Position
from groundswell.realtime.messages import Place
from groundswell.realtime.topics import is_state

MOST_HISTORY: Final = 100
MOST_TOPICS: Final = 128

_encode = msgspec.json.Encoder().encode


class Registration(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The topics to hear, whether with their states, and how many of their newest events.

    ``resume`` says where topics were left, at this door or another; ``clientId`` names the device;
    ``signed`` asks for signatures.
    """

    topics: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_TOPICS)]
    snapshot: bool = True
    history: Annotated[int, msgspec.Meta(ge=0, le=MOST_HISTORY)] = 0
    resume: Annotated[dict[str, Place], msgspec.Meta(max_length=MOST_TOPICS)] = {}
    client_id: ClientId | None = None
    signed: bool = False


class PollAnswer(msgspec.Struct, rename="camel"):
    """What happened since the cursor, the next cursor, and when to ask again (milliseconds)."""

    cursor: str
    messages: list[dict[str, Any]]
    next_poll_ms: int


class Refusal(msgspec.Struct, rename="camel"):
    """Why a topic cannot be heard."""

    code: int
    name: str
    message: str
    retryable: bool = False


class TopicResult(msgspec.Struct, rename="camel", kw_only=True):
    """One topic of a registration: where its stream stands, or why it cannot be heard."""

    ok: bool
    epoch: str | UnsetType = UNSET
    offset: int | UnsetType = UNSET
    lowest: int | UnsetType = UNSET
    mode: Literal["stream", "state"] | UnsetType = UNSET
    error: Refusal | UnsetType = UNSET


class RegistrationAnswer(PollAnswer):
    """The first cursor, with states and history, and what became of each topic."""

    topics: dict[str, TopicResult]


_REFUSALS: Final[Mapping[Kind, tuple[int, str]]] = {
    "invalid": (1001, "bad_request"),
    "not_found": (1104, "unknown_topic"),
    "forbidden": (1103, "permission_denied"),
    "unauthenticated": (1101, "unauthenticated"),
}


def held(topic: str, position: Position) -> TopicResult:
    """The topic is heard from ``position`` on."""
    return TopicResult(
        ok=True,
        epoch=position.epoch,
        offset=position.offset,
        lowest=position.lowest,
        mode="state" if is_state(topic) else "stream",
    )


def refused(error: GroundswellError) -> TopicResult:
    """The topic is not heard. An error that is not about the topic is raised again."""
    if error.kind not in _REFUSALS:
        raise error
    code, name = _REFUSALS[error.kind]
    return TopicResult(ok=False, error=Refusal(code, name, str(error)))


def answer(
    cursor: str,
    messages: Sequence[bytes],
    next_poll_ms: int,
    topics: Mapping[str, TopicResult] | None = None,
) -> bytes:
    """A ``PollAnswer`` or ``RegistrationAnswer`` as JSON, events in the bytes all receivers get."""
    about = b"" if topics is None else b',"topics":%b' % _encode(topics)
    return b'{"cursor":%b,"messages":[%b],"nextPollMs":%d%b}' % (
        _encode(cursor),
        b",".join(messages),
        next_poll_ms,
        about,
    )
