"""Commands from events, and events from messages."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from groundswell.realtime.doors.socketio import translation
from groundswell.realtime.doors.socketio.requests import MAX_WAITING, Requests
from groundswell.realtime.doors.socketio.translation import NotACommand, command_of
from groundswell.realtime.messages import Envelope, Publication


def told(arguments: list[Any], ref: str | None = None) -> Any:
    return msgspec.json.decode(command_of(arguments).encode(ref))


def test_the_name_of_an_event_is_the_type_of_its_message() -> None:
    body = {"topics": ["activity"], "options": {"history": 10}}
    assert told(["subscribe", body]) == {"type": "SUBSCRIBE", **body}
    assert told(["bye"]) == {"type": "BYE"}


def test_the_body_cannot_name_another_type() -> None:
    assert told(["subscribe", {"type": "PUBLISH", "topics": []}])["type"] == "SUBSCRIBE"


def test_a_ref_of_ours_takes_the_place_of_the_clients() -> None:
    assert told(["history", {"ref": "mine"}], "ours")["ref"] == "ours"
    assert told(["history", {"ref": "mine"}])["ref"] == "mine"


def test_binary_parts_become_base64() -> None:
    assert told(["publish", {"data": {"bytes": b"\1\2\3"}}])["data"] == {"bytes": "AQID"}


@pytest.mark.parametrize(
    "arguments",
    [
        [1, {}],
        ["", {}],
        ["sub scribe", {}],
        ["x" * 33, {}],
        ["subscribé", {}],
        ["subscribe", "activity"],
        ["subscribe", None],
        ["subscribe", [{}]],
        ["subscribe", {}, {}],
    ],
)
def test_what_is_no_command_is_refused(arguments: list[Any]) -> None:
    with pytest.raises(NotACommand):
        command_of(arguments).encode()


def test_a_body_nested_too_deeply_is_refused() -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"deeper": deep}
    with pytest.raises(NotACommand):
        command_of(["subscribe", deep]).encode()


def test_auth_is_a_hello() -> None:
    hello = msgspec.json.decode(translation.hello({"token": "t", "type": "BYE"}))
    assert hello == {"type": "HELLO", "protocol": 1, "token": "t"}


def test_a_message_is_the_event_of_its_type() -> None:
    message = b'{"type":"CAUGHT_UP","topic":"hot"}'
    assert translation.event_of(message) == b'42["caught_up",%b]' % message
    late = b'{"topic":"hot","type":"GAP"}'
    assert translation.event_of(late) == b'42["gap",%b]' % late


def test_an_event_is_encoded_once_for_all() -> None:
    envelope = Envelope(Publication("hot", "x", "msg-1", 0, b'{"eventType":"x"}', 1), 1, "e")
    first = envelope.encoded(translation.event_packet)
    assert first == b'42["event",%b]' % envelope.event
    assert envelope.encoded(translation.event_packet) is first


def test_an_answer_comes_back_under_the_clients_own_ref() -> None:
    requests = Requests()
    message, is_answered = requests.command(["subscribe", {"topics": [], "ref": "mine"}], 7)
    assert is_answered
    ours = msgspec.json.decode(message)["ref"]
    assert requests.answered_by(b'{"type":"SUBSCRIBED","ref":"other"}') is None
    assert requests.answered_by(b'{"type":"EVENT","data":{"ref":"%b"}}' % ours.encode()) is None
    answer = requests.answered_by(b'{"type":"SUBSCRIBED","ref":"%b","topics":{}}' % ours.encode())
    assert answer is not None
    assert answer[0] == 7
    assert msgspec.json.decode(answer[1]) == {"type": "SUBSCRIBED", "topics": {}, "ref": "mine"}
    assert requests.answered_by(b'{"type":"SUBSCRIBED","ref":"%b"}' % ours.encode()) is None


def test_what_is_not_answered_or_not_asked_to_be_keeps_its_own_ref() -> None:
    requests = Requests()
    for arguments, ack in ((["ack", {"ref": "r"}], 1), (["subscribe", {"ref": "r"}], None)):
        message, is_answered = requests.command(arguments, ack)
        assert msgspec.json.decode(message)["ref"] == "r"
        assert not is_answered


def test_requests_without_an_answer_are_bounded() -> None:
    requests = Requests()
    for number in range(MAX_WAITING):
        requests.command(["history", {}], number)
    with pytest.raises(NotACommand):
        requests.command(["history", {}], MAX_WAITING)
