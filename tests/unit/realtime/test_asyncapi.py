"""The AsyncAPI document: whole, and true to the messages that are really sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest
from msgspec.structs import replace

from groundswell.contract.catalogue import entry_of, topics_of
from groundswell.contract.events import EVENT_TYPES
from groundswell.realtime.asyncapi import (
    POLLING,
    SOCKET_IO,
    STREAM,
    WEBSOCKET,
    asyncapi_document,
)
from groundswell.realtime.batching import batch
from groundswell.realtime.digests import Digest, DigestBuilder
from groundswell.realtime.doors.websocket.notations import SUBPROTOCOLS
from groundswell.realtime.gateway.frames import ClientFrame
from groundswell.realtime.gateway.replies import REPLIES
from groundswell.realtime.gateway.topic_replies import Delta, Subscribed
from groundswell.realtime.messages import CaughtUp, Envelope, Gap, Snapshot
from groundswell.realtime.presence.base import MemberPage
from groundswell.realtime.presence.members import Member, difference
from groundswell.realtime.presence.messages import diff_message, state_message
from groundswell.realtime.topics import KINDS
from tests.unit.realtime.builders import envelope

STREAMED = (Snapshot, CaughtUp, Gap)
SMALL = asyncapi_document("1.2.3", [STREAM, POLLING], stream=STREAMED, events=EVENT_TYPES)
WHOLE = asyncapi_document(
    "1.2.3",
    [WEBSOCKET, SOCKET_IO, STREAM, POLLING],
    stream=STREAMED,
    gateway=[*REPLIES, Digest],
    client=get_args(ClientFrame),
    events=EVENT_TYPES,
)
DOCUMENTS = pytest.mark.parametrize("document", [SMALL, WHOLE], ids=["small", "whole"])


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def at(document: dict[str, Any], reference: str) -> Any:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


@DOCUMENTS
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    document = json.loads(msgspec.json.encode(document))
    assert references(document)
    for reference in references(document):
        assert isinstance(at(document, reference), dict)


@DOCUMENTS
def test_the_document_has_what_the_specification_requires(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    assert all({"host", "protocol"} <= server.keys() for server in document["servers"].values())
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert operation["channel"]["$ref"].startswith("#/channels/")
        for message in operation.get("messages", []):
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
    names = [*document["channels"], *document["operations"]]
    names += [name for part in document["components"].values() for name in part]
    assert all(re.fullmatch(r"[\w.\-]+", name) for name in names)


@DOCUMENTS
def test_every_kind_of_topic_is_a_channel_with_its_parameters(document: dict[str, Any]) -> None:
    channels = {channel["address"]: channel for channel in document["channels"].values()}
    assert {kind.name for kind in KINDS} == channels.keys() - {None}
    for address, channel in channels.items():
        placeholders = re.findall(r"\{(\w+)\}", address or "")
        assert set(placeholders) == channel.get("parameters", {}).keys()
        assert channel["messages"]


def test_every_message_and_every_event_is_described() -> None:
    names = WHOLE["components"]["messages"].keys()
    assert {f"gateway.{one.__struct_config__.tag}" for one in REPLIES} <= names
    assert {f"client.{one.__struct_config__.tag}" for one in get_args(ClientFrame)} <= names
    assert {f"log.{name}" for name in EVENT_TYPES} <= names
    assert "stream.EVENT" in names
    assert all(message["summary"] for message in WHOLE["components"]["messages"].values())


def test_whatever_the_protocol_says_that_servers_tell_is_described() -> None:
    """Also what is not made of one of the replies: EVENT, BATCH and DIGEST."""
    protocol = (Path(__file__).parents[3] / "docs/protocol.md").read_text(encoding="utf-8")
    section = protocol.partition("## 4.")[2].partition("\n## ")[0]
    told = {name for row in re.findall(r"^\| (`[^|]+)\|", section, re.M) for name in _names(row)}
    assert {"EVENT", "DELTA", "PRESENCE_DIFF", "GAP"} <= told
    described = {message["name"] for message in WHOLE["components"]["messages"].values()}
    assert told <= described


def _names(cell: str) -> list[str]:
    return re.findall(r"`([A-Z_]+)`", cell)


def test_every_event_has_its_payload_topics_privacy_and_whether_it_is_critical() -> None:
    for name, struct in EVENT_TYPES.items():
        message = WHOLE["components"]["messages"][f"log.{name}"]
        assert message["x-topics"] == list(topics_of(struct))
        assert message["x-privacy"] == struct.privacy
        assert message["x-critical"] == struct.critical
        schema = at(WHOLE, message["payload"]["$ref"])
        assert set(schema["properties"]) == set(entry_of(struct).fields)
        assert "timestamp" in schema["required"]


def test_events_that_are_told_as_they_are_stand_at_their_topics() -> None:
    told = {
        channel["address"]: channel.get("x-events", []) for channel in WHOLE["channels"].values()
    }
    plain = {name for name, struct in EVENT_TYPES.items() if topics_of(struct)}
    assert set().union(*told.values()) == plain
    assert "referral.conversion.completed" in told["user.{id}.{part}"]
    assert "referral.program.updated" in told["program.{programId}.updates"]
    assert "system.announcement.made" not in told["system.broadcast"]


def test_where_no_door_leads_to_the_gateway_nothing_is_said_of_it() -> None:
    assert "session" not in SMALL["channels"]
    assert not any(name.startswith("client.") for name in SMALL["components"]["messages"])


def problems(message: str, sent: bytes) -> list[str]:
    """What the document's schema of a message finds wrong with bytes that were sent."""
    schema = WHOLE["components"]["messages"][message]["payload"]
    checked = jsonschema_rs.Draft202012Validator(
        json.loads(msgspec.json.encode({**schema, "components": WHOLE["components"]}))
    )
    return [str(error) for error in checked.iter_errors(json.loads(sent))]


def test_messages_are_as_described() -> None:
    event = envelope(5)
    builder = DigestBuilder("activity")
    builder.add(event)
    digest = builder.take("dg-1", 0)
    assert digest is not None
    gap = Gap(topic="activity", epoch="e", reason="trimmed", from_=1, to=5)
    state = Snapshot(topic="hot", epoch="e", offset=1, timestamp="t", data=msgspec.Raw(b"{}"))
    member = Member("ada", "away", msgspec.Raw(b'{"mood":"fine"}'))
    change = diff_message("presence.room", 1, difference([], [member]))
    page = state_message("presence.room", MemberPage([member], 1, None))
    delta = Delta(
        topic="hot",
        id="msg-1",
        base=1,
        state_version=2,
        offset=2,
        timestamp="t",
        patch=msgspec.Raw(b'[{"op":"remove","path":"/0"}]'),
    )
    assert problems("gateway.PRESENCE_DIFF", change.encode()) == []
    assert problems("gateway.PRESENCE_STATE", page.encode()) == []
    assert problems("gateway.DELTA", delta.encode()) == []
    assert problems("stream.EVENT", event.event) == []
    assert problems("stream.GAP", gap.encode()) == []
    assert problems("stream.SNAPSHOT", state.encode()) == []
    assert problems("gateway.DIGEST", digest.encode()) == []
    assert problems("gateway.BATCH", batch([event.event], "live", topic="activity")) == []


def test_an_event_with_everything_it_may_carry_is_as_described() -> None:
    whole = replace(
        envelope(5).publication,
        critical=True,
        tags={"ownerId": "u-1", "n": 5, "share": 0.5, "flag": True},
        expires_at=6,
        actor="u-1",
    )
    sent = Envelope(whole, 5, "e").signed(lambda _: "header..signature").event
    assert problems("stream.EVENT", sent) == []
    described = WHOLE["components"]["schemas"]["stream.EventMessage"]["properties"]
    assert json.loads(sent).keys() == described.keys()


def test_the_notations_of_the_websocket_are_those_that_it_speaks() -> None:
    headers = WHOLE["channels"]["session"]["bindings"]["ws"]["headers"]
    assert headers["properties"]["Sec-WebSocket-Protocol"]["enum"] == list(SUBPROTOCOLS)


def test_a_message_of_another_shape_is_noticed() -> None:
    assert problems("stream.EVENT", b'{"type":"EVENT","topic":5}')
    assert problems("stream.GAP", envelope(5).event)


def test_a_union_without_tags_is_described_by_its_members() -> None:
    refused = {"ok": False, "error": {"code": 1, "name": "n", "message": "m", "retryable": False}}
    told = {"type": "SUBSCRIBED", "topics": {"a": refused}}
    assert problems("gateway.SUBSCRIBED", msgspec.json.encode(told)) == []
    assert problems("gateway.SUBSCRIBED", msgspec.json.encode(told | {"topics": {"a": {}}}))
    assert Subscribed(topics={}).encode() == b'{"type":"SUBSCRIBED","topics":{}}'
