"""Nothing is lost on the way from polling to WebSocket, and no input breaks a session's door."""

from __future__ import annotations

import asyncio
from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from groundswell.realtime.doors.socketio.engine.options import EngineOptions
from groundswell.realtime.doors.socketio.engine.packets import NOOP
from groundswell.realtime.doors.socketio.engine.session import Session, State
from tests.integration.realtime.small_gateway import SmallGateway
from tests.unit.realtime.socketio.dialogue import Dialogue, RecordedWire

STEPS = st.lists(
    st.sampled_from(
        ["send", "send", "send binary", "poll", "probe", "answer", "upgrade", "give up"]
    ),
    max_size=40,
)
FRAMES = st.one_of(
    st.sampled_from(
        [
            "40",
            "41",
            '40{"token":"bad"}',
            '42["subscribe",{"topics":["hot"]}]',
            '421["subscribe",{"topics":["hot"]}]',
            '42["publish",{"messages":[{"key":"k","data":{}}]}]',
            '42["kick",{"code":4200}]',
            '422["nothing"]',
            '451-["ack",{"x":{"_placeholder":true,"num":0}}]',
            "3",
            "6",
        ]
    ),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.text(max_size=20).map(lambda text: f"42{text}"),
)


class Moving:
    """A session and a client that polls it, probes it, and sometimes upgrades it."""

    def __init__(self, max_packets: int) -> None:
        self.session = Session(
            "sid",
            EngineOptions(poll_packets=max_packets),
            asyncio.get_running_loop().call_later,
            lambda *_: None,
        )
        self.sent: list[bytes] = []
        self.polled: list[bytes] = []
        self.wire: RecordedWire | None = None

    def send(self, *, binary: bool = False) -> None:
        number = len(self.sent)
        if binary:
            self.sent.append(b"%d" % number)
            self.session.send_binary(b"%d" % number)
        else:
            self.sent.append(b"4%d" % number)
            self.session.send_text(b"4%d" % number)

    async def poll(self) -> None:
        polling = self.session.polling
        if polling is None:
            return
        with polling.turn():
            if polling.is_idle:
                polling.send(NOOP)
            payload = await polling.payload()
        self.session.taken()
        assert payload is not None
        packets = payload.split(b"\x1e")
        assert len(packets) <= self.session.options.poll_packets
        self.polled += [packet for packet in packets if packet != b"6"]

    def probe(self) -> None:
        if self.session.may_upgrade:
            self.wire = RecordedWire()
            self.transport = self.session.probe(self.wire)

    def frame(self, text: str) -> None:
        # Once it is upgraded, a probe would be a breach of the protocol.
        if self.wire is not None and self.session.polling is not None:
            self.transport.received(text)

    def give_up(self) -> None:
        if self.wire is not None and self.session.polling is not None:
            self.transport.lost()

    async def take(self, step: str) -> None:
        match step:
            case "send" | "send binary":
                self.send(binary=step == "send binary")
            case "poll":
                await self.poll()
            case "probe":
                self.probe()
            case "answer":
                self.frame("2probe")
            case "upgrade":
                self.frame("5")
            case "give up":
                self.give_up()

    def arrived(self) -> list[bytes]:
        """Everything the client got, in order, binary messages as they were sent."""
        polled = [b64decode(one[1:]) if one[:1] == b"b" else one for one in self.polled]
        carried = [] if self.wire is None or self.session.polling else self.wire.written
        return polled + [one for one in carried if one != b"3probe"]


@given(STEPS, st.integers(1, 4))
def test_every_message_arrives_once_and_in_order_whenever_the_transport_changes(
    steps: list[str], max_packets: int
) -> None:
    async def scenario() -> None:
        moving = Moving(max_packets)
        for step in steps:
            await moving.take(step)
        while moving.session.polling is not None and len(moving.arrived()) < len(moving.sent):
            await moving.poll()
        assert moving.arrived() == moving.sent
        assert moving.session.state is State.OPEN

    asyncio.run(scenario())


@given(st.lists(FRAMES, max_size=20))
def test_whatever_a_client_sends_the_session_ends_in_good_order(frames: list[str | bytes]) -> None:
    async def scenario() -> None:
        gateway = SmallGateway()
        dialogue = Dialogue(gateway)
        for frame in frames:
            dialogue.transport.received(frame)
        dialogue.transport.lost()
        await asyncio.sleep(0)
        assert gateway.clients == []
        assert len(dialogue.endings) == 1
        _assert_nothing_came_before_the_connect_reply(dialogue.wire.written)

    asyncio.run(scenario())


def _assert_nothing_came_before_the_connect_reply(written: list[bytes]) -> None:
    is_in = False
    for packet in written:
        if packet.startswith(b"40{"):
            is_in = True
        elif packet.startswith((b"42[", b"43")):
            assert is_in
