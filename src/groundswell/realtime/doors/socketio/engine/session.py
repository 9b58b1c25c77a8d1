"""One Engine.IO session: its transport, its heartbeat, its upgrade and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, Protocol

from groundswell.realtime.codes import CloseCode
from groundswell.realtime.doors.socketio.engine.handshake import Transport
from groundswell.realtime.doors.socketio.engine.options import EngineOptions
from groundswell.realtime.doors.socketio.engine.packets import (
    NOOP,
    PING,
    Outgoing,
    Packet,
    PacketType,
)
from groundswell.realtime.doors.socketio.engine.polling import PollingTransport
from groundswell.realtime.doors.socketio.engine.websocket import WebSocketTransport
from groundswell.realtime.doors.socketio.engine.wire import Carrier, Silence, Wire

NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002

CallLater = Callable[[float, Callable[[], None]], asyncio.TimerHandle]


class Application(Protocol):
    """What is spoken over a session."""

    def received(self, data: str | bytes) -> None:
        """A message came."""
        ...

    def too_large(self) -> None:
        """A message came that is larger than allowed; it was thrown away."""
        ...

    def drained(self) -> None:
        """The client took what was pending."""
        ...

    def ended(self, reason: str) -> None:
        """The session is over; called once."""
        ...


class State(Enum):
    """Of a session: ``CLOSING`` waits for the client to take its end."""

    OPEN = auto()
    CLOSING = auto()
    ENDED = auto()


class Session:
    """Carries messages between a client and an application, over one transport at a time.

    Args:
        sid: names the session and is its only credential, so it must not be guessable.
        options: its durations and sizes.
        call_later: sets a timer, in seconds.
        on_end: told once that the session is over, and why.
        wire: the WebSocket it starts on; None for long-polling.

    ``carrier`` changes with the transport; a message on it goes to whoever is there now. ``owner``
    is the user whom the request that opened it showed.
    """

    def __init__(
        self,
        sid: str,
        options: EngineOptions,
        call_later: CallLater,
        on_end: Callable[[Session, str], None],
        *,
        wire: Wire | None = None,
    ) -> None:
        self.sid = sid
        self.options = options
        self.owner: str | None = None
        self.state = State.OPEN
        self.application: Application | None = None
        self._call_later = call_later
        self._on_end = on_end
        self._transport: PollingTransport | WebSocketTransport = (
            PollingTransport(self.drained, options.poll_packets)
            if wire is None
            else WebSocketTransport(self, wire, probing=False)
        )
        self.carrier: Carrier = self._transport.carrier
        self._probing: WebSocketTransport | None = None
        self._probe_timer: asyncio.TimerHandle | None = None
        self._probe_answered = False
        self._closing = (NORMAL, "")
        self._awaits_life = False
        self._timer = self._set_ping()

    @property
    def transport(self) -> Transport:
        """What carries the session now."""
        return self._transport.name

    @property
    def polling(self) -> PollingTransport | None:
        """The transport of polls, while it is in use."""
        return self._transport if isinstance(self._transport, PollingTransport) else None

    @property
    def websocket(self) -> WebSocketTransport | None:
        """The transport of frames, while it is in use."""
        return self._transport if isinstance(self._transport, WebSocketTransport) else None

    @property
    def may_upgrade(self) -> bool:
        """Whether a WebSocket may now start to probe."""
        return self.state is State.OPEN and self.polling is not None and self._probing is None

    # What the application does.

    def send_text(self, message: bytes) -> None:
        """Send a packet as it is; ``message`` is UTF-8 with the packet's type in front."""
        if self.state is State.OPEN:
            self._transport.send(Outgoing(message))

    def send_binary(self, message: bytes) -> None:
        """Send a binary message."""
        if self.state is State.OPEN:
            self._transport.send(Outgoing(message, binary=True))

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """End the session after what was sent before."""
        if self.state is not State.OPEN:
            return
        self.state = State.CLOSING
        self._closing = (code, reason)
        self._transport.close(code, reason)
        self.carrier = Silence()
        self._timer.cancel()
        self._timer = self._after(self.options.close_timeout_ms, self._give_up)

    # What comes from the transport.

    def received(self, packet: Packet) -> None:
        """A packet came; any of them is a sign of life."""
        if self.state is not State.OPEN:
            return
        if self._awaits_life:
            self._awaits_life = False
            self._timer.cancel()
            self._timer = self._set_ping()
        if packet.type is PacketType.MESSAGE:
            if self.application is not None:
                self.application.received(packet.data)
        elif packet.type is PacketType.CLOSE:
            self._end("transport close", politely=True)
        elif packet.type is PacketType.PING:
            self.fail("invalid heartbeat direction")

    def too_large(self) -> None:
        """A message was thrown away for its size."""
        if self.application is not None and self.state is State.OPEN:
            self.application.too_large()

    def drained(self) -> None:
        """The transport has nothing pending."""
        if self.application is not None and self.state is State.OPEN:
            self.application.drained()

    def lost(self, reason: str) -> None:
        """The transport is gone."""
        self._end(reason, politely=True)

    def taken(self) -> None:
        """A poll was answered; if that told the end of the session, it is over."""
        if self.polling is not None and self.polling.has_told_end:
            self._end("server close", politely=True)

    def fail(self, reason: str, code: int = PROTOCOL_ERROR) -> None:
        """End the session at once: the client broke the protocol or is gone."""
        self._closing = (code, reason)
        self._end(reason, politely=False)

    # The upgrade from polling to WebSocket.

    def probe(self, wire: Wire) -> WebSocketTransport:
        """A WebSocket of this session opened. Call only if ``may_upgrade``."""
        self._probing = WebSocketTransport(self, wire, probing=True)
        self._probe_answered = False
        self._probe_timer = self._after(self.options.upgrade_timeout_ms, self._probe_late)
        return self._probing

    def probed(self, probing: WebSocketTransport) -> None:
        """The probe was answered: the client now waits for its poll to return."""
        if probing is self._probing:
            self._probe_answered = True
            self.hurry()

    def hurry(self) -> None:
        """Let a waiting poll return soon if a probe waits for it.

        Not at once: an upgrade that is already on its way makes the poll void.
        """
        polling = self.polling
        if self._probe_answered and polling is not None and polling.is_idle:
            self._after(self.options.upgrade_grace_ms, self._release_poll)

    def upgrade(self, probing: WebSocketTransport) -> bool:
        """The client switches over to ``probing``; whether it may."""
        if probing is not self._probing or self.polling is None or self.state is State.ENDED:
            return False
        left = self.polling.hand_over()
        self._forget_probe()
        self._transport = probing
        probing.carry()
        if self.state is State.OPEN:
            self.carrier = probing.carrier
        for packet in left:
            probing.send(packet)
        if self.state is State.CLOSING:
            probing.close(*self._closing)
        return True

    def probe_failed(self, probing: WebSocketTransport) -> None:
        """The WebSocket did not become the transport; polling goes on."""
        if probing is self._probing:
            self._forget_probe()

    def _release_poll(self) -> None:
        polling = self.polling
        if self._probe_answered and polling is not None and polling.is_idle:
            polling.send(NOOP)

    def _probe_late(self) -> None:
        if self._probing is not None:
            self._probing.close(NORMAL, "upgrade timeout")
            self._forget_probe()

    def _forget_probe(self) -> None:
        if self._probe_timer is not None:
            self._probe_timer.cancel()
        self._probing = self._probe_timer = None
        self._probe_answered = False

    # Heartbeat and end.

    def _set_ping(self) -> asyncio.TimerHandle:
        return self._after(self.options.ping_interval_ms, self._beat)

    def _beat(self) -> None:
        self._awaits_life = True
        self._transport.send(PING)
        self._timer = self._after(self.options.ping_timeout_ms, self._silent)

    def _silent(self) -> None:
        self.fail("ping timeout", CloseCode.NO_PONG)

    def _give_up(self) -> None:
        self._end("server close", politely=True)

    def _after(self, milliseconds: int, act: Callable[[], None]) -> asyncio.TimerHandle:
        return self._call_later(milliseconds / 1000, act)

    def _end(self, reason: str, *, politely: bool) -> None:
        if self.state is State.ENDED:
            return
        self.state = State.ENDED
        self.carrier = Silence()
        self._timer.cancel()
        if self._probing is not None:
            self._probing.close(NORMAL, reason)
        self._forget_probe()
        if isinstance(self._transport, PollingTransport):
            self._transport.end(politely=politely)
        else:
            self._transport.close(*self._closing)
        self._on_end(self, reason)
        # It holds on to this object as this does to it.
        application, self.application = self.application, None
        if application is not None:
            application.ended(reason)
