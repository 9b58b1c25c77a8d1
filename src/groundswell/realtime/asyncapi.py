"""The AsyncAPI 3.0 document, made of the very structs that messages are.

Three families of messages: what clients say, what the gateway answers, and what the streams and
polls tell about themselves. EVENT, which all doors share, is written by hand-joined bytes; its
struct here describes those bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import getdoc
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.contract.catalogue import Entry, entry_of
from groundswell.contract.events import Event
from groundswell.contract.events.base import Tag
from groundswell.contract.outward import outward_struct
from groundswell.realtime.describable import Describable
from groundswell.realtime.logged_events import about, told_on
from groundswell.realtime.messages import Message
from groundswell.realtime.topics import KINDS, TopicKind

Family = Literal["client", "gateway", "stream"]

_PARAMETERS: Final = re.compile(r"\{(\w+)\}")
_RULES: Final = {
    "public": "Anybody may subscribe.",
    "owner": "Only the user named in the topic may subscribe.",
    "member": "Members of the program may subscribe.",
    "permitted": "Whoever is permitted may subscribe.",
}
_TITLE: Final = "Groundswell, live"
_DESCRIPTION: Final = (
    "Topics and the messages on them: the same topics, events and positions over every door. "
    "On a topic every event is told in the order of its `offset`, or named in a GAP."
)


class EventMessage(msgspec.Struct, rename="camel", tag="EVENT", tag_field="type", kw_only=True):
    """Something happened: the same bytes for every receiver of the topic.

    ``sig`` is there for those who asked for signatures, all of whom get the same bytes too. As
    MessagePack a signed event's ``data`` is binary: the JSON that was signed.
    """

    topic: str
    id: str
    timestamp: str
    data: dict[str, Any]
    version: int
    offset: int | UnsetType = UNSET
    seq: int
    tags: dict[str, Tag] | UnsetType = UNSET
    delivery: Literal["critical"] | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    actor: str | UnsetType = UNSET
    sig: str | UnsetType = UNSET


class Batch(msgspec.Struct, rename="camel", tag="BATCH", tag_field="type", kw_only=True):
    """Messages told together; each is as it would be alone."""

    reason: Literal["live", "recovery", "history", "redelivery", "inbox"]
    topic: str | UnsetType = UNSET
    attempt: int | UnsetType = UNSET
    messages: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Door:
    """A way to connect: its protocol, and its path on the service's host.

    ``subprotocols``: of a WebSocket, and in which notation each tells the messages.
    """

    name: str
    protocol: str
    pathname: str
    description: str
    subprotocols: Mapping[str, str] = field(default_factory=dict)


WEBSOCKET: Final = Door(
    "websocket",
    "ws",
    "/v1/realtime",
    "JSON in text frames, with the subprotocol `groundswell.v1` or none; or MessagePack in binary "
    "frames, with `groundswell.v1.msgpack`.",
    {"groundswell.v1": "application/json", "groundswell.v1.msgpack": "application/vnd.msgpack"},
)
SOCKET_IO: Final = Door("socketio", "socketio", "/socket.io/", "Socket.IO v5 over Engine.IO v4.")
STREAM: Final = Door(
    "stream", "http", "/v1/stream", "Server-sent events, named by the type of the message."
)
POLLING: Final = Door("polling", "http", "/v1/poll", "Long polling, from cursor to cursor.")


def asyncapi_document(
    version: str,
    doors: Sequence[Door],
    *,
    stream: Iterable[type[Message]],
    gateway: Iterable[type[msgspec.Struct]] = (),
    client: Iterable[type[msgspec.Struct]] = (),
    events: Mapping[str, type[Event]],
) -> dict[str, Any]:
    """The document.

    Args:
        version: of the service.
        doors: those that are open.
        stream: what streams and polls tell beside events.
        gateway: what the gateway answers, ``client`` what clients say to it; nothing where no
            door leads to it.
        client: as said.
        events: what is logged, by event type: the facts that live messages are made of, described
            as they are sent to other systems.
    """
    families: dict[Family, list[type[msgspec.Struct]]] = {
        "stream": [EventMessage, *stream],
        "gateway": [Batch, *gateway] if gateway else [],
        "client": list(client),
    }
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for family, members in families.items():
        messages |= _messages(family, members)
        schemas |= _schemas(family, members)
    entries = {name: entry_of(struct) for name, struct in events.items()}
    messages |= {
        f"log.{name}": _message(name, "log", struct) | about(entries[name])
        for name, struct in events.items()
    }
    schemas |= _schemas("log", [outward_struct(struct) for struct in events.values()])
    told = [name for name in messages if not name.startswith(("client.", "log."))]
    said = [name for name in messages if name.startswith("client.")]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": _TITLE, "version": version, "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {door.name: _server(door) for door in doors},
        "channels": _channels(told, said, doors, list(entries.values())),
        "operations": _operations(told, said),
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": _SECURITY,
        },
    }


_SECURITY: Final[dict[str, Any]] = {
    "user": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A user's access token. Without one only public topics are told.",
    },
    "ticket": {
        "type": "httpApiKey",
        "name": "ticket",
        "in": "query",
        "description": "A single-use ticket of `POST /v1/realtime/tickets`.",
    },
}


def _server(door: Door) -> dict[str, Any]:
    return {
        "host": "{host}",
        "pathname": door.pathname,
        "protocol": door.protocol,
        "description": door.description,
        "variables": {"host": {"default": "127.0.0.1:8080"}},
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
    }


def _channels(
    told: list[str], said: list[str], doors: Sequence[Door], entries: Sequence[Entry]
) -> dict[str, Any]:
    """A channel for each kind of topic, and one for the conversation about them."""
    channels = {_channel_name(kind): _channel(kind, told, entries) for kind in KINDS}
    if said:
        channels["session"] = {
            "address": None,
            "title": "The conversation of one connection",
            "messages": {name: _to_component(name) for name in [*said, *told]},
            "bindings": {"ws": _handshake(doors)},
        }
    return channels


def _handshake(doors: Sequence[Door]) -> dict[str, Any]:
    """What the request for a WebSocket may ask for."""
    notations = {name: kind for door in doors for name, kind in door.subprotocols.items()}
    header = {
        "type": "string",
        "enum": list(notations),
        "description": "The notation of the messages: "
        + ", ".join(f"{kind} with `{name}`" for name, kind in notations.items())
        + ".",
    }
    return {
        "method": "GET",
        "headers": {"type": "object", "properties": {"Sec-WebSocket-Protocol": header}},
        "bindingVersion": "0.1.0",
    }


def _channel(kind: TopicKind, told: list[str], entries: Sequence[Entry]) -> dict[str, Any]:
    """What is told on the topics of one kind: messages that name a topic."""
    about = "Each event holds the whole state." if kind.state else "Every event counts."
    channel: dict[str, Any] = {
        "address": kind.name,
        "description": f"{about} {_RULES[kind.rule]}",
        "messages": {name: _to_component(name) for name in told if name.startswith("stream.")},
    }
    parameters = {
        name: {"description": f"The `{name}` in the topic's name."}
        for name in _PARAMETERS.findall(kind.name)
    }
    parts = {"parameters": parameters} if parameters else {}
    return channel | parts | told_on(kind, entries)


def _channel_name(kind: TopicKind) -> str:
    """The kind's name without braces and dots, which references could not hold."""
    return _PARAMETERS.sub(r"\1", kind.name).replace(".", "-")


def _operations(told: list[str], said: list[str]) -> dict[str, Any]:
    operations = {
        f"tell-{_channel_name(kind)}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{_channel_name(kind)}"},
            "summary": f"Tell what happens on {kind.name}",
        }
        for kind in KINDS
    }
    if said:
        operations["hear"] = _of_session("receive", "Hear what a client says", said)
        operations["answer"] = _of_session("send", "Answer a client", told)
    return operations


def _of_session(action: str, summary: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/session"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/session/messages/{name}"} for name in names],
    }


def _to_component(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/messages/{name}"}


def _messages(family: Family, members: list[type[msgspec.Struct]]) -> dict[str, Any]:
    return {
        f"{family}.{tag}": _message(tag, family, struct)
        for struct in members
        for tag in [str(struct.__struct_config__.tag)]
    }


def _message(name: str, family: str, struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "summary": (getdoc(struct) or name).split("\n\n")[0].replace("\n", " "),
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{family}.{struct.__name__}"},
        "tags": [{"name": family}],
    }


def _schemas(family: str, members: list[type[msgspec.Struct]]) -> dict[str, Any]:
    """The schemas of a family; families have equal names, so each has its own prefix."""
    template = f"#/components/schemas/{family}.{{name}}"
    forms = Describable(template)
    described = [forms.of(member) for member in members]
    _, found = msgspec.json.schema_components([*described, *forms.parts], ref_template=template)
    return {f"{family}.{name}": schema for name, schema in found.items()}
