"""A gateway with everything around it under the test's control: time, clients, tokens, rights."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from groundswell.access.principal import Principal
from groundswell.access.tokens import TokenExpired
from groundswell.contract.errors import Unauthenticated
from groundswell.contract.times import SECOND
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.gateway.connection import Connection
from groundswell.realtime.gateway.gateway import Gateway
from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Envelope, Publication
from tests.unit.realtime.builders import START, publication

KEY = b"k" * 32
ADDRESS = "192.0.2.1"

Message = dict[str, Any]


def visitor(session_id: str | None = None) -> Principal:
    return Principal("visitor", None, ADDRESS, session_id)


def user(user_id: str, session_id: str | None = "sign-in") -> Principal:
    return Principal("user", user_id, ADDRESS, session_id)


class FakeLink:
    """A transport that remembers what it was given; ``pending_bytes`` is for the test to set."""

    def __init__(self, transport: str = "websocket") -> None:
        self.transport: Any = transport
        self.pending_bytes = 0
        self.raw: list[bytes] = []
        self.envelopes: list[Envelope] = []
        self.closed: tuple[int, str] | None = None
        self.stuck = False

    def send(self, message: bytes) -> None:
        assert self.closed is None
        self._take(message)

    def send_event(self, envelope: Envelope) -> None:
        assert self.closed is None
        self.envelopes.append(envelope)
        self._take(envelope.event)

    def close(self, code: int, reason: str) -> None:
        assert self.closed is None
        self.closed = (code, reason)

    def _take(self, message: bytes) -> None:
        self.raw.append(message)
        if self.stuck:
            self.pending_bytes += len(message)


class Peer:
    """The client at the other end of a link."""

    def __init__(self, link: FakeLink, connection: Connection) -> None:
        self.link = link
        self.connection = connection

    def say(self, kind: str, **fields: Any) -> None:
        self.connection.receive(msgspec.json.encode({"type": kind, **fields}))

    async def ask(self, kind: str, **fields: Any) -> list[Message]:
        """Say something; what was answered."""
        self.forget()
        self.say(kind, **fields)
        await settle()
        return self.heard()

    def heard(self, *kinds: str) -> list[Message]:
        found = [msgspec.json.decode(one) for one in self.link.raw]
        return [one for one in found if not kinds or one["type"] in kinds]

    def types(self) -> list[str]:
        return [one["type"] for one in self.heard()]

    def forget(self) -> None:
        self.link.raw.clear()
        self.link.envelopes.clear()

    def offsets(self, topic: str = "activity") -> list[int]:
        """Offsets of the events of a topic, batches opened."""
        found = []
        for message in self.heard("EVENT", "BATCH"):
            for one in message.get("messages", [message]):
                if one["topic"] == topic:
                    found.append(one["offset"])
        return found

    @property
    def close_code(self) -> int | None:
        return self.link.closed and self.link.closed[0]

    def read_all(self) -> None:
        """The transport takes everything that is pending."""
        while self.link.pending_bytes:
            self.link.pending_bytes = 0
            self.connection.drained()


async def settle(times: int = 30) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


@dataclass
class World:
    """Everything a gateway needs, and the handles to move it."""

    now: int = START
    options: dict[str, Any] = field(default_factory=dict)
    broker: Any = None
    members: set[tuple[str, str]] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    tokens: dict[str, Credentials] = field(default_factory=dict)
    states: dict[str, bytes] = field(default_factory=dict)
    seq: int = 0
    verified: int = 0

    def __post_init__(self) -> None:
        self.hub = Hub()
        self.broker = self.broker or MemoryBroker(clock=self.clock, after_seq=0)
        self.broker.attach(self.hub.deliver)
        self.gateway = Gateway(
            self.hub,
            self.broker,
            self.states.get,
            **{
                "token_key": KEY,
                "head": lambda: self.hub.seq,
                "admit": TopicAccess(members=self.is_member, clock=self.clock).admit,
                "verify_token": self.verify,
                "is_revoked": self.revoked.__contains__,
                "clock": self.clock,
                "random": Random(1),
                **self.options,
            },
        )
        self.broker.attach(self.gateway.observe)

    def clock(self) -> int:
        return self.now

    async def is_member(self, program: str, user_id: str | None) -> bool:
        await asyncio.sleep(0)
        return (program, user_id or "") in self.members

    async def verify(self, token: str, _: str) -> Credentials:
        self.verified += 1
        await asyncio.sleep(0)
        shown = self.tokens.get(token)
        if shown is None or shown.session_id in self.revoked:
            raise Unauthenticated("The token is not valid.")
        if shown.expires_at is not None and self.now >= shown.expires_at:
            raise TokenExpired("The token has expired.")
        return shown

    def token(self, user_id: str, *, seconds: float = 900, **more: Any) -> str:
        name = f"token-{len(self.tokens)}"
        session_id = more.pop("session_id", "sign-in")
        self.tokens[name] = Credentials(
            user(user_id, session_id),
            issued_at=self.now,
            expires_at=self.now + int(seconds * SECOND),
            **more,
        )
        return name

    def connect(
        self, caller: Principal | None = None, *, transport: str = "websocket", **more: Any
    ) -> Peer:
        link = FakeLink(transport)
        more.setdefault("origin", None)
        return Peer(link, self.gateway.connect(link, caller or visitor(), **more))

    async def hello(self, caller: Principal | None = None, **fields: Any) -> Peer:
        """A connection whose session is open, and whose WELCOME was heard."""
        peer = self.connect(caller)
        fields.setdefault("features", ["batch", "snapshot"])
        answers = await peer.ask("HELLO", protocol=1, **fields)
        assert [one["type"] for one in answers] == ["WELCOME"], answers
        peer.welcome = answers[0]  # type: ignore[attr-defined]
        peer.forget()
        return peer

    async def subscribed(
        self, *topics: str, caller: Principal | None = None, **options: Any
    ) -> Peer:
        """A client that holds these topics and has heard nothing since."""
        peer = await self.hello(caller)
        await peer.ask("SUBSCRIBE", topics=list(topics), options=options)
        assert "ERROR" not in peer.types()
        peer.forget()
        return peer

    async def publish(self, topic: str = "activity", count: int = 1, **more: Any) -> None:
        for _ in range(count):
            self.seq += 1
            await self.broker.publish([publication(self.seq, topic, **more)])

    async def publish_one(self, told: Publication) -> None:
        self.seq = max(self.seq, told.seq)
        await self.broker.publish([told])

    def pass_time(self, seconds: float) -> None:
        """Let time pass in steps that the gateway notices."""
        end = self.now + int(seconds * SECOND)
        step = max(250_000, (end - self.now) // 500)
        while self.now < end:
            self.now = min(end, self.now + step)
            self.gateway.turn()

    async def restart(self, make: Callable[[], Any]) -> None:
        """The process is replaced: a new gateway over a new broker."""
        self.broker = make()
        self.__post_init__()
