"""A Socket.IO client at the gateway: let in, answered, closed, forgotten."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.integration.realtime.small_gateway import SmallGateway
from tests.unit.realtime.socketio.dialogue import CALLER, Dialogue


@pytest.fixture
def gateway() -> SmallGateway:
    return SmallGateway()


@pytest.fixture
async def dialogue(gateway: SmallGateway) -> Dialogue:
    return Dialogue(gateway)


async def test_the_connect_reply_comes_before_anything_else(dialogue: Dialogue) -> None:
    written = dialogue.say('40{"token":"t"}')
    assert written[0] == b'40{"sid":"socket-1"}'
    assert written[1].startswith(b'42["welcome",{"type":"WELCOME"')


async def test_the_gateway_learns_who_connects_and_from_which_page(
    dialogue: Dialogue, gateway: SmallGateway
) -> None:
    dialogue.say('40{"token":"t","clientId":"d","resumeToken":"r"}')
    client = gateway.clients[0]
    assert (client.caller, client.origin) == (CALLER, "https://app.example")
    assert client.link.transport == "socketio"
    assert client.heard == [
        {"type": "HELLO", "protocol": 1, "token": "t", "clientId": "d", "resumeToken": "r"}
    ]


async def test_a_refused_hello_is_a_connect_error_after_which_another_may_come(
    dialogue: Dialogue, gateway: SmallGateway
) -> None:
    (written,) = dialogue.say('40{"token":"bad"}')
    refused = msgspec.json.decode(written[2:])
    assert written.startswith(b"44{")
    assert refused["message"] == "The token is not valid."
    assert refused["data"]["code"] == 1101
    await asyncio.sleep(0)
    assert gateway.clients == []
    assert dialogue.say('40{"token":"good"}')[0].startswith(b"40{")


async def test_a_gateway_that_is_full_is_a_connect_error_worth_retrying(
    dialogue: Dialogue, gateway: SmallGateway
) -> None:
    gateway.is_open = False
    (written,) = dialogue.say("40")
    refused = msgspec.json.decode(written[2:])
    assert (refused["data"]["code"], refused["data"]["retryable"]) == (1501, True)


async def test_commands_before_the_welcome_are_answered_after_it(dialogue: Dialogue) -> None:
    written = dialogue.say("40", '421["subscribe",{"topics":["hot"]}]')
    assert [one[:2] for one in written] == [b"40", b"42", b"43", b"42"]
    assert written[2] == b'431[{"type":"SUBSCRIBED","topics":{"hot":{"ok":true}}}]'


async def test_all_subscribers_get_the_same_bytes(gateway: SmallGateway) -> None:
    dialogues = [Dialogue(gateway) for _ in range(3)]
    for one in dialogues:
        one.say("40", '42["subscribe",{"topics":["hot"]}]')
        one.wire.written.clear()
    gateway.publish("hot", b'{"eventType":"x"}')
    packets = [one.wire.written[0] for one in dialogues]
    assert packets[0] == b'42["event",%b]' % gateway.envelopes[0].event
    assert packets[0] is packets[1] is packets[2]


@pytest.mark.parametrize("code", [4000, 4005, 4009, 4099])
async def test_a_close_for_good_puts_the_client_out(dialogue: Dialogue, code: int) -> None:
    dialogue.say("40")
    written = dialogue.say(f'42["kick",{{"code":{code}}}]')
    assert written == [b'42["close",{"code":%d,"reason":"because"}]' % code, b"41"]
    assert dialogue.wire.closed == (code, "because")


@pytest.mark.parametrize("code", [1000, 4100, 4108, 4200, 4203])
async def test_a_close_that_may_be_followed_by_a_return_ends_the_connection_only(
    dialogue: Dialogue, gateway: SmallGateway, code: int
) -> None:
    dialogue.say("40")
    client = gateway.clients[0]
    written = dialogue.say(f'42["kick",{{"code":{code}}}]')
    assert written == [b'42["close",{"code":%d,"reason":"because"}]' % code]
    assert dialogue.wire.closed == (code, "because")
    client.link.send(b'{"type":"PING"}')
    assert dialogue.wire.written == written
    await asyncio.sleep(0)
    assert client.ends == 1


async def test_a_client_is_gone_once_however_it_goes(gateway: SmallGateway) -> None:
    for ending in ("41", "1", "4abc"):
        dialogue = Dialogue(gateway)
        dialogue.say("40")
        client = gateway.clients[0]
        dialogue.say(ending)
        dialogue.transport.lost()
        await asyncio.sleep(0)
        assert client.ends == 1
        assert gateway.clients == []


async def test_a_message_that_is_too_large_is_an_error_and_the_second_is_abuse(
    dialogue: Dialogue,
) -> None:
    dialogue.say("40")
    large = '42["subscribe",{"x":"' + "é" * 500 + '"}]'
    dialogue.say(large)
    assert [event[1]["code"] for event in dialogue.wire.events()] == [1003]
    dialogue.say(large)
    assert dialogue.wire.closed == (4009, "messages too large")
    assert dialogue.wire.written[-1] == b"41"


async def test_what_is_no_command_is_an_error_in_the_answer_or_as_an_event(
    dialogue: Dialogue, gateway: SmallGateway
) -> None:
    dialogue.say("40")
    heard = len(gateway.clients[0].heard)
    answer = dialogue.say('429["subscribe","hot"]', '42["subscribe","hot"]')
    assert answer[0].startswith(b'439[{"type":"ERROR","code":1001,"name":"bad_request"')
    assert answer[1].startswith(b'42["error",{"type":"ERROR","code":1001')
    assert len(gateway.clients[0].heard) == heard


async def test_a_client_that_took_what_was_pending_is_told_of(
    dialogue: Dialogue, gateway: SmallGateway
) -> None:
    dialogue.say("40")
    dialogue.wire.pending_bytes = 17
    assert gateway.clients[0].link.pending_bytes == 17
    dialogue.transport.writable()
    assert gateway.clients[0].drains == 1
