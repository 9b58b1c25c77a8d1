"""What the documents of Engine.IO 4 and Socket.IO 5 ask of a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import msgspec
import pytest

from groundswell.realtime.doors.socketio import EngineOptions
from tests.integration.realtime.socketio_service import (
    QUICK,
    SocketIoService,
    socketio_service,
)

PLACEHOLDERS = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
PARTS = [b"\x01\x02\x03", b"\x04\x05\x06"]


@pytest.fixture(params=["own", "uvicorn"])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[SocketIoService]:
    async with asyncio.timeout(10), socketio_service(request.param) as running:
        yield running


@pytest.fixture
async def polled() -> AsyncIterator[SocketIoService]:
    """For what only polling is about; which WebSocket stands beside it does not matter."""
    async with asyncio.timeout(10), socketio_service() as running:
        yield running


async def opened(socket: Any) -> dict[str, Any]:
    packet = await socket.receive_str()
    assert packet[0] == "0"
    value: dict[str, Any] = msgspec.json.decode(packet[1:])
    return value


async def joined(socket: Any) -> None:
    """Through the handshakes of both protocols."""
    await opened(socket)
    await socket.send_str("40")
    connected, greeting = await told(socket, 2)
    assert connected.startswith('40{"sid":"')
    assert greeting == '42["auth",{}]'


async def told(socket: Any, count: int = 1) -> list[Any]:
    """The next packets that are not pings."""
    packets: list[Any] = []
    while len(packets) < count:
        message = await socket.receive()
        if message.data != "2":
            packets.append(message.data)
    return packets


async def until_closed(socket: Any) -> int | None:
    """The code with which the server closes."""
    while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
        assert message.data in ("2", "3probe") or message.data[0] in "04"
    assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    code: int | None = socket.close_code
    return code


class TestHandshake:
    async def test_polling_opens_a_session_with_one_packet_of_json(
        self, polled: SocketIoService
    ) -> None:
        async with polled.http.get(polled.address()) as response:
            body = await response.text()
            assert response.status == 200
            assert response.headers["content-type"] == "text/plain; charset=UTF-8"
        assert body[0] == "0"
        told_ = msgspec.json.decode(body[1:])
        assert isinstance(told_.pop("sid"), str)
        assert told_ == {
            "upgrades": ["websocket"],
            "pingInterval": 300,
            "pingTimeout": 200,
            "maxPayload": 1_000_000,
        }

    async def test_a_websocket_opens_a_session_that_has_nothing_to_upgrade_to(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            told_ = await opened(socket)
        assert isinstance(told_.pop("sid"), str)
        assert told_ == {
            "upgrades": [],
            "pingInterval": 300,
            "pingTimeout": 200,
            "maxPayload": 1_000_000,
        }

    @pytest.mark.parametrize(
        ("query", "code", "message"),
        [
            ("transport=polling", 5, "Unsupported protocol version"),
            ("EIO=abc&transport=polling", 5, "Unsupported protocol version"),
            ("EIO=3&transport=polling", 5, "Unsupported protocol version"),
            ("EIO=4", 0, "Transport unknown"),
            ("EIO=4&transport=abc", 0, "Transport unknown"),
            ("EIO=4&transport=polling&sid=abc", 1, "Session ID unknown"),
            ("EIO=4&transport=websocket", 3, "Bad request"),
            ("", 0, "Transport unknown"),
            ("&".join(f"p{n}=1" for n in range(128)), 0, "Transport unknown"),
        ],
    )
    async def test_a_request_that_is_none_is_refused_with_its_code(
        self, polled: SocketIoService, query: str, code: int, message: str
    ) -> None:
        async with polled.http.get(f"{polled.url}/socket.io/?{query}") as response:
            assert response.status == 400
            assert response.headers["content-type"] == "application/json"
            assert await response.json() == {"code": code, "message": message}

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
    async def test_only_get_opens_a_session(self, polled: SocketIoService, method: str) -> None:
        async with polled.http.request(method, polled.address()) as response:
            assert response.status == 400
            if method != "HEAD":
                assert (await response.json())["code"] == 2

    @pytest.mark.parametrize(
        "query",
        [
            "transport=websocket",
            "EIO=abc&transport=websocket",
            "EIO=4",
            "EIO=4&transport=abc",
            "EIO=4&transport=polling",
            "EIO=4&transport=websocket&sid=abc",
        ],
    )
    async def test_a_websocket_that_asks_for_nothing_known_is_refused(
        self, service: SocketIoService, query: str
    ) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await service.http.ws_connect(f"{service.url}/socket.io/?{query}")
        assert refused.value.status == 400

    async def test_what_is_not_the_door_goes_on_to_the_application(
        self, polled: SocketIoService
    ) -> None:
        async with polled.http.get(f"{polled.url}/socket.io/x") as response:
            assert await response.text() == "elsewhere"


class TestPolling:
    async def test_one_packet_each_way(self, polled: SocketIoService) -> None:
        sid = await polled.open_polling()
        assert await polled.post(sid, "40") == (200, "ok")
        status, body = await polled.poll(sid)
        assert status == 200
        assert body.endswith('\x1e42["auth",{}]')

    async def test_several_packets_in_one_payload_each_way(self, polled: SocketIoService) -> None:
        sid = await polled.open_polling()
        sent = "\x1e".join(["40", '42["m",1]', '42["m","é\\u001e"]'])
        assert await polled.post(sid, sent) == (200, "ok")
        assert (await polled.poll(sid))[1].split("\x1e")[1:] == [
            '42["auth",{}]',
            '42["message-back",1]',
            '42["message-back","é\\u001e"]',
        ]

    async def test_a_payload_holds_no_more_packets_than_every_client_reads(
        self, polled: SocketIoService
    ) -> None:
        sid = await polled.open_polling()
        await polled.post(sid, "\x1e".join(["40", *(f'42["m",{n}]' for n in range(40))]))
        payloads = [(await polled.poll(sid))[1].split("\x1e") for _ in range(3)]
        assert [len(one) for one in payloads] == [16, 16, 10]
        assert [one for payload in payloads for one in payload][2:] == [
            f'42["message-back",{n}]' for n in range(40)
        ]

    async def test_binary_is_base64_each_way(self, polled: SocketIoService) -> None:
        sid = await polled.open_polling()
        event = '451-["m",{"_placeholder":true,"num":0}]'
        assert await polled.post(sid, f"40\x1e{event}\x1ebAQIDBA==") == (200, "ok")
        assert (await polled.poll(sid))[1].split("\x1e")[2:] == [
            '451-["message-back",{"_placeholder":true,"num":0}]',
            "bAQIDBA==",
        ]

    @pytest.mark.parametrize("body", ["abc", "", "4\x1e", "b!!!!", b"4\xff", "2probe", "9"])
    async def test_an_invalid_payload_ends_the_session(
        self, polled: SocketIoService, body: str | bytes
    ) -> None:
        sid = await polled.open_polling()
        await polled.post(sid, body)
        assert (await polled.poll(sid))[0] == 400

    async def test_an_invalid_body_is_answered_400(self, polled: SocketIoService) -> None:
        sid = await polled.open_polling()
        assert (await polled.post(sid, "abc"))[0] == 400

    async def test_a_second_poll_at_the_same_time_ends_the_session(
        self, polled: SocketIoService
    ) -> None:
        sid = await polled.open_polling()
        first = asyncio.create_task(polled.poll(sid))
        await asyncio.sleep(0.05)
        second = await polled.poll(sid)
        assert await first == (200, "1")
        assert second[0] == 400
        assert (await polled.poll(sid))[0] == 400

    async def test_a_second_post_at_the_same_time_ends_the_session(
        self, polled: SocketIoService
    ) -> None:
        sid = await polled.open_polling()
        slowly = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"4"
            await slowly.wait()
            yield b"0"

        first = asyncio.create_task(polled.http.post(polled.address(sid=sid), data=body()))
        await asyncio.sleep(0.05)
        assert (await polled.post(sid, "40"))[0] == 400
        slowly.set()
        await first
        assert (await polled.poll(sid))[0] == 400

    async def test_a_body_larger_than_the_handshake_said_is_refused(self) -> None:
        options = quick(max_payload=100)
        async with socketio_service(options=options) as service:
            sid = await service.open_polling()
            assert (await service.post(sid, "4" * 101))[0] == 413
            assert (await service.post(sid, "40"))[0] == 200

    async def test_a_client_that_goes_away_in_the_midst_of_a_poll_has_left(
        self, polled: SocketIoService
    ) -> None:
        sid = await polled.open_polling()
        waiting = asyncio.create_task(polled.poll(sid))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.sleep(0.05)
        assert polled.door.statistics().endings == {"poll closed": 1}
        assert (await polled.poll(sid))[0] == 400

    async def test_a_session_is_closed_by_its_client(self, polled: SocketIoService) -> None:
        sid = await polled.open_polling()
        waiting = asyncio.create_task(polled.poll(sid))
        await asyncio.sleep(0.05)
        assert await polled.post(sid, "1") == (200, "ok")
        assert await waiting == (200, "6")
        assert (await polled.poll(sid))[0] == 400

    async def test_a_session_closed_by_the_server_is_told_so_after_what_was_before(
        self, polled: SocketIoService
    ) -> None:
        sid = await polled.open_polling()
        await polled.post(sid, '40\x1e42["message",1]\x1e42["end"]\x1e42["message",2]')
        assert (await polled.poll(sid))[1].split("\x1e")[2:] == ['42["message-back",1]']
        assert await polled.poll(sid) == (200, "1")
        assert (await polled.poll(sid))[0] == 400


class TestWebSocket:
    async def test_one_packet_to_a_frame(self, service: SocketIoService) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str('42["message",1,"2",{"3":[true]}]')
            assert await told(socket) == ['42["message-back",1,"2",{"3":[true]}]']

    @pytest.mark.parametrize("frame", ["abc", "", "9", "2"])
    async def test_an_invalid_packet_ends_the_session(
        self, service: SocketIoService, frame: str
    ) -> None:
        async with service.websocket() as socket:
            await opened(socket)
            await socket.send_str(frame)
            assert await until_closed(socket) == 1002

    async def test_a_session_is_closed_by_its_client(self, service: SocketIoService) -> None:
        async with service.websocket() as socket:
            await opened(socket)
            await socket.send_str("1")
            assert await until_closed(socket) == 1000
        assert service.door.statistics().sessions == 0

    async def test_a_frame_that_is_too_large_is_told_of_and_thrown_away(self) -> None:
        options = quick(max_payload=1_000)
        async with socketio_service(options=options) as service, service.websocket() as socket:
            await joined(socket)
            await socket.send_str('42["message","' + "x" * 1_000 + '"]')
            await socket.send_str('42["message",1]')
            assert await told(socket, 2) == ['42["too-large"]', '42["message-back",1]']


class TestHeartbeat:
    async def test_a_poll_gets_pings_at_the_interval(self, polled: SocketIoService) -> None:
        sid = await polled.open_polling()
        await polled.post(sid, "40")
        await polled.poll(sid)
        before = asyncio.get_running_loop().time()
        for _ in range(3):
            assert await polled.poll(sid) == (200, "2")
            assert await polled.post(sid, "3") == (200, "ok")
        assert 0.7 < asyncio.get_running_loop().time() - before < 1.5

    async def test_a_poll_after_the_timeout_finds_no_session(self, polled: SocketIoService) -> None:
        sid = await polled.open_polling()
        await polled.post(sid, "40")
        await asyncio.sleep(0.6)
        assert (await polled.poll(sid))[0] == 400
        assert polled.door.statistics().endings == {"ping timeout": 1}

    async def test_a_websocket_gets_pings_at_the_interval(self, service: SocketIoService) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            before = asyncio.get_running_loop().time()
            for _ in range(3):
                assert await socket.receive_str() == "2"
                await socket.send_str("3")
            assert 0.7 < asyncio.get_running_loop().time() - before < 1.5

    async def test_a_websocket_that_does_not_answer_is_closed(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            assert await until_closed(socket) == 4109

    async def test_the_interval_is_kept_to_the_millisecond(self) -> None:
        options = quick(ping_interval_ms=45, ping_timeout_ms=500)
        async with socketio_service(options=options) as service, service.websocket() as socket:
            assert (await opened(socket))["pingInterval"] == 45
            before = asyncio.get_running_loop().time()
            for _ in range(5):
                assert await socket.receive_str() == "2"
                await socket.send_str("3")
            assert 0.18 < asyncio.get_running_loop().time() - before < 0.4


class TestUpgrade:
    async def test_a_session_moves_from_polling_to_websocket(
        self, service: SocketIoService
    ) -> None:
        sid = await service.open_polling()
        await service.post(sid, "40")
        await service.poll(sid)
        async with service.websocket(sid) as socket:
            await socket.send_str("2probe")
            assert await socket.receive_str() == "3probe"
            assert await service.poll(sid) == (200, "6")
            await socket.send_str("5")
            await socket.send_str('42["message",1]')
            assert await told(socket) == ['42["message-back",1]']

    async def test_a_poll_that_waits_is_released(self, service: SocketIoService) -> None:
        sid = await service.open_polling()
        waiting = asyncio.create_task(service.poll(sid))
        await asyncio.sleep(0.05)
        async with service.websocket(sid) as socket:
            await socket.send_str("2probe")
            assert await waiting == (200, "6")

    async def test_what_nobody_polled_goes_over_the_websocket(
        self, service: SocketIoService
    ) -> None:
        sid = await service.open_polling()
        async with service.websocket(sid) as socket:
            await socket.send_str("2probe")
            assert await socket.receive_str() == "3probe"
            await service.post(sid, '40\x1e42["message",1]')
            await socket.send_str("5")
            packets = await told(socket, 3)
            assert packets[0].startswith("40{")
            assert packets[1:] == ['42["auth",{}]', '42["message-back",1]']

    async def test_an_upgrade_already_on_its_way_makes_a_poll_void(
        self, service: SocketIoService
    ) -> None:
        for _ in range(5):
            sid = await service.open_polling()
            async with service.websocket(sid) as socket:
                await socket.send_str("2probe")
                await socket.send_str("5")
                assert (await service.poll(sid))[0] == 400
                await socket.send_str("40")
                assert await socket.receive_str() == "3probe"
                assert (await told(socket))[0].startswith("40{")

    async def test_a_second_websocket_is_accepted_and_closed(
        self, service: SocketIoService
    ) -> None:
        sid = await service.open_polling()
        async with service.websocket(sid) as socket:
            async with service.websocket(sid) as second:
                assert await until_closed(second) == 1000
            await socket.send_str("2probe")
            await socket.send_str("5")
            await socket.send_str("40")
            assert await socket.receive_str() == "3probe"
            assert (await told(socket))[0].startswith("40{")
            async with service.websocket(sid) as third:
                assert await until_closed(third) == 1000
            await socket.send_str('42["message",1]')
            assert (await told(socket, 2))[1] == '42["message-back",1]'

    async def test_a_probe_that_fails_leaves_polling_as_it_was(
        self, service: SocketIoService
    ) -> None:
        sid = await service.open_polling()
        async with service.websocket(sid) as socket:
            await socket.send_str("2probe")
            assert await socket.receive_str() == "3probe"
        await service.post(sid, "40")
        assert (await service.poll(sid))[1].startswith("40{")
        async with service.websocket(sid) as again:
            await again.send_str("4hello")
            assert await until_closed(again) == 1002
        await service.post(sid, '42["message",1]')
        assert '42["message-back",1]' in (await service.poll(sid))[1]

    async def test_a_probe_does_not_last_for_ever(self) -> None:
        options = quick(upgrade_timeout_ms=50)
        async with asyncio.timeout(5), socketio_service(options=options) as service:
            sid = await service.open_polling()
            async with service.websocket(sid) as socket:
                assert await until_closed(socket) == 1000
            assert service.door.statistics().polling == 1


class TestNamespaces:
    @pytest.mark.parametrize("name", ["", "/custom,"])
    @pytest.mark.parametrize("auth", ["", '{"token":"123"}'])
    async def test_a_client_joins_with_and_without_auth(
        self, service: SocketIoService, name: str, auth: str
    ) -> None:
        async with service.websocket() as socket:
            await opened(socket)
            await socket.send_str(f"40{name}{auth}")
            answer, event = await told(socket, 2)
            assert answer.startswith(f"40{name}")
            assert list(msgspec.json.decode(answer[2 + len(name) :])) == ["sid"]
            assert event == f'42{name}["auth",{auth or "{}"}]'

    async def test_the_comma_after_a_namespace_may_be_missing_at_the_end(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await opened(socket)
            await socket.send_str("40/custom")
            assert (await told(socket))[0].startswith('40/custom,{"sid":"')

    async def test_an_unknown_namespace_is_refused_with_an_object(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await opened(socket)
            await socket.send_str("40/random")
            assert await told(socket) == ['44/random,{"message":"Invalid namespace"}']

    @pytest.mark.parametrize(
        "first", ["4abc", '42["message",1]', "41", '43["x"]', "40[]", '40"x"', "40{", "44{}"]
    )
    async def test_a_client_that_does_not_begin_with_connect_is_closed(
        self, service: SocketIoService, first: str
    ) -> None:
        async with service.websocket() as socket:
            await opened(socket)
            await socket.send_str(first)
            assert await until_closed(socket) == 1002

    async def test_a_client_that_joins_no_namespace_in_time_is_closed(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await opened(socket)
            before = asyncio.get_running_loop().time()
            while (message := await socket.receive()).data == "2":
                await socket.send_str("3")
            assert message.type is aiohttp.WSMsgType.CLOSE
            assert asyncio.get_running_loop().time() - before > 0.3

    async def test_leaving_the_main_namespace_keeps_the_session(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str("41")
            assert await socket.receive_str() == "2"

    async def test_leaving_one_namespace_keeps_the_other(self, service: SocketIoService) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str("40/custom")
            await told(socket, 2)
            await socket.send_str("41/custom,")
            await socket.send_str('42["message","main"]')
            assert await told(socket) == ['42["message-back","main"]']
            await socket.send_str('42/custom,["message","gone"]')
            assert await until_closed(socket) == 1002

    async def test_a_namespace_may_be_joined_again_but_not_twice(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str("41")
            await socket.send_str("40")
            assert (await told(socket, 2))[1] == '42["auth",{}]'
            await socket.send_str("40")
            assert await until_closed(socket) == 1002

    async def test_the_server_puts_a_client_out_of_a_namespace(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str('42["leave"]')
            assert await told(socket) == ["41"]


class TestEvents:
    async def test_an_ack_repeats_the_number(self, service: SocketIoService) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str('42456["message-with-ack",1,"2",{"3":[false]}]')
            assert await told(socket) == ['43456[1,"2",{"3":[false]}]']

    async def test_binary_parts_follow_their_packet(self, service: SocketIoService) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str(f'452-["message",{PLACEHOLDERS}]')
            for part in PARTS:
                await socket.send_bytes(part)
            assert await told(socket, 3) == [f'452-["message-back",{PLACEHOLDERS}]', *PARTS]

    async def test_binary_parts_follow_their_ack(self, service: SocketIoService) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str(f'452-789["message-with-ack",{PLACEHOLDERS}]')
            for part in PARTS:
                await socket.send_bytes(part)
            assert await told(socket, 3) == [f"462-789[{PLACEHOLDERS}]", *PARTS]

    @pytest.mark.parametrize(
        "packet",
        [
            "4abc",
            "42{}",
            "42[]",
            "42",
            "42[{}]",
            '42["disconnect"]',
            '42abc["message-with-ack",1]',
            '42["message"',
            "41{}",
            "43{}",
            "47[]",
            '451["message"]',
            '4511-["message",{"_placeholder":true,"num":0}]',
            '42["\\ud800"]',
            "42" + "[" * 100_000,
        ],
    )
    async def test_a_packet_that_does_not_suit_its_type_closes_the_session(
        self, service: SocketIoService, packet: str
    ) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str(packet)
            assert await until_closed(socket) == 1002

    async def test_a_placeholder_must_number_a_part(self, service: SocketIoService) -> None:
        for number in ("1", "-1", '"0"', "0.5", "null", "true"):
            async with service.websocket() as socket:
                await joined(socket)
                await socket.send_str(f'451-["m",{{"_placeholder":true,"num":{number}}}]')
                await socket.send_bytes(b"x")
                assert await until_closed(socket) == 1002

    async def test_parts_that_were_not_announced_close_the_session(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_bytes(b"x")
            assert await until_closed(socket) == 1002

    async def test_text_in_the_place_of_a_part_closes_the_session(
        self, service: SocketIoService
    ) -> None:
        async with service.websocket() as socket:
            await joined(socket)
            await socket.send_str('451-["m",{"_placeholder":true,"num":0}]')
            await socket.send_str('42["message",1]')
            assert await until_closed(socket) == 1002


class TestBrowsers:
    async def test_a_named_origin_may_connect_with_its_cookies(self) -> None:
        origins = frozenset(("https://app.example",))
        headers = {"origin": "https://app.example"}
        async with socketio_service(origins=origins) as service:
            async with service.http.get(service.address(), headers=headers) as response:
                assert response.headers["access-control-allow-origin"] == "https://app.example"
                assert response.headers["access-control-allow-credentials"] == "true"
            async with service.http.options(service.address(), headers=headers) as response:
                assert response.status == 204
                assert "POST" in response.headers["access-control-allow-methods"]
                assert "content-type" in response.headers["access-control-allow-headers"]

    async def test_any_origin_may_connect_without_cookies(self) -> None:
        async with socketio_service(origins=frozenset("*")) as service:
            headers = {"origin": "https://app.example"}
            async with service.http.get(service.address(), headers=headers) as response:
                assert response.headers["access-control-allow-origin"] == "*"
                assert "access-control-allow-credentials" not in response.headers

    async def test_a_foreign_page_may_not_connect(self, service: SocketIoService) -> None:
        headers = {"origin": "https://evil.example"}
        async with service.http.get(service.address(), headers=headers) as response:
            assert response.status == 403
            assert await response.json() == {"code": 4, "message": "Forbidden"}
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await service.http.ws_connect(service.address("websocket"), headers=headers)
        assert refused.value.status == 403
        async with service.http.options(service.address(), headers=headers) as response:
            assert "access-control-allow-origin" not in response.headers

    async def test_the_own_page_needs_no_permission(self, service: SocketIoService) -> None:
        headers = {"origin": service.url}
        async with service.http.ws_connect(service.address("websocket"), headers=headers) as socket:
            assert (await opened(socket))["upgrades"] == []


class TestLimits:
    async def test_wrong_credentials_never_make_a_visitor(self, service: SocketIoService) -> None:
        headers = {"authorization": "Bearer stolen"}
        async with service.http.get(service.address(), headers=headers) as response:
            assert response.status == 401
            assert await response.json() == {"code": 4, "message": "The token is not valid."}

    @pytest.mark.parametrize("extra", ["token=abc", "x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln"])
    async def test_a_token_does_not_belong_in_an_address(
        self, service: SocketIoService, extra: str
    ) -> None:
        async with service.http.get(f"{service.address()}&{extra}") as response:
            assert response.status == 400
            assert "auth.token" in (await response.json())["message"]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await service.http.ws_connect(f"{service.address('websocket')}&{extra}")
        assert refused.value.status == 400

    async def test_above_the_limit_newcomers_are_asked_to_come_later(self) -> None:
        async with socketio_service(options=quick(max_sessions=1)) as service:
            await service.open_polling()
            async with service.http.get(service.address()) as response:
                assert response.status == 503
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await service.websocket()
            assert refused.value.status == 503

    async def test_a_stop_ends_sessions_on_either_transport(self, service: SocketIoService) -> None:
        sid = await service.open_polling()
        waiting = asyncio.create_task(service.poll(sid))
        async with service.websocket() as socket:
            await joined(socket)
            await service.door.drain()
            assert await until_closed(socket) == 1001
        assert await waiting == (200, "1")
        async with service.http.get(service.address()) as response:
            assert response.status == 503


def quick(**changes: int) -> EngineOptions:

    return replace(QUICK, **changes)
